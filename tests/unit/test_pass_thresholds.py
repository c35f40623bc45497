"""Predicate indexing: which comparisons are looked at together, and which are not."""

import pytest

from headgate.compiler.passes import ALL
from headgate.compiler.passes.thresholds import COMPARISONS_MIN
from headgate.compiler.plan import Map, Threshold, Thresholds
from headgate.runtime.engine import Engine
from headgate.tests.unit.plans import count, plan_of

UNINDEXED = tuple(name for name in ALL if name != "thresholds")


def rules(condition: str, number: int = COMPARISONS_MIN) -> str:
    """Rules with this condition, in which LIMIT is another number in each."""
    return "\n".join(
        f'rule r{n} for Fridge {{ when {condition.replace("LIMIT", str(n))} do {{ alert "{n}" }} }}'
        for n in range(number)
    )


def test_comparisons_of_one_number_share_its_thresholds() -> None:
    plan = plan_of(rules("temp > LIMIT degC"))
    assert count(plan, Thresholds) == 1
    assert count(plan, Threshold) == COMPARISONS_MIN
    assert count(plan, Map) == 0


def test_a_constant_on_the_left_is_the_same_comparison_turned_round() -> None:
    plan = plan_of(rules("LIMIT degC <= temp"))
    assert {n.operator.comparison for n in plan.nodes if isinstance(n.operator, Threshold)} == {">="}


def test_fewer_are_compared_one_by_one() -> None:
    assert count(plan_of(rules("temp > LIMIT degC", COMPARISONS_MIN - 1)), Thresholds) == 0


def test_conditions_of_several_thresholds_share_each_numbers() -> None:
    plan = plan_of(rules("temp > LIMIT degC and not (vib < LIMIT mm/s) for 1 min"))
    assert count(plan, Thresholds) == 2
    assert count(plan, Threshold) == 2 * COMPARISONS_MIN


@pytest.mark.parametrize(
    "condition",
    [
        "temp > LIMIT degC and door",
        "fresh(temp) > LIMIT degC",
        "count(temp > LIMIT degC over 10 s every 10 s) > 1",
        "(door becomes true then temp > LIMIT degC within 1 min)",
        "temp - typical > LIMIT K",
    ],
)
def test_what_looks_at_every_update_or_beside_another_condition_is_not_indexed(condition: str) -> None:
    assert count(plan_of("signal typical by site = mean(Fridge.temp)\n" + rules(condition)), Threshold) == 0


def test_another_rule_leaves_the_thresholds_the_node_they_were() -> None:
    some, more = (plan_of(rules("temp > LIMIT degC", COMPARISONS_MIN + n)) for n in (0, 1))
    assert {n.id for n in some.nodes} <= {n.id for n in more.nodes}


def test_nodes_that_hang_on_thresholds_alone_are_run_as_families_however_many_they_are() -> None:
    some, more = (plan_of(rules("temp > LIMIT degC for 1 min", COMPARISONS_MIN * n)) for n in (1, 10))
    agendas = [Engine(plan)._agendas["Fridge"] for plan in (some, more)]
    for agenda in agendas:
        alone = [agenda.nodes[name] for name in agenda.order if name in agenda.nodes]
        assert {type(node.operator).__name__ for node in alone} == {"Field", "Thresholds"}
    assert len(agendas[0].order) == len(agendas[1].order)
    assert len(Engine(plan_of(rules("temp > LIMIT degC"), UNINDEXED))._agendas["Fridge"].always) > COMPARISONS_MIN
