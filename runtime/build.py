"""From a plan's nodes to the engine's operators: one entry for each kind of operator."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..compiler import plan as p
from ..stdlib.catalogue import AGGREGATES, SCALARS
from ..stdlib.parts import HELD, LINES, Part
from .automata import only_step
from .operators.calibration import CalibratedOperator, CalibrationOperator
from .operators.chosen import ChosenOperator
from .operators.crossing import DelayedOperator
from .operators.elementwise import MapOperator
from .operators.flaps import FlapsOperator
from .operators.following import FollowingOperator, RecentFollowingOperator
from .operators.group_clock import GroupClock
from .operators.group_slices import GroupSlicesOperator, JoinedSlicesOperator, PartialOperator
from .operators.groups import MembersOperator
from .operators.leaves import (
    ConstantOperator,
    DeviceEventOperator,
    FieldOperator,
    FieldState,
    HeldTimeOperator,
    KeyOperator,
    MessageOperator,
    NowOperator,
    PreviousOperator,
)
from .operators.lookups import LookupOperator, Rows
from .operators.node import Operator, Setting
from .operators.of_group import OfGroupOperator
from .operators.outputs import ActionOperator, OutputOperator
from .operators.pattern_groups import GroupPatternOperator
from .operators.patterns import BoundValues, CapturedOperator, ExpiredOperator, OneEventOperator, PatternOperator
from .operators.received import ReceivedOperator, ReceivedPartsOperator
from .operators.recent import RecentOperator, SessionOperator, Thinned, ThinOperator, WhileOperator
from .operators.recent_groups import FromMembers, GroupRecentOperator, GroupSessionOperator, GroupWhileOperator
from .operators.recent_spans import HeldRecentOperator, HeldSessionOperator, HeldWhileOperator
from .operators.rules import AtRaisingOperator, MatchRuleOperator, RaisedOperator, RuleOperator
from .operators.spans import LinesOperator, SpansOperator
from .operators.texts import TextOperator
from .operators.thresholds import ThresholdOperator, ThresholdsOperator
from .operators.truths import EdgeOperator, HoldsOperator, QuietOperator, ScheduleOperator
from .operators.twins import (
    PredictedDeviationOperator,
    PredictedOperator,
    TimeUntilLastingOperator,
    TimeUntilOperator,
    TwinStateOperator,
    TwinValueOperator,
)
from .operators.windows import AggregateOperator, SlicesOperator, WindowOperator


class Builder:
    """Builds operators in the plan's order; those built before can be looked up."""

    def __init__(
        self,
        plan: p.Plan,
        setting: Setting,
        groups: Mapping[str, GroupClock],
        fields: dict[tuple[str, str], FieldState],
    ) -> None:
        self.plan = plan
        self.setting = setting
        self.groups = groups
        self.fields = fields
        self.nodes = {node.id: node for node in plan.nodes}
        self.places = {node.id: i for i, node in enumerate(plan.nodes)}
        self.timelines = {t.id: t for t in plan.timelines}
        self.devices = {d.name: d for d in plan.devices}
        self.tables = {table.name: table for table in plan.tables}
        self.rows: dict[str, Rows] = {}
        self.built: dict[str, Operator] = {}
        self.thinned: dict[str, Thinned] = {}

    def field(self, node: p.PlanNode, name: str) -> FieldState:
        """The state of a field on the node's timeline, one for all that ask about it."""
        device = self.timelines[node.timeline].device
        assert device is not None
        found = self.fields.get((node.timeline, name))
        if found is None:
            declared = next(f for f in self.devices[device].fields if f.name == name)
            found = self.fields[node.timeline, name] = FieldState(name, declared.type.name)
        return found

    def input_types(self, node: p.PlanNode) -> list[str]:
        nodes = self.nodes
        return [nodes[i].type.name for i in node.inputs]

    def arity(self, node: p.PlanNode) -> int:
        """How many values a node samples together: a second input that is no condition is sampled as well."""
        return 2 if len(node.inputs) > 1 and self.nodes[node.inputs[1]].type.name != "bool" else 1

    def sampled_types(self, node: p.PlanNode) -> list[str]:
        return self.input_types(node)[: self.arity(node)]

    def is_own(self, node: p.PlanNode) -> bool:
        """Whether a node's samples are of its own timeline, and not of a group's members."""
        return self.nodes[node.inputs[0]].timeline == node.timeline

    def from_members(self, node: p.PlanNode, operator: FromMembers) -> FromMembers:
        operator.of(self.nodes[node.inputs[0]].timeline, self.groups[node.timeline])
        return operator

    def parts_of(self, window: p.PlanNode) -> list[Part]:
        """What the aggregates over a window need of its samples."""
        functions = [
            node.operator.function
            for node in self.plan.nodes
            if isinstance(node.operator, p.Aggregate) and window.id in node.inputs
        ]
        return list(dict.fromkeys(part for function in functions for part in AGGREGATES[function].parts))

    def lateness(self, timeline: p.Timeline) -> int:
        """How far a settled timeline is behind its current one (ns)."""
        if timeline.device is not None:
            return self.devices[timeline.device].lateness_ns
        return max(self.lateness(self.timelines[m.timeline]) for m in timeline.members)


