"""Kernels of truth over time: changes, edges, `C for D`, `no x for D`.

They walk over *instants* in order: base rows, at which a key's time advances, and moments between them. `row` is the
base row that brings an instant about, `timer` whether it comes before that row's own event. Truth is 0 false, 1 true, 2
unknown, and 3 where an instant says nothing (time passes, no more). From base row `running` on no timer fires.
"""

from typing import Any

from .jit import NEVER, kernel

FALSE, TRUE, UNKNOWN, SILENT = 0, 1, 2, 3
LASTING = 4
PASSES, LOOKS, HAPPENS = 0, 1, 2


@kernel("i8(i4[::1], i1[::1], i1[::1], i8[::1])", by_item=True)
def changes(key: Any, truth: Any, last: Any, out: Any) -> int:
    """The instants at which truth is not what it was for its key. `last` (keys,) is state, SILENT at first."""
    n = 0
    for i in range(len(key)):
        t = truth[i]
        if t != last[key[i]] and t != SILENT:
            last[key[i]] = t
            out[n] = i
            n += 1
    return n


@kernel("i8(i4[::1], f8[::1], f8[::1], i8[::1])", by_item=True)
def changed_numbers(key: Any, value: Any, last: Any, out: Any) -> int:
    """The instants at which a number (NaN: absent) is not what it was for its key. State: `last` (keys,)."""
    n = 0
    for i in range(len(key)):
        x = value[i]
        y = last[key[i]]
        if x != y and (x == x or y == y):
            last[key[i]] = x
            out[n] = i
            n += 1
    return n


@kernel("i8(i4[::1], i1[::1], i1[::1], i8[::1])", by_item=True)
def edges(key: Any, truth: Any, last: Any, out: Any) -> int:
    """The instants at which a key's truth becomes true after it was last definitely false.

    State: `last` (keys,), the last definite truth, UNKNOWN at first.
    """
    n = 0
    for i in range(len(key)):
        t = truth[i]
        was = last[key[i]]
        if t == was or t >= UNKNOWN:
            continue
        last[key[i]] = t
        if t == TRUE and was == FALSE:
            out[n] = i
            n += 1
    return n


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i1[::1], i8, i8, i8[::1], i1[::1], i8[::1], i4[::1],"
    " i8[::1], b1[::1], i1[::1], i8[::1])",
    by_item=True,
)
def holds(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    truth: Any,
    duration: int,
    running: int,
    due: Any,
    given: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out_truth: Any,
    counts: Any,
) -> int:
    """Changes of `C for D`.

    State (keys,): `given`, the truth given last (SILENT: none; LASTING: false, and C is true); `due`, when C will have
    held for D, or NEVER. Returns the instant to go on from: fewer than n if the output, of which `counts[0]` are
    written, is full.
    """
    n = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        t = truth[i]
        was = given[k]
        # Mostly nothing changes, and nothing is due.
        if t == was:
            continue
        fires = was == LASTING and due[k] < time[i]
        if not fires and (t == SILENT or (was == LASTING and t == TRUE)):
            continue
        if n + 2 > len(out_row):
            counts[0] = n
            return i
        if fires and row[i] < running:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = due[k]
            out_timer[n] = True
            out_truth[n] = TRUE
            n += 1
            given[k] = was = TRUE
            due[k] = NEVER
        if t == SILENT:
            continue
        if t == was or (was == LASTING and t == TRUE):
            continue
        due[k] = NEVER
        given[k] = t
        if t == TRUE:
            due[k] = time[i] + duration
            given[k] = LASTING
            t = FALSE
        if t == was or (was == LASTING and t == FALSE):
            continue
        out_row[n] = row[i]
        out_key[n] = k
        out_time[n] = time[i]
        out_timer[n] = timer[i]
        out_truth[n] = t
        n += 1
    counts[0] = n
    return len(key)


@kernel("i8(i8, i8, i8[::1], i8[::1])")
def passes(due: int, row: int, time: Any, before: Any) -> int:
    """The first row, of those of one key up to `row`, whose time has passed a due one; `row`'s time has.

    `time` (n,) is that of rows, `before` (n,) the row of the same key before each, or -1.
    """
    while before[row] >= 0 and time[before[row]] > due:
        row = before[row]
    return row


