"""Kapacitor's windows and aggregates, from its own tests (data/kapacitor.json); what has no counterpart is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import kapacitor
from headgate.tests.conformance.tickscript import NotMapped

CASES = json.loads((Path(__file__).parent / "data" / "kapacitor.json").read_text())["cases"]
LEFT_OUT = {
    "TestStream_EvalGroups": "the function `count`",
    "TestStream_Flatten": "`flatten`",
    "TestStream_Delete_Join": "a barrier that forgets what is idle",
    "TestStream_JoinOn": "a join of windows of different groups",
    "TestStream_CustomFunctions": "the user's own function `customFunc`",
    "TestStream_AlertSigma": "the function `sigma`",
}
"""What the language has no words for: counting without an end, rows that become columns, what the user wrote in Python,
deviations of all that ever came, forgetting; and a join of a group with a part of it."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def name(case: dict[str, Any]) -> str:
    return str(case["id"]).split("/")[-1]


@pytest.mark.parametrize("case", [case for case in CASES if name(case) not in LEFT_OUT], ids=name)
def test_a_pipeline_of_kapacitor_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    shown = kapacitor.play(case, executor)
    if case["expected_last_output"] is None:
        assert sum(map(len, shown.values())) == case["expected_alert_count"]
        return
    assert len(shown) == len(case["expected_last_output"])
    by_tags = sorted(case["expected_last_output"], key=lambda series: sorted((series["tags"] or {}).items()))
    for series, rows in zip(by_tags, (shown[key] for key in sorted(shown)), strict=True):
        columns = series["columns"][1:]
        assert len(rows) == len(series["values"])
        for (time, row), (wanted, *values) in zip(rows, series["values"], strict=True):
            assert time == pytest.approx(wanted)
            assert [row[column] for column in columns] == pytest.approx(values)


@pytest.mark.parametrize("case", [case for case in CASES if name(case) in LEFT_OUT], ids=name)
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotMapped) as reason:
        kapacitor.play(case, on_reference)
    assert str(reason.value) == LEFT_OUT[name(case)]
