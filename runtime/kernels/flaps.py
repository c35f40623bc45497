"""The kernel of rules that may be raised only so often."""

from typing import Any

from .episodes import passes
from .jit import kernel
from .life import CLEARED, RAISED

FLAPPING, CALM = 5, 6
"""What is told beside `kernels.life`."""
LAST, PLACE, STATE = 0, 1, 2
"""Columns of a key's state: when it was raised last, where the oldest of its times is; and what it is, the sum of:"""
FLAPS, IS_RAISED = 1, 2
WRITTEN, FIRED = 0, 1
"""What is counted: what is said, timers that fired."""


@kernel(
    "void(i8[::1], i1[::1], i4[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], i4[::1], i8, i8, b1, i8[:, ::1],"
    " i8[:, ::1], i8[::1], i1[::1], i8[::1], i4[::1], i8[::1], i8[::1])"
)
def flaps(
    at: Any,
    what: Any,
    key: Any,
    row: Any,
    time: Any,
    row_time: Any,
    before: Any,
    last: Any,
    waiting: Any,
    running: int,
    within: int,
    momentary: bool,
    times: Any,
    state: Any,
    out_at: Any,
    out_what: Any,
    fired_row: Any,
    fired_key: Any,
    fired_time: Any,
    counts: Any,
) -> None:
    """Walk over n things that happen to a rule, of each key in order, at places `at` of the instants `key`, `row`,
    `time`; at each, first whether it has become calm before it. Then over those who may be `waiting` for that.

    `times` (keys, above): when it was raised last, a ring; less than any time where it was not yet. Out: what its
    actions hear of, FLAPPING and CALM, at places of the instants, behind which those are counted where it becomes calm
    (`fired_*`). There is room for four of each that happens, and for two of each that waits.
    """
    n, f = 0, 0
    above = times.shape[1]
    for i in range(len(at) + len(waiting)):
        if i < len(at):
            k = key[at[i]]
            end = row[at[i]]
            now = time[at[i]]
        else:
            k = waiting[i - len(at)]
            end = last[k]
            if end < 0:
                continue
            now = row_time[end]
        if state[k, STATE] & FLAPS and state[k, LAST] + within < now:
            due = state[k, LAST] + within
            fires = passes(due, end, row_time, before)
            if fires < running:
                state[k, STATE] -= FLAPS
                out_at[n] = len(key) + f
                out_what[n] = CALM
                n += 1
                if state[k, STATE] & IS_RAISED:
                    out_at[n] = len(key) + f
                    out_what[n] = RAISED
                    n += 1
                fired_row[f] = fires
                fired_key[f] = k
                fired_time[f] = due
                f += 1
        if i >= len(at):
            continue
        if what[i] == RAISED:
            place = state[k, PLACE]
            begins = times[k, place] > now - within and state[k, STATE] & FLAPS == 0
            times[k, place] = now
            state[k, PLACE] = (place + 1) % above
            state[k, LAST] = now
            if begins:
                state[k, STATE] += FLAPS
                out_at[n] = at[i]
                out_what[n] = FLAPPING
                n += 1
            if not momentary:
                state[k, STATE] |= IS_RAISED
        elif what[i] == CLEARED:
            state[k, STATE] &= FLAPS
        if state[k, STATE] & FLAPS == 0:
            out_at[n] = at[i]
            out_what[n] = what[i]
            n += 1
    counts[WRITTEN], counts[FIRED] = n, f
