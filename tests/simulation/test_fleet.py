"""Fleets: the same seed gives the same bytes whatever the spans; engines take them; commands change them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from headgate.runtime.engine import Engine
from headgate.runtime.output import Life, Signalled
from headgate.runtime.simulation.behaviour import Change
from headgate.runtime.simulation.fleet import Devices, Fleet, Reported
from headgate.runtime.simulation.generators import (
    Chosen,
    Constant,
    Generator,
    Located,
    Measured,
    Noise,
    Often,
    RandomWalk,
    Seasonal,
)
from headgate.runtime.simulation.telemetry import Telemetry
from headgate.runtime.testing.executors import S, compile_program

BEGIN = 1_000 * S
PROGRAM = """module fleets
device Pump max 100 {
    property  site: text
    property  size: int
    telemetry pressure: bar
    telemetry starts: int
    telemetry on: bool
    telemetry mode: enum { eco, boost }
    telemetry at: Point
}
device Valve {
    telemetry position: percent
}
signal everywhere by site = count(Pump.on)
signal eco for Pump = mode == "eco"
rule high for Pump { when pressure > 9 bar until pressure < 8 bar do { alert "{id} at {site}, size {size}" } }
rule wide for Valve { when position > 90 % do { alert "{id}" } }
"""
FIELDS: dict[str, Generator] = {
    "pressure": Measured(Constant(5.0) + Seasonal(3.0, 100 * S) + Noise(0.5) + RandomWalk(0.1), digits=2),
    "starts": Measured(Constant(3.0) + Noise(1.0), digits=0),
    "on": Often(0.3, length=4),
    "mode": Chosen(("boost", "eco")),
    "at": Located(Constant(59.9), Constant(10.7)),
}


def pumps(count: int = 20, seed: int = 7) -> Fleet:
    return Fleet(
        "Pump",
        [f"p{number}" for number in range(count)],
        FIELDS,
        every_ns=10 * S,
        seed=seed,
        start_ns=BEGIN,
        properties={
            "site": [None if n == 1 else f"s{n % 2}" for n in range(count)],
            "size": [1 + n for n in range(count)],
        },
    )


def rows(reported: Sequence[Reported]) -> list[tuple[int, int, object]]:
    return [
        (int(one.time[row]), int(one.who[row]), one.values(row)) for one in reported for row in range(len(one.time))
    ]


@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_gives_the_same_reports_whatever_the_spans(seed: int) -> None:
    whole = rows([Devices(pumps(seed=seed)).reports(BEGIN, BEGIN + 300 * S)])
    rng = np.random.default_rng(seed)
    cuts = sorted({0, 300 * S, 1, *rng.integers(0, 300 * S, 12).tolist()})
    devices = Devices(pumps(seed=seed))
    spans = [devices.reports(BEGIN + a, BEGIN + b) for a, b in pairwise(cuts)]
    assert rows(spans) == whole
    assert len(whole) == 20 * 30
    # Any span can be made alone, without those before it.
    middle = rows([Devices(pumps(seed=seed)).reports(BEGIN + 99 * S, BEGIN + 123 * S)])
    assert middle == [row for row in whole if BEGIN + 99 * S <= row[0] < BEGIN + 123 * S]


def test_another_seed_gives_other_reports_and_other_devices_change_nothing() -> None:
    some = rows([Devices(pumps(10)).reports(BEGIN, BEGIN + 100 * S)])
    more = rows([Devices(pumps(20)).reports(BEGIN, BEGIN + 100 * S)])
    assert [row for row in more if row[1] < 10] == some
    assert rows([Devices(pumps(10, seed=8)).reports(BEGIN, BEGIN + 100 * S)]) != some


def test_a_device_reports_at_its_phase_and_its_properties_with_its_first_report() -> None:
    fleet = replace(pumps(3), phase_ns=np.array([2 * S, 0, 2 * S]))
    found = rows([Devices(fleet).reports(0, BEGIN + 13 * S)])
    assert [(time - BEGIN, who) for time, who, _ in found] == [
        (0, 1), (2 * S, 0), (2 * S, 2), (10 * S, 1), (12 * S, 0), (12 * S, 2),
    ]  # fmt: skip
    carried = [set(values) - set(FIELDS) for _, _, values in found if isinstance(values, dict)]
    assert carried == [{"size"}, {"site", "size"}, {"site", "size"}, set(), set(), set()]
    assert len(Devices(fleet).reports(0, BEGIN)) == 0


def test_what_cannot_be_a_fleet_is_refused() -> None:
    fleet = pumps(2)
    for wrong in (
        {"ids": ["a", "a"]},
        {"properties": {"site": ["s0"]}},
        {"phase_ns": np.array([0, 10 * S])},
        {"phase_ns": np.array([0])},
    ):
        with pytest.raises(ValueError, match=r"one id|each of 2 devices|a phase for each"):
            replace(fleet, **wrong)


def test_a_change_holds_from_its_time_on_until_it_is_taken_back() -> None:
    fleet = replace(pumps(2), phase_ns=np.array([0, S]))
    changes = [
        Change("Pump", "p1", BEGIN + 41 * S, {"pressure": 1.25, "on": True}),
        Change("Pump", "p1", BEGIN + 11 * S, {"pressure": 9.5, "mode": "auto", "at": (1.0, 2.0)}),
        Change("Pump", "p1", BEGIN + 71 * S, {"pressure": None, "mode": "eco"}),
    ]
    plain = Devices(fleet).reports(BEGIN, BEGIN + 100 * S)
    for length in (100, 50, 7):
        devices = Devices(fleet)
        for change in changes:
            devices.change(change)
        spans = [devices.reports(BEGIN + a * S, BEGIN + min(a + length, 100) * S) for a in range(0, 100, length)]
        changed = rows(spans)
        assert [row for row in changed if row[1] == 0] == [row for row in rows([plain]) if row[1] == 0]
        other = [values for _, who, values in changed if who == 1 and isinstance(values, dict)]
        before = [values for _, who, values in rows([plain]) if who == 1 and isinstance(values, dict)]
        assert [v["pressure"] for v in other[1:7]] == [9.5] * 3 + [1.25] * 3
        assert [v["pressure"] for v in (other[0], *other[7:])] == [v["pressure"] for v in (before[0], *before[7:])]
        assert [v["mode"] for v in other[1:]] == ["auto"] * 6 + ["eco"] * 3
        assert [v["on"] for v in other[4:]] == [True] * 6
        assert other[9]["at"] == (1.0, 2.0)
    with pytest.raises(ValueError, match="do not report `flow`"):
        Devices(fleet).change(Change("Pump", "p1", 0, {"flow": 1.0}))


def test_an_engine_is_fed_what_the_fleets_report_in_the_order_of_time() -> None:
    plan = compile_program(PROGRAM)
    valves = Fleet("Valve", ["v1", "v2"], {"position": Constant(np.array([20.0, 95.0]))}, 7 * S, start_ns=BEGIN)
    said = []
    for span in (300 * S, 13 * S):
        engine = Engine(plan)
        outputs = [o for some in Telemetry(engine, [pumps(), valves]).run(BEGIN, BEGIN + 300 * S, span) for o in some]
        reported = 20 * 30 + len(Devices(valves).reports(BEGIN, BEGIN + 300 * S))
        assert engine.counters.read == engine.counters.processed == reported
        said.append(Counter((type(o).__name__, o.time, o.key) for o in outputs))
        assert {o.key for o in outputs if isinstance(o, Life) and o.rule == "wide"} == {("v2",)}
        assert {o.value for o in outputs if isinstance(o, Signalled) and o.name == "eco"} == {True, False}
        assert {o.key for o in outputs if isinstance(o, Signalled) and o.name == "everywhere"} == {("s0",), ("s1",)}
    assert said[0] == said[1]
    telemetry = Telemetry(Engine(plan), [pumps(), valves])
    (one, two) = telemetry.batch(telemetry.reports(BEGIN, BEGIN + 20 * S)).parts
    assert sorted([*one.seq.tolist(), *two.seq.tolist()]) == list(range(len(one) + len(two)))
    together = sorted(zip([*one.seq, *two.seq], [*one.time, *two.time], strict=True))
    assert [time for _, time in together] == sorted(time for _, time in together)
    assert len(telemetry.batch(telemetry.reports(0, BEGIN))) == 0


def test_a_fleet_that_a_program_does_not_know_is_refused() -> None:
    plan = compile_program(PROGRAM)
    for fleets, message in (
        ([pumps(101)], "101 devices are more than `max` of `Pump`"),
        ([pumps(), pumps()], "one fleet of each device type"),
        ([replace(pumps(), device="Fan")], "no device `Fan`"),
        ([replace(pumps(), fields={"flow": Constant(1.0)})], "`Pump` has no field `flow`"),
    ):
        with pytest.raises(ValueError, match=message):
            Telemetry(Engine(plan), fleets)
