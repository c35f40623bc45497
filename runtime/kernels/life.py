"""The kernel of a rule's life: the table of docs/meaning.md."""

from typing import Any

from .episodes import FALSE, SILENT, TRUE, UNKNOWN
from .jit import NEVER, kernel

RAISED, REPEATED, CLEARED, UNCERTAIN, CERTAIN = 0, 1, 2, 3, 4

STATE, WHEN, UNTIL, DOUBT, PENDING, ACKNOWLEDGED = 0, 1, 2, 3, 4, 5
"""Columns of a key's state (int8): is it raised; the truth of `when` and `until`; is it uncertain; was an edge
remembered during the cooldown; was it acknowledged."""
COOL_UNTIL, REPEAT_AT, HOLD_UNTIL, REPEATS = 0, 1, 2, 3
"""Columns of a key's times: NEVER where not running; REPEATS counts."""


@kernel("i8(i8, i8, i8, b1, i8, i8, i8, i8[::1], i8[::1], b1[::1], i4[::1], i1[::1], i8[::1])")
def _say(
    n: int,
    what: int,
    row: int,
    timer: bool,
    time: int,
    key: int,
    count: int,
    out_row: Any,
    out_time: Any,
    out_timer: Any,
    out_key: Any,
    out_what: Any,
    out_count: Any,
) -> int:
    out_row[n] = row
    out_time[n] = time
    out_timer[n] = timer
    out_key[n] = key
    out_what[n] = what
    out_count[n] = count
    return n + 1


@kernel("i8(i1[:, ::1], i8[:, ::1], i8)")
def _next_due(state: Any, times: Any, k: int) -> int:
    """When key k's next timer is due, or NEVER."""
    due = NEVER
    if state[k, PENDING] and times[k, COOL_UNTIL] < due:
        due = times[k, COOL_UNTIL]
    if state[k, STATE]:
        if times[k, HOLD_UNTIL] < due:
            due = times[k, HOLD_UNTIL]
        if times[k, REPEAT_AT] < due:
            due = times[k, REPEAT_AT]
    return due


