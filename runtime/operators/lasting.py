"""`C for D` of one condition, or of many at once: the state of `runtime.operators.truths.HoldsOperator`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Column, Mask
from ..flow import Flow, Held, Sparse, Truth, positions
from ..frame import Frame, Instants, Keys, Rows
from ..kernels import episodes
from ..kernels.episodes import FALSE, LASTING, SILENT, TRUE, UNKNOWN
from ..kernels.jit import NEVER
from ..lanes import NO_LANES, Lanes, by_lane, column_of, in_order, moved

NOWHERE: Mask = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Lasted:
    """Changes of `C for D`, and what `was` true before each."""

    lasting: "Lasting"
    lanes: Lanes
    was: Truth

    def __len__(self) -> int:
        return len(self.lanes)

    def pick(self, which: Rows, news: bool = False) -> Lanes:
        lanes = self.lanes
        if news:
            told = np.flatnonzero((lanes.truth != FALSE) | (self.was != SILENT))
            lanes = Lanes(lanes.instants, lanes.lane[told], lanes.at[told], lanes.truth[told])
        return lanes.pick(which)

    def flow(self, frame: Frame, lane: int) -> Flow:
        """One lane as a flow; what it was before is made out when somebody asks."""
        span = self.lanes.span(lane)
        instants, column = self.lanes.instants.take(self.lanes.at[span]), column_of(self.lanes.truth[span])

        def look(at: Instants) -> Column:
            held = self.lasting.held_before(lane, instants.key, self.was[span])
            return held.look(positions(frame, at, instants), at.key, column)

        return Sparse(frame, instants, column, None, look=look)


def held_as(given: Truth) -> Held:
    """The truths given last, by key, as values that are held."""
    return Held(given == TRUE, (given == TRUE) | (given == FALSE) | (given == LASTING))


class Lasting:
    """By lane and key: `given`, the truth given last, and when what lasts is `due`."""

    def __init__(self, durations: Sequence[int]) -> None:
        self.durations = np.array(durations, dtype=np.int64)
        self.due: NDArray[np.int64] = np.zeros((len(durations), 0), dtype=np.int64)
        self.given: NDArray[np.int8] = np.zeros((len(durations), 0), dtype=np.int8)
        self.waiting: Rows | None = None
        """Where something lasts, as places in the state; None: that has to be found."""
        self.listed = NOWHERE

    def grow(self, keys: int) -> None:
        old = self.given.shape[1]
        self.due, self.given = by_lane(self.due, keys, NEVER), by_lane(self.given, keys, SILENT)
        if self.waiting is not None:
            self.waiting = moved(self.waiting, old, self.given.shape[1])

    def _begin(self, keys: int) -> Rows:
        """Have room for so many keys, and know what lasts."""
        self.grow(keys)
        if self.waiting is None:
            self.waiting = np.flatnonzero(self.given == LASTING)
        if len(self.listed) != self.given.size:
            self.listed = np.zeros(self.given.size, dtype=np.bool_)
            self.listed[self.waiting] = True
        return self.waiting

    def set(self, name: str, lane: int, given: NDArray[Any]) -> None:
        """Take over the state of one of the conditions."""
        self.grow(len(given))
        getattr(self, name)[lane, : len(given)] = given
        self.waiting, self.listed = None, NOWHERE

    def run(self, frame: Frame, changes: Lanes) -> Lasted:
        """What comes of the changes of the conditions, and of time."""
        waiting, at = self._begin(frame.keys), changes.instants
        if len(changes) == 0 and len(waiting) == 0:
            return Lasted(self, NO_LANES, NO_LANES.truth)
        size = 2 * len(changes) + len(waiting)
        lane, key = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
        row, time = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        timer = np.empty(size, dtype=np.bool_)
        truth, was = np.empty(size, dtype=np.int8), np.empty(size, dtype=np.int8)
        room = np.empty(len(waiting) + len(changes), dtype=np.int64)
        room[: len(waiting)] = waiting
        counts = np.array([len(waiting), 0])
        n = episodes.holds_changes(
            changes.lane, changes.at, changes.truth, at.key, at.row, at.time, at.timer, frame.time, frame.previous,
            frame.last, frame.running, self.given.shape[1], self.durations, self.due.reshape(-1),
            self.given.reshape(-1), room, self.listed, lane, row, key, time, timer, truth, was, counts,
        )  # fmt: skip
        self.waiting = room[: counts[1]].copy()
        instants, lane, truth, was = Instants(row[:n], key[:n], time[:n], timer[:n]), lane[:n], truth[:n], was[:n]
        order = in_order(lane, instants.row, len(frame))
        if order is None:
            return Lasted(self, Lanes(instants, lane, np.arange(n, dtype=np.int64), truth), was)
        return Lasted(self, Lanes(instants, lane[order], order, truth[order]), was[order])

    def waits(self) -> bool:
        return self.waiting is None or len(self.waiting) > 0

    def held(self, lane: int) -> Held:
        """What a condition is for each key now."""
        return held_as(self.given[lane])

    def held_before(self, lane: int, keys: Keys, was: Truth) -> Held:
        """What it was before these changes, which are in order."""
        held = self.held(lane)
        held.values[keys[::-1]] = was[::-1] == TRUE
        held.known[keys[::-1]] = was[::-1] < UNKNOWN
        return held
