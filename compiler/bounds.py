"""What every node costs: the state it keeps for one key and in all, time for an event, what it gives and how often.

State is bounded exactly, as the engine lays it out; a program whose state has no reasonable bound is rejected with
the clause that would give it one. Times are estimates of the compiled kernels, good for comparing nodes with each
other.
"""

import math
from dataclasses import replace

from ..dsl.diagnostic import Problems
from ..dsl.source import Span
from ..stdlib.parts import TABLES, slice_words
from .graph import Graph
from .plan import (
    Aggregate,
    AtRaising,
    Calibrated,
    Calibration,
    Captured,
    Chosen,
    Constant,
    Cost,
    Delayed,
    DeviceEvent,
    DeviceType,
    Edge,
    Expired,
    Field,
    Flaps,
    Following,
    HeldTime,
    Holds,
    Key,
    Lookup,
    Map,
    Members,
    Message,
    Now,
    OfField,
    OfGroup,
    Output,
    Pattern,
    PlanNode,
    Predicted,
    PredictedDeviation,
    Previous,
    PreviousTime,
    Quiet,
    Raised,
    Recent,
    Rule,
    Schedule,
    Session,
    Slices,
    Thin,
    Threshold,
    Thresholds,
    Timeline,
    TimeUntil,
    TwinCovariance,
    TwinState,
    TwinValue,
    While,
    Window,
)
from .problems_bounds import TooManySlices, TooMuchState
from .slicing import CALENDAR_DAYS, NS_PER_DAY
from .state_bytes import KNOWN_BYTES, VALUE_BYTES, WORD_BYTES, parts_of, state_bytes, waiting_bytes

SLICES_MAX = 10_000_000
"""For one key and one store of slices."""

STATE_BYTES_MAX = 2**40
"""For one node and all its keys."""

WAITING_MORE = 16
"""So many updates of a member may wait for its group's time, whatever its rate."""
NS_PER_S = 1_000_000_000

TABLE_CPU_NS = 500.0
"""For one sample that goes into a table."""

_CPU_NS: dict[type, float] = {
    Field: 6.0,
    Message: 1.0,
    HeldTime: 3.0,
    Previous: 6.0,
    PreviousTime: 6.0,
    DeviceEvent: 1.0,
    Map: 2.0,
    Lookup: 20.0,
    Delayed: 3.0,
    Holds: 6.0,
    Quiet: 6.0,
    Edge: 3.0,
    Thresholds: 4.0,
    Threshold: 0.1,
    Slices: 8.0,
    Window: 1.0,
    Thin: 5.0,
    Recent: 40.0,
    Session: 15.0,
    While: 15.0,
    Aggregate: 1.0,
    Following: 10.0,
    Members: 10.0,
    Chosen: 10.0,
    OfGroup: 20.0,
    Pattern: 25.0,
    Captured: 1.0,
    Expired: 1.0,
    Schedule: 1.0,
    Rule: 5.0,
    Flaps: 5.0,
    Raised: 1.0,
    AtRaising: 1.0,
    Output: 1.0,
    TwinState: 60.0,
    TwinValue: 1.0,
    TwinCovariance: 1.0,
    Calibration: 400.0,
    Calibrated: 1.0,
    Predicted: 80.0,
    PredictedDeviation: 160.0,
    TimeUntil: 1000.0,
}


def bound(graph: Graph) -> tuple[Graph, Problems]:
    """The graph with the cost of every node and how much may wait for groups, and what has no bound."""
    problems = Problems()
    costs: dict[str, Cost] = {}
    devices = {device.name: device for device in graph.devices}
    paces = {(device.name, field.name): field.every_ns for device in graph.devices for field in device.fields}
    rates: dict[str, float | None] = {}
    for node in graph:
        rates[node.id] = _rate_hz(graph, node, rates, paces)
    timelines = {timeline.id: _with_room(graph, timeline, rates, devices) for timeline in graph.timelines}
    keys = {timeline.id: keys_max(timeline, timelines, devices) for timeline in graph.timelines}
    windows: dict[str, list[Window | Aggregate]] = {}
    for node in graph:
        if isinstance(node.operator, Window | Aggregate):
            windows.setdefault(node.inputs[0], []).append(node.operator)
    for node in graph:
        timeline = timelines[node.timeline]
        state = state_bytes(graph, node, windows.get(node.id, []), timeline, timelines, devices, costs)
        state += waiting_bytes(graph, node, timeline)
        cpu = _CPU_NS.get(type(node.operator), 0.0) + _walked_ns(node, windows.get(node.id, []))
        costs[node.id] = Cost(state, cpu, rates[node.id], VALUE_BYTES[node.type.name] + KNOWN_BYTES)
        if state:
            _check(graph, node, costs[node.id], keys[node.timeline], problems)
    return replace(graph.with_costs(costs), timelines=tuple(timelines.values())), problems


