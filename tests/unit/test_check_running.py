"""What the checker accepts is compiled, or named as what cannot be executed yet: nothing in between."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText

DEVICES = """module example
import std.anomaly (cusum, ewma, hampel, zscore)
import std.signal (lowpass)
import std.geo (circle, distance, inside)
device Pump max 40 {
    property  line: text
    property  mode: enum { eco, boost }
    property  firmware: version
    event     fault(code: int) since firmware 2.1
    telemetry pressure: bar in 0..16 every 1 s stale after 10 s
    telemetry flow: m3/h in 0..900
    telemetry motor_temp: degC in -20..180 every 5 s
    telemetry running: bool
    telemetry driver: text
    telemetry at: Point
    command   run(speed: percent in 0..100) { idempotent  ack within 1 s }
}
device Valve {
    property  line: text
    telemetry position: percent in 0..100
}
device Tank {
    property  line: text
    telemetry inflow: m3/h in 0..900
    lateness  1 min
}
signal total by line = sum(Pump.flow)
signal average for Pump = mean(pressure over 1 min every 1 min)
"""

RUNS = (
    "signal it by line = integral(Pump.pressure over 10 min every 1 min)",
    "signal it for Pump = integral(pressure over 10 min)",
    "signal it for Pump = duration(running over session gap 1 min)",
    "signal it for Pump = mean(flow / total over 1 h every 1 min)",
    "signal part for Pump = flow / total\npattern it for Pump = part > 50 % then running within 1 min",
    "signal it for Pump = count(total > 5 m3/h over 1 h every 1 min)",
    "signal it by line = mean(total over 1 h every 1 min)",
    (
        'rule a for Pump { when flow > 1 m3/h do { alert "a" } }\n'
        'rule b by line { when total > 1 m3/h do { alert "b" } }\n'
        'rule it for Pump { when flow > 2 m3/h inhibited by a, b do { alert "{id}" } }'
    ),
    "signal it for Pump = firmware >= 2.1.0",
    "signal it for Pump = count(fault and fault.code > 3 over 1 h every 1 min)",
    "pattern it for Pump = fault as f then flow > 5 m3/h and f.code == 3 within 1 min",
    "signal it for Pump = flow / total > 50 %",
    "signal it for Valve = total > 5 m3/h and position > 5 %",
    "signal it for Pump = lowpass(motor_temp, cutoff: 1 Hz)",
    "signal it for Pump = cusum(motor_temp, target: 60 degC, drift: 1 K, limit: 5 K)",
    "signal it for Pump = hampel(pressure over 10 min) or zscore(flow over 9 samples) > 2",
    "signal it by line = ewma(total)",
    "signal it for Pump = prev(pressure) < pressure",
    "signal it for Pump = last(pressure).time - prev(pressure).time > 1 min",
    "signal it for Pump = mean(pressure over 10 min every 1 min) > 2 bar",
    "signal it for Pump = count(running becomes true over 1 h every 1 min)",
    "signal it for Pump = mean(pressure over 10 min)",
    "signal it for Pump = max(flow over 5 samples)",
    "signal it for Pump = max(flow over session gap 1 min)",
    "signal it for Pump = max(flow over while running)",
    "signal it for Pump = median(flow over 5 samples every 1 min)",
    "signal it by line = max(Pump.flow over while count(Pump where running) > 3)",
    "signal it by line = count(Pump.flow over session gap 1 min max 1 h)",
    "signal it by line = max(Pump.average)",
    "signal it by line = count(Pump where running) > 3 and total > 5 m3/h",
    "pattern it for Pump = running becomes true as on then flow > 5 m3/h within 1 min",
    "pattern it for Pump = flow > 1 m3/h as a then flow > a.flow + 1 m3/h and running then not running within 1 min",
    "pattern it for Pump = no flow for 1 min then pressure > 2 bar within 1 min",
    "pattern it for Pump = flow > 1 m3/h then flow > 2 m3/h unless running becomes true within 1 min skip past last",
    "signal it for Pump = median(pressure over 10 min every 1 min)",
    "signal it for Pump = quantile(pressure over 10 min every 1 min, q: 50 %)",
    "signal it for Pump = corr(pressure, flow over 10 min every 1 min)",
    "signal it by line = any(Pump.running) or all(Valve.position < 5 %)",
    "signal it for Pump = integral(pressure over 10 min every 1 min)",
    "signal it by line = top_k(Pump.flow, k: 2)",
    "pattern it for Pump = running becomes true",
    "pattern it for Pump = flow > 1 m3/h then flow > 2 m3/h then flow > 3 m3/h then flow > 4 m3/h within 1 min",
    "pattern it for Pump = running becomes true then next flow > 5 m3/h",
    "pattern it for Pump = flow falls below 5 m3/h then no flow rises above 5 m3/h for 20 s",
    "pattern it for Pump = flow > 1 m3/h then no flow > 5 m3/h for 20 s",
    "pattern it for Pump = no flow > 5 m3/h for 20 s then running within 1 min",
    "pattern it for Pump = flow > 1 m3/h 3 times within 1 min",
    "pattern it for Pump = flow > 1 m3/h then (running then pressure > 1 bar within 5 s) within 1 min",
    "pattern it for Pump = all of (flow > 1 m3/h, running) within 1 min",
    "pattern it for Pump = any of (flow > 1 m3/h, running)",
    "pattern it for Pump = flow > 1 m3/h as a then flow * a.flow > 4 (m3/h)2 within 1 min".replace("(m3/h)2", "m6/h2"),
    "pattern it for Pump = flow > 1 m3/h as a then running unless flow > a.flow + 3 m3/h within 1 min",
    "pattern it for Pump = flow > 1 m3/h as a then flow > a.flow for 5 s within 1 min",
    "pattern it for Pump = flow > 1 m3/h then running within 1 min skip none",
    "pattern it by line = Pump.running becomes true then Valve.position < 5 % within 1 min",
    "pattern it by line = total falls below 5 m3/h",
    "pattern it by line = Pump.running as a then Pump.flow > 1 m3/h and Pump.id == a.id within 1 min",
    "pattern a for Pump = flow > 1 m3/h then running within 1 min\npattern b for Pump = a expires",
    (
        "pattern a for Pump = flow > 1 m3/h as x then running within 1 min\n"
        'rule it for Pump { when a do { alert "{count(x)}" } }'
    ),
    (
        "pattern a for Pump = flow > 1 m3/h as x then running within 1 min\n"
        'rule it for Pump { when a do { alert "{x.id}" } }'
    ),
    "pattern it for Pump = sent run",
    'rule it for Pump { when no sent run for 1 day do { alert "{id}" } }',
)
NAMED = (
    (
        'rule a for Pump { when flow > 1 m3/h do { alert "a" } }\n'
        'rule it for Pump { when flow > 2 m3/h settle inhibited by a do { alert "{id}" } }'
    ),
    "signal it by line = integral(Pump.pressure over 10 min)",
    "signal it for Tank = mean(inflow / total over 1 h every 1 min)",
    "signal part for Pump = flow / total\nsignal it by line = max(Pump.part)",
    "signal part for Tank = inflow / total\npattern it for Tank = part > 50 % then inflow > 1 m3/h within 1 min",
    "signal it for Tank = count(total > 5 m3/h over 1 h every 1 min)",
    'rule it for Pump { when total > 5 m3/h settle do { alert "{id}" } }',
    "pattern it for Pump = flow > 1 m3/h as a then a.running within 1 min",
    "pattern it for Pump = flow > 1 m3/h as a then next flow > a.flow for 5 s within 1 min",
    "pattern it for Pump = running as a then distance(at, a.at) > 1 km within 1 min",
    f"pattern it for Pump = {' then '.join(['running'] * 61)} within 1 min",
    (
        "pattern it for Pump = all of (flow > 1 m3/h, flow > 2 m3/h, flow > 3 m3/h, flow > 4 m3/h, running, "
        "flow > 5 m3/h, flow > 6 m3/h) within 1 min"
    ),
)


@pytest.mark.parametrize("item", RUNS)
def test_what_is_not_named_is_compiled(item: str) -> None:
    compiled = compile_text(SourceText("example.iot", f"{DEVICES}{item}\n"))
    assert [p.title for p in compiled.problems if p.severity == "error"] == []
    assert [p.title for p in compiled.not_running] == []
    assert compiled.plan is not None


@pytest.mark.parametrize("item", NAMED)
def test_what_does_not_run_is_named(item: str) -> None:
    compiled = compile_text(SourceText("example.iot", f"{DEVICES}{item}\n"))
    assert [p.title for p in compiled.problems if p.severity == "error"] == []
    assert [p.title for p in compiled.not_running] != []
    assert compiled.plan is None
