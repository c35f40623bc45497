"""The kernels of twins: states that follow messages, and what is foreseen from them.

An instant's variables stand in a column of `values` (variables, instants): first the n states (what they begin with,
or are), then what is held, then what sensors measure; NaN where absent.
"""

import math
from typing import Any

from ...compiler.plan import PARTS, SAMPLES
from .dynamics import (
    BEFORE,
    COVARIANCE,
    GAIN,
    PROGRAM,
    SLOPES,
    SPARE,
    STRAYED,
    TRANSITION,
    WORK,
    advance,
    confine,
    conjugate,
    gain,
    propagate,
    rates,
    slope,
    slopes,
    step_through,
    stray,
    value,
)
from .jit import NEVER, kernel, part
from .particles import move_particles, scatter_particles, weigh
from .sigma_points import correct_points, move_points

NS = 1e9
HALVINGS = 40
"""How often the step in which a condition becomes true is halved to find the moment."""

NOT_BEGUN, KNOWN, UNKNOWN = 0, 1, 2
"""What is known of a key's states: nothing yet; where they are and how they move; where they were."""

NO_FILTER, KALMAN, UNSCENTED, PARTICLES = 0, 1, 2, 3
"""How states are estimated; extended filters are Kalman's of equations that are bent."""

STATES = "Tuple((f8[:,::1], f8[:,:,::1], f8[:,::1], i8[::1], i1[::1], f8[:,:,::1], f8[:,::1]))"
"""By key: states, their covariance, what was held, since when, and what is known of them; particles, and weights."""


@part
def load(values: Any, i: int, first: int, work: Any) -> None:
    """Put an instant's variables, from `first` on, into the row."""
    for v in range(first, len(work[0])):
        work[0][v, 0] = values[v, i]


@part
def are_known(n: int, work: Any) -> bool:
    """Whether no state is absent."""
    known = True
    for s in range(n):
        known = known and work[0][s, 0] == work[0][s, 0]
    return known


@kernel(f"void(i8, b1, f8, f8[:,::1], f8[:,::1], {PROGRAM}, {WORK}, f8[::1])", counting=False)
def predict(n: int, linear: bool, seconds: float, bounds: Any, values: Any, program: Any, work: Any, out: Any) -> None:
    """What an expression (that behind the rates) will be after some seconds, for each instant."""
    for i in range(len(out)):
        load(values, i, 0, work)
        if n > 0 and not (are_known(n, work) and advance(n, linear, seconds, bounds, program, work)):
            for s in range(n):
                work[0][s, 0] = math.nan
        out[i] = value(n, program, work)


@part
def find(n: int, linear: bool, step: float, wanted: bool, bounds: Any, begun: Any, program: Any, work: Any) -> float:
    """When within a step from `begun` a condition becomes true (or not true), by halving: the end of the last half."""
    low, high = 0.0, step
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        for s in range(n):
            work[0][s, 0] = begun[s]
        if advance(n, linear, middle, bounds, program, work) and (value(n, program, work) == 1.0) == wanted:
            high = middle
        else:
            low = middle
    return high


@part
def take_step(n: int, linear: bool, step: float, bounds: Any, begun: Any, program: Any, work: Any) -> bool:
    """A step from where states are, which `begun` then is; of linear equations the one that was propagated."""
    for s in range(n):
        begun[s] = work[0][s, 0]
    moved = gain(n, program, work) if linear else step_through(n, step, program, work)
    confine(n, bounds, work)
    return moved


@part
def cross(seconds: float, step: float, bounds: Any, program: Any, work: Any) -> float:
    """When the sides of a linear comparison (the expressions 2 and 3) of the one state of a linear equation cross, in
    closed form; `seconds` if not within that, and NaN where rounding would have to say which it is."""
    row = work[0]
    x = row[0, 0]
    apart = value(2, program, work) - value(3, program, work)
    closer = slope(2, 0, True, program, work) - slope(3, 0, True, program, work)
    a, rate = work[4][SLOPES, 0, 0], work[3][0, 0]
    at = seconds
    if closer * rate * apart < 0.0:
        way = -apart / closer / rate
        if a * way > -1.0:
            at = min(math.log1p(a * way) / a if a != 0.0 else way, seconds)
    looked = min(math.ceil(at / step) * step, seconds)
    if not a * looked < 709.0:
        return math.nan
    row[0, 0] = x + rate * (math.expm1(a * looked) / a if a != 0.0 else looked)
    confine(1, bounds, work)
    true = value(1, program, work)
    row[0, 0] = x
    return at if true == (1.0 if at < seconds else 0.0) else math.nan


