"""Families at work: many nodes of one shape, run as one (`runtime.lanes`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...stdlib.column import Column, Mask
from ..flow import Flow, Sparse, truth
from ..frame import Frame, Instants, Rows, union
from ..kernels.conjunctions import conjunctions
from ..lanes import NO_LANES, Changes, Lane, Lanes, column_of, together
from .elementwise import MapOperator, full
from .lasting import Lasted, Lasting
from .outputs import ActionOperator, act
from .rules import LifeFlow, Lives, RuleOperator
from .thresholds import ThresholdFlow, ThresholdOperator
from .truths import HoldsOperator


@dataclass(frozen=True, slots=True)
class Source:
    """Where the lanes of a family have one of their inputs: which lane of another family each looks at."""

    family: str
    lanes: Rows

    def changes(self, given: Changes, news: bool = False) -> Lanes:
        return given.pick(self.lanes, news)


class Family(ABC):
    """Nodes that differ in their constants alone. `sources` are their inputs in other families, `shared` the nodes that
    all of them have in common. What a run gives is looked at by other families, or one lane at a time as a flow."""

    def __init__(self, sources: Sequence[Source], shared: Sequence[str]) -> None:
        self.sources = sources
        self.shared = shared

    @abstractmethod
    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> Any:
        """What they give during this batch; `given` is what the families of the sources do."""

    @abstractmethod
    def flow(self, frame: Frame, given: Any, lane: int) -> Any:
        """What one of them gives, out of what all do."""

    def concerned(self, given: Any) -> set[int]:
        """The lanes at which something happened."""
        return set(np.unique(given.lane).tolist())


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparisons of a number with constants."""

    family: "ThresholdFamily"
    flow: ThresholdFlow

    def pick(self, which: Rows, news: bool = False) -> Lanes:
        return self.flow.changes(self.family.cuts[which], self.family.above[which], news)

    def truths(self, lanes: Rows | Lane, instants: Instants, at: Rows) -> Column:
        """What lanes are at some of the instants, whether they changed there or not."""
        column = full(self.flow.number.at(instants), len(instants))
        values = column.values[at] > self.family.bounds[lanes]
        return Column(values == self.family.above[lanes], None if column.known is None else column.known[at])


class ThresholdFamily(Family):
    def __init__(self, shared: Sequence[str], operators: Sequence[ThresholdOperator]) -> None:
        super().__init__((), shared)
        self.operators = operators
        self.cuts: Rows = np.array([o.cut for o in operators], dtype=np.int64)
        self.bounds = np.array([o.bound for o in operators])
        self.above: Mask = np.array([o.above for o in operators], dtype=np.bool_)

    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> Compared:
        return Compared(self, shared[0])

    def flow(self, frame: Frame, given: Compared, lane: int) -> Flow:
        return self.operators[lane].run(frame, [given.flow])

    def concerned(self, given: Compared) -> set[int]:
        return set(np.unique(given.pick(np.arange(len(self.cuts))).lane).tolist())


@dataclass(frozen=True)
class Decided:
    """Logic of comparisons: where one of its inputs changed, or only the `news` of that (`Changes`), and what it is
    anywhere."""

    family: "LogicFamily"
    given: Sequence[Any]
    tell: Callable[[], Lanes]
    tell_news: Callable[[], Lanes] | None = None

    @cached_property
    def lanes(self) -> Lanes:
        return self.tell()

    @cached_property
    def news(self) -> Lanes:
        return self.lanes if self.tell_news is None else self.tell_news()

    @property
    def lane(self) -> Lane:
        return self.lanes.lane

    def pick(self, which: Rows, news: bool = False) -> Lanes:
        return (self.news if news else self.lanes).pick(which)

    def truths(self, lanes: Rows | Lane, instants: Instants, at: Rows) -> Column:
        inputs = [
            given.truths(source.lanes[lanes], instants, at)
            for source, given in zip(self.family.sources, self.given, strict=True)
        ]
        return full(self.family.operator.apply(inputs), len(at))


class LogicFamily(Family):
    def __init__(self, sources: Sequence[Source], operators: Sequence[MapOperator]) -> None:
        super().__init__(sources, ())
        self.operator = operators[0]

    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> Decided:
        changes = NO_LANES
        for source, of in zip(self.sources, given, strict=True):
            more = source.changes(of)
            changes = more if len(changes) == 0 else changes if len(more) == 0 else together(changes, more)[0]

        def tell() -> Lanes:
            if len(changes) == 0:
                return changes
            column = decided.truths(changes.lane, changes.instants, changes.at)
            return Lanes(changes.instants, changes.lane, changes.at, truth(column, len(changes)))

        decided = Decided(self, given, tell)
        return decided

    def flow(self, frame: Frame, given: Decided, lane: int) -> Flow:
        lanes = given.lanes
        span = lanes.span(lane)

        def look(at: Instants) -> Column:
            count = len(at)
            return given.truths(np.full(count, lane), at, np.arange(count))

        return Sparse(frame, lanes.instants.take(lanes.at[span]), column_of(lanes.truth[span]), None, look=look)


