"""How twins' states are estimated, in plain numbers: Kalman's filter, the unscented one, and particles.

A filter knows a mean and a covariance, and how to let them move on and to correct them by a measurement.
"""

import math
from dataclasses import dataclass, field

from ...compiler import plan as p
from .equations import (
    Equations,
    Matrix,
    Vector,
    added,
    grown,
    number,
    product,
    strayed,
    transposed,
)

MASK = 2**64 - 1


@dataclass
class Doubt:
    """What is known of the states of one device, and how well."""

    mean: Vector
    covariance: Matrix
    cloud: "list[Vector]" = field(default_factory=list)
    """Particles, if there are any."""
    weights: Vector = field(default_factory=list)


@dataclass(frozen=True)
class Chance:
    """Random numbers that are a function of a device's id and of the number of its instant."""

    id: str
    instant: int

    def bits(self, place: int) -> int:
        seed = 0xCBF29CE484222325
        for byte in self.id.encode():
            seed = (seed ^ byte) * 0x100000001B3 & MASK
        start = _mixed(seed + 0x9E3779B97F4A7C15 * self.instant & MASK)
        return _mixed(start + 0x9E3779B97F4A7C15 * place & MASK)

    def uniform(self, place: int) -> float:
        return (self.bits(place) >> 11) * 2.0**-53

    def normal(self, place: int) -> float:
        radius = math.sqrt(-2 * math.log(1 - self.uniform(2 * place)))
        return radius * math.cos(2 * math.pi * self.uniform(2 * place + 1))


def _mixed(bits: int) -> int:
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB & MASK
    return bits ^ (bits >> 31)


# --- All of them -----------------------------------------------------------------------------------------------------


def begun(operator: p.TwinState, equations: Equations, begins: Vector, chance: Chance) -> Doubt:
    """States that begin."""
    variances = [deviation**2 for deviation in operator.deviations]
    doubt = Doubt(equations.confined(begins), diagonal(variances))
    if operator.method == "particles" and operator.sensors:
        n = len(begins)
        doubt.cloud = [
            equations.confined(
                [x + operator.deviations[s] * chance.normal(i * n + s) for s, x in enumerate(doubt.mean)]
            )
            for i in range(p.PARTICLES)
        ]
        doubt.weights = [1 / p.PARTICLES] * p.PARTICLES
        _summarise(doubt)
    return doubt


def waited(operator: p.TwinState, equations: Equations, doubt: Doubt, seconds: float, chance: Chance) -> None:
    """A time has passed in which it was not known how the states move: they stay, less surely."""
    strays = diagonal([variance * seconds for variance in operator.process])
    if doubt.cloud:
        _stray(equations, doubt, strays, chance)
    elif operator.sensors:
        doubt.covariance = added(doubt.covariance, strays)


def moved(operator: p.TwinState, equations: Equations, doubt: Doubt, seconds: float, chance: Chance) -> Doubt | None:
    """States after a time; None if they cannot be followed."""
    if not operator.sensors:
        after = equations.after(doubt.mean, seconds)
        return None if after is None else Doubt(after, [])
    slopes = equations.slopes(doubt.mean)
    strays = strayed(slopes, operator.process, seconds)
    match operator.method:
        case "kalman":
            transition = grown(slopes, seconds)[0]
            covariance = product(product(transition, doubt.covariance), transposed(transition))
            after = equations.after(doubt.mean, seconds)
            return None if after is None else Doubt(after, added(covariance, strays))
        case "ukf":
            points = [equations.unconfined(point, seconds) for point in _points(doubt)]
            known = [point for point in points if point is not None]
            if len(known) < len(points):
                return None
            mean = _mean(known)
            return Doubt(equations.confined(mean), added(_covariance(known, mean, known, mean), strays))
        case "particles":
            places = [equations.unconfined(particle, seconds) for particle in doubt.cloud]
            if None in places:
                return None
            found = Doubt([], [], [place for place in places if place is not None], doubt.weights)
            _stray(equations, found, strays, chance)
            return found


def correct(
    operator: p.TwinState, equations: Equations, which: int, doubt: Doubt, measured: float, chance: Chance
) -> None:
    """Correct states by what a sensor has measured."""
    sensor = operator.sensors[which]
    match operator.method:
        case "kalman":
            _correct_straight(equations, sensor, doubt, measured)
        case "ukf":
            _correct_points(equations, sensor, doubt, measured)
        case "particles":
            drawn = chance.uniform(2 * p.PARTICLES * len(doubt.mean) + which)
            _weigh(equations, sensor, doubt, measured, drawn)


def diagonal(values: Vector) -> Matrix:
    return [[value if i == j else 0.0 for j in range(len(values))] for i, value in enumerate(values)]


# --- Kalman's --------------------------------------------------------------------------------------------------------


def _correct_straight(equations: Equations, sensor: p.Sensor, doubt: Doubt, measured: float) -> None:
    """By the slopes of what the sensor would measure (of bent ones an extended filter)."""
    said = equations.value(sensor.value, doubt.mean)
    if said is None:
        return
    by = [equations.slope(sensor.value, doubt.mean, j) for j in range(len(doubt.mean))]
    common = [sum(p_ij * h for p_ij, h in zip(row, by, strict=True)) for row in doubt.covariance]
    spread = sensor.deviation**2 + sum(h * one for h, one in zip(by, common, strict=True))
    _corrected(doubt, common, spread, measured - number(said))