def _check(graph: Graph, node: PlanNode, cost: Cost, keys: int | None, problems: Problems) -> None:
    if isinstance(node.operator, Slices):
        slices = cost.state_bytes_per_key // (slice_words(node.operator.parts) * WORD_BYTES)
        if slices > SLICES_MAX:
            key, span = node.timeline.removesuffix(" settled"), _clause(graph, node)
            problems.report(TooManySlices(span=span, slices=slices, slices_max=SLICES_MAX, kept_for=key))
            return
    total = cost.state_bytes_per_key * (1 if keys is None else keys)
    if total > STATE_BYTES_MAX:
        span = _clause(graph, node)
        each, most = in_bytes(cost.state_bytes_per_key), in_bytes(STATE_BYTES_MAX)
        problems.report(TooMuchState(span=span, total=in_bytes(total), total_max=most, per_key=each, keys=keys or 1))


def _clause(graph: Graph, node: PlanNode) -> Span:
    """The place in the text whose clause decides what a node keeps."""
    return graph.origins.get(node.id, Span(0, 0))


def _with_room(
    graph: Graph, timeline: Timeline, rates: dict[str, float | None], devices: dict[str, DeviceType]
) -> Timeline:
    """A group's timeline that says how many updates of each member may wait for its time.

    A member is not waited for when it is `idle after` behind: that is twice what the others tell in that time, where
    their rates are declared.
    """
    own = [node for node in graph if node.timeline == timeline.id]
    idle_ns = max((devices[m.timeline.removesuffix(" settled")].idle_ns for m in timeline.members), default=0)
    members = []
    for member in timeline.members:
        inputs = [graph.node(i) for node in own for i in node.inputs]
        told = {
            node.id: rates[node.id]
            for node in inputs
            if node.timeline == member.timeline and not isinstance(node.operator, Constant | Key)
        }
        known = [rate for rate in told.values() if rate is not None]
        if len(known) == len(told):
            room = 2 * math.ceil(sum(known) * idle_ns / NS_PER_S) + WAITING_MORE
            member = replace(member, waiting_max=room)
        members.append(member)
    return replace(timeline, members=tuple(members))


def keys_max(timeline: Timeline, timelines: dict[str, Timeline], devices: dict[str, DeviceType]) -> int | None:
    """How many keys a timeline has at most; None if the program does not say."""
    if timeline.kind == "source" or (timeline.kind == "group" and not timeline.keys):
        return 1
    if timeline.kind == "device":
        return devices[timeline.device or ""].maximum
    most = [keys_max(timelines[member.timeline], timelines, devices) for member in timeline.members]
    return None if None in most else sum(m for m in most if m is not None)


def _walked_ns(node: PlanNode, over: list[Window | Aggregate]) -> float:
    """What takes longer the more samples a window holds: tables of them are made anew for each value."""
    if not isinstance(node.operator, Recent) or parts_of(over).isdisjoint(TABLES):
        return 0.0
    return node.operator.samples * TABLE_CPU_NS


def _rate_hz(
    graph: Graph, node: PlanNode, known: dict[str, float | None], paces: dict[tuple[str, str], int | None]
) -> float | None:
    """How often a node is updated for one key, at most; None where nothing declares it. `paces`: of fields, in ns."""
    match node.operator:
        case Constant() | Key() | Now():
            return None
        case operator if isinstance(operator, OfField):
            every = paces[operator.device, operator.field]
            return None if every is None else NS_PER_S / every
        case Window(every, _, calendar):
            if every is not None:
                return NS_PER_S / every
            return None if calendar is None else NS_PER_S / (CALENDAR_DAYS[calendar] * NS_PER_DAY)
        case Members() | Chosen():
            return None
        case TwinState():
            # It moves on with every message of its device.
            device = node.timeline.removesuffix(" settled")
            rates = [NS_PER_S / every for (of, _), every in paces.items() if of == device and every is not None]
            return sum(rates) if rates else None
        case _:
            total: float | None = None
            for i in node.inputs:
                if isinstance(graph.node(i).operator, Constant | Key | Now):
                    continue
                rate = known[i]
                if rate is None:
                    return None
                total = rate if total is None else total + rate
            return total


def in_bytes(count: int) -> str:
    """`512 B`, `1.2 kB`, `3.4 MB`."""
    amount, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.3g} {units[0]}" if amount < 1000 else f"{amount:.0f} {units[0]}"
