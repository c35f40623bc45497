"""Flink CEP's patterns as programs: one mapping for the cases of data/flink_cep.json and data/flink_cep_more.json.

| Flink | here |
|---|---|
| `followedBy`, `followedByAny`, `next` | `then`, `then each`, `then next` |
| a quantifier; its inner contiguity | the first turn; the others with their own link: `(A then next A 1..3 times)` |
| `optional` | `0..1 times`; if every step may be left out, `any of` the ways to begin |
| `greedy` | `greedy`; at the end, and where there is no choice of how often, it says nothing there |
| `until` of a step | `until`; at the first turn of what is both: `until X and A`; `A and not X` with `followedByAny` |
| `until` of a group | `until`, also at the first turn, and `unless` within a turn |
| the first step of a group | has the inner contiguity of the group; a group that begins with a group follows at once |
| `notFollowedBy` | `then no B`; `until B` of a repetition before it; not B where the same event is the end |
| `notFollowedBy` at the end | behind an open repetition, the silence begins with an event |
| `notNext` | `then no (B and seq == last.seq + 1)`; at the end the event that is another one is not part of the match |
| `within` (first and last) | `within`, 1 µs shorter, as Flink's bound is not part of it |
| `within` of previous and current | of the last step: a condition, so long after the event before; or its silence |
| `within` of `times` | the same for the turns that must come but the last one of a fixed number, also for the first |
| `skip…` | `skip …`; of a name, all turns are `as` that name |
| `sum of p over events bound to x`, their number | `sum(x.p)`, `count(x)` of the first and of the further turns |
| predicates on texts | a field that is true or false, worked out by who sends the messages |
| events in the order given | event times that go up by at least 1 ns, so that they also name the events |

A pattern without `within` gets one of an hour, which no case reaches.

One difference is deliberate (docs/meaning.md, Patterns): with a skip strategy Flink holds a match back while a partial
match lives that began before it; here a match is told when it is complete. And some things that its automaton does, and
its documents do not say, are not done here:

- who waits for a turn of a repeated group goes on to what follows at any event: so a match is told more than once, and
  what follows need not be `next`, nor the first of its kind;
- a turn of a repeated group that takes nothing is told again for each turn;
- behind a `greedy` step at the end of a group no match ends with that step;
- of `times(n, m)` and `notFollowedBy` at the end only the match with m turns is told if nothing comes after it;
- an event that must not follow, and is all that a match still needs, ends it, also as a turn of a repetition or behind
  what may be left out;
- what must not come next is asked of the event before it, where all that follows may be left out.

What is not written here: `skip to` a step of a pattern that may begin with any of its steps (it stands there more than
once), and an absence behind a group of which every step may be left out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Message, compile_program
from headgate.stdlib.function import Value

BEGIN = 1_704_067_200_000_000_000
MS = 1_000_000
LINKS = {"followedBy": "then", "followedByAny": "then each", "next": "then next", "begin": ""}
NUMBERS = ("price", "volume")
BOUND = re.compile(
    r"\((?:sum of (?P<sum>\w+) over|number of|(?P<first>\w+) of the first of) events already bound to "
    r'"(?P<var>.+?)" in this partial match\)'
)
SPEAKS = re.compile(r"\b(true|name|price|volume|subtype)\b")

Events = Sequence[Mapping[str, Any]]
Step = Mapping[str, Any]


def play(case: Mapping[str, Any], executor: Executor, parameters: Mapping[str, Any] | None = None) -> list[list[str]]:
    """Run a case's pattern on its events: the matches, each as the sorted names of its events."""
    writing = Writing(case["pattern"], parameters or {})
    program = writing.program()
    times = event_times(case["events"])
    inputs: list[Input] = [
        Message("Thing", "t", time, {**_message(event, place), "seq": place, **writing.facts(event)})
        for place, (event, time) in enumerate(zip(case["events"], times, strict=True))
    ]
    run = executor(_compiled(program), inputs)
    names = {time: event["ref"] for event, time in zip(case["events"], times, strict=True)}
    return sorted(
        sorted(names[time] for step, time in one.events if not step.startswith("beyond"))
        for one in run.outputs
        if isinstance(one, Matched)
    )


