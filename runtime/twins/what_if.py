"""What if: a stretch of history run again by a model, with something changed, so often, and with chance by seed.

    fork = Fork(model, history, begin=monday, end=sunday)
    course = fork.run({"power": 0.0}, every_ns=MINUTE, runs=200, seed=7, process={"charge": 1e-4})
    course.quantiles("charge", [0.05, 0.5, 0.95])          # of each run's least, over all times and devices

A course is numbers: nothing of it can reach a device.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .history import History
from .integrate import integrate
from .model import Model

NS_PER_S = 1_000_000_000
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Course:
    """How twins went: at `times` (steps,) each state and output by name (steps, runs, devices)."""

    times: NDArray[np.int64]
    ids: tuple[str, ...]
    values: Mapping[str, Numbers]

    def quantiles(self, name: str, shares: Sequence[float], of: Callable[[Numbers], Any] = np.nanmin) -> list[float]:
        """Quantiles over the runs of one number of each: the least of all times and devices, unless it is said."""
        of_runs = [of(self.values[name][:, run, :]) for run in range(self.values[name].shape[1])]
        return [float(q) for q in np.quantile(of_runs, list(shares))]


@dataclass(frozen=True, slots=True)
class Fork:
    """A stretch [begin, end] of the history of a model's devices; `known`: as known at that time (None: now)."""

    model: Model
    history: History
    begin: int
    end: int
    ids: tuple[str, ...] = ()
    known: int | None = None

    def run(
        self,
        changed: Mapping[str, float | Mapping[str, float]] | None = None,
        *,
        every_ns: int,
        runs: int = 1,
        seed: int = 0,
        process: Mapping[str, float] | None = None,
    ) -> Course:
        """Run the model from what was at `begin`, with the inputs that history has.

        `changed`: a value of a variable, for all devices or by device, that holds instead of history's throughout; of a
        state it is what that begins with. `process`: how far a state strays, by chance, in the square root of a second
        (a standard deviation).
        """
        device, ids = self.model.twin.device, list(self.ids or self.history.devices(self.model.twin.device))
        changed, rng = changed or {}, np.random.default_rng(seed)
        unknown = sorted({*changed, *(process or {})} - set(self.model.names))
        if unknown:
            raise ValueError(f"the twin of {device} has no {unknown[0]}: it has {', '.join(self.model.names)}")
        values = {
            variable.name: np.tile(self._column(variable.name, changed, ids, self.begin), (runs, 1)).ravel()
            for variable in self.model.twin.variables
        }
        inputs = [v.name for v in self.model.twin.variables if v.kind == "field" and v.name not in changed]
        news = self.history.times(device, ids, inputs, self.begin, self.end, self.known)
        grid = np.arange(self.begin, self.end + 1, every_ns, dtype=np.int64)
        shown: dict[str, list[Numbers]] = {}
        now = self.begin
        for time in np.union1d(grid, news).tolist():
            ahead = integrate(self.model, values, time - now)
            for name, deviation in (process or {}).items():
                noise = rng.standard_normal(runs * len(ids))
                ahead.values[name] = ahead.values[name] + deviation * np.sqrt((time - now) / NS_PER_S) * noise
            values.update({name: ahead.values[name] for name in self.model.states})
            if time in news:
                for name in inputs:
                    values[name] = np.tile(self.history.column(device, ids, name, time, self.known), runs)
            if (time - self.begin) % every_ns == 0:
                for name, column in ahead.values.items():
                    shown.setdefault(name, []).append(np.broadcast_to(column, runs * len(ids)).reshape(runs, -1).copy())
            now = time
        return Course(grid, tuple(ids), {name: np.array(columns) for name, columns in shown.items()})

    def _column(
        self, name: str, changed: Mapping[str, float | Mapping[str, float]], ids: list[str], time: int
    ) -> Numbers:
        """A variable of each device: as it was changed, as history has it, else as the program says."""
        column = self.history.column(self.model.twin.device, ids, name, time, self.known)
        variable = self.model.twin.variables[self.model.names.index(name)]
        if variable.value is not None:
            assert not isinstance(variable.value, str)
            column = np.where(np.isnan(column), float(variable.value), column)
        new = changed.get(name)
        if isinstance(new, Mapping):
            return np.array([new.get(id_, was) for id_, was in zip(ids, column, strict=True)], dtype=np.float64)
        return column if new is None else np.full(len(ids), float(new))
