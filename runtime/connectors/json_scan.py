"""The host of the kernels in `kernels/json_scan.py`: their buffers, and from what they find to columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Column, Mask
from ..kernels import json_scan as kernels
from ..symbols import Codes
from .payload import Texts

_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TABLE_START = 1 << 12
_TEXT_BYTES = 32
_LAYOUT_MAX = 64

Rows = NDArray[np.intp]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scanned:
    """Messages of a run of lines: where each starts, its line (from 0), a column for each field, which are unread."""

    starts: NDArray[np.int32]
    lines: NDArray[np.int32]
    line_count: int
    columns: Sequence[Column]
    unread: Rows


@dataclass(slots=True)
class _Buffers:
    """What the kernels write to, for runs of up to so many bytes."""

    token: NDArray[np.int8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    loose: NDArray[np.int32]
    line_starts: NDArray[np.int32]
    line_numbers: NDArray[np.int32]
    unread: NDArray[np.bool_]

    @classmethod
    def of(cls, fields: int, size: int) -> "_Buffers":
        rows = size // 2 + 1  # a line has two bytes at least, if it is not blank
        return cls(
            np.empty((fields, rows), dtype=np.int8),
            np.empty((fields, rows), dtype=np.int32),
            np.empty((fields, rows), dtype=np.int32),
            np.empty((rows, 4), dtype=np.int32),
            np.empty(rows, dtype=np.int32),
            np.empty(rows, dtype=np.int32),
            np.empty(rows, dtype=np.bool_),
        )


@dataclass(slots=True)
class _Interned:
    """The texts that the kernels have seen, and what their codes are among the input's texts."""

    table: NDArray[np.int32]
    starts: NDArray[np.int64]
    arena: NDArray[np.uint8]
    codes: Codes
    generation: int
    count: int = 0

    @classmethod
    def empty(cls, slots: int, generation: int) -> "_Interned":
        return cls(
            np.zeros(slots, dtype=np.int32),
            np.zeros(slots // 2 + 1, dtype=np.int64),
            np.empty(slots * _TEXT_BYTES, dtype=np.uint8),
            np.empty(slots // 2, dtype=np.int32),
            generation,
        )

    @property
    def is_half_full(self) -> bool:
        return 4 * self.count > len(self.table) or 2 * int(self.starts[self.count]) > len(self.arena)

    def learn(self, count: int, texts: Texts) -> None:
        """Give the texts that are new their codes."""
        for number in range(self.count, count):
            text = self.arena[self.starts[number] : self.starts[number + 1]].tobytes().decode()
            self.codes[number] = texts.code(text)
        self.count = count


@dataclass(slots=True)
class Scanner:
    """Reads flat messages: `fields` are (name, kind), the kinds those of `json_lines`: float, text or bool."""

    fields: Sequence[tuple[str, str]]
    _names: NDArray[np.uint8] = field(init=False)
    _name_starts: NDArray[np.int32] = field(init=False)
    _layout: NDArray[np.int32] = field(init=False)
    _buffers: _Buffers = field(init=False)
    _interned: _Interned = field(init=False)

    def __post_init__(self) -> None:
        names = [name.encode() for name, _ in self.fields]
        self._names = np.frombuffer(b"".join(names), dtype=np.uint8).copy()
        self._name_starts = np.cumsum([0, *map(len, names)], dtype=np.int32)
        self._layout = np.empty((_LAYOUT_MAX, 4), dtype=np.int32)
        self._buffers = _Buffers.of(len(names), 0)
        self._interned = _Interned.empty(_TABLE_START, 0)

    def scan(self, data: bytes, texts: Texts) -> Scanned:
        """Read a run of lines, each with its end, of UTF-8."""
        if len(data) // 2 >= len(self._buffers.unread):
            self._buffers = _Buffers.of(len(self.fields), len(data))
        if self._interned.generation != texts.generation:
            self._interned = _Interned.empty(len(self._interned.table), texts.generation)
        elif self._interned.is_half_full:
            self._interned = _Interned.empty(2 * len(self._interned.table), texts.generation)
        b = self._buffers
        # A copy, because what Python calls bytes Numba takes for an array of another type: one that is read only.
        text = np.frombuffer(data, dtype=np.uint8).copy()
        rows, lines, loose = kernels.tokens(
            text,
            self._names,
            self._name_starts,
            b.token,
            b.start,
            b.end,
            b.loose,
            b.line_starts,
            b.line_numbers,
            b.unread,
            self._layout,
        )
        unread = b.unread[:rows].copy()
        if loose:
            self._check(text, data, b.loose[:loose].T.copy(), unread)
        columns = [
            self._texts(f, rows, text, unread, texts)
            if kind == "text"
            else self._numbers(f, kind, rows, text, data, unread)
            for f, (_, kind) in enumerate(self.fields)
        ]
        return Scanned(
            b.line_starts[:rows].copy(), b.line_numbers[:rows].copy(), lines, columns, np.flatnonzero(unread)
        )

    def _check(self, text: Bytes, data: bytes, loose: NDArray[np.int32], unread: Mask) -> None:
        """Words that nobody wants must be words."""
        row, start, end, kind = loose
        meaning = np.empty(len(row), dtype=np.int8)
        kernels.words(text, kind.astype(np.int8), start, end, kernels.UNREAD, np.empty(len(row)), meaning)
        for at in np.flatnonzero(meaning == kernels.UNREAD).tolist():
            if not _NUMBER.fullmatch(data, start[at], end[at]):
                unread[row[at]] = True

    def _numbers(self, f: int, kind: str, rows: int, text: Bytes, data: bytes, unread: Mask) -> Column:
        """A field of numbers or truths; what takes more care is read here."""
        b = self._buffers
        start, end = b.start[f, :rows], b.end[f, :rows]
        wanted = kernels.NUMBER if kind == "float" else kernels.TRUTH
        values, meaning = np.empty(rows), np.empty(rows, dtype=np.int8)
        if not kernels.words(text, b.token[f, :rows], start, end, wanted, values, meaning):
            return Column(values if kind == "float" else values == 1.0)
        for row in np.flatnonzero((meaning != wanted) & (meaning != kernels.NULL)).tolist():
            number = np.inf
            if kind == "float" and meaning[row] == kernels.UNREAD and _NUMBER.fullmatch(data, start[row], end[row]):
                number = float(data[start[row] : end[row]]) + 0.0
            if np.isfinite(number):
                values[row] = number
            else:
                values[row], unread[row] = np.nan, True
        known = ~np.isnan(values)
        return Column(values if kind == "float" else values == 1.0, None if known.all() else known)

    def _texts(self, f: int, rows: int, text: Bytes, unread: Mask, texts: Texts) -> Column:
        """A field of texts."""
        b, known = self._buffers, self._interned
        token, start, end = b.token[f, :rows], b.start[f, :rows], b.end[f, :rows]
        code = np.empty(rows, dtype=np.int32)
        count = kernels.intern(text, token, start, end, code, known.table, known.starts, known.arena, known.count)
        known.learn(count, texts)
        if rows == 0 or code.min() >= 0:
            return Column(known.codes[code])
        unread |= code == kernels.FULL
        words = np.flatnonzero(code == kernels.WORD_CODE)
        unread[words[~self._are_null(text, start[words], end[words])]] = True
        missing = code < 0
        return Column(known.codes[np.where(missing, 0, code)], ~missing)

    def _are_null(self, text: Bytes, start: NDArray[np.int32], end: NDArray[np.int32]) -> Mask:
        meaning = np.empty(len(start), dtype=np.int8)
        token = np.full(len(start), kernels.WORD, dtype=np.int8)
        kernels.words(text, token, start, end, kernels.NULL, np.empty(len(start)), meaning)
        nulls: Mask = meaning == kernels.NULL
        return nulls
