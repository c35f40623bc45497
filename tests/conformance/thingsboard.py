"""ThingsBoard's alarm rules as programs: one mapping for the cases of data/thingsboard_alarms.json.

| ThingsBoard | here |
|---|---|
| one alarm with several severities | one rule for each; the alarm is that of the gravest raised |
| CRITICAL, MAJOR, MINOR, WARNING, INDETERMINATE | critical, major, minor, warning, info |
| create; clear, while nothing creates; none | `when`; `until C and not …`; `until false` |
| a value that has not come; its default | `x else 0` |
| `for_s` | `C for D` |
| `repeats: n` | `count(C over n samples) >= n`: so often, one after another |
| no data for 3 s | `no temperature for 3 s` |
| an attribute | a property; of the owner: of another device, met by a group |
| a duration, or how often, from an attribute | one `for` or window for each value that it takes |
| a schedule; from an attribute, all days on or off | `schedule`; a property that is true or false |
| `location contains filter` | the place named last in the text is the group; the parent names the group it looks for |
| a rule's expression changed at run time | the level is a property: what changes at run time is data |

An alarm that is updated, of the same severity, is no event here: that it is still raised is what is checked.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.runtime.output import Life
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, S, compile_program
from headgate.stdlib.function import Value

BEGIN = 1_704_067_200 * S
"""Time 0 of the cases: Monday, 1 January 2024, at midnight."""
GRAVITY = ("INDETERMINATE", "WARNING", "MINOR", "MAJOR", "CRITICAL")
SEVERITY = {"INDETERMINATE": "info"} | {name: name.lower() for name in GRAVITY[1:]}
OWNERS = ("owner", "parent", "customer", "tenant")
"""What the thing belongs to, whose attributes its rules can ask for."""
MS = 1_000_000
WORDS = {"&&": "and", "||": "or", "!": "not ", "AND": "and", "OR": "or", "NOT": "not"}
TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)"""
    r"""|(?P<sign>&&|\|\||[<>=!]=|[-+*/()<>!]))"""
)
QUIET = re.compile(r"(?:(?:last )?(\w+) (.*) and )?no data(?: of (\w+))? for (\d+) s")
HOURS = re.compile(
    r"(?:([a-z]{3}(?:\.\.[a-z]{3})?(?:, ?[a-z]{3})*) )?(\d\d:\d\d) ?(?:-|to|\.\.) ?(\d\d:\d\d)"
    r"(?: (?:in )?(\w+/\w+|UTC))?"
)
FROM_ATTRIBUTE = re.compile(r"attribute (\w+)( \(ms\)/1000)?")


OF_TEXT = re.compile(r"(\w+) (not )?(contains|starts with|ends with) '([^']*)'")
FILTERS = ("location contains parent.locationFilter", "location not contains parent.locationFilter")


class NotMapped(Exception):
    """What has no counterpart; the text is the reason."""


@dataclass(frozen=True)
class Alarm:
    """What an alarm did at a time: created, changed its severity, or was cleared; and its severity since then."""

    time: int
    result: str
    severity: str


def play(case: Mapping[str, Any], executor: Executor) -> list[Alarm]:
    """Run a case's rules on its inputs; what the alarm of its one thing did. Raises `NotMapped`."""
    first = at(case["inputs"][0]["t_s"]) - S
    inputs: list[Input] = [Message("Owner", "o", first, {"owner": "o"}), Message("Thing", "t", first, {"owner": "o"})]
    for one in case["inputs"]:
        for name, value in one["set"].items():
            device, fields = _fields(name, value)
            inputs.append(Message(device, "t" if device == "Thing" else "o", at(one["t_s"]), fields))
    ends = max(at(one["t_s"]) for key in ("inputs", "expected") for one in case[key]) + S
    known = {(m.device, m.id) for m in inputs if isinstance(m, Message)}
    inputs += [Mark(device, id_, ends) for device, id_ in sorted(known)]
    rules = _Rules(case)
    run = executor(compile_program(_devices(inputs, rules) + rules.text()), inputs)
    return _alarms([output for output in run.outputs if isinstance(output, Life)])


