"""Windows: samples kept in slices of time, combined at each window's end, and lowered to an aggregate's value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.column import DTYPES, Column, Mask, Values
from ...stdlib.function import Combined
from ..flow import Dense, Flow, Sparse, kernel_ready, updates, where_true
from ..frame import Frame, Instants, Keys, Rows, first_seen
from ..kernels import slices as kernel
from ..kernels.jit import NEVER
from .node import Operator, Setting

PARTS = ("count", "true", "sum", "squares", "min", "max", "first", "last")
SLICE_MAX = 1 << 22


@dataclass
class Samples:
    """What a walk takes: instants in order, at some of which there is a sample.

    row, key, time: as `Instants`; sampled (n,): is there a sample; at (n,): the time that decides its slice; value
    (n,).
    """

    row: Rows
    key: Keys
    time: Rows
    sampled: Mask
    at: Rows
    value: Values


@dataclass
class WindowFlow:
    """What windows closed during a batch: at which instants (their ends), and the parts of each."""

    frame: Frame
    instants: Instants
    parts: NDArray[np.float64]
    times: NDArray[np.int64]


@dataclass
class SliceFlow:
    """A store of slices as a flow: the windows that were closed on it, by node id."""

    windows: dict[str, WindowFlow]


class SlicesOperator(Operator):
    """`compiler.plan.Slices`, with all `compiler.plan.Window`s on it."""

    def __init__(
        self, setting: Setting, slices: p.Slices, windows: Sequence[tuple[str, p.Window]], ahead: int, revise: int
    ) -> None:
        """`ahead` (ns): how far samples may be ahead of the key's time (members of a group); `revise`: behind."""
        super().__init__(setting)
        self.width = slices.width_ns
        self.flags = 0
        for part in slices.parts:
            self.flags |= 1 << PARTS.index(part)
        self.windows = windows
        self.ahead = ahead
        self.kept_ns = max(_longest(w) for _, w in windows) + revise
        self.ring = (self.kept_ns + ahead) // self.width + 3
        self.parts = np.zeros((0, self.ring, kernel.COLUMNS))
        self.times = np.zeros((0, self.ring, 3), dtype=np.int64)
        self.passed: Rows = np.zeros(0, dtype=np.int64)
        self.latest: Rows = np.zeros(0, dtype=np.int64)
        self.next_end = np.zeros((0, len(windows)), dtype=np.int64)
        self.was_empty = np.zeros((0, len(windows)), dtype=np.bool_)
        self.bounds: list[Rows] = [np.zeros(0, dtype=np.int64) for _ in windows]
        self.capacity = 1024

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, samples_of(frame, inputs[0], inputs[1] if len(inputs) > 1 else None))

    def walk(self, frame: Frame, samples: Samples) -> SliceFlow:
        """Take the samples; give the windows that closed."""
        self.grow(frame.keys)
        shapes, bounds = self._shapes(samples)
        w = len(self.windows)
        pieces: list[list[list[NDArray[Any]]]] = [[] for _ in range(w)]
        start, n = 0, len(samples.key)
        while start < n:
            counts = np.zeros(w, dtype=np.int64)
            out = (
                np.empty((w, self.capacity), dtype=np.int64), np.empty((w, self.capacity), dtype=np.int32),
                np.empty((w, self.capacity), dtype=np.int64), np.empty((w, self.capacity, kernel.COLUMNS)),
                np.empty((w, self.capacity, 2), dtype=np.int64),
            )  # fmt: skip
            start = kernel.windows(
                start, samples.key, samples.row, samples.time, samples.sampled, samples.at, samples.value,
                frame.running, self.ahead, self.width, self.ring, self.flags, self.parts, self.times,
                shapes, bounds, self.passed, self.latest, self.next_end, self.was_empty, *out, counts,
            )  # fmt: skip
            for i in range(w):
                pieces[i].append([a[i, : counts[i]].copy() for a in out])
            if start < n:
                self.capacity = min(4 * self.capacity, SLICE_MAX)
        return SliceFlow({id_: self._window(frame, pieces[i]) for i, (id_, _) in enumerate(self.windows)})

    def _window(self, frame: Frame, pieces: list[list[NDArray[Any]]]) -> WindowFlow:
        if not pieces:
            empty = np.zeros(0, dtype=np.int64)
            instants = Instants(empty, np.zeros(0, dtype=np.int32), empty, np.zeros(0, dtype=np.bool_))
            return WindowFlow(frame, instants, np.zeros((0, kernel.COLUMNS)), np.zeros((0, 2), dtype=np.int64))
        row, key, time, parts, times = (np.concatenate([piece[i] for piece in pieces]) for i in range(5))
        return WindowFlow(frame, Instants(row, key, time, np.ones(len(row), dtype=np.bool_)), parts, times)

    def grow(self, keys: int) -> None:
        """Have room for so many keys."""
        if len(self.passed) >= keys:
            return
        self.parts = first_seen(self.parts, keys, 0.0)
        self.times = first_seen(self.times, keys, -1)
        self.passed = first_seen(self.passed, keys, -1)
        self.latest = first_seen(self.latest, keys, -1)
        self.was_empty = first_seen(self.was_empty, keys, True)
        self.next_end = first_seen(self.next_end, keys, NEVER)

    def _shapes(self, samples: Samples) -> tuple[NDArray[np.int64], Rows]:
        """The windows for the kernel, and the calendar's bounds that they may need."""
        shapes = np.zeros((len(self.windows), 4), dtype=np.int64)
        at = 0
        for i, (_, window) in enumerate(self.windows):
            if window.calendar is not None:
                self.bounds[i] = _cover(self.bounds[i], window, samples)
            shapes[i] = (window.width_ns or 0, window.every_ns or 0, at, at + len(self.bounds[i]))
            at += len(self.bounds[i])
        return shapes, np.concatenate(self.bounds)


