"""A placement where there was no time to find the best: the relaxed programme, rounded.

Without whole numbers the programme is solved in a moment; what it comes to bounds the bytes from below. Rounding all x
at one threshold keeps the order of the items whatever the threshold, so every threshold is tried, and of what is within
the budgets the best is taken.
"""

import numpy as np

from .milp import NothingFits
from .problem import Placed, Problem, cost, is_in_order, is_within_budgets
from .programme import Programme

THRESHOLDS_MAX = 200
"""Of more different values among the x, so many are tried."""


def rounded(problem: Problem, seconds: float) -> tuple[Placed | None, float]:
    """The best placement that rounding finds, if it finds one, and a lower bound of the bytes (0 if there is none).

    Raises `NothingFits` where not even fractions would be within the budgets.
    """
    programme = Programme(problem)
    answer = programme.minimise(programme.bytes(), programme.budgets(), whole=None, seconds=seconds)
    if not answer.feasible:
        raise NothingFits
    if answer.values is None:
        return None, 0.0
    values = np.unique(answer.values[: programme.first_y].round(9))
    thresholds = values[np.linspace(0, len(values) - 1, min(len(values), THRESHOLDS_MAX)).astype(np.int64)]
    found = {programme.placed(answer.values, float(threshold) - 1e-6) for threshold in (*thresholds, 1.1)}
    fitting = [one for one in found if is_in_order(problem, one) and is_within_budgets(problem, one)]
    bound = max(0.0, answer.bound) if answer.finished else 0.0
    return min(fitting, key=lambda one: (cost(problem, one), one), default=None), bound
