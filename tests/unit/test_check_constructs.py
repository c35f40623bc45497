"""What the checker finds out about versions, device events, earlier values, windows, detectors and patterns."""

from collections.abc import Mapping

import pytest

from headgate.compiler.check_context import Checking, Context
from headgate.compiler.check_expressions import check_expression
from headgate.compiler.check_patterns import steps_of
from headgate.compiler.front import check_program
from headgate.compiler.resolve import resolve, walk
from headgate.compiler.typed import (
    BoundRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    ExpiresRef,
    Fact,
    FieldRef,
    PrevRef,
    PrevTimeRef,
    Reference,
    SentRef,
    SignalRef,
    TwinRef,
    Typed,
)
from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText
from headgate.stdlib.versions import version_parts

PUMP = """module example
import std.anomaly (cusum, ewma, hampel)
import std.signal (lowpass)
let needed = 2.10
device Pump max 40 {
    property  line: text
    property  firmware: version
    telemetry pressure: bar in 0..16 every 1 s
    telemetry flow: m3/h
    telemetry temp: degC every 5 s
    telemetry running: bool
    event     fault(code: int, heat: degC)
    command   run(speed: percent in 0..100) { idempotent  ack within 1 s }
}
device Valve {
    property  line: text
    telemetry position: percent in 0..100
}
device Lamp { telemetry on: bool }
twin Pump {
    parameter tau: min in 5..240 = 45 min
    dynamics { d(temp) = (20 degC - temp) / tau }
    estimate temp with kalman { process 0.05 K  sensor 0.2 K }
}
signal total by line = sum(Pump.flow)
pattern low for Pump = pressure < 2 bar then flow < 5 m3/h within 1 min
"""


def checked(text: str) -> tuple[Typed, list[str]]:
    program, unread = parse(SourceText("example.iot", PUMP + text))
    assert [problem.title for problem in unread] == []
    typed, problems = check_program(program)
    return typed, [problem.code for problem in problems if problem.severity == "error"]


def fact_of(expression: str, domain: str = "for Pump") -> Fact:
    typed, problems = checked(f"signal it {domain} = {expression}\n")
    assert problems == []
    signal = typed.program.items[-1]
    assert isinstance(signal, n.Signal)
    return typed.facts[signal.value]


# --- Versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comparison", "truth"),
    [
        ("2.10.0 > 2.9", True),
        ("2.10.0 == 2.10", True),
        ("2.10.0 == 2.1", False),
        ("2.1.0 <= 2", False),
        ("needed == 2.10.0", True),
        ("needed == 2.1.0", False),
        ("2.1.3 != 2.1.3", False),
    ],
)
def test_versions_are_compared_by_their_parts(comparison: str, truth: bool) -> None:
    fact = fact_of(f"firmware is absent or {comparison}")
    assert fact.type.name == "bool"
    typed, _ = checked(f"signal it for Pump = {comparison}\n")
    signal = typed.program.items[-1]
    assert isinstance(signal, n.Signal)
    assert typed.facts[signal.value].constant is truth


def test_the_parts_of_a_version() -> None:
    assert version_parts("2.10") == (2, 10)
    assert version_parts("2.0.0") == (2,)
    assert version_parts("2.x") is None
    assert version_parts("1." * 60 + "1") is None


@pytest.mark.parametrize("expression", ["firmware > 1e3", "firmware + 1", "firmware == true", "max(firmware, 2.1)"])
def test_a_version_is_no_number(expression: str) -> None:
    _, problems = checked(f"signal it for Pump = {expression}\n")
    assert problems != []
    assert set(problems) <= {"HG0301", "HG0303", "HG0306"}


# --- What names stand for --------------------------------------------------------------------------------------------

REFERENCES: Mapping[str, Reference] = {
    "prev(pressure)": PrevRef("Pump", "pressure"),
    "prev(pressure).time": PrevTimeRef("Pump", "pressure"),
    "total": SignalRef("total"),
    "tau": TwinRef("Pump", "tau"),
    "temp.sigma": TwinRef("Pump", "temp", "sigma"),
    "fault.code": EventValueRef("Pump", "fault", "code"),
    "pressure": FieldRef("Pump", "pressure"),
}


@pytest.mark.parametrize(("expression", "reference"), REFERENCES.items())
def test_what_a_value_refers_to(expression: str, reference: Reference) -> None:
    assert fact_of(expression).reference == reference


def test_an_earlier_value_is_as_the_field() -> None:
    assert fact_of("prev(temp)").type == fact_of("temp").type
    assert fact_of("temp - prev(temp)").type.affine is False
    assert fact_of("prev(temp).time").type.name == "time"


