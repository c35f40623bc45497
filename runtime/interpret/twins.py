"""Twins: equations, states that follow messages, and what is foreseen; one device at a time, in plain numbers."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.function import Value
from .instance import Instance, Instant
from .leaves import applied

NS_PER_S = 1_000_000_000
TOLERANCE = 1e-9
HALVED_MAX = 16
HALVINGS = 40

Vector = list[float]
Matrix = list[Vector]


def evaluated(terms: Sequence[p.Term], variables: Sequence[Value]) -> Value:
    """The value of an expression in postfix form."""
    stack: list[Value] = []
    for term in terms:
        match term:
            case p.PushInput(place):
                stack.append(variables[place])
            case p.PushConstant(value):
                stack.append(value)
            case p.Apply(function, count):
                arguments = stack[-count:]
                del stack[-count:]
                stack.append(applied(function, arguments))
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

    def value(self, terms: Sequence[p.Term], states: Sequence[Value]) -> Value:
        return evaluated(terms, [*states, *self.held])

    def rates(self, states: Vector) -> Vector | None:
        """How fast the states move; None if that is not known of one."""
        found = [self.value(terms, states) for terms in self.dynamics.rates]
        return [_number(rate) for rate in found] if None not in found else None

    def slope(self, terms: Sequence[p.Term], states: Vector, j: int) -> float:
        """What an expression is by a state: a central difference, over a large distance where it is straight."""
        distance = 2.0 ** math.frexp(max(abs(states[j]), 1.0))[1]
        if not self.dynamics.linear:
            distance /= 2**17
        values = []
        for x in (states[j] + distance, states[j] - distance):
            value = self.value(terms, [*states[:j], x, *states[j + 1 :]])
            values.append(math.nan if value is None else _number(value))
        return (values[0] - values[1]) / (2 * distance)

    def slopes(self, states: Vector) -> Matrix:
        return [[self.slope(rate, states, j) for j in range(len(states))] for rate in self.dynamics.rates]

    def after(self, states: Vector, seconds: float) -> Vector | None:
        """The states after a time; None if they cannot be followed."""
        moved = self._exactly(states, seconds) if self.dynamics.linear else self._by_steps(states, seconds)
        return None if moved is None else self.confined(moved)

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
        gain = grown(self.slopes(states), seconds)[1]
        moved = []
        for x, row in zip(states, gain, strict=True):
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


def _number(value: Value) -> float:
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
        integral = added(integral, power)
    transition = added(identity, product(slopes, integral))
    for _ in range(doublings):
        integral = added(integral, product(transition, integral))
        transition = product(transition, transition)
    return transition, integral


def product(a: Matrix, b: Matrix) -> Matrix:
    return [[sum(x * b[q][j] for q, x in enumerate(row)) for j in range(len(b[0]))] for row in a]


def added(a: Matrix, b: Matrix) -> Matrix:
    return [[x + y for x, y in zip(of_a, of_b, strict=True)] for of_a, of_b in zip(a, b, strict=True)]


def transposed(a: Matrix) -> Matrix:
    return [list(column) for column in zip(*a, strict=True)]


# --- States ----------------------------------------------------------------------------------------------------------


@dataclass
class TwinStates:
    """States of one device: what they are since when, what is in doubt of them, what was held; `known`: also how they
    move."""

    states: Vector | None = None
    since: int = 0
    covariance: Matrix = field(default_factory=list)
    held: Sequence[Value] = ()
    known: bool = False
    due: None = None


def twin_state(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.TwinState)
    if at.phase != "event" and not any(i in here.updated for i in node.inputs):
        return False
    operator = node.operator
    n, count = len(operator.dynamics.rates), len(node.inputs) - len(operator.sensors)
    begins, held = ([here.value(i) for i in part] for part in (node.inputs[:n], node.inputs[n:count]))
    state = here.state(node, TwinStates)
    if state.states is not None:
        _move_on(operator, state, (at.time - state.since) / NS_PER_S)
    state.held, state.since = held, at.time
    equations = Equations(operator.dynamics, held)
    if state.states is not None:
        for sensor in operator.sensors:
            measured = here.value(node.inputs[sensor.input])
            if node.inputs[sensor.input] in here.updated and measured is not None:
                _correct(equations, sensor, state, _number(measured))
        state.states = equations.confined(state.states)
    elif None not in begins:
        state.states = equations.confined([_number(x) for x in begins])
        state.covariance = [
            [deviation**2 if i == j else 0.0 for j in range(n)] for i, deviation in enumerate(operator.deviations)
        ]
    moves = state.states is not None and equations.rates(state.states) is not None
    state.known = moves and None not in begins
    here.values[node.id] = state.known
    return True


def _move_on(operator: p.TwinState, state: TwinStates, seconds: float) -> None:
    """The states after a time in which what was held stayed as it was."""
    assert state.states is not None
    if seconds <= 0:
        return
    equations = Equations(operator.dynamics, state.held)
    if state.known:
        if operator.sensors:
            transition = grown(equations.slopes(state.states), seconds)[0]
            state.covariance = product(product(transition, state.covariance), transposed(transition))
        state.states = equations.after(state.states, seconds)
    for i, variance in enumerate(operator.process):
        state.covariance[i][i] += variance * seconds


def _correct(equations: Equations, sensor: p.Sensor, state: TwinStates, measured: float) -> None:
    """Kalman's correction by one measurement."""
    assert state.states is not None
    said = equations.value(sensor.value, state.states)
    if said is None:
        return
    by = [equations.slope(sensor.value, state.states, j) for j in range(len(state.states))]
    doubts = [sum(p_ij * h for p_ij, h in zip(row, by, strict=True)) for row in state.covariance]
    spread = sensor.deviation**2 + sum(h * doubt for h, doubt in zip(by, doubts, strict=True))
    if not 0 < spread < math.inf:
        return
    innovation = measured - _number(said)
    state.states = [x + doubt / spread * innovation for x, doubt in zip(state.states, doubts, strict=True)]
    state.covariance = [
        [p_ij - a * b / spread for p_ij, b in zip(row, doubts, strict=True)]
        for row, a in zip(state.covariance, doubts, strict=True)
    ]


