"""The kernel of windows: samples into slices of time, slices into windows, at their ends.

The state of a key is a row of 8-byte words, its *head*, and another one, its slices:

    passed, soonest, settled, open | next_end of each window | was_empty of each window
    slices | blocks | blocked

A slice is the number of its span of time and a row of parts (`kernels.parts`), empty while there was none; slices are a
ring. What most samples need lies together elsewhere, in a line of the processor's cache for each key: the row of the
slice that is *open*, and until when samples may be taken into it without a further look:

    until, newest | row of parts

It is put back among the slices before any of these is looked at. Of a key that has had one slice only, that one is
*alone*: its windows are made of it where it is, and memory for others is not touched. So it is with very many devices
that say little.

Where windows are many slices long, `BRANCHES` slices are joined in a block, as many blocks in a greater one, and so on,
so that a window's end costs a few joins whatever its length (a tree of partial aggregates: K. Tangwongsan, M. Hirzel,
S. Schneider, K.-L. Wu 2015). Blocks are made when a window first needs them.
"""

from typing import Any

from . import parts
from .jit import NEVER, kernel, part
from .words import fetch, unsigned

PASSED, SOONEST, SETTLED, OPEN, HEADER = range(5)
"""The first words of a key's head: its time; the least of its windows' next ends; from what time on a sample moves none
of these; which slice is open (NEVER: none; less than 0: it is alone, see `NOTHING`). The last word of its slices: the
greatest that is in a block."""
NOTHING = ~NEVER
"""Instead of the slice that is open: none is, and there is no other. Of one that is alone it is the number's `~`."""
UNTIL, LATEST, ROW = range(3)
"""The words of an open slice: the time before which a window ends or it does (-1: none is open); the key's newest
sample's; its row of parts."""
BRANCHES = 8
AHEAD, FETCHED = 12, 128
"""So many steps ahead, so many words of what a key's windows are made of are fetched."""


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


@part
def begin_of(end: int, width: int, bounds: Any, low: int, high: int) -> int:
    """When the window begins that ends at a time: it is `width` long, or (width 0) since the last bound."""
    return int(end - width if width > 0 else bounds[after(bounds, low, high, end - 1) - 1])


