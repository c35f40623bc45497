"""A file's text, cut into its items before any of them is parsed, so that a fault in one leaves the others.

An item begins where a line begins with its keyword and a name, and ends with its last brace or where the next one
begins. Brackets and quotes are checked here, because a missing brace is best explained by what comes after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .diagnostic import Diagnostic
from .source import Span
from .syntax_problems import TooDeep, UnclosedBracket, UnclosedText, UnopenedBracket

Kind = Literal["module", "import", "item", "unknown"]

BRACKETS_MAX = 200
"""How many brackets may be open at once."""

ITEM_KEYWORDS = (
    *("priorities", "let", "device", "source", "signal", "pattern", "rule", "procedure", "twin", "target"),
    *("table", "test", "never", "always", "what_if"),
)
HEAD_KEYWORDS = ("module", "import", *ITEM_KEYWORDS)

_TITLED_KEYWORDS = ("test", "never", "always", "what_if")
_NAMED = "|".join(keyword for keyword in HEAD_KEYWORDS if keyword not in _TITLED_KEYWORDS)
_TITLED = "|".join(_TITLED_KEYWORDS)
_OPERATORS = "and|or|is|else|where|over|for|then|unless|within|as|becomes|rises|falls|in|every"
_SCAN = re.compile(
    rf"""
      (?P<comment> \#[^\n]* )
    | (?P<text> "(?:[^"\\\n]|\\[^\n])*(?P<closed>")? )
    | (?P<bracket> [(){{}}] )
    | ^(?P<indent>[ \t]*) (?:
          (?P<named>{_NAMED}) (?: [ \t]+ (?=[A-Za-z_"']) | [ \t]* (?=\r?$|\{{) )
        | (?P<titled>{_TITLED}) (?: [ \t]+ (?=[A-Za-z_"']) | [ \t]* (?=\r?$|\{{) ) )
    | (?P<words> [^\s\#"(){{}}][^\n\#"(){{}}]*+ )
    """,
    re.VERBOSE | re.MULTILINE,
)
_INDENT = re.compile(r"[ \t]*")
_TITLE_AFTER = re.compile(r'"')
_NAME_AFTER = re.compile(rf"(?!(?:{_OPERATORS})\b)[A-Za-z_\"]")
_CLOSING = {"(": ")", "{": "}"}
_BRACED = frozenset({"device", "source", "rule", "procedure", "twin", "target", "table", "test", "what_if"})
"""The items that end with a closing brace; a target need not have one, and then ends where the next item begins."""


@dataclass
class Section:
    """A stretch of text that should be one item (or header, or import), or that nobody knows what it should be.

    `end` is behind the last word. `broken` says that its problems were reported and parsing it would only add noise;
    `missing` are the closing brackets to add where they seem to belong, in order, before it is parsed.
    """

    kind: Kind
    keyword: str
    start: int
    end: int
    broken: bool = False
    missing: list[tuple[int, str]] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def cut(text: str) -> list[Section]:
    """The sections of a file, in order; stretches of blanks and comments are none."""
    cutter = _Cutter(text)
    for match in _SCAN.finditer(text):
        cutter.take(match)
    cutter.finish(None)
    return cutter.sections


class _Cutter:
    """Goes through the text once and keeps the section it is in and the brackets that are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sections: list[Section] = []
        self.section: Section | None = None
        self.open: list[int] = []
        self.margin = 0
        """How far the line is indented that the section begins with."""
        self.outdented: int | None = None
        """The first brace that was closed by one further out than its line: perhaps it was not the one meant."""

    def take(self, match: re.Match[str]) -> None:
        if match.lastgroup == "words":
            self._current(match)
            return
        keyword = match["named"] or match["titled"]
        # Further in, a field could be called like a keyword; at the margin an item begins, if a bad one.
        begins = _NAME_AFTER if match["titled"] is None else _TITLE_AFTER
        if keyword is not None and self._begins_item(match["indent"], begins.match(self.text, match.end()) is not None):
            self.margin = len(match["indent"])
            self._head(keyword, match.start() + self.margin)
        elif match["text"] is not None:
            section = self._current(match)
            if match["closed"] is None:
                section.problems.append(UnclosedText(span=Span(match.start(), match.end())))
                section.broken = True
        elif match["bracket"] is not None:
            self._bracket(match[0], match.start(), self._current(match))
        elif match["comment"] is None:
            self._current(match)

    def _begins_item(self, indent: str, is_named: bool) -> bool:
        """Whether a line with an item's keyword is one: at the margin always, within an item's brackets never."""
        if indent == "":
            return True
        return is_named and (not self.open or len(indent) <= self.margin)

    def finish(self, next_head: Span | None) -> None:
        """End the section, and report the brackets that it leaves open."""
        section = self.section
        if section is None:
            return
        if self.open:
            self._unclosed(section, next_head)
        self.open.clear()
        self.outdented = None
        self.sections.append(section)
        self.section = None

    def _unclosed(self, section: Section, next_head: Span | None) -> None:
        """Report the brackets that a section leaves open, and close them for it."""
        for start in reversed(self.open):
            section.missing.append((section.end, _CLOSING[self.text[start]]))
        start = self.open[-1]
        if self.outdented is not None and self.text[start] == "{":
            # A brace further out was closed where the margin says that this one was forgotten.
            start = self.outdented
            section.missing[0] = (self._end_of_block(start, section.end), "}")
        if not section.broken:
            ends_with = "the file ends"
            if next_head is not None:
                ends_with = f"`{self.text[next_head.start : next_head.end]}` begins"
            self._report_unclosed(section, start, next_head, ends_with)

    def _report_unclosed(self, section: Section, start: int, ends_at: Span | None, ends_with: str) -> None:
        bracket = self.text[start]
        section.problems.append(
            UnclosedBracket(
                span=Span(start, start + 1),
                bracket=bracket,
                closing=_CLOSING[bracket],
                ends_at=ends_at,
                ends_with=ends_with,
            )
        )

    def _end_of_block(self, start: int, end: int) -> int:
        """Where a block that is opened here seems to end: with the next line that is indented no further."""
        margin = self._margin(start)
        line = self.text.find("\n", start, end)
        while line >= 0:
            begin = line + 1
            while begin < end and self.text[begin] in " \t":
                begin += 1
            if begin < end and self.text[begin] not in "\r\n#" and begin - line - 1 <= margin:
                return line
            line = self.text.find("\n", begin, end)
        return end

    def _margin(self, at: int) -> int:
        """How far the line that this stands on is indented."""
        line = self.text.rfind("\n", 0, at) + 1
        match = _INDENT.match(self.text, line)
        assert match is not None, "it may be empty"
        return match.end() - line

    def _head(self, keyword: str, start: int) -> None:
        self.finish(Span(start, start + len(keyword)))
        kind: Kind
        match keyword:
            case "module" | "import":
                kind = keyword
            case _:
                kind = "item"
        self.section = Section(kind, keyword, start, start + len(keyword))

    def _current(self, match: re.Match[str]) -> Section:
        """The section this word belongs to: one nobody knows where none is open. Headers end with their line."""
        section = self.section
        in_header = section is not None and section.kind in ("module", "import") and not self.open
        if section is not None and in_header and "\n" in self.text[section.end : match.start()]:
            self.finish(None)
        if self.section is None:
            self.section = Section("unknown", "", match.start(), match.end())
        self.section.end = match.start() + len(match[0].rstrip())
        return self.section

    def _bracket(self, bracket: str, start: int, section: Section) -> None:
        if bracket in _CLOSING:
            if len(self.open) == BRACKETS_MAX:
                if not section.broken:
                    section.problems.append(TooDeep(span=Span(start, start + 1), maximum=BRACKETS_MAX))
                section.broken = True
            self.open.append(start)
            return
        opened = self.open[-1] if self.open else None
        if bracket == "}" and opened is not None and not section.broken and self._closes_a_brace(start):
            while self.text[opened] == "(":
                self._close_on_its_line(section, opened, start)
                opened = self.open[-1]
        if opened is not None and _CLOSING[self.text[opened]] == bracket:
            self.open.pop()
            if bracket == "}" and self.outdented is None and self._outdents(opened, start):
                self.outdented = opened
            if not self.open and bracket == "}" and section.keyword in _BRACED:
                self.finish(None)
            return
        if section.broken:
            return
        section.broken = True
        span = Span(start, start + 1)
        if opened is None:
            section.problems.append(UnopenedBracket(span=span, bracket=bracket))
        else:
            section.problems.append(
                UnopenedBracket(
                    span=span,
                    bracket=bracket,
                    opened=Span(opened, opened + 1),
                    opened_with=self.text[opened],
                )
            )

    def _closes_a_brace(self, closed: int) -> bool:
        """Whether a closing brace is meant for a brace, not for a parenthesis that stands nearer."""
        brace = next((at for at in reversed(self.open) if self.text[at] == "{"), None)
        line = self.text.rfind("\n", self.open[-1], closed)
        return brace is not None and (line >= 0 or self.text.find("\n", brace, closed) < 0)

    def _outdents(self, opened: int, closed: int) -> bool:
        """Whether a closing brace begins its line, further out than the line of the one it closes."""
        line = self.text.rfind("\n", opened, closed) + 1
        begins_line = line > 0 and self.text[line:closed].strip(" \t") == ""
        return begins_line and closed - line < self._margin(opened)

    def _close_on_its_line(self, section: Section, opened: int, closed: int) -> None:
        """Take a parenthesis that a closing brace meets as closed at the end of its line."""
        self.open.pop()
        if not section.missing:
            self._report_unclosed(section, opened, Span(closed, closed + 1), "the block is closed")
        line = self.text.find("\n", opened, closed)
        section.missing.append((closed if line < 0 else line, ")"))


def words(text: str) -> Iterator[tuple[str, int]]:
    """The words of a stretch of text and where they begin; comments are none, a text literal is one."""
    for match in _WORDS.finditer(text):
        if not match[0].startswith("#"):
            yield match[0], match.start()


_WORDS = re.compile(
    r"""\#[^\n]* | "(?:[^"\\\n]|\\[^\n])*"? | \d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)? | [^\W\d]\w*
      | ->|\.\.|&&|\|\||===|==|!=|<=|>=|=>|=<|<>|\*\*|\S""",
    re.VERBOSE,
)
