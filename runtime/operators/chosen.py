"""Which members of a group a command is sent to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...stdlib.column import Mask
from ..flow import Flow
from ..frame import Frame, Instants, Keys, Rows, first_seen
from ..kernels import chosen as kernel
from .group_clock import Arrivals, GroupClock, Updates
from .groups import arrays_of, member_updates, no_updates
from .node import Operator, Setting


@dataclass
class Choice:
    """Who is meant at any instant of a batch.

    chosen (memberships,): who is after it; flip_row, flip_member: at which rows of the frame a membership changed to
    its opposite, in order; begin (groups + 1,), members: the memberships of each group; number (memberships,): each
    one's device, as the engine counts those of its type.
    """

    chosen: Mask
    flip_row: Rows
    flip_member: Rows
    begin: Rows
    members: Rows
    number: Rows

    def at(self, instants: Instants) -> tuple[Rows, Rows]:
        """Pairs: the place of an instant, of those given in order, and the device of a member that is meant then."""
        many = int((self.begin[instants.key + 1] - self.begin[instants.key]).sum())
        place, member = np.empty(many, dtype=np.int64), np.empty(many, dtype=np.int64)
        find: Any = kernel.meant
        count = find(
            instants.key, instants.row, instants.timer, self.begin, self.members, self.flip_row, self.flip_member,
            self.chosen, place, member,
        )  # fmt: skip
        return place[:count], self.number[member[:count]]


class ChosenOperator(Operator):
    """`compiler.plan.Chosen`.

    A member is in each group that it was ever in: one that moves is in both until either's time has come.
    `memberships`: the number of each pair of a group and a member; `chosen`: by that number.
    """

    crosses = True
    STATE = ("kept", "memberships", "chosen")
    SCRATCH = ("updates", "listed")

    def __init__(self, setting: Setting, timeline: str, place: int, clock: GroupClock) -> None:
        """`timeline` is the members', `place` that of their type among those of the groups."""
        super().__init__(setting)
        self.timeline = timeline
        self.place = place
        self.clock = clock
        self.updates = no_updates()
        self.kept = no_updates()
        self.memberships: dict[int, int] = {}
        self.chosen: Mask = np.zeros(0, dtype=np.bool_)
        self.listed: tuple[Rows, Rows, Rows] | None = None

    def collect(self, arrivals: Arrivals | None, inputs: Sequence[Flow]) -> Updates:
        """The members' changes in this batch, in order; the group's instants are made of them."""
        self.updates = member_updates(self.clock, arrivals, inputs, 1)
        return self.updates

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        both = [np.concatenate(pair) for pair in zip(arrays_of(self.kept), arrays_of(self.updates), strict=True)]
        all_ = Updates(*both)
        row = self._rows(frame, all_)
        self.kept = Updates(*(a[row < 0] for a in both))
        here = np.flatnonzero(row >= 0)
        here = here[np.lexsort((here, all_.time[here], row[here]))]
        member = self._memberships(all_.group[here], all_.slot[here])
        given = (all_.value[here] == 1.0) & all_.known[here]
        flips = self._flips(member, given)
        begin, members, number = self._listed(frame.keys)
        return Choice(self.chosen, row[here][flips], member[flips], begin, members, number)

    def commit(self) -> None:
        super().commit()
        self.updates = no_updates()

    def _rows(self, frame: Frame, updates: Updates) -> Rows:
        """The row at which each update takes effect, -1 if that is still to come."""
        rows = np.flatnonzero(frame.event)
        rows = rows[np.argsort(frame.key[rows], kind="stable")]
        begin = np.searchsorted(frame.key[rows], np.arange(len(self.clock.shown) + 1))
        found = np.empty(len(updates.seq), dtype=np.int64)
        kernel.takes_effect(
            updates.group, updates.seq, updates.time, begin, rows, frame.seq[rows], frame.time[rows], found
        )
        return found

    def _memberships(self, group: Keys, slot: Rows) -> Rows:
        """The numbers of memberships, of which some may be new."""
        distinct, where = np.unique(group.astype(np.int64) << 32 | slot, return_inverse=True)
        known = len(self.memberships)
        found = np.array([self.memberships.setdefault(pair, len(self.memberships)) for pair in distinct.tolist()])
        if len(self.memberships) > known:
            self.chosen = first_seen(self.chosen, len(self.memberships), False)
            self.listed = None
        return found.astype(np.int64)[where]

    def _flips(self, member: Rows, given: Mask) -> Rows:
        """Where an update is the opposite of what was before; what is given last counts from now on."""
        order = np.argsort(member, kind="stable")
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = member[order][1:] != member[order][:-1]
        before = np.empty(len(order), dtype=np.bool_)
        before[1:] = given[order][:-1]
        before[first] = self.chosen[member[order][first]]
        flips = np.sort(order[before != given[order]])
        self.chosen[member] = given
        return flips

    def _listed(self, groups: int) -> tuple[Rows, Rows, Rows]:
        """The memberships by group: where each begins, and which they are; and the device of each."""
        known = (groups + 1, len(self.memberships))
        if self.listed is None or (len(self.listed[0]), len(self.listed[1])) != known:
            pairs = np.array(list(self.memberships), dtype=np.int64)
            of, slot = pairs >> 32, pairs & 0xFFFF_FFFF
            members = np.argsort(of, kind="stable")
            begin = np.searchsorted(of[members], np.arange(groups + 1))
            number = np.zeros(self.clock.member_count, dtype=np.int64)
            slots = self.clock.slots[self.place]
            number[slots] = np.arange(len(slots))
            self.listed = begin, members, number[slot]
        return self.listed
