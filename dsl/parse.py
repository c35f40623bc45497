"""Text to syntax tree. Pure: whatever the text, the answer is a program and the problems found, never an exception.

>>> program, problems = parse(SourceText("fleet.iot", "module fleet\\nlet limit = 90 %\\n"))
>>> program.items[0].value
Quantity(parts=(('90', '%'),))

A fault in one item is reported once and leaves the other items: the program then lacks that item.
"""

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice

from . import nodes
from .automaton import Stop, follow
from .diagnostic import Diagnostic, Problems
from .faults import Fault, explain
from .moving import moved
from .sections import HEAD_KEYWORDS, Section, cut, words
from .source import SourceText, Span
from .strings import Embedded
from .syntax_problems import Misplaced, MissingModule, TooLong, TooManyProblems, UnknownItem
from .tree_reading import RESERVED, Reading

TEXT_MAX = 4_000_000
"""How many characters a file may have."""

PROBLEMS_MAX = 100
"""After how many problems the rest of a file is not read."""


@dataclass
class Memory:
    """The items of a text that were read without a fault, for reading its next version faster.

    An editor keeps one for each file. It holds what the last text had, and nothing else.
    """

    _known: dict[str, tuple[int, tuple[nodes.Item, ...]]] = field(default_factory=dict)
    """By the text of an item: where it stood, and what it says."""
    _next: dict[str, tuple[int, tuple[nodes.Item, ...]]] = field(default_factory=dict)

    def recall(self, text: str, start: int) -> tuple[nodes.Item, ...] | None:
        """What this text says where it stands now; None where it was not read before."""
        before, items = self._known.get(text, (0, None))
        if items is None or start == before:
            return items
        return tuple(moved(item, start - before) for item in items)

    def keep(self, text: str, start: int, items: tuple[nodes.Item, ...]) -> None:
        self._next[text] = (start, items)

    def finish(self) -> None:
        """Forget what the text that was just read did not have."""
        self._known, self._next = self._next, {}


def parse(source: SourceText, memory: Memory | None = None) -> tuple[nodes.Program, Problems]:
    """The program a text says, without the items that could not be read, and what is wrong with the text.

    With a memory of the version before, only the items that were changed are read; the answer is the same.
    """
    problems = Problems()
    if len(source.text) > TEXT_MAX:
        problems.report(TooLong(span=Span(0, 0), characters=len(source.text), maximum=TEXT_MAX))
        return nodes.Program("", (), ()), problems
    memory = memory or Memory()
    sections = cut(source.text)
    if not sections or sections[0].kind != "module":
        _report_missing_module(source, sections, problems)
    modules: list[str] = []
    imports: list[nodes.Import] = []
    items: list[nodes.Item] = []
    for number, section in enumerate(sections):
        too_late = bool(items) or (section.kind == "module" and number > 0)
        said, reports = _remembered(source.text, section, memory) or _read(source.text, section, too_late)
        room = PROBLEMS_MAX - len(problems.found)
        for diagnostic in sorted(reports, key=lambda report: report.span)[:room]:
            problems.report(diagnostic)
        if len(reports) > room:
            problems.report(TooManyProblems(span=Span(section.start, section.end), maximum=PROBLEMS_MAX))
            break
        if isinstance(said, str):
            modules.append(said)
        elif isinstance(said, nodes.Import):
            imports.append(said)
        elif said is not None:
            items.extend(said)
            if not reports:
                memory.keep(source.text[section.start : section.end], section.start, said)
    memory.finish()
    module = modules[0] if modules else ""
    return nodes.Program(module, tuple(imports), tuple(items), span=Span(0, len(source.text))), problems


# --- Sections --------------------------------------------------------------------------------------------------------


_AROUND = 4000
"""How many characters before and after a fault are looked at to explain it."""

Said = str | nodes.Import | tuple[nodes.Item, ...] | None
"""What a section says: a module's name, an import, items, or nothing where that could not be read."""

_STARTS = {"module": "module_header", "import": "import_line", "item": "item_list"}


def _remembered(text: str, section: Section, memory: Memory) -> tuple[Said, list[Diagnostic]] | None:
    """What a section says that was read before."""
    if section.kind != "item" or section.problems:
        return None
    items = memory.recall(text[section.start : section.end], section.start)
    return None if items is None else (items, [])


def _read(text: str, section: Section, too_late: bool) -> tuple[Said, list[Diagnostic]]:
    """What a section says, and what is wrong with it."""
    reports = list(section.problems)
    keyword = Span(section.start, section.start + len(section.keyword))
    match section.kind:
        case "unknown":
            return None, reports or [_unknown_item(text, section.start, section.end)]
        case "module" | "import":
            if too_late:
                reports.append(Misplaced(span=keyword, what=section.keyword))
        case "item":
            pass
    return (None if section.broken else _parsed(text, section, reports)), reports


