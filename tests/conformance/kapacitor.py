"""Kapacitor's pipelines as programs: one mapping for the cases of data/kapacitor.json.

| Kapacitor | here |
|---|---|
| the points of a measurement; the tags they are grouped by | messages of a type of devices, one device for each group |
| `where` | `where` of windows; of results, which of them count |
| `eval … as` | expressions |
| `derivative` (`nonNegative`) | `(x - prev(x))` by the time between the two (`where x >= prev(x)`) |
| `movingAverage(x, n)` | `mean(x over n samples)`, once there are so many |
| `window` with a period | `over P every E`, with times less that of the first point, unless it is aligned |
| `periodCount(n).everyCount(1)` | `over n samples`; `fillPeriod`: once there are so many |
| an aggregate of no window: of the points of one time | `over 1 ms every 1 ms` |
| `shift` of results; `join` of results that come together | `first(… over …)`; an expression of both |
| `first`, `last`: the whole point | `first`, `last` of each of its fields |
| a window that is closed by the next point, or by a barrier | results not after the last point, or the end |
| `httpOut` shows the last point, or the last window's | the last result of each group, or those of the last window |
| `alert` | a level for each point; an alert for each that is not OK, and for the next that is OK again |

A point that follows another at each update is a one-step pattern with an event; windows are signals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from headgate.runtime.output import Emitted, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.tickscript import Duration, Lambda, Node, NotMapped, Pipeline, pipelines

MS = 1_000_000
BEGIN = 1_000_000 * S
AGGREGATES = {
    "count": "count", "sum": "sum", "mean": "mean", "median": "median", "min": "min", "max": "max", "spread": "range",
    "first": "first", "last": "last", "distinct": "distinct", "mode": "mode",
}  # fmt: skip
SELECTORS = ("first", "last")
LEVELS = ("info", "warn", "crit")
Point = Mapping[str, Any]
Rows = dict[tuple[str, ...], list[tuple[float, dict[str, float | str | None]]]]
"""By group: the times and values of the rows shown."""


@dataclass(frozen=True)
class Stream:
    """A pipeline's points so far. `fields` are expressions by name; `pace_ns`: they are results of windows.
    `idle`: time goes on without points."""

    measurements: tuple[str, ...]
    by: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    window: Node | None = None
    pace_ns: int = 0
    idle: bool = False
    lag_ns: int = 0
    offset_ns: int = 0


def play(case: Mapping[str, Any], executor: Executor) -> Rows:
    """What the pipeline shows at the end. Raises `NotMapped` where the language has no words for it."""
    found = pipelines(case["tickscript"])
    if len(found) != 1:
        raise NotMapped("several pipelines that lead somewhere")
    return _Playing(case, executor).play([node for node in found[0] if node.name != "httpOut"])


@dataclass
class _Playing:
    case: Mapping[str, Any]
    executor: Executor

    def play(self, nodes: Sequence[Node]) -> Rows:
        stream = self.begin(nodes[0])
        for node in nodes[1:]:
            stream = self.step(stream, node)
        rows = self.results(stream)
        if nodes[-1].name == "alert":
            return {key: _alerts(found) for key, found in rows.items()}
        if stream.window is None:
            return {key: found[-1:] for key, found in rows.items()}
        return {key: _last_window(found, stream.window) for key, found in rows.items()}

    # -- The pipeline -------------------------------------------------------------------------------------------------

    def begin(self, node: Node) -> Stream:
        if node.name != "from":
            raise NotMapped(f"`{node.name}` at the beginning")
        measurement = node.get("measurement")
        by = tuple(str(tag) for tags in node.all("groupBy") for tag in tags)
        events = [event for event in self.case["events"] if event["measurement"] == measurement]
        names = dict.fromkeys(name for event in events for name in event["fields"])
        stream = Stream((str(measurement),), by, fields={name: f"f_{measurement}_{name}" for name in names})
        for (condition,) in node.all("where"):
            stream = self.where(stream, condition)
        return stream

    def where(self, stream: Stream, condition: object) -> Stream:
        assert isinstance(condition, Lambda)
        text = condition.written(lambda name: stream.fields.get(name, f"t_{name}"))
        return replace(stream, conditions=(*stream.conditions, text))

    def step(self, stream: Stream, node: Node) -> Stream:
        match node.name:
            case "where":
                return self.where(stream, node.arguments[0])
            case "eval":
                return self.eval(stream, node)
            case "delete":
                gone = {str(name) for (name,) in node.all("field")}
                by = tuple(tag for tag in stream.by if (tag,) not in node.all("tag"))
                return replace(stream, by=by, fields={n: e for n, e in stream.fields.items() if n not in gone})
            case "derivative":
                return self.derivative(stream, node)
            case "movingAverage":
                value, count = stream.fields[str(node.arguments[0])], _whole(node.arguments[1])
                where = _where(stream)
                full = f"count({value}{where} over {count} samples) == {count}"
                moving = f"mean({value}{where} over {count} samples)"
                return replace(stream, conditions=(*stream.conditions, full), fields={"movingAverage": moving})
            case "window":
                if stream.window is not None:
                    raise NotMapped("a window of a window")
                return replace(stream, window=node)
            case "alert":
                return self.alert(stream, node)
            case "barrier":
                if node.get("delete"):
                    raise NotMapped("a barrier that forgets what is idle")
                return replace(stream, idle=True)
            case "shift":
                return _shifted(stream, node.arguments[0])
            case "join":
                return self.join(stream, node)
            case name if name in AGGREGATES:
                return self.aggregate(stream, node)
            case name:
                raise NotMapped(f"`{name}`")

    def eval(self, stream: Stream, node: Node) -> Stream:
        names = [str(name) for found in node.all("as") for name in found]
        made: dict[str, str] = {}
        for name, expression in zip(names, node.arguments, strict=True):
            assert isinstance(expression, Lambda)
            made[name] = expression.written(lambda n: {**stream.fields, **made}.get(n, f"t_{n}"))
        kept = stream.fields if node.get("keep") is not None else {}
        return replace(stream, fields={**kept, **made})

    def alert(self, stream: Stream, node: Node) -> Stream:
        """The level of each point, from 0."""
        level = "0"
        for number, name in enumerate(LEVELS, 1):
            condition = node.get(name)
            if isinstance(condition, Lambda):
                text = condition.written(lambda n: stream.fields.get(n, f"t_{n}"))
                level = f"({text} ? {number} : {level})"
        return replace(stream, fields={"level": level})

    def join(self, stream: Stream, node: Node) -> Stream:
        """The results of two windows at one time, with the names of both before those of their fields."""
        (pipeline,), (names,) = node.arguments, node.all("as")
        assert isinstance(pipeline, Pipeline)
        other = self.begin(pipeline.nodes[0])
        for one in pipeline.nodes[1:]:
            other = self.step(other, one)
        if not stream.pace_ns or not other.pace_ns:
            raise NotMapped("a join of points")
        if node.get("on") is not None or stream.by != other.by:
            raise NotMapped("a join of windows of different groups")
        if (stream.pace_ns, stream.offset_ns) != (other.pace_ns, other.offset_ns):
            raise NotMapped("a join of windows that do not end together")
        both = zip(names, (stream, other), strict=True)
        fields = {f"{name}.{n}": expression for name, one in both for n, expression in one.fields.items()}
        measurements = tuple(dict.fromkeys((*stream.measurements, *other.measurements)))
        conditions = (*stream.conditions, *other.conditions)
        return replace(stream, measurements=measurements, conditions=conditions, fields=fields)

    def derivative(self, stream: Stream, node: Node) -> Stream:
        name = str(node.arguments[0])
        x, unit = stream.fields[name], node.get("unit")
        if not x.isidentifier() or stream.conditions:
            raise NotMapped("the derivative of what is no field")
        length = unit.ns if isinstance(unit, Duration) else S
        rate = f"(({x} - prev({x})) / ((last({x}).time - prev({x}).time) / {length} ns))"
        condition = f"({x} >= prev({x}))" if node.get("nonNegative") is not None else f"(prev({x}) is not absent)"
        return replace(stream, conditions=(condition,), fields={**stream.fields, name: rate})

    def aggregate(self, stream: Stream, node: Node) -> Stream:
        name = str(node.arguments[0])
        function = AGGREGATES[node.name]
        result = node.get("as")
        named = node.name if result is None else str(result)
        span, offset, full, lag = self.span(stream, stream.fields[name])
        where = _where(stream)
        made = {named: f"{function}({stream.fields[name]}{where} {span})"}
        if node.name in SELECTORS and stream.window is not None:
            others = {n: e for n, e in stream.fields.items() if n != name}
            made = {**{n: f"{function}({e}{where} {span})" for n, e in others.items()}, **made}
        counted = f"count({stream.fields[name]}{where} {span})"
        conditions = (f"{counted} > 0",) if full is None else (f"{counted} == {full}",)
        every = None if stream.window is None else stream.window.get("every")
        pace = every.ns if isinstance(every, Duration) and "every" in span else MS if lag else 0
        return replace(
            stream, conditions=conditions, fields=made, window=None, pace_ns=pace, lag_ns=lag, offset_ns=offset
        )

    def span(self, stream: Stream, value: str) -> tuple[str, int, int | None, int]:
        """A window in the language; where its grid begins; of how many samples it must be; how far results lag."""
        window = stream.window
        if window is None:
            if stream.pace_ns:
                raise NotMapped("an aggregate of results without a window")
            return "over 1 ms every 1 ms", 0, None, MS
        count = window.get("periodCount")
        if count is not None:
            if window.get("everyCount") != 1:
                raise NotMapped("a window at every so many points")
            full = _whole(count) if window.get("fillPeriod") is not None else None
            return f"over {_whole(count)} samples", 0, full, 0
        period, every = window.get("period"), window.get("every")
        assert isinstance(period, Duration)
        if not isinstance(every, Duration) or every.ns == 0:
            return f"over {period.ns} ns", 0, None, 0
        if window.get("fillPeriod") is not None:
            raise NotMapped("`fillPeriod`")
        offset = 0 if window.get("align") is not None else self.first(stream, value) % every.ns
        return f"over {period.ns} ns every {every.ns} ns", offset, None, 0

    # -- Programs -----------------------------------------------------------------------------------------------------

    def first(self, stream: Stream, value: str) -> int:
        """The time (ns) of the first point: windows that are not aligned begin with it, in all groups alike."""
        firsts = {found[0][0] for found in self.results(replace(stream, window=None, fields={"x": value})).values()}
        if len({round(first * S) for first in firsts}) != 1:
            raise NotMapped("windows that begin when each group does")
        return round(firsts.pop() * S)

    def results(self, stream: Stream) -> Rows:
        """The points of a pipeline, by group."""
        events = [event for event in self.case["events"] if event["measurement"] in stream.measurements]
        inputs = [self.message(event, stream) for event in events]
        last = max(event["t_s"] for event in events)
        last = max(last, self.case["clock_advanced_to_s"]) if stream.idle else last
        run = self.executor(compile_program(self.program(stream, events)), inputs)
        found: dict[tuple[int, tuple[str, ...], int], dict[str, Any]] = {}
        names = list(stream.fields)
        for output in run.outputs:
            if isinstance(output, Emitted):
                row = {name: output.arguments[f"v{i}"] for i, name in enumerate(names)}
                found[output.time, output.key, output.seq] = row
            elif isinstance(output, Signalled) and output.name.startswith("v"):
                row = found.setdefault((output.time, output.key, output.seq), dict.fromkeys(names))
                row[names[int(output.name[1:])]] = output.value
        rows: Rows = {}
        counted = [o for o in run.outputs if isinstance(o, Signalled) and o.name == "counts" and o.value]
        shown = {(o.time, o.key, o.seq) for o in counted} if stream.pace_ns else set(found)
        for time, key, seq in sorted(shown):
            at = (time - BEGIN + stream.offset_ns - stream.lag_ns) / S
            if at <= last:
                rows.setdefault(tuple(key[0].split("/")) if stream.by else (), []).append((at, found[time, key, seq]))
        return rows

    def program(self, stream: Stream, events: Sequence[Point]) -> str:
        tags = {tag: None for event in events for tag in event["tags"]}
        fields = {f"{e['measurement']}_{name}": value for e in events for name, value in e["fields"].items()}
        kinds = {name: "text" if isinstance(value, str) else "float" for name, value in fields.items()}
        lines = [f"telemetry t_{tag}: text" for tag in tags]
        lines += [f"telemetry f_{name}: {kind} every 1 ms" for name, kind in kinds.items()]
        text = "module kapacitor\ndevice Series {\n    property by: text\n    " + "\n    ".join(lines) + "\n}\n"
        condition = " and ".join(stream.conditions) or "true"
        if stream.pace_ns:
            text += f"signal counts for Series = {condition}\n"
            return text + "".join(f"signal v{i} for Series = {e}\n" for i, e in enumerate(stream.fields.values()))
        known = " or ".join(f"({expression} is not absent)" for expression in stream.fields.values())
        shown = ", ".join(f"v{i}: {expression}" for i, expression in enumerate(stream.fields.values()))
        text += f"pattern shown for Series = {condition} and ({known})\n"
        return text + f"rule points for Series {{ when shown do {{ emit point({shown}) }} }}\n"

    def message(self, event: Point, stream: Stream) -> Input:
        time = BEGIN + round(event["t_s"] * 1000) * MS - stream.offset_ns
        fields: dict[str, Value] = {f"t_{tag}": value for tag, value in event["tags"].items()}
        fields |= {f"f_{event['measurement']}_{name}": value for name, value in event["fields"].items()}
        return Message("Series", "/".join(event["tags"][tag] for tag in stream.by) or "all", time, fields)


def _shifted(stream: Stream, by: object) -> Stream:
    """Results that count for a later time: the first of those since then."""
    assert isinstance(by, Duration)
    steps, rest = divmod(by.ns, stream.pace_ns or by.ns + 1)
    if rest or steps < 1:
        raise NotMapped("a shift that is no multiple of a pace")
    span = f"over {(steps + 1) * stream.pace_ns} ns every {stream.pace_ns} ns"
    fields = {name: f"first({expression} {span})" for name, expression in stream.fields.items()}
    conditions = tuple(f"count({expression} {span}) == {steps + 1}" for expression in stream.fields.values())
    return replace(stream, fields=fields, conditions=conditions)


def _where(stream: Stream) -> str:
    return f" where {' and '.join(stream.conditions)}" if stream.conditions else ""


def _whole(number: object) -> int:
    assert isinstance(number, float)
    return int(number)


def _alerts(rows: list[Any]) -> list[Any]:
    """The points that are alerts: those that are not OK, and the first that is OK again."""
    before = [0, *(row["level"] for _, row in rows)]
    return [row for row, last in zip(rows, before, strict=False) if row[1]["level"] or last]


def _last_window(rows: list[Any], window: Node) -> list[Any]:
    """The rows of the last window that was closed: by a later row, or full of so many."""
    count = window.get("periodCount")
    if count is not None:
        return rows[-_whole(count) :]
    period, every = window.get("period"), window.get("every")
    assert isinstance(period, Duration)
    assert isinstance(every, Duration)
    first, last = rows[0][0], rows[-1][0]
    offset = 0.0 if window.get("align") is not None else first
    end = offset + (last - offset) // (every.ns / S) * (every.ns / S)
    return [row for row in rows if end - period.ns / S <= row[0] < end]
