"""A plan in words: for every rule and signal what it reads, waits for and keeps, and what it costs.

    rule sudden_loss for Truck
      reads      fuel
      waits for  the end of windows over 10 min every 1 min
                 stragglers, up to 5 min
      keeps      152 B for each Truck, 7.6 MB for 50,000
      costs      24 ns for each message it reads

State that several rules use is kept once; each of them says it, with how much of it is shared, and the totals at the
end count it once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from ..dsl import nodes as n
from .bounds import NS_PER_S, in_bytes, keys_max
from .lower_context import domain_scope, timeline_id
from .plan import (
    PARTICLES,
    Calibration,
    Chosen,
    Dynamics,
    Ends,
    Following,
    Holds,
    Members,
    OfField,
    OfGroup,
    Output,
    Pattern,
    Plan,
    PlanNode,
    Predicted,
    PredictedDeviation,
    Quiet,
    Recent,
    Rule,
    Schedule,
    Session,
    Slices,
    TimeUntil,
    TwinState,
    While,
    Window,
)
from .state_bytes import instants_bytes, settle_bytes, table_bytes, unique_bytes
from .typed import DeviceScope, GroupScope, Scope, SourceScope, Typed

_UNITS_NS = (
    ("day", 86_400 * NS_PER_S),
    ("h", 3600 * NS_PER_S),
    ("min", 60 * NS_PER_S),
    ("s", NS_PER_S),
    ("ms", NS_PER_S // 1000),
)


class _Reading:
    """A plan with what is looked up in it again and again."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.nodes = {node.id: node for node in plan.nodes}
        self.timelines = {timeline.id: timeline for timeline in plan.timelines}
        self.devices = {device.name: device for device in plan.devices}

    def behind(self, root: PlanNode) -> list[PlanNode]:
        """A node and all that it depends on, inputs first."""
        found: dict[str, PlanNode] = {}
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node.id not in found:
                found[node.id] = node
                waiting += [self.nodes[i] for i in node.inputs]
        return [node for node in self.plan.nodes if node.id in found]

    def keys_max(self, timeline: str) -> int | None:
        return keys_max(self.timelines[timeline], self.timelines, self.devices)


def explain_program(plan: Plan, typed: Typed, without: Iterable[str] = ()) -> str:
    """The explanation of a whole program, as lines of text; `without`: what it has that cannot be executed yet."""
    reading = _Reading(plan)
    roots: dict[tuple[str, str], PlanNode] = {}
    for node in plan.nodes:
        match node.operator:
            case Rule(name):
                roots["rule", name] = node
            case Output(name):
                roots["signal", name] = node
            case _:
                pass
    needed = {kind_and_name: reading.behind(root) for kind_and_name, root in roots.items()}
    uses = Counter(node.id for nodes in needed.values() for node in nodes)
    lines: list[str] = []
    for item in typed.program.items:
        match item:
            case n.Signal(name) | n.PatternItem(name):
                kind = "signal" if isinstance(item, n.Signal) else "pattern"
                key = ("signal", name)
            case n.Rule(name):
                kind, key = "rule", ("rule", name)
            case _:
                continue
        parts = _explained(reading, roots[key], needed[key], uses)
        lines += [f"{kind} {name}{_domain(domain_scope(item.domain))}", *_in_columns(parts), ""]
    lines += ["in all", *_in_columns(_totals(reading))]
    left_out = list(without)
    if left_out:
        lines += ["", "without what cannot be executed yet", *(f"  {name}" for name in left_out)]
    return "\n".join(lines) + "\n"


Part = tuple[str, list[str]]
"""What is said of something, line by line, and the word in front of it."""


