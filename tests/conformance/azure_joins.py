"""Azure Stream Analytics' joins: of two streams within a time, and of a stream with reference data."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, S
from headgate.tests.conformance.azure_rows import MS, Program, Row, Written, kind_of, unit_of
from headgate.tests.conformance.sql import Binary, Call, Expr, Literal, Name, NotSql, Query, parse

JOIN = re.compile(
    r"\bFROM\s+(?P<left>\w+)(?:\s+(?:AS\s+)?(?P<l>(?!TIMESTAMP\b|JOIN\b|LEFT\b|INNER\b)\w+))?(?:\s+TIMESTAMP BY \w+)?"
    r"\s+(?P<outer>LEFT\s+(?:OUTER\s+)?)?(?:INNER\s+)?JOIN\s+(?P<right>\w+)(?:\s+(?:AS\s+)?(?P<r>(?!TIMESTAMP\b|ON\b)\w+))?"
    r"(?:\s+TIMESTAMP BY \w+)?\s+ON\s+(?P<on>.*?)(?=\bWHERE\b|\bGROUP\b|$)",
    re.IGNORECASE | re.DOTALL,
)


def joined(
    found: re.Match[str], known: Mapping[str, list[Row]], tables: Mapping[str, list[Row]], executor: Executor
) -> list[Row]:
    """The rows of a join; their columns are called `side.name`."""
    left, right = found["left"].lower(), found["right"].lower()
    names = (found["l"] or found["left"]).lower(), (found["r"] or found["right"]).lower()
    on = parse(f"SELECT x FROM y WHERE {found['on']}", frames=True).where
    assert on is not None
    pairs, spans = _conditions(on, names)
    if left not in known or (right not in known and right not in tables):
        raise NotSql("a join of unknown inputs")
    if right in tables:
        return _looked_up(known[left], tables[right], names, pairs, executor, outer=found["outer"] is not None)
    if found["outer"] is not None or len(spans) != 1:
        raise NotSql("a join that also gives what has no match" if found["outer"] else "a join without a time")
    return _within(known[left], known[right], names, pairs, spans[0], executor)


def _conditions(on: Expr, names: tuple[str, str]) -> tuple[list[tuple[str, str]], list[tuple[int, int, int]]]:
    """The columns that are equal, left and right; and the unit, least and greatest difference of time."""
    parts = list(_parts(on))
    pairs: list[tuple[str, str]] = []
    bounds: dict[str, tuple[Call, int]] = {}
    for part in parts:
        match part:
            case Binary("=", Name(a), Name(b)):
                one, other = sorted((a, b), key=lambda name: names.index(name.split(".")[0].lower()))
                pairs.append((one.partition(".")[2], other.partition(".")[2]))
            case Binary(">=" | "<=" as which, Call("datediff") as call, Literal(int(value))):
                bounds[which] = (call, value)
            case _:
                raise NotSql("a join by more than equal columns and times")
    if not bounds:
        return pairs, []
    (call, low), (_, high) = bounds[">="], bounds["<="]
    unit, first, _ = call.arguments
    if not isinstance(first, Name) or first.name.lower() != names[0] or low < 0:
        raise NotSql("a join with what comes before")
    return pairs, [(unit_of(unit), low, high)]


def _parts(of: Expr) -> Iterator[Expr]:
    match of:
        case Binary("and", left, right):
            yield from (*_parts(left), *_parts(right))
        case _:
            yield of


def _within(
    left: Sequence[Row], right: Sequence[Row], names: tuple[str, str], pairs: Sequence[tuple[str, str]],
    span: tuple[int, int, int], executor: Executor,
) -> list[Row]:  # fmt: skip
    """Each right event with each left one before it, not longer ago than the span."""
    unit, low, high = span
    rows: list[Row] = []
    for number, (name, events) in enumerate(zip(names, (left, right), strict=True)):
        for row in events:
            key = {f"key{i}": row[pair[number]] for i, pair in enumerate(pairs)}
            columns = {f"{name}.{n}": value for n, value in row.items() if n != "@"}
            rows.append({"side": float(number), **key, **columns, "@": row["@"]})
    if unit > S and any(row["@"] % unit for row in rows):
        raise NotSql("differences of times in whole minutes or hours")
    rows.sort(key=lambda row: (row["@"], row["side"]))
    rows = [{**row, "@": row["@"] + i} for i, row in enumerate(rows)]
    program = Program(Query((), ""), rows, executor, keys=tuple(f"key{i}" for i in range(len(pairs))))
    side = program.columns["side"].text
    least = "" if low == 0 else f" and ms - a.ms > {low * unit / MS - 0.5}"
    text = f"pattern p for Event = {side} == 0 as a then each {side} == 1{least} as b\n"
    text += f"    within {high * unit + len(rows)} ns skip none\n"
    by_time = {row["@"]: row for row in rows}
    made: list[Row] = []
    for _, match in program.run(text, Matched):
        first, second = (by_time[time] for _, time in match.events)
        made.append({n: v for n, v in (*first.items(), *second.items()) if n != "side"})
    return made


def _looked_up(
    left: Sequence[Row], table: Sequence[Row], names: tuple[str, str], pairs: Sequence[tuple[str, str]],
    executor: Executor, *, outer: bool,
) -> list[Row]:  # fmt: skip
    """Each left event with the row of the table that has its keys."""
    program = Program(
        Query((), ""), [{f"{names[0]}.{n}" if n != "@" else n: v for n, v in row.items()} for row in left], executor
    )
    values = [name for name in table[0] if name not in {right for _, right in pairs}]
    kinds = {
        name: {"number": "float"}.get(kind_of([row[name] for row in table]), kind_of([row[name] for row in table]))
        for name in table[0]
    }
    lines = [f"key {right}_: {kinds[right]}" for _, right in pairs] + [
        f"value {name}_: {kinds[name]}" for name in values
    ]
    for row in table:
        keys = ", ".join(json.dumps(row[right]) for _, right in pairs)
        lines.append(f"{keys} -> {', '.join(json.dumps(row[name]) for name in values)}")
    asked_key = ", ".join(program.column(f"{names[0]}.{one}").text for one, _ in pairs)
    found = {
        f"{names[1]}.{name}": Written(f"looked_up({asked_key}).{name}_", kind_of([row[name] for row in table]))
        for name in values
    }
    asked = {**program.columns, **found}
    known = "row > 0" if outer else f"looked_up({asked_key}).{values[0]}_ is not absent"
    return program.shown(known, asked, "table looked_up {\n    " + "\n    ".join(lines) + "\n}\n")
