"""How often each node is updated, for one key, and how many keys there are: measured, declared, or assumed.

What nothing declares and nobody measured is assumed, and every assumption is one of the constants here. A link carries
less than a node is updated where its users only ask what the value is: then changes are all that is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...compiler.plan import (
    Action,
    AtRaising,
    Captured,
    Constant,
    Edge,
    Expired,
    Holds,
    Key,
    Map,
    Members,
    Now,
    OfField,
    OfGroup,
    Pattern,
    Plan,
    PlanNode,
    Quiet,
    Raised,
    Recent,
    Rule,
    Schedule,
    Session,
    TargetPlan,
    Threshold,
    Timeline,
    While,
    Window,
)
from ..edge.cutting import LEVELS, MAKERS, THROUGH
from .measured import Measured

NS_PER_S = 1_000_000_000
CALENDAR_S = {"today": 86_400, "this_week": 604_800, "this_month": 2_592_000, "this_year": 31_536_000}

ASSUMED_TELEMETRY_HZ = 1 / 600
"""A telemetry without `every`."""
ASSUMED_PROPERTY_HZ = 1 / 86_400
ASSUMED_CHANGE_HZ = 1 / 3600
"""What is told when it changes: a condition."""
ASSUMED_EVENT_HZ = 1 / 86_400
"""What happens: an edge, a pattern, a rule's life."""
ASSUMED_DEVICES = 100
"""Devices of a type, where it has no `max`; and of each type behind one gateway, or in one group."""

How = Literal["measured", "declared", "assumed"]


@dataclass(frozen=True, slots=True)
class Rate:
    """Updates of a node per second and key, and what a link is `told` of them; `how` that is known (of several inputs,
    as the least certain one)."""

    hz: float
    how: How
    told_hz: float


class _Known(NamedTuple):
    """A rate, and how it is known."""

    hz: float
    how: How