@kernel(f"void(i8, b1, b1, f8, f8[:,::1], f8[:,::1], {PROGRAM}, {WORK}, f8[::1], f8[::1])", counting=False)
def time_until(
    n: int, linear: bool, straight: bool, seconds: float, bounds: Any, values: Any, program: Any, work: Any,
    begun: Any, out: Any,
) -> None:  # fmt: skip
    """After how many seconds an expression will be true, for each instant; at most `seconds`. `straight`: it compares
    two that are linear in the states, which stand behind it. `begun` (n): scratch."""
    step = seconds / SAMPLES
    for i in range(len(out)):
        load(values, i, 0, work)
        true = value(n, program, work)
        if true != 0.0 or (n > 0 and not (are_known(n, work) and rates(n, 0, program, work))):
            out[i] = 0.0 if true == 1.0 else math.nan
            continue
        out[i] = seconds
        if linear and n > 0:
            slopes(n, True, program, work)
            if n == 1 and straight:
                out[i] = cross(seconds, step, bounds, program, work)
                if out[i] == out[i]:
                    continue
                out[i] = seconds
            propagate(n, step, work)
        for sample in range(SAMPLES if n > 0 else 0):
            if not take_step(n, linear, step, bounds, begun, program, work):
                out[i] = math.nan
                break
            if value(n, program, work) == 1.0:
                out[i] = sample * step + find(n, linear, step, True, bounds, begun, program, work)
                break


@kernel(
    f"void(i8, b1, f8, f8, i4[::1], i8[::1], f8[:,::1], f8[:,::1], {PROGRAM}, {WORK}, f8[::1], i8[::1], f8[::1])",
    counting=False,
)
def time_until_lasting(
    n: int, linear: bool, seconds: float, lasting: float, key: Any, time: Any, bounds: Any, values: Any, program: Any,
    work: Any, begun: Any, since: Any, out: Any,
) -> None:  # fmt: skip
    """As `time_until`, of what will have been true for `lasting` seconds without a break. `since`: by key, the time
    from which on the expression is true; `NEVER` if it is not. `begun` (2 n): scratch."""
    step = seconds / SAMPLES
    for i in range(len(out)):
        k = key[i]
        load(values, i, 0, work)
        true = value(n, program, work)
        if true != 1.0:
            since[k] = NEVER
        elif since[k] == NEVER:
            since[k] = time[i]
        # From when on it is true, as seen from now.
        start = (since[k] - time[i]) / NS if true == 1.0 else math.inf
        if true != true:
            out[i] = math.nan
            continue
        if start + lasting <= 0.0 or n == 0:
            out[i] = min(max(start + lasting, 0.0), seconds)
            continue
        if not (are_known(n, work) and rates(n, 0, program, work)):
            out[i] = math.nan
            continue
        out[i] = seconds
        if linear:
            slopes(n, True, program, work)
        for sample in range(SAMPLES):
            if linear:
                propagate(n, step, work)
            if not take_step(n, linear, step, bounds, begun, program, work):
                out[i] = math.nan
                break
            holds = value(n, program, work) == 1.0
            if holds == (start < math.inf):
                broken = math.inf
            else:
                for s in range(n):
                    begun[n + s] = work[0][s, 0]
                moment = sample * step + find(n, linear, step, holds, bounds, begun, program, work)
                for s in range(n):
                    work[0][s, 0] = begun[n + s]
                broken = math.inf if holds else moment
                if holds:
                    start = moment
            due = start + lasting
            if due <= min((sample + 1) * step, broken):
                out[i] = due
                break
            if not holds:
                start = math.inf


