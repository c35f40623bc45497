"""What the checker finds out: units, roles, constants, references, natures, looked up by their text."""

from fractions import Fraction
from pathlib import Path
from typing import get_args

import pytest

from headgate.compiler.front import check_program
from headgate.compiler.resolve import walk
from headgate.compiler.typed import (
    BoundRef,
    DeviceScope,
    Fact,
    FieldRef,
    GroupScope,
    HeldTimeRef,
    PatternRef,
    PayloadRef,
    SignalRef,
    Typed,
)
from headgate.dsl import nodes as n
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "examples" / "fleet" / "fleet.iot"
FRIDGE = """module example
import std.geo (inside, circle)
let limit = 8 degC
let margin = 2 K
let step = 2 degC
let yard = circle(Point(59.95, 10.80), 300 m)
device Fridge max 10 {
    property  site: text
    property  mode: enum { eco, boost }
    property  setpoint: degC
    property  band: K
    telemetry temp: degC in -40..60 every 10 s
    telemetry fahrenheit: degF
    telemetry kelvin: K
    telemetry door: bool
    telemetry humidity: percent in 0..100
    telemetry power: W stale after 5 s
    telemetry count_of: int
    telemetry made: time
    telemetry at: Point
    command   cool(level: int in 0..5 = 1) { ack within 5 s }
    lateness  1 min
}
"""


def checked(text: str) -> Typed:
    """A program, which must be without any problem."""
    program, unread = parse(SourceText("example.iot", text))
    assert [problem.title for problem in unread] == []
    typed, problems = check_program(program)
    assert [problem.title for problem in problems if problem.severity == "error"] == []
    return typed


def facts_in(text: str) -> dict[str, Fact]:
    """The facts of all expressions of a program, by their text."""
    typed = checked(text)
    return {text[node.span.start : node.span.end]: fact for node, fact in typed.facts}


def fact(expression: str, domain: str = "for Fridge") -> Fact:
    """The fact of an expression, as a signal's value."""
    return facts_in(f"{FRIDGE}signal it {domain} = {expression}\n")[expression]


def codes(text: str) -> list[str]:
    program, unread = parse(SourceText("example.iot", FRIDGE + text))
    assert list(unread) == []
    return [problem.code for problem in check_program(program)[1] if problem.severity == "error"]


# --- The charter's program -------------------------------------------------------------------------------------------


def test_the_fleet_program_has_no_problem() -> None:
    program, unread = parse(SourceText("fleet.iot", FLEET.read_text(encoding="utf-8")))
    assert [*unread, *check_program(program)[1]] == []


def test_every_expression_of_the_fleet_program_has_a_fact() -> None:
    typed = checked(FLEET.read_text(encoding="utf-8"))
    kinds = get_args(n.Expr)
    assert [node for node in walk(typed.program) if isinstance(node, kinds) and typed.facts.get(node) is None] == []


def test_facts_of_the_fleet_program() -> None:
    facts = facts_in(FLEET.read_text(encoding="utf-8"))
    broken = facts["share(status == 0 over 10 min every 10 min) >= 50 %"]
    assert (broken.type.name, broken.operand_unit and broken.operand_unit.text) == ("bool", "ratio")
    assert facts["50 %"].constant == 50
    driven = facts["count(driving over today every 10 min) * 10 min"]
    assert (driven.type.name, driven.type.unit and driven.type.unit.text) == ("float", "min")
    breakdown = facts["Truck.broken becomes true"]
    assert (breakdown.event, breakdown.scope) == (True, DeviceScope("Truck"))
    counted = facts["count(Truck.broken becomes true over 1 day every 10 min)"]
    assert (counted.aggregate_of, counted.scope, counted.event) == ("Truck", GroupScope(("model",)), False)
    assert facts["load / load_capacity > 90 %"].operand_unit == facts["load / load_capacity"].type.unit
    assert facts["last(position).time"].reference == HeldTimeRef("Truck", "position")
    assert facts["m"].reference == PayloadRef("m")
    assert facts["m"].type.name == "text"
    assert facts["fuel_state"].type.unit == facts["load / load_capacity"].type.unit
    assert facts["Point(59.95, 10.80)"].constant == (59.95, 10.8)


