"""Sizes and roundings of numbers: `abs`, `min`, `max`, `floor`, `ceil`, `round`, `sqrt`, `sign`, `clamp`, `mod`."""

import math
from functools import reduce

import numpy as np

from .column import Column, Values
from .elementwise import arithmetic, elementwise
from .function import Scalar, Value


def _least(*values: Values) -> Values:
    return reduce(np.minimum, values)


def _greatest(*values: Values) -> Values:
    return reduce(np.maximum, values)


def _clamp(x: Column, low: Column, high: Column) -> Column:
    return elementwise(lambda v, a, b: np.minimum(np.maximum(v, a), b))(x, low, high)


def _mod(x: float, divisor: float) -> Value:
    return x % divisor if divisor != 0 else None


def _sqrt(x: float) -> Value:
    return math.sqrt(x) if x >= 0 else None


SCALARS = (
    Scalar("abs", "x: number -> number", elementwise(np.abs), abs, "The size of a number, without its sign."),
    Scalar("min", "a: number, *more: number -> number", elementwise(_least), min, "The least of two or more numbers."),
    Scalar(
        "max", "a: number, *more: number -> number", elementwise(_greatest), max, "The greatest of two or more numbers."
    ),
    Scalar(
        "floor",
        "x: number -> number",
        elementwise(np.floor),
        lambda x: float(math.floor(x)),
        "The greatest whole number that is not above `x`, in its unit.",
    ),
    Scalar(
        "ceil",
        "x: number -> number",
        elementwise(np.ceil),
        lambda x: float(math.ceil(x)),
        "The least whole number that is not below `x`, in its unit.",
    ),
    Scalar(
        "round",
        "x: number -> number",
        elementwise(np.rint),
        lambda x: float(round(x)),
        "The nearest whole number, in its unit; of two equally near ones the even one.",
    ),
    Scalar("sqrt", "x: float -> float", arithmetic(np.sqrt), _sqrt, "The square root; absent where `x` is negative."),
    Scalar(
        "sign",
        "x: number -> float",
        elementwise(np.sign),
        lambda x: float((x > 0) - (x < 0)),
        "-1, 0 or 1.",
    ),
    Scalar(
        "clamp",
        "x: number, low: number, high: number -> number",
        _clamp,
        lambda x, low, high: min(max(x, low), high),
        "`x`, but not below `low` and not above `high`.",
    ),
    Scalar(
        "mod",
        "x: number, divisor: number -> number",
        arithmetic(np.mod),
        _mod,
        "What is left of `x` after whole multiples of `divisor`: x - divisor · floor(x / divisor), with the sign of"
        " `divisor`; absent where that is zero.",
    ),
)
