"""Modules: a program is its root file and every file that it imports, directly or not, linked into one tree.

    linked = link(program, sources, read)      # read("cold_chain.limits", importer) gives a text, or why there is none
    typed, problems = check_program(linked.program)
    more = check_visible(linked, typed)

Names are unique in the whole program and resolved in all of it, so files may import one another in a ring; what a
*file* may use is what it declares or imports by name, which `compiler/visible.py` checks once it is known what every
name stands for. Pure: the host's reader looks for the files. Of an imported file everything becomes part of the
program but its tests, tables and what-ifs; of a module of the standard library that is written in the language only
what is named, and what that needs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from ..dsl.moving import moved
from ..dsl.parse import parse
from ..dsl.source import Sources, SourceText, Span
from ..stdlib.modules import functions_of, is_standard, prelude_text, standard_modules
from .problems_modules import ImportsItself, ModuleMisnamed, ModuleNotFound, NothingNamed, TooManyModules
from .problems_names import Duplicate, UnknownImport, UnknownModule
from .problems_table_files import TableFileNotFound
from .resolve import closest, walk
from .typed import TableFile, TableFiles

TABLE_SUFFIX = ".csv"

MODULES_MAX = 500
"""Of how many files a program may be."""


@dataclass(frozen=True, slots=True)
class Missing:
    """That there is no text for a module: where it was looked for, a module whose name is like it, or what prevents
    its file from being read."""

    places: tuple[str, ...] = ()
    closest: str | None = None
    reason: str | None = None


Read = Callable[[str, SourceText], SourceText | Missing]
"""Gives the text of a module's file for the file that imports it, or of a table's: what ends in `.csv` is a path from
the folder of the file that names it. One file always has one name."""


def no_files(module: str, importer: SourceText) -> Missing:
    """The reader of a program that is a text and no file."""
    return Missing()


@dataclass
class Module:
    """A file of a program. `path`: as what it was imported first, or what the root file says that it is.

    `declared` has its items by name; `imported` and `functions` the imports of names of other files and of functions.
    `standard`: it is of the standard library. `incomplete`: parts of it could not be read.
    """

    path: str
    source: SourceText
    base: int
    program: n.Program
    declared: dict[str, list[n.Item]] = field(default_factory=dict)
    imported: dict[str, n.Import] = field(default_factory=dict)
    functions: dict[str, n.Import] = field(default_factory=dict)
    standard: bool = False
    incomplete: bool = False

    def span_of(self, name: str, within: Span, nth: int = 0) -> Span:
        """Where a word stands (for the nth time) within a stretch of this file's text; all of it if it does not."""
        text = self.source.text[within.start - self.base : within.end - self.base]
        found = [*re.finditer(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)][nth:]
        return Span(within.start + found[0].start(), within.start + found[0].end()) if found else within


@dataclass
class Linked:
    """All modules of a program, the root file first, and the one tree that they make.

    `files` are those of its tables. `faults`: what could not be read. `incomplete`: a whole file, or a name of one, is
    missing.
    """

    modules: list[Module]
    sources: Sources
    program: n.Program
    read: Read = no_files
    files: TableFiles = field(default_factory=dict)
    faults: list[Span] = field(default_factory=list)
    incomplete: bool = False


def link(root: n.Program, sources: Sources, read: Read = no_files) -> tuple[Linked, Problems]:
    """The program of a root file, which is the first of `sources`; further files are read, and added to them."""
    linking = _Linking(sources, read)
    linking.module(root.module, sources.texts[0], 0, root)
    for position, module in linking.follow():
        linking.imports(position, module)
        linking.tables(module)
    linked = Linked(linking.modules, sources, linking.merged(), read, linking.files, linking.faults, linking.incomplete)
    return linked, linking.problems


