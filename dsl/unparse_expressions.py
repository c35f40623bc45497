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


def template(value: nodes.Template) -> str:
    """The literal of a message."""
    parts = (
        encode_template_text(part) if isinstance(part, str) else f"{{{encode(expression(part))}}}"
        for part in value.parts
    )
    return f'"{"".join(parts)}"'


def argument_list(arguments: tuple[nodes.Argument, ...], in_action: bool = False) -> str:
    """What stands between the parentheses of a call."""
    return ", ".join(_argument(argument, in_action) for argument in arguments)


def _argument(argument: nodes.Argument, in_action: bool) -> str:
    label = "" if argument.name is None else f"{argument.name}: "
    value = _action_value(argument.value, Level.HOLDS) if in_action else expression(argument.value)
    where = "" if argument.where is None else f" where {expression(argument.where)}"
    window = "" if argument.window is None else f" {_window(argument.window)}"
    return label + value + where + window


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


def _window(window: nodes.Window) -> str:
    every = "" if window.every is None else f" every {duration(window.every)}"
    match window.kind:
        case "span":
            assert window.length is not None
            return f"over {duration(window.length)}{every}"
        case "samples":
            assert window.count is not None
            return f"over {operand(window.count, nodes.Number, nodes.Quantity, nodes.Name)} samples{every}"
        case "session":
            assert window.length is not None
            return f"over session gap {duration(window.length)}{every}"
        case "calendar":
            zone = "" if window.zone is None else f' in "{encode(window.zone)}"'
            return f"over {window.calendar}{zone}{every}"
    assert_never(window.kind)


def _text(value: nodes.Expr) -> tuple[str, Level]:
    """The text of an expression and how tightly it binds."""
    match value:
        case nodes.Number():
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
        case nodes.Conditional():
            condition = expression(value.condition, Level.OR)
            then = expression(value.then, Level.CONDITIONAL)
            otherwise = expression(value.otherwise, Level.CONDITIONAL)
            return f"{condition} ? {then} : {otherwise}", Level.CONDITIONAL
        case nodes.Holds():
            condition = expression(value.condition, Level.CONDITIONAL)
            return f"{condition} for {duration(value.duration)}", Level.HOLDS
    assert_never(value)


def _joined(left: nodes.Expr, operator: str, right: nodes.Expr) -> tuple[str, Level]:
    text = f"{expression(left, Level.FALLBACK)} {operator} {expression(right, Level.FALLBACK)}"
    return text, Level.COMPARISON
