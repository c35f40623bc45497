"""The kernels of parts: rows of numbers that stand for many samples; samples are taken in, rows are joined.

A row begins at word `at` of a buffer of 8-byte words, which is given twice: as floats and as ints. `cols` says where in
a row each number is (`stdlib.parts.layout`), `flags` which parts are kept. A row whose count is 0 is empty: nothing
else of it is read.
"""

from typing import Any

from .jit import part
from .words import unsigned

COUNT, TRUE, SUM, SQUARES, MIN, MAX, FIRST, LAST, TIME, SECOND = 1, 2, 4, 8, 16, 32, 64, 128, 256, 512
"""Flags: the places of `stdlib.parts.PARTS`."""
OTHER = TIME | SECOND
SHIFTED = SQUARES | OTHER
APART = FIRST | LAST | OTHER
"""Parts that are about more than a sample's value."""
(
    C_COUNT, C_TRUE, C_SUM, C_SQUARES, C_MIN, C_MAX, C_FIRST, C_LAST, C_SHIFT, C_FIRST_TIME, C_LAST_TIME, C_OTHER_SUM,
    C_OTHER_SQUARES, C_PRODUCTS, C_OTHER_SHIFT, C_WORDS,
) = range(16)  # fmt: skip
"""The places of `stdlib.parts.COLUMNS` in `cols`, and of how many words a row has."""
S_PER_NS = 1e9


@part
def take(floats: Any, ints: Any, at: int, cols: Any, flags: int, x: float, y: float, t: int) -> None:
    """Take a sample into the row: its value x, its second value y (with `second`), its time t."""
    fresh = floats[at] == 0.0
    floats[at] += 1.0
    if flags & TRUE:
        a = at + cols[C_TRUE]
        if fresh:
            floats[a] = 0.0
        if x != 0.0:
            floats[a] += 1.0
    if flags & (SUM | SHIFTED):
        d = x
        if flags & SHIFTED:
            if fresh:
                floats[at + cols[C_SHIFT]] = x
            d = x - floats[at + cols[C_SHIFT]]
        a = at + cols[C_SUM]
        floats[a] = d if fresh else floats[a] + d
        if flags & SQUARES:
            a = at + cols[C_SQUARES]
            floats[a] = d * d if fresh else floats[a] + d * d
        if flags & OTHER:
            e = 0.0
            a = at + cols[C_OTHER_SHIFT]
            if flags & TIME:
                if fresh:
                    ints[a] = t
                e = (t - ints[a]) / S_PER_NS
            else:
                if fresh:
                    floats[a] = y
                e = y - floats[a]
            a = at + cols[C_OTHER_SUM]
            floats[a] = e if fresh else floats[a] + e
            a = at + cols[C_OTHER_SQUARES]
            floats[a] = e * e if fresh else floats[a] + e * e
            a = at + cols[C_PRODUCTS]
            floats[a] = d * e if fresh else floats[a] + d * e
    if flags & MIN:
        # Either way it is written: which way it will be nobody, and no processor, can guess.
        a = at + cols[C_MIN]
        least = floats[a]
        floats[a] = x if fresh or x < least else least
    if flags & MAX:
        a = at + cols[C_MAX]
        greatest = floats[a]
        floats[a] = x if fresh or x > greatest else greatest
    if flags & FIRST:
        a = at + cols[C_FIRST_TIME]
        if fresh or t < ints[a]:
            ints[a] = t
            floats[at + cols[C_FIRST]] = x
    if flags & LAST:
        a = at + cols[C_LAST_TIME]
        if fresh or t >= ints[a]:
            ints[a] = t
            floats[at + cols[C_LAST]] = x


@part
def take_more(
    floats: Any, at: int, total: int, squares: int, shift: int, least: int, greatest: int, true: int, x: float
) -> None:
    """Take a further sample into a row that is not empty and has no parts that are `APART`.

    The others are where in the row each number is, -1 if it is not kept.
    """
    floats[unsigned(at)] += 1.0
    d = x
    if squares >= 0:
        d = x - floats[unsigned(at + shift)]
        floats[unsigned(at + squares)] += d * d
    if total >= 0:
        floats[unsigned(at + total)] += d
    # Either way they are written: which way it will be no processor can guess.
    if least >= 0:
        was = floats[unsigned(at + least)]
        floats[unsigned(at + least)] = x if x < was else was
    if greatest >= 0:
        was = floats[unsigned(at + greatest)]
        floats[unsigned(at + greatest)] = x if x > was else was
    if true >= 0 and x != 0.0:
        floats[unsigned(at + true)] += 1.0


