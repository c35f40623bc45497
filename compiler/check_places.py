"""What a place asks of its expression: a condition, a value that holds, a declared type, a constant, a duration."""

from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_operands import Operand, flexible, in_role, in_type, in_version, is_payload, number_text
from .check_types import BOOL, SECOND, described, is_duration, is_number, unit_of
from .constants import NS_PER_S, converted, nanoseconds, written
from .problems_domains import EventAsCondition
from .problems_rules import NotPositive
from .problems_types import HugeNumber, NotACondition, NotConstant, NotWhole, OutsideBounds, UnknownChoice, WrongType
from .problems_units import MissingUnit, NotADuration
from .resolve import closest
from .typed import Constant, Fact, Type

DURATION_MAX_NS = 2**63 - 1


def check_condition(c: Checking, node: n.Expr, at: Context, place: str, advice: str | None = None) -> Fact | None:
    """A part that must be a condition that holds; `place` says what needs it."""
    fact = _holding(c, node, c.check(node, at), place, advice)  # Not `check_value`: conditions nest, each call counts.
    return None if fact is None else as_condition(c, node, fact, place)


def as_condition(c: Checking, node: n.Expr, fact: Fact, place: str) -> Fact | None:
    """What was checked, as a condition: a bool, or a payload's field that is one then."""
    if is_payload(c, node):
        fact = in_type(c, Operand(node, fact), BOOL).fact
    if fact.type.name == "bool":
        return fact
    c.report(NotACondition(span=node.span, place=place, got=described(fact.type)))
    return None


def check_value(c: Checking, node: n.Expr, at: Context, place: str, advice: str | None = None) -> Fact | None:
    """A part that must hold, of whatever type: no event."""
    return _holding(c, node, c.check(node, at), place, advice)


def _holding(c: Checking, node: n.Expr, fact: Fact | None, place: str, advice: str | None) -> Fact | None:
    """The fact of what holds; an event is reported."""
    if fact is not None and fact.event:
        c.report(EventAsCondition(span=node.span, place=place, advice=advice))
        return None
    return fact


def check_typed(c: Checking, node: n.Expr, at: Context, type_: Type, place: str) -> Fact | None:
    """A part that must fit a declared type: the value of a parameter, a field, a cell of a table.

    A literal takes the type's role; a bare number where the type has a unit is an error. `absent` fits every type.
    """
    if isinstance(node, n.Absent):
        return c.fix(node, at, type_, None)
    fact = check_value(c, node, at, place)
    if fact is None:
        return None
    given = Operand(node, fact)
    if is_payload(c, node):
        return in_type(c, given, type_).fact
    if type_.name == "version":
        given = in_version(c, given)
        fact = given.fact
    if not _fits(fact, type_):
        c.report(WrongType(span=node.span, place=place, needed=described(type_), got=described(fact.type)))
        return None
    check_choice(c, node, fact.constant, type_)
    return _in_unit_of(c, given, type_, place) if is_number(type_) else fact


def _in_unit_of(c: Checking, given: Operand, type_: Type, place: str) -> Fact | None:
    """A number for a place of a declared type: of its dimension, in its role."""
    fact, span = given.fact, given.node.span
    wanted = unit_of(type_)
    if fact.type.unit is None and wanted.text != "ratio" and fact.is_constant:
        text = number_text(given.node)
        c.report(MissingUnit(span=span, number=text, unit=wanted.text, place=f"as {place}"))
        return None
    convertible = type_.unit is not None or unit_of(fact.type).text == "ratio"
    if convertible and unit_of(fact.type).dimension == wanted.dimension:
        if fact.type.affine == type_.affine:
            return fact
        if flexible(c, given.node, fact):
            return in_role(c, given, point=type_.affine).fact
    c.report(WrongType(span=span, place=place, needed=described(type_), got=described(fact.type)))
    return None


def _fits(fact: Fact, type_: Type) -> bool:
    """Whether a value can be stored as this type; a whole constant (`4.0`) is an int too."""
    if type_.name == "float":
        return is_number(fact.type)
    if type_.name == "int" and isinstance(fact.constant, Fraction):
        return fact.constant.denominator == 1
    return fact.type.name == type_.name


def check_choice(c: Checking, node: n.Expr, value: Constant, type_: Type) -> None:
    """A text that stands beside an enum is one of its choices."""
    if type_.choices and isinstance(value, str) and value not in type_.choices:
        known = closest(value, type_.choices)
        c.report(UnknownChoice(span=node.span, value=value, choices=type_.choices, closest=known))


def check_within(
    c: Checking, node: n.Expr, fact: Fact, name: str, type_: Type, low: Fraction | None, high: Fraction | None
) -> None:
    """Report a constant that is outside the bounds declared for it."""
    if not isinstance(fact.constant, Fraction) or low is None or high is None:
        return
    value = converted(fact.constant, unit_of(fact.type), unit_of(type_), point=type_.affine)
    if not low <= value <= high:
        shown = (written(low, type_.unit), written(high, type_.unit))
        problem = OutsideBounds(
            span=node.span,
            value=number_text(node) or written(fact.constant, fact.type.unit),
            name=name,
            low=shown[0],
            high=shown[1],
        )
        c.report(problem)


def check_constant(c: Checking, node: n.Expr, at: Context, place: str) -> Fact | None:
    """A part that must be a constant."""
    fact = check_value(c, node, Context(at.scope, fixed=place, locals=at.locals), place)
    if fact is not None and not fact.is_constant:
        c.report(NotConstant(span=node.span, place=place))
        return None
    return fact


def check_whole(c: Checking, node: n.Expr, at: Context, place: str, least: int) -> int | None:
    """A whole number of at least `least`."""
    fact = check_constant(c, node, at, place)
    if fact is None:
        return None
    value = fact.constant
    if isinstance(value, Fraction) and fact.type.unit is None and value.denominator == 1 and value >= least:
        return int(value)
    c.report(NotWhole(span=node.span, place=place, least=least))
    return None


def check_duration(c: Checking, node: n.Expr, at: Context, place: str, *, zero: bool = False) -> int | None:
    """A constant duration, in nanoseconds: longer than nothing, unless `zero` may stand too."""
    fact = check_constant(c, node, at, place)
    if fact is None:
        return None
    if not is_duration(fact.type):
        if is_number(fact.type) and fact.type.unit is None and isinstance(node, n.Number):
            c.report(MissingUnit(span=node.span, number=node.text, unit="s", place=f"as the duration of {place}"))
        else:
            c.report(NotADuration(span=node.span, place=place, got=described(fact.type)))
        return None
    assert isinstance(fact.constant, Fraction)
    ns = nanoseconds(node.parts) if isinstance(node, n.Quantity) else None
    if ns is None:
        ns = round(converted(fact.constant, unit_of(fact.type), SECOND, point=False) * NS_PER_S)
    if ns < 0 or (ns == 0 and not zero):
        c.report(NotPositive(span=node.span, place=place))
        return None
    if ns > DURATION_MAX_NS:
        c.report(HugeNumber(span=node.span, what="this duration"))
        return None
    c.durations[node] = ns
    return ns
