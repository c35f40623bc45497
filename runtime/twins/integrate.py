"""Twins ahead in time, all at once.

    ahead = integrate(model, {"temp": temps, "power": powers}, duration_ns=30 * MINUTE)
    ahead.values["temp"]            # of each fridge, in half an hour

Inputs and parameters stay as they are. Linear equations are solved exactly; others by steps of Dormand and Prince, as
large for each row as its error allows (`dormand_prince`), or by fixed steps (`runge_kutta`), or by a function that is
given as the method (`stiff.radau`, which asks SciPy).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from .model import Model, Numbers, Values, rows_of

NS_PER_S = 1_000_000_000
ROWS_AT_ONCE = 8192
"""What is worked on at once stays in the processor's cache."""
HALVED_MAX = 24
"""A span is cut in up to 2 to the power of this steps."""
SERIES_TERMS = 18

Method = Literal["exact", "dormand_prince", "runge_kutta"]
Solver = Callable[[Model, Numbers, Values, float, float], tuple[Numbers, int]]
"""From a model, its states, what is held, seconds and a tolerance to the states then, and how many steps were made."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """Where models have come to: each state and output by name, a row for each device; NaN where equations cannot be
    followed. `method` is the one that was used, `steps` how many were made, of the row that needed most."""

    values: dict[str, Any]
    method: str
    steps: int


def integrate(
    model: Model,
    values: Mapping[str, ArrayLike | str],
    duration_ns: int,
    *,
    method: Method | Solver | None = None,
    step_ns: int | None = None,
    tolerance: float = 1e-9,
) -> Integrated:
    """The model's states after a time. `values` are columns (rows,) or single values by name, in the units of the
    program; what is left out is what the program says it is, a device's telemetry cannot be.

    `method` None: exact where the equations are linear, else Dormand and Prince. `step_ns`: of fixed steps, a hundred
    if it is not given. `tolerance`: of a step, relative to the greatest value of a state so far.
    """
    states, held, rows = model.complete(values)
    if duration_ns < 0:
        raise ValueError("twins go on in time, not back")
    chosen: Method | Solver = method or ("exact" if model.linear else "dormand_prince")
    if chosen == "exact" and not model.linear:
        raise ValueError(f"the equations of {model.twin.device} are not linear: there is no exact solution")
    seconds, steps = duration_ns / NS_PER_S, 0
    out = np.empty_like(states)
    with np.errstate(all="ignore"):
        for first in range(0, rows, ROWS_AT_ONCE):
            part = slice(first, min(first + ROWS_AT_ONCE, rows))
            moved, made = _moved(model, states[:, part], rows_of(held, part), seconds, chosen, step_ns, tolerance)
            out[:, part] = model.confined(moved)
            steps = max(steps, made)
        found = dict(zip(model.states, out, strict=True))
        said = model.outputs(out, held)
    return Integrated({**found, **said}, chosen if isinstance(chosen, str) else chosen.__name__, steps)


def _moved(
    model: Model,
    states: Numbers,
    held: Values,
    seconds: float,
    method: Method | Solver,
    step_ns: int | None,
    tolerance: float,
) -> tuple[Numbers, int]:
    """The states after a time, and how many steps were made."""
    match method:
        case "exact":
            return exactly(model, states, held, seconds), 1
        case "runge_kutta":
            step = step_ns or max(1, int(seconds * NS_PER_S) // 100)
            count = max(1, -(-int(seconds * NS_PER_S) // step))
            return by_fixed_steps(model, states, held, seconds, count), count
        case "dormand_prince":
            return by_steps(model, states, held, seconds, tolerance)
        case solver:
            return solver(model, states, held, seconds, tolerance)


# --- Exactly ---------------------------------------------------------------------------------------------------------


def exactly(model: Model, states: Numbers, held: Values, seconds: float) -> Numbers:
    """x + (∫ exp(A s) ds) · rates(x), the solution of linear equations."""
    rates, n = model.rates(states, held), len(states)
    slopes = _slopes(model, states, held)
    if n == 1:
        a = slopes[:, 0, 0]
        gain: Numbers = np.where(a == 0.0, seconds, np.expm1(a * seconds) / a)
        return states + gain * rates
    moved: Numbers = states + np.einsum("rij,jr->ir", _gain(slopes, seconds), rates)
    return moved


def _slopes(model: Model, states: Numbers, held: Values) -> Numbers:
    """What the rates are by the states (rows, n, n): central differences, far apart where the equations are linear."""
    n, rows = states.shape
    slopes = np.empty((rows, n, n))
    for j in range(n):
        distance = np.ldexp(1.0, np.frexp(np.maximum(np.abs(states[j]), 1.0))[1]) / (1.0 if model.linear else 2.0**17)
        away = states.copy()
        away[j] = states[j] + distance
        above = model.rates(away, held)
        away[j] = states[j] - distance
        slopes[:, :, j] = ((above - model.rates(away, held)) / (2.0 * distance)).T
    return slopes


def _gain(slopes: Numbers, seconds: float) -> Numbers:
    """The integral of exp(A s) over [0, t] (rows, n, n): a series for a small part of the time, doubled again."""
    size = float(np.nanmax(np.abs(slopes).sum(axis=2), initial=0.0)) * seconds
    doublings = max(0, int(np.ceil(np.log2(size / 0.5)))) if 0.5 < size < np.inf else 0
    h, identity = seconds / 2.0**doublings, np.eye(slopes.shape[1])
    power = np.broadcast_to(h * identity, slopes.shape)
    gain = power.copy()
    for k in range(2, SERIES_TERMS):
        power = power @ slopes * (h / k)
        gain += power
    transition = identity + slopes @ gain
    for _ in range(doublings):
        gain = gain + transition @ gain
        transition = transition @ transition
    return gain


# --- By chance -------------------------------------------------------------------------------------------------------


def strayed(
    model: Model,
    before: Numbers,
    held: Values,
    after: Numbers,
    process: Numbers,
    seconds: float,
    rng: np.random.Generator,
) -> Numbers:
    """States (n, rows) that have moved on, and strayed by chance on the way: by the normal distribution with the
    covariance ∫ exp(A s) Q exp(A s)ᵀ ds, of equations that are bent with their slopes A as it began. `process`: the
    diagonal of Q, the variances that states gain in a second; `before`: the states as it began."""
    with np.errstate(all="ignore"):
        slopes = np.nan_to_num(_slopes(model, before, held))
    gained, chance = spread(slopes, process, seconds), rng.standard_normal((before.shape[1], len(process)))
    if len(process) == 1:
        return after + np.sqrt(gained[:, 0, 0]) * chance[:, 0]
    values, vectors = np.linalg.eigh(gained)
    noise: Numbers = np.einsum("rij,rj->ir", vectors, np.sqrt(np.maximum(values, 0.0)) * chance)
    return after + noise


def spread(slopes: Numbers, process: Numbers, seconds: float) -> Numbers:
    """The covariance (rows, n, n) that states gain in a time: a series for a small part of it, doubled again."""
    size = float(np.abs(slopes).sum(axis=2).max(initial=0.0)) * seconds
    doublings = max(0, int(np.ceil(np.log2(size / 0.25)))) if size > 0.25 else 0
    h = seconds / 2.0**doublings
    term = np.broadcast_to(np.diag(process) * h, slopes.shape)
    gained, power = term.copy(), np.broadcast_to(np.eye(len(process)), slopes.shape)
    transition = power.copy()
    for k in range(1, SERIES_TERMS):
        turned = slopes @ term
        term = (turned + turned.transpose(0, 2, 1)) * (h / (k + 1))
        gained = gained + term
        power = power @ slopes * (h / k)
        transition = transition + power
    for _ in range(doublings):
        gained = gained + transition @ gained @ transition.transpose(0, 2, 1)
        transition = transition @ transition
    return gained


# --- By steps --------------------------------------------------------------------------------------------------------


def by_fixed_steps(model: Model, states: Numbers, held: Values, seconds: float, count: int) -> Numbers:
    """The classical method of Runge and Kutta, of fourth order, in so many equal steps."""
    h = seconds / count
    for _ in range(count):
        one = model.rates(states, held)
        two = model.rates(states + h / 2 * one, held)
        three = model.rates(states + h / 2 * two, held)
        four = model.rates(states + h * three, held)
        states = states + h / 6 * (one + 2 * two + 2 * three + four)
    return states


STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def by_steps(model: Model, states: Numbers, held: Values, seconds: float, tolerance: float) -> tuple[Numbers, int]:
    """Steps of Dormand and Prince (RK5(4)7M, 1980), each the time halved some times over: of every row as large as its
    own error allows. Rows that are through are left alone."""
    rows = states.shape[1]
    whole = 1 << HALVED_MAX
    out, greatest = states.copy(), np.abs(states)
    at, halved = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    going, steps = np.arange(rows) if seconds > 0.0 else np.zeros(0, dtype=np.int64), 0
    while len(going):
        steps += 1
        x, h = out[:, going], np.ldexp(seconds, -halved[going])
        moved, off = _step(model, x, rows_of(held, going), h)
        scale = np.maximum(greatest[:, going], np.abs(moved))
        error = np.where(off == 0.0, 0.0, np.abs(off) / (tolerance * scale)).max(axis=0, initial=0.0)
        good = error <= 1.0
        took = going[good]
        out[:, took] = moved[:, good]
        greatest[:, took] = np.maximum(greatest[:, took], np.abs(moved[:, good]))
        at[took] += whole >> halved[took]
        longer = took[(error[good] < 1 / 64) & (halved[took] > 0)]
        longer = longer[at[longer] % (whole >> (halved[longer] - 1)) == 0]
        halved[longer] -= 1
        halved[going[~good]] += 1
        lost = going[halved[going] > HALVED_MAX]
        out[:, lost] = np.nan
        going = going[(at[going] < whole) & (halved[going] <= HALVED_MAX)]
    return out, steps


def _step(model: Model, x: Numbers, held: Values, h: Numbers) -> tuple[Numbers, Numbers]:
    """Where one step leads, and by how much that of fourth order is another one."""
    stages, moved = [model.rates(x, held)], x
    for weights in STAGES:
        moved = x + h * sum(w * stage for w, stage in zip(weights, stages, strict=True) if w)
        stages.append(model.rates(moved, held))
    return moved, h * sum(w * stage for w, stage in zip(ERROR, stages, strict=True) if w)