@part
def end_after(t: int, every: int, bounds: Any, low: int, high: int) -> int:
    """When the first window ends that ends after a time: at a multiple of `every`, or (every 0) at a bound."""
    return int((t // every + 1) * every if every > 0 else bounds[after(bounds, low, high, t)])


@part
def closed(
    ints: Any, at_end: int, at_empty: int, every: int, bounds: Any, low: int, high: int, empty: bool, silent: bool,
    running: bool,
) -> bool:  # fmt: skip
    """Note that a window has closed, and when it closes next; whether it is given out.

    `at_end` and `at_empty`: the words of its next end and of whether it was empty. It is given out if it is not empty,
    or the first that is, before the end of input; if it is and its key is `silent`, it does not close again.
    """
    given = not empty or (running and ints[at_empty] == 0)
    ints[at_empty] = 1 if empty else 0
    end = ints[at_end]
    if empty and silent:
        ints[at_end] = NEVER
    elif every > 0:
        ints[at_end] = end + every
    else:
        ints[at_end] = bounds[after(bounds, low, high, end)]
    return bool(given)


@part
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
    blocked = base + starts[len(rings)]
    ints[blocked] = max(ints[blocked], (number + 1) * blocks * BRANCHES - 1)
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
    if len(rings) > 1 and number <= ints[base + starts[len(rings)]]:
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


@part
def look_ahead(heads: Any, head: int, shapes: Any) -> None:
    """Note when the first window of a key closes, and from what time on a sample opens none."""
    soonest, settled = NEVER, -NEVER
    for w in range(len(shapes)):
        end = heads[head + HEADER + w]
        soonest = min(soonest, end)
        # A window that is open and reaches back as far as its pace holds every sample from here on.
        gapless = shapes[w, 1] > 0 and shapes[w, 0] >= shapes[w, 1]
        settled = max(settled, end - shapes[w, 1] if gapless and end < NEVER else NEVER)
    heads[head + SOONEST] = soonest
    heads[head + SETTLED] = settled


@kernel("b1(i8[::1], i8, i8[:, ::1], i8[::1], i8)", counting=False)
def open_windows(heads: Any, head: int, shapes: Any, bounds: Any, t: int) -> bool:
    """Open the windows that a sample at t is the first of; whether any that is not closed holds it."""
    wanted = False
    floor = max(heads[head + PASSED] - 1, t)
    for w in range(len(shapes)):
        width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
        # The first window that ends after the sample and is still open; does it hold it?
        end = end_after(floor, every, bounds, low, high)
        if begin_of(end, width, bounds, low, high) <= t:
            wanted = True
            if end < heads[head + HEADER + w]:
                heads[head + HEADER + w] = end
    look_ahead(heads, head, shapes)
    return wanted


@part
def put_back(
    opened: Any, heads: Any, ints: Any, line: int, head: int, base: int, rings: Any, starts: Any, cols: Any
) -> None:
    """Put the open slice of a key among its others, if one is open.

    Its open slice begins at word `line` of `opened`, its head at word `head`, its slices at word `base` of `ints`.
    """
    number = heads[head + OPEN]
    if number in (NEVER, NOTHING):
        return
    if number < 0:
        number = ~number
    at = base + place(0, number, rings, starts)
    for word in range(cols[parts.C_WORDS]):
        ints[at + 1 + word] = opened[line + ROW + word]
    ints[at] = number
    heads[head + PASSED] = max(heads[head + PASSED], opened[line + LATEST])
    heads[head + OPEN] = NEVER
    opened[line + UNTIL] = -1


@kernel("void(i8, i8[::1], i8, i8[::1], i8, i8[::1], i8, i8[::1], i8[::1], i8[::1])", counting=False, by_item=True)
def put_all_back(
    keys: int, opened: Any, open_words: int, heads: Any, head_words: int, ints: Any, words: int, rings: Any,
    starts: Any, cols: Any,
) -> None:  # fmt: skip
    """Put the open slices of all keys among their others."""
    for k in range(keys):
        put_back(opened, heads, ints, k * open_words, k * head_words, k * words, rings, starts, cols)


@part
def open_slice(
    floats: Any, ints: Any, open_floats: Any, opened: Any, line: int, base: int, number: int, is_new: bool, rings: Any,
    starts: Any, cols: Any,
) -> None:  # fmt: skip
    """Open a slice: take it from among the others, where it is not if it is new."""
    open_floats[line + ROW] = 0.0
    if not is_new:
        at = slice_for(floats, ints, base, number, rings, starts)
        for word in range(cols[parts.C_WORDS]):
            opened[line + ROW + word] = ints[at + word]


@part
def window_of(
    floats: Any, ints: Any, opened: Any, line: int, base: int, only: int, first: int, last: int, rings: Any,
    starts: Any, cols: Any, flags: int, asked: int, into_floats: Any, into_ints: Any,
) -> None:  # fmt: skip
    """What a window of the slices first..last comes to, in a row.

    `only`: less than 0 if none lies among the others (`OPEN`). `asked`: the flags of the parts that are asked for, of
    which alone the rest is made where that takes less.
    """
    if only < 0:
        if first <= ~only and ~only <= last:
            for word in range(cols[parts.C_WORDS]):
                into_ints[word] = opened[line + ROW + word]
        else:
            for word in range(cols[parts.C_WORDS]):
                into_ints[word] = 0
    elif not flags & parts.APART and len(rings) == 1:
        begin = base + starts[0]
        parts.join_all(floats, ints, begin, rings[0], starts[-1], first, last, cols, asked, into_floats, 0)
    else:
        combine(floats, ints, base, first, last, rings, starts, cols, flags, into_floats, into_ints, 0)


@part
def give(
    n: int, w: int, i: int, row: int, k: int, end: int, whole: Any, asked: Any, out_at: Any, out_row: Any, out_key: Any,
    out_time: Any, out_parts: Any,
) -> None:  # fmt: skip
    """Write down a window that has closed: the n-th of the w-th shape."""
    if out_at.shape[1] > 0:
        out_at[w, n] = i
    out_row[w, n] = row
    out_key[w, n] = k
    out_time[w, n] = end
    column = 0
    while column < asked.shape[1] and asked[w, column] >= 0:
        out_parts[w, column, n] = whole[asked[w, column]]
        column += 1


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1], f8[::1], f8[::1], i8[::1], i8[::1], b1,"
    " i8, i8, i8, i8, i8[::1], i8[::1], i8[::1], i8[::1], i8, f8[::1], i8[::1], i8, f8[::1], i8[::1], i8, i8[:, ::1],"
    " i8[::1], i8[:, ::1], f8[::1], i8[::1], i8[:, ::1], i8[:, ::1], i4[:, ::1], i8[:, ::1], i8[:, :, ::1], b1[::1],"
    " i8[::1])",
    counting=False,
    by_item=True,
)
def windows(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    last_time: Any,
    sampled: Any,
    sample_time: Any,
    last_sample: Any,
    value: Any,
    second: Any,
    made: Any,
    following: Any,
    opens: bool,
    running: int,
    ahead: int,
    slice_width: int,
    flags: int,
    cols: Any,
    rings: Any,
    starts: Any,
    heads: Any,
    head_words: int,
    floats: Any,
    ints: Any,
    words: int,
    open_floats: Any,
    opened: Any,
    open_words: int,
    shapes: Any,
    bounds: Any,
    asked: Any,
    whole_floats: Any,
    whole: Any,
    out_at: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_parts: Any,
    wanted: Any,
    counts: Any,
) -> int:
    """Walk over steps in order: at each close the windows that ended before it, then take its samples.

    A step is an instant, or a run of instants of one key and in one slice between two of which no window ends, of which
    `time` and `sample_time` are the first and `last_time` and `last_sample` the last. Where it is runs, `made` is the
    row of parts that the slice of each comes to with its samples (else it is empty). A step of time -1 is a sample
    only; its input takes the key to a time at most `ahead` ns before it, and `following` is the next step of the same
    key, -1 none (empty where there are no such steps). `second` is the second value of samples that have two, else
    empty. With `opens` each step is one instant, whose time is its sample's: then slices are opened.

    `heads`, and `floats` and `ints`, which are the slices seen in two ways, are the state, so many words for each key;
    `open_floats` and `opened` that of open slices. `rings` and `starts`: how many slices and blocks of each level there
    are, and where; the last of `starts` is how many words one has. `shapes` (w, 5) are the windows: width, every, the
    range of `bounds` that is theirs, and the flags of the parts that are asked of them; `asked` (w, words): which words
    of a row, -1 after the last. A window is `width` long, or (width 0) since the last bound; it ends at multiples of
    `every`, or (every 0) at the bounds. It closes next at its next end, NEVER while it has nothing to say. Scratch:
    `whole` and `whole_floats`, the row of a window.

    Out, for each of the w, in order: step (if there is room for any), base row, key, end and parts, by column, of what
    was closed; an empty window is given out only after one that was not, and before base row `running`. `wanted` (n, or
    empty): the steps whose samples were taken. `counts` (w,) are written. Returns the step to go on from: fewer than
    there are if an output is full.
    """
    row_words = cols[parts.C_WORDS]
    many, room = len(shapes), out_row.shape[1]
    total, squares, shift = cols[parts.C_SUM], cols[parts.C_SQUARES], cols[parts.C_SHIFT]
    least, greatest, true = cols[parts.C_MIN], cols[parts.C_MAX], cols[parts.C_TRUE]
    alike = not flags & parts.APART
    # What windows are made of is fetched when they are about to close, which is asked of lines fetched before; of a key
    # without an open slice only its head, as its first sample needs no others.
    near = len(key) - AHEAD if opens else 0
    for i in range(start, len(key)):
        at_step = unsigned(i)
        k = key[at_step]
        line = k * open_words
        t = time[at_step]
        if i < near:
            if i < near - AHEAD:
                fetch(opened, key[unsigned(i + 2 * AHEAD)] * open_words, 1)
            soon = key[unsigned(i + AHEAD)]
            until = opened[unsigned(soon * open_words)]
            if time[unsigned(i + AHEAD)] >= until:
                fetch(heads, soon * head_words, head_words)
                if until >= 0:
                    fetch(ints, soon * words, min(words, FETCHED))
        if opens and t < opened[unsigned(line)] and sampled[at_step]:
            opened[unsigned(line + LATEST)] = t
            if alike:
                parts.take_more(open_floats, line + ROW, total, squares, shift, least, greatest, true, value[at_step])
            else:
                y = second[i] if len(second) > 0 else 0.0
                parts.take(open_floats, opened, line + ROW, cols, flags, value[i], y, t)
            if len(wanted) > 0:
                wanted[i] = True
            continue
        head, base = k * head_words, k * words
        # A sample by itself (of a group's member) advances no time, but will: then nothing older is waited for.
        limit = t if t >= 0 else sample_time[i] - ahead
        if heads[head + SOONEST] < limit:
            only = heads[head + OPEN]
            if only >= 0:
                put_back(opened, heads, ints, line, head, base, rings, starts, cols)
            for w in range(many):
                width, every, low, high = shapes[w, 0], shapes[w, 1], shapes[w, 2], shapes[w, 3]
                at_end = head + HEADER + w
                while heads[at_end] < limit:
                    n = counts[w]
                    if n == room:
                        look_ahead(heads, head, shapes)
                        return i
                    end = heads[at_end]
                    at = i
                    if t < 0:
                        while at >= 0 and time[at] <= end:
                            at = following[at]
                        if at < 0:
                            break
                    begin = begin_of(end, width, bounds, low, high)
                    window_of(
                        floats, ints, opened, line, base, only, begin // slice_width, (end - 1) // slice_width, rings,
                        starts, cols, flags, shapes[w, 4], whole_floats, whole,
                    )  # fmt: skip
                    empty = whole_floats[0] == 0.0
                    silent, before_end = opened[line + LATEST] < end, row[at] < running
                    if closed(heads, at_end, at_end + many, every, bounds, low, high, empty, silent, before_end):
                        counts[w] += 1
                        give(n, w, i, row[at], k, end, whole, asked, out_at, out_row, out_key, out_time, out_parts)
            look_ahead(heads, head, shapes)
        if not sampled[i]:
            heads[head + PASSED] = max(heads[head + PASSED], last_time[i])
            continue
        is_first = heads[head + OPEN] == NOTHING
        put_back(opened, heads, ints, line, head, base, rings, starts, cols)
        passed = heads[head + PASSED]
        heads[head + PASSED] = max(passed, last_time[i])
        t = sample_time[i]
        if (t < heads[head + SETTLED] or t < passed) and not open_windows(heads, head, shapes, bounds, t):
            continue
        latest = opened[line + LATEST]
        opened[line + LATEST] = max(latest, last_sample[i])
        if len(wanted) > 0:
            wanted[i] = True
        number = t // slice_width
        y = second[i] if len(second) > 0 else 0.0
        if opens:
            is_new = number * slice_width > latest
            open_slice(floats, ints, open_floats, opened, line, base, number, is_new, rings, starts, cols)
            heads[head + OPEN] = ~number if is_first else number
            opened[line + UNTIL] = min((number + 1) * slice_width - 1, heads[head + SOONEST]) + 1
            parts.take(open_floats, opened, line + ROW, cols, flags, value[i], y, t)
            continue
        heads[head + OPEN] = NEVER
        at = slice_for(floats, ints, base, number, rings, starts)
        if len(made) == 0:
            parts.take(floats, ints, at, cols, flags, value[i], y, t)
            continue
        for word in range(row_words):
            ints[at + word] = made[i * row_words + word]
    return len(key)
