"""SQL's expressions as the language writes them; what columns and functions are there, each mapping says itself.

>>> written(parse("SELECT a + 2 <> b FROM s").items[0].value, lambda name: name)
'((a + 2) != b)'
"""

import json
from collections.abc import Callable, Iterator

from headgate.tests.conformance.sql import Binary, Call, Case, Expr, IsNull, Literal, Name, Not, NotSql

OPERATORS = {"=": "==", "<>": "!="}
AGGREGATES = {
    "count": "count", "sum": "sum", "min": "min", "max": "max", "avg": "mean", "stddev_pop": "stddev",
    "stddevp": "stddev", "var_pop": "variance", "varp": "variance", "first_value": "first", "last_value": "last",
}  # fmt: skip
"""Functions of many rows, and what they are called here."""


def written(expression: Expr, column: Callable[[str], str], call: Callable[[Call], str] | None = None) -> str:
    """The expression in the language; `column` and `call` say what a column and a function are there.

    Raises `NotSql` for what it lacks.
    """

    def write(part: Expr) -> str:
        match part:
            case Name(name):
                return column(name)
            case Literal(value):
                return "absent" if value is None else json.dumps(value)
            case Binary("like", left, Literal(str(pattern))):
                return like(write(left), pattern)
            case Binary("%", left, right):
                return remainder(write(left), write(right))
            case Binary(operator, left, right) if operator != "like":
                return f"({write(left)} {OPERATORS.get(operator, operator)} {write(right)})"
            case Not(of):
                return f"(not {write(of)})"
            case IsNull(of):
                return f"({write(of)} is absent)"
            case Case(branches, otherwise):
                text = "absent" if otherwise is None else write(otherwise)
                for condition, chosen in reversed(branches):
                    text = f"({write(condition)} ? {write(chosen)} : {text})"
                return text
            case Call(name):
                if call is None:
                    raise NotSql(f"the function `{name}`")
                return call(part)
            case _:
                raise NotSql(f"`{type(part).__name__}` in an expression")

    return write(expression)


def like(text: str, pattern: str) -> str:
    """`text LIKE pattern`: `%` is any text, `_` any character."""
    if "*" in pattern or "?" in pattern:
        raise NotSql("`like` of `*` or `?`")
    return f"like({text}, {json.dumps(pattern.replace('%', '*').replace('_', '?'))})"


def remainder(dividend: str, divisor: str) -> str:
    """`%`, whose sign is that of the dividend."""
    return f"({dividend} < 0 ? -mod(-{dividend}, abs({divisor})) : mod({dividend}, abs({divisor})))"


def columns_in(expression: Expr) -> Iterator[str]:
    """The columns that an expression names."""
    match expression:
        case Name(name):
            yield name
        case Binary(_, left, right):
            yield from (*columns_in(left), *columns_in(right))
        case Not(of) | IsNull(of):
            yield from columns_in(of)
        case Call(_, arguments):
            for argument in arguments:
                yield from columns_in(argument)
        case Case(branches, otherwise):
            for condition, value in branches:
                yield from (*columns_in(condition), *columns_in(value))
            if otherwise is not None:
                yield from columns_in(otherwise)
        case _:
            return
