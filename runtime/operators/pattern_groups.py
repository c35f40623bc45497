"""Patterns of a group: the instants of its members, each a small instant within the group's instant of its time."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ..flow import Constant, Flow, updates
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows, union
from .group_clock import Arrivals, GroupClock, Updates
from .leaves import constant_column
from .node import Setting
from .patterns import PatternOperator

SEQ, SLOT, GROUP, TIME, TYPE, ID, MET, UPDATED, ENTRY_COLUMNS = range(9)
"""Columns of a member's instant that waits for its group's: the input that brought it about, the member, its group,
when; the places of its type's name and of its id (a key) in the order; the steps (bits) that it may meet, and whose
inputs it updates."""


class GroupPatternOperator(PatternOperator):
    """`compiler.plan.Pattern` on a group's timeline."""

    crosses = True
    STATE: ClassVar[tuple[str, ...]] = ("arrived", "arrived_values")
    SCRATCH: ClassVar[tuple[str, ...]] = ("new", "new_values")

    def __init__(
        self,
        setting: Setting,
        pattern: p.Pattern,
        types: Sequence[str],
        expires: bool,
        timelines: Sequence[str],
        clock: GroupClock,
        ids: Callable[[str], Sequence[str]],
    ) -> None:
        """`timelines` are the inputs'; `ids` gives the ids of the devices on a timeline, by key."""
        super().__init__(setting, pattern, types, expires, ())
        self.clock = clock
        self.ids = ids
        own = clock.timeline.id
        self.own = [i for i, timeline in enumerate(timelines) if timeline == own]
        self.members = {m: [i for i, t in enumerate(timelines) if t == m] for m in sorted(set(timelines) - {own})}
        self.absent = [Constant(constant_column(setting, None, type_name)) for type_name in types]
        self.arrived, self.new = _nothing(), [_nothing()]
        self.arrived_values = np.zeros((0, len(self.used)))
        self.new_values = [self.arrived_values]

    # -- What members bring -------------------------------------------------------------------------------------------

    def collect(self, arrivals: Sequence[Arrivals], flows: Callable[[int], Flow]) -> list[Updates]:
        """The members' instants in this batch; the group's are made of them. `flows` gives an input's."""
        self.new, self.new_values = [], []
        for number, (timeline, inputs) in enumerate(self.members.items()):
            of = next((a for a in arrivals if a.timeline == timeline), None)
            if of is not None:
                self._collect(of, number, [flows(i) if i in inputs else self.absent[i] for i in range(len(self.types))])
        entries = np.concatenate([_nothing(), *self.new])
        none, never = np.zeros(len(entries)), np.zeros(len(entries), dtype=np.bool_)
        group = entries[:, GROUP].astype(np.int32)
        return [Updates(entries[:, SEQ], entries[:, SLOT], group, entries[:, TIME], none, never, none)]

    def _collect(self, arrivals: Arrivals, number: int, inputs: Sequence[Flow]) -> None:
        parts = [at for flow in inputs if (at := updates(flow)) is not None]
        instants = union(parts)[0] if parts else NO_INSTANTS
        _, met, updated = self.facts(arrivals.frame, inputs, instants)
        group = self.clock.group_at(arrivals, instants)
        some = (group >= 0).nonzero()[0]
        at = instants.take(some)
        entries = np.empty((len(some), ENTRY_COLUMNS), dtype=np.int64)
        entries[:, SEQ] = arrivals.frame.seq[at.row]
        entries[:, SLOT] = arrivals.slot[at.key]
        entries[:, GROUP] = group[some]
        entries[:, TIME] = at.time
        entries[:, TYPE] = number
        entries[:, ID] = at.key
        entries[:, MET] = met[some]
        entries[:, UPDATED] = updated[some]
        self.new.append(entries)
        self.new_values.append(np.ascontiguousarray(self.numbers(inputs, at).T))

    # -- The group's instants -----------------------------------------------------------------------------------------

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        """`inputs` are those of the group's own timeline."""
        self.grow(frame.keys)
        flows: list[Flow] = list(self.absent)
        for i, flow in zip(self.own, inputs, strict=True):
            flows[i] = flow
        own, own_met, own_updated = self.facts(frame, flows)
        entries = np.concatenate([self.arrived, *self.new])
        values = np.concatenate([self.arrived_values, *self.new_values])
        row = _rows_of(frame, entries)
        there = (row >= 0).nonzero()[0]
        waits = (row < 0).nonzero()[0]
        self.arrived, self.arrived_values = entries[waits], values[waits]
        self.new, self.new_values = [], []
        order = there[self._order(entries[there], row[there], frame)]
        entries, values, row = entries[order], values[order], row[order]
        instants, places = _together(frame.rows.take(row), own)
        theirs, ours = places
        met, updated = (np.empty(len(instants), dtype=np.int64) for _ in range(2))
        met[theirs], updated[theirs] = entries[:, MET], entries[:, UPDATED]
        met[ours], updated[ours] = own_met, own_updated
        numbers = self.numbers(flows, instants)
        for place, i in enumerate(self.used):
            if i not in self.own:
                numbers[place, theirs] = values[:, place]
        return self.walked(frame, instants, met, updated, numbers)

    def _order(self, entries: NDArray[np.int64], row: Rows, frame: Frame) -> Rows:
        """By row; of one row by type and id; of one member those that are late first, then as they came."""
        place = np.zeros(len(entries), dtype=np.int64)
        for number, timeline in enumerate(self.members):
            of = entries[:, TYPE] == number
            if of.any():
                place[of] = _ranks(self.ids(timeline))[entries[of, ID]]
        on_time = entries[:, TIME] >= frame.time[row]
        return np.lexsort((on_time, place, entries[:, TYPE], row))


