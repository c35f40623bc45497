"""The kernel of what was held: updates into slices of time, slices into windows, at their ends.

The state of a key is one row of 8-byte words, seen as floats and as ints: a header, its slices (a ring), and of each
window the next end and whether it was empty. Updates come in order. A slice knows what was held before its first update
and after its last one, and what the time between them comes to; the rest is filled in when a window is put together.
"""

from typing import Any

from .jit import kernel
from .slices import begin_of, closed, end_after

PASSED, KNOWN, VALUE, HEADER = 0, 1, 2, 4
"""Of a key: its time; whether anything is held, and what."""
(
    NUMBER, FIRST, LAST, CARRIED, CARRY, LEAVES, LEFT, HELD_NS, INTEGRAL, TRUE_NS, SPELLS, LONGEST_NS, HEAD_NS, TAIL_NS,
    SLOT,
) = range(15)  # fmt: skip
"""Of a slice: its number; the times of its first and last update; what was held before and is held after them; and of
the time between: as `COLUMNS`, and for how long it was true from the first update on, and up to the last."""
COLUMNS = 5
"""Of a window: how long anything was held, its integral by seconds, how long it was true, how often, how long at
most."""
NS_PER_S = 1e9


@kernel("void(f8[::1], i8[::1], i8, i8, f8, i8)")
def lengthen(floats: Any, ints: Any, at: int, known: int, value: float, length: int) -> None:
    """Add to the slice at a word that something, or nothing, was held for so long after its last update."""
    if length == 0:
        return
    if known == 0:
        ints[at + TAIL_NS] = 0
    else:
        ints[at + HELD_NS] += length
        floats[at + INTEGRAL] += value * (length / NS_PER_S)
        if value == 0.0:
            ints[at + TAIL_NS] = 0
        else:
            if ints[at + HEAD_NS] == ints[at + LAST] - ints[at + FIRST]:
                ints[at + HEAD_NS] += length
            if ints[at + TAIL_NS] == 0:
                ints[at + SPELLS] += 1
            ints[at + TAIL_NS] += length
            ints[at + TRUE_NS] += length
            ints[at + LONGEST_NS] = max(ints[at + LONGEST_NS], ints[at + TAIL_NS])
    ints[at + LAST] += length


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8, b1, f8)")
def update(floats: Any, ints: Any, base: int, slice_width: int, ring: int, t: int, known: bool, value: float) -> None:
    """From t on the key holds this value, or nothing."""
    number = t // slice_width
    at = base + HEADER + (number % ring) * SLOT
    if ints[at + NUMBER] != number:
        ints[at + NUMBER] = number
        ints[at + FIRST] = t
        ints[at + LAST] = t
        ints[at + CARRIED] = ints[base + KNOWN]
        floats[at + CARRY] = floats[base + VALUE]
        for i in range(HELD_NS, SLOT):
            ints[at + i] = 0
    lengthen(floats, ints, at, ints[base + KNOWN], floats[base + VALUE], t - ints[at + LAST])
    ints[at + LEAVES] = 1 if known else 0
    floats[at + LEFT] = value
    ints[base + KNOWN] = 1 if known else 0
    floats[base + VALUE] = value


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8, i8, f8[::1], i8[::1], i8)")
def combine(
    floats: Any,
    ints: Any,
    base: int,
    begin: int,
    end: int,
    slice_width: int,
    ring: int,
    out_floats: Any,
    out_ints: Any,
    out: int,
) -> None:
    """What the time of [begin, end) comes to, as a row of `COLUMNS`."""
    held, true, spells, longest, run = 0, 0, 0, 0, 0
    integral = 0.0
    at_time, known, value = begin, 0, 0.0
    began = False
    number, last = begin // slice_width, (end - 1) // slice_width + 1
    while number <= last:
        at = base + HEADER + (number % ring) * SLOT
        touched = ints[at + NUMBER] == number
        # What was held until the slice's first update; behind the window, until its end.
        until = end
        if touched and number < last:
            until = ints[at + FIRST]
        if not began and (touched or number == last):
            began = True
            known = ints[at + CARRIED] if touched else ints[base + KNOWN]
            value = floats[at + CARRY] if touched else floats[base + VALUE]
        if (touched or number == last) and until > at_time:
            length = until - at_time
            if known != 0:
                held += length
                integral += value * (length / NS_PER_S)
            if known != 0 and value != 0.0:
                if run == 0:
                    spells += 1
                run += length
                true += length
                longest = max(longest, run)
            else:
                run = 0
            at_time = until
        if touched and number < last:
            # Then what the time between its updates came to.
            length = ints[at + LAST] - ints[at + FIRST]
            if length > 0:
                held += ints[at + HELD_NS]
                integral += floats[at + INTEGRAL]
                true += ints[at + TRUE_NS]
                spells += ints[at + SPELLS]
                longest = max(longest, ints[at + LONGEST_NS])
                head = ints[at + HEAD_NS]
                if run > 0 and head > 0:
                    spells -= 1
                    longest = max(longest, run + head)
                run = run + head if head == length else ints[at + TAIL_NS]
                at_time += length
            known = ints[at + LEAVES]
            value = floats[at + LEFT]
        number += 1
    out_ints[out] = held
    out_floats[out + 1] = integral
    out_ints[out + 2] = true
    out_ints[out + 3] = spells
    out_ints[out + 4] = longest


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], b1[::1], f8[::1], i8, i8, i8, f8[::1], i8[::1], i8, i8[:, ::1],"
    " i8[::1], i8[:, ::1], i4[:, ::1], i8[:, ::1], f8[::1], i8[::1], i8[::1])"
)
def windows(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    updated: Any,
    known: Any,
    value: Any,
    running: int,
    slice_width: int,
    ring: int,
    floats: Any,
    ints: Any,
    words: int,
    shapes: Any,
    bounds: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_floats: Any,
    out_ints: Any,
    counts: Any,
) -> int:
    """Walk over n instants in order: close the windows that ended before each, then take its update.

    `known` says whether anything is held after the update. From base row `running` on, the end of input, nothing is
    held any more. State (`words` for each key), `shapes`, `bounds` and outputs are as in `slices.windows`, rows of
    `COLUMNS`; a window in which nothing was held is empty. Returns the instant to go on from: fewer than n if an
    output is full.
    """
    ends = HEADER + ring * SLOT
    many = len(shapes)
    for i in range(start, len(key)):
        base = key[i] * words
        if row[i] >= running and ints[base + KNOWN] != 0:
            update(floats, ints, base, slice_width, ring, ints[base + PASSED], False, 0.0)
        for w in range(many):
            width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
            at = base + ends + w
            while ints[at] < time[i]:
                n = counts[w]
                if n == out_row.shape[1]:
                    return i
                end = ints[at]
                begin = begin_of(end, width, bounds, low, high)
                out = (w * out_row.shape[1] + n) * COLUMNS
                combine(floats, ints, base, begin, end, slice_width, ring, out_floats, out_ints, out)
                out_row[w, n] = row[i]
                out_key[w, n] = key[i]
                out_time[w, n] = end
                empty = out_ints[out] == 0
                silent, before_end = ints[base + KNOWN] == 0, row[i] < running
                if closed(ints, at, at + many, every, bounds, low, high, empty, silent, before_end):
                    counts[w] += 1
        if row[i] >= running:
            continue
        t = time[i]
        if t > ints[base + PASSED]:
            ints[base + PASSED] = t
        if not updated[i]:
            continue
        update(floats, ints, base, slice_width, ring, t, known[i], value[i])
        if known[i]:
            for w in range(many):
                every, low, high = shapes[w, 1], shapes[w, 2], shapes[w, 3]
                end = end_after(t, every, bounds, low, high)
                if end < ints[base + ends + w]:
                    ints[base + ends + w] = end
    return len(key)
