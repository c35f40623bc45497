"""Fleets: thousands of virtual devices of one type, whose reports are made as columns, a span of time at a time.

    fridges = Fleet("Fridge", ids, {"temp": Constant(4.0) + Noise(0.2)}, every_ns=10 * S, seed=7, start_ns=begin)
    Devices(fridges).reports(begin, begin + HOUR)     # what they report, in the order of time

What a device reports is a function of the seed, its type, its id and the time: not of the spans it is made in, and not
of the other devices there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import DTYPES, Column
from ...stdlib.function import Value
from ..symbols import Symbols
from .behaviour import Change
from .chance import keys_of, share_of
from .generators import Generator, Reports, Times

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Fleet:
    """Virtual devices of one type: `ids` (n), and what their fields are (`fields`).

    Each reports all its fields every `every_ns`, first at `start_ns` plus its phase. phase_ns (n,), each less than
    `every_ns`; left out, it is by chance. `properties`: by name the n devices' values, reported once, with the first
    report; None where a device has none.
    """

    device: str
    ids: Sequence[str]
    fields: Mapping[str, Generator]
    every_ns: int
    seed: int = 0
    start_ns: int = 0
    properties: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    phase_ns: Times | None = None

    def __post_init__(self) -> None:
        if len(set(self.ids)) != len(self.ids):
            raise ValueError(f"two devices of a fleet of `{self.device}` have one id")
        wrong = [name for name, values in self.properties.items() if len(values) != len(self)]
        if wrong:
            raise ValueError(f"`{wrong[0]}` needs a value for each of {len(self)} devices")
        if len(self.phases) != len(self) or ((self.phases < 0) | (self.phases >= self.every_ns)).any():
            raise ValueError("a phase for each device, and less than the time from one report to the next")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def phases(self) -> Times:
        """How long after the fleet's start each device reports first (n,)."""
        if self.phase_ns is not None:
            return self.phase_ns
        shares = [share_of(self.seed, self.device, id_, "phase") for id_ in self.ids]
        return (np.array(shares) * self.every_ns).astype(np.int64)

    @cached_property
    def keys(self) -> Mapping[str, NDArray[np.uint64]]:
        """The devices' chance, by field."""
        return {name: keys_of(self.seed, self.device, self.ids, name) for name in self.fields}

    @cached_property
    def order(self) -> Rows:
        """The devices in the order in which they report."""
        return np.argsort(self.phases, kind="stable")

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Which device has an id."""
        return {id_: number for number, id_ in enumerate(self.ids)}


@dataclass(frozen=True, slots=True)
class Reported:
    """Reports in the order of their times: who (r,) number of the device, time (r,) ns; of texts, `texts` has what the
    codes of a field stand for."""

    who: Rows
    time: Times
    fields: Mapping[str, Column]
    texts: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.who)

    def values(self, row: int) -> dict[str, Value]:
        """What one report carries."""
        return {
            name: _plain(column.values[row], self.texts.get(name))
            for name, column in self.fields.items()
            if column.known is None or column.known[row]
        }


class Devices:
    """A fleet at work: what it reports, and what commands have changed of it."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._symbols = {name: Symbols() for name, generator in fleet.fields.items() if generator.choices}
        for name, symbols in self._symbols.items():
            symbols.encode(fleet.fields[name].choices)
        self._properties = {name: self._column(name, values) for name, values in fleet.properties.items()}
        self._held: dict[str, tuple[NDArray[np.bool_], NDArray[Any]]] = {}
        """By field: which devices have been changed, and what it is there instead."""
        self._coming: list[Change] = []
        self._made: tuple[int, int, dict[str, NDArray[Any]]] = (0, 0, {})

    def change(self, change: Change) -> None:
        """From a time on these fields of a device are as said; None: as the generator has it again.

        Spans that begin before that time and were made already are not made anew.
        """
        unknown = [name for name in change.fields if name not in self.fleet.fields]
        if unknown:
            raise ValueError(f"the devices of this fleet do not report `{unknown[0]}`")
        self._coming.append(change)
        self._coming.sort(key=lambda one: one.time)

    def reports(self, start: int, end: int) -> Reported:
        """What is reported from `start` until before `end`. Spans are asked for in the order of time if there are
        changes."""
        fleet = self.fleet
        first = max((start - fleet.start_ns) // fleet.every_ns, 0)
        last = max(-((fleet.start_ns - end) // fleet.every_ns), first)
        times = self._times(first, last)
        flat = times[:, fleet.order].ravel()
        rows = slice(*np.searchsorted(flat, (start - fleet.start_ns, end - fleet.start_ns)).tolist())
        who = np.tile(fleet.order, last - first)[rows]
        time = flat[rows] + fleet.start_ns
        matrices = self._matrices(first, last, times)
        columns = {name: Column(matrix[:, fleet.order].ravel()[rows]) for name, matrix in matrices.items()}
        self._apply(columns, who, time, end)
        if first == 0 and len(who):
            begun = time < fleet.start_ns + fleet.every_ns
            for name, column in self._properties.items():
                there = column.take(who)
                columns[name] = Column(there.values, begun & there.mask())
        return Reported(who, time, columns, {name: symbols.texts for name, symbols in self._symbols.items()})

    def _times(self, first: int, last: int) -> Times:
        """Since the fleet's start."""
        return np.arange(first, last, dtype=np.int64)[:, None] * self.fleet.every_ns + self.fleet.phases

    def _matrices(self, first: int, last: int, times: Times) -> dict[str, NDArray[Any]]:
        """By field what all devices are at these reports; the last that was asked for is kept for the next span."""
        if self._made[:2] != (first, last) or not self._made[2]:
            made = {}
            for name, generator in self.fleet.fields.items():
                values = generator.values(Reports(first, last - first, self.fleet.keys[name], times))
                made[name] = np.broadcast_to(values, times.shape)
            self._made = (first, last, made)
        return self._made[2]

    def _apply(self, columns: Mapping[str, Column], who: Rows, time: Times, end: int) -> None:
        """What has been changed is different; in place."""
        back = {name for change in self._coming for name, value in change.fields.items() if value is None}
        made = {name: columns[name].values.copy() for name in back}
        for name, (held, values) in self._held.items():
            rows = np.flatnonzero(held[who])
            columns[name].values[rows] = values[who[rows]]
        due = [change for change in self._coming if change.time < end]
        del self._coming[: len(due)]
        for change in due:
            number = self.fleet.numbers[change.id]
            rows = np.flatnonzero((who == number) & (time >= change.time))
            for name, value in change.fields.items():
                column = columns[name].values
                self._hold(name, number, value, column.dtype)
                column[rows] = made[name][rows] if value is None else self._held[name][1][number]

    def _hold(self, name: str, number: int, value: Value, dtype: Any) -> None:
        if name not in self._held:
            self._held[name] = (np.zeros(len(self.fleet), dtype=np.bool_), np.zeros(len(self.fleet), dtype=dtype))
        held, values = self._held[name]
        held[number] = value is not None
        if value is not None:
            values[number] = self._stored(name, value)

    def _stored(self, name: str, value: Value) -> Any:
        """A value as columns have it."""
        if isinstance(value, str):
            return self._symbols.setdefault(name, Symbols()).code(value)
        return complex(*value) if isinstance(value, tuple) else value

    def _column(self, name: str, values: Sequence[Value]) -> Column:
        """The devices' values of a property."""
        known = np.array([value is not None for value in values])
        blank = next((value for value in values if value is not None), 0.0)
        stored = [self._stored(name, blank if value is None else value) for value in values]
        return Column(np.array(stored, dtype=DTYPES["text"] if name in self._symbols else None), known)


def _plain(value: Any, texts: Sequence[str] | None) -> Value:
    """A value of a column as it is elsewhere."""
    plain: bool | int | float | complex = value.item()
    if isinstance(plain, complex):
        return plain.real, plain.imag
    return plain if texts is None else texts[int(plain)]
