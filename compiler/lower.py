"""Lowering: a checked program into the graph of its operators, item by item in the order written.

Lowering shares what has a name (signals, patterns); that equal unnamed work is one node is the work of a pass.
"""

from collections.abc import Iterator

from ..dsl import nodes as n
from .graph import Graph
from .lower_context import BOOL, Lowering, domain_scope, timeline_id, value_type
from .lower_expressions import lower_expression, lower_signal
from .lower_patterns import lower_pattern, pattern_of
from .lower_rules import lower_rule
from .lower_sources import device_type, lower_source
from .lower_timelines import Waits, waits
from .plan import Aggregate, Constant, Field, GroupMember, Key, Map, Now, Output, PlanNode, SourcePlan, Timeline, Window
from .typed import DeviceScope, FieldRef, GroupScope, SourceScope, Typed


def lower(typed: Typed) -> Graph:
    """The graph of a program without errors."""
    lowering = _start(typed)
    sources: list[SourcePlan] = []
    for item in typed.program.items:
        match item:
            case n.Source():
                sources.append(lower_source(lowering, item))
            case n.Signal():
                _signal(lowering, item)
            case n.PatternItem():
                _pattern(lowering, item)
            case n.Rule():
                lower_rule(lowering, item)
            case n.Let() | n.Device() | n.Table():
                pass
    lowering.graph.sources = tuple(sources)
    lowering.graph.timelines = _timelines(lowering)
    return lowering.graph


def _start(typed: Typed) -> Lowering:
    items = typed.program.items
    devices = tuple(device_type(info) for info in typed.devices.values())
    lowering = Lowering(
        typed,
        Graph(typed.program.module, devices),
        lower_expression,
        signals={item.name: item for item in items if isinstance(item, n.Signal)},
        patterns={item.name: item for item in items if isinstance(item, n.PatternItem)},
        lets={item.name: item for item in items if isinstance(item, n.Let)},
        private={
            FieldRef(item.name, member.name)
            for item in items
            if isinstance(item, n.Device)
            for member in item.members
            if isinstance(member, n.Property | n.Telemetry) and member.private
        },
    )
    for rule in items:
        if isinstance(rule, n.Rule):
            pattern = pattern_of(lowering, rule)
            if pattern is not None:
                lowering.rules_on.setdefault(id(pattern), []).append(rule)
    return lowering


# --- What is reported ------------------------------------------------------------------------------------------------


def _signal(lowering: Lowering, signal: n.Signal) -> None:
    settled = waits(lowering, signal.value) is Waits.SETTLED
    id_ = lower_signal(lowering, signal.name, settled)
    node = lowering.graph.node(id_)
    leaves = set(_leaves(lowering.graph, node))
    paced = node.every_ns is not None or (bool(leaves) and None not in leaves)
    windows = [leaf.width_ns for leaf in leaves if leaf is not None]
    width = windows[0] if paced and len(windows) == 1 else None
    operator = Output(signal.name, paced, width)
    lowering.add(operator, (id_,), node.timeline, node.type, signal.span, every_ns=node.every_ns)


def _leaves(graph: Graph, node: PlanNode) -> Iterator[Window | None]:
    """The windows that a value shows, through functions; None for whatever else can change it."""
    match node.operator:
        case Constant() | Key() | Now():
            return
        case Map():
            for source in graph.inputs_of(node):
                yield from _leaves(graph, source)
        case Aggregate():
            window = graph.node(node.inputs[0]).operator
            assert isinstance(window, Window)
            yield window
        case _:
            yield None


def _pattern(lowering: Lowering, item: n.PatternItem) -> None:
    matched = lower_pattern(lowering, item.pattern, domain_scope(item.domain))
    node = lowering.graph.node(matched.node)
    lowering.add(Output(item.name, False), (node.id,), node.timeline, BOOL, item.span, event=True)


# --- Timelines -------------------------------------------------------------------------------------------------------


def _timelines(lowering: Lowering) -> tuple[Timeline, ...]:
    """The timelines in use: sources, devices, groups; each settled one before the current one that sees it delayed."""
    used = {node.timeline for node in lowering.graph}
    groups: list[Timeline] = []
    for properties, devices in lowering.group_devices.items():
        for settled in (True, False):
            if timeline_id(GroupScope(properties), settled) in used:
                groups.append(_group(lowering, properties, tuple(devices), settled))
    used = {node.timeline for node in lowering.graph} | {m.timeline for group in groups for m in group.members}
    alone = [Timeline(timeline_id(SourceScope(source.name), False), "source") for source in lowering.graph.sources]
    for device in lowering.typed.devices:
        for settled in (True, False):
            id_ = timeline_id(DeviceScope(device), settled)
            if id_ in used:
                alone.append(Timeline(id_, "device", settled, device))
    return (*alone, *groups)


def _group(lowering: Lowering, properties: tuple[str, ...], devices: tuple[str, ...], settled: bool) -> Timeline:
    members = tuple(
        GroupMember(timeline, tuple(_key(lowering, device, name, timeline) for name in properties))
        for device in devices
        for timeline in (timeline_id(DeviceScope(device), settled),)
    )
    return Timeline(timeline_id(GroupScope(properties), settled), "group", settled, keys=properties, members=members)


def _key(lowering: Lowering, device: str, name: str, timeline: str) -> str:
    """The held property of a member that names its group; it never goes stale."""
    info = lowering.typed.devices[device].fields[name]
    private = FieldRef(device, name) in lowering.private
    return lowering.graph.add(Field(device, name), (), timeline, value_type(info.type), private=private)
