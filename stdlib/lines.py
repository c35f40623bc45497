"""What lies between samples: straight lines from each to the next.

`interpolated` is how gaps are filled on a grid, as by TimescaleDB's `time_bucket_gapfill` with `interpolate`, or
InfluxQL's `fill(linear)`; a value is told when what comes after it is known: half a window later.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from .aggregates import rounded, where_finite
from .column import Column, Values
from .conversion import NS_PER_S
from .function import AggregateFunction, Combined, Value

Samples = Sequence[tuple[int, float]]
"""Times (ns) count from the window's middle."""


def _interpolated(c: Combined) -> Column:
    before, after = c.parts["left_ns"], c.parts["right_ns"]
    left, right = c.parts["left"], c.parts["right"]
    between: Values = (left * after + right * before) / (before + after)
    return where_finite(np.where(after == 0, right, between), (after == 0) | ((before > 0) & (after > 0)))


def _linear_mean(c: Combined) -> Column:
    seconds = c.parts["lasted_ns"] / NS_PER_S
    return where_finite(np.where(seconds > 0, c.parts["area"] / seconds, c.parts["newest"]), c.parts["samples"] > 0)


def _linear_integral(c: Combined) -> Column:
    return where_finite(c.parts["area"], c.parts["samples"] > 0)


# --- The definitions -------------------------------------------------------------------------------------------------


def _plain_interpolated(samples: Samples) -> Value:
    left = next((sample for sample in reversed(samples) if sample[0] < 0), None)
    right = next((sample for sample in samples if sample[0] >= 0), None)
    if right is None or (left is None and right[0] > 0):
        return None
    if left is None or right[0] == 0:
        return right[1]
    rise = Fraction(right[1]) - Fraction(left[1])
    return rounded(Fraction(left[1]) + rise * Fraction(-left[0], right[0] - left[0]))


def _area(samples: Samples) -> Fraction:
    """That under the lines, by seconds."""
    return sum(
        (
            (Fraction(value) + Fraction(next_value)) / 2 * Fraction(until - time, NS_PER_S)
            for (time, value), (until, next_value) in pairwise(samples)
        ),
        Fraction(0),
    )


def _plain_mean(samples: Samples) -> Value:
    if not samples:
        return None
    lasted = Fraction(samples[-1][0] - samples[0][0], NS_PER_S)
    return rounded(_area(samples) / lasted) if lasted else samples[-1][1]


def _plain_integral(samples: Samples) -> Value:
    return rounded(_area(samples)) if samples else None


LINES = (
    AggregateFunction(
        "interpolated",
        "number",
        "number",
        ("lines",),
        _interpolated,
        _plain_interpolated,
        "What the straight line from the newest sample before the window's middle to the oldest after it is there.",
        over_members=False,
        mergeable=False,
        examples=("interpolated(temp over 20 min every 1 min)",),
    ),
    AggregateFunction(
        "linear_mean",
        "number",
        "number",
        ("lines",),
        _linear_mean,
        _plain_mean,
        "The mean of the straight lines between the samples, from the first to the last.",
        over_members=False,
        mergeable=False,
        examples=("linear_mean(temp over 1 h every 5 min)",),
    ),
    AggregateFunction(
        "linear_integral",
        "number",
        "integral",
        ("lines",),
        _linear_integral,
        _plain_integral,
        "The area under the straight lines between the samples, from the first to the last: of a power, the energy.",
        points_allowed=False,
        over_members=False,
        mergeable=False,
        single="0",
        examples=("linear_integral(power over 1 day every 15 min)",),
    ),
)
