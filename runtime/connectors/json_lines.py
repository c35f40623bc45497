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

from ...stdlib.column import Mask
from ..kernels.jit import is_compiled
from ..kernels.line_ends import lines_of
from ..kernels.packed import unpack
from .files import PIECE_BYTES, pieces, read_lines
from .packed import Packed
from .payload import LineOrigin, Lines, Payloads, Texts, Wanted, Wrong
from .structures import ByAttributes, Structures, fill, shape_of


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

    `packs`: whether columns are made by `Packed` where it can; None: while its kernel is compiled, else it is slower.
    """

    def __init__(self, wanted: Sequence[Wanted], piece_bytes: int = PIECE_BYTES, packs: bool | None = None) -> None:
        self._shape = shape_of(wanted)
        self._json: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(self._shape.structure)
        self._blank = self._shape.structure()
        self._piece_bytes = piece_bytes
        self._packs = packs
        self._packed = Packed(self._shape) if packs is not False and Packed.takes(self._shape) else None
        self._by_attributes = ByAttributes(self._shape)

    def decode(self, lines: Lines, number: int, texts: Texts) -> tuple[Payloads, int]:
        """The messages of a run of lines, of which the first is line `number`; and how many lines there are."""
        wrong = Wrong()
        columns = self._columns()
        if lines.too_long:
            wrong.broken[0] = "too_long"
            columns.begin(texts, 1)
            columns.take([self._blank], wrong)
            return Payloads(1, columns.end(wrong), LineOrigin([number], lines.data, [0]), {}, wrong.broken), 1
        ends, objects, is_ascii = lines_of(np.frombuffer(lines.data, dtype=np.uint8))
        starts = np.concatenate(([0], ends[:-1] + 1))
        columns.begin(texts, len(ends))
        blank = np.zeros(len(ends), dtype=np.bool_)
        all_objects = objects.all()
        rows = 0
        for first, last in pieces(ends, len(lines.data), self._piece_bytes):
            piece = memoryview(lines.data)[starts[first] : ends[last - 1] + 1]
            # The decoder takes values as they come, not lines. If every line begins with `{` and ends with `}`, no
            # value can span two of them, so that as many values as lines are one for each.
            whole = (all_objects or objects[first:last].all()) and (is_ascii or _is_utf8(piece))
            structures = self._at_once(piece, last - first) if whole else None
            if structures is None:
                structures = self._one_by_one(bytes(piece), rows, blank[first:last], wrong)
            columns.take(structures, wrong)
            rows += len(structures)
        numbers = np.arange(number, number + len(ends))
        if rows < len(ends):
            numbers, starts = numbers[~blank], starts[~blank]
        origin = LineOrigin(numbers, lines.data, starts)
        return Payloads(rows, columns.end(wrong), origin, wrong.bad, wrong.broken), len(ends)

    def _columns(self) -> Packed | ByAttributes:
        packs = is_compiled(unpack) if self._packs is None else self._packs
        return self._packed if packs and self._packed is not None else self._by_attributes

    def _at_once(self, data: memoryview, count: int) -> Structures | None:
        """The messages of lines of which each looks like an object, if each is one as wanted; else None."""
        try:
            structures = self._json.decode_lines(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
        return structures if len(structures) == count else None

    def _one_by_one(self, data: bytes, first_row: int, blank: Mask, wrong: Wrong) -> Structures:
        """The messages of lines, each for itself; those that are blank are marked."""
        structures: list[msgspec.Struct] = []
        for place, line in enumerate(data.split(b"\n")[:-1]):
            if line.strip(b" \t\r"):
                structures.append(self._line(line, first_row + len(structures), wrong))
            else:
                blank[place] = True
        return structures

    def _line(self, line: bytes, row: int, wrong: Wrong) -> msgspec.Struct:
        """One message; an empty structure if it is broken."""
        if not (line.isascii() or _is_utf8(line)):
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


def _is_utf8(data: bytes | memoryview) -> bool:
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
