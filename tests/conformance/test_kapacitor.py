"""Kapacitor's pipelines, from its own tests (data/kapacitor.json) and more of the kind (data/kapacitor_more.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import kapacitor
from headgate.tests.conformance.kapacitor import Row
from headgate.tests.conformance.kapacitor_alerts import NUMBER
from headgate.tests.conformance.tickscript import NotMapped

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("kapacitor.json", "kapacitor_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]
LEFT_OUT = {
    "TestStream_Flatten": "`flatten`",
    "TestStream_Combine_All": "`combine`",
    "TestStream_TopSelector": "`top`",
    "TestStream_InfluxQL_Float#top": "`top`",
    "TestStream_InfluxQL_Float#bottom": "`bottom`",
    "TestStream_InfluxQL_Float#distinct": "`distinct`",
    "TestStream_InfluxQL_Float#max-usePointTimes": "results with the times of points",
    "TestStream_HoltWinters": "`holtWinters`",
    "TestStream_CustomFunctions": "the user's own function `customFunc`",
    "TestStream_HttpPostEndpoint_StatusCodes": "what an HTTP server answers",
    "TestStream_Delete_Join": "a barrier that forgets what is idle",
    "TestStream_Eval_AllTypes": "texts made of texts",
    "TestStream_Eval_Tags": "the function `string`",
    "TestStream_Eval_Time": "`time`, which no point has",
    "TestStream_LambdaNow": "the function `now`",
    "TestStream_WindowMissing": "windows that begin anew after a gap",
    "TestStream_AlertStateChangesOnlyExpired": "alerts that are sent again after a time",
    "TestStream_AlertFlapping": "alerts that flap",
    "percentile whose rank is rounded": "a percentile whose rank is rounded",
}
"""What the language has no words for, or answers otherwise on purpose:

- rows that become columns, and several rows of one window (`flatten`, `combine`, `top`, `distinct`): a signal is one;
- what the user wrote in Python, what a server answers, what time it is: results are a function of what was admitted;
- texts made of results, which are for those who read them;
- a grid of windows that begins anew after each gap: windows are aligned to the epoch, so that all devices share one;
- alerts sent anew with the first point after a time, alerts that flap by a weighted part of the last 21: `repeat every`
  and `flapping above` of rules say it by time;
- the rank of a percentile, which is rounded there; forecasts after Holt and Winters."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def name(case: dict[str, Any]) -> str:
    return str(case["id"]).split("/")[-1]


@pytest.mark.parametrize("case", [case for case in CASES if name(case) not in LEFT_OUT], ids=name)
def test_a_pipeline_of_kapacitor_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    played = kapacitor.play(case, executor)
    if case["expected_last_output"] is not None:
        assert len(played.shown) == len(case["expected_last_output"])
        for series in case["expected_last_output"]:
            tags = {**(series["tags"] or {}), kapacitor.MEASUREMENT: series["name"]}
            _check_series(series, _rows_of(tags, played.shown))
    if case["expected_alert_count"] is not None:
        assert len(played.alerts) == case["expected_alert_count"]
    for wanted, (time, _, level) in zip(case["expected_alerts_in_order"] or (), played.alerts, strict=False):
        assert (wanted["t_s"], _number(wanted["level"])) == (pytest.approx(time), level)


def _rows_of(tags: dict[str, str], shown: kapacitor.Shown) -> list[Row]:
    """Those of the group that the series is of: its tags are some of the series's."""
    (rows,) = [rows for group, rows in shown.items() if set(group) <= set(tags.items())]
    return rows


def _check_series(series: dict[str, Any], rows: list[Row]) -> None:
    assert len(rows) == len(series["values"])
    for (time, row), (wanted, *values) in zip(rows, series["values"], strict=True):
        assert time == pytest.approx(wanted)
        assert [row[column] for column in series["columns"][1:]] == pytest.approx(values)


def _number(level: str) -> int:
    return {"OK": 0, "INFO": NUMBER["info"], "WARNING": NUMBER["warn"], "CRITICAL": NUMBER["crit"]}[level]


@pytest.mark.parametrize("case", [case for case in CASES if name(case) in LEFT_OUT], ids=name)
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotMapped) as reason:
        kapacitor.play(case, on_reference)
    assert str(reason.value) == LEFT_OUT[name(case)]
