"""The kernel of calibration: parameters of equations by least squares, a slice of time after the other.

Of each key equations are followed from a beginning that is not known for sure: as they are, and once more for each
thing that could be another one (p parameters, then the n states as they began), moved by a small distance. What a
sensor measures less what it would is a residual; how much that changes over such a distance, its slope. So a stretch is
a system of normal equations and a sum of squares: one symmetric matrix (p + n + 1, p + n + 1), whose last row are
slopes times residuals. At its end what it began with is eliminated, and what is left is added to the present slice.
"""

import math
from typing import Any

from .dynamics import PROGRAM, WORK, advance, rates, value
from .jit import NEVER, called, kernel, part

NS = 1e9
WAITING, RUNNING = 0, 1
SMALL = 2.0**-17
AT_FIRST = 2.0**-10
"""By how much a state is moved with which a stretch begins, in its unit."""
UNKNOWN_BELOW = 1e-8
"""What is left of a diagonal element, relative to what it was, below which nothing is known of it by itself."""

STATE = (
    "Tuple((f8[:,::1], f8[:,::1], f8[:,:,::1], f8[:,:,::1], f8[:,:,:,::1], i8[:,::1], f8[:,::1], i8[::1], i8[::1],"
    " i1[::1]))"
)
"""By key: parameters, their deviations, paths (1 + p + n, n), the stretch's matrix, those of slices (p + 1, p + 1) of
which the last is the present one, and how many observations they have, what was held, since when, the number of the
present slice, and whether a stretch is under way."""


@part
def distance(x: float) -> float:
    """By how much something is moved: a small power of two beside it."""
    return math.ldexp(SMALL, math.frexp(x)[1]) if x != 0.0 else SMALL


@part
def place(n: int, p: int, k: int, path: int, state: Any, work: Any) -> None:
    """Put the states of a path into the row, and its parameters."""
    for s in range(n):
        work[0][s, 0] = state[2][k, path, s]
    for j in range(p):
        work[0][n + j, 0] = state[0][k, j] + (distance(state[0][k, j]) if path == 1 + j else 0.0)


@called
def go_on(
    n: int, p: int, linear: bool, seconds: float, k: int, bounds: Any, state: Any, program: Any, work: Any
) -> bool:
    """Move all paths of a key on by a time; false if one cannot be followed."""
    for v in range(n + p, len(work[0])):
        work[0][v, 0] = state[6][k, v - n - p]
    for path in range(1 + p + n):
        place(n, p, k, path, state, work)
        if not advance(n, linear, seconds, bounds, program, work):
            return False
        for s in range(n):
            state[2][k, path, s] = work[0][s, 0]
    return True


@called
def observe(
    n: int, p: int, k: int, which: int, seen: float, deviation: float, state: Any, program: Any, work: Any, by: Any
) -> None:
    """Add what a sensor says to the stretch's matrix. `by` (p + n + 1): slopes, and the residual."""
    matrix, q = state[3], p + n
    place(n, p, k, 0, state, work)
    said = value(which, program, work)
    by[q] = (seen - said) / deviation
    for j in range(q):
        place(n, p, k, 1 + j, state, work)
        moved = distance(state[0][k, j]) if j < p else AT_FIRST
        by[j] = (value(which, program, work) - said) / moved / deviation
    total = 0.0
    for j in range(q + 1):
        total += by[j]
    if not math.isfinite(total):
        return
    for a in range(q + 1):
        for b in range(q + 1):
            matrix[k, a, b] += by[a] * by[b]
    state[5][k, state[5].shape[1] - 1] += 1


@part
def forget(q: int, k: int, state: Any) -> None:
    """Leave a stretch, and all that it has said."""
    for a in range(q + 1):
        for b in range(q + 1):
            state[3][k, a, b] = 0.0
    state[9][k] = WAITING


@called
def end(n: int, p: int, k: int, state: Any) -> None:
    """End a stretch: what it began with is eliminated, and the rest added to the present slice, as of parameters that
    are counted from zero."""
    matrix, counts, theta = state[3], state[5], state[0]
    last, q, whole = counts.shape[1] - 1, p + n, state[2]
    for j in range(p, q):
        whole[k, 0, j - p] = matrix[k, j, j]
    for j in range(p, q):
        pivot = matrix[k, j, j]
        if not pivot > UNKNOWN_BELOW * whole[k, 0, j - p]:
            continue
        counts[k, last] -= 1
        for a in range(q + 1):
            if a == j:
                continue
            for b in range(q + 1):
                if b != j:
                    matrix[k, a, b] -= matrix[k, a, j] * matrix[k, j, b] / pivot
        for a in range(q + 1):
            matrix[k, a, j] = matrix[k, j, a] = 0.0
    slices = state[4]
    total = matrix[k, q, q]
    for a in range(p):
        moved = 0.0
        for b in range(p):
            moved += matrix[k, a, b] * theta[k, b]
            slices[k, last, a, b] += matrix[k, a, b]
        total += theta[k, a] * (2.0 * matrix[k, q, a] + moved)
        slices[k, last, p, a] += matrix[k, q, a] + moved
        slices[k, last, a, p] = slices[k, last, p, a]
    slices[k, last, p, p] += total
    forget(q, k, state)


