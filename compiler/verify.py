"""What must be true of every plan, whoever made it; the compiler checks its own, and the loader a document's.

>>> list(faults(Plan("demo", (), (), (), ())))
[]
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ..stdlib.catalogue import STATEFUL
from ..stdlib.regular import flaw
from .plan import (
    TIERS,
    Action,
    Aggregate,
    AtRaising,
    Calibrated,
    Calibration,
    Captured,
    Chosen,
    Constant,
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
    Hole,
    Key,
    Lookup,
    Map,
    Members,
    Message,
    Now,
    OfField,
    OfGroup,
    Output,
    Partial,
    Pattern,
    Payload,
    Plan,
    PlanNode,
    Predicted,
    PredictedDeviation,
    Previous,
    PreviousTime,
    Quiet,
    Raised,
    Received,
    Recent,
    Rule,
    Schedule,
    Session,
    Slices,
    SourcePlan,
    TargetPlan,
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
from .verify_commands import command_faults
from .verify_patterns import pattern_faults, until_faults
from .verify_tables import lookup_faults, table_faults
from .verify_twins import twin_faults

T = TypeVar("T")

ARITIES: dict[type[Any], tuple[int, int | None]] = {
    Payload: (0, 0),
    Received: (0, 0),
    Constant: (0, 0),
    Field: (0, 0),
    Message: (0, 0),
    HeldTime: (0, 0),
    Previous: (0, 0),
    PreviousTime: (0, 0),
    DeviceEvent: (0, 0),
    Key: (0, 0),
    Now: (0, 0),
    Map: (1, None),
    Lookup: (1, None),
    Delayed: (1, 1),
    Holds: (1, 1),
    Quiet: (1, 1),
    Edge: (1, 1),
    Thresholds: (1, 1),
    Threshold: (1, 1),
    Slices: (1, 3),
    Partial: (1, 3),
    Window: (1, 1),
    Thin: (1, 3),
    Recent: (1, 3),
    Session: (1, 3),
    While: (2, 4),
    Aggregate: (1, 1),
    Following: (1, 2),
    Members: (0, 3),
    Chosen: (0, 1),
    OfGroup: (1, None),
    Pattern: (1, None),
    Expired: (1, 1),
    Captured: (1, 1),
    Schedule: (0, 0),
    Rule: (1, None),
    Flaps: (1, 1),
    Raised: (1, 1),
    AtRaising: (2, 2),
    Action: (1, None),
    Output: (1, 1),
    TwinState: (1, None),
    TwinValue: (1, 1),
    TwinCovariance: (1, 1),
    Calibration: (1, None),
    Calibrated: (1, 1),
    Predicted: (1, None),
    PredictedDeviation: (1, None),
    TimeUntil: (1, None),
}
"""How many inputs an operator has: least and most."""

INPUT_KINDS: dict[type[Any], tuple[type[Any], ...]] = {
    Threshold: (Thresholds,),
    Window: (Slices,),
    Aggregate: (Window, Recent, Session, While),
    Expired: (Pattern,),
    Captured: (Pattern, Expired),
    Action: (Rule, Flaps),
    Flaps: (Rule,),
    Raised: (Rule,),
    TwinValue: (TwinState,),
    TwinCovariance: (TwinState,),
    Calibrated: (Calibration,),
}
"""What an operator's first input must be one of, where it must be something in particular."""


CROSSING = (Delayed, Members, Chosen, OfGroup, Slices, Partial, Recent, Session, While, Pattern)
"""What may have, or must have, inputs on another timeline."""


class Index:
    """A plan's parts by name, as far as it has them; what is there twice is found once."""

    def __init__(self, plan: Plan) -> None:
        self.devices: dict[str, DeviceType] = {d.name: d for d in plan.devices}
        self.timelines: dict[str, Timeline] = {t.id: t for t in plan.timelines}
        self.nodes: dict[str, PlanNode] = {n.id: n for n in plan.nodes}
        self.fields = {d.name: {f.name for f in d.fields} for d in plan.devices}
        self.tables = {table.name: table for table in plan.tables}
        self.rules = {n.operator.name for n in plan.nodes if isinstance(n.operator, Rule)}


