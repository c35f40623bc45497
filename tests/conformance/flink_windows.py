"""Flink's window functions as programs: one mapping for the queries of data/flink_windows*.json.

| Flink SQL | here |
|---|---|
| a row; the columns it is grouped by | a message of the device of that name; properties of the device |
| `GROUP BY` all of them; some; none (`ROLLUP`, `CUBE`, `GROUPING SETS`) | `for Row`; `by a, b`; no domain |
| `TUMBLE`, `HOP` | `over S every P` |
| an offset | times less the offset |
| `CUMULATE` | `over today every P`, with times stretched so that the size is a day |
| `window_time`, `rowtime` of a row | 1 ms before the end; a field with the time |
| `SESSION` | `over session gap G`, 1 µs longer: a row just the gap later belongs to it; waited for so much longer |
| one watermark for all, a second behind | `lateness 1 s`, and with every row a mark of all, 1 ns later: none up to it |
| a late row counts in windows that are still open | `revise`: revisions of what was given are left out |
| `COUNT(*)`, `COUNT(c)`, `COUNT(DISTINCT c)` | `count(row)`, `count(c)`, `distinct(c)` |
| a window without rows gives no row | results where `count(row)` is 0 are left out |

What is no aggregate here (a text made of many texts) is left out of what is compared. The sum of a session of nulls is
0 here, not null; and a row that comes after its session there was given can still join it to a later one here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from headgate.runtime.output import OutputValue, Signalled
from headgate.runtime.testing.executors import Executor, Input, MarkAll, Message, S, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.sql import (
    Call,
    Expr,
    Interval,
    Item,
    Name,
    NotSql,
    Query,
    Star,
    parse,
)
from headgate.tests.conformance.sql_writing import AGGREGATES, written

DAY = 86_400
NULL = "null"
NOTHING = {"sum": 0.0, "max": -1e300, "min": 1e300}
"""What an aggregate of a session takes a null for: every row belongs to the session, whichever column is null."""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Grid:
    """How a query's windows lie: the window in the language, where its time begins.

    `stretch`: how often the size of windows that grow goes into a day; `gap`: of a session, in s.
    """

    window: str
    size: int | None
    origin: int = 0
    stretch: int | None = None
    gap: int = 0

    def there(self, time: int) -> int:
        """A time (ns) as the program has it."""
        return (time - self.origin * S) * (self.stretch or 1) + (10 * DAY * S if self.stretch else 0)

    def back(self, time: int) -> int:
        time -= 1000 if self.gap else 0
        return (time - (10 * DAY * S if self.stretch else 0)) // (self.stretch or 1) + self.origin * S

    def start(self, end: int, first: float | None) -> int | None:
        """When the window that ends at a time (ns) begins; a session at its first row (ms)."""
        if self.size is None:
            return None if first is None else round(first) * 1_000_000
        if self.stretch:
            return (end - 1 - self.origin * S) // (self.size * S) * self.size * S + self.origin * S
        return end - self.size * S


def play(table: Mapping[str, Any], case: Mapping[str, Any], executor: Executor) -> Counter[Row]:
    """The rows that the query gives. Raises `NotSql` where the language has no words for it."""
    query = parse(case["sql"])
    rows = table["rows_in_arrival_order"]
    sets = _grouping_sets(query)
    every = tuple(dict.fromkeys(name for one in sets for name in one))
    delay = int(re.search(r"- (\d+) second", table["watermark"]).group(1))  # type: ignore[union-attr]
    grid = _grid(query, min(at(row["ts"]) for row in rows) // S)
    text = _program(query, sets, every, grid, rows, delay)
    run = executor(compile_program(text), _inputs(rows, every, grid))
    outputs = [o for o in run.outputs if isinstance(o, Signalled) and o.revision == 0]
    return Counter(row for number, one in enumerate(sets) for row in _rows(query, number, one, every, grid, outputs))


def wanted(case: Mapping[str, Any]) -> Counter[Row]:
    """The rows that are expected, without the columns that are not compared."""
    items = parse(case["sql"]).items
    kept = [i for i, item in enumerate(items) if _is_compared(item)]
    return Counter(
        tuple(_known(items[i], text.split(",")[i]) for i in kept) for text in case["expected_rows_any_order"]
    )


def at(text: str) -> int:
    """A time (ns) without a zone."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) * (S // 1000)


