"""The kernel of pairs of comparisons: which of many become true together when numbers cross their cuts."""

from typing import Any

from .episodes import FALSE, TRUE, UNKNOWN
from .jit import kernel
from .thresholds import ABSENT, BEGINS


@kernel("i8(i8[:, ::1], i8[:, ::1], i8, i8, i8, i8)", counting=False)
def _first_from(cuts: Any, order: Any, side: int, first: int, end: int, cut: int) -> int:
    """The first place in `order` between two of them that has no lesser cut."""
    while first < end:
        middle = (first + end) // 2
        if cuts[side, order[side, middle]] < cut:
            first = middle + 1
        else:
            end = middle
    return first


@kernel("i1(i8, i8, b1)", counting=False)
def _compared(rank: int, cut: int, above: bool) -> int:
    """What a comparison comes to at a rank."""
    if rank == ABSENT:
        return UNKNOWN
    return TRUE if (rank > cut) == above else FALSE


@kernel("i1(i1, i1)", counting=False)
def _both(one: int, other: int) -> int:
    """Kleene's `and`."""
    if one == FALSE:
        return FALSE
    return other if one == TRUE or other == FALSE else UNKNOWN


@kernel("i8(i8[:, ::1], i8, i8[:, ::1], b1[:, ::1], i8)", counting=False)
def _at(ranks: Any, i: int, cuts: Any, above: Any, lane: int) -> int:
    """What a pair comes to at the ranks of an instant."""
    return _both(
        _compared(ranks[0, i], cuts[0, lane], above[0, lane]), _compared(ranks[1, i], cuts[1, lane], above[1, lane])
    )


@kernel("i8(i8[:, ::1], i8[:, ::1], i8, i8[:, ::1], i8, i8)", counting=False)
def _crossed(before: Any, after: Any, i: int, cuts: Any, side: int, lane: int) -> int:
    """Whether a number crosses a lane's cut at an instant: 0 or 1."""
    one, other = before[side, i], after[side, i]
    return 1 if min(one, other) <= cuts[side, lane] < max(one, other) else 0


@kernel("void(i8, i8, i8, b1, i8[::1], i4[::1], i8[::1], i1[::1])", counting=False)
def _tell(
    lane: int, i: int, truth: int, opposite: bool, starts: Any, out_lane: Any, out_at: Any, out_truth: Any
) -> None:
    """Write what a lane is told, if there is room, or count it."""
    at = starts[lane]
    starts[lane] += 1
    if len(out_lane) > 0:
        out_lane[at] = lane
        out_at[at] = i
        out_truth[at] = TRUE + FALSE - truth if opposite and truth != UNKNOWN else truth


@kernel(
    "void(i8[:, ::1], i8[:, ::1], i8[:, ::1], b1[:, ::1], i8[:, ::1], i8[::1], b1, b1, i8[::1], i4[::1], i8[::1],"
    " i1[::1])",
    by_item=True,
)
def conjunctions(
    before: Any,
    after: Any,
    cuts: Any,
    above: Any,
    order: Any,
    split: Any,
    opposite: bool,
    news: bool,
    starts: Any,
    out_lane: Any,
    out_at: Any,
    out_truth: Any,
) -> None:
    """Where pairs of comparisons, each a lane, become true together or cease to be.

    before, after (2, n): the ranks of the two numbers at each instant; cuts, above (2, lanes): each comparison; order
    (2, lanes): the lanes whose comparison is true below its cut, by cut, and from `split` (2,) on those whose is true
    above it. Where a number appears or disappears, every lane is told. With `opposite` they are told the
    opposite; without it and with `news`, they are not told what begins as false.

    With room for nothing it counts, by lane, into `starts`; with `starts` saying where each lane begins, it writes. It
    looks at the lanes that one number crosses, or at those of which the other one's comparison is true if these are
    fewer: nothing else can change.
    """
    lanes = cuts.shape[1]
    for i in range(before.shape[1]):
        if before[0, i] < 0 or before[1, i] < 0 or after[0, i] == ABSENT or after[1, i] == ABSENT:
            if news and not opposite and before[0, i] == BEGINS and after[0, i] != ABSENT and after[1, i] != ABSENT:
                # Only where the first comparison is true both can be.
                true_below = _first_from(cuts, order, 0, 0, split[0], after[0, i])
                true_end = _first_from(cuts, order, 0, split[0], lanes, after[0, i])
                for j in range(true_below, true_end):
                    lane = order[0, j]
                    if _at(after, i, cuts, above, lane) == TRUE:
                        _tell(lane, i, TRUE, opposite, starts, out_lane, out_at, out_truth)
                continue
            for lane in range(lanes):
                truth = _at(after, i, cuts, above, lane)
                _tell(lane, i, truth, opposite, starts, out_lane, out_at, out_truth)
            continue
        for side in range(2):
            of, other = side, 1 - side
            low, high = min(before[side, i], after[side, i]), max(before[side, i], after[side, i])
            if low == high:
                continue
            # Of those that are true below their cut, and of those that are true above it: which are crossed.
            below = _first_from(cuts, order, side, 0, split[side], low)
            below_end = _first_from(cuts, order, side, below, split[side], high)
            above_it = _first_from(cuts, order, side, split[side], lanes, low)
            above_end = _first_from(cuts, order, side, above_it, lanes, high)
            # Where the other number's comparison is true before or after.
            low, high = min(before[other, i], after[other, i]), max(before[other, i], after[other, i])
            true_below = _first_from(cuts, order, other, 0, split[other], low)
            true_end = _first_from(cuts, order, other, split[other], lanes, high)
            if true_end - true_below < below_end - below + above_end - above_it:
                of, below, below_end, above_it, above_end = other, true_below, split[other], split[other], true_end
            for j in range(below_end - below + above_end - above_it):
                lane = order[of, below + j if j < below_end - below else above_it + j - (below_end - below)]
                told = side == 1 and _crossed(before, after, i, cuts, 0, lane)
                if told or not _crossed(before, after, i, cuts, side, lane):
                    continue
                truth = _at(after, i, cuts, above, lane)
                if truth != _at(before, i, cuts, above, lane):
                    _tell(lane, i, truth, opposite, starts, out_lane, out_at, out_truth)
