"""Kapacitor's joins: the points of several streams that have one time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headgate.runtime.testing.executors import Executor
from headgate.stdlib.function import Value
from headgate.tests.conformance.kapacitor_points import MS, Point, Stream, Window, number, result, results_of, stream_of
from headgate.tests.conformance.tick_expression import Written
from headgate.tests.conformance.tickscript import Duration, Node, NotMapped


def joined(sides: Sequence[Stream], node: Node, executor: Executor) -> Stream:
    """The points of all sides that have one time; `fill`: of one side at least."""
    (names,), delimiter, fill = node.all("as"), node.get("delimiter"), node.get("fill")
    tolerance = node.get("tolerance")
    length = tolerance.ns if isinstance(tolerance, Duration) else 1
    if any(point.time % length for side in sides for point in side.points):
        raise NotMapped("a join by rounded times")
    on = tuple(str(tag) for tags in node.all("on") for tag in tags)
    by = max((side.by for side in sides), key=len)
    marks = "." if delimiter is None else str(delimiter)
    points = [
        Point(point.time, point.name, {**point.tags, **more}, _of_side(str(name), marks, point.fields))
        for name, side in zip(names, sides, strict=True)
        for point, more in _told(side, sides, by, on)
    ]
    named = str(node.get("streamName") or sides[0].points[0].name)
    made, fields = _together(points, by, [str(name) for name in names], named, executor, inner=fill is None)
    if isinstance(fill, int | float):
        made = [replace(point, fields={**dict.fromkeys(fields, fill), **point.fields}) for point in made]
    return stream_of(made, by)


def _together(
    points: Sequence[Point], by: Sequence[str], sides: Sequence[str], name: str, executor: Executor, *, inner: bool
) -> tuple[list[Point], list[str]]:
    """One point for all of one time, and the fields that it can have; `inner`: where every side has one."""
    all_ = stream_of(sorted(points, key=lambda point: point.time), by)
    groups = {point.group(by) for point in points}
    ends = {g: tuple(sorted({p.time + MS for p in points if p.group(by) == g})) for g in groups}
    window = Window(MS, MS, ends)
    marks = {side: all_.fields[_mark(side)] for side in sides}
    fields = {n: w for n, w in all_.fields.items() if w not in marks.values()}
    asked = {f"field {n}": Written(f"first({w.text} {window.span()})", w.kind) for n, w in fields.items()}
    asked |= {f"tag {n}": Written(f"first({w.text} {window.span()})", "text") for n, w in all_.tags.items()}
    asked |= {side: Written(f"count({mark.text} {window.span()})", "int") for side, mark in marks.items()}
    rows = results_of(replace(all_, window=window), asked, executor)
    if any(number(values.get(side)) > 1 for _, _, values in rows for side in sides):
        raise NotMapped("a join of several points of one time")
    kept = [(end, values) for _, end, values in rows if not inner or all(values.get(side) for side in sides)]
    return [result(end - MS, name, values) for end, values in kept], list(fields)


def _mark(side: str) -> str:
    """The field by which a joined point is known to be of a side."""
    return f"of {side}"


def _of_side(side: str, delimiter: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    return {_mark(side): 1.0, **{f"{side}{delimiter}{name}": value for name, value in fields.items()}}


def _told(
    side: Stream, sides: Sequence[Stream], by: Sequence[str], on: Sequence[str]
) -> list[tuple[Point, dict[str, str]]]:
    """Each point of a side, with the tags that it lacks: once for every group of all that has its tags."""
    lacking = tuple(tag for tag in by if tag not in side.by)
    if not lacking:
        return [(point, {}) for point in side.points]
    if not on or tuple(sorted(side.by)) != tuple(sorted(on)):
        raise NotMapped("a join of different groups")
    whole = [point for one in sides if set(one.by) == set(by) for point in one.points]
    found: list[tuple[Point, dict[str, str]]] = []
    for point in side.points:
        extras = {
            tuple(w.tags[t] for t in lacking) for w in whole if all(w.tags.get(t) == point.tags.get(t) for t in on)
        }
        found += [(point, dict(zip(lacking, extra, strict=True))) for extra in sorted(extras)]
    return found
