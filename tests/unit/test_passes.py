"""Passes: each does what it says, none changes what is reported, and each can be left out."""

from itertools import combinations

import pytest

from headgate.compiler.passes import ALL, run_passes
from headgate.compiler.plan import (
    Action,
    Aggregate,
    Constant,
    Field,
    Map,
    Members,
    Message,
    Output,
    Pattern,
    Plan,
    Rule,
    Slices,
    Window,
)
from headgate.tests.unit.plans import compiled, count, plan_of, signal, value, when

FLEET = """
let few = 2
signal mean_temp for Fridge = mean(temp over 60 s every 10 s)
signal spread    for Fridge = range(temp over 10 s every 10 s)
signal warm by site = mean(Fridge.temp where fresh(temp) > 2 degC over 1 h every 10 min)
signal top by site  = max(Fridge.temp - Fridge.setpoint where fresh(temp) > 2 degC over 1 h every 10 min)
pattern left_open for Fridge = door becomes true as o then temp > o.temp + 2 K and true within 5 min
rule a for Fridge { when temp > 8 degC and not (not door) for 2 min  do { alert "{id} {temp}" } }
rule b for Fridge { when temp > 8 degC or false  until temp < 7 degC  do { if vib > 1 mm/s { alert "{vib}" } } }
rule c for Fridge { when left_open  do { alert "{o.temp}" } }
rule d by site { when warm > 30 degC  do { alert "{site}" } }
"""


def reported(plan: Plan) -> list[tuple[str, str]]:
    """What a program reports, in the order of the plan: this no pass may change."""
    return [(n.timeline, str(n.operator)) for n in plan.nodes if isinstance(n.operator, Output | Rule)]


@pytest.mark.parametrize("left_out", [*combinations(ALL, 1), *combinations(ALL, 2), ALL])
def test_any_pass_can_be_left_out(left_out: tuple[str, ...]) -> None:
    some = plan_of(FLEET, tuple(name for name in ALL if name not in left_out))
    whole = plan_of(FLEET)
    assert reported(some) == reported(whole)
    assert count(some, Action) == count(whole, Action)
    assert [t.id for t in some.timelines] == [t.id for t in whole.timelines]


def test_passes_run_in_their_own_order_whatever_the_order_asked_for() -> None:
    assert plan_of(FLEET, tuple(reversed(ALL))) == plan_of(FLEET)


def test_running_the_passes_again_changes_nothing() -> None:
    graph = compiled(FLEET).graph
    assert graph is not None
    assert [n.id for n in run_passes(graph)] == [n.id for n in graph]


def test_an_unknown_pass_is_refused() -> None:
    graph = compiled("").graph
    assert graph is not None
    with pytest.raises(ValueError, match="no pass is called folding"):
        run_passes(graph, ("folding",))


# --- One by one ------------------------------------------------------------------------------------------------------


def test_fold_computes_functions_of_constants() -> None:
    text = "signal s for Fridge = vib > clamp(5 mm/s, 1 mm/s, 4 mm/s) * max(2, 3)"
    assert value(plan_of(text, ("fold", "dead")), "s") == "greater(vib, 12.0 mm/s)"
    assert value(plan_of(text, ("dead",)), "s").count("clamp") == 1


def test_fold_drops_what_is_neutral_in_a_condition() -> None:
    plan = plan_of(FLEET, ("fold", "dead"))
    assert when(plan, "a") == "Holds[120000000000](and_(greater(temp, 8.0 degC), door))"
    assert when(plan, "b") == "greater(temp, 8.0 degC)"


def test_fold_keeps_what_is_updated_though_its_value_is_certain() -> None:
    plan = plan_of("signal s for Fridge = door and false", ("fold", "dead"))
    assert value(plan, "s") == "and_(door, False)"


def test_subexpressions_are_one_node() -> None:
    text = "".join(f'rule r{i} for Fridge {{ when temp > 8 degC do {{ alert "x" }} }}\n' for i in range(5))
    assert count(plan_of(text, ("dead",)), Map) == 5
    assert count(plan_of(text, ("subexpressions", "dead")), Map) == 1


def test_equal_numbers_in_other_units_are_not_one_node() -> None:
    text = "signal a for Fridge = power * 2 h\nsignal b for Fridge = power * 2 min"
    plan = plan_of(text)
    assert (signal(plan, "a").type.unit, signal(plan, "b").type.unit) == ("W.h", "W.min")


def test_true_and_one_are_not_one_node() -> None:
    text = "signal a for Fridge = door == true\nsignal b for Fridge = vib == 1 mm/s and vib * 2 > 1 mm/s"
    constants = [n.operator.value for n in plan_of(text).nodes if isinstance(n.operator, Constant)]
    assert sorted(map(str, constants)) == ["1.0", "2.0", "True"]


