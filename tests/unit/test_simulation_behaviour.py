"""What virtual devices do with commands: they answer, and bring about what the command confirms."""

import pytest

from headgate.compiler.plan import ConfirmPlan, DeviceType, Plan
from headgate.runtime.commands.records import Answer, Deliver
from headgate.runtime.output import OutputValue
from headgate.runtime.simulation.behaviour import Change, Obedient, fields_for
from headgate.runtime.testing.executors import compile_program
from headgate.stdlib.function import Value


def device(confirm: str) -> tuple[Plan, DeviceType, ConfirmPlan]:
    plan = compile_program(
        f"""module m
device Unit {{
    telemetry position: percent in 0..100
    telemetry power: W in 0..400
    telemetry count: int in 0..9
    telemetry on: bool
    telemetry mode: enum {{ eco, boost }}
    telemetry at: Point
    command go(to: percent in 0..100, level: int in 0..5) {{
        idempotent  ack within 1 s  confirm {confirm} within 1 min
    }}
    command stop() {{ idempotent  ack within 1 s }}
}}
signal shown for Unit = position
"""
    )
    (unit,) = plan.devices
    confirmed = unit.commands[0].confirm
    assert confirmed is not None
    return plan, unit, confirmed


TOLD: dict[str, OutputValue] = {"to": 30.0, "level": 4.0}
PRESENT: dict[str, Value] = {"position": 90.0, "power": 10.0, "count": 1.0, "on": False, "mode": "eco"}


@pytest.mark.parametrize(
    ("confirm", "fields"),
    [
        ("abs(position - to) < 2 %", {"position": 30.0}),
        ("position < to", {"position": 28.5}),
        ("power > 20 W * level", {"power": 84.0}),
        ("power >= 100 W and power <= 110 W and on", {"power": 100.0, "on": True}),
        ("count > level", {"count": 5.0}),
        ("count == level - 1", {"count": 3.0}),
        ('mode == "eco"', {"mode": "eco"}),
        ("on and position > 50 %", {"on": True, "position": 90.0}),
        ("not on", {"on": False}),
        ('mode == "boost"', {"mode": "boost"}),
    ],
)
def test_values_are_found_for_which_what_confirms_is_true(confirm: str, fields: dict[str, Value]) -> None:
    _, unit, confirmed = device(confirm)
    found = fields_for(unit, confirmed, PRESENT, TOLD)
    assert found == fields


def test_where_nothing_fits_nothing_changes() -> None:
    plan, unit, confirmed = device("power > 399.99 W and power < 1 W")
    assert fields_for(unit, confirmed, PRESENT, TOLD) is None
    obedient = Obedient(plan, lambda device, id_, time: PRESENT)
    answers = obedient.on_command(Deliver("go-1", "Unit", "u1", "go", TOLD, 5), 7)
    assert answers == (Answer("go-1", 7, "accepted"), Answer("go-1", 7, "done"))


def test_a_search_that_is_too_long_is_given_up() -> None:
    many = " and ".join(f"power > {i} W and position > {i} % and count > {i % 3}" for i in (30, 40, 50))
    _, unit, confirmed = device(f"power < 1 W and {many}")
    assert fields_for(unit, confirmed, PRESENT, TOLD) is None


def test_a_field_that_cannot_be_looked_for_stays_as_it_is() -> None:
    _, unit, confirmed = device("at is absent or on")
    assert fields_for(unit, confirmed, {**PRESENT, "at": (59.9, 10.7)}, TOLD) == {"at": (59.9, 10.7), "on": True}


def test_an_obedient_device_accepts_does_and_is_as_it_was_told() -> None:
    plan, _, _ = device("abs(position - to) < 2 %")
    obedient = Obedient(plan, lambda device, id_, time: PRESENT)
    assert obedient.on_command(Deliver("go-1", "Unit", "u1", "go", TOLD, 5), 7) == (
        Answer("go-1", 7, "accepted"),
        Answer("go-1", 7, "done"),
        Change("Unit", "u1", 7, {"position": 30.0}),
    )
    assert len(obedient.on_command(Deliver("stop-1", "Unit", "u1", "stop", {}, 5), 7)) == 2
