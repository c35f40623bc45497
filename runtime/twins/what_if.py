"""What if: a stretch of history run again by a model, with something changed, so often, and with chance by seed.

    fork = Fork(model, history, begin=monday, end=sunday)
    course = fork.run({"power": 0.0}, every_ns=MINUTE, runs=200, seed=7, process={"charge": 1e-4})
    course.quantiles("charge", [0.05, 0.5, 0.95])          # of each run's least, over all times and devices

A course is numbers: nothing of it can reach a device.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .history import History
from .integrate import integrate, strayed
from .model import Model

NS_PER_S = 1_000_000_000
Numbers = NDArray[np.float64]
Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From what variables are (columns by name) to what some of them are instead."""


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
class Chance:
    """By how much states stray: `process` has the standard deviations that they gain in the square root of a second,
    `doubts` those that they begin with, of each device, by name."""

    process: Mapping[str, float] = field(default_factory=dict)
    doubts: Mapping[str, Any] = field(default_factory=dict)


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
        unknown = sorted({*(changed or {}), *(process or {})} - set(self.model.names))
        if unknown:
            device = self.model.twin.device
            raise ValueError(f"the twin of {device} has no {unknown[0]}: it has {', '.join(self.model.names)}")
        grid = np.arange(self.begin, self.end + 1, every_ns, dtype=np.int64)
        shown: dict[str, list[Numbers]] = {}
        names = (*self.model.states, *(output.name for output in self.model.twin.outputs))
        change = self._given(changed or {}, runs)
        for values in self.moments(grid, runs, np.random.default_rng(seed), change, Chance(process or {})):
            for name in names:
                shown.setdefault(name, []).append(values[name].reshape(runs, -1).copy())
        return Course(grid, self.devices, {name: np.array(columns) for name, columns in shown.items()})

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices whose history it is."""
        return self.ids or tuple(self.history.devices(self.model.twin.device))

    def moments(
        self, times: NDArray[np.int64], runs: int, rng: np.random.Generator, change: Change, chance: Chance
    ) -> Iterator[dict[str, Any]]:
        """All variables and outputs (runs * devices,) at each of some times in order, from `begin` on.

        `change` is asked when history has something new; of states, and of what is in doubt, at `begin` alone.
        """
        model = self.model
        inputs = [name for name in model.names[len(model.states) :] if name not in chance.doubts]
        rows = runs * len(self.devices)
        values = {name: np.tile(self._column(name, self.begin), runs) for name in model.names}
        for name, deviations in chance.doubts.items():
            values[name] = values[name] + np.nan_to_num(np.tile(deviations, runs)) * rng.standard_normal(rows)
        values.update(change(values))
        begins = model.confined(np.array([values[name] for name in model.states]).reshape(-1, rows))
        values.update(zip(model.states, begins, strict=True))
        news = self.history.times(model.twin.device, list(self.devices), inputs, self.begin, self.end, self.known)
        process = np.array([chance.process.get(name, 0.0) ** 2 for name in model.states])
        states, now = begins, self.begin
        for time in np.union1d(times, news).tolist():
            states = _moved(model, values, states, (time - now) / NS_PER_S, process, rng)
            values.update(zip(model.states, states, strict=True))
            if time in news:
                values.update({name: np.tile(self._column(name, time), runs) for name in inputs})
                values.update({name: new for name, new in change(values).items() if name in inputs})
            if time in times:
                yield self._shown(values, states)
            now = time

    def _shown(self, values: Mapping[str, Any], states: Numbers) -> dict[str, Any]:
        """All variables and outputs; states are absent where it is not known what moves them."""
        model = self.model
        held = {name: values[name] for name in model.names[len(model.states) :]}
        with np.errstate(all="ignore"):
            moves = ~np.isnan(model.rates(states, held)).any(axis=0)
            shown = np.where(moves, states, np.nan)
            said = model.outputs(shown, held)
        rows = states.shape[1]
        return {
            **values,
            **dict(zip(model.states, shown, strict=True)),
            **{name: np.broadcast_to(column, rows) for name, column in said.items()},
        }

    def _given(self, changed: Mapping[str, float | Mapping[str, float]], runs: int) -> Change:
        """Values that hold instead of history's, for all devices or by device."""

        def change(values: Mapping[str, Any]) -> Mapping[str, Any]:
            found = {}
            for name, new in changed.items():
                by_device = [new.get(id_, np.nan) if isinstance(new, Mapping) else new for id_ in self.devices]
                column = np.tile(np.array(by_device, dtype=np.float64), runs)
                found[name] = np.where(np.isnan(column), values[name], column)
            return found

        return change

    def _column(self, name: str, time: int) -> Any:
        """A variable of each device: as history has it, else as the program says."""
        device, variable = self.model.twin.device, self.model.twin.variables[self.model.names.index(name)]
        ids = list(self.devices)
        if variable.type.name in ("text", "version"):
            return self.history.words(device, ids, name, time, self.known)
        column = self.history.column(device, ids, name, time, self.known)
        if variable.value is None:
            return column
        assert not isinstance(variable.value, str)
        return np.where(np.isnan(column), float(variable.value), column)


def _moved(
    model: Model, values: Mapping[str, Any], states: Numbers, seconds: float, process: Numbers, rng: np.random.Generator
) -> Numbers:
    """States (n, rows) after a time; those of which it is not known what moves them stay where they are."""
    if seconds <= 0.0 or not len(states):
        return states
    held = {name: values[name] for name in model.names[len(model.states) :]}
    with np.errstate(all="ignore"):
        moves = ~np.isnan(model.rates(states, held)).any(axis=0)
    ahead = integrate(model, {**held, **dict(zip(model.states, states, strict=True))}, round(seconds * NS_PER_S)).values
    moved = np.array([ahead[name] for name in model.states])
    if process.any():
        moved = strayed(model, states, held, moved, process, seconds, rng)
    return np.where(moves, model.confined(moved), states)
