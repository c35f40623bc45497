"""The kernel of the lives of rules: the table of docs/meaning.md."""

from typing import Any

from .automaton_terms import evaluate
from .episodes import FALSE, SILENT, TRUE, UNKNOWN, passes
from .jit import NEVER, called, kernel

RAISED, REPEATED, CLEARED, UNCERTAIN, CERTAIN = 0, 1, 2, 3, 4

STATE, WHEN, UNTIL, DOUBT, PENDING, ACKNOWLEDGED = 0, 1, 2, 3, 4, 5
"""Columns of a key's state (int8): is it raised; the truth of `when` and `until`; is it uncertain; was an edge
remembered during the cooldown; was it acknowledged. At first `until` is UNKNOWN, and `when` is FALSE: whether that is
known matters only to what is raised."""
COOL_UNTIL, REPEAT_AT, HOLD_UNTIL, REPEATS = 0, 1, 2, 3
"""Columns of a key's times: NEVER where not running; REPEATS counts."""

MOMENTARY, HAS_UNTIL, LATCHED, HAS_HOLD, TIMED = 1, 2, 4, 8, 16
WRITTEN, FIRED, SUPPRESSED, WAITING, STILL_WAITING = 0, 1, 2, 3, 4
"""What is counted: outputs, timers that fired, edges that a cooldown suppressed, keys that wait for a timer."""


@kernel("i8(i1[::1], i8[::1], i8, i8)", counting=False)
def _next_due(state: Any, times: Any, s: int, t: int) -> int:
    """When the next timer is due, or NEVER, of the key whose state and times begin there."""
    due = NEVER
    if state[s + PENDING] and times[t + COOL_UNTIL] < due:
        due = times[t + COOL_UNTIL]
    if state[s + STATE]:
        if times[t + HOLD_UNTIL] < due:
            due = times[t + HOLD_UNTIL]
        if times[t + REPEAT_AT] < due:
            due = times[t + REPEAT_AT]
    return due


@called
def _ask(
    state: Any,
    s: int,
    slot: int,
    here: int,
    now: int,
    terms: Any,
    constants: Any,
    values: Any,
    kept: Any,
    lasting_ns: int,
    lasts_at: Any,
    stack: Any,
    bits: Any,
) -> bool:
    """Look at what `until` asks of the match that has raised a rule; whether that is another truth than before."""
    answer = evaluate(terms, 0, len(terms), constants, values, here, kept, slot, stack, bits)
    truth = UNKNOWN if answer != answer else (TRUE if answer == 1.0 else FALSE)
    if lasting_ns > 0:
        if truth != TRUE:
            lasts_at[slot] = NEVER
        elif state[s + UNTIL] != TRUE:
            truth = FALSE
            if lasts_at[slot] == NEVER:
                lasts_at[slot] = now + lasting_ns
    changed = bool(truth != state[s + UNTIL])
    state[s + UNTIL] = truth
    return changed


@kernel("i8(i8, i4, i8, i8, i4[::1], i8[::1], i1[::1])", counting=False)
def _say(n: int, lane: int, at: int, what: int, out_lane: Any, out_at: Any, out_what: Any) -> int:
    out_lane[n] = lane
    out_at[n] = at
    out_what[n] = what
    return n + 1


@kernel("i8(i8, i8, i4, i8, b1, i8[::1], i4[::1], i8[::1], b1[::1], i8[::1])", counting=False)
def _fire(
    f: int, row: int, key: int, time: int, timer: bool, rows: Any, keys: Any, times: Any, timers: Any, counts: Any
) -> int:
    rows[f] = row
    keys[f] = key
    times[f] = time
    timers[f] = timer
    counts[f] = 0
    return f + 1


