"""What of a pattern the runtime cannot execute: too many steps, and tests that nothing works out event by event."""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..dsl.source import Span
from ..stdlib.catalogue import SCALARS, STATEFUL
from .lower_bound import looked_up
from .pattern_ends import leading
from .resolve import walk
from .typed import (
    BoundRef,
    ColumnRef,
    EventRef,
    EventValueRef,
    ExpiresRef,
    FieldRef,
    HeldTimeRef,
    PatternRef,
    PrevRef,
    PrevTimeRef,
    SentRef,
    SignalRef,
    TwinRef,
    Typed,
)
from .verify_patterns import STEPS_MAX

ALL_OF_MAX = 6
"""How many parts `all of` has: there are as many orders as their factorial."""

LOOKUP = "a lookup by an earlier step's value in a condition"

NEWS = (
    FieldRef
    | SignalRef
    | PatternRef
    | HeldTimeRef
    | PrevRef
    | PrevTimeRef
    | EventRef
    | EventValueRef
    | SentRef
    | ExpiresRef
    | TwinRef
)
"""What can be new at an instant."""

MOMENTARY = PatternRef | EventRef | EventValueRef | SentRef | ExpiresRef | TwinRef
"""What is something at its moment only, or is another thing from moment to moment."""

Limit = tuple[Span, str]
"""Where something stands, and what it is, in words that go before "cannot be executed yet"."""


def pattern_limits(typed: Typed, pattern: n.Pattern, *, of_group: bool) -> list[Limit]:
    """What of a well-formed pattern does not run, each where it stands; nothing if it runs.

    Not about the expressions in it as such (`sent run`, a device's event): these are looked at wherever they stand.
    """
    found: list[Limit] = []
    steps = 0
    first = {id(step) for step in leading(pattern.body)}
    for node in walk(pattern):
        match node:
            case n.Step(event):
                steps += 1
                found.extend(_test(typed, event))
                if id(node) in first:
                    found.extend(_misplaced(typed, event, "where a pattern begins"))
            case n.Sequence(parts, links):
                for part, link in zip(parts[1:], links, strict=True):
                    for step in leading(part) if link == "then next" else ():
                        found.extend(_misplaced(typed, step.event, "behind `then next`"))
            case n.Holds() if of_group:
                found.extend(_misplaced(typed, node, "of a group"))
            case n.Pattern(unless=n.Node() as event):
                steps += 1
                found.extend(_test(typed, event))
            case n.Repeat(until=n.Node() as event):
                steps += 1
                found.extend(_test(typed, event))
            case n.AllOf(parts=parts) if len(parts) > ALL_OF_MAX:
                found.append((node.span, f"`all of` {len(parts)} parts"))
            case _:
                pass
    if steps > STEPS_MAX:
        found.append((pattern.span, f"a pattern of {steps} steps"))
    return found


def until_limits(typed: Typed, until: n.Expr) -> Iterator[Limit]:
    """What of an `until` does not run that speaks of the match that raised its rule. What is made of that match alone
    is worked out where it raises the rule; the rest event by event, as a step's test is."""
    if _speaks(typed, until) is None:
        return
    yield from _followed(typed, until, until if isinstance(until, n.Holds) else None, (*FOLLOWING, n.Quiet))
    for node in walk(until):
        if isinstance(node, n.Member | n.Call | n.Compare) and _speaks(typed, node) and _of_now(typed, node):
            if _is_lookup(typed, node):
                yield node.span, LOOKUP
            yield from _not_a_number(typed, node)
            yield from _of_a_text(typed, node)


def _of_now(typed: Typed, node: n.Node) -> bool:
    """Whether an expression speaks of something that can be new."""
    facts = (typed.facts.get(inner) for inner in walk(node))
    return any(fact is not None and isinstance(fact.reference, NEWS) for fact in facts)


def _not_a_number(typed: Typed, node: n.Call | n.Compare | n.Member) -> Iterator[Limit]:
    """An argument or operand that speaks of earlier events, and is no number that could be reckoned with."""
    given: tuple[n.Expr, ...] = ()
    if isinstance(node, n.Call):
        given = tuple(argument.value for argument in node.arguments)
    elif isinstance(node, n.Compare):
        given = (node.left, node.right)
    for one in given:
        fact = typed.facts.get(one)
        if fact is not None and fact.type.name in ("point", "version") and _speaks(typed, one):
            what = "place" if fact.type.name == "point" else "version"
            yield one.span, f"the {what} of an earlier event in a condition"


