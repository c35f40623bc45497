"""How values move, alone and together: slopes, covariance, correlation, from sums of products.

All are of the population, and of the samples' exact sums, rounded once. The sums are kept of differences from the first
sample (T. F. Chan, G. H. Golub, R. J. LeVeque 1983), which changes nothing but the rounding.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from .aggregates import rounded, where_finite
from .column import Column, Values
from .conversion import NS_PER_S
from .function import AggregateFunction, Combined, Value

Pairs = Sequence[tuple[int, tuple[float, float]]]


def _joint(c: Combined) -> Values:
    """n^2 times the covariance of both values."""
    p = c.parts
    joint: Values = p["count"] * p["products"] - p["sum"] * p["other_sum"]
    return joint


def _spread(c: Combined, total: str, squares: str) -> Values:
    """n^2 times the variance of one of the values."""
    spread: Values = np.maximum(c.parts["count"] * c.parts[squares] - c.parts[total] * c.parts[total], 0.0)
    return spread


def _covariance(c: Combined) -> Column:
    return where_finite(_joint(c) / (c.parts["count"] * c.parts["count"]), c.parts["count"] > 0)


def _corr(c: Combined) -> Column:
    x, y = _spread(c, "sum", "squares"), _spread(c, "other_sum", "other_squares")
    ratio = np.clip(_joint(c) / (np.sqrt(x) * np.sqrt(y)), -1.0, 1.0)
    return where_finite(ratio, (x > 0) & (y > 0))


def _slope(c: Combined) -> Column:
    times = _spread(c, "other_sum", "other_squares")
    return where_finite(_joint(c) / times, times > 0)


# --- The definitions -------------------------------------------------------------------------------------------------


def _exact_joint(xs: Sequence[Fraction], ys: Sequence[Fraction]) -> Fraction:
    return len(xs) * sum((x * y for x, y in zip(xs, ys, strict=True)), Fraction(0)) - sum(xs) * sum(ys)


def _both(samples: Pairs) -> tuple[list[Fraction], list[Fraction]]:
    return [Fraction(x) for _, (x, _) in samples], [Fraction(y) for _, (_, y) in samples]


def _plain_covariance(samples: Pairs) -> Value:
    return rounded(_exact_joint(*_both(samples)) / len(samples) ** 2) if samples else None


def _plain_corr(samples: Pairs) -> Value:
    xs, ys = _both(samples)
    joint, x, y = (rounded(_exact_joint(a, b)) for a, b in ((xs, ys), (xs, xs), (ys, ys)))
    if joint is None or not x or not y:
        return None
    return max(-1.0, min(1.0, joint / (math.sqrt(x) * math.sqrt(y))))


def plain_slope(samples: Sequence[tuple[int, float]]) -> Value:
    """The slope of samples, each with its time (ns), per second."""
    times = [Fraction(time, NS_PER_S) for time, _ in samples]
    spread = _exact_joint(times, times)
    return rounded(_exact_joint([Fraction(x) for _, x in samples], times) / spread) if spread else None


TRENDS = (
    AggregateFunction(
        "slope",
        "number",
        "slope",
        ("count", "time"),
        _slope,
        plain_slope,
        "How fast the values rise: the slope of the line of least squares, per second.",
        over_members=False,
        single="absent",
        examples=("slope(level over 1 h every 5 min) < -1 cm/h",),
    ),
    AggregateFunction(
        "covariance",
        "number",
        "product",
        ("count", "second"),
        _covariance,
        _plain_covariance,
        "The covariance of two values that are sampled together, of the population.",
        second="number",
        single="0",
        examples=("covariance(vibration, motor_temp over 30 min every 1 min)",),
    ),
    AggregateFunction(
        "corr",
        "number",
        "ratio",
        ("count", "squares", "second"),
        _corr,
        _plain_corr,
        "Pearson's correlation of two values that are sampled together: -1 to 1; absent where one does not change.",
        second="number",
        single="absent",
        examples=("corr(vibration, motor_temp over 30 min every 1 min) > 0.9",),
    ),
)
