"""What every node costs: the state it keeps for one key and in all, time for an event, what it gives and how often.

State is bounded exactly, as the engine lays it out; a program whose state has no reasonable bound is rejected with
the clause that would give it one. Times are estimates of the compiled kernels, good for comparing nodes with each
other.
"""

from ..dsl.diagnostic import Problems
from ..dsl.source import Span
from .graph import Graph
from .plan import (
    Aggregate,
    Captured,
    Constant,
    Cost,
    Delayed,
    DeviceType,
    Edge,
    Field,
    HeldTime,
    Holds,
    Key,
    Map,
    Members,
    Message,
    Now,
    OfField,
    Output,
    Pattern,
    Plan,
    PlanNode,
    Previous,
    PreviousTime,
    Quiet,
    Rule,
    Schedule,
    Slices,
    Timeline,
    TypeName,
    Window,
)
from .problems_bounds import TooManySlices, TooMuchState
from .slicing import CALENDAR_DAYS, NS_PER_DAY, longest_window_ns, ring_slices

SLICES_MAX = 10_000_000
"""For one key and one store of slices."""

STATE_BYTES_MAX = 2**40
"""For one node and all its keys."""

VALUE_BYTES: dict[TypeName, int] = {"bool": 1, "int": 8, "float": 8, "text": 4, "time": 8, "point": 16}
KNOWN_BYTES = 1
TIME_BYTES = 8
SLICE_BYTES = 96
"""A slice as the engine keeps it: nine numbers and three times, whichever of them are asked for."""
HOLD_BYTES = 2 * TIME_BYTES + KNOWN_BYTES
RULE_BYTES = 40
ROW_BYTES = 16
MEMBERS_BYTES = 24
NS_PER_S = 1_000_000_000

_CPU_NS: dict[type, float] = {
    Field: 6.0,
    Message: 1.0,
    HeldTime: 3.0,
    Previous: 6.0,
    PreviousTime: 6.0,
    Map: 2.0,
    Delayed: 3.0,
    Holds: 6.0,
    Quiet: 6.0,
    Edge: 3.0,
    Slices: 8.0,
    Window: 1.0,
    Aggregate: 1.0,
    Members: 10.0,
    Pattern: 25.0,
    Captured: 1.0,
    Schedule: 1.0,
    Rule: 5.0,
    Output: 1.0,
}


def bound(graph: Graph) -> tuple[Graph, Problems]:
    """The graph with the cost of every node, and what has no bound."""
    problems = Problems()
    costs: dict[str, Cost] = {}
    timelines = {timeline.id: timeline for timeline in graph.timelines}
    devices = {device.name: device for device in graph.devices}
    keys = {timeline.id: keys_max(timeline, timelines, devices) for timeline in graph.timelines}
    paces = {(device.name, field.name): field.every_ns for device in graph.devices for field in device.fields}
    windows: dict[str, list[Window]] = {}
    for node in graph:
        if isinstance(node.operator, Window):
            windows.setdefault(node.inputs[0], []).append(node.operator)
    for node in graph:
        state = _state_bytes(graph, node, windows.get(node.id, []), timelines[node.timeline], timelines, devices)
        rate = _rate_hz(graph, node, costs, paces)
        cpu = _CPU_NS.get(type(node.operator), 0.0)
        costs[node.id] = Cost(state, cpu, rate, VALUE_BYTES[node.type.name] + KNOWN_BYTES)
        if state:
            _check(graph, node, costs[node.id], keys[node.timeline], problems)
    return graph.with_costs(costs), problems


def _check(graph: Graph, node: PlanNode, cost: Cost, keys: int | None, problems: Problems) -> None:
    if isinstance(node.operator, Slices):
        slices = cost.state_bytes_per_key // SLICE_BYTES
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


# --- State -----------------------------------------------------------------------------------------------------------


def keys_max(timeline: Timeline, timelines: dict[str, Timeline], devices: dict[str, DeviceType]) -> int | None:
    """How many keys a timeline has at most; None if the program does not say."""
    if timeline.kind == "source" or (timeline.kind == "group" and not timeline.keys):
        return 1
    if timeline.kind == "device":
        return devices[timeline.device or ""].maximum
    most = [keys_max(timelines[member.timeline], timelines, devices) for member in timeline.members]
    return None if None in most else sum(m for m in most if m is not None)


def _state_bytes(
    graph: Graph,
    node: PlanNode,
    windows: list[Window],
    timeline: Timeline,
    timelines: dict[str, Timeline],
    devices: dict[str, DeviceType],
) -> int:
    """What a node keeps for one key; `windows` are those over it, if it is a store of slices."""
    value = VALUE_BYTES[node.type.name] + KNOWN_BYTES
    match node.operator:
        case Field() | Previous():
            return value + TIME_BYTES
        case HeldTime() | PreviousTime() | Delayed() | Captured() | Aggregate() | Output():
            return value
        case Holds() | Quiet():
            return HOLD_BYTES
        case Edge():
            return KNOWN_BYTES
        case Slices(width):
            past = _past_ns(windows, timeline, timelines, devices)
            return ring_slices(past, width) * SLICE_BYTES
        case Window():
            return TIME_BYTES + KNOWN_BYTES
        case Members():
            return MEMBERS_BYTES + sum(VALUE_BYTES[i.type.name] + KNOWN_BYTES for i in graph.inputs_of(node))
        case Pattern() as pattern:
            return pattern.partial_max * (len(pattern.captures) + 3) * 8
        case Rule():
            return RULE_BYTES
        case _:
            return 0


def _past_ns(
    windows: list[Window], timeline: Timeline, timelines: dict[str, Timeline], devices: dict[str, DeviceType]
) -> int:
    """How far back slices reach: the longest window over them, revisions of it, and members that lag behind."""
    if timeline.kind == "device":
        of = [devices[timeline.device or ""]]
    else:
        of = [devices[timelines[member.timeline].device or ""] for member in timeline.members]
    late = max((d.revise_ns + (d.idle_ns if timeline.kind == "group" else 0) for d in of), default=0)
    return max((longest_window_ns(window) for window in windows), default=0) + late


def settle_bytes(plan: Plan | Graph, device: DeviceType) -> int:
    """What the messages of one device that wait for stragglers take, at most."""
    if device.lateness_ns == 0:
        return 0
    nodes = plan.nodes if isinstance(plan, Plan) else tuple(plan)
    used = {
        node.operator.field
        for node in nodes
        if node.timeline == f"{device.name} settled" and isinstance(node.operator, OfField)
    }
    types = {field.name: field.type.name for field in device.fields}
    return device.settle_max * (ROW_BYTES + sum(VALUE_BYTES[types[name]] + KNOWN_BYTES for name in used))


# --- Rates -----------------------------------------------------------------------------------------------------------


def _rate_hz(
    graph: Graph, node: PlanNode, costs: dict[str, Cost], paces: dict[tuple[str, str], int | None]
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
        case Members():
            return None
        case _:
            total: float | None = None
            for i in node.inputs:
                if isinstance(graph.node(i).operator, Constant | Key | Now):
                    continue
                rate = costs[i].output_rate_hz
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
