"""How results of element-wise functions are put together: masks combined, what is not finite made absent."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .column import Column, Mask, Values, both_known


def common_length(a: Column, b: Column) -> int:
    """How many rows two columns have together, of which one may be a constant's, of length 1."""
    return len(b) if len(a) == 1 else len(a)


def spread(known: Mask | None, length: int) -> Mask | None:
    """A mask of length 1 (a constant's) written out to the length of the values beside it."""
    if known is None or len(known) == length:
        return known
    if known[0]:
        return None
    return np.zeros(length, dtype=np.bool_)


def together(values: Values, *inputs: Column) -> Column:
    """These values, known where all inputs are."""
    known = None
    for column in inputs:
        known = both_known(known, column.known)
    return Column(values, spread(known, len(values)))


def finite(values: Values, *inputs: Column) -> Column:
    """These values, known where all inputs are and the value is finite. One pass and a half where all are."""
    result = together(values, *inputs)
    ok = np.isfinite(values)
    if ok.all():
        return result
    return Column(values, ok if result.known is None else ok & result.known)


def elementwise(function: Callable[..., Any]) -> Callable[..., Column]:
    """The columns of a NumPy function whose results are always values: comparisons, roundings."""

    def columns(*inputs: Column) -> Column:
        return together(function(*(column.values for column in inputs)), *inputs)

    return columns


def arithmetic(function: Callable[..., Any]) -> Callable[..., Column]:
    """The columns of a NumPy function whose result may not be finite, and is absent then."""

    def columns(*inputs: Column) -> Column:
        return finite(function(*(column.values for column in inputs)), *inputs)

    return columns
