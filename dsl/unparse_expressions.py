"""Expressions as text, with as few parentheses as the grammar allows.

>>> expression(nodes.Negate(nodes.Arithmetic("+", nodes.Name("a"), nodes.Number("1"))))
'-(a + 1)'
"""

from enum import IntEnum
from typing import assert_never

from . import nodes
from .strings import encode, encode_template_text


class Level(IntEnum):
    """How tightly an expression binds; what stands where a tighter one must needs parentheses."""

    HOLDS = 1
    CONDITIONAL = 2
    OR = 3
    AND = 4
    NOT = 5
    COMPARISON = 6
    FALLBACK = 7
    SUM = 8
    TERM = 9
    FACTOR = 10
    POSTFIX = 11


_OPERATOR_LEVELS = {
    "or": Level.OR,
    "and": Level.AND,
    "+": Level.SUM,
    "-": Level.SUM,
    "*": Level.TERM,
    "/": Level.TERM,
}


def expression(value: nodes.Expr, level: Level = Level.HOLDS) -> str:
    """The text of an expression that stands where this level or a tighter one must."""
    text, own = _text(value)
    return text if own >= level else f"({text})"


def operand(value: nodes.Expr, *bare: type[nodes.Node]) -> str:
    """The text of an expression that stands in parentheses unless it is one of these."""
    return expression(value) if isinstance(value, bare) else f"({expression(value)})"


def duration(value: nodes.Expr) -> str:
    """The text of a duration."""
    return operand(value, nodes.Quantity, nodes.Name)


_LITERALS = (nodes.Number, nodes.Version, nodes.Quantity, nodes.Text, nodes.Bool, nodes.Absent)


def constant(value: nodes.Expr) -> str:
    """What may stand in bounds, defaults and tables; anything longer stands in parentheses."""
    if isinstance(value, nodes.Negate) and isinstance(value.of, _LITERALS):
        return f"-{expression(value.of)}"
    return operand(value, *_LITERALS, nodes.Name)


def domain(value: nodes.Domain | None) -> str:
    """` for Truck`, ` by fleet, model`, with a blank before it, or nothing."""
    match value:
        case None:
            return ""
        case nodes.ForDevice():
            return f" for {value.device}"
        case nodes.ByProperties():
            return f" by {', '.join(value.properties)}"
    assert_never(value)


def type_name(value: nodes.TypeName) -> str:
    """`degC`, `enum { idle, busy }`."""
    return f"{value.name} {{ {', '.join(value.choices)} }}" if value.choices else value.name


def bounds(value: nodes.Bounds | None) -> str:
    """` in 0..100`, with a blank before it, or nothing."""
    return "" if value is None else f" in {constant(value.low)}..{constant(value.high)}"


def parameter_list(parameters: tuple[nodes.Parameter, ...]) -> str:
    """What stands between the parentheses of a declaration."""
    return ", ".join(
        f"{parameter.name}: {type_name(parameter.type)}{bounds(parameter.bounds)}"
        + ("" if parameter.default is None else f" = {constant(parameter.default)}")
        for parameter in parameters
    )


def template(value: nodes.Template) -> str:
    """The literal of a message."""
    parts = (
        encode_template_text(part) if isinstance(part, str) else f"{{{encode(expression(part))}}}"
        for part in value.parts
    )
    return f'"{"".join(parts)}"'


def argument_list(arguments: tuple[nodes.Argument, ...], in_action: bool = False) -> str:
    """What stands between the parentheses of a call."""
    texts: list[str] = []  # a plain loop, as calls may be nested deeply
    for argument in arguments:
        label = "" if argument.name is None else f"{argument.name}: "
        value = _action_value(argument.value, Level.HOLDS) if in_action else expression(argument.value)
        where = "" if argument.where is None else f" where {expression(argument.where)}"
        over = "" if argument.window is None else f" {window(argument.window)}"
        texts.append(label + value + where + over)
    return ", ".join(texts)


def _action_value(value: nodes.Expr, level: Level) -> str:
    """The value of an action's argument, in whose texts braces have a meaning."""
    match value:
        case nodes.Template():
            return template(value)
        case nodes.Text():
            return f'"{encode_template_text(value.value)}"'
        case nodes.Conditional(condition, then, otherwise):
            text = (
                f"{expression(condition, Level.OR)} ? {_action_value(then, Level.CONDITIONAL)}"
                f" : {_action_value(otherwise, Level.CONDITIONAL)}"
            )
            return text if level <= Level.CONDITIONAL else f"({text})"
        case _:
            return expression(value, level)


