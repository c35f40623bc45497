"""Siddhi's patterns and sequences as programs: one mapping for the cases of data/siddhi.json.

| Siddhi | here |
|---|---|
| the start of the application | a message with which the pattern begins; with what must not come first, too |
| a stream's event | a message with its attributes, and the stream's name and its time |
| `A -> B`, `A, B` | `A then B`, `A then next B`: any message is the next |
| `every X` | `X at least 1 times`, of which the last turn counts |
| `e <2:5>`, `+`, `*`, `?` | so many times |
| `A or B`; `A and B` | `any of`; `all of`, and of one stream also one event that is both |
| `not A for 1 sec`; `not A and B` | `no A for 1 s`; `no A then B` |
| a silence within a sequence | nothing may come but that stream's events which are not meant |
| `within` | a condition: so long after the first event (of the last turn of `every`) |
| `e1.price`, `e1[0].price`, `e1[last].price` | `last(e1.price)`, `first(e1.price)` |
| what has matched is gone | of the matches with one last turn of `every` the first counts |

Columns are read off the events of a match.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.siddhi_query import Absent, Every, Logic, NotSaid, Part, Query, Row, State, read

MS = 1_000_000
BEGIN = 1_704_067_200_000 * MS
Rows = list[list[Any]]


def play(case: Mapping[str, Any], executor: Executor) -> Rows:
    """Run a case's query on its events: the rows that it gives, in no order."""
    query = read(case["query_siddhi"])
    writing = Writing(query)
    events = [event for event in case["events"] if event["stream"] in query.streams]
    first = min((event["t_ms"] for event in events), default=0)
    base = BEGIN - (first * MS if first > 10**9 else 0)
    times = [base + event["t_ms"] * MS + place for place, event in enumerate(events, 1)]
    started = base if first > 10**9 else BEGIN
    started = min([started, *times]) - 1 if first > 10**9 else BEGIN
    keys = [_key(query, event) for event in events]
    devices = list(dict.fromkeys(one for one in keys if one is not None)) or ["one"]
    inputs: list[Input] = []
    begun = {key: started if not query.partition else times[keys.index(key)] - 1 for key in devices}
    sent = list(zip(times, keys, events, strict=True))
    for key, time in begun.items():
        inputs.append(Message("Thing", key, time, {"stream": "", "at": 0.0}))
    for time, of, event in sent:
        for key in devices if of is None else [of]:
            inputs.append(Message("Thing", key, time, _message(query, event, (time - base) / MS)))
    inputs += [Mark("Thing", key, base + _end(case) * MS + len(events) + 2) for key in devices]
    run = executor(compile_program(writing.program()), inputs)
    data = {time: event for time, _, event in sent}
    return _rows(query, writing, [one for one in run.outputs if isinstance(one, Matched)], data)


