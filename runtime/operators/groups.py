"""Groups: which device belongs to which, whose time a group's time is, and values over the members at an instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.column import Column, Mask, Values
from ...stdlib.parts import columns_of, flags_of, layout
from ...stdlib.tables import EXACT, Tables
from ..flow import Flow, positions, updates, where_true
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows, first_seen, union
from ..kernels import groups as kernel
from ..kernels.jit import NEVER
from .node import Operator, Setting
from .windows import NOTHING, AggregateValue, Samples, SlicesOperator, numbers, taken

CODES = 1 << 12
"""So many different values there is room for at first, where they are given out."""
AT, CAPACITY, SIZE, DIFFERENT, MEMBERS, END, BLOCK = range(7)
"""Of a group's block: where it begins, for how many members there is room, how many values and how many different ones
it holds (if it holds values); how many members the group has had; of the first group: where the next block begins."""
Operations = tuple[Rows, int, Keys, Rows, Rows]
"""What a walk over a group's time takes (`kernels.groups`): seq, kind, group, member, time."""
Frames = Mapping[str, Frame]
Flows = Mapping[str, Flow]


@dataclass
class Arrivals:
    """What the members of one device type bring to a group domain in one batch.

    timeline, frame: the member's; slot (keys,): the member's number among all of the domain; group (n,): of each
    base row, -1 none; moved (n,): rows at which a member came to another group than it had; left (n,): the group it
    had then, or -1.
    """

    timeline: str
    frame: Frame
    slot: Rows
    group: Keys
    moved: Mask
    left: Keys
    keys: Sequence[Flow]


@dataclass
class Updates:
    """Changes of a member's value, or of two: by input (`seq`), member (`slot`), its `group` then, and when."""

    seq: Rows
    slot: Rows
    group: Keys
    time: Rows
    value: Values
    known: Mask
    second: Values


