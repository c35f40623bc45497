"""Text to syntax tree. Pure: whatever the text, the answer is a program and the problems found, never an exception.

>>> program, problems = parse(SourceText("fleet.iot", "module fleet\\nlet limit = 90 %\\n"))
>>> program.items[0].value
Quantity(parts=(('90', '%'),))

A fault in one item is reported once and leaves the other items: the program then lacks that item.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lark import PostLex
from lark.lexer import PatternStr

from ..grammar import START_SYMBOLS, grammar_text
from . import nodes
from .diagnostic import Diagnostic, Problems
from .faults import Fault, explain
from .sections import HEAD_KEYWORDS, NOT_YET_KEYWORDS, Section, cut, words
from .source import SourceText, Span
from .strings import Embedded, Place
from .syntax_problems import Misplaced, MissingModule, NotYet, TooLong, TooManyProblems, UnknownItem
from .tree import build
from .tree_problems import PatternAsValue
from .tree_reading import Reading

TEXT_MAX = 1_000_000
"""How many characters a file may have."""

PROBLEMS_MAX = 100
"""After how many problems the rest of a file is not read."""


def parse(source: SourceText) -> tuple[nodes.Program, Problems]:
    """The program a text says, without the items that could not be read, and what is wrong with the text."""
    problems = Problems()
    if len(source.text) > TEXT_MAX:
        problems.report(TooLong(span=Span(0, 0), characters=len(source.text), maximum=TEXT_MAX))
        return nodes.Program("", (), ()), problems
    sections = cut(source.text)
    if not sections or sections[0].kind != "module":
        _report_missing_module(source, sections, problems)
    modules: list[str] = []
    imports: list[nodes.Import] = []
    items: list[nodes.Item] = []
    for number, section in enumerate(sections):
        too_late = bool(items) or (section.kind == "module" and number > 0)
        said, reports = _read(source.text, section, too_late)
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
    module = modules[0] if modules else ""
    return nodes.Program(module, tuple(imports), tuple(items), span=Span(0, len(source.text))), problems


# --- Sections --------------------------------------------------------------------------------------------------------


Said = str | nodes.Import | tuple[nodes.Item, ...] | None
"""What a section says: a module's name, an import, items, or nothing where that could not be read."""

_STARTS = {"module": "module_header", "import": "import_line", "item": "item_list"}


def _read(text: str, section: Section, too_late: bool) -> tuple[Said, list[Diagnostic]]:
    """What a section says, and what is wrong with it."""
    reports = list(section.problems)
    keyword = Span(section.start, section.start + len(section.keyword))
    match section.kind:
        case "not_yet":
            return None, [NotYet(span=keyword, construct=section.keyword), *reports]
        case "unknown":
            return None, reports or [_unknown_item(text, section.start, section.end)]
        case "module" | "import":
            if too_late:
                reports.append(Misplaced(span=keyword, what=section.keyword))
        case "item":
            pass
    return (None if section.broken else _parsed(text, section, reports)), reports


def _parsed(file_text: str, section: Section, reports: list[Diagnostic]) -> Said:
    """What a section with balanced brackets says; problems go to `reports`."""
    text = file_text[section.start : section.end]
    try:
        return _built(_parse_text(text + section.missing, _STARTS[section.kind]), text, section.start, reports)
    except UnexpectedInput as error:
        if section.missing:
            return None  # The missing bracket is reported, and may be all that is wrong.
        fault = _fault(error, text, _shifted(section.start, section.end), section.keyword)
    whole = _before_stray_line(fault) if section.kind == "item" else None
    if whole is None:
        reports.append(explain(fault))
        return None
    reports.append(_unknown_item(file_text, section.start + fault.at, section.end))
    return _built(whole, text, section.start, reports)


def _before_stray_line(fault: Fault) -> Tree[Token] | None:
    """What stands above the line where the parser stopped, where that is whole and the line a stray one."""
    text, at = fault.text, fault.at
    line_start = text.rfind("\n", 0, at) + 1
    following = [word for word, _ in islice(words(text[at:]), 2)]
    stray = line_start > 0 and text[line_start:at].strip() == ""
    if not stray or len(following) < 2 or not all(word[0].isalpha() or word[0] == '"' for word in following):
        return None
    try:
        return _parse_text(text[:at], "item_list")
    except UnexpectedInput:
        return None


def _built(tree: Tree[Token], text: str, start: int, reports: list[Diagnostic]) -> Said:
    reading = Reading(text, _shifted(start, start + len(text)), lambda piece: _parse_embedded(piece, reports))
    built: Said = build(tree, reading)
    reports.extend(reading.problems)
    return None if reading.broken else built


def _parse_embedded(piece: Embedded, reports: list[Diagnostic]) -> nodes.Expr | None:
    """The value between the braces of a message."""
    place = piece.places.__getitem__
    try:
        tree = _parse_text(piece.text, "expr")
    except UnexpectedInput as error:
        reports.append(explain(_fault(error, piece.text, place, "message")))
        return None
    reading = Reading(piece.text, place, lambda _: None)
    value = build(tree, reading)
    if isinstance(value, nodes.Pattern):
        reading.problems.append(PatternAsValue(span=value.span))
        reading.broken = True
    reports.extend(reading.problems)
    return None if reading.broken else value


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
    if word in NOT_YET_KEYWORDS:
        return NotYet(span=span, construct=word)
    similar = get_close_matches(word, HEAD_KEYWORDS, n=1, cutoff=0.6)
    return UnknownItem(span=span, found=word, similar=similar[0] if similar and similar[0] != word else None)


def _shifted(start: int, end: int) -> Place:
    """The place of a section; brackets that were added stand at its end."""
    return lambda at: min(start + at, end)


# --- The parser ------------------------------------------------------------------------------------------------------


class _Everywhere(PostLex):
    """Makes the lexer see whole words everywhere, so that a keyword is never the beginning of a longer name."""

    always_accept = ("NAME", "NUMBER", "QUANTITY", "STRING")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@cache
def _parser() -> Lark:
    """The parser, built once, when first needed."""
    return Lark(
        grammar_text(),
        parser="lalr",
        start=list(START_SYMBOLS),
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=_Everywhere(),
    )


@cache
def _keywords() -> dict[str, str]:
    """The texts of the terminals that have a fixed one, by the terminals' names."""
    return {
        terminal.name: terminal.pattern.value
        for terminal in _parser().terminals
        if isinstance(terminal.pattern, PatternStr)
    }


def _parse_text(text: str, start: str) -> Tree[Token]:
    """The grammar's tree for a text; raises what Lark raises."""
    return _parser().parse(text, start=start)


def _fault(error: UnexpectedInput, text: str, place: Place, item: str) -> Fault:
    """Where the parser stopped and what it would have taken."""
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    position: Any = error.pos_in_stream
    at = len(text) if ended else min(position, len(text))
    parser: Any = error.interactive_parser
    fitting = frozenset(map(str, parser.accepts()))
    return Fault(text, at, fitting, _keywords(), place, item)
