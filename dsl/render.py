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
from typing import Any

from .diagnostic import Diagnostic, Label
from .source import SourceText, Span

_TAB_WIDTH = 4
_LINE_MAX = 200
"""How much of a long line is shown."""

_RESET = "\x1b[0m"
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "frame": "\x1b[1;34m", "title": "\x1b[1m"}


def render(diagnostic: Diagnostic, source: SourceText, color: bool = False) -> str:
    """Several lines without a line break at the end."""
    paint = _painted if color else _plain
    primary = Label(diagnostic.span, diagnostic.label)
    labels = [primary, *diagnostic.others]
    line, column = source.line_and_column(diagnostic.span.start)
    width = len(str(max(source.line_and_column(label.span.start)[0] for label in labels)))
    margin = " " * (width + 1)
    bar = paint("|", "frame")
    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    lines = [
        f"{head}{paint(': ' + _printable(diagnostic.title), 'title')}",
        f"{margin[:-1]}{paint('-->', 'frame')} {_printable(source.name)}:{line}:{column}",
        f"{margin}{bar}",
    ]
    shown: int | None = None
    for label in sorted(labels, key=lambda label: (label.span.start, label is not primary)):
        number = source.line_and_column(label.span.start)[0]
        text = source.line(number)
        start = label.span.start - source.line_starts[number - 1]
        end = min(max(label.span.end - source.line_starts[number - 1], start + 1), max(len(text), start + 1))
        if number != shown:
            if shown is not None and number > shown + 1:
                lines.append(paint("...", "frame"))
            lines.append(f"{paint(f'{number:>{width}}', 'frame')} {bar} {_excerpt(text)}".rstrip())
            shown = number
        mark, style = ("^", diagnostic.severity) if label is primary else ("-", "frame")
        before = _width(text[:start])
        if before > _LINE_MAX:
            before, start, end = _LINE_MAX, 0, 1
        marks = mark * max(1, min(_width(text[start:end]), _LINE_MAX))
        words = f"{marks} {_printable(label.text)}".rstrip()
        lines.append(f"{margin}{bar} {' ' * before}{paint(words, style)}")
    if diagnostic.help is not None:
        lines += [f"{margin}{bar}", f"{margin}{paint('=', 'frame')} help: {_printable(diagnostic.help)}"]
    return "\n".join(lines)


def to_json(diagnostic: Diagnostic, source: SourceText) -> dict[str, Any]:
    """The same facts as JSON values; lines and columns are counted from 1, offsets in characters from 0."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        "file": source.name,
        "span": _place(diagnostic.span, source),
        "label": diagnostic.label,
        "others": [{"span": _place(other.span, source), "label": other.text} for other in diagnostic.others],
        "help": diagnostic.help,
        "edits": [
            {
                "span": _place(edit.span, source),
                "replacement": edit.replacement,
                "applicability": edit.applicability,
            }
            for edit in diagnostic.edits
        ],
    }


def _place(span: Span, source: SourceText) -> dict[str, int]:
    line, column = source.line_and_column(span.start)
    end_line, end_column = source.line_and_column(span.end)
    return {
        "start": span.start,
        "end": span.end,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


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
