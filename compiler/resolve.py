"""Names: what a program declares, under which name, and in which order signals can be computed.

The first stage after parsing: `resolve(program)` gives `Names`, which later look-ups go through, and the problems.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from ..dsl.source import Span
from ..stdlib.catalogue import SCALARS
from .problems_names import (
    Duplicate,
    HidesField,
    SignalCycle,
    UnknownDevice,
    UnknownImport,
    UnknownModule,
)

Value = n.Let | n.Signal | n.PatternItem


@dataclass(frozen=True)
class Names:
    """What a program's names stand for. Of two things with one name the first one counts.

    `order` has the lets and signals such that each comes after those it uses; those in a cycle are in `cyclic` instead.
    """

    devices: dict[str, n.Device]
    values: dict[str, Value]
    rules: dict[str, n.Rule]
    imports: dict[str, n.Import]
    order: tuple[n.Let | n.Signal, ...] = ()
    cyclic: frozenset[str] = field(default_factory=frozenset)


def resolve(program: n.Program) -> tuple[Names, Problems]:
    """The program's names. Problems: duplicates, hidden fields, unknown devices and imports, cycles."""
    problems = Problems()
    devices: dict[str, n.Device] = {}
    values: dict[str, Value] = {}
    rules: dict[str, n.Rule] = {}
    spans: dict[tuple[str, str], Span] = {}

    def new(kind: str, what: str, name: str, span: Span) -> bool:
        first = spans.setdefault((kind, name), span)
        if first is not span:
            problems.report(Duplicate(span=span, what=what, name=name, first=first))
        return first is span

    for item in program.items:
        match item:
            case n.Device():
                if new("value", "name", item.name, item.span):
                    devices[item.name] = item
            case n.Let() | n.Signal() | n.PatternItem():
                if new("value", "name", item.name, item.span):
                    values[item.name] = item
            case n.Rule():
                if new("rule", "rule", item.name, item.span):
                    rules[item.name] = item
            case n.Source():
                new("source", "source", item.name, item.span)
            case n.Table():
                pass
    _check_domains(program, devices, problems)
    _check_hiding(devices, values, problems)
    order, cyclic = _order(values, problems)
    return Names(devices, values, rules, _imports(program, problems), order, cyclic), problems


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if one is."""
    matches = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.7)
    return matches[0] if matches else None


def beginning(span: Span, name: str) -> Span:
    """Where a name stands at the beginning of a larger piece of text."""
    return Span(span.start, min(span.start + len(name), span.end))


def ending(span: Span, name: str) -> Span:
    """Where a name stands at the end of a larger piece of text."""
    return Span(max(span.end - len(name), span.start), span.end)


def walk(node: n.Node) -> Iterator[n.Node]:
    """A node and all nodes below it, in the order of the text."""
    pending = [node]
    while pending:
        at = pending.pop()
        yield at
        pending.extend(reversed(children(at)))


def children(node: n.Node) -> list[n.Node]:
    """The nodes directly below a node, in the order of its fields."""
    found: list[n.Node] = []
    for part_of in fields(node):
        part = getattr(node, part_of.name)
        if isinstance(part, n.Node):
            found.append(part)
        elif isinstance(part, tuple):
            found.extend(p for p in part if isinstance(p, n.Node))
    return found


def _check_domains(program: n.Program, devices: dict[str, n.Device], problems: Problems) -> None:
    """Every device type that a domain, source or table names is declared."""
    for item in program.items:
        name, span = None, item.span
        match item:
            case n.Signal(domain=n.ForDevice() as domain) | n.PatternItem(domain=n.ForDevice() as domain):
                name, span = domain.device, ending(domain.span, domain.device)
            case n.Rule(domain=n.ForDevice() as domain):
                name, span = domain.device, ending(domain.span, domain.device)
            case n.Source() | n.Table():
                name = item.device
            case _:
                pass
        if name is not None and name not in devices:
            problems.report(UnknownDevice(span=span, name=name, closest=closest(name, devices)))


def _check_hiding(devices: dict[str, n.Device], values: dict[str, Value], problems: Problems) -> None:
    """A let hides the field of any device, a signal or pattern that of its own."""
    for name, item in values.items():
        match item:
            case n.Let():
                what, over = "let", list(devices)
            case n.Signal(domain=n.ForDevice(device=device)):
                what, over = "signal", [device]
            case n.PatternItem(domain=n.ForDevice(device=device)):
                what, over = "pattern", [device]
            case n.Signal(domain=n.ByProperties(properties=keys)) if name in keys:
                what, over = "signal", list(devices)
            case _:
                continue
        for device in over:
            hidden = member_of(devices.get(device), name)
            if hidden is not None:
                problems.report(HidesField(span=item.span, what=what, name=name, device=device, hidden=hidden.span))
                break


def member_of(device: n.Device | None, name: str) -> n.Property | n.Telemetry | None:
    """The field of that name, if the device type has one."""
    for member in () if device is None else device.members:
        if isinstance(member, n.Property | n.Telemetry) and member.name == name:
            return member
    return None


def _imports(program: n.Program, problems: Problems) -> dict[str, n.Import]:
    modules = {scalar.module for scalar in SCALARS.values() if scalar.module is not None}
    imports: dict[str, n.Import] = {}
    for item in program.imports:
        if item.module not in modules:
            known = closest(item.module, modules)
            problems.report(UnknownModule(span=item.span, name=item.module, closest=known))
            continue
        members = {scalar.name for scalar in SCALARS.values() if scalar.module == item.module}
        for name in item.names:
            if name not in members:
                known = closest(name, members)
                problems.report(UnknownImport(span=item.span, name=name, module=item.module, closest=known))
            elif name in imports:
                first = imports[name].span
                problems.report(Duplicate(span=item.span, what="import", name=name, first=first))
            else:
                imports[name] = item
    return imports


def _order(values: dict[str, Value], problems: Problems) -> tuple[tuple[n.Let | n.Signal, ...], frozenset[str]]:
    """Lets and signals, each after those it uses; and those that use themselves."""
    uses = {name: _used(item, values) for name, item in values.items()}
    cyclic: set[str] = set()
    order: tuple[str, ...] | None = None
    while order is None:
        try:
            order = tuple(TopologicalSorter(uses).static_order())
        except CycleError as error:
            # Each is used by the one after it, and the last is the first again.
            ring = list(dict.fromkeys(reversed(error.args[1])))
            start = min(range(len(ring)), key=lambda i: values[ring[i]].span)
            ring = ring[start:] + ring[:start]
            spans = tuple(values[name].span for name in ring)
            problems.report(SignalCycle(span=spans[0], cycle=tuple(ring), spans=spans[1:]))
            cyclic.update(ring)
            for name in ring:
                uses[name] = [used for used in uses[name] if used not in ring]
    items = (values[name] for name in order if name not in cyclic)
    return tuple(item for item in items if isinstance(item, n.Let | n.Signal)), frozenset(cyclic)


def _used(item: Value, values: dict[str, Value]) -> list[str]:
    """The lets, signals and patterns that an item's text names, as far as names alone can tell."""
    used: dict[str, None] = {}
    for node in walk(item):
        match node:
            case n.Name(name=name) if name in values:
                used[name] = None
            case n.Member(of=n.Name(), name=name) if name in values:
                used[name] = None
            case _:
                pass
    return list(used)
