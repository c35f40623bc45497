"""Medians and quantiles: of a prediction, of a window's samples, of what the members of a group hold.

A quantile of n values is the least value that is not below q · n of them (type 1 of R. J. Hyndman and Y. Fan, "Sample
quantiles in statistical packages", 1996), so it is always one of the values. `stdlib.tables` says what becomes of
windows with very many different values.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from .column import Column
from .function import AggregateFunction, Combined, Value
from .tables import gathered

Samples = Sequence[tuple[int, float]]
ERROR = (
    "exact of up to 256 different values; beyond, less than 0.8 % of the difference between greatest and least too low"
)
TOLERANCE = 1e-9
"""By so much q · n may exceed a whole number and still be taken for it: 7 % of 100 is 7."""


def _quantile(c: Combined, q: float) -> Column:
    tables = c.known_tables
    passed = np.concatenate([[0], np.cumsum(tables.counts)])
    begin = passed[tables.offsets[:-1]]
    count = passed[tables.offsets[1:]] - begin
    rank = np.maximum(np.ceil(q * count - TOLERANCE), 1.0)
    at = np.searchsorted(passed[1:], begin + rank)
    some = count > 0
    values = np.zeros(len(count))
    values[some] = tables.codes[at[some]]
    return Column(values, None if some.all() else some)


def of_counts(found: Mapping[float, int], q: float) -> float | None:
    """The quantile of values with their counts, in ascending order."""
    rank = max(math.ceil(q * sum(found.values()) - TOLERANCE), 1)
    for value, count in found.items():
        rank -= count
        if rank <= 0:
            return value
    return None


def _plain_quantile(samples: Samples, q: float) -> Value:
    return of_counts(gathered(value for _, value in samples), q)


def _whole_quantile(samples: Samples, q: float) -> Value:
    return of_counts(dict(sorted(Counter(value for _, value in samples).items())), q)


def _of(q: float) -> tuple[Callable[[Combined], Column], Callable[[Samples], Value]]:
    return partial(_quantile, q=q), partial(_plain_quantile, q=q)


QUANTILES = (
    AggregateFunction(
        "median",
        "number",
        "number",
        ("count", "values"),
        *_of(0.5),
        "The value in the middle: half of the samples are not above it.",
        whole=partial(_whole_quantile, q=0.5),
        quantile=0.5,
        error=ERROR,
        examples=("median(temp over 10 min every 1 min)", "median(Fridge.temp)"),
    ),
    AggregateFunction(
        "quantile",
        "number",
        "number",
        ("count", "values"),
        _quantile,
        _plain_quantile,
        "The least value that at least this part of the samples is not above.",
        options="*q: ratio",
        whole=_whole_quantile,
        error=ERROR,
        examples=("quantile(temp over 1 h every 5 min, q: 99.9 %)",),
    ),
    *(
        AggregateFunction(
            f"p{percent}",
            "number",
            "number",
            ("count", "values"),
            *_of(percent / 100),
            f"The least value that at least {percent} % of the samples are not above.",
            whole=partial(_whole_quantile, q=percent / 100),
            quantile=percent / 100,
            error=ERROR,
            examples=(f"p{percent}(temp over 10 min every 1 min)",),
        )
        for percent in range(1, 100)
    ),
)
