"""A device type's two timelines: messages as they come, and as they stand when stragglers have come."""

import numpy as np
from numpy.typing import NDArray

from ..compiler.plan import DeviceType
from ..stdlib.column import DTYPES, Column
from .batch import Messages
from .frame import Frame, Rows, first_seen
from .kernels.held import put_by_key
from .kernels.jit import NEVER
from .kernels.order import advance, ascending
from .kernels.queues import ROW, Pool, empty_pool, rows_in, with_room
from .kernels.settling import LATE, ON_TIME, REVISING, drain, settle

KEPT_AT_LEAST = 1024
"""So many rows are kept before what does not wait any more is forgotten; it takes as long as all that is kept."""


class DeviceClock:
    """The times of a device type's devices, and the messages that wait for stragglers."""

    STATE = ("now", "newest", "settled", "waiting", "queues", "pool", "kept", "kept_count")
    SCRATCH = ("settled_early",)

    def __init__(self, device: DeviceType) -> None:
        self.device = device
        self.types = {f.name: f.type.name for f in device.fields}
        self.now: Rows = np.zeros(0, dtype=np.int64)
        self.newest = -1
        self.settled: Rows = np.zeros(0, dtype=np.int64)
        self.waiting: Rows = np.zeros(0, dtype=np.int64)
        self.queues: Rows = np.zeros(0, dtype=np.int64)
        self.pool: Pool = empty_pool()
        self.settled_early = 0
        self.kept: dict[str, Column] = {}
        self.kept_count = 0

    def stragglers(self, messages: Messages) -> Rows:
        """The seqs of messages that may be behind their device's settled time; nothing is changed."""
        clock = first_seen(self.now, 1 + int(messages.key.max()), -1).copy()
        moment = np.empty(len(messages), dtype=np.int64)
        advance(messages.key, messages.time, clock, moment)
        behind = moment - messages.time > self.device.lateness_ns
        if self.device.lateness_ns and int(self.waiting.max(initial=0)) + len(messages) > self.device.settle_max:
            # Messages may settle early in this batch: whatever is not the newest may be behind one that did.
            behind = moment > messages.time
        return messages.seq[behind if messages.mark is None else behind & ~messages.mark]

    def current(self, messages: Messages, keys: int) -> Frame:
        """The current timeline's rows: each takes effect at once."""
        self.now = first_seen(self.now, keys, -1)
        event = np.ones(len(messages), dtype=np.bool_) if messages.mark is None else ~messages.mark
        time = messages.time
        frame = Frame(messages.seq, messages.key, time, event, keys, message_time=time, fields=messages.fields)
        if time[0] >= self.newest and ascending(time):
            # In order of time over all devices: no row is behind its device's clock.
            of, times = frame.at_ends
            put_by_key(self.now, of, times)
            self.newest = int(time[-1])
        else:
            frame.time = np.empty(len(messages), dtype=np.int64)
            frame.in_order = advance(messages.key, time, self.now, frame.time) == 0
            self.newest = max(self.newest, int(time.max()))
        return frame

    def come_to(self, frame: Frame, settled: bool) -> None:
        """Take over the times of a frame that another engine made; no messages come to this one."""
        held_back = settled and self.device.lateness_ns > 0
        clock = first_seen(self.settled if held_back else self.now, frame.keys, -1)
        np.maximum.at(clock, frame.key[: frame.running], frame.time[: frame.running])
        if held_back:
            self.settled = clock
        else:
            self.now = clock

    def settle(self, messages: Messages, current: Frame) -> tuple[Frame, NDArray[np.int8]]:
        """The settled timeline's rows, and of each message whether it is on time, revising or late (empty: all are on
        time)."""
        if self.device.lateness_ns == 0:
            return self._at_once(messages, current)
        return self._held_back(messages, current)

    def _at_once(self, messages: Messages, current: Frame) -> tuple[Frame, NDArray[np.int8]]:
        """Without lateness what is not late is settled as it comes."""
        if current.in_order:
            return current, np.zeros(0, dtype=np.int8)
        verdict = np.full(len(messages), ON_TIME, dtype=np.int8)
        behind = (messages.time < current.time) & current.event
        age = current.time - messages.time
        verdict[behind] = np.where(age[behind] <= self.device.revise_ns, REVISING, LATE)
        rows = np.flatnonzero(~behind)
        time = current.time[rows]
        frame = Frame(
            current.seq[rows], current.key[rows], time, current.event[rows], current.keys, message_time=time,
            fields={name: column.take(rows) for name, column in messages.fields.items()},
        )  # fmt: skip
        return frame, verdict

    def _held_back(self, messages: Messages, current: Frame) -> tuple[Frame, NDArray[np.int8]]:
        device, keys, n = self.device, current.keys, len(messages)
        self.settled = first_seen(self.settled, keys, -NEVER)
        self.waiting = first_seen(self.waiting, keys, 0)
        self.queues = first_seen(self.queues, keys, 0)
        verdict = np.full(n, ON_TIME, dtype=np.int8)
        size = 2 * n + int(self.waiting.sum()) + 16
        origin, row, time = (np.empty(size, dtype=np.int64) for _ in range(3))
        counts = np.zeros(2, dtype=np.int64)
        start = 0
        while start < n:
            start = settle(
                start, messages.key, messages.time, current.time, ~current.event, self.kept_count, device.lateness_ns,
                device.revise_ns, device.settle_max, self.settled, self.waiting, self.queues, self.pool,
                origin, row, time, counts, verdict,
            )  # fmt: skip
            if start < n:
                self.pool = with_room(self.pool)
        self.settled_early = int(counts[1])
        origin, row, time = origin[: counts[0]], row[: counts[0]], time[: counts[0]]
        event = row >= 0
        self._keep(messages)
        frame = Frame(
            current.seq[origin], current.key[origin], time, event, keys, message_time=time,
            fields={name: _take_events(column, row, event) for name, column in self.kept.items()},
        )  # fmt: skip
        if self.kept_count > 2 * int(self.waiting.sum()) + KEPT_AT_LEAST:
            self._forget()
        return frame, verdict

    def _keep(self, messages: Messages) -> None:
        """Keep what messages carry, behind what was kept before: `kept_count` rows, in columns with room for more."""
        first, end = self.kept_count, self.kept_count + len(messages)
        for name in {*self.kept, *messages.fields}:
            type_ = DTYPES[self.types[name]]
            old = self.kept.get(name, Column(np.zeros(first, type_), np.zeros(first, np.bool_)))
            values, known = first_seen(old.values, end, 0), first_seen(old.mask(), end, False)
            new = messages.fields.get(name)
            known[first:end] = False if new is None else new.mask()
            if new is not None:
                values[first:end] = new.values
            self.kept[name] = Column(values, known)
        self.kept_count = end

    def _forget(self) -> None:
        """Keep only what still waits, and number it anew."""
        waiting = rows_in(self.pool)
        kept = np.sort(self.pool[waiting, ROW])
        self.pool[waiting, ROW] = np.searchsorted(kept, self.pool[waiting, ROW])
        self.kept = {name: column.take(kept) for name, column in self.kept.items()}
        self.kept_count = len(kept)

    def end(self, keys: int, seq: int, settled: bool) -> Frame:
        """The rows at the end of input: on the settled timeline what still waits, up to now; then, for each device, one
        after everything, at which all windows close."""
        ends = Frame(
            np.full(keys, seq, dtype=np.int64), np.arange(keys, dtype=np.int32), np.full(keys, NEVER, dtype=np.int64),
            np.zeros(keys, dtype=np.bool_), keys, end_row=0,
        )  # fmt: skip
        if not settled or self.device.lateness_ns == 0:
            return ends
        count = int(self.waiting.sum())
        key = np.empty(count, dtype=np.int32)
        row, time = (np.empty(count, dtype=np.int64) for _ in range(2))
        drain(self.queues, self.pool, key, row, time)
        # Each device's messages, as they stand in its queue, and then its time.
        key = np.concatenate([key, ends.key])
        order = np.argsort(key, kind="stable")
        nothing = np.full(keys, -1, dtype=np.int64)
        key = np.concatenate([key[order], ends.key])
        row = np.concatenate([np.append(row, nothing)[order], nothing])
        time = np.concatenate([np.append(time, self.now[:keys])[order], ends.time])
        event = row >= 0
        self.settled[:keys] = self.now[:keys]
        self.waiting[:] = 0
        fields = {name: _take_events(column, row, event) for name, column in self.kept.items()}
        return Frame(
            np.full(len(key), seq, dtype=np.int64), key, time, event, keys, end_row=count + keys, message_time=time,
            fields=fields,
        )  # fmt: skip


def _take_events(column: Column, row: Rows, event: NDArray[np.bool_]) -> Column:
    """The rows' values; not known at rows that are no events."""
    values = np.zeros(len(row), dtype=column.values.dtype)
    known = np.zeros(len(row), dtype=np.bool_)
    values[event] = column.values[row[event]]
    known[event] = column.mask()[row[event]]
    return Column(values, known)
