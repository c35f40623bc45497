"""ThingsBoard's alarm rules, from its own tests (data/thingsboard_alarms.json) and more of the kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.tests.conformance import thingsboard
from headgate.tests.conformance.thingsboard import Alarm, NotMapped

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("thingsboard_alarms.json", "thingsboard_alarms_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]
LEFT_OUT = {
    "thingsboard-more/text-function": "the function `temperature.toFixed`",
}
"""What the language has no words for: texts that are made of values."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in LEFT_OUT], ids=lambda case: case["id"])
def test_a_case_of_thingsboard_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    alarms = thingsboard.play(case, executor)
    news = [one for one in case["expected"] if one["result"] != "updated"]
    assert alarms == [Alarm(thingsboard.at(one["t_s"]), one["result"], one["severity"]) for one in news]
    for one in case["expected"]:
        if one["result"] == "updated":
            last = [alarm for alarm in alarms if alarm.time <= thingsboard.at(one["t_s"])][-1]
            assert (last.result != "cleared", last.severity) == (True, one["severity"])


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in LEFT_OUT], ids=lambda case: case["id"])
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotMapped) as reason:
        thingsboard.play(case, on_reference)
    assert str(reason.value) == LEFT_OUT[case["id"]]
