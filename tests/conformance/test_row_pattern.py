"""SQL's row patterns, from Trino's own tests (data/row_pattern.json) and more of the kind (data/row_pattern_more.json).

The expectations of the latter are those of Trino's tests, or what trying all ways in the standard's order found.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import row_pattern

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("row_pattern.json", "row_pattern_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]

NOT_SAID = {
    "trino/TestRowPatternMatching/testRowPattern#5": "the anchor $",
    "trino/TestRowPatternMatching/testEmptyCycle#9": "the anchor ^",
    "trino/TestRowPatternMatching/testAfterMatchSkip#8": "pattern variable is not present in match",
}
"""What the language cannot say, and why."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in NOT_SAID], ids=lambda case: case["id"])
def test_a_case_of_row_patterns_gives_the_rows_that_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert row_pattern.play(case, executor) == row_pattern.expected(case), row_pattern.program(case)


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in NOT_SAID], ids=lambda case: case["id"])
def test_what_cannot_be_said_is_known(case: dict[str, Any]) -> None:
    with pytest.raises(row_pattern.NotSaid) as refused:
        row_pattern.program(case)
    assert str(refused.value) == NOT_SAID[case["id"]]
