"""Windows: samples as they are, and which of them are in the window that ends at a time. Slices are the engine's
affair."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.function import Value
from ...stdlib.parts import ALONE, HELD, LINES
from .holding import Holding
from .instance import Instance, Instant, Setting
from .leaves import mapped
from .zones import unit_end, unit_start

Sample = tuple[int, Value]
"""Time and value. What was given at a timer instant counts for the nanosecond before it."""

KEPT = 256
"""So many samples are kept before those that no window can hold any more are looked for."""


@dataclass
class Samples:
    """The samples of one key, in order of (time, when they were taken)."""

    items: list[Sample] = field(default_factory=list)
    due: None = None

    def take(self, time: int, value: Value) -> None:
        bisect.insort(self.items, (time, value), key=lambda item: item[0])

    def between(self, start: int, end: int) -> list[Sample]:
        """The samples of [start, end), in order."""
        first = bisect.bisect_left(self.items, start, key=lambda item: item[0])
        last = bisect.bisect_left(self.items, end, key=lambda item: item[0])
        return self.items[first:last]

    def forget(self, before: int) -> None:
        if len(self.items) > KEPT and self.items[KEPT // 2][0] < before:
            del self.items[: bisect.bisect_left(self.items, before, key=lambda item: item[0])]


def window_start(window: p.Window, end: int) -> int:
    """Where the window that ends at a time begins."""
    if window.width_ns is not None:
        return end - window.width_ns
    assert window.calendar is not None
    return unit_start(end - 1, window.calendar, window.zone)


def end_after(window: p.Window, time: int) -> int:
    """The first end after a time: of all windows that hold it the first to close."""
    if window.every_ns is not None:
        return (time // window.every_ns + 1) * window.every_ns
    assert window.calendar is not None
    return unit_end(time, window.calendar, window.zone)


def sample_of(node: p.PlanNode, nodes: Mapping[str, p.PlanNode], values: Mapping[str, Value]) -> Any:
    """The value of a `Slices` node's sample; None if it is none: its argument unknown, or `where` not true."""
    return sampled(node, nodes, [values[i] for i in node.inputs])


def arity(node: p.PlanNode, nodes: Mapping[str, p.PlanNode]) -> int:
    """How many values a node samples together: a second input that is no condition is sampled as well."""
    return 2 if len(node.inputs) > 1 and nodes[node.inputs[1]].type.name != "bool" else 1


def sampled(node: p.PlanNode, nodes: Mapping[str, p.PlanNode], inputs: Sequence[Value]) -> Any:
    """What a sample is of the values of a node's inputs: a value, or two; None if one is unknown or a condition is not
    true."""
    count = arity(node, nodes)
    values, conditions = inputs[:count], inputs[count:]
    if None in values or any(condition is not True for condition in conditions):
        return None
    return values[0] if count == 1 else tuple(values)


def sample_time(at: Instant) -> int:
    return at.time - (at.phase == "timer")


