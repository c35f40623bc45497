"""What else could have been: the best placement in which one thing is otherwise, and the second best of all."""

from math import inf
from typing import Literal

from .problem import Cost, Placed, Problem, cost, crosses, is_in_order, is_within_budgets
from .programme import Programme, Row


def without_crossing(programme: Programme, flow: int, link: int, seconds: float = inf) -> tuple[Placed, Cost] | None:
    """The best placement in which a flow does not cross a link; None if there is none, or it was not found in time."""
    one = programme.problem.flows[flow]
    sign = -1.0 if one.down else 1.0
    pairs = [(programme.x(head, link), programme.x(one.tail, link)) for head in one.heads if head != one.tail]
    return _best(programme, [Row(pair, (sign, -sign), upper=0.0) for pair in pairs], seconds)


def elsewhere(programme: Programme, item: int, tier: int, seconds: float = inf) -> tuple[Placed, Cost] | None:
    """The best placement in which an item stands at this tier; None as above."""
    rows = []
    if tier:
        rows.append(Row((programme.x(item, tier - 1),), (1.0,), lower=1.0))
    if tier < programme.links:
        rows.append(Row((programme.x(item, tier),), (1.0,), upper=0.0))
    return _best(programme, rows, seconds)


def runner_up(programme: Programme, placed: Placed, seconds: float = inf) -> tuple[Placed, Cost] | None:
    """The best placement for which not the same crosses; None as above."""
    problem = programme.problem
    rows: list[Row] = []
    variables: list[int] = []
    factors: list[float] = []
    crossing = 0
    for place in programme.counted:
        flow = problem.flows[place]
        heads = [head for head in flow.heads if head != flow.tail]
        sign = -1.0 if flow.down else 1.0
        for link in range(problem.links):
            y, tail = programme.y(place, link), programme.x(flow.tail, link)
            # A flow crosses only if its sender is on this side, and some receiver on the other.
            rows.append(Row((y, tail), (1.0, sign), upper=0.0 if flow.down else 1.0))
            others = [programme.x(head, link) for head in heads]
            rows.append(Row((y, *others), (1.0, *(-sign for _ in others)), upper=len(heads) if flow.down else 0.0))
            if flow.bytes:
                crosses_now = crosses(flow, placed, link)
                crossing += crosses_now
                variables.append(y)
                factors.append(-1.0 if crosses_now else 1.0)
    if not variables:
        return None
    rows.append(Row(variables, factors, lower=1.0 - crossing))
    return _best(programme, rows, seconds, whole="x and y")


def _best(
    programme: Programme, rows: list[Row], seconds: float, whole: Literal["x", "x and y"] = "x"
) -> tuple[Placed, Cost] | None:
    problem: Problem = programme.problem
    answer = programme.minimise(programme.bytes(), [*programme.budgets(), *rows], whole=whole, seconds=seconds)
    if answer.values is None:
        return None
    placed = programme.placed(answer.values)
    fits = is_in_order(problem, placed) and is_within_budgets(problem, placed)
    return (placed, cost(problem, placed)) if fits else None
