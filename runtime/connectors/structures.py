"""Structures that have just the wanted fields of messages, which msgspec decodes; and the columns that they make.

Columns are made attribute by attribute here, which takes any structures; `packed` makes the same of most, faster.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import TypeName
from ...stdlib.column import Column
from .payload import Texts, Wanted, Wrong, column_of, joined_column, known_numbers, look, only_integers

Structures = Sequence[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of one kind (float, text or bool), and those who want it: as a float and as an int it is one."""

    attribute: str
    values: Callable[[Structures], list[Any]]
    kind: TypeName
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Mixed:
    """A field that is wanted as several things, say as a text and as a number; it is looked at message by message."""

    attribute: str
    values: Callable[[Structures], list[Any]]
    wanted: tuple[tuple[Wanted, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object's structure: by name in the message, what is wanted of it."""

    structure: type[msgspec.Struct]
    fields: Mapping[str, "Leaf | Mixed | Shape"]
    attribute: str
    values: Callable[[Structures], list[Any]]

    @property
    def wanted(self) -> Iterator[Wanted]:
        """All that is wanted of it."""
        for part in self.fields.values():
            match part:
                case Leaf(wanted=wanted):
                    yield from wanted
                case Mixed(wanted=mixed):
                    yield from (want for want, _ in mixed)
                case Shape():
                    yield from part.wanted


# Kind, type and value if it is missing, where NaN is quicker than None and cannot be mistaken: JSON has none.
_KINDS: Mapping[TypeName, tuple[TypeName, Any, Any]] = {
    "float": ("float", float | None, math.nan),
    "int": ("float", float | None, math.nan),
    "text": ("text", str | None, None),
    "bool": ("bool", bool | None, None),
}


def shape_of(wanted: Sequence[Wanted]) -> Shape:
    """The shape of messages of which these fields are wanted."""
    return _shape([(want, tuple(want.path.split("."))) for want in dict.fromkeys(wanted)], "f")


def _shape(wanted: Sequence[tuple[Wanted, tuple[str, ...]]], attribute: str) -> Shape:
    """The shape of an object from what is wanted of it, each with the path that is left."""
    by_name: dict[str, list[tuple[Wanted, tuple[str, ...]]]] = {}
    for want, path in wanted:
        by_name.setdefault(path[0], []).append((want, path[1:]))
    fields: dict[str, Leaf | Mixed | Shape] = {}
    slots: list[tuple[str, Any, Any]] = []
    for position, (name, inside) in enumerate(by_name.items()):
        slot = f"f{position}"
        kinds = {_KINDS[want.type][0] for want, rest in inside if not rest}
        if not kinds:
            fields[name] = nested = _shape(inside, slot)
            slots.append((slot, nested.structure | None, None))
        elif len(kinds) == 1 and not any(rest for _, rest in inside):
            kind, python, missing = _KINDS[inside[0][0].type]
            fields[name] = Leaf(slot, _values_of(slot), kind, tuple(want for want, _ in inside))
            slots.append((slot, python, missing))
        else:
            fields[name] = Mixed(slot, _values_of(slot), tuple(inside))
            slots.append((slot, Any, None))
    rename = {slot: name for (slot, _, _), name in zip(slots, by_name, strict=True)}
    # Without the garbage collector's attention: there are no cycles in JSON.
    structure = msgspec.defstruct("Message", slots, rename=rename, gc=False)
    return Shape(structure, fields, attribute, _values_of(attribute))


def _values_of(slot: str) -> Callable[[Structures], list[Any]]:
    """What gives the values of a slot of structures."""
    get = attrgetter(slot)
    return lambda structures: list(map(get, structures))


# --- What is wrong ---------------------------------------------------------------------------------------------------


def fill(shape: Shape, message: Mapping[str, Any], row: int, wrong: Wrong) -> msgspec.Struct:
    """A structure with the good fields of an object that is not as wanted; the others are noted."""
    structure = shape.structure()
    for name, part in shape.fields.items():
        value = message.get(name)
        match part:
            case Leaf(attribute, _, kind, wanted):
                good, reason = look(value, (), kind)
                setattr(structure, attribute, good)
                if reason is not None:
                    for want in wanted:
                        wrong.note(want, {row: reason})
            case Mixed(attribute):
                setattr(structure, attribute, value)
            case Shape(attribute=attribute):
                if isinstance(value, dict):
                    setattr(structure, attribute, fill(part, value, row, wrong))
                elif value is not None:
                    for want in part.wanted:
                        wrong.note(want, {row: "wrong_type"})
    return structure


# --- From structures to columns --------------------------------------------------------------------------------------


class ByAttributes:
    """Makes columns of a run's structures, of which it takes some at a time."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def begin(self, texts: Texts, messages_max: int) -> None:
        """A run of messages begins."""
        self._texts = texts
        self._rows = 0
        self._parts: list[dict[Wanted, Column]] = []

    def take(self, structures: Structures, wrong: Wrong) -> None:
        """The structures that come next."""
        part: dict[Wanted, Column] = {}
        self._extract(self._shape, structures, part, wrong)
        self._parts.append(part)
        self._rows += len(structures)

    def end(self, wrong: Wrong) -> dict[Wanted, Column]:
        """The columns of the wanted fields."""
        if not self._parts:
            self.take([], wrong)
        columns: dict[Wanted, Column] = {}
        for want in self._shape.wanted:
            give(columns, wrong, [want], joined_column([part[want] for part in self._parts]))
        return columns

    def _extract(self, shape: Shape, structures: Structures, columns: dict[Wanted, Column], wrong: Wrong) -> None:
        for part in shape.fields.values():
            values = part.values(structures)
            match part:
                case Leaf(_, _, kind, wanted):
                    columns.update(dict.fromkeys(wanted, _quick_column(values, kind, self._texts)))
                case Mixed(_, _, mixed):
                    for want, path in mixed:
                        found = [look(value, path, want.type) for value in values]
                        reasons = {self._rows + i: reason for i, (_, reason) in enumerate(found) if reason is not None}
                        wrong.note(want, reasons)
                        columns[want] = column_of([value for value, _ in found], want.type, self._texts)
                case Shape():
                    blank = part.structure()
                    self._extract(part, [blank if value is None else value for value in values], columns, wrong)


def give(columns: dict[Wanted, Column], wrong: Wrong, wanted: Sequence[Wanted], column: Column) -> None:
    """Give a column to all who want it; an int field's values must be whole."""
    for want in wanted:
        columns[want] = column
        if want.type == "int":
            columns[want], others = only_integers(column)
            wrong.note(want, others)


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
