"""Prometheus's alerts as programs: one mapping for all cases of data/prometheus_alert_life.json.

| Prometheus | here |
|---|---|
| series of the same labels, their metrics | a device, its fields, which go stale after the look-back of 5 min |
| labels; a matcher | properties; a condition on them |
| `sum by (job) (m)`; `absent(m)` | `by job`, `sum(Series.m)`; `count(Series where m is not absent) == 0` |
| `avg_over_time(m[5m])` | `mean(m over 300 s every I s)`, at each evaluation |
| `for: 1m` | `C for 60 s` |
| firing; pending | the rule is raised; the condition is true and the rule is not |
| `keep_firing_for: 1m` | `until not C for 60 s` |
| a series that is gone resolves its alert | `C else false`: what is absent is not true |
| annotations | alerts |
| a recording rule over `[1m]`, every 60 s | a signal, `over 60 s every 60 s` |
| a range (t - 1m, t] | a window [t - 1m, t) of samples that came 1 ns earlier |
| a stale marker | a field `ended` |

States are asked for at given times: what was said up to then, that time included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.runtime.output import Alerted, Life, Signalled
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, Run, S, compile_program
from headgate.tests.conformance.promql import Condition, NotMapped, column, condition

BEGIN = 1_704_067_200 * S
"""Time 0 of the cases: a midnight."""


@dataclass(frozen=True)
class Played:
    """What a case's program said."""

    run: Run
    alerts: list[tuple[str, str]] = field(default_factory=list)

    def states(self, time: float) -> list[tuple[str, str]]:
        """(instance, state) of the alerts that are pending or firing at a time, as the case writes them."""
        raised: dict[str, bool] = {}
        holding: dict[str, bool] = {}
        for output in self.run.outputs:
            if output.time <= at(time):
                key = ",".join(map(str, output.key))
                if isinstance(output, Life):
                    raised[key] = output.what != "cleared"
                elif isinstance(output, Signalled) and output.name == "holding":
                    holding[key] = output.value is True
        instances = sorted({*raised, *holding})
        state = {i: "firing" if raised.get(i) else "pending" if holding.get(i) else "" for i in instances}
        return [(i, state[i]) for i in instances if state[i]]

    def texts(self) -> list[str]:
        return [output.message for output in self.run.outputs if isinstance(output, Alerted)]

    def last(self, name: str, time: float) -> Signalled | None:
        """What a signal gave last at a time."""
        found = [o for o in self.run.outputs if isinstance(o, Signalled) and o.name == name and o.time <= at(time)]
        return found[-1] if found else None


def at(time: float) -> int:
    return BEGIN + round(time * 1000) * (S // 1000)


def play(case: Mapping[str, Any], executor: Executor) -> Played:
    """Run a case's program on its series. Raises `NotMapped` where the language has no words for it."""
    rule = case.get("rule", {})
    asked = None
    if "record" in rule:
        items, metrics, shift = _recording(rule)
    elif "expr" in rule:
        asked = condition(rule["expr"], int(rule.get("evaluation_interval_s", case["series"][0]["step_s"])))
        told = any("annotations" in one for one in case["expected_alerts_at"])
        items, metrics, shift = _alerting(rule, asked, told=told), asked.metrics, int(asked.shifted)
    else:
        items, metrics, shift = _last_values(), (METRIC,), 0
    labels = sorted({label for one in case["series"] for label in one.get("labels", {})} - {"__name__"})
    inputs: list[Input] = []
    for one in case["series"]:
        metric = column(_metric(one, metrics)) if asked is not None else METRIC
        given = {f"{label}_": value for label, value in one.get("labels", {}).items() if label != "__name__"}
        for index, value in enumerate(_values(one)):
            inputs.append(
                Message("Series", _id(one), at(index * one["step_s"]) - shift, given | _sample(metric, value))
            )
    inputs.sort(key=lambda one: one.time)
    ends = max(at(time) for time in [*_asked(case), *((one.time - BEGIN) / S for one in inputs)])
    inputs += [Mark("Series", id_, ends + S) for id_ in sorted({m.id for m in inputs if isinstance(m, Message)})]
    columns = [column(metric) for metric in metrics] if asked is not None else [METRIC]
    return Played(executor(compile_program(_series(labels, columns) + items), inputs))


METRIC = "value"
"""What a metric is called of which the rule does not tell the name."""


def _metric(series: Mapping[str, Any], metrics: Sequence[str]) -> str:
    name = series.get("name") or series.get("labels", {}).get("__name__")
    if name is None and len(metrics) != 1:
        raise NotMapped("a series without a name among several metrics")
    return str(name) if name is not None else metrics[0]


def _id(series: Mapping[str, Any]) -> str:
    """What a series is called in what is expected: by its instance, or by all its labels."""
    labels = {name: value for name, value in series.get("labels", {}).items() if name != "__name__"}
    return str(labels.get("instance") or ",".join(labels.values()) or series.get("name"))


def _series(labels: Sequence[str], columns: Sequence[str]) -> str:
    lines = [f"property  {label}_: text" for label in labels]
    for name in columns:
        lines += [f"telemetry {name}told: float stale after 5 min", f"telemetry {name}ended: bool"]
    text = "\nmodule prometheus\ndevice Series {\n    " + "\n    ".join(lines) + "\n}\n"
    return text + "".join(f"signal {n} for Series = {n}ended ? absent : {n}told\n" for n in columns)


def _sample(metric: str, value: Any) -> dict[str, Any]:
    if value == "stale":
        return {f"{metric}ended": True}
    return {} if value is None else {f"{metric}told": float(value), f"{metric}ended": False}


def _values(series: Mapping[str, Any]) -> list[Any]:
    if "values" in series:
        return list(series["values"])
    if "values_const" in series:
        return [series["values_const"]] * series["n"]
    linear = series["values_linear"]
    return [linear["start"] + linear["step"] * i for i in range(series["n"])]


def _asked(case: Mapping[str, Any]) -> list[float]:
    """The times at which the case asks for something."""
    return [float(one["t_s"]) for key in case if key.startswith("expected") for one in case[key]]


def _alerting(rule: Mapping[str, Any], asked: Condition, *, told: bool) -> str:
    if rule.get("limit"):
        raise NotMapped("a limit on how many alerts there are")
    holds = f"({asked.text} else false)"
    lasting = f"({holds}) for {rule['for_s']} s" if rule.get("for_s") else holds
    kept = rule.get("keep_firing_for_s", 0)
    texts = ALERTS.format(minutes=rule.get("for_s", 0) // 60) if told else ""
    return f"""
        signal holding {asked.domain} = {holds}
        rule alerting {asked.domain} {{
            when {lasting}
            {f"until not ({holds}) for {kept} s" if kept else ""}
            {texts}
        }}
    """


ALERTS = """do {{
                alert "Instance {{id}} down"
                alert "{{id}} of job {{job_}} has been down for more than {minutes} minutes."
            }}"""


def _recording(rule: Mapping[str, Any]) -> tuple[str, tuple[str, ...], int]:
    every = rule["evaluation_interval_s"]
    return f"signal recorded for Series = count({METRIC} over 60 s every {every} s)", (METRIC,), 1


def _last_values() -> str:
    return f"""
        signal value_now for Series = {METRIC}
        signal time_of_value for Series = {METRIC}told is absent ? absent : last({METRIC}told).time
    """