def _constant(b: Builder, node: p.PlanNode, op: p.Constant) -> Operator:
    return ConstantOperator(b.setting, op.value, node.type.name)


def _field(b: Builder, node: p.PlanNode, op: p.Field) -> Operator:
    return FieldOperator(b.setting, b.field(node, op.field), op.stale_ns)


def _message(b: Builder, node: p.PlanNode, op: p.Message) -> Operator:
    return MessageOperator(b.setting, b.field(node, op.field))


def _previous(b: Builder, node: p.PlanNode, op: p.Previous) -> Operator:
    return PreviousOperator(b.setting, b.field(node, op.field), of_time=False)


def _previous_time(b: Builder, node: p.PlanNode, op: p.PreviousTime) -> Operator:
    return PreviousOperator(b.setting, b.field(node, op.field), of_time=True)


def _device_event(b: Builder, node: p.PlanNode, op: p.DeviceEvent) -> Operator:
    return DeviceEventOperator(b.setting, b.field(node, op.field))


def _held_time(b: Builder, node: p.PlanNode, op: p.HeldTime) -> Operator:
    return HeldTimeOperator(b.setting, b.field(node, op.field))


def _key(b: Builder, node: p.PlanNode, op: p.Key) -> Operator:
    timeline = b.timelines[node.timeline]
    return KeyOperator(b.setting, node.timeline, 0 if timeline.kind == "device" else timeline.keys.index(op.part))


def _now(b: Builder, node: p.PlanNode, op: p.Now) -> Operator:
    return NowOperator(b.setting)


def _map(b: Builder, node: p.PlanNode, op: p.Map) -> Operator:
    events = [b.nodes[i].event for i in node.inputs]
    varying = [place for place, i in enumerate(node.inputs) if not isinstance(b.nodes[i].operator, p.Constant)]
    if len(varying) == 1 and SCALARS[op.function].needs_texts and b.nodes[node.inputs[varying[0]]].type.name == "text":
        return TextOperator(b.setting, op.function, events, varying[0], node.type.name)
    return MapOperator(b.setting, op.function, events)


def _lookup(b: Builder, node: p.PlanNode, op: p.Lookup) -> Operator:
    table = b.tables[op.table]
    column = next(column for column in table.values if column.name == op.column)
    if op.table not in b.rows:
        b.rows[op.table] = Rows(table, b.setting.symbols)
    return LookupOperator(b.setting, column, b.rows[op.table], [b.nodes[i].event for i in node.inputs])


def _delayed(b: Builder, node: p.PlanNode, op: p.Delayed) -> Operator:
    return DelayedOperator(b.setting, b.lateness(b.timelines[b.nodes[node.inputs[0]].timeline]), node.type.name)


def _holds(b: Builder, node: p.PlanNode, op: p.Holds) -> Operator:
    return HoldsOperator(b.setting, op.duration_ns)


def _quiet(b: Builder, node: p.PlanNode, op: p.Quiet) -> Operator:
    return QuietOperator(b.setting, op.duration_ns)


