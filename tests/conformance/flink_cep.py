"""Flink CEP's patterns as programs: one mapping for the cases of data/flink_cep.json.

| Flink | here |
|---|---|
| `followedBy`, `followedByAny`, `next` | `then`, `then each`, `then next` |
| a quantifier; its inner contiguity | the first turn; the others with their own link: `(A then next A 1..3 times)` |
| `optional`, `greedy`, `until` | `0..1 times`; `greedy`; `until`, also at the first turn (`1 times until X`) |
| `notFollowedBy` | `then no B`; behind a repetition `(… unless B)` too, as it ends who waits for a turn there |
| `notNext` | `then no (B and seq == last.seq + 1)`; at the end the event that is another one is not part of the match |
| `within` (first and last) | `within`, 1 µs shorter, as Flink's bound is not part of it |
| `within` of previous and current | a condition: so long after the event before |
| `within` of `times` | the same for the turns that must come: others are not bounded once anything came between |
| `skip…` | `skip …`; of a name, all turns are `as` that name |
| `sum of p over events bound to x` | `sum(x.p)` of the first and of the further turns |
| predicates on texts | a field that is true or false, worked out by who sends the messages |
| events in the order given | event times that go up by at least 1 ns, so that they also name the events |

A pattern without `within` gets one of an hour, which no case reaches.

One difference is deliberate (docs/meaning.md, Patterns): with a skip strategy Flink holds a match back while a partial
match lives that began before it; here a match is told when it is complete, except behind a `greedy` repetition at the
end.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Message, compile_program
from headgate.stdlib.function import Value

BEGIN = 1_704_067_200_000_000_000
MS = 1_000_000
LINKS = {"followedBy": "then", "followedByAny": "then each", "next": "then next", "begin": ""}
NUMBERS = ("price", "volume")

Events = Sequence[Mapping[str, Any]]


def play(case: Mapping[str, Any], executor: Executor, parameters: Mapping[str, Any] | None = None) -> list[list[str]]:
    """Run a case's pattern on its events: the matches, each as the sorted names of its events."""
    writing = Writing(case["pattern"], parameters or {})
    program = writing.program()
    times = event_times(case["events"])
    inputs: list[Input] = [
        Message("Thing", "t", time, {**_message(event, time), "seq": place, **writing.facts(event)})
        for place, (event, time) in enumerate(zip(case["events"], times, strict=True))
    ]
    run = executor(compile_program(program), inputs)
    names = {time: event["ref"] for event, time in zip(case["events"], times, strict=True)}
    return sorted(
        sorted(names[time] for step, time in one.events if step != "beyond")
        for one in run.outputs
        if isinstance(one, Matched)
    )


