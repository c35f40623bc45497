"""SQL's row patterns, from Trino's own tests (data/row_pattern.json) and more of the kind (data/row_pattern_more.json).

The expectations of the latter are those of Trino's tests and of Flink SQL's, or (those named random) what trying all
ways in the standard's order found.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import row_pattern
from headgate.tests.conformance.row_conditions import NotSaid

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("row_pattern.json", "row_pattern_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]

BEFORE = "PREV in a definition"
"""What a row before an earlier one was."""
NOT_SAID = {
    "trino/TestRowPatternMatching/testAfterMatchSkip#8": "pattern variable is not present in match",
    "trino/TestRowPatternMatching/testBackReference A and B": BEFORE,
    "trino/TestRowPatternMatching/testBackReference labels": BEFORE,
    "trino/TestRowPatternMatching/testClassifierFunctionPastCurrentRow in a definition": "NEXT in a definition",
    "trino/TestRowPatternMatching/testExponentialMatch": "FIRST or LAST of more than columns",
    "flink-sql/MatchRecognizeITCase/testAggregatesWithNullInputs": "a null in the column price: "
    "a message that lacks it leaves it as it was",
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
    with pytest.raises(NotSaid) as refused:
        row_pattern.program(case)
    assert str(refused.value) == NOT_SAID[case["id"]]
