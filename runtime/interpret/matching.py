"""Patterns: what has begun of each, and what the newest match had bound. The small steps are in `threads`."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.function import Value
from .instance import Instance, Instant
from .threads import Match, Threads, View


@dataclass
class MatchingState:
    """All that has begun, how many instants were looked at, and what this instant brought."""

    threads: Threads
    instants: int = 0
    views: list[View] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    expired: list[Match] = field(default_factory=list)

    @property
    def due(self) -> int | None:
        return self.threads.due


def pattern(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Pattern)
    rule = node.operator
    state = here.state(node, lambda: MatchingState(Threads(rule)))
    state.views, state.matches, state.expired = [], [], []
    for values, updated in _views(node, here, at):
        state.instants += 1
        timer = at.phase == "timer" and at.fires == "all"
        state.views.append(View(values, updated, at.time, state.instants, timer))
        matches, expired = state.threads.look(state.views[-1])
        state.matches += matches
        state.expired += expired
    if state.threads.dropped:
        here.setting.counters.dropped["dropped_partial"] += state.threads.dropped
        state.threads.dropped = 0
    return bool(state.matches)


def _views(node: p.PlanNode, here: Instance, at: Instant) -> Iterator[tuple[dict[int, Value], frozenset[int]]]:
    """What the pattern sees of an instant: of a group's, each of its members' in turn, and then what is its own."""
    own = {i: id_ for i, id_ in enumerate(node.inputs) if here.setting.nodes[id_].timeline == here.timeline.id}
    values = {i: here.value(id_) for i, id_ in own.items()}
    changes = [change for change in at.changes if node.id in change.updates]
    for change in sorted(changes, key=lambda change: change.member):
        theirs = {i: value for i, value in enumerate(change.values[node.id]) if i not in own}
        yield {**theirs, **values}, change.updates[node.id]
    updated = frozenset(i for i, id_ in own.items() if id_ in here.updated)
    if updated or not changes:
        yield values, updated


def expired(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    state: MatchingState = here.states[node.inputs[0]]
    return bool(state.expired)


def captured(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    """What the newest match had bound, or what had bound that ran out of time last."""
    assert isinstance(node.operator, p.Captured)
    (source,) = node.inputs
    if source not in here.updated:
        return False
    of = here.setting.nodes[source]
    state: MatchingState = here.states[source if isinstance(of.operator, p.Pattern) else of.inputs[0]]
    found = state.matches if isinstance(of.operator, p.Pattern) else state.expired
    here.values[node.id] = found[-1].values[node.operator.bound]
    return True
