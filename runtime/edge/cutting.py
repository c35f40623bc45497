"""Cutting a plan in two: what runs below, near the devices, and what runs above.

    parts = cut(plan, above={"5d5ccaf66bd4d021", …})
    parts.below, parts.above     # two plans
    parts.crossing               # whose flows go up

Messages come in below, and what is worked out goes up: no node below uses one above, or its time would hang on the
link. Above, a node of below is a `Received` with the same id. Both plans keep the order of the whole.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...compiler import plan as p
from ...stdlib.catalogue import SCALARS
from .splitting import can_split, gateway_keys, gateway_timeline, gateways, split

COPIED = (p.Constant, p.Key, p.Now, p.Schedule)
"""What needs no input but the time: it is worked out wherever it is used."""

SENT = (
    p.Received, p.Field, p.HeldTime, p.Previous, p.PreviousTime, p.DeviceEvent, p.Map, p.Delayed, p.Holds, p.Quiet,
    p.Edge, p.Threshold, p.Aggregate, p.Following, p.Members, p.Captured, p.Expired, p.Raised, p.AtRaising,
    p.TwinValue, p.TwinCovariance, p.Calibrated, p.Predicted, p.PredictedDeviation, p.TimeUntil,
)  # fmt: skip
"""What gives a value or an event that a link can carry. The others give what only their users understand."""

MAKERS = (p.Members, p.Chosen, p.Slices, p.Recent, p.Session, p.While, p.Pattern)
"""What looks from a group at its members: the instants of the group's timeline are made of them."""

SAMPLERS = (p.Slices, p.Recent, p.Session, p.While, p.Thin, p.Members)
"""What looks at values where they are updated, and nowhere else."""

LEVELS = (p.Rule, p.Flaps, p.Holds, p.Edge, p.Action)
"""What asks what a value is, never whether it was told anew."""

THROUGH = (p.Map, p.Thresholds, p.Threshold)
"""What is told anew whenever its input is."""

PROMPT = (
    p.Received, p.Constant, p.Key, *THROUGH, p.Edge, p.Following, p.Rule, p.Raised, p.AtRaising, p.Action,
    p.Output,
)  # fmt: skip
"""What says something when an input does, and at no other time; but for rules that wait (`_waits`)."""


class CutError(ValueError):
    """A plan cannot be cut in this way; the text says which node stands against it, and why."""


@dataclass(frozen=True, slots=True)
class Spanned:
    """What a group's timeline of below is above: there every gateway is a device that belongs to its groups. `timeline`
    is that of these devices, `keys` are the nodes that say which group one is of."""

    timeline: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A node below whose flow goes up; with `changes`, only where its value changes; if it is
    `momentary`, where it is updated. With `parts` it is a `Partial`."""

    node: str
    timeline: str
    event: bool
    type: p.TypeName
    changes: bool
    momentary: bool = False
    parts: tuple[p.SlicePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A plan in two, and what goes from the one to the other: of these timelines the rows, of these nodes the flows.

    `timed` are those of the timelines on which something above waits for time to go on: there it is told how far each
    key is; on the others, only where something came of it. `spanned` are timelines of groups that span gateways and of
    which each works out its part: what they are above.
    """

    below: p.Plan
    above: p.Plan
    timelines: tuple[str, ...]
    timed: frozenset[str]
    crossing: tuple[Crossing, ...]
    spanned: Mapping[str, Spanned] = field(default_factory=dict)


def bonds(plan: p.Plan) -> Iterator[tuple[str, str]]:
    """Pairs of nodes that only one part can have: the one understands what the other gives."""
    index = {node.id: node for node in plan.nodes}
    fleeting, now = _fleeting(plan), {node.id for node in plan.nodes if isinstance(node.operator, p.Now)}
    of_messages, of_keys = momentary(plan), _of_keys(plan)
    for node in plan.nodes:
        for place, i in enumerate(node.inputs):
            if isinstance(index[i].operator, COPIED) or (i in of_messages and _samples(node, place)):
                continue
            if not isinstance(index[i].operator, SENT) or i in fleeting or i in of_keys:
                yield i, node.id
    first: dict[tuple[str, ...], str] = {}
    kinds = {timeline.id: timeline for timeline in plan.timelines}
    for node in plan.nodes:
        timeline = kinds[node.timeline]
        if timeline.kind == "group" and (is_maker(node, index) or node.id in fleeting - now):
            other = first.setdefault(timeline.keys, node.id)
            if other != node.id:
                yield other, node.id


