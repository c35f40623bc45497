"""The small steps of a pattern: what has begun of it, and what becomes of that at an instant (docs/meaning.md)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from ...compiler import plan as p
from ...stdlib.function import Value
from .leaves import applied
from .residuals import Awaited, Close, Guard, Left, awaited, begun


@dataclass(frozen=True)
class View:
    """What a pattern sees of an instant: its inputs' values, which of them are updated, and the instant's number."""

    values: Mapping[int, Value]
    updated: frozenset[int]
    time: int
    number: int
    timer: bool = False


@dataclass(frozen=True)
class Event:
    """An event that was taken: at which step, and what it was."""

    step: int
    view: View


@dataclass(frozen=True)
class Lasting:
    """Since when (ns) what a step asks has been true for a thread; the number of the instant at which that was long
    enough, None before."""

    since: int
    lasted: int | None = None


@dataclass(frozen=True)
class Thread:
    """What has begun of a pattern: `left` of it, and what it has taken. It waits since `since` (ns). `lasting`: what
    is true of that which must last, by step."""

    left: Left
    guards: frozenset[Guard]
    since: int
    events: tuple[Event, ...] = ()
    lasting: Mapping[int, Lasting] = field(default_factory=dict)

    @property
    def began(self) -> int:
        """The number of the instant of its first event."""
        return self.events[0].view.number

    @property
    def complete(self) -> bool:
        return not self.left

    def ends(self) -> list[Close]:
        """The parts with ends that have begun, innermost first."""
        return [one for one in self.left if isinstance(one, Close) and one.began is not None]

    def expiry(self) -> int | None:
        """When (ns) the first `within` runs out."""
        times = [_over(close) for close in self.ends()]
        return min((time for time in times if time is not None), default=None)

    def over(self) -> int | None:
        """When (ns) the silence is over that it waits for, if it does."""
        match self.left[0] if self.left else None:
            case p.Silence(_, duration):
                return self.since + duration
            case p.Rest():
                return _over(next(c for c in self.left if isinstance(c, Close) and c.ends.within_ns is not None))
            case _:
                return None

    def bound(self, bound: p.Bound) -> Value:
        """What it has bound so far."""
        return bound_value(bound, [e.view for e in self.events if e.step in bound.steps])

    def has_bound(self, pattern: p.Pattern) -> Callable[[int], Value]:
        """What it has bound so far, by its place among the pattern's `bounds`."""
        return lambda place: self.bound(pattern.bounds[place])


def _over(close: Close) -> int | None:
    """When (ns) the `within` of a part is over that has begun."""
    return None if close.began is None or close.ends.within_ns is None else close.began + close.ends.within_ns


def bound_value(bound: p.Bound, views: Sequence[View]) -> Value:
    """What is known of the events taken at some steps, in the order they came."""
    if bound.value is None:
        return float(len(views))
    values = [view.values.get(bound.value) for view in views]
    known: list[Any] = [value for value in values if value is not None]
    match bound.how:
        case "count":
            return float(len(known))
        case "true":
            return float(sum(value is True for value in known))
        case "first":
            return values[bound.nth] if len(values) > bound.nth else None
        case "last":
            return values[-1 - bound.nth] if len(values) > bound.nth else None
        case "min":
            return min(known, default=None)
        case "max":
            return max(known, default=None)
        case "sum":
            return _sum(known) if known else None
        case "nth":
            return known[bound.nth - 1] if len(known) >= bound.nth else None
        case "when":
            times = [view.time for view, value in zip(views, values, strict=True) if value is not None]
            return times[bound.nth - 1] if len(times) >= bound.nth else None
        case _:
            assert_never(bound.how)


def _sum(numbers: Sequence[float]) -> float:
    """One after another: the order is part of the meaning, to the last bit."""
    total = 0.0
    for number in numbers:
        total += number
    return total


@dataclass
class Match:
    """A match: the events it bound, and its values."""

    events: tuple[Event, ...]
    values: tuple[Value, ...]

    def shown(self, pattern: p.Pattern) -> tuple[tuple[str, int], ...]:
        """The events by the names of their steps, with their times."""
        return tuple((pattern.steps[event.step].name, event.view.time) for event in self.events)


