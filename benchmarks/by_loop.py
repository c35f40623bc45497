"""A peer: what a programmer writes by hand, one plain Python loop over the readings, as lists of Python's own values.

It is also where right answers come from for sizes whose answers are not published.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import msgspec

from headgate.benchmarks.answers import Answer, Question, together
from headgate.benchmarks.stream import Stream

HOT_AND_SHAKING_DEGC = (150 - 32) / 1.8
SHAKING_MM_S = 4.0
TUMBLING_MS = 10_000
HOPS = 6
TOO_HOT_DEGC = 80.0
HOT_FOR_MS = 3_000
WARMER_K = 2.0
WARMED_WITHIN_MS = 30_000

Reading = tuple[int, int, float, float]
Summary = tuple[float, ...]


class Message(msgspec.Struct, gc=False):
    """The part of a JSON line that W7 needs."""

    d: str
    ts: int
    temp: float
    vib: float


def questions(stream: Stream, lines: Path) -> Mapping[str, Question]:
    """W1 to W7 on this stream; W7 on the file of its JSON lines."""
    dev, ts, temp, vib, door = stream.lists()
    last_ms = int(stream.ts[-1])

    return {
        "W1": lambda: {"events": len(hot_and_shaking(zip(dev, ts, temp, vib, strict=True)))},
        "W2": lambda: tumbling_answer(tumbling(zip(dev, ts, temp, strict=True))),
        "W3": lambda: hopping_answer(hopping(zip(dev, ts, temp, strict=True))),
        "W4": lambda: {"raised": len(hot_for(zip(dev, ts, temp, strict=True), last_ms))},
        "W5": lambda: {"alerts": len(warmed(zip(dev, ts, temp, door, strict=True)))},
        "W6": lambda: all_at_once(zip(dev, ts, temp, vib, door, strict=True), last_ms),
        "W7": lambda: {"events": len(from_json_lines(lines))},
    }


# --- W1, W7 ----------------------------------------------------------------------------------------------------------


def hot_and_shaking(readings: Iterable[Reading]) -> list[Reading]:
    """The readings that show both."""
    return [r for r in readings if r[2] > HOT_AND_SHAKING_DEGC and r[3] > SHAKING_MM_S]


def from_json_lines(lines: Path) -> list[Message]:
    """The same from JSON lines, decoded all at once into structures with only what is asked for."""
    messages = msgspec.json.Decoder(Message).decode_lines(lines.read_bytes())
    return [m for m in messages if m.temp > HOT_AND_SHAKING_DEGC and m.vib > SHAKING_MM_S]


# --- W2 --------------------------------------------------------------------------------------------------------------


def tumbling(readings: Iterable[tuple[int, int, float]]) -> list[Summary]:
    """Of each device and 10 s: samples, mean, population standard deviation, least, greatest."""
    open_: dict[int, list[Any]] = {}
    closed: list[Summary] = []
    for dev, ts, temp in readings:
        number = ts // TUMBLING_MS
        window = open_.get(dev)
        if window is None or window[0] != number:
            if window is not None:
                closed.append(summary(window))
            open_[dev] = [number, 1, temp, 0.0, 0.0, temp, temp]
            continue
        difference = temp - window[2]
        window[1] += 1
        window[3] += difference
        window[4] += difference * difference
        if temp < window[5]:
            window[5] = temp
        elif temp > window[6]:
            window[6] = temp
    closed += map(summary, open_.values())
    return closed


def summary(window: list[Any]) -> Summary:
    """Of number, samples, first, sum of differences from it, sum of their squares, least, greatest."""
    _, n, first, differences, squares, least, greatest = window
    shift = differences / n
    return n, first + shift, sqrt(max(squares / n - shift * shift, 0.0)), least, greatest


def tumbling_answer(closed: list[Summary]) -> Answer:
    """The sums of what the windows gave."""
    samples, means, stddevs, mins, maxes = (sum(column) for column in zip(*closed, strict=True))
    return {
        "windows": len(closed),
        "samples": samples,
        "means": means,
        "stddevs": stddevs,
        "mins": mins,
        "maxes": maxes,
    }


# --- W3 --------------------------------------------------------------------------------------------------------------


def hopping(readings: Iterable[tuple[int, int, float]]) -> list[float]:
    """Of each device, every 10 s: the mean of the last 60 s, as long as there is anything in them."""
    slices: dict[int, list[Any]] = {}
    closed: list[list[Any]] = []
    for dev, ts, temp in readings:
        number = ts // TUMBLING_MS
        window = slices.get(dev)
        if window is None or window[1] != number:
            slices[dev] = window = [dev, number, 0, 0.0]
            closed.append(window)
        window[2] += 1
        window[3] += temp
    return hopping_means(closed)


def hopping_means(slices: list[list[Any]]) -> list[float]:
    """From slices of 10 s (device, number, samples, sum) to windows of 60 s."""
    windows: dict[tuple[int, int], list[Any]] = {}
    for dev, number, samples, total in slices:
        for end in range(number + 1, number + 1 + HOPS):
            window = windows.setdefault((dev, end), [0, 0.0])
            window[0] += samples
            window[1] += total
    return [total / samples for samples, total in windows.values()]


def hopping_answer(means: list[float]) -> Answer:
    """The sum of what the windows gave."""
    return {"windows": len(means), "means": sum(means)}


# --- W4 --------------------------------------------------------------------------------------------------------------


def hot_for(readings: Iterable[tuple[int, int, float]], last_ms: int) -> list[tuple[int, int]]:
    """When each device had been too hot for 3 s (device, ms), once an episode; as if looked at until `last_ms`."""
    since: dict[int, int] = {}
    raised: list[tuple[int, int]] = []
    for dev, ts, temp in readings:
        if temp > TOO_HOT_DEGC:
            if dev not in since:
                since[dev] = ts
        elif dev in since:
            # What ends at the very moment has not lasted: events come before timers.
            due = since.pop(dev) + HOT_FOR_MS
            if due < ts:
                raised.append((dev, due))
    raised += [(dev, start + HOT_FOR_MS) for dev, start in since.items() if start + HOT_FOR_MS <= last_ms]
    return raised


# --- W5 --------------------------------------------------------------------------------------------------------------


def warmed(readings: Iterable[tuple[int, int, float, bool]]) -> list[tuple[int, int]]:
    """When it had got warmer by 2 K since a door was opened, and not closed, within 30 s; once an opening."""
    was_open: dict[int, bool] = {}
    opened: dict[int, tuple[int, float]] = {}
    alerts: list[tuple[int, int]] = []
    for dev, ts, temp, door in readings:
        if not door:
            opened.pop(dev, None)
        elif was_open.get(dev) is False:
            opened[dev] = (ts, temp)
        elif dev in opened:
            since, before = opened[dev]
            if ts - since > WARMED_WITHIN_MS:
                del opened[dev]
            elif temp > before + WARMER_K:
                alerts.append((dev, ts))
                del opened[dev]
        was_open[dev] = door
    return alerts


# --- W6 --------------------------------------------------------------------------------------------------------------


def all_at_once(readings: Iterable[tuple[int, int, float, float, bool]], last_ms: int) -> Answer:
    """W1 to W5 in one loop; the hopping windows are made of the tumbling ones."""
    shaking: list[Reading] = []
    open_: dict[int, list[Any]] = {}
    closed: list[Summary] = []
    slices: list[list[Any]] = []
    since: dict[int, int] = {}
    raised: list[tuple[int, int]] = []
    was_open: dict[int, bool] = {}
    opened: dict[int, tuple[int, float]] = {}
    alerts: list[tuple[int, int]] = []

    def close(dev: int, window: list[Any]) -> None:
        closed.append(summary(window))
        slices.append([dev, window[0], window[1], window[1] * window[2] + window[3]])

    for dev, ts, temp, vib, door in readings:
        if temp > HOT_AND_SHAKING_DEGC:
            if vib > SHAKING_MM_S:
                shaking.append((dev, ts, temp, vib))
            if temp > TOO_HOT_DEGC and dev not in since:
                since[dev] = ts
        if dev in since and temp <= TOO_HOT_DEGC:
            due = since.pop(dev) + HOT_FOR_MS
            if due < ts:
                raised.append((dev, due))
        if not door:
            opened.pop(dev, None)
        elif was_open.get(dev) is False:
            opened[dev] = (ts, temp)
        elif dev in opened:
            opened_at, before = opened[dev]
            if ts - opened_at > WARMED_WITHIN_MS:
                del opened[dev]
            elif temp > before + WARMER_K:
                alerts.append((dev, ts))
                del opened[dev]
        was_open[dev] = door
        number = ts // TUMBLING_MS
        window = open_.get(dev)
        if window is None or window[0] != number:
            if window is not None:
                close(dev, window)
            open_[dev] = [number, 1, temp, 0.0, 0.0, temp, temp]
            continue
        difference = temp - window[2]
        window[1] += 1
        window[3] += difference
        window[4] += difference * difference
        if temp < window[5]:
            window[5] = temp
        elif temp > window[6]:
            window[6] = temp
    for dev, window in open_.items():
        close(dev, window)
    raised += [(dev, start + HOT_FOR_MS) for dev, start in since.items() if start + HOT_FOR_MS <= last_ms]
    means, hot, warm = hopping_means(slices), {"raised": len(raised)}, {"alerts": len(alerts)}
    return together([{"events": len(shaking)}, tumbling_answer(closed), hopping_answer(means), hot, warm])
