"""Kernels of windows that keep their samples themselves: the newest, sessions, while a condition holds; and thinning.

They walk over *entries* in order: base rows, at which a key's time advances, and moments between them; one that brings
several samples (of a group's members) is there once for each. What is given out is a row of parts (`kernels.parts`).
"""

from typing import Any

from .episodes import SILENT, TRUE
from .jit import NEVER, kernel, part
from .parts import COUNT, FIRST, LAST, join, take

BEGIN, ROOM, HEAD, MIDDLE, TAIL, DUE = range(6)
"""What is kept of a key's newest samples: its region of the pool, the first and (behind the) last of them in it, where
the joined ones end, and when they are to be given."""
ROOM_LEAST = 4
FIRST_TIME, LAST_TIME, ENDING, NUMBER = range(4)
"""What is kept of a key's session: times of its first and last sample, when the one before it ends (or NEVER), and its
number."""
TIMES = 4


@kernel("i8(i4[::1], i8[::1], b1[::1], i8, i8, i8[::1], b1[::1], b1[::1])", counting=False)
def thin(
    key: Any, time: Any, sampled: Any, every: int, tolerance: int, following: Any, passes: Any, thinned: Any
) -> int:
    """Which samples are not before they are due (`passes`), and which are (`thinned`); how many these are.

    State: `following` (keys,), when the next one is due; the least int64 before the first.
    """
    count = 0
    for i in range(len(key)):
        passes[i] = False
        thinned[i] = False
        if not sampled[i]:
            continue
        due = following[key[i]]
        if time[i] < due - tolerance and due != -NEVER:
            thinned[i] = True
            count += 1
            continue
        passes[i] = True
        following[key[i]] = (time[i] if time[i] > due else due) + every
    return count


@part
def stacked_words(flags: int, cols: Any) -> int:
    """The words that are kept with each sample for what it and others come to: none where first and last tell it."""
    words: int = cols[-1]
    return words if flags & ~(COUNT | FIRST | LAST) else 0


@part
def _forget(
    k: int, head: int, value: Any, arity: int, time: Any, floats: Any, ints: Any, cols: Any, flags: int, places: Any,
    back_floats: Any,
) -> None:  # fmt: skip
    """Let key k's samples begin at `head`: past the joined ones those that are left are joined, from the newest on."""
    places[k, HEAD] = head
    if head < places[k, MIDDLE]:
        return
    words = cols[-1]
    tail = places[k, TAIL]
    places[k, MIDDLE] = tail
    back_floats[k * words] = 0.0
    if stacked_words(flags, cols) == 0:
        return
    for j in range(tail - 1, head - 1, -1):
        floats[j * words] = 0.0
        take(floats, ints, j * words, cols, flags, value[j * arity], value[j * arity + arity - 1], time[j])
        if j + 1 < tail:
            join(floats, ints, j * words, floats, ints, (j + 1) * words, cols, flags)


@part
def _move(
    k: int, to: int, room: int, value: Any, arity: int, time: Any, ints: Any, words: int, places: Any, to_value: Any,
    to_time: Any, to_ints: Any,
) -> int:  # fmt: skip
    """Move key k's samples to a region that begins at `to`, of this pool or another; gives where that ends."""
    head, count = places[k, HEAD], places[k, TAIL] - places[k, HEAD]
    for j in range(count):
        to_time[to + j] = time[head + j]
    for j in range(count * arity):
        to_value[to * arity + j] = value[head * arity + j]
    for j in range((places[k, MIDDLE] - head) * words):
        to_ints[to * words + j] = ints[head * words + j]
    places[k, MIDDLE] += to - head
    places[k, BEGIN] = to
    places[k, ROOM] = room
    places[k, HEAD] = to
    places[k, TAIL] = to + count
    return to + room


@part
def room_for(count: int) -> int:
    """The room of a region that so many samples are moved to."""
    half = count // 2
    return count + (half if half > ROOM_LEAST else ROOM_LEAST)