@part
def widen(n: int, work: Any) -> None:
    """What is in doubt after a time: COVARIANCE becomes TRANSITION · COVARIANCE · TRANSITIONᵀ + STRAYED."""
    m = work[4]
    conjugate(n, TRANSITION, COVARIANCE, work)
    for i in range(n):
        for j in range(n):
            m[COVARIANCE, i, j] += m[STRAYED, i, j]


@part
def doubt(n: int, k: int, state: Any, work: Any) -> None:
    """Widen the covariance of a key's states."""
    covariance, m = state[1], work[4]
    for i in range(n):
        for j in range(n):
            m[COVARIANCE, i, j] = covariance[k, i, j]
    widen(n, work)
    for i in range(n):
        for j in range(n):
            covariance[k, i, j] = m[COVARIANCE, i, j]


@part
def correct(
    n: int, which: int, linear: bool, measured: float, variance: float, k: int, state: Any, program: Any, work: Any
) -> None:
    """Correct a key's states, in the row, by a measurement (Kalman's formulas for one number)."""
    covariance, m, row = state[1], work[4], work[0]
    said = value(which, program, work)
    if said != said:
        return
    for j in range(n):
        m[GAIN, 0, j] = slope(which, j, linear, program, work)
    spread = variance
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += covariance[k, i, j] * m[GAIN, 0, j]
        m[SPARE, 0, i] = total
    for j in range(n):
        spread += m[GAIN, 0, j] * m[SPARE, 0, j]
    if not 0.0 < spread < math.inf:
        return
    for i in range(n):
        row[i, 0] += m[SPARE, 0, i] / spread * (measured - said)
        for j in range(n):
            covariance[k, i, j] -= m[SPARE, 0, i] * m[SPARE, 0, j] / spread


@part
def move_on(
    n: int, linear: bool, method: int, seconds: float, k: int, process: Any, bounds: Any, normals: Any, points: Any,
    state: Any, program: Any, work: Any,
) -> bool:  # fmt: skip
    """Move a key's states, in the row, on by a time, and what is in doubt of them; false if they cannot be followed."""
    covariance, m = state[1], work[4]
    moves = state[4][k] == KNOWN
    if not moves:
        if method == NO_FILTER:
            return True
        for i in range(n):
            for j in range(n):
                m[STRAYED, i, j] = process[i] * seconds if i == j else 0.0
        if method == PARTICLES:
            return move_particles(
                n, False, linear, seconds, k, normals, bounds, covariance, state[5], state[6], program, work
            )  # fmt: skip
        for i in range(n):
            covariance[k, i, i] += m[STRAYED, i, i]
        return True
    if linear or method != NO_FILTER:
        slopes(n, linear, program, work)
        propagate(n, seconds, work)
    if method != NO_FILTER:
        stray(n, seconds, process, work)
    if method == PARTICLES:
        return move_particles(
            n, True, linear, seconds, k, normals, bounds, covariance, state[5], state[6], program, work
        )  # fmt: skip
    if method == UNSCENTED:
        moved = move_points(n, linear, seconds, k, covariance, points, program, work)
    else:
        if method == KALMAN:
            doubt(n, k, state, work)
        moved = gain(n, program, work) if linear else step_through(n, seconds, program, work)
    confine(n, bounds, work)
    return moved


