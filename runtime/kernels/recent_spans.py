"""Kernels of windows without a grid that are about what was held: the newest spans, sessions, while a condition holds.

They walk over *entries* in order: base rows, at which a key's time advances, and moments between them, at some of which
there is an update. What a stretch of time comes to is a row of `ROW` words: those that are given out (as of
`kernels.spans`), how long it is, and for how long it was true from its beginning on and up to its end.
"""

from typing import Any

from .episodes import SILENT, TRUE
from .jit import NEVER, kernel, part
from .recent import BEGIN, DUE, HEAD, MIDDLE, ROOM, TAIL, _move, room_for
from .spans import COLUMNS, NS_PER_S

HELD_NS, INTEGRAL, TRUE_NS, SPELLS, LONGEST_NS, LENGTH, FROM_BEGIN, TO_END, ROW = range(9)
NOTHING, BEGINS, ENDS = 0, 1, 2
"""Of an entry: no update, one from which on a value is held (a sample), one from which on nothing is."""
KNOWN, VALUE, SINCE, PASSED, SAMPLES, OLDEST, OWN_ROW = range(7)
"""Of a key: whether anything is held, what, and since when it is not in a row yet; its time; how many of its spans
begin with a sample, and when the oldest span begins; and a row."""
OPEN = SAMPLES
"""Of a key whose window is open until something ends: whether it is."""
OWN = OWN_ROW + ROW
FIRST_TIME, LAST_TIME, ENDING, ENDING_ROW = OWN, OWN + 1, OWN + 2, OWN + 3
"""Of a key's session besides: times of its first and last sample; when the one before it ends (or NEVER), and its
row."""
OF_SESSION = ENDING_ROW + ROW


@part
def lasts(floats: Any, ints: Any, at: int, known: int, value: float, length: int) -> None:
    """Add to a row that something, or nothing, was held for so long after it."""
    if length <= 0:
        return
    if known == 0:
        ints[at + TO_END] = 0
    else:
        ints[at + HELD_NS] += length
        floats[at + INTEGRAL] += value * (length / NS_PER_S)
        if value == 0.0:
            ints[at + TO_END] = 0
        else:
            if ints[at + TO_END] == 0:
                ints[at + SPELLS] += 1
            if ints[at + FROM_BEGIN] == ints[at + LENGTH]:
                ints[at + FROM_BEGIN] += length
            ints[at + TO_END] += length
            ints[at + TRUE_NS] += length
            ints[at + LONGEST_NS] = max(ints[at + LONGEST_NS], ints[at + TO_END])
    ints[at + LENGTH] += length


@part
def follows(floats: Any, ints: Any, at: int, from_floats: Any, from_ints: Any, then: int) -> None:
    """Add to a row another one that follows it."""
    if from_ints[then + LENGTH] == 0:
        return
    ints[at + HELD_NS] += from_ints[then + HELD_NS]
    floats[at + INTEGRAL] += from_floats[then + INTEGRAL]
    ints[at + TRUE_NS] += from_ints[then + TRUE_NS]
    ints[at + SPELLS] += from_ints[then + SPELLS]
    if ints[at + TO_END] > 0 and from_ints[then + FROM_BEGIN] > 0:
        ints[at + SPELLS] -= 1
    across = ints[at + TO_END] + from_ints[then + FROM_BEGIN]
    ints[at + LONGEST_NS] = max(ints[at + LONGEST_NS], from_ints[then + LONGEST_NS], across)
    if ints[at + FROM_BEGIN] == ints[at + LENGTH]:
        ints[at + FROM_BEGIN] += from_ints[then + FROM_BEGIN]
    if from_ints[then + TO_END] == from_ints[then + LENGTH]:
        ints[at + TO_END] += from_ints[then + LENGTH]
    else:
        ints[at + TO_END] = from_ints[then + TO_END]
    ints[at + LENGTH] += from_ints[then + LENGTH]


@part
def empty(ints: Any, at: int) -> None:
    """Make a row one of no time."""
    for j in range(ROW):
        ints[at + j] = 0


@part
def give(ints: Any, at: int, out: Any, to: int) -> None:
    """Give out what a row comes to."""
    for j in range(COLUMNS):
        out[to + j] = ints[at + j]


