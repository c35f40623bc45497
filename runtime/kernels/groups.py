"""Kernels of groups: a group's time, its instants, and what its members add up to."""

from typing import Any

from .jit import NEVER, kernel
from .order import pop, push

INSTANT, WAKE, ADVANCE, END = 0, 1, 2, 3
"""What an operation on a group says: something happened to a member; the group is to have a row;
a member's time advanced; nothing more comes."""


@kernel(
    "i8(i8, i8[::1], i1[::1], i4[::1], i4[::1], i8[::1], i8[::1], i8[::1], i4[::1], i4[::1], i8[::1], i8[::1], i8[::1],"
    " i8[:, ::1], i8[:, ::1], i8[::1], i8[:, ::1], i8[:, ::1], i8[::1], i4[::1], i8[::1], b1[::1], i8[::1])"
)
def clocks(
    start: int,
    seq: Any,
    kind: Any,
    group: Any,
    member: Any,
    time: Any,
    idle: Any,
    member_time: Any,
    group_of: Any,
    waited_in: Any,
    greatest: Any,
    group_clock: Any,
    waiting: Any,
    heap_time: Any,
    heap_member: Any,
    pending: Any,
    pending_time: Any,
    pending_row: Any,
    out_seq: Any,
    out_group: Any,
    out_time: Any,
    out_event: Any,
    counts: Any,
) -> int:
    """Walk over n operations; give out the groups' rows: their event instants, and where their time advances.

    State by member: `idle` (ns), `member_time`, `group_of` (-1: none), `waited_in` (the group whose heap it is in).
    State by group: `greatest` time of a member, `group_clock`, and two heaps: members by time (brought up to date
    lazily, as times only grow), and times of pending instants. `counts` is [written, late]. Returns the operation to
    go on from: fewer than n if the output or a heap is full.
    """
    n = counts[0]
    for i in range(start, len(seq)):
        g = group[i]
        m = member[i]
        if kind[i] == INSTANT:
            if g < 0:
                continue
            if time[i] < group_clock[g]:
                counts[1] += 1
                continue
            if pending[g] == pending_time.shape[1]:
                counts[0] = n
                return i
            pending[g] = push(pending_time, pending_row, g, pending[g], time[i], 0)
            continue
        if kind[i] == WAKE:
            if n == len(out_seq):
                counts[0] = n
                return i
            out_seq[n] = seq[i]
            out_group[n] = g
            out_time[n] = group_clock[g]
            out_event[n] = False
            n += 1
            continue
        left = -1
        if kind[i] == ADVANCE:
            if g >= 0 and waiting[g] == heap_time.shape[1]:
                counts[0] = n
                return i
            if group_of[m] != g:
                left = group_of[m]
        for turn in range(2):
            h = left if turn == 0 else g
            if h < 0:
                continue
            if n + pending[h] + 1 > len(out_seq):
                counts[0] = n
                return i
            until = NEVER
            if kind[i] == ADVANCE:
                if turn == 0:
                    group_of[m] = g
                    waited_in[m] = -1
                else:
                    group_of[m] = g
                    member_time[m] = time[i]
                    if time[i] > greatest[g]:
                        greatest[g] = time[i]
                    if waited_in[m] != g:
                        waited_in[m] = g
                        waiting[g] = push(heap_time, heap_member, g, waiting[g], time[i], m)
                until = -1
                while waiting[h] > 0:
                    first = heap_member[h, 0]
                    late = member_time[first] + idle[first] < greatest[h]
                    if waited_in[first] == h and heap_time[h, 0] == member_time[first] and not late:
                        until = heap_time[h, 0]
                        break
                    waiting[h] = pop(heap_time, heap_member, h, waiting[h])
                    if waited_in[first] == h:
                        if late:
                            waited_in[first] = -1
                        else:
                            waiting[h] = push(heap_time, heap_member, h, waiting[h], member_time[first], first)
                if until <= group_clock[h]:
                    continue
                group_clock[h] = until
            given = -1
            while pending[h] > 0 and pending_time[h, 0] < until:
                t = pending_time[h, 0]
                pending[h] = pop(pending_time, pending_row, h, pending[h])
                if t != given:
                    given = t
                    out_seq[n] = seq[i]
                    out_group[n] = h
                    out_time[n] = t
                    out_event[n] = True
                    n += 1
            out_seq[n] = seq[i]
            out_group[n] = h
            out_time[n] = until
            out_event[n] = False
            n += 1
        if kind[i] == ADVANCE and g < 0:
            group_of[m] = -1
            member_time[m] = time[i]
    counts[0] = n
    return len(seq)