CERTAINTY: tuple[How, ...] = ("measured", "declared", "assumed")


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by node; how many devices there are of each type, keys on each timeline, instances of each target; and
    what of these numbers is assumed, in words."""

    of: Mapping[str, Rate]
    devices: Mapping[str, int]
    keys: Mapping[str, int]
    instances: Mapping[str, int]
    assumed: tuple[str, ...]

    def total_hz(self, node: PlanNode) -> float:
        """Updates of a node per second, of all keys."""
        return self.of[node.id].hz * self.keys[node.timeline]

    def total_told_hz(self, node: PlanNode) -> float:
        """What a link is told of a node per second, of all keys."""
        return self.of[node.id].told_hz * self.keys[node.timeline]


def rates_of(
    plan: Plan,
    measured: Measured | None = None,
    devices: Mapping[str, int] | None = None,
    instances: Mapping[str, int] | None = None,
) -> Rates:
    """The rates of a plan. `devices` (by type) and `instances` (by target) are what somebody says of the fleet; it
    counts before what was measured, that before what is declared."""
    known = Measured() if measured is None else measured
    counting = _Counting(plan, known, devices or {}, instances or {})
    many = {device.name: counting.devices(device.name) for device in plan.devices}
    keys = {timeline.id: counting.keys(timeline) for timeline in plan.timelines}
    targets = {target.name: counting.instances(target) for target in plan.targets}
    reading = _Reading(plan, known, keys)
    found = {node.id: reading.rate(node) for node in plan.nodes}
    return Rates(found, many, keys, targets, tuple(counting.assumed))


class _Counting:
    """How many there are of what."""

    def __init__(
        self, plan: Plan, measured: Measured, devices: Mapping[str, int], instances: Mapping[str, int]
    ) -> None:
        self.plan = plan
        self.measured = measured
        self.told = devices
        self.told_instances = instances
        self.timelines = {timeline.id: timeline for timeline in plan.timelines}
        self.assumed: dict[str, None] = {}

    def devices(self, name: str) -> int:
        device = next(device for device in self.plan.devices if device.name == name)
        for found in (self.told.get(name), self.measured.devices.get(name), device.maximum):
            if found is not None:
                return max(1, found)
        self.assumed[f"{ASSUMED_DEVICES} devices of type {name}: it has no `max`"] = None
        return ASSUMED_DEVICES

    def keys(self, timeline: Timeline) -> int:
        if timeline.kind == "source":
            return 1
        if timeline.kind == "device":
            return self.devices(timeline.device or "")
        return self._groups(timeline.keys, [self.timelines[member.timeline].device for member in timeline.members])

    def instances(self, target: TargetPlan) -> int:
        """How many there are of a target; its devices are shared out evenly among them."""
        found = self.told_instances.get(target.name, self.measured.targets.get(target.name))
        if found is not None:
            return max(1, found)
        if target.tier == "device" and not target.keys:
            return max((self.devices(device.name) for device in self.plan.devices), default=1)
        return self._groups(target.keys, [device.name for device in self.plan.devices], target.name)

    def _groups(self, keys: tuple[str, ...], members: list[str | None], what: str | None = None) -> int:
        """How many groups of these keys there are among the devices of these types."""
        if not keys:
            return 1
        for target in self.plan.targets:
            if set(target.keys) == set(keys) and target.name in self.told_instances:
                return max(1, self.told_instances[target.name])
        found = self.measured.keys.get(f"by {', '.join(keys)}")
        if found is not None:
            return max(1, found)
        most = max((self.devices(name) for name in members if name is not None), default=1)
        groups = -(-most // ASSUMED_DEVICES)
        said = f"{groups:,} of `{what}`" if what is not None else f"{groups:,} groups by {', '.join(keys)}"
        self.assumed[f"{said}, of {ASSUMED_DEVICES} devices of each type"] = None
        return groups


class _Reading:
    """Rates, inputs before those who use them."""

    def __init__(self, plan: Plan, measured: Measured, keys: Mapping[str, int]) -> None:
        self.measured = measured
        self.keys = keys
        self.nodes = {node.id: node for node in plan.nodes}
        self.fields = {(device.name, field.name): field for device in plan.devices for field in device.fields}
        self.by_level = asked_by_level(plan)
        self.found: dict[str, _Known] = {}

    def rate(self, node: PlanNode) -> Rate:
        hz = self.measured.hz.get(node.id)
        hz, how = self.found[node.id] = self._estimated(node) if hz is None else _Known(hz, "measured")
        if how == "measured":
            return Rate(hz, how, self.measured.told_hz.get(node.id, hz))
        changes_seldom = node.id in self.by_level and not node.event and node.type.name in ("bool", "text")
        return Rate(hz, how, min(hz, ASSUMED_CHANGE_HZ) if changes_seldom else hz)

    def _estimated(self, node: PlanNode) -> "_Known":
        """A rate that was not measured, made of those of the inputs."""
        of_inputs = self._of_inputs(node)
        match node.operator:
            case Constant() | Key() | Now() | OfGroup() | Schedule():
                return _Known(0.0, "declared")
            case operator if isinstance(operator, OfField):
                return self._field(operator)
            case Window(every, _, calendar):
                if every is not None:
                    return _Known(NS_PER_S / every, "declared")
                return _Known(1 / CALENDAR_S[calendar or "today"], "declared")
            case Recent(every_ns=int() as every):
                return min(of_inputs, _Known(NS_PER_S / every, of_inputs.how), key=lambda rate: rate.hz)
            case Holds() | Quiet() | Threshold() | Raised() | AtRaising():
                return _at_most(of_inputs, ASSUMED_CHANGE_HZ)
            case Edge() | Pattern() | Expired() | Captured() | Rule() | Session() | While():
                return _at_most(of_inputs, ASSUMED_EVENT_HZ)
            case Action():
                return self.found[node.inputs[0]]
            case _:
                return of_inputs

    def _field(self, operator: OfField) -> _Known:
        field = self.fields[operator.device, operator.field]
        if field.every_ns is not None:
            return _Known(NS_PER_S / field.every_ns, "declared")
        by_role = {"property": ASSUMED_PROPERTY_HZ, "telemetry": ASSUMED_TELEMETRY_HZ, "event": ASSUMED_EVENT_HZ}
        return _Known(by_role[field.role], "assumed")

    def _of_inputs(self, node: PlanNode) -> _Known:
        """As often as the input that is updated most: fields of one rate come in one message. An event happens no more
        often than the events that it is made of. From many members many updates come to one group."""
        inputs = [self.nodes[i] for i in node.inputs]
        events = [i for i in inputs if i.event] if isinstance(node.operator, Map) else []
        rates = [self._seen(node, i) for i in events or inputs]
        moving = [rate for rate in rates if rate.hz > 0.0]
        if not moving:
            return _Known(ASSUMED_PROPERTY_HZ if isinstance(node.operator, Members) else 0.0, "assumed")
        how = max((rate.how for rate in moving), key=CERTAINTY.index)
        return _Known((min if events else max)(rate.hz for rate in moving), how)

    def _seen(self, node: PlanNode, given: PlanNode) -> _Known:
        """The rate of an input as its user sees it."""
        rate = self.found[given.id]
        if node.timeline == given.timeline or not isinstance(node.operator, MAKERS):
            return rate
        return _Known(rate.hz * self.keys.get(given.timeline, 1) / max(1, self.keys.get(node.timeline, 1)), rate.how)


def asked_by_level(plan: Plan) -> frozenset[str]:
    """The nodes of which all users, directly or through functions, only ask what the value is: changes suffice."""
    users: dict[str, list[PlanNode]] = {node.id: [] for node in plan.nodes}
    for node in plan.nodes:
        for i in node.inputs:
            users[i].append(node)
    found: set[str] = set()
    for node in reversed(plan.nodes):
        passed = (user for user in users[node.id] if not isinstance(user.operator, LEVELS))
        if all(isinstance(user.operator, THROUGH) and user.id in found for user in passed):
            found.add(node.id)
    return frozenset(found)


def _at_most(rate: _Known, hz: float) -> _Known:
    return rate if rate.hz <= hz else _Known(hz, "assumed")
