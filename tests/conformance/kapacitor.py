"""Kapacitor's pipelines as programs: one mapping for the cases of data/kapacitor*.json.

| Kapacitor | here |
|---|---|
| the points of a measurement; the tags they are grouped by | messages of a type of devices, one device for each group |
| `where`; `eval … as`, `default` | conditions; expressions, of what the very message says |
| `derivative`, `difference`, `elapsed`, `changeDetect` | expressions with `prev(x)` |
| `movingAverage(x, n)`, `cumulativeSum`, `sample(n)` | windows over samples (without an end: over 4096) |
| `stateCount`, `stateDuration` | the newest sample at which the state began, over 4096 samples |
| `window` with a period | `over P every E`, with times less that of its grid; at each point: `over P` |
| `periodCount(n).everyCount(m)` | `over n samples`, at every m-th |
| an aggregate of no window: of the points of one time | `over 1 ms every 1 ms` |
| `join` of points that come together; with `fill` | `first(… over 1 ms every 1 ms)` of both; with `else` |
| `join … on`: what comes for a part of the tags | is told to every group that has them |
| `union`; `shift` | messages of both; with other times |
| `median`, `stddev` | the mean of the two in the middle; that of the sample, not of the population |
| a window that is closed by the next point, or by a barrier | results not after the last point, or the end |
| `httpOut` shows the last point, or the points of the last window | the last result of each group, or those points |
| `alert` | a level for each point; an alert for each that is not OK, and for the next that is OK again |
| the level falls only by `critReset` | the level of the newest sample that was above it, or met the reset |

What keeps something of earlier points is a program (kapacitor_points.py); its results are the messages of the next.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

from headgate.runtime.testing.executors import Executor, S
from headgate.tests.conformance.kapacitor_alerts import levels
from headgate.tests.conformance.kapacitor_joins import joined
from headgate.tests.conformance.kapacitor_points import (
    MS,
    Group,
    Point,
    Stream,
    Window,
    field_of,
    number,
    one_by_one,
    plain,
    points_of,
    result,
    results_of,
    stream_of,
    windowed,
)
from headgate.tests.conformance.tick_expression import KEPT, Written, write
from headgate.tests.conformance.tickscript import Duration, Lambda, Node, NotMapped, Pipeline, Star, pipelines

AGGREGATES = {
    "count": "count", "sum": "sum", "mean": "mean", "min": "min", "max": "max", "spread": "range",
    "first": "first", "last": "last", "mode": "mode", "median": "", "stddev": "", "percentile": "",
}  # fmt: skip
NOT_MAPPED = {
    "flapping": "alerts that flap",
    "inhibit": "an alert that inhibits others",
    "history": "alerts with a history",
}
MEASUREMENT = "_measurement"
"""The tag that points have which are grouped by their measurement."""
PASSED = ("httpOut", "httpPost", "log", "influxDBOut", "noOp")
"""What lets points through as they are."""
Row = tuple[float, dict[str, Any]]
Shown = dict[tuple[tuple[str, str], ...], list[Row]]
"""Rows of time and values, by the tags of their group."""


@dataclass(frozen=True)
class Played:
    """What `httpOut` shows, by the group's tags: rows of time and values; and the alerts: time, group and level."""

    shown: Shown
    alerts: list[tuple[float, Group, int]]


def play(case: Mapping[str, Any], executor: Executor) -> Played:
    """What the pipeline shows at the end. Raises `NotMapped` where the language has no words for it."""
    found = pipelines(case["tickscript"])
    if not found:
        raise NotMapped("a pipeline that leads nowhere")
    playing = _Playing(case, executor)
    for pipeline in found:
        stream = playing.begin(pipeline[0])
        for node in pipeline[1:]:
            stream = playing.step(stream, node)
    _refuse_fields(case, [node.name for pipeline in found for node in pipeline], playing.shown)
    return Played(playing.shown, playing.alerts)