def _edge(b: Builder, node: p.PlanNode, op: p.Edge) -> Operator:
    return EdgeOperator(b.setting)


def _thresholds(b: Builder, node: p.PlanNode, op: p.Thresholds) -> Operator:
    users = [other.operator for other in b.plan.nodes if node.id in other.inputs]
    return ThresholdsOperator(b.setting, [user for user in users if isinstance(user, p.Threshold)])


def _threshold(b: Builder, node: p.PlanNode, op: p.Threshold) -> Operator:
    store = b.built[node.inputs[0]]
    assert isinstance(store, ThresholdsOperator)
    return ThresholdOperator(b.setting, op, store)


def _slices(b: Builder, node: p.PlanNode, op: p.Slices) -> Operator:
    windows = [
        (other.id, other.operator)
        for other in b.plan.nodes
        if isinstance(other.operator, p.Window) and node.id in other.inputs
    ]
    asked = [b.parts_of(b.nodes[id_]) for id_, _ in windows]
    timeline = b.timelines[node.timeline]
    if HELD in op.parts:
        return SpansOperator(b.setting, op, windows)
    if LINES in op.parts:
        return LinesOperator(b.setting, op, windows)
    sampled = b.input_types(node)[: b.arity(node)]
    if timeline.device is not None:
        return SlicesOperator(b.setting, op, windows, asked, sampled, 0, b.devices[timeline.device].revise_ns)
    if b.is_own(node):
        return SlicesOperator(b.setting, op, windows, asked, sampled, 0, 0)
    types = [b.devices[d] for d in (b.timelines[m.timeline].device for m in timeline.members) if d is not None]
    idle, revise = max(t.idle_ns for t in types), max(t.revise_ns for t in types)
    given = b.nodes[node.inputs[0]].operator
    kind = JoinedSlicesOperator if isinstance(given, p.Received) and given.parts else GroupSlicesOperator
    return kind(b.setting, op, windows, asked, sampled, idle, revise)


def _partial(b: Builder, node: p.PlanNode, op: p.Partial) -> Operator:
    return PartialOperator(b.setting, op, b.arity(node))


def _window(b: Builder, node: p.PlanNode, op: p.Window) -> Operator:
    return WindowOperator(b.setting, node.id)


def _thin(b: Builder, node: p.PlanNode, op: p.Thin) -> Operator:
    thinned = b.thinned.setdefault(node.timeline, Thinned(b.setting.counters))
    return ThinOperator(b.setting, op, b.arity(node), thinned)


def _recent(b: Builder, node: p.PlanNode, op: p.Recent) -> Operator:
    if op.held:
        return HeldRecentOperator(b.setting, op)
    if b.is_own(node):
        return RecentOperator(b.setting, op, b.parts_of(node), b.sampled_types(node))
    return b.from_members(node, GroupRecentOperator(b.setting, op, b.parts_of(node), b.sampled_types(node)))


def _session(b: Builder, node: p.PlanNode, op: p.Session) -> Operator:
    if op.held:
        return HeldSessionOperator(b.setting, op)
    if b.is_own(node):
        return SessionOperator(b.setting, op, b.parts_of(node), b.sampled_types(node))
    return b.from_members(node, GroupSessionOperator(b.setting, op, b.parts_of(node), b.sampled_types(node)))


def _while(b: Builder, node: p.PlanNode, op: p.While) -> Operator:
    if op.held:
        return HeldWhileOperator(b.setting)
    if b.is_own(node):
        return WhileOperator(b.setting, b.parts_of(node), b.sampled_types(node))
    return b.from_members(node, GroupWhileOperator(b.setting, b.parts_of(node), b.sampled_types(node)))


def _aggregate(b: Builder, node: p.PlanNode, op: p.Aggregate) -> Operator:
    return AggregateOperator(b.setting, op, node.type.name, b.nodes[node.inputs[0]].type.name)


def _following(b: Builder, node: p.PlanNode, op: p.Following) -> Operator:
    kind = FollowingOperator if op.samples_max is None else RecentFollowingOperator
    return kind(b.setting, op, node.type.name)