def _parsed(text: str, section: Section, reports: list[Diagnostic]) -> Said:
    """What a section with balanced brackets says; problems go to `reports`."""
    reading = Reading(text, lambda piece: _embedded(piece, reports))
    said, stops = follow(
        text,
        section.start,
        section.end,
        _STARTS[section.kind],
        reading,
        missing=sorted(section.missing, key=lambda each: each[0]),
        goes_on=section.kind == "item",
    )
    if stops and section.missing:
        # The missing bracket is reported, and may be all that is wrong.
        return None if reading.broken else said
    if stops and section.kind == "item" and not stops[0].in_braces and _begins_stray_line(text, stops[0].at, section):
        return _before_stray_line(text, stops[0].at, section, reports)
    for stop in stops:
        reports.append(explain(_fault(text, stop, section)))
    reports.extend(reading.problems)
    return None if reading.broken else said


def _begins_stray_line(text: str, at: int, section: Section) -> bool:
    """Whether the parser stopped at a line that looks as if it should be an item of its own."""
    line = text.rfind("\n", section.start, at) + 1
    following = [word for word, _ in islice(words(text[at : section.end]), 2)]
    begins_line = line > section.start and text[line:at].strip() == ""
    return begins_line and len(following) == 2 and all(word[0].isalpha() or word[0] == '"' for word in following)


def _before_stray_line(text: str, at: int, section: Section, reports: list[Diagnostic]) -> Said:
    """What stands above a stray line, if that is whole."""
    reading = Reading(text, lambda piece: _embedded(piece, reports))
    said, stops = follow(text, section.start, at, "item_list", reading)
    if stops:
        reports.append(explain(_fault(text, replace(stops[0], at=at), section)))
        return None
    reports.append(_unknown_item(text, at, section.end))
    reports.extend(reading.problems)
    return None if reading.broken else said


def _fault(text: str, stop: Stop, section: Section) -> Fault:
    """Where the parser stopped, with as much of the section around it as it takes to see what was meant."""
    start = max(section.start, text.rfind("\n", 0, max(stop.at - _AROUND, 0)) + 1)
    end = min(section.end, stop.at + _AROUND)
    return Fault(text[start:end], stop.at - start, stop.fitting, lambda at: min(start + at, end), section.keyword)


def _embedded(piece: Embedded, reports: list[Diagnostic]) -> nodes.Expr | None:
    """The value between the braces of a message."""
    name = piece.text
    if name.isidentifier() and name.isascii() and name not in RESERVED:
        return nodes.Name(name, span=Span(piece.places[0], piece.places[-1]))
    reading = Reading(piece.text, lambda _: None)
    value, stops = follow(piece.text, 0, len(piece.text), "expr", reading, places=piece.places)
    if stops:
        (stop,) = stops
        reports.append(explain(Fault(piece.text, stop.at, stop.fitting, piece.places.__getitem__, "message")))
        return None
    checked: nodes.Expr = reading.value(value, nodes.NOWHERE)
    reports.extend(reading.problems)
    return None if reading.broken else checked


def _report_missing_module(source: SourceText, sections: list[Section], problems: Problems) -> None:
    """A file without a module line, unless its first line looks like one that went wrong."""
    if any(section.kind == "module" for section in sections):
        return  # It is there, and is reported as misplaced.
    first, start = next(words(source.text), ("", 0))
    if sections and sections[0].kind == "unknown" and get_close_matches(first, ["module"]):
        return
    problems.report(MissingModule(span=Span(start, start + len(first))))


def _unknown_item(text: str, start: int, end: int) -> Diagnostic:
    """A stretch of text that begins like no item."""
    word, at = next(words(text[start:end]))
    span = Span(start + at, start + at + len(word))
    meant = _FOREIGN_HEADS.get(word) or next(iter(get_close_matches(word, HEAD_KEYWORDS, n=1, cutoff=0.6)), word)
    return UnknownItem(span=span, found=word, similar=meant if meant != word else None)


_FOREIGN_HEADS = {
    **dict.fromkeys(("const", "constant", "var", "define"), "let"),
    **dict.fromkeys(("thing", "type", "sensor", "class", "struct", "entity"), "device"),
    **dict.fromkeys(("alarm", "when", "if", "trigger"), "rule"),
    **dict.fromkeys(("stream", "variable"), "signal"),
    **dict.fromkeys(("sequence", "event"), "pattern"),
    **dict.fromkeys(("function", "def", "fn", "workflow", "saga", "job"), "procedure"),
    **dict.fromkeys(("from", "use", "include", "using", "require"), "import"),
    **dict.fromkeys(("model", "shadow", "simulation"), "twin"),
    **dict.fromkeys(("deploy", "node", "site", "edge", "cloud"), "target"),
    **dict.fromkeys(("scenario", "it", "describe"), "test"),
    **dict.fromkeys(("invariant", "assert", "property", "ensure"), "always"),
    "package": "module",
}
"""Words that begin items in other languages, and ours."""
