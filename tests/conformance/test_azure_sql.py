"""Azure Stream Analytics' queries, as its reference explains them (data/azure_stream_analytics_more.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import azure_sql
from headgate.tests.conformance.sql import NotSql

DATA = Path(__file__).parent / "data" / "azure_stream_analytics_more.json"
CASES = json.loads(DATA.read_text(encoding="utf-8"))["cases"]
LEFT_OUT = {
    "text/concat": "the function `concat`",
    "top/by-value": "the event whose value is the greatest",
    "collect-top": "the function `collecttop`",
    "anomaly": "the function `anomalydetection_spikeanddip`",
    "session/whose-length-is-cut": "sessions that are cut",
    "join/no-match": "a join that also gives what has no match",
    "percentile": "the function `percentile_cont`",
}
"""What the language has no words for, or answers otherwise on purpose: texts that are made; the other
columns of the row with the greatest value, and several rows of one window; a model learned elsewhere; sessions cut at
multiples of their greatest length (here: so long after their first event); quantiles between two values."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


def name(case: dict[str, Any]) -> str:
    return str(case["id"]).partition("/")[2]


@pytest.mark.parametrize("case", [case for case in CASES if name(case) not in LEFT_OUT], ids=name)
def test_a_query_of_azure_gives_the_rows_that_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert _comparable(azure_sql.play(case, executor)) == _comparable(case["expected"])


@pytest.mark.parametrize("case", [case for case in CASES if name(case) in LEFT_OUT], ids=name)
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotSql) as reason:
        azure_sql.play(case, on_reference)
    assert str(reason.value) == LEFT_OUT[name(case)]


def _comparable(rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Rows in an order of their own, with numbers as far as they are sure."""
    return sorted(sorted((column, _plain(value)) for column, value in row.items()) for row in rows)


def _plain(value: Any) -> str:
    return f"{value:.6f}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