def _corrected(doubt: Doubt, common: Vector, spread: float, innovation: float) -> None:
    """By Kalman's gain: the covariance of states and measurement, by the variance of the measurement."""
    if not 0 < spread < math.inf:
        return
    doubt.mean = [x + one / spread * innovation for x, one in zip(doubt.mean, common, strict=True)]
    doubt.covariance = [
        [p_ij - a * b / spread for p_ij, b in zip(row, common, strict=True)]
        for row, a in zip(doubt.covariance, common, strict=True)
    ]


# --- Unscented -------------------------------------------------------------------------------------------------------


def _points(doubt: Doubt) -> list[Vector]:
    """The mean, and on both sides of it the columns of a square root of n times the covariance."""
    n = len(doubt.mean)
    root = square_root([[n * value for value in row] for row in doubt.covariance])
    columns = transposed(root)
    above = [[x + d for x, d in zip(doubt.mean, column, strict=True)] for column in columns]
    below = [[x - d for x, d in zip(doubt.mean, column, strict=True)] for column in columns]
    return [doubt.mean, *above, *below]


def _mean(points: list[Vector]) -> Vector:
    """The first point does not count."""
    return [sum(column) / (len(points) - 1) for column in transposed(points[1:])]


def _covariance(points: list[Vector], mean: Vector, others: list[Vector], other_mean: Vector) -> Matrix:
    """The first point counts twice, the others together once."""
    weights = [2.0, *[1 / (len(points) - 1)] * (len(points) - 1)]
    return [
        [
            sum(
                w * (one[i] - mean[i]) * (other[j] - other_mean[j])
                for w, one, other in zip(weights, points, others, strict=True)
            )
            for j in range(len(other_mean))
        ]
        for i in range(len(mean))
    ]


def _correct_points(equations: Equations, sensor: p.Sensor, doubt: Doubt, measured: float) -> None:
    points = _points(doubt)
    values = [equations.value(sensor.value, point) for point in points]
    if None in values:
        return
    seen = [[number(value)] for value in values]
    said = _mean(seen)
    spread = sensor.deviation**2 + _covariance(seen, said, seen, said)[0][0]
    common = [row[0] for row in _covariance(points, doubt.mean, seen, said)]
    _corrected(doubt, common, spread, measured - said[0])


def square_root(matrix: Matrix) -> Matrix:
    """A lower triangle that, times itself transposed, is a covariance (Cholesky)."""
    n = len(matrix)
    root = [[0.0] * n for _ in range(n)]
    for j in range(n):
        left = matrix[j][j] - sum(x * x for x in root[j][:j])
        if left <= 1e-14 * matrix[j][j]:
            continue  # It has no variance of its own.
        root[j][j] = math.sqrt(left)
        for i in range(j + 1, n):
            root[i][j] = (matrix[i][j] - sum(a * b for a, b in zip(root[i][:j], root[j][:j], strict=True))) / root[j][j]
    return root


# --- Particles -------------------------------------------------------------------------------------------------------


def _stray(equations: Equations, doubt: Doubt, strays: Matrix, chance: Chance) -> None:
    """Each particle strays by a normal distribution with this covariance."""
    root, n = square_root(strays), len(strays)
    cloud = []
    for i, particle in enumerate(doubt.cloud):
        noise = [chance.normal(i * n + s) for s in range(n)]
        strayed_to = [
            x + sum(a * b for a, b in zip(row, noise, strict=True)) for x, row in zip(particle, root, strict=True)
        ]
        cloud.append(equations.confined(strayed_to))
    doubt.cloud = cloud
    _summarise(doubt)


def _weigh(equations: Equations, sensor: p.Sensor, doubt: Doubt, measured: float, drawn: float) -> None:
    """Particles are as likely as what they say; drawn anew, systematically, when few of them count."""
    likely: Vector = []
    for particle in doubt.cloud:
        said = equations.value(sensor.value, particle)
        likely.append(-math.inf if said is None else -((measured - number(said)) ** 2) / (2 * sensor.deviation**2))
    likeliest = max((one for one, w in zip(likely, doubt.weights, strict=True) if w > 0), default=-math.inf)
    if likeliest > -math.inf:
        weights = [w * math.exp(one - likeliest) for w, one in zip(doubt.weights, likely, strict=True)]
        total = 0.0
        for weight in weights:
            total += weight
        doubt.weights = [w / total for w in weights]
        if 1 / sum(w * w for w in doubt.weights) < len(weights) / 2:
            doubt.cloud = _drawn(doubt, drawn)
            doubt.weights = [1 / len(weights)] * len(weights)
    _summarise(doubt)


def _drawn(doubt: Doubt, drawn: float) -> list[Vector]:
    count = len(doubt.cloud)
    passed, at, found = doubt.weights[0], 0, []
    for i in range(count):
        while passed < (drawn + i) / count and at < count - 1:
            at += 1
            passed += doubt.weights[at]
        found.append(doubt.cloud[at])
    return found


def _summarise(doubt: Doubt) -> None:
    weighed = list(zip(doubt.weights, doubt.cloud, strict=True))
    n = len(doubt.cloud[0])
    doubt.mean = mean = [sum(w * x[s] for w, x in weighed) for s in range(n)]
    doubt.covariance = [
        [sum(w * (x[s] - mean[s]) * (x[t] - mean[t]) for w, x in weighed) for t in range(n)] for s in range(n)
    ]
