"""A group's windows: samples that its members bring, kept in slices of time; in parts, where its members are at several
gateways.

Each gateway works out what its own members' samples come to, slice by slice (`Partial`); the part above joins what all
of them give to slices of its own (`Slices` of such rows), and windows on these are what they would be of the samples.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.parts import Part, columns_of, flags_of, layout
from ..flow import Flow, positions
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows
from ..kernels import partials as kernel
from ..kernels.jit import NEVER
from .group_clock import Arrivals, GroupClock
from .node import Operator, Setting
from .samples import NOTHING, Samples, taken
from .slice_columns import Steps
from .windows import SliceFlow, SlicesOperator, WindowFlow, shapes_of


@dataclass
class Brought:
    """Samples that members bring: with which input, to which group, the time that decides their slice; and of each what
    is sampled, an array for each value (or one of rows of parts)."""

    seq: Rows
    group: Keys
    at: Rows
    values: list[NDArray[Any]]

    def take(self, which: NDArray[Any]) -> "Brought":
        """The given ones."""
        return Brought(self.seq[which], self.group[which], self.at[which], [value[which] for value in self.values])


def _nothing(values: Sequence[NDArray[Any]]) -> Brought:
    empty = np.zeros(0, dtype=np.int64)
    return Brought(empty, np.zeros(0, dtype=np.int32), empty, list(values))


def brought(
    clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Flow], arity: int
) -> tuple[Brought, Instants]:
    """The samples of a batch, in the order admitted; and the members' instants that they are of."""
    if arrivals is None:
        return _nothing([np.zeros(0)] * arity), NO_INSTANTS
    found = taken(inputs, arity)
    at = found.at.take(found.known)
    group = clock.group_at(arrivals, at)
    belongs = group >= 0
    at, group = at.take(belongs), group[belongs]
    values: list[NDArray[Any]] = [value[found.known][belongs] for value in found.values]
    return Brought(arrivals.frame.seq[at.row], group, at.time - at.timer, values), at


