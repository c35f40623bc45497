"""Truth over time: `C for D`, `no x for D`, edges, schedules."""

import operator
from dataclasses import dataclass

from ...compiler import plan as p
from ...stdlib.function import Value
from .instance import Instance, Instant
from .zones import next_change, scheduled


@dataclass
class HoldsState:
    """Since when the condition has been true; whether that is long enough."""

    duration: int
    since: int | None = None
    fulfilled: bool = False
    truth: Value = None

    @property
    def due(self) -> int | None:
        return None if self.since is None or self.fulfilled else self.since + self.duration


def holds(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Holds)
    duration = node.operator.duration_ns
    state = here.state(node, lambda: HoldsState(duration))
    if here.looks(node.inputs[0], at):
        state.truth = here.value(node.inputs[0])
        if state.truth is not True:
            state.since, state.fulfilled = None, False
        elif state.since is None:
            state.since = at.time
    if at.fires == "all" and state.due is not None and state.due <= at.time:
        state.fulfilled = True
    return change(node, here, None if state.truth is None else state.fulfilled)


def change(node: p.PlanNode, here: Instance, value: Value) -> bool:
    """Set a value; it is an update if it is another one."""
    before = here.values.get(node.id)
    here.values[node.id] = value
    return value != before


@dataclass
class QuietState:
    """Since when it has been quiet; whether that is long enough."""

    duration: int
    since: int
    fulfilled: bool = False

    @property
    def due(self) -> int | None:
        return None if self.fulfilled else self.since + self.duration


def quiet(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Quiet)
    duration = node.operator.duration_ns
    state = here.state(node, lambda: QuietState(duration, at.time))
    if node.inputs[0] in here.updated and here.value(node.inputs[0]) is not None:
        state.since, state.fulfilled = at.time, False
    if at.fires == "all" and state.due is not None and state.due <= at.time:
        state.fulfilled = True
    return change(node, here, state.fulfilled)


@dataclass
class EdgeState:
    """The last definite truth."""

    last: Value = None
    due: None = None


def edge(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    state = here.state(node, EdgeState)
    if not here.looks(node.inputs[0], at):
        return False
    truth = here.value(node.inputs[0])
    if truth is None:
        return False
    happens = truth is True and state.last is False
    state.last = truth
    return happens


def thresholds(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    here.values[node.id] = here.value(node.inputs[0])
    return node.inputs[0] in here.updated


COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass
class ThresholdState:
    """Its truth when it was last looked at as a condition."""

    looked: Value = None
    due: None = None


def threshold(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Threshold)
    state = here.state(node, ThresholdState)
    number = here.value(node.inputs[0])
    compare = COMPARISONS[node.operator.comparison]
    # Known at any instant, looked at or not: a number may become absent without an update, as those stale at the end.
    truth = None if number is None else compare(number, node.operator.value)
    here.values[node.id] = truth
    if not here.looks(node.inputs[0], at):
        return False
    before, state.looked = state.looked, truth
    return truth != before


@dataclass
class ScheduleState:
    """When the schedule changes next."""

    due: int | None


def schedule(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Schedule)
    spans = node.operator
    if node.id not in here.states:
        here.states[node.id] = ScheduleState(next_change(spans, at.time))
        return change(node, here, scheduled(spans, at.time))
    state = here.state(node, lambda: ScheduleState(None))
    # A message at the very time at which the schedule changes already sees the change.
    if state.due is not None and state.due <= at.time and (at.fires == "all" or at.phase == "event"):
        state.due = next_change(spans, at.time)
        return change(node, here, scheduled(spans, at.time))
    return False
