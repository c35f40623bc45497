"""The kernel of a group's time: when its instants are, and how many of its members' updates may wait for them."""

from typing import Any

from .jit import NEVER, kernel
from .queues import ROW, TIME, is_full, put, without_least

INSTANT, WAKE, ADVANCE, END = 0, 1, 2, 3
"""What an operation on a group says: something happened to a member; the group is to have a row;
a member's time advanced; nothing more comes."""
WRITTEN, LATE, EARLY = range(3)
"""What is counted: rows; updates that came after the group's time; instants that were run before it, for want of
room."""


@kernel(
    "i8(i8, i8[::1], i1[::1], i4[::1], i4[::1], i8[::1], b1, i8[::1], i8[::1], i8[::1], i4[::1], i4[::1], i8[::1],"
    " i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[:, ::1], i8[::1], i8[:, ::1],"
    " i8[::1], i4[::1], i8[::1], b1[::1], i8[::1])"
)
def clocks(
    start: int,
    seq: Any,
    kind: Any,
    group: Any,
    member: Any,
    time: Any,
    bounded: bool,
    idle: Any,
    most: Any,
    member_time: Any,
    group_of: Any,
    waited_in: Any,
    greatest: Any,
    group_clock: Any,
    room: Any,
    pending: Any,
    overdue: Any,
    instants: Any,
    instant_pool: Any,
    members: Any,
    member_pool: Any,
    out_seq: Any,
    out_group: Any,
    out_time: Any,
    out_event: Any,
    counts: Any,
) -> int:
    """Walk over n operations; give out the groups' rows: their event instants, and where their time advances.

    State by member: `idle` (ns); `most`, how many updates may wait for its sake; `member_time`; `group_of` (-1: none);
    `waited_in`, the group in whose queue it is. State by group: the `greatest` time of a member; `group_clock`; `room`,
    for how many updates there is; `pending`, how many wait for the group's time, and `overdue`, how many came after it
    and wait for its next instant; and two queues: of `instants` that are pending, and of `members` by time (brought up
    to date lazily, as times only grow).

    With `bounded`, no more wait after an input than there is room for: the group goes on to the earliest of them.
    Returns the operation to go on from: fewer than n if the output or a pool is full; n + 1 when all is done.
    """
    n = counts[WRITTEN]
    for i in range(start, len(seq) + 1):
        if bounded and i > 0 and (i == len(seq) or seq[i] != seq[i - 1]):
            j = i - 1
            while j >= 0 and seq[j] == seq[i - 1]:
                h = group[j]
                j -= 1
                while h >= 0 and room[h] > 0 and pending[h] + overdue[h] > room[h]:
                    if n == len(out_seq):
                        counts[WRITTEN] = n
                        return i
                    first = instants[h]
                    t = group_clock[h] if first == 0 else instant_pool[first, TIME]
                    while instants[h] > 0 and instant_pool[instants[h], TIME] == t:
                        instants[h] = without_least(instant_pool, instants[h])
                        pending[h] -= 1
                    group_clock[h] = t
                    overdue[h] = 0
                    counts[EARLY] += 1
                    out_seq[n] = seq[i - 1]
                    out_group[n] = h
                    out_time[n] = t
                    out_event[n] = True
                    n += 1
        if i == len(seq):
            break
        g = group[i]
        m = member[i]
        if kind[i] == INSTANT:
            if g < 0:
                continue
            if time[i] < group_clock[g]:
                overdue[g] += 1
                counts[LATE] += 1
                continue
            if is_full(instant_pool):
                counts[WRITTEN] = n
                return i
            instants[g] = put(instant_pool, instants[g], time[i], 0)
            pending[g] += 1
            continue
        if kind[i] == WAKE:
            if n == len(out_seq):
                counts[WRITTEN] = n
                return i
            out_seq[n] = seq[i]
            out_group[n] = g
            out_time[n] = group_clock[g]
            out_event[n] = False
            n += 1
            continue
        left = -1
        if kind[i] == ADVANCE:
            if g >= 0 and is_full(member_pool):
                counts[WRITTEN] = n
                return i
            if group_of[m] != g:
                left = group_of[m]
        for turn in range(2):
            h = left if turn == 0 else g
            if h < 0:
                continue
            if n + pending[h] + 1 > len(out_seq):
                counts[WRITTEN] = n
                return i
            until = NEVER
            if kind[i] == ADVANCE:
                if turn == 0:
                    group_of[m] = -1
                    waited_in[m] = -1
                    room[h] -= most[m]
                else:
                    if group_of[m] != g:
                        group_of[m] = g
                        room[g] += most[m]
                    member_time[m] = time[i]
                    if time[i] > greatest[g]:
                        greatest[g] = time[i]
                    if waited_in[m] != g:
                        waited_in[m] = g
                        members[g] = put(member_pool, members[g], time[i], m)
                until = -1
                while members[h] > 0:
                    first = member_pool[members[h], ROW]
                    late = member_time[first] + idle[first] < greatest[h]
                    if waited_in[first] == h and member_pool[members[h], TIME] == member_time[first] and not late:
                        until = member_time[first]
                        break
                    members[h] = without_least(member_pool, members[h])
                    if waited_in[first] == h:
                        if late:
                            waited_in[first] = -1
                        else:
                            members[h] = put(member_pool, members[h], member_time[first], first)
                if until <= group_clock[h]:
                    continue
                group_clock[h] = until
            given = -1
            while instants[h] > 0 and instant_pool[instants[h], TIME] < until:
                t = instant_pool[instants[h], TIME]
                instants[h] = without_least(instant_pool, instants[h])
                pending[h] -= 1
                if t != given:
                    given = t
                    overdue[h] = 0
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
    counts[WRITTEN] = n
    return len(seq) + 1
