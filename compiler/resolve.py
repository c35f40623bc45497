"""Names: what a program declares, under which name, and in which order signals can be computed.

The first stage after parsing: `resolve(program)` gives `Names`, which later look-ups go through, and the problems.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from ..dsl.source import Span
from ..stdlib.catalogue import MODULES
from .problems_names import (
    Duplicate,
    HidesField,
    SignalCycle,
    UnknownDevice,
    UnknownImport,
    UnknownModule,
)

NAME_LENGTH_MAX = 80
"""No name that is longer is looked for among others."""

BEGINNING_MIN = 3
"""A name that begins as another one does is like it if they have at least so many characters in common."""

NAMES_COMPARED = 24
"""Of so many names each is compared with one that is not known; comparing is slow."""

Value = n.Let | n.Signal | n.PatternItem
Named = TypeVar("Named", bound=n.Item)


@dataclass(frozen=True)
class Names:
    """What a program's names stand for. Of two things with one name the first one counts.

    `order` has the lets and signals such that each comes after those it uses; those in a cycle are in `cyclic` instead.
    `twins` are by their device type; `tests`, `tables`, `what_ifs` and `invariants` by their titles; `ranks` gives a
    priority's place, 0 for the highest. `references` are tables of reference data, by their names.
    """

    devices: dict[str, n.Device] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    rules: dict[str, n.Rule] = field(default_factory=dict)
    sources: dict[str, n.Source] = field(default_factory=dict)
    procedures: dict[str, n.Procedure] = field(default_factory=dict)
    twins: dict[str, n.Twin] = field(default_factory=dict)
    targets: dict[str, n.Target] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)
    references: dict[str, n.ReferenceTable] = field(default_factory=dict)
    tests: dict[str, n.Test] = field(default_factory=dict)
    tables: dict[str, n.Table] = field(default_factory=dict)
    what_ifs: dict[str, n.WhatIf] = field(default_factory=dict)
    invariants: dict[str, n.Invariant] = field(default_factory=dict)
    imports: dict[str, n.Import] = field(default_factory=dict)
    order: tuple[n.Let | n.Signal, ...] = ()
    cyclic: frozenset[str] = frozenset()


def resolve(program: n.Program) -> tuple[Names, Problems]:
    """The program's names. Problems: duplicates, hidden fields, unknown devices and imports, cycles."""
    problems = Problems()
    names = Names()
    priorities: n.Priorities | None = None
    seen: dict[tuple[str, str], n.Item] = {}

    def new(what: str, name: str, item: Named, table: dict[str, Named], kind: str | None = None) -> None:
        first = seen.setdefault((kind or what, name), item)
        if first is item:
            table[name] = item
        else:
            problems.report(Duplicate(span=item.span, what=what, name=name, first=first.span))

    for item in program.items:
        match item:
            case n.Device():
                new("name", item.name, item, names.devices)
            case n.Let() | n.Signal() | n.PatternItem():
                new("name", item.name, item, names.values)
            case n.ReferenceTable():
                new("name", item.name, item, names.references)
            case n.Rule():
                new("rule", item.name, item, names.rules)
            case n.Source():
                new("source", item.name, item, names.sources)
            case n.Procedure():
                new("procedure", item.name, item, names.procedures)
            case n.Twin():
                new("twin of", item.device, item, names.twins)
            case n.Target():
                new("target", item.name, item, names.targets)
            case n.Test():
                new("test", item.title, item, names.tests)
            case n.Table():
                new("table", item.title, item, names.tables)
            case n.WhatIf():
                new("what-if", item.title, item, names.what_ifs)
            case n.Invariant():
                new(item.kind, item.title, item, names.invariants, "invariant")
            case n.Priorities() if priorities is None:
                priorities = item
                _rank(item, names.ranks, problems)
            case n.Priorities():
                first = priorities.span
                problems.report(Duplicate(span=item.span, what="order of", name="priorities", first=first))
    _check_domains(program, names.devices, problems)
    _check_hiding(names.devices, names.values, problems)
    order, cyclic = _order(names.values, problems)
    return replace(names, imports=_imports(program, problems), order=order, cyclic=cyclic), problems