@kernel(
    f"void(i8, b1, i8, i4[::1], i8[::1], f8[:,::1], b1[:,::1], f8[::1], f8[::1], f8[::1], f8[:,::1], f8[:,::1],"
    f" f8[:,::1], f8[:,::1], {STATES}, {PROGRAM}, {WORK}, f8[:,:,::1])",
)
def follow(
    n: int, linear: bool, method: int, key: Any, time: Any, values: Any, measured: Any, deviations: Any, process: Any,
    variances: Any, bounds: Any, normals: Any, drawn: Any, points: Any, state: Any, program: Any, work: Any, out: Any,
) -> None:  # fmt: skip
    """Follow states through instants, in order: on with the time, corrected by what is `measured` (sensors, instants).

    `normals` (instants, particles * n) and `drawn` (instants, sensors) are random numbers for particles; `points` has
    room for those of the filter. `out` (1 + n, n, instants): what the states are, and behind that their covariance;
    NaN where absent.
    """
    x, covariance, held, since, known, particles, weights = state
    row = work[0]
    for i in range(len(key)):
        k = key[i]
        chance = normals[i if method == PARTICLES else 0]
        if known[k] != NOT_BEGUN:
            for s in range(n):
                row[s, 0] = x[k, s]
            for v in range(n, len(row)):
                row[v, 0] = held[k, v - n]
            seconds = (time[i] - since[k]) / NS
            if seconds > 0.0 and not move_on(
                n, linear, method, seconds, k, process, bounds, chance, points, state, program, work
            ):  # fmt: skip
                known[k] = NOT_BEGUN
        load(values, i, n, work)
        begins = True
        for s in range(n):
            begins = begins and values[s, i] == values[s, i]
        if known[k] != NOT_BEGUN:
            for sensor in range(len(variances)):
                if not measured[sensor, i]:
                    continue
                seen, variance = values[len(row) + sensor, i], variances[sensor]
                if method == KALMAN:
                    correct(n, n + sensor, linear, seen, variance, k, state, program, work)
                elif method == UNSCENTED:
                    correct_points(n, n + sensor, seen, variance, k, covariance, points, program, work)
                else:
                    weigh(
                        n, n + sensor, seen, variance, k, drawn[i, sensor], covariance, particles, weights, points,
                        program, work,
                    )  # fmt: skip
            confine(n, bounds, work)
        elif begins:
            for s in range(n):
                row[s, 0] = values[s, i]
                for j in range(n if method != NO_FILTER else 0):
                    covariance[k, s, j] = deviations[s] * deviations[s] if s == j else 0.0
            confine(n, bounds, work)
            if method == PARTICLES:
                scatter_particles(n, k, deviations, chance, bounds, covariance, particles, weights, work)
            known[k] = UNKNOWN
        since[k] = time[i]
        for v in range(n, len(row)):
            held[k, v - n] = row[v, 0]
        if known[k] != NOT_BEGUN:
            moves = rates(n, BEFORE, program, work)
            known[k] = KNOWN if moves and begins else UNKNOWN
            for s in range(n):
                x[k, s] = row[s, 0]
        for s in range(n):
            out[0, s, i] = x[k, s] if known[k] == KNOWN else math.nan
            for t in range(n if method != NO_FILTER else 0):
                out[1 + s, t, i] = covariance[k, s, t] if known[k] == KNOWN else math.nan


@kernel(f"void(i8, b1, f8, f8[::1], f8[:,::1], f8[:,::1], f8[:,::1], {PROGRAM}, {WORK}, f8[::1])", counting=False)
def deviate(
    n: int, linear: bool, seconds: float, process: Any, bounds: Any, values: Any, covariance: Any, program: Any,
    work: Any, out: Any,
) -> None:  # fmt: skip
    """The standard deviation of what an expression will be after some seconds, for each instant; `covariance` (pairs,
    instants): of the states, row by row above the diagonal. Bent equations are made straight in the middle of each part
    of the time."""
    m = work[4]
    parts = 1 if linear else PARTS
    for i in range(len(out)):
        load(values, i, 0, work)
        pair, known = 0, are_known(n, work)
        for s in range(n):
            for t in range(s, n):
                m[COVARIANCE, s, t] = m[COVARIANCE, t, s] = covariance[pair, i]
                known = known and covariance[pair, i] == covariance[pair, i]
                pair += 1
        for _ in range(parts):
            if not known or not rates(n, 0, program, work):
                known = False
                break
            known = linear or step_through(n, seconds / parts / 2.0, program, work)
            slopes(n, linear, program, work)
            propagate(n, seconds / parts, work)
            stray(n, seconds / parts, process, work)
            widen(n, work)
            if linear:
                known = gain(n, program, work)
            elif known:
                known = step_through(n, seconds / parts / 2.0, program, work)
            confine(n, bounds, work)
        total = 0.0
        for s in range(n):
            m[GAIN, 0, s] = slope(n, s, linear, program, work)
        for s in range(n):
            for t in range(n):
                total += m[GAIN, 0, s] * m[COVARIANCE, s, t] * m[GAIN, 0, t]
        out[i] = math.sqrt(max(total, 0.0)) if known and total == total else math.nan