class GroupSlicesOperator(SlicesOperator):
    """`compiler.plan.Slices` on a group's timeline: its samples come from a member device's.

    Where members come over links, samples wait for their group's time, however far behind it is: slices are not kept
    for as long as a link may be down. `waiting` has an array each of groups, times, and what was sampled.
    """

    crosses = True
    STATE: ClassVar[tuple[str, ...]] = ("waiting",)

    def __init__(
        self,
        setting: Setting,
        slices: p.Slices,
        windows: Sequence[tuple[str, p.Window]],
        asked: Sequence[Collection[Part]],
        sampled: Sequence[str],
        ahead: int,
        revise: int,
    ) -> None:
        super().__init__(setting, slices, windows, asked, sampled, ahead, revise)
        self.waiting: list[NDArray[Any]] = [np.zeros(0, np.int32), np.zeros(0, np.int64), *self._no_values()]

    def _no_values(self) -> list[NDArray[Any]]:
        return [np.zeros(0) for _ in self.sampled]

    def from_members(
        self, frame: Frame, clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Flow]
    ) -> SliceFlow:
        """Take what the members bring; give the windows that closed."""
        new, at = brought(clock, arrivals, inputs, len(self.sampled))
        missed = self._missed(new.at, _clock_then(frame, clock, new.seq, new.group))
        clock.late_samples.append(np.stack([new.seq, at.key, at.time, at.timer])[:, missed])
        now, row = self._due(frame, clock, new)
        samples, order = _among_rows(frame, now, row)
        first, *others = (_in_places(value, order) for value in now.values)
        samples.value, samples.second = first, others[0] if others else NOTHING
        return self.walk(frame, samples)

    def _due(self, frame: Frame, clock: GroupClock, new: Brought) -> tuple[Brought, Rows]:
        """The samples that are taken now, and before which rows: that which their input brings about, or, where members
        come over links, that with which the group's time passes them."""
        if clock.until is None and not len(self.waiting[0]):
            return new, np.searchsorted(frame.seq, new.seq, side="left")
        arrays = [new.group, new.at, *new.values]
        group, at, *values = (np.concatenate([old, more]) for old, more in zip(self.waiting, arrays, strict=True))
        seq = np.concatenate([np.full(len(at) - len(new.seq), -1), new.seq])
        row = _rows_after(frame, seq, group, at)
        waits = row == len(frame)
        self.waiting = [array[waits] for array in (group, at, *values)]
        return Brought(seq, group, at, values).take(~waits), row[~waits]

    def _missed(self, at: Rows, passed: Rows) -> NDArray[np.bool_]:
        """Whether a window that should have held a sample was closed before it came."""
        missed = np.zeros(len(at), dtype=np.bool_)
        if not len(at):
            return missed
        shapes_of(self.windows, self.bounds, at)
        for (_, window), bounds in zip(self.windows, self.bounds, strict=True):
            if window.every_ns is not None:
                end = (at // window.every_ns + 1) * window.every_ns
            else:
                end = bounds[np.searchsorted(bounds, at, side="right")]
            missed |= end < passed
        return missed


class JoinedSlicesOperator(GroupSlicesOperator):
    """The same of rows of parts, which the gateways that a group spans give (`compiler.plan.Partial`)."""

    def _no_values(self) -> list[NDArray[Any]]:
        return [np.zeros((0, len(self.layout.columns)), dtype=np.int64)]

    def from_members(
        self, frame: Frame, clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Any]
    ) -> SliceFlow:
        new = _nothing(self._no_values())
        if arrivals is not None:
            given: WindowFlow = inputs[0]
            at = given.instants
            # A gateway belongs to one group for good, before its first event, too.
            new = Brought(arrivals.frame.seq[at.row], arrivals.group[at.row], at.time - at.timer, [given.rows])
        now, row = self._due(frame, clock, new)
        samples, order = _among_rows(frame, now, row)
        samples.value = np.zeros(len(samples.key))
        self.joining = _in_places(now.values[0], order)
        return self.walk(frame, samples)

    def steps(self, samples: Samples) -> Steps:
        """A row is joined to what its slice holds then."""
        at, ints = self.layout, self.words.reshape(-1)
        words = len(at.columns)
        chosen = np.flatnonzero(samples.sampled)
        number = samples.at[chosen] // self.width
        keys, slice_of, row = _distinct(samples.key[chosen], number)
        place = keys * at.words + slice_of % at.rings[0] * at.starts[-1]
        held = ints[place[:, None] + 1 + np.arange(words)] * (ints[place] == slice_of)[:, None]
        given = np.ascontiguousarray(self.joining[chosen]).reshape(-1)
        came, rows = np.empty(len(given), dtype=np.int64), held.reshape(-1)
        kernel.join_each(rows.view(np.float64), rows, row, given.view(np.float64), given, at.cols, at.flags, came)
        steps = super().steps(samples)
        steps.made = np.zeros(len(samples.key) * words, dtype=np.int64)
        steps.made.reshape(-1, words)[chosen] = came.reshape(-1, words)
        return steps