def _rank(item: n.Priorities, ranks: dict[str, int], problems: Problems) -> None:
    """Each priority's place in the order."""
    for name in item.names:
        if name in ranks:
            problems.report(Duplicate(span=item.span, what="priority", name=name, first=item.span))
        else:
            ranks[name] = len(ranks)


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, if one is.

    Of many names only those are looked at that stand next to it in the order of their beginnings, or of their ends.
    """
    if len(name) > NAME_LENGTH_MAX:
        return None
    names = sorted({other for other in known if len(other) <= NAME_LENGTH_MAX})
    if len(names) > NAMES_COMPARED:
        turned = _neighbours(name[::-1], sorted(other[::-1] for other in names))
        names = sorted({*_neighbours(name, names), *(other[::-1] for other in turned)})
    matches = get_close_matches(name, names, n=1, cutoff=0.7)
    return matches[0] if matches else _longer_or_shorter(name, names)


def _longer_or_shorter(name: str, names: list[str]) -> str | None:
    """The first name that begins as this one does, all of one of them: `temp` for `temperature`."""
    for other in names:
        short, long = sorted((name, other), key=len)
        if len(short) >= BEGINNING_MIN and long.startswith(short):
            return other
    return None


def _neighbours(name: str, names: list[str]) -> list[str]:
    """The names that stand next to one in a sorted list."""
    place, each_side = bisect_left(names, name), NAMES_COMPARED // 4
    return names[max(place - each_side, 0) : place + each_side]


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
        for name in reversed(_PARTS[type(at)]):
            part = getattr(at, name)
            if isinstance(part, n.Node):
                pending.append(part)
            elif isinstance(part, tuple):
                pending.extend(p for p in reversed(part) if isinstance(p, n.Node))


def children(node: n.Node) -> list[n.Node]:
    """The nodes directly below a node, in the order of its fields."""
    found: list[n.Node] = []
    for name in _PARTS[type(node)]:
        part = getattr(node, name)
        if isinstance(part, n.Node):
            found.append(part)
        elif isinstance(part, tuple):
            found.extend(p for p in part if isinstance(p, n.Node))
    return found


def _holds_no_node(annotation: Any) -> bool:
    """Whether a field of this type is words, numbers and the like: `str | None`, `tuple[str, ...]`."""
    if annotation in (str, int, bool, None, NoneType, Ellipsis) or get_origin(annotation) is Literal:
        return True
    arguments = get_args(annotation)
    return bool(arguments) and all(_holds_no_node(argument) for argument in arguments)


_PARTS: dict[type[n.Node], tuple[str, ...]] = {
    kind: tuple(part.name for part in fields(kind) if part.name != "span" and not _holds_no_node(part.type))
    for kind in vars(n).values()
    if isinstance(kind, type) and issubclass(kind, n.Node)
}
"""The names of the fields of each kind of node that can hold nodes."""


def rings(graph: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """The circles in a graph of names, as rings of names of which each names the next and the last the first.

    Each is found once and then cut, so that other circles through its names may remain unmentioned.
    """
    left = {name: list(named) for name, named in graph.items() if named}
    found: list[tuple[str, ...]] = []
    places = {name: place for place, name in enumerate(graph)}
    while left:
        try:
            tuple(TopologicalSorter(left).static_order())
        except CycleError as error:
            # Each is named by the one after it, and the last is the first again.
            ring = list(dict.fromkeys(reversed(error.args[1])))
            start = min(range(len(ring)), key=lambda i: places[ring[i]])
            found.append((*ring[start:], *ring[:start]))
            for name in ring:
                left[name] = [named for named in left[name] if named not in ring]
        else:
            break
    return found


def _check_domains(program: n.Program, devices: dict[str, n.Device], problems: Problems) -> None:
    """Every device type that a domain, a relationship, an action or another item names is declared."""
    for item in program.items:
        for name, span in _devices_named(item):
            if name not in devices:
                problems.report(UnknownDevice(span=span, name=name, closest=closest(name, devices)))


def _devices_named(item: n.Item) -> Iterator[tuple[str, Span]]:
    match item:
        case n.Signal() | n.PatternItem() | n.Rule() | n.Procedure() | n.Invariant():
            if isinstance(item.domain, n.ForDevice):
                yield item.domain.device, ending(item.domain.span, item.domain.device)
            if isinstance(item, n.Rule):
                yield from _sent_to((*item.do, *item.on_clear))
            elif isinstance(item, n.Procedure):
                yield from ((each.device, each.span) for each in walk(item) if isinstance(each, n.Each))
        case n.Device():
            for member in item.members:
                if isinstance(member, n.Relationship):
                    yield member.device, member.span
        case n.Source() | n.Table() | n.Twin():
            yield item.device, item.span
        case n.Test():
            yield from ((given.device, given.span) for given in item.stimuli if isinstance(given, n.Given))
        case n.WhatIf():
            yield from ((change.device, change.span) for change in item.changes)
        case n.Let() | n.ReferenceTable() | n.Priorities() | n.Target():
            pass


def _sent_to(actions: tuple[n.Action, ...]) -> Iterator[tuple[str, Span]]:
    """The device types of `each …` in a rule's actions."""
    for action in actions:
        if isinstance(action, n.Send) and action.to is not None:
            yield action.to.device, action.to.span
        elif isinstance(action, n.If):
            yield from _sent_to((*action.then, *action.otherwise))


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
    imports: dict[str, n.Import] = {}
    for item in program.imports:
        if item.module not in MODULES:
            known = closest(item.module, MODULES)
            problems.report(UnknownModule(span=item.span, name=item.module, closest=known))
            continue
        members = MODULES[item.module]
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
    for ring in rings(uses):
        spans = tuple(values[name].span for name in ring)
        problems.report(SignalCycle(span=spans[0], cycle=ring, spans=spans[1:]))
        cyclic.update(ring)
        for name in ring:
            uses[name] = [used for used in uses[name] if used not in ring]
    order = (values[name] for name in TopologicalSorter(uses).static_order() if name not in cyclic)
    return tuple(item for item in order if isinstance(item, n.Let | n.Signal)), frozenset(cyclic)


def _used(item: Value, values: dict[str, Value]) -> list[str]:
    """The lets, signals and patterns that an item's text names, as far as names alone can tell."""
    used: dict[str, None] = {}
    for node in walk(item):
        match node:
            case n.Name(name=name) if name in values:
                used[name] = None
            case n.Member(of=n.Name(), name=name) if name in values:
                used[name] = None
            case n.Expires(pattern=name) if name in values:
                used[name] = None
            case _:
                pass
    return list(used)
