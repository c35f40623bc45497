"""A plan in words: for every rule and signal what it waits for, what it keeps, and what it costs.

    rule sudden_loss for Truck
      waits for  fuel; windows over 10 min every 1 min; stragglers up to 5 min
      keeps      152 B for each Truck, 7.6 MB for 50000
      costs      24 ns for each event it reads

State that several rules use is kept once; each of them says it, and the totals at the end count it once.
"""

from collections.abc import Iterable, Iterator

from ..dsl import nodes as n
from .bounds import NS_PER_S, in_bytes, keys_max, settle_bytes
from .lower_context import domain_scope, timeline_id
from .plan import (
    Field,
    HeldTime,
    Holds,
    Members,
    Message,
    Output,
    Pattern,
    Plan,
    PlanNode,
    Quiet,
    Rule,
    Schedule,
    Window,
)
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


def explain_program(plan: Plan, typed: Typed) -> str:
    """The explanation of a whole program, as lines of text."""
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
    lines: list[str] = []
    for item in typed.program.items:
        match item:
            case n.Signal(name) | n.PatternItem(name):
                kind = "signal" if isinstance(item, n.Signal) else "pattern"
                lines += _explained(reading, f"{kind} {name}", item.domain, roots["signal", name])
            case n.Rule(name):
                lines += _explained(reading, f"rule {name}", item.domain, roots["rule", name])
            case _:
                pass
    return "\n".join([*lines, *_totals(reading)]) + "\n"


def _explained(reading: _Reading, title: str, domain: n.Domain | None, root: PlanNode) -> Iterator[str]:
    scope = domain_scope(domain)
    nodes = reading.behind(root)
    yield f"{title}{_domain(scope)}"
    yield f"  waits for  {'; '.join(_waits(reading, nodes)) or 'nothing'}"
    yield f"  keeps      {'; '.join(_keeps(reading, nodes)) or 'nothing'}"
    cpu = sum(node.cost.cpu_ns_per_event for node in nodes)
    rate = root.cost.output_rate_hz
    updates = "" if rate is None else f", {rate:.3g} updates/s for each key"
    yield f"  costs      about {cpu:.0f} ns for each event it reads{updates}"
    yield ""


def _domain(scope: Scope) -> str:
    match scope:
        case DeviceScope(device):
            return f" for {device}"
        case GroupScope(()) | SourceScope():
            return ""
        case GroupScope():
            return f" {timeline_id(scope, False)}"


# --- What it waits for -----------------------------------------------------------------------------------------------


def _waits(reading: _Reading, nodes: list[PlanNode]) -> Iterator[str]:
    """The fields, windows and timers behind a node, and the stragglers it lets come in."""
    fields: dict[str, None] = {}
    others: dict[str, None] = {}
    for node in nodes:
        match node.operator:
            case Field(device, name) | Message(device, name) | HeldTime(device, name):
                several = len(reading.devices) > 1
                fields[f"{device}.{name}" if several else name] = None
            case Window() as window:
                others[_window(window)] = None
            case Holds(duration):
                others[f"a condition for {in_time(duration)}"] = None
            case Quiet(duration):
                others[f"silence for {in_time(duration)}"] = None
            case Members(function, device):
                others[f"{function} over {device}"] = None
            case Pattern(steps, within_ns=within):
                end = "" if within is None else f" within {in_time(within)}"
                others[f"{len(steps)} step{'s' if len(steps) > 1 else ''}{end}"] = None
            case Schedule(zone=zone):
                others[f"a schedule in {zone}"] = None
            case _:
                pass
    if fields:
        yield ", ".join(fields)
    yield from others
    yield from _stragglers(reading, nodes)


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
        yield f"stragglers up to {in_time(lateness)}"


# --- What it keeps ---------------------------------------------------------------------------------------------------


def _keeps(reading: _Reading, nodes: Iterable[PlanNode]) -> Iterator[str]:
    """State by timeline: for each key, and for all if their number has a bound."""
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
                total = ", no bound on how many" if keys is None else f", {in_bytes(size * keys)} for {keys}"
                yield f"{in_bytes(size)} for each {key}{total}"


def _totals(reading: _Reading) -> Iterator[str]:
    yield "in all"
    yield f"  keeps      {'; '.join(_keeps(reading, reading.plan.nodes)) or 'nothing'}"
    for device in reading.plan.devices:
        waiting = settle_bytes(reading.plan, device)
        if waiting:
            most = "" if device.maximum is None else f", {in_bytes(waiting * device.maximum)} for {device.maximum}"
            yield (
                f"  stragglers up to {device.settle_max} messages of a {device.name} wait "
                f"{in_time(device.lateness_ns)}: at most {in_bytes(waiting)} for each{most}"
            )
    yield f"  computes   {len(reading.plan.nodes)} nodes on {len(reading.plan.timelines)} timelines"


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
