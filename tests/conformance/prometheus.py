"""Prometheus's alerts as programs: one mapping for all cases of data/prometheus_alert_life.json.

| Prometheus | here |
|---|---|
| a series, its labels | a device, its properties; its value goes stale after the look-back of 5 min |
| `for: 1m` | `C for 60 s` |
| firing; pending | the rule is raised; the condition is true and the rule is not |
| `keep_firing_for: 1m` | `until not C for 60 s` |
| annotations | alerts |
| a recording rule over `[1m]`, every 60 s | a signal, `over 60 s every 60 s` |
| a range (t - 1m, t] | a window [t - 1m, t) of samples that came 1 ns earlier |
| a stale marker | a field `ended` |

States are asked for at given times: what was said up to then, that time included.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headgate.runtime.output import Alerted, Life, Signalled
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, Run, S, compile_program

BEGIN = 1_704_067_200 * S
"""Time 0 of the cases: a midnight."""
OPPOSITE = {"<": ">=", ">": "<=", "==": "!="}

SERIES = """
module prometheus
device Series {
    property  job: text
    property  instance: text
    property  group: text
    telemetry value: float stale after 5 min
    telemetry ended: bool
}
"""


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
                if isinstance(output, Life):
                    raised[output.key[0]] = output.what != "cleared"
                elif isinstance(output, Signalled):
                    holding[output.key[0]] = output.value is True
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
    """Run a case's program on its series."""
    rule = case.get("rule", {})
    if "record" in rule:
        program, shift = _recording(rule), 1
    elif "expr" in rule:
        program, shift = _alerting(rule), 0
    else:
        program, shift = _last_values(), 0
    inputs: list[Input] = []
    for one in case["series"]:
        name = one.get("labels", {}).get("instance", one.get("name"))
        for index, value in enumerate(_values(one)):
            fields = {**one.get("labels", {})} | _sample(value)
            inputs.append(Message("Series", name, at(index * one["step_s"]) - shift, fields))
    inputs.sort(key=lambda one: one.time)
    ends = max(at(time) for time in [*_asked(case), *((one.time - BEGIN) / S for one in inputs)])
    inputs += [Mark("Series", id_, ends + S) for id_ in sorted({m.id for m in inputs if isinstance(m, Message)})]
    return Played(executor(compile_program(SERIES + program), inputs))


def _sample(value: Any) -> dict[str, Any]:
    if value == "stale":
        return {"ended": True}
    return {} if value is None else {"value": float(value), "ended": False}


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


def _alerting(rule: Mapping[str, Any]) -> str:
    match = re.fullmatch(r"\w+(?:\{(.*)\})? (<|>|==) (\d+)", rule["expr"])
    assert match is not None, rule["expr"]
    labels, comparison, level = match.groups()
    selected = "".join(f" and {label.replace('=', ' == ')}" for label in re.findall(r'\w+="[^"]*"', labels or ""))
    kept = rule.get("keep_firing_for_s", 0)
    until = f"until value {OPPOSITE[comparison]} {level} for {kept} s" if kept else ""
    return f"""
        signal holding for Series = value {comparison} {level}{selected}
        rule alerting for Series {{
            when value {comparison} {level}{selected} for {rule["for_s"]} s
            {until}
            do {{
                alert "Instance {{instance}} down"
                alert "{{instance}} of job {{job}} has been down for more than {rule["for_s"] // 60} minutes."
            }}
        }}
    """


def _recording(rule: Mapping[str, Any]) -> str:
    every = rule["evaluation_interval_s"]
    return f"signal recorded for Series = count(value over 60 s every {every} s)"


def _last_values() -> str:
    return """
        signal value_now for Series = ended ? absent : value
        signal time_of_value for Series = value is absent ? absent : last(value).time
    """
