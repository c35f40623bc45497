"""A rule of eKuiper with a window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.runtime.output import Emitted, Matched, Signalled
from headgate.runtime.testing.executors import S
from headgate.tests.conformance.ekuiper_playing import MS, Batches, Playing, Row, argument, parts_of, value_of
from headgate.tests.conformance.sql import (
    Call,
    Expr,
    Literal,
    Member,
    Name,
    NotSql,
    Star,
)
from headgate.tests.conformance.sql_writing import AGGREGATES, written

UNITS = {"ms": MS, "ss": S, "mi": 60 * S, "hh": 3600 * S, "dd": 86_400 * S}
TIMES = ("window_start", "window_end", "event_time")


@dataclass(frozen=True)
class Window:
    """A window: how it is written, its length and pace (ns), or of how many samples it is and at every how many.

    `delay`: how long (ns) it waits after the row that it belongs to.
    """

    span: str
    length: int = 0
    pace: int | None = None
    delay: int = 0
    samples: int = 0
    step: int = 0


def window_of(call: Call) -> Window:
    unit, *lengths = call.arguments
    if call.name == "countwindow":
        match call.arguments:
            case (Literal(int() as samples),):
                return Window(f"over {samples} samples", samples=samples, step=samples)
            case (Literal(int() as samples), Literal(int() as step)):
                return Window(f"over {samples} samples", samples=samples, step=step)
            case _:
                raise NotSql("a window of no number of samples")
    assert isinstance(unit, Name)
    spans = [int(length.value) * UNITS[unit.name] for length in lengths if isinstance(length, Literal)]  # type: ignore[arg-type]
    match call.name, spans:
        case "tumblingwindow", [length]:
            return Window(f"over {length} ns every {length} ns", length, length)
        case "hoppingwindow", [length, pace] if length % pace == 0:
            return Window(f"over {length} ns every {pace} ns", length, pace)
        case "slidingwindow", [length]:
            return Window(f"over {length + 1} ns", length)
        case "slidingwindow", [length, delay]:
            return Window("", length, delay=delay)
        case "sessionwindow", [_, _]:
            raise NotSql("a session whose longest time is counted from whole seconds")
        case name, _:
            raise NotSql(f"`{name}` of these lengths")


@dataclass
class Windowed:
    """A rule with a window, of which each row of a batch is a row, or a group, or all that is in it."""

    playing: Playing
    window: Window
    call: Call

    def __post_init__(self) -> None:
        self.query = self.playing.query
        self.keys = [group.name for group in self.query.groups if isinstance(group, Name)]
        parts = [part for item in self.query.items for part in parts_of(self.playing.of(item))]
        having = [] if self.query.having is None else list(parts_of(self.playing.plain(self.query.having)))
        calls = {part.name for part in (*parts, *having) if isinstance(part, Call)}
        first = any(isinstance(item.value, Member) for item in self.query.items)
        self.by_row = not self.keys and not first and not calls & {*AGGREGATES, "collect"}
        passes = [one for one in (self.query.where, self.call.filtered) if one is not None]
        self.passes = " and ".join(self.playing.write(self.playing.plain(one)) for one in passes)
        if self.by_row and self.query.having is not None:
            raise NotSql("`having` of rows")
        if self.window.delay and not self.by_row:
            raise NotSql("an aggregate of a window that waits for what comes after it")

    def batches(self) -> Batches:
        groups = list(dict.fromkeys(tuple(event.get(key) for key in self.keys) for event in self.playing.events))
        rows = ", ".join(["passes: " + (self.passes or "row"), "starts: " + self.starts(), *self.rows()])
        text = "pattern shown for Event = row\n"
        text += f"rule r for Event {{ when shown do {{ emit e({rows}) }} }}\n"
        if self.window.delay:
            ends = f"row and {self.passes or 'row'} and {self.starts()}"
            text += f"pattern due for Event = {ends} then no (not row) for {self.window.delay} ns skip none\n"
        else:
            text += "".join(self.signals(place, group) for place, group in enumerate(groups))
        outputs = self.playing.run(text)
        due = [one.time for one in outputs if isinstance(one, Matched) and one.name == "due"]
        signalled = sorted((one for one in outputs if isinstance(one, Signalled)), key=lambda one: one.time)
        emitted = sorted((one for one in outputs if isinstance(one, Emitted)), key=lambda one: one.time)
        found: Batches = []
        for start, end, shown in self.ends(emitted, due):
            told = [one for one in emitted if one.time in shown and one.arguments["passes"] is True]
            held = {one.name: one.value for one in signalled if one.time <= end}
            counts = [held.get(f"counts{place}") for place in range(len(groups))]
            counted = sum(count for count in counts if isinstance(count, float))
            if not self.window.delay and counted != len(told):
                raise AssertionError(f"{len(told)} rows in a window that counts {counted}")
            if self.by_row:
                batch = [self.row([one], start, end, {"row_number": place}) for place, one in enumerate(told, 1)]
            else:
                members: dict[int, list[Emitted]] = {}
                for one in told:
                    of = tuple(value_of(one, f"k{place}") for place in range(len(self.keys)))
                    members.setdefault(groups.index(of), []).append(one)
                kept = [group for group in members if held.get(f"having{group}", True) is True]
                values = {
                    group: {n.removesuffix(f"_{group}"): held[n] for n in held if n.endswith(f"_{group}")}
                    for group in kept
                }
                batch = [self.row(members[group], start, end, values[group]) for group in kept]
            if batch or self.by_row:
                found.append(self.ordered(batch))
        return [[{name: row[name] for name in row if not name.startswith(" ")} for row in batch] for batch in found]

    def ends(self, emitted: Sequence[Emitted], due: Sequence[int]) -> Iterator[tuple[int, int, set[int]]]:
        """From when to when (ns) windows go that are told, and the times of what is in them."""
        window, times = self.window, [one.time for one in emitted]
        first = min(event[" at"] for event in self.playing.events)
        if window.samples:
            for place in range(window.samples, len(times) + 1):
                if place % window.step == 0:
                    last = times[place - window.samples : place]
                    yield last[0], last[-1], set(last)
        elif window.delay:
            for end in due:
                start = end - window.delay - window.length
                yield start, end, {time for time in times if start <= time < end}
        elif window.pace is None:
            for one in emitted:
                if one.arguments["passes"] is True and one.arguments["starts"] is True:
                    start = one.time - window.length
                    yield start, one.time, {time for time in times if start <= time <= one.time}
        else:
            clock = first - first % S if self.playing.late is None else first - first % window.pace
            end = clock - clock % window.pace + window.pace
            while end <= self.playing.ends:
                start = end - window.length
                inside = {time for time in times if start <= time < end}
                if self.playing.late is None:
                    yield start, end, inside
                elif any(one.time in inside and one.arguments["passes"] is True for one in emitted):
                    yield max(start, first - (window.length - window.pace)), end, inside
                end += window.pace

    def starts(self) -> str:
        """Does a row end a window?"""
        triggered = self.call.triggered
        return "row" if triggered is None else self.playing.write(self.playing.plain(triggered))

    def rows(self) -> list[str]:
        """What is told of each row: its columns."""
        told = [argument(f"k{place}", self.playing.column(key)) for place, key in enumerate(self.keys)]
        for place, item in enumerate(self.query.items):
            value = self.playing.of(item)
            if isinstance(value, Call) and value.name == "collect":
                (value,) = value.arguments
            if not self.aggregates(value) and not self.time(value):
                told.append(argument(f"v{place}", self.playing.write(value)))
        return told

    def aggregates(self, value: Expr) -> bool:
        return any(isinstance(part, Call) and part.name in AGGREGATES for part in parts_of(value))

    def time(self, value: Expr) -> bool:
        """Is it a time of the window?"""
        return isinstance(value, Call) and value.name in TIMES and not (value.name == "event_time" and self.by_row)

    def signals(self, place: int, group: tuple[Any, ...]) -> str:
        """The values of a group at each end of a window."""
        pairs = zip(self.keys, group, strict=True)
        same = [f"{self.playing.column(key)} == {written(Literal(of), str)}" for key, of in pairs]
        condition = " and ".join([*([f"({self.passes})"] if self.passes else []), *same])
        span = self.window.span

        def aggregate(call: Call) -> str:
            if call.name not in AGGREGATES:
                return self.playing.call(call)
            (argument,) = call.arguments
            if call.filtered is not None or call.triggered is not None or call.distinct:
                raise NotSql(f"`{call.name}` with a condition of its own")
            of = "row" if isinstance(argument, Star) else written(argument, self.playing.column)
            if condition and call.name == "count" and of == "row":
                return f"count(({condition}) {span})"
            if condition and self.window.samples:
                raise NotSql("an aggregate of some rows of a number of samples")
            if condition and self.window.pace is None:
                return f"{AGGREGATES[call.name]}(({condition} ? {of} : absent) {span})"
            return f"{AGGREGATES[call.name]}({of}{f' where {condition}' if condition else ''} {span})"

        text = f"signal counts{place} for Event = {aggregate(Call('count', (Star(),)))}\n"
        for item_place, item in enumerate(self.query.items):
            value = self.playing.of(item)
            if self.aggregates(value):
                said = written(value, self.of_a_row, aggregate)
                text += f"signal v{item_place}_{place} for Event = {said}\n"
        if self.query.having is not None:
            said = written(self.playing.plain(self.query.having), self.of_a_row, aggregate)
            text += f"signal having{place} for Event = {said}\n"
        return text

    def of_a_row(self, name: str) -> str:
        raise NotSql(f"`{name}` of a row beside an aggregate")

    def row(self, told: Sequence[Emitted], start: int, end: int, values: Mapping[str, Any]) -> Row:
        """A row of a batch: what its rows tell, and the values of signals.

        What it is ordered by beside its columns is under names with a blank.
        """
        row: Row = {f" {key}": value_of(told[0], f"k{place}") for place, key in enumerate(self.keys)}
        for place, item in enumerate(self.query.items):
            value = self.playing.of(item)
            match value:
                case Call("window_start"):
                    row[item.name] = start // MS
                case Call("window_end") | Call("event_time") if self.time(value):
                    row[item.name] = end // MS
                case Call("collect"):
                    row[item.name] = [value_of(one, f"v{place}") for one in told]
                case Call("row_number"):
                    row[item.name] = values["row_number"]
                case _ if self.aggregates(value):
                    row[item.name] = values.get(f"v{place}")
                case _:
                    row[item.name] = value_of(told[0], f"v{place}")
        return {name: value for name, value in row.items() if value is not None}

    def ordered(self, batch: list[Row]) -> list[Row]:
        for by, downwards in reversed(self.query.order):
            if not isinstance(by, Name) or any(by.name not in row and f" {by.name}" not in row for row in batch):
                raise NotSql("an order by what is no column of the rows")
            values: list[tuple[Any, Row]] = [(row.get(by.name, row.get(f" {by.name}")), row) for row in batch]
            batch = [row for _, row in sorted(values, key=lambda one: one[0], reverse=downwards)]
        return batch