def written(case: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    return Writing(read(case["query_siddhi"])).program()


def _end(case: Mapping[str, Any]) -> int:
    """Until when (ms) a case is watched."""
    waits = case["wait_after"]
    if waits is None:
        return int(case["advance_to_ms"])
    until = waits["starts_at"] + waits["poll_ms"] * waits.get("max_polls", 0)
    return int(max(until, waits["starts_at"]))


def _key(query: Query, event: Mapping[str, Any]) -> str | None:
    """The partition that an event belongs to; None: all."""
    if not query.partition:
        return "one"
    attribute = query.partition.get(event["stream"])
    return None if attribute is None else str(event["data"][attribute])


def _message(query: Query, event: Mapping[str, Any], at: float) -> dict[str, Value]:
    values: dict[str, Value] = {"stream": event["stream"], "at": at}
    for name, value in event["data"].items():
        if value is not None:
            values[f"{event['stream']}_{name}"] = value if isinstance(value, str | bool) else float(value)
    return values


def _rows(query: Query, writing: "Writing", matches: Sequence[Matched], data: Mapping[int, Any]) -> Rows:
    rows: Rows = []
    seen: set[Any] = set()
    for one in matches:
        named: dict[str, list[int]] = {}
        for name, time in one.events:
            for part in name.removesuffix("__2").split("_and_"):
                named.setdefault(part, []).append(time)
        turn = tuple(named.get(name, [0])[-1] for name in writing.every)
        if (one.key, turn) in seen:
            continue
        seen.add((one.key, turn))
        rows.append([_column(column, named, writing, data) for column in query.select])
    return rows


def _column(column: tuple[str, str, str], named: Mapping[str, list[int]], writing: "Writing", data: Any) -> Any:
    name, index, attribute = column
    times = named.get(name, [])
    if name in writing.every or not index:
        times = times[-1:]
    place = {"": -1, "last": -1}.get(index, int(index) if index.isdecimal() else None)
    if place is None:
        raise NotSaid(f"{name}[{index}]")
    return data[times[place]]["data"][attribute] if -len(times) <= place < len(times) else None


# --- Programs --------------------------------------------------------------------------------------------------------


BEGAN = State("began", "", "", 1, 1)
"""The message with which everything begins."""


@dataclass
class Writing:
    """A query as it is written. `every`: the events of `every`; `first`: that from which `within` counts."""

    query: Query
    every: list[str] = field(default_factory=list)
    first: str | None = None
    within: int | None = None
    states: dict[str, str] = field(default_factory=dict)
    """The stream of each event that was named."""
    suffix: str = ""
    twice: set[str] = field(default_factory=set)
    """The events that were written twice, the second time with this behind the name: in another alternative."""

    def program(self) -> str:
        body = self.query.body
        if isinstance(body, Row):
            self.within = body.within
        elif isinstance(body, Every) and isinstance(body.of, Row):
            self.within = body.of.within
        strict = isinstance(body, Row) and body.strict
        if isinstance(body, Row) and len(body.parts) == 1:
            body = body.parts[0]
        if isinstance(body, Every) and isinstance(body.of, Row) and self.within is not None:
            # What ran out of time begins anew with each event.
            text, skip = self._part(body.of, strict, leading=True), "past last"
        else:
            parts = body.parts if isinstance(body, Row) else (body,)
            text, skip = self._row((BEGAN, *parts), strict, leading=True), "none"
        fields = ["telemetry stream: text", "telemetry at: float"]
        for stream, names in self.query.streams.items():
            fields += [f"telemetry {stream}_{name}: {self._type(stream, name)}" for name in names]
        pattern = f"pattern p for Thing = {text} within 720 h skip {skip}"
        return "\n".join(["module siddhi", "device Thing {", *fields, "}", pattern])

    def _type(self, stream: str, name: str) -> str:
        return "text" if name in ("symbol", "name", "user") else "float"

    def _part(self, part: Part, strict: bool, *, leading: bool = False) -> str:
        match part:
            case State():
                return self._state(part)
            case Absent(stream, condition, ms):
                unmet = self._meant(stream, condition)
                if ms is None:
                    return f"no ({unmet})"
                if strict and not leading:
                    unmet = f'stream != "{stream}" or {unmet}'
                return f"no ({unmet}) for {ms} ms"
            case Every(of):
                if not _has_events(of):
                    raise NotSaid("`every` of a silence alone")
                self.first = None
                often = "at least 0 times" if isinstance(of, State) and of.least == 0 else "at least 1 times"
                before = set(self.states)
                text = f"({self._part(of, strict, leading=leading)}) {often}"
                self.every += [name for name in self.states if name not in before]
                return text
            case Logic():
                return self._logic(part, strict, leading)
            case Row(parts, row_strict):
                return f"({self._row(parts, row_strict, leading=leading)})"

    def _row(self, parts: Sequence[Part], strict: bool, *, leading: bool) -> str:
        text = ""
        for place, one in enumerate(parts):
            beside = _beside(one)
            if beside is not None:
                before = parts[place - 1] if place else None
                if not isinstance(before, State) or before.most != 1 or place > 2:
                    raise NotSaid("a silence that goes on beside an event, after several")
                text = self._from_beginning(parts[:place], *beside, strict)
                continue
            written = self._part(one, strict, leading=leading and (place == 0 or parts[place - 1] is BEGAN))
            first = place == 0 or parts[place - 1] is BEGAN
            link = "then" if first or written.lstrip("(").startswith("no (") else self._link(strict)
            text = f"{text} {link} {written}" if place else written
        return text

    def _link(self, strict: bool) -> str:
        return "then next" if strict else "then"

    def _from_beginning(self, before: Sequence[Part], silent: Absent, state: State, strict: bool) -> str:
        """An event, and beside it a silence: after that is over, or before, and then what is left of it."""
        written: list[str] = []
        for suffix in ("", "__2"):
            self.suffix = suffix
            start = self._row(before, strict, leading=True)
            unmet = f"no ({self._meant(silent.stream, silent.condition)})"
            event = self._state(state)
            if suffix:
                written.append(f"({start} then {unmet} then {event} then {unmet} within {silent.ms} ms)")
            else:
                written.append(f"({start} then {unmet} for {silent.ms} ms then {event})")
        self.suffix = ""
        self.twice |= {part.name for part in (*before, state) if isinstance(part, State)}
        return f"any of ({', '.join(written)})"

    def _state(self, state: State) -> str:
        if state is BEGAN:
            anew = "".join(f" or ({self._meant(one.stream, one.condition)})" for one in _silent_first(self.query.body))
            return f'(stream == ""{anew}) as began{self.suffix}'
        if state.most != 1:
            self.states[state.name] = state.stream
        condition = self._meant(state.stream, state.condition)
        if self.within is not None and self.first is not None:
            condition += f" and at - last({self.first}.at) <= {self.within}"
        self.states[state.name] = state.stream
        if self.first is None:
            self.first = state.name
        text = f"({condition}) as {state.name}{self.suffix}"
        if (state.least, state.most) == (1, 1):
            return text
        often = f"at least {state.least} times" if state.most is None else f"{state.least}..{state.most} times"
        return f"{text} {often}"

    def _logic(self, logic: Logic, strict: bool, leading: bool) -> str:
        left, right = logic.left, logic.right
        match logic.operator, left, right:
            case "and", Absent(ms=None), other:
                return f"({self._part(left, strict)} {self._link(strict)} {self._part(other, strict)})"
            case "and", other, Absent(ms=None):
                return f"({self._part(right, strict)} {self._link(strict)} {self._part(other, strict)})"
            case "and", Absent(a, a_condition, int(ms)), Absent(b, b_condition, int(other_ms)) if ms == other_ms:
                unmet = f"({self._meant(a, a_condition)}) or ({self._meant(b, b_condition)})"
                return f"no ({unmet}) for {ms} ms"
            case "and", Absent(), _:
                raise NotSaid("a silence that goes on beside an event")
            case "and", _, Absent():
                raise NotSaid("a silence that goes on beside an event")
            case "and", State(), State():
                return self._both(left, right, strict)
            case _:
                pass
        parts = [self._part(one, strict, leading=leading) for one in (left, right)]
        return f"{'any' if logic.operator == 'or' else 'all'} of ({', '.join(parts)})"

    def _both(self, left: State, right: State, strict: bool) -> str:
        """Two events in any order; of one stream also one event that is both."""
        both = ""
        if left.stream == right.stream:
            conditions = [self._meant(one.stream, one.condition) for one in (left, right)]
            both = f"({' and '.join(conditions)}) as {left.name}_and_{right.name}, "
        parts = f"all of ({self._part(left, strict)}, {self._part(right, strict)})"
        return f"any of ({both}{parts})" if both else parts

    def _meant(self, stream: str, condition: str) -> str:
        """The events of a stream that are meant."""
        return f'stream == "{stream}"' + (f" and ({self._condition(stream, condition)})" if condition else "")

    def _condition(self, stream: str, text: str) -> str:
        kept: list[str] = []

        def literal(found: "re.Match[str]") -> str:
            kept.append(f'"{found[1]}"')
            return f"\0{len(kept) - 1}\0"

        def bound(found: "re.Match[str]") -> str:
            name, index, attribute = found[1], found[2], found[3]
            if index not in (None, "0", "last") or name not in self.states:
                raise NotSaid(f"{name}[{index}]")
            how, of = "first" if index == "0" else "last", f"{self.states[name]}_{attribute}"
            said = f"{how}({name}{self.suffix}.{of})"
            kept.append(f"({said} else {how}({name}__2.{of}))" if name in self.twice else said)
            return f"\0{len(kept) - 1}\0"

        text = re.sub(r"'([^']*)'", literal, text)
        text = re.sub(r"\b([A-Za-z]\w*)(?:\[([\w-]+)\])?\.([A-Za-z]\w*)", bound, text)
        names = "|".join(self.query.streams[stream])
        text = re.sub(rf"\b({names})\b", rf"{stream}_\1", text)
        text = re.sub(r"\bis null\b", "is absent", text)
        return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], text)


def _silent_first(part: Part) -> list[Absent]:
    """What must not come first: each such event is a beginning of its own."""
    match part:
        case Absent(ms=int()):
            return [part]
        case Logic("and", left, right):
            return [*_silent_first(left), *_silent_first(right)]
        case Row(parts):
            return _silent_first(parts[0])
        case _:
            return []


def _beside(part: Part) -> tuple[Absent, State] | None:
    """A silence and an event that have to be there both, in any order."""
    match part:
        case Logic("and", Absent(ms=int()) as silent, State() as state):
            return silent, state
        case Logic("and", State() as state, Absent(ms=int()) as silent):
            return silent, state
        case _:
            return None


def _has_events(part: Part) -> bool:
    match part:
        case State():
            return True
        case Absent():
            return False
        case Every(of):
            return _has_events(of)
        case Logic(_, left, right):
            return _has_events(left) or _has_events(right)
        case Row(parts):
            return any(_has_events(one) for one in parts)
