"""Azure Stream Analytics' query patterns as programs: one mapping for the cases of data/azure_stream_analytics.json.

The cases say what a query does in a sentence; these are the sentences that are understood, with any names and numbers.

| there | here |
|---|---|
| events; `per k` | messages of one device; of one device for each k |
| tumbling windows, (start, end] | `over W every W`, of samples 1 ns earlier |
| sum, count, number of distinct, `only when` | `sum`, `count`, `distinct`; a condition on the result |
| first, last event of every interval | `first`, `last` of each field |
| the most recent event of the last W, every P | `last(… over W every P)` |
| differs from the previous event | `x != prev(x)`, within a time between the two |
| two consecutive events | a pattern of one step, with `prev` |
| from the last Start to the End | `then`, within a time |
| while a condition holds: the first, the last event | `first`, `last` `over while C` |
| the greatest of the last W, both ends included | `max(… over (W + 1 ns))` |
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headgate.runtime.output import Emitted, Signalled
from headgate.runtime.testing.executors import Executor, Input, Message, S, compile_program
from headgate.stdlib.conversion import write_time
from headgate.stdlib.function import Value

Row = dict[str, Any]
SECONDS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
MS = 1_000_000
RATE = "every 1 ms stale after 1000 day"


class NotMapped(Exception):
    """What has no counterpart; the text is the reason."""


@dataclass
class Playing:
    """One case: its events, and what they are run on."""

    events: Sequence[Mapping[str, Any]]
    expected: Sequence[Row]
    executor: Executor

    @property
    def time_column(self) -> str:
        return "time" if "time" in self.events[0] else "t"

    def columns(self) -> dict[str, str]:
        """The events' columns but their time, and their types."""
        found = {name: value for event in self.events for name, value in event.items() if name != self.time_column}
        return {name: "text" if isinstance(value, str) else "float" for name, value in found.items()}

    def run(self, items: str, key: str | None, early: bool) -> list[Signalled | Emitted]:
        """What the items give for these events; `early`: taken 1 ns earlier."""
        fields = "\n    ".join(f"telemetry {n}_: {type_} {RATE}" for n, type_ in self.columns().items())
        head = f"module azure\ndevice Event {{\n    telemetry ms: float {RATE}\n    {fields}\n    lateness 1 h\n}}\n"
        inputs: list[Input] = []
        for event in self.events:
            time = at(event[self.time_column])
            values: dict[str, Value] = {f"{n}_": v for n, v in event.items() if n != self.time_column}
            id_ = "all" if key is None else str(event[key])
            inputs.append(Message("Event", id_, time - early, {"ms": float(time // MS), **values}))
        run = self.executor(compile_program(head + items), inputs)
        return [o for o in run.outputs if isinstance(o, Signalled | Emitted)]

    def key_of(self, output: Signalled | Emitted, key: str) -> Any:
        return output.key[0] if self.columns()[key] == "text" else int(output.key[0])

    # -- Sentences ----------------------------------------------------------------------------------------------------

    def tumbling(self, found: re.Match[str]) -> list[Row]:
        """`per make tumbling 10 s count, only when count >= 3`."""
        key, window = found["key"], int(found["length"]) * SECONDS[found["unit"]]
        what = {"count": "count(ms", "sum": f"sum({found['of']}_", "distinct": f"distinct({found['of']}_"}
        function = what["distinct" if found["what"].startswith("number") else found["what"].split()[0]]
        text = f"signal value for Event = {function} over {window} s every {window} s)\n"
        text += f"signal kept for Event = value {found['condition'] or '> 0'}\n"
        outputs = self.run(text, key, early=True)
        kept = {(o.key, o.time) for o in outputs if isinstance(o, Signalled) and o.name == "kept" and o.value}
        (name,) = {name for row in self.expected for name in row} - {key, "time"}
        rows: list[Row] = []
        for output in outputs:
            if isinstance(output, Signalled) and output.name == "value" and (output.key, output.time) in kept:
                row: Row = {name: output.value, "time": write_time(output.time)}
                rows.append(row if key is None else {**row, key: self.key_of(output, key)})
        return rows

    def ends(self, found: re.Match[str]) -> list[Row]:
        """`first event of each make in every 10 minute tumbling interval`."""
        window = int(found["length"]) * SECONDS[found["unit"]]
        return self.rows_of(found["which"], f"over {window} s every {window} s", found["key"])

    def rows_of(self, function: str, span: str, key: str | None = None) -> list[Row]:
        """The first or last event of each window, with all its columns."""
        names = ["ms", *(f"{name}_" for name in self.columns())]
        text = "".join(f"signal v{i} for Event = {function}({name} {span})\n" for i, name in enumerate(names))
        rows: dict[tuple[Any, int], Row] = {}
        for output in self.run(text, key, early=span.startswith("over") and "while" not in span):
            assert isinstance(output, Signalled)
            row = rows.setdefault((output.key, output.time), {"window_end": write_time(output.time)})
            if output.value is not None:
                name = names[int(output.name[1:])]
                is_time = name == "ms"
                value = _time(output.value) if is_time else output.value
                row["time" if is_time else name[:-1]] = value
        return [row for row in rows.values() if "time" in row]

    def most_recent(self, found: re.Match[str]) -> list[Row]:
        """`every 5 s emit the most recent event seen in the last 300 s`."""
        return [
            {"window_end": row["window_end"], **{f"last_{'t' if n == 'time' else n}": v for n, v in row.items()}}
            for row in self.rows_of("last", f"over {found['length']} s every {found['pace']} s")
        ]

    def changed(self, found: re.Match[str]) -> list[Row]:
        """`emit an event whose make differs from the previous event (look back at most 1 minute)`."""
        x, most = f"{found['of']}_", int(found["length"]) * SECONDS[found["unit"]]
        return self.shown(f"{x} != prev({x}) and last({x}).time - prev({x}).time <= {most} s", self.columns())

    def begun_and_ended(self, found: re.Match[str]) -> list[Row]:
        """`keep events whose licence plate starts with A and ends with 9`."""
        of, first, last = f"{found['of']}_", found["first"], found["last"]
        return self.shown(f'starts_with({of}, "{first}") and ends_with({of}, "{last}")', self.columns())

    def consecutive(self, found: re.Match[str]) -> list[Row]:
        """`two consecutive events of the same make within 90 s: emit current plate, previous plate and …`."""
        x, y = f"{found['of']}_", found["other"]
        condition = f"{x} == prev({x}) and last({x}).time - prev({x}).time <= {found['length']} {found['unit']}"
        also = {f"current{y.title()}": f"{y}_", f"first{y.title()}": f"prev({y}_)", "firstTime": "prev(ms)"}
        return [
            {**{n: v for n, v in row.items() if n != y}, "firstTime": _time(row["firstTime"])}
            for row in self.shown(condition, self.columns(), also)
        ]

    def shown(self, condition: str, columns: Mapping[str, str], also: Mapping[str, str] | None = None) -> list[Row]:
        """The events for which a condition holds."""
        given = {**{name: f"{name}_" for name in columns}, **(also or {})}
        arguments = ", ".join(f"v{i}: {expression}" for i, expression in enumerate(given.values()))
        text = f"pattern shown for Event = {condition}\n"
        text += f"rule r for Event {{ when shown do {{ emit e({arguments}) }} }}\n"
        return [
            {"time": write_time(o.time), **{name: o.arguments[f"v{i}"] for i, name in enumerate(given)}}
            for o in self.run(text, None, early=False)
            if isinstance(o, Emitted)
        ]

    def between(self, found: re.Match[str]) -> list[Row]:
        """`per user and feature: seconds between the last Start (within 1 h) and the End`."""
        keys = [name for name in (found["key"], found["second"]) if name is not None]
        (column,) = [n for n in self.columns() if n not in keys]
        joined = [{**event, "id": "/".join(str(event[key]) for key in keys)} for event in self.events]
        within = f"within {found['length']} {found['unit']}"
        # The newest beginning counts: one that is followed by another is given up.
        text = f'''pattern p for Event =
    {column}_ == "{found["begin"]}" as began then next {column}_ == "{found["end"]}" {within}
rule r for Event {{ when p do {{ emit e(duration: ms - began.ms) }} }}
'''
        outputs = Playing(joined, self.expected, self.executor).run(text, "id", early=False)
        return [
            {**dict(zip(keys, o.key[0].split("/"), strict=True)), "duration": float(o.arguments["duration"]) / 1000}  # type: ignore[arg-type]
            for o in outputs
            if isinstance(o, Emitted)
        ]

    def fault(self, found: re.Match[str]) -> list[Row]:
        """`condition weight > 20000 over the whole stream: when it ends emit start … and end …`."""
        span = f"over while {found['of']}_ {found['operator']} {found['level']}"
        firsts, lasts = self.rows_of("first", span), self.rows_of("last", span)
        return [{"startFault": a["time"], "endFault": b["time"]} for a, b in zip(firsts, lasts, strict=True)]

    def correlated(self, found: re.Match[str]) -> list[Row]:
        """`alert at a temp event with value <= 40 when the maximum power over the last 3 minutes is > 10`."""
        kind = next(n for n in self.columns() if any(e[n] == found["what"] for e in self.events))
        what, other, length, unit = found["what"], found["other"], found["length"], found["unit"]
        greatest = f'max(value_ where {kind}_ == "{other}" over ({length} {unit} + 1 ns))'
        condition = f'{kind}_ == "{what}" and value_ {found["test"]} and {greatest} {found["limit"]}'
        name = f"max{other.title()}DuringLast{length}{unit}s"
        return [
            {"eventTime": row["time"], what: row["value"], **row}
            for row in self.shown(condition, self.columns(), {name: greatest})
        ]


LENGTH = r"(?P<length>\d+) (?P<unit>s|minute)s?"
SENTENCES: dict[str, Callable[[Playing, re.Match[str]], list[Row]]] = {
    r"(?:per (?P<key>\w+)(?: id)?(?: \([^)]*\))?[:,]? )?tumbling "
    + LENGTH
    + r"(?: window)?[:,]? (?P<what>sum of|count|number of distinct) ?(?P<of>\w+?)??s?"
    r"(?:, only when count (?P<condition>[<>=]+ \d+))?(?:, stamped with window end)?": Playing.tumbling,
    r"(?P<which>first|last) event (?:of each (?P<key>\w+) in|of) every " + LENGTH + " tumbling interval": Playing.ends,
    r"every (?P<pace>\d+) s emit the most recent event seen in the last (?P<length>\d+) s.*": Playing.most_recent,
    r"emit an event whose (?P<of>\w+) differs from the previous event \(look back at most "
    + LENGTH
    + r"\)": Playing.changed,
    r"keep events whose (?:\w+ )*(?P<of>\w+) starts with (?P<first>\w+) and ends with "
    r"(?P<last>\w+)": Playing.begun_and_ended,
    r"two consecutive events .*of the same (?P<of>\w+) within "
    + LENGTH
    + r": emit current (?P<other>\w+),.*": Playing.consecutive,
    r"per (?P<key>\w+)(?: and (?P<second>\w+))?: seconds between the last (?P<begin>\w+) "
    r"\(within (?P<length>\d+) (?P<unit>\w+)\) and the (?P<end>\w+)": Playing.between,
    r"condition (?P<of>\w+) (?P<operator>[<>=]+) (?P<level>\d+) over the whole stream: .*": Playing.fault,
    r"per \w+: alert at a (?P<what>\w+) event with value (?P<test>[<>=]+ \d+) when the maximum (?P<other>\w+) over the "
    r"last (?P<length>\d+) (?P<unit>min)utes \(sliding\) is (?P<limit>[<>=]+ \d+)": Playing.correlated,
    r"all events unchanged.*": lambda playing, _: playing.shown("ms > 0", playing.columns()),
}
"""What each sentence means."""


def play(case: Mapping[str, Any], executor: Executor) -> list[list[Row]]:
    """The rows of each output. Raises `NotMapped` where the sentence has no words in the language."""
    sentences, expected = [case["pattern"]], [case["expected"]]
    if isinstance(case["expected"], dict):
        sentences = [one.strip().rstrip(";") for one in re.split(r"output \d+: ", case["pattern"])[1:]]
        expected = list(case["expected"].values())
    found: list[list[Row]] = []
    for sentence, rows in zip(sentences, expected, strict=True):
        for pattern, meaning in SENTENCES.items():
            match = re.fullmatch(pattern, sentence)
            if match is not None:
                found.append(meaning(Playing(case["events"], rows, executor), match))
                break
        else:
            raise NotMapped(sentence)
    return found


def at(text: str) -> int:
    """A time (ns); without a zone it is in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000) * (S // 1000)


def _time(ms: object) -> str:
    assert isinstance(ms, float)
    return write_time(int(ms) * MS)
