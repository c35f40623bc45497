"""Windows that keep their samples: what they are lowered to, what bounds them, and what no plan may say of them."""

from dataclasses import replace

import pytest

from headgate.compiler.plan import Plan, Recent, Session, Thin, While
from headgate.compiler.verify import faults
from headgate.tests.unit.plans import plan_of, value

SECOND = 1_000_000_000
MINUTE = 60 * SECOND


def found(plan: Plan, kind: type) -> list[object]:
    return [node.operator for node in plan.nodes if isinstance(node.operator, kind)]


def test_a_length_of_time_is_thinned_to_the_rate_of_what_it_samples() -> None:
    plan = plan_of("signal s for Fridge = mean(temp over 10 min)")
    (thin,), (recent,) = found(plan, Thin), found(plan, Recent)
    assert isinstance(thin, Thin)
    assert recent == Recent(-(-(10 * MINUTE + thin.tolerance_ns) // thin.every_ns), width_ns=10 * MINUTE)
    assert value(plan, "s").startswith("Aggregate[mean](Recent[")
    assert {node.timeline for node in plan.nodes} == {"Fridge settled"}


def test_what_has_an_end_of_its_own_is_not_thinned() -> None:
    plan = plan_of(
        """
        signal a for Fridge = mean(temp over 9 samples)
        signal b for Fridge = mean(temp over 9 samples every 1 min)
        signal c for Fridge = count(door becomes true over session gap 5 min max 1 h)
        signal d for Fridge = max(temp over while door)
        """
    )
    assert found(plan, Thin) == []
    assert found(plan, Recent) == [Recent(9), Recent(9, every_ns=MINUTE)]
    assert found(plan, Session) == [Session(5 * MINUTE, 60 * MINUTE)]
    assert found(plan, While) == [While()]


def test_aggregates_over_one_window_keep_its_samples_once() -> None:
    plan = plan_of("signal s for Fridge = max(temp over 9 samples) - min(temp over 9 samples)", ("subexpressions",))
    assert len(found(plan, Recent)) == 1


def test_a_groups_window_thins_each_member_on_its_own_timeline() -> None:
    plan = plan_of("signal s by site = mean(Fridge.temp over 10 min)")
    at = {type(node.operator): node.timeline for node in plan.nodes}
    assert (at[Thin], at[Recent]) == ("Fridge settled", "by site settled")


def test_the_bound_of_a_window_grows_with_its_samples() -> None:
    def bytes_of(window: str) -> int:
        plan = plan_of(f"signal s for Fridge = mean(temp {window})")
        return next(node.cost.state_bytes_per_key for node in plan.nodes if isinstance(node.operator, Recent))

    assert bytes_of("over 10 samples") < bytes_of("over 100 samples") < bytes_of("over 1000 samples") < 100_000


@pytest.mark.parametrize(
    "operator",
    [Recent(0), Recent(5, width_ns=MINUTE, every_ns=MINUTE), Recent(5, width_ns=0), Recent(5, every_ns=-1)],
)
def test_a_window_that_makes_no_sense_is_found_in_a_plan(operator: Recent) -> None:
    plan = plan_of("signal s for Fridge = mean(temp over 9 samples)")
    nodes = tuple(replace(n, operator=operator) if isinstance(n.operator, Recent) else n for n in plan.nodes)
    assert any("makes no sense" in fault for fault in faults(replace(plan, nodes=nodes)))


def test_rates_and_gaps_that_make_no_sense_are_found_in_a_plan() -> None:
    thinned = plan_of("signal s for Fridge = mean(temp over 10 min)")
    nodes = tuple(replace(n, operator=Thin(0, 0)) if isinstance(n.operator, Thin) else n for n in thinned.nodes)
    assert any("its rate makes no sense" in fault for fault in faults(replace(thinned, nodes=nodes)))
    ended = plan_of("signal s for Fridge = mean(temp over session gap 1 min)")
    nodes = tuple(replace(n, operator=Session(5, 4)) if isinstance(n.operator, Session) else n for n in ended.nodes)
    assert any("its gap or its maximum makes no sense" in fault for fault in faults(replace(ended, nodes=nodes)))
