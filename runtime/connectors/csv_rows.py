"""CSV: a first line with the columns' names, then a message on each line. An empty cell is a missing value.

A record is one line: a quoted cell does not reach over a line's end, so that a quote too many harms no other line.
Cells become what is wanted: numbers as Python writes them (but no `nan`, no `1_000`), truths `true` and `false` in any
case, texts.
"""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...compiler.plan import TypeName
from ...stdlib.column import Column
from .files import read_lines
from .payload import InputError, LineOrigin, Lines, Origin, Payloads, Reason, Texts, Wanted, column_of, only_integers

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

    def __init__(self, names: Sequence[str], wanted: Sequence[Wanted]) -> None:
        self._width = len(names)
        self._wanted = [(want, names.index(want.path) if want.path in names else None) for want in wanted]

    def decode(self, lines: Lines, number: int, texts: Texts) -> tuple[Payloads, int]:
        """The messages of a run of lines, of which the first is line `number`; and how many lines there are."""
        if lines.too_long:
            return self._payloads([None], {0: "too_long"}, LineOrigin([number], lines.data, [0]), texts), 1
        starts: list[int] = []
        numbers: list[int] = []
        records: list[list[str] | None] = []
        broken: dict[int, Reason] = {}
        start = 0
        raw = bytes(lines.data).split(b"\n")[:-1]
        for line_number, line in enumerate(raw, number):
            if line.strip(b" \t\r"):
                record = self._record(line)
                if record is None:
                    broken[len(records)] = "malformed"
                records.append(record)
                starts.append(start)
                numbers.append(line_number)
            start += len(line) + 1
        return self._payloads(records, broken, LineOrigin(numbers, lines.data, starts), texts), len(raw)

    def _record(self, line: bytes) -> list[str] | None:
        try:
            text = line.decode().removesuffix("\r")
            # Without quotes, a comma is a comma. Ten times as fast as asking the csv module line by line.
            record = text.split(",") if '"' not in text else _record(text)
        except (UnicodeDecodeError, csv.Error):
            return None
        return record if len(record) == self._width else None

    def _payloads(
        self, records: Sequence[list[str] | None], broken: dict[int, Reason], origin: Origin, texts: Texts
    ) -> Payloads:
        columns: dict[Wanted, Column] = {}
        bad: dict[Wanted, dict[int, Reason]] = {}
        for want, position in self._wanted:
            cells = ["" if record is None or position is None else record[position] for record in records]
            values, wrong = _values(cells, want.type)
            columns[want] = column_of(values, want.type, texts)
            if want.type == "int":
                columns[want], others = only_integers(columns[want])
                wrong.update(others)
            if wrong:
                bad[want] = wrong
        return Payloads(len(records), columns, origin, bad, broken)


def _values(cells: Sequence[str], type_: TypeName) -> tuple[Sequence[Any], dict[int, Reason]]:
    """The cells' values, None where there is none, and why it is none where the cell is not empty."""
    if type_ == "text":
        return [cell or None for cell in cells], {}
    read = _number if type_ != "bool" else _truth
    values: list[Any] = []
    wrong: dict[int, Reason] = {}
    for row, cell in enumerate(cells):
        value, reason = read(cell.strip())
        values.append(value)
        if reason is not None:
            wrong[row] = reason
    return values, wrong


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
