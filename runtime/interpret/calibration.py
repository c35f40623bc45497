"""Calibration: parameters of one device's equations by least squares, in plain numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.function import Value
from .equations import Equations, Matrix, Vector, number
from .instance import Instance, Instant

NS_PER_S = 1_000_000_000
AT_FIRST = 2.0**-10
UNKNOWN_BELOW = 1e-8


@dataclass
class Slice:
    """What a slice of time says: a matrix of normal equations, what they are equal to, and the sum of squares, all of
    parameters counted from zero; and how many observations there were beyond those that the beginnings took."""

    matrix: Matrix
    says: Vector
    squares: float = 0.0
    observed: int = 0


@dataclass
class Stretch:
    """What is followed from one beginning: the states as they are, and with each parameter, then each of the first
    states, a little different; and what was observed: slopes by all of these, and residuals."""

    paths: list[Vector]
    slopes: list[Vector] = field(default_factory=list)
    residuals: Vector = field(default_factory=list)


@dataclass
class Calibrating:
    """What is kept of one device."""

    theta: Vector = field(default_factory=list)
    deviations: "list[float | None]" = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    number: int | None = None
    since: int = 0
    held: Sequence[Value] = ()
    stretch: Stretch | None = None
    due: None = None


def calibration(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Calibration)
    if at.phase != "event" and not any(i in here.updated for i in node.inputs):
        return False
    operator = node.operator
    n, count = len(operator.dynamics.rates), len(operator.parameters)
    sensed = len(node.inputs) - len(operator.sensors)
    begins, initial, held = (
        [here.value(i) for i in part]
        for part in (node.inputs[:n], node.inputs[n : n + count], node.inputs[n + count : sensed])
    )
    state = here.state(node, Calibrating)
    present = at.time // operator.every_ns
    fresh = state.number is None or present > state.number
    if state.number is None:
        state.theta, state.deviations = [number(x) for x in initial], [None] * count
        state.slices = [_empty(count)]
    elif present > state.number:
        _end(state)
        _solve(operator, state)
        passed = present - state.number
        state.slices += [_empty(count) for _ in range(min(passed, operator.slices))]
        state.slices = state.slices[-operator.slices :]
    elif state.stretch is not None and at.time > state.since:
        _go_on(operator, state, (at.time - state.since) / NS_PER_S)
    state.number, state.since, state.held = max(present, state.number or present), at.time, held
    if state.stretch is None and None not in begins:
        first = [number(x) for x in begins]
        beside = [[x + (AT_FIRST if i == s else 0.0) for i, x in enumerate(first)] for s in range(n)]
        state.stretch = Stretch([first for _ in range(1 + count)] + beside)
    if state.stretch is not None:
        equations = Equations(operator.dynamics, [*state.theta, *held])
        if None in begins or equations.rates(state.stretch.paths[0]) is None:
            _end(state)
    if state.stretch is not None:
        for sensor in operator.sensors:
            seen = here.value(node.inputs[sensor.input])
            if node.inputs[sensor.input] in here.updated and seen is not None:
                _observe(operator, state, sensor, number(seen))
    here.values[node.id] = True
    return fresh


def _empty(count: int) -> Slice:
    return Slice([[0.0] * count for _ in range(count)], [0.0] * count)


def _distance(x: float) -> float:
    return 2.0 ** (math.frexp(x)[1] - 17) if x != 0 else 2.0**-17


def _each(operator: p.Calibration, state: Calibrating) -> list[Equations]:
    """The equations of each path."""
    present = Equations(operator.dynamics, [*state.theta, *state.held])
    found = [present]
    for j, x in enumerate(state.theta):
        theta = [*state.theta[:j], x + _distance(x), *state.theta[j + 1 :]]
        found.append(Equations(operator.dynamics, [*theta, *state.held]))
    return found + [present for _ in operator.dynamics.rates]


def _go_on(operator: p.Calibration, state: Calibrating, seconds: float) -> None:
    assert state.stretch is not None
    moved = [
        equations.after(path, seconds)
        for equations, path in zip(_each(operator, state), state.stretch.paths, strict=True)
    ]
    known = [path for path in moved if path is not None]
    if len(known) == len(moved):
        state.stretch.paths = known
    else:
        state.stretch = None  # Nothing can be said of what it was.


def _observe(operator: p.Calibration, state: Calibrating, sensor: p.Sensor, seen: float) -> None:
    """Note a residual, and how it is by each thing that could be another one; in deviations of the sensor."""
    assert state.stretch is not None
    said = [
        equations.value(sensor.value, path)
        for equations, path in zip(_each(operator, state), state.stretch.paths, strict=True)
    ]
    if None in said:
        return
    now, *others = [number(x) for x in said]
    distances = [*map(_distance, state.theta), *[AT_FIRST] * len(operator.dynamics.rates)]
    state.stretch.slopes.append(
        [(other - now) / distance / sensor.deviation for other, distance in zip(others, distances, strict=True)]
    )
    state.stretch.residuals.append((seen - now) / sensor.deviation)


def _end(state: Calibrating) -> None:
    """What a stretch says of the parameters, whatever it began with, is added to the slice."""
    stretch, state.stretch = state.stretch, None
    if stretch is None or not stretch.slopes:
        return
    columns = [*zip(*stretch.slopes, strict=True), stretch.residuals]
    products = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in columns] for one in columns]
    count, at = len(state.theta), state.slices[-1]
    at.observed += len(stretch.residuals)
    whole = [products[j][j] for j in range(len(columns))]
    for j in range(count, len(columns) - 1):
        pivot = products[j]
        if pivot[j] > UNKNOWN_BELOW * whole[j]:
            at.observed -= 1
            products = [
                [x - row[j] * y / pivot[j] for x, y in zip(row, pivot, strict=True)] if i != j else [0.0] * len(row)
                for i, row in enumerate(products)
            ]
    matrix = [row[:count] for row in products[:count]]
    by = products[-1][:count]
    moved = [sum(a * x for a, x in zip(row, state.theta, strict=True)) for row in matrix]
    at.matrix = [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(at.matrix, matrix, strict=True)]
    at.says = [a + b + c for a, b, c in zip(at.says, by, moved, strict=True)]
    at.squares += products[-1][-1] + sum(x * (2 * b + m) for x, b, m in zip(state.theta, by, moved, strict=True))


def _solve(operator: p.Calibration, state: Calibrating) -> None:
    """The parameters that all slices say, and their standard deviations; they stay if the slices do not say them."""
    count = len(state.theta)
    matrix = [[sum(one.matrix[a][b] for one in state.slices) for b in range(count)] for a in range(count)]
    says = [sum(one.says[a] for one in state.slices) for a in range(count)]
    observed = sum(one.observed for one in state.slices)
    inverse = _inverse(matrix) if observed > count else None
    if inverse is None:
        state.deviations = [None] * count
        return
    found = [sum(a * b for a, b in zip(row, says, strict=True)) for row in inverse]
    state.theta = [
        min(max(x, -math.inf if f.low is None else f.low), math.inf if f.high is None else f.high)
        for x, f in zip(found, operator.parameters, strict=True)
    ]
    squares = sum(one.squares for one in state.slices)
    for x, row, b in zip(state.theta, matrix, says, strict=True):
        squares += x * (sum(a * y for a, y in zip(row, state.theta, strict=True)) - 2 * b)
    state.deviations = [math.sqrt(max(squares, 0.0) / (observed - count) * inverse[a][a]) for a in range(count)]


def _inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a matrix of normal equations; None if they do not tell all apart."""
    n = len(matrix)
    if any(matrix[i][i] <= 0 for i in range(n)):
        return None
    scales = [math.sqrt(matrix[i][i]) for i in range(n)]
    rows = [
        [*(matrix[i][j] / (scales[i] * scales[j]) for j in range(n)), *(float(i == j) for j in range(n))]
        for i in range(n)
    ]
    for j in range(n):
        if rows[j][j] <= UNKNOWN_BELOW:
            return None
        rows[j] = [x / rows[j][j] for x in rows[j]]
        rows = [
            row if i == j else [x - row[j] * y for x, y in zip(row, rows[j], strict=True)] for i, row in enumerate(rows)
        ]
    return [[rows[i][n + j] / (scales[i] * scales[j]) for j in range(n)] for i in range(n)]


def calibrated(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Calibrated)
    (of,) = node.inputs
    if of not in here.updated:
        return False
    state: Calibrating = here.states[of]
    found = state.deviations if node.operator.deviation else state.theta
    here.values[node.id] = found[node.operator.place]
    return True