def _devices(inputs: list[Input], rules: "_Rules") -> str:
    """The two devices, with what they are ever told."""
    told: dict[tuple[str, str], str] = {("Thing", "owner"): "text", ("Owner", "owner"): "text"}
    told |= {("Thing", "place"): "text", ("Owner", "place"): "text"}
    told |= dict.fromkeys(sorted(rules.asked), "float")
    for message in inputs:
        if isinstance(message, Message):
            for name, value in message.fields.items():
                told[message.device, name] = (
                    "text" if isinstance(value, str) else "bool" if value is True or value is False else "float"
                )
    properties = {"owner", "place", *rules.attributes}
    text = "module thingsboard\n"
    for device in ("Thing", "Owner"):
        lines = [
            f"    {'property ' if name in properties else 'telemetry'} {name}: {kind}\n"
            for (of, name), kind in told.items()
            if of == device
        ]
        text += f"device {device} {{\n{''.join(lines)}}}\n"
    return text


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
    plain = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    match name.split("."):
        case ["parent", "attr", "locationFilter"]:
            return "Owner", {"place": value}
        case ["location"]:
            return "Thing", {"place": value.rsplit(", ", 1)[-1]}
        case ["attr", "schedule"]:
            return "Thing", {"schedule_": "enabled" in value}
        case ["rule", "create", _]:
            return "Thing", {"level_": float(value.rsplit(" ", 1)[-1])}
        case [owner, "attr", attribute] if owner in OWNERS:
            return "Owner", {f"{attribute}_": plain}
        case ["attr", attribute]:
            return "Thing", {f"{attribute}_": plain}
        case [field]:
            return "Thing", {f"{field}_": plain}
        case _:
            raise NotMapped(f"`{name}`, which is set")


# --- Rules -----------------------------------------------------------------------------------------------------------


