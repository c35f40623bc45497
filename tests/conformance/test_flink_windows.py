"""Flink's window functions, from its own tests (data/flink_windows.json) and more of the kind, of the same table."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import flink_windows

DATA = Path(__file__).parent / "data"
TABLE = json.loads((DATA / "flink_windows.json").read_text(encoding="utf-8"))
MORE = json.loads((DATA / "flink_windows_more.json").read_text(encoding="utf-8"))


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [*TABLE["cases"], *MORE["cases"]], ids=lambda case: case["id"].split("/")[-1])
def test_a_query_of_flink_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    assert flink_windows.play(TABLE, case, executor) == flink_windows.wanted(case)
