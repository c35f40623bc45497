"""The life of Prometheus's alerts, from its own tests (data/prometheus_alert_life.json)."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import EXECUTORS, Executor
from headgate.stdlib.conversion import write_time
from headgate.tests.conformance import prometheus

CASES = json.loads((Path(__file__).parent / "data" / "prometheus_alert_life.json").read_text())["cases"]


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_of_prometheus_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    played = prometheus.play(case, executor)
    for asked in case.get("expected_alerts_at", ()):
        _check_alerts(asked, played)
    for asked in case.get("expected_samples", ()):
        _check_sample(asked, played)
    for asked in case.get("expected_last_value", ()):
        _check_last(asked, played)


def _check_alerts(asked: dict[str, Any], played: prometheus.Played) -> None:
    states = played.states(asked["t_s"])
    if "no FIRING alert" in asked.get("note", ""):
        states = [one for one in states if one[1] == "firing"]
    assert states == [tuple(one) for one in asked["alerts"]], asked
    for text in asked.get("annotations", {}).values():
        assert played.texts().count(text) == 1


def _check_sample(asked: dict[str, Any], played: prometheus.Played) -> None:
    found = played.last("recorded", asked["t_s"])
    assert found is not None
    if "value" in asked:
        assert found.value == asked["value"], asked
    if "sample_ts" in asked:
        assert found.time == prometheus.at(asked["sample_ts"]), asked


def _check_last(asked: dict[str, Any], played: prometheus.Played) -> None:
    metric = asked["expr"].removeprefix("timestamp(").removesuffix(")")
    name = "value_now" if metric == asked["expr"] else "time_of_value"
    outputs = [o for o in played.run.outputs if isinstance(o, Signalled) and (o.name, o.key) == (name, (metric,))]
    found = [o.value for o in outputs if o.time <= prometheus.at(asked["t_s"])][-1]
    if isinstance(asked["value"], str):
        assert asked["value"].startswith("absent")
        assert found is None, asked
    else:
        time = write_time(prometheus.at(asked["value"]))
        assert found == (asked["value"] if name == "value_now" else time), asked
