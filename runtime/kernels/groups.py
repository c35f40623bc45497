"""Kernels of groups: what their members add up to."""

import math
from typing import Any

from . import parts
from .group_time import INSTANT
from .jit import kernel
from .queues import ROW, TIME, is_full, put, without_least

TOLERANCE = 1e-9
"""By so much a part of a number of values may exceed a whole number and still be taken for it (`stdlib.quantiles`)."""


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8[::1], i8)")
def rejoin(floats: Any, ints: Any, at: int, capacity: int, leaf: int, cols: Any, flags: int) -> None:
    """Join anew what a leaf of the tree at a word is part of, up to its root."""
    words = cols[-1]
    node = (capacity + leaf) // 2
    while node > 0:
        row = at + node * words
        floats[row] = 0.0
        parts.join(floats, ints, row, floats, ints, at + 2 * node * words, cols, flags)
        parts.join(floats, ints, row, floats, ints, at + (2 * node + 1) * words, cols, flags)
        node //= 2


@kernel("void(f8[::1], i8[::1], i8, i8, i8, i8, i8[::1], i8)")
def transplant(
    floats: Any, ints: Any, from_at: int, from_capacity: int, at: int, capacity: int, cols: Any, flags: int
) -> None:
    """Make a tree of more leaves of one of fewer (0: of none)."""
    words = cols[-1]
    for i in range(2 * capacity * words):
        ints[at + i] = 0
    for i in range(from_capacity * words):
        ints[at + capacity * words + i] = ints[from_at + from_capacity * words + i]
    for node in range(capacity - 1, 0, -1):
        row = at + node * words
        parts.join(floats, ints, row, floats, ints, at + 2 * node * words, cols, flags)
        parts.join(floats, ints, row, floats, ints, at + (2 * node + 1) * words, cols, flags)