def slices(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    """Takes a sample of the timeline's own; what members of a group bring is taken by `take_from_member`."""
    own = here.setting.nodes[node.inputs[0]].timeline == here.timeline.id
    if not own or here.updated.isdisjoint(node.inputs[: arity(node, here.setting.nodes)]):
        return False
    if is_held(node):
        holding = here.state(node, here.holding)
        if not holding.ended:
            holding.take(at.time, sample_of(node, here.setting.nodes, _inputs(node, here)))
        return False
    samples = here.state(node, Samples)
    value = sample_of(node, here.setting.nodes, _inputs(node, here))
    if value is not None:
        samples.take(at.time if _parts(node) == (LINES,) else sample_time(at), value)
    return False


def _inputs(node: p.PlanNode, here: Instance) -> dict[str, Value]:
    return {i: here.value(i) for i in node.inputs}


def _parts(slices: p.PlanNode) -> tuple[p.SlicePart, ...]:
    return slices.operator.parts if isinstance(slices.operator, p.Slices) else ()


def is_held(slices: p.PlanNode) -> bool:
    """Whether a `Slices` node is about what was held, not about samples."""
    return HELD in _parts(slices)


def is_final(slices: p.PlanNode) -> bool:
    """Whether what a `Slices` node gave is never corrected: what was held, or lies between samples."""
    return not set(ALONE).isdisjoint(_parts(slices))


def take(node: p.PlanNode, here: Instance, time: int, value: Value) -> list["WindowState | HoldingWindow"]:
    """Take a sample that comes from elsewhere than the timeline's own instants: its windows, which may be the first
    to know of it."""
    here.state(node, Samples).take(time, value)
    return [_window_state(window, here) for window in here.setting.windows_on[node.id]]


def take_from_member(node: p.PlanNode, here: Instance, at: Instant, value: Value) -> bool:
    """A member's sample; whether a window that should have held it had been closed."""
    time = sample_time(at)
    closed = False
    for state in take(node, here, time, value):
        end = end_after(state.window, time)
        missed = here.passed is not None and end < here.passed
        closed = closed or (missed and window_start(state.window, end) <= time)
    return closed


@dataclass
class WindowState:
    """Where a window's samples are, the last end at which it gave a value, and whether it was empty then."""

    window: p.Window
    here: Instance
    samples: Samples
    last_end: int | None = None
    was_empty: bool = True

    @property
    def due(self) -> int | None:
        """The next end at which the window holds samples, or has just become empty."""
        items = self.samples.items
        if not items and self.was_empty:
            return None
        done = [] if self.last_end is None else [self.last_end]
        done += [] if self.here.passed is None else [self.here.passed - 1]
        end = end_after(self.window, max(done, default=items[0][0] if items else 0))
        if not self.was_empty:
            return end
        index = bisect.bisect_left(items, window_start(self.window, end), key=lambda item: item[0])
        for time, _ in items[index:]:
            end = max(end, end_after(self.window, time))
            if window_start(self.window, end) <= time:
                return end
        return None


@dataclass
class HoldingWindow:
    """The same for a window of what was held."""

    window: p.Window
    here: Instance
    samples: Holding
    last_end: int | None = None
    was_empty: bool = True

    @property
    def due(self) -> int | None:
        """The next end at which something was held in the window, or no longer is."""
        holding = self.samples
        if not holding.items:
            return None
        done = [] if self.last_end is None else [self.last_end]
        done += [] if self.here.passed is None else [self.here.passed - 1]
        end = end_after(self.window, max(done, default=holding.items[0][0]))
        if not self.was_empty:
            return end
        while holding.value is not None or window_start(self.window, end) < holding.items[-1][0]:
            if holding.between(window_start(self.window, end), end):
                return end
            end = end_after(self.window, end)
        return None


def _window_state(node: p.PlanNode, here: Instance) -> WindowState | HoldingWindow:
    assert isinstance(node.operator, p.Window)
    operator = node.operator
    slices = here.setting.nodes[node.inputs[0]]
    if is_held(slices):
        holding = here.state(slices, here.holding)
        return here.state(node, lambda: HoldingWindow(operator, here, holding))
    samples = here.state(slices, Samples)
    return here.state(node, lambda: WindowState(operator, here, samples))


def window(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    state = _window_state(node, here)
    if at.fires == "none" or state.due != at.time:
        return False
    state.last_end = at.time
    state.was_empty = not window_samples(state, at.time)
    state.samples.forget(_horizon(here, state.samples, at.time))
    return not (state.was_empty and at.fires == "windows")


def window_samples(state: WindowState | HoldingWindow, end: int) -> Sequence[tuple[Any, ...]]:
    """The samples of the window that ends at a time, or the spans of what was held in it."""
    return state.samples.between(window_start(state.window, end), end)


def _horizon(here: Instance, samples: Samples | Holding, time: int) -> int:
    """A time before which no sample is needed, by open windows or those that may be revised."""
    revise = max((device.revise_ns for device in here.setting.plan.devices), default=0)
    states = [s for s in here.states.values() if isinstance(s, WindowState | HoldingWindow) and s.samples is samples]
    return min(window_start(s.window, window_start(s.window, time - revise)) for s in states)


def aggregate(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    if node.inputs[0] not in here.updated:
        return False
    assert isinstance(node.operator, p.Aggregate)
    window = here.setting.nodes[node.inputs[0]]
    if isinstance(window.operator, p.Window):
        here.values[node.id] = aggregated(node, here, at.time)
    else:
        here.values[node.id] = value_of(node.operator, here.states[window.id].shown)
    return True


def aggregated(node: p.PlanNode, here: Instance, end: int) -> Value:
    """The value of an aggregate over the window that ends at a time."""
    assert isinstance(node.operator, p.Aggregate)
    state = _window_state(here.setting.nodes[node.inputs[0]], here)
    samples = window_samples(state, end)
    if AGGREGATES[node.operator.function].lines:
        begin = window_start(state.window, end)
        middle = begin + (end - begin) // 2
        samples = [(time - middle, value) for time, value in samples]
    return value_of(node.operator, samples)


def value_of(operator: p.Aggregate | p.Members, samples: Sequence[tuple[Any, ...]]) -> Value:
    """An aggregate's value, by its definition."""
    function = AGGREGATES[operator.function]
    defined = function.whole if isinstance(operator, p.Members) and function.whole is not None else function.reference
    return defined(samples) if operator.option is None else defined(samples, operator.option)


# --- Revisions -------------------------------------------------------------------------------------------------------


def carried(node: p.PlanNode, setting: Setting, key: Sequence[Value], at: Instant) -> tuple[bool, Value]:
    """A node's value by one message alone: whether it speaks of nothing else, and the value."""
    message = at.message or {}
    match node.operator:
        case p.Constant(value):
            return True, value
        case p.Key():
            return True, key[0]
        case p.Now():
            return True, at.time
        case p.Field(_, name) | p.Message(_, name):
            return name in message, message.get(name)
        case p.HeldTime(_, name):
            return name in message, at.time
        case p.Map() as function if not node.event:
            inputs = [carried(setting.nodes[i], setting, key, at) for i in node.inputs]
            return all(ok for ok, _ in inputs), mapped(function, setting, [value for _, value in inputs])
        case _:
            return False, None


def shown_at(node: p.PlanNode, here: Instance, end: int) -> Value:
    """The value of what shows nothing but windows that end at a time."""
    match node.operator:
        case p.Constant(value):
            return value
        case p.Key() | p.Now():
            return here.values.get(node.id) if isinstance(node.operator, p.Key) else end
        case p.Map() as function:
            return mapped(function, here.setting, [shown_at(here.setting.nodes[i], here, end) for i in node.inputs])
        case _:
            return aggregated(node, here, end)


def windows_shown(node: p.PlanNode, nodes: Mapping[str, p.PlanNode]) -> set[str] | None:
    """The `Window` nodes that a value shows, through functions; None if it shows anything else that can change."""
    match node.operator:
        case p.Constant() | p.Key() | p.Now():
            return set()
        case p.Aggregate() if isinstance(nodes[node.inputs[0]].operator, p.Window):
            window = nodes[node.inputs[0]]
            return None if is_final(nodes[window.inputs[0]]) else {window.id}
        case p.Map() if not node.event:
            found: set[str] = set()
            for i in node.inputs:
                below = windows_shown(nodes[i], nodes)
                if below is None:
                    return None
                found |= below
            return found
        case _:
            return None
