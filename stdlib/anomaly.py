"""`std.anomaly`: what is unusual for a value, judged by its own past.

signal drifting for Fridge = cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)
signal spiky    for Pump   = hampel(vibration over 10 min)
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from .function import Stateful, Value

MODULE = "std.anomaly"

NORMAL_MAD = 1.482602218505602
"""By what the median absolute deviation of a normal distribution is multiplied to give its standard deviation."""

HAMPEL_LEAST = 3
"""Of fewer values none can be an outlier."""

SEASON_PARTS = 96
"""A day's quarters of an hour; for other seasons as many."""

SEASON_WEIGHT = 0.25
"""What the newest season counts for in what is usual."""


@dataclass
class Cusum:
    """The two sums of the tabular CUSUM, and whether one of them has reached the limit."""

    target: float
    drift: float
    limit: float
    above: float = 0.0
    below: float = 0.0
    drifted: bool = False

    def see(self, time: int, value: float) -> Value:
        off = value - self.target
        if self.drifted and abs(off) <= self.drift:
            self.above = self.below = 0.0
        self.above = positive(self.above + (off - self.drift))
        self.below = positive(self.below + (-off - self.drift))
        self.drifted = self.above >= self.limit or self.below >= self.limit
        return self.drifted


@dataclass
class PageHinkley:
    """How many values there were, their mean, and by how much they have exceeded it of late."""

    drift: float
    limit: float
    count: int = 0
    mean: float = 0.0
    risen: float = 0.0

    def see(self, time: int, value: float) -> Value:
        self.count += 1
        self.mean += (value - self.mean) / self.count
        self.risen = positive(self.risen + (value - self.mean - self.drift))
        return self.risen >= self.limit


def positive(total: float) -> float:
    """A sum that does not fall below 0."""
    return total if total > 0 else 0.0


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the middle two."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def moments(values: Sequence[float], near: float) -> tuple[float, float]:
    """Mean and variance (of the population), of distances from a value near by: exact where all are the same."""
    distances = [value - near for value in values]
    off = sum(distances) / len(values)
    variance = sum(distance * distance for distance in distances) / len(values) - off * off
    return near + off, variance if variance > 0 else 0.0


def hampel(values: Sequence[float], sigma: float) -> Value:
    """Whether the newest value lies far from the median, by the median distance from it."""
    if len(values) < HAMPEL_LEAST:
        return None
    middle = median(values)
    deviation = NORMAL_MAD * median([abs(value - middle) for value in values])
    return abs(values[-1] - middle) > sigma * deviation


def zscore(values: Sequence[float]) -> Value:
    """The newest value's distance from the mean, in standard deviations."""
    newest = values[-1]
    mean, variance = moments(values, near=newest)
    return (newest - mean) / math.sqrt(variance) if variance > 0 else None


@dataclass
class Ewma:
    """The mean as of the newest sample, and when that was."""

    span: float
    mean: float = 0.0
    seen: int | None = None

    def see(self, time: int, value: float) -> Value:
        if self.seen is None:
            self.mean = value
        else:
            self.mean += (1.0 - math.exp((self.seen - time) / self.span)) * (value - self.mean)
        self.seen = time
        return self.mean


@dataclass
class SeasonPart:
    """One part of the season: its values in the newest season that had any, and what they were in earlier ones."""

    season: int | None = None
    values: list[float] = field(default_factory=list)
    usual: float | None = None
    variance: float = 0.0

    def close(self) -> None:
        """A season is over: what was in it joins what is usual, which is a mixture of the two."""
        if not self.values:
            return
        mean, variance = moments(self.values, near=self.values[0])
        if self.usual is None:
            self.usual, self.variance = mean, variance
        else:
            old, new = 1 - SEASON_WEIGHT, SEASON_WEIGHT
            off = mean - self.usual
            self.variance = old * self.variance + new * variance + old * new * (off * off)
            self.usual += new * off
        self.values = []


