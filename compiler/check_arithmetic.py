"""Arithmetic: numbers with their units, points and vectors, times and durations."""

from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit, power, product, quotient
from . import constants
from .check_context import Checking, Context
from .check_operands import Operand, flexible, in_role, moved, sum_of
from .check_types import RATIO, described, is_number, is_ratio, unit_of
from .problems_domains import EventJoined
from .problems_types import DivisionByZero, WrongType
from .problems_units import ScaledPoint
from .typed import Constant, Fact, Type


def check_negate(c: Checking, node: n.Negate, at: Context) -> Fact | None:
    """`-x`; the minus of a literal is a part of it, so that `-8 degC` is a temperature."""
    of = c.check(node.of, at)
    if of is None or not _is_operand(c, node.of, of, "-"):
        return None
    if of.type.affine and not isinstance(node.of, n.Quantity):
        _scaled(c, node.of, of, "the opposite")
        return None
    return c.fold(node, at, of.type, (of,), lambda: -of.constant if isinstance(of.constant, Fraction) else None)


def check_arithmetic(c: Checking, node: n.Arithmetic, at: Context) -> Fact | None:
    """`+ - * /`."""
    first, second = c.check(node.left, at), c.check(node.right, at)
    if first is None or second is None:
        return None
    left, right = Operand(node.left, first), Operand(node.right, second)
    sign = node.operator
    if sign in ("+", "-") and "time" in (first.type.name, second.type.name):
        result = moved(c, sign, left, right)
        return None if result is None else c.know(node, at, result[0], operand_unit=result[1])
    if not (_is_operand(c, node.left, first, sign) and _is_operand(c, node.right, second, sign)):
        return None
    if sign == "/" and second.constant == 0 and second.is_constant:
        c.report(DivisionByZero(span=node.right.span))
        return None
    result = sum_of(c, sign, left, right) if sign in ("+", "-") else _product(c, sign, left, right)
    if result is None:
        return None
    type_, unit = result
    first, second = c.facts[node.left], c.facts[node.right]

    def fold() -> Constant:
        a, b = in_unit(first, unit), in_unit(second, unit)
        if not isinstance(a, Fraction) or not isinstance(b, Fraction):
            return None
        result = constants.calculated(sign, a, b)
        if sign in ("+", "-") or result is None or type_.unit is None:
            return result
        combined = unit_of(first.type).scale * unit_of(second.type).scale ** (1 if sign == "*" else -1)
        return result * combined / type_.unit.scale

    return c.fold(node, at, type_, (first, second), fold, unit)


def in_unit(fact: Fact, unit: Unit | None) -> Constant:
    """The constant of a fact, brought into the unit of the operation around it."""
    if unit is None or not isinstance(fact.constant, Fraction):
        return fact.constant
    return constants.converted(fact.constant, unit_of(fact.type), unit, point=fact.type.affine)


def _is_operand(c: Checking, node: n.Expr, fact: Fact, sign: str) -> bool:
    """Whether it is a number that holds; reports it if not."""
    if fact.event:
        c.report(EventJoined(span=node.span, operator=sign))
        return False
    if not is_number(fact.type):
        c.report(WrongType(span=node.span, place=f"`{sign}`", needed="numbers", got=described(fact.type)))
        return False
    return True


def _product(c: Checking, sign: str, left: Operand, right: Operand) -> tuple[Type, Unit | None] | None:
    """The type of a product or quotient: units multiply, and only vectors can be scaled."""
    for side in (left, right):
        if side.point and not flexible(c, side.node, side.fact):
            _scaled(c, side.node, side.fact, "a multiple" if sign == "*" else "a quotient")
            return None
        if side.point:
            in_role(c, side, point=False)
    a, b = left.type.unit, right.type.unit
    if a is None and b is None:
        whole = sign == "*" and left.type.name == right.type.name == "int"
        return Type("int" if whole else "float"), None
    return Type("float", _derived(sign, a or RATIO, b or RATIO)), None


def _derived(sign: str, a: Unit, b: Unit) -> Unit:
    """The unit of a product or quotient; a percentage of something is in the unit of that, not in `km.%/h`."""
    if is_ratio(b):
        return RATIO if is_ratio(a) else a
    if is_ratio(a):
        return b if sign == "*" else power(b, -1)
    made = product(a, b) if sign == "*" else quotient(a, b)
    return RATIO if is_ratio(made) else made


def _scaled(c: Checking, node: n.Expr, fact: Fact, what: str) -> None:
    c.report(ScaledPoint(span=node.span, operator=what, unit=unit_of(fact.type).text))
