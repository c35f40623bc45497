"""The placement of least cost: an exact one by mixed-integer programming, within a time that is given.

Bytes come first; among the placements of least bytes the one is taken for which commands wait for the fewest links,
among those the one that computes least where computing is scarce. The solver works with floats; what it answers is
weighed again in whole numbers, and the second step counts only if that says so.
"""

from dataclasses import dataclass
from math import ceil, inf
from time import monotonic

import numpy as np

from .problem import Cost, Placed, Problem, Unplaceable, cost, crosses, is_in_order, is_within_budgets
from .programme import Programme, Row

ITEMS_MAX = 300
BYTES_RANGE_MAX = 1e5
"""In problems of more items, or where flows are so much smaller than all together that the solver could not tell one
from its own tolerance, not all placements of the fewest bytes are compared in the rest."""
TIGHTENED = 2e-6
"""By so much budgets are tightened if the solver took a little too much; its own tolerance is half of it."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A placement, its cost, and the number of bytes below which there is none; `proven`: it has the least cost."""

    placed: Placed
    cost: Cost
    bytes_bound: int
    proven: bool

    @property
    def gap(self) -> float:
        """How much of the bytes might still be saved, at most."""
        return 0.0 if self.cost.bytes <= self.bytes_bound else 1.0 - self.bytes_bound / self.cost.bytes


class NothingFits(Unplaceable):
    """No placement is within the budgets."""


def solve(problem: Problem, seconds: float = inf) -> Solution | int:
    """The best placement found in this time; a lower bound of the bytes if none was found.

    Raises `Conflict` and `NothingFits`.
    """
    end = monotonic() + seconds
    programme = Programme(problem)
    if programme.links == 0:
        placed = (0,) * len(problem.items)
        if not is_within_budgets(problem, placed):
            raise NothingFits
        return Solution(placed, cost(problem, placed), 0, True)
    first, bound = _fewest_bytes(programme, end)
    if first is None:
        return bound
    least = cost(problem, first)
    second, proven = _afterwards(programme, first, end - monotonic())
    best = first if second is None else second
    return Solution(best, cost(problem, best), min(bound, least.bytes), proven and bound >= least.bytes)


def _fewest_bytes(programme: Programme, end: float) -> tuple[Placed | None, int]:
    """A placement of the fewest bytes, as far as there was time, and a lower bound of these.

    Without budgets the programme has no fractions and takes a moment; what it comes to is often within them.
    """
    problem = programme.problem
    bound, within = 0, programme.budgets()
    for rows in ((), within, programme.budgets(TIGHTENED)) if within else ((),):
        answer = programme.minimise(programme.bytes(), rows, seconds=end - monotonic())
        if not answer.feasible:
            raise NothingFits
        # What the solver calls the least may be off by its tolerance, relative to the whole.
        if rows in ((), within) and answer.bound > -inf:
            bound = max(bound, ceil(answer.bound * (1 - 1e-9) - 1e-6))
        if answer.values is not None:
            placed = programme.placed(answer.values)
            if is_in_order(problem, placed) and is_within_budgets(problem, placed):
                return placed, cost(problem, placed).bytes if answer.finished else bound
    return None, bound


def _afterwards(programme: Programme, first: Placed, seconds: float) -> tuple[Placed | None, bool]:
    """Of the placements with no more bytes than this the one that is best in the rest; and whether that is proven.

    In some problems only those are looked at for which nothing crosses that does not cross for this.
    """
    problem, least = programme.problem, cost(programme.problem, first)
    objective = programme.afterwards()
    if not objective.any() or seconds <= 0:
        return None, not objective.any()
    weights = programme.bytes()
    used = np.flatnonzero(weights)
    scale = max(1, least.bytes)
    partly = len(problem.items) > ITEMS_MAX or scale > BYTES_RANGE_MAX * weights[used].min(initial=scale)
    kept = [Row(used.tolist(), (weights[used] / scale).tolist(), upper=least.bytes / scale)]
    if partly:
        kept = [
            Row((programme.y(place, link),), (1.0,), upper=0.0)
            for place in programme.counted
            for link in range(problem.links)
            if not crosses(problem.flows[place], first, link)
        ]
    answer = programme.minimise(objective, [*programme.budgets(), *kept], seconds=seconds)
    placed = None if answer.values is None else programme.placed(answer.values)
    if placed is None or not (is_in_order(problem, placed) and is_within_budgets(problem, placed)):
        return None, False
    return (placed, answer.finished and not partly) if cost(problem, placed) <= least else (None, False)
