"""What a device sees of its group: `compiler.plan.OfGroup`."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Column, Mask, Values
from ..flow import Dense, Flow, looks
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows, first_seen
from .elementwise import full
from .group_clock import GroupClock, kinds
from .node import Operator, Setting, zeros


class OfGroupOperator(Operator):
    """The newest value of a group's node that came of an earlier input than the one at hand.

    It is run when the groups' timelines have been: what an input brings about in a group, later inputs see.
    """

    crosses = True
    STATE = ("values", "known")
    SCRATCH = ("given",)

    def __init__(self, setting: Setting, clock: GroupClock, type_name: str) -> None:
        super().__init__(setting)
        self.clock = clock
        self.values: Values = zeros(type_name)
        self.known = np.zeros(0, dtype=np.bool_)
        self.given: Given | None = None

    def take(self, frame: Frame | None, flow: Flow | None) -> None:
        """What the group's node gave in this batch, if the group's timeline had any rows."""
        groups = len(self.clock.shown)
        self.values = first_seen(self.values, groups, 0)
        self.known = first_seen(self.known, groups, False)
        seen = NO_INSTANTS
        if frame is not None and flow is not None:
            changing = looks(flow)
            seen = frame.events() if changing is None else changing
        column = Column(self.values[:0]) if flow is None else full(flow.at(seen), len(seen))
        seqs = seen.row if frame is None else frame.seq[seen.row]
        self.given = Given(seen.key, seqs, column, self.values, self.known)
        if len(seen):
            self.setting.uncommitted.append(self)

    def see(self, frame: Frame, keys: Sequence[Flow]) -> Flow:
        """The flow on a device's frame; `keys`: the device's values of the group's key properties."""
        given = self.given
        assert given is not None

        def look(instants: Instants) -> Column:
            return given.before(self._groups_at(keys, instants), frame.seq[instants.row])

        return Dense(frame, look(frame.rows), lambda: np.zeros(len(frame), dtype=np.bool_), look, volatile=True)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        raise AssertionError("crosses timelines: see `see`")

    def commit(self) -> None:
        """Hold what each group gave last."""
        if self.given is not None:
            self.values[self.given.group] = self.given.column.values
            self.known[self.given.group] = self.given.column.mask()
        self.given = None

    def _groups_at(self, keys: Sequence[Flow], instants: Instants) -> Keys:
        """The group that each instant's key belongs to then; -1 where it belongs to none, or none that there is."""
        n = len(instants)
        if not keys or not n:
            return np.zeros(n, dtype=np.int32)
        columns = [full(key.at(instants), n) for key in keys]
        known = np.logical_and.reduce([column.mask() for column in columns])
        codes = np.stack([column.values for column in columns], axis=1)
        first, kind = kinds(list(codes.T))
        found = np.array([self.clock.groups.get(tuple(row), -1) for row in codes[first].tolist()], dtype=np.int32)
        return np.where(known, found[kind], -1).astype(np.int32)


class Given:
    """What groups gave in a batch, ordered by group and input; and what each held before (`values`, `known`)."""

    def __init__(self, group: Keys, seq: Rows, column: Column, values: Values, known: Mask) -> None:
        order = np.lexsort((np.arange(len(seq)), seq, group))
        self.group = group[order]
        self.column = column.take(order)
        self.values = values
        self.known = known
        self.first = int(seq.min()) if len(seq) else 0
        self.span = (int(seq.max()) if len(seq) else 0) - self.first + 2
        self.places: NDArray[np.int64] = self.group * self.span + (seq[order] - self.first)

    def before(self, group: Keys, seq: Rows) -> Column:
        """What each of these groups had given through the inputs before `seq`; absent where there is no group."""
        if len(self.values) == 0:
            return Column(np.zeros(len(group), dtype=self.values.dtype), np.zeros(len(group), dtype=np.bool_))
        wanted = group * self.span + np.clip(seq - self.first, 0, self.span - 1)
        at = np.searchsorted(self.places, wanted) - 1
        here = at >= 0
        here[here] = self.group[at[here]] == group[here]
        values, known = self.values[group], self.known[group] & (group >= 0)
        values[here] = self.column.values[at[here]]
        known[here] = self.column.mask()[at[here]]
        return Column(values, None if known.all() else known)