# --- The newest ------------------------------------------------------------------------------------------------------


@part
def _single(
    j: int, k: int, value: Any, time: Any, floats: Any, ints: Any, at: int, places: Any, own: Any, o: int
) -> None:
    """Add to a row the j-th span of the pool, one of key k's."""
    begin = own[o + OLDEST] if j == places[k, HEAD] else time[j - 1]
    lasts(floats, ints, at, 1 if value[2 * j + 1] != 0.0 else 0, value[2 * j], time[j] - begin)


@part
def _turn(k: int, value: Any, time: Any, floats: Any, ints: Any, places: Any, own: Any, o: int) -> None:
    """Give each of key k's spans the row of what it and those after it come to, the newest first."""
    head, tail = places[k, HEAD], places[k, TAIL]
    places[k, MIDDLE] = tail
    empty(own, o + OWN_ROW)
    for j in range(tail - 1, head - 1, -1):
        empty(ints, j * ROW)
        _single(j, k, value, time, floats, ints, j * ROW, places, own, o)
        if j + 1 < tail:
            follows(floats, ints, j * ROW, floats, ints, (j + 1) * ROW)


@part
def _drop(k: int, value: Any, time: Any, floats: Any, ints: Any, places: Any, own: Any, o: int) -> None:
    """Forget key k's oldest span."""
    if places[k, HEAD] == places[k, MIDDLE]:
        _turn(k, value, time, floats, ints, places, own, o)
    head = places[k, HEAD]
    if value[2 * head + 1] != 0.0:
        own[o + SAMPLES] -= 1
    own[o + OLDEST] = time[head]
    places[k, HEAD] = head + 1


@part
def _push(k: int, until: int, value: Any, time: Any, places: Any, own_floats: Any, own: Any, o: int) -> None:
    """Put in the pool what key k has held until now, or that it held nothing."""
    tail = places[k, TAIL]
    if places[k, HEAD] == tail:
        own[o + OLDEST] = own[o + SINCE]
    value[2 * tail] = own_floats[o + VALUE]
    value[2 * tail + 1] = own[o + KNOWN]
    time[tail] = until
    places[k, TAIL] = tail + 1
    lasts(own_floats, own, o + OWN_ROW, own[o + KNOWN], own_floats[o + VALUE], until - own[o + SINCE])


