"""SiddhiQL as far as patterns need it: `define stream`, `partition with`, `from … select … insert into`.

>>> read("from every e1=S[p>20] -> not T for 1 sec select e1.p as p insert into Out;").body
Row((Every(State('e1', 'S', 'p>20', 1, 1)), Absent('T', '', 1000)), False, None)
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

UNITS = {"millisec": 1, "milliseconds": 1, "sec": 1000, "second": 1000, "seconds": 1000, "min": 60_000}


class NotSaid(Exception):
    """The language cannot say this."""


@dataclass(frozen=True)
class State:
    """`e1=Stream[condition] <2:5>`; `most` None: without a limit."""

    name: str
    stream: str
    condition: str
    least: int
    most: int | None


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
class Query:
    streams: dict[str, list[str]]
    partition: dict[str, str]
    """By stream, the attribute whose value is the partition."""
    body: Part
    select: Sequence[tuple[str, str, str]]
    """(event, index or nothing, attribute) of each column."""


def read(text: str) -> Query:
    """A query from its text; raises `NotSaid` where it is no pattern."""
    streams = {
        name: [attribute.split()[0] for attribute in attributes.split(",")]
        for name, attributes in re.findall(r"define stream (\w+) \(([^)]*)\)", text)
    }
    partition = dict[str, str]()
    found = re.search(r"partition with \(([^)]*)\)", text)
    if found is not None:
        pairs = (pair.split(" of ") for pair in found[1].split(","))
        partition = {stream.strip(): attribute.strip() for attribute, stream in pairs}
    body = re.search(r"\bfrom\s+(.*?)\s*\bselect\b(.*?)\binsert into\b", text, re.DOTALL)
    if body is None:
        raise NotSaid("no `from … select … insert into`")
    select = []
    for column in _split(body[2]):
        named = re.fullmatch(r"\s*(\w+)(?:\[(\w+)\])?\.(\w+)(?:\s+as\s+\w+)?\s*", column)
        if named is None:
            raise NotSaid(f"the column {column.strip()}")
        select.append((named[1], named[2] or "", named[3]))
    reading = _Reading(body[1])
    part = reading.row()
    if reading.text[reading.at :].strip():
        raise NotSaid(f"no pattern: {reading.text[reading.at :].strip()}")
    return Query(streams, partition, part, select)


def _split(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


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
        strict = False
        while (link := self.take(r"(->|,)")) is not None:
            strict = link[1] == ","
            parts.append(self.logic())
        within = self.take(r"within (\d+)\s*(\w+)")
        if len(parts) == 1 and within is None:
            return parts[0]
        ms = None if within is None else int(within[1]) * UNITS[within[2]]
        return Row(tuple(parts), strict, ms)

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
            length = self.take(r"for (\d+)\s*(\w+)")
            return Absent(stream, condition, None if length is None else int(length[1]) * UNITS[length[2]])
        name = self.take(r"(\w+)\s*=(?!=)")
        stream, condition = self._stream()
        least, most = self._count()
        return State(name[1] if name is not None else stream, stream, condition, least, most)

    def _stream(self) -> tuple[str, str]:
        stream = self.take(r"(\w+)")
        if stream is None:
            raise NotSaid(f"no stream: {self.text[self.at :]}")
        condition = ""
        if self.take(r"\[") is not None:
            start, depth = self.at, 1
            while depth:
                depth += {"[": 1, "]": -1}.get(self.text[self.at], 0)
                self.at += 1
            condition = self.text[start : self.at - 1]
        return stream[1], condition

    def _count(self) -> tuple[int, int | None]:
        found = self.take(r"<\s*(\d*)\s*(:?)\s*(\d*)\s*>|([*+?])")
        if found is None:
            return 1, 1
        if found[4] is not None:
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[found[4]]
        least = int(found[1] or 0)
        return least, int(found[3]) if found[3] else None if found[2] else least
