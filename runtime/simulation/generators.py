"""Generators of telemetry: what a field of many virtual devices is at each of their reports.

    Constant(4.0) + Seasonal(1.5, 24 * 60 * MINUTE) + Noise(0.2)
    Measured(RandomWalk(0.1, 50.0, low=0.0, high=100.0), digits=1)

A parameter is one number for all devices, or an array (n,) with one for each. What a generator gives for a report is a
function of the device's chance, the report's number and its time: it remembers nothing, so that any span of time can be
made alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectors.payload import Reader, Texts, Wanted
from .chance import Keys, normals, uniforms

Numbers = NDArray[np.float64]
Parameter = float | Numbers
Times = NDArray[np.int64]

PARTS_MAX = 64
"""A sum has at most so many parts, so that each has chance of its own."""
WALK_LEVELS = 32
"""A random walk is as long as two to this power, in reports."""


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports after one another, each of n devices: `count` of them, the first with the number `first`.

    keys (n,): the devices' chance; times (count, n): ns since the fleet's start; `stream`: which part of a field.
    """

    first: int
    count: int
    keys: Keys
    times: Times
    stream: int = 0

    @property
    def numbers(self) -> Times:
        return np.arange(self.first, self.first + self.count, dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int]:
        return self.count, len(self.keys)

    def part(self, place: int) -> "Reports":
        """The same, with other chance: for one part of what is made of several."""
        return replace(self, stream=self.stream * PARTS_MAX + place + 1)


class Generator(ABC):
    """What a field of many devices is at each of their reports. `choices`: the texts that its codes stand for."""

    @property
    def choices(self) -> tuple[str, ...]:
        return ()

    @abstractmethod
    def values(self, reports: Reports) -> NDArray[Any]:
        """(count, n), or what can be broadcast to that."""

    def __add__(self, other: "Generator") -> "Sum":
        return Sum((self, other))


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Generator):
    """Several added up: a level, a season and noise."""

    parts: tuple[Generator, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.parts) < PARTS_MAX:
            raise ValueError(f"a sum has 1 to {PARTS_MAX - 1} parts, not {len(self.parts)}")

    def values(self, reports: Reports) -> Numbers:
        total = np.zeros(reports.shape)
        for place, part in enumerate(self.parts):
            total += part.values(reports.part(place))
        return total

    def __add__(self, other: Generator) -> "Sum":
        return Sum((*self.parts, other))


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Generator):
    """Always the same; of truths, an array of bool or True or False."""

    value: Parameter | bool | NDArray[np.bool_]

    def values(self, reports: Reports) -> NDArray[Any]:
        return np.asarray(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class Ramp(Generator):
    """From `first` to `last` in `over_ns` from `start_ns` on, then as it is; with `again`, from `first` again."""

    first: Parameter
    last: Parameter
    over_ns: int | Times
    start_ns: int | Times = 0
    again: bool = False

    def values(self, reports: Reports) -> Numbers:
        since = reports.times - self.start_ns
        share = np.where(since < 0, 0, since % self.over_ns) if self.again else np.clip(since, 0, self.over_ns)
        return np.asarray(self.first + (np.asarray(self.last) - self.first) * (share / self.over_ns))


@dataclass(frozen=True, slots=True, eq=False)
class Seasonal(Generator):
    """A sine around 0, of this amplitude and period; it rises through 0 at `shift_ns` (of a day: a quarter of it before
    it is warmest)."""

    amplitude: Parameter
    period_ns: int | Times
    shift_ns: int | Times = 0

    def values(self, reports: Reports) -> Numbers:
        turn = ((reports.times - self.shift_ns) % self.period_ns) / self.period_ns
        return np.asarray(self.amplitude * np.sin(2 * np.pi * turn))


@dataclass(frozen=True, slots=True, eq=False)
class Noise(Generator):
    """Normally distributed around 0, anew for each report."""

    deviation: Parameter

    def values(self, reports: Reports) -> Numbers:
        found = normals(reports.keys, reports.numbers, reports.stream)
        found *= self.deviation
        return found


@dataclass(frozen=True, slots=True, eq=False)
class RandomWalk(Generator):
    """From `start` on, each report is the one before plus a normally distributed step; held between `low` and `high`,
    if they are given, by turning back there.

    Each point is found from both ends of the walk by halving (P. Lévy's construction of Brownian motion), so that the
    millionth report costs no more than the first.
    """

    step: Parameter
    start: Parameter = 0.0
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None) or (self.low is not None and not self.low < (self.high or 0.0)):
            raise ValueError("a random walk has no bounds, or `low` below `high`")

    def values(self, reports: Reports) -> Numbers:
        found = self.start + self.step * self._walk(reports)
        if self.low is None or self.high is None:
            return np.asarray(found)
        width = self.high - self.low
        turned = np.mod(found - self.low, 2 * width)
        return np.asarray(self.low + np.minimum(turned, 2 * width - turned))

    def _walk(self, reports: Reports) -> Numbers:
        """The walk (count, n) with steps of deviation 1, from 0."""
        low, high = reports.first, reports.first + reports.count - 1
        if high > 1 << WALK_LEVELS:
            raise ValueError(f"a random walk has 2**{WALK_LEVELS} reports, and this would be number {high}")

        def chance(places: Times) -> Numbers:
            return normals(reports.keys, places, reports.stream)

        # At each level: the places that are multiples of a power of two, from the last before to the first after.
        places = np.arange(0, -(-high >> WALK_LEVELS) + 1, dtype=np.int64)
        found = np.zeros((len(places), len(reports.keys)))
        found[1:] = chance(places[1:] << WALK_LEVELS) * 2.0 ** (WALK_LEVELS / 2)
        for level in range(WALK_LEVELS - 1, -1, -1):
            before, places = places[0], np.arange(low >> level, -(-high >> level) + 1, dtype=np.int64)
            left = (places >> 1) - before
            finer = found[left]
            odd = np.flatnonzero(places & 1)
            # Halfway between two points that lie 2 h apart, the deviation is the root of h / 2.
            finer[odd] += found[left[odd] + 1]
            finer[odd] *= 0.5
            finer[odd] += chance(places[odd] << level) * 2.0 ** ((level - 1) / 2)
            found = finer
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Spikes(Generator):
    """Mostly 0, and `height` in this share of the reports, `length` reports at a time."""

    share: Parameter
    height: Parameter
    length: int = 1

    def values(self, reports: Reports) -> Numbers:
        return _spans(reports, self.length, lambda chance: (chance < self.share) * np.asarray(self.height))