MOMENTARY, HAS_UNTIL, LATCHED, HAS_HOLD = 1, 2, 4, 8
PASSES, LOOKS, ACKNOWLEDGES = 0, 1, 2
"""What is to be done at an instant: let time pass; look at the rule; take an acknowledgement and look at it."""


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i1[::1], i1[::1], i1[::1], i8, i8, i8, i8, i8, i1[:, ::1], i8[:, ::1],"
    " i8[::1], i8[::1], b1[::1], i4[::1], i1[::1], i8[::1], i8[::1])"
)
def life(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    when: Any,
    until: Any,
    attention: Any,
    running: int,
    flags: int,
    cooldown: int,
    repeat: int,
    hold: int,
    state: Any,
    times: Any,
    out_row: Any,
    out_time: Any,
    out_timer: Any,
    out_key: Any,
    out_what: Any,
    out_count: Any,
    counts: Any,
) -> int:
    """Walk over instants in order; at each, first the key's own timers that were due before it, then what it says.

    `when` and `until` are truths (SILENT: unchanged); of a momentary rule `when` is TRUE where the event happens.
    Durations are 0 where the rule has none. `counts` is [written, suppressed]. Returns the instant to go on from:
    fewer than n if the output is full. At one instant the rule's own timers come after what its inputs say, so a
    timer due at an instant's time is run when time has passed it, on what was said last.
    """
    n = counts[0]
    momentary = flags & MOMENTARY != 0
    stateless = momentary and flags & (HAS_UNTIL | LATCHED | HAS_HOLD) == 0
    for i in range(start, len(key)):
        k = key[i]
        at_timer = False
        while True:
            if n + 5 > len(out_row):
                counts[0] = n
                return i
            now, is_timer = time[i], timer[i]
            due = _next_due(state, times, k) if row[i] < running else NEVER
            at_timer = due < time[i]
            happens = False
            if at_timer:
                now, is_timer = due, True
            else:
                if attention[i] == PASSES:
                    break
                if attention[i] == ACKNOWLEDGES and state[k, STATE]:
                    state[k, ACKNOWLEDGED] = 1
                if until[i] != SILENT:
                    state[k, UNTIL] = until[i]
                if when[i] != SILENT:
                    if momentary:
                        happens = when[i] == TRUE
                    else:
                        happens = when[i] == TRUE and state[k, WHEN] != TRUE
                        state[k, WHEN] = when[i]
                        if when[i] != TRUE:
                            state[k, PENDING] = 0
            if at_timer and state[k, PENDING] and due == times[k, COOL_UNTIL]:
                state[k, PENDING] = 0
                happens = True
            if at_timer and due == times[k, HOLD_UNTIL]:
                times[k, HOLD_UNTIL] = NEVER
            repeats = at_timer and state[k, STATE] == 1 and due == times[k, REPEAT_AT]
            # Clearing comes before raising; what is raised is looked at once more, so that nothing is left to be done.
            for _ in range(2):
                if state[k, STATE]:
                    if flags & HAS_UNTIL:
                        wanted = state[k, UNTIL] == TRUE
                        doubt = state[k, UNTIL] == UNKNOWN and (momentary or state[k, WHEN] == UNKNOWN)
                    elif momentary:
                        wanted, doubt = True, False
                    else:
                        wanted = state[k, WHEN] == FALSE
                        doubt = state[k, WHEN] == UNKNOWN
                    holding = times[k, HOLD_UNTIL] != NEVER and now < times[k, HOLD_UNTIL]
                    locked = flags & LATCHED != 0 and state[k, ACKNOWLEDGED] == 0
                    if wanted and not holding and not locked:
                        n = _say(
                            n,
                            CLEARED,
                            row[i],
                            is_timer,
                            now,
                            k,
                            0,
                            out_row,
                            out_time,
                            out_timer,
                            out_key,
                            out_what,
                            out_count,
                        )
                        state[k, STATE] = 0
                        state[k, DOUBT] = 0
                        times[k, HOLD_UNTIL] = NEVER
                        times[k, REPEAT_AT] = NEVER
                        repeats = False
                    else:
                        if doubt != (state[k, DOUBT] == 1):
                            state[k, DOUBT] = 1 if doubt else 0
                            what = UNCERTAIN if doubt else CERTAIN
                            n = _say(
                                n,
                                what,
                                row[i],
                                is_timer,
                                now,
                                k,
                                0,
                                out_row,
                                out_time,
                                out_timer,
                                out_key,
                                out_what,
                                out_count,
                            )
                        if repeats:
                            repeats = False
                            times[k, REPEATS] += 1
                            times[k, REPEAT_AT] = due + repeat
                            n = _say(
                                n, REPEATED, row[i], is_timer, now, k, times[k, REPEATS],
                                out_row, out_time, out_timer, out_key, out_what, out_count,
                            )  # fmt: skip
                if not happens or state[k, STATE]:
                    break
                happens = False
                if cooldown > 0 and times[k, COOL_UNTIL] != NEVER and now < times[k, COOL_UNTIL]:
                    if momentary:
                        counts[1] += 1
                    else:
                        state[k, PENDING] = 1
                    break
                n = _say(
                    n, RAISED, row[i], is_timer, now, k, 0, out_row, out_time, out_timer, out_key, out_what, out_count
                )
                times[k, COOL_UNTIL] = now + cooldown if cooldown > 0 else NEVER
                if stateless:
                    break
                state[k, STATE] = 1
                state[k, DOUBT] = 0
                state[k, ACKNOWLEDGED] = 0
                times[k, REPEATS] = 0
                times[k, REPEAT_AT] = now + repeat if repeat > 0 else NEVER
                times[k, HOLD_UNTIL] = now + hold if hold > 0 else NEVER
            if not at_timer:
                break
    counts[0] = n
    return len(key)