@part
def _joined(
    k: int, value: Any, arity: int, time: Any, floats: Any, ints: Any, cols: Any, flags: int, places: Any,
    back_floats: Any, back_ints: Any, into_floats: Any, into_ints: Any, at: int,
) -> None:  # fmt: skip
    """What key k's samples come to, as the row of parts that begins at `at`."""
    words = cols[-1]
    head, tail = places[k, HEAD], places[k, TAIL]
    into_floats[at] = 0.0
    if stacked_words(flags, cols) == 0:
        for j in (head, tail - 1):
            if head < tail:
                take(into_floats, into_ints, at, cols, flags, value[j * arity], value[j * arity + arity - 1], time[j])
        into_floats[at] = tail - head
        return
    if head < places[k, MIDDLE]:
        join(into_floats, into_ints, at, floats, ints, head * words, cols, flags)
    join(into_floats, into_ints, at, back_floats, back_ints, k * words, cols, flags)


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], b1[::1], b1[::1], f8[::1], f8[::1], i8, b1, i8, i8, i8, i8, i8[::1],"
    " f8[::1], i8[::1], f8[::1], i8[::1], i8[::1], i8[:, ::1], f8[::1], i8[::1],"
    " i8[::1], i4[::1], i8[::1], b1[::1], f8[::1], i8[::1], i8[:, ::1], i8[::1])",
    counting=False,
)
def newest(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    sampled: Any,
    asked: Any,
    value: Any,
    second: Any,
    arity: int,
    stable: bool,
    samples: int,
    width: int,
    every: int,
    flags: int,
    cols: Any,
    pool_value: Any,
    pool_time: Any,
    pool_floats: Any,
    pool_ints: Any,
    used: Any,
    places: Any,
    back_floats: Any,
    back_ints: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out_floats: Any,
    out_ints: Any,
    out_range: Any,
    counts: Any,
) -> int:
    """Walk over n entries: keep the newest samples of each key, at most `samples`, and (with a `width`, else 0) none
    that is so old; give out what they come to where they are `asked` for, or (with `every`, else 0) at its multiples.

    Two stacks (as of a queue made of them): a key's samples from HEAD to MIDDLE each have a row of what they and the
    joined ones after them come to; those from there to TAIL are in the key's `back` row. So a sample is joined twice at
    most, and none has ever to be taken away. In a region that is full the samples are moved to its beginning, or to a
    new one: always, if what is given out is to be `stable`, as `out_range` tells where in the pool the samples of each
    output are. State: the pool, of which `used[0]` is taken,
    `places` (keys, 6) and `back`. Returns the entry to go on from: fewer than n if the pool is full.
    """
    words, stacked = cols[-1], stacked_words(flags, cols)
    n = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        if places[k, DUE] < time[i]:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = places[k, DUE]
            out_timer[n] = True
            out_range[n, 0] = places[k, HEAD]
            out_range[n, 1] = places[k, TAIL]
            _joined(
                k, pool_value, arity, pool_time, pool_floats, pool_ints, cols, flags, places, back_floats,
                back_ints, out_floats, out_ints, n * words,
            )  # fmt: skip
            n += 1
            places[k, DUE] = NEVER
        if not (sampled[i] or asked[i]):
            continue
        head, tail = places[k, HEAD], places[k, TAIL]
        if width > 0:
            while head < tail and pool_time[head] <= time[i] - width:
                head += 1
        if sampled[i] and tail - head == samples:
            head += 1
        if head > places[k, HEAD]:
            _forget(
                k, head, pool_value, arity, pool_time, pool_floats, pool_ints, cols, flags, places, back_floats
            )  # fmt: skip
        if sampled[i]:
            if tail == places[k, BEGIN] + places[k, ROOM]:
                room = room_for(tail - head)
                to = used[0]
                if room <= places[k, ROOM] and not stable:
                    to = places[k, BEGIN]
                    room = places[k, ROOM]
                elif to + room > len(pool_time):
                    counts[0] = n
                    return i
                else:
                    used[0] += room
                _move(
                    k, to, room, pool_value, arity, pool_time, pool_ints, stacked, places, pool_value, pool_time,
                    pool_ints,
                )  # fmt: skip
                tail = places[k, TAIL]
            pool_value[tail * arity] = value[i]
            pool_value[tail * arity + arity - 1] = second[i]
            pool_time[tail] = time[i]
            places[k, TAIL] = tail + 1
            take(back_floats, back_ints, k * words, cols, flags, value[i], second[i], time[i])
            if every > 0 and places[k, DUE] == NEVER:
                places[k, DUE] = -(-time[i] // every) * every
        if asked[i]:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = time[i]
            out_timer[n] = timer[i]
            out_range[n, 0] = places[k, HEAD]
            out_range[n, 1] = places[k, TAIL]
            _joined(
                k, pool_value, arity, pool_time, pool_floats, pool_ints, cols, flags, places, back_floats,
                back_ints, out_floats, out_ints, n * words,
            )  # fmt: skip
            n += 1
    counts[0] = n
    return len(key)


@kernel("i8(f8[::1], i8, i8[::1], i8[::1], i8, i8[:, ::1], f8[::1], i8[::1], i8[::1])", counting=False)
def repack(
    value: Any, arity: int, time: Any, ints: Any, words: int, places: Any, to_value: Any, to_time: Any, to_ints: Any
) -> int:
    """Bring all keys' regions together into another pool, which has room for them; gives how much of it is taken."""
    at = 0
    for k in range(len(places)):
        if places[k, ROOM] > 0:
            room = room_for(places[k, TAIL] - places[k, HEAD])
            at = _move(k, at, room, value, arity, time, ints, words, places, to_value, to_time, to_ints)
    return at


@kernel(
    "i8(i4[::1], i8[::1], i8[::1], b1[::1], f8[::1], f8[::1], i8, i8, i8, i8[::1], f8[::1], i8[::1], i8[:, ::1],"
    " i8[::1], i4[::1], i8[::1], i8[::1], f8[::1], i8[::1], i8[:, ::1])",
    counting=False,
)
def sessions(
    key: Any,
    row: Any,
    time: Any,
    sampled: Any,
    value: Any,
    second: Any,
    gap: int,
    maximum: int,
    flags: int,
    cols: Any,
    floats: Any,
    ints: Any,
    times: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    numbers: Any,
    out_floats: Any,
    out_ints: Any,
    given: Any,
) -> int:
    """Walk over entries: give out each session at its end, `gap` after its last sample or `maximum` after its first.

    State: `times` (keys, 4), and for each key two rows of parts, of the session that is open and of one that ends at
    the very time of that one's first sample. `numbers` are those of the sessions that samples belong to, `given` the
    entries at which sessions are given out and their numbers. Gives how many are.
    """
    words = cols[-1]
    n = 0
    for i in range(len(key)):
        k = key[i]
        at = 2 * k * words
        if times[k, ENDING] < time[i]:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = times[k, ENDING]
            given[n, 0] = i
            given[n, 1] = times[k, NUMBER] - 1
            for j in range(words):
                out_ints[n * words + j] = ints[at + words + j]
            n += 1
            times[k, ENDING] = NEVER
        end = NEVER
        if floats[at] > 0.0:
            end = times[k, LAST_TIME] + gap
            if times[k, FIRST_TIME] + maximum < end:
                end = times[k, FIRST_TIME] + maximum
        if end < time[i]:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = end
            given[n, 0] = i
            given[n, 1] = times[k, NUMBER]
            for j in range(words):
                out_ints[n * words + j] = ints[at + j]
            n += 1
            floats[at] = 0.0
        if not sampled[i]:
            continue
        if end == time[i]:
            for j in range(words):
                ints[at + words + j] = ints[at + j]
            times[k, ENDING] = end
            floats[at] = 0.0
        if floats[at] == 0.0:
            times[k, FIRST_TIME] = time[i]
            times[k, NUMBER] += 1
        times[k, LAST_TIME] = time[i]
        numbers[i] = times[k, NUMBER]
        take(floats, ints, at, cols, flags, value[i], second[i], time[i])
    return n


@kernel(
    "i8(i4[::1], i8[::1], i1[::1], b1[::1], f8[::1], f8[::1], i8, i8[::1], f8[::1], i8[::1], b1[::1], i8[::1],"
    " i8[::1], f8[::1], i8[::1], i8[:, ::1])",
    counting=False,
)
def whiles(
    key: Any,
    time: Any,
    truth: Any,
    sampled: Any,
    value: Any,
    second: Any,
    flags: int,
    cols: Any,
    floats: Any,
    ints: Any,
    true: Any,
    number: Any,
    numbers: Any,
    out_floats: Any,
    out_ints: Any,
    given: Any,
) -> int:
    """Walk over entries: give out what came while the condition was true, where it no longer is.

    `truth` is that of the condition, SILENT where it is not looked at. State: whether it is `true` (keys,), for how
    many times it was (`number`), and a row of parts for each key. `numbers` are those of the times that samples belong
    to, `given` the entries at which something is given and the number of it; the rows given out are 0 before.
    """
    words = cols[-1]
    n = 0
    for i in range(len(key)):
        k = key[i]
        at = k * words
        numbers[i] = -1
        if truth[i] != SILENT:
            if true[k] and truth[i] != TRUE:
                given[n, 0] = i
                given[n, 1] = number[k]
                if floats[at] > 0.0:
                    for j in range(words):
                        out_ints[n * words + j] = ints[at + j]
                n += 1
                number[k] += 1
                floats[at] = 0.0
            true[k] = truth[i] == TRUE
        if true[k] and sampled[i]:
            numbers[i] = number[k]
            take(floats, ints, at, cols, flags, value[i], second[i], time[i])
    return n
