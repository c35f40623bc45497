"""Comparisons whose result follows from the declared bounds of a field, which are probably not meant so."""

from fractions import Fraction

from ..dsl import nodes as n
from ..stdlib.catalogue import aggregate_named
from .check_arithmetic import in_unit
from .check_context import Checking
from .check_types import unit_of
from .constants import converted, written
from .intervals import MIRRORED
from .problems_doubts import ForeseenComparison
from .typed import Fact, FieldInfo, FieldRef


def check_ranges(c: Checking) -> None:
    """Every comparison of a bounded field with a constant."""
    for node, whole in c.facts:
        if not isinstance(node, n.Compare):
            continue
        left, right = c.facts[node.left], c.facts[node.right]
        if right.is_constant and not left.is_constant:
            _foresee(c, node, node.left, left, node.operator, right, whole)
        elif left.is_constant and not right.is_constant:
            _foresee(c, node, node.right, right, MIRRORED[node.operator], left, whole)


def _foresee(
    c: Checking, node: n.Compare, side: n.Expr, fact: Fact, operator: str, constant: Fact, whole: Fact
) -> None:
    info = bounded(c, side, fact)
    limit = in_unit(constant, whole.operand_unit)
    if info is None or info.low is None or info.high is None or not isinstance(limit, Fraction):
        return
    unit = whole.operand_unit
    low, high = info.low, info.high
    if unit is not None:
        low = converted(low, unit_of(info.type), unit, point=info.type.affine)
        high = converted(high, unit_of(info.type), unit, point=info.type.affine)
    result = _known(operator, low, high, limit)
    if result is not None:
        problem = ForeseenComparison(
            span=node.span,
            always=result,
            what=info.name,
            low=written(info.low, info.type.unit),
            high=written(info.high, info.type.unit),
        )
        c.report(problem)


def bounded(c: Checking, node: n.Expr, fact: Fact) -> FieldInfo | None:
    """The field whose bounds a value has: a field, `fresh` or `last` of one, an aggregate between its samples."""
    if isinstance(node, n.Call) and len(node.arguments) == 1:
        function = aggregate_named(node.function)
        between = function is not None and function.result == "number" and function.name != "sum"
        if not between and node.function not in ("fresh", "last", "prev"):
            return None
        inner = c.facts.get(node.arguments[0].value)
        return None if inner is None else bounded(c, node.arguments[0].value, inner)
    if isinstance(fact.reference, FieldRef):
        return c.devices[fact.reference.device].fields[fact.reference.field]
    return None


def _known(operator: str, low: Fraction, high: Fraction, limit: Fraction) -> bool | None:
    """Whether `x operator limit` is certain for all x from low to high; None if it depends."""
    if operator in ("==", "!="):
        if low <= limit <= high:
            return None
        return operator == "!="
    below, equal = operator in ("<", "<="), operator in ("<=", ">=")
    holds = (high < limit or (equal and high == limit)) if below else (low > limit or (equal and low == limit))
    fails = (low > limit or (not equal and low == limit)) if below else (high < limit or (not equal and high == limit))
    return True if holds else False if fails else None
