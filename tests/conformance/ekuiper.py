"""eKuiper's rules as programs: one mapping for the cases of data/ekuiper_rules.json.

| eKuiper | here |
|---|---|
| a stream's events, at their own time or when they arrive; what they are grouped by | messages; of a device each |
| `SELECT … WHERE` | a one-step pattern that emits; `lag(x)` is `prev(x)` |
| TUMBLINGWINDOW, HOPPINGWINDOW | `over W every P` |
| SLIDINGWINDOW | `over (W + 1 ns)`: it holds both its ends |
| SESSIONWINDOW | `over session gap G` |
| COUNTWINDOW(n, 1) | `over n samples`, once there are so many |
| a late tolerance of a second | `lateness 1 s`; windows end when all that may be late has come |

Rows come in batches: what is told at one time. A window here has values; one that gives its rows does not fit.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.runtime.output import Emitted, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.sql import (
    AGGREGATES,
    Call,
    Expr,
    Literal,
    Name,
    NotSql,
    Query,
    Star,
    parse,
    written,
)

MS = 1_000_000
UNITS = {"ms": MS, "ss": S, "mi": 60 * S, "hh": 3600 * S, "dd": 86_400 * S}
WINDOWS = ("tumblingwindow", "hoppingwindow", "slidingwindow", "sessionwindow", "countwindow")
RATE = "every 1 ms stale after 1000 day"
Batches = list[list[dict[str, Any]]]


@dataclass(frozen=True)
class Window:
    """A window in the language, its length (0: that of a number of samples), and of how many samples it must be."""

    span: str
    length: int = 0
    full: int | None = None


def play(data: Mapping[str, Any], case: Mapping[str, Any], executor: Executor) -> Batches:
    """The batches that the rule gives. Raises `NotSql` where the language has no words for it."""
    if any("error" in row for batch in case["expected_batches"] for row in batch):
        raise NotSql("errors as rows")
    query = parse(case["sql"])
    (stream,) = case["streams"]
    by_event = case["time"].startswith("event time")
    events = [{**one["data"], " at": _time(one, by_event)} for one in data["streams"][stream]]
    if any(isinstance(value, list | dict) for event in events for value in event.values()):
        raise NotSql("values made of values")
    windows = [g for g in query.groups if isinstance(g, Call) and g.name in WINDOWS]
    keys = [g.name for g in query.groups if isinstance(g, Name)]
    late = int(re.search(r"late tolerance (\d+) ms", case["time"]).group(1)) if by_event else 0  # type: ignore[union-attr]
    ends = max(event[" at"] for event in events) + (-late if by_event else 1000) * MS
    playing = Playing(query, events, keys, late, executor)
    if windows:
        return playing.windowed(_window(windows[0]), ends)
    return playing.one_by_one()


def _time(event: Mapping[str, Any], by_event: bool) -> int:
    return int(event["data"]["ts"] if by_event else event["arrival_ms"]) * MS


def _window(call: Call) -> Window:
    if call.filtered is not None or call.triggered is not None:
        raise NotSql("a window with a filter or a trigger of its own")
    unit, *lengths = call.arguments
    if call.name == "countwindow":
        match call.arguments:
            case (Literal(int() as full), Literal(1)):
                return Window(f"over {full} samples", full=full)
            case _:
                raise NotSql("a window at every so many events")
    assert isinstance(unit, Name)
    spans = [int(length.value) * UNITS[unit.name] for length in lengths if isinstance(length, Literal)]  # type: ignore[arg-type]
    match call.name, spans:
        case "tumblingwindow", [length]:
            return Window(f"over {length} ns every {length} ns", length)
        case "hoppingwindow", [length, pace] if length % pace == 0:
            return Window(f"over {length} ns every {pace} ns", length)
        case "slidingwindow", [length]:
            return Window(f"over {length + 1} ns", length)
        case "sessionwindow", [_, _]:
            raise NotSql("a session whose longest time is counted from whole seconds")
        case name, _:
            raise NotSql(f"`{name}` of these lengths")


@dataclass
class Playing:
    """One rule over the events of its stream."""

    query: Query
    events: Sequence[Mapping[str, Any]]
    keys: Sequence[str]
    late: int
    executor: Executor

    def run(self, items: str) -> list[Emitted | Signalled]:
        names = {n: v for event in self.events for n, v in event.items() if n != " at"}
        fields = [f"telemetry {n}_: {'text' if isinstance(v, str) else 'float'} {RATE}" for n, v in names.items()]
        clauses = [f"telemetry row: bool {RATE}", *fields, *([f"lateness {self.late} ms"] if self.late else [])]
        text = "module ekuiper\ndevice Event {\n    " + "\n    ".join(clauses) + "\n}\n" + items
        inputs: list[Input] = []
        for event in self.events:
            values: dict[str, Value] = {f"{n}_": v for n, v in event.items() if n != " at"}
            id_ = "/".join(str(event[key]) for key in self.keys) or "all"
            inputs.append(Message("Event", id_, event[" at"], {"row": True, **values}))
        outputs = self.executor(compile_program(text), inputs).outputs
        return [o for o in outputs if isinstance(o, Emitted | Signalled)]

    def written(self, expression: Expr) -> str:
        """An expression in the language; what is no column is what is selected under that name."""
        match expression:
            case Call(name="lag", arguments=(Name(name),)):
                return f"prev({name}_)"
            case _:
                return written(expression, self.column)

    def column(self, name: str) -> str:
        if name in self.events[0]:
            return f"{name}_"
        made = next((item.value for item in self.query.items if item.alias == name), None)
        if made is None:
            raise NotSql(f"`{name}`, which is no column")
        return self.written(made)

    def one_by_one(self) -> Batches:
        """A batch for each event that passes."""
        arguments = ", ".join(f"v{i}: {self.written(item.value)}" for i, item in enumerate(self.query.items))
        condition = "row" if self.query.where is None else f"row and {self.written(self.query.where)}"
        text = f"pattern shown for Event = {condition}\n"
        text += f"rule r for Event {{ when shown do {{ emit e({arguments}) }} }}\n"
        found: Batches = []
        for output in self.run(text):
            if isinstance(output, Emitted):
                row = {item.name: output.arguments[f"v{i}"] for i, item in enumerate(self.query.items)}
                found.append([{name: value for name, value in row.items() if value is not None}])
        return found

    def windowed(self, window: Window, ends: int) -> Batches:
        """A batch for each time at which windows end, with a row for each group."""
        text = f"signal counts for Event = count(row {window.span})\n"
        for i, item in enumerate(self.query.items):
            match item.value:
                case Call(name="window_start" | "window_end"):
                    continue
                case Name(name) if name in self.keys:
                    continue
                case Call(name=name, arguments=(argument,)) if name in AGGREGATES:
                    where = "" if self.query.where is None else f" where {self.written(self.query.where)}"
                    value = "row" if isinstance(argument, Star) else self.written(argument)
                    text += f"signal v{i} for Event = {AGGREGATES[name]}({value}{where} {window.span})\n"
                case Call(name=name):
                    raise NotSql(f"the function `{name}`")
                case _:
                    raise NotSql("the rows of a window")
        outputs = [o for o in self.run(text) if isinstance(o, Signalled) and o.time <= ends]
        values = {(o.name, o.key, o.time): o.value for o in outputs}
        batches: dict[int, list[dict[str, Any]]] = {}
        for output in outputs:
            if output.name != "counts" or not output.value or window.full not in (None, output.value):
                continue
            row: dict[str, Any] = {}
            for i, item in enumerate(self.query.items):
                match item.value:
                    case Call(name="window_start"):
                        row[item.name] = (output.time - window.length) // MS
                    case Call(name="window_end"):
                        row[item.name] = output.time // MS
                    case Name(name):
                        row[item.name] = output.key[0].split("/")[self.keys.index(name)]
                    case _:
                        row[item.name] = values.get((f"v{i}", output.key, output.time))
            batches.setdefault(output.time, []).append(row)
        return [batches[time] for time in sorted(batches)]
