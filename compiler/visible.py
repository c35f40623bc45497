"""What a file may use of a program of several files: what it declares, and what it imports by name.

The checker resolves names in the whole program. Here each use of a name is held against the file that it stands in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic, Problems
from ..dsl.source import SourceText, Span
from ..stdlib.modules import module_of_function
from .modules import Linked, Module, name_of
from .problems_doubts import UnusedImport, UnusedLet
from .problems_modules import NotNamed
from .problems_names import NotImported
from .resolve import walk
from .typed import ColumnRef, ConstantRef, DeviceRef, PatternRef, SignalRef, Typed


@dataclass(frozen=True, slots=True)
class Use:
    """A name of the program's that a node refers to, in one of the three spaces that names are in."""

    node: n.Node
    name: str
    space: str


def check_visible(linked: Linked, typed: Typed, unused: bool = True) -> Problems:
    """The names that a file uses without importing them, and (`unused`) those the root file imports without use."""
    problems = Problems()
    if len(linked.modules) == 1:
        return problems
    owners = {(space_of(item), name): module for module in linked.modules for name, item in _declared(module)}
    items = {(space_of(item), name): item for module in linked.modules for name, item in _declared(module)}
    of_function = module_of_function()
    # What no file imports has been reported by the checker.
    imported = {name for module in linked.modules for name in module.functions}
    for module in linked.modules:
        if module.standard:
            continue
        uses: dict[tuple[str, str], Use] = {}
        for use in _uses(module.program.items, typed):
            uses.setdefault((use.space, use.name), use)
        foreign: dict[str, list[Use]] = {}
        for use in uses.values():
            if use.space == "function":
                of = of_function.get(use.name)
                if of is not None and use.name not in module.functions and use.name in imported:
                    _, at = _import_line(module, of, [use.name])
                    span = module.span_of(use.name, use.node.span)
                    place = at if at.start == at.end else None
                    problems.report(NotImported(span=span, name=use.name, module=of, at=place))
                continue
            owner = owners.get((use.space, use.name))
            if owner is None or owner is module or use.name in module.imported:
                continue
            foreign.setdefault(owner.source.name, []).append(use)
        for together in foreign.values():
            for problem in _not_named(linked, module, together, owners, items):
                problems.report(problem)
        if module is linked.modules[0] and unused and not problems.any_errors:
            for report in _unused(module, {name for _, name in uses}):
                problems.report(report)
    return problems


def elsewhere(linked: Linked, problem: Diagnostic) -> bool:
    """Whether a warning of the checker's is not for this program: it is about another file, which is to be checked as
    a program of its own for it; or about an import, of which each file's uses count alone (`check_visible`); or about
    what nothing uses in a file that only declares, and so is there for others."""
    if problem.severity == "error":
        return False
    if linked.sources.index(problem.span.start) > 0:
        return True
    if isinstance(problem, UnusedImport):
        return len(linked.modules) > 1
    return isinstance(problem, UnusedLet) and all(
        isinstance(item, n.Let | n.Device | n.Priorities | n.Target) for item in linked.modules[0].program.items
    )


def space_of(item: n.Item) -> str:
    """Values and devices share their names; rules, procedures and targets each have their own."""
    match item:
        case n.Rule():
            return "rule"
        case n.Procedure():
            return "procedure"
        case n.Target():
            return "target"
        case _:
            return "value"


def _declared(module: Module) -> Iterator[tuple[str, n.Item]]:
    for item in module.program.items:
        name = name_of(item)
        if name is not None:
            yield name, item


def _uses(items: Iterable[n.Item], typed: Typed) -> Iterator[Use]:
    """All names that items refer to, as far as it is known what they refer to."""
    for item in items:
        for node in walk(item):
            yield from _uses_of(node, typed)


def _uses_of(node: n.Node, typed: Typed) -> Iterator[Use]:
    match node:
        case n.Name() | n.Member():
            fact = typed.facts.get(node)
            match None if fact is None else fact.reference:
                case SignalRef(name) | PatternRef(name) | ConstantRef(name) | DeviceRef(name):
                    yield Use(node, name, "value")
                case ColumnRef(table):
                    yield Use(node, table, "value")
                case _:
                    pass
        case n.Call(function=name):
            yield Use(node, name, "function")
        case n.ForDevice(device=name) | n.Source(device=name) | n.Each(device=name) | n.Relationship(device=name):
            yield Use(node, name, "value")
        case n.Twin(device=name) | n.Given(device=name) | n.WhatIfSet(device=name):
            yield Use(node, name, "value")
        case n.Expires(pattern=name) | n.ExpectPattern(pattern=name) | n.ExpectSignal(signal=name):
            yield Use(node, name, "value")
        case n.Table(rule=rule, device=device):
            yield Use(node, rule, "rule")
            yield Use(node, device, "value")
        case n.Rule(inhibited_by=rules, place=place):
            for name in rules:
                yield Use(node, name, "rule")
            if place is not None:
                yield Use(node, place, "target")
        case n.Acknowledge(rule=name) | n.ExpectRule(rule=name) | n.ExpectAlert(rule=name):
            yield Use(node, name, "rule")
        case n.Run(procedure=name) | n.ExpectProcedure(procedure=name):
            yield Use(node, name, "procedure")
        case _:
            pass


def _not_named(
    linked: Linked,
    module: Module,
    uses: list[Use],
    owners: dict[tuple[str, str], Module],
    items: dict[tuple[str, str], n.Item],
) -> Iterator[NotNamed]:
    """The names of one other file that a file uses without importing them; one line imports them all."""
    owner = owners[uses[0].space, uses[0].name]
    path = _path_of(linked, module, owner)
    line, at = _import_line(module, path, [use.name for use in uses])
    for use in uses:
        yield NotNamed(
            span=module.span_of(use.name, use.node.span),
            name=use.name,
            module=path,
            declared=owner.span_of(use.name, items[use.space, use.name].span),
            line=line,
            at=at,
        )


def _path_of(linked: Linked, module: Module, owner: Module) -> str:
    """As what a file can import a module: as it does already, as others do, or as it calls itself."""
    for path in (*(line.module for line in module.program.imports), owner.path, owner.program.module):
        found = linked.read(path, module.source)
        if isinstance(found, SourceText) and found.name == owner.source.name:
            return path
    return owner.path


def _import_line(module: Module, path: str, names: list[str]) -> tuple[str, Span]:
    """The import that makes names known, and what it replaces, or where it is to be written."""
    for line in module.program.imports:
        if line.module == path:
            return f"import {path} ({', '.join(dict.fromkeys([*line.names, *names]))})", line.span
    if module.program.imports:
        end = module.program.imports[-1].span.end
    else:
        end = module.span_of(module.program.module, module.program.span).end if module.program.module else module.base
    return f"import {path} ({', '.join(dict.fromkeys(names))})", Span(end, end)


def _unused(module: Module, used: set[str]) -> Iterator[UnusedImport]:
    """Names that a file imports and does not use."""
    for name, line in {**module.imported, **module.functions}.items():
        if name not in used:
            yield UnusedImport(span=module.span_of(name, line.span), name=name, module=line.module)