@dataclass
class Threads:
    """All that has begun of a pattern for one key, oldest first; and what the last instant brought."""

    pattern: p.Pattern
    threads: list[Thread] = field(default_factory=list)
    matched: set[int] = field(default_factory=set)
    """The numbers of the instants with which matches began, of which something is still under way."""
    dropped: int = 0
    lasting: tuple[int, ...] = field(init=False)
    """The steps that must last."""

    def __post_init__(self) -> None:
        self.lasting = tuple(i for i, step in enumerate(self.pattern.steps) if step.lasting_ns is not None)

    @property
    def due(self) -> int | None:
        times = [t for one in self.threads for t in (one.over(), one.expiry(), self._lasts(one)) if t is not None]
        return min(times, default=None)

    def look(self, view: View) -> tuple[list[Match], list[Match]]:
        """One instant: the matches it completes, and what ran out of time with it."""
        before = [one for one in self.threads if (expiry := one.expiry()) is None or view.time <= expiry]
        self.threads, expired = [], []
        for one in before:
            for after in self._advanced(one, view):
                if view.timer and after.expiry() == view.time:
                    expired.append(after)
                else:
                    self.threads.append(after)
        self.threads += self._beginning(view)
        matches = self._matches()
        gone = self._gone(expired)
        self.matched &= {one.began for one in self.threads}
        return matches, gone

    # --- What a thread does ------------------------------------------------------------------------------------------

    def _advanced(self, one: Thread, view: View) -> list[Thread]:
        """What becomes of a thread: nothing if it ends, itself if it waits on, what it splits into if it goes on."""
        if one.complete:
            return [one]
        one = self._lasted(self._looked(one, view), view)
        one = replace(one, guards=self._guarding(one, view))
        unless = {close.ends.unless for close in one.ends()} | {guard.step for guard in one.guards}
        if any(self.meets(step, one, view) for step in unless if step is not None):
            return []
        awaits = one.left[0]
        assert isinstance(awaits, p.Take | p.Silence | p.Rest)
        meets = self.meets(awaits.step, one, view)
        if isinstance(awaits, p.Take):
            if meets:
                return self._taken(one, view) + ([one] if awaits.link == "each" else [])
            return [] if awaits.link == "next" and self._updates(awaits.step, view) else [one]
        if meets:
            return []
        over = one.over()
        if over is not None and view.timer and over <= view.time:
            return self._split(replace(one, left=one.left[1:], since=over))
        return [one]

    def _guarding(self, one: Thread, view: View) -> frozenset[Guard]:
        """The guards that are still such."""
        return frozenset(g for g in one.guards if g.until is None or not self.meets(g.until, one, view))

    def _taken(self, one: Thread, view: View) -> list[Thread]:
        """A thread takes an event: it has bound one more, and what guarded the wait is over."""
        (awaits, *rest) = one.left
        assert isinstance(awaits, p.Take)
        events = (*one.events, Event(awaits.step, view))
        if len(events) > self.pattern.events_max:
            self.dropped += 1
            return []
        left = begun(tuple(rest), view.time)
        taken = Thread(left, frozenset(), view.time, events, one.lasting)
        return self._split(self._looked(taken, view, taken=True))

    def _split(self, one: Thread) -> list[Thread]:
        """One thread for each thing that may come next, in order of preference."""
        found = awaited(one.left, len(one.events))
        return [replace(one, left=next_.left, guards=one.guards | next_.guards) for next_ in found]

    def _beginning(self, view: View) -> list[Thread]:
        """What begins with this instant."""
        found: list[Thread] = []
        for first in _first(self.pattern):
            one = Thread(first.left, first.guards, view.time)
            awaits = one.left[0]
            assert isinstance(awaits, p.Take)
            guarded = any(self.meets(guard.step, one, view) for guard in self._guarding(one, view))
            if not guarded and self.meets(awaits.step, one, view):
                found += self._taken(one, view)
        return found

    # --- What must last ----------------------------------------------------------------------------------------------

    def _looked(self, one: Thread, view: View, *, taken: bool = False) -> Thread:
        """A thread that has looked at what must last: where that is updated, and when it has `taken` an event."""
        looked = [step for step in self.lasting if taken or self._updates(step, view)]
        if not looked:
            return one
        lasting = dict(one.lasting)
        for step in looked:
            if self._answer(step, one, view) is True:
                lasting.setdefault(step, Lasting(view.time))
            else:
                lasting.pop(step, None)
        return replace(one, lasting=lasting)

    def _lasted(self, one: Thread, view: View) -> Thread:
        """A thread, with what has lasted long enough at a timer instant."""
        due = [step for step, time in self._due_of(one) if view.timer and time <= view.time]
        now = {step: replace(one.lasting[step], lasted=view.number) for step in due}
        return replace(one, lasting={**one.lasting, **now}) if now else one

    def _lasts(self, one: Thread) -> int | None:
        """When (ns) the first of what must last has lasted long enough."""
        return None if one.complete else min((time for _, time in self._due_of(one)), default=None)

    def _due_of(self, one: Thread) -> Iterator[tuple[int, int]]:
        """What is true for a thread and has not lasted yet, by step, and when (ns) it will have."""
        for step, lasting in one.lasting.items():
            duration = self.pattern.steps[step].lasting_ns
            assert duration is not None
            if lasting.lasted is None:
                yield step, lasting.since + duration

    # --- Meeting a step ----------------------------------------------------------------------------------------------

    def _updates(self, step: int, view: View) -> bool:
        return any(i in view.updated for i in self.pattern.steps[step].updates)

    def meets(self, step: int, one: Thread, view: View) -> bool:
        """Whether an instant meets a step, for a thread with what it has bound."""
        asked = self.pattern.steps[step]
        if asked.lasting_ns is not None:
            return step in one.lasting and one.lasting[step].lasted == view.number
        if not self._updates(step, view):
            return False
        if asked.condition is not None and view.values.get(asked.condition) is not True:
            return False
        return not asked.test or self._answer(step, one, view) is True

    def _answer(self, step: int, one: Thread, view: View) -> Value:
        """What a step's test comes to for a thread."""
        return answer(self.pattern.steps[step].test, view.values, one.has_bound(self.pattern))

    # --- Matches -----------------------------------------------------------------------------------------------------

    def _matches(self) -> list[Match]:
        """The matches of this instant; each drops what began before the point at which the search goes on."""
        matches: list[Match] = []
        while True:
            while (place := self._next_match()) is not None:
                one = self.threads.pop(place)
                matches.append(self._match(one))
                self.matched.add(one.began)
                point = self._point(one)
                if point is not None:
                    self.threads = [other for other in self.threads if other.began >= point]
            if not (self._bounded() and self.pattern.longest):
                return matches

    def _next_match(self) -> int | None:
        """The first complete thread; where the longest counts, only if it stands before all that go on."""
        found = next((place for place, one in enumerate(self.threads) if one.complete), None)
        return None if self.pattern.longest and found else found

    def _match(self, one: Thread) -> Match:
        return Match(one.events, tuple(one.bound(bound) for bound in self.pattern.bounds))

    def _point(self, match: Thread) -> int | None:
        """The number of the instant at which the search goes on."""
        numbers = [e.view.number for e in match.events if e.step in self.pattern.skip_to]
        match self.pattern.skip:
            case "none":
                return None
            case "next":
                return match.began + 1
            case "past last":
                return match.events[-1].view.number + 1
            case "to first":
                return numbers[0] if numbers else None
            case "to last":
                return numbers[-1] if numbers else None
            case _:
                assert_never(self.pattern.skip)

    def _bounded(self) -> bool:
        """Keep the newest of those that wait for the same step, where the others cannot matter; drop the oldest of too
        many, and say whether there were."""
        if self.pattern.newest_only:
            newest = {one.left[0]: one for one in self.threads}
            self.threads = [one for one in self.threads if newest[one.left[0]] is one]
        over = max(0, len(self.threads) - self.pattern.threads_max)
        del self.threads[:over]
        self.dropped += over
        return over > 0

    def _gone(self, expired: list[Thread]) -> list[Match]:
        """Of what ran out of time that of which nothing else is under way, and which never matched."""
        alive = {one.began for one in self.threads} | self.matched
        return [self._match(one) for one in expired if one.began not in alive]


def answer(test: Sequence[p.Term], values: Mapping[int, Value], bound: Callable[[int], Value]) -> Value:
    """What postfix terms come to, by the values of inputs and what is bound."""
    stack: list[Value] = []
    for term in test:
        match term:
            case p.PushInput(i):
                stack.append(values.get(i))
            case p.PushBound(place):
                stack.append(bound(place))
            case p.PushConstant(value):
                stack.append(value)
            case p.Apply(function, count):
                arguments = stack[len(stack) - count :]
                stack[len(stack) - count :] = [applied(function, arguments)]
            case _:
                assert_never(term)
    (found,) = stack
    return found


def _first(pattern: p.Pattern) -> list[Awaited]:
    """What it can begin with; of no event at all is no match."""
    return [first for first in awaited((pattern.body,), 0) if first.left]