def test_pushdown_reads_from_the_message_what_the_filter_needs_from_it() -> None:
    text = "signal s for Fridge = max(temp - setpoint where fresh(temp) > 2 degC or false over 1 h every 10 min)"
    plan = plan_of(text, ("fold", "pushdown", "dead"))
    assert "subtract(fresh(temp), setpoint)" in value(plan, "s")
    fields = {n.operator.field for n in plan.nodes if isinstance(n.operator, Field)}
    assert fields == {"setpoint"}


@pytest.mark.parametrize(
    "where",
    [
        "fresh(temp) > 2 degC or door",
        "(fresh(temp) else 5 degC) > 2 degC",
        "fresh(temp) is absent",
        "fresh(vib) > 2 mm/s",
    ],
)
def test_pushdown_leaves_what_the_filter_does_not_need(where: str) -> None:
    text = f"signal s for Fridge = max(temp - setpoint where {where} over 1 h every 10 min)"
    assert "subtract(temp, setpoint)" in value(plan_of(text), "s")


def test_pushdown_drops_filters_that_are_always_true() -> None:
    text = """
    signal s for Fridge = mean(temp where true over 1 h every 10 min)
    signal m by site = max(Fridge.temp where true)
    """
    for kind in (Slices, Members):
        (node,) = [n for n in plan_of(text).nodes if isinstance(n.operator, kind)]
        assert len(node.inputs) == 1


def test_pushdown_drops_conditions_of_steps_that_are_always_true() -> None:
    (pattern,) = [n.operator for n in plan_of(FLEET).nodes if isinstance(n.operator, Pattern)]
    assert isinstance(pattern, Pattern)
    assert [step.condition is None for step in pattern.steps] == [False, True]


def test_slices_of_one_stream_are_one_store() -> None:
    apart, together = plan_of(FLEET, ("subexpressions", "dead")), plan_of(FLEET, ("subexpressions", "slices", "dead"))
    assert count(apart, Slices) == 4
    stores = [n.operator for n in together.nodes if isinstance(n.operator, Slices)]
    assert stores[0] == Slices(10_000_000_000, ("count", "sum", "min", "max"))
    assert len(stores) == 3
    assert count(together, Aggregate) == 4


def test_windows_over_a_shared_store_are_shared_too() -> None:
    text = """
    signal a for Fridge = mean(temp over 60 s every 10 s)
    signal b for Fridge = range(temp over 60 s every 10 s)
    """
    plan = plan_of(text)
    assert (count(plan, Slices), count(plan, Window), count(plan, Aggregate)) == (1, 1, 2)


def test_slices_stay_apart_where_sharing_would_need_more() -> None:
    text = """
    signal a for Fridge = mean(temp over 7 min every 7 min)
    signal b for Fridge = mean(temp over 1 day every 1 h)
    """
    widths = [n.operator.width_ns for n in plan_of(text).nodes if isinstance(n.operator, Slices)]
    assert widths == [7 * 60_000_000_000, 3600_000_000_000]


def test_slices_over_slices_are_shared() -> None:
    text = """
    signal pace for Fridge = mean(temp over 10 min every 10 min)
    signal a for Fridge = max(pace over 4 h every 10 min)
    signal b for Fridge = min(pace over 24 h every 10 min)
    """
    plan = plan_of(text)
    assert [n.operator.parts for n in plan.nodes if isinstance(n.operator, Slices)] == [
        ("count", "sum"),
        ("count", "min", "max"),
    ]


def test_dead_nodes_are_dropped_and_keys_of_groups_are_not() -> None:
    text = "let unused = 5\nsignal s by site = count(Fridge where temp > 8 degC)"
    plan = plan_of(text, ("dead",))
    assert {n.operator.field for n in plan.nodes if isinstance(n.operator, Field)} == {"temp", "site"}
    assert count(plan, Message) == 0
    folded = plan_of("signal s for Fridge = vib > max(1, 2) * 1 mm/s", ("fold",))
    assert len(plan_of("signal s for Fridge = vib > max(1, 2) * 1 mm/s", ("fold", "dead")).nodes) < len(folded.nodes)


def test_ids_say_what_nodes_are_whatever_stands_around_them() -> None:
    alone = plan_of("signal s for Fridge = mean(temp over 60 s every 10 s) > 8 degC")
    among = plan_of(
        "signal t for Fridge = vib > 2 mm/s\nsignal s for Fridge = mean(temp over 60 s every 10 s) > 8 degC"
    )
    assert {node.id for node in alone.nodes} < {node.id for node in among.nodes}
