"""Columns of structures by way of MessagePack, which msgspec writes several times faster than Python asks attributes.

A float is nine bytes there, whatever its value, a name always the same, and a text has its length before it: one kernel
walks over them and finds the codes of texts in a table of its own.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import TypeName
from ...stdlib.column import Column
from ..kernels import packed as kernel
from .payload import Texts, Wanted, Wrong, known_numbers
from .structures import Leaf, Mixed, Shape, Structures, give

_KINDS = {"float": kernel.NUMBER, "text": kernel.TEXT, "bool": kernel.TRUTH}
"""What a leaf holds; also the place of its kind among what the kernel makes."""

Field = tuple[int, int, int, int]
"""A row of what the kernel is told (`kernels.packed.unpack`)."""


class Packed:
    """Makes columns of structures of one shape."""

    def __init__(self, shape: Shape) -> None:
        self._leaves: list[tuple[Leaf, int]] = []
        self._counts = [0, 0, 0]
        self._fields = np.array(list(self._told(shape, _header_bytes(len(shape.fields)))), dtype=np.int64)
        self._encoder = msgspec.msgpack.Encoder()
        self._data = bytearray()  # Not `bytes`, which kernels do not take: they cannot be written to.
        self._unseen = np.empty((0, 4), dtype=np.int64)
        self._table = _Table(Texts())

    @staticmethod
    def takes(shape: Shape) -> bool:
        """Whether there are fields, each wanted as one thing."""
        return bool(shape.fields) and not any(
            isinstance(part, Mixed) or (isinstance(part, Shape) and not Packed.takes(part))
            for part in shape.fields.values()
        )

    def _told(self, shape: Shape, before: int) -> Iterator[Field]:
        """The fields of an object, `before` bytes after the last that was looked at, and of those inside it."""
        for name, part in shape.fields.items():
            skip = before + len(msgspec.msgpack.encode(name))
            before = 0
            if isinstance(part, Leaf):
                kind = _KINDS[part.kind]
                self._leaves.append((part, self._counts[kind]))
                yield kind, skip, self._counts[kind], 0
                self._counts[kind] += 1
            elif isinstance(part, Shape):
                # The first byte of its header is what says whether there is one.
                inside = list(self._told(part, _header_bytes(len(part.fields)) - 1))
                yield kernel.OBJECT, skip, 0, len(inside)
                yield from inside

    def begin(self, texts: Texts, messages_max: int) -> None:
        """A run of messages begins."""
        self._texts = texts
        self._rows = 0
        number_count, text_count, truth_count = self._counts
        self._numbers = np.empty((number_count, messages_max), dtype=np.uint64)
        self._codes = np.empty((text_count, messages_max), dtype=np.int32)
        self._truths = np.empty((truth_count, messages_max), dtype=np.int8)
        if not self._table.is_of(texts):
            self._table = _Table(texts)
        self._table.follow()

    def take(self, structures: Structures, wrong: Wrong) -> None:
        """The structures that come next."""
        n, data, text_count = len(structures), self._data, len(self._codes)
        if len(self._unseen) < text_count * n:
            self._unseen = np.empty((text_count * n, 4), dtype=np.int64)
        self._encoder.encode_into(structures, data)
        count = kernel.unpack(
            np.frombuffer(data, dtype=np.uint8), _header_bytes(n), self._rows, n, self._fields,
            self._numbers, self._codes, self._truths, *self._table.arrays, self._unseen,
        )  # fmt: skip
        assert count >= 0, "msgspec writes MessagePack"
        if count:
            for row, column, start, end in self._unseen[:count].tolist():
                self._codes[column, row] = self._texts.code(data[start:end].decode())
            self._table.follow()
        self._rows += n

    def end(self, wrong: Wrong) -> dict[Wanted, Column]:
        """The columns of the wanted fields."""
        columns: dict[Wanted, Column] = {}
        for leaf, place in self._leaves:
            give(columns, wrong, leaf.wanted, self._column(leaf.kind, place))
        return columns

    def _column(self, kind: TypeName, place: int) -> Column:
        rows = self._rows
        if kind == "float":
            numbers = self._numbers[place, :rows].view(np.float64)
            numbers += 0.0  # no negative zero
            return known_numbers(numbers)
        if kind == "text":
            codes = self._codes[place, :rows]
            missing = codes == kernel.MISSING
            return Column(np.where(missing, np.int32(0), codes), ~missing) if missing.any() else Column(codes)
        truths = self._truths[place, :rows]
        missing = truths == kernel.MAYBE
        return Column(truths == 1, ~missing if missing.any() else None)


def _header_bytes(count: int) -> int:
    """How many bytes say that so many elements follow."""
    return 1 if count < 16 else 3 if count < 1 << 16 else 5


class _Table:
    """An input's texts and their codes, as the kernel finds them."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._generation = texts.generation
        self._count = 0
        self._slots = np.full(1024, -1, dtype=np.int32)
        self._ends = np.zeros(513, dtype=np.int64)
        self._bytes = np.zeros(8192, dtype=np.uint8)
        self.arrays: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] = self._slots, self._ends, self._bytes
        """As the kernel takes them."""

    def is_of(self, texts: Texts) -> bool:
        """Whether the codes are those of these texts, as long as they are not forgotten."""
        return texts is self._texts and texts.generation == self._generation

    def follow(self) -> None:
        """Enter the texts that are new since the last time."""
        first, count = self._count, len(self._texts.texts)
        if first == count:
            return
        new = [text.encode() for text in self._texts.texts[first:]]
        ends = self._ends[first] + np.cumsum([len(text) for text in new], dtype=np.int64)
        self._ends = _with_room(self._ends, count + 1)
        self._bytes = _with_room(self._bytes, int(ends[-1]))
        self._bytes[self._ends[first] : ends[-1]] = np.frombuffer(b"".join(new), dtype=np.uint8)
        self._ends[first + 1 : count + 1] = ends
        if 2 * count > len(self._slots):
            self._slots = np.full(4 << count.bit_length(), -1, dtype=np.int32)
            first = 0
        kernel.enter(self._bytes, self._ends, first, count, self._slots)
        self._count = count
        self.arrays = self._slots, self._ends, self._bytes


def _with_room(array: NDArray[Any], count: int) -> NDArray[Any]:
    if len(array) >= count:
        return array
    grown = np.zeros(max(count, 2 * len(array)), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
