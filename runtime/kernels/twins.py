"""The kernels of twins: states that follow messages, and what is foreseen from them.

An instant's variables stand in a column of `values` (variables, instants): first the n states (what they begin with,
or are), then what is held, then what sensors measure; NaN where absent.
"""

import math
from typing import Any

from ...compiler.plan import SAMPLES
from .dynamics import (
    BEFORE,
    COVARIANCE,
    GAIN,
    PROGRAM,
    SPARE,
    TRANSITION,
    WORK,
    advance,
    confine,
    gain,
    multiply,
    propagate,
    rates,
    slope,
    slopes,
    step_through,
    value,
)
from .jit import kernel, part

NS = 1e9
HALVINGS = 40
"""How often the step in which a condition becomes true is halved to find the moment."""

NOT_BEGUN, KNOWN, UNKNOWN = 0, 1, 2
"""What is known of a key's states: nothing yet; where they are and how they move; where they were."""

STATES = "Tuple((f8[:,::1], f8[:,:,::1], f8[:,::1], i8[::1], i1[::1]))"
"""By key: states, their covariance, what was held, since when, and what is known of them."""


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


@kernel(f"void(i8, b1, f8, f8[:,::1], f8[:,::1], {PROGRAM}, {WORK}, f8[::1], f8[::1])", counting=False)
def time_until(
    n: int,
    linear: bool,
    seconds: float,
    bounds: Any,
    values: Any,
    program: Any,
    work: Any,
    begun: Any,
    out: Any,
) -> None:
    """After how many seconds an expression will be true, for each instant; at most `seconds`. `begun` (n): scratch."""
    row, step = work[0], seconds / SAMPLES
    for i in range(len(out)):
        load(values, i, 0, work)
        true = value(n, program, work)
        if true != 0.0 or (n > 0 and not (are_known(n, work) and rates(n, 0, program, work))):
            out[i] = 0.0 if true == 1.0 else math.nan
            continue
        out[i] = seconds
        if linear and n > 0:
            slopes(n, True, program, work)
            propagate(n, step, work)
        for sample in range(SAMPLES if n > 0 else 0):
            for s in range(n):
                begun[s] = row[s, 0]
            moved = gain(n, program, work) if linear else step_through(n, step, program, work)
            confine(n, bounds, work)
            if not moved:
                out[i] = math.nan
                break
            if value(n, program, work) == 1.0:
                low, high = 0.0, step
                for _ in range(HALVINGS):
                    middle = (low + high) / 2.0
                    for s in range(n):
                        row[s, 0] = begun[s]
                    if advance(n, linear, middle, bounds, program, work) and value(n, program, work) == 1.0:
                        high = middle
                    else:
                        low = middle
                out[i] = sample * step + high
                break


@part
def doubt(n: int, seconds: float, k: int, process: Any, state: Any, work: Any) -> None:
    """The covariance of a key's states after a time: TRANSITION · P · TRANSITIONᵀ and what the process adds."""
    covariance, m = state[1], work[4]
    for i in range(n):
        for j in range(n):
            m[COVARIANCE, i, j] = covariance[k, i, j]
    multiply(n, TRANSITION, COVARIANCE, SPARE, work)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for q in range(n):
                total += m[SPARE, i, q] * m[TRANSITION, j, q]
            covariance[k, i, j] = total
    for i in range(n):
        covariance[k, i, i] += process[i] * seconds


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
    n: int, linear: bool, estimated: bool, seconds: float, k: int, process: Any, bounds: Any, state: Any, program: Any,
    work: Any,
) -> bool:  # fmt: skip
    """Move a key's states, in the row, on by a time, and what is in doubt of them; false if they cannot be followed."""
    if state[4][k] == UNKNOWN:
        for i in range(n if estimated else 0):
            state[1][k, i, i] += process[i] * seconds
        return True
    if linear or estimated:
        slopes(n, linear, program, work)
        propagate(n, seconds, work)
        if estimated:
            doubt(n, seconds, k, process, state, work)
    moved = gain(n, program, work) if linear else step_through(n, seconds, program, work)
    confine(n, bounds, work)
    return moved


@kernel(
    f"void(i8, b1, i4[::1], i8[::1], f8[:,::1], b1[:,::1], f8[::1], f8[::1], f8[::1], f8[:,::1], {STATES},"
    f" {PROGRAM}, {WORK}, f8[:,::1])",
    counting=False,
)
def follow(
    n: int, linear: bool, key: Any, time: Any, values: Any, measured: Any, deviations: Any, process: Any,
    variances: Any, bounds: Any, state: Any, program: Any, work: Any, out: Any,
) -> None:  # fmt: skip
    """Follow states through instants, in order: on with the time, corrected by what is `measured` (sensors, instants).
    `out` (n, instants) is what they are, NaN where absent."""
    x, covariance, held, since, known = state
    row, estimated = work[0], len(deviations) > 0
    for i in range(len(key)):
        k = key[i]
        if known[k] != NOT_BEGUN:
            for s in range(n):
                row[s, 0] = x[k, s]
            for v in range(n, len(row)):
                row[v, 0] = held[k, v - n]
            seconds = (time[i] - since[k]) / NS
            if seconds > 0.0 and not move_on(
                n, linear, estimated, seconds, k, process, bounds, state, program, work
            ):  # fmt: skip
                known[k] = NOT_BEGUN
        load(values, i, n, work)
        begins = True
        for s in range(n):
            begins = begins and values[s, i] == values[s, i]
        if known[k] != NOT_BEGUN:
            for sensor in range(len(variances)):
                if measured[sensor, i]:
                    seen = values[len(row) + sensor, i]
                    correct(n, n + sensor, linear, seen, variances[sensor], k, state, program, work)
            confine(n, bounds, work)
        elif begins:
            for s in range(n):
                row[s, 0] = values[s, i]
                for j in range(n if estimated else 0):
                    covariance[k, s, j] = deviations[s] * deviations[s] if s == j else 0.0
            confine(n, bounds, work)
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
            out[s, i] = x[k, s] if known[k] == KNOWN else math.nan
