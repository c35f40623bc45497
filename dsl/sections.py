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

Kind = Literal["module", "import", "item", "not_yet", "unknown"]

BRACKETS_MAX = 200
"""How many brackets may be open at once."""

ITEM_KEYWORDS = ("let", "device", "source", "signal", "pattern", "rule", "table")
NOT_YET_KEYWORDS = ("priorities", "procedure", "twin", "target", "test", "what_if", "never", "always")
HEAD_KEYWORDS = ("module", "import", *ITEM_KEYWORDS)

_NAMED = "module|import|let|device|source|signal|pattern|rule|priorities|procedure|twin|target"
_TITLED = "table|test|what_if|never|always"
_OPERATORS = "and|or|is|else|where|over|for|then|unless|within|as|becomes|rises|falls|in|every"
_SCAN = re.compile(
    rf"""
      (?P<comment> \#[^\n]* )
    | (?P<text> "(?:[^"\\\n]|\\[^\n])*(?P<closed>")? )
    | (?P<bracket> [(){{}}] )
    | ^(?P<indent>[ \t]*) (?:
          (?P<named>{_NAMED}) (?: [ \t]+ (?=[A-Za-z_]) | [ \t]* (?=\r?$|\{{) )
        | (?P<titled>{_TITLED}) [ \t]+ (?=") )
    | (?P<word> [A-Za-z_0-9]+ | [^\s\#"(){{}}A-Za-z_0-9]+ )
    """,
    re.VERBOSE | re.MULTILINE,
)
_NAME_AFTER = re.compile(rf"(?!(?:{_OPERATORS})\b)[A-Za-z_\"]")
_CLOSING = {"(": ")", "{": "}"}
_BRACED = frozenset({"device", "source", "rule", "table", *NOT_YET_KEYWORDS}) - {"priorities"}


@dataclass
class Section:
    """A stretch of text that should be one item (or header, or import), or that nobody knows what it should be.

    `end` is behind the last word. `broken` says that its problems were reported and parsing it would only add noise;
    `missing` are the closing brackets to add before it is parsed.
    """

    kind: Kind
    keyword: str
    start: int
    end: int
    broken: bool = False
    missing: str = ""
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

    def take(self, match: re.Match[str]) -> None:
        keyword = match["named"] or match["titled"]
        # Further in, a field could be called like a keyword; at the margin an item begins, if a bad one.
        if keyword is not None and (match["indent"] == "" or _NAME_AFTER.match(self.text, match.end())):
            self._head(keyword, match.start() + len(match["indent"]))
        elif match["text"] is not None:
            section = self._current(match)
            if match["closed"] is None:
                section.problems.append(UnclosedText(span=Span(match.start(), match.end())))
                section.broken = True
        elif match["bracket"] is not None:
            self._bracket(match[0], match.start(), self._current(match))
        elif match["comment"] is None:
            self._current(match)

    def finish(self, next_head: Span | None) -> None:
        """End the section, and report the brackets that it leaves open."""
        section = self.section
        if section is None:
            return
        for start in reversed(self.open):
            bracket = self.text[start]
            section.missing += _CLOSING[bracket]
            if start == self.open[-1] and section.kind != "not_yet" and not section.broken:
                ends_with = "the file ends"
                if next_head is not None:
                    ends_with = f"`{self.text[next_head.start : next_head.end]}` begins"
                section.problems.append(
                    UnclosedBracket(
                        span=Span(start, start + 1),
                        bracket=bracket,
                        closing=_CLOSING[bracket],
                        ends_at=next_head,
                        ends_with=ends_with,
                    )
                )
        self.open.clear()
        self.sections.append(section)
        self.section = None

    def _head(self, keyword: str, start: int) -> None:
        self.finish(Span(start, start + len(keyword)))
        kind: Kind
        match keyword:
            case "module" | "import":
                kind = keyword
            case _ if keyword in NOT_YET_KEYWORDS:
                kind = "not_yet"
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
        self.section.end = match.end()
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
        if opened is not None and _CLOSING[self.text[opened]] == bracket:
            self.open.pop()
            if not self.open and bracket == "}" and section.keyword in _BRACED:
                self.finish(None)
            return
        if section.kind == "not_yet" or section.broken:
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