@part
def join_all(
    floats: Any, ints: Any, begin: int, ring: int, size: int, first: int, last: int, cols: Any, flags: int,
    into_floats: Any, into: int,
) -> None:  # fmt: skip
    """Join the slices first..last of a ring that begins at word `begin` in one row, as `join` does one after another.

    Only for parts that are not `APART`: what they come to stays in registers meanwhile. `flags` may be fewer than what
    slices have: the others are not looked at.
    """
    c_total, c_squares, c_shift = cols[C_SUM], cols[C_SQUARES], cols[C_SHIFT]
    c_least, c_greatest, c_true = cols[C_MIN], cols[C_MAX], cols[C_TRUE]
    shifted = flags & (SUM | SQUARES) and c_shift >= 0
    count, total, squares, shift, least, greatest, true = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    at, end = begin + first % ring * size, begin + ring * size
    for number in range(first, last + 1):
        if ints[unsigned(at)] == number and floats[unsigned(at + 1)] != 0.0:
            n = floats[unsigned(at + 1)]
            fresh = count == 0.0
            if flags & TRUE:
                true += floats[unsigned(at + 1 + c_true)]
            if shifted:
                of = floats[unsigned(at + 1 + c_total)]
                if fresh:
                    shift = floats[unsigned(at + 1 + c_shift)]
                    total = of
                    if flags & SQUARES:
                        squares = floats[unsigned(at + 1 + c_squares)]
                else:
                    d = floats[unsigned(at + 1 + c_shift)] - shift
                    total += of + n * d
                    if flags & SQUARES:
                        squares += floats[unsigned(at + 1 + c_squares)] + 2.0 * d * of + n * d * d
            elif flags & SUM:
                of = floats[unsigned(at + 1 + c_total)]
                total = of if fresh else total + of
            if flags & MIN:
                x = floats[unsigned(at + 1 + c_least)]
                least = x if fresh or x < least else least
            if flags & MAX:
                x = floats[unsigned(at + 1 + c_greatest)]
                greatest = x if fresh or x > greatest else greatest
            count += n
        at += size
        if at == end:
            at = begin
    into_floats[into] = count
    if flags & TRUE:
        into_floats[into + c_true] = true
    if flags & (SUM | SQUARES):
        into_floats[into + c_total] = total
    if shifted:
        into_floats[into + c_shift] = shift
    if flags & SQUARES:
        into_floats[into + c_squares] = squares
    if flags & MIN:
        into_floats[into + c_least] = least
    if flags & MAX:
        into_floats[into + c_greatest] = greatest


@part
def join(
    floats: Any, ints: Any, at: int, from_floats: Any, from_ints: Any, from_at: int, cols: Any, flags: int
) -> None:
    """Join to the row another, of the same parts, whose samples of equal times were admitted later."""
    n = from_floats[from_at]
    if n == 0.0:
        return
    if floats[at] == 0.0:
        for i in range(cols[C_WORDS]):
            ints[at + i] = from_ints[from_at + i]
        return
    floats[at] += n
    if flags & TRUE:
        floats[at + cols[C_TRUE]] += from_floats[from_at + cols[C_TRUE]]
    if flags & SHIFTED:
        # To differences from this row's own first sample: d more for each of the other's.
        c = cols[C_SHIFT]
        d = from_floats[from_at + c] - floats[at + c]
        total = from_floats[from_at + cols[C_SUM]]
        if flags & SQUARES:
            c = cols[C_SQUARES]
            floats[at + c] += from_floats[from_at + c] + 2.0 * d * total + n * d * d
        if flags & OTHER:
            c = cols[C_OTHER_SHIFT]
            e = 0.0
            if flags & TIME:
                e = (from_ints[from_at + c] - ints[at + c]) / S_PER_NS
            else:
                e = from_floats[from_at + c] - floats[at + c]
            c = cols[C_OTHER_SUM]
            other = from_floats[from_at + c]
            floats[at + c] += other + n * e
            c = cols[C_OTHER_SQUARES]
            floats[at + c] += from_floats[from_at + c] + 2.0 * e * other + n * e * e
            c = cols[C_PRODUCTS]
            floats[at + c] += from_floats[from_at + c] + d * other + e * total + n * d * e
        floats[at + cols[C_SUM]] += total + n * d
    elif flags & SUM:
        c = cols[C_SUM]
        floats[at + c] += from_floats[from_at + c]
    if flags & MIN:
        c = cols[C_MIN]
        if from_floats[from_at + c] < floats[at + c]:
            floats[at + c] = from_floats[from_at + c]
    if flags & MAX:
        c = cols[C_MAX]
        if from_floats[from_at + c] > floats[at + c]:
            floats[at + c] = from_floats[from_at + c]
    if flags & FIRST:
        c = cols[C_FIRST_TIME]
        if from_ints[from_at + c] < ints[at + c]:
            ints[at + c] = from_ints[from_at + c]
            floats[at + cols[C_FIRST]] = from_floats[from_at + cols[C_FIRST]]
    if flags & LAST:
        c = cols[C_LAST_TIME]
        if from_ints[from_at + c] >= ints[at + c]:
            ints[at + c] = from_ints[from_at + c]
            floats[at + cols[C_LAST]] = from_floats[from_at + cols[C_LAST]]
