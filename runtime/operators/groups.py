"""Values over the members of a group at an instant."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.column import Column, Values
from ...stdlib.parts import columns_of, flags_of, layout
from ...stdlib.tables import EXACT, Tables
from ..flow import Flow, updates, where_true
from ..frame import Frame, Keys, Rows, first_seen, union
from ..kernels import groups as kernel
from ..kernels.queues import ROW, Pool, empty_pool, is_full, rows_in, with_room
from .group_clock import Arrivals, GroupClock, Updates
from .node import Operator, Setting
from .samples import numbers
from .windows import AggregateValue

CODES = 1 << 12
"""So many different values there is room for at first, where they are given out."""
AT, CAPACITY, SIZE, DIFFERENT, MEMBERS, END, BLOCK = range(7)
"""Of a group's block: where it begins, for how many members there is room, how many values and how many different ones
it holds (if it holds values); how many members the group has had; of the first group: where the next block begins."""


class MembersOperator(Operator):
    """`compiler.plan.Members`.

    Of each group the members' values are in a block of `words`: in a tree of rows of parts, so that an update costs as
    many joins as the tree is high; or, for quantiles and what is different or frequent, in ascending order.
    """

    crosses = True
    STATE = (
        "pending", "waiting", "pool", "kept", "value", "known", "place", "memberships", "blocks", "words",
    )  # fmt: skip
    SCRATCH = ("updates", "newest_membership")

    def __init__(
        self,
        setting: Setting,
        members: p.Members,
        argument: str | None,
        clock: GroupClock,
        type_name: str,
        sampled: Sequence[str],
    ) -> None:
        """`argument` is the timeline of the inputs; None without inputs. `sampled`: the types of the values."""
        super().__init__(setting)
        function = AGGREGATES[members.function]
        self.result = AggregateValue(
            setting.symbols, members.function, members.option, type_name, sampled[0] if sampled else None
        )
        self.arity = max(len(sampled), 1)
        self.table = self.result.table
        self.flags = 0 if self.table is not None else flags_of(function.parts)
        self.cols, self.columns = layout(function.parts), columns_of(function.parts)
        self.part = function.quantile if function.quantile is not None else members.option or 0.0
        self.timeline = argument
        self.device = members.device
        self.clock = clock
        self.updates = no_updates()
        self.pending: Rows = np.zeros(0, dtype=np.int64)
        self.waiting: Rows = np.zeros(0, dtype=np.int64)
        self.pool: Pool = empty_pool()
        self.kept = no_updates()
        self.value = np.zeros(0)
        self.known = np.zeros(0, dtype=np.bool_)
        self.place: Rows = np.zeros(0, dtype=np.int64)
        self.memberships: dict[int, int] = {}
        self.newest_membership: Rows = np.zeros(0, dtype=np.int64)
        self.blocks = np.zeros((0, BLOCK), dtype=np.int64)
        self.words: Rows = np.zeros(0, dtype=np.int64)

    def collect(self, arrivals: Arrivals | None, inputs: Sequence[Flow]) -> Updates:
        """The members' changes in this batch, in order; the group's instants are made of them."""
        self.updates = member_updates(self.clock, arrivals, inputs, self.arity)
        return self.updates

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self._grow(frame.keys)
        pending_base = len(self.kept.seq)
        new = self.updates
        rows = np.flatnonzero(frame.event)
        kind = np.concatenate([np.zeros(len(new.seq), np.int8), np.ones(len(rows), np.int8)])
        order = np.lexsort((kind, np.concatenate([new.seq, frame.seq[rows]])))
        group = np.concatenate([new.group, frame.key[rows]])[order]
        number = np.concatenate([np.arange(len(new.seq)) + pending_base, rows]).astype(np.int32)[order]
        time = np.concatenate([new.time, frame.time[rows]])[order]
        kind = kind[order]
        both = [np.concatenate([a, b]) for a, b in zip(arrays_of(self.kept), arrays_of(new), strict=True)]
        _, slot, in_group, _, value, known, second = both
        member = self._memberships(in_group, slot)
        width = len(self.columns) if self.flags else 3
        out, given = np.empty(len(rows), dtype=np.int64), np.zeros((len(rows), width), dtype=np.int64)
        listing = self.table == "frequencies"
        codes = np.zeros(CODES if listing else 0)
        how_often = np.zeros(len(codes), dtype=np.int64)
        counts = np.zeros(2, dtype=np.int64)
        start = 0
        while start < len(kind):
            start = kernel.members(
                start, kind, group, number, time, value, second, known, self.pending, self.waiting,
                self.pool, member, self.value, self.known, self.place, self.blocks,
                self.words.view(np.float64), self.words, self.cols, self.flags, self.part,
                listing, out, given.reshape(-1).view(np.float64), given.reshape(-1), codes, how_often, counts,
            )  # fmt: skip
            if start < len(kind) and is_full(self.pool):
                self.pool = with_room(self.pool)
            elif start < len(kind):
                codes, how_often = (np.concatenate([a, np.zeros_like(a)]) for a in (codes, how_often))
        self._keep(new)
        at = frame.rows.take(number[out[: counts[0]]])
        return self.sparse(frame, at, self._result(given[: counts[0]], codes, how_often))

    def _result(self, rows: Rows, codes: Values, counts: Rows) -> Column:
        """The function's values, of what the kernel gave."""
        if self.table is None:
            return self.result.of(rows, self.columns)
        found = rows.view(np.float64)
        if self.table == "values":
            return Column(np.ascontiguousarray(found[:, 1]), found[:, 0] > 0)
        if self.table == "hashes":
            return Column(np.ascontiguousarray(found[:, 2]))
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(found[:, 2].astype(np.int64))])
        exact = np.full(len(rows), EXACT, dtype=np.int64)
        tables = Tables(offsets, codes[: offsets[-1]], counts[: offsets[-1]], exact, np.zeros((0, 0), dtype=np.int64))
        return self.result.of(rows, (), {self.table: tables})

    def commit(self) -> None:
        super().commit()
        self.updates = no_updates()

    def _keep(self, new: Updates) -> None:
        """Of the updates keep those that wait for their instant, and number them anew."""
        waiting = rows_in(self.pool)
        kept = np.sort(self.pool[waiting, ROW])
        self.pool[waiting, ROW] = np.searchsorted(kept, self.pool[waiting, ROW])
        both = [np.concatenate([a, b]) for a, b in zip(arrays_of(self.kept), arrays_of(new), strict=True)]
        self.kept = Updates(*(a[kept] for a in both))

    def _memberships(self, group: Keys, slot: Rows) -> Keys:
        """The number of each member's membership in a group; there is room for all of them in the groups' blocks."""
        self.newest_membership = first_seen(self.newest_membership, self.clock.member_count, -1)
        newest = self.newest_membership[slot]
        other = np.flatnonzero(newest >> 32 != group)
        if len(other):
            newest[other] = group[other].astype(np.int64) << 32 | self._looked_up(group[other], slot[other])
            self.newest_membership[slot[other]] = newest[other]
        member: Keys = (newest & 0xFFFF_FFFF).astype(np.int32)
        return member

    def _looked_up(self, group: Keys, slot: Rows) -> Rows:
        """The numbers of memberships, one or more, of which some may be new."""
        pairs = group.astype(np.int64) << 32 | slot
        distinct, first, where = np.unique(pairs, return_index=True, return_inverse=True)
        known = len(self.memberships)
        # In the order in which they come, whatever the batches.
        for pair in distinct[np.argsort(first)].tolist():
            self.memberships.setdefault(pair, len(self.memberships))
        numbers_ = np.array([self.memberships[pair] for pair in distinct.tolist()])
        count = len(self.memberships)
        if count > known:
            self.value = first_seen(self.value, count, 0.0)
            self.known = first_seen(self.known, count, False)
            self.place = first_seen(self.place, count, 0)
            fresh = np.flatnonzero(numbers_ >= known)
            fresh = fresh[np.lexsort((numbers_[fresh], distinct[fresh] >> 32))]
            joins = distinct[fresh] >> 32
            # Ascending by group, and there by number: each takes the next place in its own.
            groups, begin, many = np.unique(joins, return_index=True, return_counts=True)
            self.place[numbers_[fresh]] = self.blocks[joins, MEMBERS] + np.arange(len(joins)) - np.repeat(begin, many)
            self.blocks[groups, MEMBERS] += many
            self._make_room(groups)
        found: Rows = numbers_[where]
        return found

    def _make_room(self, groups: Rows) -> None:
        """Have room for all members of these groups, in blocks of twice the size where they outgrow theirs."""
        for g in groups[self.blocks[groups, MEMBERS] > self.blocks[groups, CAPACITY]].tolist():
            old_at, old = self.blocks[g, :2].tolist()
            capacity = 1 << int(self.blocks[g, MEMBERS] - 1).bit_length()
            size = 2 * capacity * len(self.columns) if self.flags else capacity + 1
            at = int(self.blocks[0, END])
            self.words = first_seen(self.words, at + size, 0)
            if self.flags:
                floats = self.words.view(np.float64)
                kernel.transplant(floats, self.words, old_at, old, at, capacity, self.cols, self.flags)
            else:
                self.words[at : at + old] = self.words[old_at : old_at + old]
            self.blocks[g, :2] = at, capacity
            self.blocks[0, END] = at + size

    def _grow(self, groups: int) -> None:
        self.blocks = first_seen(self.blocks, max(groups, 1), 0)
        self.pending = first_seen(self.pending, groups, 0)
        self.waiting = first_seen(self.waiting, groups, 0)


