r"""The cells of a CSV file, and where they stand in its text (RFC 4180: commas, quotes doubled inside quotes).

>>> [row.cells for row in csv_rows('model,limit\nP7,80\n')]
[['model', 'limit'], ['P7', '80']]

What stands in quotes is taken exactly as it is, everything else without the blanks around it. The standard library's
reader does not say where a cell stands, and a fault is shown in its place.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..dsl.source import Span

_CELL = re.compile(
    r"""[ \t]* (?: "(?P<quoted>(?:[^"]|"")*+)"[ \t]* | (?P<plain>[^,"\r\n][^,\r\n]*+ | ) ) (?P<end>,|\r?\n|\Z)""",
    re.VERBOSE,
)


class Row(NamedTuple):
    """The cells of a row, and where it begins in the text."""

    start: int
    cells: list[str]


class BadCsv(Exception):
    """A quote that is not closed, or has something behind it, at this place of the text."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def csv_rows(text: str) -> Iterator[Row]:
    """The rows of a text; lines without anything are none. Raises `BadCsv`."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        line = text[at:] if end < 0 else text[at:end]
        row = Row(at, [cell.strip(" \t\r") for cell in line.split(",")])
        at += len(line) + 1
        if '"' in line:
            matches = [*_matches(text, row.start)]
            row = Row(row.start, [_said(match) for match in matches])
            at = matches[-1].end()
        if len(row.cells) > 1 or row.cells[0] or '"' in line:
            yield row


def cell_span(text: str, row: Row, place: int) -> Span:
    """Where a cell of a row stands, without its quotes."""
    match = [*_matches(text, row.start)][place]
    if match["quoted"] is not None:
        return Span(*match.span("quoted"))
    return Span(match.start("plain"), match.start("plain") + len(_said(match)))


def _matches(text: str, at: int) -> Iterator[re.Match[str]]:
    """The cells of the row that begins at a place."""
    while True:
        match = _CELL.match(text, at)
        if match is None:
            raise BadCsv(at)
        yield match
        at = match.end()
        if match["end"] != ",":
            return


def _said(match: re.Match[str]) -> str:
    quoted: str | None = match["quoted"]
    return match["plain"].rstrip(" \t") if quoted is None else quoted.replace('""', '"')