class GroupClock:
    """A group domain on one timeline: its groups, their members, their time."""

    STATE = (
        "groups", "shown", "slots", "last_group", "member_count", "idle", "member_time", "group_of", "waited_in",
        "greatest", "clock", "waiting", "pending", "heap_time", "heap_member", "pending_time", "pending_row",
    )  # fmt: skip
    SCRATCH = ("late_samples", "clock_before")

    def __init__(self, setting: Setting, timeline: p.Timeline, devices: Mapping[str, p.DeviceType]) -> None:
        self.setting = setting
        self.timeline = timeline
        self.types = [(m, devices[_device_of(setting.plan, m.timeline)]) for m in timeline.members]
        self.groups: dict[tuple[int, ...], int] = {}
        self.shown: list[tuple[str, ...]] = []
        self.slots = [np.zeros(0, dtype=np.int64) for _ in self.types]
        self.last_group = [np.zeros(0, dtype=np.int32) for _ in self.types]
        self.member_count = 0
        self.idle: Rows = np.zeros(0, dtype=np.int64)
        self.member_time: Rows = np.zeros(0, dtype=np.int64)
        self.group_of: Keys = np.zeros(0, dtype=np.int32)
        self.waited_in: Keys = np.zeros(0, dtype=np.int32)
        self.greatest: Rows = np.zeros(0, dtype=np.int64)
        self.clock: Rows = np.zeros(0, dtype=np.int64)
        self.waiting: Rows = np.zeros(0, dtype=np.int64)
        self.pending: Rows = np.zeros(0, dtype=np.int64)
        self.heap_time, self.heap_member, self.pending_time, self.pending_row = (
            np.zeros((0, 16), dtype=np.int64) for _ in range(4)
        )
        self.late_samples: list[Rows] = []
        if not timeline.keys:
            self._group(())

    def commit(self) -> None:
        """Count what came too late in this batch, each once, whoever wanted it."""
        if self.late_samples:
            late = np.unique(np.concatenate(self.late_samples, axis=1), axis=1)
            if late.shape[1]:
                self.setting.counters.dropped["late_sample"] += late.shape[1]
            self.late_samples = []

    def keys_of(self, other: "GroupClock") -> Keys:
        """This clock's group for each of the other's, which has the same key properties."""
        return np.array([self._group(codes) for codes in other.groups], dtype=np.int32)

    # -- Who belongs where --------------------------------------------------------------------------------------------

    def _group(self, codes: tuple[int, ...]) -> int:
        found = self.groups.get(codes)
        if found is None:
            found = self.groups[codes] = len(self.shown)
            self.shown.append(tuple(self.setting.symbols.texts[c] for c in codes))
        return found

    def groups_of(self, columns: Sequence[Column], count: int) -> Keys:
        """The group (count,) of each row of the key columns; -1 where one is absent."""
        if not columns:
            return np.zeros(count, dtype=np.int32)
        if count == 0:
            return np.zeros(0, dtype=np.int32)
        codes = np.stack([c.values for c in columns], axis=1)
        known = np.ones(count, dtype=np.bool_)
        for column in columns:
            if column.known is not None:
                known &= column.known
        codes[~known] = -1
        distinct, where = np.unique(codes, axis=0, return_inverse=True)
        numbers_ = [self._group(tuple(row)) if row[0] >= 0 else -1 for row in distinct.tolist()]
        return np.array(numbers_, dtype=np.int32)[where.reshape(-1)]

    def arrivals(self, frames: Frames, flows: Flows) -> list[Arrivals]:
        """What each member type brings in this batch."""
        found = []
        for i, (member, device) in enumerate(self.types):
            frame = frames.get(member.timeline)
            if frame is None:
                continue
            keys = [flows[k] for k in member.keys]
            self._admit(i, frame.keys, device.idle_ns)
            group = self.groups_of([k.at(frame.rows) for k in keys], len(frame))
            if not keys:
                group[~self._begun(i, frame)] = -1
            before = frame.previous
            left = np.where(before >= 0, group[before], self.last_group[i][frame.key])
            moved = (left != group) & frame.event
            self.last_group[i][frame.key] = group
            found.append(Arrivals(member.timeline, frame, self.slots[i], group, moved, left.astype(np.int32), keys))
        self._grow()
        return found

    def _begun(self, i: int, frame: Frame) -> Mask:
        """Rows at which the device has had an event on this timeline: from then on it belongs to the one group."""
        first = np.where(self.last_group[i][: frame.keys] >= 0, 0, len(frame)).astype(np.int64)
        rows = np.flatnonzero(frame.event)
        np.minimum.at(first, frame.key[rows], rows)
        return frame.rows.row >= first[frame.key]

    def group_at(self, arrivals: Arrivals, instants: Instants) -> Keys:
        """The group of each instant's key then."""
        return self.groups_of([k.at(instants) for k in arrivals.keys], len(instants))

    def _admit(self, i: int, keys: int, idle: int) -> None:
        known = len(self.slots[i])
        if known < keys:
            fresh = np.arange(self.member_count, self.member_count + keys - known, dtype=np.int64)
            self.member_count += len(fresh)
            self.slots[i] = np.concatenate([self.slots[i], fresh])
            self.last_group[i] = np.concatenate([self.last_group[i], np.full(len(fresh), -2, dtype=np.int32)])
            self.idle = first_seen(self.idle, self.member_count, 0)
            self.idle[fresh] = idle

    def _grow(self) -> None:
        members, groups = self.member_count, len(self.shown)
        self.member_time = first_seen(self.member_time, members, -1)
        self.group_of = first_seen(self.group_of, members, -1)
        self.waited_in = first_seen(self.waited_in, members, -1)
        self.greatest = first_seen(self.greatest, groups, -1)
        self.clock = first_seen(self.clock, groups, -1)
        self.waiting = first_seen(self.waiting, groups, 0)
        self.pending = first_seen(self.pending, groups, 0)
        self.heap_time, self.heap_member = (
            first_seen(self.heap_time, groups, 0),
            first_seen(self.heap_member, groups, 0),
        )
        self.pending_time = first_seen(self.pending_time, groups, 0)
        self.pending_row = first_seen(self.pending_row, groups, 0)

    def group_of_device(self, timeline: str, key: int) -> int | None:
        """The group that a device (of the member timeline given) is in at present; None if none."""
        for (member, _), last in zip(self.types, self.last_group, strict=True):
            if member.timeline == timeline and key < len(last) and last[key] >= 0:
                return int(last[key])
        return None

    # -- The group's timeline -----------------------------------------------------------------------------------------

    def frame(
        self, arrivals: Sequence[Arrivals], happened: Sequence[Updates], woken: tuple[Rows, Keys], end_seq: int | None
    ) -> Frame:
        """The rows of the groups' timeline in this batch; with `end_seq`, everything that is left, for all groups.

        `woken` are inputs (seq) and groups for which there must be a row, whether or not the group's time advances.
        """
        self._grow()
        self.clock_before = self.clock.copy()
        parts = [_distinct(happened), (woken[0], kernel.WAKE, woken[1], woken[0], woken[0])]
        for a in arrivals:
            # A group's time is looked at once for each input, when all of it has been run on the member's timeline.
            rows = _last_of_input(a.frame)
            slot = a.slot[a.frame.key[rows]]
            parts.append((a.frame.seq[rows], kernel.ADVANCE, a.group[rows], slot, a.frame.time[rows]))
        frame = self._ordered_walk(parts)
        if end_seq is None:
            return frame
        n = len(self.shown)
        ends, every = np.full(n, end_seq, dtype=np.int64), np.arange(n, dtype=np.int32)
        rest = self._ordered_walk([(ends, kernel.END, every, ends, np.full(n, NEVER, dtype=np.int64))])
        return Frame(
            np.concatenate([frame.seq, rest.seq]), np.concatenate([frame.key, rest.key]),
            np.concatenate([frame.time, rest.time]), np.concatenate([frame.event, rest.event]), rest.keys, len(frame),
        )  # fmt: skip

    def _ordered_walk(self, parts: Sequence[Operations]) -> Frame:
        seq = np.concatenate([part[0] for part in parts])
        kind = np.concatenate([np.full(len(part[0]), part[1], dtype=np.int8) for part in parts])
        group = np.concatenate([part[2] for part in parts])
        slot = np.concatenate([part[3] for part in parts]).astype(np.int32)
        time = np.concatenate([part[4] for part in parts])
        # At the end many members advance with one input: by time, so that none is taken for idle that is yet to come.
        order = np.lexsort((time, kind, seq))
        return self._walk(seq[order], kind[order], group[order], slot[order], time[order])

    def _walk(self, seq: Rows, kind: NDArray[np.int8], group: Keys, slot: Keys, time: Rows) -> Frame:
        walk: Any = kernel.clocks
        start, n = 0, len(seq)
        size = 2 * n + 16
        pieces: list[list[NDArray[Any]]] = []
        while start < n:
            counts = np.zeros(2, dtype=np.int64)
            out: list[NDArray[Any]] = [
                np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int64),
                np.empty(size, dtype=np.bool_),
            ]  # fmt: skip
            start = walk(
                start, seq, kind, group, slot, time, self.idle, self.member_time, self.group_of, self.waited_in,
                self.greatest, self.clock, self.waiting, self.heap_time, self.heap_member, self.pending,
                self.pending_time, self.pending_row, *out, counts,
            )  # fmt: skip
            pieces.append([a[: counts[0]].copy() for a in out])
            if counts[1]:
                self.setting.counters.dropped["late_member"] += int(counts[1])
            if start < n:
                size = max(size, int(self.pending.max(initial=0)) + 16)
                if int(self.waiting.max()) == self.heap_time.shape[1]:
                    self.heap_time, self.heap_member = _wider(self.heap_time), _wider(self.heap_member)
                if int(self.pending.max()) == self.pending_time.shape[1]:
                    self.pending_time, self.pending_row = _wider(self.pending_time), _wider(self.pending_row)
        empty = [np.zeros(0, dtype=t) for t in (np.int64, np.int32, np.int64, np.bool_)]
        columns: list[Any] = [np.concatenate([p_[i] for p_ in pieces]) if pieces else empty[i] for i in range(4)]
        return Frame(columns[0], columns[1], columns[2], columns[3], len(self.shown))


