"""Frames and instants: when things happen on one timeline during one batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column, Mask
from .kernels.order import first_events, last_rows, previous

Rows = NDArray[np.int64]
Keys = NDArray[np.int32]


def first_seen(state: NDArray[Any], count: int, fill: Any) -> NDArray[Any]:
    """State by key (axis 0) with room for `count` keys; new ones hold `fill`. Grows by doubling."""
    if len(state) >= count:
        return state
    grown = np.full((max(count, 2 * len(state), 16), *state.shape[1:]), fill, dtype=state.dtype)
    grown[: len(state)] = state
    return grown


@dataclass(frozen=True, slots=True)
class Instants:
    """Instants of one frame, in order: by base row, an instant's timers before the row's own event, timers by time.

    row (m,): the base row that brings the instant about; key, time (m,); timer (m,): at a timer instant, before the
    row's event.
    """

    row: Rows
    key: Keys
    time: Rows
    timer: Mask

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: NDArray[Any]) -> "Instants":
        """The given ones (indices or mask)."""
        if which.dtype == np.bool_:
            which = which.nonzero()[0]
        return Instants(self.row[which], self.key[which], self.time[which], self.timer[which])


class EveryRow(Instants):
    """Every base row of a frame; what can do without `row` and `timer` does not pay for them."""

    def __init__(self, key: Keys, time: Rows) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "time", time)

    def __len__(self) -> int:
        return len(self.key)

    @cached_property
    def row(self) -> Rows:
        return np.arange(len(self.key), dtype=np.int64)

    @cached_property
    def timer(self) -> Mask:
        return np.zeros(len(self.key), dtype=np.bool_)

    def take(self, which: NDArray[Any]) -> Instants:
        rows = which.nonzero()[0] if which.dtype == np.bool_ else which.astype(np.int64, copy=False)
        return Instants(rows, self.key[rows], self.time[rows], np.zeros(len(rows), dtype=np.bool_))


NO_INSTANTS = Instants(
    np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
)


@dataclass
class Frame:
    """The base rows of one timeline in one batch: where the times of its keys advance.

    seq, key, time (n,): the input that brings the row about, whose it is, and the key's time after it; event (n,):
    rows that are event instants (the others only advance time). From row `end_row` on (None: there is none) no timer
    fires: it is the end of input. `keys` is how many keys the timeline has. For devices: the messages' own times
    (`message_time`), and what they carry (`fields`, columns of n rows); `in_order`, whether none of them came late.
    `newcomers` are the first events of keys that had none before the batch.
    """

    seq: Rows
    key: Keys
    time: Rows
    event: Mask
    keys: int
    end_row: int | None = None
    message_time: Rows | None = None
    fields: Mapping[str, Column] = field(default_factory=dict)
    in_order: bool = True
    newcomers: Instants = NO_INSTANTS

    def __len__(self) -> int:
        return len(self.key)

    @property
    def running(self) -> int:
        """How many rows, from the first, run timers."""
        return len(self) if self.end_row is None else self.end_row

    @cached_property
    def scratch(self) -> Rows:
        """By key, all -1: kernels use it and leave it so."""
        return np.full(self.keys, -1, dtype=np.int64)

    @cached_property
    def rows(self) -> Instants:
        """Every base row as an instant."""
        return EveryRow(self.key, self.time)

    @cached_property
    def every(self) -> Mask:
        """True for every row. Who gives this very mask says so without a look at it."""
        return self.event if self.all_events else np.ones(len(self.key), dtype=np.bool_)

    @cached_property
    def all_events(self) -> bool:
        return bool(self.event.all())

    @cached_property
    def previous(self) -> Rows:
        """For each row the row of the same key before it, or -1."""
        out = np.empty(len(self.key), dtype=np.int64)
        previous(self.key, np.full(self.keys, -1, dtype=np.int64), out)
        return out

    @cached_property
    def _last_rows(self) -> tuple[Rows, Rows]:
        last, out = np.full(self.keys, -1, dtype=np.int64), np.empty(min(len(self.key), self.keys), dtype=np.int64)
        return last, np.ascontiguousarray(out[: last_rows(self.key, last, out)][::-1])

    @property
    def last(self) -> Rows:
        """By key: its last row, or -1."""
        return self._last_rows[0]

    @property
    def ends(self) -> Rows:
        """The last row of each key that has any, ascending."""
        return self._last_rows[1]

    @cached_property
    def at_ends(self) -> tuple[Keys, Rows]:
        """Whose those last rows are, and their times."""
        return self.key.take(self.ends), self.time.take(self.ends)

    def events(self, mask: Mask | None = None) -> Instants:
        """The event instants of the rows where the mask is true (None: of all)."""
        if self.all_events:
            if mask is None or mask is self.every:
                return self.rows
        else:
            mask = self.event if mask is None else mask & self.event
        return self.rows.take(mask)

    def merge(self, parts: Sequence[Instants], base: bool) -> tuple[Instants, list[Rows]]:
        """The union of instants in order, with all base rows if `base`; and where each part's instants are in it."""
        if base:
            return self._merge_into_rows(parts)
        some = [part for part in parts if len(part)]
        if len(some) > 1:
            return union(parts)
        instants = some[0] if some else NO_INSTANTS
        return instants, [np.arange(len(part), dtype=np.int64) for part in parts]

    def _merge_into_rows(self, parts: Sequence[Instants]) -> tuple[Instants, list[Rows]]:
        timers = [NO_INSTANTS if isinstance(p, EveryRow) else p.take(p.timer) for p in parts]
        if not any(len(t) for t in timers):
            return self.rows, [p.row for p in parts]
        between, positions = union(timers)
        n, m = len(self), len(between)
        rows_at = np.arange(n, dtype=np.int64)
        rows_at += np.cumsum(np.bincount(between.row, minlength=n))
        between_at = between.row + np.arange(m, dtype=np.int64)
        row = np.empty(n + m, dtype=np.int64)
        key = np.empty(n + m, dtype=np.int32)
        time = np.empty(n + m, dtype=np.int64)
        timer = np.zeros(n + m, dtype=np.bool_)
        row[rows_at], row[between_at] = self.rows.row, between.row
        key[rows_at], key[between_at] = self.key, between.key
        time[rows_at], time[between_at] = self.time, between.time
        timer[between_at] = True
        where: list[Rows] = []
        for part, position in zip(parts, positions, strict=True):
            at = rows_at[part.row]
            at[part.timer] = between_at[position]
            where.append(at)
        return Instants(row, key, time, timer), where


