"""Whose a group's time is: which device belongs to which group, and when a group's instants are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column, Mask, Values
from ..flow import Flow
from ..frame import Frame, Instants, Keys, Rows, first_seen
from ..kernels import group_time as kernel
from ..kernels.jit import NEVER
from ..kernels.queues import Pool, empty_pool, is_full, with_room
from .node import Setting

CLOSE = 1 << 10
"""So far apart numbers may be at least and still be counted, not sorted."""

Operations = tuple[Rows, int, Keys, Rows, Rows]
"""What a walk over a group's time takes (`kernels.group_time`): seq, kind, group, member, time."""
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
        "groups", "shown", "slots", "last_group", "member_count", "idle", "most", "member_time", "group_of",
        "waited_in", "greatest", "clock", "room", "pending", "overdue", "instants", "instant_pool", "members",
        "member_pool", "until", "held_until", "own_time", "own_group",
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
        self.most: Rows = np.zeros(0, dtype=np.int64)
        self.member_time: Rows = np.zeros(0, dtype=np.int64)
        self.group_of: Keys = np.zeros(0, dtype=np.int32)
        self.waited_in: Keys = np.zeros(0, dtype=np.int32)
        self.greatest: Rows = np.zeros(0, dtype=np.int64)
        self.clock: Rows = np.zeros(0, dtype=np.int64)
        self.room: Rows = np.zeros(0, dtype=np.int64)
        self.pending: Rows = np.zeros(0, dtype=np.int64)
        self.overdue: Rows = np.zeros(0, dtype=np.int64)
        self.instants: Rows = np.zeros(0, dtype=np.int64)
        self.instant_pool: Pool = empty_pool()
        self.members: Rows = np.zeros(0, dtype=np.int64)
        self.member_pool: Pool = empty_pool()
        self.late_samples: list[Rows] = []
        self.until: int | None = None
        """Where members come over links: the time up to which each of those is known. No group is beyond it."""
        self.held_until = -1
        self.own_time: Rows = np.zeros(0, dtype=np.int64)
        self.own_group: Keys = np.zeros(0, dtype=np.int32)
        """By member: its own time and group, where its time in the group is held back."""
        if not timeline.keys:
            self._group(())

    def commit(self) -> None:
        """Count what came too late in this batch, each once, whoever wanted it."""
        if self.late_samples:
            late = np.unique(np.concatenate(self.late_samples, axis=1), axis=1)
            if late.shape[1]:
                self.setting.counters.dropped["late_sample"] += late.shape[1]
            self.late_samples = []

    def make_room(self) -> None:
        """Let as many updates wait as this plan says, where members were taken over from another."""
        for (member, _), slots in zip(self.types, self.slots, strict=True):
            self.most[slots] = member.waiting_max
        members = np.flatnonzero(self.group_of[: self.member_count] >= 0)
        self.room[:] = 0
        np.add.at(self.room, self.group_of[members], self.most[members])

    def keys_of(self, other: "GroupClock") -> Keys:
        """This clock's group for each of the other's, which has the same key properties."""
        return np.array([self._group(codes) for codes in other.groups], dtype=np.int32)

    def come_to(self, frame: Frame) -> None:
        """Take over the times of a frame that another engine made."""
        self._grow()
        np.maximum.at(self.clock, frame.key[: frame.running], frame.time[: frame.running])

    # -- Who belongs where --------------------------------------------------------------------------------------------

    def _group(self, codes: tuple[int, ...]) -> int:
        found = self.groups.get(codes)
        if found is None:
            found = self.groups[codes] = len(self.shown)
            self.shown.append(tuple(self.setting.symbols.texts[c] for c in codes))
        return found

    def named(self, texts: Sequence[str]) -> int:
        """The group of these values of the key properties."""
        return self._group(tuple(self.setting.symbols.code(text) for text in texts))

    def known(self, texts: Sequence[str]) -> int | None:
        """The group of these values of the key properties, if there is one."""
        return self.groups.get(tuple(self.setting.symbols.codes.get(text, -1) for text in texts))

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
        first, kind = kinds(list(codes.T))
        numbers_ = [self._group(tuple(row)) if row[0] >= 0 else -1 for row in codes[first].tolist()]
        return np.array(numbers_, dtype=np.int32)[kind]

    def arrivals(self, frames: Frames, flows: Flows) -> list[Arrivals]:
        """What each member type brings in this batch."""
        found = []
        for i, (member, device) in enumerate(self.types):
            frame = frames.get(member.timeline)
            if frame is None:
                continue
            keys = [flows[k] for k in member.keys]
            self._admit(i, frame.keys, device.idle_ns, member.waiting_max)
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

    def _admit(self, i: int, keys: int, idle: int, most: int) -> None:
        known = len(self.slots[i])
        if known < keys:
            fresh = np.arange(self.member_count, self.member_count + keys - known, dtype=np.int64)
            self.member_count += len(fresh)
            self.slots[i] = np.concatenate([self.slots[i], fresh])
            self.last_group[i] = np.concatenate([self.last_group[i], np.full(len(fresh), -2, dtype=np.int32)])
            self.idle = first_seen(self.idle, self.member_count, 0)
            self.idle[fresh] = idle
            self.most = first_seen(self.most, self.member_count, 0)
            self.most[fresh] = most

    def _grow(self) -> None:
        members, groups = self.member_count, len(self.shown)
        self.member_time = first_seen(self.member_time, members, -1)
        self.group_of = first_seen(self.group_of, members, -1)
        self.waited_in = first_seen(self.waited_in, members, -1)
        self.greatest = first_seen(self.greatest, groups, -1)
        self.clock = first_seen(self.clock, groups, -1)
        self.room = first_seen(self.room, groups, 0)
        self.pending = first_seen(self.pending, groups, 0)
        self.overdue = first_seen(self.overdue, groups, 0)
        self.instants = first_seen(self.instants, groups, 0)
        self.members = first_seen(self.members, groups, 0)

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
            parts.append(self._held((a.frame.seq[rows], kernel.ADVANCE, a.group[rows], slot, a.frame.time[rows])))
        parts += self._released(parts)
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

    def _held(self, advances: Operations) -> Operations:
        """Members' times as far as all links are known."""
        if self.until is None:
            return advances
        seq, kind, group, slot, time = advances
        self.own_time = first_seen(self.own_time, self.member_count, -1)
        self.own_group = first_seen(self.own_group, self.member_count, -1)
        self.own_time[slot], self.own_group[slot] = time, group
        return seq, kind, group, slot, np.minimum(time, self.until)

    def _released(self, parts: Sequence[Operations]) -> list[Operations]:
        """The members whose times were held back and are no more, or less: after all else in the batch."""
        until = NEVER if self.until is None else self.until
        slots = np.flatnonzero(self.own_time > self.held_until)
        if until <= self.held_until or not len(slots):
            return []
        self.held_until = until
        last = max(int(part[0].max(initial=-1)) for part in parts)
        times = np.minimum(self.own_time[slots], until)
        return [(np.full(len(slots), last), kernel.ADVANCE, self.own_group[slots], slots, times)]

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
        # What comes over links must wait for what is slower: the links hold no more than they may.
        bounded = self.until is None
        counts = np.zeros(3, dtype=np.int64)
        while start <= n:
            counts[kernel.WRITTEN] = 0
            out: list[NDArray[Any]] = [
                np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int64),
                np.empty(size, dtype=np.bool_),
            ]  # fmt: skip
            start = walk(
                start, seq, kind, group, slot, time, bounded, self.idle, self.most, self.member_time, self.group_of,
                self.waited_in, self.greatest, self.clock, self.room, self.pending, self.overdue, self.instants,
                self.instant_pool, self.members, self.member_pool, *out, counts,
            )  # fmt: skip
            pieces.append([a[: counts[kernel.WRITTEN]].copy() for a in out])
            if start <= n:
                size = max(size, int(self.pending.max(initial=0)) + 16)
                if is_full(self.instant_pool):
                    self.instant_pool = with_room(self.instant_pool)
                if is_full(self.member_pool):
                    self.member_pool = with_room(self.member_pool)
        for reason, count in (("late_member", counts[kernel.LATE]), ("early_instant", counts[kernel.EARLY])):
            if count:
                self.setting.counters.dropped[reason] += int(count)
        columns: list[Any] = [np.concatenate([piece[i] for piece in pieces]) for i in range(4)]
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
    every: list[list[NDArray[Any]]] = [[u.seq, u.group, u.slot, u.time] for u in happened if len(u.seq)]
    # Most often all of them are of the same messages.
    different = list({tuple(column.tobytes() for column in instants): instants for instants in every}.values())
    if not different:
        none = np.zeros(0, dtype=np.int64)
        return none, kernel.INSTANT, none.astype(np.int32), none, none
    columns = [np.concatenate(column) for column in zip(*different, strict=True)]
    if len(different) > 1:
        order = np.lexsort(columns[::-1])
        columns = [column[order] for column in columns]
    once = np.ones(len(columns[0]), dtype=np.bool_)
    once[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    seq, group, slot, time = (column[once] for column in columns)
    return seq, kernel.INSTANT, group, slot, time


def kinds(columns: Sequence[NDArray[Any]]) -> tuple[Rows, Rows]:
    """Of rows of whole numbers, one or more: the first row of each kind, in ascending order; and the kind of each row.

    Numbers that are close together are counted, not sorted.
    """
    count = len(columns[0])
    kind, many = np.zeros(count, dtype=np.int64), 1
    for column in columns:
        least, most = int(column.min()), int(column.max())
        span = most - least + 1
        packed = kind * span + (column.astype(np.int64) - least)
        if many * span <= CLOSE + 4 * count:
            there = np.zeros(many * span, dtype=np.int64)
            there[packed] = 1
            kind = (np.cumsum(there) - 1)[packed]
            many = int(there.sum())
        else:
            distinct, kind = np.unique(packed, return_inverse=True)
            many = len(distinct)
    first = np.full(many, count, dtype=np.int64)
    np.minimum.at(first, kind, np.arange(count))
    return first, kind


def _device_of(plan: p.Plan, timeline: str) -> str:
    device = next(t.device for t in plan.timelines if t.id == timeline)
    assert device is not None
    return device
