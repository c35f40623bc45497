"""Splitting windows over a group that spans gateways: what its slices come to is worked out at each, and joined above.

    plan = split(plan, nodes={"771e3a992b1a8c99"})

In the plan that comes of it a `Slices` has a `Partial` of the same inputs for its input; the cut goes between the two.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256

from ...compiler import plan as p
from ...stdlib.parts import HELD, TABLES

GATEWAYS = "gateways"
"""To a group above, a gateway is a device: of this type, followed by the group's name."""


def can_split(node: p.PlanNode, index: Mapping[str, p.PlanNode]) -> bool:
    """Whether a node's samples, of a group's members, can be worked out in parts.

    What is kept as tables of values, and what was held, cannot; nor can texts, whose codes are each engine's own.
    """
    operator = node.operator
    if not isinstance(operator, p.Slices) or any(part in (*TABLES, HELD) for part in operator.parts):
        return False
    inputs = [index[i] for i in node.inputs]
    return inputs[0].timeline != node.timeline and all(given.type.name != "text" for given in inputs)


def split(plan: p.Plan, nodes: Collection[str]) -> p.Plan:
    """The plan with a `Partial` before each of these nodes."""
    return replace(plan, nodes=tuple(one for node in plan.nodes for one in _split(node, node.id in nodes)))


def partial_id(node: str) -> str:
    """The id of the `Partial` before a node."""
    return _id("partial", node)


def _split(node: p.PlanNode, is_split: bool) -> Iterator[p.PlanNode]:
    operator = node.operator
    if is_split and isinstance(operator, p.Slices):
        yield replace(node, id=partial_id(node.id), operator=p.Partial(operator.width_ns, operator.parts))
        yield replace(node, inputs=(partial_id(node.id),))
    else:
        yield node


def gateway_timeline(group: str) -> str:
    """The timeline, above, of the gateways that a group's timeline spans."""
    return f"{GATEWAYS} {group}"


def gateways(group: p.Timeline, plan: p.Plan) -> tuple[p.DeviceType, p.Timeline]:
    """The gateways that a group's timeline spans, as the devices that they are above: as late, and as long idle, as
    those whose members they stand for."""
    types = {device.name: device for device in plan.devices}
    kinds = {timeline.id: timeline for timeline in plan.timelines}
    of = [types[kinds[member.timeline].device or ""] for member in group.members]
    name = gateway_timeline(group.id.removesuffix(" settled"))
    lateness, idle = max(one.lateness_ns for one in of), max(one.idle_ns for one in of)
    timeline = p.Timeline(gateway_timeline(group.id), "device", group.settled, name)
    return p.DeviceType(name, (), lateness_ns=lateness, idle_ns=idle), timeline


def gateway_keys(group: p.Timeline) -> tuple[p.PlanNode, ...]:
    """The nodes that say, above, to which of a timeline's groups a gateway belongs."""
    of = gateway_timeline(group.id)
    return tuple(p.PlanNode(_id(of, key), p.Received(), (), of, p.ValueType("text")) for key in group.keys)


def _id(*words: str) -> str:
    return sha256("\n".join(words).encode()).hexdigest()[:16]