class ConjunctionFamily(LogicFamily):
    """`and` of two comparisons each, of which only those are looked at that may change; and `or`: the opposite of the
    opposites' `and`."""

    def __init__(
        self, sources: Sequence[Source], operators: Sequence[MapOperator], of: Sequence[ThresholdFamily]
    ) -> None:
        super().__init__(sources, operators)
        self.opposite = self.operator.function == "or_"
        self.cuts = np.array([family.cuts[source.lanes] for family, source in zip(of, sources, strict=True)])
        above = np.array([family.above[source.lanes] for family, source in zip(of, sources, strict=True)])
        self.above = above != self.opposite
        # Those that are true below their cut, in the order of the cuts, then those that are true above it.
        self.order = np.array([np.lexsort(both) for both in zip(self.cuts, self.above, strict=True)])
        self.split = np.count_nonzero(~self.above, axis=1)

    def run(self, frame: Frame, given: Sequence[Compared], shared: Sequence[Any]) -> Decided:
        flows = [compared.flow for compared in given]
        if not any(len(flow.instants) for flow in flows):
            return Decided(self, given, lambda: NO_LANES)
        instants, places = union([flow.instants for flow in flows])
        after = np.array([flow.ranks(instants) for flow in flows])
        before = after.copy()
        for side, (flow, at) in enumerate(zip(flows, places, strict=True)):
            before[side, at] = flow.before

        def told(news: bool) -> Lanes:
            walk = partial(
                conjunctions, before, after, self.cuts, self.above, self.order, self.split, self.opposite, news
            )
            counts = np.zeros(self.cuts.shape[1], dtype=np.int64)
            walk(counts, NO_LANES.lane, NO_LANES.at, NO_LANES.truth)
            size = int(counts.sum())
            lanes = Lanes(instants, np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int8))
            if size:
                walk(np.cumsum(counts) - counts, lanes.lane, lanes.at, lanes.truth)
            return lanes

        return Decided(self, given, partial(told, False), partial(told, True))


class HoldsFamily(Family):
    def __init__(self, sources: Sequence[Source], operators: Sequence[HoldsOperator]) -> None:
        super().__init__(sources, ())
        self.lasting = Lasting([o.duration for o in operators])
        for lane, operator in enumerate(operators):
            operator.lasting, operator.lane = self.lasting, lane

    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> Lasted:
        return self.lasting.run(frame, self.sources[0].changes(given[0]))

    def flow(self, frame: Frame, given: Lasted, lane: int) -> Flow:
        return given.flow(frame, lane)

    def concerned(self, given: Lasted) -> set[int]:
        return set(np.unique(given.lanes.lane).tolist())


class RuleFamily(Family):
    def __init__(self, sources: Sequence[Source], operators: Sequence[RuleOperator]) -> None:
        super().__init__(sources, ())
        first = operators[0]
        rules, places = [o.rule for o in operators], [o.place for o in operators]
        self.lives = Lives(first.setting, rules, first.timeline, places)
        for lane, operator in enumerate(operators):
            operator.lives, operator.lane = self.lives, lane

    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> LifeFlow:
        when = self.sources[0].changes(given[0], news=True)
        until = self.sources[1].changes(given[1]) if len(self.sources) > 1 else None
        return self.lives.run(frame, when, until)

    def flow(self, frame: Frame, given: LifeFlow, lane: int) -> LifeFlow:
        return given.of(lane)


class ActionFamily(Family):
    """Not more than one action of each rule of a family."""

    def __init__(
        self, sources: Sequence[Source], shared: Sequence[str], operators: Sequence[ActionOperator], rules: int
    ) -> None:
        super().__init__(sources, shared)
        self.operators = operators
        self.action_of = np.full(rules, -1)
        self.action_of[sources[0].lanes] = np.arange(len(operators))

    def run(self, frame: Frame, given: Sequence[Any], shared: Sequence[Any]) -> None:
        act(frame, self.operators, given[0], shared, self.action_of)

    def flow(self, frame: Frame, given: Any, lane: int) -> None:
        return None

    def concerned(self, given: Any) -> set[int]:
        return set()