def written(case: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    return Writing(case["pattern"], parameters).program()


def event_times(events: Events) -> list[int]:
    """Event times in ns, each after the one before."""
    times: list[int] = []
    for place, event in enumerate(events):
        time = BEGIN + round((place if event["ts"] is None else event["ts"]) * MS)
        times.append(max(time, times[-1] + 1) if times else time)
    return times


def _message(event: Mapping[str, Any], time: int) -> dict[str, Value]:
    """All that an event says, and when; what it lacks is 0 or nothing, so that nothing is held from another one."""
    numbers = {name: float(event.get(name) or 0.0) for name in NUMBERS}
    texts = {"name": str(event.get("name", "")), "subtype": str(event.get("subtype", ""))}
    return {"at": (time - BEGIN) / MS, **numbers, **texts}


# --- Programs --------------------------------------------------------------------------------------------------------


@dataclass
class Writing:
    """A pattern as it is written, and the predicates on texts that its messages must bring."""

    pattern: Mapping[str, Any]
    parameters: Mapping[str, Any]
    predicates: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    """The names here of each name there, as far as they were written."""
    written: list[str] = field(default_factory=list)

    def program(self) -> str:
        within = self.pattern.get("within")
        between = within["ms"] if within is not None and within["type"] != "FIRST_AND_LAST" else None
        steps = self.pattern["steps"]
        if all(_is_optional(step) for step in steps):
            # A match has at least one event: whichever step is its first.
            begun = [[{**step, "optional": False}, *steps[place + 1 :]] for place, step in enumerate(steps)]
            parts = [self._sequence(one, between, first=True, repeated=False) for one in begun]
            body = parts[0] if len(parts) == 1 else f"any of ({', '.join(parts)})"
        else:
            body = self._sequence(steps, between, first=True, repeated=False)
        length = f"{within['ms'] * 1000 - 1} us" if within is not None and between is None else "1 h"
        text = f"pattern p for Thing = {body} within {length} {self._skip()}"
        fields = [f"telemetry {name}: bool" for name in self.predicates.values()]
        fields += [f"telemetry {name}: float" for name in (*NUMBERS, "at")]
        fields += ["telemetry name: text", "telemetry subtype: text", "telemetry seq: int"]
        return "\n".join(["module flink", "device Thing {", *fields, "}", text])

    def facts(self, event: Mapping[str, Any]) -> dict[str, Value]:
        """What the predicates say of an event."""
        holds = {"contains": str.__contains__, "starts": str.startswith}
        name = str(event.get("name", ""))
        return {field: holds[how](name, text) for (how, text), field in self.predicates.items()}

    def _skip(self) -> str:
        strategy = self.pattern["after_match_skip"]
        target = re.fullmatch(r"skipTo(First|Last)\((.+)\)", strategy)
        if target is not None:
            return f"skip to {target[1].lower()} {_name(target[2])}"
        return {"noSkip": "skip none", "skipToNext": "skip next"}.get(strategy, "skip past last")

    def _sequence(self, steps: Sequence[Mapping[str, Any]], between: int | None, *, first: bool, repeated: bool) -> str:
        """Steps one after another; `first`: they begin the pattern; `repeated`: they are turns of a repetition."""
        parts: list[str] = []
        for place, step in enumerate(steps):
            after = steps[place + 1] if place + 1 < len(steps) else None
            match step["op"]:
                case "notFollowedBy":
                    parts.append(f"then no ({self._condition(step['cond'], step['var'], repeated)})")
                case "notNext":
                    unmet = self._condition(step["cond"], step["var"], repeated)
                    if after is None:
                        parts.append(f"then next not ({unmet}) as beyond")
                    else:
                        parts.append(f"then no (({unmet}) and seq == {self._last('seq')} + 1)")
                case op:
                    link = "" if place == 0 else LINKS[op]
                    breaks = after["cond"] if after is not None and after["op"] == "notFollowedBy" else None
                    late = None if first and place == 0 else between
                    parts.append(f"{link} {self._element(step, breaks, late, repeated)}".strip())
        return " ".join(parts)

    def _element(self, step: Mapping[str, Any], breaks: str | None, between: int | None, repeated: bool) -> str:
        """A step with its quantifier; `breaks`: what must not follow it; `between`: how long after the one before."""
        least, most = step.get("times") or (1, 1)
        optional = step.get("optional", False) or least == 0
        least = max(least, 1)
        until = ""
        if step.get("until") is not None:
            until = f" until {self._condition(step['until'], '', repeated)}"
        greedy = " greedy" if step.get("greedy") and (least != most or optional) else ""
        gap = step.get("times_within")
        if isinstance(gap, str):
            gap = self.parameters[f"{gap.removeprefix('$')}_ms"]
        text = self._turn(step, 1, between if optional else gap or between, repeated)
        if until:
            text = f"{text} 1 times{until}"
        inner = "then next" if step.get("consecutive") else "then each" if step.get("allow_combinations") else "then"
        if least > 1 and (gap is not None or least == most):
            text = (
                f"{text} {inner} {self._turn(step, 2, gap or between, repeated or least > 2)} {least - 1} times{until}"
            )
            most = None if most is None else most - least + 1
            least = 1
        if most != 1:
            often = f"at least {least - 1} times" if most is None else f"{least - 1}..{most - 1} times"
            text = f"{text} {inner} {self._turn(step, 2, between, repeated or most != 2)} {often}{greedy}{until}"
        if breaks is not None and step.get("times") is not None:
            text = f"({text} unless {self._condition(breaks, '', repeated)})"
        text = f"({text})"
        if f"({step.get('var')})" in self.pattern["after_match_skip"]:
            text = f"{text} as {_name(step['var'])}"
        return f"{text} 0..1 times{greedy}{until}" if optional else text

    def _turn(self, step: Mapping[str, Any], number: int, between: int | None, repeated: bool) -> str:
        if "group" in step:
            return f"({self._sequence(step['group'], between, first=False, repeated=repeated or number == 2)})"
        name = f"{_name(step['var'])}_{len(self.written)}"
        if repeated:
            self._write(step["var"], name)
        condition = self._condition(step["cond"], step["var"], repeated)
        if between is not None:
            condition = f"{condition} and at - {self._last('at')} < {between}"
        if not repeated:
            self._write(step["var"], name)
        return f"({condition}) as {name}"

    def _write(self, var: str, name: str) -> None:
        self.names.setdefault(var, []).append(name)
        self.written.append(name)

    def _last(self, field: str) -> str:
        """What a field was at the newest event that was bound."""
        found = "0"
        for name in self.written:
            found = f"max({found}, last({name}.{field}) else 0)" if found != "0" else f"(last({name}.{field}) else 0)"
        return found

    def _condition(self, text: str, var: str, repeated: bool) -> str:
        return " and ".join(self._predicate(part) for part in text.split(" and "))

    def _predicate(self, text: str) -> str:
        """One of the conditions that are joined by `and`."""
        if text == "true":
            return "at >= 0"
        if text.startswith("event is of subtype "):
            return f'subtype == "{text.removeprefix("event is of subtype ")}"'
        found = re.fullmatch(r'name ?\.equals\("(.*)"\)', text)
        if found is not None:
            return f'name == "{found[1]}"'
        found = re.fullmatch(r'name(?:\.contains\(| (starts) with )"(.*?)"\)?', text)
        if found is not None:
            how = found[1] or "contains"
            return self.predicates.setdefault((how, found[2]), f"name_{len(self.predicates)}")
        return re.sub(r'\(sum of (\w+) over events already bound to "(.+?)" in this partial match\)', self._sum, text)

    def _sum(self, found: "re.Match[str]") -> str:
        sums = [f"(sum({name}.{found[1]}) else 0)" for name in self.names.get(found[2], ())]
        return f"({' + '.join(sums)})" if sums else "0"


def _is_optional(step: Mapping[str, Any]) -> bool:
    return bool(step.get("optional")) or (step.get("times") or [1])[0] == 0


def _name(name: str) -> str:
    return "v_" + re.sub(r"\W", "_", name)
