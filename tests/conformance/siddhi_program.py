"""What a query of Siddhi is in the language.

| Siddhi | here |
|---|---|
| the start of the application | a message with which the pattern begins; with what must not come first, too |
| a stream's event | a message with its attributes, and the stream's name |
| `A -> B`, `A, B` | `A then B`, `A then next B`: any message is the next |
| `every e1=A -> …` | a pattern that begins with A; any other begins with the start |
| `every (…) -> …` | a pattern that begins with the parentheses; of these, the turns: `(…) skip past last` |
| `every X` elsewhere | `X at least 1 times`, of which the last turn counts |
| `every not A for 1 sec` | its turns one by one: a pattern with `no A for 1 s`, one with `no A for 2 s`, … |
| `every (not A for 1 sec or B)` | one with B, and those of a silence of both |
| `not A for 1 sec and B` | one with B after the silence, and one with B in it; of `every`, for each number of turns |
| `every (not A and B)` at the beginning | B, and no A since the B before |
| `e <2:5>`, `+`, `*`, `?` | so many times; at the end only as often as is needed |
| a sequence holds one of each state | of those with one end, the first that began: `skip to last` of its last event |
| `A or B`; `A and B` | `any of`; `all of`, and of one stream also one event that is both |
| `not A for 1 sec`; `not A and B` | `no A for 1 s`; `no A then B` |
| a silence within a sequence | nothing may come but that stream's events which are not meant |
| `within` | `within`, of all that comes after the start |
| `e1.price`, `e1[0].price`, `e1[last - 1].price` | `last(e1.price)`, `first(e1.price)`, `last(e1.price, before: 1)` |
| `e1[1]` of a state that comes at least twice | a step of its own |
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

from headgate.tests.conformance.siddhi_parts import (
    as_often_as_needed,
    boundaries,
    one_of,
    silence_and_event,
    splits,
    steps_of_their_own,
    waits,
    with_silence,
)
from headgate.tests.conformance.siddhi_query import Absent, Every, Logic, NotSaid, Part, Query, Row, State, states

TYPES = {"string": "text", "bool": "bool", "int": "float", "long": "float", "float": "float", "double": "float"}
TURNS_MOST = 64
"""Of a silence that is repeated, so many turns are written at most."""
BESIDE_MOST = 4
"""Of a silence and an event beside it, so many turns are written at most."""
OTHER = "__other"
"""Behind the name of another event of that name."""


Apart = Literal["start", "turn", "silence"]
"""Which matches are different: those that begin with different events (but the start of the application), those of
different turns of `every`, or those of different turns of a silence."""
Choice = tuple[bool, ...]
"""Of each turn of an event beside a silence: does it come before that is over?"""


@dataclass(frozen=True)
class Program:
    """A query in the language, and how its matches are read."""

    query: Query
    text: str
    repeated: frozenset[str]
    """The events of `every`, which a match has of all turns: the last counts."""
    apart: Apart
    turns: str | None
    """The pattern whose matches are the turns of `every`: a match begins with one of them."""

    def events_of(self, step: str) -> list[str]:
        """The events that a step is."""
        return re.sub(r"__\d+$", "", step).split("_and_")

    def turn_of(self, pattern: str, named: Mapping[str, list[int]]) -> tuple[object, ...]:
        """What tells a match from others; of those that it does not tell apart the first counts."""
        turn = tuple((name, named[name][-1]) for name in sorted(self.repeated) if name in named)
        match self.apart:
            case "turn":
                return turn
            case "silence":
                return (pattern, *named.get("began", []), turn)
            case "start":
                return (start_of(named),)


def start_of(named: Mapping[str, list[int]]) -> int:
    """The first event of a match, after the start of the application."""
    return min(time for name, times in named.items() if name != "began" for time in times)


def write(query: Query, watched_ms: int, counts: Mapping[str, int]) -> Program:
    """The program that answers a query for so long, with so many events of each stream.

    Raises `NotSaid` for what the language cannot say.
    """
    fields = ["telemetry stream: text"]
    for stream, attributes in query.streams.items():
        for name, kind in attributes.items():
            if kind not in TYPES:
                raise NotSaid(f"an attribute of the type {kind}")
            fields.append(f"telemetry {stream}_{name}: {TYPES[kind]}")
    writings: list[_Writing] = []
    for one in _alternatives(query):
        silences = list(_repeated_silences(one.body))
        if len(silences) > 1:
            raise NotSaid("`every` of several silences")
        turns = max(watched_ms // silences[0], 1) if silences else 1
        if turns > TURNS_MOST:
            raise NotSaid("`every` of a silence, too often")
        choices = _choices(one.body, counts)
        writings += [_Writing(one, turn, choice) for turn in range(1, turns + 1) for choice in choices]
    patterns = [f"pattern p{place} for Thing = {writing.pattern()}" for place, writing in enumerate(writings)]
    kinds = {writing.apart for writing in writings}
    turning = next((writing.turning for writing in writings if writing.turning is not None), None)
    if turning is not None:
        patterns.append(f"pattern turns for Thing = {turning}")
    return Program(
        query,
        "\n".join(["module siddhi", "device Thing {", *fields, "}", *patterns]),
        frozenset(name for writing in writings for name in writing.repeated),
        "start" if writings[0].strict and "silence" in kinds else "silence" if "silence" in kinds else min(kinds),
        None if turning is None else "turns",
    )


def _alternatives(query: Query) -> list[Query]:
    """A query, or the two into which `every (not A for 1 sec or B)` at its beginning falls."""
    body = query.body
    parts, strict, within = (body.parts, body.strict, body.within) if isinstance(body, Row) else ((body,), False, None)
    match parts[0]:
        case Every(Logic("or", Absent(ms=int()) as silent, State() as state)):
            pass
        case Every(Logic("or", State() as state, Absent(ms=int()) as silent)):
            pass
        case _:
            return [query]
    both = Every(Logic("and", silent, Absent(state.stream, state.condition, silent.ms)))
    return [replace(query, body=Row((first, *parts[1:]), strict, within)) for first in (both, Every(state))]


def _repeated_silences(part: Part) -> Iterator[int]:
    """How long (ms) the silences are that `every` repeats by themselves."""
    match part:
        case Every(Absent(ms=int() as ms)):
            yield ms
        case Every(Logic("and", Absent(ms=int() as ms), Absent(ms=other))) if ms == other:
            yield ms
        case Every(Logic("or", Absent(), _) | Logic("or", _, Absent())):
            raise NotSaid("`every` of a silence or something else, after other events")
        case Every(of):
            yield from _repeated_silences(of)
        case Logic(_, left, right):
            yield from (*_repeated_silences(left), *_repeated_silences(right))
        case Row(parts):
            for one in parts:
                yield from _repeated_silences(one)
        case _:
            return


def _choices(body: Part, counts: Mapping[str, int]) -> list[Choice]:
    """When the events come that stand beside a silence; none such: there is no choice."""
    parts = body.parts if isinstance(body, Row) else (body,)
    found = [(part, beside) for part in parts if (beside := silence_and_event(part)) is not None]
    if len(found) > 1:
        raise NotSaid("several silences that go on beside an event")
    if not found:
        return [()]
    part, (_, state) = found[0]
    most = counts.get(state.stream, 0) if isinstance(part, Every) else 1
    if most > BESIDE_MOST:
        raise NotSaid("an event beside a silence, too often")
    return [choice for turns in range(1, max(most, 1) + 1) for choice in product((False, True), repeat=turns)]


BEGAN = State("began", "", "", 1, 1)
"""The message with which everything begins."""


@dataclass
class _Writing:
    """One pattern: in it, silences that are repeated are in their `turn`-th turn, and events beside a silence come as
    they are `chosen` to."""

    query: Query
    turn: int
    chosen: Choice
    repeated: list[str] = field(default_factory=list)
    """The events of `every` that are written as a repetition."""
    apart: Apart = "turn"
    turning: str | None = None
    """The pattern of the turns of `every`, if it is another one."""
    strict: bool = False
    written: dict[str, str] = field(default_factory=dict)
    """The stream of each event that was written."""

    def pattern(self) -> str:
        body = self.query.body
        within: int | None = None
        while isinstance(body, Row) and len(body.parts) == 1:
            within = body.within or within
            body = body.parts[0]
        parts: tuple[Part, ...] = (body,)
        if isinstance(body, Row):
            parts, self.strict, within = body.parts, body.strict, body.within or within
        parts = as_often_as_needed(parts)
        match parts:
            case (Every(State() as first), *others) if self.strict or first.once:
                self.apart = "start"
                return self._whole(self._row((first, *others)), within, self._goes_on((first, *others)))
            case (Every(of), *others) if not waits(of) and not with_silence(of):
                return self._by_turns(of, others, within)
            case _:
                began = self._state(BEGAN)
                text = self._row((BEGAN, *parts))
                if within is not None and text.startswith(f"{began} then "):
                    text = f"{began} then ({text.removeprefix(f'{began} then ')} within {within} ms)"
                elif within is not None:
                    raise NotSaid("`within` around a silence beside an event")
                return self._whole(text, None, "none")

    def _by_turns(self, of: Part, others: Sequence[Part], within: int | None) -> str:
        """What begins with `every` of several events: the whole, and (if more follows) its turns alone."""
        self.apart = "start"
        row = of if isinstance(of, Row) else Row((of,), self.strict)
        within = row.within or within
        outer, self.strict = self.strict, row.strict
        turn = self._whole(self._row(as_often_as_needed(row.parts)), within, "past last")
        if not others:
            return turn
        self.turning, self.strict = turn, outer
        self.written.clear()
        return self._whole(self._row((replace(row, within=None), *others)), within, "none")

    def _whole(self, text: str, within: int | None, skip: str) -> str:
        return f"{text} within {'720 h' if within is None else f'{within} ms'} skip {skip}"

    def _goes_on(self, parts: Sequence[Part]) -> str:
        """Where the search goes on. A sequence keeps one of those that wait in one state: that which began first."""
        stays = any(not part.once if isinstance(part, State) else isinstance(part, Logic | Every) for part in parts)
        if not self.strict or not stays:
            return "none"
        match parts[-1]:
            case State(name=name):
                return f"to last {name}"
            case Logic("or", State(), State()) if all(isinstance(part, State) and part.once for part in parts[:-1]):
                return "none"
            case _:
                raise NotSaid("a sequence with `every` whose end is no event")

    def _part(self, part: Part, *, leading: bool = False) -> str:
        match part:
            case State():
                return self._state(part)
            case Absent(stream, condition, ms):
                unmet = self._meant(stream, condition)
                if ms is None:
                    return f"no ({unmet})"
                if self.strict and not leading:
                    unmet = f'stream != "{stream}" or {unmet}'
                return f"no ({unmet}) for {ms} ms"
            case Every(of):
                return self._every(of, leading)
            case Logic():
                return self._logic(part, leading)
            case Row(parts, strict):
                outer, self.strict = self.strict, strict if len(parts) > 1 else self.strict
                text = f"({self._row(parts, leading=leading)})"
                self.strict = outer
                return text

    def _every(self, of: Part, leading: bool) -> str:
        before = set(self.written)
        match of:
            case Absent(stream, condition, int(ms)):
                self.apart = "silence"
                return self._part(Absent(stream, condition, ms * self.turn), leading=leading)
            case Logic("and", Absent(a, a_condition, int(ms)), Absent(b, b_condition, int())):
                self.apart = "silence"
                turns = [Absent(a, a_condition, ms * self.turn), Absent(b, b_condition, ms * self.turn)]
                return self._logic(Logic("and", turns[0], turns[1]), leading)
            case Logic("and", Absent(ms=None), State()) | Logic("and", State(), Absent(ms=None)) if leading:
                text = f"({self._logic(of, leading)})"
            case _ if splits(of):
                raise NotSaid("`every` of a choice, after other events")
            case _:
                text = f"({self._part(of, leading=leading)}) at least 1 times"
        self.repeated += [name for name in self.written if name not in before]
        return text

    def _row(self, parts: Sequence[Part], *, leading: bool = True) -> str:
        prefix = text = ""
        for place, one in enumerate(parts):
            before = parts[place - 1] if place else None
            first = before is None or before is BEGAN
            if (beside := silence_and_event(one)) is not None:
                if not isinstance(before, State):
                    raise NotSaid("a silence that goes on beside an event, after several")
                prefix, text = self._in_turns(prefix, text, *beside)
                if isinstance(one, Every):
                    self.repeated.append(beside[1].name)
                continue
            written = self._part(one, leading=leading and first)
            if not place:
                text = written
                continue
            link = "then" if first or written.lstrip("(").startswith("no (") else self._link()
            prefix, text = f"{prefix}{text} {link} ", written
        return f"{prefix}{text}"

    def _in_turns(self, prefix: str, text: str, silent: Absent, state: State) -> tuple[str, str]:
        """What is before the last turn of an event beside a silence, and that turn.

        A turn begins at the end of `text`, `span` after its first event. An event in the silence leaves the rest of
        that to wait for; after it, it is the event that ends the turn.
        """
        meant, span = self._meant(silent.stream, silent.condition), 0
        neither = f"({meant}) or ({self._meant(state.stream, state.condition)})"
        for turn, early in enumerate(self.chosen, 1):
            event = self._state(state if turn == len(self.chosen) else replace(state, name=f"turn{turn}"))
            if early:
                span += silent.ms or 0
                text = f"({text} then no ({meant}) then {event} then no ({meant}) within {span} ms)"
            else:
                prefix, text, span = f"{prefix}{text} then no ({neither}) for {silent.ms} ms then ", event, 0
        return prefix, text

    def _link(self) -> str:
        return "then next" if self.strict else "then"

    def _state(self, state: State) -> str:
        if state is BEGAN:
            anew = "".join(f" or ({self._meant(*one)})" for one in boundaries(self.query.body, self.strict))
            return f'(stream == ""{anew}) as began'
        name = state.name
        while name in self.written:
            name += OTHER
        if not state.once:
            self.written[name] = state.stream
        condition = self._meant(state.stream, state.condition, state.name)
        self.written[name] = state.stream
        named = f"({condition}) as {name}"
        if state.once:
            return named
        single = steps_of_their_own(self.query, state)
        least, most = state.least - single, None if state.most is None else state.most - single
        often = f"at least {least} times" if most is None else f"{least}..{most} times"
        own = [f"({condition}) as {name}__{place}" for place in range(single)]
        return f" {self._link()} ".join([*own, *([f"{named} {often}"] if most != 0 else [])])

    def _logic(self, logic: Logic, leading: bool) -> str:
        left, right = logic.left, logic.right
        match logic.operator, left, right:
            case ("and", (Absent(ms=None) as silent), other) | ("and", other, (Absent(ms=None) as silent)):
                link = "then" if leading else self._link()
                return f"({self._part(silent)} {link} {self._part(other)})"
            case "and", Absent(a, a_condition, int(ms)), Absent(b, b_condition, int(other_ms)) if ms == other_ms:
                return f"no (({self._meant(a, a_condition)}) or ({self._meant(b, b_condition)})) for {ms} ms"
            case ("and", Absent(), _) | ("and", _, Absent()):
                raise NotSaid("a silence that goes on beside an event")
            case "and", State(), State():
                return self._both(left, right)
            case _:
                parts = [self._part(one, leading=leading) for one in (left, right)]
                return f"{'any' if logic.operator == 'or' else 'all'} of ({', '.join(parts)})"

    def _both(self, left: State, right: State) -> str:
        """Two events in any order; of one stream also one event that is both."""
        both = ""
        if left.stream == right.stream:
            conditions = [self._meant(one.stream, one.condition, one.name) for one in (left, right)]
            both = f"({' and '.join(conditions)}) as {left.name}_and_{right.name}, "
        parts = f"all of ({self._part(left)}, {self._part(right)})"
        return f"any of ({both}{parts})" if both else parts

    def _meant(self, stream: str, condition: str, name: str | None = None) -> str:
        """The events of a stream that are meant; `name`: what they are called."""
        meant = f'stream == "{stream}"'
        return f"{meant} and ({self._condition(stream, condition, name)})" if condition else meant

    def _condition(self, stream: str, text: str, own: str | None) -> str:
        kept: list[str] = []

        def keep(said: str) -> str:
            kept.append(said)
            return f"\0{len(kept) - 1}\0"

        def attribute(found: "re.Match[str]") -> str:
            name, index, of = found[1], found[2], found[3]
            if index is None and name in (own, stream):
                return keep(f"{stream}_{of}")
            return keep(self._bound(name, index, of))

        text = re.sub(r"'([^']*)'|\"([^\"]*)\"", lambda found: keep(f'"{found[1] or found[2] or ""}"'), text)
        text = re.sub(r"\b([A-Za-z]\w*)(?:\[([^\]]+)\])?\.([A-Za-z]\w*)", attribute, text)
        names = "|".join(self.query.streams[stream])
        text = re.sub(rf"\b({names})\b", lambda found: keep(f"{stream}_{found[1]}"), text)
        text = re.sub(r"\b(\d+(?:\.\d+)?)[fFdDlL]\b", r"\1", text)
        text = re.sub(r"\bis null\b", "is absent", text)
        text = re.sub(r"\bifThenElse\s*\(([^,()]+),([^,()]+),([^,()]+)\)", r"((\1) ? (\2) : (\3))", text)
        if (called := re.search(r"\b(?!and\b|or\b|not\b)([A-Za-z]\w*(?::\w+)?)\s*\(", text)) is not None:
            raise NotSaid(f"the function {called[1]}")
        return re.sub(r"\0(\d+)\0", lambda found: kept[int(found[1])], text)

    def _bound(self, name: str, index: str | None, attribute: str) -> str:
        """What an earlier event had."""
        if name not in self.written:
            raise NotSaid(f"{name}{f'[{index}]' if index else ''} before it was bound")
        of = f"{self.written[name]}_{attribute}"
        alone = max(steps_of_their_own(self.query, one) for one in states(self.query.body) if one.name == name)
        return one_of(name, index, of, alone)
