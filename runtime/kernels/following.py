"""Kernels of detectors and filters: each walks over samples, of one key after another, and gives a value at each.

Those without a window have one signature. State by key: `seen`, the time of the newest sample, NEVER before the first;
`numbers` (keys, as many as the function keeps). Out: `value` and `known`.
"""

import math
from collections.abc import Callable
from typing import Any

from .jit import NEVER, kernel

FOLLOWING = "void(i4[::1], i8[::1], f8[::1], f8[::1], i8[::1], f8[:, ::1], f8[::1], b1[::1])"

# The constants of the library's definitions, which share nothing else with these.
DAMPING = 1.4142135623730951
NORMAL_MAD = 1.482602218505602
HAMPEL_LEAST = 3
SEASON_PARTS = 96
SEASON_WEIGHT = 0.25


@kernel(FOLLOWING)
def ewma(key: Any, time: Any, sample: Any, parameters: Any, seen: Any, numbers: Any, value: Any, known: Any) -> None:
    """parameters: span (ns); numbers: the mean."""
    span = parameters[0]
    for i in range(len(key)):
        k = key[i]
        if seen[k] == NEVER:
            numbers[k, 0] = sample[i]
        else:
            numbers[k, 0] += (1.0 - math.exp((seen[k] - time[i]) / span)) * (sample[i] - numbers[k, 0])
        seen[k] = time[i]
        value[i] = numbers[k, 0]
        known[i] = True


@kernel(FOLLOWING)
def lowpass(key: Any, time: Any, sample: Any, parameters: Any, seen: Any, numbers: Any, value: Any, known: Any) -> None:
    """parameters: cutoff (Hz); numbers: the two integrators."""
    cutoff = parameters[0]
    for i in range(len(key)):
        k = key[i]
        turns = 1.0
        if seen[k] != NEVER:
            turns = cutoff * ((time[i] - seen[k]) / 1e9)
        seen[k] = time[i]
        known[i] = True
        if turns >= 0.5:
            numbers[k, 0] = 0.0
            numbers[k, 1] = sample[i]
            value[i] = sample[i]
            continue
        g = math.tan(math.pi * turns)
        scale = 1.0 / (1.0 + g * (g + DAMPING))
        off = sample[i] - numbers[k, 1]
        band = scale * (numbers[k, 0] + g * off)
        low = numbers[k, 1] + g * band
        numbers[k, 0] = 2.0 * band - numbers[k, 0]
        numbers[k, 1] = 2.0 * low - numbers[k, 1]
        value[i] = low


@kernel(FOLLOWING)
def cusum(key: Any, time: Any, sample: Any, parameters: Any, seen: Any, numbers: Any, value: Any, known: Any) -> None:
    """parameters: target, drift, limit; numbers: the sums above and below, and whether one has reached the limit."""
    target, drift, limit = parameters[0], parameters[1], parameters[2]
    for i in range(len(key)):
        k = key[i]
        off = sample[i] - target
        if numbers[k, 2] != 0.0 and abs(off) <= drift:
            numbers[k, 0] = 0.0
            numbers[k, 1] = 0.0
        above = numbers[k, 0] + (off - drift)
        below = numbers[k, 1] + (-off - drift)
        numbers[k, 0] = above if above > 0.0 else 0.0
        numbers[k, 1] = below if below > 0.0 else 0.0
        drifted = numbers[k, 0] >= limit or numbers[k, 1] >= limit
        numbers[k, 2] = 1.0 if drifted else 0.0
        value[i] = numbers[k, 2]
        known[i] = True


@kernel(FOLLOWING)
def page_hinkley(
    key: Any, time: Any, sample: Any, parameters: Any, seen: Any, numbers: Any, value: Any, known: Any
) -> None:
    """parameters: drift, limit; numbers: count, mean, sum."""
    drift, limit = parameters[0], parameters[1]
    for i in range(len(key)):
        k = key[i]
        numbers[k, 0] += 1.0
        numbers[k, 1] += (sample[i] - numbers[k, 1]) / numbers[k, 0]
        risen = numbers[k, 2] + (sample[i] - numbers[k, 1] - drift)
        numbers[k, 2] = risen if risen > 0.0 else 0.0
        value[i] = 1.0 if numbers[k, 2] >= limit else 0.0
        known[i] = True