@kernel(
    "i8(i4[::1], i8[::1], i1[::1], i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1], i8[::1], i8, i8, i8[::1],"
    " i8[::1], i1[::1], i8[::1], b1[::1], i4[::1], i8[::1], i4[::1], i8[::1], b1[::1], i1[::1], i1[::1], i8[::1])",
    by_item=True,
)
def holds_changes(
    lane: Any,
    at: Any,
    truth: Any,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    row_time: Any,
    before: Any,
    last: Any,
    running: int,
    stride: int,
    duration: Any,
    due: Any,
    given: Any,
    waiting: Any,
    listed: Any,
    out_lane: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out_truth: Any,
    out_was: Any,
    counts: Any,
) -> int:
    """As `holds`, of many conditions, each a lane with a `duration`, that are known by their changes.

    `truth` is that of a lane `at` one of the instants `key`, `row`, `time`, `timer`; of one key they are in order.
    State (lanes * stride,): `due`, `given`. `waiting`: where it lasts, of which there are `counts[0]`; `listed` says
    which these are. `row_time`, `before` (n,): each row's time, and the row of its key before it; `last` (keys,): the
    last row of each key, -1 none. Returns how many changes came out, of one lane and key in order, and what `was` true
    before each; in `counts[1]`, how many wait still.
    """
    n = 0
    changes = len(lane)
    i = 0
    here = 0
    while i < changes + counts[0]:
        if i < changes:
            here = at[i]
            of = lane[i]
            k = key[here]
            slot = of * stride + k
            end = row[here]
            now = time[here]
        else:
            slot = waiting[i - changes]
            of = slot // stride
            k = slot % stride
            end = last[k]
            now = row_time[end] if end >= 0 else due[slot]
        was = given[slot]
        if was == LASTING and due[slot] < now:
            # What is due has fired before this change, or at one of the rows that are left.
            fires = passes(due[slot], end, row_time, before)
            if fires < running:
                out_lane[n] = of
                out_row[n] = fires
                out_key[n] = k
                out_time[n] = due[slot]
                out_timer[n] = True
                out_truth[n] = TRUE
                out_was[n] = FALSE
                n += 1
                given[slot] = was = TRUE
                due[slot] = NEVER
        if i >= changes:
            if was == LASTING:
                waiting[counts[1]] = slot
                counts[1] += 1
            else:
                listed[slot] = False
            i += 1
            continue
        t = truth[i]
        i += 1
        if t == was or (was == LASTING and t == TRUE):
            continue
        given[slot] = t
        if was == LASTING:
            due[slot] = NEVER
            was = FALSE
        if t == TRUE:
            due[slot] = now + duration[of]
            given[slot] = LASTING
            t = FALSE
            if not listed[slot]:
                listed[slot] = True
                waiting[counts[0]] = slot
                counts[0] += 1
        if t == was:
            continue
        out_lane[n] = of
        out_row[n] = end
        out_key[n] = k
        out_time[n] = now
        out_timer[n] = timer[here]
        out_truth[n] = t
        out_was[n] = was
        n += 1
    return n


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i1[::1], i8, i8, i8[::1], i1[::1], i8[::1], i4[::1],"
    " i8[::1], b1[::1], i1[::1], i8[::1])",
    by_item=True,
)
def quiet(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    happened: Any,
    duration: int,
    running: int,
    due: Any,
    given: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out_truth: Any,
    counts: Any,
) -> int:
    """Changes of `no x for D`, as `holds`; D counts from x's last happening or from registration.

    `happened` is PASSES, LOOKS (an instant, the first of which registers the key) or HAPPENS."""
    n = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        if n + 2 > len(out_row):
            counts[0] = n
            return i
        if row[i] < running and due[k] < time[i]:
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = due[k]
            out_timer[n] = True
            out_truth[n] = TRUE
            n += 1
            given[k] = TRUE
            due[k] = NEVER
        if happened[i] == HAPPENS or (happened[i] == LOOKS and given[k] == SILENT):
            due[k] = time[i] + duration
            if given[k] != FALSE:
                out_row[n] = row[i]
                out_key[n] = k
                out_time[n] = time[i]
                out_timer[n] = timer[i]
                out_truth[n] = FALSE
                n += 1
                given[k] = FALSE
    counts[0] = n
    return len(key)


@kernel(
    "i8(i8, i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], i1[::1], i8[::1], i8[::1], i4[::1], i8[::1],"
    " b1[::1], i1[::1], i8[::1])",
    by_item=True,
)
def schedule(
    start: int,
    key: Any,
    row: Any,
    time: Any,
    event: Any,
    bounds: Any,
    given: Any,
    following: Any,
    out_row: Any,
    out_key: Any,
    out_time: Any,
    out_timer: Any,
    out_truth: Any,
    counts: Any,
) -> int:
    """Changes of a schedule. `bounds` are the times at which it changes, ascending, the even ones to true.

    A message at exactly such a time already sees the change. State (keys,): `given`, SILENT at first; `following`, the
    index of the next bound.
    """
    n = counts[0]
    for i in range(start, len(key)):
        k = key[i]
        at = following[k]
        if given[k] == SILENT and not event[i]:
            continue
        if given[k] == SILENT:
            while at < len(bounds) and (bounds[at] < time[i] or (event[i] and bounds[at] == time[i])):
                at += 1
        while given[k] == SILENT or (
            at < len(bounds) and (bounds[at] < time[i] or (event[i] and bounds[at] == time[i]))
        ):
            if n == len(out_row):
                counts[0] = n
                following[k] = at
                return i
            first = given[k] == SILENT
            if not first:
                at += 1
            out_row[n] = row[i]
            out_key[n] = k
            out_time[n] = time[i] if first else bounds[at - 1]
            out_timer[n] = not first and bounds[at - 1] < time[i]
            given[k] = at % 2
            out_truth[n] = given[k]
            n += 1
        following[k] = at
    counts[0] = n
    return len(key)