def _explained(reading: _Reading, root: PlanNode, nodes: list[PlanNode], uses: Counter[str]) -> Iterator[Part]:
    yield "reads", [", ".join(_fields(reading, nodes)) or "nothing"]
    yield "waits for", list(_waits(reading, nodes)) or ["nothing: it decides with each message"]
    kept = list(_keeps(reading, nodes))
    shared = [node for node in nodes if uses[node.id] > 1 and node.cost.state_bytes_per_key]
    if shared:
        kept.append(f"of that shared with others: {'; '.join(_keeps(reading, shared, each=True))}")
    yield "keeps", kept or ["nothing"]
    cpu = sum(node.cost.cpu_ns_per_event for node in nodes)
    yield "costs", [f"about {cpu:.0f} ns for each message it reads"]
    if root.every_ns is not None:
        yield "tells", [f"a value every {in_time(root.every_ns)}"]


def _in_columns(parts: Iterable[Part]) -> Iterator[str]:
    for word, (first, *others) in parts:
        yield f"  {word:<10} {first}"
        for line in others:
            yield f"{'':<13}{line}"


def _domain(scope: Scope) -> str:
    match scope:
        case DeviceScope(device):
            return f" for {device}"
        case GroupScope(()) | SourceScope():
            return ""
        case GroupScope():
            return f" {timeline_id(scope, False)}"


# --- What it reads, and waits for ------------------------------------------------------------------------------------


def _fields(reading: _Reading, nodes: list[PlanNode]) -> Iterable[str]:
    """The fields behind a node."""
    several = len(reading.devices) > 1
    return dict.fromkeys(
        f"{node.operator.device}.{node.operator.field}" if several else node.operator.field
        for node in nodes
        if isinstance(node.operator, OfField)
    )


def _waits(reading: _Reading, nodes: list[PlanNode]) -> Iterator[str]:
    """The windows and timers behind a node, and the stragglers it lets come in."""
    found: dict[str, None] = {}
    for node in nodes:
        match node.operator:
            case Window() as window:
                found[f"the end of {_window(window)}"] = None
            case Recent(samples, every_ns=int() as every):
                found[f"the end of windows of {samples:,} samples every {in_time(every)}"] = None
            case Session(gap):
                found[f"the end of a session, when nothing has come for {in_time(gap)}"] = None
            case While():
                found["the end of the condition of a window"] = None
            case OfGroup():
                found["nothing of its group: it sees what that had given before"] = None
            case Following(function):
                found[f"the samples that `{function}` must have seen"] = None
            case Holds(duration):
                found[f"a condition to last {in_time(duration)}"] = None
            case Quiet(duration):
                found[f"silence of {in_time(duration)}"] = None
            case Pattern(steps, body):
                within = body.within_ns if isinstance(body, Ends) else None
                end = "" if within is None else f" within {in_time(within)}"
                found[f"{len(steps)} step{'s' if len(steps) > 1 else ''}{end}"] = None
            case TwinState() as twin:
                filters = f", corrected by measurements: {_filter(twin)}" if twin.sensors else ""
                found[f"the twin's states, {_steps(twin.dynamics)}{filters}"] = None
            case Calibration(every_ns=every, slices=slices):
                found[f"what {in_time(every * slices)} say of the twin's parameters, every {in_time(every)}"] = None
            case Predicted(dynamics, ahead_ns=length) | PredictedDeviation(dynamics, ahead_ns=length):
                found[f"what the twin foresees {in_time(length)} ahead, {_steps(dynamics)}"] = None
            case TimeUntil(dynamics, within_ns=length):
                found[f"what the twin foresees within {in_time(length)}, {_steps(dynamics)}"] = None
            case Schedule(zone=zone):
                found[f"the times of a schedule in {zone}"] = None
            case _:
                pass
    yield from found
    yield from _stragglers(reading, nodes)
    crossing = (Members, Chosen, Slices, Recent, Session, While)
    if any(isinstance(node.operator, crossing) and _crosses(reading, node) for node in nodes):
        yield "every member of its group that is not idle, up to the same time"


def _filter(twin: TwinState) -> str:
    match twin.method:
        case "kalman":
            return "a Kalman filter" if twin.dynamics.linear else "a Kalman filter, extended"
        case "ukf":
            return "an unscented Kalman filter"
        case "particles":
            return f"{PARTICLES} particles"


def _steps(dynamics: Dynamics) -> str:
    """How equations are solved."""
    return "solved exactly" if dynamics.linear else "in steps of Dormand and Prince"


