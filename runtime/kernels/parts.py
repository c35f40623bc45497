"""The kernels of parts: rows of numbers that stand for many samples; samples are taken in, rows are joined.

A row begins at word `at` of a buffer of 8-byte words, which is given twice: as floats and as ints. `cols` says where in
a row each number is (`stdlib.parts.layout`), `flags` which parts are kept. A row whose count is 0 is empty: nothing
else of it is read.
"""

from typing import Any

from .jit import part

COUNT, TRUE, SUM, SQUARES, MIN, MAX, FIRST, LAST, TIME, SECOND = 1, 2, 4, 8, 16, 32, 64, 128, 256, 512
"""Flags: the places of `stdlib.parts.PARTS`."""
OTHER = TIME | SECOND
SHIFTED = SQUARES | OTHER
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
        a = at + cols[C_MIN]
        if fresh or x < floats[a]:
            floats[a] = x
    if flags & MAX:
        a = at + cols[C_MAX]
        if fresh or x > floats[a]:
            floats[a] = x
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
def take_all(
    floats: Any, at: int, cols: Any, flags: int, order: Any, first: int, last: int, sampled: Any, value: Any
) -> None:
    """Take into the row the samples of the instants `order[first:last]`, as `take` does one after another.

    Only for parts that do not tell samples apart, and have one value: what they come to stays in registers meanwhile.
    """
    fresh = floats[at] == 0.0
    x = value[order[first]]
    count, total, squares, true = floats[at], 0.0, 0.0, 0.0
    shift = x if flags & SQUARES else 0.0
    least, greatest = x, x
    if not fresh:
        if flags & SQUARES:
            shift = floats[at + cols[C_SHIFT]]
            squares = floats[at + cols[C_SQUARES]]
        if flags & (SUM | SQUARES):
            total = floats[at + cols[C_SUM]]
        if flags & MIN:
            least = floats[at + cols[C_MIN]]
        if flags & MAX:
            greatest = floats[at + cols[C_MAX]]
        if flags & TRUE:
            true = floats[at + cols[C_TRUE]]
    for j in range(first, last):
        i = order[j]
        if not sampled[i]:
            continue
        x = value[i]
        d = x - shift
        count += 1.0
        total += d
        squares += d * d
        least = x if x < least else least
        greatest = x if x > greatest else greatest
        true += 1.0 if x != 0.0 else 0.0
    floats[at] = count
    if flags & SQUARES:
        floats[at + cols[C_SHIFT]] = shift
        floats[at + cols[C_SQUARES]] = squares
    if flags & (SUM | SQUARES):
        floats[at + cols[C_SUM]] = total
    if flags & MIN:
        floats[at + cols[C_MIN]] = least
    if flags & MAX:
        floats[at + cols[C_MAX]] = greatest
    if flags & TRUE:
        floats[at + cols[C_TRUE]] = true


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
