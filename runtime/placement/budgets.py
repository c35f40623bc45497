"""Where nothing fits: which budgets are short, by how much, and what is needed at least.

The budgets are made elastic: the placement is found that exceeds them by the least, in parts of each.
"""

from dataclasses import dataclass

import numpy as np

from .problem import Placed, Problem, Unplaceable, Use, budgets, needs
from .programme import Programme


@dataclass(frozen=True, slots=True)
class Shortage:
    """A budget that is short: what there is, what is needed where all budgets are exceeded as little as they can be
    together, and what is needed at least, were this the only one."""

    use: Use
    budget: int
    needed: int
    least: int


class OverBudget(Unplaceable):
    """Every placement exceeds some budget. `placed` exceeds them by the least."""

    def __init__(self, shortages: tuple[Shortage, ...], placed: Placed) -> None:
        super().__init__(shortages)
        self.shortages = shortages
        self.placed = placed


def shortages(problem: Problem, seconds: float) -> OverBudget:
    """What is short in a problem that has no placement within its budgets."""
    programme = Programme(problem)
    has = budgets(problem)
    placed: Placed = (0,) * len(problem.items)
    if programme.links:
        objective = np.zeros(programme.variables + len(has))
        objective[programme.variables :] = 1.0
        rows = [
            programme.budget(use, amount, programme.variables + number)
            for number, (use, amount) in enumerate(has.items())
        ]
        answer = programme.minimise(objective, rows, more=len(has), seconds=seconds)
        placed = tuple(programme.lowest) if answer.values is None else programme.placed(answer.values)
    needed = needs(problem, placed)
    short = [use for use, amount in has.items() if needed[use] > amount]
    found = [Shortage(use, has[use], needed[use], _least(programme, use, needed[use], seconds)) for use in short]
    return OverBudget(tuple(found), placed)


def _least(programme: Programme, use: Use, otherwise: int, seconds: float) -> int:
    """The least need of something, whatever else is exceeded."""
    row, _ = programme.need(use)
    if not programme.links or not row.variables:
        return otherwise
    objective = np.zeros(programme.variables)
    objective[list(row.variables)] = row.factors
    answer = programme.minimise(objective, seconds=seconds)
    return otherwise if answer.values is None else needs(programme.problem, programme.placed(answer.values))[use]
