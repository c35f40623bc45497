"""What every node costs: the state it keeps for one key and in all, time for an event, what it gives and how often.

State is bounded exactly, as the engine lays it out; a program whose state has no reasonable bound is rejected with
the clause that would give it one. Times are estimates of the compiled kernels, good for comparing nodes with each
other.
"""

from ..dsl.diagnostic import Problems
from ..dsl.source import Span
from ..stdlib.catalogue import AGGREGATES, STATEFUL
from ..stdlib.parts import TABLES, Part, key_words, open_words, recent_words, ring_slices, slice_words
from .graph import Graph
from .pattern_state import pattern_bytes
from .plan import (
    Aggregate,
    Captured,
    Constant,
    Cost,
    Delayed,
    DeviceEvent,
    DeviceType,
    Edge,
    Expired,
    Field,
    Following,
    HeldTime,
    Holds,
    Key,
    Map,
    Members,
    Message,
    Now,
    OfField,
    OfGroup,
    Output,
    Pattern,
    Plan,
    PlanNode,
    Predicted,
    Previous,
    PreviousTime,
    Quiet,
    Raised,
    Recent,
    Rule,
    Schedule,
    Session,
    Slices,
    SourcePlan,
    Thin,
    Threshold,
    Thresholds,
    Timeline,
    TimeUntil,
    TwinState,
    TwinValue,
    TypeName,
    While,
    Window,
)
from .problems_bounds import TooManySlices, TooMuchState
from .slicing import CALENDAR_DAYS, NS_PER_DAY, longest_window_ns

SLICES_MAX = 10_000_000
"""For one key and one store of slices."""

STATE_BYTES_MAX = 2**40
"""For one node and all its keys."""

VALUE_BYTES: dict[TypeName, int] = {"bool": 1, "int": 8, "float": 8, "text": 4, "time": 8, "point": 16}
KNOWN_BYTES = 1
TIME_BYTES = 8
WORD_BYTES = 8
NUMBER_BYTES = 8
HOLD_BYTES = 2 * TIME_BYTES + KNOWN_BYTES
RULE_BYTES = 44
ROW_BYTES = 16
MEMBERS_BYTES = 96
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
    OfGroup: 20.0,
    Pattern: 25.0,
    Captured: 1.0,
    Expired: 1.0,
    Schedule: 1.0,
    Rule: 5.0,
    Raised: 1.0,
    Output: 1.0,
    TwinState: 60.0,
    TwinValue: 1.0,
    Predicted: 80.0,
    TimeUntil: 4000.0,
}


