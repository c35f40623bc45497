"""Siddhi's patterns and sequences as programs: one mapping for the cases of data/siddhi.json.

The query is read by siddhi_query.py, and siddhi_program.py says what it is here. Each event is a message of one device
(in a partition: of its own), and the columns are read off the events of a match.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from headgate.runtime.output import Matched
from headgate.runtime.testing.executors import Executor, Input, Mark, Message, compile_program
from headgate.stdlib.function import Value
from headgate.tests.conformance.siddhi_program import Program, start_of, write
from headgate.tests.conformance.siddhi_query import Column, Constant, NotSaid, Query, read

MS = 1_000_000
BEGIN = 1_704_067_200_000 * MS
FOUNDED = 10**9
"""Times (ms) from here on are dates, and not counted from the start of the application."""
Rows = list[list[Any]]


def play(case: Mapping[str, Any], executor: Executor) -> Rows:
    """Run a case's query on its events: the rows that it gives, in no order."""
    program = _program(case)
    query = program.query
    events = [event for event in case["events"] if event["stream"] in query.streams]
    first = min((event["t_ms"] for event in events), default=0)
    base = BEGIN - (first * MS if first > FOUNDED else 0)
    times = [base + event["t_ms"] * MS + place for place, event in enumerate(events, 1)]
    started = min([base, *times]) - 1 if first > FOUNDED else BEGIN
    keys = [_key(query, event) for event in events]
    devices = list(dict.fromkeys(one for one in keys if one is not None)) or ["one"]
    begun = {key: started if not query.partition else times[keys.index(key)] - 1 for key in devices}
    inputs: list[Input] = [Message("Thing", key, time, {"stream": ""}) for key, time in begun.items()]
    for time, of, event in zip(times, keys, events, strict=True):
        for key in devices if of is None else [of]:
            inputs.append(Message("Thing", key, time, _message(event)))
    inputs += [Mark("Thing", key, base + _end(query, case) * MS + len(events) + 2) for key in devices]
    try:
        plan = compile_program(program.text)
    except ValueError as rejected:
        raise NotSaid(f"what the compiler rejects: {str(rejected).splitlines()[0]}") from None
    run = executor(plan, inputs)
    data = {time: event["data"] for time, event in zip(times, events, strict=True)}
    return _rows(program, [one for one in run.outputs if isinstance(one, Matched)], data)


def written(case: Mapping[str, Any]) -> str:
    """The program that a case is played by."""
    return _program(case).text


def _program(case: Mapping[str, Any]) -> Program:
    first = min((event["t_ms"] for event in case["events"]), default=0)
    query = read(case["query_siddhi"])
    counts = Counter(event["stream"] for event in case["events"])
    return write(query, _end(query, case) - (first if first > FOUNDED else 0), counts)


def _end(query: Query, case: Mapping[str, Any]) -> int:
    """Until when (ms) a case is watched."""
    if query.playback:
        return max((int(event["t_ms"]) for event in case["events"]), default=0)
    waits = case["wait_after"]
    if waits is None:
        return int(case["advance_to_ms"])
    until = waits["starts_at"] + waits["poll_ms"] * waits.get("max_polls", 0)
    return int(max(until, waits["starts_at"]))


def _key(query: Query, event: Mapping[str, Any]) -> str | None:
    """The partition that an event belongs to; None: all."""
    if not query.partition:
        return "one"
    attribute = query.partition.get(event["stream"])
    return None if attribute is None else str(event["data"][attribute])


def _message(event: Mapping[str, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {"stream": event["stream"]}
    for name, value in event["data"].items():
        if value is not None:
            values[f"{event['stream']}_{name}"] = value if isinstance(value, str | bool) else float(value)
    return values


def _rows(program: Program, matches: Sequence[Matched], data: Mapping[int, Mapping[str, Any]]) -> Rows:
    found: list[tuple[Matched, dict[str, list[int]]]] = []
    for one in matches:
        named: dict[str, list[int]] = {}
        for step, time in one.events:
            for event in program.events_of(step):
                named.setdefault(event, []).append(time)
        found.append((one, named))
    turns = {(one.key, start_of(named)) for one, named in found if one.name == program.turns}
    rows: Rows = []
    seen: set[Any] = set()
    for one, named in found:
        turn = (one.key, *program.turn_of(one.name, named))
        if one.name == program.turns or turn in seen or (program.turns and turn not in turns):
            continue
        seen.add(turn)
        rows.append([_column(column, named, program, data) for column in program.query.select])
    return rows


def _column(column: Column | Constant, named: Mapping[str, list[int]], program: Program, data: Any) -> Any:
    if isinstance(column, Constant):
        return column.value
    times = named.get(column.event, [])
    if column.event in program.repeated:
        times = times[-1:]
    if column.index is None and column.event in program.query.repeated():
        return [data[time][column.attribute] for time in times]
    place = -1 if column.index is None else column.index
    return data[times[place]][column.attribute] if -len(times) <= place < len(times) else None