@part
def _total(
    k: int, end: int, width: int, value: Any, time: Any, floats: Any, ints: Any, places: Any, own_floats: Any, own: Any,
    o: int, into_floats: Any, into: Any,
) -> None:  # fmt: skip
    """What key k's window that ends at a time comes to, in the row `into`."""
    begin, since = own[o + OLDEST], own[o + SINCE]
    if width > 0:
        begin, since = end - width, max(since, end - width)
    empty(into, 0)
    head, tail = places[k, HEAD], places[k, TAIL]
    if head < tail:
        if own[o + OLDEST] < begin:
            # Of the oldest span only the end is in the window.
            if head == places[k, MIDDLE]:
                _turn(k, value, time, floats, ints, places, own, o)
            known = 1 if value[2 * head + 1] != 0.0 else 0
            lasts(into_floats, into, 0, known, value[2 * head], time[head] - begin)
            head += 1
        if head < places[k, MIDDLE]:
            follows(into_floats, into, 0, floats, ints, head * ROW)
        follows(into_floats, into, 0, own_floats, own, o + OWN_ROW)
    lasts(into_floats, into, 0, own[o + KNOWN], own_floats[o + VALUE], end - since)


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i1[::1], b1[::1], f8[::1], i8, i8, i8, i8, f8[::1], i8[::1],"
    " f8[::1], i8[::1], i8[::1], i8[:, ::1], f8[::1], i8[::1], f8[::1], i8[::1],"
    " i8[::1], i4[::1], i8[::1], b1[::1], i8[::1], i8[::1])",
    counting=False,
)
def newest(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    kind: Any,
    asked: Any,
    value: Any,
    running: int,
    samples: int,
    width: int,
    every: int,
    pool_value: Any,
    pool_time: Any,
    pool_floats: Any,
    pool_ints: Any,
    used: Any,
    places: Any,
    own_floats: Any,
    own: Any,
    row_floats: Any,
    row_ints: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out: Any,
    counts: Any,
) -> int:
    """Walk over n entries: keep the spans of each key that a window (with a `width`, else 0) or the newest `samples`
    reach back to; give out what they come to where they are `asked` for, or (with `every`, else 0) at its multiples.

    A span is in the pool once the next update has ended it: its value, whether anything was held, and its end. Two
    stacks, as in `recent.newest`: the spans from HEAD to MIDDLE each have a row of what they and those after them come
    to, those from there to TAIL are in the key's own row. From base row `running` on, the end of input, nothing is held
    any more, and no update counts. State: the pool, of which `used[0]` is taken, `places` (keys, 6), and `own` words of
    each key. Returns the entry to go on from: fewer than n if the pool is full.
    """
    n = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        o = k * OWN
        over = row[i] >= running
        if (kind[i] != NOTHING or over) and places[k, TAIL] == places[k, BEGIN] + places[k, ROOM]:
            # One span may come into the pool.
            room = room_for(places[k, TAIL] - places[k, HEAD])
            to = used[0]
            if room <= places[k, ROOM]:
                to = places[k, BEGIN]
                room = places[k, ROOM]
            elif to + room > len(pool_time):
                counts[0] = n
                return i
            else:
                used[0] += room
            _move(k, to, room, pool_value, 2, pool_time, pool_ints, ROW, places, pool_value, pool_time, pool_ints)
        if over and own[o + KNOWN] != 0:
            _push(k, own[o + PASSED], pool_value, pool_time, places, own_floats, own, o)
            own[o + KNOWN] = 0
            own[o + SINCE] = own[o + PASSED]
        if places[k, DUE] < time[i]:
            _total(
                k, places[k, DUE], width, pool_value, pool_time, pool_floats, pool_ints, places, own_floats, own, o,
                row_floats, row_ints,
            )  # fmt: skip
            give(row_ints, 0, out, n * COLUMNS)
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = places[k, DUE]
            out_timer[n] = True
            n += 1
            places[k, DUE] = NEVER
        if not over:
            own[o + PASSED] = max(own[o + PASSED], time[i])
        if width > 0 and (kind[i] != NOTHING or asked[i]):
            while places[k, HEAD] < places[k, TAIL] and pool_time[places[k, HEAD]] <= time[i] - width:
                _drop(k, pool_value, pool_time, pool_floats, pool_ints, places, own, o)
        begins = kind[i] == BEGINS and not over
        if begins or (kind[i] == ENDS and own[o + KNOWN] != 0):
            if own[o + KNOWN] != 0 or places[k, HEAD] < places[k, TAIL]:
                _push(k, time[i], pool_value, pool_time, places, own_floats, own, o)
            own[o + KNOWN] = 1 if begins else 0
            own_floats[o + VALUE] = value[i]
            own[o + SINCE] = time[i]
        if begins:
            own[o + SAMPLES] += 1
            if every > 0 and places[k, DUE] == NEVER:
                places[k, DUE] = -(-time[i] // every) * every
            if width == 0 and own[o + SAMPLES] > samples:
                _drop(k, pool_value, pool_time, pool_floats, pool_ints, places, own, o)
                while places[k, HEAD] < places[k, TAIL] and pool_value[2 * places[k, HEAD] + 1] == 0.0:
                    _drop(k, pool_value, pool_time, pool_floats, pool_ints, places, own, o)
        if asked[i] and (width > 0 or begins):
            _total(
                k, time[i], width, pool_value, pool_time, pool_floats, pool_ints, places, own_floats, own, o,
                row_floats, row_ints,
            )  # fmt: skip
            give(row_ints, 0, out, n * COLUMNS)
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = time[i]
            out_timer[n] = timer[i]
            n += 1
    counts[0] = n
    return len(key)


# --- What is open until something ends -------------------------------------------------------------------------------


@part
def _until(time: int, floats: Any, own: Any, o: int) -> None:
    """Take into the key's row what was held until now, if its window is open."""
    if own[o + OPEN] != 0:
        lasts(floats, own, o + OWN_ROW, own[o + KNOWN], floats[o + VALUE], time - own[o + SINCE])
    own[o + SINCE] = time


@part
def _let_go(floats: Any, own: Any, o: int) -> None:
    """The input has ended: what the key holds it held as far as time has come."""
    if own[o + KNOWN] != 0:
        _until(own[o + PASSED], floats, own, o)
        own[o + KNOWN] = 0


@part
def _is_held(kind: int, value: float, floats: Any, own: Any, o: int) -> None:
    """From now on the key holds this value, or nothing."""
    own[o + KNOWN] = 1 if kind == BEGINS else 0
    floats[o + VALUE] = value


@kernel(
    "i8(i4[::1], i8[::1], i8[::1], i1[::1], f8[::1], i8, i8, i8, f8[::1], i8[::1], i8[::1], i4[::1], i8[::1], i8[::1])",
    counting=False,
)
def sessions(
    key: Any,
    row: Any,
    time: Any,
    kind: Any,
    value: Any,
    running: int,
    gap: int,
    maximum: int,
    floats: Any,
    own: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out: Any,
) -> int:
    """Walk over entries: give out each session at its end, `gap` after its last sample or `maximum` after its first.
    State: `own` words of each key. Gives how many there are."""
    n = 0
    for i in range(len(key)):
        o = key[i] * OF_SESSION
        over = row[i] >= running
        if over:
            _let_go(floats, own, o)
        if own[o + ENDING] < time[i]:
            give(own, o + ENDING_ROW, out, n * COLUMNS)
            out_row[n] = row[i]
            out_key[n] = key[i]
            out_time[n] = own[o + ENDING]
            n += 1
            own[o + ENDING] = NEVER
        end = NEVER
        if own[o + OPEN] != 0:
            end = min(own[o + LAST_TIME] + gap, own[o + FIRST_TIME] + maximum)
        if end < time[i]:
            _until(end, floats, own, o)
            give(own, o + OWN_ROW, out, n * COLUMNS)
            out_row[n] = row[i]
            out_key[n] = key[i]
            out_time[n] = end
            n += 1
            own[o + OPEN] = 0
        if over:
            continue
        own[o + PASSED] = max(own[o + PASSED], time[i])
        if kind[i] == NOTHING:
            continue
        _until(time[i], floats, own, o)
        _is_held(kind[i], value[i], floats, own, o)
        if kind[i] != BEGINS:
            continue
        if end == time[i]:
            for j in range(ROW):
                own[o + ENDING_ROW + j] = own[o + OWN_ROW + j]
            own[o + ENDING] = end
            own[o + OPEN] = 0
        if own[o + OPEN] == 0:
            empty(own, o + OWN_ROW)
            own[o + OPEN] = 1
            own[o + FIRST_TIME] = time[i]
        own[o + LAST_TIME] = time[i]
    return n


@kernel(
    "i8(i4[::1], i8[::1], i8[::1], i1[::1], i1[::1], f8[::1], i8, f8[::1], i8[::1], i8[::1], i8[::1])", counting=False
)
def whiles(
    key: Any,
    row: Any,
    time: Any,
    truth: Any,
    kind: Any,
    value: Any,
    running: int,
    floats: Any,
    own: Any,
    given: Any,
    out: Any,
) -> int:
    """Walk over entries: give out what was held while the condition was true, where it no longer is.

    `truth` is that of the condition, SILENT where it is not looked at. State: `own` words of each key. `given` are the
    entries at which something is given. Gives how many there are.
    """
    n = 0
    for i in range(len(key)):
        o = key[i] * OWN
        over = row[i] >= running
        if over:
            _let_go(floats, own, o)
        if truth[i] != SILENT and (own[o + OPEN] != 0) != (truth[i] == TRUE):
            _until(time[i], floats, own, o)
            if own[o + OPEN] != 0:
                give(own, o + OWN_ROW, out, n * COLUMNS)
                given[n] = i
                n += 1
            own[o + OPEN] = 1 if truth[i] == TRUE else 0
            empty(own, o + OWN_ROW)
        if over:
            continue
        own[o + PASSED] = max(own[o + PASSED], time[i])
        if kind[i] != NOTHING:
            _until(time[i], floats, own, o)
            _is_held(kind[i], value[i], floats, own, o)
    return n