def bound(graph: Graph) -> tuple[Graph, Problems]:
    """The graph with the cost of every node, and what has no bound."""
    problems = Problems()
    costs: dict[str, Cost] = {}
    timelines = {timeline.id: timeline for timeline in graph.timelines}
    devices = {device.name: device for device in graph.devices}
    keys = {timeline.id: keys_max(timeline, timelines, devices) for timeline in graph.timelines}
    paces = {(device.name, field.name): field.every_ns for device in graph.devices for field in device.fields}
    windows: dict[str, list[Window | Aggregate]] = {}
    for node in graph:
        if isinstance(node.operator, Window | Aggregate):
            windows.setdefault(node.inputs[0], []).append(node.operator)
    for node in graph:
        state = _state_bytes(graph, node, windows.get(node.id, []), timelines[node.timeline], timelines, devices, costs)
        rate = _rate_hz(graph, node, costs, paces)
        cpu = _CPU_NS.get(type(node.operator), 0.0) + _walked_ns(node, windows.get(node.id, []))
        costs[node.id] = Cost(state, cpu, rate, VALUE_BYTES[node.type.name] + KNOWN_BYTES)
        if state:
            _check(graph, node, costs[node.id], keys[node.timeline], problems)
    return graph.with_costs(costs), problems


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
    over: list[Window | Aggregate],
    timeline: Timeline,
    timelines: dict[str, Timeline],
    devices: dict[str, DeviceType],
    costs: dict[str, Cost],
) -> int:
    """What a node keeps for one key; `over` are the windows or aggregates over it, if it keeps samples or slices."""
    windows = [window for window in over if isinstance(window, Window)]
    value = VALUE_BYTES[node.type.name] + KNOWN_BYTES
    match node.operator:
        case Field() | Message() | HeldTime() | DeviceEvent():
            return _field_bytes(node.operator, devices)
        case Previous() | PreviousTime():
            return 2 * _field_bytes(node.operator, devices)
        case Delayed() | OfGroup() | Raised() | Captured() | Expired() | Aggregate():
            return value
        case Key():
            return VALUE_BYTES["text"]
        case Map():
            # What hangs on something that is not updated with every message holds its own value.
            return value if not node.event and any(_is_sparse(i, costs) for i in graph.inputs_of(node)) else 0
        case Output(paced=paced):
            return 0 if paced or node.event else max(VALUE_BYTES[node.type.name], NUMBER_BYTES)
        case Schedule():
            return value + TIME_BYTES + KNOWN_BYTES
        case Holds() | Quiet():
            return HOLD_BYTES
        case Edge():
            return KNOWN_BYTES
        case Thresholds():
            return 3 * value
        case Slices(width, parts):
            past = _past_ns(windows, timeline, timelines, devices)
            longest = max((longest_window_ns(window) for window in windows), default=0)
            return WORD_BYTES * key_words(parts, ring_slices(past, width), longest // width, len(windows))
        case Thin():
            return TIME_BYTES
        case Recent(samples):
            return recent_words(samples, _parts(over), _arity(graph, node)) * WORD_BYTES
        case Session():
            return open_words(_parts(over), 2) * WORD_BYTES
        case While():
            return open_words(_parts(over), 1) * WORD_BYTES + KNOWN_BYTES
        case Following() as following:
            return value + following_bytes(following)
        case Members():
            return MEMBERS_BYTES + sum(VALUE_BYTES[i.type.name] + KNOWN_BYTES for i in graph.inputs_of(node))
        case Pattern() as pattern:
            return pattern_bytes(pattern)
        case Rule():
            return RULE_BYTES
        case TwinState() as twin:
            return twin_bytes(twin, len(node.inputs))
        case TwinValue() | Predicted() | TimeUntil():
            return value
        case _:
            return 0


def _field_bytes(operator: OfField, devices: dict[str, DeviceType]) -> int:
    """What is held of a field for one device: its value, when it is from, and whether it was said to be stale."""
    field = next(field for field in devices[operator.device].fields if field.name == operator.field)
    return VALUE_BYTES[field.type.name] + TIME_BYTES + KNOWN_BYTES


def _is_sparse(node: PlanNode, costs: dict[str, Cost]) -> bool:
    """Whether a node gives its values where they change, and not with every message; a function may do either."""
    if isinstance(node.operator, Map):
        return node.event or costs[node.id].state_bytes_per_key > 0
    return not isinstance(node.operator, OfField | Key | Now | Constant)


def _walked_ns(node: PlanNode, over: list[Window | Aggregate]) -> float:
    """What takes longer the more samples a window holds: tables of them are made anew for each value."""
    if not isinstance(node.operator, Recent) or _parts(over).isdisjoint(TABLES):
        return 0.0
    return node.operator.samples * TABLE_CPU_NS


def _parts(over: list[Window | Aggregate]) -> set[Part]:
    """What aggregates over samples need of them."""
    return {part for one in over if isinstance(one, Aggregate) for part in AGGREGATES[one.function].parts}


def _arity(graph: Graph, node: PlanNode) -> int:
    """How many values a window samples together."""
    return 2 if len(node.inputs) > 1 and graph.node(node.inputs[1]).type.name != "bool" else 1


def twin_bytes(twin: TwinState, inputs: int) -> int:
    """What is kept of a twin's states: they, their covariance, what was held when they were last looked at."""
    states = len(twin.dynamics.rates)
    held = inputs - states - len(twin.sensors)
    covariance = states * states if twin.sensors else 0
    return NUMBER_BYTES * (states + covariance + held) + TIME_BYTES + 2 * KNOWN_BYTES + KNOWN_BYTES


def following_bytes(following: Following) -> int:
    """What a detector or filter keeps for one key: a few numbers and a time, or a window's samples and their places."""
    if following.samples_max is None:
        return STATEFUL[following.function].numbers * 8 + TIME_BYTES
    return following.samples_max * (TIME_BYTES + (16 if following.function == "hampel" else 8)) + 2 * 8


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


def unique_bytes(source: SourcePlan) -> int:
    """What one device's messages take that are remembered, so that none is taken twice."""
    return 0 if source.unique is None else TIME_BYTES + source.unique.remembered_max * 2 * WORD_BYTES


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
