"""A problem as a mixed-integer programme, and what HiGHS makes of it.

For every item and every link there is a variable x: 1 if the item stands above the link. For every flow and link that
it may cross there is a y: at least x of any of its receivers less x of its sender, so fan-out is paid once. Where all x
are whole, so are the y that cost least.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from .problem import Placed, Problem, Use, budgets, orders, reach

Vector = NDArray[np.float64]

OBJECTIVE_MAX = 1e7
"""Objectives are scaled down to at most this, so that the solver's tolerances are small beside what they count."""


@dataclass(frozen=True, slots=True)
class Row:
    """`lower` <= what these variables come to <= `upper`."""

    variables: Sequence[int]
    factors: Sequence[float]
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver says. `values` None: it has nothing. `bound`: no solution has less; `finished`: nor need it."""

    values: Vector | None
    bound: float
    finished: bool
    feasible: bool


class Programme:
    """The programme of a problem. Raises `Conflict` where an item could stand nowhere."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.links = problem.links
        self.lowest, self.highest = reach(problem)
        self.counted = [place for place, flow in enumerate(problem.flows) if flow.bytes or any(flow.load)]
        self.first_y = len(problem.items) * self.links
        self._y = {place: self.first_y + number * self.links for number, place in enumerate(self.counted)}
        self.variables = self.first_y + len(self.counted) * self.links
        self.rows = [*self._order(), *self._crossings()]

    def x(self, item: int, link: int) -> int:
        """The variable that says whether an item stands above a link."""
        return item * self.links + link

    def y(self, flow: int, link: int) -> int:
        """The variable that says whether a flow, one of those `counted`, crosses a link."""
        return self._y[flow] + link

    # --- Rows --------------------------------------------------------------------------------------------------------

    def _order(self) -> list[Row]:
        rows = [
            Row((self.x(lower, link), self.x(upper, link)), (1.0, -1.0), upper=0.0)
            for lower, upper in dict.fromkeys(orders(self.problem))
            for link in range(self.links)
        ]
        for place, item in enumerate(self.problem.items):
            for link in range(self.links - 1):
                # Above a link is above those below it; and there is no standing where the item may not.
                may = link + 1 in item.tiers
                pair = (self.x(place, link + 1), self.x(place, link))
                rows.append(Row(pair, (1.0, -1.0), lower=-np.inf if may else 0.0, upper=0.0))
        return rows

    def _crossings(self) -> list[Row]:
        return [
            Row((self.x(head, link), self.x(flow.tail, link), self.y(place, link)), (sign, -sign, -1.0), upper=0.0)
            for place in self.counted
            for flow in (self.problem.flows[place],)
            for sign in (-1.0 if flow.down else 1.0,)
            for head in flow.heads
            if head != flow.tail
            for link in range(self.links)
        ]

    def need(self, use: Use) -> tuple[Row, float]:
        """What a use of a tier comes to, as a row without bounds, and what must be added to it."""
        if use.what == "uplink":
            flows = [place for place in self.counted if self.problem.flows[place].load[use.tier]]
            loads = [float(self.problem.flows[place].load[use.tier]) for place in flows]
            return Row([self.y(place, use.tier) for place in flows], loads), 0.0
        variables: list[int] = []
        factors: list[float] = []
        constant = 0.0
        for place, item in enumerate(self.problem.items):
            amount = float((item.memory if use.what == "memory" else item.cpu)[use.tier])
            if not amount:
                continue
            if use.tier:
                variables.append(self.x(place, use.tier - 1))
                factors.append(amount)
            else:
                constant += amount
            if use.tier < self.links:
                variables.append(self.x(place, use.tier))
                factors.append(-amount)
        return Row(variables, factors), constant

    def budget(self, use: Use, amount: int, slack: int | None = None, tightened: float = 0.0) -> Row:
        """A budget as a row, in parts of it; with `slack` a variable by whose parts it may be exceeded."""
        row, constant = self.need(use)
        variables, factors = list(row.variables), [factor / amount for factor in row.factors]
        if slack is not None:
            variables.append(slack)
            factors.append(-1.0)
        return Row(variables, factors, upper=1.0 - constant / amount - tightened)

    def budgets(self, tightened: float = 0.0) -> list[Row]:
        return [self.budget(use, amount, tightened=tightened) for use, amount in budgets(self.problem).items()]

    # --- Objectives --------------------------------------------------------------------------------------------------

    def bytes(self) -> Vector:
        objective = np.zeros(self.variables)
        for place in self.counted:
            for link in range(self.links):
                objective[self.y(place, link)] = float(self.problem.flows[place].bytes)
        return objective

    def afterwards(self) -> Vector:
        """Latency, and below one unit of it the effort: where both are whole, less of it is less of the first, or as
        much of the first and less of the second."""
        objective = np.zeros(self.variables)
        effort_max = 1 + sum(max(item.effort) for item in self.problem.items)
        for place, item in enumerate(self.problem.items):
            for link in range(self.links):
                objective[self.x(place, link)] = (
                    item.latency[link + 1]
                    - item.latency[link]
                    + (item.effort[link + 1] - item.effort[link]) / effort_max
                )
        return objective

    # --- Solving -----------------------------------------------------------------------------------------------------

    def minimise(
        self,
        objective: Vector,
        rows: Sequence[Row] = (),
        *,
        whole: Literal["x", "x and y"] | None = "x",
        more: int = 0,
        seconds: float,
    ) -> Answer:
        """The least of an objective under the order and these rows. `whole`: which variables have no fractions. `more`:
        further variables, from 0 up."""
        every = [*self.rows, *rows]
        indices = [variable for row in every for variable in row.variables]
        factors = [factor for row in every for factor in row.factors]
        ends = np.cumsum([0, *(len(row.variables) for row in every)])
        shape = (len(every), self.variables + more)
        matrix = csr_array((factors, indices, ends), shape=shape)
        low, high = np.zeros(shape[1]), np.ones(shape[1])
        high[self.variables :] = np.inf
        for place in range(len(self.problem.items)):
            for link in range(self.links):
                low[self.x(place, link)] = self.lowest[place] > link
                high[self.x(place, link)] = self.highest[place] > link
        integrality = np.zeros(shape[1])
        if whole is not None:
            integrality[: self.first_y if whole == "x" else self.variables] = 1
        scale = max(1.0, float(np.abs(objective).sum()) / OBJECTIVE_MAX)
        found = milp(
            objective / scale,
            integrality=integrality,
            bounds=Bounds(low, high),
            constraints=LinearConstraint(matrix, [row.lower for row in every], [row.upper for row in every]),
            options={"time_limit": max(seconds, 0.0), "mip_rel_gap": 0.0},
        )
        values = None if found.x is None else np.asarray(found.x, dtype=np.float64)
        bound = found.fun if whole is None else found.mip_dual_bound
        bound = -np.inf if bound is None else float(bound) * scale
        return Answer(values, bound, found.status == 0, found.status != 2)

    def placed(self, values: Vector, threshold: float = 0.5) -> Placed:
        """The tier of each item: it stands above the links whose x is greater than the threshold."""
        above = values[: self.first_y].reshape(len(self.problem.items), self.links) > threshold
        return tuple(int(tier) for tier in above.sum(axis=1))
