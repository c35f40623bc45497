"""The kernel of windows: samples into slices of time, slices into windows, at their ends.

The state of a key is one row of 8-byte words, so that what a sample needs lies together:

    passed, latest, soonest, settled, blocked | slices | blocks | next_end of each window | was_empty of each window

A slice is the number of its span of time (NEVER: it has not been) and a row of parts (`kernels.parts`); slices are a
ring. Where windows are many slices long, `BRANCHES` slices are joined in a block, as many blocks in a greater one, and
so on, so that a window's end costs a few joins whatever its length (a tree of partial aggregates: K. Tangwongsan, M.
Hirzel, S. Schneider, K.-L. Wu 2015). Blocks are made when a window first needs them.
"""

from typing import Any

from . import parts
from .jit import NEVER, kernel

PASSED, LATEST, SOONEST, SETTLED, BLOCKED = range(5)
HEADER = 8
"""The first words of a key's state: its time; its newest sample's; the least of its windows' next ends; from what time
on a sample moves none of these; the greatest slice that is in a block."""
BRANCHES = 8
APART = parts.FIRST | parts.LAST | parts.OTHER
"""Parts for which samples are taken one by one."""


@kernel("void(f8[::1], i8[::1], i8, f8[::1], i8[::1], i8, i8[::1], i8)", counting=False)
def join_rows(
    floats: Any, ints: Any, at: int, from_floats: Any, from_ints: Any, from_at: int, cols: Any, flags: int
) -> None:
    """`parts.join`, to be called from outside of kernels."""
    parts.join(floats, ints, at, from_floats, from_ints, from_at, cols, flags)


@kernel("i8(i8[::1], i8, i8, i8)", counting=False)
def after(bounds: Any, low: int, high: int, t: int) -> int:
    """The index of the first of bounds[low:high] that is greater than t; high if none is."""
    while low < high:
        middle = (low + high) // 2
        if bounds[middle] > t:
            high = middle
        else:
            low = middle + 1
    return low


