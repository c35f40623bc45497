"""The kernel of what lies between samples: samples into slices of time, slices into windows, at their ends.

The state of a key is one row of 8-byte words, seen as floats and as ints: a header, its slices (a ring), and of each
window the next end and whether it was empty. Samples come in order. A slice knows its first and its last sample, and
the area under the lines between them.
"""

from typing import Any

from .jit import kernel
from .slices import begin_of, closed, end_after

LATEST, HEADER = 0, 1
"""Of a key: the time of its newest sample, or -1."""
NUMBER, COUNT, FIRST_TIME, FIRST, LAST_TIME, LAST, AREA, SLOT = range(8)
"""Of a slice: its number, how many samples, the first and the last of them, and the area by seconds."""
COLUMNS = 8
"""Of a window: how many samples, the time from the first to the last, the area and the newest; the newest sample before
the middle and how long before (-1: there is none), the oldest not before it and how long after."""
NS_PER_S = 1e9


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8, f8)")
def take(floats: Any, ints: Any, base: int, slice_width: int, ring: int, t: int, value: float) -> None:
    """A sample of a key."""
    number = t // slice_width
    at = base + HEADER + (number % ring) * SLOT
    if ints[at + NUMBER] != number:
        ints[at + NUMBER] = number
        ints[at + COUNT] = 0
        ints[at + FIRST_TIME] = t
        floats[at + FIRST] = value
        floats[at + AREA] = 0.0
    else:
        floats[at + AREA] += (floats[at + LAST] + value) / 2.0 * ((t - ints[at + LAST_TIME]) / NS_PER_S)
    ints[at + COUNT] += 1
    ints[at + LAST_TIME] = t
    floats[at + LAST] = value
    ints[base + LATEST] = t


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
    """What the samples of [begin, end) come to, as a row of `COLUMNS`."""
    middle = begin + (end - begin) // 2
    samples, first_time, last_time, left_ns, right_ns = 0, 0, 0, -1, -1
    area, last, left, right = 0.0, 0.0, 0.0, 0.0
    for number in range(begin // slice_width, (end - 1) // slice_width + 1):
        at = base + HEADER + (number % ring) * SLOT
        if ints[at + NUMBER] != number:
            continue
        if samples == 0:
            first_time = ints[at + FIRST_TIME]
        else:
            area += (last + floats[at + FIRST]) / 2.0 * ((ints[at + FIRST_TIME] - last_time) / NS_PER_S)
        samples += ints[at + COUNT]
        area += floats[at + AREA]
        last_time = ints[at + LAST_TIME]
        last = floats[at + LAST]
        if number * slice_width < middle:
            left_ns = middle - last_time
            left = last
        elif right_ns < 0:
            right_ns = ints[at + FIRST_TIME] - middle
            right = floats[at + FIRST]
    out_ints[out] = samples
    out_ints[out + 1] = last_time - first_time
    out_floats[out + 2] = area
    out_floats[out + 3] = last
    out_ints[out + 4] = left_ns
    out_floats[out + 5] = left
    out_ints[out + 6] = right_ns
    out_floats[out + 7] = right


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
    """Walk over n instants in order: close the windows that ended before each, then take its sample, if it updates what
    is sampled and that is known.

    State (`words` for each key), `shapes`, `bounds` and outputs are as in `slices.windows`, rows of `COLUMNS`. Returns
    the instant to go on from: fewer than n if an output is full.
    """
    ends = HEADER + ring * SLOT
    many = len(shapes)
    for i in range(start, len(key)):
        base = key[i] * words
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
                silent, before_end = ints[base + LATEST] < end, row[i] < running
                if closed(ints, at, at + many, every, bounds, low, high, empty, silent, before_end):
                    counts[w] += 1
        if not (updated[i] and known[i]):
            continue
        t = time[i]
        take(floats, ints, base, slice_width, ring, t, value[i])
        for w in range(many):
            every, low, high = shapes[w, 1], shapes[w, 2], shapes[w, 3]
            end = end_after(t, every, bounds, low, high)
            if end < ints[base + ends + w]:
                ints[base + ends + w] = end
    return len(key)