def member_updates(clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Flow], arity: int) -> Updates:
    """The changes of a group's members in a batch, in order: of inputs, of which so many are values and the rest
    conditions, and of where members belong."""
    if arrivals is None:
        return no_updates()
    frame = arrivals.frame
    moves = frame.events(arrivals.moved)
    changes = [u for u in (updates(i) for i in inputs) if u is not None]
    instants = union([moves, *changes])[0] if changes else moves
    count = len(instants)
    columns = [i.at(instants) for i in inputs[:arity]]
    values = [np.array(np.broadcast_to(numbers(column), (count,))) for column in columns] or [np.ones(count)]
    known = np.ones(count, dtype=np.bool_)
    for column in columns:
        known &= column.mask()
    for where in inputs[arity:]:
        known &= where_true(where.at(instants), count)
    joined = Updates(
        frame.seq[instants.row], arrivals.slot[instants.key], clock.group_at(arrivals, instants), instants.time,
        values[0] + 0.0, known, values[-1],
    )  # fmt: skip
    gone = moves.take(arrivals.left[moves.row] >= 0)
    none = np.zeros(len(gone))
    leaving = Updates(
        frame.seq[gone.row], arrivals.slot[gone.key], arrivals.left[gone.row], gone.time, none, none > 0, none
    )
    # An input can be several rows of a member, which stays until that at which it leaves.
    rows = np.concatenate([gone.row, instants.row])
    both = [np.concatenate(pair) for pair in zip(arrays_of(leaving), arrays_of(joined), strict=True)]
    order = np.lexsort((rows, both[0]))
    order = order[both[2][order] >= 0]
    return Updates(*(column[order] for column in both))


def arrays_of(u: Updates) -> list[Any]:
    """The arrays of updates, one for each field."""
    return [u.seq, u.slot, u.group, u.time, u.value, u.known, u.second]


def no_updates() -> Updates:
    """None at all."""
    empty = np.zeros(0, dtype=np.int64)
    nothing = np.zeros(0)
    return Updates(empty, empty, np.zeros(0, dtype=np.int32), empty, nothing, np.zeros(0, dtype=np.bool_), nothing)
