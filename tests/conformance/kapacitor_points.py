"""Kapacitor's points as messages, and what a program makes of them: points again.

A pipeline is a chain of tasks; so is its counterpart: what depends on one point alone is put together into expressions,
and where a step keeps something of earlier points, there is a program, whose results are the messages of the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import gcd

from headgate.runtime.output import Emitted, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.tick_expression import KEPT, Columns, Written
from headgate.tests.conformance.tickscript import Duration, Node, NotMapped

MS = 1_000_000
BEGIN = 365 * 86_400 * S
"""Time 0 of the cases: 1971-01-01."""
Group = tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """`time` in ns since the beginning."""

    time: int
    name: str
    tags: Mapping[str, str]
    fields: Mapping[str, Value]

    def group(self, by: Sequence[str]) -> Group:
        return tuple(self.tags.get(tag, "") for tag in by)


@dataclass(frozen=True)
class Window:
    """Points taken together. Of a grid: when it ends, by group."""

    period: int
    pace: int = 0
    ends: Mapping[Group, tuple[int, ...]] = field(default_factory=dict)
    counted: bool = False
    """Whether the period is a number of points and not a time."""
    condition: str = ""
    """Of the points at which a window without a grid is given."""
    at_begin: bool = False
    """Whether what it gives has the time at which it begins."""

    @property
    def gridded(self) -> bool:
        return self.pace > 0

    def span(self) -> str:
        if self.counted:
            return f"over {self.period} samples"
        return f"over {self.period} ns" + (f" every {gcd(self.period, self.pace)} ns" if self.gridded else "")


@dataclass(frozen=True)
class Stream:
    """The points that a program gave, and what is asked of each: conditions, and expressions by name."""

    points: tuple[Point, ...]
    by: tuple[str, ...]
    fields: Mapping[str, Written]
    tags: Mapping[str, Written]
    conditions: tuple[str, ...] = ()
    window: Window | None = None
    goes_on: tuple[int, ...] = ()
    """Times (ns) that pass although no point comes."""

    @property
    def where(self) -> str:
        return f" where {' and '.join(self.conditions)}" if self.conditions else ""

    def columns(self) -> Columns:
        def column(name: str) -> Written:
            found = self.fields.get(name) or self.tags.get(name)
            if found is None:
                raise NotMapped(f"`{name}`, which no point has")
            return found

        return Columns(column, self.where, "point")

    def that(self, condition: str) -> "Stream":
        return replace(self, conditions=(*self.conditions, condition))


def stream_of(points: Sequence[Point], by: Sequence[str], goes_on: tuple[int, ...] = ()) -> Stream:
    """A stream of points as they are."""
    if len(points) > KEPT:
        raise NotMapped(f"more than {KEPT} points")
    names = list(dict.fromkeys(name for point in points for name in point.fields))
    fields = {name: _column(f"f{i}", [p.fields.get(name) for p in points]) for i, name in enumerate(names)}
    tag_names = list(dict.fromkeys(name for point in points for name in point.tags))
    tags = {name: _column(f"t{i}", [p.tags.get(name) for p in points]) for i, name in enumerate(tag_names)}
    return Stream(tuple(points), tuple(by), fields, tags, goes_on=goes_on)


def _column(identifier: str, values: Sequence[Value | None]) -> Written:
    """A column; where some points lack it, it is only what the very message says."""
    known = [value for value in values if value is not None]
    kinds = {type(value) for value in known}
    if kinds <= {int, float}:
        kind = "int" if kinds == {int} else "float"
    elif len(kinds) == 1:
        kind = {str: "text", bool: "bool"}[kinds.pop()]
    else:
        raise NotMapped("a field of several types")
    return Written(identifier if len(known) == len(values) else f"fresh({identifier})", kind)


# --- Programs --------------------------------------------------------------------------------------------------------


def points_of(stream: Stream, executor: Executor) -> tuple[Point, ...]:
    """The points themselves: those for which the conditions hold, with the fields that they shall have."""
    asked = [*stream.tags.items(), *stream.fields.items()]
    shown = [f"v{i}: {written.text}" for i, (_, written) in enumerate(asked)]
    shown += [f"k{i}: {written.text} is not absent" for i, (_, written) in enumerate(asked) if written.kind == "text"]
    known = f"{stream.window.condition} and " if stream.window is not None and stream.window.condition else ""
    program = f"pattern shown for Series = {known}{' and '.join((*stream.conditions, 'point > 0'))}\n"
    program += f"rule points for Series {{ when shown do {{ emit e({', '.join(('time: ms', *shown))}) }} }}\n"
    made: list[Point] = []
    names = {point.group(stream.by): point.name for point in stream.points}
    for group, output in _run(stream, program, executor, {}):
        assert isinstance(output, Emitted)
        values = {
            name: _typed(output.arguments[f"v{i}"], written)
            for i, (name, written) in enumerate(asked)
            if output.arguments.get(f"k{i}") is not False
        }
        given = {name: value for name, value in values.items() if value is not None}
        tags = {name: str(value) for name, value in given.items() if name in stream.tags}
        fields = {name: value for name, value in given.items() if name in stream.fields}
        made.append(Point(output.time - BEGIN, names[group], tags, fields))
    return tuple(sorted(made, key=lambda point: point.time))


def results_of(
    stream: Stream, asked: Mapping[str, Written], executor: Executor
) -> list[tuple[Group, int, dict[str, Value]]]:
    """What a window with a grid gives: group, end, values. Windows without points give nothing."""
    window = stream.window
    assert window is not None
    program = f"signal n for Series = count(point{stream.where} {window.span()})\n"
    program += "".join(f"signal v{i} for Series = {written.text}\n" for i, written in enumerate(asked.values()))
    shifts = {group: ends[0] % window.pace for group, ends in window.ends.items() if ends}
    found: dict[tuple[Group, int], dict[str, Value | None]] = {}
    for group, output in _run(stream, program, executor, shifts):
        assert isinstance(output, Signalled)
        end = output.time - BEGIN + shifts.get(group, 0)
        found.setdefault((group, end), {})[output.name] = output.value
    results: list[tuple[Group, int, dict[str, Value]]] = []
    last = {group: max(p.time for p in stream.points if p.group(stream.by) == group) for group in window.ends}
    for (group, end), values in sorted(found.items(), key=lambda one: (one[0][1], one[0][0])):
        ends = window.ends.get(group, ())
        if end in ends and values["n"]:
            made = {name: _typed(values.get(f"v{i}"), w) for i, (name, w) in enumerate(asked.items())}
            results.append((group, end, {name: value for name, value in made.items() if value is not None}))
        elif values["n"] and ends and ends[0] <= end <= last[group] and (end - ends[0]) % window.pace == 0:
            raise NotMapped("windows that begin anew after a gap")
    return results


def number(value: Value | None) -> float:
    """A result that is a number; none counts as 0."""
    assert value is None or isinstance(value, int | float)
    return value or 0


def _typed(value: object, written: Written) -> Value | None:
    if value is None:
        return None
    assert isinstance(value, bool | int | float | str)
    return int(value) if written.kind == "int" and not isinstance(value, str) else value


def _run(
    stream: Stream, items: str, executor: Executor, shifts: Mapping[Group, int]
) -> list[tuple[Group, Signalled | Emitted]]:
    """What a program gives for the points, by group; `shifts`: how much earlier a group's messages are."""
    groups = list(dict.fromkeys(point.group(stream.by) for point in stream.points))
    plain = stream_of(stream.points, stream.by)
    types = {_identifier(written): written.kind for written in (*plain.fields.values(), *plain.tags.values())}
    lines = "".join(f"    telemetry {name}: {kind} every 1 ms\n" for name, kind in types.items())
    head = "device Series {\n    telemetry point: float every 1 ms\n    telemetry ms: float every 1 ms\n"
    inputs: list[Input] = []
    for point in stream.points:
        group = point.group(stream.by)
        values: dict[str, Value] = {"point": 1.0, "ms": point.time / MS}
        values |= {_identifier(plain.fields[name]): value for name, value in point.fields.items()}
        values |= {_identifier(plain.tags[name]): value for name, value in point.tags.items()}
        time = BEGIN + point.time - shifts.get(group, 0)
        inputs.append(Message("Series", f"g{groups.index(group)}", time, values))
    run = executor(compile_program(f"module kapacitor\n{head}{lines}}}\n{items}"), inputs)
    outputs = [o for o in run.outputs if isinstance(o, Signalled | Emitted)]
    return [(groups[int(output.key[0].removeprefix("g"))], output) for output in outputs]


