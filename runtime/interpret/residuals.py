"""What is left of a pattern: the parts that are still to come, and what may be waited for next.

What is left is a row of parts, the next first. `awaited` looks through it: every choice is made at once, in order of
preference, until an event or a silence stands in front, or nothing is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from ...compiler import plan as p


@dataclass(frozen=True)
class Round:
    """Behind a turn of a repetition: `done` turns were begun, this one when `events` events had been taken."""

    turns: p.Turns
    done: int
    events: int


@dataclass(frozen=True)
class Close:
    """Behind a part with ends: when (ns) its first event was; None before that."""

    ends: p.Ends
    began: int | None = None


Left = tuple[p.Part | Round | Close, ...]
"""What is left of a pattern, the next first; nothing is left of one that is complete."""


@dataclass(frozen=True)
class Guard:
    """A step that ends a wait: no such event may come before the one that is waited for. With `until` it is one only
    as long as this step was not met (a repetition that is over asks for nothing any more)."""

    step: int
    until: int | None = None


@dataclass(frozen=True)
class Awaited:
    """One of the things that may come next: what is left, with a `Take`, `Silence` or `Rest` in front, or nothing."""

    left: Left
    guards: frozenset[Guard] = frozenset()


def awaited(left: Left, events: int) -> list[Awaited]:
    """What may come next, in order of preference, each once; `events` is how many were taken so far."""
    return list(dict.fromkeys(_awaited(left, events)))


def _awaited(left: Left, events: int) -> Iterator[Awaited]:
    if not left:
        yield Awaited(())
        return
    head, rest = left[0], left[1:]
    match head:
        case p.Take() | p.Silence() | p.Rest():
            yield Awaited(left)
        case p.Without(step):
            yield from _guarded(awaited(rest, events), {Guard(step)})
        case p.Row(parts):
            yield from _awaited((*parts, *rest), events)
        case p.AnyOf(parts):
            for part in parts:
                yield from _awaited((part, *rest), events)
        case p.AllOf(parts):
            for place, part in enumerate(parts):
                others = parts[:place] + parts[place + 1 :]
                further = (p.AllOf(others),) if others else ()
                yield from _awaited((part, *further, *rest), events)
        case p.Ends(of):
            yield from _awaited((of, Close(head), *rest), events)
        case Close():
            yield from _awaited(rest, events)
        case p.Turns():
            yield from _turns(head, 0, rest, events)
        case Round(turns, done, at) if at == events and done <= turns.at_least:
            # A turn that took nothing: so could all that are still to come.
            yield from _awaited(rest, events)
        case Round(turns, done, at):
            if at < events:
                yield from _turns(turns, done, rest, events)
        case _:
            assert_never(head)


def _turns(turns: p.Turns, done: int, rest: Left, events: int) -> Iterator[Awaited]:
    """A further turn, or what follows; the turns first, unless as few as will do are asked for."""
    may_leave = done >= turns.at_least
    behind = awaited(rest, events) if may_leave else []
    further: list[Awaited] = []
    if turns.at_most is None or done < turns.at_most:
        further = awaited((turns.of, Round(turns, done + 1, events), *rest), events)
        further = _guarded(further, set() if turns.until is None else {Guard(turns.until)})
    if turns.mode == "lazy" and may_leave:
        # Who waits for a further turn gives way to what follows; where nothing must follow, at once.
        complete = any(not one.left for one in behind)
        yield from behind
        yield from () if complete else _guarded(further, {Guard(step) for step in _steps(behind)})
        return
    if turns.mode == "greedy":
        # Who went on gives way to a further turn.
        behind = _guarded(behind, {Guard(step, turns.until) for step in _steps(awaited((turns.of,), events))})
    yield from further
    yield from behind


def _guarded(found: list[Awaited], guards: set[Guard]) -> list[Awaited]:
    return [replace(one, guards=one.guards | guards) for one in found]


def _steps(found: list[Awaited]) -> set[int]:
    """The events among what may come next."""
    return {one.left[0].step for one in found if one.left and isinstance(one.left[0], p.Take)}


def begun(left: Left, time: int) -> Left:
    """What is left when an event was taken: the parts that are under way have begun, at this event if not before."""
    return tuple(replace(one, began=time) if isinstance(one, Close) and one.began is None else one for one in left)
