"""Where values come from: constants, keys, time, and the fields of messages."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import DTYPES, Column, Mask
from ..flow import Constant, Dense, Flow, Sparse
from ..frame import Frame, Instants, Rows, first_seen
from ..kernels.held import held, put_by_key, staleness
from .node import Operator, Setting


class ConstantOperator(Operator):
    """`compiler.plan.Constant`."""

    def __init__(self, setting: Setting, value: Any, type_name: str) -> None:
        super().__init__(setting)
        self.flow = Constant(constant_column(setting, value, type_name))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        return self.flow


def constant_column(setting: Setting, value: Any, type_name: str) -> Column:
    """A column of length 1."""
    if value is None:
        return Column(np.zeros(1, dtype=DTYPES[type_name]), np.zeros(1, dtype=np.bool_))
    if isinstance(value, str):
        value = setting.symbols.code(value)
    elif isinstance(value, tuple):
        value = complex(*value)
    return Column(np.array([value], dtype=DTYPES[type_name]))


class KeyOperator(Operator):
    """`compiler.plan.Key`: the texts of a timeline's keys; never updated.

    `codes` are those of the keys that somebody has asked about, -1 of the others: most are never told.
    """

    STATE = ("codes",)

    def __init__(self, setting: Setting, timeline: str, index: int) -> None:
        super().__init__(setting)
        self.timeline = timeline
        self.index = index
        self.codes = np.zeros(0, dtype=np.int32)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.codes = first_seen(self.codes, frame.keys, -1)

        def look(instants: Instants) -> Column:
            codes = self.codes[instants.key]
            unasked = list(dict.fromkeys(instants.key[codes < 0].tolist()))
            if unasked:
                shown = self.setting.gathered.shown[self.timeline]
                self.codes[unasked] = self.setting.symbols.encode([shown(k)[self.index] for k in unasked])
                codes = self.codes[instants.key]
            return Column(codes)

        return Dense(frame, None, _never(frame), look)


class NowOperator(Operator):
    """`compiler.plan.Now`: the time of the instant; never updated."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        def look(instants: Instants) -> Column:
            return Column(instants.time)

        return Dense(frame, None, _never(frame), look, volatile=True)


def _never(frame: Frame) -> Callable[[], Mask]:
    return lambda: np.zeros(len(frame), dtype=np.bool_)


