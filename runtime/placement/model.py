"""A plan as a placement problem: what must stand together, what may stand where, what goes from where to where.

Nodes of which only one part can make sense (`edge.cutting.bonds`) are one item. Two further items take no part in the
choice: the *devices*, at the lowest target, to which commands go; and the *decisions*, at the uppermost, where alerts,
events, commands and the lives of rules are wanted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from ...compiler.plan import Action, DeviceType, OfField, Output, Plan, PlanNode, Rule, TargetPlan, Timeline
from ..edge.cutting import COPIED, bonds, is_maker, stays_below
from .placed import ONE_PLACE, Placement
from .problem import SECONDS_A_DAY, Flow, Item, Placed, Problem, Tier, Unplaceable
from .rates import Rates

ROW_BYTES = 8
"""What a link carries beside a value: whose it is, and when."""
TEXT_BYTES = 16
"""What an alert or a command carries beside its values and its own words."""
REFERENCE_HZ = 3_000_000_000
"""The processor on which the costs of nodes were estimated; a budget in Hz is in its cycles."""
NS_PER_S = 1_000_000_000
EDGE_TIERS = ("device", "gateway", "edge")
"""Where private data may be."""

DEVICES, DECISIONS = "devices", "decisions"


class SameTier(Unplaceable):
    """Two targets of one tier: which of them is nearer to the devices, nothing says."""

    def __init__(self, one: str, other: str, tier: str) -> None:
        super().__init__(one, other, tier)
        self.one, self.other, self.tier = one, other, tier


class LeavesTheEdge(Unplaceable):
    """Private data, and no target at the edge that it could stay at."""

    def __init__(self, node: str, target: str) -> None:
        super().__init__(node, target)
        self.node, self.target = node, target


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a node may stand at some tiers only: it is `pinned` there, it `takes` messages, it is `private` or `revised`,
    or its `group` has members at several of one target."""

    node: str
    tiers: tuple[int, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Model:
    """A problem, and what its items and flows are of the plan: `members` has the nodes of each item, `limits` why an
    item may not stand everywhere. A flow has the name of the node that gives it."""

    plan: Plan
    rates: Rates
    problem: Problem
    members: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[Limit, ...], ...]
    item_of: Mapping[str, int]

    def placement(self, placed: Placed) -> Placement:
        targets = tuple(tier.name for tier in self.problem.tiers)
        return Placement(targets, {node: targets[placed[item]] for node, item in self.item_of.items()})


def model_of(plan: Plan, rates: Rates, *, reports: bool = False) -> Model:
    """The problem of a plan. With `reports` the values of signals and the matches of patterns are wanted at the top, as
    decisions are; without, they stay where they are worked out.

    Raises `SameTier` and `LeavesTheEdge`.
    """
    return _Modelling(plan, rates, reports).model()