@kernel("i8(i8, b1, i1[::1], i8)", counting=False)
def _wanted(flags: int, momentary: bool, state: Any, s: int) -> int:
    """Of what is raised: whether it is to be cleared (1), and whether that is not known (2)."""
    if flags & HAS_UNTIL:
        doubt = state[s + UNTIL] == UNKNOWN and (momentary or state[s + WHEN] == UNKNOWN)
        return (1 if state[s + UNTIL] == TRUE else 0) + (2 if doubt else 0)
    if momentary:
        return 1
    return (1 if state[s + WHEN] == FALSE else 0) + (2 if state[s + WHEN] == UNKNOWN else 0)


@kernel("void(i8, b1, b1, i8[::1], b1[::1], i8[::1])", counting=False)
def _list(slot: int, told: bool, waits: bool, waiting: Any, listed: Any, counts: Any) -> None:
    """Put a key among those that wait for a timer, or leave it among them, or take it out."""
    if told:
        if waits and not listed[slot]:
            listed[slot] = True
            waiting[counts[WAITING]] = slot
            counts[WAITING] += 1
    elif waits:
        waiting[counts[STILL_WAITING]] = slot
        counts[STILL_WAITING] += 1
    else:
        listed[slot] = False


@kernel("i8(i8, i8, i8, i8[::1], i8[::1], b1[::1])", counting=False)
def _looked_at(since: int, row: int, running: int, time: Any, before: Any, event: Any) -> int:
    """The first event row, of those of one key up to `row`, at a time or, where no timer fires, after it; -1: none."""
    found = -1
    while row >= 0 and time[row] >= since:
        if event[row] and (time[row] == since or row >= running):
            found = row
        row = before[row]
    return found


@kernel("void(i1[::1], i8, i1, i1)", counting=False)
def _know(state: Any, s: int, when: int, until: int) -> None:
    """Keep what was said to a rule that is not raised, and is not to be: `when` is not TRUE."""
    if when != SILENT:
        state[s + WHEN] = when
        state[s + PENDING] = 0
    if until != SILENT:
        state[s + UNTIL] = until


@kernel("void(i1[::1], i8[::1], i8, i8, b1, i8, i8, i8)", counting=False)
def _raise(state: Any, times: Any, s: int, t: int, timed: bool, now: int, repeat: int, hold: int) -> None:
    """A rule is raised, from now on."""
    state[s + STATE] = 1
    state[s + DOUBT] = 0
    state[s + ACKNOWLEDGED] = 0
    if timed:
        times[t + REPEATS] = 0
        times[t + REPEAT_AT] = now + repeat if repeat > 0 else NEVER
        times[t + HOLD_UNTIL] = now + hold if hold > 0 else NEVER