class FieldState:
    """One field of a device type on one timeline: what each device holds, and what this batch does to it.

    Shared by the operators that ask about the field. Values are looked up by the row they came from; -1 is what was
    held before the batch.
    """

    STATE = ("values", "held_time", "earlier_values", "earlier_time")
    SCRATCH = ("frame", "message", "walked", "plain", "took", "source", "source_time", "before", "before_time")

    def __init__(self, name: str, type_name: str) -> None:
        self.name = name
        self.values: NDArray[Any] = np.zeros(0, dtype=DTYPES[type_name])
        self.held_time: Rows = np.zeros(0, dtype=np.int64)
        self.remembers = False
        self.earlier_values = self.values
        self.earlier_time = self.held_time
        self.frame: Frame | None = None

    def remember(self) -> None:
        """Keep what was held before the newest value, too."""
        self.remembers = True

    def begin(self, frame: Frame) -> None:
        """Take a batch, once, whoever asks first."""
        if frame is self.frame:
            return
        self.frame = frame
        self.values = first_seen(self.values, frame.keys, 0)
        self.held_time = first_seen(self.held_time, frame.keys, -1)
        if self.remembers:
            self.earlier_values = first_seen(self.earlier_values, frame.keys, 0)
            self.earlier_time = first_seen(self.earlier_time, frame.keys, -1)
        n = len(frame)
        message = frame.fields.get(self.name)
        self.message = (
            Column(np.zeros(n, dtype=self.values.dtype), np.zeros(n, dtype=np.bool_)) if message is None else message
        )
        self.walked = False
        # The common case needs no walk: every row carries the field, and none is late.
        self.plain = message is not None and message.known is None and frame.in_order and frame.all_events

    def walk(self) -> None:
        """Find out row by row what is held."""
        if self.walked:
            return
        self.walked = True
        frame = self.frame
        assert frame is not None
        if self.plain:
            self.took, self.source, self.source_time = frame.every, frame.rows.row, frame.time
            self.before, self.before_time = frame.previous, self._times(frame.previous, frame.key)
            return
        n = len(frame)
        if self.name not in frame.fields:
            # No row carries it: all hold what was held before.
            self.took = np.zeros(n, dtype=np.bool_)
            self.source = self.before = np.full(n, -1, dtype=np.int64)
            self.source_time = self.before_time = self.held_time[frame.key]
            return
        self.took = np.empty(n, dtype=np.bool_)
        self.source, self.source_time, self.before, self.before_time = (np.empty(n, dtype=np.int64) for _ in range(4))
        time = frame.time if frame.message_time is None else frame.message_time
        held(
            frame.key, time, self.message.mask(), self.held_time, frame.scratch,
            self.took, self.source, self.source_time, self.before, self.before_time,
        )  # fmt: skip

    def updated(self) -> Mask:
        """The rows whose own value was taken."""
        frame = self.frame
        assert frame is not None
        if self.plain:
            return frame.every
        self.walk()
        return self.took

    def after_rows(self) -> tuple[Column, Rows]:
        """The value held after each row (known if there is one), and its event time (-1: none)."""
        frame = self.frame
        assert frame is not None
        if self.plain:
            return self.message, frame.time
        self.walk()
        return self._pick(self.source, frame.key, self.source_time), self.source_time

    def at(self, instants: Instants) -> tuple[Column, Rows]:
        """The same at any instants."""
        frame = self.frame
        assert frame is not None
        if instants is frame.rows:
            return self.after_rows()
        if self.plain:
            row, timer = instants.row, instants.timer
            index = np.where(timer, frame.previous[row], row) if timer.any() else row
            times = self._times(index, instants.key)
            return self._pick(index, instants.key, times), times
        self.walk()
        index = np.where(instants.timer, self.before[instants.row], self.source[instants.row])
        time = np.where(instants.timer, self.before_time[instants.row], self.source_time[instants.row])
        return self._pick(index, instants.key, time), time

    def earlier_at(self, instants: Instants) -> tuple[Column, Rows]:
        """What was held before the value held at each instant, and its event time (-1: none)."""
        self.walk()
        newest = np.where(instants.timer, self.before[instants.row], self.source[instants.row])
        # Of a value of this batch, the walk knows what it replaced; of an older one, the state does.
        here = newest >= 0
        replaced = np.where(here, self.before[newest], -1)
        time = np.where(here, self.before_time[newest], self.earlier_time[instants.key])
        column = self._pick(replaced, instants.key, time)
        values = np.where(here, column.values, self.earlier_values[instants.key])
        return Column(values, column.known), time

    def _times(self, index: Rows, key: NDArray[np.int32]) -> Rows:
        """The event times of what came with these rows of a plain batch; of what was held before where they are -1."""
        assert self.frame is not None
        times = self.frame.time[index]
        old = index < 0
        if old.any():
            times[old] = self.held_time[key[old]]
        return times

    def _pick(self, index: Rows, key: NDArray[np.int32], time: Rows) -> Column:
        values = self.message.values[index]
        old = index < 0
        if old.any():
            values[old] = self.values[key[old]]
        known = time >= 0
        return Column(values, None if known.all() else known)

    def commit(self) -> None:
        """Make this batch the past."""
        if self.frame is not None and self.name in self.frame.fields:
            self._keep(self.frame)
        self.frame = None

    def _keep(self, frame: Frame) -> None:
        """Hold what the batch's messages carry."""
        if self.remembers:
            self._commit_earlier(frame)
        if self.plain:
            keys, times = frame.at_ends
            put_by_key(self.values, keys, self.message.values.take(frame.ends))
            put_by_key(self.held_time, keys, times)
        else:
            self.walk()
            rows = self.took.nonzero()[0]
            self.values[frame.key[rows]] = self.message.values[rows]

    def _commit_earlier(self, frame: Frame) -> None:
        self.walk()
        rows = self.took.nonzero()[0]
        keys, replaced = frame.key[rows], self.before[rows]
        self.earlier_values[keys] = np.where(replaced < 0, self.values[keys], self.message.values[replaced])
        self.earlier_time[keys] = self.before_time[rows]


