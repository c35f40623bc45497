"""A peer: Bytewax, one worker, with the readings as a list of tuples, and its own operators for windows and state."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from math import sqrt
from pathlib import Path
from typing import Any

from headgate.benchmarks.answers import Answer, Question, together
from headgate.benchmarks.by_loop import (
    HOPS,
    HOT_AND_SHAKING_DEGC,
    HOT_FOR_MS,
    SHAKING_MM_S,
    TOO_HOT_DEGC,
    TUMBLING_MS,
    WARMED_WITHIN_MS,
    WARMER_K,
    tumbling_answer,
)
from headgate.benchmarks.stream import Stream

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Value = tuple[datetime, int, float, float, bool]
"""Of a reading: when, as a time and in ms; degC; mm/s; whether the door is open."""
SOURCE_ROWS = 1000


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W6 on a list of this stream. Raises `ImportError` without Bytewax."""
    dataflow, op, testing = (import_module(f"bytewax.{name}") for name in ("dataflow", "operators", "testing"))
    readings = [
        (stream.ids[dev], (EPOCH + timedelta(milliseconds=ts), ts, temp, vib, door))
        for dev, ts, temp, vib, door in zip(*stream.lists(), strict=True)
    ]
    last_ms = int(stream.ts[-1])
    steps: dict[str, Callable[[Any], Any]] = {
        "W1": lambda source: op.filter("shaking", source, _shaking),
        "W2": lambda source: _windows(op, "tumbling", source, TUMBLING_MS),
        "W3": lambda source: _windows(op, "hopping", source, HOPS * TUMBLING_MS),
        "W4": lambda source: op.stateful_flat_map("hot", source, _hot),
        "W5": lambda source: op.stateful_flat_map("warmed", source, _warmed),
    }
    answers: dict[str, Callable[[list[Any]], Answer]] = {
        "W1": lambda out: {"events": len(out)},
        "W2": lambda out: tumbling_answer([_summary(total) for _, (_, total) in out]),
        "W3": lambda out: {"windows": len(out), "means": sum(total[3] / total[0] for _, (_, total) in out)},
        "W4": lambda out: {"raised": _raised(out, last_ms)},
        "W5": lambda out: {"alerts": len(out)},
    }

    def ask(*workloads: str) -> Question:
        def question() -> Answer:
            flow = dataflow.Dataflow("benchmark")
            source = op.input("readings", flow, testing.TestingSource(readings, SOURCE_ROWS))
            outs: dict[str, list[Any]] = {workload: [] for workload in workloads}
            for workload, out in outs.items():
                op.output(f"out_{workload}", steps[workload](source), testing.TestingSink(out))
            testing.run_main(flow)
            found = [answers[workload](out) for workload, out in outs.items()]
            return together(found) if len(found) > 1 else found[0]

        return question

    return {workload: ask(workload) for workload in steps} | {"W6": ask(*steps)}


def _shaking(reading: tuple[str, Value]) -> bool:
    _, (_, _, temp, vib, _) = reading
    return temp > HOT_AND_SHAKING_DEGC and vib > SHAKING_MM_S


# --- Windows: samples, the first, sums of differences from it and of their squares (as `by_loop`), and the sum -------


def _windows(op: Any, name: str, source: Any, length_ms: int) -> Any:
    windowing: Any = import_module("bytewax.operators.windowing")
    # Its clock goes on with the system's: what is read slower than it was measured would be late.
    clock = windowing.EventClock(lambda value: value[0], wait_for_system_duration=timedelta(hours=1))
    length, every = timedelta(milliseconds=length_ms), timedelta(milliseconds=TUMBLING_MS)
    windower = windowing.SlidingWindower(length=length, offset=every, align_to=EPOCH)
    return windowing.fold_window(name, source, clock, windower, lambda: None, _add, _merged).down


def _add(total: list[float] | None, value: Value) -> list[float]:
    temp = value[2]
    if total is None:
        return [1, temp, 0.0, temp, 0.0, temp, temp]
    difference = temp - total[1]
    total[0] += 1
    total[2] += difference
    total[3] += temp
    total[4] += difference * difference
    total[5] = min(total[5], temp)
    total[6] = max(total[6], temp)
    return total


def _merged(one: list[float], other: list[float]) -> list[float]:
    raise AssertionError("windows that do not touch are not put together")


def _summary(total: list[float]) -> tuple[float, ...]:
    n, first, differences, _, squares, least, greatest = total
    shift = differences / n
    return n, first + shift, sqrt(max(squares / n - shift * shift, 0.0)), least, greatest


# --- Episodes and sequences ------------------------------------------------------------------------------------------


def _hot(since: int | None, value: Value) -> tuple[int | None, list[tuple[int, int | None]]]:
    """When an episode began and when it ended: None while it lasts."""
    _, ts, temp, _, _ = value
    if temp > TOO_HOT_DEGC:
        return (ts, [(ts, None)]) if since is None else (since, [])
    return None, [] if since is None else [(since, ts)]


def _raised(episodes: list[tuple[str, tuple[int, int | None]]], last_ms: int) -> int:
    ended = {(device, begin): end for device, (begin, end) in episodes if end is not None}
    begun = [(device, begin) for device, (begin, end) in episodes if end is None]
    return sum(begin + HOT_FOR_MS < ended.get((device, begin), last_ms + 1) for device, begin in begun)


Opened = tuple[bool, tuple[int, float] | None]


def _warmed(state: Opened | None, value: Value) -> tuple[Opened, list[int]]:
    """The state: whether the door was open, and since when and at which temperature, if that may still alert."""
    _, ts, temp, _, door = value
    was_open, opened = (None, None) if state is None else state
    if not door:
        return (False, None), []
    if was_open is False:
        return (True, (ts, temp)), []
    if opened is not None and ts - opened[0] > WARMED_WITHIN_MS:
        return (True, None), []
    if opened is not None and temp > opened[1] + WARMER_K:
        return (True, None), [ts]
    return (True, opened), []