class _Playing:
    def __init__(self, case: Mapping[str, Any], executor: Executor) -> None:
        self.case = case
        self.executor = executor
        self.shown: Shown = {}
        self.alerts: list[tuple[float, Group, int]] = []
        self.ends = round(case["clock_advanced_to_s"] * S)

    # -- The pipeline -------------------------------------------------------------------------------------------------

    def begin(self, node: Node) -> Stream:
        if node.name != "from":
            raise NotMapped(f"`{node.name}` at the beginning")
        points = [
            Point(round(e["t_s"] * 1000) * MS, e["measurement"], dict(e["tags"] or {}), e["fields"])
            for e in self.case["events"]
            if node.get("measurement") in (None, e["measurement"])
        ]
        measured = (MEASUREMENT,) if node.get("groupByMeasurement") is not None else ()
        if measured:
            points = [replace(point, tags={**point.tags, MEASUREMENT: point.name}) for point in points]
        stream = stream_of(sorted(points, key=lambda point: point.time), measured)
        for (condition,) in node.all("where"):
            stream = self.where(stream, condition)
        for tags in node.all("groupBy"):
            stream = self.group_by(self.plain(stream), (*measured, *tags), ())
        return stream

    def step(self, stream: Stream, node: Node) -> Stream:
        if not stream.points and node.name not in ("union", "httpOut"):
            return stream
        known: dict[str, Callable[[Stream, Node], Stream]] = {
            "eval": self.eval, "default": self.default, "delete": self.delete, "derivative": self.derivative,
            "difference": self.difference, "elapsed": self.elapsed, "changeDetect": self.change_detect,
            "movingAverage": self.moving_average, "cumulativeSum": self.cumulative_sum, "sample": self.sample,
            "stateCount": self.state, "stateDuration": self.state, "shift": self.shift, "union": self.union,
            "join": self.join, "alert": self.alert, "barrier": self.barrier,
        }  # fmt: skip
        match node.name:
            case "where":
                return self.where(stream, node.arguments[0])
            case "groupBy":
                excluded = tuple(str(tag) for tags in node.all("exclude") for tag in tags)
                return self.group_by(self.plain(stream), node.arguments, excluded)
            case "window":
                return windowed(self.plain(stream), node)
            case "httpOut":
                self.shown = self.out(stream)
                return stream
            case "httpPost" if node.get("codeField") is not None:
                raise NotMapped("what an HTTP server answers")
            case name if name in PASSED:
                return stream
            case name if name in AGGREGATES:
                return self.aggregate(stream, node)
            case name if name in known:
                return known[name](stream, node)
            case name:
                raise NotMapped(f"`{name}`")

    def plain(self, stream: Stream) -> Stream:
        return plain(stream, self.executor)

    def points(self, stream: Stream) -> Stream:
        return one_by_one(stream, self.executor)

    # -- Steps of one point -------------------------------------------------------------------------------------------

    def where(self, stream: Stream, condition: object) -> Stream:
        assert isinstance(condition, Lambda)
        return stream.that(write(condition, stream.columns()).text)

    def group_by(self, stream: Stream, tags: Sequence[object], excluded: Sequence[str]) -> Stream:
        all_ = sorted(stream.tags) if any(isinstance(tag, Star) for tag in tags) else [str(tag) for tag in tags]
        by = tuple(tag for tag in all_ if tag not in excluded)
        window = stream.window
        if window is not None:
            if len(window.ends) != 1:
                raise NotMapped("windows of groups that are grouped anew")
            (ends,) = window.ends.values()
            window = replace(window, ends={point.group(by): ends for point in stream.points})
        return replace(stream, by=by, window=window)

    def eval(self, stream: Stream, node: Node) -> Stream:
        names = [str(name) for found in node.all("as") for name in found]
        as_tags = {str(tag) for tags in node.all("tags") for tag in tags}
        made: dict[str, Written] = {}
        for name, expression in zip(names, node.arguments, strict=True):
            assert isinstance(expression, Lambda)
            now = replace(stream, fields={**stream.fields, **made})
            made[name] = write(expression, now.columns())
        if any(made[tag].kind != "text" for tag in as_tags):
            raise NotMapped("a tag made of what is no text")
        known = tuple(f"({made[name].text} is not absent)" for name in made)
        fields = {name: written for name, written in made.items() if name not in as_tags}
        keep = [str(name) for found in node.all("keep") for name in found]
        if keep:
            all_ = {**stream.fields, **made}
            fields = {name: all_[name] for name in keep if name in all_}
        elif node.get("keep") is not None:
            fields = {**stream.fields, **made}
        tags = {**stream.tags, **{tag: made[tag] for tag in as_tags}}
        return replace(stream, fields=fields, tags=tags, conditions=(*stream.conditions, *known))

    def default(self, stream: Stream, node: Node) -> Stream:
        fields, tags = dict(stream.fields), dict(stream.tags)
        for columns, what in ((fields, "field"), (tags, "tag")):
            for name, value in node.all(what):
                if value == "":
                    continue
                kind = "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else "float"
                text = f'"{value}"' if isinstance(value, str) else str(value).lower()
                found = columns.get(str(name))
                columns[str(name)] = Written(
                    text if found is None else f"({found.text} else {text})", found.kind if found else kind
                )
        return replace(stream, fields=fields, tags=tags)

    def delete(self, stream: Stream, node: Node) -> Stream:
        gone = {str(name) for (name,) in node.all("field")}
        tags = {str(name) for (name,) in node.all("tag")}
        kept = {name: written for name, written in stream.tags.items() if name not in tags}
        by = tuple(tag for tag in stream.by if tag not in tags)
        fields = {name: written for name, written in stream.fields.items() if name not in gone}
        return self.plain(replace(stream, by=by, fields=fields, tags=kept))

    def barrier(self, stream: Stream, node: Node) -> Stream:
        if node.get("delete"):
            raise NotMapped("a barrier that forgets what is idle")
        idle = node.get("idle") or node.get("period")
        if not isinstance(idle, Duration):
            raise NotMapped("a barrier without a time")
        last = max(point.time for point in stream.points)
        return replace(stream, goes_on=tuple(range(last + idle.ns, self.ends + 1, idle.ns)))

    # -- Steps from point to point ------------------------------------------------------------------------------------

    def derivative(self, stream: Stream, node: Node) -> Stream:
        stream = self.points(stream)
        name, unit, named = str(node.arguments[0]), node.get("unit"), node.get("as")
        x, before = field_of(stream, name)
        length = unit.ns if isinstance(unit, Duration) else S
        rate = f"(({x} - {before}) / ((last({before[5:-1]}).time - {before}.time) / {length} ns))"
        stream = stream.that(f"({rate} is not absent)")
        if node.get("nonNegative") is not None:
            stream = stream.that(f"({x} >= {before})")
        return replace(stream, fields={**stream.fields, name if named is None else str(named): Written(rate, "float")})

    def difference(self, stream: Stream, node: Node) -> Stream:
        stream = self.points(stream)
        x, before = field_of(stream, str(node.arguments[0]))
        kind = stream.fields[str(node.arguments[0])].kind
        return self.one(stream, node, Written(f"({x} - {before})", kind), f"({before} is not absent)")

    def elapsed(self, stream: Stream, node: Node) -> Stream:
        stream = self.points(stream)
        unit = node.arguments[1] if len(node.arguments) > 1 else Duration(1)
        assert isinstance(unit, Duration)
        x, before = field_of(stream, str(node.arguments[0]))
        since = f"floor((last({before[5:-1]}).time - {before}.time) / {unit.ns} ns)"
        return self.one(stream, node, Written(since, "int"), f"({before} is not absent and {x} is not absent)")

    def change_detect(self, stream: Stream, node: Node) -> Stream:
        stream = self.points(stream)
        pairs = [field_of(stream, str(name)) for name in node.arguments]
        changed = " or ".join(f"({x} is not absent and ({x} != {old} or {old} is absent))" for x, old in pairs)
        return stream.that(f"({changed})")

    def moving_average(self, stream: Stream, node: Node) -> Stream:
        x, count = stream.columns().column(str(node.arguments[0])).text, node.arguments[1]
        span = f"{stream.where} over {count} samples)"
        return self.one(stream, node, Written(f"mean({x}{span}", "float"), f"(count({x}{span} == {count})")

    def cumulative_sum(self, stream: Stream, node: Node) -> Stream:
        x = stream.columns().column(str(node.arguments[0]))
        total = Written(f"sum({x.text}{stream.where} over {KEPT} samples)", x.kind)
        return self.one(stream, node, total, f"({x.text} is not absent)")

    def one(self, stream: Stream, node: Node, value: Written, condition: str) -> Stream:
        """The points with one field alone, called like the step."""
        if stream.window is not None:
            raise NotMapped("a step from point to point within a window")
        named = node.get("as")
        return replace(stream.that(condition), fields={node.name if named is None else str(named): value})

    def sample(self, stream: Stream, node: Node) -> Stream:
        stream = self.points(stream)
        match node.arguments[0]:
            case Duration(ns):
                return stream.that(f"(ms == {ns / MS} * floor(ms / {ns / MS}))")
            case nth:
                past = f"(count(point over {KEPT} samples) - 1)"
                return stream.that(f"({past} == {nth} * floor({past} / {nth}))")

    def state(self, stream: Stream, node: Node) -> Stream:
        """How many points, or how long, the state has lasted; -1 outside of it."""
        (condition,), unit = node.arguments, node.get("unit")
        assert isinstance(condition, Lambda)
        held = write(condition, stream.columns())
        stream = stream.that(f"({held.text} is not absent)")
        columns = {"state": held, "number": Written(f"count(point{stream.where} over {KEPT} samples)", "int")}
        inner = self.points(replace(stream, fields={**stream.fields, **columns}))
        state, before = field_of(inner, "state")
        begins = Written(f"({state} and not ({before} else false))", "bool")
        inner = self.points(replace(inner, fields={**inner.fields, "begins": begins}))
        length = unit.ns if isinstance(unit, Duration) else S
        what = inner.fields["number"].text if node.name == "stateCount" else "ms"
        since = f"{what} - last({what} where {inner.fields['begins'].text} over {KEPT} samples)"
        lasted = f"({since} + 1)" if node.name == "stateCount" else f"(({since}) / {length / MS})"
        value = Written(f"({inner.fields['state'].text} ? {lasted} : -1)", "float")
        fields = {name: written for name, written in inner.fields.items() if name in stream.fields}
        named = node.get("as")
        default = "state_count" if node.name == "stateCount" else "state_duration"
        return replace(inner, fields={**fields, default if named is None else str(named): value})

    # -- Windows ------------------------------------------------------------------------------------------------------

    def aggregate(self, stream: Stream, node: Node) -> Stream:
        if stream.window is None:
            stream = self.of_one_time(stream)
        window, name = stream.window, str(node.arguments[0])
        assert window is not None
        timed = node.get("usePointTimes") is not None
        if timed and (node.name not in ("first", "last") or not window.gridded):
            raise NotMapped("results with the times of points")
        named = node.name if node.get("as") is None else str(node.get("as"))
        if name not in stream.fields:
            return stream_of((), stream.by, stream.goes_on)
        x = stream.fields[name]
        span = f"{stream.where} {window.span()})"
        kind = "int" if node.name == "count" else "float" if node.name in ("mean", "median", "stddev") else x.kind
        fields: dict[str, Written] = {named: Written(_aggregate(node, x.text, span), kind)}
        tags: Mapping[str, Written] = {tag: stream.tags[tag] for tag in stream.by}
        if node.name in ("first", "last"):
            others = {n: w for n, w in stream.fields.items() if n != name}
            fields |= {n: Written(f"{node.name}({w.text}{span}", w.kind) for n, w in others.items()}
            tags = stream.tags
        tag_values = {tag: Written(f"last({w.text}{span}", "text") for tag, w in tags.items()}
        count = Written(f"count({x.text}{span}", "int")
        if not window.gridded:
            made = replace(stream, fields=fields, tags=tag_values, conditions=(f"({count.text} > 0)",))
            return stream_of(points_of(made, self.executor), stream.by, stream.goes_on)
        asked = {**{f"field {n}": w for n, w in fields.items()}, **{f"tag {n}": w for n, w in tag_values.items()}}
        asked |= {"time": Written(f"{node.name}(ms{span}", "float")} if timed else {}
        rows = results_of(stream, {**asked, "count": count}, self.executor)
        names = {point.group(stream.by): point.name for point in stream.points}
        early = window.period if window.at_begin else 0
        rows = [row for row in rows if row[2].get("count")]
        points = [
            result(round(number(values["time"]) * MS) if timed else end - early, names[group], values)
            for group, end, values in rows
        ]
        if node.name == "percentile":
            _refuse_ranks(node.arguments[1], [round(number(values["count"])) for _, _, values in rows])
        return stream_of(points, stream.by, stream.goes_on)

    def of_one_time(self, stream: Stream) -> Stream:
        """The points of one time taken together; given at the next, so that the last time is not."""
        stream = self.points(stream)
        last = max((point.time for point in stream.points), default=0)
        ends = {
            group: tuple(sorted({p.time + MS for p in stream.points if p.group(stream.by) == group and p.time < last}))
            for group in {point.group(stream.by) for point in stream.points}
        }
        return replace(stream, window=Window(MS, MS, ends, at_begin=True))

    def shift(self, stream: Stream, node: Node) -> Stream:
        by = node.arguments[0]
        assert isinstance(by, Duration)
        plain, window = self.plain(stream), stream.window
        if window is not None:
            window = replace(window, ends={g: tuple(end + by.ns for end in ends) for g, ends in window.ends.items()})
        points = [replace(point, time=point.time + by.ns) for point in plain.points]
        return replace(stream_of(points, plain.by, plain.goes_on), window=window)

    # -- Several pipelines --------------------------------------------------------------------------------------------

    def others(self, node: Node) -> list[Stream]:
        streams: list[Stream] = []
        for pipeline in node.arguments:
            assert isinstance(pipeline, Pipeline)
            stream = self.begin(pipeline.nodes[0])
            for one in pipeline.nodes[1:]:
                stream = self.step(stream, one)
            streams.append(self.points(stream))
        return streams

    def union(self, stream: Stream, node: Node) -> Stream:
        name = node.get("rename")
        points = [point for one in (self.points(stream), *self.others(node)) for point in one.points]
        points = [point if name is None else replace(point, name=str(name)) for point in points]
        return stream_of(sorted(points, key=lambda point: point.time), stream.by)

    def join(self, stream: Stream, node: Node) -> Stream:
        return joined([self.points(stream), *self.others(node)], node, self.executor)

    # -- Ends ---------------------------------------------------------------------------------------------------------

    def out(self, stream: Stream) -> Shown:
        """The last point of each group, or the points of its last window."""
        window = stream.window
        if window is None:
            last: dict[Group, list[Point]] = {point.group(stream.by): [point] for point in self.plain(stream).points}
        elif window.gridded:
            rows = results_of(stream, {}, self.executor)
            ends = {group: end for group, end, _ in rows}
            points = points_of(replace(stream, window=None), self.executor)
            last = {
                group: [p for p in points if p.group(stream.by) == group and end - window.period <= p.time < end]
                for group, end in ends.items()
            }
        else:
            last = self.last_window(stream, window)
        shown: Shown = {}
        for group, points_ in last.items():
            tags = () if window is None else tuple(tag for tag in stream.tags if tag not in stream.by)
            key = tuple(sorted(zip(stream.by, group, strict=True)))
            shown[key] = [(p.time / S, {**{t: p.tags[t] for t in tags if t in p.tags}, **p.fields}) for p in points_]
        return shown

    def last_window(self, stream: Stream, window: Window) -> dict[Group, list[Point]]:
        """The points of the last window that was given at a point."""
        so_many = Written(f"count(point{stream.where} over {KEPT} samples)", "int")
        all_ = points_of(replace(stream, window=None), self.executor)
        found: dict[Group, list[Point]] = {}
        for end in points_of(replace(stream, fields={"number": so_many}), self.executor):
            so_far = [p for p in all_ if p.group(stream.by) == end.group(stream.by)][
                : round(number(end.fields["number"]))
            ]
            by_time = [p for p in so_far if p.time > end.time - window.period]
            found[end.group(stream.by)] = so_far[-window.period :] if window.counted else by_time
        return found

    def alert(self, stream: Stream, node: Node) -> Stream:
        """The points that are alerts: those that are not OK, and the first that is OK again."""
        for name, reason in NOT_MAPPED.items():
            if node.get(name) is not None:
                raise NotMapped(reason)
        if any(node.all("stateChangesOnly")) and node.get("stateChangesOnly") is not True:
            raise NotMapped("alerts that are sent again after a time")
        stream = levels(stream, node, self.executor)
        level, before = field_of(stream, "level")
        told = f"({level} > 0)" if node.get("noRecoveries") is not None else f"({level} > 0 or {before} > 0)"
        if node.get("stateChangesOnly") is not None:
            told = f"({told} and {level} != ({before} else 0))"
        stream = self.plain(stream.that(told))
        self.alerts += [(p.time / S, p.group(stream.by), round(number(p.fields["level"]))) for p in stream.points]
        field_, fields = node.get("levelField"), {n: w for n, w in stream.fields.items() if n != "level"}
        if field_ is not None:
            text = '({0} == 3 ? "CRITICAL" : {0} == 2 ? "WARNING" : {0} == 1 ? "INFO" : "OK")'
            fields[str(field_)] = Written(text.format(stream.fields["level"].text), "text")
        return replace(stream, fields=fields)


