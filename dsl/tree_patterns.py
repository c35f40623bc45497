"""From the grammar's rules for patterns to nodes, in their normal form: one small function for each rule.

Where a pattern can be written as a simpler part, it is that part: sequences within sequences are flattened, and
parentheses leave a `Group` only around what has an end of its own, or a name that nothing inside can carry.
"""

from dataclasses import replace
from typing import Literal

from . import nodes
from .source import Span
from .tree_problems import RepeatedClause
from .tree_reading import Build, Children, Reading, Word

Built = nodes.Pattern | nodes.Part | nodes.Expr
"""What a piece of a pattern was built into: a lone event is still an expression, for it may stand for a value."""


def as_pattern(built: Built) -> nodes.Pattern:
    """The pattern that this is when it stands alone: parentheses around the whole of it mean nothing."""
    match built:
        case nodes.Pattern():
            return built
        case nodes.Group(pattern, None):
            return pattern
        case _:
            return nodes.Pattern(as_part(built), span=built.span)


def as_part(built: Built) -> nodes.Part:
    """The part that this is of something larger: a lone expression is a step, a pattern with ends a group."""
    match built:
        case nodes.Pattern():
            return nodes.Group(built, span=built.span)
        case nodes.Step() | nodes.Group() | nodes.AllOf() | nodes.AnyOf() | nodes.Repeat() | nodes.Sequence():
            return built
        case _:
            return nodes.Step(built, span=built.span)


def in_parentheses(built: Built) -> Built:
    """What parentheses leave of a pattern or a value: only a pattern with ends must stay together."""
    return nodes.Group(built, span=built.span) if isinstance(built, nodes.Pattern) else built


# --- Parts -----------------------------------------------------------------------------------------------------------


def _step_named(reading: Reading, span: Span, children: Children) -> nodes.Part:
    part, name = as_part(children[0]), reading.declared(children[1])
    match part:
        case nodes.Step(event, None, False):
            return nodes.Step(event, name, span=span)
        case nodes.AllOf(name=None) | nodes.AnyOf(name=None) | nodes.Group(name=None):
            return replace(part, name=name, span=span)
        case _:
            return nodes.Group(nodes.Pattern(part, span=part.span), name, span=span)


def _all_of(_: Reading, span: Span, children: Children) -> Built:
    if len(children) == 1:
        return in_parentheses(children[0])
    return nodes.AllOf(tuple(as_part(child) for child in children), span=span)


def _any_of(_: Reading, span: Span, children: Children) -> Built:
    if len(children) == 1:
        return in_parentheses(children[0])
    return nodes.AnyOf(tuple(as_part(child) for child in children), span=span)


def _absence(reading: Reading, span: Span, children: Children) -> nodes.Step:
    return nodes.Step(reading.value(children[0], span), absent=True, span=span)


Times = tuple[nodes.Expr, nodes.Expr | None]
"""At least and at most how often."""


def _repeat(reading: Reading, span: Span, children: Children) -> nodes.Repeat:
    of, (at_least, at_most), *rest = children
    mode: Literal["greedy", "lazy"] | None = None
    until: nodes.Expr | None = None
    for child in rest:
        match child:
            case "greedy" | "lazy":
                mode = child
            case _:
                until = reading.value(child, span)
    return nodes.Repeat(as_part(of), at_least, at_most, mode, until, span=span)


def _exactly(_: Reading, __: Span, children: Children) -> Times:
    count = _count(children[0])
    return count, count


def _between(_: Reading, __: Span, children: Children) -> Times:
    return _count(children[0]), children[1]


def _at_least(_: Reading, __: Span, children: Children) -> Times:
    return children[0], None


def _optional(_: Reading, span: Span, __: Children) -> Times:
    return nodes.Number("0", span=span), nodes.Number("1", span=span)


def _count(word: Word) -> nodes.Expr:
    return (nodes.Number if word.kind == "NUMBER" else nodes.Name)(word.text, span=word.span)


def _then(link: nodes.Link) -> Build:
    """Parts in order; a sequence in parentheses joins the one it stands in."""

    def build(_: Reading, span: Span, children: Children) -> nodes.Sequence:
        left, right = _sequence(as_part(children[0])), _sequence(as_part(children[1]))
        return nodes.Sequence(left.parts + right.parts, (*left.links, link, *right.links), span=span)

    return build


def _sequence(part: nodes.Part) -> nodes.Sequence:
    return part if isinstance(part, nodes.Sequence) else nodes.Sequence((part,), (), span=part.span)


# --- Ends ------------------------------------------------------------------------------------------------------------


def _unless(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    breaker: nodes.Expr = reading.value(children[1], span)
    pattern = _without(reading, children[0], "unless", breaker.span)
    return replace(pattern, unless=breaker, span=span)


def _within(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    limit: nodes.Expr = reading.value(children[1], span)
    pattern = _without(reading, children[0], "within", limit.span)
    return replace(pattern, within=limit, span=span)


def _skipping(reading: Reading, span: Span, children: Children) -> nodes.Pattern:
    skip: nodes.Skip = children[1]
    pattern = _without(reading, children[0], "skip", skip.span)
    return replace(pattern, skip=skip, span=span)


def _without(reading: Reading, built: Built, end: str, span: Span) -> nodes.Pattern:
    """The pattern that an end is added to; each kind of end stands once."""
    pattern = built if isinstance(built, nodes.Pattern) else nodes.Pattern(as_part(built), span=built.span)
    first: nodes.Node | None = getattr(pattern, end)
    if first is not None:
        reading.problems.append(RepeatedClause(span=span, clause=end, first=first.span))
    return pattern


def _skip(kind: Literal["none", "next", "past last", "to first", "to last"]) -> Build:
    def build(_: Reading, span: Span, children: Children) -> nodes.Skip:
        return nodes.Skip(kind, children[0].text if children else None, span=span)

    return build


PATTERNS: dict[str, Build] = {
    "step_named": _step_named,
    "all_of": _all_of,
    "any_of": _any_of,
    "repeat": _repeat,
    "absence": _absence,
    "exactly": _exactly,
    "between": _between,
    "at_least": _at_least,
    "optional": _optional,
    "then": _then("then"),
    "then_next": _then("then next"),
    "then_each": _then("then each"),
    "unless": _unless,
    "within": _within,
    "skipping": _skipping,
    "skip_none": _skip("none"),
    "skip_next": _skip("next"),
    "skip_past_last": _skip("past last"),
    "skip_to_first": _skip("to first"),
    "skip_to_last": _skip("to last"),
}

TAKE_PATTERNS = frozenset(
    {"step_named", "all_of", "any_of", "repeat", "then", "then_next", "then_each", "unless", "within", "skipping"}
)
"""The rules above that patterns can be parts of."""