def _last_of_input(frame: Frame) -> Rows:
    """Of the rows that run timers, the last that each input makes of each key."""
    seq, key = frame.seq[: frame.running], frame.key[: frame.running]
    order = np.lexsort((key, seq))
    last = np.ones(len(order), dtype=np.bool_)
    last[:-1] = (np.diff(seq[order]) != 0) | (np.diff(key[order]) != 0)
    return np.sort(order[last])


def _distinct(happened: Sequence[Updates]) -> Operations:
    """The instants of all members' updates, each once."""
    every = np.concatenate(
        [np.stack([u.seq, u.group, u.slot, u.time]) for u in happened] or [np.zeros((4, 0), np.int64)], 1
    )
    seq, group, slot, time = np.unique(every, axis=1).astype(np.int64)
    return seq, kernel.INSTANT, group.astype(np.int32), slot, time


def _wider(heap: NDArray[np.int64]) -> NDArray[np.int64]:
    """Twice as much room for each key."""
    return np.ascontiguousarray(np.concatenate([heap, np.zeros_like(heap)], axis=1))


def _device_of(plan: p.Plan, timeline: str) -> str:
    device = next(t.device for t in plan.timelines if t.id == timeline)
    assert device is not None
    return device


class MembersOperator(Operator):
    """`compiler.plan.Members`.

    Of each group the members' values are in a block of `words`: in a tree of rows of parts, so that an update costs as
    many joins as the tree is high; or, for quantiles and what is different or frequent, in ascending order.
    """

    crosses = True
    STATE = (
        "pending", "pending_time", "pending_row", "kept", "value", "known", "place", "memberships", "blocks", "words",
    )  # fmt: skip
    SCRATCH = ("updates",)

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
        self.updates = _no_updates()
        self.pending: Rows = np.zeros(0, dtype=np.int64)
        self.pending_time, self.pending_row = np.zeros((0, 16), dtype=np.int64), np.zeros((0, 16), dtype=np.int64)
        self.kept = _no_updates()
        self.value = np.zeros(0)
        self.known = np.zeros(0, dtype=np.bool_)
        self.place: Rows = np.zeros(0, dtype=np.int64)
        self.memberships: dict[int, int] = {}
        self.blocks = np.zeros((0, BLOCK), dtype=np.int64)
        self.words: Rows = np.zeros(0, dtype=np.int64)

    def collect(self, arrivals: Arrivals | None, inputs: Sequence[Flow]) -> Updates:
        """The members' changes in this batch, in order; the group's instants are made of them."""
        if arrivals is None:
            self.updates = _no_updates()
            return self.updates
        frame = arrivals.frame
        moves = frame.events(arrivals.moved)
        changes = [u for u in (updates(i) for i in inputs) if u is not None]
        instants = union([moves, *changes])[0] if changes else moves
        count = len(instants)
        columns = [i.at(instants) for i in inputs[: self.arity]]
        values = [np.array(np.broadcast_to(numbers(column), (count,))) for column in columns] or [np.ones(count)]
        known = np.ones(count, dtype=np.bool_)
        for column in columns:
            known &= column.mask()
        for where in inputs[self.arity :]:
            known &= where_true(where.at(instants), count)
        joined = Updates(
            frame.seq[instants.row], arrivals.slot[instants.key], self.clock.group_at(arrivals, instants),
            instants.time, values[0] + 0.0, known, values[-1],
        )  # fmt: skip
        gone = moves.take(arrivals.left[moves.row] >= 0)
        none = np.zeros(len(gone))
        leaving = Updates(
            frame.seq[gone.row], arrivals.slot[gone.key], arrivals.left[gone.row], gone.time, none, none > 0, none
        )
        self.updates = _in_order(leaving, joined)
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
        both = [np.concatenate([a, b]) for a, b in zip(_arrays(self.kept), _arrays(new), strict=True)]
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
                start, kind, group, number, time, value, second, known, self.pending, self.pending_time,
                self.pending_row, member, self.value, self.known, self.place, self.blocks,
                self.words.view(np.float64), self.words, self.cols, self.flags, self.part,
                listing, out, given.reshape(-1).view(np.float64), given.reshape(-1), codes, how_often, counts,
            )  # fmt: skip
            if start < len(kind) and int(self.pending.max(initial=0)) == self.pending_time.shape[1]:
                self.pending_time, self.pending_row = _wider(self.pending_time), _wider(self.pending_row)
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
        self.updates = _no_updates()

    def _keep(self, new: Updates) -> None:
        """Of the updates keep those that wait for their instant, and number them anew."""
        waiting = np.arange(self.pending_row.shape[1]) < self.pending[:, None]
        kept = np.unique(self.pending_row[waiting])
        self.pending_row[waiting] = np.searchsorted(kept, self.pending_row[waiting])
        both = [np.concatenate([a, b]) for a, b in zip(_arrays(self.kept), _arrays(new), strict=True)]
        self.kept = Updates(*(a[kept] for a in both))

    def _memberships(self, group: Keys, slot: Rows) -> Keys:
        """The number of each member's membership in a group; there is room for all of them in the groups' blocks."""
        pairs = group.astype(np.int64) << 32 | slot
        distinct, first, where = np.unique(pairs, return_index=True, return_inverse=True)
        if not len(distinct):
            return np.zeros(0, dtype=np.int32)
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
        member: Keys = numbers_.astype(np.int32)[where.reshape(-1)]
        return member

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
        self.pending_time = first_seen(self.pending_time, groups, 0)
        self.pending_row = first_seen(self.pending_row, groups, 0)