class _Modelling:
    def __init__(self, plan: Plan, rates: Rates, reports: bool) -> None:
        self.plan = plan
        self.rates = rates
        self.reports = reports
        self.targets = plan.targets or (TargetPlan(ONE_PLACE, "cloud"),)
        for one, other in zip(self.targets, self.targets[1:], strict=False):
            if one.tier == other.tier:
                raise SameTier(one.name, other.name, one.tier)
        self.last = len(self.targets) - 1
        self.many = [rates.instances.get(target.name, 1) for target in self.targets]
        self.index = {node.id: node for node in plan.nodes}
        self.nodes = {node.id: node for node in plan.nodes if not isinstance(node.operator, COPIED)}
        self.timelines = {timeline.id: timeline for timeline in plan.timelines}

    def model(self) -> Model:
        item_of, members = self._together()
        limits = self._limits()
        self.devices, self.decisions = len(members), len(members) + 1
        items = [
            self._item([self.nodes[id_] for id_ in ids], [limit for id_ in ids for limit in limits[id_]])
            for ids in members
        ]
        nothing = (0,) * len(self.targets)
        items.append(Item(DEVICES, (0,), (self._waiting(), *nothing[1:]), nothing, nothing, nothing))
        items.append(Item(DECISIONS, (self.last,), nothing, nothing, nothing, nothing))
        problem = Problem(tuple(self._tiers()), tuple(items), tuple(self._flows(item_of)))
        by_item = (*(tuple(limit for id_ in ids for limit in limits[id_]) for ids in members), (), ())
        return Model(self.plan, self.rates, problem, (*members, (), ()), by_item, item_of)

    def _tiers(self) -> Iterator[Tier]:
        for target in self.targets:
            yield Tier(
                target.name,
                target.memory_bytes,
                None if target.cpu_hz is None else int(target.cpu_hz * SECONDS_A_DAY),
                None if target.uplink_bits_per_s is None else int(target.uplink_bits_per_s / 8 * SECONDS_A_DAY),
            )

    # --- Items -------------------------------------------------------------------------------------------------------

    def _together(self) -> tuple[dict[str, int], tuple[tuple[str, ...], ...]]:
        """The item of each node, and the nodes of each item, in the plan's order."""
        parent = {id_: id_ for id_ in self.nodes}

        def root(id_: str) -> str:
            while parent[id_] != id_:
                parent[id_] = parent[parent[id_]]
                id_ = parent[id_]
            return id_

        for one, other in bonds(self.plan):
            if one in parent and other in parent:
                parent[root(other)] = root(one)
        members: dict[str, list[str]] = {}
        for id_ in self.nodes:
            members.setdefault(root(id_), []).append(id_)
        item_of = {id_: place for place, ids in enumerate(members.values()) for id_ in ids}
        return item_of, tuple(tuple(ids) for ids in members.values())

    def _limits(self) -> dict[str, list[Limit]]:
        """For each node what limits it."""
        found: dict[str, list[Limit]] = {id_: [] for id_ in self.nodes}
        stuck = stays_below(self.plan)
        names = [target.name for target in self.targets]
        for node in self.nodes.values():
            timeline = self.timelines[node.timeline]
            limits = found[node.id]
            if node.pin is not None:
                limits.append(Limit(node.id, (names.index(node.pin),), "pinned"))
            if node.private:
                if self.plan.targets and self.targets[0].tier not in EDGE_TIERS:
                    raise LeavesTheEdge(node.id, names[0])
                limits.append(Limit(node.id, (0,), "private"))
            elif timeline.kind == "source" or isinstance(node.operator, OfField):
                limits.append(Limit(node.id, (0,), "takes"))
            elif node.id in stuck:
                limits.append(Limit(node.id, (0,), "revised"))
            where = tuple(tier for tier, target in enumerate(self.targets) if _sees(target, timeline))
            if len(where) <= self.last:
                limits.append(Limit(node.id, where, "group"))
        return found

    def _item(self, nodes: list[PlanNode], limits: list[Limit]) -> Item:
        tiers = tuple(tier for tier in range(len(self.targets)) if all(tier in limit.tiers for limit in limits))
        memory = [
            sum(node.cost.state_bytes_per_key * -(-self.rates.keys[node.timeline] // many) for node in nodes)
            for many in self.many
        ]
        cycles = sum(node.cost.cpu_ns_per_event * self._work_hz(node) for node in nodes) * REFERENCE_HZ / NS_PER_S
        cpu = [ceil(cycles * SECONDS_A_DAY / many) for many in self.many]
        sends = sum(isinstance(node.operator, Action) and node.operator.kind == "send" for node in nodes)
        scarce = [target.cpu_hz is not None for target in self.targets]
        effort = [ceil(cycles * SECONDS_A_DAY) if is_scarce else 0 for is_scarce in scarce]
        latency = tuple(sends * tier for tier in range(len(self.targets)))
        return Item(_spoken(nodes).id, tiers, tuple(memory), tuple(cpu), latency, tuple(effort))

    def _work_hz(self, node: PlanNode) -> float:
        """How often a node has something to do: with each update of an input, or its own."""
        inputs = [self.nodes[i] for i in node.inputs if i in self.nodes]
        return max((self.rates.total_hz(one) for one in (*inputs, node)), default=0.0)

    def _waiting(self) -> int:
        """What messages take at one instance of the lowest tier that wait there for stragglers, at most."""
        return sum(
            self._waiting_for(device) * -(-self.rates.devices[device.name] // self.many[0])
            for device in self.plan.devices
            if device.lateness_ns
        )

    def _waiting_for(self, device: DeviceType) -> int:
        kept = {
            node.operator.field: node.cost.output_bytes
            for node in self.nodes.values()
            if isinstance(node.operator, OfField) and node.timeline == f"{device.name} settled"
        }
        return device.settle_max * (2 * ROW_BYTES + sum(kept.values())) if kept else 0

    # --- Flows -------------------------------------------------------------------------------------------------------

    def _flows(self, item_of: Mapping[str, int]) -> Iterator[Flow]:
        heads: dict[str, dict[int, None]] = {id_: {} for id_ in self.nodes}
        for node in self.nodes.values():
            for i in node.inputs:
                if i in heads:
                    heads[i][item_of[node.id]] = None
            timeline = self.timelines[node.timeline]
            if timeline.members and is_maker(node, self.index):
                for member in timeline.members:
                    for key in member.keys:
                        heads[key][item_of[node.id]] = None
            if self._is_wanted(node):
                heads[node.id][self.decisions] = None
        for id_, found in heads.items():
            node, own = self.nodes[id_], item_of[id_]
            others = tuple(item for item in found if item != own)
            if others:
                yield self._flow(node, own, others)
            if isinstance(node.operator, Action) and node.operator.kind == "send":
                yield self._flow(node, own, (self.devices,), down=True)

    def _is_wanted(self, node: PlanNode) -> bool:
        """Whether somebody wants to hear of it at the top. What private data leads to is told at the edge."""
        wanted = isinstance(node.operator, Rule | Action) or (self.reports and isinstance(node.operator, Output))
        return wanted and not node.private

    def _flow(self, node: PlanNode, tail: int, heads: tuple[int, ...], down: bool = False) -> Flow:
        amount = self.rates.total_told_hz(node) * _row_bytes(node) * SECONDS_A_DAY
        load = tuple(ceil(amount / many) for many in self.many[:-1])
        return Flow(node.id, tail, heads, ceil(amount), load, down)


def _sees(target: TargetPlan, timeline: Timeline) -> bool:
    """Whether one of a target sees all that one key of a timeline is about."""
    if timeline.kind != "group":
        return True
    if target.tier == "device":
        return False
    return set(target.keys) <= set(timeline.keys)


def _spoken(nodes: list[PlanNode]) -> PlanNode:
    """The node for which people know an item."""
    named = [node for node in nodes if isinstance(node.operator, Rule)] or [
        node for node in nodes if isinstance(node.operator, Output)
    ]
    return named[0] if named else nodes[-1]


def _row_bytes(node: PlanNode) -> int:
    """What a link carries for one update of a node."""
    match node.operator:
        case Action(message=message, arguments=arguments):
            parts = [*message, *(part for argument in arguments for part in (argument.name, *argument.parts))]
            words = sum(len(part.encode()) if isinstance(part, str) else ROW_BYTES for part in parts)
            return ROW_BYTES + TEXT_BYTES + words
        case _:
            return ROW_BYTES + node.cost.output_bytes
