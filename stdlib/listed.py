"""Functions of several values of one thing, of which some may be absent: those are left out.

Aggregates over the events of a pattern's step are made of them; they mean what the aggregates of that name mean.
"""

import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .aggregates import rounded
from .column import Column, Mask
from .conversion import NS_PER_S
from .function import Scalar, Value
from .quantiles import TOLERANCE, of_counts
from .trends import plain_slope

Numbers = NDArray[np.float64]


def _listed(inputs: tuple[Column, ...]) -> tuple[Numbers, Mask]:
    """The values (values, n) and where they are known."""
    values = np.stack(np.broadcast_arrays(*(column.values.astype(np.float64) for column in inputs)))
    return values, np.stack(np.broadcast_arrays(*(column.mask() for column in inputs)))


def _timed(inputs: tuple[Column, ...]) -> tuple[Numbers, NDArray[np.int64], Mask]:
    """The values (values, n), the first half of the inputs, their times, the other half, and where both are known."""
    count = len(inputs) // 2
    values, known = _listed(inputs[:count])
    times = np.stack(np.broadcast_arrays(*(column.values for column in inputs[count:])))
    return values, times, known & np.stack(np.broadcast_arrays(*(column.mask() for column in inputs[count:])))


def _ascending(inputs: tuple[Column, ...]) -> tuple[Numbers, NDArray[np.int64]]:
    """The values (values, n), the known ones first and in ascending order, and how many are known (n,)."""
    values, known = _listed(inputs)
    return np.sort(np.where(known, values, np.inf), axis=0), np.count_nonzero(known, axis=0)


def _numbered(inputs: tuple[Column, ...]) -> tuple[Column, ...]:
    """A number for each place, instead of it."""
    _, numbers = np.unique(np.concatenate([column.values for column in inputs]), return_inverse=True)
    ends = np.cumsum([len(column.values) for column in inputs])[:-1]
    parts = np.split(numbers, ends)
    return tuple(Column(part, column.known) for part, column in zip(parts, inputs, strict=True))


def _quantile_of(q: Column, *inputs: Column) -> Column:
    values, count = _ascending(inputs)
    place = np.clip(np.ceil(q.values * count - TOLERANCE), 1.0, np.maximum(count, 1)).astype(np.int64) - 1
    return Column(np.take_along_axis(values, place[None, :], axis=0)[0], (count > 0) & q.mask())


def _variance_of(*inputs: Column) -> Column:
    values, known = _listed(inputs)
    count = np.count_nonzero(known, axis=0)
    first = np.take_along_axis(values, np.argmax(known, axis=0)[None, :], axis=0)
    apart = np.where(known, values - first, 0.0)
    total, squares = apart.sum(axis=0), (apart * apart).sum(axis=0)
    found: Numbers = np.maximum(count * squares - total * total, 0.0) / (count * count)
    return Column(found, (count > 0) & np.isfinite(found))


def _stddev_of(*inputs: Column) -> Column:
    variance = _variance_of(*inputs)
    return Column(np.sqrt(variance.values), variance.known)


def _distinct_of(*inputs: Column) -> Column:
    if inputs[0].values.dtype == np.complex128:
        inputs = _numbered(inputs)
    values, count = _ascending(inputs)
    different = np.ones(values.shape, dtype=np.bool_)
    different[1:] = values[1:] != values[:-1]
    different &= np.arange(len(values))[:, None] < count
    return Column(np.count_nonzero(different, axis=0).astype(np.float64))


def _mode_of(*inputs: Column) -> Column:
    values, known = _listed(inputs)
    often = np.zeros(values.shape, dtype=np.int64)
    for value, there in zip(values, known, strict=True):
        often += known & there & (values == value)
    most = np.where(known & (often == often.max(axis=0)), values, np.inf).min(axis=0)
    return Column(most.astype(inputs[0].values.dtype), np.any(known, axis=0))


