"""Bringing two operands together: their types, dimensions and roles, and the unit in which the operation is done.

The unit is that of an operand that is no constant (the column), so that constants are folded exactly into it and
columns are not converted where that can be avoided. A literal, and what was measured in `K`, takes the role (point or
vector) that the other side needs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..dsl import nodes as n
from ..grammar.units import Unit
from ..stdlib.catalogue import SCALARS, STATEFUL, aggregate_named
from ..stdlib.versions import version_parts
from .check_context import Checking
from .check_types import SECOND, VERSION, described, difference, is_duration, is_number, is_ratio, unit_of
from .problems_types import Unlike
from .problems_units import AddedPoints, DifferentDimensions, MissingUnit, PointAgainstDifference, UnitOnNumber
from .typed import (
    BoundRef,
    ColumnRef,
    ConstantRef,
    Fact,
    FieldRef,
    ParameterRef,
    PayloadRef,
    PrevRef,
    SignalRef,
    SourceScope,
    TwinRef,
    Type,
)


@dataclass(frozen=True)
class Operand:
    """One side of an operation."""

    node: n.Expr
    fact: Fact

    @property
    def type(self) -> Type:
        return self.fact.type

    @property
    def constant(self) -> bool:
        return self.fact.is_constant

    @property
    def point(self) -> bool:
        return self.fact.type.affine


def like(c: Checking, sign: str, left: Operand, right: Operand) -> tuple[Operand, Operand, Unit | None] | None:
    """Two operands that must be alike (comparisons, `else`, `? :`), in their roles, and their common unit.

    None where they are not alike, which has been reported.
    """
    left, right = _versions(c, *_payloads(c, left, right))
    if is_number(left.type) and is_number(right.type):
        if not _dimensions(c, sign, left, right):
            return None
        if left.point != right.point:
            if left.point and flexible(c, right.node, right.fact):
                right = in_role(c, right, point=True)
            elif right.point and flexible(c, left.node, left.fact):
                left = in_role(c, left, point=True)
            elif left.point and flexible(c, left.node, left.fact):
                left = in_role(c, left, point=False)
            elif right.point and flexible(c, right.node, right.fact):
                right = in_role(c, right, point=False)
            else:
                _mixed_roles(c, sign, left, right)
                return None
        return left, right, common_unit(left, right)
    if left.type.name != right.type.name:
        unlike(c, sign, left, right)
        return None
    return left, right, None


def sum_of(c: Checking, sign: str, left: Operand, right: Operand) -> tuple[Type, Unit | None] | None:
    """The type of `left + right` or `left - right` of numbers, and the unit in which it is computed."""
    if not _dimensions(c, sign, left, right):
        return None
    if sign == "+" and left.point and right.point:
        # One of two literals is a difference: the one on the right, unless only the left one can be.
        if flexible(c, right.node, right.fact):
            right = in_role(c, right, point=False)
        elif flexible(c, left.node, left.fact):
            left = in_role(c, left, point=False)
        else:
            names = unit_of(left.type).text, unit_of(difference(left.type)).text
            c.report(AddedPoints(span=left.node.span.to(right.node.span), unit=names[0], difference=names[1]))
            return None
    if sign == "-" and right.point and not left.point:
        if flexible(c, left.node, left.fact):
            left = in_role(c, left, point=True)
        elif flexible(c, right.node, right.fact):
            right = in_role(c, right, point=False)
        else:
            _mixed_roles(c, sign, left, right)
            return None
    unit = common_unit(left, right)
    both_points = left.point and right.point
    if left.point != right.point:
        unit = unit_of(left.type if left.point else right.type)
    whole = left.type.name == right.type.name == "int"
    result = Type("int" if whole else "float", unit, left.point or right.point)
    return (difference(result) if both_points else result), unit


def moved(c: Checking, sign: str, left: Operand, right: Operand) -> tuple[Type, Unit | None] | None:
    """The type of a sum or difference with a time in it: time ± duration, time - time."""
    times = left.type.name == "time", right.type.name == "time"
    if sign == "-" and times == (True, True):
        return Type("float", SECOND), None
    if times == (True, False) and is_duration(right.type):
        return left.type, SECOND
    if sign == "+" and times == (False, True) and is_duration(left.type):
        return right.type, SECOND
    unlike(c, sign, left, right)
    return None


def common_unit(left: Operand, right: Operand) -> Unit | None:
    """The unit of the side that is no constant; the left one's if both or neither are."""
    if left.type.unit is None and right.type.unit is None:
        return None
    return unit_of(right.type if left.constant and not right.constant else left.type)


def flexible(c: Checking, node: n.Expr, fact: Fact) -> bool:
    """Whether the same number could be a point as well as a vector: a literal, and what was measured in `K`.

    A difference of two values is none of these: it stays a vector, though it is in `K` too.
    """
    if fact.type.unit is None or not fact.type.unit.affine:
        return False
    match node:
        case n.Quantity() | n.Negate(of=n.Quantity()):
            return True
        case n.Otherwise(value=first, fallback=second) | n.Conditional(then=first, otherwise=second):
            return _all_flexible(c, (first, second))
        case n.Call(function=function, arguments=arguments):
            return _as_argument(function) and _all_flexible(c, (a.value for a in arguments if a.name is None))
        case _:
            pass
    match fact.reference:
        case ConstantRef(name=name):
            item = c.names.values[name]
            return isinstance(item, n.Let) and _all_flexible(c, (item.value,))
        case SignalRef(name=name):
            return name in c.flexible_signals
        case FieldRef() | BoundRef() | PayloadRef() | PrevRef() | TwinRef() | ParameterRef() | ColumnRef():
            return fact.type.unit.text == "K"
        case _:
            return False


