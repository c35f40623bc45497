"""Twins: fridges integrated half an hour ahead in one call, and as predictions in a running program.

usage: python benchmarks/twins.py [--fridges 100000] [--cpu]

The errors are against the closed forms: an exponential of the linear equations, a hyperbola of the bent ones. With
`--cpu` the clock is the process's own CPU time.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from headgate.benchmarks.by_headgate import compiled
from headgate.compiler.plan import Plan
from headgate.runtime.batch import Batch, Messages
from headgate.runtime.engine import Engine
from headgate.runtime.twins.integrate import Method, integrate
from headgate.runtime.twins.model import Model
from headgate.stdlib.column import Column

HALF_AN_HOUR_NS = 1800 * 10**9
MESSAGES_AT_ONCE = 8192
ERROR_MAX = 1e-6

Numbers = NDArray[np.float64]


def fridges(count: int) -> dict[str, Numbers]:
    """Temperatures (degC), powers (W) and time constants (min)."""
    rng = np.random.default_rng(20)
    return {"temp": rng.uniform(2, 8, count), "power": rng.uniform(0, 300, count), "tau": rng.uniform(5, 240, count)}


def exponential(values: dict[str, Numbers]) -> Numbers:
    equilibrium = 22 - 0.4 * values["tau"] * values["power"] / 150
    return equilibrium + (values["temp"] - equilibrium) * np.exp(-30 / values["tau"])


def hyperbola(values: dict[str, Numbers]) -> Numbers:
    away = values["temp"] - 22
    return 22 + away / (1 + away * 30 / (values["tau"] * 10))


def main(given: Sequence[str]) -> int:
    """Print a row for each way; 1 if an error is not below a millionth."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fridges", type=int, default=100_000, metavar="N", help="how many are integrated together")
    parser.add_argument("--cpu", action="store_true", help="count CPU time: for a machine that others use too")
    options = parser.parse_args(given)
    clock = time.process_time if options.cpu else time.perf_counter
    fridge, freezer = (Model(model) for model in compiled("twins").twins)
    values = fridges(options.fridges)
    # What cools by the square of the distance runs away below its surroundings; these are above them.
    warm = {"temp": values["temp"] + 20, "tau": values["tau"]}
    ways: list[tuple[str, Model, Method, dict[str, Numbers], Numbers]] = [
        ("linear", fridge, "exact", values, exponential(values)),
        ("linear", fridge, "dormand_prince", values, exponential(values)),
        ("linear", fridge, "runge_kutta", values, exponential(values)),
        ("bent", freezer, "dormand_prince", warm, hyperbola(warm)),
    ]
    print("| equations | method | steps | s | twins/s | greatest error (K) |")
    print("| --- | --- | --- | --- | --- | --- |")
    worst = 0.0
    for name, model, method, given_values, exact in ways:
        begin = clock()
        found = integrate(model, given_values, HALF_AN_HOUR_NS, method=method)
        took = clock() - begin
        error = float(np.abs(found.values["temp"] - exact).max())
        worst = max(worst, error)
        print(f"| {name} | {method} | {found.steps} | {took:.3f} | {len(exact) / took:,.0f} | {error:.1e} |")
    print(f"\n{options.fridges:,} twins, half an hour ahead, in one call.")
    for name, what in (("twins", "`predicted`"), ("twins_until", "`time_until`")):
        took = predicting(compiled(name), values, clock)
        print(f"{options.fridges:,} messages, each of which asks {what} in a rule: {options.fridges / took:,.0f}/s.")
    return 0 if worst < ERROR_MAX else 1


def predicting(plan: Plan, values: dict[str, Numbers], clock: Callable[[], float]) -> float:
    """How long a program takes over one message of each fridge."""
    engine = Engine(plan)
    count = len(values["temp"])
    keys = engine.registries["Fridge"].register([f"f{i}" for i in range(count)])
    columns = {name: Column(values[name]) for name in ("temp", "power")}
    begin = clock()
    for turn in range(2):  # the first one loads the kernels
        begin = clock()
        for first in range(0, count, MESSAGES_AT_ONCE):
            rows = np.arange(first, min(first + MESSAGES_AT_ONCE, count))
            fields = {name: column.take(rows) for name, column in columns.items()}
            times = np.full(len(rows), (turn + 1) * 10**9, dtype=np.int64)
            engine.feed(Batch((Messages("Fridge", rows + turn * count, keys[rows], times, fields),)))
    return clock() - begin


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