def is_maker(node: p.PlanNode, index: Mapping[str, p.PlanNode]) -> bool:
    """Whether a group's instants are made of what comes to this node from members."""
    if not isinstance(node.operator, MAKERS):
        return False
    return not node.inputs or any(index[i].timeline != node.timeline for i in node.inputs)


def stays_below(plan: p.Plan) -> set[str]:
    """The nodes that cannot be above: what takes messages, looks at each of them, or hangs on their order."""
    kinds = {timeline.id: timeline.kind for timeline in plan.timelines}
    fleeting = _fleeting(plan)
    revised = {f"{device.name} settled" for device in plan.devices if device.revise_ns}
    revised |= {t.id for t in plan.timelines if any(member.timeline in revised for member in t.members)}
    found: set[str] = set()
    for node in plan.nodes:
        match node.operator:
            case p.Payload() | p.OfGroup() | p.TwinState() | p.TwinValue() | p.TwinCovariance():
                found.add(node.id)
            case p.Predicted() | p.PredictedDeviation() | p.TimeUntil() | p.Calibration() | p.Calibrated():
                found.add(node.id)
            case p.Map() if node.id in fleeting and kinds[node.timeline] == "device":
                found.add(node.id)
            case _ if isinstance(node.operator, p.OfField) or node.timeline in revised or node.private:
                found.add(node.id)
            case _:
                pass
    return found


def highest(plan: p.Plan) -> set[str]:
    """All nodes that can be above, if as many as can be are."""
    bound: dict[str, list[str]] = {}
    for one, other in bonds(plan):
        bound.setdefault(one, []).append(other)
        bound.setdefault(other, []).append(one)
    inputs = {node.id: node.inputs for node in plan.nodes}
    below = stays_below(plan)
    waiting = list(below)
    while waiting:
        id_ = waiting.pop()
        for other in (*bound.get(id_, ()), *inputs[id_]):
            if other not in below:
                below.add(other)
                waiting.append(other)
    return {node.id for node in plan.nodes if node.id not in below and not isinstance(node.operator, COPIED)}


def _fleeting(plan: p.Plan) -> set[str]:
    """Functions of the very message, of the time now, or of a device's group: they change without being updated."""
    found = {node.id for node in plan.nodes if isinstance(node.operator, p.Message | p.Now | p.OfGroup)}
    for node in plan.nodes:
        if isinstance(node.operator, p.Map) and not node.event and not found.isdisjoint(node.inputs):
            found.add(node.id)
    return found


def _of_keys(plan: p.Plan) -> set[str]:
    """Functions of a group's key and of nothing else: where no member is looked at, no instant would tell them."""
    groups = {timeline.id for timeline in plan.timelines if timeline.kind == "group"}
    known = {node.id for node in plan.nodes if isinstance(node.operator, p.Key | p.Constant)}
    found: set[str] = set()
    for node in plan.nodes:
        if isinstance(node.operator, p.Map) and node.timeline in groups and known.issuperset(node.inputs):
            known.add(node.id)
            found.add(node.id)
    return found


def momentary(plan: p.Plan) -> set[str]:
    """What has a value at messages that carry its fields, and at no other instant: where it is updated says it all."""
    found: set[str] = set()
    for node in plan.nodes:
        match node.operator:
            case p.Message():
                found.add(node.id)
            case p.Map() as function if not node.event and not found.isdisjoint(node.inputs) and _is_strict(function):
                found.add(node.id)
            case _:
                pass
    return found


def _is_strict(function: p.Map) -> bool:
    """Whether a function has no value where one of its inputs has none."""
    return isinstance(function, p.Lookup) or SCALARS[function.function].strict


