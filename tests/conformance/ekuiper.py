"""eKuiper's rules as programs: one mapping for the cases of data/ekuiper_rules.json.

| eKuiper | here |
|---|---|
| a stream's events, at their own time or when they arrive | messages of a device; by partition, of a device each |
| `SELECT … WHERE` | a one-step pattern that emits |
| `lag(x)`, `lag(x, 1, d)`; `latest(x)` | `prev(x)`, `prev(x) else d`; the value that is held |
| `had_changed`, `changed_col`, `changed_cols` | `x != prev(x)` |
| `acc_sum(x) over (when c)` | `sum(x where c over 10,000 samples)`: everything has a bound |
| a column that a message lacks | `fresh(x)` |
| an integer divided by an integer | the quotient without its fraction |
| TUMBLINGWINDOW, HOPPINGWINDOW | `over W every P` |
| SLIDINGWINDOW | `over (W + 1 ns)`, at the events that pass: it holds both its ends |
| SLIDINGWINDOW(unit, n, d) | `row then no … for d`: what came until then |
| COUNTWINDOW(n, m) | `over n samples`, at every m-th sample, once there are so many |
| GROUP BY x | a signal for each value of x, of its samples |
| HAVING | a signal that is true or false |
| a column beside aggregates, `collect(*)[0]->x` | of the first row |
| `collect(x)`, `row_number()` | of the rows of a window: all values, and its place |
| the rows of a window | as many messages as it counts, of its time |
| a late tolerance of a second | `lateness 1 s`; what ends later than what may be late is not told |

Rows come in batches: what is told at one time. A window over the time of arrival is told when it is empty, too; time
ends with the last event.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headgate.runtime.testing.executors import Executor
from headgate.tests.conformance.ekuiper_playing import MS, Batches, Playing
from headgate.tests.conformance.ekuiper_windows import Windowed, window_of
from headgate.tests.conformance.sql import (
    Call,
    Item,
    Literal,
    Name,
    NotSql,
    Query,
    Star,
    parse,
)

WINDOWS = ("tumblingwindow", "hoppingwindow", "slidingwindow", "sessionwindow", "countwindow")


def play(data: Mapping[str, Any], case: Mapping[str, Any], executor: Executor) -> Batches:
    """The batches that the rule gives. Raises `NotSql` where the language has no words for it."""
    if any("error" in row for batch in case["expected_batches"] for row in batch):
        raise NotSql("errors as rows")
    if len(case["streams"]) != 1:
        raise NotSql("a join of streams")
    query = parse(case["sql"])
    (stream,) = case["streams"]
    by_event = case["time"].startswith("event time")
    late = int(re.search(r"late tolerance (\d+) ms", case["time"]).group(1)) if by_event else None  # type: ignore[union-attr]
    events = [{**one["data"], " at": _time(one, by_event)} for one in data["streams"][stream]]
    playing = Playing(_expanded(query, events), events, late, executor)
    windows = [group for group in query.groups if isinstance(group, Call) and group.name in WINDOWS]
    return Windowed(playing, window_of(windows[0]), windows[0]).batches() if windows else playing.one_by_one()


def _time(event: Mapping[str, Any], by_event: bool) -> int:
    return int(event["data"]["ts"] if by_event else event["arrival_ms"]) * MS


def _expanded(query: Query, events: Sequence[Mapping[str, Any]]) -> Query:
    """With each of its columns for `*`, with what each of `changed_cols` is, and with names for what has none."""
    items: list[Item] = []
    unnamed = 0
    for item in query.items:
        if not item.name and not isinstance(item.value, Star):
            item = replace(item, alias=f"kuiper_field_{unnamed}")
            unnamed += 1
        match item.value:
            case Star():
                items += [Item(Name(name)) for name in dict.fromkeys(name for event in events for name in event)]
            case Call("changed_cols", (Literal(str() as prefix), Literal(bool() as known), *columns)):
                for column in columns:
                    if not isinstance(column, Name):
                        raise NotSql("`changed_cols` of what is no column")
                    items.append(Item(Call("changed_col", (Literal(known), column)), f"{prefix}{column.name}"))
            case _:
                items.append(item)
    return replace(query, items=tuple(item for item in items if item.value != Name(" at")))