@pytest.mark.parametrize(
    ("event", "reference"),
    [
        ("fault", EventRef("Pump", "fault")),
        ("sent run", SentRef("Pump", "run")),
        ("low expires", ExpiresRef("low")),
    ],
)
def test_what_happens(event: str, reference: Reference) -> None:
    typed, problems = checked(f"pattern it for Pump = {event}\n")
    assert problems == []
    item = typed.program.items[-1]
    assert isinstance(item, n.PatternItem)
    assert isinstance(item.pattern.body, n.Step)
    fact = typed.facts[item.pattern.body.event]
    assert (fact.event, fact.reference) == (True, reference)


def test_a_step_of_a_group_is_of_the_member_it_names() -> None:
    typed, problems = checked("pattern it by line = Pump.fault as f then Valve.position < 5 % within 1 min\n")
    assert problems == []
    scopes = {fact.scope for node, fact in typed.facts if isinstance(node, n.Member)}
    assert {DeviceScope("Pump"), DeviceScope("Valve")} <= scopes


# --- Types of functions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "unit", "affine"),
    [
        ("median(temp over 1 h every 1 min)", "degC", True),
        ("p95(temp over 1 h every 1 min) - 2 K", "degC", True),
        ("quantile(pressure over 1 h every 1 min, q: 50 %)", "bar", False),
        ("slope(temp over 1 h every 1 min)", "K/s", False),
        ("covariance(pressure, temp over 1 h every 1 min)", "bar.K", False),
        ("integral(flow over 1 h every 1 min)", "m3.s/h", False),
        ("duration(running over 1 h every 1 min)", "s", False),
        ("lowpass(temp, cutoff: 1 Hz)", "degC", True),
        ("ewma(pressure)", "bar", False),
        ("predicted(temp, 10 min)", "degC", True),
        ("time_until(temp > 90 degC, within: 12 h)", "s", False),
        ("stddev(predicted(temp, 10 min))", "K", False),
    ],
)
def test_units_follow_the_function(expression: str, unit: str, affine: bool) -> None:
    type_ = fact_of(expression).type
    assert type_.unit is not None
    assert (type_.unit.text, type_.affine) == (unit, affine)


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("corr(pressure, temp over 1 h every 1 min)", "float"),
        ("distinct(running over 1 h every 1 min)", "int"),
        ("mode(running over 1 h every 1 min)", "bool"),
        ("top_k(running over 1 h every 1 min)", "text"),
        ("hampel(pressure over 10 min)", "bool"),
        ("any(running over 1 h every 1 min)", "bool"),
    ],
)
def test_types_follow_the_function(expression: str, name: str) -> None:
    assert fact_of(expression).type.name == name


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("signal it for Pump = firmware + 1 > 2", ["HG0301"]),
        ("signal it for Pump = sum(temp over 10 min)", ["HG0406"]),
        ("signal it for Pump = integral(temp over 1 h every 1 min)", ["HG0406"]),
        ("signal it for Pump = mean(flow over 10 min)", ["HG0602"]),
        ("signal it by line = max(Valve.position over 1 h)", ["HG0602"]),
        ("signal it by line = max(shut over 1 h)\nsignal shut by line = mean(Valve.position)", ["HG0602"]),
        ("signal it by line = max(press over 1 h)\nsignal press by line = mean(Pump.pressure)", []),
        ("signal it for Pump = max(mean(flow over 1 h every 1 min) * pressure over 1 h)", []),
        ("signal it for Pump = max(flow over 0 samples)", ["HG0311"]),
        ("signal it for Pump = max(flow over session gap 0 s)", ["HG0606"]),
        ("signal it for Pump = max(flow over while flow)", ["HG0302"]),
        ("signal it for Pump = cusum(running, target: true, drift: 1, limit: 2)", ["HG0301"]),
        ("signal it for Pump = cusum(temp, target: 5 bar, drift: 0.5 K, limit: 4 K)", ["HG0301"]),
        ("signal it for Pump = cusum(temp, target: 5 degC, drift: 0.5, limit: 4 K)", ["HG0402"]),
        ("signal it for Pump = lowpass(temp, cutoff: flow)", ["HG0308"]),
        ("signal it for Pump = hampel(temp where running over 10 min)", ["HG0306"]),
        ("signal it for Pump = quantile(flow over 1 h every 1 min, q: 150 %)", ["HG0309"]),
        ("signal it for Pump = quantile(flow over 1 h every 1 min, q: 0.5)", []),
        ("signal it for Pump = fault", ["HG0510"]),
        ("signal it for Pump = fault.cod > 3", ["HG0203"]),
        ("signal it for Valve = total > 5 m3/h", []),
        ("signal it for Lamp = total > 5 m3/h", ["HG0502"]),
        ("signal it for Pump = prev(total) > 5 m3/h", ["HG0511"]),
        ("pattern it for Pump = sent rum", ["HG0211"]),
        ("pattern it by line = low expires", ["HG0503"]),
        ("pattern it by line = Pump.flow < Valve.position then total < 1 m3/h within 1 s", ["HG0506"]),
        ("pattern it for Pump = flow < 1 m3/h as a then a.flow < 2 m3/h and b.flow < 1 m3/h within 1 s", ["HG0201"]),
        ("pattern it for Pump = all of (flow < 1 m3/h as a, pressure < a.flow) within 1 s", ["HG0201"]),
        ("pattern it for Pump = (flow < 1 m3/h as a 2 times) then flow > a.flow within 1 s", ["HG0622"]),
        ("pattern it for Pump = flow < 1 m3/h then running then no flow for 5 s within 5 min", []),
        ("pattern it for Pump = flow < 1 m3/h then no rain for 5 s within 5 min", ["HG0201"]),
        ("pattern it by line = rain > 1 m3/h then Pump.running within 5 min", ["HG0201"]),
        ("pattern it for Pump = flow < 1 m3/h 2 times", ["HG0609"]),
        ("pattern it for Pump = (flow < 1 m3/h then running within 5 s) then running", ["HG0609"]),
        ("pattern it for Pump = all of (flow < 1 m3/h, running)", ["HG0609"]),
        ("pattern it for Pump = all of (flow < 1 m3/h, running) then next flow > 2 m3/h", ["HG0609"]),
        ("pattern it for Pump = any of (flow < 1 m3/h, running)", []),
        ("pattern it for Pump = flow < 1 m3/h then next running then next flow > 2 m3/h", []),
        ("pattern it for Pump = flow < 1 m3/h as flow", ["HG0205"]),
        ("pattern it for Pump = ((running at least 2 times) as g then flow > 1 m3/h) within 1 min", []),
        ("pattern it for Pump = (flow < 1 m3/h as a then flow > a.flow) 2 times then running within 1 s", []),
        ("pattern it for Pump = (flow < 1 m3/h as a 2 times then flow > a.flow) 2 times within 1 s", ["HG0622"]),
        ("pattern it for Pump = flow < 1 m3/h as a optional then flow > a.flow within 1 s", []),
        ("pattern it for Pump = flow < 1 m3/h as a 2 times until flow > max(a.flow) within 1 s", []),
        ("pattern it for Pump = any of (flow < 1 m3/h as a, running as a)", ["HG0204"]),
    ],
)
def test_each_mistake_is_reported_once(item: str, expected: list[str]) -> None:
    assert checked(item + "\n")[1] == expected