def _samples(node: p.PlanNode, place: int) -> bool:
    """Whether a node takes the input at a place for a sample of its own, where that is updated, or for its `where`."""
    condition = isinstance(node.operator, p.While) and place == len(node.inputs) - 1
    return isinstance(node.operator, SAMPLERS) and not condition


def cut(plan: p.Plan, above: Collection[str], partial: Collection[str] = ()) -> Parts:
    """The two parts. Of those nodes above that are `partial`, each gateway works out its part.

    Raises `CutError` if the nodes `above` cannot be there, or cannot be parted from the others.
    """
    above = set(above)
    index = {node.id: node for node in plan.nodes}
    _check(plan, above, index)
    _check_partial(partial, above, index)
    return _cut(split(plan, partial), above)


def _cut(plan: p.Plan, above: set[str]) -> Parts:
    index = {node.id: node for node in plan.nodes}
    copied = {node.id for node in plan.nodes if isinstance(node.operator, COPIED)}
    upper = [node for node in plan.nodes if node.id in above and node.id not in copied]
    timelines = _timelines_above(plan, upper, index)
    needed = {i for node in upper for i in node.inputs}
    needed |= {key for timeline in timelines for member in timeline.members for key in member.keys}
    users: dict[str, list[p.PlanNode]] = {}
    for node in upper:
        for i in node.inputs:
            users.setdefault(i, []).append(node)
    of_messages = momentary(plan)
    crossing = {
        node.id: Crossing(
            node.id,
            node.timeline,
            node.event,
            node.type.name,
            _asked_by_level(node.id, users),
            node.id in of_messages,
            node.operator.parts if isinstance(node.operator, p.Partial) else (),
        )
        for node in plan.nodes
        if node.id in needed - above - copied
    }
    keep = {node.id for node in upper} | crossing.keys() | (copied & (needed | above))
    nodes = tuple(
        _received(node, crossing[node.id]) if node.id in crossing else node for node in plan.nodes if node.id in keep
    )
    here = {timeline.id for timeline in timelines}
    in_parts = _domains_in_parts(plan)
    spanned = [t for t in plan.timelines if t.id in here and t.kind == "group" and t.keys in in_parts]
    spanning = [gateways(timeline, plan) for timeline in spanned]
    devices = (*(replace(device, revise_ns=0) for device in plan.devices), *(device for device, _ in spanning))
    keys = tuple(node for timeline in spanned for node in gateway_keys(timeline))
    below = tuple(node for node in plan.nodes if node.id not in above)
    used = {node.timeline for node in below} | {timeline.id for timeline in spanned}
    used |= _of_members(plan, used)
    ships = {timeline.id for timeline in timelines if not timeline.members} | {timeline.id for timeline in spanned}
    return Parts(
        replace(
            plan,
            nodes=below,
            timelines=tuple(t for t in plan.timelines if t.id in used),
            tables=p.looked_up(plan.tables, (node.operator for node in below)),
        ),
        replace(
            plan,
            nodes=(*keys, *nodes),
            timelines=(*(timeline for _, timeline in spanning), *timelines),
            devices=tuple(dict.fromkeys(devices)),
            sources=(),
            tables=p.looked_up(plan.tables, (node.operator for node in nodes)),
        ),
        tuple(t.id for t in timelines if t.id in ships),
        frozenset(_timed(timelines, nodes) & ships),
        tuple(crossing.values()),
        {t.id: Spanned(gateway_timeline(t.id), tuple(node.id for node in gateway_keys(t))) for t in spanned},
    )


def _received(node: p.PlanNode, crossing: Crossing) -> p.PlanNode:
    """What a node of below is above."""
    received = p.Received(crossing.momentary, crossing.parts)
    timeline = gateway_timeline(node.timeline) if crossing.parts else node.timeline
    return replace(node, operator=received, inputs=(), timeline=timeline)


def _domains_in_parts(plan: p.Plan) -> set[tuple[str, ...]]:
    """The keys of the groups of which each gateway works out a part."""
    kinds = {timeline.id: timeline for timeline in plan.timelines}
    return {kinds[node.timeline].keys for node in plan.nodes if isinstance(node.operator, p.Partial)}


