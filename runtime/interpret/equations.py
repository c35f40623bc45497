"""Differential equations, one device at a time, in plain numbers: rates, what they are by each state, steps in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import mul

from ...compiler import plan as p
from ...stdlib.function import Value
from .leaves import applied

TOLERANCE = 1e-9
HALVED_MAX = 16

Vector = list[float]
Matrix = list[Vector]


def evaluated(terms: Sequence[p.Term], variables: Sequence[Value]) -> Value:
    """The value of an expression in postfix form."""
    stack: list[Value] = []
    for term in terms:
        match term:
            case p.PushInput():
                stack.append(variables[term.input])
            case p.PushConstant():
                stack.append(term.value)
            case p.Apply():
                arguments = stack[-term.arguments :]
                del stack[-term.arguments :]
                stack.append(applied(term.function, arguments))
            case p.PushBound():
                raise AssertionError("nothing is bound in an equation")
    (value,) = stack
    return value


# --- Equations -------------------------------------------------------------------------------------------------------


@dataclass
class Equations:
    """Dynamics with what they hold constant."""

    dynamics: p.Dynamics
    held: Sequence[Value]
    gains: dict[float, Matrix] = field(default_factory=dict)
    """Of linear equations, whose slopes are the same everywhere: what a rate adds to states, by the seconds."""
    straight: Matrix | None = None
    """The slopes of linear equations, once they are known."""

    def value(self, terms: Sequence[p.Term], states: Sequence[Value]) -> Value:
        return evaluated(terms, [*states, *self.held])

    def rates(self, states: Vector) -> Vector | None:
        """How fast the states move; None if that is not known of one."""
        found = [self.value(terms, states) for terms in self.dynamics.rates]
        return [number(rate) for rate in found] if None not in found else None

    def slope(self, terms: Sequence[p.Term], states: Vector, j: int) -> float:
        """What an expression is by a state: a central difference, over a large distance where it is straight."""
        distance = 2.0 ** math.frexp(max(abs(states[j]), 1.0))[1]
        if not self.dynamics.linear:
            distance /= 2**17
        values = []
        for x in (states[j] + distance, states[j] - distance):
            value = self.value(terms, [*states[:j], x, *states[j + 1 :]])
            values.append(math.nan if value is None else number(value))
        return (values[0] - values[1]) / (2 * distance)

    def slopes(self, states: Vector) -> Matrix:
        if self.straight is not None:
            return self.straight
        found = [[self.slope(rate, states, j) for j in range(len(states))] for rate in self.dynamics.rates]
        if self.dynamics.linear:
            self.straight = found
        return found

    def after(self, states: Vector, seconds: float) -> Vector | None:
        """The states after a time; None if they cannot be followed."""
        moved = self.unconfined(states, seconds)
        return None if moved is None else self.confined(moved)

    def unconfined(self, states: Vector, seconds: float) -> Vector | None:
        """The states after a time, though that be beyond their bounds."""
        return self._exactly(states, seconds) if self.dynamics.linear else self._by_steps(states, seconds)

    def confined(self, states: Vector) -> Vector:
        """The states within their bounds."""
        bounds = zip(states, self.dynamics.lows, self.dynamics.highs, strict=True)
        return [
            min(max(x, -math.inf if low is None else low), math.inf if high is None else high)
            for x, low, high in bounds
        ]

    def _exactly(self, states: Vector, seconds: float) -> Vector | None:
        """x + (∫ exp(A s) ds) · rates(x): the solution of linear equations."""
        rates = self.rates(states)
        if rates is None:
            return None
        if seconds not in self.gains:
            self.gains[seconds] = grown(self.slopes(states), seconds)[1]
        moved = []
        for x, row in zip(states, self.gains[seconds], strict=True):
            for factor, rate in zip(row, rates, strict=True):
                x += factor * rate
            moved.append(x)
        return moved if all(math.isfinite(x) for x in moved) else None

    def _by_steps(self, states: Vector, seconds: float) -> Vector | None:
        """Steps of Dormand and Prince, each the time halved some times over: as large as their error allows."""
        whole, at, halved = 2**HALVED_MAX, 0, 0
        greatest = [abs(x) for x in states]
        while at < whole:
            moved, error = self._step(states, seconds / 2**halved, greatest)
            if error is None:
                return None
            if error > 1:
                halved += 1
                if halved > HALVED_MAX:
                    return None
                continue
            at += whole // 2**halved
            states = moved
            greatest = [max(before, abs(x)) for before, x in zip(greatest, states, strict=True)]
            if error < 1 / 64 and halved > 0 and at % (whole // 2 ** (halved - 1)) == 0:
                halved -= 1
        return states

    def _step(self, states: Vector, h: float, greatest: Vector) -> tuple[Vector, float | None]:
        """Where one step leads, and its error, 1 being tolerable; None where nothing is known to begin with."""
        first = self.rates(states)
        if first is None:
            return states, None
        stages, moved = [first], states
        for weights in STAGES:
            moved = [x + h * _weighed(weights, stages, i) for i, x in enumerate(states)]
            rates = self.rates(moved)
            if rates is None:
                return moved, math.inf
            stages.append(rates)
        worst = 0.0
        for i, x in enumerate(moved):
            off = abs(h * _weighed(ERROR, stages, i))
            scale = max(greatest[i], abs(x))
            error = 0.0 if off == 0 else off / (TOLERANCE * scale) if scale > 0 else math.inf
            worst = max(worst, error) if error < math.inf else math.inf
        return moved, worst


STAGES: tuple[Vector, ...] = (
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
)
"""Dormand and Prince 1980, RK5(4)7M: what each stage begins with; the last one is the step itself."""
ERROR: Vector = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]
"""The step of fifth order less that of fourth."""


def _weighed(weights: Vector, stages: Sequence[Vector], i: int) -> float:
    total = 0.0
    for weight, stage in zip(weights, stages, strict=False):
        total += weight * stage[i]
    return total


def number(value: Value) -> float:
    """A value that is a number."""
    assert isinstance(value, int | float)
    return float(value)


def grown(slopes: Matrix, seconds: float) -> tuple[Matrix, Matrix]:
    """exp(A t) and its integral over [0, t], by the series of a small part of the time, doubled again and again."""
    n = len(slopes)
    identity = [[float(i == j) for j in range(n)] for i in range(n)]
    size = max((sum(abs(a) for a in row) for row in slopes), default=0.0) * seconds
    doublings = math.ceil(math.log2(size / 0.25)) if 0.25 < size < math.inf else 0
    h = seconds / 2**doublings
    power, integral = [[h * one for one in row] for row in identity], [[h * one for one in row] for row in identity]
    for k in range(2, 20):
        power = [[x * h / k for x in row] for row in product(power, slopes)]
        before, integral = integral, added(integral, power)
        if integral == before:
            break
    transition = added(identity, product(slopes, integral))
    for _ in range(doublings):
        integral = added(integral, product(transition, integral))
        transition = product(transition, transition)
    return transition, integral


def product(a: Matrix, b: Matrix) -> Matrix:
    columns = list(zip(*b, strict=True))
    return [[sum(map(mul, row, column)) for column in columns] for row in a]


def added(a: Matrix, b: Matrix) -> Matrix:
    return [[x + y for x, y in zip(of_a, of_b, strict=True)] for of_a, of_b in zip(a, b, strict=True)]


def transposed(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


def strayed(slopes: Matrix, process: Sequence[float], seconds: float) -> Matrix:
    """∫₀ᵗ exp(A s) Q exp(A s)ᵀ ds, the covariance that states gain in a time, of the variances Q that they gain in a
    second: by the series of a small part of the time, doubled again and again."""
    n = len(slopes)
    size = max((sum(abs(a) for a in row) for row in slopes), default=0.0) * seconds
    doublings = math.ceil(math.log2(size / 0.25)) if 0.25 < size < math.inf else 0
    h = seconds / 2**doublings
    term = [[process[i] * h if i == j else 0.0 for j in range(n)] for i in range(n)]
    gained = term
    for k in range(2, 24):
        turned = product(slopes, term)
        term = [[x * h / k for x in row] for row in added(turned, transposed(turned))]
        before, gained = gained, added(gained, term)
        if gained == before:
            break
    transition = grown(slopes, h)[0]
    for _ in range(doublings):
        gained = added(gained, product(product(transition, gained), transposed(transition)))
        transition = product(transition, transition)
    return gained
