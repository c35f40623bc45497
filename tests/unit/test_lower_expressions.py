"""Expressions become nodes: units, absence, events, and the timeline each is on."""

import pytest

from headgate.compiler.plan import Delayed, Edge, Field, Map, Members, Message, Previous
from headgate.tests.unit.plans import count, plan_of, signal, value, when

SECOND = 1_000_000_000


def test_a_constant_is_folded_exactly_into_the_columns_unit() -> None:
    plan = plan_of("signal a for Fridge = temp >= 98.6 degF")
    assert value(plan, "a") == "greater_equal(temp, 37.0 degC)"


def test_a_constant_that_no_float_is_exactly_is_rounded_once() -> None:
    plan = plan_of("let limit = 46 degF\nsignal a for Fridge = temp > limit")
    assert value(plan, "a") == f"greater(temp, {float((46 - 32) * 5) / 9} degC)"


def test_a_column_is_converted_by_one_function() -> None:
    before = "module m\ndevice D { telemetry a: degC  telemetry b: degF }\n"
    plan = plan_of("signal s for D = a > b", before=before)
    assert value(plan, "s") == f"greater(a, affine(b, {5 / 9}, {-160 / 9}))"


def test_a_difference_of_points_is_no_point() -> None:
    plan = plan_of("signal d for Fridge = temp - setpoint")
    assert value(plan, "d") == "subtract(temp, setpoint)"
    assert signal(plan, "d").type.unit == "K"


def test_units_of_products_need_no_conversion() -> None:
    plan = plan_of("signal e for Fridge = power * 2 h")
    assert value(plan, "e") == "multiply(power, 2.0 h)"
    assert signal(plan, "e").type.unit == "W.h"


def test_a_ratio_is_a_plain_number() -> None:
    before = "module m\ndevice D { telemetry a: kg  telemetry b: g }\n"
    plan = plan_of("signal s for D = a / b > 90 %", before=before)
    assert value(plan, "s") == "greater(affine(divide(a, b), 1000.0, 0.0), 0.9)"


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("temp is absent", "is_absent(temp)"),
        ("temp is not absent", "not_(is_absent(temp))"),
        ("temp is stale", "and_(is_absent(temp), not_(is_absent(temp)))"),
        ("not door", "not_(door)"),
        ("door and vib > 4 mm/s", "and_(door, greater(vib, 4.0 mm/s))"),
        ("(temp else 5 degC) > 4 degC", "greater(else_(temp, 5.0 degC), 4.0 degC)"),
        ("door ? true : vib > 1 mm/s", "if_else(door, True, greater(vib, 1.0 mm/s))"),
        ("max(temp, setpoint, 41 degF) > 5 degC", "greater(max(temp, setpoint, 5.0 degC), 5.0 degC)"),
        ("age(temp) > 2 min", "greater(time_difference(Now[](), time(temp)), 120.0 s)"),
        ("last(temp) > 2 degC", "greater(temp, 2.0 degC)"),
        ("fresh(temp) > 2 degC", "greater(fresh(temp), 2.0 degC)"),
        ("temp - prev(temp) > 2 K", "greater(subtract(temp, Previous[Fridge, temp]()), 2.0 K)"),
        ("prev(temp).time < last(temp).time", "less(PreviousTime[Fridge, temp](), time(temp))"),
        ("-vib < 2 mm/s", "less(negate(vib), 2.0 mm/s)"),
        ("last(temp).time - last(vib).time > 1 min", "greater(time_difference(time(temp), time(vib)), 60.0 s)"),
        ("last(temp).time + 1 min > last(vib).time", "greater(time_add(time(temp), 60.0 s), time(vib))"),
        ("last(temp).time - 1 min > last(vib).time", "greater(time_add(time(temp), negate(60.0 s)), time(vib))"),
        ("sqrt(vib / 1 mm/s) > 2", "greater(sqrt(divide(vib, 1.0 mm/s)), 2.0)"),
        ("temp > 8 degC for 2 min", f"Holds[{120 * SECOND}](greater(temp, 8.0 degC))"),
        ("no door for 1 h", f"Quiet[{3600 * SECOND}](door)"),
        ("abs(temp - 5 degC) > 2 K", "greater(abs(subtract(temp, 5.0 degC)), 2.0 K)"),
    ],
)
def test_an_expression_becomes_these_nodes(text: str, nodes: str) -> None:
    assert value(plan_of(f"signal a for Fridge = {text}", passes=("dead",)), "a") == nodes


def test_what_was_before_is_as_current_or_settled_as_the_value_itself() -> None:
    plan = plan_of("""
        rule now for Fridge { when temp > prev(temp) + 2 K do { alert "{power - prev(power)}" } }
        signal steps for Fridge = max(abs(temp - prev(temp)) over 5 min every 5 min)
    """)
    before = {(n.timeline, n.operator.field, n.private) for n in plan.nodes if isinstance(n.operator, Previous)}
    assert before == {
        ("Fridge", "temp", False),
        ("Fridge", "power", True),
        ("Fridge settled", "temp", False),
    }
    # Two things are asked of a message: the held value stands for it in neither.
    assert count(plan, Message) == 0