class _Linking:
    """The modules found so far; the files' names tell which of them are the same."""

    def __init__(self, sources: Sources, read: Read) -> None:
        self.sources = sources
        self.read = read
        self.modules: list[Module] = []
        self.by_file: dict[str, Module] = {}
        self.uses: dict[int, dict[int, None]] = {}
        self.wanted: dict[int, set[str]] = {}
        self.problems = Problems()
        self.files: dict[int, TableFile] = {}
        self.faults: list[Span] = []
        self.incomplete = False

    def module(self, path: str, source: SourceText, base: int, program: n.Program, standard: bool = False) -> Module:
        found = Module(path, source, base, program, standard=standard)
        for item in program.items:
            name = name_of(item)
            if name is not None:
                found.declared.setdefault(name, []).append(item)
        self.modules.append(found)
        self.by_file[source.name] = found
        return found

    def follow(self) -> Iterator[tuple[int, Module]]:
        """Every module once, those found on the way too."""
        position = 0
        while position < len(self.modules):
            yield position, self.modules[position]
            position += 1

    def imports(self, position: int, module: Module) -> None:
        """Read what a module imports."""
        for line in module.program.imports:
            if is_standard(line.module):
                self._standard(position, module, line)
            else:
                self._file(position, module, line)

    def tables(self, module: Module) -> None:
        """Read the files of a module's tables."""
        for item in module.program.items:
            if not isinstance(item, n.ReferenceTable) or item.file is None:
                continue
            span = module.span_of(item.file, item.span)
            if not item.file.endswith(TABLE_SUFFIX):
                self.problems.report(TableFileNotFound(span=span, file=item.file, suffix=TABLE_SUFFIX))
                continue
            found = self.read(item.file, module.source)
            if isinstance(found, Missing):
                problem = TableFileNotFound(span=span, file=item.file, places=found.places, reason=found.reason)
                self.problems.report(problem)
                continue
            self.files[item.span.start] = TableFile(found.text, self.sources.add(found))

    def _standard(self, position: int, module: Module, line: n.Import) -> None:
        functions = functions_of(line.module)
        text = prelude_text(line.module)
        if not functions and text is None:
            span = module.span_of(line.module, line.span)
            near = closest(line.module, standard_modules())
            self.problems.report(UnknownModule(span=span, name=line.module, closest=near))
            return
        library = None if text is None else self._add(module, line, SourceText(_prelude_name(line.module), text), True)
        known = functions | (set() if library is None else library.declared.keys())
        if not line.names:
            self.problems.report(NothingNamed(span=line.span, module=line.module, names=tuple(sorted(known))))
        for position_of_name, name in enumerate(line.names):
            if name in functions or library is None:
                # What is wrong with an import of functions is found where functions are known.
                module.functions.setdefault(name, line)
                continue
            self._name(module, line, position_of_name, library, known)
            if name in library.declared:
                self.wanted.setdefault(self.modules.index(library), set()).add(name)
        if library is not None:
            self.uses.setdefault(position, {})[self.modules.index(library)] = None

    def _file(self, position: int, module: Module, line: n.Import) -> None:
        found = self.read(line.module, module.source)
        if isinstance(found, Missing):
            span = module.span_of(line.module, line.span)
            self.problems.report(
                ModuleNotFound(
                    span=span, module=line.module, places=found.places, closest=found.closest, reason=found.reason
                )
            )
            self.incomplete = True
            return
        if found.name == module.source.name:
            self.problems.report(ImportsItself(span=line.span, module=line.module))
            return
        other = self._add(module, line, found, False)
        if other is None:
            return
        self.uses.setdefault(position, {})[self.modules.index(other)] = None
        for position_of_name in range(len(line.names)):
            self._name(module, line, position_of_name, other, other.declared.keys())

    def _name(self, module: Module, line: n.Import, at: int, other: Module, known: Iterable[str]) -> None:
        """Note that a module imports a name of another one."""
        name = line.names[at]
        span = module.span_of(name, _names_of(module, line), line.names[:at].count(name))
        if name not in other.declared:
            self.incomplete = True
            if not other.incomplete:
                near = closest(name, known)
                problem = UnknownImport(
                    span=span, name=name, module=line.module, closest=near, known=tuple(sorted(known))
                )
                self.problems.report(problem)
        elif name in module.imported:
            first = module.span_of(name, _names_of(module, module.imported[name]))
            self.problems.report(Duplicate(span=span, what="import", name=name, first=first))
        else:
            module.imported[name] = line

    def _add(self, importer: Module, line: n.Import, source: SourceText, standard: bool) -> Module | None:
        """The module of a file, which is read if it is new."""
        known = self.by_file.get(source.name)
        if known is not None:
            return known
        if len(self.modules) >= MODULES_MAX:
            if not any(isinstance(problem, TooManyModules) for problem in self.problems):
                self.problems.report(TooManyModules(span=line.span, maximum=MODULES_MAX))
                self.incomplete = True
            return None
        program, found = parse(source)
        base = self.sources.add(source)
        told = [moved(problem, base) for problem in found]
        self.faults += [problem.span for problem in told]
        self.problems.found += told
        module = self.module(line.module, source, base, moved(program, base), standard)
        module.incomplete = found.any_errors
        said, path = program.module.split("."), line.module.split(".")
        shared = min(len(said), len(path))
        if program.module and said[-shared:] != path[-shared:]:
            span = module.span_of(program.module, module.program.span)
            problem = ModuleMisnamed(
                span=span,
                name=program.module,
                imported_as=line.module,
                imported_at=importer.span_of(line.module, line.span),
            )
            self.problems.report(problem)
        return module

    def merged(self) -> n.Program:
        """One program of all modules: what a module imports stands before its own items."""
        root = self.modules[0].program
        if len(self.modules) == 1:
            kept = tuple(line for line in root.imports if functions_of(line.module))
            return root if kept == root.imports else replace(root, imports=kept)
        items: list[n.Item] = []
        for position in self._inputs_first():
            items += self._items(position)
        return n.Program(root.module, tuple(self._function_imports()), tuple(items), span=root.span)

    def _inputs_first(self) -> list[int]:
        """The modules, each after those it imports as far as no ring prevents it."""
        order: list[int] = []
        entered: set[int] = set()
        pending = [(0, False)]
        while pending:
            position, done = pending.pop()
            if done:
                order.append(position)
            elif position not in entered:
                entered.add(position)
                pending.append((position, True))
                pending += [(other, False) for other in reversed(self.uses.get(position, {}))]
        return order

    def _items(self, position: int) -> Iterator[n.Item]:
        """What a module brings into the program."""
        module = self.modules[position]
        if position == 0:
            yield from module.program.items
            return
        needed = _needed(module, self.wanted.get(position, set())) if module.standard else None
        for item in module.program.items:
            if isinstance(item, n.Test | n.Table | n.WhatIf):
                continue
            if needed is None or name_of(item) in needed:
                yield item

    def _function_imports(self) -> Iterator[n.Import]:
        """The imports of functions, each function once in the whole program; doubles within a file remain."""
        elsewhere: set[str] = set()
        for module in self.modules:
            for line in module.program.imports:
                functions = functions_of(line.module)
                if not functions:
                    continue
                names = tuple(
                    name
                    for name in line.names
                    if name not in elsewhere and (name in functions or prelude_text(line.module) is None)
                )
                if names:
                    yield replace(line, names=names)
            elsewhere.update(module.functions)


def name_of(item: n.Item) -> str | None:
    """The name by which an item can be imported; None if it has none, or none that anything refers to."""
    match item:
        case (
            n.Device()
            | n.Let()
            | n.ReferenceTable()
            | n.Signal()
            | n.PatternItem()
            | n.Rule()
            | n.Procedure()
            | n.Target()
        ):
            return item.name
        case _:
            return None


def _needed(module: Module, names: set[str]) -> set[str]:
    """These names of a module and all of its own that they are made of."""
    found: set[str] = set()
    pending = sorted(names)
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        for item in module.declared[name]:
            pending += [node.name for node in walk(item) if isinstance(node, n.Name) and node.name in module.declared]
    return found


def _names_of(module: Module, line: n.Import) -> Span:
    """The part of an import that is behind the module's name."""
    return Span(module.span_of(line.module, line.span).end, line.span.end)


def _prelude_name(module: str) -> str:
    return f"{module.replace('.', '/')}.iot"
