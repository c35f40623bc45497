"""Differential equations in kernels: rates, what they are by each state, and steps in time.

What is at hand of one device stands in a `work` tuple: `row` (m, 1), the states and behind them what is held; a stack
for terms, and the same seen as integers; `stages` (10, n); `matrices` (10, n, n). A `program` tuple has terms,
constants, and from where to where the terms of each expression go: those of the n rates come first.
"""

import math
from typing import Any

from .automaton_terms import evaluate
from .jit import called, part

PROGRAM = "Tuple((i8[:,::1], f8[::1], i8[:,::1]))"
WORK = "Tuple((f8[:,::1], f8[::1], i8[::1], f8[:,::1], f8[:,:,::1]))"

STEPS_HALVED_MAX = 16
"""A span is cut in up to 2 to the power of this steps; what needs more is not followed."""
TOLERANCE = 1e-9
"""How far a step may be off, relative to the greatest value of the state so far."""
EXPONENTIAL_TERMS = 16

SLOPES, TRANSITION, GAIN, COVARIANCE, SPARE, STRAYED, TERM, FLOW, POWER, ROOT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
"""The matrices: of the rates by states; of states after a time by states before; of what a rate adds to a state in that
time; of doubts; what is being made; of doubts that come up in a time, and three to make that; a square root."""
RATES, BEFORE, GREATEST, STAGE = 7, 8, 9, 0
"""The rows of `stages` behind those of Dormand and Prince: rates, where a step began, greatest values so far."""


@called
def value(which: int, program: Any, work: Any) -> float:
    """The value of an expression; NaN if it is absent."""
    terms, constants, spans = program
    row, stack, bits = work[0], work[1], work[2]
    return evaluate(terms, spans[which, 0], spans[which, 1], constants, row, 0, row, 0, stack, bits)


@part
def rates(n: int, into: int, program: Any, work: Any) -> bool:
    """The rates of all states into a row of `stages`; false if one is absent."""
    known = True
    for i in range(n):
        rate = value(i, program, work)
        work[3][into, i] = rate
        known = known and rate == rate
    return known


@part
def distance_for(x: float, linear: bool) -> float:
    """How far apart a function is looked at to tell how steep it is: a power of two, large where it is straight."""
    wide = math.ldexp(1.0, math.frexp(max(abs(x), 1.0))[1])
    return wide if linear else wide / 131072.0


@part
def slope(which: int, j: int, linear: bool, program: Any, work: Any) -> float:
    """What an expression is by state j: a central difference, exact where it is linear."""
    row = work[0]
    x = row[j, 0]
    h = distance_for(x, linear)
    row[j, 0] = x + h
    above = value(which, program, work)
    row[j, 0] = x - h
    below = value(which, program, work)
    row[j, 0] = x
    return (above - below) / (2.0 * h)


@called
def slopes(n: int, linear: bool, program: Any, work: Any) -> None:
    """What the rates are by the states."""
    for i in range(n):
        for j in range(n):
            work[4][SLOPES, i, j] = slope(i, j, linear, program, work)


@part
def doublings_for(n: int, seconds: float, work: Any) -> int:
    """How often a time is halved until a short series does."""
    size = 0.0
    for i in range(n):
        total = 0.0
        for j in range(n):
            total += abs(work[4][SLOPES, i, j])
        size = max(size, total * seconds)
    doublings = 0
    while size > 0.5 and doublings < 200:
        size /= 2.0
        doublings += 1
    return doublings


@called
def propagate(n: int, seconds: float, work: Any) -> None:
    """TRANSITION, exp(A t), and GAIN, the integral of exp(A s) over [0, t], of the SLOPES A: a series, after which the
    time is doubled."""
    m = work[4]
    if n == 1:
        a = m[SLOPES, 0, 0]
        grown = math.expm1(a * seconds) if a * seconds < 709.0 else math.inf
        m[TRANSITION, 0, 0] = 1.0 + grown
        m[GAIN, 0, 0] = seconds if a == 0.0 else grown / a
        return
    doublings = doublings_for(n, seconds, work)
    h = math.ldexp(seconds, -doublings)
    for i in range(n):
        for j in range(n):
            m[SPARE, i, j] = h if i == j else 0.0
            m[GAIN, i, j] = m[SPARE, i, j]
    for k in range(2, EXPONENTIAL_TERMS):
        for i in range(n):
            for j in range(n):
                total = 0.0
                for q in range(n):
                    total += m[SPARE, i, q] * m[SLOPES, q, j]
                m[TRANSITION, i, j] = total * h / k
        for i in range(n):
            for j in range(n):
                m[SPARE, i, j] = m[TRANSITION, i, j]
                m[GAIN, i, j] += m[SPARE, i, j]
    multiply(n, SLOPES, GAIN, TRANSITION, work)
    for i in range(n):
        m[TRANSITION, i, i] += 1.0
    for _ in range(doublings):
        multiply(n, TRANSITION, GAIN, SPARE, work)
        for i in range(n):
            for j in range(n):
                m[GAIN, i, j] += m[SPARE, i, j]
        multiply(n, TRANSITION, TRANSITION, SPARE, work)
        for i in range(n):
            for j in range(n):
                m[TRANSITION, i, j] = m[SPARE, i, j]