def twin_value(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.TwinValue)
    (of,) = node.inputs
    if of not in here.updated:
        return False
    state: TwinStates = here.states[of]
    here.values[node.id] = state.states[node.operator.place] if state.known and state.states is not None else None
    return True


# --- What is foreseen ------------------------------------------------------------------------------------------------


def _foreseen(
    node: p.PlanNode, here: Instance, dynamics: p.Dynamics, foresee: Callable[[Equations, list[Value]], Value]
) -> bool:
    """Foresee something from what is now, if something of it is new."""
    if not any(i in here.updated for i in node.inputs):
        return False
    n = len(dynamics.rates)
    states, held = ([here.value(i) for i in part] for part in (node.inputs[:n], node.inputs[n:]))
    value = foresee(Equations(dynamics, held), states)
    here.values[node.id] = None if isinstance(value, float) and not math.isfinite(value) else value
    return True


def _after(equations: Equations, states: list[Value], seconds: float) -> list[Value]:
    """The states after a time, all absent if they cannot be followed."""
    if not states:
        return []
    moved = None if None in states else equations.after([_number(x) for x in states], seconds)
    return [None] * len(states) if moved is None else [*moved]


def predicted(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    operator = node.operator
    assert isinstance(operator, p.Predicted)

    def foresee(equations: Equations, states: list[Value]) -> Value:
        return equations.value(operator.value, _after(equations, states, operator.ahead_ns / NS_PER_S))

    return _foreseen(node, here, operator.dynamics, foresee)


def time_until(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    operator = node.operator
    assert isinstance(operator, p.TimeUntil)
    seconds = operator.within_ns / NS_PER_S

    def foresee(equations: Equations, states: list[Value]) -> Value:
        def is_true(at: Sequence[Value]) -> bool:
            return equations.value(operator.condition, at) is True

        now = equations.value(operator.condition, states)
        if now is not False:
            return None if now is None else 0.0
        if None in states or equations.rates([_number(x) for x in states]) is None:
            return None
        step = seconds / p.SAMPLES
        for sample in range(p.SAMPLES if states else 0):
            following = _after(equations, states, step)
            if None in following:
                return None
            if is_true(following):
                low, high = 0.0, step
                for _ in range(HALVINGS):
                    middle = (low + high) / 2
                    low, high = (low, middle) if is_true(_after(equations, states, middle)) else (middle, high)
                return sample * step + high
            states = following
        return seconds

    return _foreseen(node, here, operator.dynamics, foresee)
