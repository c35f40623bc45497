"""A plan as a placement problem: what must stand together, what may stand where, what goes from where to where.

Nodes of which only one part can make sense (`edge.cutting.bonds`) are one item. Windows of a group whose samples can be
worked out in parts (`edge.splitting`) have a further item, their *partials*: where those stand lower than the windows,
each of their target works out its part; where they stand with them, samples go up. Two further items take no part in
the choice: the *devices*, at the lowest target, to which commands go; and the *decisions*, at the uppermost, where
alerts, events, commands and the lives of rules are wanted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from ...compiler.plan import Action, DeviceType, OfField, Output, Plan, PlanNode, Rule, Slices, TargetPlan, Timeline
from ...stdlib.parts import columns_of
from ..edge.cutting import COPIED, bonds, is_maker, stays_below
from ..edge.splitting import can_split
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
    item may not stand everywhere, `partials` the item of each node's partials. A flow has the name of the node that
    gives it; that of partials the name of the node that they are joined to."""

    plan: Plan
    rates: Rates
    problem: Problem
    members: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[Limit, ...], ...]
    item_of: Mapping[str, int]
    partials: Mapping[str, int]

    def placement(self, placed: Placed) -> Placement:
        targets = tuple(tier.name for tier in self.problem.tiers)
        partials = {
            node: targets[placed[item]]
            for node, item in self.partials.items()
            if placed[item] < placed[self.item_of[node]]
        }
        return Placement(targets, {node: targets[placed[item]] for node, item in self.item_of.items()}, partials)


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
        able = [node for node in self.nodes.values() if self.last and can_split(node, self.index)]
        self.partials = {node.id: len(members) + place for place, node in enumerate(able)}
        self.devices = len(members) + len(able)
        self.decisions = self.devices + 1
        items = [
            self._item([self.nodes[id_] for id_ in ids], [limit for id_ in ids for limit in limits[id_]])
            for ids in members
        ]
        partial_limits = [tuple(self._partial_limits(limits[node.id])) for node in able]
        items += [self._partial_item(node, one) for node, one in zip(able, partial_limits, strict=True)]
        nothing = (0,) * len(self.targets)
        items.append(Item(DEVICES, (0,), (self._waiting(), *nothing[1:]), nothing, nothing, nothing))
        items.append(Item(DECISIONS, (self.last,), nothing, nothing, nothing, nothing))
        problem = Problem(tuple(self._tiers()), tuple(items), tuple(self._flows(item_of)))
        by_item = (*(tuple(limit for id_ in ids for limit in limits[id_]) for ids in members), *partial_limits, (), ())
        nobody: tuple[tuple[str, ...], ...] = ((),) * (len(able) + 2)
        return Model(self.plan, self.rates, problem, members + nobody, by_item, item_of, self.partials)

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
        sends = sum(isinstance(node.operator, Action) and node.operator.kind in ("send", "set") for node in nodes)
        scarce = [target.cpu_hz is not None for target in self.targets]
        effort = [ceil(cycles * SECONDS_A_DAY) if is_scarce else 0 for is_scarce in scarce]
        latency = tuple(sends * tier for tier in range(len(self.targets)))
        return Item(_spoken(nodes).id, tiers, tuple(memory), tuple(cpu), latency, tuple(effort))

    def _partial_limits(self, limits: Sequence[Limit]) -> Iterator[Limit]:
        """Those of a node that hold for its partials: it does not matter to them that groups span targets."""
        for limit in limits:
            if limit.why != "group":
                yield limit
            elif self.targets[0].tier == "device":
                yield Limit(limit.node, tuple(range(1, len(self.targets))), "group")

    def _partial_item(self, node: PlanNode, limits: Sequence[Limit]) -> Item:
        """What takes the samples of a node's groups at one of a target; it keeps two slices of each group there."""
        tiers = tuple(tier for tier in range(len(self.targets)) if all(tier in limit.tiers for limit in limits))
        groups = self.rates.keys[node.timeline]
        memory = tuple(
            2 * partial_bytes(node) * (groups if tier < self.last else 0) for tier in range(len(self.targets))
        )
        cycles = node.cost.cpu_ns_per_event * self._inputs_hz(node) * REFERENCE_HZ / NS_PER_S
        cpu = tuple(ceil(cycles * SECONDS_A_DAY / many) for many in self.many)
        effort = tuple(ceil(cycles * SECONDS_A_DAY) if target.cpu_hz is not None else 0 for target in self.targets)
        return Item(node.id, tiers, memory, cpu, (0,) * len(self.targets), effort)

    def _inputs_hz(self, node: PlanNode) -> float:
        return max((self.rates.total_hz(self.nodes[i]) for i in node.inputs if i in self.nodes), default=0.0)

    def _partials_hz(self, node: PlanNode) -> float:
        """Rows of parts per second, of all groups at all gateways: one for each slice in which samples come."""
        assert isinstance(node.operator, Slices)
        below = next((place for place, target in enumerate(self.targets) if target.tier != "device"), 0)
        groups = self._groups_at(node, below) * self.many[below]
        return min(groups * NS_PER_S / node.operator.width_ns, self._inputs_hz(node))

    def _groups_at(self, node: PlanNode, tier: int) -> int:
        """How many groups of a node have members at one of a target."""
        timeline = self.timelines[node.timeline]
        groups, many = self.rates.keys[timeline.id], self.many[tier]
        if _sees(self.targets[tier], timeline):
            return -(-groups // many)
        members = sum(self.rates.keys[member.timeline] for member in timeline.members)
        return min(groups, -(-members // many))

    def _work_hz(self, node: PlanNode) -> float:
        """How often a node has something to do: with each update of an input, or its own."""
        if node.id in self.partials:
            return self._partials_hz(node)
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
                    heads[i][self.partials.get(node.id, item_of[node.id])] = None
            timeline = self.timelines[node.timeline]
            if timeline.members and is_maker(node, self.index):
                for member in timeline.members:
                    for key in member.keys:
                        heads[key][self.partials.get(node.id, item_of[node.id])] = None
            if self._is_wanted(node):
                heads[node.id][self.decisions] = None
        for id_, item in self.partials.items():
            yield self._partial_flow(self.nodes[id_], item, item_of[id_])
        for id_, found in heads.items():
            node, own = self.nodes[id_], item_of[id_]
            others = tuple(item for item in found if item != own)
            if others:
                yield self._flow(node, own, others)
            if isinstance(node.operator, Action) and node.operator.kind in ("send", "set"):
                yield self._flow(node, own, (self.devices,), down=True)

    def _is_wanted(self, node: PlanNode) -> bool:
        """Whether somebody wants to hear of it at the top. What private data leads to is told at the edge."""
        wanted = isinstance(node.operator, Rule | Action) or (self.reports and isinstance(node.operator, Output))
        return wanted and not node.private

    def _flow(self, node: PlanNode, tail: int, heads: tuple[int, ...], down: bool = False) -> Flow:
        amount = self.rates.total_told_hz(node) * _row_bytes(node) * SECONDS_A_DAY
        load = tuple(ceil(amount / many) for many in self.many[:-1])
        return Flow(node.id, tail, heads, ceil(amount), load, down)

    def _partial_flow(self, node: PlanNode, tail: int, head: int) -> Flow:
        amount = self._partials_hz(node) * partial_bytes(node) * SECONDS_A_DAY
        return Flow(node.id, tail, (head,), ceil(amount), tuple(ceil(amount / many) for many in self.many[:-1]))


def partial_bytes(node: PlanNode) -> int:
    """What a link carries of what a slice comes to at one gateway."""
    assert isinstance(node.operator, Slices)
    return ROW_BYTES + 8 * len(columns_of(node.operator.parts))


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