def faults(plan: Plan) -> Iterator[str]:
    """What is wrong with a plan, one text each; nothing if it is sound."""
    index = Index(plan)
    yield from _twice("device type", [d.name for d in plan.devices])
    yield from _twice("timeline", [t.id for t in plan.timelines])
    yield from _twice("node", [n.id for n in plan.nodes])
    yield from _twice("source", [s.name for s in plan.sources])
    yield from _twice("target", [t.name for t in plan.targets])
    yield from _twice("procedure", [procedure.name for procedure in plan.procedures])
    yield from _twice("rule", [n.operator.name for n in plan.nodes if isinstance(n.operator, Rule)])
    yield from _twice("signal or pattern", [n.operator.name for n in plan.nodes if isinstance(n.operator, Output)])
    broken = list(_order(plan, index))
    yield from broken
    if broken:
        return  # the checks below follow inputs
    yield from _targets(plan)
    yield from _twice("table", [table.name for table in plan.tables])
    for table in plan.tables:
        for fault in table_faults(table):
            yield f"table {table.name}: {fault}"
    for timeline in plan.timelines:
        yield from _timeline(timeline, index)
    for node in plan.nodes:
        for fault in (*_inputs(node, index), *_operator(node, index)):
            yield f"node {node.id} ({type(node.operator).__name__}): {fault}"
    for source in plan.sources:
        yield from _source(source, index)
    yield from command_faults(plan)