@part
def multiply(n: int, a: int, b: int, into: int, work: Any) -> None:
    """A product of matrices."""
    m = work[4]
    for i in range(n):
        for j in range(n):
            total = 0.0
            for q in range(n):
                total += m[a, i, q] * m[b, q, j]
            m[into, i, j] = total


@called
def stray(n: int, seconds: float, process: Any, work: Any) -> None:
    """STRAYED, the covariance that states gain in a time: the integral of exp(A s) Q exp(A s)ᵀ, of the SLOPES A and the
    variances Q that they gain in a second."""
    m = work[4]
    if n == 1:
        a = 2.0 * m[SLOPES, 0, 0]
        grown = math.expm1(a * seconds) if a * seconds < 709.0 else math.inf
        m[STRAYED, 0, 0] = 0.0 if process[0] == 0.0 else process[0] * (seconds if a == 0.0 else grown / a)
        return
    doublings = doublings_for(n, seconds, work)
    h = math.ldexp(seconds, -doublings)
    for i in range(n):
        for j in range(n):
            m[TERM, i, j] = process[i] * h if i == j else 0.0
            m[STRAYED, i, j] = m[TERM, i, j]
            m[POWER, i, j] = m[FLOW, i, j] = 1.0 if i == j else 0.0
    for k in range(1, EXPONENTIAL_TERMS + 4):
        multiply(n, SLOPES, TERM, SPARE, work)
        for i in range(n):
            for j in range(n):
                m[TERM, i, j] = (m[SPARE, i, j] + m[SPARE, j, i]) * h / (k + 1)
                m[STRAYED, i, j] += m[TERM, i, j]
        multiply(n, POWER, SLOPES, SPARE, work)
        for i in range(n):
            for j in range(n):
                m[POWER, i, j] = m[SPARE, i, j] * h / k
                m[FLOW, i, j] += m[POWER, i, j]
    for _ in range(doublings):
        for i in range(n):
            for j in range(n):
                m[TERM, i, j] = m[STRAYED, i, j]
        conjugate(n, FLOW, STRAYED, work)
        for i in range(n):
            for j in range(n):
                m[STRAYED, i, j] += m[TERM, i, j]
        multiply(n, FLOW, FLOW, SPARE, work)
        for i in range(n):
            for j in range(n):
                m[FLOW, i, j] = m[SPARE, i, j]


@part
def conjugate(n: int, by: int, of: int, work: Any) -> None:
    """A matrix between another one and that transposed: `of` becomes by · of · byᵀ."""
    m = work[4]
    multiply(n, by, of, SPARE, work)
    for i in range(n):
        for j in range(n):
            total = 0.0
            for q in range(n):
                total += m[SPARE, i, q] * m[by, j, q]
            m[of, i, j] = total


@called
def take_root(n: int, of: int, scale: float, work: Any) -> None:
    """ROOT, of which the product with itself transposed is a covariance times a scale (Cholesky); what has no variance
    has no part in it."""
    m = work[4]
    for j in range(n):
        for i in range(n):
            m[ROOT, i, j] = 0.0
        left = m[of, j, j] * scale
        for q in range(j):
            left -= m[ROOT, j, q] * m[ROOT, j, q]
        if not left > 1e-14 * m[of, j, j] * scale:
            continue
        m[ROOT, j, j] = math.sqrt(left)
        for i in range(j + 1, n):
            total = m[of, i, j] * scale
            for q in range(j):
                total -= m[ROOT, i, q] * m[ROOT, j, q]
            m[ROOT, i, j] = total / m[ROOT, j, j]