@dataclass
class Begun:
    """Which keys of a timeline have had an event."""

    STATE: ClassVar[tuple[str, ...]] = ("keys",)

    keys: Mask = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def newcomers(self, frame: Frame) -> Instants:
        """The first event of each key that had none so far; from now on it has."""
        self.keys = first_seen(self.keys, frame.keys, False)
        keys = frame.at_ends[0]
        out = np.empty(len(keys) - np.count_nonzero(self.keys.take(keys)), dtype=np.int64)
        if len(out) == 0:
            return NO_INSTANTS
        return frame.rows.take(out[: first_events(frame.key, frame.event, self.keys, out)])


def union(parts: Sequence[Instants]) -> tuple[Instants, list[Rows]]:
    """The union of instants in order, and where each part's instants are in it."""
    first = parts[0]
    if all(part is first for part in parts):
        return first, [np.arange(len(first), dtype=np.int64)] * len(parts)
    row = np.concatenate([p.row for p in parts])
    key = np.concatenate([p.key for p in parts])
    time = np.concatenate([p.time for p in parts])
    timer = np.concatenate([p.timer for p in parts])
    # What is in order already is merged, not sorted.
    order = np.lexsort((time, ~timer, row)) if timer.any() else row.argsort(kind="stable")
    row, key, time, timer = row[order], key[order], time[order], timer[order]
    fresh = np.ones(len(row), dtype=np.bool_)
    fresh[1:] = (row[1:] != row[:-1]) | (timer[1:] != timer[:-1]) | (time[1:] != time[:-1])
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.cumsum(fresh) - 1
    where = np.split(position, np.cumsum([len(p) for p in parts])[:-1])
    every = np.arange(np.count_nonzero(fresh))
    for part, at in zip(parts, where, strict=True):
        if len(part) == len(every) and (at == every).all():
            # Who gave these very instants can say at once what it is there.
            return part, where
    return Instants(row[fresh], key[fresh], time[fresh], timer[fresh]), where
