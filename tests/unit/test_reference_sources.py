"""One foreign message through a plan's sources: by the reference, and as `runtime.ingest` admits it."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headgate.runtime.connectors.memory import Objects
from headgate.runtime.engine import Engine
from headgate.runtime.ingest import Admission
from headgate.runtime.interpret.sources import Admitted, Refused, mapped
from headgate.runtime.quarantine import Quarantine
from headgate.runtime.testing.executors import compile_program

PROGRAM = """
module test
device Truck {
    property  fleet: text
    telemetry speed: km/h in 0..160
    telemetry gear: int
    telemetry on: bool
    telemetry mode: enum { idle, drive }
    telemetry at: Point
}
source readings: json for Truck where m == "r" {
    id = name
    time = ts in ms
    speed = v in m/s
    fleet = tags.fleet
    at = Point(lat, lon)
    keep gear, on, mode
}
source texts: json for Truck where m != "r" and level > 1 {
    id = name
    time = when
    speed = level * 2 km/h
}
"""
PLAN = compile_program(PROGRAM)


def reading(**members: Any) -> dict[str, Any]:
    return {"m": "r", "name": "a", "ts": 1000, **members}


@pytest.mark.parametrize(
    "payload, expected",
    [
        (reading(v=10), Admitted("Truck", "a", 10**9, {"speed": 36.0})),
        (reading(tags={"fleet": "n"}, gear=2), Admitted("Truck", "a", 10**9, {"fleet": "n", "gear": 2.0})),
        (reading(lat=59.5, lon=10), Admitted("Truck", "a", 10**9, {"at": (59.5, 10.0)})),
        (reading(v=None, unknown=[]), Admitted("Truck", "a", 10**9, {})),
        (
            {"m": "s", "name": "b", "when": "1970-01-01T00:00:01Z", "level": 2},
            Admitted("Truck", "b", 10**9, {"speed": 4.0}),
        ),
        ([], Refused("malformed")),
        ({"m": "s", "level": 1}, Refused("unclaimed")),
        ({}, Refused("unclaimed")),
        ({"m": 3}, Refused("wrong_type", "m")),
        (reading(v="fast"), Refused("wrong_type", "v")),
        (reading(v=True), Refused("wrong_type", "v")),
        (reading(gear=1.5), Refused("wrong_type", "gear")),
        (reading(tags="north"), Refused("wrong_type", "tags.fleet")),
        (reading(v=10**400), Refused("not_finite", "v")),
        (reading(v=100), Refused("out_of_range", "speed")),
        (reading(mode="park"), Refused("out_of_range", "mode")),
        (reading(name=None), Refused("no_id")),
        (reading(name="a b"), Refused("bad_id")),
        (reading(ts=None), Refused("no_time")),
        (reading(ts=-1), Refused("bad_time")),
        ({"m": "s", "name": "b", "when": "soon", "level": 2}, Refused("bad_time")),
    ],
)
def test_a_message_is_mapped_or_refused_with_its_reason(payload: Any, expected: Admitted | Refused) -> None:
    assert mapped(PLAN, payload) == expected


ODD: list[Any] = [
    "r",
    "s",
    "a",
    "a b",
    "idle",
    "",
    10**400,
    {"fleet": "n"},
    {"fleet": 1},
    "1970-01-01T00:00:01Z",
    "\ud800",
]
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-3, 300), st.floats(), st.sampled_from(ODD))
NAMES = ("m", "name", "ts", "v", "tags", "lat", "lon", "gear", "on", "mode", "when", "level")
PAYLOADS = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    st.dictionaries(st.sampled_from(NAMES[3:]), VALUES, max_size=6).map(lambda extra: reading(**extra)),
    VALUES,
)


@given(PAYLOADS)
@example(reading(ts=1e300))
@example(reading(lat=91, lon=0))
def test_ingest_admits_what_the_reference_does(payload: Any) -> None:
    expected = mapped(PLAN, payload)
    engine = Engine(PLAN)
    admission = Admission(PLAN, engine.symbols, engine.registries, Quarantine(engine.counters))
    (batch,) = admission.batches(Objects([payload]), [source.name for source in PLAN.sources])
    if isinstance(expected, Refused):
        assert dict(engine.counters.quarantined) == {expected.reason: 1}
        (refusal,) = admission.quarantine.first.values()
        assert (refusal.reason, refusal.field) == (expected.reason, expected.field)
        assert len(batch) == 0
        return
    assert not engine.counters.quarantined
    (part,) = batch.parts
    found = {name: column.values[0].item() for name, column in part.fields.items() if column.mask()[0]}
    for name, value in found.items():
        if isinstance(value, complex):
            found[name] = (value.real, value.imag)
        elif name in ("fleet", "mode"):
            found[name] = engine.symbols.texts[value]
    got = Admitted(part.device, engine.registries["Truck"].ids[part.key[0]], int(part.time[0]), found)
    assert got == expected
