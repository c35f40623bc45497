"""Attempts at a pattern: how far each came, what ended it, and how near the step it waited for was until then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ...compiler import plan as p
from ...stdlib.function import Value
from ..interpret.instance import Instance
from ..interpret.matching import MatchingState
from ..interpret.threads import Thread, View, answer

Ending = Literal["unless", "within", "match", "newer", "other"]
"""What ended an attempt: `unless`, the time that it has, that the pattern matched, that too many began after it, or
what came while it waited."""

COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


@dataclass(frozen=True, slots=True)
class Try:
    """An instant at which an awaited step was compared with earlier ones: what was now, and what it was held against.

    `place` is the number of the comparison among the step's.
    """

    time: int
    step: int
    place: int
    now: Value
    then: Value
    passes: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A part of a step's test that compares: both sides as terms, and the input of the left one, if it is one."""

    left: tuple[p.Term, ...]
    right: tuple[p.Term, ...]
    whole: tuple[p.Term, ...]
    input: int | None


@dataclass
class Attempt:
    """What an instant began, by the thread that came farthest. `reached`: when each event was taken; `ended` None: it
    still waits."""

    number: int
    reached: list[int]
    awaits: int | None
    tries: list[Try] = field(default_factory=list)
    ended: int | None = None
    ending: Ending | None = None

    @property
    def began(self) -> int:
        return self.reached[0]


@dataclass
class Attempts:
    """All attempts at one pattern, for one key; told of each instant after it."""

    node: p.PlanNode
    all: list[Attempt] = field(default_factory=list)
    threads: tuple[Thread, ...] = ()
    """What was under way after the instant before."""
    _truths: dict[tuple[int, int], bool] = field(default_factory=dict)

    @property
    def pattern(self) -> p.Pattern:
        assert isinstance(self.node.operator, p.Pattern)
        return self.node.operator

    def observe(self, here: Instance, time: int, offset: int) -> None:
        """Take in an instant; `offset` is what the interpreter's times are later than those kept here."""
        state: MatchingState = here.states[self.node.id]
        for view in state.views:
            for thread in self.threads:
                self._try(thread, view, time)
        living = {one.began for one in state.threads.threads}
        matched = {match.events[0].view.number for match in state.matches}
        for attempt in self.all:
            if attempt.ended is None and attempt.number not in living:
                attempt.ended, attempt.ending = self._ending(attempt, state, matched, time, offset)
        known = {attempt.number: attempt for attempt in self.all}
        found = [(one.events, _awaited(one)) for one in state.threads.threads]
        found += [(match.events, None) for match in state.matches]
        for events, awaits in found:
            number = events[0].view.number
            reached = [event.view.time - offset for event in events]
            if number not in known:
                known[number] = Attempt(number, reached, None)
                self.all.append(known[number])
            if number in living:
                known[number].awaits = awaits
            if len(reached) > len(known[number].reached):
                known[number].reached = reached
            if number in matched and known[number].ended is None and number not in living:
                known[number].ended, known[number].ending = time, "match"
        self.threads = tuple(state.threads.threads)

    def finish(self, end: int) -> None:
        """The test ends."""
        for attempt in self.all:
            expiry = self._expiry(attempt)
            if attempt.ended is None and expiry is not None and end > expiry:
                attempt.ended, attempt.ending = expiry, "within"

    def awaited(self, step: int, time: int) -> bool | None:
        """Whether a step that is compared with earlier ones was true at a time (of any attempt that waited for it)."""
        return self._truths.get((step, time))

    def _expiry(self, attempt: Attempt) -> int | None:
        within = within_ns(self.pattern)
        return None if within is None else attempt.began + within

    def _ending(
        self, attempt: Attempt, state: MatchingState, matched: set[int], time: int, offset: int
    ) -> tuple[int, Ending]:
        """When an attempt of which nothing lives any more ended, and why."""
        expiry = self._expiry(attempt)
        if expiry is not None and time >= expiry and attempt.number not in matched:
            return expiry, "within"
        unless = unless_step(self.pattern)
        threads = [one for one in self.threads if one.began == attempt.number]
        for view in state.views:
            if unless is not None and any(state.threads.meets(unless, one, view) for one in threads):
                return time, "unless"
        if state.matches:
            return time, "match"
        return time, "newer" if len(state.threads.threads) >= self.pattern.threads_max else "other"

    def _try(self, one: Thread, view: View, time: int) -> None:
        """Hold the step that a thread waits for against what it has bound."""
        step = _awaited(one)
        if step is None or not self.pattern.steps[step].test:
            return
        asked = self.pattern.steps[step]
        passed: list[bool] = []
        attempt = next(attempt for attempt in self.all if attempt.number == one.began)
        for place, comparison in enumerate(comparisons(asked.test)):
            has_bound = one.has_bound(self.pattern)
            now = answer(comparison.left, view.values, has_bound)
            then = answer(comparison.right, view.values, has_bound)
            passes = answer(comparison.whole, view.values, has_bound) is True
            passed.append(passes)
            updated = comparison.input is None or comparison.input in view.updated
            if now is not None and then is not None and updated:
                attempt.tries.append(Try(time, step, place, now, then, passes))
        if any(i in view.updated for i in asked.updates):
            true = all(passed) and (asked.condition is None or view.values.get(asked.condition) is True)
            self._truths[step, time] = true or self._truths.get((step, time), False)


def _awaited(one: Thread) -> int | None:
    """The step whose event a thread waits for."""
    return one.left[0].step if one.left and isinstance(one.left[0], p.Take) else None


def within_ns(pattern: p.Pattern) -> int | None:
    """The time that the whole of a pattern has."""
    return pattern.body.within_ns if isinstance(pattern.body, p.Ends) else None


def unless_step(pattern: p.Pattern) -> int | None:
    """The step that ends all that has begun."""
    return pattern.body.unless if isinstance(pattern.body, p.Ends) else None


def comparisons(test: Sequence[p.Term]) -> list[Comparison]:
    """The comparisons that a test joins by `and`, in the order of the text."""
    found: list[Comparison] = []
    pending = [tuple(test)]
    while pending:
        terms = pending.pop()
        match terms[-1]:
            case p.Apply("and_", 2):
                pending += reversed(_arguments(terms))
            case p.Apply(function, 2) if function in COMPARISONS:
                left, right = _arguments(terms)
                if any(isinstance(term, p.PushBound) for term in left):
                    left, right = right, left
                place = left[0].input if len(left) == 1 and isinstance(left[0], p.PushInput) else None
                found.append(Comparison(left, right, terms, place))
            case _:
                pass
    return found


def _arguments(terms: tuple[p.Term, ...]) -> list[tuple[p.Term, ...]]:
    """The arguments of the function that stands last."""
    last = terms[-1]
    assert isinstance(last, p.Apply)
    found: list[tuple[p.Term, ...]] = []
    end = len(terms) - 1
    for _ in range(last.arguments):
        start, needed = end, 1
        while needed:
            start -= 1
            term = terms[start]
            needed += (term.arguments if isinstance(term, p.Apply) else 0) - 1
        found.append(terms[start:end])
        end = start
    return found[::-1]
