"""The kernel of windows: samples into slices of time, slices into windows, at their ends."""

from typing import Any

from .jit import NEVER, kernel

COUNT, TRUE, SUM, SQUARES, MIN, MAX, FIRST, LAST = 1, 2, 4, 8, 16, 32, 64, 128
COLUMNS = 9
"""Columns of a slice's parts, in the order of the flags above; the last is what sums are taken from, 0 without squares.

A slice with squares sums differences from its own first sample, which are small where samples are close together, so
that what was far off once spoils no other slice (shifted data: Chan, Golub and LeVeque 1983).
"""


@kernel("void(f8[:, :, ::1], i8[:, :, ::1], i8, i8, i8, i8, i8, f8[::1], i8[::1])")
def combine(
    parts: Any, times: Any, k: int, first: int, last: int, ring: int, flags: int, into: Any, into_times: Any
) -> None:
    """Combine key k's slices first..last (numbers of slices, inclusive) into one row of parts."""
    into[:] = 0.0
    into_times[:] = -1
    for number in range(first, last + 1):
        s = number % ring
        if times[k, s, 0] != number:
            continue
        n = parts[k, s, 0]
        if n == 0.0:
            continue
        fresh = into[0] == 0.0
        into[0] += n
        if flags & TRUE:
            into[1] += parts[k, s, 1]
        if flags & SQUARES:
            # To differences from the first slice's own: d more for each sample.
            if fresh:
                into[8] = parts[k, s, 8]
            d = parts[k, s, 8] - into[8]
            into[3] += parts[k, s, 3] + 2.0 * d * parts[k, s, 2] + n * d * d
            into[2] += parts[k, s, 2] + n * d
        elif flags & SUM:
            into[2] += parts[k, s, 2]
        if flags & MIN and (fresh or parts[k, s, 4] < into[4]):
            into[4] = parts[k, s, 4]
        if flags & MAX and (fresh or parts[k, s, 5] > into[5]):
            into[5] = parts[k, s, 5]
        if flags & FIRST and (fresh or times[k, s, 1] < into_times[0]):
            into[6] = parts[k, s, 6]
            into_times[0] = times[k, s, 1]
        if flags & LAST and (fresh or times[k, s, 2] >= into_times[1]):
            into[7] = parts[k, s, 7]
            into_times[1] = times[k, s, 2]


@kernel("void(f8[:, :, ::1], i8[:, :, ::1], i8, i8, i8, i8, f8, i8)")
def add(parts: Any, times: Any, k: int, number: int, ring: int, flags: int, x: float, t: int) -> None:
    """Add a sample x at time t to key k's slice of the given number."""
    s = number % ring
    if times[k, s, 0] != number:
        times[k, s, 0] = number
        parts[k, s, 0] = 0.0
        parts[k, s, 1] = 0.0
        parts[k, s, 2] = 0.0
        parts[k, s, 3] = 0.0
    fresh = parts[k, s, 0] == 0.0
    parts[k, s, 0] += 1.0
    if flags & TRUE and x != 0.0:
        parts[k, s, 1] += 1.0
    if flags & (SUM | SQUARES):
        if fresh:
            parts[k, s, 8] = x if flags & SQUARES else 0.0
        d = x - parts[k, s, 8]
        parts[k, s, 2] += d
        parts[k, s, 3] += d * d
    if flags & MIN and (fresh or x < parts[k, s, 4]):
        parts[k, s, 4] = x
    if flags & MAX and (fresh or x > parts[k, s, 5]):
        parts[k, s, 5] = x
    if flags & FIRST and (fresh or t < times[k, s, 1]):
        parts[k, s, 6] = x
        times[k, s, 1] = t
    if flags & LAST and (fresh or t >= times[k, s, 2]):
        parts[k, s, 7] = x
        times[k, s, 2] = t