def _twice(what: str, names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"the {what} {name} is there twice"
        seen.add(name)


def _order(plan: Plan, index: Index) -> Iterator[str]:
    seen: set[str] = set()
    for node in plan.nodes:
        if node.timeline not in index.timelines:
            yield f"node {node.id} is on {node.timeline}, which is no timeline of the plan"
        for i in node.inputs:
            if i not in seen:
                yield f"node {node.id} uses {i}, which does not come before it"
        seen.add(node.id)


def _targets(plan: Plan) -> Iterator[str]:
    tiers = [TIERS.index(target.tier) for target in plan.targets]
    if tiers != sorted(tiers):
        yield "the targets do not stand in the order of their tiers"
    for target in plan.targets:
        if any(budget is not None and budget <= 0 for budget in _budgets(target)):
            yield f"target {target.name} has a budget of nothing"
        yield from _twice("key", [f"{target.name}.{key}" for key in target.keys])
    known = {target.name for target in plan.targets}
    for node in plan.nodes:
        if node.pin is not None and node.pin not in known:
            yield f"node {node.id} stands at {node.pin}, which is no target of the plan"


def _budgets(target: TargetPlan) -> tuple[float | None, ...]:
    return target.memory_bytes, target.cpu_hz, target.uplink_bits_per_s, target.offline_ns


def _timeline(timeline: Timeline, index: Index) -> Iterator[str]:
    at = f"timeline {timeline.id}"
    if timeline.kind == "device" and timeline.device not in index.devices:
        yield f"{at} is of {timeline.device}, which is no device type of the plan"
    if timeline.kind != "group" and (timeline.members or timeline.keys):
        yield f"{at} is no group, but has members or keys"
    for member in timeline.members:
        of = index.timelines.get(member.timeline)
        if of is None or of.kind != "device" or of.settled != timeline.settled:
            yield f"{at} cannot have members on {member.timeline}"
        if len(member.keys) != len(timeline.keys):
            yield f"{at} has {len(timeline.keys)} keys, its members on {member.timeline} have {len(member.keys)}"
        for key in member.keys:
            if key not in index.nodes or index.nodes[key].timeline != member.timeline:
                yield f"{at} has the key {key}, which is no node on {member.timeline}"


def _inputs(node: PlanNode, index: Index) -> Iterator[str]:
    least, most = ARITIES[type(node.operator)]
    if len(node.inputs) < least or (most is not None and len(node.inputs) > most):
        yield f"it cannot have {len(node.inputs)} inputs"
        return
    kinds = INPUT_KINDS.get(type(node.operator))
    if kinds is not None and not isinstance(index.nodes[node.inputs[0]].operator, kinds):
        yield f"its first input must be a {' or a '.join(kind.__name__ for kind in kinds)}"
    crossing = node.inputs
    if isinstance(node.operator, While):
        crossing = node.inputs[:-1]
        if index.nodes[node.inputs[-1]].timeline != node.timeline:
            yield f"its condition is not on {node.timeline}"
    if isinstance(node.operator, OfGroup):
        crossing = node.inputs[:1]
        yield from _keys(node, index)
    timelines = {index.nodes[i].timeline for i in crossing}
    if timelines == {node.timeline} and not isinstance(node.operator, CROSSING):
        return
    if timelines - _allowed(node, index):
        yield f"it is on {node.timeline} and cannot have inputs on {', '.join(sorted(timelines))}"
    if len(timelines) > 1 and not isinstance(node.operator, Pattern):
        yield "its inputs are on more than one timeline"


def _keys(node: PlanNode, index: Index) -> Iterator[str]:
    group = index.timelines[index.nodes[node.inputs[0]].timeline]
    keys = [index.nodes[i].timeline for i in node.inputs[1:]]
    if keys != [node.timeline for _ in group.keys]:
        yield f"it must have the keys of {group.id} for inputs, on its own timeline"


def _allowed(node: PlanNode, index: Index) -> set[str]:
    """The timelines on which a node's inputs may be: its own, unless it crosses."""
    own = index.timelines[node.timeline]
    match node.operator:
        case Delayed():
            settled = index.timelines.get(f"{own.id} settled")
            return set() if own.settled or settled is None or not settled.settled else {settled.id}
        case Members(device=device) | Chosen(device):
            return {m.timeline for m in own.members if index.timelines[m.timeline].device == device}
        case OfGroup():
            groups = {t.id for t in index.timelines.values() if t.kind == "group" and not t.settled}
            early = own.kind == "device" and not (own.settled and index.devices[own.device or ""].lateness_ns)
            return groups if early else set()
        case Slices() | Partial() | Recent() | Session() | While() | Pattern():
            return {own.id, *(m.timeline for m in own.members)} if own.settled else set()
        case _:
            return {own.id}


def _is_expression(operator: object) -> bool:
    """Whether it is a constant that can be read as a regular expression."""
    return isinstance(operator, Constant) and isinstance(operator.value, str) and flaw(operator.value) is None


def _operator(node: PlanNode, index: Index) -> Iterator[str]:
    inputs = len(node.inputs)
    own = index.timelines[node.timeline]
    match node.operator:
        case Lookup() as lookup:
            yield from lookup_faults(lookup, [index.nodes[i].type for i in node.inputs], node.type, index.tables)
        case Map("matches") if not _is_expression(index.nodes[node.inputs[-1]].operator):
            yield "its regular expression cannot be read"
        case Map() | Constant():
            pass  # most nodes are, and nothing more can be wrong with them
        case operator if isinstance(operator, OfField):
            device, name = operator.device, operator.field
            if own.kind != "device" or own.device != device:
                yield f"a field of {device} cannot be on {own.id}"
            elif device in index.devices and name not in index.fields[device]:
                yield f"{device} has no field {name}"
        case Payload() if own.kind != "source":
            yield "it is not on the timeline of a source"
        case Holds(duration) | Quiet(duration) if duration <= 0:
            yield "its duration is not positive"
        case Slices(width, parts) | Partial(width, parts) if width <= 0 or not parts or len(set(parts)) != len(parts):
            yield "its width or its parts make no sense"
        case Window() as window:
            yield from _window(window, index.nodes[node.inputs[0]].operator)
        case Thin(every, tolerance) if every <= 0 or tolerance < 0:
            yield "its rate makes no sense"
        case Recent(samples, width, every):
            if samples < 1 or (width is not None and (width <= 0 or every is not None)) or (every or 1) <= 0:
                yield "its length or its pace makes no sense"
        case Session(gap, maximum) if gap <= 0 or (maximum is not None and maximum < gap):
            yield "its gap or its maximum makes no sense"
        case Following() as following:
            yield from _following(following)
        case TwinState() | Calibration() | Predicted() | PredictedDeviation() | TimeUntil() as twin:
            yield from twin_faults(twin, inputs)
        case Pattern() as pattern:
            yield from pattern_faults(pattern, inputs, own)
        case TwinValue(place):
            states = index.nodes[node.inputs[0]].operator
            if isinstance(states, TwinState) and not 0 <= place < len(states.dynamics.rates):
                yield f"its twin has no state at {place}"
        case Calibrated(place):
            calibration = index.nodes[node.inputs[0]].operator
            if isinstance(calibration, Calibration) and not 0 <= place < len(calibration.parameters):
                yield f"its twin has no parameter at {place}"
        case TwinCovariance(first, second):
            states = index.nodes[node.inputs[0]].operator
            if isinstance(states, TwinState):
                known = range(len(states.dynamics.rates) if states.sensors else 0)
                if first not in known or second not in known:
                    yield f"its twin does not estimate what is at {first} and {second}"
        case Captured(place):
            source = index.nodes[node.inputs[0]]
            if isinstance(source.operator, Expired):
                source = index.nodes[source.inputs[0]]
            if isinstance(source.operator, Pattern) and not 0 <= place < len(source.operator.bounds):
                yield f"its pattern keeps nothing at {place}"
        case Rule() as rule:
            yield from _rule(rule, inputs, index.nodes[node.inputs[0]])
        case AtRaising():
            of = index.nodes[node.inputs[1]].operator
            if not isinstance(of, Rule) or not of.momentary_when or not of.lasts:
                yield "its second input must be a Rule on an event, and one that lasts"
        case Flaps(rule, above, within):
            if rule not in index.rules or above < 1 or within <= 0:
                yield "its limit makes no sense"
        case Action() as action:
            yield from _action(node, action, index)
        case _:
            pass


def _rule(rule: Rule, inputs: int, when: PlanNode) -> Iterator[str]:
    if rule.until_test is not None:
        yield from until_faults(rule, inputs)
    elif inputs != 1 + rule.has_until:
        yield "it has an `until` without an input for it, or an input too many"
    if rule.momentary_when != when.event:
        yield "whether it is momentary does not agree with its `when`"


def _window(window: Window, slices: object) -> Iterator[str]:
    if (window.width_ns is None) == (window.calendar is None):
        yield "it must have a width or a calendar unit"
    if window.width_ns is not None and window.every_ns is None:
        yield "it must have a pace"
    if not isinstance(slices, Slices) or slices.width_ns <= 0:
        return
    for length in (window.width_ns, window.every_ns):
        if length is not None and (length <= 0 or length % slices.width_ns):
            yield f"{length} ns is no multiple of its slices' width, {slices.width_ns} ns"


def _following(following: Following) -> Iterator[str]:
    function = STATEFUL.get(following.function)
    if function is None or not function.runs or function.of == "prediction":
        yield f"there is no function {following.function} that follows a value"
    elif (function.judged is not None) != (following.samples_max is not None):
        yield f"{following.function} needs a bound of its samples, or has none"
    elif len(following.parameters) != function.signature.count(": ") - 1:
        yield f"{following.function} has another number of parameters"
    if any(bound is not None and bound <= 0 for bound in (following.window_ns, following.samples_max)):
        yield "its window is empty"


def _action(node: PlanNode, action: Action, index: Index) -> Iterator[str]:
    inputs = len(node.inputs)
    if action.rule not in index.rules:
        yield f"there is no rule {action.rule}"
    if action.guarded and inputs < 2:
        yield "it is guarded and has no input for its guard"
    if action.device is not None:
        chosen = index.nodes[node.inputs[-1]].operator
        if action.kind != "send" or not isinstance(chosen, Chosen) or chosen.device != action.device:
            yield f"it has no input that says which {action.device} is meant"
    if (action.kind == "alert") == (action.name is not None):
        yield "an alert has no name, an event or a command has one"
    parts = [*action.message, *(part for argument in action.arguments for part in argument.parts)]
    if any(isinstance(part, Hole) and not 1 + action.guarded <= part.value < inputs for part in parts):
        yield "it shows an input that it does not have"
    if any(not a.text and (len(a.parts) != 1 or isinstance(a.parts[0], str)) for a in action.arguments):
        yield "an argument that is no text has more than its value"


def _source(source: SourcePlan, index: Index) -> Iterator[str]:
    at = f"source {source.name}"
    device = index.devices.get(source.device)
    if device is None:
        yield f"{at} is for {source.device}, which is no device type of the plan"
        return
    known = {f.name: f.type.name for f in device.fields}
    yield from _twice("field", [f"{source.name}.{f.field}" for f in source.fields])
    for field in source.fields:
        if field.field not in known:
            yield f"{at}: {source.device} has no field {field.field}"
    wanted: list[tuple[str, Callable[[str], bool]]] = [
        (source.id, lambda t: t == "text"),
        (source.time, lambda t: t == "time"),
        *((f.node, lambda t, f=f: _alike(t, known.get(f.field, t))) for f in source.fields),
    ]
    if source.where is not None:
        wanted.append((source.where, lambda t: t == "bool"))
    if source.unique is not None:
        wanted.append((source.unique.node, lambda t: t in ("text", "int")))
        if source.unique.within_ns <= 0 or source.unique.remembered_max <= 0:
            yield f"{at} remembers nothing by which it could tell its messages apart"
    for id_, fits in wanted:
        node = index.nodes.get(id_)
        if node is None or node.timeline != at:
            yield f"{at} names {id_}, which is no node on its timeline"
        elif not fits(node.type.name):
            yield f"{at} names {id_}, whose type is {node.type.name}"


def _alike(a: str, b: str) -> bool:
    return a == b or {a, b} == {"int", "float"}