_compiled = lru_cache(maxsize=1)(compile_program)
"""A case is played by one executor after another."""


def written(case: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    return Writing(case["pattern"], parameters).program()


def event_times(events: Events) -> list[int]:
    """Event times in ns, each after the one before."""
    times: list[int] = []
    for place, event in enumerate(events):
        time = BEGIN + round(_at(event, place) * MS)
        times.append(max(time, times[-1] + 1) if times else time)
    return times


def _at(event: Mapping[str, Any], place: int) -> float:
    """When (ms) an event was, by itself: several may be at one time."""
    return float(place if event["ts"] is None else event["ts"])


def _message(event: Mapping[str, Any], place: int) -> dict[str, Value]:
    """All that an event says, and when; what it lacks is 0 or nothing, so that nothing is held from another one."""
    numbers = {name: float(event.get(name) or 0.0) for name in NUMBERS}
    texts = {"name": str(event.get("name", "")), "subtype": str(event.get("subtype", ""))}
    return {"at": _at(event, place), **numbers, **texts}


# --- Programs --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a step stands.

    `first`, `last`: it begins or ends the pattern; `repeated`: it is a turn of a repetition; `group`: it begins this
    group; `between`: how long (ms) after the event before it its own must come.
    """

    first: bool = False
    last: bool = False
    repeated: bool = False
    group: Step | None = None
    between: int | None = None


@dataclass
class Writing:
    """A pattern as it is written, and the predicates on texts that its messages must bring."""

    pattern: Mapping[str, Any]
    parameters: Mapping[str, Any]
    predicates: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    names: dict[str, list[str]] = field(default_factory=dict)
    """The names here of each name there, as far as they were written."""
    written: list[str] = field(default_factory=list)

    def program(self) -> str:
        within = self.pattern.get("within")
        bodies = [self._body(steps) for steps in _begun(self.pattern["steps"])]
        body = bodies[0] if len(bodies) == 1 else f"any of ({', '.join(bodies)})"
        length = "1 h" if within is None or self._between() is not None else _before(within["ms"])
        text = f"pattern p for Thing = {body} within {length} {self._skip()}"
        fields = [f"telemetry {name}: bool" for name in self.predicates.values()]
        fields += [f"telemetry {name}: float" for name in (*NUMBERS, "at")]
        fields += ["telemetry name: text", "telemetry subtype: text", "telemetry seq: int"]
        return "\n".join(["module flink", "device Thing {", *fields, "}", text])

    def _body(self, steps: Sequence[Step]) -> str:
        """The pattern, or one of the ways in which it begins: these do not know each other's names."""
        self.names.clear()
        self.written.clear()
        return self._sequence(steps, Place(first=True, last=True, between=self._between()))

    def _between(self) -> int | None:
        """How long (ms) after the event before it the last one must come."""
        within = self.pattern.get("within")
        return within["ms"] if within is not None and within["type"] != "FIRST_AND_LAST" else None

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

    def _sequence(self, steps: Sequence[Step], at: Place) -> str:
        """Steps one after another."""
        parts: list[str] = []
        for place, step in enumerate(steps):
            after = steps[place + 1] if place + 1 < len(steps) else None
            if step["op"] in ("notNext", "notFollowedBy"):
                parts.append(self._absence(steps, place, at))
                continue
            here = replace(
                at,
                first=at.first and place == 0,
                last=at.last and after is None,
                group=at.group if step["op"] == "begin" else None,
                between=at.between if after is None else None,
            )
            link = "" if place == 0 else _link(step, LINKS[step["op"]])
            parts.append(f"{link} {self._element(step, here, after)}".strip())
        return " ".join(parts)

    def _absence(self, steps: Sequence[Step], place: int, at: Place) -> str:
        """What must not come at a place."""
        step, after = steps[place], steps[place + 1] if place + 1 < len(steps) else None
        unmet = self._condition(step["cond"])
        match step["op"], after:
            case "notNext", None:
                return f"then next not ({unmet}) as beyond_{next(self.numbers)}"
            case "notNext", _:
                return f"then no ({self._at_once(unmet)})"
            case _, None if at.between is not None:
                return f"then no ({unmet}) for {_before(at.between)}"
            case _, None if at.last and _most(steps[place - 1]) is None:
                return f"then next not ({unmet}) as beyond_{next(self.numbers)} then no ({unmet})"
            case _, {"op": "followedBy" | "next", "cond": end} if at.last and after is steps[-1] and _is_plain(after):
                return f"then no (({unmet}) and not ({self._condition(end)}))"
            case _:
                return f"then no ({unmet})"

    def _at_once(self, condition: str) -> str:
        """A condition, of the event that comes at once behind the newest one that was bound."""
        return f"({condition}) and seq == {self._last('seq')} + 1"

    def _element(self, step: Step, at: Place, after: Step | None) -> str:
        """A step with its quantifier; `after`: what is written behind it."""
        least, most = max(_least(step), 1), _most(step)
        inner = _link(step, _inner(step if at.group is None else at.group))
        greedy = " greedy" if step.get("greedy") and least != most and not at.last else ""
        begins, gap = self._begins(step), self._gap(step)
        near = gap if most != 1 and not at.first and (not _is_optional(step) or step["op"] == "next") else None
        text = self._turn(step, replace(at, between=at.between if most == 1 else near))
        if begins:
            text = f"{text} 1 times{begins}"
        taken = 1
        if gap is not None or (after is not None and after["op"] == "notNext"):
            taken = least - 1 if gap is not None and least == most else least
            text += self._turns(step, replace(at, between=gap), inner, (taken - 1, taken - 1), "", after)
        limits = (least - taken, None if most is None else most - taken)
        text += self._turns(step, replace(at, between=None), inner, limits, greedy, after)
        text = f"({text})"
        if f"({step.get('var')})" in self.pattern["after_match_skip"]:
            text = f"{text} as {_name(step['var'])}"
        if not _is_optional(step):
            return text
        return f"{text} 0..1 times{greedy}{self._until(step, None, needed=True) if greedy else begins}"

    def _begins(self, step: Step) -> str:
        """The end of the wait for the first turn: of a group, what ends it; of a step, an event that would be both."""
        if step.get("until") is None or (step["op"] == "followedByAny" and "group" not in step):
            return ""
        until = f"({self._condition(step['until'])})"
        return f" until {until}" if "group" in step else f" until {until} and ({self._condition(step['cond'])})"

    def _gap(self, step: Step) -> int | None:
        """How long (ms) after the event before it a turn of a step must come, if there is more than one."""
        gap = step.get("times_within")
        if isinstance(gap, str):
            gap = self.parameters[f"{gap.removeprefix('$')}_ms"]
        return None if "group" in step or _most(step) == 1 else gap

    def _turns(
        self, step: Step, at: Place, inner: str, limits: tuple[int, int | None], greedy: str, after: Step | None
    ) -> str:
        """Further turns of a step, so many at least and at most."""
        least, most = limits
        if most is not None and most < 1:
            return ""
        turn = self._turn(step, replace(at, first=False, repeated=at.repeated or most != 1))
        often = f"at least {least}" if most is None else f"{least}..{most}" if least < most else f"{most}"
        return f" {inner} {turn} {often} times{greedy}{self._until(step, after, needed=least == most)}"

    def _until(self, step: Step, after: Step | None, *, needed: bool) -> str:
        """What ends the wait for a further turn, also what must not come `after` the turns; `needed`: one must come."""
        ends = [] if step.get("until") is None else [self._condition(step["until"])]
        match after:
            case {"op": "notFollowedBy", "cond": text}:
                ends.append(self._condition(text))
            case {"op": "notNext", "cond": text} if not needed:
                ends.append(self._at_once(self._condition(text)))
        return f" until {' or '.join(f'({end})' for end in ends)}" if ends else ""

    def _turn(self, step: Step, at: Place) -> str:
        if "group" in step:
            text = self._sequence(step["group"], replace(at, between=None, group=step))
            return f"({text} unless {self._condition(step['until'])})" if step.get("until") is not None else f"({text})"
        name = f"{_name(step['var'])}_{next(self.numbers)}"
        if at.repeated:
            self._write(step["var"], name)
        condition = self._condition(step["cond"])
        if step.get("until") is not None and step["op"] == "followedByAny":
            condition = f"{condition} and not ({self._condition(step['until'])})"
        if at.between is not None and self.written:
            last = self._last("at")
            condition = f"{condition} and (at - {last} < {at.between} or {last} < 0)"
        if not at.repeated:
            self._write(step["var"], name)
        return f"({condition}) as {name}"

    def _write(self, var: str, name: str) -> None:
        self.names.setdefault(var, []).append(name)
        self.written.append(name)

    def _last(self, field: str) -> str:
        """What a field was at the newest event that was bound; below 0 if there is none."""
        found = "-1"
        for name in self.written:
            found = f"max({found}, last({name}.{field}) else -1)"
        return found

    def _condition(self, text: str) -> str:
        """A condition of the event; one that asks only what was bound before is one of every event."""
        if " or " in text:
            return f"({' or '.join(f'({self._condition(part)})' for part in text.split(' or '))})"
        here = " and ".join(self._predicate(part) for part in text.split(" and "))
        return here if SPEAKS.search(BOUND.sub("", text)) else f"at >= 0 and {here}"

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
        return BOUND.sub(self._bound, text)

    def _bound(self, found: "re.Match[str]") -> str:
        """The sum over the events that a name has, their number, or the first one's field."""
        names = self.names.get(found["var"], ())
        if found["first"] is not None:
            return " else ".join(f"first({name}.{found['first']})" for name in names)
        of = [f"(sum({name}.{found['sum']}) else 0)" if found["sum"] else f"count({name})" for name in names]
        return f"({' + '.join(of)})" if of else "0"


# --- Steps -----------------------------------------------------------------------------------------------------------


def _begun(steps: Sequence[Step]) -> list[Sequence[Step]]:
    """The ways in which steps begin: a match has an event, and if each step may be left out, any can be the first."""
    if not all(_is_empty(step) for step in steps):
        return [steps]
    return [[first, *steps[place + 1 :]] for place, step in enumerate(steps) for first in _needed(step)]


def _needed(step: Step) -> list[Step]:
    """A step that may be left out, as one that may not."""
    needed = {**step, "optional": False}
    if "times" in step:
        needed["times"] = [max(_least(step), 1), _most(step)]
    if "group" not in step:
        return [needed]
    return [{**needed, "group": group} for group in _begun(step["group"])]


def _least(step: Step) -> int:
    return int((step.get("times") or (1, 1))[0])


def _most(step: Step) -> int | None:
    most: int | None = (step.get("times") or (1, 1))[1]
    return most


def _is_optional(step: Step) -> bool:
    return bool(step.get("optional")) or _least(step) == 0


def _is_empty(step: Step) -> bool:
    """Whether it may have no event at all."""
    return _is_optional(step) or ("group" in step and all(_is_empty(one) for one in step["group"]))


def _is_plain(step: Step) -> bool:
    """Whether it is one event at most."""
    return "group" not in step and "times" not in step


def _inner(step: Step) -> str:
    """How the turns of a step follow each other."""
    return "then next" if step.get("consecutive") else "then each" if step.get("allow_combinations") else "then"


def _link(step: Step, link: str) -> str:
    """How a step follows: a group whose first step is a group must follow at once."""
    return "then next" if "group" in step and "group" in step["group"][0] else link


def _before(ms: int) -> str:
    """A time that is over before the given one."""
    return f"{ms * 1000 - 1} us"


def _name(name: str) -> str:
    return "v_" + re.sub(r"\W", "_", name)
