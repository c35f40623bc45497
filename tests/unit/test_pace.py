"""Batches are as large as a turn allows, and no smaller than they are worth; by a clock that a test moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.pace import Pace

MS = 1_000_000


def fed(pace: Pace, batch_ns: int, each_ns: int, waiting: int, times: int = 60) -> int:
    """Feed an engine of these costs from a queue in which so much always waits; the size of the last batch."""
    size = 0
    for _ in range(times):
        size = min(waiting, pace.inputs_max)
        pace.learn(size, batch_ns + each_ns * size)
    return size


def test_nothing_is_known_before_the_first_batch_which_is_small() -> None:
    assert Pace().inputs_max == 1


@given(st.integers(1, 3 * MS), st.integers(1_000, MS))
def test_a_backlog_is_fed_in_batches_of_a_turn(batch_ns: int, each_ns: int) -> None:
    pace = Pace(turn_ns=10 * MS)
    size = fed(pace, batch_ns, each_ns, waiting=10**6)
    assert batch_ns + each_ns * (size - 1) <= 10 * MS
    assert size >= 1


def test_a_batch_that_costs_more_than_a_turn_in_itself_holds_as_much_again() -> None:
    pace = Pace(turn_ns=1 * MS)
    for size in (1, 2, 4, 8):
        pace.learn(size, 20 * MS + size * 100_000)
    assert pace.inputs_max == pytest.approx(200, abs=1)


def test_what_waits_goes_at_once_when_there_is_little() -> None:
    pace = Pace(turn_ns=5 * MS)
    assert fed(pace, 300_000, 2_000, waiting=7) == 7


def test_an_engine_that_becomes_slower_is_fed_less() -> None:
    pace = Pace(turn_ns=10 * MS)
    before = fed(pace, 100_000, 1_000, waiting=10**6)
    after = fed(pace, 100_000, 100_000, waiting=10**6)
    assert after < before / 50


def test_no_batch_is_larger_than_the_largest() -> None:
    pace = Pace(turn_ns=10**12, largest=500)
    assert fed(pace, 0, 1, waiting=10**6) == 500
