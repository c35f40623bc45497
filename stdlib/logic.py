"""Kleene's logic, and what asks about absence: the functions that are called with absent inputs too."""

import numpy as np

from .column import Column, Mask, Values
from .elementwise import common_length, elementwise, spread
from .function import Scalar, Value


def _and(a: Column, b: Column) -> Column:
    values = a.values & b.values
    if a.known is None and b.known is None:
        return Column(values)
    a_known, b_known = a.mask(), b.mask()
    # Known where both are, or where one is known to be false: then it is false, whatever garbage stands beside it.
    known = (a_known & b_known) | (a_known & ~a.values) | (b_known & ~b.values)
    values &= a_known & b_known
    return Column(values, known)


def _or(a: Column, b: Column) -> Column:
    if a.known is None and b.known is None:
        return Column(a.values | b.values)
    a_true, b_true = _definitely(a), _definitely(b)
    values = a_true | b_true
    return Column(values, (a.mask() & b.mask()) | values)


def _definitely(a: Column) -> Values:
    return a.values if a.known is None else a.values & a.known


def _not_true(a: Column) -> Column:
    return Column(~_definitely(a))


def _else(value: Column, fallback: Column) -> Column:
    if value.known is None:
        return Column(np.broadcast_to(value.values, common_length(value, fallback)))
    values = np.where(value.known, value.values, fallback.values)
    if fallback.known is None:
        return Column(values)
    return Column(values, spread(value.known | fallback.known, len(values)))


def _is_absent(a: Column) -> Column:
    return Column(np.zeros(len(a), dtype=np.bool_) if a.known is None else ~a.known)


def _if_else(condition: Column, then: Column, otherwise: Column) -> Column:
    values = np.where(condition.values, then.values, otherwise.values)
    known: Mask | None = condition.known
    if then.known is not None or otherwise.known is not None:
        chosen = np.where(condition.values, then.mask(), otherwise.mask())
        known = chosen if known is None else chosen & known
    return Column(values, spread(known, len(values)))


def _and_reference(a: Value, b: Value) -> Value:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _or_reference(a: Value, b: Value) -> Value:
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


def _if_else_reference(condition: Value, then: Value, otherwise: Value) -> Value:
    if condition is None:
        return None
    return then if condition else otherwise


SCALARS = (
    Scalar(
        "and_",
        "a: bool, b: bool -> bool",
        _and,
        _and_reference,
        "False if one is false, else unknown if one is.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "or_",
        "a: bool, b: bool -> bool",
        _or,
        _or_reference,
        "True if one is true, else unknown if one is.",
        strict=False,
        internal=True,
    ),
    Scalar("not_", "a: bool -> bool", elementwise(np.logical_not), lambda a: not a, "The opposite.", internal=True),
    Scalar(
        "not_true",
        "a: bool -> bool",
        _not_true,
        lambda a: a is not True,
        "Whether it is false or unknown; always known.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "else_",
        "value: any, fallback: any -> any",
        _else,
        lambda value, fallback: fallback if value is None else value,
        "The value, or the other where it is absent.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "is_absent",
        "a: any -> bool",
        _is_absent,
        lambda a: a is None,
        "Whether it is absent; always known.",
        strict=False,
        internal=True,
    ),
    Scalar(
        "if_else",
        "condition: bool, then: any, otherwise: any -> any",
        _if_else,
        _if_else_reference,
        "`then` if true, `otherwise` if false, absent if unknown.",
        strict=False,
        internal=True,
    ),
)