@called
def solve(p: int, k: int, limits: Any, state: Any, room: Any) -> bool:
    """The parameters that all slices say, within their limits, and how sure they are; false if they do not say it.
    `room` (p, 2 p): the matrix, in units of its diagonal, and beside it what becomes its inverse."""
    theta, deviation, slices, counts = state[0], state[1], state[4], state[5]
    observed = 0
    for z in range(counts.shape[1]):
        observed += counts[k, z]
    for a in range(p):
        for b in range(p):
            total, of_a, of_b = 0.0, 0.0, 0.0
            for z in range(counts.shape[1]):
                total += slices[k, z, a, b]
                of_a += slices[k, z, a, a]
                of_b += slices[k, z, b, b]
            room[a, b] = total / math.sqrt(of_a * of_b) if of_a > 0.0 and of_b > 0.0 else 0.0
            room[a, p + b] = 1.0 if a == b else 0.0
    for j in range(p):
        pivot = room[j, j]
        if observed <= p or not pivot > UNKNOWN_BELOW:
            return False
        for b in range(2 * p):
            room[j, b] /= pivot
        for a in range(p):
            factor = room[a, j]
            if a != j:
                for b in range(2 * p):
                    room[a, b] -= factor * room[j, b]
    squares = 0.0
    for z in range(counts.shape[1]):
        squares += slices[k, z, p, p]
    for a in range(p):
        found, of_a = 0.0, 0.0
        for z in range(counts.shape[1]):
            of_a += slices[k, z, a, a]
        for b in range(p):
            of_b, says = 0.0, 0.0
            for z in range(counts.shape[1]):
                of_b += slices[k, z, b, b]
                says += slices[k, z, p, b]
            found += room[a, p + b] / math.sqrt(of_a * of_b) * says
        theta[k, a] = min(max(found, limits[a, 0]), limits[a, 1])
        deviation[k, a] = room[a, p + a] / of_a
    for a in range(p):
        moved, says = 0.0, 0.0
        for z in range(counts.shape[1]):
            says += slices[k, z, p, a]
            for b in range(p):
                moved += slices[k, z, a, b] * theta[k, b]
        squares += theta[k, a] * (moved - 2.0 * says)
    for a in range(p):
        deviation[k, a] = math.sqrt(max(squares, 0.0) / (observed - p) * deviation[k, a])
    return True


@part
def turn(n: int, p: int, number: int, k: int, limits: Any, state: Any, room: Any) -> None:
    """Begin a further slice: with what all those before it say."""
    slices, counts = state[4], state[5]
    kept = counts.shape[1]
    if state[9][k] == RUNNING:
        end(n, p, k, state)
    if not solve(p, k, limits, state, room):
        for j in range(p):
            state[1][k, j] = math.nan
    passed = min(number - state[8][k], kept)
    for z in range(kept):
        counts[k, z] = counts[k, z + passed] if z + passed < kept else 0
        for a in range(p + 1):
            for b in range(p + 1):
                slices[k, z, a, b] = slices[k, z + passed, a, b] if z + passed < kept else 0.0
    state[8][k] = number


@kernel(
    f"void(i8, i8, b1, i8, i4[::1], i8[::1], f8[:,::1], b1[:,::1], f8[::1], f8[:,::1], f8[:,::1], {STATE}, {PROGRAM},"
    f" {WORK}, f8[:,::1], f8[::1], f8[:,::1], b1[::1])",
    counting=False,
)
def calibrate(
    n: int, p: int, linear: bool, every_ns: int, key: Any, time: Any, values: Any, measured: Any, deviations: Any,
    bounds: Any, limits: Any, state: Any, program: Any, work: Any, room: Any, by: Any, out: Any, news: Any,
) -> None:  # fmt: skip
    """Learn from instants, in order. `values` (variables, instants): what states begin with, and parameters, what is
    held, what sensors measure. `out` (2 p, instants): parameters and their deviations; `news`: where they change."""
    theta, paths, held, since, numbers = state[0], state[2], state[6], state[7], state[8]
    row, q = work[0], p + n
    for i in range(len(key)):
        k, number = key[i], time[i] // every_ns
        news[i] = numbers[k] == NEVER or number > numbers[k]
        if numbers[k] == NEVER:
            for j in range(p):
                theta[k, j], state[1][k, j] = values[n + j, i], math.nan
            numbers[k] = number
        elif number > numbers[k]:
            turn(n, p, number, k, limits, state, room)
        elif (
            state[9][k] == RUNNING
            and time[i] > since[k]
            and not go_on(n, p, linear, (time[i] - since[k]) / NS, k, bounds, state, program, work)
        ):
            forget(q, k, state)
        since[k] = time[i]
        begins = True
        for s in range(n):
            begins = begins and values[s, i] == values[s, i]
        for v in range(q, len(row)):
            row[v, 0] = held[k, v - q] = values[v, i]
        if state[9][k] == WAITING and begins:
            for path in range(1 + q):
                for s in range(n):
                    paths[k, path, s] = values[s, i] + (AT_FIRST if path == 1 + p + s else 0.0)
            state[9][k] = RUNNING
        if state[9][k] == RUNNING:
            place(n, p, k, 0, state, work)
            if not (begins and rates(n, 0, program, work)):
                end(n, p, k, state)
        if state[9][k] == RUNNING:
            for sensor in range(len(deviations)):
                if measured[sensor, i]:
                    seen = values[len(row) + sensor, i]
                    observe(n, p, k, n + sensor, seen, deviations[sensor], state, program, work, by)
        for j in range(p):
            out[j, i] = theta[k, j]
            out[p + j, i] = state[1][k, j]