def _crosses(reading: _Reading, node: PlanNode) -> bool:
    return reading.timelines[node.timeline].kind == "group"


def _window(window: Window) -> str:
    every = "" if window.every_ns is None else f" every {in_time(window.every_ns)}"
    if window.width_ns is not None:
        return f"windows over {in_time(window.width_ns)}{every}"
    return f"windows over {window.calendar}{every} in {window.zone}"


def _stragglers(reading: _Reading, nodes: list[PlanNode]) -> Iterator[str]:
    timelines = [reading.timelines[node.timeline] for node in nodes]
    devices = {t.device for t in timelines if t.kind == "device" and t.settled}
    lateness = max((reading.devices[d].lateness_ns for d in devices if d is not None), default=0)
    if lateness:
        yield f"stragglers, up to {in_time(lateness)}"


# --- What it keeps ---------------------------------------------------------------------------------------------------


def _keeps(reading: _Reading, nodes: Iterable[PlanNode], each: bool = False) -> Iterator[str]:
    """State by timeline: for each key, and for all (unless `each`) if their number has a bound."""
    by_timeline: dict[str, int] = {}
    for node in nodes:
        base = node.timeline.removesuffix(" settled")
        by_timeline[base] = by_timeline.get(base, 0) + node.cost.state_bytes_per_key
    for base, size in by_timeline.items():
        if size:
            timeline = next(t for t in (base, f"{base} settled") if t in reading.timelines)
            keys = reading.keys_max(timeline)
            if base == "one":
                yield f"{in_bytes(size)} in all"
            else:
                key = base if reading.timelines[timeline].kind == "device" else f"group {base}"
                total = ", no bound on how many" if keys is None else f", {in_bytes(size * keys)} for {keys:,}"
                yield f"{in_bytes(size)} for each {key}{'' if each else total}"


def _totals(reading: _Reading) -> Iterator[Part]:
    yield "keeps", list(_keeps(reading, reading.plan.nodes)) or ["nothing"]
    waiting: list[str] = []
    for device in reading.plan.devices:
        size = settle_bytes(reading.plan, device)
        if size:
            most = "" if device.maximum is None else f", {in_bytes(size * device.maximum)} for {device.maximum:,}"
            waiting.append(
                f"at most {device.settle_max:,} messages of a {device.name} wait {in_time(device.lateness_ns)} "
                f"for stragglers: {in_bytes(size)} for each{most}"
            )
    for timeline in reading.plan.timelines:
        for member in timeline.members:
            of = member.timeline.removesuffix(" settled")
            waiting.append(
                f"at most {member.waiting_max:,} updates of each {of} wait for the time of {timeline.id}: "
                f"{in_bytes(instants_bytes(member))}, and what members and windows keep of them"
            )
    if waiting:
        yield "waiting", waiting
    remembered = [
        f"at most {source.unique.remembered_max:,} messages of {source.name} {in_time(source.unique.within_ns)}, "
        f"to know them again: {in_bytes(unique_bytes(source))} for each {source.device}"
        for source in reading.plan.sources
        if source.unique is not None
    ]
    if remembered:
        yield "remembers", remembered
    tables = [
        f"{_so_many(len(table.keys[0].cells), 'row')} of {table.name}: {in_bytes(table_bytes(table))} where it is used"
        for table in reading.plan.tables
    ]
    if tables:
        yield "looks up", tables
    nodes, timelines = len(reading.plan.nodes), len(reading.plan.timelines)
    yield "computes", [f"{_so_many(nodes, 'node')} on {_so_many(timelines, 'timeline')}"]


def _so_many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def in_time(ns: int) -> str:
    """`10 min`, `1 h 30 min`, `250 ms`, `7 ns`: exactly."""
    parts: list[str] = []
    for unit, length in _UNITS_NS:
        count, ns = divmod(ns, length)
        if count:
            parts.append(f"{count} {unit}")
    if ns:
        parts.append(f"{ns} ns")
    return " ".join(parts) or "0 s"
