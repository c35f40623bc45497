"""Windows of a group that keep their samples: of what its members bring, at the group's own instants."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..flow import Flow
from ..frame import Frame, Rows
from .group_clock import Arrivals, GroupClock, Updates
from .recent import Entries, KeptWindow, RecentOperator, SessionOperator, WhileOperator, sampled

SEQ, SLOT, GROUP, TIME, SAMPLED, VALUE, SECOND = range(7)
"""What is kept of a member's updates that wait for an instant of their group: arrays, one for each."""


class FromMembers(KeptWindow):
    """Takes samples of a group's members. They wait for the group's instant of their time; those that come when the
    group's time has passed it take no part."""

    crosses = True
    STATE: ClassVar[tuple[str, ...]] = ("waiting",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("new",)
    clock: GroupClock
    timeline: str
    waiting: list[NDArray[Any]]
    new: list[NDArray[Any]]

    def of(self, timeline: str, clock: GroupClock) -> None:
        """The members' timeline, and the groups they are in."""
        self.timeline, self.clock = timeline, clock
        self.waiting, self.new = _nothing(), _nothing()

    def collect(self, arrivals: Arrivals | None, inputs: Sequence[Flow]) -> Updates:
        """The members' updates in this batch; the group's instants are made of them."""
        self.new = _nothing()
        if arrivals is not None:
            found = sampled(inputs, self.arity)
            group = self.clock.group_at(arrivals, found.at)
            some = (group >= 0) if self.of_updates else (group >= 0) & found.sampled
            at = found.at.take(some)
            self.new = [
                arrivals.frame.seq[at.row], arrivals.slot[at.key], group[some].astype(np.int64), at.time,
                found.sampled[some], found.value[some], found.second[some],
            ]  # fmt: skip
        seq, slot, group, time, known, value, second = self.new
        return Updates(seq, slot, group.astype(np.int32), time, value, known, second)

    @property
    def of_updates(self) -> bool:
        """Whether it gives its value at an update that is no sample as well."""
        return False

    def entries(self, frame: Frame) -> Entries:
        """The samples whose instants are there now, each an entry, among the group's rows."""
        waiting = [np.concatenate([old, new]) for old, new in zip(self.waiting, self.new, strict=True)]
        row = _rows_of(frame, waiting)
        found = row >= 0
        late = waiting[TIME] < self.clock.clock[waiting[GROUP]]
        self.waiting, self.new = [array[~found & ~late] for array in waiting], _nothing()
        slot, is_sample, value, second = (waiting[i][found] for i in (SLOT, SAMPLED, VALUE, SECOND))
        row = row[found]
        order = np.lexsort((slot, row))
        row = row[order]
        alone = np.ones(len(frame), dtype=np.bool_)
        alone[row] = False
        others = alone.nonzero()[0]
        none = np.zeros(len(others))
        every = np.concatenate([row, others])
        place = np.argsort(every, kind="stable")
        every = every[place]
        last = np.ones(len(row), dtype=np.bool_)
        last[:-1] = row[1:] != row[:-1]
        asked, sample = (np.concatenate([some, none > 0])[place] for some in (last, is_sample[order]))
        values = [np.concatenate([some[order], none])[place] for some in (value, second)]
        return Entries(frame.rows.take(every), sample, asked, values[0], values[1])


def _nothing() -> list[NDArray[Any]]:
    return [np.zeros(0, dtype=kind) for kind in (*[np.int64] * 4, np.bool_, np.float64, np.float64)]


def _rows_of(frame: Frame, updates: Sequence[NDArray[Any]]) -> Rows:
    """The event row of each update's group and time that the same input brings about, or a later one; -1: none yet."""
    rows = frame.event.nonzero()[0]
    found = np.full(len(updates[SEQ]), -1, dtype=np.int64)
    if len(rows) == 0 or len(found) == 0:
        return found
    times, number = np.unique(np.concatenate([frame.time[rows], updates[TIME]]), return_inverse=True)
    group = np.concatenate([frame.key[rows].astype(np.int64), updates[GROUP]])
    code = group * len(times) + number.reshape(-1)
    have, wanted = code[: len(rows)], code[len(rows) :]
    order = np.argsort(have, kind="stable")
    index = order[np.minimum(np.searchsorted(have[order], wanted), len(order) - 1)]
    there = (have[index] == wanted) & (frame.seq[rows[index]] >= updates[SEQ])
    found[there] = rows[index[there]]
    return found


class GroupRecentOperator(FromMembers, RecentOperator):
    """`compiler.plan.Recent` on a group's timeline."""

    @property
    def of_updates(self) -> bool:
        return self.recent.width_ns is not None

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, self.entries(frame))


class GroupSessionOperator(FromMembers, SessionOperator):
    """`compiler.plan.Session` on a group's timeline."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, self.entries(frame))


class GroupWhileOperator(FromMembers, WhileOperator):
    """`compiler.plan.While` on a group's timeline, whose own the condition is."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk_while(frame, self.entries(frame), inputs[0])
