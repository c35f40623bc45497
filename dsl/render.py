"""A diagnostic as a person reads it (after rustc), and as a program reads it (JSON).

error[HG0107]: there is no unit `celsius`
  --> fridge.iot:4:19
   |
 4 |     when temp > 8 celsius
   |                   ^^^^^^^ not a unit
   |
   = help: did you mean `degC`?
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .diagnostic import Diagnostic, Label
from .source import Sources, SourceText, Span

_TAB_WIDTH = 4
_LINE_MAX = 200
"""How much of a long line is shown."""

_RESET = "\x1b[0m"
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "frame": "\x1b[1;34m", "title": "\x1b[1m"}

_Paint = Callable[[str, str], str]


def render(diagnostic: Diagnostic, source: SourceText | Sources, color: bool = False) -> str:
    """Several lines without a line break at the end; the primary label's file first, then the others it speaks of."""
    paint = _painted if color else _plain
    primary = Label(diagnostic.span, diagnostic.label)
    marks = [_marked(label, label is primary, source) for label in (primary, *diagnostic.others)]
    margin = " " * (len(str(max(mark.line for mark in marks))) + 1)
    bar = paint("|", "frame")
    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    lines = [f"{head}{paint(': ' + _printable(diagnostic.title), 'title')}"]
    for text in dict.fromkeys(mark.text for mark in marks):
        here = [mark for mark in marks if mark.text is text]
        arrow = "-->" if here[0] is marks[0] else ":::"
        if len(lines) > 1:
            lines.append(f"{margin}{bar}")
        place = f"{_printable(text.name)}:{here[0].line}:{here[0].start + 1}"
        lines += [f"{margin[:-1]}{paint(arrow, 'frame')} {place}", f"{margin}{bar}"]
        lines += _marked_lines(here, len(margin) - 1, diagnostic.severity, paint)
    if diagnostic.help is not None:
        lines += [f"{margin}{bar}", f"{margin}{paint('=', 'frame')} help: {_printable(diagnostic.help)}"]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label where it stands: its file, line (from 1), and from which column to which of that line (from 0)."""

    text: SourceText
    line: int
    start: int
    end: int
    words: str
    primary: bool


def _marked(label: Label, primary: bool, source: SourceText | Sources) -> _Mark:
    text, offset = source.locate(label.span.start)
    line, column = text.line_and_column(offset)
    start = column - 1
    length = len(text.line(line))
    end = min(max(start + label.span.end - label.span.start, start + 1), max(length, start + 1))
    return _Mark(text, line, start, end, label.text, primary)


def _marked_lines(marks: list[_Mark], width: int, severity: str, paint: _Paint) -> Iterator[str]:
    """The lines of one file that labels stand on, and below each of them the labels."""
    bar = paint("|", "frame")
    shown: int | None = None
    for mark in sorted(marks, key=lambda mark: (mark.line, mark.start, not mark.primary)):
        text = mark.text.line(mark.line)
        if mark.line != shown:
            if shown is not None and mark.line > shown + 1:
                yield paint("...", "frame")
            yield f"{paint(f'{mark.line:>{width}}', 'frame')} {bar} {_excerpt(text)}".rstrip()
            shown = mark.line
        sign, style = ("^", severity) if mark.primary else ("-", "frame")
        before, start, end = _width(text[: mark.start]), mark.start, mark.end
        if before > _LINE_MAX:
            before, start, end = _LINE_MAX, 0, 1
        signs = sign * max(1, min(_width(text[start:end]), _LINE_MAX))
        words = f"{signs} {_printable(mark.words)}".rstrip()
        yield f"{' ' * (width + 1)}{bar} {' ' * before}{paint(words, style)}"


def to_json(diagnostic: Diagnostic, source: SourceText | Sources) -> dict[str, Any]:
    """The same facts as JSON values; lines and columns are counted from 1, offsets in characters from 0, in `file`."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        **_place(diagnostic.span, source),
        "label": diagnostic.label,
        "others": [{**_place(other.span, source), "label": other.text} for other in diagnostic.others],
        "help": diagnostic.help,
        "edits": [
            {
                **_place(edit.span, source),
                "replacement": edit.replacement,
                "applicability": edit.applicability,
            }
            for edit in diagnostic.edits
        ],
    }


def _place(span: Span, source: SourceText | Sources) -> dict[str, Any]:
    text, start = source.locate(span.start)
    end = start + span.end - span.start
    line, column = text.line_and_column(start)
    end_line, end_column = text.line_and_column(end)
    place = {
        "start": start,
        "end": end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
    return {"file": text.name, "span": place}


def _excerpt(text: str) -> str:
    """A line of the program, safe for a terminal and not endless."""
    shown = _printable(text)
    return shown if len(shown) <= _LINE_MAX + _TAB_WIDTH else shown[:_LINE_MAX] + "…"


def _printable(text: str) -> str:
    """The text without what would move a terminal's cursor or hide something."""
    return "".join(
        " " * _TAB_WIDTH if character == "\t" else character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in _printable(text)
    )


def _painted(text: str, style: str) -> str:
    return f"{_COLOURS[style]}{text}{_RESET}"


def _plain(text: str, style: str) -> str:
    return text
