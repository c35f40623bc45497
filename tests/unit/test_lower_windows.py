"""Windows become slices, windows and aggregates on the settled timeline."""

from typing import Any

import pytest

from headgate.compiler.plan import Aggregate, Output, Slices, Window
from headgate.tests.unit.plans import plan_of, signal, value, written

MINUTE = 60_000_000_000


def operators(text: str, kind: type, passes: tuple[str, ...] = ("dead",)) -> list[Any]:
    return [node.operator for node in plan_of(text, passes).nodes if isinstance(node.operator, kind)]


def test_a_window_is_slices_then_windows_then_an_aggregate() -> None:
    plan = plan_of("signal s for Fridge = mean(temp over 6 min every 2 min)")
    mean = f"Aggregate[mean](Window[{2 * MINUTE}, {6 * MINUTE}](Slices[{2 * MINUTE}, ('count', 'sum')](fresh(temp))))"
    assert value(plan, "s") == mean
    assert {node.timeline for node in plan.nodes} == {"Fridge settled"}


@pytest.mark.parametrize(
    ("window", "width"),
    [
        ("over 10 min every 10 min", 10),
        ("over 1 h every 20 min", 20),
        ("over today every 10 min", 5),
        ("over today every 1 h", 15),
        ('over today in "Europe/Oslo" every 30 min', 15),
    ],
)
def test_slices_are_as_wide_as_they_can_be(window: str, width: int) -> None:
    (slices,) = operators(f"signal s for Fridge = mean(temp {window})", Slices)
    assert slices.width_ns == width * MINUTE


def test_slices_over_a_paced_signal_fit_its_pace() -> None:
    text = """
    signal pace for Fridge = mean(temp over 10 min every 10 min)
    signal s for Fridge = max(pace over 4 h every 20 min)
    """
    inner, outer = operators(text, Slices)
    assert (inner.width_ns, outer.width_ns) == (10 * MINUTE, 10 * MINUTE)


def test_an_argument_about_one_field_samples_its_messages() -> None:
    plan = plan_of("signal s for Fridge = share(temp > 8 degC over 1 min every 1 min)")
    assert "greater(fresh(temp), 8.0 degC)" in value(plan, "s")


@pytest.mark.parametrize(
    ("argument", "held"),
    [
        ("temp - setpoint", "subtract(temp, setpoint)"),
        ("hot", "greater(temp, 8.0 degC)"),
        ("temp > 8 degC for 1 min", "greater(temp, 8.0 degC)"),
        ("door becomes true", "Edge[](door)"),
    ],
)
def test_other_arguments_sample_what_is_held(argument: str, held: str) -> None:
    text = f"signal hot for Fridge = temp > 8 degC\nsignal s for Fridge = count({argument} over 5 min every 1 min)"
    plan = plan_of(text)
    assert held in value(plan, "s")
    assert "fresh" not in value(plan, "s")


def test_a_filter_sees_what_is_held_unless_it_asks_for_the_message() -> None:
    plan = plan_of("signal s for Fridge = mean(temp where vib > 1 mm/s and fresh(door) over 1 min every 1 min)")
    assert "(fresh(temp), and_(greater(vib, 1.0 mm/s), fresh(door)))" in value(plan, "s")


@pytest.mark.parametrize(
    ("call", "function", "parts"),
    [
        ("count(temp over 1 min every 1 min)", "count", ("count",)),
        ("count(door over 1 min every 1 min)", "count_true", ("true",)),
        ("count(door becomes true over 1 min every 1 min)", "count_true", ("true",)),
        ("share(door over 1 min every 1 min)", "share", ("count", "true")),
        ("fall(temp over 1 min every 1 min)", "fall", ("count", "first", "last")),
    ],
)
def test_slices_keep_what_the_aggregate_needs(call: str, function: str, parts: tuple[str, ...]) -> None:
    text = f"signal s for Fridge = {call}"
    assert [a.function for a in operators(text, Aggregate)] == [function]
    assert [s.parts for s in operators(text, Slices)] == [parts]


def test_a_share_compares_with_a_percentage() -> None:
    plan = plan_of("signal s for Fridge = share(door over 1 min every 1 min) >= 50 %")
    assert value(plan, "s").endswith(", 0.5)")


def test_what_is_taken_of_points_is_a_difference_where_it_must_be() -> None:
    plan = plan_of("signal s for Fridge = range(temp over 1 min every 1 min) > 4.5 degF")
    assert value(plan, "s").endswith(", 2.5 K)")


@pytest.mark.parametrize(
    ("call", "unit"),
    [
        ("variance(vib over 1 min every 1 min)", "mm2/s2"),
        ("rate(vib over 1 min every 1 min)", "mm/s2"),
        ("delta(temp over 1 min every 1 min)", "K"),
        ("mean(temp over 1 min every 1 min)", "degC"),
        ("count(temp over 1 min every 1 min)", None),
        ("mean(vib / 1 mm/s over 1 min every 1 min)", None),
    ],
)
def test_an_aggregate_has_its_unit_without_a_conversion(call: str, unit: str | None) -> None:
    plan = plan_of(f"signal s for Fridge = {call}")
    assert value(plan, "s").startswith("Aggregate[")
    assert signal(plan, "s").type.unit == unit


def test_a_window_over_what_remembers_samples_what_is_held() -> None:
    for argument in ("no door for 1 min", "temp is stale", "last(temp).time > last(vib).time"):
        plan = plan_of(f"signal s for Fridge = share({argument} over 10 min every 1 min)")
        assert "fresh" not in value(plan, "s")


def test_a_groups_window_samples_its_members() -> None:
    plan = plan_of("signal s by site = mean(Fridge.temp where fresh(vib) > 1 mm/s over 1 h every 1 h)")
    (slices,) = [node for node in plan.nodes if isinstance(node.operator, Slices)]
    assert slices.timeline == "by site settled"
    nodes = {node.id: node for node in plan.nodes}
    assert {nodes[i].timeline for i in slices.inputs} == {"Fridge settled"}
    assert [written(plan, i) for i in slices.inputs] == ["fresh(temp)", "greater(fresh(vib), 1.0 mm/s)"]


def test_a_calendar_window_is_in_its_zone() -> None:
    (window,) = operators('signal s for Fridge = mean(temp over today in "Europe/Oslo" every 1 h)', Window)
    assert (window.calendar, window.zone, window.every_ns) == ("today", "Europe/Oslo", 60 * MINUTE)


@pytest.mark.parametrize(
    ("text", "paced", "width"),
    [
        ("mean(temp over 5 min every 1 min)", True, 5),
        ("mean(temp over 5 min every 1 min) > 8 degC", True, 5),
        ("count(door over today every 10 min) * 10 min", True, None),
        ("mean(temp over 5 min every 1 min) - mean(temp over 10 min every 1 min)", True, None),
        ("mean(temp over 5 min every 1 min) > setpoint", False, None),
        ("temp > 8 degC", False, None),
    ],
)
def test_a_paced_signal_says_so_and_which_window_it_shows(text: str, paced: bool, width: int | None) -> None:
    output = signal(plan_of(f"signal s for Fridge = {text}"), "s").operator
    assert isinstance(output, Output)
    assert output.paced == paced
    assert output.window_ns == (None if width is None else width * MINUTE)
