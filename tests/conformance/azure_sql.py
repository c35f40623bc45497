"""Azure Stream Analytics' queries as programs: one mapping for the cases of data/azure_stream_analytics_more.json.

| there | here |
|---|---|
| an event; what it is partitioned or grouped by | a message of the device of those values |
| `WHERE`, `CASE`, arithmetic | conditions and expressions of what the very message says |
| `TumblingWindow`, `HoppingWindow`: (start, end] | `over W every P`, of samples 1 ns earlier; an offset: times less |
| `SlidingWindow` | `over W every 1 s`, at the seconds at which something enters or leaves |
| `SessionWindow` | `over session gap G` |
| `GROUP BY …, System.Timestamp()` | `over 1 ms every 1 ms` |
| `HAVING` | a condition of the same window |
| `LAG(x, k) OVER (… WHEN c)` | `first(x where c over k samples)` of those before, not older than the limit |
| `LAST(x) OVER (… WHEN c)` | `last(x where c over 1 samples)`, not older than the limit |
| `IsFirst(unit, n)` | the sample before it lies in an interval before |
| `TopOne() OVER (ORDER BY time)` | `first`, `last` of each column |
| `WITH`: a query of a query | the rows of one are the messages of the next |
| `A JOIN B ON DATEDIFF(unit, A, B) BETWEEN 0 AND n` | `A then each B within n`, `skip none` |
| `JOIN` of reference data | a table |
| `STDEV`, `VAR` | those of the sample, not of the population |
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import Executor, S
from headgate.stdlib.conversion import write_time
from headgate.tests.conformance.azure_joins import JOIN, joined
from headgate.tests.conformance.azure_rows import (
    AGGREGATES,
    MS,
    NOW,
    Program,
    Row,
    Written,
    at,
    duration_of,
    is_time,
    read_value,
    unit_of,
)
from headgate.tests.conformance.sql import (
    Binary,
    Call,
    Case,
    Expr,
    Frame,
    IsNull,
    Item,
    Literal,
    Name,
    Not,
    NotSql,
    Query,
    Star,
    parse,
)


def play(case: Mapping[str, Any], executor: Executor) -> list[Row]:
    """The rows that the query gives. Raises `NotSql` where the language has no words for it."""
    inputs = case.get("inputs") or {"Input": case["events"]}
    known = {name.lower(): [_timed(row) for row in rows] for name, rows in inputs.items()}
    tables = {name.lower(): rows for name, rows in case.get("reference", {}).items()}
    text = case["query"].strip().rstrip(";")
    while (found := re.match(r"(?:WITH|,)\s*(\w+)\s+AS\s*\(", text, re.IGNORECASE)) is not None:
        end = _closing(text, found.end())
        known[found[1].lower()] = _run(text[found.end() : end], known, tables, executor)
        text = text[end + 1 :].strip()
    return [{name: value for name, value in row.items() if name != "@"} for row in _run(text, known, tables, executor)]


def _timed(row: Mapping[str, Any]) -> Row:
    times = [value for value in row.values() if is_time(value)]
    if not times:
        raise NotSql("events without a time")
    return {**row, "@": at(times[0])}


def _closing(text: str, start: int) -> int:
    depth = 1
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    raise NotSql("the query ends early")


def _run(text: str, known: Mapping[str, list[Row]], tables: Mapping[str, list[Row]], executor: Executor) -> list[Row]:
    join = JOIN.search(text)
    if join is not None:
        rows = joined(join, known, tables, executor)
        text = f"{text[: join.start()]} FROM joined {text[join.end() :]}"
        query = parse(text, frames=True)
    else:
        query = parse(text, frames=True)
        if not isinstance(query.source, str) or query.source.lower() not in known:
            raise NotSql(f"the input `{query.source}`")
        rows = known[query.source.lower()]
    if not rows:
        return []
    windows = [group for group in query.groups if isinstance(group, Call)]
    if not query.groups:
        return _Events(query, rows, executor).rows()
    if len(windows) != 1:
        raise NotSql("a group without a window, or with several")
    if query.where is not None:
        rows = _Events(Query((Item(Star()),), "", where=query.where), rows, executor).rows()
    return _Windows(query, rows, executor).of(windows[0]) if rows else []


class _Events(Program):
    """A query that gives a row for an event."""

    def rows(self) -> list[Row]:
        framed = [call for call in _calls(self.query) if call.frame is not None]
        partitions = {tuple(one.name for one in call.partition if isinstance(one, Name)) for call in framed}
        if len(partitions) > 1:
            raise NotSql("several partitions in one query")
        self.keys = tuple(self._named(name) for name in (partitions.pop() if partitions else ()))
        asked: dict[str, Written] = {}
        for i, item in enumerate(self.query.items):
            if isinstance(item.value, Star):
                asked |= self.columns
            else:
                asked[item.name or f"column{i}"] = self.write(item.value)
        where = "" if self.query.where is None else f" and {self.write(self.query.where).text}"
        return self.shown(f"row > 0{where}", asked)

    def _named(self, name: str) -> str:
        text = self.column(name).text
        return next(n for n, written in self.columns.items() if written.text == text)

    def call(self, of: Call) -> Written:
        condition = None if of.triggered is None else self.write(of.triggered).text
        where = "" if condition is None else f" where {condition}"
        match of.name, of.arguments:
            case "lag", (what, *more):
                offset = more[0].value if more and isinstance(more[0], Literal) else 1
                assert isinstance(offset, int)
                x = self.write(what)
                before = self.nth(x, where, offset + 1, of.frame)
                if condition is not None:
                    before = f"({condition} ? {before} : {self.nth(x, where, offset, of.frame)})"
                return Written(before if len(more) < 2 else f"({before} else {self.write(more[1]).text})", x.kind)
            case "last", (what,):
                x = self.write(what)
                return Written(self.nth(x, where, 1, of.frame), x.kind)
            case "isfirst", (unit, Literal(int(length))):
                interval = length * unit_of(unit) / MS
                here, before = f"ceil(ms / {interval})", f"ceil(first(ms{where} over 2 samples) / {interval})"
                first = f"(count(ms{where} over 2 samples) < 2 or {before} < {here})"
                mine = first if condition is None else f"({condition} and {first})"
                return Written(f"({mine} ? 1 : 0)", "number")
            case _:
                raise NotSql(f"the function `{of.name}`")

    def nth(self, x: Written, where: str, number: int, frame: Frame | None) -> str:
        """The value of the event so many before, of those that are meant; absent if it is older than the limit."""
        span = f"{where} over {number} samples)"
        known = f"count(row{span} == {number}"
        if frame is not None and frame.limit is not None:
            known += f" and ms - first(ms{span} <= {duration_of(frame.limit) / MS}"
        return f"({known} ? first({x.text}{span} : absent)"


class _Windows(Program):
    """A query that gives a row for a window."""

    def of(self, window: Call) -> list[Row]:
        self.keys = tuple(self._named(group) for group in self.query.groups if isinstance(group, Name))
        span, early, offset, ends = self._span(window)
        self.span = span
        self.events = [{**row, "@": row["@"] - offset} for row in self.events]
        asked: dict[str, Written] = {}
        for i, item in enumerate(self.query.items):
            match item.value:
                case Name(name) if self._named(item.value) in self.keys:
                    continue
                case Call("topone", (), frame=Frame() as frame):
                    asked |= self.top(item.name, frame)
                case Call(name) if name in NOW:
                    continue
                case value:
                    asked[item.name or f"column{i}"] = self.write(value)
        text = f"signal n for Event = count(row {span})\n"
        text += "".join(f"signal v{i} for Event = {w.text}\n" for i, w in enumerate(asked.values()))
        having = "true" if self.query.having is None else self.write(self.query.having).text
        text += f"signal kept for Event = count(row {span}) > 0 and {having}\n"
        found: dict[tuple[int, tuple[Any, ...]], dict[str, Any]] = {}
        for key, output in self.run(text, Signalled, early):
            found.setdefault((output.time, key), {})[output.name] = output.value
        rows: list[Row] = []
        for (time, key), values in sorted(found.items(), key=lambda one: one[0][0]):
            if values.get("kept") and ends(key, time):
                end = time + offset - (MS if span.startswith("over 1000000 ns") else 0)
                rows.append(self._row(asked, dict(zip(self.keys, key, strict=True)), values, end))
        return rows

    def _row(self, asked: Mapping[str, Written], keys: Row, values: Mapping[str, Any], end: int) -> Row:
        row: Row = {name: read_value(values.get(f"v{i}"), written) for i, (name, written) in enumerate(asked.items())}
        for item in self.query.items:
            if isinstance(item.value, Call) and item.value.name in NOW:
                row[item.name or "timestamp"] = write_time(end)
            elif isinstance(item.value, Name) and self._named(item.value) in self.keys:
                row[item.name.rpartition(".")[2]] = keys[self._named(item.value)]
        return {**row, "@": end}

    def _named(self, of: Expr) -> str:
        assert isinstance(of, Name)
        text = self.column(of.name).text
        return next(n for n, written in self.columns.items() if written.text == text)

    def top(self, alias: str, frame: Frame) -> dict[str, Written]:
        """All columns of the first or the last event by time."""
        if frame.order is None or self.write(frame.order[0]).kind != "time":
            raise NotSql("the event whose value is the greatest")
        function = "last" if frame.order[1] else "first"
        return {f"{alias}.{n}": Written(f"{function}({w.text} {self.span})", w.kind) for n, w in self.columns.items()}

    def call(self, of: Call) -> Written:
        match of.name, of.arguments:
            case "count", (Star(),):
                return Written(f"count(row {self.span})", "number")
            case "count", (what,):
                function = "distinct" if of.distinct else "count"
                return Written(f"{function}({self.write(what).text} {self.span})", "number")
            case "stdev" | "var", (what,):
                x = self.write(what).text
                n = f"count({x} {self.span})"
                factor = f"{n} / ({n} - 1)"
                if of.name == "var":
                    return Written(f"(variance({x} {self.span}) * {factor})", "number")
                return Written(f"(stddev({x} {self.span}) * sqrt({factor}))", "number")
            case name, (what,) if name in AGGREGATES and not of.distinct:
                x_ = self.write(what)
                return Written(f"{AGGREGATES[name]}({x_.text} {self.span})", x_.kind)
            case _:
                raise NotSql(f"the function `{of.name}`")

    def _span(self, window: Call) -> tuple[str, int, int, Callable[[tuple[Any, ...], int], bool]]:
        """The window in the language, how much earlier samples are, its offset, and which of its ends give rows."""
        times: dict[tuple[Any, ...], list[int]] = {}
        for row in self.events:
            times.setdefault(self.key(row), []).append(row["@"])
        match window.name, _lengths(window):
            case "tumblingwindow", [size, *offset]:
                return f"over {size} ns every {size} ns", 1, sum(offset), lambda key, time: True
            case "hoppingwindow", [size, hop, *offset]:
                return f"over {size} ns every {hop} ns", 1, sum(offset), lambda key, time: True
            case "slidingwindow", [size]:
                if any(time % S for each in times.values() for time in each) or size % S:
                    raise NotSql("sliding windows of parts of a second")
                moments = {key: {t for time in each for t in (time, time + size)} for key, each in times.items()}
                return f"over {size} ns every {S} ns", 1, 0, lambda key, time: time in moments[key]
            case "sessionwindow", [gap, *longest]:
                for each in times.values():
                    _refuse_sessions(sorted(each), gap, longest)
                return f"over session gap {gap} ns", 0, 0, lambda key, time: True
            case name, _ if name in NOW:
                return f"over {MS} ns every {MS} ns", 0, 0, lambda key, time: True
            case name, _:
                raise NotSql(f"windows by `{name}`")


def _refuse_sessions(times: Sequence[int], gap: int, longest: Sequence[int]) -> None:
    """Whether an event just the gap later belongs, and when a long session is cut, is not said by its length alone."""
    began = times[0]
    for before, after in pairwise(times):
        if after - before == gap:
            raise NotSql("an event just the gap after a session's last")
        began = began if after - before < gap else after
        if any(after - began >= most for most in longest):
            raise NotSql("sessions that are cut")


def _calls(query: Query) -> Iterator[Call]:
    todo: list[Expr] = [item.value for item in query.items]
    todo += [query.where] if query.where is not None else []
    while todo:
        match todo.pop():
            case Call() as call:
                yield call
                todo += call.arguments
                todo += [call.triggered] if call.triggered is not None else []
            case Binary(_, left, right):
                todo += [left, right]
            case Not(of) | IsNull(of):
                todo.append(of)
            case Case(branches, otherwise):
                todo += [part for branch in branches for part in branch]
                todo += [otherwise] if otherwise is not None else []
            case _:
                pass


def _lengths(window: Call) -> list[int]:
    """The lengths (ns) of a window: `(unit, n, m)`, or `(Duration(unit, n), Hop(unit, m))`."""
    lengths: list[int] = []
    unit = 0
    for argument in window.arguments:
        match argument:
            case Call(arguments=(_, _)) as call:
                lengths.append(duration_of(call))
            case Name():
                unit = unit_of(argument)
            case Literal(int(number)):
                lengths.append(number * unit)
            case Binary("-", Literal(0), Literal(int(number))):
                lengths.append(-number * unit)
            case _:
                raise NotSql("a window of an unknown length")
    return lengths
