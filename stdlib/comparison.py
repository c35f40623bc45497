"""Comparisons. Numbers, times and durations are ordered; everything can be equal (texts by their codes)."""

import operator

import numpy as np

from .elementwise import elementwise
from .function import Scalar

SCALARS = (
    Scalar(
        "equal", "a: any, b: any -> bool", elementwise(np.equal), operator.eq, "Whether they are equal.", internal=True
    ),
    Scalar(
        "not_equal",
        "a: any, b: any -> bool",
        elementwise(np.not_equal),
        operator.ne,
        "Whether they differ.",
        internal=True,
    ),
    Scalar(
        "less",
        "a: number, b: number -> bool",
        elementwise(np.less),
        operator.lt,
        "Whether `a` is less.",
        internal=True,
    ),
    Scalar(
        "less_equal",
        "a: number, b: number -> bool",
        elementwise(np.less_equal),
        operator.le,
        "Whether `a` is at most `b`.",
        internal=True,
    ),
    Scalar(
        "greater",
        "a: number, b: number -> bool",
        elementwise(np.greater),
        operator.gt,
        "Whether `a` is greater.",
        internal=True,
    ),
    Scalar(
        "greater_equal",
        "a: number, b: number -> bool",
        elementwise(np.greater_equal),
        operator.ge,
        "Whether `a` is at least `b`.",
        internal=True,
    ),
)
