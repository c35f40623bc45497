"""Where values come from: constants, keys, time, messages; and functions of values at one instant."""

from dataclasses import dataclass

from ...compiler import plan as p
from ...stdlib.catalogue import SCALARS
from ...stdlib.function import Value
from .instance import Instance, Instant, Setting


def constant(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Constant)
    here.values[node.id] = node.operator.value
    return False


def key(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Key)
    parts = ("id",) if here.timeline.kind == "device" else here.timeline.keys
    here.values[node.id] = here.key[parts.index(node.operator.part)]
    return False


def now(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    here.values[node.id] = at.time
    return False


@dataclass
class HeldState:
    """A field's newest value and its event time; when it goes stale; the value before it."""

    value: Value = None
    time: int | None = None
    due: int | None = None
    earlier: Value = None
    earlier_time: int | None = None


def _take(node: p.PlanNode, here: Instance, at: Instant, name: str) -> tuple[HeldState, bool]:
    """Take what the message carries, if nothing newer is held."""
    state = here.state(node, HeldState)
    if at.message is None or name not in at.message or (state.time is not None and at.message_time < state.time):
        return state, False
    state.earlier, state.earlier_time = state.value, state.time
    state.value, state.time = at.message[name], at.message_time
    return state, True


def field(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Field)
    stale = node.operator.stale_ns
    state, taken = _take(node, here, at, node.operator.field)
    here.values[node.id] = state.value
    if stale is None or state.time is None:
        return taken
    age = at.time - state.time
    if age > stale or (age == stale and at.phase == "timer"):
        here.values[node.id] = None
    if taken:
        state.due = None if age > stale else state.time + stale
    elif state.due is not None and state.due <= at.time and at.fires == "all":
        state.due = None
        return True
    return taken


def held_time(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.HeldTime)
    state, taken = _take(node, here, at, node.operator.field)
    here.values[node.id] = state.time
    return taken


def previous(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Previous)
    state, taken = _take(node, here, at, node.operator.field)
    here.values[node.id] = state.earlier
    return taken


def previous_time(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.PreviousTime)
    state, taken = _take(node, here, at, node.operator.field)
    here.values[node.id] = state.earlier_time
    return taken


def message(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Message)
    carried = at.message is not None and node.operator.field in at.message
    here.values[node.id] = at.message[node.operator.field] if carried and at.message is not None else None
    return carried


def device_event(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.DeviceEvent)
    return at.message is not None and at.message.get(node.operator.field) is True


def applied(function: str, arguments: list[Value]) -> Value:
    """A function of the library: absent if it is strict and an argument is absent."""
    scalar = SCALARS[function]
    if scalar.strict and None in arguments:
        return None
    return scalar.reference(*arguments)


def mapped(operator: p.Map, setting: Setting, arguments: list[Value]) -> Value:
    """What a function, or a lookup in a table, makes of values."""
    if isinstance(operator, p.Lookup):
        return setting.rows[operator.table, operator.column].get(tuple(arguments))
    return applied(operator.function, arguments)


def map_(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Map)
    value = mapped(node.operator, here.setting, [here.value(i) for i in node.inputs])
    here.values[node.id] = value
    if not node.event:
        return any(i in here.updated for i in node.inputs)
    events = [i for i in node.inputs if here.setting.nodes[i].event]
    return all(i in here.updated for i in events) and value is True


def delayed(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    if node.id not in at.seen:
        return False
    here.values[node.id] = at.seen[node.id]
    return True
