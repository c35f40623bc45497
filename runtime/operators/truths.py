"""Truth over time: `C for D`, `no x for D`, edges, schedules."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column
from ..flow import Dense, Flow, Held, Sparse, positions, truth, truths_over_rows, updates
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen
from ..kernels import episodes
from ..kernels.episodes import SILENT, UNKNOWN
from ..kernels.jit import NEVER
from ..lanes import column_of, one_lane
from .lasting import Lasting, held_as
from .node import Operator, Setting

DAY_NS = 86_400_000_000_000
Kernel = Callable[..., int]
NO_TRUTHS = np.zeros(0, dtype=np.int8)
NOWHERE = Column(np.zeros(0, dtype=np.bool_))


class Buffer:
    """Room for what an episode kernel gives out: changes of truth at instants. Grown when a kernel finds it full."""

    def __init__(self) -> None:
        self.size = 1024

    def fill(self, count: int, step: Callable[[int, list[NDArray[Any]]], int]) -> tuple[Instants, NDArray[np.int8]]:
        """Call `step(start, [row, key, time, timer, truth, counts])` until it has walked over `count` instants."""
        if count == 0:
            return NO_INSTANTS, NO_TRUTHS
        size = self.size
        out: list[NDArray[Any]] = [
            np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int64),
            np.empty(size, dtype=np.bool_), np.empty(size, dtype=np.int8),
        ]  # fmt: skip
        pieces: list[list[NDArray[Any]]] = []
        start = 0
        while start < count:
            counts = np.zeros(1, dtype=np.int64)
            start = step(start, [*out, counts])
            if counts[0] == 0 and start >= count and not pieces:
                return NO_INSTANTS, NO_TRUTHS
            pieces.append([a[: counts[0]].copy() for a in out])
        if len(pieces) > 1:
            self.size = 4 * size
        row, key, time, timer, truths = (
            pieces[0] if len(pieces) == 1 else [np.concatenate([piece[i] for piece in pieces]) for i in range(5)]
        )
        return Instants(row, key, time, timer), truths


class HoldsOperator(Operator):
    """`compiler.plan.Holds`: alone, or a lane of a family (`runtime.families`), which is run for it."""

    STATE = ("due", "given")
    SCRATCH = ("buffer", "lasting")

    def __init__(self, setting: Setting, duration: int) -> None:
        self.duration = duration
        self.lane = 0
        super().__init__(setting)
        self.buffer = Buffer()

    @cached_property
    def lasting(self) -> Lasting:
        """Its own, unless a family has given it a lane of that of many."""
        return Lasting([self.duration])

    @property
    def due(self) -> Rows:
        """When, by key, it will have held for so long; NEVER."""
        due: Rows = self.lasting.due[self.lane]
        return due

    @due.setter
    def due(self, due: Rows) -> None:
        self.lasting.set("due", self.lane, due)

    @property
    def given(self) -> NDArray[np.int8]:
        """The truth given last, by key."""
        given: NDArray[np.int8] = self.lasting.given[self.lane]
        return given

    @given.setter
    def given(self, given: NDArray[np.int8]) -> None:
        self.lasting.set("given", self.lane, given)

    @property
    def held(self) -> Held | None:
        """What it is now: that follows from what was given last."""
        return self.lasting.held(self.lane)

    @held.setter
    def held(self, held: Held | None) -> None:
        pass

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        flow = inputs[0]
        if not isinstance(flow, Sparse):
            return self._walk(frame, *truths_over_rows(frame, flow))
        return self.lasting.run(frame, one_lane(flow.instants, truth(flow.column, len(flow.instants)))).flow(frame, 0)

    def waits(self) -> bool:
        return self.lasting.waits()

    def _walk(self, frame: Frame, at: Instants, truths: NDArray[np.int8]) -> Flow:
        self.lasting.grow(frame.keys)

        def step(start: int, out: list[NDArray[Any]]) -> int:
            return episodes.holds(
                start, at.key, at.row, at.time, at.timer, truths, self.duration, frame.running, self.due, self.given,
                *out,
            )  # fmt: skip

        given = self.given.copy()
        instants, changed = self.buffer.fill(len(at), step)
        column = column_of(changed)

        def look(asked: Instants) -> Column:
            return held_as(given).look(positions(frame, asked, instants), asked.key, column)

        return Sparse(frame, instants, column, None, look=look)


class QuietOperator(Operator):
    """`compiler.plan.Quiet`."""

    STATE = ("due", "given")
    SCRATCH = ("buffer",)

    def __init__(self, setting: Setting, duration: int) -> None:
        super().__init__(setting)
        self.duration = duration
        self.due: Rows = np.zeros(0, dtype=np.int64)
        self.given = np.zeros(0, dtype=np.int8)
        self.buffer = Buffer()

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.due = first_seen(self.due, frame.keys, NEVER)
        self.given = first_seen(self.given, frame.keys, SILENT)
        at, happened = happenings_over_rows(frame, inputs[0])

        def step(start: int, out: list[NDArray[Any]]) -> int:
            return episodes.quiet(
                start,
                at.key,
                at.row,
                at.time,
                at.timer,
                happened,
                self.duration,
                frame.running,
                self.due,
                self.given,
                *out,
            )

        instants, changed = self.buffer.fill(len(at), step)
        return self.sparse(frame, instants, column_of(changed))


def happenings_over_rows(frame: Frame, flow: Flow) -> tuple[Instants, NDArray[np.int8]]:
    """Every base row and every update of a flow, and whether it HAPPENS there (a known value is updated)."""
    if isinstance(flow, Dense) and flow.moments is None:
        known = flow.updated() & frame.event
        known = known if flow.column.known is None else known & flow.column.known
        return frame.rows, np.where(known, np.int8(episodes.HAPPENS), frame.event.view(np.int8))
    parts = updates(flow)
    if parts is None:
        return frame.rows, frame.event.view(np.int8)
    instants, (at,) = frame.merge([parts], base=True)
    happened = (instants.timer | frame.event[instants.row]).view(np.int8)
    column = flow.at(parts)
    happened[at[column.mask()]] = episodes.HAPPENS
    return instants, happened


class EdgeOperator(Operator):
    """`compiler.plan.Edge`."""

    STATE = ("last",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.last = np.zeros(0, dtype=np.int8)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.last = first_seen(self.last, frame.keys, UNKNOWN)
        flow = inputs[0]
        if isinstance(flow, Sparse):
            at, truths = flow.instants, truth(flow.column, len(flow.instants))
            if len(at) == 0:
                return Sparse(frame, NO_INSTANTS, NOWHERE, None, event=True)
        else:
            at, truths = truths_over_rows(frame, flow)
        out = np.empty(len(at), dtype=np.int64)
        instants = at.take(out[: episodes.edges(at.key, truths, self.last, out)])
        return Sparse(frame, instants, Column(np.ones(len(instants), dtype=np.bool_)), None, event=True)


class ScheduleOperator(Operator):
    """`compiler.plan.Schedule`."""

    STATE = ("given", "following", "bounds")
    SCRATCH = ("buffer",)

    def __init__(self, setting: Setting, schedule: p.Schedule) -> None:
        super().__init__(setting)
        self.schedule = schedule
        self.given = np.zeros(0, dtype=np.int8)
        self.following: Rows = np.zeros(0, dtype=np.int64)
        self.bounds: Rows = np.zeros(0, dtype=np.int64)
        self.buffer = Buffer()

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.given = first_seen(self.given, frame.keys, SILENT)
        self.following = first_seen(self.following, frame.keys, 0)
        at = frame.rows if frame.end_row is None else frame.rows.take(np.arange(frame.running))
        if len(at):
            self._cover(int(at.time.min()), int(at.time.max()))

        def step(start: int, out: list[NDArray[Any]]) -> int:
            return episodes.schedule(
                start, at.key, at.row, at.time, frame.event, self.bounds, self.given, self.following, *out
            )

        instants, changed = self.buffer.fill(len(at), step)
        return self.sparse(frame, instants, column_of(changed))

    def _cover(self, first: int, last: int) -> None:
        """Have all bounds from before `first` to after `last`."""
        if len(self.bounds) and self.bounds[0] < first and self.bounds[-1] > last:
            return
        low = min(first, int(self.bounds[0]) if len(self.bounds) else first)
        high = max(last, int(self.bounds[-1]) if len(self.bounds) else last)
        fresh = schedule_bounds(self.schedule, low - 9 * DAY_NS, high + 400 * DAY_NS)
        if len(self.bounds):
            self.following[self.given != SILENT] += int(np.searchsorted(fresh, self.bounds[0]))
        self.bounds = fresh


def schedule_bounds(schedule: p.Schedule, first: int, last: int) -> Rows:
    """The times (ns) between two times at which a schedule turns true (even places) and false (odd ones), ascending.

    Spans that touch or overlap are one.
    """
    zone = ZoneInfo(schedule.zone)
    day = datetime.fromtimestamp(first // 1_000_000_000, tz=UTC).date() - timedelta(days=2)
    end_day = datetime.fromtimestamp(last // 1_000_000_000, tz=UTC).date() + timedelta(days=2)
    spans: list[list[int]] = []
    while day <= end_day:
        if day.weekday() in schedule.days:
            begin = _local(day, schedule.start_minute, zone)
            past_midnight = schedule.end_minute <= schedule.start_minute
            end = _local(day + timedelta(days=1) if past_midnight else day, schedule.end_minute, zone)
            if spans and begin <= spans[-1][1]:
                spans[-1][1] = max(end, spans[-1][1])
            elif end > begin:
                spans.append([begin, end])
        day += timedelta(days=1)
    bounds = np.array([b for span in spans for b in span], dtype=np.int64)
    keep = np.searchsorted(bounds, first)
    return bounds[keep - keep % 2 :]


def _local(day: Any, minute: int, zone: ZoneInfo) -> int:
    """The time (ns) of a local time of day."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    return int(local.timestamp()) * 1_000_000_000
