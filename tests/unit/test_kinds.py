"""Rows of whole numbers are told apart, whether their numbers are close together or far apart."""

import numpy as np
import pytest

from headgate.runtime.operators.group_clock import kinds

FAR = 2**31 - 1


@pytest.mark.parametrize(
    "columns",
    [
        ([3],),
        ([3, 3, -1, 3, 7],),
        ([0, FAR, 0, -1, FAR],),
        ([1, 1, 0, 1], [2, 0, 2, 2]),
        ([0, FAR, 0, FAR, 0], [5, 5, FAR, 5, 5], [-1, -1, -1, -1, -1]),
    ],
)
def test_the_kinds_of_rows_are_in_ascending_order_each_with_its_first_row(columns: tuple[list[int], ...]) -> None:
    first, kind = kinds([np.array(column, dtype=np.int32) for column in columns])
    rows = list(zip(*columns, strict=True))
    distinct = sorted(set(rows))
    assert [rows[row] for row in first] == distinct
    assert first.tolist() == [rows.index(row) for row in distinct]
    assert [distinct[number] for number in kind] == rows