def _of_a_text(typed: Typed, node: n.Node) -> Iterator[Limit]:
    """A function of texts that speaks of earlier events: what is bound of a text is its number."""
    function = SCALARS.get(node.function) if isinstance(node, n.Call) else None
    if function is not None and function.needs_texts and _speaks(typed, node) is not None:
        yield node.span, f"`{function.name}` of an earlier event's text in a condition"


FOLLOWING: tuple[type[n.Expr], ...] = (n.Holds, n.Becomes, n.Crosses)
"""What follows a condition or a value over many instants."""


def _followed(
    typed: Typed, event: n.Expr, lasting: n.Holds | None, kinds: tuple[type[n.Expr], ...] = FOLLOWING
) -> Iterator[Limit]:
    """The first thing that follows something over many instants and speaks of earlier events, but for what `lasting`
    is the whole of."""
    for node in walk(event):
        follows = isinstance(node, kinds) or (isinstance(node, n.Call) and node.function in STATEFUL)
        bound = _speaks(typed, node) if follows and node is not lasting else None
        if bound is not None:
            yield bound.span, "an earlier step's value in what lasts or changes"
            return


def _misplaced(typed: Typed, event: n.Expr, where: str) -> Iterator[Limit]:
    """What lasts of earlier steps' values, at a place at which it does not run."""
    lasting = _lasting_of(event)
    if lasting is not None and _speaks(typed, lasting) is not None:
        yield lasting.span, f"an earlier step's value in what lasts, {where},"


def _lasting_of(event: n.Expr) -> n.Holds | None:
    """What a step, or that of which it is the absence, says must last."""
    said = event.of if isinstance(event, n.Quiet) else event
    return said if isinstance(said, n.Holds) else None


def _speaks(typed: Typed, node: n.Node) -> n.Node | None:
    """The first part of an expression that is something that an event bound."""
    return next((inner for inner in walk(node) if _is_bound(typed, inner)), None)


def _momentary(typed: Typed, node: n.Node) -> n.Node | None:
    """The first part of an expression that is something only at a moment, or has another value without news of it."""
    for inner in walk(node):
        fact = typed.facts.get(inner)
        reference = None if fact is None else fact.reference
        if isinstance(inner, n.Call) and (inner.function in STATEFUL or inner.function in ("age", "fresh")):
            return inner
        if isinstance(reference, MOMENTARY):
            return inner
        if isinstance(reference, SignalRef):
            signals = (item for item in typed.program.items if isinstance(item, n.Signal))
            signal = next(signal for signal in signals if signal.name == reference.name)
            if not isinstance(signal.domain, n.ForDevice) or _momentary(typed, signal.value) is not None:
                return inner
    return None


def _test(typed: Typed, event: n.Expr) -> Iterator[Limit]:
    """What a step says of events that were bound is worked out at each event: the whole of it can last, nothing in it
    can change or be followed. And it speaks of something that messages bring."""
    facts = (typed.facts.get(node) for node in walk(event))
    if not any(fact is not None and isinstance(fact.reference, NEWS) for fact in facts):
        yield event.span, "a step that speaks of nothing that is new"
        return
    lasting = _lasting_of(event)
    followed = list(_followed(typed, event, lasting))
    if followed:
        yield from followed
        return
    if lasting is not None and _speaks(typed, lasting) is not None:
        momentary = _momentary(typed, lasting)
        if momentary is not None:
            yield momentary.span, "what is of a moment, beside an earlier step's value in what lasts,"
    for node in walk(event):
        if _is_lookup(typed, node) and _speaks(typed, node) is not None and looked_up(typed, node) is None:
            yield node.span, LOOKUP
            return
        if isinstance(node, n.Compare) and (versions := list(_not_a_number(typed, node))):
            yield from versions
            return
        if texts := list(_of_a_text(typed, node)):
            yield from texts
            return
        if _is_bound(typed, node) and typed.facts[node].type.name == "point":
            yield node.span, "the place of an earlier event in a condition"
            return


def _is_lookup(typed: Typed, node: n.Node) -> bool:
    fact = typed.facts.get(node) if isinstance(node, n.Member) else None
    return fact is not None and isinstance(fact.reference, ColumnRef)


def _is_bound(typed: Typed, node: n.Node) -> bool:
    fact = typed.facts.get(node)
    return fact is not None and isinstance(fact.reference, BoundRef)