def _nothing() -> NDArray[np.int64]:
    return np.zeros((0, ENTRY_COLUMNS), dtype=np.int64)


def _ranks(ids: Sequence[str]) -> Rows:
    """The place of each id among all, in order as texts."""
    ranks = np.empty(len(ids), dtype=np.int64)
    ranks[np.argsort(np.array(ids))] = np.arange(len(ids))
    return ranks


def _rows_of(frame: Frame, entries: NDArray[np.int64]) -> Rows:
    """The event row of each entry's group that is the first of those which come of its input or a later one, and are
    not before its time; -1: there is none yet."""
    rows = frame.event.nonzero()[0]
    found = np.full(len(entries), -1, dtype=np.int64)
    if len(rows) == 0 or len(entries) == 0:
        return found
    rows = rows[np.argsort(frame.key[rows], kind="stable")]
    key: Keys = frame.key[rows]
    index = np.zeros(len(entries), dtype=np.int64)
    for of_rows, of_entries in ((frame.seq[rows], entries[:, SEQ]), (frame.time[rows], entries[:, TIME])):
        # Within a group both grow with the rows: so places among (group, value) do, too.
        _, number = np.unique(np.concatenate([of_rows, of_entries]), return_inverse=True)
        number = number.reshape(-1)
        span = int(number.max()) + 1
        have = key.astype(np.int64) * span + number[: len(rows)]
        wanted = entries[:, GROUP] * span + number[len(rows) :]
        index = np.maximum(index, np.searchsorted(have, wanted))
    there = index < len(rows)
    there[there] = key[index[there]] == entries[there, GROUP]
    found[there] = rows[index[there]]
    return found


def _together(theirs: Instants, own: Instants) -> tuple[Instants, tuple[Rows, Rows]]:
    """Members' instants and the group's own, in order, at one time the members' first; and where each are."""
    columns = [np.concatenate([getattr(theirs, c), getattr(own, c)]) for c in ("row", "key", "time", "timer")]
    row, key, time, timer = columns
    order = np.lexsort((time, ~timer, row))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    both = Instants(row[order], key[order], time[order], timer[order])
    return both, (place[: len(theirs)], place[len(theirs) :])
