"""Attempts at a pattern: how far each came, what ended it, and how near the step it waited for was until then."""

from dataclasses import dataclass, field
from typing import Literal

from ...compiler import plan as p
from ...stdlib.function import Value
from ..interpret.instance import Instance
from ..interpret.matching import COMPARISONS, PatternState

Ending = Literal["unless", "within", "match", "newer"]
"""What ended an attempt: `unless`, the time that it has, that the pattern matched, or that too many began after it."""


@dataclass(frozen=True, slots=True)
class Try:
    """An instant at which an awaited step was compared with earlier ones: what was now, and what it was held against.

    `place` is the number of the test among the step's.
    """

    time: int
    step: int
    place: int
    now: Value
    then: Value
    passes: bool


@dataclass
class Attempt:
    """What an instant of the first step began. `reached`: when each step was matched; `ended` None: it still waits."""

    reached: list[int]
    captured: dict[int, Value]
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
    waiting: list[Attempt] = field(default_factory=list)
    _truths: dict[tuple[int, int], bool] = field(default_factory=dict)

    @property
    def pattern(self) -> p.Pattern:
        assert isinstance(self.node.operator, p.Pattern)
        return self.node.operator

    def observe(self, here: Instance, time: int, offset: int) -> None:
        """Take in an instant; `offset` is what the interpreter's times are later than those kept here."""
        self._expire(time)
        state: PatternState = here.state(self.node, PatternState)
        now = {one.began - offset: one for one in state.partials}
        unless = None if self.pattern.unless is None else self.node.inputs[self.pattern.unless]
        ending: Ending = "newer"
        if unless in here.updated and here.value(unless) is True:
            ending = "unless"
        elif self.node.id in here.updated:
            ending = "match"
        for one in self.waiting:
            if ending != "unless":
                self._try(one, here, time)
            partial = now.pop(one.began, None)
            if partial is None:
                one.ended, one.ending = time, ending
            elif partial.matched > len(one.reached):
                one.reached.append(time)
                one.captured = dict(partial.captured)
        begun = [Attempt([began], dict(partial.captured)) for began, partial in now.items()]
        self.all += begun
        self.waiting = [one for one in self.waiting if one.ended is None] + begun

    def finish(self, end: int) -> None:
        """The test ends."""
        self._expire(end)

    def awaited(self, step: int, time: int) -> bool | None:
        """Whether a step that is compared with earlier ones was true at a time (of any attempt that waited for it)."""
        return self._truths.get((step, time))

    def _expire(self, time: int) -> None:
        within = self.pattern.within_ns
        for one in self.waiting if within is not None else ():
            assert within is not None
            if time > one.began + within:
                one.ended, one.ending = one.began + within, "within"
        self.waiting = [one for one in self.waiting if one.ended is None]

    def _try(self, one: Attempt, here: Instance, time: int) -> None:
        """Hold the step that an attempt waits for against what it has kept."""
        step = len(one.reached)
        tests, passed = self.pattern.steps[step].tests, list[bool]()
        for place, test in enumerate(tests):
            left = self.node.inputs[test.left]
            now, then = here.value(left), one.captured.get(test.capture)
            if now is None or then is None:
                passed.append(False)
                continue
            passed.append(COMPARISONS[test.comparison](now, then))
            if left in here.updated:
                one.tries.append(Try(time, step, place, now, then, passed[-1]))
        condition = self.pattern.steps[step].condition
        if any(self.node.inputs[test.left] in here.updated for test in tests):
            true = all(passed) and (condition is None or here.value(self.node.inputs[condition]) is True)
            self._truths[step, time] = true or self._truths.get((step, time), False)