def test_stale_is_absent_with_the_declared_age_and_known_without_it() -> None:
    plan = plan_of("signal a for Fridge = temp is stale")
    ages = {node.operator.stale_ns for node in plan.nodes if isinstance(node.operator, Field)}
    assert ages == {60 * SECOND, None}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("door becomes true", "door"),
        ("door becomes false", "not_(door)"),
        ("temp rises above 8 degC", "greater(temp, 8.0 degC)"),
        ("temp falls below 2 degC", "less(temp, 2.0 degC)"),
        ('site becomes "oslo"', "equal(site, oslo)"),
    ],
)
def test_an_event_is_the_edge_of_a_condition(text: str, condition: str) -> None:
    plan = plan_of(f'rule r for Fridge {{ when {text} do {{ alert "x" }} }}')
    assert when(plan, "r") == f"Edge[]({condition})"


def test_an_event_and_a_condition_are_an_event() -> None:
    plan = plan_of('rule r for Fridge { when door becomes true and temp > 8 degC do { alert "x" } }')
    (joined,) = [n for n in plan.nodes if n.operator == Map("and_")]
    assert joined.event
    assert count(plan, Edge) == 1


def test_a_circle_is_its_centre_and_its_radius_in_metres() -> None:
    before = "module m\nimport std.geo (circle, inside)\ndevice D { telemetry at: Point }\n"
    plan = plan_of("let yard = circle(Point(59.95, 10.80), 0.3 km)\nsignal s for D = inside(at, yard)", before=before)
    assert value(plan, "s") == "inside(at, (59.95, 10.8), 300.0 m)"


def test_what_the_settled_timeline_gives_is_seen_delayed_on_the_current_one() -> None:
    plan = plan_of(
        "signal usual for Fridge = mean(temp over 5 min every 10 s)\nsignal off for Fridge = temp > usual + 2 K"
    )
    assert signal(plan, "usual").timeline == "Fridge settled"
    assert signal(plan, "off").timeline == "Fridge"
    (delayed,) = [node for node in plan.nodes if isinstance(node.operator, Delayed)]
    assert delayed.timeline == "Fridge"
    assert value(plan, "off").startswith("greater(temp, Delayed[](add(Aggregate[mean]")


def test_properties_and_constants_go_with_the_rest() -> None:
    plan = plan_of("signal s for Fridge = mean(temp over 1 min every 1 min) > setpoint")
    assert signal(plan, "s").timeline == "Fridge settled"


def test_a_signal_that_several_use_is_one_node_even_without_sharing() -> None:
    text = "signal hot for Fridge = temp > 8 degC\n"
    text += "".join(f'rule r{i} for Fridge {{ when hot and vib > {i} mm/s do {{ alert "x" }} }}\n' for i in range(3))
    plan = plan_of(text, passes=())
    assert sum(node.operator == Map("greater") for node in plan.nodes) == 4


def test_members_are_on_the_timeline_of_their_argument() -> None:
    text = """
    signal usual for Fridge = mean(temp over 5 min every 10 s)
    signal warm by site = count(Fridge where temp > 8 degC) / count(Fridge)
    signal top by site = max(Fridge.usual)
    signal both by site = warm > 30 % and top > 5 degC
    """
    plan = plan_of(text)
    assert (
        value(plan, "warm") == "divide(Members[count_true, Fridge](greater(temp, 8.0 degC)), Members[count, Fridge]())"
    )
    assert signal(plan, "warm").timeline == "by site"
    assert signal(plan, "top").timeline == "by site settled"
    assert signal(plan, "both").timeline == "by site"
    assert {n.timeline for n in plan.nodes if isinstance(n.operator, Members)} == {"by site", "by site settled"}


def test_a_groups_members_have_nodes_that_give_its_key() -> None:
    plan = plan_of("signal a by site = max(Fridge.temp)\nsignal b by site = max(Fridge.temp over 1 min every 1 min)")
    nodes = {node.id: node for node in plan.nodes}
    groups = [timeline for timeline in plan.timelines if timeline.kind == "group"]
    assert [g.id for g in groups] == ["by site settled", "by site"]
    for group in groups:
        (member,) = group.members
        (key,) = member.keys
        assert nodes[key].operator == Field("Fridge", "site")
        assert nodes[key].timeline == member.timeline


def test_what_is_made_of_private_data_is_private() -> None:
    plan = plan_of("signal p for Fridge = power > 5 W\nsignal t for Fridge = temp > 5 degC")
    assert signal(plan, "p").private
    assert not signal(plan, "t").private
