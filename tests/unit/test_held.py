"""What keys hold from one batch to the next."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from headgate.runtime.kernels.held import put_by_key

KEYS = np.array([2, 0, 2], dtype=np.int32)


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.bool_, np.int32, np.complex128])
def test_of_several_values_for_a_key_the_last_is_held_and_others_hold_what_they_did(dtype: type) -> None:
    held: NDArray[Any] = np.ones(4, dtype=dtype)
    given: NDArray[Any] = np.array([1, 0, 0], dtype=dtype)
    put_by_key(held, KEYS, given)
    assert held.tolist() == [0, 1, 0, 1]


def test_one_value_is_held_by_all_that_are_given_it() -> None:
    held = np.zeros(4, dtype=np.bool_)
    put_by_key(held, KEYS, np.ones(1, dtype=np.bool_))
    assert held.tolist() == [True, False, True, False]


def test_columns_that_lie_apart_or_may_not_be_written_to_are_held_too() -> None:
    apart, constant = np.arange(6.0)[::2], np.broadcast_to(np.array([7.0]), 3)
    held = np.zeros(4)
    put_by_key(held, KEYS, apart)
    assert held.tolist() == [2.0, 0.0, 4.0, 0.0]
    put_by_key(held, KEYS, constant)
    assert held.tolist() == [7.0, 0.0, 7.0, 0.0]