class Seasonal:
    """The parts of a season; they are counted from the epoch, in UTC."""

    def __init__(self, season: float, sigma: float) -> None:
        self.season = int(season)
        self.sigma = sigma
        self.parts = [SeasonPart() for _ in range(SEASON_PARTS)]

    def see(self, time: int, value: float) -> Value:
        number, within = divmod(time, self.season)
        part = self.parts[within // -(-self.season // SEASON_PARTS)]
        if part.season != number:
            part.close()
            part.season = number
        part.values.append(value)
        if part.usual is None or part.variance == 0:
            return None
        return abs(value - part.usual) > self.sigma * math.sqrt(part.variance)


STATEFUL = (
    Stateful(
        "cusum",
        "x: number, *target: like x, *drift: step x, *limit: step x -> bool",
        "2 sums",
        "Whether `x` has drifted from `target`: what it exceeds `drift` by, on either side, has added up to `limit`. "
        "Tabular CUSUM (E. S. Page 1954), for each sample; once it is true, the sums start again from 0 when `x` is "
        "back within `drift` of the target.",
        module=MODULE,
        examples=("cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)",),
        follower=Cusum,
        numbers=3,
    ),
    Stateful(
        "page_hinkley",
        "x: number, *drift: step x, *limit: step x = 10 drift -> bool",
        "1 count, 1 mean, 1 sum",
        "Whether the mean of `x` has risen: what it exceeds its mean so far plus `drift` by has added up to `limit` "
        "(ten times `drift` if left out). D. V. Hinkley 1971, after Page; of a fall ask `page_hinkley(-x, …)`.",
        module=MODULE,
        examples=("page_hinkley(resistance, drift: 1 mohm)",),
        follower=PageHinkley,
        numbers=3,
    ),
    Stateful(
        "hampel",
        "x: number, *sigma: float = 3 -> bool",
        "the window's samples",
        "Whether `x` lies more than `sigma` deviations from the median of its window, by the median absolute deviation "
        "times 1.4826 (F. R. Hampel 1974), which single outliers do not spoil. The window ends with `x`; of fewer than "
        "3 samples it is absent. Where more than half of the values are the same, any other is an outlier.",
        window="needed",
        module=MODULE,
        examples=("hampel(vibration over 10 min)", "hampel(vibration over 60 samples, sigma: 4)"),
        judged=hampel,
    ),
    Stateful(
        "zscore",
        "x: number -> float",
        "the window's samples",
        "How many standard deviations (of the population) `x` lies above the mean of its window, which ends with `x`: "
        "of n samples at most √(n - 1). Absent where all are the same.",
        window="needed",
        module=MODULE,
        examples=("zscore(flow over 1 h) > 4",),
        judged=zscore,
    ),
    Stateful(
        "ewma",
        "x: number, *span: s = 5 min -> like x",
        "1 value, 1 time",
        "The exponentially weighted mean of `x`, which begins with its first value: what came `span` ago counts for "
        "1/e of what comes now. S. W. Roberts 1959; for samples at any times A. Eckner 2014.",
        module=MODULE,
        examples=("ewma(temp, span: 10 min)",),
        follower=Ewma,
        numbers=1,
    ),
    Stateful(
        "seasonal",
        "x: number, *season: s, *sigma: float = 4 -> bool",
        "96 means and deviations, one for each part of the season",
        "Whether `x` is unusual for the time of the season: more than `sigma` deviations from the mean of the same "
        "96th of earlier seasons, the newest of which counts for a quarter (J. D. Brutlag 2000, with moments after "
        "T. Finch 2009). Seasons begin at the epoch, in UTC. Absent in the first season, and while nothing has varied.",
        module=MODULE,
        examples=("seasonal(line_flow, season: 1 day, sigma: 4)",),
        follower=Seasonal,
        numbers=8 * SEASON_PARTS,
    ),
)