def _known(item: Item, text: str) -> Any:
    match item.value:
        case Name(name="window_start" | "window_end" | "window_time"):
            return at(text)
        case Call(arguments=(Name(name="rowtime"),)):
            return at(text) / 1_000_000
        case Name():
            return text
        case _:
            return None if text == NULL else round(float(text), 6)


def _is_compared(item: Item) -> bool:
    return not isinstance(item.value, Call) or item.value.name in (*AGGREGATES, "grouping_id")


# --- The query -------------------------------------------------------------------------------------------------------


def _grouping_sets(query: Query) -> list[tuple[str, ...]]:
    """The columns of each set that rows are grouped by; those of the window are none."""
    sets: list[tuple[str, ...]] = [()]
    for group in query.groups:
        match group:
            case Name(name="window_start" | "window_end" | "window_time"):
                continue
            case Call(name="rollup", arguments=columns):
                names = _names(columns)
                further = [names[:n] for n in range(len(names), -1, -1)]
            case Call(name="cube", arguments=columns):
                names = _names(columns)
                further = [one for n in range(len(names), -1, -1) for one in combinations(names, n)]
            case Call(name="grouping sets", arguments=columns):
                further = [() if one == Call("empty") else _names([one]) for one in columns]
            case Name(name=name):
                further = [(name,)]
            case _:
                raise NotSql(f"GROUP BY {group}")
        sets = [one + more for one in sets for more in further]
    return sets


def _names(columns: Sequence[Expr]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if isinstance(column, Name))


