"""CSV: a first line with the columns' names, then a message on each line. An empty cell is a missing value.

A record is one line: a quoted cell does not reach over a line's end, so that a quote too many harms no other line.
Cells become what is wanted: numbers as Python writes them (but no `nan`, no `1_000`), truths `true` and `false` in any
case, texts.
"""

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import TypeName
from ...stdlib.column import Column, Mask
from ..kernels.line_ends import NEWLINE
from .files import PIECE_BYTES, pieces, read_lines
from .payload import (
    InputError,
    LineOrigin,
    Lines,
    Payloads,
    Reason,
    Texts,
    Wanted,
    Wrong,
    column_of,
    joined_column,
    known_numbers,
    only_integers,
    text_column,
)

COMMA = ord(",")

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class CsvRows:
    """A CSV file, plain or gzip, or standard input (`-`)."""

    path: str

    @property
    def name(self) -> str:
        return self.path

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        decoder: Decoder | None = None
        number = 1
        for lines in read_lines(self.path):
            if decoder is None:
                header, _, rest = lines.data.partition(b"\n")
                decoder = Decoder(self._names(bytes(header), lines.too_long), wanted)
                lines = Lines(rest)
                number += 1
            payloads, count = decoder.decode(lines, number, texts)
            number += count
            if payloads.count:
                yield payloads

    def _names(self, header: bytes, too_long: bool) -> Sequence[str]:
        try:
            names = [] if too_long else _record(header.decode().rstrip("\r"))
        except (UnicodeDecodeError, csv.Error):
            names = []
        names = [name.strip() for name in names]
        if not any(names):
            raise InputError(f"cannot read `{self.path}`: its first line must name the columns, separated by commas")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"cannot read `{self.path}`: its first line names the column `{twice[0]}` twice")
        return names


def _record(line: str) -> list[str]:
    return next(csv.reader([line], strict=True), [])