def _aggregate(node: Node, x: str, span: str) -> str:
    match node.name:
        case "median":
            return f"((median({x}{span} - median((-{x}){span}) / 2)"
        case "stddev":
            count = f"count({x}{span}"
            return f"(stddev({x}{span} * sqrt({count} / ({count} - 1)))"
        case "percentile":
            return f"quantile({x}{span[:-1]}, q: {node.arguments[1]} %)"
        case name:
            return f"{AGGREGATES[name]}({x}{span}"


def _refuse_fields(case: Mapping[str, Any], steps: Sequence[str], shown: Shown) -> None:
    """What else the point said whose value is the least or the greatest is not known to a window."""
    columns = {column for series in case["expected_last_output"] or () for column in series["columns"][1:]}
    known = {column for rows in shown.values() for _, row in rows for column in row}
    if shown and not columns <= known and {"min", "max", "percentile"} & set(steps):
        raise NotMapped("the other fields of a point that was chosen")


def _refuse_ranks(percent: object, counts: Sequence[int]) -> None:
    """Kapacitor rounds the rank of a percentile to the nearest, the language takes the next above."""
    assert isinstance(percent, int | float)
    if any(floor(n * percent / 100 + 0.5) != ceil(n * percent / 100) for n in counts):
        raise NotMapped("a percentile whose rank is rounded")