@called
def gain(n: int, program: Any, work: Any) -> bool:
    """Moves the states on as the GAIN says; false if a rate is absent."""
    if not rates(n, RATES, program, work):
        return False
    known = True
    for i in range(n):
        moved = work[0][i, 0]
        for j in range(n):
            moved += work[4][GAIN, i, j] * work[3][RATES, j]
        work[3][BEFORE, i] = moved
        known = known and math.isfinite(moved)
    for i in range(n):
        work[0][i, 0] = work[3][BEFORE, i]
    return known


@part
def try_step(n: int, h: float, program: Any, work: Any) -> float:
    """A step of Dormand and Prince from BEFORE, whose rates are the first stage; gives its error, 1 being tolerable."""
    row, k = work[0], work[3]
    for stage in range(1, 7):
        for i in range(n):
            if stage == 1:
                moved = k[0, i] * (1.0 / 5.0)
            elif stage == 2:
                moved = k[0, i] * (3.0 / 40.0) + k[1, i] * (9.0 / 40.0)
            elif stage == 3:
                moved = k[0, i] * (44.0 / 45.0) - k[1, i] * (56.0 / 15.0) + k[2, i] * (32.0 / 9.0)
            elif stage == 4:
                moved = (
                    k[0, i] * (19372.0 / 6561.0)
                    - k[1, i] * (25360.0 / 2187.0)
                    + k[2, i] * (64448.0 / 6561.0)
                    - k[3, i] * (212.0 / 729.0)
                )
            elif stage == 5:
                moved = (
                    k[0, i] * (9017.0 / 3168.0)
                    - k[1, i] * (355.0 / 33.0)
                    + k[2, i] * (46732.0 / 5247.0)
                    + k[3, i] * (49.0 / 176.0)
                    - k[4, i] * (5103.0 / 18656.0)
                )
            else:
                moved = (
                    k[0, i] * (35.0 / 384.0)
                    + k[2, i] * (500.0 / 1113.0)
                    + k[3, i] * (125.0 / 192.0)
                    - k[4, i] * (2187.0 / 6784.0)
                    + k[5, i] * (11.0 / 84.0)
                )
            row[i, 0] = k[BEFORE, i] + h * moved
        if not rates(n, stage, program, work):
            return math.inf
    worst = 0.0
    for i in range(n):
        off = h * (
            k[0, i] * (71.0 / 57600.0)
            - k[2, i] * (71.0 / 16695.0)
            + k[3, i] * (71.0 / 1920.0)
            - k[4, i] * (17253.0 / 339200.0)
            + k[5, i] * (22.0 / 525.0)
            - k[6, i] * (1.0 / 40.0)
        )
        scale = max(k[GREATEST, i], abs(row[i, 0]))
        error = 0.0 if off == 0.0 else abs(off) / (TOLERANCE * scale) if scale > 0.0 else math.inf
        if not error < math.inf:
            return math.inf
        worst = max(worst, error)
    return worst


@called
def step_through(n: int, seconds: float, program: Any, work: Any) -> bool:
    """Moves the states on by steps of the time's halves, quarters, …: as large as the error allows."""
    row, k = work[0], work[3]
    if not rates(n, 0, program, work):
        return False
    for i in range(n):
        k[BEFORE, i] = row[i, 0]
        k[GREATEST, i] = abs(row[i, 0])
    whole, at, halved = 1 << STEPS_HALVED_MAX, 0, 0
    while at < whole:
        error = try_step(n, math.ldexp(seconds, -halved), program, work)
        if error > 1.0:
            halved += 1
            if halved > STEPS_HALVED_MAX:
                return False
            continue
        at += whole >> halved
        for i in range(n):
            k[BEFORE, i] = row[i, 0]
            k[GREATEST, i] = max(k[GREATEST, i], abs(row[i, 0]))
            k[0, i] = k[6, i]  # The last stage stands where the next step begins.
        if error < 0.015625 and halved > 0 and at % (whole >> (halved - 1)) == 0:
            halved -= 1
    return True


@called
def advance(n: int, linear: bool, seconds: float, bounds: Any, program: Any, work: Any) -> bool:
    """Moves the states on by a time, and back into their bounds; false if they cannot be followed."""
    if linear:
        slopes(n, True, program, work)
        propagate(n, seconds, work)
        known = gain(n, program, work)
    else:
        known = step_through(n, seconds, program, work)
    confine(n, bounds, work)
    return known


@part
def confine(n: int, bounds: Any, work: Any) -> None:
    """States back into their bounds (n, 2)."""
    for i in range(n):
        work[0][i, 0] = min(max(work[0][i, 0], bounds[i, 0]), bounds[i, 1])
