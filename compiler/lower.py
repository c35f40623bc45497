"""Lowering: a checked program into the graph of its operators, item by item in the order written.

Lowering shares what has a name (fields, signals, patterns) and constants; that other equal work is one node is the work
of a pass.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ..dsl import nodes as n
from .graph import Graph
from .group_values import signals_asking
from .lower_commands import command_plans
from .lower_context import BOOL, Lowering, Waits, Windows, domain_scope, timeline_id, value_type
from .lower_expressions import lower_expression
from .lower_matched import pattern_of
from .lower_patterns import pattern_node
from .lower_procedures import procedure_plan
from .lower_rules import lower_invariant, lower_rule
from .lower_signals import lower_signal, place_signals
from .lower_sources import device_type, lower_source
from .lower_tables import lower_tables
from .lower_targets import lower_targets
from .lower_timelines import waits
from .lower_whole_twins import twin_model
from .plan import (
    Aggregate,
    Constant,
    Field,
    GroupMember,
    Key,
    Map,
    Now,
    Output,
    ProcedurePlan,
    Recent,
    Session,
    SourcePlan,
    Timeline,
    TwinModel,
    While,
    Window,
)
from .resolve import walk
from .typed import DeviceScope, FieldRef, GroupScope, SentRef, SourceScope, Typed


def lower(typed: Typed) -> Graph:
    """The graph of a program without errors."""
    lowering = begin(typed)
    sources: list[SourcePlan] = []
    procedures: list[ProcedurePlan] = []
    twins: list[TwinModel] = []
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
            case n.Invariant():
                lower_invariant(lowering, item)
            case n.Procedure():
                procedures.append(procedure_plan(lowering, item))
            case n.Twin():
                twins.append(twin_model(lowering, item))
            case n.Let() | n.Device() | n.Priorities() | n.Target() | n.Table() | n.Test() | n.WhatIf():
                pass
            case n.ReferenceTable():
                pass
    lowering.graph.sources = tuple(sources)
    lowering.graph.procedures = tuple(procedures)
    lowering.graph.twins = tuple(twins)
    lowering.graph.timelines = _timelines(lowering)
    return lowering.graph


def begin(typed: Typed) -> Lowering:
    """The state of lowering before anything was lowered."""
    items = typed.program.items
    devices = tuple(device_type(info, _asked_of(typed, info.name)) for info in typed.devices.values())
    lowering = Lowering(
        typed,
        Graph(typed.program.module, devices, targets=lower_targets(typed), tables=lower_tables(typed)),
        lower_expression,
        signals={item.name: item for item in items if isinstance(item, n.Signal)},
        patterns={item.name: item for item in items if isinstance(item, n.PatternItem)},
        rules={item.name: item for item in items if isinstance(item, n.Rule)},
        lets={item.name: item for item in items if isinstance(item, n.Let)},
        twins={item.device: item for item in items if isinstance(item, n.Twin)},
        private={
            FieldRef(item.name, member.name)
            for item in items
            if isinstance(item, n.Device)
            for member in item.members
            if isinstance(member, n.Property | n.Telemetry) and member.private
        },
    )
    of_groups = [name for name, signal in lowering.signals.items() if not isinstance(signal.domain, n.ForDevice)]
    lowering.asking = {*of_groups, *signals_asking(typed, of_groups)} if of_groups else set()
    place_signals(lowering)
    lowering.graph.devices = tuple(
        replace(device, commands=command_plans(lowering, typed.devices[device.name])) for device in devices
    )
    for rule in items:
        if isinstance(rule, n.Rule):
            pattern = pattern_of(lowering, rule)
            if pattern is not None:
                lowering.rules_on.setdefault(id(pattern), []).append(rule)
    return lowering


def _asked_of(typed: Typed, device: str) -> Iterator[str]:
    """The commands of a device type of which is asked when they were sent, each once."""
    references = (typed.facts[node].reference for node in walk(typed.program) if isinstance(node, n.Sent))
    sent = (one for one in references if isinstance(one, SentRef) and one.device == device)
    yield from dict.fromkeys(one.command for one in sent)


# --- What is reported ------------------------------------------------------------------------------------------------


def _signal(lowering: Lowering, signal: n.Signal) -> None:
    settled = waits(lowering, signal.value) is Waits.SETTLED
    id_ = lower_signal(lowering, signal.name, settled)
    node = lowering.graph.node(id_)
    shown = _windows(lowering, id_)
    paced = node.every_ns is not None or ((shown.one is not None or shown.ended) and not shown.others)
    width = shown.one.width_ns if paced and shown.one is not None and not (shown.several or shown.ended) else None
    operator = Output(signal.name, paced, width)
    lowering.add(operator, (id_,), node.timeline, node.type, signal.span, every_ns=node.every_ns)


def _windows(lowering: Lowering, id_: str) -> Windows:
    """The windows that a value shows, through functions, and whether anything else can change it."""
    graph, known = lowering.graph, lowering.windows
    for at in graph.behind(id_, (Map,), known):
        match graph.node(at).operator:
            case Constant() | Key() | Now():
                known[at] = Windows()
            case Map():
                known[at] = _together([known[i] for i in graph.node(at).inputs])
            case Aggregate():
                window = graph.node(graph.node(at).inputs[0]).operator
                one = window if isinstance(window, Window) else None
                known[at] = Windows(one, others=isinstance(window, Recent), ended=isinstance(window, Session | While))
            case _:
                known[at] = Windows(others=True)
    return known[id_]


def _together(parts: list[Windows]) -> Windows:
    found = [part.one for part in parts if part.one is not None]
    one = found[0] if found else None
    several = any(part.several for part in parts) or any(window != one for window in found)
    return Windows(one, several, any(part.others for part in parts), any(part.ended for part in parts))


def _pattern(lowering: Lowering, item: n.PatternItem) -> None:
    node = lowering.graph.node(pattern_node(lowering, item.pattern, domain_scope(item.domain)))
    lowering.add(Output(item.name, False), (node.id,), node.timeline, BOOL, item.span, event=True)


# --- Timelines -------------------------------------------------------------------------------------------------------


def _timelines(lowering: Lowering) -> tuple[Timeline, ...]:
    """The timelines in use: sources, devices, groups; each settled one before the current one that sees it delayed."""
    used = {node.timeline for node in lowering.graph}
    groups: list[Timeline] = []
    for properties, devices in _groups(lowering).items():
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


def _groups(lowering: Lowering) -> dict[tuple[str, ...], Collection[str]]:
    """The groups, each with the types of its members: those asked for anything; all that can belong if none is."""
    groups: dict[tuple[str, ...], Collection[str]] = {**lowering.group_devices}
    for item in lowering.typed.program.items:
        if isinstance(item, n.Signal | n.PatternItem | n.Rule | n.Invariant):
            scope = domain_scope(item.domain)
            if isinstance(scope, GroupScope) and scope.properties not in groups:
                groups[scope.properties] = [
                    name for name, info in lowering.typed.devices.items() if info.fields.keys() >= {*scope.properties}
                ]
    return groups


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
