"""The levels of Kapacitor's alerts."""

from collections.abc import Sequence
from dataclasses import replace

from headgate.runtime.testing.executors import Executor
from headgate.tests.conformance.kapacitor_points import Point, Stream, one_by_one, results_of, stream_of
from headgate.tests.conformance.tick_expression import KEPT, Written, write
from headgate.tests.conformance.tickscript import Lambda, Node, NotMapped

LEVELS = ("crit", "warn", "info")
"""The levels of alerts, the gravest first, and the number of each."""
NUMBER = {"info": 1, "warn": 2, "crit": 3}


def levels(stream: Stream, node: Node, executor: Executor) -> Stream:
    """The points with their level; a window's is the gravest of its points, or with `all` the least."""
    asked = {name: node.get(name) for name in LEVELS}
    conditions = {n: write(c, stream.columns()).text for n, c in asked.items() if isinstance(c, Lambda)}
    resets = {n: write(c, stream.columns()).text for n in LEVELS if isinstance(c := node.get(f"{n}Reset"), Lambda)}
    level = "0"
    for name in reversed(LEVELS):
        if name in conditions:
            level = f"({conditions[name]} ? {NUMBER[name]} : {level})"
    if stream.window is not None:
        if resets or not stream.window.gridded:
            raise NotMapped("levels of windows that are reset, or given at each point")
        function = "min" if node.get("all") is not None else "max"
        worst = {"field level": Written(f"{function}({level}{stream.where} {stream.window.span()})", "int")}
        rows = results_of(stream, worst, executor)
        points = [
            Point(end, "", dict(zip(stream.by, g, strict=True)), {"level": v["field level"]}) for g, end, v in rows
        ]
        return stream_of(points, stream.by)
    columns = {"level": Written(level, "int")}
    columns |= {f"reset {n}": Written(text, "bool") for n, text in resets.items()}
    stream = one_by_one(replace(stream, fields={**stream.fields, **columns}), executor)
    return _held(stream, list(resets), executor) if resets else stream


def _held(stream: Stream, resets: Sequence[str], executor: Executor) -> Stream:
    """Levels that hold until they are reset. A level is settled anew by a point that has it, or meets its reset,
    or by which a graver one begins or ends."""
    graver: list[str] = []
    for name in LEVELS:
        reset = stream.fields[f"reset {name}"].text if name in resets else "true"
        level = stream.fields["level"].text
        higher = [stream.fields[f"held {one}"].text for one in graver]
        settled = [f"{level} >= {NUMBER[name]}", reset, *higher, *(f"prev({one})" for one in higher)]
        mine = " and ".join([f"{level} == {NUMBER[name]}", *(f"not {one}" for one in higher)])
        held = f"(last(({mine}) where {' or '.join(settled)} over {KEPT} samples) else false)"
        stream = one_by_one(replace(stream, fields={**stream.fields, f"held {name}": Written(held, "bool")}), executor)
        graver.append(name)
    text = "0"
    for name in reversed(LEVELS):
        text = f"({stream.fields[f'held {name}'].text} ? {NUMBER[name]} : {text})"
    fields = {n: w for n, w in stream.fields.items() if not n.startswith(("held ", "reset "))}
    return one_by_one(replace(stream, fields={**fields, "level": Written(text, "int")}), executor)