class _Rules:
    """A case's rules as a program; `asked`: the fields that they speak of, by device."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.case = case
        self.rule = case["rule"]
        self.defaults = self.rule.get("defaults", {})
        self.asked: set[tuple[str, str]] = set()
        set_ = [name for one in case["inputs"] for name in one["set"]]
        self.attributes = {f"{name.rpartition('.')[2]}_" for name in set_ if "attr." in name} | {"schedule_", "level_"}
        self.grouped = any(f"{owner}." in str(self.rule) for owner in OWNERS)
        create = dict(self.rule["create"])
        for name in (name for name in set_ if name.startswith("rule.create.")):
            severity = name.rpartition(".")[2]
            create[severity] = re.sub(r"(\d+)$", r"level_or_\1", create[severity])
        self.create = {severity: self.condition(one) for severity, one in create.items()}
        clear = self.rule.get("clear")
        self.clear = "false" if clear is None else self.condition(clear)

    def text(self) -> str:
        creating = " or ".join(f"({one} else false)" for one in self.create.values())
        until = self.clear if self.rule.get("clear") is None else f"({self.clear}) and not ({creating})"
        domain = "for Thing"
        if self.grouped:
            domain = "by place" if "contains" in str(self.rule) else "by owner"
        rules = []
        for severity, when in self.create.items():
            hours = self.schedule(self.rule["create"][severity])
            rules.append(
                f"rule {severity} {domain} {{ {hours} when {when} until {until} severity {SEVERITY[severity]} }}\n"
            )
        return "".join(rules)

    def schedule(self, create: Any) -> str:
        active = create.get("active") if isinstance(create, Mapping) else None
        if active is None or "attribute schedule" in active:
            return ""
        found = HOURS.fullmatch(active)
        if found is None:
            raise NotMapped(f"the schedule `{active}`")
        days, begin, end, zone = found.groups()
        return f'schedule {days or ""} "{begin}".."{end}"' + (f' in "{zone}"' if zone else "")

    def condition(self, condition: Any) -> str:
        if isinstance(condition, str):
            quiet = QUIET.fullmatch(condition)
            if quiet is None:
                return self.expression(condition)
            field, test, other, seconds = quiet.groups()
            name = self.column(other or field)
            before = "" if field is None else f"{self.expression(f'{field} {test}')} and "
            return f"({before}no {name} for {seconds} s)"
        holds = self.expression(condition["expr"])
        if "active" in condition and "attribute schedule" in condition["active"]:
            self.asked.add(("Thing", "schedule_"))
            holds = f"({holds} and schedule_)"
        known = {"expr", "repeats", "for_s", "active"}
        if set(condition) - known:
            raise NotMapped(f"`{min(set(condition) - known)}` of a condition")
        if "repeats" in condition:
            return self.each_value(condition["repeats"], lambda n: f"(count({holds} over {n:g} samples) >= {n:g})")
        if "for_s" in condition:
            return self.each_value(condition["for_s"], lambda n: f"({holds} for {round(n * 1000)} ms)")
        return holds

    def each_value(self, value: Any, written: Callable[[float], str]) -> str:
        """A condition that waits for what an attribute says: one for each value that it takes."""
        if not isinstance(value, str):
            return written(float(value))
        found = FROM_ATTRIBUTE.fullmatch(value)
        if found is None:
            raise NotMapped(f"`{value}`")
        attribute, in_ms = found.groups()
        name = self.value(attribute)
        taken = {one["set"].get(f"attr.{attribute}") for one in self.case["inputs"]} | {self.defaults.get(attribute)}
        parts = [
            f"({name} == {value} and ({written(value / 1000 if in_ms else value)}))"
            for value in sorted(one for one in taken if one is not None and one > 0)
        ]
        return f"({' or '.join(parts)})" if parts else "false"

    def expression(self, text: str) -> str:
        if text in FILTERS:
            met = "(count(Thing) > 0 and count(Owner) > 0)"
            return f"(not {met})" if "not contains" in text else met
        asked = OF_TEXT.fullmatch(text)
        if asked is not None:
            name, negated, how, part = asked.groups()
            met = f"{how.replace(' ', '_')}({self.value(name)}, {json.dumps(part)})"
            return f"(not {met})" if negated else met
        out, at_ = list[str](), 0
        text = text.removeprefix("return ").rstrip("; ")
        while at_ < len(text):
            found = TOKEN.match(text, at_)
            if found is None:
                raise NotMapped(f"`{text[at_ : at_ + 10]}` in an expression")
            kind, token = found.lastgroup, found.group(found.lastgroup or 0)
            at_ = found.end()
            if kind == "text":
                out.append(json.dumps(token[1:-1]))
            elif kind == "name" and token.startswith("level_or_"):
                self.asked.add(("Thing", "level_"))
                out.append(f"(level_ else {token.removeprefix('level_or_')})")
            elif kind == "name" and token not in ("and", "or", "not", "true", "false", *WORDS):
                if text[at_ : at_ + 1] == "(":
                    raise NotMapped(f"the function `{token}`")
                out.append(self.value(token))
            else:
                out.append(WORDS.get(token, token))
        return f"({' '.join(out)})"

    def value(self, name: str) -> str:
        """What a name in an expression is: of the thing, or of its owner; its default before it is known."""
        owner, _, field = name.rpartition(".")
        device = "Owner" if owner in OWNERS else "Thing"
        self.asked.add((device, f"{field}_"))
        text = f"max({device}.{field}_)" if self.grouped else f"{field}_"
        default = self.defaults.get(name, self.defaults.get(f"attr.{field}"))
        return text if default is None else f"({text} else {json.dumps(default)})"

    def column(self, name: str) -> str:
        self.asked.add(("Thing", f"{name}_"))
        return f"{name}_"