def _check_partial(partial: Collection[str], above: set[str], index: Mapping[str, p.PlanNode]) -> None:
    for node in (index[id_] for id_ in sorted(partial)):
        if node.id not in above or not can_split(node, index):
            raise CutError(f"{_said(node)} cannot be worked out in parts")
        for i in node.inputs:
            if i in above:
                raise CutError(
                    f"{_said(node)} cannot be worked out in parts: it uses {_said(index[i])}, which is above"
                )


def _check(plan: p.Plan, above: set[str], index: Mapping[str, p.PlanNode]) -> None:
    stuck = stays_below(plan) & above
    if stuck:
        node = index[min(stuck)]
        raise CutError(f"{_said(node)} stays where the messages come in")
    for node in plan.nodes:
        for i in node.inputs:
            if i in above and node.id not in above and not isinstance(index[i].operator, COPIED):
                raise CutError(f"{_said(node)} is below and uses {_said(index[i])}, which is above")
    for one, other in bonds(plan):
        if (one in above) != (other in above):
            raise CutError(f"{_said(index[one])} and {_said(index[other])} cannot be parted")


def _said(node: p.PlanNode) -> str:
    name = getattr(node.operator, "name", None)
    return f"{type(node.operator).__name__} {name or node.id} on `{node.timeline}`"


def _timelines_above(
    plan: p.Plan, upper: Collection[p.PlanNode], index: Mapping[str, p.PlanNode]
) -> tuple[p.Timeline, ...]:
    """The timelines of the part above. Of a group's that is made below the rows come over the link: it has no members
    here. Where each gateway works out a part, the gateways are members."""
    made = {node.timeline for node in upper if is_maker(node, index)}
    kinds = {timeline.id: timeline for timeline in plan.timelines}
    domains, in_parts = {kinds[id_].keys for id_ in made}, _domains_in_parts(plan)
    used = {node.timeline for node in upper} | {index[i].timeline for node in upper for i in node.inputs}
    used |= {member.timeline for id_ in used if kinds[id_].keys in domains for member in kinds[id_].members}
    found = []
    for timeline in plan.timelines:
        if timeline.id in used and timeline.kind == "group":
            members = timeline.members if timeline.keys in domains else ()
            if timeline.keys in in_parts:
                keys = tuple(node.id for node in gateway_keys(timeline))
                members = (*members, p.GroupMember(gateway_timeline(timeline.id), keys))
            found.append(replace(timeline, members=members))
        elif timeline.id in used:
            found.append(timeline)
    return tuple(found)


def _timed(timelines: Collection[p.Timeline], nodes: Collection[p.PlanNode]) -> set[str]:
    """The timelines of the part above on which something waits for time, or by which the time of a group goes on."""
    waiting = {node.timeline for node in nodes if _waits(node.operator)}
    return waiting | {member.timeline for timeline in timelines for member in timeline.members}


def _waits(operator: p.Operator) -> bool:
    """Whether it may say something without any input having said something: because it is later."""
    if isinstance(operator, p.Rule):
        lasting_ns = None if operator.until_test is None else operator.until_test.lasting_ns
        durations = (operator.cooldown_ns, operator.repeat_ns, operator.hold_ns, lasting_ns)
        # An acknowledgement, too, is of the time that the rule's key has come to.
        return operator.latched or any(duration is not None for duration in durations)
    return not isinstance(operator, PROMPT)


def _of_members(plan: p.Plan, used: Collection[str]) -> set[str]:
    return {member.timeline for timeline in plan.timelines if timeline.id in used for member in timeline.members}


def _asked_by_level(id_: str, users: Mapping[str, Sequence[p.PlanNode]]) -> bool:
    """Whether all who use a value, directly or through functions, ask only what it is."""
    waiting, seen = [id_], {id_}
    while waiting:
        for node in users.get(waiting.pop(), ()):
            if isinstance(node.operator, THROUGH):
                waiting += [node.id] if node.id not in seen else []
                seen.add(node.id)
            elif not isinstance(node.operator, LEVELS):
                return False
    return True
