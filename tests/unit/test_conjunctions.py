"""Pairs of comparisons: looked at where one number crosses, they say what looking at every pair everywhere says."""

from itertools import pairwise

import numpy as np
import pytest

from headgate.runtime.kernels.conjunctions import conjunctions
from headgate.runtime.kernels.episodes import FALSE, TRUE, UNKNOWN
from headgate.runtime.kernels.thresholds import ABSENT, BEGINS

LANES, INSTANTS, CUTS = 12, 60, 7
Told = list[tuple[int, int, int]]


def truth(rank: int, cut: int, above: bool) -> int:
    return UNKNOWN if rank < 0 else TRUE if (rank > cut) == above else FALSE


def both(one: int, other: int) -> int:
    return FALSE if FALSE in (one, other) else UNKNOWN if UNKNOWN in (one, other) else TRUE


@pytest.mark.parametrize("news", [False, True], ids=["all", "news"])
@pytest.mark.parametrize("opposite", [False, True], ids=["and", "or"])
@pytest.mark.parametrize("seed", range(8))
def test_a_pair_is_told_where_it_changes_and_where_a_number_appears_or_disappears(
    seed: int, opposite: bool, news: bool
) -> None:
    rng = np.random.default_rng(seed)
    cuts = rng.integers(0, CUTS, (2, LANES))
    above = rng.random((2, LANES)) < 0.6
    order = np.array([np.lexsort(one) for one in zip(cuts, above, strict=True)])
    ranks = rng.integers(0, CUTS + 1, (2, INSTANTS + 1))
    ranks[rng.random(ranks.shape) < 0.1] = ABSENT
    before, after = np.ascontiguousarray(ranks[:, :-1]), np.ascontiguousarray(ranks[:, 1:])
    begins = rng.random(INSTANTS) < 0.3
    before[:, begins] = BEGINS

    def walk(starts: np.ndarray, size: int) -> Told:
        lane, at, what = np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int8)
        split = np.count_nonzero(~above, axis=1)
        conjunctions(before, after, cuts, above, order, split, opposite, news, starts, lane, at, what)
        return list(zip(lane.tolist(), at.tolist(), what.tolist(), strict=True))

    counts = np.zeros(LANES, dtype=np.int64)
    walk(counts, 0)
    told = walk(np.cumsum(counts) - counts, int(counts.sum()))

    expected = []
    for lane in range(LANES):
        ones = [both(*(truth(int(ranks[s, i]), int(cuts[s, lane]), bool(above[s, lane])) for s in range(2)))
                for i in range(INSTANTS + 1)]  # fmt: skip
        for i, (was, now) in enumerate(pairwise(ones)):
            if begins[i] and news and not opposite and now != TRUE and ABSENT not in ranks[:, i + 1]:
                continue
            if begins[i] or was != now or ABSENT in (*ranks[:, i], *ranks[:, i + 1]):
                expected.append((lane, i, now if now == UNKNOWN or not opposite else TRUE + FALSE - now))
    assert told == expected