def _identifier(written: Written) -> str:
    return written.text.removeprefix("fresh(").removesuffix(")")


def plain(stream: Stream, executor: Executor) -> Stream:
    """The stream's points as they are by now, with nothing more asked of them."""
    if stream.window is not None:
        if stream.window.gridded and not stream.conditions:
            return stream
        raise NotMapped("a step that keeps something of the points of a window")
    if stream == stream_of(stream.points, stream.by, stream.goes_on):
        return stream
    return stream_of(points_of(stream, executor), stream.by, stream.goes_on)


def one_by_one(stream: Stream, executor: Executor) -> Stream:
    """As `plain`, of what is in no window."""
    if stream.window is not None:
        raise NotMapped("a step from point to point within a window")
    return plain(stream, executor)


def field_of(stream: Stream, name: str) -> tuple[str, str]:
    """A field of the points as they are, and its value before."""
    if name not in stream.fields:
        raise NotMapped(f"`{name}`, which no point has")
    text = stream.fields[name].text
    return text, f"prev({text.removeprefix('fresh(').removesuffix(')')})"


def result(time: int, name: str, values: Mapping[str, Value]) -> Point:
    """The point of a window's result, whose columns say whether they are tags or fields."""
    tags = {n.removeprefix("tag "): str(v) for n, v in values.items() if n.startswith("tag ")}
    return Point(time, name, tags, {n.removeprefix("field "): v for n, v in values.items() if n.startswith("field ")})


