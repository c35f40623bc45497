"""Two runs differ where they say something else; not where rounding alone made a value change once more."""

import pytest

from headgate.runtime.output import Counters, Output, Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Run


def run(*values: float | None, start: int | None = None) -> Run:
    outputs: list[Output] = [
        Signalled(i, "A", ("a",), i, "s", value, window_start=start) for i, value in enumerate(values)
    ]
    return Run(outputs, Counters())


@pytest.mark.parametrize(
    "one, other",
    [
        ([1.0, 1.0 + 1e-15, 2.0], [1.0]),
        ([1.0, 1.0], [1.0]),
        ([1.0, 1.001], [1.0]),
        ([1.0, None, 1.0], [1.0]),
    ],
)
def test_what_one_says_and_the_other_does_not_is_a_difference(one: list[float | None], other: list[float]) -> None:
    assert differences(run(*one), run(*other))
    assert differences(run(*other), run(*one))


def test_a_change_by_rounding_is_no_difference_of_a_signal_that_holds() -> None:
    assert not differences(run(1.0, 1.0 + 1e-15, 1.0), run(1.0))
    assert differences(run(1.0, 1.0 + 1e-15, start=0), run(1.0, start=0))
