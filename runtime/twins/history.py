"""What twins were: everything that was ever known of a device, when it was so and since when it is known.

    history = History()
    history.record("Fridge", "f1", {"temp": 4.5}, time=t, known=t)
    history.at("Fridge", "f1", time=t)                      # as known now
    history.at("Fridge", "f1", time=t, known=yesterday)     # as known then

Nothing is ever changed: a correction is a later word on the same time. What comes late takes its place in the past and
leaves the present alone.
"""

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...stdlib.function import Value

Times = NDArray[np.int64]


@dataclass
class Series:
    """One leaf of one twin: values in order of (the time they are of, the order in which they came to be known)."""

    times: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, time: int, known: int, value: Value) -> None:
        """A further value; the newest word on a time stands behind the older ones."""
        place = len(self.times)
        if self.times and time < self.times[-1]:
            place = bisect.bisect_right(self.times, time)
        self.times.insert(place, time)
        self.known.insert(place, known)
        self.values.insert(place, value)

    def place_at(self, time: int, known: int | None) -> int | None:
        """Where the value stands that held at a time, as known at another (None: now)."""
        place = bisect.bisect_right(self.times, time) - 1
        while place >= 0 and known is not None and self.known[place] > known:
            place -= 1
        return None if place < 0 else place

    def between(self, start: int, end: int, known: int | None) -> Iterator[tuple[int, Value]]:
        """The values of [start, end), of each time the newest word on it."""
        first, last = bisect.bisect_left(self.times, start), bisect.bisect_left(self.times, end)
        found: dict[int, Value] = {}
        for place in range(first, last):
            if known is None or self.known[place] <= known:
                found[self.times[place]] = self.values[place]
        yield from found.items()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a leaf is at a time: its value, the time it is of, and since when it is known."""

    value: Value
    time: int
    known: int


@dataclass
class History:
    """All that was recorded, by device type, device, and leaf. `latest`: the last time at which some of it came."""

    series: dict[tuple[str, str], dict[str, Series]] = field(default_factory=dict)
    latest: int | None = None

    def record(self, device: str, id_: str, values: Mapping[str, Value], time: int, known: int) -> None:
        """Values of one device at a time, known since another, which never goes back. None: absent from then on."""
        if self.latest is not None and known < self.latest:
            raise ValueError(f"what is known since {known} cannot be recorded after what is known since {self.latest}")
        self.latest = known
        leaves = self.series.setdefault((device, id_), {})
        for name, value in values.items():
            leaves.setdefault(name, Series()).add(time, known, value)

    def devices(self, device: str) -> list[str]:
        """The devices of a type that anything is known of, in the order they were first recorded."""
        return [id_ for of, id_ in self.series if of == device]

    def at(self, device: str, id_: str, time: int, known: int | None = None) -> dict[str, Leaf]:
        """The twin at a time, as known at another (None: now): the leaves that there are then."""
        found: dict[str, Leaf] = {}
        for name, series in self.series.get((device, id_), {}).items():
            place = series.place_at(time, known)
            if place is not None and series.values[place] is not None:
                found[name] = Leaf(series.values[place], series.times[place], series.known[place])
        return found

    def between(
        self, device: str, id_: str, name: str, start: int, end: int, known: int | None = None
    ) -> list[tuple[int, Value]]:
        """The values of one leaf in [start, end), by time, as known at another time (None: now)."""
        series = self.series.get((device, id_), {}).get(name)
        return [] if series is None else list(series.between(start, end, known))

    def times(self, device: str, ids: list[str], names: list[str], start: int, end: int, known: int | None) -> Times:
        """The times in (start, end) at which one of these leaves of one of these devices changes, in order."""
        found = {
            time for id_ in ids for name in names for time, _ in self.between(device, id_, name, start + 1, end, known)
        }
        return np.array(sorted(found), dtype=np.int64)

    def column(
        self, device: str, ids: list[str], name: str, time: int, known: int | None = None
    ) -> NDArray[np.float64]:
        """A number of each of these devices at a time; NaN where there is none."""
        found = self._each(device, ids, name, time, known)
        return np.array([float(v) if isinstance(v, int | float) else np.nan for v in found], dtype=np.float64)

    def words(self, device: str, ids: list[str], name: str, time: int, known: int | None = None) -> NDArray[np.object_]:
        """A text of each of these devices at a time; None where there is none."""
        return np.array(self._each(device, ids, name, time, known), dtype=np.object_)

    def _each(self, device: str, ids: list[str], name: str, time: int, known: int | None) -> list[Value]:
        found: list[Value] = []
        for id_ in ids:
            series = self.series.get((device, id_), {}).get(name)
            at = None if series is None else series.place_at(time, known)
            found.append(None if series is None or at is None else series.values[at])
        return found
