"""Aggregates: `lower` of combined parts is `reference` of the samples, to the last bit on a binary grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.stdlib.catalogue import AGGREGATES
from headgate.stdlib.function import Combined, Value

S = 1_000_000_000
QUARTERS = st.integers(-400, 400).map(lambda q: q / 4)
SAMPLES = st.lists(st.tuples(st.integers(0, 20), QUARTERS), max_size=12).map(
    lambda found: [(time * S, value) for time, value in sorted(found, key=lambda sample: sample[0])]
)


def combined(windows: list[list[tuple[int, float]]], shift: float) -> Combined:
    """What slices keep of the samples of windows."""

    def part(of: object, empty: float = 0.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        assert callable(of)
        return np.array([of(w) if w else empty for w in windows], dtype=np.float64)

    return Combined(
        {
            "count": part(len),
            "true": part(lambda w: sum(1 for _, v in w if v)),
            "sum": part(lambda w: sum(v - shift for _, v in w)),
            "squares": part(lambda w: sum((v - shift) ** 2 for _, v in w)),
            "min": part(lambda w: min(v for _, v in w)),
            "max": part(lambda w: max(v for _, v in w)),
            "first": part(lambda w: w[0][1]),
            "last": part(lambda w: w[-1][1]),
            "first_time": np.array([w[0][0] if w else -1 for w in windows], dtype=np.int64),
            "last_time": np.array([w[-1][0] if w else -1 for w in windows], dtype=np.int64),
        },
        np.full(len(windows), shift),
    )


@pytest.mark.parametrize("name", list(AGGREGATES))
def test_lower_is_the_reference_window_by_window(name: str) -> None:
    aggregate = AGGREGATES[name]

    @given(st.lists(SAMPLES, min_size=1, max_size=4), QUARTERS)
    def agrees(windows: list[list[tuple[int, float]]], shift: float) -> None:
        with np.errstate(all="ignore"):
            column = aggregate.lower(combined(windows, shift))
        got: list[Value] = [v if k else None for v, k in zip(column.values.tolist(), column.mask(), strict=True)]
        assert got == [aggregate.reference(window) for window in windows]

    agrees()


@pytest.mark.parametrize("name", list(AGGREGATES))
def test_of_no_samples_every_aggregate_is_what_it_says_it_is(name: str) -> None:
    assert AGGREGATES[name].reference([]) == AGGREGATES[name].empty


def test_what_does_not_fit_a_double_is_absent() -> None:
    huge = [(0, 1.7e308), (S, -1.7e308), (2 * S, 1.7e308), (3 * S, 1.7e308)]
    for name in ("sum", "mean", "variance", "stddev", "range"):
        assert AGGREGATES[name].reference(huge) is None


def test_the_parts_of_an_aggregate_are_all_it_looks_at() -> None:
    windows = [[(0, 1.0), (S, 3.0)]]
    for aggregate in AGGREGATES.values():
        whole = combined(windows, 1.0)
        kept = {*aggregate.parts, *(f"{end}_time" for end in ("first", "last") if end in aggregate.parts)}
        aggregate.lower(Combined({name: whole.parts[name] for name in kept}, whole.shift))