# --- Windows ---------------------------------------------------------------------------------------------------------


def windowed(stream: Stream, node: Node) -> Stream:
    """The stream in windows. When a window on a grid ends is what its own points say, as Kapacitor has it."""
    count = node.get("periodCount")
    if count is not None:
        assert isinstance(count, int)
        return replace(stream, window=_counted(stream, count, node))
    period, every = node.get("period"), node.get("every")
    if not isinstance(period, Duration):
        raise NotMapped("a window without a period")
    full = node.get("fillPeriod") is not None
    pace = every.ns if isinstance(every, Duration) else 0
    if not pace:
        begun = f"(ms - min(ms{stream.where} over {KEPT} samples) >= {period.ns / MS})" if full else ""
        return replace(stream, window=Window(period.ns, condition=begun))
    align = node.get("align") is not None
    times: dict[Group, list[int]] = {}
    for point in stream.points:
        times.setdefault(point.group(stream.by), []).append(point.time)
    ends = {
        g: _ends([*of, *(t for t in stream.goes_on if t > of[-1])], period.ns, pace, align, full)
        for g, of in times.items()
    }
    for each in ends.values():
        if any((end - each[0]) % pace for end in each):
            raise NotMapped("windows that begin anew after a gap")
    return replace(stream, window=Window(period.ns, pace, ends))


def _counted(stream: Stream, count: int, node: Node) -> Window:
    """A window of so many points, at every so many of them; `fillPeriod`: once there are so many."""
    every = node.get("everyCount")
    if not isinstance(every, int) or every < 1:
        raise NotMapped("a window of points without `everyCount`")
    first = count if node.get("fillPeriod") is not None else every
    past = f"count(point{stream.where} over {KEPT} samples) - {first}"
    at = "true" if every == 1 else f"{past} == {every} * floor(({past}) / {every})"
    return Window(count, counted=True, condition=f"({past} >= 0 and {at})")


def _ends(times: Sequence[int], period: int, every: int, align: bool, full: bool) -> tuple[int, ...]:
    """When the windows end of points at these times: the next one counts from the point that ended the last."""
    ahead = times[0] + (period if full else every)
    if align:
        ahead = (ahead // every + full) * every
    ends: list[int] = []
    for time in times:
        if time >= ahead:
            ends.append(ahead)
            ahead = time + every
            if align:
                ahead = ahead // every * every
    return tuple(ends)