class Decoder:
    """Decodes runs of lines into columns of the wanted fields; those that the file has no column for are missing."""

    def __init__(self, names: Sequence[str], wanted: Sequence[Wanted], piece_bytes: int = PIECE_BYTES) -> None:
        self._width = len(names)
        self._wanted = [(want, names.index(want.path) if want.path in names else None) for want in wanted]
        self._piece_bytes = piece_bytes

    def decode(self, lines: Lines, number: int, texts: Texts) -> tuple[Payloads, int]:
        """The messages of a run of lines, of which the first is line `number`; and how many lines there are."""
        wrong = Wrong()
        if lines.too_long:
            wrong.broken[0] = "too_long"
            columns = self._columns(_Cells(1, [], set()), 0, texts, wrong)
            return Payloads(1, columns, LineOrigin([number], lines.data, [0]), {}, wrong.broken), 1
        text = np.frombuffer(lines.data, dtype=np.uint8)
        ends = np.flatnonzero(text == NEWLINE)
        starts = np.concatenate(([0], ends[:-1] + 1))
        blank = np.zeros(len(ends), dtype=np.bool_)
        parts, rows = [self._columns(_NO_CELLS, 0, texts, wrong)], 0
        for first, last in pieces(ends, len(text), self._piece_bytes):
            piece = lines.data[starts[first] : ends[last - 1] + 1]
            cells = self._at_once(piece) or self._one_by_one(piece, blank[first:last])
            wrong.broken.update({rows + row: "malformed" for row in cells.broken})
            parts.append(self._columns(cells, rows, texts, wrong))
            rows += cells.rows
        origin = LineOrigin(np.arange(number, number + len(ends))[~blank], lines.data, starts[: len(ends)][~blank])
        columns = {want: joined_column([part[want] for part in parts]) for want, _ in self._wanted}
        return Payloads(rows, columns, origin, wrong.bad, wrong.broken), len(ends)

    def _at_once(self, piece: bytearray) -> "_Cells | None":
        """The cells of lines of which each has as many as there are columns, and none is quoted; else None."""
        if self._width == 1 or b'"' in piece:
            return None  # A line of one column may be blank.
        bytes_ = np.frombuffer(piece, dtype=np.uint8)
        cell_ends = bytes_[(bytes_ == COMMA) | (bytes_ == NEWLINE)] == NEWLINE
        rows = len(cell_ends) // self._width
        if not cell_ends[self._width - 1 :: self._width].all() or np.count_nonzero(cell_ends) != rows:
            return None
        try:
            text = piece.decode().replace("\r\n", "\n")
        except UnicodeDecodeError:
            return None
        if "\r" in text:
            return None
        cells = text.replace("\n", ",").split(",")
        return _Cells(rows, [cells[place : -1 : self._width] for place in range(self._width)], set())

    def _one_by_one(self, piece: bytearray, blank: Mask) -> "_Cells":
        """The cells of lines, each for itself; those that are blank are marked."""
        records: list[list[str]] = []
        broken: set[int] = set()
        for place, line in enumerate(bytes(piece).split(b"\n")[:-1]):
            if not line.strip(b" \t\r"):
                blank[place] = True
                continue
            record = self._record(line)
            if record is None:
                broken.add(len(records))
                record = [""] * self._width
            records.append(record)
        return _Cells(len(records), [list(column) for column in zip(*records, strict=True)], broken)

    def _record(self, line: bytes) -> list[str] | None:
        try:
            text = line.decode().removesuffix("\r")
            record = text.split(",") if '"' not in text else _record(text)  # Without quotes, a comma is a comma.
        except (UnicodeDecodeError, csv.Error):
            return None
        return record if len(record) == self._width else None

    def _columns(self, cells: "_Cells", first_row: int, texts: Texts, wrong: Wrong) -> dict[Wanted, Column]:
        """Columns of the wanted fields for messages from `first_row` on."""
        columns: dict[Wanted, Column] = {}
        for want, place in self._wanted:
            found = cells.columns[place] if place is not None and cells.columns else [""] * cells.rows
            columns[want], reasons = _column(found, want.type, texts)
            wrong.note(want, {first_row + row: reason for row, reason in reasons.items()})
        return columns


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of so many lines, column by column (or none), and which lines are broken: theirs are empty."""

    rows: int
    columns: Sequence[list[str]]
    broken: Set[int]


_NO_CELLS = _Cells(0, [], set())


def _column(cells: list[str], type_: TypeName, texts: Texts) -> tuple[Column, Mapping[int, Reason]]:
    """The cells' values, and why there is none where a cell is not empty."""
    if type_ == "text":
        return text_column([cell or None for cell in cells], texts), {}
    numbers = _numbers(cells) if type_ != "bool" else None
    wrong: dict[int, Reason] = {}
    if numbers is None:
        read = _number if type_ != "bool" else _truth
        found = {cell: read(cell.strip()) for cell in set(cells)}
        column = column_of([found[cell][0] for cell in cells], type_, texts)
        reasons = {cell: reason for cell, (_, reason) in found.items() if reason is not None}
        wrong.update({row: reasons[cell] for row, cell in enumerate(cells) if cell in reasons})
    else:
        column = known_numbers(numbers)
    if type_ == "int":
        column, others = only_integers(column)
        wrong.update(others)
    return column, wrong


def _numbers(cells: list[str]) -> NDArray[np.float64] | None:
    """The numbers that cells are, NaN where they are empty; None if another is none, or is not finite.

    Of what is made of these characters alone, Python takes for a number what we do.
    """
    if "".join(cells).encode().translate(None, b"0123456789.eE+- \t"):
        return None
    try:
        numbers = np.fromiter(map(float, cells if all(cells) else [cell or "nan" for cell in cells]), np.float64)
    except ValueError:
        return None
    return None if np.isinf(numbers).any() else numbers + 0.0  # no negative zero


def _number(cell: str) -> tuple[float | None, Reason | None]:
    if not cell:
        return None, None
    if not _NUMBER.fullmatch(cell):
        return None, "wrong_type"
    value = float(cell)
    return (value, None) if math.isfinite(value) else (None, "not_finite")


def _truth(cell: str) -> tuple[bool | None, Reason | None]:
    if not cell:
        return None, None
    value = _TRUTHS.get(cell.lower())
    return value, "wrong_type" if value is None else None
