"""Rows of Azure Stream Analytics as messages, and its expressions in the language."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from headgate.runtime.output import Emitted, Matched, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.conversion import write_time
from headgate.stdlib.function import Value
from headgate.tests.conformance.sql import Binary, Call, Case, Expr, IsNull, Literal, Name, Not, NotSql, Query
from headgate.tests.conformance.sql_writing import like, remainder

MS = 1_000_000
RATE = "every 1 ms stale after 1000 day"
UNITS = {
    "second": S, "ss": S, "s": S, "minute": 60 * S, "mi": 60 * S, "n": 60 * S, "hour": 3600 * S, "hh": 3600 * S,
    "millisecond": MS, "ms": MS, "day": 86_400 * S, "dd": 86_400 * S,
}  # fmt: skip
NOW = ("system.timestamp", "timestamp")
AGGREGATES = {"sum": "sum", "min": "min", "max": "max", "avg": "mean", "stdevp": "stddev", "varp": "variance"}
OPERATORS = {"=": "==", "<>": "!="}
LIKEWISE = {
    "abs": "abs", "floor": "floor", "ceiling": "ceil", "sqrt": "sqrt", "sign": "sign",
    "upper": "upper", "lower": "lower", "len": "length",
}  # fmt: skip
Told = TypeVar("Told", Emitted, Signalled, Matched)
Row = dict[str, Any]
"""The columns of an event, and its time (ns) as `@`."""


@dataclass(frozen=True)
class Written:
    """An expression in the language, and what it gives: "number", "text", "bool" or "time" (ms)."""

    text: str
    kind: str


def at(text: str) -> int:
    """A time (ns); without a zone it is in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) * MS


def is_time(value: object) -> bool:
    return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:", value) is not None


@dataclass
class Program:
    """Rows as messages, and how their columns are called."""

    query: Query
    events: Sequence[Row]
    executor: Executor
    span: str = ""
    keys: tuple[str, ...] = ()
    columns: dict[str, Written] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = dict.fromkeys(name for row in self.events for name in row if name != "@")
        for i, name in enumerate(names):
            values = [row.get(name) for row in self.events]
            known = [value for value in values if value is not None]
            kind = "time" if all(map(is_time, known)) else kind_of(known)
            text = f"c{i}" if len(known) == len(values) else f"fresh(c{i})"
            self.columns[name] = Written(text, kind)

    def run(self, items: str, kind: type[Told], early: int = 0) -> list[tuple[tuple[Any, ...], Told]]:
        """What the items give of this kind, by the values of the keys; `early`: samples count so many ns earlier."""
        types = {"number": "float", "time": "float", "text": "text", "bool": "bool"}
        lines: list[str] = [f"telemetry {bare(w.text)}: {types[w.kind]} {RATE}" for w in self.columns.values()]
        head = "\n    ".join([f"telemetry row: float {RATE}", f"telemetry ms: float {RATE}", *lines, "lateness 1 h"])
        groups = list(dict.fromkeys(self.key(row) for row in self.events))
        inputs: list[Input] = []
        for row in self.events:
            values: dict[str, Value] = {"row": 1.0, "ms": row["@"] / MS}
            for name, written in self.columns.items():
                if row.get(name) is not None:
                    values[bare(written.text)] = at(row[name]) / MS if written.kind == "time" else plain(row[name])
            inputs.append(Message("Event", f"g{groups.index(self.key(row))}", row["@"] - early, values))
        plan = compile_program(f"module azure\ndevice Event {{\n    {head}\n}}\n{items}")
        outputs = [o for o in self.executor(plan, inputs).outputs if isinstance(o, kind)]
        return [(groups[int(output.key[0][1:])], output) for output in outputs]

    def shown(self, condition: str, asked: Mapping[str, Written], items: str = "") -> list[Row]:
        """A row for each event for which the condition holds."""
        values = [f"v{i}: {written.text}" for i, written in enumerate(asked.values())]
        known = [f"k{i}: {w.text} is not absent" for i, w in enumerate(asked.values()) if w.kind == "text"]
        text = f"{items}pattern shown for Event = {condition}\n"
        text += f"rule r for Event {{ when shown do {{ emit e({', '.join((*values, *known))}) }} }}\n"
        found: list[Row] = []
        for _, output in self.run(text, Emitted):
            row: Row = {"@": output.time}
            for i, (name, written) in enumerate(asked.items()):
                given = output.arguments.get(f"k{i}") is not False
                row[name] = read_value(output.arguments[f"v{i}"], written) if given else None
            found.append(row)
        return sorted(found, key=lambda row: int(row["@"]))

    def key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in self.keys)

    # -- Expressions --------------------------------------------------------------------------------------------------

    def column(self, name: str) -> Written:
        for candidate in (name, name.rpartition(".")[2]):
            found = [w for n, w in self.columns.items() if n.lower() == candidate.lower()]
            if found:
                return found[0]
        raise NotSql(f"the column `{name}`")

    def write(self, of: Expr) -> Written:
        match of:
            case Name(name):
                return self.column(name)
            case Literal(value):
                kind = "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"
                return Written("absent" if value is None else json.dumps(value), kind)
            case Binary(operator, left, right):
                return operated(operator, self.write(left), self.write(right))
            case Not(inner):
                return Written(f"(not {self.write(inner).text})", "bool")
            case IsNull(inner):
                return Written(f"({self.write(inner).text} is absent)", "bool")
            case Case(branches, otherwise):
                made = Written("absent", "number") if otherwise is None else self.write(otherwise)
                for condition, chosen in reversed(branches):
                    then = self.write(chosen)
                    made = Written(f"({self.write(condition).text} ? {then.text} : {made.text})", then.kind)
                return made
            case Call(name) if name in NOW:
                return Written("ms", "time")
            case Call("datediff", (unit, begin, end)):
                length = unit_of(unit) / MS
                first, last = self.write(begin).text, self.write(end).text
                return Written(f"(floor({last} / {length}) - floor({first} / {length}))", "number")
            case Call("coalesce", (Name() as first_, *others)):
                return Written(
                    f"({' else '.join(self.write(one).text for one in (first_, *others))})", self.write(first_).kind
                )
            case Call(name, (argument,)) if name in LIKEWISE:
                kind = "text" if name in ("upper", "lower") else "number"
                return Written(f"{LIKEWISE[name]}({self.write(argument).text})", kind)
            case Call():
                return self.call(of)
            case _:
                raise NotSql(f"`{type(of).__name__}` in an expression")

    def call(self, of: Call) -> Written:
        raise NotSql(f"the function `{of.name}`")


