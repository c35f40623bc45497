"""JSON lines: a message is an object on a line of its own. Blank lines are no messages.

msgspec decodes them into structures that have just the wanted fields: a piece of a run at once or, if a line of it is
not as wanted, a line at a time, so that each stands for itself. Both ways accept the same lines and give the same
values. A piece becomes columns before the next is decoded: its structures are then still in the core's own cache.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Mask
from ..kernels.jit import COMPILED
from .files import read_lines
from .packed import Packed
from .payload import LineOrigin, Lines, Origin, Payloads, Texts, Wanted
from .structures import ByAttributes, Structures, Wrong, fill, shape_of

NEWLINE, OPEN, CLOSE = b"\n{}"

_NOTHING: NDArray[np.intp] = np.empty(0, dtype=np.intp)

PIECE_BYTES = 1 << 16
"""Decoded at a time: its structures should still be in the core's own cache when they become columns."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file of JSON lines, plain or gzip, or standard input (`-`)."""

    path: str

    @property
    def name(self) -> str:
        return self.path

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        decoder = Decoder(wanted)
        number = 1
        for lines in read_lines(self.path):
            payloads, count = decoder.decode(lines, number, texts)
            number += count
            yield payloads


class Decoder:
    """Decodes runs of lines into columns of the wanted fields, in pieces of about so many bytes.

    `packs`: columns are made by `Packed` where it can; without compiled kernels that is slower.
    """

    def __init__(self, wanted: Sequence[Wanted], piece_bytes: int = PIECE_BYTES, packs: bool = COMPILED) -> None:
        self._shape = shape_of(wanted)
        self._json: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(self._shape.structure)
        self._blank = self._shape.structure()
        self._piece_bytes = piece_bytes
        self._columns = Packed(self._shape) if packs and Packed.takes(self._shape) else ByAttributes(self._shape)

    def decode(self, lines: Lines, number: int, texts: Texts) -> tuple[Payloads, int]:
        """The messages of a run of lines, of which the first is line `number`; and how many lines there are."""
        self._columns.begin(texts)
        if lines.too_long:
            wrong = Wrong(broken={0: "too_long"})
            self._columns.take([self._blank], wrong)
            return self._payloads(1, LineOrigin([number], lines.data, [0]), wrong), 1
        wrong = Wrong()
        numbers, starts = [_NOTHING], [_NOTHING]
        line_count, count = 0, 0
        for begin, piece in _pieces(lines.data, self._piece_bytes):
            at, is_message = self._piece(piece, count, wrong)
            number_of = np.arange(number + line_count, number + line_count + len(at))
            line_count += len(at)
            if is_message is not None:
                number_of, at = number_of[is_message], at[is_message]
            count += len(at)
            numbers.append(number_of)
            starts.append(begin + at)
        origin = LineOrigin(np.concatenate(numbers), lines.data, np.concatenate(starts))
        return self._payloads(count, origin, wrong), line_count

    def _piece(self, piece: memoryview, first_row: int, wrong: Wrong) -> tuple[NDArray[np.intp], Mask | None]:
        """Takes the messages of a piece; where its lines begin, and which of them are messages (None: all)."""
        text = np.frombuffer(piece, dtype=np.uint8)
        ends = np.flatnonzero(text == NEWLINE)
        at = np.concatenate(([0], ends[:-1] + 1))
        # The decoder takes values as they come, not lines. If every line begins with `{` and ends with `}`, no value
        # can span two of them, so that as many values as lines are one for each.
        objects = (text[at] == OPEN) & (text[ends - 1] == CLOSE)
        structures = self._at_once(piece, len(at)) if objects.all() else None
        is_message = None
        if structures is None:
            structures, is_message = self._one_by_one(bytes(piece), first_row, wrong)
        self._columns.take(structures, wrong)
        return at, is_message

    def _payloads(self, count: int, origin: Origin, wrong: Wrong) -> Payloads:
        columns = self._columns.end(wrong)
        return Payloads(count, columns, origin, wrong.bad, wrong.broken)

    def _at_once(self, data: memoryview, count: int) -> Structures | None:
        """The messages of lines of which each looks like an object, if each is one as wanted; else None."""
        if not _is_utf8(data):
            return None
        try:
            structures = self._json.decode_lines(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
        return structures if len(structures) == count else None

    def _one_by_one(self, data: bytes, first_row: int, wrong: Wrong) -> tuple[Structures, Mask]:
        """Each line for itself; and whether it is a message."""
        structures: list[msgspec.Struct] = []
        lines = data.split(b"\n")[:-1]
        is_message = [bool(line.strip(b" \t\r")) for line in lines]
        for line, message in zip(lines, is_message, strict=True):
            if message:
                structures.append(self._line(line, first_row + len(structures), wrong))
        return structures, np.array(is_message, dtype=np.bool_)

    def _line(self, line: bytes, row: int, wrong: Wrong) -> msgspec.Struct:
        """One message; an empty structure if it is broken."""
        if not _is_utf8(line):
            wrong.broken[row] = "malformed"
            return self._blank
        try:
            return self._json.decode(line)
        except (msgspec.MsgspecError, RecursionError):
            return self._unlike(line, row, wrong)

    def _unlike(self, line: bytes, row: int, wrong: Wrong) -> msgspec.Struct:
        """A line that is not as wanted: what is good of it; the rest is noted."""
        try:
            # Numbers are floats here, however large: `1e999` is infinite, which is bad only where it is wanted.
            message = json.loads(line.decode(), parse_int=float, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            wrong.broken[row] = "malformed"
            return self._blank
        return fill(self._shape, message, row, wrong)


def _pieces(data: bytes | bytearray, piece_bytes: int) -> Iterator[tuple[int, memoryview]]:
    """Whole lines that are about so many bytes together, and where they begin."""
    view = memoryview(data)
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", min(begin + piece_bytes, len(data)) - 1) + 1
        yield begin, view[begin:end]
        begin = end


def _is_utf8(data: bytes | memoryview) -> bool:
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