@kernel("i8(i8[::1], i8, i8, i8)")
def after(bounds: Any, low: int, high: int, t: int) -> int:
    """The index of the first of bounds[low:high] that is greater than t; high if none is."""
    while low < high:
        middle = (low + high) // 2
        if bounds[middle] > t:
            high = middle
        else:
            low = middle + 1
    return low


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], f8[::1], i8, i8, i8, i8, i8, f8[:, :, ::1], i8[:, :, ::1],"
    " i8[:, ::1], i8[::1], i8[::1], i8[::1], i8[:, ::1], b1[:, ::1], i8[:, ::1], i4[:, ::1],"
    " i8[:, ::1], f8[:, :, ::1], i8[:, :, ::1], i8[::1])"
)
def windows(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    sampled: Any,
    sample_time: Any,
    value: Any,
    running: int,
    ahead: int,
    slice_width: int,
    ring: int,
    flags: int,
    parts: Any,
    times: Any,
    shapes: Any,
    bounds: Any,
    passed: Any,
    latest: Any,
    next_end: Any,
    was_empty: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_parts: Any,
    out_times: Any,
    counts: Any,
) -> int:
    """Walk over n instants in order: close the windows that ended before each, then take its sample.

    An instant of time -1 is a sample only; its input takes the key to a time at most `ahead` ns before it.

    `parts` (keys, ring, 9) and `times` (keys, ring, 3: number of the slice, time of first, time of last) hold the
    samples. `shapes` (w, 4) are the windows on them: width, every, and the range of `bounds` that is theirs. A
    window is `width` long, or (width 0) since the last bound; it ends at multiples of `every`, or (every 0) at the
    bounds. State: `next_end` and `was_empty` (keys, w), when the window closes next, NEVER while it has nothing to say,
    and what was told last; `passed` and `latest` (keys,), the key's time and its newest sample, which may be ahead of
    it or behind. Out, for each of the w: base row, key, end and parts of what was closed; an empty window is given out
    only after one that was not, and before base row `running`. Returns the instant to go on from: fewer than n if an
    output, of which `counts` (w,) are written, is full.
    """
    for i in range(start, len(key)):
        k = key[i]
        for w in range(len(shapes)):
            width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
            # A sample by itself (of a group's member) advances no time, but will: then nothing older is waited for.
            limit = time[i] if time[i] >= 0 else sample_time[i] - ahead
            while next_end[k, w] < limit:
                n = counts[w]
                if n == out_row.shape[1]:
                    return i
                end = next_end[k, w]
                at = i
                if time[i] < 0:
                    while at < len(key) and (key[at] != k or time[at] <= end):
                        at += 1
                    if at == len(key):
                        break
                begin = end - width if width > 0 else bounds[after(bounds, low, high, end - 1) - 1]
                combine(
                    parts,
                    times,
                    k,
                    begin // slice_width,
                    (end - 1) // slice_width,
                    ring,
                    flags,
                    out_parts[w, n],
                    out_times[w, n],
                )
                out_row[w, n] = row[at]
                out_key[w, n] = k
                out_time[w, n] = end
                empty = out_parts[w, n, 0] == 0.0
                if not empty or (row[at] < running and not was_empty[k, w]):
                    counts[w] += 1
                was_empty[k, w] = empty
                if empty and latest[k] < end:
                    next_end[k, w] = NEVER
                elif every > 0:
                    next_end[k, w] = end + every
                else:
                    next_end[k, w] = bounds[after(bounds, low, high, end)]
        if time[i] > passed[k]:
            passed[k] = time[i]
        if sampled[i]:
            t = sample_time[i]
            wanted = False
            for w in range(len(shapes)):
                width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
                # The first window that ends after the sample and is still open; does it hold it?
                floor = passed[k] - 1 if passed[k] > t else t
                end = (floor // every + 1) * every if every > 0 else bounds[after(bounds, low, high, floor)]
                begin = end - width if width > 0 else bounds[after(bounds, low, high, end - 1) - 1]
                if begin <= t:
                    wanted = True
                    if end < next_end[k, w]:
                        next_end[k, w] = end
            if wanted:
                if t > latest[k]:
                    latest[k] = t
                add(parts, times, k, t // slice_width, ring, flags, value[i], t)
    return len(key)