def operated(operator: str, left: Written, right: Written) -> Written:
    if operator == "like" and right.text.startswith('"'):
        return Written(like(left.text, json.loads(right.text)), "bool")
    if operator == "like":
        raise NotSql("`like` of what is no text")
    if operator == "%":
        return Written(remainder(left.text, right.text), "number")
    if operator in ("+", "-", "*", "/"):
        if "text" in (left.kind, right.kind):
            raise NotSql("texts made of texts")
        return Written(f"({left.text} {operator} {right.text})", "number")
    if "text" in (left.kind, right.kind) and (left.kind != right.kind or operator not in ("=", "<>", "!=")):
        raise NotSql("the order of texts, or a text and a number")
    return Written(f"({left.text} {OPERATORS.get(operator, operator)} {right.text})", "bool")


def duration_of(call: Call) -> int:
    match call.arguments:
        case (unit, Literal(int(number))):
            return number * unit_of(unit)
        case (unit, Binary("-", Literal(0), Literal(int(number)))):
            return -number * unit_of(unit)
        case _:
            raise NotSql("a duration of an unknown length")


def unit_of(of: Expr) -> int:
    if not isinstance(of, Name) or of.name.lower() not in UNITS:
        raise NotSql("an unknown unit of time")
    return UNITS[of.name.lower()]


def kind_of(values: Sequence[Any]) -> str:
    if all(isinstance(value, bool) for value in values):
        return "bool"
    if all(isinstance(value, int | float) for value in values):
        return "number"
    if all(isinstance(value, str) for value in values):
        return "text"
    raise NotSql("a column of several types")


def plain(value: Any) -> Value:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def bare(text: str) -> str:
    return text.removeprefix("fresh(").removesuffix(")")


def read_value(value: object, written: Written) -> Any:
    if written.kind == "time" and isinstance(value, float):
        return write_time(round(value) * MS)
    return value
