"""What must be true of a pattern in a plan: its parts, steps, tests and bounds speak of what there is."""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from ..stdlib.catalogue import SCALARS
from .plan import (
    AllOf,
    AnyOf,
    Apply,
    Bound,
    Ends,
    Part,
    Pattern,
    PatternStep,
    PushBound,
    PushConstant,
    PushInput,
    Rest,
    Row,
    Rule,
    Silence,
    Take,
    Term,
    Timeline,
    Turns,
    Without,
)

STEPS_MAX = 60
"""How many steps a pattern has, those of `unless` and `until` counted: what an instant meets is bits of one number."""


def pattern_faults(pattern: Pattern, inputs: int, timeline: Timeline) -> Iterator[str]:
    """What is wrong with a pattern that has so many inputs and is on this timeline."""
    if not timeline.settled:
        yield "it is not on a settled timeline"
    if not 0 < len(pattern.steps) <= STEPS_MAX:
        yield f"it has {len(pattern.steps)} steps"
    if pattern.threads_max < 1 or pattern.events_max < 1:
        yield "it has no room for what has begun"
    for number, step in enumerate(pattern.steps):
        yield from (f"step {number} {fault}" for fault in _step(step, pattern, inputs))
    for place, bound in enumerate(pattern.bounds):
        if not _within(bound.steps, len(pattern.steps)) or not bound.steps:
            yield "it keeps something of a step that it does not have"
        if (bound.value is None and bound.how != "count") or not _within(_given(bound.value), inputs):
            yield "it keeps a value of an input that it does not have"
        if not _follows(place, bound, pattern):
            yield "it keeps a value without the one before it"
    if not _within(pattern.skip_to, len(pattern.steps)) or bool(pattern.skip_to) != pattern.skip.startswith("to"):
        yield "it goes on at a step that it does not have"
    yield from _part(pattern.body, len(pattern.steps), within=False)
    if any(isinstance(first, Silence | Rest | Without) for first in firsts(pattern.body)):
        yield "it begins with a silence"


def firsts(part: Part) -> Iterator[Part]:
    """What a part can begin with, and what comes first where that is passed over."""
    match part:
        case Take() | Silence() | Rest() | Without():
            yield part
        case Row(parts):
            for one in parts:
                yield from firsts(one)
                if not empty(one):
                    return
        case AllOf(parts) | AnyOf(parts):
            for one in parts:
                yield from firsts(one)
        case Turns(of) | Ends(of):
            yield from firsts(of)
        case _:
            assert_never(part)


def empty(part: Part) -> bool:
    """Whether a part can be passed over."""
    match part:
        case Take() | Silence() | Rest() | Without():
            return False
        case Row(parts) | AllOf(parts):
            return all(empty(one) for one in parts)
        case AnyOf(parts):
            return any(empty(one) for one in parts)
        case Turns(of, least):
            return least == 0 or empty(of)
        case Ends(of):
            return empty(of)
        case _:
            assert_never(part)


def _follows(place: int, bound: Bound, pattern: Pattern) -> bool:
    """Whether the value before the n-th one, where that is made of it, is kept, and stands behind it."""
    if bound.how not in ("last", "nth", "when"):
        return bound.nth >= 0
    least = 0 if bound.how == "last" else 1
    return bound.nth == least or (bound.nth > least and replace(bound, nth=bound.nth - 1) in pattern.bounds[place:])


def _within(numbers: tuple[int, ...], count: int) -> bool:
    return all(0 <= number < count for number in numbers)


def _given(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)


def _step(step: PatternStep, pattern: Pattern, inputs: int) -> Iterator[str]:
    if not step.updates:
        yield "is met by no update"
    if not _within((*step.updates, *_given(step.condition)), inputs):
        yield "names an input that the pattern does not have"
    if step.condition is None and not step.test:
        yield "asks for nothing"
    if step.lasting_ns is not None and (step.condition is not None or not step.test or step.lasting_ns <= 0):
        yield "asks for nothing that lasts"
    if step.test and not _stands(step.test, len(pattern.bounds), inputs):
        yield "has a test that cannot be worked out"


def until_faults(rule: Rule, inputs: int) -> Iterator[str]:
    """What is wrong with the test of a rule's `until` that has so many inputs."""
    asked = rule.until_test
    assert asked is not None
    if not rule.has_until or not rule.momentary_when:
        yield "it keeps something of a match, but has no `until` or no event"
    if not 0 < asked.kept < inputs or not _stands(asked.terms, asked.kept, inputs):
        yield "its `until` cannot be worked out"
    if asked.lasting_ns is not None and asked.lasting_ns <= 0:
        yield "its `until` lasts for no time"


def _stands(test: tuple[Term, ...], bounds: int, inputs: int) -> bool:
    """Whether postfix terms leave one answer, and name what there is."""
    depth = 0
    for term in test:
        match term:
            case PushInput(number):
                fits = 0 <= number < inputs
                depth += 1
            case PushBound(number):
                fits = 0 <= number < bounds
                depth += 1
            case PushConstant():
                fits = True
                depth += 1
            case Apply(function, arguments):
                fits = function in SCALARS and 0 < arguments <= depth
                depth += 1 - arguments
            case _:
                assert_never(term)
        if not fits:
            return False
    return depth == 1


def _part(part: Part, steps: int, *, within: bool) -> Iterator[str]:
    """`within`: something around it has an end in time."""
    match part:
        case Take(step) | Silence(step) | Without(step) | Rest(step):
            if not 0 <= step < steps:
                yield "it waits for a step that it does not have"
            if isinstance(part, Silence) and part.duration_ns <= 0:
                yield "a silence has no length"
            if isinstance(part, Rest) and not within:
                yield "an absence at its end has no end"
        case Row(parts) | AllOf(parts) | AnyOf(parts):
            if not parts:
                yield "a part of it is empty"
            for one in parts:
                yield from _part(one, steps, within=within)
        case Turns(of, least, most, _, until):
            if least < 0 or (most is not None and most < max(1, least)) or not _within(_given(until), steps):
                yield "a repetition makes no sense"
            yield from _part(of, steps, within=within)
        case Ends(of, unless, within_ns):
            if not _within(_given(unless), steps) or (within_ns is not None and within_ns <= 0):
                yield "the ends of a part make no sense"
            yield from _part(of, steps, within=within or within_ns is not None)
        case _:
            assert_never(part)