_WINDOW_WORDS = frozenset({"session", "while", "today", "this_week", "this_month", "this_year"})
"""Names that behind `over` are words of the language."""


def window(value: nodes.Window) -> str:
    """`over 10 min every 1 min`."""
    every = "" if value.every is None else f" every {duration(value.every)}"
    match value.kind:
        case "span":
            assert value.length is not None
            length = duration(value.length)
            return f"over {f'({length})' if length in _WINDOW_WORDS else length}{every}"
        case "samples":
            assert value.count is not None
            count = operand(value.count, nodes.Number, nodes.Quantity, nodes.Name)
            return f"over {f'({count})' if count in _WINDOW_WORDS else count} samples{every}"
        case "session":
            assert value.length is not None
            maximum = "" if value.maximum is None else f" max {duration(value.maximum)}"
            return f"over session gap {duration(value.length)}{maximum}{every}"
        case "calendar":
            zone = "" if value.zone is None else f' in "{encode(value.zone)}"'
            return f"over {value.calendar}{zone}{every}"
        case "while":
            assert value.condition is not None
            return f"over while {expression(value.condition, Level.CONDITIONAL)}{every}"
    assert_never(value.kind)


def _text(value: nodes.Expr) -> tuple[str, Level]:
    """The text of an expression and how tightly it binds."""
    match value:
        case nodes.Number() | nodes.Version():
            return value.text, Level.POSTFIX
        case nodes.Quantity():
            return " ".join(f"{number} {unit}" for number, unit in value.parts), Level.POSTFIX
        case nodes.Text():
            return f'"{encode(value.value)}"', Level.POSTFIX
        case nodes.Bool():
            return ("true" if value.value else "false"), Level.POSTFIX
        case nodes.Absent():
            return "absent", Level.POSTFIX
        case nodes.Name():
            return value.name, Level.POSTFIX
        case nodes.Member():
            # A number or quantity before the point would swallow it.
            return f"{operand(value.of, nodes.Name, nodes.Member, nodes.Call)}.{value.name}", Level.POSTFIX
        case nodes.Call():
            return f"{value.function}({argument_list(value.arguments)})", Level.POSTFIX
        case nodes.Template():
            raise ValueError("a template stands only in alerts and in the arguments of actions")
        case nodes.Negate():
            return f"-{expression(value.of, Level.FACTOR)}", Level.FACTOR
        case nodes.Arithmetic() | nodes.Logic():
            level = _OPERATOR_LEVELS[value.operator]
            left = expression(value.left, level)
            return f"{left} {value.operator} {expression(value.right, Level(level + 1))}", level
        case nodes.Otherwise():
            fallback = expression(value.fallback, Level.FALLBACK)
            return f"{expression(value.value, Level.SUM)} else {fallback}", Level.FALLBACK
        case nodes.Compare():
            return _joined(value.left, value.operator, value.right)
        case nodes.Becomes():
            return _joined(value.of, "becomes", value.value)
        case nodes.Crosses():
            return _joined(value.of, value.direction, value.level)
        case nodes.Is():
            negation = "not " if value.negated else ""
            return f"{expression(value.of, Level.FALLBACK)} is {negation}{value.quality}", Level.COMPARISON
        case nodes.Not():
            return f"not {expression(value.of, Level.NOT)}", Level.NOT
        case nodes.Quiet():
            return f"no {expression(value.of, Level.COMPARISON)} for {duration(value.duration)}", Level.NOT
        case nodes.Sent():
            return f"sent {value.command}", Level.COMPARISON
        case nodes.Expires():
            return f"{value.pattern} expires", Level.COMPARISON
        case nodes.Conditional():
            condition = expression(value.condition, Level.OR)
            then = expression(value.then, Level.CONDITIONAL)
            otherwise = expression(value.otherwise, Level.CONDITIONAL)
            return f"{condition} ? {then} : {otherwise}", Level.CONDITIONAL
        case nodes.Holds():
            # `a and b for 1 min` is the same, but a reader has to know it.
            condition = expression(value.condition, Level.NOT)
            return f"{condition} for {duration(value.duration)}", Level.HOLDS
    assert_never(value)


def _joined(left: nodes.Expr, operator: str, right: nodes.Expr) -> tuple[str, Level]:
    text = f"{expression(left, Level.FALLBACK)} {operator} {expression(right, Level.FALLBACK)}"
    return text, Level.COMPARISON
