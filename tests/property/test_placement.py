"""Placements of random problems: the best there is, by three ways of finding it, and within what they must keep to."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.runtime.placement.alternatives import elsewhere, runner_up, without_crossing
from headgate.runtime.placement.budgets import OverBudget
from headgate.runtime.placement.cut import minimum_cut
from headgate.runtime.placement.problem import (
    Conflict,
    Flow,
    Item,
    Placed,
    Problem,
    Tier,
    Unplaceable,
    budgets,
    cost,
    crosses,
    is_in_order,
    is_within_budgets,
    needs,
)
from headgate.runtime.placement.programme import Programme
from headgate.runtime.placement.rounding import rounded
from headgate.runtime.placement.solve import place

FEW = st.integers(0, 5)


@st.composite
def problems(draw: st.DrawFn, with_budgets: bool) -> Problem:
    """Up to six items on two tiers, or five on three; data flows from items to later ones, commands to any."""
    tiers = draw(st.sampled_from((2, 2, 3)))
    count = draw(st.integers(1, 8 - tiers))
    budget = st.none() | st.integers(1, 8) if with_budgets else st.none()
    amounts = st.lists(FEW, min_size=tiers, max_size=tiers).map(tuple)
    items = tuple(
        Item(
            f"item {place}",
            tuple(sorted(draw(st.sets(st.integers(0, tiers - 1), min_size=1)))),
            draw(amounts),
            draw(amounts),
            tuple(sorted(draw(amounts))),
            draw(amounts),
        )
        for place in range(count)
    )
    flows = []
    for number in range(draw(st.integers(0, 7))):
        tail, down, amount = draw(st.integers(0, count - 1)), draw(st.booleans()), draw(st.integers(0, 9))
        heads = draw(st.sets(st.integers(0 if down else tail, count - 1), min_size=1, max_size=3))
        load = tuple(draw(st.integers(0, amount)) for _ in range(tiers - 1))
        flows.append(Flow(f"flow {number}", tail, tuple(sorted(heads)), amount, load, down))
    levels = tuple(Tier(f"tier {tier}", draw(budget), draw(budget), draw(budget)) for tier in range(tiers))
    return Problem(levels, items, tuple(flows))


def every(problem: Problem) -> list[Placed]:
    """All placements that keep to the order and the budgets."""
    tiers = range(len(problem.tiers))
    found = product(tiers, repeat=len(problem.items))
    return [one for one in found if is_in_order(problem, one) and is_within_budgets(problem, one)]


@settings(deadline=None)
@given(problems(with_budgets=True))
def test_no_placement_is_better_than_the_one_that_is_found(problem: Problem) -> None:
    fitting = every(problem)
    try:
        found = place(problem)
    except (Conflict, OverBudget):
        assert not fitting
        return
    assert is_in_order(problem, found.placed)
    assert is_within_budgets(problem, found.placed)
    assert found.proven
    assert found.gap == 0
    assert found.cost == cost(problem, found.placed) == min(cost(problem, one) for one in fitting)


@settings(deadline=None)
@given(problems(with_budgets=False))
def test_without_budgets_it_is_a_minimum_cut(problem: Problem) -> None:
    try:
        cut = minimum_cut(problem)
    except Conflict:
        assert not every(problem)
        return
    assert is_in_order(problem, cut)
    assert cost(problem, cut) == place(problem).cost == min(cost(problem, one) for one in every(problem))


@settings(deadline=None)
@given(problems(with_budgets=True))
def test_where_nothing_fits_it_is_said_what_is_in_the_way(problem: Problem) -> None:
    tiers = range(len(problem.tiers))
    ordered = [one for one in product(tiers, repeat=len(problem.items)) if is_in_order(problem, one)]
    why = obstacle(problem)
    if isinstance(why, Conflict):
        assert not ordered
        assert 0 <= why.item < len(problem.items)
    if isinstance(why, OverBudget):
        assert why.shortages
        assert why.placed in ordered
        for shortage in why.shortages:
            assert budgets(problem)[shortage.use] == shortage.budget < shortage.needed
            assert shortage.least == min(needs(problem, one)[shortage.use] for one in ordered)


def obstacle(problem: Problem) -> Unplaceable | None:
    try:
        place(problem)
    except Unplaceable as why:
        return why
    return None


@settings(deadline=None)
@given(problems(with_budgets=True))
def test_a_rounded_placement_keeps_to_the_budgets_and_its_bound_is_one(problem: Problem) -> None:
    fitting = every(problem)
    if not fitting:
        return
    placed, bound = rounded(problem, seconds=60)
    best = min(cost(problem, one) for one in fitting)
    assert bound <= best.bytes + 1e-6
    if placed is not None:
        assert placed in fitting


@settings(deadline=None)
@given(problems(with_budgets=True))
def test_the_alternatives_are_the_best_there_are(problem: Problem) -> None:
    fitting = every(problem)
    if not fitting:
        return
    found = place(problem).placed
    programme = Programme(problem)

    def crossing(placed: Placed) -> set[tuple[int, int]]:
        links = range(problem.links)
        return {
            (i, link)
            for i, flow in enumerate(problem.flows)
            if flow.bytes
            for link in links
            if crosses(flow, placed, link)
        }

    def least(ones: list[Placed]) -> int | None:
        return min((cost(problem, one).bytes for one in ones), default=None)

    second = runner_up(programme, found)
    assert least([one for one in fitting if crossing(one) != crossing(found)]) == (second and second[1].bytes)
    for flow, link in sorted(crossing(found))[:2]:
        other = without_crossing(programme, flow, link)
        assert least([one for one in fitting if (flow, link) not in crossing(one)]) == (other and other[1].bytes)
    for tier in range(len(problem.tiers)):
        other = elsewhere(programme, 0, tier)
        assert least([one for one in fitting if one[0] == tier]) == (other and other[1].bytes)
