"""The kernels of thresholds: which of many were crossed when a number changed."""

from typing import Any

from .jit import kernel

ABSENT = -1
"""The rank of a number that is absent."""
BEGINS = -2
"""Its rank before its key's first event: of which nothing was said so far."""


@kernel("i8(f8[::1], f8)")
def rank(cuts: Any, x: float) -> int:
    """How many of the ascending cuts are less than x."""
    low, high = 0, len(cuts)
    while low < high:
        middle = (low + high) // 2
        if cuts[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(
    "i8(i4[::1], f8[::1], b1[::1], b1[::1], f8[::1], f8[::1], b1[::1], f8[:, ::1], i8[::1], i8[::1], i8[::1])",
    by_item=True,
)
def crossings(
    key: Any,
    value: Any,
    known: Any,
    first: Any,
    cuts: Any,
    last: Any,
    last_known: Any,
    between: Any,
    out: Any,
    before: Any,
    after: Any,
) -> int:
    """The instants at which a number crosses cuts, appears or disappears, and those that are a key's `first`.

    State (keys,): `last`, `last_known`: the number. `between` (keys, 2): the cuts beside it, NaN where they have to be
    looked for. Out: the instants, and the number's rank before (BEGINS, ABSENT) and after (ABSENT).
    """
    n = 0
    for i in range(len(key)):
        k = key[i]
        x = value[i]
        if known[i] and not first[i] and x > between[k, 0] and x <= between[k, 1]:
            last[k] = x
            continue
        if not known[i] and not last_known[k] and not first[i]:
            continue
        old = rank(cuts, last[k]) if last_known[k] else ABSENT
        new = ABSENT
        between[k, 0] = between[k, 1] = float("nan")
        if known[i]:
            new = rank(cuts, x)
            between[k, 0] = cuts[new - 1] if new > 0 else float("-inf")
            between[k, 1] = cuts[new] if new < len(cuts) else float("inf")
            last[k] = x
        last_known[k] = known[i]
        if first[i] or new != old:
            out[n] = i
            before[n] = BEGINS if first[i] else old
            after[n] = new
            n += 1
    return n


@kernel("void(i8[::1], i8[::1], i8[::1], i8[::1], i8[::1])", by_item=True)
def by_cut(before: Any, after: Any, at: Any, starts: Any, out: Any) -> None:
    """The crossings of each cut in order: those of cut c are `out[starts[c]:starts[c + 1]]`.

    Those from or to no rank are of no cut in particular, and left out. `at` (cuts,) is scratch.
    """
    for c in range(len(starts)):
        starts[c] = 0
    for i in range(len(before)):
        if before[i] >= 0 and after[i] >= 0:
            for c in range(min(before[i], after[i]), max(before[i], after[i])):
                starts[c + 1] += 1
    for c in range(len(at)):
        starts[c + 1] += starts[c]
        at[c] = starts[c]
    for i in range(len(before)):
        if before[i] >= 0 and after[i] >= 0:
            for c in range(min(before[i], after[i]), max(before[i], after[i])):
                out[at[c]] = i
                at[c] += 1