def _members(b: Builder, node: p.PlanNode, op: p.Members) -> Operator:
    timeline = b.timelines[node.timeline]
    of = next(m.timeline for m in timeline.members if b.timelines[m.timeline].device == op.device)
    sampled = b.input_types(node)[: b.arity(node)]
    return MembersOperator(b.setting, op, of, b.groups[node.timeline], node.type.name, sampled)


def _chosen(b: Builder, node: p.PlanNode, op: p.Chosen) -> Operator:
    timeline = b.timelines[node.timeline]
    place = next(i for i, m in enumerate(timeline.members) if b.timelines[m.timeline].device == op.device)
    return ChosenOperator(b.setting, timeline.members[place].timeline, place, b.groups[node.timeline])


def _of_group(b: Builder, node: p.PlanNode, op: p.OfGroup) -> Operator:
    return OfGroupOperator(b.setting, b.groups[b.nodes[node.inputs[0]].timeline], node.type.name)


def _pattern(b: Builder, node: p.PlanNode, op: p.Pattern) -> Operator:
    expires = any(isinstance(other.operator, p.Expired) and node.id in other.inputs for other in b.plan.nodes)
    if node.timeline not in b.groups:
        step = None if expires else only_step(op)
        if step is not None:
            return OneEventOperator(b.setting, op, b.input_types(node), step)
        nows = [place for place, i in enumerate(node.inputs) if isinstance(b.nodes[i].operator, p.Now)]
        return PatternOperator(b.setting, op, b.input_types(node), expires, nows)

    def ids(timeline: str) -> Sequence[str]:
        device = b.timelines[timeline].device
        assert device is not None
        return b.setting.registries[device].ids

    timelines = [b.nodes[i].timeline for i in node.inputs]
    clock = b.groups[node.timeline]
    return GroupPatternOperator(b.setting, op, b.input_types(node), expires, timelines, clock, ids)


def _expired(b: Builder, node: p.PlanNode, op: p.Expired) -> Operator:
    pattern = b.built[node.inputs[0]]
    assert isinstance(pattern, PatternOperator)
    return ExpiredOperator(b.setting, pattern)


def _captured(b: Builder, node: p.PlanNode, op: p.Captured) -> Operator:
    source = b.built[node.inputs[0]]
    assert isinstance(source, BoundValues)
    return CapturedOperator(b.setting, source, op.bound)


def _schedule(b: Builder, node: p.PlanNode, op: p.Schedule) -> Operator:
    return ScheduleOperator(b.setting, op)


def _rule(b: Builder, node: p.PlanNode, op: p.Rule) -> Operator:
    if op.until_test is None:
        return RuleOperator(b.setting, op, node.timeline, b.places[node.id])
    return MatchRuleOperator(b.setting, op, node.timeline, b.places[node.id], op.until_test, b.input_types(node))


def _flaps(b: Builder, node: p.PlanNode, op: p.Flaps) -> Operator:
    rule = b.nodes[node.inputs[0]].operator
    assert isinstance(rule, p.Rule)
    return FlapsOperator(b.setting, op, rule, node.timeline, b.places[node.id])


def _raised(b: Builder, node: p.PlanNode, op: p.Raised) -> Operator:
    rule = b.nodes[node.inputs[0]].operator
    assert isinstance(rule, p.Rule)
    return RaisedOperator(b.setting, rule.lasts)


def _at_raising(b: Builder, node: p.PlanNode, op: p.AtRaising) -> Operator:
    return AtRaisingOperator(b.setting, op.earlier)


def _action(b: Builder, node: p.PlanNode, op: p.Action) -> Operator:
    return ActionOperator(b.setting, op, b.input_types(node), node.timeline, b.places[node.inputs[0]])


def _output(b: Builder, node: p.PlanNode, op: p.Output) -> Operator:
    return OutputOperator(b.setting, op, node, b.nodes[node.inputs[0]], b.places[node.id])


def _received(builder: Builder, node: p.PlanNode, operator: p.Received) -> Operator:
    if operator.parts:
        return ReceivedPartsOperator(builder.setting, operator.parts)
    return ReceivedOperator(builder.setting, node.type.name, node.event, operator.momentary)