def _grid(query: Query, first: int) -> Grid:
    source = query.source
    if not isinstance(source, Call):
        raise NotSql("a query without windows")
    lengths = [one.seconds for one in source.arguments if isinstance(one, Interval)]
    match source.name, lengths:
        case "tumble", [size, *offset]:
            return Grid(f"over {size} s every {size} s", size, sum(offset))
        case "hop", [slide, size, *offset]:
            return Grid(f"over {size} s every {slide} s", size, sum(offset))
        case "cumulate", [step, size, *offset] if DAY % size == 0:
            stretch, shift = DAY // size, sum(offset)
            return Grid(f"over today every {step * stretch} s", size, (first - shift) // size * size + shift, stretch)
        case "session", [gap]:
            return Grid(f"over session gap {gap * 1_000_000 + 1} us", None, gap=gap)
        case name, _:
            raise NotSql(f"windows by `{name}` of {lengths} s")


# --- The program -----------------------------------------------------------------------------------------------------


def _program(
    query: Query, sets: Sequence[Sequence[str]], every: Sequence[str], grid: Grid, rows: Sequence[Any], delay: int
) -> str:
    told = [_told(row, every, grid) for row in rows]
    types = {name: _type([fields[name] for fields in told]) for name in told[0]}
    span = max(at(row["ts"]) for row in rows) - min(at(row["ts"]) for row in rows)
    lines = [f"property  {name}: text" for name in every]
    lines += [f"telemetry {name}: {type_}" for name, type_ in types.items()]
    stretch = grid.stretch or 1
    long = (span // S + 1) * stretch
    late = [f"lateness {(delay + grid.gap) * stretch} s", f"revise {long} s", f"idle after {2 * long} s"]
    text = "\n    ".join(["telemetry row: bool", "telemetry at: float", *lines, *late])
    text = f"module flink\ndevice Row {{\n    {text}\n}}\n"
    for number, one in enumerate(sets):
        whole = tuple(one) == tuple(every) and bool(every)
        domain = "for Row" if whole else f"by {', '.join(one)}" if one else ""
        of = "" if whole else "Row."
        text += f"signal rows_{number} {domain} = count({of}row {grid.window})\n"
        if grid.size is None:
            text += f"signal first_{number} {domain} = min({of}at {grid.window})\n"
        for i, item in enumerate(query.items):
            if isinstance(item.value, Call) and item.value.name in AGGREGATES:
                value = _aggregate(query, item.value, of, grid.window)
                text += f"signal v_{number}_{i} {domain} = {value}\n"
    return text


def _told(row: Mapping[str, Any], every: Sequence[str], grid: Grid) -> dict[str, Value]:
    """What the message of a row says of its columns; for a session, what each aggregate takes of them."""
    columns = {name: value for name, value in row.items() if name != "ts" and name not in every}
    if not grid.gap:
        return {_column(name): value for name, value in columns.items()}
    fields: dict[str, Value] = {}
    for name, value in columns.items():
        number = float(value) if isinstance(value, int | float) else None
        fields |= {f"{name}_{how}": zero if number is None else number for how, zero in NOTHING.items()}
        fields |= {f"{name}_distinct": NULL if value is None else str(value)}
        fields |= {f"{name}_count": float(value is not None), f"{name}_null": float(value is None)}
    return fields


def _column(name: str) -> str:
    return "at" if name == "rowtime" else f"{name}_"


def _type(values: Sequence[Any]) -> str:
    return "text" if any(isinstance(value, str) for value in values) else "float"


def _aggregate(query: Query, call: Call, of: str, window: str) -> str:
    def column(name: str) -> str:
        return f"{of}{_column(name)}"

    (argument,) = call.arguments
    conditions = [one for one in (query.where, call.filtered) if one is not None]
    where = " and ".join(written(one, column) for one in conditions)
    function = "distinct" if call.distinct and call.name == "count" else AGGREGATES[call.name]
    value = f"{of}row" if isinstance(argument, Star) else written(argument, column)
    if "session" in window and not isinstance(argument, Star):
        return _of_session(function, argument, where, of, window)
    return f"{function}({value}{' where ' + where if where else ''} {window})"


def _of_session(function: str, argument: Expr, where: str, of: str, window: str) -> str:
    """An aggregate of a column of all rows of a session, of which some may be null."""
    if where or not isinstance(argument, Name) or function not in (*NOTHING, "count", "distinct"):
        raise NotSql(f"`{function}` of some rows of a session")
    value = f"{of}{argument.name}_{function}"
    if function == "distinct":
        return f"distinct({value} {window}) - max({of}{argument.name}_null {window})"
    return f"{'sum' if function == 'count' else function}({value} {window})"


def _inputs(rows: Sequence[Mapping[str, Any]], every: Sequence[str], grid: Grid) -> list[Input]:
    """Every device is there from the beginning, and with each row time goes on for all."""
    ids = dict.fromkeys(tuple(_key(row, name) for name in every) for row in rows)
    begin = grid.there(min(at(row["ts"]) for row in rows) - 3600 * S)
    inputs: list[Input] = [Message("Row", "/".join(id_), begin, dict(zip(every, id_, strict=True))) for id_ in ids]
    newest = begin
    for row in rows:
        id_ = tuple(_key(row, name) for name in every)
        time = grid.there(at(row["ts"]))
        fields: dict[str, Value] = {"row": True, "at": at(row["ts"]) / 1_000_000, **_told(row, every, grid)}
        inputs.append(Message("Row", "/".join(id_), time, fields))
        newest = max(newest, time)
        inputs.append(MarkAll(newest + 1))
    return inputs


def _key(row: Mapping[str, Any], name: str) -> str:
    return NULL if row[name] is None else str(row[name])


# --- What comes of it ------------------------------------------------------------------------------------------------


def _rows(
    query: Query, number: int, one: Sequence[str], every: Sequence[str], grid: Grid, outputs: Sequence[Signalled]
) -> list[Row]:
    found: list[Row] = []
    values = {(o.name, o.key, o.time): o.value for o in outputs}
    for output in outputs:
        if output.name != f"rows_{number}" or not output.value:
            continue
        end = grid.back(output.time)
        key = output.key
        if tuple(one) == tuple(every) and every:
            key = tuple(output.key[0].split("/"))
        row: list[Any] = []
        for i, item in enumerate(query.items):
            match item.value:
                case Name(name="window_start"):
                    row.append(grid.start(end, _number(values.get((f"first_{number}", output.key, output.time)))))
                case Name(name="window_end" | "window_time" as name):
                    row.append(end if name == "window_end" else end - S // 1000)
                case Name(name=name):
                    row.append(key[one.index(name)] if name in one else NULL)
                case Call(name="grouping_id", arguments=columns):
                    bits = [name not in one for name in _names(columns)]
                    row.append(float(sum(bit << place for place, bit in enumerate(reversed(bits)))))
                case Call(name="count"):
                    row.append(_number(values.get((f"v_{number}_{i}", output.key, output.time))) or 0.0)
                case Call(name=name) if name in AGGREGATES:
                    row.append(_number(values.get((f"v_{number}_{i}", output.key, output.time))))
                case Call():
                    pass
                case _:
                    raise NotSql(f"{item.value} in the result")
        found.append(tuple(row))
    return found


def _number(value: OutputValue) -> float | None:
    return round(value, 6) if isinstance(value, float) and abs(value) < 1e300 else None
