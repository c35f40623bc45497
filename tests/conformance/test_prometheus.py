"""The life of Prometheus's alerts, from its own tests (data/prometheus_alert_life.json) and more of the kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import EXECUTORS, Executor, on_reference
from headgate.stdlib.conversion import write_time
from headgate.tests.conformance import prometheus
from headgate.tests.conformance.promql import NotMapped

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for name in ("prometheus_alert_life.json", "prometheus_alert_life_more.json")
    for case in json.loads((DATA / name).read_text(encoding="utf-8"))["cases"]
]
LEFT_OUT = {"prometheus-more/rate": "what is extrapolated to the ends of a range"}
"""What is answered otherwise on purpose: `rate` here is that between the first and the last sample."""


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    return EXECUTORS[request.param]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] not in LEFT_OUT], ids=lambda case: case["id"])
def test_a_case_of_prometheus_gives_what_it_gives_there(case: dict[str, Any], executor: Executor) -> None:
    played = prometheus.play(case, executor)
    for asked in case.get("expected_alerts_at", ()):
        _check_alerts(asked, played)
    for asked in case.get("expected_samples", ()):
        _check_sample(asked, played)
    for asked in case.get("expected_last_value", ()):
        _check_last(asked, played)


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in LEFT_OUT], ids=lambda case: case["id"])
def test_what_has_no_counterpart_is_known_for_its_reason(case: dict[str, Any]) -> None:
    with pytest.raises(NotMapped) as reason:
        prometheus.play(case, on_reference)
    assert str(reason.value) == LEFT_OUT[case["id"]]


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
