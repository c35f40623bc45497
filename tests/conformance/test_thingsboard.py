"""ThingsBoard's alarm rules, from its own tests (data/thingsboard_alarms.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.tests.conformance import thingsboard
from headgate.tests.conformance.thingsboard import Alarm

CASES = json.loads((Path(__file__).parent / "data" / "thingsboard_alarms.json").read_text())["cases"]


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_of_thingsboard_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    alarms = thingsboard.play(case, executor)
    news = [one for one in case["expected"] if one["result"] != "updated"]
    assert alarms == [Alarm(thingsboard.at(one["t_s"]), one["result"], one["severity"]) for one in news]
    for one in case["expected"]:
        if one["result"] == "updated":
            last = [alarm for alarm in alarms if alarm.time <= thingsboard.at(one["t_s"])][-1]
            assert (last.result != "cleared", last.severity) == (True, one["severity"])