@dataclass(frozen=True, slots=True, eq=False)
class Often(Generator):
    """True in this share of the reports, `length` reports at a time: a door, a contact."""

    share: Parameter
    length: int = 1

    def values(self, reports: Reports) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = _spans(reports, self.length, lambda chance: chance < self.share)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Chosen(Generator):
    """One of some texts, `length` reports at a time; `shares`: how often each, all equally often if it is left out."""

    texts: tuple[str, ...]
    shares: tuple[float, ...] = ()
    length: int = 1

    @property
    def choices(self) -> tuple[str, ...]:
        return self.texts

    def values(self, reports: Reports) -> NDArray[np.int32]:
        shares = np.array(self.shares or [1.0] * len(self.texts))
        if len(shares) != len(self.texts):
            raise ValueError(f"there are {len(self.texts)} texts and {len(shares)} shares")
        bounds = np.cumsum(shares)[:-1] / shares.sum()
        found: NDArray[np.int32] = _spans(
            reports, self.length, lambda chance: np.searchsorted(bounds, chance, "right").astype(np.int32)
        )
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Trace(Generator):
    """What was recorded: each value is held until the next. times (k,), ns since the first, increasing; values (k,).

    Before the first it is that, after the last that; with `again_ns` it begins again after so long. `shift_ns`: how
    much later than the fleet a device begins with it.
    """

    times: Times
    recorded: NDArray[Any]
    again_ns: int | None = None
    shift_ns: int | Times = 0

    def __post_init__(self) -> None:
        if len(self.times) == 0 or len(self.times) != len(self.recorded):
            raise ValueError(f"a trace has times and as many values, not {len(self.times)} and {len(self.recorded)}")
        if (np.diff(self.times) <= 0).any():
            raise ValueError("the times of a trace increase")

    @classmethod
    def read(
        cls, reader: Reader, value: str, time: str, *, unit_ns: int = 1_000_000_000, again_ns: int | None = None
    ) -> "Trace":
        """From a file: a field of numbers, and that of the times in units of `unit_ns`; messages without are left out.

        Raises `InputError` if the file cannot be read, ValueError if there is no such message in it.
        """
        at, what = Wanted(time, "float"), Wanted(value, "float")
        times, values = [], []
        for payloads in reader.read([at, what], Texts()):
            moments, numbers = payloads.columns[at], payloads.columns[what]
            rows = moments.mask() & numbers.mask()
            times.append(moments.values[rows])
            values.append(numbers.values[rows])
        every = np.rint(np.concatenate(times or [np.empty(0)]) * unit_ns).astype(np.int64)
        if len(every) == 0:
            raise ValueError(f"`{reader.name}` has no message with `{time}` and `{value}`")
        return cls(every - every[0], np.concatenate(values), again_ns)

    def values(self, reports: Reports) -> NDArray[Any]:
        since = reports.times - self.shift_ns
        if self.again_ns is not None:
            since = since % self.again_ns
        return np.asarray(self.recorded[np.maximum(np.searchsorted(self.times, since, "right") - 1, 0)])


@dataclass(frozen=True, slots=True, eq=False)
class Located(Generator):
    """A point: latitude and longitude in degrees."""

    latitude: Generator
    longitude: Generator

    def values(self, reports: Reports) -> NDArray[np.complex128]:
        return np.asarray(self.latitude.values(reports.part(0)) + 1j * self.longitude.values(reports.part(1)))


@dataclass(frozen=True, slots=True, eq=False)
class Measured(Generator):
    """As a sensor gives it: no less than `low`, no more than `high`, with so many digits behind the point."""

    of: Generator
    digits: int | None = None
    low: float | None = None
    high: float | None = None

    def values(self, reports: Reports) -> Numbers:
        found = np.asarray(self.of.values(reports))
        if self.low is not None or self.high is not None:
            found = np.clip(found, self.low, self.high)
        return found if self.digits is None else np.round(found, self.digits) + 0.0  # no negative zero


def _spans(reports: Reports, length: int, of: Callable[[Numbers], NDArray[Any]]) -> NDArray[Any]:
    """What `of` makes of one chance for each `length` reports, as many times as there are reports in that span."""
    if length < 1:
        raise ValueError(f"something lasts for one report at least, not for {length}")
    spans, which = np.unique(reports.numbers // length, return_inverse=True)
    return of(uniforms(reports.keys, spans, reports.stream))[which]
