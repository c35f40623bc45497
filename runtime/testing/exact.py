"""What the constants of a test say: exact, in the unit of the place they are for, and rounded once.

Settings can name the number of the device they are for (`l[n in 1..9] { rank n }`), so that they are worked out here,
once for each device.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from ...compiler import constants
from ...compiler.typed import Constant, Type, Typed
from ...dsl import nodes as n
from ...grammar.units import Unit, parse_unit, product, quotient
from ...stdlib.conversion import parse_time
from ...stdlib.function import Value

S = 1_000_000_000
"""Nanoseconds in a second."""


def _known(text: str) -> Unit:
    unit = parse_unit(text)
    assert unit is not None, text
    return unit


RATIO, SECOND = _known("ratio"), _known("s")


@dataclass(frozen=True, slots=True)
class Exact:
    """A constant and the unit it is in; `unit` None: a number, a truth, a text."""

    value: Constant
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Works constants out. `variable` is the name that stands for `number`, if one does."""

    typed: Typed
    variable: str | None = None
    number: int = 0

    def exact(self, expression: n.Expr) -> Exact:
        """The value of a constant expression."""
        fact = self.typed.facts.get(expression)
        if fact is not None and fact.is_constant:
            return Exact(fact.constant, fact.type.unit)
        match expression:
            case n.Name(name) if name == self.variable:
                return Exact(Fraction(self.number))
            case n.Number(text):
                return Exact(constants.number(text))
            case n.Quantity(parts):
                found = constants.quantity(parts)
                assert found is not None, expression
                return Exact(found[0], parse_unit(found[1]))
            case n.Text(value) | n.Bool(value):
                return Exact(value)
            case n.Version(text):
                return Exact(text)
            case n.Absent():
                return Exact(None)
            case n.Negate(of):
                inner = self.exact(of)
                return Exact(-_number(inner), inner.unit)
            case n.Arithmetic():
                return self._arithmetic(expression)
            case n.Template(parts=parts):
                return Exact("".join(part if isinstance(part, str) else self._written(part) for part in parts))
            case n.Call(function="Point", arguments=(latitude, longitude)):
                degrees = [float(_number(self.exact(a.value))) for a in (latitude, longitude)]
                return Exact((degrees[0], degrees[1]))
            case _:
                raise AssertionError(f"not a constant: {expression}")

    def duration_ns(self, expression: n.Expr) -> int:
        """A time of the test, or a duration."""
        known = self.typed.durations_ns.get(expression)
        if known is not None:
            return known
        found = self.exact(expression)
        return int(_in_unit(_number(found), found.unit, SECOND, point=False) * S)

    def stored(self, expression: n.Expr, type_: Type) -> Value:
        """The value as a field, parameter or signal of this type has it."""
        if type_.name == "version" and isinstance(expression, n.Number):
            return expression.text
        return stored(self.exact(expression), type_)

    def _arithmetic(self, expression: n.Arithmetic) -> Exact:
        left, right = self.exact(expression.left), self.exact(expression.right)
        a, b = _number(left), _number(right)
        match expression.operator:
            case "+" | "-":
                unit = left.unit or right.unit
                if unit is not None:
                    # The first keeps its role; what is added to it is a difference.
                    a = _in_unit(a, left.unit, unit, point=False)
                    b = _in_unit(b, right.unit, unit, point=False)
                return Exact(constants.calculated(expression.operator, a, b), unit)
            case "*" | "/":
                combine = product if expression.operator == "*" else quotient
                neither = left.unit is None and right.unit is None
                unit = None if neither else combine(left.unit or RATIO, right.unit or RATIO)
                if right.unit is None:
                    unit = left.unit
                return Exact(constants.calculated(expression.operator, a, b), unit)
            case _:
                assert_never(expression.operator)

    def _written(self, expression: n.Expr) -> str:
        found = self.exact(expression)
        if isinstance(found.value, Fraction):
            return constants.written(found.value, found.unit)
        return str(found.value)


def stored(found: Exact, type_: Type) -> Value:
    """A constant as values of a type are stored: a number in its unit, rounded once; a time as ns since the epoch."""
    value = found.value
    if isinstance(value, Fraction):
        return float(_in_unit(value, found.unit, type_.unit or RATIO, point=type_.affine))
    if type_.name == "time" and isinstance(value, str):
        return parse_time(value)
    return value


def _number(found: Exact) -> Fraction:
    assert isinstance(found.value, Fraction), found
    return found.value


def _in_unit(value: Fraction, unit: Unit | None, target: Unit, *, point: bool) -> Fraction:
    source = unit or RATIO
    return value if source == target else constants.converted(value, source, target, point=point)