@kernel("void(i8, i4[::1], f8[::1], b1[::1], f8[:, ::1])")
def _extremes(g: int, group_of: Any, value: Any, known: Any, totals: Any) -> None:
    """Find the least and greatest value of group g's members anew."""
    found = False
    for m in range(len(group_of)):
        if group_of[m] == g and known[m]:
            if not found or value[m] < totals[g, 4]:
                totals[g, 4] = value[m]
            if not found or value[m] > totals[g, 5]:
                totals[g, 5] = value[m]
            found = True


@kernel("void(i8, i4[::1], f8[::1], b1[::1], f8[::1])")
def _deviations(g: int, group_of: Any, value: Any, known: Any, into: Any) -> None:
    """The sums over group g's members of differences from one of them, and of their squares: found anew, as what was
    far off once would stay in squares that are kept. `into` is (count, true, sum, squares, …, what sums are from)."""
    found = False
    for m in range(len(group_of)):
        if group_of[m] == g and known[m]:
            if not found:
                found = True
                into[2:4] = 0.0
                into[6:8] = 0.0
                into[8] = value[m]
            d = value[m] - into[8]
            into[2] += d
            into[3] += d * d


@kernel("void(i8, f8, f8, f8[:, ::1])")
def _include(g: int, x: float, sign: float, totals: Any) -> None:
    """Add (sign 1) or take away (-1) a value from group g's totals; the sum is compensated (Neumaier 1974)."""
    totals[g, 0] += sign
    if x != 0.0:
        totals[g, 1] += sign
    y = sign * x
    s = totals[g, 2] + y
    if abs(totals[g, 2]) >= abs(y):
        totals[g, 6] += (totals[g, 2] - s) + y
    else:
        totals[g, 6] += (y - s) + totals[g, 2]
    totals[g, 2] = s


@kernel(
    "i8(i8, i1[::1], i4[::1], i4[::1], i8[::1], f8[::1], b1[::1], b1, b1, i8[::1], i8[:, ::1], i8[:, ::1],"
    " i4[::1], f8[::1], b1[::1], i4[::1], f8[:, ::1], i8[::1], f8[:, ::1], i8[::1])"
)
def members(
    start: int,
    kind: Any,
    group: Any,
    member: Any,
    time: Any,
    new_value: Any,
    new_known: Any,
    with_extremes: bool,
    with_squares: bool,
    pending: Any,
    pending_time: Any,
    pending_row: Any,
    update_member: Any,
    value: Any,
    known: Any,
    group_of: Any,
    totals: Any,
    out_op: Any,
    out_totals: Any,
    counts: Any,
) -> int:
    """Walk over n operations: member updates (INSTANT), kept until an instant of their group (ADVANCE) not before them.

    `new_value` and `new_known` belong to the updates, which `pending_row` numbers. State by membership (a member in a
    group: one that moves is in both until either's time has come): `value`, `known`, `group_of`; by group: `totals`
    (count, true, sum, -, min, max, the sum's compensation, -). Out: for each instant of a group that brings it an
    update its operation and totals, with squares if `with_squares`, and what sums are taken from. Returns the operation
    to go on from: fewer than n if a heap is full.
    """
    n = counts[0]
    for i in range(start, len(kind)):
        g = group[i]
        if kind[i] == INSTANT:
            if pending[g] == pending_time.shape[1]:
                counts[0] = n
                return i
            pending[g] = push(pending_time, pending_row, g, pending[g], time[i], member[i])
            continue
        touched = False
        while pending[g] > 0 and pending_time[g, 0] <= time[i]:
            touched = True
            u = pending_row[g, 0]
            pending[g] = pop(pending_time, pending_row, g, pending[g])
            m = update_member[u]
            if known[m]:
                known[m] = False
                _include(g, value[m], -1.0, totals)
                if with_extremes and (value[m] == totals[g, 4] or value[m] == totals[g, 5]):
                    _extremes(g, group_of, value, known, totals)
            if new_known[u]:
                x = new_value[u]
                value[m] = x
                known[m] = True
                group_of[m] = g
                if totals[g, 0] == 0.0:
                    totals[g, 4] = x
                    totals[g, 5] = x
                    totals[g, 1:4] = 0.0
                    totals[g, 6:8] = 0.0
                _include(g, x, 1.0, totals)
                if x < totals[g, 4]:
                    totals[g, 4] = x
                if x > totals[g, 5]:
                    totals[g, 5] = x
        if touched:
            out_op[n] = i
            out_totals[n, :8] = totals[g, :]
            out_totals[n, 8] = 0.0
            if with_squares:
                _deviations(g, group_of, value, known, out_totals[n])
            n += 1
    counts[0] = n
    return len(kind)
