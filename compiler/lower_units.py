"""Numbers into units: constants exactly, and rounded once; columns by one multiplication and one addition."""

from fractions import Fraction

from ..dsl import nodes as n
from ..dsl.source import Span
from ..grammar.units import Unit, factor, parse_unit
from .lower_context import NUMBER, Lowering, Place, quantity, value_type
from .plan import Constant, ValueType
from .typed import Fact, Type


def known_unit(text: str) -> Unit:
    """A unit that the table has."""
    unit = parse_unit(text)
    assert unit is not None, text
    return unit


RATIO = known_unit("ratio")
SECOND = known_unit("s")
UNCHANGED = (Fraction(1), Fraction(0))
METRE = known_unit("m")


def conversion(type_: Type, target: Unit | None) -> tuple[Fraction, Fraction]:
    """(scale, offset) that bring a value of this type into a unit, (1, 0) if it needs none; a number is a ratio."""
    if target is None or type_.name not in ("int", "float"):
        return UNCHANGED
    unit = RATIO if type_.unit is None else type_.unit
    if unit.text == target.text:
        return UNCHANGED  # by far the most frequent, and fractions are slow
    scale, offset = factor(unit, target)
    return scale, offset if type_.affine else Fraction(0)


def converted(lowering: Lowering, id_: str, type_: Type, target: Unit | None, origin: Span) -> str:
    """The node whose values, of this type, are brought into a unit; the node itself if they are in it."""
    by = conversion(type_, target)
    if by == UNCHANGED:
        return id_
    timeline = lowering.graph.node(id_).timeline
    parameters = tuple(lowering.add(Constant(float(number)), (), timeline, NUMBER, origin) for number in by)
    return lowering.map("affine", (id_, *parameters), quantity(target), origin)


def stored(made: Type, wanted: Type) -> ValueType:
    """How values that an operator makes are stored: as what is wanted of it, where that needs no conversion."""
    return value_type(wanted if conversion(made, _unit_of(made, wanted)) == UNCHANGED else made)


def as_wanted(lowering: Lowering, id_: str, made: Type, wanted: Type, origin: Span) -> str:
    """The node of an operator whose values are brought into the unit that its expression has."""
    return converted(lowering, id_, made, _unit_of(made, wanted), origin)


def _unit_of(made: Type, wanted: Type) -> Unit | None:
    return wanted.unit or (None if made.unit is None else RATIO)


def operand(lowering: Lowering, expression: n.Expr, target: Unit | None, at: Place) -> str:
    """The node of an expression whose values are in a unit."""
    fact = lowering.fact(expression)
    if fact.is_constant:
        return constant(lowering, fact, target, at, expression.span)
    return converted(lowering, lowering.expression(expression, at), fact.type, target, expression.span)


def constant(lowering: Lowering, fact: Fact, target: Unit | None, at: Place, origin: Span) -> str:
    """A constant, folded exactly into a unit and rounded once, to nearest."""
    value = fact.constant
    if isinstance(value, bool | str | tuple) or value is None:
        return lowering.add(Constant(value), (), at.timeline, value_type(fact.type), origin)
    by = conversion(fact.type, target)
    number = Constant(float(value if by is UNCHANGED else value * by[0] + by[1]))
    return lowering.add(number, (), at.timeline, quantity(target or fact.type.unit), origin)
