"""From the grammar's rules for expressions to nodes: one small function for each rule."""

import re
from itertools import pairwise
from typing import Any, Literal

from ..grammar import NUMBER, TIME_UNITS
from . import nodes
from .source import Span
from .tree_patterns import in_parentheses
from .tree_reading import Build, Children, Clause, Reading, Word
from .unit_problems import TimeOutOfOrder

_NUMBER = re.compile(NUMBER)
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
    number = _NUMBER.match(text)
    assert number is not None, "a quantity begins with a number"
    unit = text[number.end() :].lstrip(" \t")
    if " " not in unit and "\t" not in unit:
        return ((number[0], unit),)
    return tuple((match["number"], match["unit"]) for match in _PART.finditer(text))


def _version(_: Reading, span: Span, children: Children) -> nodes.Version:
    return nodes.Version(children[0].text, span=span)


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


def _parentheses(_: Reading, __: Span, children: Children) -> Any:
    """What stands in parentheses."""
    return in_parentheses(children[0])


# --- Calls and windows -----------------------------------------------------------------------------------------------


def _call(_: Reading, span: Span, children: Children) -> nodes.Call:
    function: Word | str = children[0]
    name = function if isinstance(function, str) else function.text
    return nodes.Call(name, children[1] if len(children) > 1 else (), span=span)


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
    return {"kind": "session", "length": children[0], "maximum": children[1] if len(children) > 1 else None}


def _over_while(_: Reading, __: Span, children: Children) -> dict[str, Any]:
    return {"kind": "while", "condition": children[0]}


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


def _sent(_: Reading, span: Span, children: Children) -> nodes.Sent:
    return nodes.Sent(children[0].text, span=span)


def _pattern_expires(_: Reading, span: Span, children: Children) -> nodes.Expires:
    return nodes.Expires(children[0].text, span=span)


PARENTHESES = ("atom", "duration", "count", "constant", "setting_value")
"""The rules of which only what stands in parentheses is left when the tree is built."""

EXPRESSIONS: dict[str, Build] = {
    "number": _number,
    "quantity": _quantity,
    "version": _version,
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
    "over_while": _over_while,
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
    "sent": _sent,
    "pattern_expires": _pattern_expires,
}