def _longest(window: p.Window) -> int:
    if window.width_ns is not None:
        return window.width_ns
    assert window.calendar is not None
    days = {"today": 1, "this_week": 7, "this_month": 31, "this_year": 366}[window.calendar]
    # Clocks are put back by an hour, at most.
    return (24 * days + 1) * 3_600_000_000_000


def _cover(bounds: Rows, window: p.Window, samples: Samples) -> Rows:
    """Calendar bounds that reach beyond all the samples, as far as windows on them may end."""
    if not samples.sampled.any():
        return bounds
    at = samples.at[samples.sampled]
    first, last = int(at.min()), int(at.max())
    margin = 2 * _longest(window)
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


def numbers(column: Column) -> Values:
    """A column's values as floats; bools as 0 and 1."""
    return kernel_ready(np.ascontiguousarray(column.values, dtype=np.float64))


def samples_of(frame: Frame, value: Flow, where: Flow | None) -> Samples:
    """The samples of a node of the frame's own timeline."""
    if isinstance(value, Dense) and value.moments is None and not isinstance(where, Sparse):
        sampled = value.updated() & frame.event
        if value.column.known is not None:
            sampled &= value.column.known
        if where is not None:
            sampled = sampled & where_true(where.at(frame.rows), len(frame))
        return Samples(
            frame.rows.row, frame.key, frame.time, np.ascontiguousarray(sampled), frame.time, numbers(value.column)
        )
    at, known, values = taken(value, where)
    instants, (position,) = frame.merge([at], base=True)
    sampled = np.zeros(len(instants), dtype=np.bool_)
    sampled[position] = known
    number = np.zeros(len(instants))
    number[position] = values
    return Samples(instants.row, instants.key, instants.time, sampled, instants.time - instants.timer, number)


def taken(value: Flow, where: Flow | None) -> tuple[Instants, Mask, Values]:
    """A flow's updates, at which of them it is known and `where` is true, and its values as floats."""
    at = updates(value)
    if at is None:
        raise AssertionError("a window over a constant is folded by the compiler")
    column = value.at(at)
    known = column.mask().copy()
    if where is not None:
        known &= where_true(where.at(at), len(at))
    return at, known, numbers(column)


class WindowOperator(Operator):
    """`compiler.plan.Window`: picks what its slices closed for it."""

    def __init__(self, setting: Setting, id_: str) -> None:
        super().__init__(setting)
        self.id = id_

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Any:
        return inputs[0].windows[self.id]


class AggregateOperator(Operator):
    """`compiler.plan.Aggregate`."""

    def __init__(self, setting: Setting, function: str, type_name: str) -> None:
        super().__init__(setting)
        self.function = AGGREGATES[function]
        self.type_name = type_name

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Flow:
        window: WindowFlow = inputs[0]
        column = lowered(self.function.lower, window.parts, window.times)
        return self.sparse(frame, window.instants, as_type(column, self.type_name))


def as_type(column: Column, type_name: str) -> Column:
    """What slices keep as floats (codes of texts, truth values) as what it was."""
    return Column(column.values.astype(DTYPES[type_name], copy=False), column.known)


def lowered(lower: Any, parts: NDArray[np.float64], times: NDArray[np.int64] | None) -> Column:
    """An aggregate's values of combined parts (n, 9)."""
    by_name: dict[str, Values] = {name: np.ascontiguousarray(parts[:, i]) for i, name in enumerate(PARTS)}
    if times is not None:
        by_name["first_time"], by_name["last_time"] = (
            np.ascontiguousarray(times[:, 0]),
            np.ascontiguousarray(times[:, 1]),
        )
    column: Column = lower(Combined(by_name, np.ascontiguousarray(parts[:, -1])))
    return column
