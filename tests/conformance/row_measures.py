"""What the columns of a row pattern show: MEASURES, worked out from the rows of a match and their variables.

>>> rows = [{"x": 5}, {"x": 3}, {"x": 4}]
>>> match = Match(rows, [("A", 0), ("B", 1), ("B", 2)], place=2, number=1)
>>> match.shown("LAST(B.x, 1) + FIRST(x)"), match.shown("CLASSIFIER()"), match.shown("FINAL SUM(B.x)")
(8, 'B', 7)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import Any

from headgate.tests.conformance.row_conditions import AGGREGATES, NAVIGATION, NotSaid, parts, read
from headgate.tests.conformance.sql import Binary, Call, Expr, IsNull, Literal, Name, Not, Star

MODES = ("running_", "final_")
OPERATORS = {
    "+": add, "-": sub, "*": mul, "/": truediv, "=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
}  # fmt: skip


@dataclass(frozen=True)
class Match:
    """A match, seen from one of its rows: a partition's rows, and of this match's each one's variable and number."""

    rows: Sequence[Mapping[str, Any]]
    labels: Sequence[tuple[str, int]]
    place: int
    number: int
    unions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def shown(self, measure: str) -> Any:
        return self._value(read(measure))

    def _value(self, part: Expr) -> Any:
        match part:
            case Literal(value):
                return value
            case Call("match_number"):
                return self.number
            case Binary(operator, left, right):
                return _combined(operator, self._value(left), self._value(right))
            case Not(of):
                value = self._value(of)
                return None if value is None else not value
            case IsNull(of):
                return self._value(of) is None
            case Call(name, (of, *_)) if _bare(name) in AGGREGATES:
                return self._aggregate(_bare(name), of, name.startswith("final_"))
            case _:
                of, row = self._located(part)
                return None if row is None else self._at(of, row)

    def _rows(self, of: Expr, final: bool) -> list[int]:
        """The match's rows that an expression speaks of, as far as the row it is seen from."""
        variables = {variable for variable in _variables(of) if variable is not None}
        seen = self.labels if final else self.labels[: self.place + 1]
        known = [self.unions.get(variable, [variable]) for variable in variables]
        return [row for label, row in seen if all(label in names for names in known)]

    def _located(self, part: Expr) -> tuple[Expr, int | None]:
        """An expression of one row's values, and the row: without a function it is the last one."""
        if isinstance(part, Call) and part.name in ("prev", "next"):
            of, row = self._located(part.arguments[0])
            far = _offset(part, 1)
            row = None if row is None else row + (far if part.name == "next" else -far)
            return of, row if row is not None and 0 <= row < len(self.rows) else None
        if isinstance(part, Call) and _bare(part.name) in NAVIGATION:
            of, far = part.arguments[0], _offset(part, 0)
            is_first = _bare(part.name) == "first"
            found = self._rows(of, part.name.startswith("final_") or is_first)
            found = found if is_first else found[::-1]
            return of, found[far] if far < len(found) else None
        found = self._rows(part, False)
        return part, found[-1] if found else None

    def _at(self, of: Expr, row: int) -> Any:
        """An expression of a row's values."""
        match of:
            case Name(name):
                return self.rows[row][parts(name)[1]]
            case Literal(value):
                return value
            case Call("classifier"):
                return next((label for label, place in self.labels if place == row), None)
            case Binary(operator, left, right):
                return _combined(operator, self._at(left, row), self._at(right, row))
            case _:
                raise NotSaid(f"{of} of a row")

    def _aggregate(self, name: str, of: Expr, final: bool) -> Any:
        values = [1 if isinstance(of, Star) else self._at(of, row) for row in self._rows(of, final)]
        known = [value for value in values if value is not None]
        if name == "count":
            return len(known)
        if not known:
            return None
        total = sum(known)
        return {"sum": total, "avg": total / len(known), "min": min(known), "max": max(known)}[name]


def _bare(name: str) -> str:
    for mode in MODES:
        name = name.removeprefix(mode)
    return name


def _variables(of: Expr) -> set[str | None]:
    match of:
        case Name(name):
            return {parts(name)[0]}
        case Call("classifier", (Name(union),)):
            return {union}
        case Binary(_, left, right):
            return _variables(left) | _variables(right)
        case _:
            return {None}


def _offset(call: Call, without: int) -> int:
    match call.arguments[1:]:
        case ():
            return without
        case (Literal(int(number)),):
            return number
        case _:
            raise NotSaid("an offset that is no number")


def _combined(operator: str, left: Any, right: Any) -> Any:
    """Two values and what is between them; Kleene's `and` and `or`."""
    if operator in ("and", "or"):
        decides = operator == "or"
        if left is decides or right is decides:
            return decides
        return None if left is None or right is None else not decides
    if left is None or right is None:
        return None
    if operator not in OPERATORS:
        raise NotSaid(f"`{operator}` in a measure")
    return OPERATORS[operator](left, right)
