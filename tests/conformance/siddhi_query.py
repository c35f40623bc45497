"""SiddhiQL as far as patterns need it: `define stream`, `partition with`, `from … select … insert into`.

>>> read("from every e1=S[p>20] -> not T for 1 sec select e1.p as p insert into Out;").body
Row(parts=(Every(of=State(name='e1', stream='S', condition='p>20', least=1, most=1)), \
Absent(stream='T', condition='', ms=1000)), strict=False, within=None)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

UNITS = {"millisec": 1, "millisecond": 1, "sec": 1000, "second": 1000, "min": 60_000, "minute": 60_000,
         "hour": 3_600_000, "day": 86_400_000}  # fmt: skip
LENGTH = r"\d+\s*[A-Za-z]+(?:\s+(?:and\s+)?\d+\s*[A-Za-z]+)*"
"""`1 sec`, `1 min 30 sec`."""


class NotSaid(Exception):
    """The language cannot say this, or the mapping does not know it: what it is."""


@dataclass(frozen=True)
class State:
    """`e1=Stream[condition] <2:5>`; `most` None: without a limit."""

    name: str
    stream: str
    condition: str
    least: int
    most: int | None

    @property
    def once(self) -> bool:
        """Exactly one event, and no list of them."""
        return (self.least, self.most) == (1, 1)


@dataclass(frozen=True)
class Absent:
    """`not Stream[condition] for 1 sec`; without `for`: `ms` None."""

    stream: str
    condition: str
    ms: int | None


@dataclass(frozen=True)
class Logic:
    operator: str
    left: "Part"
    right: "Part"


@dataclass(frozen=True)
class Every:
    of: "Part"


@dataclass(frozen=True)
class Row:
    """Parts one after another; `strict`: by `,` and not by `->`; `within` in ms."""

    parts: "tuple[Part, ...]"
    strict: bool
    within: int | None = None


Part = State | Absent | Logic | Every | Row


@dataclass(frozen=True)
class Column:
    """`e1[0].price`: `index` from the first (0, 1, …) or from the last (-1, -2, …); None: of one event, or of all."""

    event: str
    index: int | None
    attribute: str


@dataclass(frozen=True)
class Constant:
    """`'rule1' as rule`."""

    value: str | float


@dataclass(frozen=True)
class Query:
    streams: dict[str, dict[str, str]]
    """By stream, the type of each attribute."""
    partition: dict[str, str]
    """By stream, the attribute whose value is the partition."""
    body: Part
    select: Sequence[Column | Constant]
    playback: bool = False
    """Time goes on with events alone."""

    def repeated(self) -> set[str]:
        """The events that are lists of them."""
        return {state.name for state in states(self.body) if not state.once}


def states(part: Part) -> Iterator[State]:
    """The events of a part, as they are written."""
    match part:
        case State():
            yield part
        case Every(of):
            yield from states(of)
        case Logic(_, left, right):
            yield from (*states(left), *states(right))
        case Row(parts):
            for one in parts:
                yield from states(one)
        case Absent():
            return


def read(text: str) -> Query:
    """A query from its text. Raises `NotSaid` where it is no pattern, or more than one."""
    streams = {
        name: {attribute: kind.lower() for attribute, kind in re.findall(r"(\w+)\s+(\w+)", attributes)}
        for name, attributes in re.findall(r"define stream (\w+)\s*\(([^)]*)\)", text)
    }
    partition = dict[str, str]()
    if (found := re.search(r"partition with\s*\(([^)]*)\)", text)) is not None:
        for pair in found[1].split(","):
            by = re.fullmatch(r"\s*(\w+)\s+of\s+(\w+)\s*", pair)
            if by is None:
                raise NotSaid(f"a partition by {pair.strip()}")
            partition[by[2]] = by[1]
    if len(re.findall(r"\binsert\b", text)) != 1:
        raise NotSaid("not exactly one query")
    body = re.search(r"\bfrom\s+(.*?)\s*\bselect\b(.*?)\binsert into\b", text, re.DOTALL)
    if body is None:
        raise NotSaid("no `from … select … insert into`")
    reading = _Reading(body[1])
    part = reading.row()
    if reading.text[reading.at :].strip():
        raise NotSaid(f"no pattern: {reading.text[reading.at :].strip()}")
    unknown = {state.stream for state in states(part)} - set(streams)
    if unknown and streams:
        raise NotSaid(f"the stream {min(unknown)}, which is not defined")
    select = [_column(one) for one in body[2].split(",") if one.strip()]
    return Query(streams, partition, part, select, playback="@app:playback" in text)


def _column(text: str) -> Column | Constant:
    named = re.fullmatch(r"\s*(\w+)(?:\[\s*(last)?\s*-?\s*(\d*)\s*\])?\.(\w+)(?:\s+as\s+\w+)?\s*", text)
    if named is not None:
        event, last, count, attribute = named.groups()
        index = -1 - int(count or 0) if last else int(count) if count else None
        return Column(event, index, attribute)
    constant = re.fullmatch(r"\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?))\s+as\s+\w+\s*", text)
    if constant is not None:
        return Constant(constant[1] if constant[2] is None else float(constant[2]))
    raise NotSaid(f"the column {text.strip()}")


def milliseconds(length: str) -> int:
    """How long `1 min 30 sec` is."""
    parts = re.findall(r"(\d+)\s*([A-Za-z]+?)s?\b", length)
    if any(unit not in UNITS for _, unit in parts):
        raise NotSaid(f"the length {length}")
    return sum(int(count) * UNITS[unit] for count, unit in parts)


@dataclass
class _Reading:
    text: str
    at: int = 0

    def take(self, pattern: str) -> "re.Match[str] | None":
        """What comes next, if it is this."""
        found = re.compile(rf"\s*(?:{pattern})").match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def row(self) -> Part:
        parts = [self.logic()]
        links = set[str]()
        while (link := self.take(r"(->|,)")) is not None:
            links.add(link[1])
            parts.append(self.logic())
        if len(links) > 1:
            raise NotSaid("`->` and `,` in one row")
        within = self.take(rf"within ({LENGTH})")
        if len(parts) == 1 and within is None:
            return parts[0]
        return Row(tuple(parts), links == {","}, None if within is None else milliseconds(within[1]))

    def logic(self) -> Part:
        if self.take(r"every\b") is not None:
            return Every(self.logic())
        left = self.single()
        operator = self.take(r"(and|or)\b")
        return left if operator is None else Logic(operator[1], left, self.single())

    def single(self) -> Part:
        if self.take(r"\(") is not None:
            inner = self.row()
            if self.take(r"\)") is None:
                raise NotSaid("an open parenthesis")
            return inner
        if self.take(r"not\b") is not None:
            stream, condition = self._stream()
            length = self.take(rf"for ({LENGTH})")
            return Absent(stream, condition, None if length is None else milliseconds(length[1]))
        name = self.take(r"(\w+)\s*=(?!=)")
        stream, condition = self._stream()
        least, most = self._count()
        return State(name[1] if name is not None else stream, stream, condition, least, most)

    def _stream(self) -> tuple[str, str]:
        stream = self.take(r"(\w+)")
        if stream is None:
            raise NotSaid(f"no stream: {self.text[self.at :]}")
        conditions: list[str] = []
        while self.take(r"\[") is not None:
            start, depth = self.at, 1
            while depth:
                if self.at == len(self.text):
                    raise NotSaid("an open bracket")
                depth += {"[": 1, "]": -1}.get(self.text[self.at], 0)
                self.at += 1
            conditions.append(self.text[start : self.at - 1])
        return stream[1], conditions[0] if len(conditions) == 1 else " and ".join(f"({one})" for one in conditions)

    def _count(self) -> tuple[int, int | None]:
        found = self.take(r"<\s*(\d*)\s*(:?)\s*(\d*)\s*>|([*+?])")
        if found is None:
            return 1, 1
        if found[4] is not None:
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[found[4]]
        least = int(found[1] or 0)
        return least, int(found[3]) if found[3] else None if found[2] else least
