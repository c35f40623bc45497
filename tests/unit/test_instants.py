"""Frames and instants: what is made only when somebody looks is what it would be written out."""

import numpy as np
import pytest

from headgate.runtime.frame import Begun, EveryRow, Frame, Instants, union
from headgate.runtime.kernels.instants import _matter, _matter_by_column
from headgate.runtime.kernels.order import _back, ascending


def frame_of(key: list[int], event: list[bool], keys: int) -> Frame:
    n = len(key)
    return Frame(np.arange(n), np.array(key, dtype=np.int32), 10 * np.arange(n), np.array(event), keys)


def instants_of(row: list[int], timer: list[bool] | None = None) -> Instants:
    rows = np.array(row, dtype=np.int64)
    timers = np.zeros(len(row), dtype=np.bool_) if timer is None else np.array(timer)
    return Instants(rows, (rows % 3).astype(np.int32), 10 * rows - timers, timers)


def same(a: Instants, b: Instants) -> bool:
    return all((getattr(a, name) == getattr(b, name)).all() for name in ("row", "key", "time", "timer"))


def test_every_row_is_what_it_is_written_out() -> None:
    rows = frame_of([0, 1, 0, 2], [True] * 4, 3).rows
    assert isinstance(rows, EveryRow)
    written = Instants(rows.row, rows.key, rows.time, rows.timer)
    assert len(rows) == len(written) == 4
    assert written.row.tolist() == [0, 1, 2, 3]
    assert not written.timer.any()
    for which in (np.array([True, False, False, True]), np.array([0, 3]), np.array([3], dtype=np.int32)):
        assert same(rows.take(which), written.take(which))


def test_the_events_of_a_frame_are_those_of_its_rows_that_are_events() -> None:
    some = frame_of([0, 1, 0, 2], [True, False, True, True], 3)
    assert some.events().row.tolist() == [0, 2, 3]
    assert some.events(np.array([False, True, True, False])).row.tolist() == [2]
    every = frame_of([0, 1], [True, True], 2)
    assert every.every is every.event
    assert every.events(every.every) is every.rows
    assert every.events() is every.rows


def test_instants_come_together_in_order_with_timers_and_without() -> None:
    together, places = union([instants_of([1, 4, 5]), instants_of([0, 4]), instants_of([5])])
    assert together.row.tolist() == [0, 1, 4, 5]
    assert [place.tolist() for place in places] == [[1, 2, 3], [0, 2], [3]]
    together, places = union([instants_of([1, 4]), instants_of([4, 6], [True, False])])
    assert list(zip(together.row.tolist(), together.timer.tolist(), strict=True)) == [
        (1, False), (4, True), (4, False), (6, False),
    ]  # fmt: skip
    assert [place.tolist() for place in places] == [[0, 2], [1, 3]]


def test_the_same_instants_are_together_what_they_are() -> None:
    rows = frame_of([0, 1, 0], [True] * 3, 2).rows
    together, places = union([rows, rows])
    assert together is rows
    assert [place.tolist() for place in places] == [[0, 1, 2]] * 2


def test_a_key_is_new_at_its_first_event_only() -> None:
    begun = Begun()
    marks_first = frame_of([0, 1, 0, 1, 2], [False, True, True, True, False], 3)
    assert begun.newcomers(marks_first).row.tolist() == [1, 2]
    assert begun.newcomers(frame_of([1, 0, 1], [True] * 3, 3)).row.tolist() == []
    assert begun.newcomers(frame_of([1, 2, 2], [True] * 3, 3)).row.tolist() == [1]


@pytest.mark.parametrize(
    ("times", "back"), [([], 0), ([5], 0), ([1, 1, 2], 0), ([1, 3, 2, 4, 4, 0], 2)], ids=["none", "one", "up", "back"]
)
def test_times_that_go_back_are_noticed(times: list[int], back: int) -> None:
    array = np.array(times, dtype=np.int64)
    assert ascending(array) is (back == 0)
    assert _back(array) == back


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_what_may_matter_to_a_pattern_is_the_same_row_by_row_and_by_column(seed: int, timed: bool) -> None:
    rng = np.random.default_rng(seed)
    key = rng.integers(0, 9, 50).astype(np.int32)
    met, updated = (rng.integers(0, 4, 50) * (rng.random(50) < 0.3) for _ in range(2))
    found = []
    for find in (_matter, _matter_by_column):
        out = np.empty(50, dtype=np.int64)
        found.append(out[: find(key, met, updated, 2, timed, np.arange(9) < 2, out)].tolist())
    assert found[0] == found[1]
    assert found[0]