@kernel("i8(f8[::1], i8, i8, f8, b1)")
def rank(floats: Any, at: int, size: int, x: float, equal: bool) -> int:
    """How many of the ascending values at a word are below x, or `equal` to it."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if floats[at + middle] < x or (equal and floats[at + middle] == x):
            low = middle + 1
        else:
            high = middle
    return low


@kernel("i8(f8[::1], i8, i8, f8)")
def include(floats: Any, at: int, size: int, x: float) -> int:
    """Put a value among the ascending ones at a word; whether none of them was equal to it."""
    place = rank(floats, at, size, x, False)
    fresh = place == size or floats[at + place] != x
    floats[at + place + 1 : at + size + 1] = floats[at + place : at + size].copy()
    floats[at + place] = x
    return 1 if fresh else 0


@kernel("i8(f8[::1], i8, i8, f8)")
def exclude(floats: Any, at: int, size: int, x: float) -> int:
    """Take a value away from the ascending ones at a word; whether none that is left is equal to it."""
    place = rank(floats, at, size, x, False)
    floats[at + place : at + size - 1] = floats[at + place + 1 : at + size].copy()
    return 0 if place < size - 1 and floats[at + place] == x else 1


@kernel("i8(f8[::1], i8, i8, f8, f8)")
def exchange(floats: Any, at: int, size: int, old: float, new: float) -> int:
    """Put a value in the place of another among the ascending ones at a word: only what lies between the two moves.
    Gives how many more differ then."""
    fresh = rank(floats, at, size, new, True) == rank(floats, at, size, new, False)
    if new > old:
        gap, place = rank(floats, at, size, old, True) - 1, rank(floats, at, size, new, False) - 1
        if place > gap:
            floats[at + gap : at + place] = floats[at + gap + 1 : at + place + 1].copy()
        floats[at + place] = new
    elif new < old:
        gap, place = rank(floats, at, size, old, False), rank(floats, at, size, new, True)
        if gap > place:
            floats[at + place + 1 : at + gap + 1] = floats[at + place : at + gap].copy()
        floats[at + place] = new
    gone = rank(floats, at, size, old, True) == rank(floats, at, size, old, False)
    return (1 if fresh else 0) - (1 if gone else 0)


@kernel(
    "i8(i8, i1[::1], i4[::1], i4[::1], i8[::1], f8[::1], f8[::1], b1[::1], i8[::1], i8[::1], i8[:, ::1],"
    " i4[::1], f8[::1], b1[::1], i8[::1], i8[:, ::1], f8[::1], i8[::1], i8[::1], i8, f8, b1, i8[::1], f8[::1],"
    " i8[::1], f8[::1], i8[::1], i8[::1])"
)
def members(
    start: int,
    kind: Any,
    group: Any,
    member: Any,
    time: Any,
    new_value: Any,
    new_second: Any,
    new_known: Any,
    pending: Any,
    updates: Any,
    pool: Any,
    update_member: Any,
    value: Any,
    known: Any,
    place: Any,
    blocks: Any,
    floats: Any,
    ints: Any,
    cols: Any,
    flags: int,
    part: float,
    listing: bool,
    out_op: Any,
    out_floats: Any,
    out_ints: Any,
    out_codes: Any,
    out_counts: Any,
    counts: Any,
) -> int:
    """Walk over n operations: member updates (INSTANT), kept until an instant of their group (ADVANCE) not before them.

    `new_value`, `new_second` and `new_known` belong to the updates, which `updates` number. State by membership (a
    member in a group: one that moves is in both until either's time has come): `value`, `known`, `place` (its leaf in
    the group's tree). State by group: how many updates are `pending`, and the queue of them; `blocks`, where in
    `floats` and `ints` its members are: the first word; how many there is room for; of values how many there are, and
    how many differ.

    With `flags` the block is a tree of rows of parts (`kernels.parts`), the members' at its leaves; an update joins
    anew what it is part of. Without, it holds the values, ascending. Out, for each instant of a group that brings it an
    update: its operation, and a row; of values [how many, the one of this `part` of them, how many differ], and with
    `listing` the different ones (`out_codes`) with their counts. `counts` is [rows, codes] given out. Returns the
    operation to go on from: fewer than n if the pool or an output is full.
    """
    n = counts[0]
    words = cols[-1] if flags else 3
    for i in range(start, len(kind)):
        g = group[i]
        if kind[i] == INSTANT:
            if is_full(pool):
                counts[0] = n
                return i
            updates[g] = put(pool, updates[g], time[i], member[i])
            pending[g] += 1
            continue
        if listing and counts[1] + blocks[g, 3] + pending[g] > len(out_codes):
            counts[0] = n
            return i
        touched = False
        at, capacity = blocks[g, 0], blocks[g, 1]
        while updates[g] > 0 and pool[updates[g], TIME] <= time[i]:
            touched = True
            u = pool[updates[g], ROW]
            updates[g] = without_least(pool, updates[g])
            pending[g] -= 1
            m = update_member[u]
            if flags:
                leaf = at + (capacity + place[m]) * words
                floats[leaf] = 0.0
                if new_known[u]:
                    parts.take(floats, ints, leaf, cols, flags, new_value[u], new_second[u], 0)
                rejoin(floats, ints, at, capacity, place[m], cols, flags)
                continue
            if known[m] and new_known[u]:
                blocks[g, 3] += exchange(floats, at, blocks[g, 2], value[m], new_value[u])
            elif known[m]:
                blocks[g, 3] -= exclude(floats, at, blocks[g, 2], value[m])
                blocks[g, 2] -= 1
            elif new_known[u]:
                blocks[g, 3] += include(floats, at, blocks[g, 2], new_value[u])
                blocks[g, 2] += 1
            value[m] = new_value[u]
            known[m] = new_known[u]
        if not touched:
            continue
        out_op[n] = i
        if flags:
            for j in range(words if floats[at + words] != 0.0 else 0):
                out_ints[n * words + j] = ints[at + words + j]
        else:
            size = blocks[g, 2]
            out_floats[n * words] = size
            if size > 0:
                chosen = max(math.ceil(part * size - TOLERANCE), 1) - 1
                out_floats[n * words + 1] = floats[at + min(chosen, size - 1)]
            out_floats[n * words + 2] = blocks[g, 3]
            j = 0
            while listing and j < size:
                # From a value to the next that differs, by steps that double.
                step, last = 1, j
                while last + step < size and floats[at + last + step] == floats[at + j]:
                    last += step
                    step *= 2
                while step > 0:
                    if last + step < size and floats[at + last + step] == floats[at + j]:
                        last += step
                    step //= 2
                out_codes[counts[1]] = floats[at + j]
                out_counts[counts[1]] = last + 1 - j
                counts[1] += 1
                j = last + 1
        n += 1
    counts[0] = n
    return len(kind)