@kernel("i8(i8, i8, i8[::1], i8[::1])", counting=False)
def place(level: int, number: int, rings: Any, starts: Any) -> int:
    """The word, from the beginning of a key's state, of a slice (level 0) or a block."""
    return int(starts[level] + (number % rings[level]) * starts[-1])


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8[::1], i8[::1], i8[::1], i8)", counting=False)
def block(
    floats: Any, ints: Any, base: int, level: int, number: int, rings: Any, starts: Any, cols: Any, flags: int
) -> None:
    """Make a block, and those in it, if they are not made already."""
    at = base + place(level, number, rings, starts)
    if ints[at] == number:
        return
    blocks = BRANCHES ** (level - 1)
    ints[base + BLOCKED] = max(ints[base + BLOCKED], (number + 1) * blocks * BRANCHES - 1)
    for lower in range(1, level + 1):
        for i in range(number * blocks, (number + 1) * blocks):
            at = base + place(lower, i, rings, starts)
            if ints[at] == i:
                continue
            ints[at] = i
            floats[at + 1] = 0.0
            for j in range(i * BRANCHES, (i + 1) * BRANCHES):
                below = base + place(lower - 1, j, rings, starts)
                if ints[below] == j:
                    parts.join(floats, ints, at + 1, floats, ints, below + 1, cols, flags)
        blocks //= BRANCHES


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8[::1], i8[::1], i8[::1], i8, f8[::1], i8[::1], i8)", counting=False)
def combine(
    floats: Any,
    ints: Any,
    base: int,
    first: int,
    last: int,
    rings: Any,
    starts: Any,
    cols: Any,
    flags: int,
    into_floats: Any,
    into_ints: Any,
    into: int,
) -> None:
    """Join in one row the slices first..last (their numbers, inclusive) of the key whose state is at word `base`."""
    into_floats[into] = 0.0
    ring, size = rings[0], starts[-1]
    slot = first % ring
    i = first
    while i <= last:
        level, branches = 0, 1
        while level + 1 < len(rings) and i % (branches * BRANCHES) == 0 and i + branches * BRANCHES - 1 <= last:
            level += 1
            branches *= BRANCHES
        at = base + starts[0] + slot * size
        if level > 0:
            block(floats, ints, base, level, i // branches, rings, starts, cols, flags)
            at = base + place(level, i // branches, rings, starts)
        if ints[at] == i // branches:
            parts.join(into_floats, into_ints, into, floats, ints, at + 1, cols, flags)
        i += branches
        slot += branches
        if slot >= ring:
            slot %= ring
    if into_floats[into] == 0.0:
        for word in range(cols[parts.C_WORDS]):
            into_ints[into + word] = 0


@kernel("void(i8[::1], i8, i8, i8[::1], i8[::1])", counting=False)
def unblock(ints: Any, base: int, number: int, rings: Any, starts: Any) -> None:
    """Forget the blocks that hold a slice: it is to change."""
    for level in range(1, len(rings)):
        number //= BRANCHES
        at = base + place(level, number, rings, starts)
        if ints[at] == number:
            ints[at] = NEVER


@kernel("i8(f8[::1], i8[::1], i8, i8, i8[::1], i8[::1])", counting=False)
def slice_for(floats: Any, ints: Any, base: int, number: int, rings: Any, starts: Any) -> int:
    """Where the row of a slice is that is to change; it is empty if it is new. `base`: where its key's state begins."""
    at = base + place(0, number, rings, starts)
    if number <= ints[base + BLOCKED]:
        unblock(ints, base, number, rings, starts)
    if ints[at] != number:
        ints[at] = number
        floats[at + 1] = 0.0
    return int(at + 1)


@kernel("void(f8[::1], i8[::1], i8, i8, i8[::1], i8[::1], i8[::1], i8, f8, f8, i8)", counting=False)
def add(
    floats: Any,
    ints: Any,
    base: int,
    number: int,
    rings: Any,
    starts: Any,
    cols: Any,
    flags: int,
    x: float,
    y: float,
    t: int,
) -> None:
    """Take a sample into the slice of the given number, of the key whose state begins at word `base`."""
    at = slice_for(floats, ints, base, number, rings, starts)
    parts.take(floats, ints, at, cols, flags, x, y, t)


@kernel("void(i8[::1], i8, i8, i8[:, ::1])", counting=False)
def look_ahead(ints: Any, base: int, ends: int, shapes: Any) -> None:
    """Note when the first window of a key closes, and from what time on a sample opens none."""
    soonest, settled = NEVER, -NEVER
    for w in range(len(shapes)):
        end = ints[base + ends + w]
        soonest = min(soonest, end)
        # A window that is open and reaches back as far as its pace holds every sample from here on.
        gapless = shapes[w, 1] > 0 and shapes[w, 0] >= shapes[w, 1]
        settled = max(settled, end - shapes[w, 1] if gapless and end < NEVER else NEVER)
    ints[base + SOONEST] = soonest
    ints[base + SETTLED] = settled


@kernel("b1(i8[::1], i8, i8, i8[:, ::1], i8[::1], i8)", counting=False)
def open_windows(ints: Any, base: int, ends: int, shapes: Any, bounds: Any, t: int) -> bool:
    """Open the windows that a sample at t is the first of; whether any that is not closed holds it."""
    wanted = False
    floor = max(ints[base + PASSED] - 1, t)
    for w in range(len(shapes)):
        width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
        # The first window that ends after the sample and is still open; does it hold it?
        end = (floor // every + 1) * every if every > 0 else bounds[after(bounds, low, high, floor)]
        begin = end - width if width > 0 else bounds[after(bounds, low, high, end - 1) - 1]
        if begin <= t:
            wanted = True
            if end < ints[base + ends + w]:
                ints[base + ends + w] = end
    look_ahead(ints, base, ends, shapes)
    return wanted


@kernel(
    "i8(i8, i4[::1], i4[::1], i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], f8[::1], f8[::1], i8[::1], i8, i8, i8, i8,"
    " i8[::1], i8[::1], i8[::1], f8[::1], i8[::1], i8, i8, i8[:, ::1], i8[::1],"
    " i8[:, ::1], i8[:, ::1], i4[:, ::1], i8[:, ::1], f8[::1], i8[::1], b1[::1], i8[::1])",
    counting=False,
    by_item=True,
)
def windows(
    start: int,
    begins: Any,
    order: Any,
    key: Any,
    row: Any,
    time: Any,
    sampled: Any,
    sample_time: Any,
    value: Any,
    second: Any,
    made: Any,
    running: int,
    ahead: int,
    slice_width: int,
    flags: int,
    cols: Any,
    rings: Any,
    starts: Any,
    floats: Any,
    ints: Any,
    words: int,
    ends: int,
    shapes: Any,
    bounds: Any,
    out_at: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_floats: Any,
    out_ints: Any,
    wanted: Any,
    counts: Any,
) -> int:
    """Walk over runs of instants (`kernels.runs`): close the windows that ended before each, then take its samples.

    Run i is of the instants `order[begins[i]:begins[i + 1]]`; a key's runs are in order. An instant of time -1 is a
    sample only, and a run by itself; its input takes the key to a time at most `ahead` ns before it. `second` is the
    second value of samples that have two, else empty. `made` is, of each run, the row of parts that its slice comes to
    with its samples, where that is known beforehand (else empty).

    `floats` and `ints` are the state, seen in two ways: `words` for each key, of which the windows' next ends begin at
    `ends`. `rings` and `starts`: how many slices and blocks of each level there are, and where; the last of `starts` is
    how many words one has. `shapes` (w, 4) are the windows: width, every, and the range of `bounds` that is theirs. A
    window is `width` long, or (width 0) since the last bound; it ends at multiples of `every`, or (every 0) at the
    bounds. It closes next at its next end, NEVER while it has nothing to say.

    Out, for each of the w: instant, base row, key, end and parts of what was closed; an empty window is given out only
    after one that was not, and before base row `running`. `wanted` (n, or empty): which samples were taken. Returns the
    run to go on from: fewer than there are if an output, of which `counts` (w,) are written, is full.
    """
    row_words = cols[parts.C_WORDS]
    room = out_row.shape[1]
    for run in range(start, len(begins) - 1):
        first, last = begins[run], begins[run + 1]
        i = order[first]
        base = key[i] * words
        # A sample by itself (of a group's member) advances no time, but will: then nothing older is waited for.
        limit = time[i] if time[i] >= 0 else sample_time[i] - ahead
        if ints[base + SOONEST] < limit:
            for w in range(len(shapes)):
                width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
                at_end = base + ends + w
                at_empty = at_end + len(shapes)
                while ints[at_end] < limit:
                    n = counts[w]
                    if n == room:
                        look_ahead(ints, base, ends, shapes)
                        return run
                    end = ints[at_end]
                    at = first
                    if time[i] < 0:
                        while at < len(order) and key[order[at]] == key[i] and time[order[at]] <= end:
                            at += 1
                        if at == len(order) or key[order[at]] != key[i]:
                            break
                    begin = end - width if width > 0 else bounds[after(bounds, low, high, end - 1) - 1]
                    into = (w * room + n) * row_words
                    combine(
                        floats,
                        ints,
                        base,
                        begin // slice_width,
                        (end - 1) // slice_width,
                        rings,
                        starts,
                        cols,
                        flags,
                        out_floats,
                        out_ints,
                        into,
                    )
                    out_at[w, n] = i
                    out_row[w, n] = row[order[at]]
                    out_key[w, n] = key[i]
                    out_time[w, n] = end
                    empty = out_floats[into] == 0.0
                    if not empty or (row[order[at]] < running and ints[at_empty] == 0):
                        counts[w] += 1
                    ints[at_empty] = 1 if empty else 0
                    if empty and ints[base + LATEST] < end:
                        ints[at_end] = NEVER
                    elif every > 0:
                        ints[at_end] = end + every
                    else:
                        ints[at_end] = bounds[after(bounds, low, high, end)]
            look_ahead(ints, base, ends, shapes)
        passed = ints[base + PASSED]
        ints[base + PASSED] = max(passed, time[order[last - 1]])
        while first < last and not sampled[order[first]]:
            first += 1
        if first == last:
            continue
        t = sample_time[order[first]]
        if (t < ints[base + SETTLED] or t < passed) and not open_windows(ints, base, ends, shapes, bounds, t):
            continue
        while not sampled[order[last - 1]]:
            last -= 1
        ints[base + LATEST] = max(ints[base + LATEST], sample_time[order[last - 1]])
        if len(wanted) > 0:
            for j in range(first, last):
                wanted[order[j]] = sampled[order[j]]
        at = slice_for(floats, ints, base, t // slice_width, rings, starts)
        if len(made) > 0:
            for word in range(row_words):
                ints[at + word] = made[run * row_words + word]
            continue
        if not flags & APART:
            parts.take_all(floats, at, cols, flags, order, first, last, sampled, value)
            continue
        for j in range(first, last):
            i = order[j]
            if sampled[i]:
                y = second[i] if len(second) > 0 else 0.0
                parts.take(floats, ints, at, cols, flags, value[i], y, sample_time[i])
    return len(begins) - 1