@kernel(FOLLOWING)
def seasonal(
    key: Any, time: Any, sample: Any, parameters: Any, seen: Any, numbers: Any, value: Any, known: Any
) -> None:
    """parameters: season (ns), sigma; numbers, eight for each part of it: the season of its newest values, how many
    they are, the first, sum and sum of squares of the distances from it; whether a season of it is over, then the
    usual mean and its variance."""
    season = int(parameters[0])
    sigma = parameters[1]
    width = -(-season // SEASON_PARTS)
    for i in range(len(key)):
        k = key[i]
        number = time[i] // season
        at = 8 * ((time[i] - number * season) // width)
        state = numbers[k, at : at + 8]
        if state[1] > 0.0 and state[0] != number:
            off = state[3] / state[1]
            mean = state[2] + off
            variance = state[4] / state[1] - off * off
            variance = variance if variance > 0.0 else 0.0
            if state[5] == 0.0:
                state[6] = mean
                state[7] = variance
            else:
                old, new = 1.0 - SEASON_WEIGHT, SEASON_WEIGHT
                apart = mean - state[6]
                state[7] = old * state[7] + new * variance + old * new * (apart * apart)
                state[6] += new * apart
            state[5] = 1.0
            state[1] = 0.0
        if state[1] == 0.0:
            state[0] = number
            state[2] = sample[i]
            state[3] = 0.0
            state[4] = 0.0
        distance = sample[i] - state[2]
        state[1] += 1.0
        state[3] += distance
        state[4] += distance * distance
        known[i] = state[5] != 0.0 and state[7] > 0.0
        value[i] = 1.0 if known[i] and abs(sample[i] - state[6]) > sigma * math.sqrt(state[7]) else 0.0


KERNELS: dict[str, Callable[..., None]] = {
    "ewma": ewma,
    "lowpass": lowpass,
    "cusum": cusum,
    "page_hinkley": page_hinkley,
    "seasonal": seasonal,
}
"""By the function's name."""


# --- Over a window ---------------------------------------------------------------------------------------------------

RECENT = (
    "i8(i8, i4[::1], i8[::1], f8[::1], f8[::1], i8, i8, i8[::1], i8[::1], i8[:, ::1], f8[:, ::1], f8[:, ::1],"
    " f8[::1], b1[::1])"
)


@kernel("i8(f8[::1], i8, f8)")
def place(row: Any, count: int, sample: float) -> int:
    """Where a value is, or belongs, among the first `count` of a row, which ascend: before those that are equal."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if row[middle] < sample:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("void(i8, i8[::1], i8[::1], f8[:, ::1], f8[:, ::1])")
def leave(k: int, first: Any, count: Any, ring: Any, ordered: Any) -> None:
    """The oldest sample of key k leaves its ring, and the ordered values, if they are kept."""
    oldest = ring[k, first[k]]
    first[k] = (first[k] + 1) % ring.shape[1]
    count[k] -= 1
    if ordered.shape[1] > 0:
        for j in range(place(ordered[k], count[k] + 1, oldest), count[k]):
            ordered[k, j] = ordered[k, j + 1]


@kernel("b1(i8, i8, f8, i8, i8, i8[::1], i8[::1], i8[:, ::1], f8[:, ::1], f8[:, ::1])")
def enter(
    k: int, time: int, x: float, window: int, most: int, first: Any, count: Any, times: Any, ring: Any, ordered: Any
) -> bool:
    """A sample of key k enters its ring; those that are too old or too many leave. False: the ring must grow first."""
    while count[k] > 0 and time - times[k, first[k]] >= window:
        leave(k, first, count, ring, ordered)
    if count[k] == most:
        leave(k, first, count, ring, ordered)
    if count[k] == ring.shape[1]:
        return False
    at = (first[k] + count[k]) % ring.shape[1]
    times[k, at] = time
    ring[k, at] = x
    if ordered.shape[1] > 0:
        belongs = place(ordered[k], count[k], x)
        for j in range(count[k], belongs, -1):
            ordered[k, j] = ordered[k, j - 1]
        ordered[k, belongs] = x
    count[k] += 1
    return True


@kernel(RECENT)
def zscore(
    start: int,
    key: Any,
    time: Any,
    sample: Any,
    parameters: Any,
    window: int,
    most: int,
    first: Any,
    count: Any,
    times: Any,
    ring: Any,
    ordered: Any,
    value: Any,
    known: Any,
) -> int:
    """Walk from sample `start` on; returns the sample to go on from: fewer than all where a ring must grow.

    State by key: rings of `count` samples from `first` on. `window` (ns, NEVER: any age) and `most` bound them.
    No `parameters`, and nothing is `ordered`.
    """
    for i in range(start, len(key)):
        k = key[i]
        if not enter(k, time[i], sample[i], window, most, first, count, times, ring, ordered):
            return i
        # Distances from the newest value: exact where all are the same, and never large beside their deviation.
        total, squares = 0.0, 0.0
        end = first[k] + count[k]
        for j in range(first[k], min(end, ring.shape[1])):
            distance = ring[k, j] - sample[i]
            total += distance
            squares += distance * distance
        for j in range(end - ring.shape[1]):
            distance = ring[k, j] - sample[i]
            total += distance
            squares += distance * distance
        off = total / count[k]
        variance = squares / count[k] - off * off
        known[i] = variance > 0.0
        value[i] = -off / math.sqrt(variance) if known[i] else 0.0
    return len(key)


@kernel("f8(f8[::1], i8, f8, i8, i8)")
def nearest(row: Any, count: int, middle: float, right: int, rank: int) -> float:
    """Of ascending values the distance from `middle` that has this rank (from 0): those up to `right` are below it, and
    on both sides distances ascend, so that a search by halves finds how many of the nearest are below."""
    low, high = max(0, rank + 1 - (count - right)), min(rank + 1, right)
    while low < high:
        below = (low + high) // 2
        if middle - row[right - 1 - below] < row[right + rank - below] - middle:
            low = below + 1
        else:
            high = below
    distance = 0.0
    if low > 0:
        distance = middle - row[right - low]
    if rank + 1 - low > 0:
        distance = max(distance, row[right + rank - low] - middle)
    return distance


@kernel("f8(f8[::1], i8, f8)")
def deviation(row: Any, count: int, middle: float) -> float:
    """The median distance of ascending values from their median."""
    right = place(row, count, middle)
    upper = nearest(row, count, middle, right, count // 2)
    if count % 2 == 1:
        return upper
    return (nearest(row, count, middle, right, count // 2 - 1) + upper) / 2


@kernel(RECENT)
def hampel(
    start: int,
    key: Any,
    time: Any,
    sample: Any,
    parameters: Any,
    window: int,
    most: int,
    first: Any,
    count: Any,
    times: Any,
    ring: Any,
    ordered: Any,
    value: Any,
    known: Any,
) -> int:
    """As `zscore`. parameters: sigma; `ordered`: by key, the samples' values, ascending."""
    sigma = parameters[0]
    for i in range(start, len(key)):
        k = key[i]
        if not enter(k, time[i], sample[i], window, most, first, count, times, ring, ordered):
            return i
        known[i] = count[k] >= HAMPEL_LEAST
        value[i] = 0.0
        if not known[i]:
            continue
        half = count[k] // 2
        middle = ordered[k, half] if count[k] % 2 == 1 else (ordered[k, half - 1] + ordered[k, half]) / 2
        limit = sigma * (NORMAL_MAD * deviation(ordered[k], count[k], middle))
        value[i] = 1.0 if abs(sample[i] - middle) > limit else 0.0
    return len(key)


RECENT_KERNELS: dict[str, Callable[..., int]] = {"zscore": zscore, "hampel": hampel}
"""By the function's name."""
