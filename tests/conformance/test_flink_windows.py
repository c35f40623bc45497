"""Flink's window functions, from its own tests (data/flink_windows.json) and more of the kind, of the same table."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import flink_windows
from headgate.tests.conformance.sql import NotSql

DATA = Path(__file__).parent / "data"
TABLE = json.loads((DATA / "flink_windows.json").read_text(encoding="utf-8"))
MORE = json.loads((DATA / "flink_windows_more.json").read_text(encoding="utf-8"))
CASES = [*TABLE["cases"], *MORE["cases"]]

NOT_SAID = {"testCascadeEventTimeTumbleWindowWithOffset": "`select` behind the query"}
"""What is not played, and why: groups by what a window came to are no groups of devices."""


def name_of(case: dict[str, Any]) -> str:
    return str(case["id"]).split("/")[-1]


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) not in NOT_SAID], ids=name_of)
def test_a_query_of_flink_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert flink_windows.play(TABLE, case, executor) == flink_windows.wanted(case)


@pytest.mark.parametrize("case", [case for case in CASES if name_of(case) in NOT_SAID], ids=name_of)
def test_what_cannot_be_said_is_known(case: dict[str, Any]) -> None:
    with pytest.raises(NotSql) as refused:
        flink_windows.play(TABLE, case, EXECUTORS["reference"])
    assert str(refused.value) == NOT_SAID[name_of(case)]
