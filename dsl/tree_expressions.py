"""From the grammar's rules for expressions and patterns to nodes: one small function for each rule."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

from ..grammar import NUMBER, TIME_UNITS
from . import nodes
from .source import Span
from .syntax_problems import NotYet
from .tree_problems import RepeatedClause
from .tree_reading import Children, Clause, Reading, Word
from .unit_problems import TimeOutOfOrder

Build = Callable[[Reading, Span, Children], Any]

_PART = re.compile(rf"(?P<number>{NUMBER})[ \t]*(?P<unit>(?:[^\d \t]|(?<=[^ \t\d])\d)+)")


# --- Literals and names ----------------------------------------------------------------------------------------------


def _number(_: Reading, span: Span, children: Children) -> nodes.Number:
    return nodes.Number(children[0].text, span=span)


def _quantity(reading: Reading, span: Span, children: Children) -> nodes.Quantity:
    word: Word = children[0]
    parts = compound_parts(word.text)
    for (_, first), (_, second) in pairwise(parts):
        if TIME_UNITS.index(first) >= TIME_UNITS.index(second):
            reading.problems.append(TimeOutOfOrder(span=span, first=first, second=second))
            break
    return nodes.Quantity(parts, span=span)


def compound_parts(text: str) -> tuple[tuple[str, str], ...]:
    """The numbers and units of a quantity: `2 min 10 s` gives `(("2", "min"), ("10", "s"))`."""
    number = re.match(NUMBER, text)
    assert number is not None, "a quantity begins with a number"
    unit = text[number.end() :].lstrip(" \t")
    if " " not in unit and "\t" not in unit:
        return ((number[0], unit),)
    return tuple((match["number"], match["unit"]) for match in _PART.finditer(text))


def _text(reading: Reading, span: Span, children: Children) -> nodes.Text:
    return nodes.Text(reading.plain_text(children[0]), span=span)


def _true(_: Reading, span: Span, __: Children) -> nodes.Bool:
    return nodes.Bool(True, span=span)


def _false(_: Reading, span: Span, __: Children) -> nodes.Bool:
    return nodes.Bool(False, span=span)


def _absent(_: Reading, span: Span, __: Children) -> nodes.Absent:
    return nodes.Absent(span=span)


def _name(_: Reading, span: Span, children: Children) -> nodes.Name:
    return nodes.Name(children[0].text, span=span)


def _member(_: Reading, span: Span, children: Children) -> nodes.Member:
    return nodes.Member(children[0], children[1].text, span=span)


def _parentheses(_: Reading, span: Span, children: Children) -> Any:
    """What stands in parentheses; a single named step becomes a pattern."""
    (inside,) = children
    return nodes.Pattern((inside,), span=span) if isinstance(inside, nodes.Step) else inside


# --- Calls and windows -----------------------------------------------------------------------------------------------


def _call(_: Reading, span: Span, children: Children) -> nodes.Call:
    return nodes.Call(children[0].text, children[1] if len(children) > 1 else (), span=span)


def _arguments(_: Reading, __: Span, children: Children) -> tuple[nodes.Argument, ...]:
    return tuple(children)


def _argument(_: Reading, span: Span, children: Children) -> nodes.Argument:
    clauses = {child.keyword: child.value for child in children if isinstance(child, Clause)}
    (value,) = (child for child in children if not isinstance(child, Clause))
    return nodes.Argument(value, clauses.get("label"), clauses.get("where"), clauses.get("over"), span=span)


def _label(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("label", children[0].text, span)


def _filter(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("where", children[0], span)


def _pace(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("every", children[0], span)


def _window(_: Reading, span: Span, children: Children) -> Clause:
    settings: dict[str, Any] = children[0]
    every = children[1].value if len(children) > 1 else None
    return Clause("over", nodes.Window(**settings, every=every, span=span), span)


def _over_span(_: Reading, __: Span, children: Children) -> dict[str, Any]:
    return {"kind": "span", "length": children[0]}


def _over_number_samples(_: Reading, __: Span, children: Children) -> dict[str, Any]:
    word: Word = children[0]
    return {"kind": "samples", "count": nodes.Number(word.text, span=word.span)}


def _over_samples(_: Reading, __: Span, children: Children) -> dict[str, Any]:
    return {"kind": "samples", "count": children[0]}


def _over_session(_: Reading, __: Span, children: Children) -> dict[str, Any]:
    return {"kind": "session", "length": children[0]}


def _over_calendar(reading: Reading, __: Span, children: Children) -> dict[str, Any]:
    zone = reading.plain_text(children[1]) if len(children) > 1 else None
    return {"kind": "calendar", "calendar": children[0], "zone": zone}


# --- Operators -------------------------------------------------------------------------------------------------------


def _negate(_: Reading, span: Span, children: Children) -> nodes.Negate:
    return nodes.Negate(children[0], span=span)


def _arithmetic(operator: Literal["+", "-", "*", "/"]) -> Build:
    def build(_: Reading, span: Span, children: Children) -> nodes.Arithmetic:
        return nodes.Arithmetic(operator, children[0], children[1], span=span)

    return build


def _logic(operator: Literal["and", "or"]) -> Build:
    def build(_: Reading, span: Span, children: Children) -> nodes.Logic:
        return nodes.Logic(operator, children[0], children[1], span=span)

    return build


def _compare(_: Reading, span: Span, children: Children) -> nodes.Compare:
    left, operator, right = children
    return nodes.Compare(operator.text, left, right, span=span)


def _not(_: Reading, span: Span, children: Children) -> nodes.Not:
    return nodes.Not(children[0], span=span)


def _is(negated: bool) -> Build:
    def build(_: Reading, span: Span, children: Children) -> nodes.Is:
        return nodes.Is(children[0], children[1], negated, span=span)

    return build


def _otherwise(_: Reading, span: Span, children: Children) -> nodes.Otherwise:
    return nodes.Otherwise(children[0], children[1], span=span)


def _choice(_: Reading, span: Span, children: Children) -> nodes.Conditional:
    return nodes.Conditional(children[0], children[1], children[2], span=span)


def _becomes(_: Reading, span: Span, children: Children) -> nodes.Becomes:
    return nodes.Becomes(children[0], children[1], span=span)


def _crosses(direction: Literal["rises above", "falls below"]) -> Build:
    def build(_: Reading, span: Span, children: Children) -> nodes.Crosses:
        return nodes.Crosses(children[0], direction, children[1], span=span)

    return build


def _holds(_: Reading, span: Span, children: Children) -> nodes.Holds:
    return nodes.Holds(children[0], children[1], span=span)


def _quiet(_: Reading, span: Span, children: Children) -> nodes.Quiet:
    return nodes.Quiet(children[0], children[1], span=span)


# --- Patterns --------------------------------------------------------------------------------------------------------


def as_pattern(built: nodes.Pattern | nodes.Step | nodes.Expr) -> nodes.Pattern:
    """A pattern of what was built: a lone expression is a pattern of one step."""
    match built:
        case nodes.Pattern():
            return built
        case nodes.Step():
            return nodes.Pattern((built,), span=built.span)
        case _:
            return nodes.Pattern((nodes.Step(built, span=built.span),), span=built.span)


def _step_named(reading: Reading, span: Span, children: Children) -> nodes.Step:
    event, word = children
    if isinstance(event, nodes.Pattern):
        reading.problems.append(NotYet(span=span, construct="a name for several steps"))
        reading.broken = True
        event = nodes.Absent(span=event.span)
    return nodes.Step(event, reading.declared(word), span=span)


def _then(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    """Steps in a row; parentheses around some of them change nothing unless they have an end of their own."""
    left, right = (as_pattern(child) for child in children)
    for group in (left, right):
        if group.unless is not None or group.within is not None:
            reading.problems.append(NotYet(span=group.span, construct="an end for some of the steps"))
            reading.broken = True
    return nodes.Pattern(left.steps + right.steps, span=span)


def _unless(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    pattern = as_pattern(children[0])
    breaker: nodes.Expr = reading.value(children[1], span)
    if pattern.unless is not None:
        reading.problems.append(RepeatedClause(span=breaker.span, clause="unless", first=pattern.unless.span))
    return nodes.Pattern(pattern.steps, breaker, pattern.within, span=span)


def _within(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    pattern = as_pattern(children[0])
    limit: nodes.Expr = reading.value(children[1], span)
    if pattern.within is not None:
        reading.problems.append(RepeatedClause(span=limit.span, clause="within", first=pattern.within.span))
    return nodes.Pattern(pattern.steps, pattern.unless, limit, span=span)


PARENTHESES = ("atom", "duration", "count", "constant")
"""The rules of which only what stands in parentheses is left when the tree is built."""

TAKES_PATTERNS = frozenset({*PARENTHESES, "step_named", "then", "unless", "within", "when", "pattern_item"})
"""The rules a pattern can be part of; anywhere else a value must stand."""

NESTING = frozenset(
    {"call", "member", "negate", "add", "subtract", "multiply", "divide", "and", "or", "not", "compare", "otherwise"}
    | {"is_quality", "is_not_quality", "choice", "becomes", "rises_above", "falls_below", "holds", "quiet"}
    | {"then", "unless", "within", "if_"}
)
"""The rules that put one node into another any number of times."""

EXPRESSIONS: dict[str, Build] = {
    "number": _number,
    "quantity": _quantity,
    "text": _text,
    "true": _true,
    "false": _false,
    "absent": _absent,
    "name": _name,
    "member": _member,
    **dict.fromkeys(PARENTHESES, _parentheses),
    "call": _call,
    "arguments": _arguments,
    "argument": _argument,
    "label": _label,
    "filter": _filter,
    "pace": _pace,
    "window": _window,
    "over_span": _over_span,
    "over_number_samples": _over_number_samples,
    "over_samples": _over_samples,
    "over_session": _over_session,
    "over_calendar": _over_calendar,
    "negate": _negate,
    "add": _arithmetic("+"),
    "subtract": _arithmetic("-"),
    "multiply": _arithmetic("*"),
    "divide": _arithmetic("/"),
    "and": _logic("and"),
    "or": _logic("or"),
    "compare": _compare,
    "not": _not,
    "is_quality": _is(negated=False),
    "is_not_quality": _is(negated=True),
    "otherwise": _otherwise,
    "choice": _choice,
    "becomes": _becomes,
    "rises_above": _crosses("rises above"),
    "falls_below": _crosses("falls below"),
    "holds": _holds,
    "quiet": _quiet,
    "step_named": _step_named,
    "then": _then,
    "unless": _unless,
    "within": _within,
}
