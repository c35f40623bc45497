"""Windows that keep their samples themselves: the newest of them, sessions, while a condition holds. And samples that
are thinned to a rate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.function import Value
from .holding import Holding
from .instance import Instance, Instant
from .windows import Sample


@dataclass
class ThinState:
    """When the next sample is due at the declared rate; None before the first."""

    next: int | None = None
    due: None = None


def thin(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Thin)
    state = here.state(node, ThinState)
    if not any(i in here.updated for i in sampled_inputs(node, here)):
        return False
    here.values[node.id] = False
    if sample_from(node, here, [here.value(i) for i in node.inputs]) is None:
        here.values[node.id] = None
        return True
    if state.next is not None and at.time < state.next - node.operator.tolerance_ns:
        here.count_thinned()
        return True
    state.next = (at.time if state.next is None else max(state.next, at.time)) + node.operator.every_ns
    here.values[node.id] = True
    return True


# --- Samples ---------------------------------------------------------------------------------------------------------


def sampled_inputs(node: p.PlanNode, here: Instance) -> Sequence[str]:
    """What is sampled: the first input, and the second if that is a value as well, and no condition."""
    first, *others = node.inputs[:2]
    return [first, *(i for i in others if here.setting.nodes[i].type.name != "bool")]


def sample_from(node: p.PlanNode, here: Instance, values: Sequence[Value]) -> Value:
    """The sample that the inputs' values make; None if it is none: something unknown, or `where` not true."""
    count = len(sampled_inputs(node, here))
    sampled, conditions = values[:count], values[count:]
    if None in sampled or any(condition is not True for condition in conditions):
        return None
    return sampled[0] if count == 1 else (float(sampled[0]), float(sampled[1]))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Arrived:
    """The samples that an instant brings to a window, and whether it updates the window's input at all."""

    updated: bool
    samples: Sequence[Value]


def arrived(node: p.PlanNode, here: Instance, at: Instant, holding: Holding | None) -> Arrived:
    """What an instant brings to a window: of the timeline's own, or of those members that come in time. What is
    `holding` is told of it."""
    inputs = node.inputs[:-1] if isinstance(node.operator, p.While) else node.inputs
    values: list[Sequence[Value]] = []
    if here.setting.nodes[inputs[0]].timeline != here.timeline.id:
        changes = [change for change in at.changes if node.id in change.values and change.time == at.time]
        values = [change.values[node.id] for change in sorted(changes, key=lambda change: change.place)]
    elif any(i in here.updated for i in sampled_inputs(node, here)):
        values = [[here.value(i) for i in inputs]]
    samples = [sample_from(node, here, each) for each in values]
    if holding is not None and values:
        samples = [] if holding.ended or _left_out(node, here) else samples
        for value in samples:
            holding.take(at.time, value)
    return Arrived(bool(values), [value for value in samples if value is not None])


def _left_out(node: p.PlanNode, here: Instance) -> bool:
    """Whether the update at hand came too early for its declared rate: it is then as if it had not come."""
    assert isinstance(node.operator, p.Recent | p.Session | p.While)
    thinned = isinstance(node.operator, p.Recent) and node.operator.width_ns is not None
    return thinned and here.value(node.inputs[-1]) is False


def _given(holding: Holding | None, samples: Sequence[Sample], begin: int, end: int) -> list[Any]:
    """What a window gives: its samples, or the spans of what was held in it."""
    return [*samples] if holding is None else holding.between(begin, end)


def _holding(here: Instance, held: bool) -> Holding | None:
    return here.holding() if held else None


# --- The newest samples ----------------------------------------------------------------------------------------------


@dataclass
class RecentState:
    """The window's samples, oldest first; what it gave last; and when it gives something next, if it has a pace."""

    holding: Holding | None
    items: list[Sample] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    due: int | None = None


def recent(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Recent)
    window = node.operator
    state = here.state(node, lambda: RecentState(_holding(here, window.held)))
    new = arrived(node, here, at, state.holding)
    state.items += [(at.time, value) for value in new.samples]
    if window.width_ns is not None:
        state.items = [(time, value) for time, value in state.items if time > at.time - window.width_ns]
    del state.items[: -window.samples]
    if window.every_ns is None:
        given = new.updated if window.width_ns is not None else bool(new.samples)
    else:
        if new.samples and state.due is None:
            state.due = -(-at.time // window.every_ns) * window.every_ns
        given = at.fires != "none" and state.due == at.time
        state.due = None if given else state.due
    if given:
        begin = state.items[0][0] if window.width_ns is None else at.time - window.width_ns
        state.shown = _given(state.holding, state.items, begin, at.time)
        if state.holding is not None:
            state.holding.forget(begin)
    return given


# --- Sessions --------------------------------------------------------------------------------------------------------


@dataclass
class SessionState:
    """The samples of the session that is open, of one that ends at this very moment (with its end), and what the one
    that ended last gave."""

    session: p.Session
    holding: Holding | None
    open: list[Sample] = field(default_factory=list)
    ending: list[Sample] = field(default_factory=list)
    end: int = 0
    shown: list[Any] = field(default_factory=list)

    @property
    def due(self) -> int | None:
        if self.ending:
            return self.end
        return self.end_of_open() if self.open else None

    def end_of_open(self) -> int:
        end = self.open[-1][0] + self.session.gap_ns
        most = self.session.maximum_ns
        return end if most is None else min(end, self.open[0][0] + most)


def session(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Session)
    operator = node.operator
    state = here.state(node, lambda: SessionState(operator, _holding(here, operator.held)))
    ends = at.fires != "none" and state.due == at.time
    if ends:
        over, state.ending = state.ending, []
        if not over:
            over, state.open = state.open, []
        state.shown = _given(state.holding, over, over[0][0], at.time)
    for value in arrived(node, here, at, state.holding).samples:
        if state.open and at.time >= state.end_of_open():
            # It ends now, and the timers of this moment are still to come.
            state.ending, state.end, state.open = state.open, state.end_of_open(), []
        state.open.append((at.time, value))
    return ends


# --- While a condition holds -----------------------------------------------------------------------------------------


@dataclass
class WhileState:
    """Whether the condition is true, since when, the samples since then, and what it gave the last time it was."""

    holding: Holding | None
    true: bool = False
    since: int = 0
    items: list[Sample] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)
    due: None = None


def while_(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.While)
    held = node.operator.held
    state = here.state(node, lambda: WhileState(_holding(here, held)))
    condition = node.inputs[-1]
    over = False
    if here.looks(condition, at):
        true = here.value(condition) is True
        over = state.true and not true
        if over:
            state.shown = _given(state.holding, state.items, state.since, at.time)
            state.items = []
        if true and not state.true:
            state.since = at.time
        state.true = true
    new = arrived(node, here, at, state.holding)
    if state.true:
        state.items += [(at.time, value) for value in new.samples]
    return over


WINDOWS = (p.Recent, p.Session, p.While)
"""Windows that keep their samples themselves; the state of each has those it gave last, or what was held (`shown`)."""