class PartialOperator(Operator):
    """`compiler.plan.Partial`. Kept are the rows of the slices that have not been given: whose, which, and what of."""

    crosses = True
    STATE: ClassVar[tuple[str, ...]] = ("group", "number", "rows")

    def __init__(self, setting: Setting, partial: p.Partial, arity: int) -> None:
        super().__init__(setting)
        self.arity = arity
        self.width = partial.width_ns
        self.flags, self.cols = flags_of(partial.parts), layout(partial.parts)
        self.columns: tuple[str, ...] = columns_of(partial.parts)
        self.group: Keys = np.zeros(0, dtype=np.int32)
        self.number: Rows = np.zeros(0, dtype=np.int64)
        self.rows: Rows = np.zeros((0, len(self.columns)), dtype=np.int64)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        raise AssertionError("crosses timelines: see `from_members`")

    def from_members(
        self, frame: Frame, clock: GroupClock, arrivals: Arrivals | None, inputs: Sequence[Flow]
    ) -> WindowFlow:
        """Take what the members bring; give the slices whose time has passed."""
        new, _ = brought(clock, arrivals, inputs, self.arity)
        group = np.concatenate([self.group, new.group]).astype(np.int32)
        number = np.concatenate([self.number, new.at // self.width])
        seq = np.concatenate([np.full(len(self.group), -1), new.seq])
        given_at = _rows_after(frame, seq, group, (number + 1) * self.width)
        # One row for each slice and row of the frame at which it is given; those of before begin with what they hold.
        of, number, given_at, row = _distinct_rows(group, number, given_at)
        group = of.astype(np.int32)
        rows = np.zeros((len(group), len(self.columns)), dtype=np.int64)
        rows[row[: len(self.rows)]] = self.rows
        flat = rows.reshape(-1)
        value, second = (*(np.ascontiguousarray(one) for one in new.values), NOTHING)[:2]
        kernel.take_each(
            flat.view(np.float64), flat, row[len(self.rows) :], self.cols, self.flags, value, second, new.at
        )
        stays = given_at == len(frame)
        self.group, self.number, self.rows = group[stays], number[stays], rows[stays]
        gone = np.flatnonzero(~stays)
        gone = gone[np.lexsort((number[gone], given_at[gone]))]
        end = (number[gone] + 1) * self.width
        instants = Instants(given_at[gone], group[gone], end, np.ones(len(gone), dtype=np.bool_))
        return WindowFlow(frame, instants, rows[gone], self)


def _among_rows(frame: Frame, new: Brought, row: Rows) -> tuple[Samples, Rows]:
    """Samples among the group's rows, each before the given one, yet without values; and which of all, samples first,
    stands at each place."""
    n, m = len(frame), len(new.seq)
    at_row = np.concatenate([row, frame.rows.row])
    order = at_row.argsort(kind="stable")
    if frame.end_row is not None:
        # The end of input is one for all members: what it brings comes in the order of its times.
        order = np.lexsort((np.concatenate([new.at, np.full(n, NEVER)]), at_row))
    samples = Samples(
        np.concatenate([np.zeros(m, np.int64), frame.rows.row])[order],
        np.concatenate([new.group, frame.key])[order],
        np.concatenate([np.full(m, -1, np.int64), frame.time])[order],
        np.concatenate([np.ones(m, np.bool_), np.zeros(n, np.bool_)])[order],
        np.concatenate([new.at, frame.time])[order],
        NOTHING,
        NOTHING,
    )
    return samples, order


def _in_places(values: NDArray[Any], order: Rows) -> NDArray[Any]:
    """What was sampled, at the places of its samples; 0 at the others."""
    others = np.zeros((len(order) - len(values), *values.shape[1:]), dtype=values.dtype)
    return np.concatenate([values, others])[order]


def _rows_after(frame: Frame, seq: Rows, group: Keys, end: Rows) -> Rows:
    """For each input, group and time: the first row of the group that is not before the input and is past the time;
    as many as there are rows where there is none yet."""
    n = len(frame)
    order = np.lexsort((frame.rows.row, frame.key))
    key = frame.key[order].astype(np.int64)
    group = group.astype(np.int64)
    # Of a group times do not go back, so both are found by halving.
    times, rank = np.unique(np.concatenate([frame.time, end]), return_inverse=True)
    rank = rank.reshape(-1)
    past = np.searchsorted(key * len(times) + rank[:n][order], group * len(times) + rank[n:], side="right")
    since = np.searchsorted(key * (n + 1) + order, group * (n + 1) + np.searchsorted(frame.seq, seq, side="left"))
    found = np.maximum(past, since)
    there = found < n
    there[there] = key[found[there]] == group[there]
    rows = np.full(len(seq), n, dtype=np.int64)
    rows[there] = order[found[there]]
    return rows


def _distinct(key: Keys, number: Rows) -> tuple[Rows, Rows, Rows]:
    """The pairs that there are, and which of them each one is."""
    pairs = np.stack([key.astype(np.int64), number], axis=1)
    distinct, which = np.unique(pairs, axis=0, return_inverse=True)
    return distinct[:, 0], distinct[:, 1], which.reshape(-1)


def _distinct_rows(group: Keys, number: Rows, row: Rows) -> tuple[Rows, Rows, Rows, Rows]:
    """The triples that there are, and which of them each one is."""
    triples = np.stack([group.astype(np.int64), number, row], axis=1)
    distinct, which = np.unique(triples, axis=0, return_inverse=True)
    return distinct[:, 0], distinct[:, 1], distinct[:, 2], which.reshape(-1)


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
