"""What of a pattern the runtime cannot execute: too many steps, and tests that nothing works out event by event."""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..dsl.source import Span
from ..stdlib.catalogue import STATEFUL
from .resolve import walk
from .typed import (
    BoundRef,
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

Limit = tuple[Span, str]
"""Where something stands, and what it is, in words that go before "cannot be executed yet"."""


def pattern_limits(typed: Typed, pattern: n.Pattern) -> list[Limit]:
    """What of a well-formed pattern does not run, each where it stands; nothing if it runs.

    Not about the expressions in it as such (`sent run`, a device's event): these are looked at wherever they stand.
    """
    found: list[Limit] = []
    steps = 0
    for node in walk(pattern):
        match node:
            case n.Step(event):
                steps += 1
                found.extend(_test(typed, event))
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


def _test(typed: Typed, event: n.Expr) -> Iterator[Limit]:
    """What a step says of events that were bound is worked out at each event: nothing in it can last or be followed.
    And it speaks of something that messages bring."""
    facts = (typed.facts.get(node) for node in walk(event))
    if not any(fact is not None and isinstance(fact.reference, NEWS) for fact in facts):
        yield event.span, "a step that speaks of nothing that is new"
        return
    for node in walk(event):
        lasting = isinstance(node, n.Holds | n.Becomes | n.Crosses) or (
            isinstance(node, n.Call) and node.function in STATEFUL
        )
        bound = next((inner for inner in walk(node) if _is_bound(typed, inner)), None) if lasting else None
        if bound is not None:
            yield bound.span, "an earlier step's value in what lasts or changes"
            return
    for node in walk(event):
        if _is_bound(typed, node) and typed.facts[node].type.name == "point":
            yield node.span, "the place of an earlier event in a condition"
            return


def _is_bound(typed: Typed, node: n.Node) -> bool:
    fact = typed.facts.get(node)
    return fact is not None and isinstance(fact.reference, BoundRef)
