"""From a plan's nodes to the engine's operators: one entry for each kind of operator."""

from collections.abc import Callable, Mapping
from typing import Any

from ..compiler import plan as p
from .operators.crossing import DelayedOperator
from .operators.elementwise import MapOperator
from .operators.groups import GroupClock, GroupSlicesOperator, MembersOperator
from .operators.leaves import (
    ConstantOperator,
    FieldOperator,
    FieldState,
    HeldTimeOperator,
    KeyOperator,
    MessageOperator,
    NowOperator,
    PreviousOperator,
)
from .operators.node import Operator, Setting
from .operators.outputs import ActionOperator, OutputOperator
from .operators.patterns import CapturedOperator, PatternOperator
from .operators.rules import RuleOperator
from .operators.truths import EdgeOperator, HoldsOperator, QuietOperator, ScheduleOperator
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
        self.built: dict[str, Operator] = {}

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
        return [self.nodes[i].type.name for i in node.inputs]

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


def _held_time(b: Builder, node: p.PlanNode, op: p.HeldTime) -> Operator:
    return HeldTimeOperator(b.setting, b.field(node, op.field))


def _key(b: Builder, node: p.PlanNode, op: p.Key) -> Operator:
    timeline = b.timelines[node.timeline]
    return KeyOperator(b.setting, node.timeline, 0 if timeline.kind == "device" else timeline.keys.index(op.part))


def _now(b: Builder, node: p.PlanNode, op: p.Now) -> Operator:
    return NowOperator(b.setting)


def _map(b: Builder, node: p.PlanNode, op: p.Map) -> Operator:
    return MapOperator(b.setting, op.function, [b.nodes[i].event for i in node.inputs])


def _delayed(b: Builder, node: p.PlanNode, op: p.Delayed) -> Operator:
    return DelayedOperator(b.setting, b.lateness(b.timelines[b.nodes[node.inputs[0]].timeline]), node.type.name)


def _holds(b: Builder, node: p.PlanNode, op: p.Holds) -> Operator:
    return HoldsOperator(b.setting, op.duration_ns)


def _quiet(b: Builder, node: p.PlanNode, op: p.Quiet) -> Operator:
    return QuietOperator(b.setting, op.duration_ns)


def _edge(b: Builder, node: p.PlanNode, op: p.Edge) -> Operator:
    return EdgeOperator(b.setting)


def _slices(b: Builder, node: p.PlanNode, op: p.Slices) -> Operator:
    windows = [
        (other.id, other.operator)
        for other in b.plan.nodes
        if isinstance(other.operator, p.Window) and node.id in other.inputs
    ]
    timeline = b.timelines[node.timeline]
    if timeline.device is not None:
        return SlicesOperator(b.setting, op, windows, 0, b.devices[timeline.device].revise_ns)
    types = [b.devices[d] for d in (b.timelines[m.timeline].device for m in timeline.members) if d is not None]
    return GroupSlicesOperator(b.setting, op, windows, max(t.idle_ns for t in types), max(t.revise_ns for t in types))


def _window(b: Builder, node: p.PlanNode, op: p.Window) -> Operator:
    return WindowOperator(b.setting, node.id)


def _aggregate(b: Builder, node: p.PlanNode, op: p.Aggregate) -> Operator:
    return AggregateOperator(b.setting, op.function, node.type.name)


def _members(b: Builder, node: p.PlanNode, op: p.Members) -> Operator:
    timeline = b.timelines[node.timeline]
    of = next(m.timeline for m in timeline.members if b.timelines[m.timeline].device == op.device)
    return MembersOperator(b.setting, op, of, b.groups[node.timeline])


def _pattern(b: Builder, node: p.PlanNode, op: p.Pattern) -> Operator:
    return PatternOperator(b.setting, op, b.input_types(node))


def _captured(b: Builder, node: p.PlanNode, op: p.Captured) -> Operator:
    pattern = b.built[node.inputs[0]]
    assert isinstance(pattern, PatternOperator)
    return CapturedOperator(b.setting, pattern, op.capture)


def _schedule(b: Builder, node: p.PlanNode, op: p.Schedule) -> Operator:
    return ScheduleOperator(b.setting, op)


def _rule(b: Builder, node: p.PlanNode, op: p.Rule) -> Operator:
    return RuleOperator(b.setting, op, node.timeline, b.places[node.id])


def _action(b: Builder, node: p.PlanNode, op: p.Action) -> Operator:
    return ActionOperator(b.setting, op, b.input_types(node), node.timeline, b.places[node.inputs[0]])


def _output(b: Builder, node: p.PlanNode, op: p.Output) -> Operator:
    return OutputOperator(b.setting, op, node, b.nodes[node.inputs[0]], b.places[node.id])


OPERATORS: dict[type[p.Operator], Callable[[Builder, p.PlanNode, Any], Operator]] = {
    p.Constant: _constant,
    p.Field: _field,
    p.Message: _message,
    p.HeldTime: _held_time,
    p.Previous: _previous,
    p.PreviousTime: _previous_time,
    p.Key: _key,
    p.Now: _now,
    p.Map: _map,
    p.Delayed: _delayed,
    p.Holds: _holds,
    p.Quiet: _quiet,
    p.Edge: _edge,
    p.Slices: _slices,
    p.Window: _window,
    p.Aggregate: _aggregate,
    p.Members: _members,
    p.Pattern: _pattern,
    p.Captured: _captured,
    p.Schedule: _schedule,
    p.Rule: _rule,
    p.Action: _action,
    p.Output: _output,
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


def is_crossing(operator: p.Operator) -> bool:
    """Whether an operator takes its inputs from another timeline."""
    return isinstance(operator, (p.Members, p.Delayed))
