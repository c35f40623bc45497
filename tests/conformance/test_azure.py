"""Azure Stream Analytics' documented query patterns (data/azure_stream_analytics.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import azure
from headgate.tests.conformance.azure import NotMapped

CASES = json.loads((Path(__file__).parent / "data" / "azure_stream_analytics.json").read_text())["cases"]
LEFT_OUT = {
    "asa/01": "numbers that come as texts, which is for sources",
    "asa/03": "texts made of results",
    "asa/16": "duplicates, which is for sources",
}
"""Sentences about what the language does not do with texts, and what a source does before a program sees a message."""


NOT_SAID = ("alert",)
"""Columns of which the sentence does not say what stands in them."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in LEFT_OUT], ids=lambda case: case["id"])
def test_a_query_pattern_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    expected = case["expected"]
    outputs = [*expected.values()] if isinstance(expected, dict) else [expected]
    for wanted, got in zip(outputs, azure.play(case, executor), strict=True):
        names = [name for name in wanted[0] if name not in NOT_SAID]
        rows = [[row[name] for name in names] for row in got]
        some = rows[: len(wanted)] if "first 10 rows only" in case.get("note", "") else rows
        assert sorted(map(_plain, some)) == sorted(_plain([row[name] for name in names]) for row in wanted)


def _plain(row: list[Any]) -> list[str]:
    """A row that can be compared: of a time only that of the day, which is what some cases give."""
    return [str(float(v)) if isinstance(v, int | float) else str(v).removesuffix("Z").rpartition("T")[2] for v in row]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in LEFT_OUT], ids=lambda case: case["id"])
def test_what_has_no_counterpart_is_known(case: dict[str, Any]) -> None:
    with pytest.raises(NotMapped):
        azure.play(case, on_reference)
