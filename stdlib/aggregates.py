"""Aggregates of samples: what slices must keep for them, and how a value is made of it.

`lower` and `reference` agree to the last bit where sums are exact (samples on a binary grid): then both round the same
numbers. Of other samples, sums differ in the last places by the order in which they were added.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .column import Column, Values
from .conversion import NS_PER_S
from .function import AggregateFunction, Combined, Value

Samples = Sequence[tuple[int, Any]]


def where_finite(values: Values, some: Values) -> Column:
    """These values where there are samples and the value is finite."""
    ok = np.isfinite(values)
    ok &= some
    return Column(values, None if ok.all() else ok)


def _count(c: Combined) -> Column:
    return Column(c.parts["count"])


def _count_true(c: Combined) -> Column:
    return Column(c.parts["true"])


def _any(c: Combined) -> Column:
    return Column(c.parts["true"] > 0, c.parts["count"] > 0)


def _all(c: Combined) -> Column:
    return Column(c.parts["true"] == c.parts["count"], c.parts["count"] > 0)


def _share(c: Combined) -> Column:
    return where_finite(c.parts["true"] / c.parts["count"], c.parts["count"] > 0)


def _total(c: Combined) -> Values:
    total: Values = c.parts["sum"]
    return total + c.parts["shift"] * c.parts["count"] if "shift" in c.parts else total


def _sum(c: Combined) -> Column:
    return where_finite(_total(c), c.parts["count"] > 0)


def _mean(c: Combined) -> Column:
    return where_finite(_total(c) / c.parts["count"], c.parts["count"] > 0)


def _min(c: Combined) -> Column:
    return where_finite(c.parts["min"], c.parts["count"] > 0)


def _max(c: Combined) -> Column:
    return where_finite(c.parts["max"], c.parts["count"] > 0)


def _range(c: Combined) -> Column:
    return where_finite(c.parts["max"] - c.parts["min"], c.parts["count"] > 0)


def _second_moment(c: Combined) -> Values:
    count, total = c.parts["count"], c.parts["sum"]
    moment: Values = np.maximum(count * c.parts["squares"] - total * total, 0.0) / (count * count)
    return moment


def _variance(c: Combined) -> Column:
    return where_finite(_second_moment(c), c.parts["count"] > 0)


def _stddev(c: Combined) -> Column:
    return where_finite(np.sqrt(_second_moment(c)), c.parts["count"] > 0)


def _first(c: Combined) -> Column:
    return where_finite(c.parts["first"], c.parts["count"] > 0)


def _last(c: Combined) -> Column:
    return where_finite(c.parts["last"], c.parts["count"] > 0)


def _difference(c: Combined) -> Values:
    difference: Values = c.parts["last"] - c.parts["first"]
    return difference


def _delta(c: Combined) -> Column:
    return where_finite(_difference(c), c.parts["count"] > 0)


def _rise(c: Combined) -> Column:
    return where_finite(np.maximum(_difference(c), 0.0), c.parts["count"] > 0)


def _fall(c: Combined) -> Column:
    return where_finite(np.maximum(-_difference(c), 0.0), c.parts["count"] > 0)


def _rate(c: Combined) -> Column:
    seconds = (c.parts["last_time"] - c.parts["first_time"]) / NS_PER_S
    return where_finite(_difference(c) / seconds, (c.parts["count"] > 0) & (seconds > 0))


# --- The definitions, sample by sample -------------------------------------------------------------------------------


def rounded(exact: Fraction) -> float | None:
    """The nearest float; absent beyond the greatest."""
    try:
        return float(exact)
    except OverflowError:
        return None


def _exact_sum(samples: Samples) -> Fraction:
    return sum((Fraction(value) for _, value in samples), Fraction(0))


def _plain_sum(samples: Samples) -> float | None:
    """The sum, rounded once."""
    if not samples:
        return None
    try:
        return math.fsum(value for _, value in samples)
    except OverflowError:
        return None


def _plain_mean(samples: Samples) -> Value:
    total = _plain_sum(samples)
    return None if total is None else total / len(samples)


def _plain_variance(samples: Samples) -> float | None:
    if not samples:
        return None
    count, total = len(samples), _exact_sum(samples)
    squares = sum((Fraction(value) ** 2 for _, value in samples), Fraction(0))
    return rounded((count * squares - total * total) / count**2)


def _plain_stddev(samples: Samples) -> Value:
    variance = _plain_variance(samples)
    return None if variance is None else math.sqrt(variance)


def _plain_delta(samples: Samples) -> float | None:
    if not samples:
        return None
    delta = samples[-1][1] - samples[0][1]
    return float(delta) if math.isfinite(delta) else None


def _plain_rise(samples: Samples) -> Value:
    delta = _plain_delta(samples)
    return None if delta is None else max(0.0, delta)


def _plain_fall(samples: Samples) -> Value:
    delta = _plain_delta(samples)
    return None if delta is None else max(0.0, -delta)


def _plain_rate(samples: Samples) -> Value:
    delta = _plain_delta(samples)
    if delta is None or samples[-1][0] == samples[0][0]:
        return None
    rate = delta / (float(samples[-1][0] - samples[0][0]) / NS_PER_S)
    return rate if math.isfinite(rate) else None


def _plain_range(samples: Samples) -> Value:
    if not samples:
        return None
    spread = max(v for _, v in samples) - min(v for _, v in samples)
    return float(spread) if math.isfinite(spread) else None


def _plain_share(samples: Samples) -> Value:
    return sum(1 for _, value in samples if value) / len(samples) if samples else None


AGGREGATES = (
    AggregateFunction(
        "count",
        "any",
        "count",
        ("count",),
        _count,
        lambda samples: float(len(samples)),
        "How many samples are known; of a bool, how many are true.",
        empty=0.0,
        single="1",
        examples=("count(driving over 4 h every 10 min)", "count(Truck)"),
    ),
    AggregateFunction(
        "count_true",
        "bool",
        "count",
        ("true",),
        _count_true,
        lambda samples: float(sum(1 for _, value in samples if value)),
        "How many samples are true: `count` of a bool.",
        internal=True,
        empty=0.0,
        single="1 or 0",
    ),
    AggregateFunction(
        "share",
        "bool",
        "ratio",
        ("count", "true"),
        _share,
        _plain_share,
        "The fraction of the known samples that are true.",
        single="1 or 0",
        examples=("share(status == 0 over 10 min every 10 min) >= 50 %",),
    ),
    AggregateFunction(
        "any",
        "bool",
        "condition",
        ("count", "true"),
        _any,
        lambda samples: any(value for _, value in samples) if samples else None,
        "Whether the condition is true for one of them at least.",
        single="the truth",
        examples=("any(Pump.flow > 50 m3/h)", "any(door over 1 h every 5 min)"),
    ),
    AggregateFunction(
        "all",
        "bool",
        "condition",
        ("count", "true"),
        _all,
        lambda samples: all(value for _, value in samples) if samples else None,
        "Whether the condition is true for every one of them.",
        single="the truth",
        examples=("all(Valve.position < 5 %)",),
    ),
    AggregateFunction(
        "sum",
        "number",
        "number",
        ("count", "sum"),
        _sum,
        _plain_sum,
        "The sum. Sums of points (temperatures) have no meaning: use `mean`.",
        points_allowed=False,
        examples=("sum(volume over 1 h every 1 h)",),
    ),
    AggregateFunction(
        "mean",
        "number",
        "number",
        ("count", "sum"),
        _mean,
        _plain_mean,
        "The arithmetic mean of the samples, each counting once.",
        examples=("mean(velocity over 10 min every 10 min)",),
    ),
    AggregateFunction(
        "min",
        "number",
        "number",
        ("count", "min"),
        _min,
        lambda samples: min((v for _, v in samples), default=None),
        "The least sample.",
        examples=("min(pressure over 1 h every 5 min)",),
    ),
    AggregateFunction(
        "max",
        "number",
        "number",
        ("count", "max"),
        _max,
        lambda samples: max((v for _, v in samples), default=None),
        "The greatest sample.",
        examples=("max(temp over 1 h every 5 min)",),
    ),
    AggregateFunction(
        "range",
        "number",
        "difference",
        ("count", "min", "max"),
        _range,
        _plain_range,
        "The greatest less the least.",
        single="0",
        examples=("range(temp over 1 day every 1 h) > 5 K",),
    ),
    AggregateFunction(
        "stddev",
        "number",
        "difference",
        ("count", "sum", "squares"),
        _stddev,
        _plain_stddev,
        "The standard deviation of the population.",
        single="0",
        examples=("stddev(vibration over 10 min every 1 min)",),
    ),
    AggregateFunction(
        "variance",
        "number",
        "square",
        ("count", "sum", "squares"),
        _variance,
        _plain_variance,
        "The variance of the population.",
        points_allowed=False,
        single="0",
        examples=("variance(load over 10 min every 1 min)",),
    ),
    AggregateFunction(
        "first",
        "value",
        "number",
        ("count", "first"),
        _first,
        lambda samples: samples[0][1] if samples else None,
        "The first sample by time; of equal times the one admitted first.",
        of_events="*after: int = 0",
        over_members=False,
        examples=("first(level over 1 day every 1 day)",),
    ),
    AggregateFunction(
        "last",
        "value",
        "number",
        ("count", "last"),
        _last,
        lambda samples: samples[-1][1] if samples else None,
        "The last sample by time; of equal times the one admitted last.",
        of_events="*before: int = 0",
        over_members=False,
        examples=("last(level over 1 h every 1 h)",),
    ),
    AggregateFunction(
        "delta",
        "number",
        "difference",
        ("count", "first", "last"),
        _delta,
        _plain_delta,
        "The last sample less the first.",
        over_members=False,
        single="0",
        examples=("delta(level over 1 h every 1 h)",),
    ),
    AggregateFunction(
        "rise",
        "number",
        "difference",
        ("count", "first", "last"),
        _rise,
        _plain_rise,
        "How far the last sample is above the first; 0 if it is not.",
        over_members=False,
        single="0",
        examples=("rise(temp over 10 min every 1 min) > 2 K",),
    ),
    AggregateFunction(
        "fall",
        "number",
        "difference",
        ("count", "first", "last"),
        _fall,
        _plain_fall,
        "How far the last sample is below the first; 0 if it is not.",
        over_members=False,
        single="0",
        examples=("fall(fuel over 10 min every 1 min) > 15 %",),
    ),
    AggregateFunction(
        "rate",
        "number",
        "rate",
        ("count", "first", "last"),
        _rate,
        _plain_rate,
        "`delta` for each second between the first and the last sample.",
        over_members=False,
        single="absent",
        examples=("rate(energy over 15 min every 5 min)",),
    ),
)