class FieldOperator(Operator):
    """`compiler.plan.Field`: the held value, absent once it is older than `stale` (ns; None: never)."""

    STATE = ("is_stale",)

    def __init__(self, setting: Setting, state: FieldState, stale: int | None) -> None:
        super().__init__(setting)
        self.state = state
        self.stale = stale
        self.is_stale = np.zeros(0, dtype=np.bool_)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        state = self.state
        state.begin(frame)
        if self.stale is None:
            given = state.message if state.plain else None
            return Dense(frame, given, state.updated, lambda instants: state.at(instants)[0])
        state.walk()
        flow = Dense(frame, state.message if state.plain else None, state.updated, self._look)
        moments = self._moments(frame, self.stale)
        if len(moments):
            n = len(moments)
            flow.moments = moments
            flow.moment_column = Column(np.zeros(n, dtype=state.values.dtype), np.zeros(n, dtype=np.bool_))
        return flow

    def _look(self, instants: Instants) -> Column:
        return self._fresh(*self.state.at(instants), instants)

    def _fresh(self, column: Column, times: Rows, instants: Instants) -> Column:
        """Without what has gone stale: at a timer instant what is just as old as allowed has."""
        assert self.stale is not None
        age = instants.time - times
        fresh = (age < self.stale) | ((age == self.stale) & ~instants.timer)
        if column.known is not None:
            fresh &= column.known
        return Column(column.values, None if fresh.all() else fresh)

    def _moments(self, frame: Frame, stale: int) -> Instants:
        self.is_stale = first_seen(self.is_stale, frame.keys, False)
        rows, times = np.empty(len(frame), dtype=np.int64), np.empty(len(frame), dtype=np.int64)
        n = staleness(
            frame.key, frame.time, self.state.before_time, self.state.source_time, stale, self.is_stale, rows, times
        )
        runs = rows[:n] < frame.running
        rows, times = rows[:n][runs], times[:n][runs]
        return Instants(rows, frame.key[rows], times, np.ones(len(rows), dtype=np.bool_))


class MessageOperator(Operator):
    """`compiler.plan.Message`: the value that the very message carries."""

    def __init__(self, setting: Setting, state: FieldState) -> None:
        super().__init__(setting)
        self.state = state

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.state.begin(frame)
        message = self.state.message

        def look(instants: Instants) -> Column:
            column = message.take(instants.row)
            return Column(column.values, column.mask() & ~instants.timer)

        def updated() -> Mask:
            return frame.every if message.known is None else message.known

        return Dense(frame, message, updated, look, volatile=True)


class DeviceEventOperator(Operator):
    """`compiler.plan.DeviceEvent`: happens at the messages that tell it."""

    def __init__(self, setting: Setting, state: FieldState) -> None:
        super().__init__(setting)
        self.state = state

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.state.begin(frame)
        told = self.state.message
        instants = frame.events(told.values & told.mask())
        return Sparse(frame, instants, Column(np.ones(len(instants), dtype=np.bool_)), None, event=True)


class HeldTimeOperator(Operator):
    """`compiler.plan.HeldTime`: when the newest value of a field is from."""

    def __init__(self, setting: Setting, state: FieldState) -> None:
        super().__init__(setting)
        self.state = state

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.state.begin(frame)

        def look(instants: Instants) -> Column:
            return _known_times(self.state.at(instants)[1])

        return Dense(frame, None, self.state.updated, look)


class PreviousOperator(Operator):
    """`compiler.plan.Previous`: what was held before the newest value; `of_time`: when it was from (`PreviousTime`)."""

    def __init__(self, setting: Setting, state: FieldState, of_time: bool) -> None:
        super().__init__(setting)
        self.state = state
        self.of_time = of_time
        state.remember()

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.state.begin(frame)

        def look(instants: Instants) -> Column:
            column, times = self.state.earlier_at(instants)
            return _known_times(times) if self.of_time else column

        return Dense(frame, None, self.state.updated, look)


def _known_times(times: Rows) -> Column:
    known = times >= 0
    return Column(times, None if known.all() else known)
