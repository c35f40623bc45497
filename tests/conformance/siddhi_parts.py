"""What is asked of the parts of a query of Siddhi, before it is written."""

import re
from collections.abc import Iterator, Sequence

from headgate.tests.conformance.siddhi_query import Absent, Every, Logic, NotSaid, Part, Query, Row, State


def as_often_as_needed(parts: Sequence[Part]) -> tuple[Part, ...]:
    """What ends with a repetition is over when there were enough."""
    *others, last = parts
    if not isinstance(last, State) or last.least == last.most:
        return tuple(parts)
    if last.least == 0:
        return tuple(others) or tuple(parts)
    return (*others, State(last.name, last.stream, last.condition, last.least, last.least))


def steps_of_their_own(query: Query, state: State) -> int:
    """How many of the first events of a repetition are asked for by their number, beyond the first."""
    said = " ".join(conditions(query.body))
    asked = [int(index) for index in re.findall(rf"\b{state.name}\[(\d+)\]", said)]
    if not asked or max(asked) == 0:
        return 0
    if max(asked) >= state.least or re.search(rf"\b{state.name}\[", state.condition):
        raise NotSaid(f"{state.name}[{max(asked)}]")
    return max(asked) + 1


def waits(part: Part) -> bool:
    """Is there a silence of some length in it?"""
    match part:
        case Absent(ms=ms):
            return ms is not None
        case Every(of):
            return waits(of)
        case Logic(_, left, right):
            return waits(left) or waits(right)
        case Row(parts):
            return any(waits(one) for one in parts)
        case _:
            return False


def conditions(part: Part) -> Iterator[str]:
    match part:
        case State(condition=condition) | Absent(condition=condition):
            yield condition
        case Every(of):
            yield from conditions(of)
        case Logic(_, left, right):
            yield from (*conditions(left), *conditions(right))
        case Row(parts):
            for one in parts:
                yield from conditions(one)


def with_silence(part: Part) -> bool:
    """Is it a silence together with something else?"""
    return isinstance(part, Logic) and (isinstance(part.left, Absent) or isinstance(part.right, Absent))


def splits(part: Part) -> bool:
    """Are there several ways through it?"""
    match part:
        case State(least=least, most=most):
            return least != most
        case Logic(_, left, right):
            return not with_silence(part) or splits(left) or splits(right)
        case Every(of):
            return splits(of)
        case Row(parts):
            return any(splits(one) for one in parts)
        case _:
            return False


def boundaries(part: Part, strict: bool) -> list[tuple[str, str]]:
    """With which events (stream, condition) the wait for what comes first begins anew.

    A sequence that begins with a silence alone, without `every`, is over with what must not come.
    """
    match part:
        case Absent() if strict:
            return []
        case Absent(stream, condition, int()):
            return [(stream, condition)]
        case Every(Logic("and", Absent(ms=None), State(stream=stream, condition=condition))):
            return [(stream, condition)]
        case Every(Logic("and", State(stream=stream, condition=condition), Absent(ms=None))):
            return [(stream, condition)]
        case Every(of):
            return boundaries(of, strict=False)
        case Logic("and", left, right):
            return [*boundaries(left, strict=False), *boundaries(right, strict=False)]
        case Row(parts):
            return boundaries(parts[0], strict)
        case _:
            return []


def silence_and_event(part: Part) -> tuple[Absent, State] | None:
    """A silence and an event that have to be there both, in any order; of `every`, too."""
    match part:
        case Every(Logic() as of):
            return silence_and_event(of)
        case Logic("and", Absent(ms=int()) as silent, State() as state):
            return silent, state
        case Logic("and", State() as state, Absent(ms=int()) as silent):
            return silent, state
        case _:
            return None


def one_of(name: str, index: str | None, of: str, alone: int) -> str:
    """`e1[1].of`, `e1[last - 1].of`: what one of the events of a repetition had, whose first are steps of their own."""
    place = re.fullmatch(r"(\d+)|last(?:\s*-\s*(\d+))?", index or "last")
    if place is None:
        raise NotSaid(f"{name}[{index}]")
    if place[1] is not None:
        far = int(place[1]) - alone
        if far < 0:
            return f"last({name}__{place[1]}.{of})"
        return f"first({name}.{of}{f', after: {far}' if far else ''})"
    far = int(place[2] or 0)
    said = [f"last({name}.{of}{f', before: {far}' if far else ''})"]
    said += [
        f"(count({name}) == {taken} ? last({name}__{alone - 1 - far + taken}.{of}) : absent)"
        for taken in range(max(far - alone + 1, 0), far + 1)
    ]
    return f"({' else '.join(said)})"
