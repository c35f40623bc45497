"""What happened inside a program during a test, for one key: the truths and values of some of its nodes over time."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ...compiler import plan as p
from ...stdlib.function import Value
from ..interpret.instance import Instance, Instant
from .attempts import Attempts
from .executors import Input
from .observing import View
from .scenario import EPOCH


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of time (ns from the test's beginning) in which a value was the same; `end` None: to the end."""

    value: Value
    start: int
    end: int | None


@dataclass
class History:
    """The histories of nodes of one key: changes of values (of events: when they happened), and when updated.

    That a value goes stale is a change, but no update. `ending` says what happened at `end`.
    """

    key: tuple[str, ...] | None
    end: int
    changes: dict[str, list[tuple[int, Value]]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    attempts: dict[str, Attempts] = field(default_factory=dict)
    """At patterns, by node."""
    ending: str = "the test ended"

    def value(self, node: p.PlanNode, time: int) -> Value:
        """What a node was at a time, after all that happened then; of an event, whether it happened then."""
        if node.event:
            return any(moment == time for moment, _ in self.changes[node.id])
        found: Value = None
        for moment, value in self.changes[node.id]:
            if moment > time:
                break
            found = value
        return found

    def known(self, node: p.PlanNode) -> list[tuple[int, Value]]:
        """When a node took which value, without absence."""
        return [(time, value) for time, value in self.changes[node.id] if value is not None]

    def runs(self, node: p.PlanNode) -> list[Run]:
        """The stretches of time in which a node's value was the same."""
        changes = self.changes[node.id]
        ends: list[int | None] = [time for time, _ in changes[1:]]
        return [Run(value, time, end) for (time, value), end in zip(changes, [*ends, None], strict=False)]

    def true_times(self, node: p.PlanNode) -> list[int]:
        """When a node became true, or happened."""
        return [time for time, value in self.changes[node.id] if value is True]

    def gaps(self, node: p.PlanNode) -> list[tuple[int, int]]:
        """From each update of a node to the next, and from the last to the end."""
        return list(pairwise([*self.updates[node.id], self.end])) if self.updates[node.id] else []

    def between(self, after: int, until: int) -> "History":
        """What happened after a time, until another; what was so before still counts as known at the first."""
        part = History(self.key, until, ending=self.ending)
        for node, changes in self.changes.items():
            before = [value for time, value in changes if time <= after]
            begin = [(after, before[-1])] if before else []
            part.changes[node] = [*begin, *((time, value) for time, value in changes if after < time <= until)]
        for node, updates in self.updates.items():
            part.updates[node] = [time for time in updates if after < time <= until]
        return part


def history_of(
    view: View,
    inputs: Sequence[Input],
    nodes: Collection[p.PlanNode],
    key: tuple[str, ...] | None,
    end: int,
    begin: int = EPOCH,
) -> History:
    """Run the inputs again and keep the histories of these nodes, for one key (None: the first that there is).

    Times are counted from `begin` (ns since the epoch).
    """
    watched: dict[str, list[p.PlanNode]] = defaultdict(list)
    for node in nodes:
        watched[node.timeline].append(node)
    found = History(key, end)
    last: dict[str, Value] = {}

    def observe(here: Instance, at: Instant) -> None:
        if here.timeline.id not in watched or at.time - begin > end:
            return
        if found.key is None:
            found.key = here.shown_key
        if here.shown_key != found.key:
            return
        time = at.time - begin
        for node in watched[here.timeline.id]:
            if isinstance(node.operator, p.Pattern):
                found.attempts.setdefault(node.id, Attempts(node)).observe(here, time, begin)
            if node.id in here.updated and here.value(node.id) is not None:
                found.updates[node.id].append(time)
            if node.event:
                if node.id in here.updated:
                    found.changes[node.id].append((time, True))
                continue
            value = here.values.get(node.id)
            if node.id not in last or last[node.id] != value:
                last[node.id] = value
                found.changes[node.id].append((time, value))

    view.watch(inputs, observe)
    for attempts in found.attempts.values():
        attempts.finish(end)
    return found