# --- Units and roles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "unit", "point"),
    [
        ("temp", "degC", True),
        ("temp - setpoint", "K", False),
        ("temp - 2 K", "degC", True),
        ("temp + step", "degC", True),
        ("setpoint + band", "degC", True),
        ("kelvin", "K", False),
        ("kelvin - temp", "K", False),
        ("mean(temp over 1 h every 1 h)", "degC", True),
        ("stddev(temp over 1 h every 1 h)", "K", False),
        ("stddev(fahrenheit over 1 h every 1 h)", "degF", False),
        ("fall(temp over 1 h every 1 h)", "K", False),
        ("rate(temp over 1 h every 1 h)", "K/s", False),
        ("variance(power over 1 h every 1 h)", "W2", False),
        ("sum(power over 1 h every 1 h) * 2 h", "W.h", False),
        ("power * humidity", "W", False),
        ("power * 50 %", "W", False),
        ("power / power", "ratio", False),
        ("3 / power", "1/W", False),
        ("temp else 20 degC", "degC", True),
        ("door ? temp : fahrenheit", "degC", True),
        ("min(fahrenheit, temp)", "degF", True),
        ("clamp(humidity, 0.1 ratio, 90 %)", "%", False),
        ("age(temp)", "s", False),
        ("made - last(temp).time", "s", False),
        ("count_of + 1", None, False),
        ("count(door over 1 h every 1 h) / count(temp over 1 h every 1 h)", None, False),
    ],
)
def test_units_and_roles_follow_from_the_operands(expression: str, unit: str | None, point: bool) -> None:
    type_ = fact(expression).type
    assert (type_.unit.text if type_.unit is not None else None, type_.affine) == (unit, point)


@pytest.mark.parametrize(
    ("expression", "literal", "point"),
    [
        ("temp > 8 degC", "8 degC", True),
        ("temp - setpoint > 2 degC", "2 degC", False),
        ("temp > setpoint + 2 degC", "2 degC", False),
        ("temp > 281 K", "281 K", True),
        ("kelvin > 8 degC", "kelvin", True),
        ("temp > kelvin", "kelvin", True),
        ("temp > setpoint + band", "band", False),
        ("temp > setpoint + step", "step", False),
        ("temp > limit", "limit", True),
        ("temp > -5 degC", "-5 degC", True),
    ],
)
def test_a_literal_takes_the_role_that_its_place_needs(expression: str, literal: str, point: bool) -> None:
    assert facts_in(f"{FRIDGE}signal it for Fridge = {expression}\n")[literal].type.affine is point


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("temp > 46.4 degF", "degC"),
        ("46.4 degF < temp", "degC"),
        ("temp > fahrenheit", "degC"),
        ("fahrenheit > temp", "degF"),
        ("humidity > 0.5 ratio", "%"),
        ("share(door over 1 h every 1 h) >= 50 %", "ratio"),
        ("humidity becomes 0.5 ratio", "%"),
        ("fahrenheit rises above 8 degC", "degF"),
    ],
)
def test_operands_are_brought_into_the_unit_of_the_column(expression: str, unit: str) -> None:
    facts = facts_in(f"{FRIDGE}pattern p for Fridge = {expression}\n")
    found = facts[expression].operand_unit
    assert found is not None
    assert found.text == unit


