"""What a connector makes of foreign messages: the payload fields that sources ask for, as columns, and what is wrong.

A message that cannot be read at all is *broken*; one that can, but holds something else than a field's type, is *bad*
in that field. Whether that matters is not known here: only a source that asks for the field minds.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import TypeName
from ...stdlib.column import Column
from ..symbols import Codes, Symbols

Reason = Literal[
    "malformed",
    "too_long",
    "wrong_type",
    "not_finite",
    "out_of_range",
    "no_id",
    "bad_id",
    "no_time",
    "bad_time",
    "in_future",
    "unclaimed",
    "too_many_devices",
    "clamped",
    "duplicate",
]
"""What there is to tell of a message: why it is quarantined (`docs/commands.md` explains each); that it has another
time than it says; that it came before."""

EXCERPT_BYTES = 200
TEXTS_MAX = 1 << 17
TEXT_CHARACTERS_MAX = 1 << 24


class InputError(Exception):
    """An input cannot be read: one line that says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payload field that a source asks for; `a.b` looks into objects."""

    path: str
    type: TypeName


@dataclass(frozen=True, slots=True)
class Lines:
    """A run of whole lines of an input, each with its end; or one that is longer than may be, by its beginning.

    Not `bytes`: they cannot be written to, and kernels take no others.
    """

    data: bytearray
    too_long: bool = False


class Origin(Protocol):
    """Where messages came from: `numbers` has each one's line, from 1."""

    @property
    def numbers(self) -> Sequence[int] | NDArray[np.integer]: ...

    def excerpt(self, row: int) -> str:
        """The beginning of a message as text, for people."""
        ...


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Messages that are lines: where in `data` each begins."""

    numbers: Sequence[int] | NDArray[np.integer]
    data: bytearray
    starts: Sequence[int] | NDArray[np.integer]

    def excerpt(self, row: int) -> str:
        start = int(self.starts[row])
        line, _, _ = self.data[start : start + EXCERPT_BYTES].partition(b"\n")
        return line.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Payloads:
    """Messages as they came, `count` of them.

    Columns of the wanted fields (text as codes of the reader's `Texts`), known where the message has a good value; why
    a field is bad, by row; why a message is broken, by row.
    """

    count: int
    columns: Mapping[Wanted, Column]
    origin: Origin
    bad: Mapping[Wanted, Mapping[int, Reason]] = field(default_factory=dict)
    broken: Mapping[int, Reason] = field(default_factory=dict)

    def head(self, count: int) -> "Payloads":
        """The first so many."""
        rows = np.arange(min(count, self.count))
        return Payloads(
            len(rows),
            {want: column.take(rows) for want, column in self.columns.items()},
            self.origin,
            {want: {row: why for row, why in bad.items() if row < count} for want, bad in self.bad.items()},
            {row: why for row, why in self.broken.items() if row < count},
        )


@dataclass(slots=True)
class Wrong:
    """What is wrong with messages, by row."""

    bad: dict[Wanted, dict[int, Reason]] = field(default_factory=dict)
    broken: dict[int, Reason] = field(default_factory=dict)

    def note(self, wanted: Wanted, rows: Mapping[int, Reason]) -> None:
        if rows:
            self.bad.setdefault(wanted, {}).update(rows)


def joined_column(parts: Sequence[Column]) -> Column:
    """One behind the other, at least one."""
    if len(parts) == 1:
        return parts[0]
    known = None if all(part.known is None for part in parts) else np.concatenate([part.mask() for part in parts])
    return Column(np.concatenate([part.values for part in parts]), known)


@dataclass(slots=True)
class Texts(Symbols):
    """Texts of one input's messages, forgotten now and then, so that an input cannot fill the memory with them."""

    generation: int = 0
    characters: int = 0

    def code(self, text: str) -> int:
        """The code of a text, a new one if it was not seen before."""
        found = self.codes.get(text)
        if found is None:
            found = self.codes[text] = len(self.texts)
            self.texts.append(text)
            self.characters += len(text)
        return found

    def forget_if_full(self) -> bool:
        """Start anew if there are many: the codes given so far mean nothing any more."""
        if len(self.texts) < TEXTS_MAX and self.characters < TEXT_CHARACTERS_MAX:
            return False
        self.texts.clear()
        self.codes.clear()
        self.characters = 0
        self.generation += 1
        return True


class Reader(Protocol):
    """An input, read once. A connector is one of these; what it is to read from is in its fields."""

    @property
    def name(self) -> str:
        """What people call this input."""
        ...

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        """The messages, a run of them at a time. Raises `InputError` if the input cannot be read (any further)."""
        ...


# --- Values of foreign objects ---------------------------------------------------------------------------------------


def look(payload: Any, path: Sequence[str], type_: TypeName) -> tuple[Any, Reason | None]:
    """A field's value (None where missing or null), or why it is bad: of `{"a": {"b": 1}}`, `("a", "b")` is 1.0."""
    value = payload
    for name in path:
        if value is None:
            return None, None
        if not isinstance(value, Mapping):
            return None, "wrong_type"
        value = value.get(name)
    return (None, None) if value is None else typed(value, type_)


def typed(value: Any, type_: TypeName) -> tuple[Any, Reason | None]:
    """A value as a field's type has it, or why it is none: numbers are floats, and are finite."""
    match type_:
        case "text":
            return (value, None) if isinstance(value, str) and _can_be_written(value) else (None, "wrong_type")
        case "bool":
            return (value, None) if isinstance(value, bool) else (None, "wrong_type")
        case "float" | "int":
            if isinstance(value, bool) or not isinstance(value, float | int):
                return None, "wrong_type"
            try:
                number = float(value) + 0.0  # no negative zero
            except OverflowError:
                return None, "not_finite"
            if not math.isfinite(number):
                return None, "not_finite"
            return (number, None) if type_ == "float" or number.is_integer() else (None, "wrong_type")
        case _:
            raise ValueError(f"no payload holds a {type_}")


def _can_be_written(text: str) -> bool:
    """Half a surrogate pair is no text: it has no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- Columns of values -----------------------------------------------------------------------------------------------


def number_column(values: Sequence[float | None]) -> Column:
    """A column of floats, without negative zeros."""
    return known_numbers(np.array(values, dtype=np.float64) + 0.0)


def known_numbers(numbers: NDArray[np.float64]) -> Column:
    """A column that is known but for NaN: NumPy makes that of None, and no payload value is NaN."""
    missing = np.isnan(numbers)
    return Column(numbers, ~missing if missing.any() else None)


def bool_column(values: Sequence[bool | None]) -> Column:
    """A column of truth values."""
    column = number_column(values)
    return Column(column.values == 1.0, column.known)


def text_column(values: Sequence[str | None], texts: Texts) -> Column:
    """A column of texts' codes."""
    get = texts.codes.get
    codes: Codes = np.array([get(value, -1) for value in values], dtype=np.int32)  # type: ignore[arg-type]
    unseen = np.flatnonzero(codes < 0)
    if not len(unseen):
        return Column(codes)
    known = np.ones(len(codes), dtype=np.bool_)
    for row in unseen.tolist():
        value = values[row]
        if value is None:
            known[row] = False
        else:
            codes[row] = texts.code(value)
    return Column(codes, None if known.all() else known)


def column_of(values: Sequence[Any], type_: TypeName, texts: Texts) -> Column:
    """A column of values as `typed` gives them."""
    match type_:
        case "text":
            return text_column(values, texts)
        case "bool":
            return bool_column(values)
        case _:
            return number_column(values)


def only_integers(column: Column) -> tuple[Column, Mapping[int, Reason]]:
    """An int field's column: other numbers are of the wrong type."""
    known = column.mask()
    wrong = known & (np.floor(column.values) != column.values)
    if not wrong.any():
        return column, {}
    return Column(column.values, known & ~wrong), dict.fromkeys(np.flatnonzero(wrong).tolist(), "wrong_type")
