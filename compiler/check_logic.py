"""Comparisons, Kleene's logic, and what asks about absence or chooses between two values."""

from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit
from ..stdlib.versions import version_parts
from . import constants
from .check_arithmetic import in_unit
from .check_context import Checking, Context, domain_of
from .check_operands import Operand, like
from .check_places import as_condition, check_choice, check_condition, check_value
from .check_types import BOOL, described, is_number
from .problems_domains import EventJoined, NeedsField, NeverStale
from .problems_names import UnknownName
from .problems_types import ComparedWithAbsent, NoOrder
from .typed import Constant, Fact, FieldRef, Type


def check_comparison(c: Checking, node: n.Compare, at: Context) -> Fact | None:
    """`==`, `<` and the others: of two values of one type and dimension, in one unit."""
    if isinstance(node.left, n.Absent) or isinstance(node.right, n.Absent):
        c.report(ComparedWithAbsent(span=node.span))
        return None
    sides = alike(c, node.left, node.right, at, node.operator)
    if sides is None or not ordered(c, node.operator, sides[0], sides[1]):
        return None
    left, right, unit = sides

    def fold() -> Constant:
        a, b = in_unit(left.fact, unit), in_unit(right.fact, unit)
        if isinstance(a, Fraction) and isinstance(b, Fraction):
            return constants.COMPARISONS[node.operator](a, b)
        if a is None or b is None:
            return None
        if left.type.name == "version":
            return _versions_compare(node.operator, a, b)
        return (a == b) == (node.operator == "==")

    return c.fold(node, at, BOOL, (left.fact, right.fact), fold, unit)


def _versions_compare(operator: str, a: Constant, b: Constant) -> bool:
    """Versions by their parts: 2.10 is after 2.9, and 2.1 is 2.1.0."""
    first, second = version_parts(str(a)), version_parts(str(b))
    assert first is not None
    assert second is not None
    order = (first > second) - (first < second)
    return constants.COMPARISONS[operator](Fraction(order), Fraction(0))


def alike(
    c: Checking, first: n.Expr, second: n.Expr, at: Context, sign: str
) -> tuple[Operand, Operand, Unit | None] | None:
    """Two parts of one type, neither an event, and their common unit; an `absent` takes the other's type."""
    a = c.check(first, at)
    if a is not None and _is_bare_choice(c, second, a, at):
        return None
    b = c.check(second, at)
    if a is None or b is None:
        return None
    for part, fact in ((first, a), (second, b)):
        if fact.event:
            c.report(EventJoined(span=part.span, operator=sign))
            return None
    if isinstance(second, n.Absent):
        b = c.fix(second, at, a.type, None) or b
    elif isinstance(first, n.Absent):
        a = c.fix(first, at, b.type, None) or a
    check_choice(c, second, b.constant, a.type)
    check_choice(c, first, a.constant, b.type)
    return like(c, sign, Operand(first, a), Operand(second, b))


def _is_bare_choice(c: Checking, node: n.Expr, beside: Fact, at: Context) -> bool:
    """Whether a choice of an enum is written as if it were a name; reports it if so."""
    if not isinstance(node, n.Name) or node.name not in beside.type.choices or node.name in c.names.values:
        return False
    if at.device is not None and node.name in c.devices[at.device].fields:
        return False
    c.report(UnknownName(span=node.span, name=node.name, place=domain_of(at.scope), closest=f'"{node.name}"'))
    return True


def ordered(c: Checking, sign: str, left: Operand, right: Operand) -> bool:
    """Whether values of this type can be compared so; reports it if not."""
    name = left.type.name
    equality = name not in ("point", "circle")
    if is_number(left.type) or name in ("time", "version") or (equality and sign in ("==", "!=", "becomes")):
        return True
    span = left.node.span.to(right.node.span)
    c.report(NoOrder(span=span, operator=sign, what=described(left.type), equality=equality))
    return False


def check_logic(c: Checking, node: n.Logic, at: Context) -> Fact | None:
    """`and`, `or`; an event `and` a condition is an event."""
    sides = [(part, c.check(part, at)) for part in (node.left, node.right)]
    if node.operator == "or" and any(fact is not None and fact.event for _, fact in sides):
        c.report(EventJoined(span=node.span, operator="or"))
        return None
    place = f"`{node.operator}`"
    first, second = (None if fact is None else as_condition(c, part, fact, place) for part, fact in sides)
    if first is None or second is None:
        return None
    if first.event or second.event:
        return c.know(node, at, BOOL, event=True)
    combine = constants.both if node.operator == "and" else constants.either
    return c.fold(node, at, BOOL, (first, second), lambda: combine(_truth(first), _truth(second)))


def _truth(fact: Fact) -> bool | None:
    return fact.constant if isinstance(fact.constant, bool) else None


def check_not(c: Checking, node: n.Not, at: Context) -> Fact | None:
    """`not x`."""
    of = check_condition(c, node.of, at, "`not`", "turn the event itself around: `becomes false`, `falls below`")
    if of is None:
        return None

    def fold() -> Constant:
        truth = _truth(of)
        return None if truth is None else not truth

    return c.fold(node, at, BOOL, (of,), fold)


def check_is(c: Checking, node: n.Is, at: Context) -> Fact | None:
    """`x is absent` of any value; `x is stale` of a field that can go stale."""
    what = f"`is {'not ' if node.negated else ''}{node.quality}`"
    of = check_value(c, node.of, at, what)
    if of is None:
        return None
    if node.quality == "absent":
        return c.fold(node, at, BOOL, (of,), lambda: (of.constant is None) != node.negated)
    if not isinstance(of.reference, FieldRef):
        c.report(NeedsField(span=node.of.span, what=what))
        return None
    name = of.reference.field
    if c.devices[of.reference.device].fields[name].stale_ns is None:
        declared = next(m.span for m in c.names.devices[of.reference.device].members if m.name == name)
        c.report(NeverStale(span=node.span, field=name, declared=declared))
        return None
    return c.know(node, at, BOOL)


def check_otherwise(c: Checking, node: n.Otherwise, at: Context) -> Fact | None:
    """`x else y`."""
    sides = alike(c, node.value, node.fallback, at, "else")
    if sides is None:
        return None
    left, right, unit = sides
    type_ = _joined(left, right, unit)

    def fold() -> Constant:
        return in_unit(right.fact if left.fact.constant is None else left.fact, unit)

    return c.fold(node, at, type_, (left.fact, right.fact), fold, unit)


def check_conditional(c: Checking, node: n.Conditional, at: Context) -> Fact | None:
    """`c ? x : y`."""
    condition = check_condition(c, node.condition, at, "`? :`")
    sides = alike(c, node.then, node.otherwise, at, "? :")
    if condition is None or sides is None:
        return None
    left, right, unit = sides

    def fold() -> Constant:
        if condition.constant is None:
            return None
        return in_unit(left.fact if condition.constant else right.fact, unit)

    return c.fold(node, at, _joined(left, right, unit), (condition, left.fact, right.fact), fold, unit)


def _joined(left: Operand, right: Operand, unit: Unit | None) -> Type:
    """The type of one of two alike values, in their common unit."""
    if is_number(left.type):
        whole = left.type.name == right.type.name == "int"
        return Type("int" if whole else "float", unit, left.type.affine)
    return left.type if left.type == right.type else Type(left.type.name)