def _calibration(b: Builder, node: p.PlanNode, op: p.Calibration) -> Operator:
    return CalibrationOperator(b.setting, op, b.input_types(node))


def _calibrated(b: Builder, node: p.PlanNode, op: p.Calibrated) -> Operator:
    source = b.built[node.inputs[0]]
    assert isinstance(source, CalibrationOperator)
    return CalibratedOperator(b.setting, source, op)


def _twin_state(b: Builder, node: p.PlanNode, op: p.TwinState) -> Operator:
    return TwinStateOperator(b.setting, op, b.input_types(node), node.timeline.removesuffix(" settled"))


def _twin_value(b: Builder, node: p.PlanNode, op: p.TwinValue) -> Operator:
    source = b.built[node.inputs[0]]
    assert isinstance(source, TwinStateOperator)
    return TwinValueOperator(b.setting, source, (0, op.place))


def _twin_covariance(b: Builder, node: p.PlanNode, op: p.TwinCovariance) -> Operator:
    source = b.built[node.inputs[0]]
    assert isinstance(source, TwinStateOperator)
    return TwinValueOperator(b.setting, source, (1 + op.first, op.second))


def _predicted(b: Builder, node: p.PlanNode, op: p.Predicted) -> Operator:
    return PredictedOperator(b.setting, op.dynamics, (op.value,), b.input_types(node), op.ahead_ns)


def _predicted_deviation(b: Builder, node: p.PlanNode, op: p.PredictedDeviation) -> Operator:
    return PredictedDeviationOperator(b.setting, op, b.input_types(node))


def _time_until(b: Builder, node: p.PlanNode, op: p.TimeUntil) -> Operator:
    kind = TimeUntilLastingOperator if op.lasting_ns else TimeUntilOperator
    return kind(b.setting, op, b.input_types(node))


OPERATORS: dict[type[p.Operator], Callable[[Builder, p.PlanNode, Any], Operator]] = {
    p.Received: _received,
    p.Constant: _constant,
    p.Field: _field,
    p.Message: _message,
    p.HeldTime: _held_time,
    p.Previous: _previous,
    p.PreviousTime: _previous_time,
    p.DeviceEvent: _device_event,
    p.Key: _key,
    p.Now: _now,
    p.Map: _map,
    p.Lookup: _lookup,
    p.Delayed: _delayed,
    p.Holds: _holds,
    p.Quiet: _quiet,
    p.Edge: _edge,
    p.Thresholds: _thresholds,
    p.Threshold: _threshold,
    p.Slices: _slices,
    p.Partial: _partial,
    p.Window: _window,
    p.Thin: _thin,
    p.Recent: _recent,
    p.Session: _session,
    p.While: _while,
    p.Aggregate: _aggregate,
    p.Following: _following,
    p.Members: _members,
    p.Chosen: _chosen,
    p.OfGroup: _of_group,
    p.Pattern: _pattern,
    p.Expired: _expired,
    p.Captured: _captured,
    p.Schedule: _schedule,
    p.Rule: _rule,
    p.Flaps: _flaps,
    p.Raised: _raised,
    p.AtRaising: _at_raising,
    p.Action: _action,
    p.Output: _output,
    p.Calibration: _calibration,
    p.Calibrated: _calibrated,
    p.TwinState: _twin_state,
    p.TwinValue: _twin_value,
    p.TwinCovariance: _twin_covariance,
    p.Predicted: _predicted,
    p.PredictedDeviation: _predicted_deviation,
    p.TimeUntil: _time_until,
}
"""How each operator of a plan is built; `Payload` is the business of `runtime.ingest`."""


def build(
    plan: p.Plan, setting: Setting, groups: Mapping[str, GroupClock], fields: dict[tuple[str, str], FieldState]
) -> dict[str, Operator]:
    """The operators of all nodes that are not a source's, by node id."""
    builder = Builder(plan, setting, groups, fields)
    for node in plan.nodes:
        if builder.timelines[node.timeline].kind != "source":
            builder.built[node.id] = OPERATORS[type(node.operator)](builder, node, node.operator)
    return builder.built