def _arrays(u: Updates) -> list[Any]:
    return [u.seq, u.slot, u.group, u.time, u.value, u.known, u.second]


def _no_updates() -> Updates:
    empty = np.zeros(0, dtype=np.int64)
    nothing = np.zeros(0)
    return Updates(empty, empty, np.zeros(0, dtype=np.int32), empty, nothing, np.zeros(0, dtype=np.bool_), nothing)


def _in_order(*parts: Updates) -> Updates:
    """Those of a group, in the order admitted; of one input, as the parts are given."""
    arrays = [np.concatenate(a) for a in zip(*(_arrays(part) for part in parts), strict=True)]
    belongs = arrays[2] >= 0
    arrays = [a[belongs] for a in arrays]
    order = np.argsort(arrays[0], kind="stable")
    return Updates(*(a[order] for a in arrays))


class GroupSlicesOperator(SlicesOperator):
    """`compiler.plan.Slices` on a group's timeline: its samples come from a member device's."""

    crosses = True

    def samples(self, frame: Frame, clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Flow]) -> Samples:
        """The members' samples among the group's rows, each before the row that its input brings about."""
        at, values = NO_INSTANTS, [np.zeros(0) for _ in self.sampled]
        seq, group = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        if arrivals is not None:
            found = taken(inputs, len(self.sampled))
            at = found.at.take(found.known)
            group = clock.group_at(arrivals, at)
            belongs = group >= 0
            at, group = at.take(belongs), group[belongs]
            values = [value[found.known][belongs] for value in found.values]
            seq = arrivals.frame.seq[at.row]
            passed = _clock_then(frame, clock, seq, group)
            missed = self._missed(at.time - at.timer, passed)
            clock.late_samples.append(np.stack([seq[missed], at.key[missed], at.time[missed], at.timer[missed]]))
        n, m = len(frame), len(at)
        order = np.lexsort(
            (np.concatenate([np.zeros(m, np.int8), np.ones(n, np.int8)]), np.concatenate([seq, frame.seq]))
        )
        sampled = np.concatenate([np.ones(m, np.bool_), np.zeros(n, np.bool_)])[order]
        return Samples(
            np.concatenate([np.zeros(m, np.int64), frame.rows.row])[order],
            np.concatenate([group, frame.key])[order],
            np.concatenate([np.full(m, -1, np.int64), frame.time])[order],
            sampled,
            np.concatenate([at.time - at.timer, frame.time])[order],
            np.concatenate([values[0], np.zeros(n)])[order],
            np.concatenate([values[1], np.zeros(n)])[order] if len(values) > 1 else NOTHING,
        )

    def _missed(self, at: Rows, passed: Rows) -> Mask:
        """Whether a window that should have held a sample was closed before it came."""
        missed = np.zeros(len(at), dtype=np.bool_)
        for i, (_, window) in enumerate(self.windows):
            if window.every_ns is not None:
                end = (at // window.every_ns + 1) * window.every_ns
            else:
                bounds = self.bounds[i]
                end = bounds[np.searchsorted(bounds, at, side="right")] if len(bounds) else np.full(len(at), NEVER)
            missed |= end < passed
        return missed


def _clock_then(frame: Frame, clock: GroupClock, seq: Rows, group: Keys) -> Rows:
    """The time of each group before the given input."""
    index = np.full(len(seq), -1, dtype=np.int64)
    advances = ~frame.event
    given = Instants(
        frame.seq[advances], frame.key[advances], frame.time[advances], np.zeros(int(advances.sum()), np.bool_)
    )
    asked = Instants(seq, group, np.zeros(len(seq), np.int64), np.ones(len(seq), np.bool_))
    if len(given) and len(asked):
        index = positions(frame, asked, given)
    before = clock.clock_before[group]
    return np.where(index >= 0, given.time[index] if len(given) else before, before)
