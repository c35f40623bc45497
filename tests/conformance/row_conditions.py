"""What a variable of a row pattern is defined by, as a condition of a step: `B AS B.x < LAST(A.x, 1)`.

A step's condition speaks of the row at hand by its columns, and of the rows before it by the steps that they are bound
to. `None` is what is absent whatever comes, such as a row of a variable that cannot have come yet.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from headgate.tests.conformance.sql import Binary, Call, Expr, IsNull, Literal, Name, Not, NotSql, parse
from headgate.tests.conformance.sql_writing import OPERATORS, columns_in, like, remainder

NAVIGATION = ("first", "last")
AGGREGATES = ("sum", "avg", "count", "min", "max")


class NotSaid(Exception):
    """The language cannot say this."""


@dataclass(frozen=True)
class Step:
    """A step that rows of a variable are bound to, at most so often."""

    name: str
    variable: str
    most: int | None


def read(text: str) -> Expr:
    """An expression of DEFINE or MEASURES; `RUNNING f(x)` and `FINAL f(x)` are functions of their own."""
    for mode in ("RUNNING ", "FINAL "):
        text = text.replace(mode, mode.strip() + "_")
    try:
        return parse(f"SELECT {text} FROM rows", frames=True).items[0].value
    except NotSql as unknown:
        raise NotSaid(f"{unknown} in {text}") from unknown


def column(name: str) -> str:
    """What a column is called in the program."""
    return f"c_{name}"


def parts(name: str) -> tuple[str | None, str]:
    """The variable and the column of `A.x`, or of `x`."""
    variable, _, field = name.rpartition(".")
    return variable or None, field


def is_of(variable: str, union: str | None, unions: Mapping[str, Sequence[str]]) -> bool:
    """Whether a row of a variable is one of another, or of a union; without one it is one of all rows."""
    return union is None or variable in unions.get(union, [union])


@dataclass(frozen=True)
class Definition:
    """What the row at hand of a variable must be like, after rows that are bound to `steps`, in this order."""

    variable: str
    steps: Sequence[Step]
    unions: Mapping[str, Sequence[str]]

    def condition(self, text: str) -> str:
        """The condition; one that cannot be true is false."""
        return self._write(read(text)) or "place < 0"

    def _write(self, part: Expr) -> str | None:
        match part:
            case Literal(None):
                return None
            case Literal(bool(value)):
                return "place >= 0" if value else "place < 0"
            case Literal(value):
                return json.dumps(value)
            case Name(name):
                return self._navigated("last", Call("last", (part,)), parts(name)[0], 0)
            case Not(of):
                return _of("(not {})", self._write(of))
            case IsNull(of):
                return _of("({} is absent)", self._write(of)) or "place >= 0"
            case Binary("like", Name(name), Literal(str(pattern))) if self._is_here(parts(name)[0]):
                return like(column(parts(name)[1]), pattern)
            case Binary("%", left, right):
                dividend, divisor = self._write(left), self._write(right)
                return None if dividend is None or divisor is None else remainder(dividend, divisor)
            case Binary("or", left, right):
                found = [text for text in (self._write(left), self._write(right)) if text is not None]
                return f"({' or '.join(found)})" if found else None
            case Binary(operator, left, right) if operator != "like":
                return _of(f"({{}} {OPERATORS.get(operator, operator)} {{}})", self._write(left), self._write(right))
            case Call("prev", (Name(name),)) if self._is_here(parts(name)[0]):
                return f"prev({column(parts(name)[1])})"
            case Call("abs", (of,)):
                return _of("abs({})", self._write(of))
            case Call(name, (of, *offset)) if name in NAVIGATION:
                return self._navigated(name, part, _variable(of), _number(offset))
            case Call(name, (Name(of),)) if name in AGGREGATES:
                return self._aggregate(name, *parts(of))
            case Call(name):
                raise NotSaid(f"{name.upper()} in a definition")
            case _:
                raise NotSaid(f"{type(part).__name__} in a definition")

    def _is_here(self, variable: str | None) -> bool:
        """Whether the row at hand is one of a variable, or of a union; without one it is one of all rows."""
        return is_of(self.variable, variable, self.unions)

    def _known(self, variable: str | None) -> list[Step]:
        """The steps of a variable's rows before the one at hand."""
        return [one for one in self.steps if is_of(one.variable, variable, self.unions)]

    def _navigated(self, way: str, call: Call, variable: str | None, offset: int) -> str | None:
        """A value of the row that is so far from the first or the last one of a variable."""
        of, here = call.arguments[0], self._is_here(variable)
        known = self._known(variable)
        if offset > 0 and len({one.variable for one in known if one.most != 1}) > 1:
            raise NotSaid(f"{way.upper()} with {offset} of rows of several variables")
        count = "after" if way == "first" else "before"
        present = self._values(of, column) if here else None

        def found(steps: Sequence[Step], place: int) -> str | None:
            """The value so far from one end of the steps, behind which comes the row at hand."""
            if not steps:
                return present if place == 0 and way == "first" else None
            step, rest = (steps[0], steps[1:]) if way == "first" else (steps[-1], steps[:-1])
            far = f", {count}: {place}" if place else ""
            own = self._values(of, lambda field: f"{way}({step.name}.{column(field)}{far})")
            texts = [own] if step.most is None or place < step.most else []
            for taken in range(place + 1 if step.most is None else min(place, step.most) + 1):
                further = found(rest, place - taken)
                if further is not None:
                    texts.append(f"(count({step.name}) == {taken} ? {further} : absent)")
            return f"({' else '.join(text for text in texts if text)})" if texts else None

        if way == "last" and here:
            return present if offset == 0 else found(known, offset - 1)
        return found(known, offset)

    def _values(self, part: Expr, value: Callable[[str], str]) -> str | None:
        """An expression of one row's columns."""
        match part:
            case Name(name):
                return value(parts(name)[1])
            case Literal(constant):
                return json.dumps(constant)
            case Binary(operator, left, right) if operator in "+-*/":
                return _of(f"({{}} {operator} {{}})", self._values(left, value), self._values(right, value))
        raise NotSaid("FIRST or LAST of more than columns")

    def _aggregate(self, name: str, variable: str | None, field: str) -> str | None:
        """Over the rows of a variable so far, the one at hand included."""
        steps, here, value = self._known(variable), self._is_here(variable), column(field)
        if not steps and not here:
            return "0" if name == "count" else None
        counts = [f"count({one.name})" for one in steps] + ["1"] * here
        sums = [f"(sum({one.name}.{value}) else 0)" for one in steps] + [value] * here
        match name:
            case "count":
                return f"({' + '.join(counts)})"
            case "sum" if here:
                return f"({' + '.join(sums)})"
            case "sum":
                return f"({' + '.join(counts)} > 0 ? {' + '.join(sums)} : absent)"
            case "avg":
                return f"(({' + '.join(sums)}) / ({' + '.join(counts)}))"
            case _:
                found = value if here else None
                for one in steps:
                    of = f"{name}({one.name}.{value})"
                    found = of if found is None else f"({name}({found}, {of}) else {found} else {of})"
                return found


def _of(text: str, *of: str | None) -> str | None:
    """A text of others; of what is absent it is absent."""
    return None if None in of else text.format(*of)


def _variable(of: Expr) -> str | None:
    variables = {parts(name)[0] for name in columns_in(of)}
    if len(variables) > 1:
        raise NotSaid("FIRST or LAST of several variables")
    return next(iter(variables), None)


def _number(offset: Sequence[Expr]) -> int:
    match list(offset):
        case []:
            return 0
        case [Literal(int(number))]:
            return number
        case _:
            raise NotSaid("an offset that is no number")
