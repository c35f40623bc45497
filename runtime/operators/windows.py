"""Windows: samples kept in slices of time, combined at each window's end, and lowered to an aggregate's value."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.column import DTYPES, Column, Mask, Values
from ...stdlib.function import Combined
from ...stdlib.parts import (
    CACHE_LINE_WORDS,
    INTS,
    TABLES,
    Part,
    ring_slices,
)
from ...stdlib.tables import Tables
from ..flow import Flow
from ..frame import Frame, Instants, Keys, Rows
from ..kernels import slices as kernel
from ..kernels.jit import NEVER
from ..symbols import Symbols
from .node import Operator, Setting
from .samples import Samples, samples_of
from .slice_columns import Asked, Layout, Steps, steps_of
from .tables import Operations, SliceTables, TableState

ROOM_LEAST, GROWS_LEAST, GROWS_AT_MOST = 1024, 4, 64
"""There is room for so many windows of a shape at first; and so many times as much, at least and at most, when it is
full."""
NO_INTS: Rows = np.zeros(0, dtype=np.int64)
NO_TABLES: Mapping[Part, Tables] = {}


@dataclass
class WindowFlow:
    """What windows gave during a batch: at which instants, and the parts of each, a row (n, words) and tables."""

    frame: Frame
    instants: Instants
    rows: Rows
    store: "HasColumns"
    tables: Mapping[Part, Tables] = field(default_factory=dict)

    @cached_property
    def parts(self) -> "RowParts":
        """The rows by column, for all aggregates of the windows."""
        return RowParts(self.rows, self.store.columns)


class HasColumns(Protocol):
    """What says which numbers a row of parts has."""

    columns: tuple[str, ...]


@dataclass
class SliceFlow:
    """A store of slices as a flow: the windows that were closed on it, by node id."""

    windows: dict[str, WindowFlow]


class SlicesOperator(Operator):
    """`compiler.plan.Slices`, with all `compiler.plan.Window`s on it."""

    STATE: ClassVar[tuple[str, ...]] = ("slices", "heads", "opened", "bounds", "tables")
    SCRATCH: ClassVar[tuple[str, ...]] = ("words", "room")

    def __init__(
        self,
        setting: Setting,
        slices: p.Slices,
        windows: Sequence[tuple[str, p.Window]],
        asked: Sequence[Collection[Part]],
        sampled: Sequence[str],
        ahead: int,
        revise: int,
    ) -> None:
        """`asked`: the parts that are asked of each window; `sampled`: the types of the values that are sampled
        together; `ahead` (ns): how far samples may be ahead of the key's time (members of a group); `revise`: behind.
        """
        super().__init__(setting)
        self.sampled = sampled
        self.width = slices.width_ns
        self.windows = windows
        self.ahead = ahead
        longest = max(longest_ns(w) for _, w in windows)
        self.kept_ns = longest + revise
        kept = ring_slices(self.kept_ns + ahead, self.width)
        self.layout = Layout(slices.parts, kept, longest // self.width, len(windows))
        self.asked = [Asked(self.layout, parts) for parts in asked]
        self.asked_flags = np.array([one.flags for one in self.asked], dtype=np.int64)
        self.asked_words = np.full((len(windows), len(self.layout.columns)), -1, dtype=np.int64)
        for i, one in enumerate(self.asked):
            self.asked_words[i, : len(one.words)] = one.words
        self.words_given = max(len(one.words) for one in self.asked)
        self.words: Rows = np.zeros((0, self.layout.words), dtype=np.int64)
        self.heads: Rows = np.zeros((0, len(self.layout.unbegun)), dtype=np.int64)
        self.opened: Rows = np.zeros((0, len(self.layout.unopened)), dtype=np.int64)
        self.bounds: list[Rows] = [np.zeros(0, dtype=np.int64) for _ in windows]
        self.calendar = any(window.calendar is not None for _, window in windows)
        self.tables: dict[str, TableState] = {}
        self.kept_tables = [SliceTables(part, kept, self.tables) for part in TABLES if part in slices.parts]
        self.room = ROOM_LEAST

    @property
    def slices(self) -> Rows:
        """Of each key its slices, with what is open put back: `heads` and `opened` say so afterwards."""
        self._put_back(0, len(self.words))
        return self.words

    @slices.setter
    def slices(self, slices: Rows) -> None:
        self.words = slices

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, samples_of(frame, inputs, len(self.sampled)))

    def walk(self, frame: Frame, samples: Samples) -> SliceFlow:
        """Take the samples; give the windows that closed."""
        self.grow(frame.keys)
        at = self.layout
        times = samples.at[samples.sampled] if self.calendar else NO_INTS
        shapes, bounds = shapes_of(self.windows, self.bounds, times)
        shapes = np.column_stack([shapes, self.asked_flags])
        heads, ints, opened = self.heads.reshape(-1), self.words.reshape(-1), self.opened.reshape(-1)
        steps = self.steps(samples)
        wanted = np.zeros(len(steps.key) if self.kept_tables else 0, dtype=np.bool_)
        whole = np.empty(len(at.columns), dtype=np.int64)
        start, n = 0, len(steps.key)
        # When all close, the first of them tell how many there will be in all.
        room = min(self.room, ROOM_LEAST + n // 4)
        found = Closings.empty(len(self.windows), self.words_given, room, bool(self.kept_tables))
        while True:
            start = kernel.windows(
                start, steps.key, steps.row, steps.time, steps.last_time, steps.sampled, steps.at, steps.last_at,
                steps.value, steps.second, steps.made, steps.following, steps.opens, frame.running, self.ahead,
                self.width, at.flags, at.cols, at.rings, at.starts, heads, self.heads.shape[1], ints.view(np.float64),
                ints, at.words, opened.view(np.float64), opened, self.opened.shape[1], shapes, bounds, self.asked_words,
                whole.view(np.float64), whole, found.step, found.row, found.key, found.time, found.parts, wanted,
                found.counts,
            )  # fmt: skip
            if start == n:
                break
            # Twice what all will need if the rest is like what there was, within limits: only what is used costs.
            found = found.with_room(found.room * min(max(2 * n // (start + 1), GROWS_LEAST), GROWS_AT_MOST))
            self.room = found.room
        closed = [found.of(i, len(one.words)) for i, one in enumerate(self.asked)]
        tables = self._tables(samples, steps, wanted, closed, frame.keys) if self.kept_tables else [{} for _ in closed]
        return SliceFlow(
            {
                id_: c.flow(frame, one, t)
                for (id_, _), one, c, t in zip(self.windows, self.asked, closed, tables, strict=True)
            }
        )

    def steps(self, samples: Samples) -> Steps:
        """What the walk takes at a time."""
        return steps_of(samples, self.width, self.words.reshape(-1), self.layout)

    def _tables(
        self, samples: Samples, steps: Steps, wanted: Mask, closed: Sequence["Closed"], keys: int
    ) -> list[dict[Part, Tables]]:
        """The tables of what was closed, window by window; what was sampled is put in those of the slices."""
        taken = steps.samples(wanted, samples.sampled)
        ends = np.concatenate([c.time for c in closed])
        begins = np.concatenate([self._begins(i, c.time) for i, c in enumerate(closed)])
        window = np.repeat(np.arange(len(closed)), [len(c.time) for c in closed])
        # What closes at an instant closes before its sample is taken.
        turns = np.concatenate([*(2 * steps.instants(c.step) for c in closed), 2 * taken + 1])
        order = np.argsort(turns, kind="stable")
        nothing = np.zeros(len(taken), dtype=np.int64)
        operations = Operations(
            np.concatenate([*(c.key for c in closed), samples.key[taken]])[order],
            np.concatenate([begins // self.width, samples.at[taken] // self.width])[order],
            np.concatenate([(ends - 1) // self.width, nothing - 1])[order],
            np.concatenate([np.zeros(len(ends)), samples.value[taken]])[order],
            len(ends),
        )
        of = window[order[order < len(ends)]]
        texts = self.setting.symbols if self.sampled[0] == "text" else None
        found = {kept.part: kept.run(operations, keys, texts) for kept in self.kept_tables}
        return [
            {part: tables.take(np.flatnonzero(of == i)) for part, tables in found.items()} for i in range(len(closed))
        ]

    def _begins(self, i: int, end: Rows) -> Rows:
        """Where the i-th windows that end at these times begin."""
        width = self.windows[i][1].width_ns
        if width is not None:
            return end - width
        bounds = self.bounds[i]
        return bounds[np.searchsorted(bounds, end - 1, side="right") - 1] if len(end) else end

    def grow(self, keys: int) -> None:
        """Have room for so many keys."""
        if len(self.words) < keys:
            room = max(keys, 2 * len(self.words), 16)
            keys_before, at = len(self.words), self.layout
            words, heads, opened = (lines(room, n) for n in (at.words, len(at.unbegun), len(at.unopened)))
            words[:keys_before], heads[:keys_before], opened[:keys_before] = self.words, self.heads, self.opened
            at.begin(words[keys_before:])
            heads[keys_before:], opened[keys_before:] = at.unbegun, at.unopened
            self.words, self.heads, self.opened = words, heads, opened

    # -- One key's, for what came too late --------------------------------------------------------------------------

    def passed(self, key: int) -> int:
        """The time that the key's windows have come to; -1 if it has none."""
        if key >= len(self.heads):
            return -1
        self._put_back(key, key + 1)
        return int(self.heads[key, kernel.PASSED])

    def _put_back(self, first: int, end: int) -> None:
        """Put back what is open of these keys."""
        at, some = self.layout, slice(first, end)
        kernel.put_all_back(
            end - first, self.opened[some].reshape(-1), self.opened.shape[1], self.heads[some].reshape(-1),
            self.heads.shape[1], self.words[some].reshape(-1), at.words, at.rings, at.starts, at.cols,
        )  # fmt: skip

    def take(self, key: int, time: int, values: Sequence[float], ends: Sequence[int | None]) -> None:
        """Put a sample of the past in its slice; `ends`: of each window the first end that is open and holds it."""
        self._put_back(key, key + 1)
        at, head, words = self.layout, self.heads[key], self.words[key]
        shapes_of(self.windows, self.bounds, np.array([time]))
        kernel.add(
            words.view(np.float64), words, 0, time // self.width, at.rings, at.starts, at.cols, at.flags, values[0],
            values[-1], time,
        )  # fmt: skip
        next_ends = head[kernel.HEADER : kernel.HEADER + len(ends)]
        for w, end in enumerate(ends):
            if end is not None:
                next_ends[w] = min(end, next_ends[w])
        head[kernel.SOONEST] = next_ends.min()
        head[kernel.SETTLED] = head[kernel.OPEN] = NEVER
        self.opened[key, kernel.LATEST] = max(self.opened[key, kernel.LATEST], time)
        self._on_tables(key, time // self.width, -1, values[0], 0)

    def parts_between(self, key: int, begin: int, end: int) -> tuple[Rows, Mapping[Part, Tables]]:
        """What the key keeps of the samples of [begin, end), in one row and tables."""
        self._put_back(key, key + 1)
        at, words = self.layout, self.words[key]
        row = np.zeros(len(at.columns), dtype=np.int64)
        first, last = begin // self.width, (end - 1) // self.width
        kernel.combine(
            words.view(np.float64), words, 0, first, last, at.rings, at.starts, at.cols, at.flags, row.view(np.float64),
            row, 0,
        )  # fmt: skip
        return row[None, :], self._on_tables(key, first, last, 0.0, 1)

    def _on_tables(self, key: int, first: int, last: int, value: float, joins: int) -> dict[Part, Tables]:
        one = Operations(np.array([key]), np.array([first]), np.array([last]), np.array([value]), joins)
        texts = self.setting.symbols if self.sampled[0] == "text" else None
        return {kept.part: kept.run(one, key + 1, texts) for kept in self.kept_tables}


def shapes_of(
    windows: Sequence[tuple[str, p.Window]], bounds: list[Rows], times: Rows
) -> tuple[NDArray[np.int64], Rows]:
    """The windows for the kernel, and the calendar's bounds that they may need: `bounds`, one array for each window,
    which are brought to cover the times."""
    shapes = np.zeros((len(windows), 4), dtype=np.int64)
    at = 0
    for i, (_, window) in enumerate(windows):
        if window.calendar is not None and len(times):
            bounds[i] = _cover(bounds[i], window, int(times.min()), int(times.max()))
        shapes[i] = (window.width_ns or 0, window.every_ns or 0, at, at + len(bounds[i]))
        at += len(bounds[i])
    return shapes, np.concatenate(bounds)


def longest_ns(window: p.Window) -> int:
    """How far back a window reaches from its end, at most."""
    if window.width_ns is not None:
        return window.width_ns
    assert window.calendar is not None
    days = {"today": 1, "this_week": 7, "this_month": 31, "this_year": 366}[window.calendar]
    # Clocks are put back by an hour, at most.
    return (24 * days + 1) * 3_600_000_000_000


def _cover(bounds: Rows, window: p.Window, first: int, last: int) -> Rows:
    """Calendar bounds that reach beyond these times, as far as windows on them may end."""
    margin = 2 * longest_ns(window)
    if len(bounds) and bounds[0] < first - margin and bounds[-1] > last + margin:
        return bounds
    low = min(first, int(bounds[0]) if len(bounds) else first) - 2 * margin
    high = max(last, int(bounds[-1]) if len(bounds) else last) + 4 * margin
    return calendar_bounds(window, max(low, 0), high)


def calendar_bounds(window: p.Window, first: int, last: int) -> Rows:
    """The starts (ns) of the calendar's units in the window's zone that cover first to last, ascending."""
    zone = ZoneInfo(window.zone)
    day = datetime.fromtimestamp(first // 1_000_000_000, tz=UTC).astimezone(zone).date() - timedelta(days=2)
    if window.calendar == "this_week":
        day -= timedelta(days=day.weekday())
    elif window.calendar == "this_month":
        day = day.replace(day=1)
    elif window.calendar == "this_year":
        day = day.replace(month=1, day=1)
    bounds: list[int] = []
    while not bounds or bounds[-1] <= last:
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        bounds.append(int(start.timestamp()) * 1_000_000_000)
        if window.calendar == "today":
            day += timedelta(days=1)
        elif window.calendar == "this_week":
            day += timedelta(days=7)
        elif window.calendar == "this_month":
            day = (day + timedelta(days=31)).replace(day=1)
        else:
            day = day.replace(year=day.year + 1)
    return np.array(bounds, dtype=np.int64)


@dataclass
class Closed:
    """The windows of one shape that closed in a batch: at which steps of the walk (nothing if nobody asks), and what
    was given out."""

    step: Rows
    row: Rows
    key: Keys
    time: Rows
    rows: Rows

    def flow(self, frame: Frame, asked: Asked, tables: Mapping[Part, Tables]) -> WindowFlow:
        instants = Instants(self.row, self.key, self.time, np.ones(len(self.row), dtype=np.bool_))
        return WindowFlow(frame, instants, self.rows, asked, tables)


@dataclass
class Closings:
    """Room for what closes in a batch, of each shape of windows: as `Closed`, with the parts by column.

    counts (w,): how many closed; step (nothing if nobody asks), row, key, time (w, room); parts (w, words, room).
    """

    counts: Rows
    step: Rows
    row: Rows
    key: NDArray[np.int32]
    time: Rows
    parts: Rows

    @classmethod
    def empty(cls, windows: int, words: int, room: int, steps: bool) -> "Closings":
        """For so many windows of each shape."""
        step = np.empty((windows, room if steps else 0), dtype=np.int64)
        row, time = (np.empty((windows, room), dtype=np.int64) for _ in range(2))
        key = np.empty((windows, room), dtype=np.int32)
        return cls(np.zeros(windows, np.int64), step, row, key, time, np.empty((windows, words, room), np.int64))

    @property
    def room(self) -> int:
        return int(self.row.shape[1])

    def with_room(self, room: int) -> "Closings":
        """The same, with room for more."""
        windows, words, _ = self.parts.shape
        wider = Closings.empty(windows, words, room, self.step.shape[1] > 0)
        wider.counts = self.counts
        for old, new in (
            (self.step, wider.step), (self.row, wider.row), (self.key, wider.key), (self.time, wider.time),
            (self.parts, wider.parts),
        ):  # fmt: skip
            new[..., : old.shape[-1]] = old
        return wider

    def of(self, i: int, words: int) -> Closed:
        """The windows of the i-th shape, of which so many words are asked."""
        some = slice(self.counts[i])
        return Closed(
            self.step[i, some], self.row[i, some], self.key[i, some], self.time[i, some], self.parts[i, :words, some].T
        )


class WindowOperator(Operator):
    """`compiler.plan.Window`: picks what its slices closed for it."""

    def __init__(self, setting: Setting, id_: str) -> None:
        super().__init__(setting)
        self.id = id_

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Any:
        return inputs[0].windows[self.id]


class AggregateOperator(Operator):
    """`compiler.plan.Aggregate`.

    `first_end` is, by key, the first end of a window that may be shown, for keys that were there when a plan was
    replaced (`runtime.migrating`); the windows before hold samples from before.
    """

    STATE = ("first_end",)

    def __init__(self, setting: Setting, aggregate: p.Aggregate, type_name: str, sampled: str) -> None:
        """`sampled` is the type of what is sampled."""
        super().__init__(setting)
        self.value = AggregateValue(setting.symbols, aggregate.function, aggregate.option, type_name, sampled)
        self.first_end: Rows = np.zeros(0, dtype=np.int64)

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Flow:
        window: WindowFlow = inputs[0]
        instants, parts, tables = window.instants, window.parts, window.tables
        if len(self.first_end):
            of = np.minimum(instants.key, len(self.first_end) - 1)
            shown = (instants.key >= len(self.first_end)) | (instants.time >= self.first_end[of])
            instants, parts = instants.take(shown), RowParts(window.rows[shown], window.store.columns)
            tables = {part: table.take(np.flatnonzero(shown)) for part, table in tables.items()}
        return self.sparse(frame, instants, self.value.of_parts(parts, tables))


class AggregateValue:
    """An aggregate function at work: values of what is left of many samples."""

    def __init__(
        self, symbols: Symbols, function: str, option: float | None, type_name: str, sampled: str | None
    ) -> None:
        self.symbols = symbols
        self.function = AGGREGATES[function]
        self.options = () if option is None else (option,)
        self.table = next((part for part in self.function.parts if part in TABLES), None)
        self.type_name = type_name
        self.sampled = sampled

    def of(self, rows: Rows, columns: Sequence[str], tables: Mapping[Part, Tables] = NO_TABLES) -> Column:
        """Its values of rows of parts (n, words), of which these are the columns, and of tables."""
        return self.of_parts(RowParts(rows, columns), tables)

    def of_parts(self, parts: "RowParts", tables: Mapping[Part, Tables] = NO_TABLES) -> Column:
        """Its values of rows of parts by column, and of tables."""
        table = None if self.table is None else tables[self.table]
        texts: Sequence[str] = self.symbols.texts if self.sampled == "text" else ()
        if self.sampled == "bool":
            texts = ("false", "true")
        return self._typed(self.function.lower(Combined(parts, table, texts), *self.options))

    def _typed(self, column: Column) -> Column:
        """What is kept as floats (codes of texts, truth values) as what it was; texts as their codes."""
        values = self.symbols.encode(column.values.tolist()) if column.values.dtype == object else column.values
        return Column(values.astype(DTYPES[self.type_name], copy=False), column.known)


def lines(keys: int, words: int) -> Rows:
    """An array (keys, words) of zeros that begins where a line of the processor's cache does."""
    whole = np.zeros(keys * words + CACHE_LINE_WORDS, dtype=np.int64)
    skip = -(whole.ctypes.data // 8) % CACHE_LINE_WORDS
    return whole[skip : skip + keys * words].reshape(keys, words)


class RowParts(Mapping[str, Values]):
    """The columns of rows of parts, by name; each is taken out of the rows when it is asked for."""

    def __init__(self, rows: Rows, columns: Sequence[str]) -> None:
        self.rows = rows
        self.columns = columns
        self.found: dict[str, Values] = {}

    def __getitem__(self, name: str) -> Values:
        if name not in self.columns:
            raise KeyError(name)
        if name not in self.found:
            column = np.ascontiguousarray(self.rows[:, self.columns.index(name)])
            self.found[name] = column if name in INTS else column.view(np.float64)
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)
