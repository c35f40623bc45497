"""What nodes keep: bytes of state for one key, exactly as the engine lays it out."""

from ..stdlib.catalogue import AGGREGATES, STATEFUL
from ..stdlib.parts import (
    Part,
    held_open_words,
    held_recent_words,
    key_words,
    open_words,
    recent_words,
    ring_slices,
)
from .graph import Graph
from .pattern_state import pattern_bytes
from .plan import (
    PARTICLES,
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
    GroupMember,
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
    PredictedDeviation,
    Previous,
    PreviousTime,
    Quiet,
    Raised,
    Recent,
    ReferenceTable,
    Rule,
    Schedule,
    Session,
    Slices,
    SourcePlan,
    Thin,
    Thresholds,
    Timeline,
    TimeUntil,
    TwinCovariance,
    TwinState,
    TwinValue,
    TypeName,
    While,
    Window,
)
from .slicing import longest_window_ns

VALUE_BYTES: dict[TypeName, int] = {"bool": 1, "int": 8, "float": 8, "text": 4, "time": 8, "point": 16}
KNOWN_BYTES = 1
TIME_BYTES = 8
WORD_BYTES = 8
NUMBER_BYTES = 8
HOLD_BYTES = 2 * TIME_BYTES + KNOWN_BYTES
RULE_BYTES = 44
MEMBERS_BYTES = 96
QUEUED_BYTES = 64
"""An entry of a queue, and as much again: a pool grows to twice its size."""
UPDATE_BYTES = QUEUED_BYTES + 48


def state_bytes(
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
        case Delayed() | OfGroup() | Raised() | AtRaising() | Captured() | Expired() | Aggregate():
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
        case Recent() | Session() | While():
            return _ungridded_bytes(graph, node, parts_of(over))
        case Following() as following:
            return value + following_bytes(following)
        case Members() | Chosen():
            return MEMBERS_BYTES + sum(VALUE_BYTES[i.type.name] + KNOWN_BYTES for i in graph.inputs_of(node))
        case Pattern() as pattern:
            return pattern_bytes(pattern)
        case Rule(until_test=test):
            return RULE_BYTES + (0 if test is None else NUMBER_BYTES * test.kept + TIME_BYTES)
        case Flaps(above=above):
            return (above + 3) * TIME_BYTES
        case TwinState() as twin:
            return twin_bytes(twin, len(node.inputs))
        case Calibration() as calibration:
            return calibration_bytes(calibration, len(node.inputs))
        case Calibrated():
            return value
        case TimeUntil(lasting_ns=lasting) if lasting:
            return value + TIME_BYTES
        case TwinValue() | TwinCovariance() | Predicted() | PredictedDeviation() | TimeUntil():
            return value
        case _:
            return 0


def _ungridded_bytes(graph: Graph, node: PlanNode, parts: set[Part]) -> int:
    """What a window without a grid keeps, of samples or of what was held."""
    match node.operator:
        case Recent(samples, held=held):
            words = held_recent_words(samples) if held else recent_words(samples, parts, _arity(graph, node))
            return words * WORD_BYTES
        case Session(held=held):
            return (held_open_words(2) if held else open_words(parts, 2)) * WORD_BYTES
        case While(held=held):
            return (held_open_words(1) if held else open_words(parts, 1)) * WORD_BYTES + KNOWN_BYTES
        case _:
            raise AssertionError(f"no such window: {node}")


def _field_bytes(operator: OfField, devices: dict[str, DeviceType]) -> int:
    """What is held of a field for one device: its value, when it is from, and whether it was said to be stale."""
    field = next(field for field in devices[operator.device].fields if field.name == operator.field)
    return VALUE_BYTES[field.type.name] + TIME_BYTES + KNOWN_BYTES


def _is_sparse(node: PlanNode, costs: dict[str, Cost]) -> bool:
    """Whether a node gives its values where they change, and not with every message; a function may do either."""
    if isinstance(node.operator, Map):
        return node.event or costs[node.id].state_bytes_per_key > 0
    return not isinstance(node.operator, OfField | Key | Now | Constant)


def parts_of(over: list[Window | Aggregate]) -> set[Part]:
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
    cloud = PARTICLES * (states + 1) + 1 if twin.method == "particles" else 0
    return NUMBER_BYTES * (states + covariance + held + cloud) + TIME_BYTES + 2 * KNOWN_BYTES + KNOWN_BYTES


def calibration_bytes(calibration: Calibration, inputs: int) -> int:
    """What is kept of parameters that are calibrated: paths, a stretch, slices, what was held."""
    states, count = len(calibration.dynamics.rates), len(calibration.parameters)
    others = states + count
    held = inputs - others - len(calibration.sensors)
    numbers = 2 * count + (1 + others) * states + (others + 1) ** 2 + held
    numbers += calibration.slices * ((count + 1) ** 2 + 1)
    return NUMBER_BYTES * numbers + 2 * TIME_BYTES + 3 * KNOWN_BYTES


def following_bytes(following: Following) -> int:
    """What a detector or filter keeps for one key: a few numbers and a time, or a window's samples and their places."""
    if following.samples_max is None:
        return STATEFUL[following.function].numbers * 8 + TIME_BYTES
    return following.samples_max * (TIME_BYTES + (16 if following.function == "hampel" else 8)) + 2 * 8


def _past_ns(
    windows: list[Window], timeline: Timeline, timelines: dict[str, Timeline], devices: dict[str, DeviceType]
) -> int:
    """How far back slices reach: the longest window over them, revisions of it, and members that lag behind."""
    longest = max((longest_window_ns(window) for window in windows), default=0)
    if timeline.kind == "device":
        return longest + devices[timeline.device or ""].revise_ns
    members = [devices[timelines[member.timeline].device or ""] for member in timeline.members]
    # One type's members may lag while another's are revised.
    return longest + max((d.revise_ns for d in members), default=0) + max((d.idle_ns for d in members), default=0)


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
    return device.settle_max * (QUEUED_BYTES + sum(VALUE_BYTES[types[name]] + KNOWN_BYTES for name in used))


def table_bytes(table: ReferenceTable) -> int:
    """What a table takes at every place that looks something up in it, its texts among it."""
    columns = (*table.keys, *table.values)
    texts = sum(len(cell.encode()) for column in columns for cell in column.cells if isinstance(cell, str))
    return texts + sum((VALUE_BYTES[column.type.name] + KNOWN_BYTES) * len(column.cells) for column in columns)


def unique_bytes(source: SourcePlan) -> int:
    """What one device's messages take that are remembered, so that none is taken twice."""
    return 0 if source.unique is None else TIME_BYTES + source.unique.remembered_max * 2 * WORD_BYTES


def waiting_bytes(graph: Graph, node: PlanNode, timeline: Timeline) -> int:
    """What of a node's inputs waits for the group's time, for one member: not of slices, which take samples at once.
    Without inputs a node looks at who is a member."""
    told = {graph.node(i).timeline for i in node.inputs}
    looks = isinstance(node.operator, Members) and not told
    waits = max((member.waiting_max for member in timeline.members if looks or member.timeline in told), default=0)
    return 0 if isinstance(node.operator, Slices) else waits * (UPDATE_BYTES + NUMBER_BYTES * len(node.inputs))


def instants_bytes(member: GroupMember) -> int:
    """What the instants of a group take that wait for its time, for one member."""
    return member.waiting_max * QUEUED_BYTES