def test_the_places_of_steps_are_those_of_the_text() -> None:
    group = "(running as b then pressure > 1 bar within 5 s) as g 2..3 times"
    text = f"pattern it for Pump = flow > 1 m3/h as a then {group} within 1 min\n"
    program, _ = parse(SourceText("example.iot", PUMP + text))
    names, _ = resolve(program)
    item = program.items[-1]
    assert isinstance(item, n.PatternItem)
    steps = steps_of(Checking(names, check_expression), item.pattern, Context(DeviceScope("Pump")))
    assert {name: (bound.place, bound.many) for name, bound in steps.items()} == {
        "a": (0, False),
        "b": (1, True),
        "g": (3, True),
    }


def test_values_of_steps_refer_to_their_places() -> None:
    typed, problems = checked(
        "pattern it for Pump = fault as f then flow > 1 m3/h as a within 1 min\n"
        'rule told for Pump { when it do { alert "{f.code} {f.heat} {f.time} {a.flow} {a.id}" } }\n'
    )
    assert problems == []
    found = {node.name: fact.reference for node, fact in typed.facts if isinstance(node, n.Member)}
    assert found["code"] == BoundRef(0, "code")
    assert found["time"] == BoundRef(0, None)
    assert found["flow"] == BoundRef(1, "flow")
    assert found["id"] == BoundRef(1, "id")


def test_every_expression_of_a_pattern_has_a_fact() -> None:
    typed, problems = checked(
        "pattern it for Pump = (pressure falls below 2 bar then next flow > 12 m3/h) as hit 3 times greedy\n"
        "    until running unless sent run within 1 min skip past last\n"
    )
    assert problems == []
    item = typed.program.items[-1]
    expressions = [
        node for node in walk(item) if isinstance(node, n.Compare | n.Crosses | n.Sent | n.Name | n.Quantity)
    ]
    assert [node for node in expressions if typed.facts.get(node) is None] == []


def test_signals_that_use_each_other_twice_are_looked_at_once() -> None:
    signals = "signal s0 for Pump = pressure\n"
    signals += "".join(f"signal s{i + 1} for Pump = s{i} + s{i}\n" for i in range(60))
    _, problems = checked(signals + "signal it for Pump = mean(s60 over 1 h)\n")
    assert problems == []
