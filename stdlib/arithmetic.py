"""Arithmetic, as operators lower to it: floats in units that the compiler has already brought together.

A result that is not finite (division by zero, overflow) is absent. Python raises where NumPy gives an infinity, so the
reference catches exactly that.
"""

import math
import operator
from collections.abc import Callable

import numpy as np

from .column import Column
from .elementwise import arithmetic, elementwise, finite
from .function import Scalar, Value


def _plain(function: Callable[..., float]) -> Callable[..., Value]:
    """A function of floats whose result is None where it is not finite."""

    def reference(*values: float) -> Value:
        try:
            result = function(*values)
        except (OverflowError, ZeroDivisionError):
            return None
        return result if math.isfinite(result) else None

    return reference


def _affine(x: Column, scale: Column, offset: Column) -> Column:
    values = x.values * scale.values
    if len(offset) > len(values):
        return finite(values + offset.values, x, scale, offset)
    values += offset.values  # in place: the product is ours
    return finite(values, x, scale, offset)


SCALARS = (
    Scalar(
        "add", "a: number, b: number -> number", arithmetic(np.add), _plain(operator.add), "The sum.", internal=True
    ),
    Scalar(
        "subtract",
        "a: number, b: number -> number",
        arithmetic(np.subtract),
        _plain(operator.sub),
        "The difference.",
        internal=True,
    ),
    Scalar(
        "multiply",
        "a: number, b: number -> number",
        arithmetic(np.multiply),
        _plain(operator.mul),
        "The product.",
        internal=True,
    ),
    Scalar(
        "divide",
        "a: number, b: number -> number",
        arithmetic(np.divide),
        _plain(operator.truediv),
        "The quotient; absent where `b` is zero.",
        internal=True,
    ),
    Scalar("negate", "a: number -> number", elementwise(np.negative), operator.neg, "The negative.", internal=True),
    Scalar(
        "affine",
        "x: number, scale: float, offset: float -> number",
        _affine,
        _plain(lambda x, scale, offset: x * scale + offset),
        "x · scale + offset: from one unit into another.",
        internal=True,
    ),
)