@kernel(
    "i8(i8, i4[::1], i8[::1], i1[::1], i1[::1], i4[::1], i8[::1], i8[::1], b1[::1], b1, b1[::1], i8[::1], i8[::1],"
    " i8[::1], i8, i8, i8, i8[::1], i8[::1], i8[::1], i1[::1], i8[::1], i8[::1], b1[::1], i4[::1], i8[::1], i1[::1],"
    " i8[::1], i4[::1], i8[::1], b1[::1], i8[::1], i8[::1], i8[:,::1], f8[::1], f8[:,::1], f8[:,::1], f8[:,::1], i8,"
    " i8[::1], f8[::1], i8[::1])",
    by_item=True,
)
def lives(
    start: int, lane: Any, at: Any, when: Any, until: Any, key: Any, row: Any, time: Any, timer: Any,
    acknowledges: bool, event: Any, row_time: Any, before: Any, last: Any, running: int, stride: int, flags: int,
    cooldown: Any, repeat: Any, hold: Any, state: Any, times: Any, waiting: Any, listed: Any, out_lane: Any,
    out_at: Any, out_what: Any, fired_row: Any, fired_key: Any, fired_time: Any, fired_timer: Any, fired_count: Any,
    counts: Any, terms: Any, constants: Any, values: Any, binds: Any, kept: Any, lasting_ns: int, lasts_at: Any,
    stack: Any, bits: Any,
) -> int:  # fmt: skip
    """Walk over what is said to rules, each a lane, in order; at each, first the timers that were due before it.

    `when` and `until` are truths (SILENT: nothing is said), at places `at` of the instants `key`, `row`, `time`,
    `timer`; of a momentary rule `when` is TRUE where the event happens. With `acknowledges` the instants are those of
    an acknowledgement. After them comes who is `waiting` for a timer. Durations (lanes,) are 0 where the rule has none.
    State (lanes * stride, columns) is flat; `listed` says who is among the waiting. `row_time`, `before` (n,): each
    row's time, and the row of its key before it; `last` (keys,): the last row of each key, -1 none.

    If there are `terms` (of one rule, on an event), `until` is what they come to while it is raised: `values` (inputs,
    instants) are what they speak of, `binds` (instants, bounds) what is `kept` (keys, bounds) where it is raised.
    With `lasting_ns` they must be true for so long; `lasts_at` (keys,): when they will have been, or NEVER. `stack` and
    `bits` are one scratch, as floats and as integers.

    Out: of each lane what happened, and at which of the instants, after which those are counted where a timer fired
    (`fired_*`); of one key in order. Returns the place to go on from: less than all if the output is full. At one
    instant the rule's own timers come after what its inputs say, so a timer due at an instant's time is run when time
    has passed it, on what was said last.
    """
    n, f = counts[WRITTEN], counts[FIRED]
    momentary = flags & MOMENTARY != 0
    stateless = momentary and flags & (HAS_UNTIL | LATCHED | HAS_HOLD) == 0
    timed = flags & TIMED != 0
    quiet = not (timed or momentary or acknowledges)
    asks, lasting = len(terms) > 0, lasting_ns > 0
    said, i = len(lane), start
    while i < said + counts[WAITING]:
        of = 0
        here = 0
        if i < said:
            of = lane[i]
            here = at[i]
            k = key[here]
            slot = of * stride + k
            end = row[here]
            moment = time[here]
        else:
            slot = waiting[i - said]
            of = slot // stride
            k = slot % stride
            end = last[k]
            moment = row_time[end] if end >= 0 else 0
        s, t = slot * 6, slot * 4
        at_timer = True
        if quiet and i < said and state[s + STATE] == 0 and when[i] != TRUE and (timer[here] or event[end]):
            # Of what is not true nothing comes where nothing is raised.
            _know(state, s, when[i], until[i])
            i += 1
            continue
        while at_timer:
            if n + 5 > len(out_lane) or f + 1 > len(fired_row):
                counts[WRITTEN], counts[FIRED] = n, f
                return i
            due = NEVER
            if timed and end >= 0:
                due = _next_due(state, times, s, t)
            if lasting and end >= 0:
                due = min(due, lasts_at[slot])
            at_timer = False
            fires = running
            if due < moment:
                fires = passes(due, end, row_time, before)
                at_timer = fires < running
            looked = -1
            held = timed and end >= 0 and state[s + STATE] and times[t + HOLD_UNTIL] <= moment
            if held and (not at_timer or due == times[t + HOLD_UNTIL]):
                # An event at the very time from which it need not be held looks at it, though nothing is said there.
                looked = _looked_at(times[t + HOLD_UNTIL], end, running, row_time, before, event)
                if i < said and looked == end:
                    looked = -1
            happens = False
            if looked >= 0:
                at_timer = True
                now = row_time[looked]
                place = len(key) + f
                f = _fire(f, looked, k, now, False, fired_row, fired_key, fired_time, fired_timer, fired_count)
            elif at_timer:
                now = due
                place = len(key) + f
                f = _fire(f, fires, k, due, True, fired_row, fired_key, fired_time, fired_timer, fired_count)
            else:
                if i >= said or not (acknowledges or timer[here] or event[end]):
                    break
                now = moment
                place = here
                looks = acknowledges
                if acknowledges and state[s + STATE]:
                    state[s + ACKNOWLEDGED] = 1
                if asks and state[s + STATE] and not acknowledges:
                    looks = _ask(
                        state, s, slot, here, now, terms, constants, values, kept, lasting_ns, lasts_at, stack, bits
                    )
                elif until[i] != SILENT and until[i] != state[s + UNTIL]:
                    state[s + UNTIL] = until[i]
                    looks = True
                if momentary:
                    happens = when[i] == TRUE
                elif when[i] != SILENT and when[i] != state[s + WHEN]:
                    happens = when[i] == TRUE
                    state[s + WHEN] = when[i]
                    looks = True
                    if not happens:
                        state[s + PENDING] = 0
                looks = looks or (timed and times[t + HOLD_UNTIL] <= now)
                if not looks and not happens:
                    break
            fires_now = at_timer and looked < 0
            if fires_now and state[s + PENDING] and due == times[t + COOL_UNTIL]:
                state[s + PENDING] = 0
                happens = True
            if fires_now and lasting and due == lasts_at[slot]:
                lasts_at[slot] = NEVER
                state[s + UNTIL] = TRUE
            if timed and times[t + HOLD_UNTIL] <= now:
                times[t + HOLD_UNTIL] = NEVER
            repeats = fires_now and state[s + STATE] == 1 and due == times[t + REPEAT_AT]
            # Clearing comes before raising; what is raised is looked at once more, so that nothing is left to be done.
            for _ in range(2):
                if state[s + STATE]:
                    wanted = _wanted(flags, momentary, state, s)
                    doubt = wanted & 2 != 0
                    holding = timed and times[t + HOLD_UNTIL] != NEVER and now < times[t + HOLD_UNTIL]
                    locked = flags & LATCHED != 0 and state[s + ACKNOWLEDGED] == 0
                    if wanted & 1 and not holding and not locked:
                        n = _say(n, of, place, CLEARED, out_lane, out_at, out_what)
                        state[s + STATE] = 0
                        state[s + DOUBT] = 0
                        if lasting:
                            lasts_at[slot] = NEVER
                        if timed:
                            times[t + HOLD_UNTIL] = NEVER
                            times[t + REPEAT_AT] = NEVER
                        repeats = False
                    else:
                        if doubt != (state[s + DOUBT] == 1):
                            state[s + DOUBT] = 1 if doubt else 0
                            n = _say(n, of, place, UNCERTAIN if doubt else CERTAIN, out_lane, out_at, out_what)
                        if repeats:
                            repeats = False
                            times[t + REPEATS] += 1
                            times[t + REPEAT_AT] = due + repeat[of]
                            fired_count[f - 1] = times[t + REPEATS]
                            n = _say(n, of, place, REPEATED, out_lane, out_at, out_what)
                if not happens or state[s + STATE]:
                    break
                happens = False
                if timed and times[t + COOL_UNTIL] != NEVER and now < times[t + COOL_UNTIL] and cooldown[of] > 0:
                    if momentary:
                        counts[SUPPRESSED] += 1
                    else:
                        state[s + PENDING] = 1
                    break
                n = _say(n, of, place, RAISED, out_lane, out_at, out_what)
                if timed:
                    times[t + COOL_UNTIL] = now + cooldown[of] if cooldown[of] > 0 else NEVER
                if stateless:
                    break
                _raise(state, times, s, t, timed, now, repeat[of], hold[of])
                if asks:
                    for bound in range(kept.shape[1]):
                        kept[slot, bound] = binds[here, bound]
                    state[s + UNTIL] = UNKNOWN
                    _ask(state, s, slot, here, now, terms, constants, values, kept, lasting_ns, lasts_at, stack, bits)
        if timed:
            waits = _next_due(state, times, s, t) != NEVER or (lasting and lasts_at[slot] != NEVER)
            _list(slot, i < said, waits, waiting, listed, counts)
        i += 1
    counts[WRITTEN], counts[FIRED] = n, f
    return i
