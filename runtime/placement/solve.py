"""Placing: exactly where there is time, else as well as can be said how well.

solution = place(problem, seconds=30)
solution.placed, solution.cost, solution.gap
"""

from math import inf

from .budgets import shortages
from .milp import NothingFits, Solution, solve
from .problem import Problem, Unplaceable, cost
from .rounding import rounded

LEAST_SECONDS = 5.0
"""So much time the ways out have in any case: rounding, and finding out what is short."""


class OutOfTime(Unplaceable):
    """No placement was found in the time given; there may be one, of no less than so many bytes a day."""

    def __init__(self, bytes_bound: int) -> None:
        super().__init__(bytes_bound)
        self.bytes_bound = bytes_bound


def place(problem: Problem, seconds: float = inf) -> Solution:
    """The best placement, or the best that was found in about so many seconds.

    Raises `Conflict` where an item could stand nowhere, `OverBudget` where nothing fits, and `OutOfTime`.
    """
    try:
        return _place(problem, seconds)
    except NothingFits:
        raise shortages(problem, max(seconds, LEAST_SECONDS)) from None


def _place(problem: Problem, seconds: float) -> Solution:
    found = solve(problem, seconds)
    if isinstance(found, Solution) and found.cost.bytes == found.bytes_bound:
        return found
    placed, relaxed = rounded(problem, max(seconds, LEAST_SECONDS))
    bound = max(int(relaxed * (1 - 1e-9)), found if isinstance(found, int) else found.bytes_bound)
    if placed is not None:
        other = cost(problem, placed)
        if isinstance(found, int) or other < found.cost:
            return Solution(placed, other, min(bound, other.bytes), False)
    if isinstance(found, int):
        raise OutOfTime(bound)
    return Solution(found.placed, found.cost, min(bound, found.cost.bytes), found.proven)
