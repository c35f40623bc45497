"""The what-ifs of programs, run: what was, again, as often as asked, with what is changed and as it was.

    outcome = run_what_if(plan, history)         # a `WhatIfPlan`, and what was told by its recording
    outcome.reports[0].statistics["p50"]

The same seed gives the same numbers. They reach no device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import ValueType
from ...compiler.plan.what_ifs import WhatIfAggregate, WhatIfChange, WhatIfModel, WhatIfPlan, WhatIfReport, sigma
from .history import History
from .model import Model, evaluated
from .what_if import Chance, Fork

MOMENTS = 1000
"""Into so many equal parts the stretch is cut; at their ends, and at its beginning, aggregates look at the devices."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reported:
    """A report: each statistic by name, with the changes and without them; None where no run has a value."""

    text: str
    type: ValueType
    statistics: Mapping[str, float | None]
    unchanged: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a what-if: the stretch [begin, end], how many devices of which types it was about, and reports."""

    title: str
    begin: int
    end: int
    devices: Mapping[str, int]
    runs: int
    seed: int
    reports: tuple[Reported, ...]


def run_what_if(plan: WhatIfPlan, history: History, end: int, every_ns: int | None = None) -> Outcome:
    """Run a what-if over the stretch of history that ends at a time. `every_ns`: how often it is looked at (else
    at each of `MOMENTS` parts). Raises `ValueError` if history knows nothing of what it is about."""
    begin = end - plan.last_ns
    every_ns = every_ns or max(1, plan.last_ns // MOMENTS)
    ids = {one.model.device: _named(history, one.model.device, plan.of) for one in plan.models}
    missing = [device for device, found in ids.items() if not found]
    if missing:
        raise ValueError(f"history has no {missing[0]} that is `{plan.of}`, or of which a property says so")
    times = np.arange(begin, end + 1, every_ns, dtype=np.int64)
    courses = [_reports(plan, history, ids, times, changes) for changes in (plan.changes, ())]
    reports = tuple(
        Reported(report.text, report.type, changed, unchanged)
        for report, changed, unchanged in zip(plan.reports, *courses, strict=True)
    )
    devices = {device: len(found) for device, found in ids.items()}
    return Outcome(plan.title, begin, end, devices, plan.runs, plan.seed, reports)


def _named(history: History, device: str, of: str) -> tuple[str, ...]:
    """The devices of this id, or of which a leaf is this text."""
    found = []
    for id_ in history.devices(device):
        leaves = history.series[device, id_].values()
        if id_ == of or any(of in series.values for series in leaves):
            found.append(id_)
    return tuple(found)


# --- Runs ------------------------------------------------------------------------------------------------------------


def _reports(
    plan: WhatIfPlan,
    history: History,
    ids: Mapping[str, tuple[str, ...]],
    times: NDArray[np.int64],
    changes: Sequence[WhatIfChange],
) -> list[dict[str, float | None]]:
    """The statistics of each report."""
    gathered = {aggregate: Gathered(aggregate, plan.runs) for report in plan.reports for aggregate in report.aggregates}
    for number, one in enumerate(plan.models):
        mine = [each for each in gathered.values() if each.aggregate.device == one.model.device]
        rng = np.random.default_rng([plan.seed, number])
        _run(one, history, ids[one.model.device], times, changes, mine, plan.runs, rng)
    return [_statistics(report, gathered) for report in plan.reports]


def _run(
    one: WhatIfModel,
    history: History,
    ids: tuple[str, ...],
    times: NDArray[np.int64],
    changes: Sequence[WhatIfChange],
    gathered: Sequence["Gathered"],
    runs: int,
    rng: np.random.Generator,
) -> None:
    """Run the devices of one type, and let aggregates look at them."""
    model = Model(one.model)
    fork = Fork(model, history, int(times[0]), int(times[-1]), ids)
    process = {name: float(np.sqrt(gain)) for name, gain in zip(model.states, one.process, strict=True)}
    found_out = (*one.estimated, *one.calibrated)
    doubts = {name: history.column(one.model.device, list(ids), sigma(name), int(times[0])) for name in found_out}
    of_type = [change for change in changes if change.device == one.model.device]

    def change(values: Mapping[str, Any]) -> Mapping[str, Any]:
        row = [values[name] for name in model.names]
        found: dict[str, Any] = {}
        for change in of_type:
            now = found.get(change.variable, values[change.variable])
            with np.errstate(all="ignore"):
                new = evaluated(change.value, row)
                found[change.variable] = np.where(_true(change.where, row, len(now)), new, now)
        return found

    for values in fork.moments(times, runs, rng, change, Chance(process, doubts)):
        row = [values[name] for name in model.names]
        for each in gathered:
            each.look(row, runs)


def _true(where: Sequence[Any], row: Sequence[Any], rows: int) -> Any:
    return np.broadcast_to(np.asarray(evaluated(where, row)) == 1.0 if where else True, rows)


@dataclass
class Gathered:
    """An aggregate over devices and moments, for each run."""

    aggregate: WhatIfAggregate
    runs: int
    values: list[Numbers] = field(default_factory=list)

    def look(self, row: Sequence[Any], runs: int) -> None:
        """Take what the devices are at a moment; what is absent, or is not asked for, is left out."""
        rows = len(row[0])
        with np.errstate(all="ignore"):
            column = np.asarray(evaluated(self.aggregate.value, row), dtype=np.float64)
            wanted = _true(self.aggregate.where, row, rows)
        self.values.append(np.where(wanted, np.broadcast_to(column, rows), np.nan).reshape(runs, -1))

    def each(self) -> Numbers:
        """The aggregate of each run; NaN if there is nothing that it could be of."""
        values = np.concatenate(self.values, axis=1)
        return np.array([_aggregated(self.aggregate.function, run[~np.isnan(run)]) for run in values])


def _aggregated(function: str, values: Numbers) -> float:
    """An aggregate of numbers as `stdlib` defines it; a quantile is one of them."""
    if not len(values):
        return np.nan
    match function:
        case "min":
            return float(values.min())
        case "max":
            return float(values.max())
        case "mean" | "share":
            return float(values.mean())
        case "range":
            return float(np.ptp(values))
        case "stddev":
            return float(values.std())
        case "variance":
            return float(values.var())
        case "median":
            return _quantile(values, 0.5)
        case _:
            return _quantile(values, int(function[1:]) / 100)


def _quantile(values: Numbers, share: float) -> float:
    return float(np.quantile(values, share, method="inverted_cdf"))


def _statistics(report: WhatIfReport, gathered: Mapping[WhatIfAggregate, Gathered]) -> dict[str, float | None]:
    """The statistics of a report over the runs; those in which it is absent do not count."""
    with np.errstate(all="ignore"):
        found = evaluated(report.value, [gathered[aggregate].each() for aggregate in report.aggregates])
    of_runs = np.atleast_1d(np.asarray(found, dtype=np.float64))
    of_runs = of_runs[~np.isnan(of_runs)]
    statistics = {name: _aggregated(name, of_runs) for name in report.statistics}
    return {name: None if np.isnan(value) else value for name, value in statistics.items()}
