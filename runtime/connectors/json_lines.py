"""JSON lines: a message is an object on a line of its own. Blank lines are no messages.

msgspec decodes them into structures that have just the wanted fields: a piece of a run at once or, if a line of it is
not as wanted, a line at a time, so that each stands for itself. Both ways accept the same lines and give the same
values. A piece becomes columns before the next is decoded: its structures are then still in the core's own cache.
"""

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import TypeName
from ...stdlib.column import Column
from .files import read_lines
from .payload import (
    LineOrigin,
    Lines,
    Origin,
    Payloads,
    Reason,
    Texts,
    Wanted,
    column_of,
    joined,
    known_numbers,
    look,
    only_integers,
)

NEWLINE, OPEN, CLOSE = b"\n{}"

PIECE_BYTES = 1 << 16
"""Decoded at a time: eight times as much takes half as long again."""

Structures = Sequence[msgspec.Struct]


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


# --- The shape of messages -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A field of one kind (float, text or bool), and those who want it: as a float and as an int it is one."""

    attribute: str
    values: Callable[[Structures], list[Any]]
    kind: TypeName
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class _Mixed:
    """A field that is wanted as several things, say as a text and as a number; it is looked at message by message."""

    attribute: str
    values: Callable[[Structures], list[Any]]
    wanted: tuple[tuple[Wanted, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Shape:
    """An object's structure: by name in the JSON, what is wanted of it."""

    structure: type[msgspec.Struct]
    fields: Mapping[str, "_Leaf | _Mixed | _Shape"]
    attribute: str
    values: Callable[[Structures], list[Any]]


# Kind, type and value if it is missing, where NaN is quicker than None and cannot be mistaken: JSON has none.
_KINDS: Mapping[TypeName, tuple[TypeName, Any, Any]] = {
    "float": ("float", float | None, math.nan),
    "int": ("float", float | None, math.nan),
    "text": ("text", str | None, None),
    "bool": ("bool", bool | None, None),
}


def _values_of(slot: str) -> Callable[[Structures], list[Any]]:
    """What gives the values of a slot of structures."""
    get = attrgetter(slot)
    return lambda structures: list(map(get, structures))


def _shape(wanted: Sequence[tuple[Wanted, tuple[str, ...]]], attribute: str = "f") -> _Shape:
    """The shape of an object from what is wanted of it, each with the path that is left."""
    by_name: dict[str, list[tuple[Wanted, tuple[str, ...]]]] = {}
    for want, path in wanted:
        by_name.setdefault(path[0], []).append((want, path[1:]))
    fields: dict[str, _Leaf | _Mixed | _Shape] = {}
    slots: list[tuple[str, Any, Any]] = []
    for position, (name, inside) in enumerate(by_name.items()):
        slot = f"f{position}"
        kinds = {_KINDS[want.type][0] for want, rest in inside if not rest}
        if not kinds:
            fields[name] = nested = _shape(inside, slot)
            slots.append((slot, nested.structure | None, None))
        elif len(kinds) == 1 and not any(rest for _, rest in inside):
            kind, python, missing = _KINDS[inside[0][0].type]
            fields[name] = _Leaf(slot, _values_of(slot), kind, tuple(want for want, _ in inside))
            slots.append((slot, python, missing))
        else:
            fields[name] = _Mixed(slot, _values_of(slot), tuple(inside))
            slots.append((slot, Any, None))
    rename = {slot: name for (slot, _, _), name in zip(slots, by_name, strict=True)}
    # Without the garbage collector's attention: there are no cycles in JSON.
    structure = msgspec.defstruct("Message", slots, rename=rename, gc=False)
    return _Shape(structure, fields, attribute, _values_of(attribute))


# --- Decoding --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Wrong:
    """What is wrong with messages, by row."""

    bad: dict[Wanted, dict[int, Reason]] = field(default_factory=dict)
    broken: dict[int, Reason] = field(default_factory=dict)

    def note(self, wanted: Wanted, rows: Mapping[int, Reason]) -> None:
        if rows:
            self.bad.setdefault(wanted, {}).update(rows)


class Decoder:
    """Decodes runs of lines into columns of the wanted fields, in pieces of about so many bytes."""

    def __init__(self, wanted: Sequence[Wanted], piece_bytes: int = PIECE_BYTES) -> None:
        self._shape = _shape([(want, tuple(want.path.split("."))) for want in dict.fromkeys(wanted)])
        self._json: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(self._shape.structure)
        self._blank = self._shape.structure()
        self._piece_bytes = piece_bytes

    def decode(self, lines: Lines, number: int, texts: Texts) -> tuple[Payloads, int]:
        """The messages of a run of lines, of which the first is line `number`; and how many lines there are."""
        if lines.too_long:
            wrong = _Wrong(broken={0: "too_long"})
            return self._payloads([self._blank], LineOrigin([number], lines.data, [0]), wrong, texts), 1
        pieces: list[Payloads] = []
        line_count = 0
        for data in _pieces(lines.data, self._piece_bytes):
            at = number + line_count
            payloads, count = self._at_once(data, at, texts) or self._one_by_one(data, at, texts)
            pieces.append(payloads)
            line_count += count
        return joined(pieces), line_count

    def _payloads(self, structures: Sequence[msgspec.Struct], origin: Origin, wrong: _Wrong, texts: Texts) -> Payloads:
        columns: dict[Wanted, Column] = {}
        _extract(self._shape, structures, columns, wrong, texts)
        return Payloads(len(structures), columns, origin, wrong.bad, wrong.broken)

    def _at_once(self, data: bytes, number: int, texts: Texts) -> tuple[Payloads, int] | None:
        """All lines, if each is an object as wanted; else None."""
        if not _is_utf8(data):
            return None
        try:
            structures = self._json.decode_lines(data)
        except (msgspec.MsgspecError, RecursionError):
            return None
        if not structures:
            return None
        # The decoder takes values as they come, not lines. If every line begins with `{` and ends with `}`, no value
        # can span two of them, so that as many values as lines are one for each.
        text = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero(text == NEWLINE)
        starts = np.concatenate(([0], ends[:-1] + 1))
        if len(ends) != len(structures) or (text[starts] != OPEN).any() or (text[ends - 1] != CLOSE).any():
            return None
        origin = LineOrigin(np.arange(number, number + len(ends)), data, starts)
        return self._payloads(structures, origin, _Wrong(), texts), len(ends)

    def _one_by_one(self, data: bytes, number: int, texts: Texts) -> tuple[Payloads, int]:
        """Each line for itself."""
        starts: list[int] = []
        numbers: list[int] = []
        structures: list[msgspec.Struct] = []
        wrong = _Wrong()
        start = 0
        lines = data.split(b"\n")[:-1]
        for line_number, line in enumerate(lines, number):
            if line.strip(b" \t\r"):
                structures.append(self._line(line, len(starts), wrong))
                starts.append(start)
                numbers.append(line_number)
            start += len(line) + 1
        return self._payloads(structures, LineOrigin(numbers, data, starts), wrong, texts), len(lines)

    def _line(self, line: bytes, row: int, wrong: _Wrong) -> msgspec.Struct:
        """One message; an empty structure if it is broken."""
        if not _is_utf8(line):
            wrong.broken[row] = "malformed"
            return self._blank
        try:
            return self._json.decode(line)
        except (msgspec.MsgspecError, RecursionError):
            return self._unlike(line, row, wrong)

    def _unlike(self, line: bytes, row: int, wrong: _Wrong) -> msgspec.Struct:
        """A line that is not as wanted: what is good of it; the rest is noted."""
        try:
            # Numbers are floats here, however large: `1e999` is infinite, which is bad only where it is wanted.
            message = json.loads(line.decode(), parse_int=float, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            wrong.broken[row] = "malformed"
            return self._blank
        return _fill(self._shape, message, row, wrong)


def _pieces(data: bytes, piece_bytes: int) -> Iterator[bytes]:
    """Whole lines, not many more bytes than that at a time."""
    start = 0
    while len(data) - start > piece_bytes:
        end = data.index(b"\n", start + piece_bytes - 1) + 1
        yield data[start:end]
        start = end
    if start < len(data) or not data:
        yield data[start:]


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _fill(shape: _Shape, message: Mapping[str, Any], row: int, wrong: _Wrong) -> msgspec.Struct:
    """A structure with the good fields of an object."""
    structure = shape.structure()
    for name, part in shape.fields.items():
        value = message.get(name)
        match part:
            case _Leaf(attribute, _, kind, wanted):
                good, reason = look(value, (), kind)
                setattr(structure, attribute, good)
                if reason is not None:
                    for want in wanted:
                        wrong.note(want, {row: reason})
            case _Mixed(attribute):
                setattr(structure, attribute, value)
            case _Shape(attribute=attribute):
                if isinstance(value, dict):
                    setattr(structure, attribute, _fill(part, value, row, wrong))
                elif value is not None:
                    for want in _all_wanted(part):
                        wrong.note(want, {row: "wrong_type"})
    return structure


def _all_wanted(shape: _Shape) -> Iterator[Wanted]:
    for part in shape.fields.values():
        match part:
            case _Leaf(wanted=wanted):
                yield from wanted
            case _Mixed(wanted=mixed):
                yield from (want for want, _ in mixed)
            case _Shape():
                yield from _all_wanted(part)


# --- From structures to columns --------------------------------------------------------------------------------------


def _extract(
    shape: _Shape,
    structures: Sequence[msgspec.Struct],
    columns: dict[Wanted, Column],
    wrong: _Wrong,
    texts: Texts,
) -> None:
    """The columns of the wanted fields."""
    for part in shape.fields.values():
        values = part.values(structures)
        match part:
            case _Leaf(_, _, kind, wanted):
                column = _quick_column(values, kind, texts)
                for want in wanted:
                    columns[want] = column
                    if want.type == "int":
                        columns[want], others = only_integers(column)
                        wrong.note(want, others)
            case _Mixed(_, _, mixed):
                for want, path in mixed:
                    found = [look(value, path, want.type) for value in values]
                    wrong.note(want, {row: reason for row, (_, reason) in enumerate(found) if reason is not None})
                    columns[want] = column_of([value for value, _ in found], want.type, texts)
            case _Shape():
                blank = part.structure()
                _extract(part, [blank if value is None else value for value in values], columns, wrong, texts)


def _quick_column(values: Sequence[Any], kind: TypeName, texts: Texts) -> Column:
    """As `column_of`, by a faster way if no value is null, no truth or text missing, and no text new."""
    try:
        if kind == "float":
            return known_numbers(_packed("d", values) + 0.0)
        if kind == "bool":
            return Column(np.frombuffer(bytearray(values), dtype=np.bool_))
        codes = texts.codes
        return Column(_packed("i", [codes[value] for value in values]))
    except (struct.error, TypeError, KeyError):
        pass  # It is one of these.
    return column_of(values, kind, texts)


def _packed(format_: Literal["d", "i"], values: Sequence[Any]) -> NDArray[Any]:
    """An array of floats or of codes; several times as fast as NumPy's own way from a list."""
    array: NDArray[Any] = np.empty(len(values), dtype=format_)
    struct.pack_into(f"{len(values)}{format_}", array.data, 0, *values)
    return array