@pytest.mark.parametrize(
    ("expression", "constant"),
    [
        ("37 degC >= 98.6 degF", True),
        ("0.1 + 0.2 == 0.3", True),
        ("1 h + 30 min", Fraction(3, 2)),
        ("2 min 10 s", Fraction(130)),
        ("limit + margin", Fraction(10)),
        ("20 degC - 50 degF", Fraction(10)),
        ("200 % * 3", Fraction(6)),
        ("6 W / 3 W", Fraction(2)),
        ("10 % * 50 W", Fraction(5)),
        ("not (1 < 2)", False),
        ("true and false", False),
        ("true ? 1 min : 2 h", Fraction(1)),
        ("(absent else 3 bar) - 1 bar", Fraction(2)),
        ("4_000", Fraction(4000)),
        ("1.5e-3", Fraction(3, 2000)),
        ("absent is absent", True),
        ("-5 degC", Fraction(-5)),
    ],
)
def test_constants_are_folded_exactly(expression: str, constant: object) -> None:
    found = fact(expression)
    assert found.is_constant
    assert found.constant == constant


# --- References, natures, clauses ------------------------------------------------------------------------------------


def test_names_refer_to_what_their_domain_has() -> None:
    facts = facts_in(
        FRIDGE
        + """signal warm for Fridge = temp > limit
pattern left_open for Fridge =
    door becomes true as opened
    then temp > opened.temp + 2 K
    unless door becomes false
    within 5 min
rule ajar for Fridge {
    when left_open and warm
    do { alert "{opened.time}: up {temp - opened.temp}" }
}
signal worst by site = max(Fridge.temp where mode == "eco")
"""
    )
    assert facts["warm"].reference == SignalRef("warm")
    assert facts["left_open"].reference == PatternRef("left_open")
    assert facts["left_open and warm"].event
    assert facts["opened.temp"].reference == BoundRef(0, "temp")
    assert facts["opened.time"].reference == BoundRef(0, None)
    assert facts["Fridge.temp"].reference == FieldRef("Fridge", "temp")
    assert facts["mode"].reference == FieldRef("Fridge", "mode")
    assert facts["mode"].scope == DeviceScope("Fridge")


def test_what_a_device_declares_is_in_its_own_units_and_in_nanoseconds() -> None:
    text = FRIDGE + "device Meter { telemetry power: kW in 500 W..2 every 1 h  telemetry flow: L/min }\n"
    devices = checked(text).devices
    fridge, meter = devices["Fridge"], devices["Meter"]
    assert (fridge.maximum, fridge.lateness_ns, fridge.idle_ns) == (10, 60 * 10**9, 120 * 10**9)
    assert [fridge.fields["temp"].low, fridge.fields["temp"].high] == [-40, 60]
    assert (fridge.fields["temp"].every_ns, fridge.fields["temp"].stale_ns) == (10 * 10**9, 30 * 10**9)
    assert (fridge.fields["power"].every_ns, fridge.fields["power"].stale_ns) == (None, 5 * 10**9)
    assert fridge.fields["door"].stale_ns is None
    assert [meter.fields["power"].low, meter.fields["power"].high] == [Fraction(1, 2), 2]
    assert meter.idle_ns == 3 * 3600 * 10**9


def test_durations_are_whole_nanoseconds() -> None:
    text = FRIDGE + "signal it for Fridge = (door for 1 h 30 min) or (door for 250 ms)\n"
    typed = checked(text)
    assert sorted(ns for _, ns in typed.durations_ns)[-1] == 5400 * 10**9
    assert 250 * 10**6 in [ns for _, ns in typed.durations_ns]