def _as_argument(function: str) -> bool:
    """Whether a function's result is a value as its argument is, so that it has the argument's role."""
    aggregate, stateful = aggregate_named(function), STATEFUL.get(function)
    if function in SCALARS or function in ("fresh", "last", "prev"):
        return True
    if stateful is not None:
        return stateful.signature.endswith("like x")
    return aggregate is not None and aggregate.result in ("number", "argument")


def _all_flexible(c: Checking, nodes: Iterable[n.Expr]) -> bool:
    facts = [(node, c.facts.get(node)) for node in nodes]
    return all(fact is not None and flexible(c, node, fact) for node, fact in facts)


def in_role(c: Checking, operand: Operand, *, point: bool) -> Operand:
    """The operand with the role that its place needs; its number stays the same."""
    type_ = replace(operand.type, affine=point)
    if isinstance(operand.node, n.Negate):
        inner = c.facts[operand.node.of]
        c.again(operand.node.of, replace(inner, type=replace(inner.type, affine=point)))
    return Operand(operand.node, c.again(operand.node, replace(operand.fact, type=type_)))


def in_type(c: Checking, operand: Operand, type_: Type) -> Operand:
    """A payload's field as the type that its place needs; anything else stays as it is."""
    match operand.node:
        case n.Otherwise(value=first, fallback=second) | n.Conditional(then=first, otherwise=second):
            for part in (first, second):
                fact = c.facts.get(part)
                if fact is not None:
                    in_type(c, Operand(part, fact), type_)
            if not is_payload(c, first):
                return operand
        case _:
            if not isinstance(operand.fact.reference, PayloadRef):
                return operand
    return Operand(operand.node, c.again(operand.node, replace(operand.fact, type=type_)))


def is_payload(c: Checking, node: n.Expr) -> bool:
    """Whether it is a field of a foreign message, whose type is what its use makes it."""
    fact = c.facts.get(node)
    if fact is None or not isinstance(fact.scope, SourceScope):
        return False
    if isinstance(node, n.Otherwise):
        return is_payload(c, node.value)
    if isinstance(node, n.Conditional):
        return is_payload(c, node.then)
    return isinstance(fact.reference, PayloadRef)


def unlike(c: Checking, sign: str, left: Operand, right: Operand) -> None:
    """Report two operands of different types."""
    problem = Unlike(
        span=right.node.span,
        operator=sign,
        left=described(left.type),
        right=described(right.type),
        other=left.node.span,
    )
    c.report(problem)


def number_text(node: n.Expr) -> str | None:
    """A number's own text, if it is a literal."""
    match node:
        case n.Number(text=text):
            return text
        case n.Negate(of=n.Number(text=text)):
            return f"-{text}"
        case _:
            return None


def _payloads(c: Checking, left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """A payload's field beside something else takes its type."""
    if not isinstance(left.fact.scope, SourceScope):
        return left, right
    if is_payload(c, left.node) and not is_payload(c, right.node) and not is_number(right.type):
        left = in_type(c, left, replace(right.type, choices=()))
    elif is_payload(c, right.node) and not is_payload(c, left.node) and not is_number(left.type):
        right = in_type(c, right, replace(left.type, choices=()))
    return left, right


def _versions(c: Checking, left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """A number's literal beside a version is a version."""
    if left.type.name == "version":
        right = in_version(c, right)
    elif right.type.name == "version":
        left = in_version(c, left)
    return left, right


def in_version(c: Checking, operand: Operand) -> Operand:
    """A number's literal (or a `let` of one) as the version that its text says; anything else stays as it is."""
    node: n.Expr = operand.node
    if isinstance(operand.fact.reference, ConstantRef):
        item = c.names.values[operand.fact.reference.name]
        assert isinstance(item, n.Let)
        node = item.value
    if not isinstance(node, n.Number) or version_parts(node.text) is None:
        return operand
    fact = replace(operand.fact, type=VERSION, constant=node.text, is_constant=True)
    return Operand(operand.node, c.again(operand.node, fact))


def _dimensions(c: Checking, sign: str, left: Operand, right: Operand) -> bool:
    """Whether two numbers can stand beside each other; reports it if not."""
    first, second = left.type.unit, right.type.unit
    if first is None and second is None:
        return True
    if first is not None and second is not None:
        if first.dimension == second.dimension:
            return True
        problem = DifferentDimensions(
            span=right.node.span,
            operator=sign,
            left=described(left.type),
            right=described(right.type),
            other=left.node.span,
        )
        c.report(problem)
        return False
    bare, other = (left, right) if first is None else (right, left)
    unit = unit_of(other.type)
    if bare.constant and unit.text != "ratio":
        place = f"beside a quantity in `{unit.text}`"
        c.report(MissingUnit(span=bare.node.span, number=number_text(bare.node), unit=unit.text, place=place))
        return False
    if not is_ratio(unit):
        c.report(UnitOnNumber(span=other.node.span, operator=sign, unit=unit.text, other=bare.node.span))
        return False
    return True


def _mixed_roles(c: Checking, sign: str, left: Operand, right: Operand) -> None:
    point, vector = (left, right) if left.point else (right, left)
    problem = PointAgainstDifference(
        span=left.node.span.to(right.node.span),
        operator=sign,
        point=point.node.span,
        difference=vector.node.span,
    )
    c.report(problem)
