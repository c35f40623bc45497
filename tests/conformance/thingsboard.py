"""ThingsBoard's alarm rules as programs: one mapping for the cases of data/thingsboard_alarms.json.

| ThingsBoard | here |
|---|---|
| one alarm with several severities | one rule for each; the alarm is that of the gravest which is raised |
| MAJOR, CRITICAL, INDETERMINATE | severity warning, critical, info |
| create; clear; neither | `when`; `until`; a level that holds on (`until` never true) |
| `for_s` | `C for D` |
| `repeats: n` | `count(C over 1 s every 10 ms) >= n` (a window bounds what is kept), of samples 1 ns earlier |
| no data for 3 s | `no temperature for 3 s` |
| an attribute | a property; of the owner or of the parent: of another device, met by a group |
| a duration from an attribute | whole seconds up to 10 s, one `for` each: what is waited for is in the program |
| a schedule from an attribute, all days on or off | a property that is true or false |
| `location contains filter` | the place named last in the text is the group; the parent names the group it looks for |
| a rule's expression changed at run time | the level is a property: what changes at run time is data |

An alarm that is updated, of the same severity, is no event here: that it is still raised is what is checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.runtime.output import Life
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, S, compile_program
from headgate.stdlib.function import Value

BEGIN = 1_704_067_200 * S
GRAVITY = ("INDETERMINATE", "MAJOR", "CRITICAL")
SEVERITY = {"INDETERMINATE": "info", "MAJOR": "warning", "CRITICAL": "critical"}
OPPOSITE = {"<": ">=", ">=": "<", "<=": ">", ">": "<="}
MS = 1_000_000

DEVICES = """
module thingsboard
device Thing {
    property  owner: text
    property  place: text
    property  eventsCount: int
    property  duration: int
    property  scheduled: bool
    property  level: float
    telemetry temperature: float
    telemetry powerConsumption: float
}
device Owner {
    property  owner: text
    property  place: text
    telemetry temperatureThreshold: float
}
"""


@dataclass(frozen=True)
class Alarm:
    """What an alarm did at a time: created, changed its severity, or was cleared; and its severity since then."""

    time: int
    result: str
    severity: str


def play(case: Mapping[str, Any], executor: Executor) -> list[Alarm]:
    """Run a case's rules on its inputs; what the alarm of its one thing did."""
    repeats = "repeats" in str(case["rule"])
    first = at(case["inputs"][0]["t_s"]) - S
    inputs: list[Input] = [Message("Owner", "o", first, {"owner": "o"}), Message("Thing", "t", first, {"owner": "o"})]
    for one in case["inputs"]:
        for name, value in one["set"].items():
            device, fields = _fields(name, value)
            id_ = "t" if device == "Thing" else "o"
            inputs.append(Message(device, id_, at(one["t_s"]) - repeats, fields))
    ends = max(at(one["t_s"]) for key in ("inputs", "expected") for one in case[key]) + S
    known = {(m.device, m.id) for m in inputs if isinstance(m, Message)}
    inputs += [Mark(device, id_, ends) for device, id_ in sorted(known)]
    run = executor(compile_program(DEVICES + _rules(case)), inputs)
    return _alarms([output for output in run.outputs if isinstance(output, Life)])


def at(time: float) -> int:
    return BEGIN + round(time * 1000) * MS


def _alarms(lives: list[Life]) -> list[Alarm]:
    """The one alarm that the rules of all severities make together."""
    raised: set[str] = set()
    alarms: list[Alarm] = []
    for time in sorted({life.time for life in lives}):
        before = max(raised, key=GRAVITY.index, default=None)
        for life in lives:
            if life.time == time:
                (raised.add if life.what == "raised" else raised.discard)(life.rule)
        now = max(raised, key=GRAVITY.index, default=None)
        if now is None and before is not None:
            alarms.append(Alarm(time, "cleared", before))
        elif now is not None and now != before:
            alarms.append(Alarm(time, "created" if before is None else "severity updated", now))
    return alarms


# --- Inputs ----------------------------------------------------------------------------------------------------------


def _fields(name: str, value: Any) -> tuple[str, dict[str, Value]]:
    """A device and its fields for what a case sets."""
    match name.split("."):
        case ["owner", "attr", threshold]:
            return "Owner", {threshold: float(value)}
        case ["parent", "attr", "locationFilter"]:
            return "Owner", {"place": value}
        case ["location"]:
            return "Thing", {"place": value.rsplit(", ", 1)[-1]}
        case ["attr", "schedule"]:
            return "Thing", {"scheduled": "enabled" in value}
        case ["rule", "create", _]:
            return "Thing", {"level": float(value.rsplit(" ", 1)[-1])}
        case ["attr", attribute]:
            return "Thing", {attribute: value}
        case _:
            return "Thing", {name: float(value)}


# --- Rules -----------------------------------------------------------------------------------------------------------


def _rules(case: Mapping[str, Any]) -> str:
    rule = case["rule"]
    created = dict(rule["create"])
    for name in (name for one in case["inputs"] for name in one["set"] if name.startswith("rule.create.")):
        severity = name.rsplit(".", 1)[-1]
        created[severity] = re.sub(r"(\d+)$", r"(level else \1)", created[severity])
    return "\n".join(_rule(severity, create, rule) for severity, create in created.items())


def _rule(severity: str, create: Any, rule: Mapping[str, Any]) -> str:
    expression = create if isinstance(create, str) else create["expr"]
    if "owner." in expression:
        domain, when, until = "by owner", "max(Thing.temperature) >= max(Owner.temperatureThreshold)", None
    elif "contains" in expression:
        domain, when, until = "by place", "count(Thing) > 0 and count(Owner) > 0", None
    else:
        domain, when, until = "for Thing", _condition(create), _until(rule.get("clear"))
    clauses = f"when {when} {'' if until is None else f'until {until}'} severity {SEVERITY[severity]}"
    return f"rule {severity} {domain} {{ {clauses} }}"


def _until(clear: Any) -> str:
    return "false" if clear is None else _condition(clear)


def _condition(condition: Any) -> str:
    if isinstance(condition, str):
        quiet = re.fullmatch(r"last (\w+) (>) (\d+) and no data for (\d+) s", condition)
        if quiet is None:
            return condition
        field, comparison, level, seconds = quiet.groups()
        return f"{field} {comparison} {level} and no {field} for {seconds} s"
    match condition:
        case {"expr": expression, "repeats": int(count)}:
            return f"count({expression} over 1 s every 10 ms) >= {count}"
        case {"expr": expression, "repeats": _}:
            return f"count({expression} over 1 s every 10 ms) >= eventsCount"
        case {"expr": expression, "for_s": int(seconds)}:
            return f"{expression} for {seconds} s"
        case {"expr": expression, "for_s": _}:
            spans = (
                f"duration > {(s - 1) * 1000} and duration <= {s * 1000} and ({expression} for {s} s)"
                for s in range(1, 11)
            )
            return " or ".join(f"({span})" for span in spans)
        case _:
            assert "active" in condition, condition
            return f"{condition['expr']} and scheduled"