def _slope_of(*inputs: Column) -> Column:
    values, times, known = _timed(inputs)
    first = np.argmax(known, axis=0)[None, :]
    x = np.where(known, values - np.take_along_axis(values, first, axis=0), 0.0)
    t = np.where(known, (times - np.take_along_axis(times, first, axis=0)) / NS_PER_S, 0.0)
    n = np.count_nonzero(known, axis=0)
    spread = n * (t * t).sum(axis=0) - t.sum(axis=0) ** 2
    found: Numbers = (n * (x * t).sum(axis=0) - x.sum(axis=0) * t.sum(axis=0)) / spread
    return Column(found, (spread > 0.0) & np.isfinite(found))


def _time_weighted_mean_of(*inputs: Column) -> Column:
    values, times, known = _timed(inputs)
    last = np.argmax(known, axis=0)[None, :]
    total, after = np.zeros(known.shape[1]), np.take_along_axis(times, last, axis=0)[0]
    until = after
    for x, time, there in zip(values, times, known, strict=True):
        total += np.where(there, x * ((after - time) / NS_PER_S), 0.0)
        after = np.where(there, time, after)
    seconds = (until - after) / NS_PER_S
    found = np.where(seconds > 0.0, total / seconds, np.take_along_axis(values, last, axis=0)[0])
    return Column(found, known.any(axis=0) & np.isfinite(found))


# --- The definitions -------------------------------------------------------------------------------------------------


def _of_known(function: Callable[[list[float]], Value]) -> Callable[..., Value]:
    """A function of the values that are known, absent where none is."""

    def reference(*values: float | None) -> Value:
        known = [value for value in values if value is not None]
        return function(known) if known else None

    return reference


def _plain_variance(known: list[float]) -> float | None:
    total = sum(map(Fraction, known), Fraction(0))
    squares = sum((Fraction(value) ** 2 for value in known), Fraction(0))
    return rounded((len(known) * squares - total * total) / len(known) ** 2)


def _plain_stddev(known: list[float]) -> Value:
    variance = _plain_variance(known)
    return None if variance is None else math.sqrt(variance)


def _plain_mode(known: list[float]) -> Value:
    often = Counter(known)
    return min(often, key=lambda value: (-often[value], value))


def _plain_slope(*values: float | int | None) -> Value:
    count = len(values) // 2
    pairs = zip(values[count:], values[:count], strict=True)
    return plain_slope([(int(time), x) for time, x in pairs if time is not None and x is not None])


def _plain_time_weighted_mean(*values: float | int | None) -> Value:
    """Of values and their times, the last one first."""
    count = len(values) // 2
    pairs = zip(values[count:], values[:count], strict=True)
    known = [(int(time), Fraction(x)) for time, x in pairs if time is not None and x is not None]
    if not known:
        return None
    total = sum((x * (after - time) for (after, _), (time, x) in pairwise(known)), Fraction(0))
    lasted = known[0][0] - known[-1][0]
    return rounded(total / lasted) if lasted > 0 else float(known[0][1])


def _plain_quantile(q: float | None, *values: float | None) -> Value:
    if q is None:
        return None
    often = Counter(value for value in values if value is not None)
    return of_counts(dict(sorted(often.items())), min(max(q, 0.0), 1.0))


SCALARS = (
    Scalar(
        "quantile_of",
        "q: float, *x: number -> number",
        _quantile_of,
        _plain_quantile,
        "The least value that so great a part of them is not above.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "variance_of",
        "*x: number -> number",
        _variance_of,
        _of_known(_plain_variance),
        "The variance of the population.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "stddev_of",
        "*x: number -> number",
        _stddev_of,
        _of_known(_plain_stddev),
        "The standard deviation of the population.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "distinct_of",
        "*x: any -> number",
        _distinct_of,
        lambda *values: float(len({value for value in values if value is not None})),
        "How many different values.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "mode_of",
        "*x: number -> number",
        _mode_of,
        _of_known(_plain_mode),
        "The most frequent value; of equally frequent ones the least.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "slope_of",
        "*x: any -> number",
        _slope_of,
        _plain_slope,
        "The slope of the line of least squares of the first half of them over the times in the second half.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "time_weighted_mean_of",
        "*x: any -> number",
        _time_weighted_mean_of,
        _plain_time_weighted_mean,
        "The mean of the first half of them, the last one first, in which each counts from its time in the second half"
        " to that of the one after it; the last one where no time passes.",
        strict=False,
        internal=True,
    ),
)
