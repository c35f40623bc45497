"""The stream that the benchmarks run on: deterministic sensor readings in which rules fire on about 0.5 % of events.

>>> stream = make_stream(1000, 100)
>>> len(stream.ts), stream.ids[int(stream.dev[0])]
(1000, 'dev-00088')

10,000 events a second in all. Every device reports once in each block of as many events as there are devices, in random
order. Published answers are for these very numbers, so the order of the draws is part of the definition.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.runtime.batch import Batch, Messages
from headgate.stdlib.column import Column

BASE_MS = 1_700_000_000_000
NS_PER_MS = 1_000_000
EVENTS_PER_MS = 10
BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class Stream:
    """Readings in the order sent (n,): the device's code, ms since the epoch, degC, mm/s, whether a door is open."""

    ids: tuple[str, ...]
    dev: NDArray[np.int32]
    ts: NDArray[np.int64]
    temp: NDArray[np.float64]
    vib: NDArray[np.float64]
    door: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def last_ns(self) -> int:
        return int(self.ts[-1]) * NS_PER_MS

    def batches(self, device: str = "Sensor", rows: int = BATCH_ROWS) -> list[Batch]:
        """What an engine is fed of it; devices have the keys of their codes (`ids` are registered in order)."""
        seq, time = np.arange(len(self), dtype=np.int64), self.ts * NS_PER_MS
        whole = Messages(
            device, seq, self.dev, time, {"temp": Column(self.temp), "vib": Column(self.vib), "door": Column(self.door)}
        )
        return [Batch((whole.cut(start, min(start + rows, len(self))),)) for start in range(0, len(self), rows)]

    def lists(self) -> tuple[list[Any], ...]:
        """Device codes, times, temperatures, vibrations, doors as Python's own values."""
        return tuple(a.tolist() for a in (self.dev, self.ts, self.temp, self.vib, self.door))

    def write_json_lines(self, path: Path) -> None:
        """`{"d":"dev-00088","ts":1700000000000,"temp":61.2,"vib":0.4,"door":false}`, a line for each reading."""
        with path.open("wb") as file:
            file.writelines(
                b'{"d":"%s","ts":%d,"temp":%.3f,"vib":%.3f,"door":%s}\n'
                % (self.ids[d].encode(), ts, temp, vib, b"true" if door else b"false")
                for d, ts, temp, vib, door in zip(*self.lists(), strict=True)
            )


def make_stream(events: int = 1_000_000, devices: int = 1000, seed: int = 7) -> Stream:
    """The readings; `events` must be a multiple of `devices`."""
    rounds = events // devices
    if rounds * devices != events or rounds == 0:
        raise ValueError(f"{events} events cannot be shared evenly by {devices} devices")
    rng = np.random.default_rng(seed)
    dev = rng.permuted(np.tile(np.arange(devices, dtype=np.int32), (rounds, 1)), axis=1).ravel()
    ts = BASE_MS + np.arange(events, dtype=np.int64) // EVENTS_PER_MS
    t = (ts - BASE_MS) / 1000.0
    offset = rng.normal(0, 1.5, devices)
    phase = rng.uniform(0, 2 * np.pi, devices)
    temp = 60 + offset[dev] + 1.5 * np.sin(2 * np.pi * t / 60 + phase[dev]) + rng.normal(0, 0.35, events)
    vib = np.abs(rng.normal(0, 1, events))
    door = np.zeros(events, dtype=np.bool_)
    spike = rng.random(events) < 0.0045
    temp[spike] += 12.0
    vib[spike] += 5.0
    _add_episodes(rng, dev, ts, temp, door, devices)
    ids = tuple(f"dev-{code:05d}" for code in range(devices))
    return Stream(ids, dev, ts, temp.round(3), vib.round(3), door)


def _add_episodes(
    rng: np.random.Generator,
    dev: NDArray[np.int32],
    ts: NDArray[np.int64],
    temp: NDArray[np.float64],
    door: NDArray[np.bool_],
    devices: int,
) -> None:
    """Spans of heat of 1 to 8 s, and of open doors of 5 to 60 s; in place."""
    span = int(ts[-1]) - BASE_MS + 1
    count = int(2000 * (span / 100_000))
    order = np.argsort(dev, kind="stable")
    ts_of, temp_of, door_of = (a[order].reshape(devices, -1) for a in (ts, temp, door))

    def spans(shortest: int, longest: int) -> Iterator[tuple[int, slice]]:
        device = rng.integers(0, devices, count)
        start = rng.integers(0, span, count)
        length = rng.integers(shortest, longest, count)
        for d, s, w in zip(device.tolist(), start.tolist(), length.tolist(), strict=True):
            first, end = np.searchsorted(ts_of[d], (BASE_MS + s, BASE_MS + s + w))
            yield d, slice(first, end)

    for d, rows in spans(1000, 8000):
        temp_of[d, rows] += 27.0
    for d, rows in spans(5000, 60000):
        door_of[d, rows] = True
    door_of[:, 0] = False
    temp[order] = temp_of.ravel()
    door[order] = door_of.ravel()
