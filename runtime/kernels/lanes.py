"""The kernels of lanes: what many nodes of one shape give, put together and picked apart."""

from typing import Any

from .episodes import FALSE, SILENT, UNKNOWN
from .jit import kernel
from .thresholds import ABSENT, BEGINS


@kernel("i8(i8[::1], i8[::1], i4[::1], i8[::1], i1[::1], i4[::1], i8[::1], i1[::1])", by_item=True)
def picked(first: Any, end: Any, lane: Any, at: Any, truth: Any, out_lane: Any, out_at: Any, out_truth: Any) -> int:
    """What lies between `first` and `end` (lanes,), one such span after another, each as a lane of its own."""
    n = 0
    for i in range(len(first)):
        for j in range(first[i], end[i]):
            out_lane[n] = i
            out_at[n] = at[j]
            out_truth[n] = truth[j]
            n += 1
    return n


@kernel(
    "i8(i8[::1], b1[::1], i8[::1], i8[::1], i8[::1], i8[::1], i8[::1], b1, i4[::1], i8[::1], i1[::1])",
    by_item=True,
)
def crossed(
    cuts: Any,
    above: Any,
    before: Any,
    after: Any,
    common: Any,
    starts: Any,
    crossings: Any,
    news: bool,
    out_lane: Any,
    out_at: Any,
    out_truth: Any,
) -> int:
    """The changes of many thresholds, by lane: which cut each looks at, and whether it is true `above` it.

    What a number crossed is said by `before`, `after`, `common`, `starts` and `crossings`, as by the flow of
    `runtime.operators.thresholds`. With `news` what begins as false is left out.
    """
    n = 0
    for lane in range(len(cuts)):
        cut = cuts[lane]
        i, j, end = 0, 0, 0
        if len(starts):
            j, end = starts[cut], starts[cut + 1]
        while i < len(common) or j < end:
            if j == end or (i < len(common) and common[i] < crossings[j]):
                at = common[i]
                i += 1
            else:
                at = crossings[j]
                j += 1
            rank = after[at]
            truth = UNKNOWN
            if rank != ABSENT:
                truth = 1 if (rank > cut) == above[lane] else 0
            if news and truth == FALSE and before[at] == BEGINS:
                continue
            out_lane[n] = lane
            out_at[n] = at
            out_truth[n] = truth
            n += 1
    return n


@kernel(
    "i8(i4[::1], i8[::1], i1[::1], i4[::1], i8[::1], i1[::1], i4[::1], i8[::1], i1[::1], i1[::1])",
    by_item=True,
)
def together(
    lane: Any,
    at: Any,
    truth: Any,
    other_lane: Any,
    other_at: Any,
    other_truth: Any,
    out_lane: Any,
    out_at: Any,
    out_truth: Any,
    out_other: Any,
) -> int:
    """Two inputs of each lane in one order: what each says there, or SILENT."""
    n = i = j = 0
    while i < len(lane) or j < len(other_lane):
        takes = i < len(lane) and (
            j == len(other_lane) or lane[i] < other_lane[j] or (lane[i] == other_lane[j] and at[i] <= other_at[j])
        )
        takes_other = j < len(other_lane) and (
            i == len(lane) or other_lane[j] < lane[i] or (lane[i] == other_lane[j] and other_at[j] <= at[i])
        )
        out_lane[n] = lane[i] if takes else other_lane[j]
        out_at[n] = at[i] if takes else other_at[j]
        out_truth[n] = truth[i] if takes else SILENT
        out_other[n] = other_truth[j] if takes_other else SILENT
        i += takes
        j += takes_other
        n += 1
    return n