def test_a_payload_field_has_the_type_that_its_use_needs() -> None:
    facts = facts_in(
        FRIDGE
        + """source messages: json for Fridge where kind == "f" and (valid else true) and meta.version > 2 {
    id = meta.name
    time = ts in ms
    temp = t in degF
    setpoint = (raw - 32) * 5 / 9
    door = d
    count_of = c
    made = born
    at = Point(where_it_is.lat, where_it_is.lon)
    mode = m
}
"""
    )
    types = {name: found.type for name, found in facts.items() if isinstance(found.reference, PayloadRef)}
    assert {name: type_.name for name, type_ in types.items() if name in ("kind", "valid", "d", "c", "m", "born")} == {
        "kind": "text",
        "valid": "bool",
        "d": "bool",
        "c": "int",
        "m": "text",
        "born": "text",
    }
    assert facts["meta.name"].reference == PayloadRef("meta.name")
    assert types["meta.name"].name == "text"
    units = [types[name].unit for name in ("ts", "t", "raw")]
    assert [None if unit is None else unit.text for unit in units] == ["ms", "degF", None]
    assert types["t"].affine


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("signal it for Fridge = temp > 8 degC or temp > 9 km or door > 1 km\n", ["HG0401", "HG0303"]),
        ("signal it for Fridge = nowhere\nsignal also for Fridge = it\n", ["HG0201"]),
        ("signal it for Fridge = temp + setpoint\n", ["HG0404"]),
        ("signal it for Fridge = temp < 5\n", ["HG0402"]),
        ("signal it for Fridge = sqrt(humidity)\n", ["HG0301"]),
        ("signal it for Fridge = min(temp, temp - setpoint)\n", ["HG0407"]),
        ("signal it for Fridge = max(temp)\n", ["HG0601"]),
        ("signal it for Fridge = mean(temp over 1 h every 7 min)\n", ["HG0604"]),
        ("signal it by site = mean(Fridge.door over 1 h)\n", ["HG0301"]),
        ("signal it by site = share(Fridge.door over 1 h)\n", ["HG0602"]),
        ("signal it by site = mean(Fridge.temp over 1 h)\n", []),
        ("signal it by site, nothing = max(Fridge.temp)\n", ["HG0505"]),
        ("rule r for Fridge { when door becomes true do { send cool() } }\n", ["HG0611"]),
        ("rule r for Fridge { when door do { send cool(9) } }\n", ["HG0309"]),
        ("pattern p for Fridge = door then temp > 8 degC\n", ["HG0609"]),
        ("pattern p for Fridge = door as temp\n", ["HG0205"]),
        ("pattern p for Fridge = door as a then temp > 1 degC as a within 1 min\n", ["HG0204"]),
        ("signal site by site = max(Fridge.temp)\n", ["HG0205"]),
        ("signal it for Fridge = made + made\n", ["HG0303"]),
        ("signal it for Fridge = made + 3\n", ["HG0303"]),
        ("signal it for Fridge = kelvin - (temp - setpoint) > 2 degC\n", []),
        ("signal it for Fridge = (temp - setpoint) - temp\n", ["HG0407"]),
        ("signal it for Fridge = temp * 2 degC\n", ["HG0405"]),
        ("signal it for Fridge = 2 * 3 degC > 5 K\n", []),
        ("signal it for Fridge = temp == absent\n", ["HG0314"]),
        ("signal it for Fridge = fresh(temp, door)\n", ["HG0306"]),
        ("signal it for Fridge = fresh(temp over 1 h every 1 h)\n", ["HG0306"]),
        ("signal it for Fridge = clamp(temp, low: 1 degC, high: 2 degC)\n", []),
        ("signal it for Fridge = clamp(temp, high: 1 degC, low: 2 degC)\n", ["HG0306"]),
        ("signal it for Fridge = clamp(temp, low: 1 degC, hgih: 2 degC)\n", ["HG0212"]),
        ("signal it for Fridge = abs(door)\n", ["HG0301"]),
        ("signal it for Fridge = inside(at, circle(at, 3 m))\n", ["HG0308"]),
        ("signal it for Fridge = inside(at, circle(Point(1, 2), 3 kg))\n", ["HG0301"]),
        ("signal it for Fridge = yard\n", ["HG0301"]),
        ('rule r for Fridge { when door do { alert "{yard}" } }\n', ["HG0301"]),
        ("signal it for Fridge = door or made\n", ["HG0302"]),
        ("signal it for Fridge = (door becomes true) + 1\n", ["HG0514"]),
        ("signal it for Fridge = temp > (door becomes true)\n", ["HG0514"]),
        ("signal it for Fridge = temp rises above absent\n", ["HG0314"]),
        ("signal it for Fridge = count(nothing over 1 h every 1 h)\n", ["HG0201"]),
        ("signal it for Fridge = mean(temp where nothing over 1 h every 1 h)\n", ["HG0201"]),
        ("signal it for Fridge = mean(temp over nothing every 1 h)\n", ["HG0201"]),
        ("signal it for Fridge = mean(temp over 1 h every nothing)\n", ["HG0201"]),
        ("signal it by site = count(Fridge over 1 h every 1 h)\n", ["HG0306"]),
        ("signal it by site = count(Fride.temp)\n", ["HG0202"]),
        ("signal it by site, site = max(Fridge.temp)\n", ["HG0204"]),
        ("rule r for Fridge { when door do { emit opened(3) } }\n", ["HG0306"]),
        ("rule r for Fridge { when door do { emit opened(a: 3, a: yard) } }\n", ["HG0204", "HG0301"]),
        ("rule r for Fridge { when door do { emit opened(a: temp over 1 h every 1 h) } }\n", ["HG0306"]),
        ("rule r for Fridge { when door do { send cool(1, 2) } }\n", ["HG0306"]),
        ("rule r for Fridge { when door do { send cool(1, level: 2) } }\n", ["HG0204"]),
        ("rule r for Fridge { when door do { if temp { send cool() } else { send heat() } } }\n", ["HG0302", "HG0211"]),
        ("rule r for Fridge { when door becomes true do { if door { send cool() } } }\n", ["HG0611"]),
        ("rule r for Nobody { when door do { send cool() } }\n", ["HG0202"]),
        ("let far = 1 km\nsignal it for Fridge = temp > far\n", ["HG0401"]),
        ("let a = b\nlet b = a\n", ["HG0210"]),
        ("let a = Point(1, 2)\nsignal it for Fridge = inside(at, a)\n", ["HG0301"]),
        ("device D { property a: text  telemetry a: bool }\n", ["HG0204"]),
        (
            "device D { telemetry a: bool  command c(a: bool, b: nothing) { } }\n",
            ["HG0205", "HG0214"],
        ),
        ("device D { telemetry a: degC in -5..300 K  command c(b: degC in 3 K..4 = 5 degC) { } }\n", ["HG0309"]),
        ("device D { telemetry a: degC in 3 km..4 }\n", ["HG0301"]),
        ("device D { command c(level: int = 1.5, b: text = 3) { } }\n", ["HG0301", "HG0301"]),
        ("source s: json for Nobody { id = a  time = b  c = d }\n", ["HG0202"]),
        ("source s: json for Fridge { id = a in s  time = b  door = c in s }\n", ["HG0301", "HG0301"]),
        ("source s: json for Fridge { id = a  time = 3  temp = 3 km }\n", ["HG0301", "HG0301"]),
        ("source s: json for Fridge { id = a  time = b > 3 in s  temp = c }\n", ["HG0301"]),
        (
            "source s: json for Fridge { id = a  time = b  at = c  hot = d  power = 3 W in kW }\n",
            ["HG0301", "HG0203", "HG0301"],
        ),
        ("source s: json for Fridge { id = a  time = b  temp = c(1).d  door = (e for 5 min) }\n", ["HG0216", "HG0618"]),
    ],
)
def test_each_mistake_is_reported_once(item: str, expected: list[str]) -> None:
    assert codes(item) == expected


def test_all_errors_of_a_program_are_reported_in_the_order_of_the_text() -> None:
    text = "signal a for Fridge = nope\nsignal b for Fridge = temp > 3 km\nrule c for Fridge { when temp do { } }\n"
    assert codes(text) == ["HG0201", "HG0401", "HG0302"]


def test_a_chain_of_a_thousand_signals_is_no_problem() -> None:
    chain = "".join(f"signal s{i} for Fridge = s{i + 1} + 1 K\n" for i in range(1000))
    assert codes(f"{chain}signal s1000 for Fridge = kelvin\n") == []


def test_a_let_of_a_product_of_a_let_is_a_difference() -> None:
    program, _ = parse(
        SourceText("example.iot", FRIDGE + "let half = limit * 0.5\nsignal s for Fridge = temp > half\n")
    )
    _, problems = check_program(program)
    assert [problem.code for problem in problems] == ["HG0407"]
