"""Twins at work: states that follow a device's messages, and what is foreseen from them."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column
from ..equations import Equations
from ..flow import Flow, looks, updates
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen, union
from ..kernels import twins as kernels
from ..kernels.jit import NEVER
from ..symbols import Codes
from ..twins.chance import normals, seeds, uniforms
from .elementwise import full
from .node import Operator, Setting

NS_PER_S = 1_000_000_000
Numbers = NDArray[np.float64]
NO_CHANCE: Numbers = np.zeros((1, 0))


def as_numbers(inputs: Sequence[Flow], types: Sequence[str], instants: Instants) -> Numbers:
    """Values of inputs (inputs, instants) as floats, NaN where absent; times keep their bits."""
    values = np.empty((len(inputs), len(instants)))
    for row, flow, type_name in zip(values, inputs, types, strict=True):
        column = full(flow.at(instants), len(instants))
        if type_name == "time":
            row[:] = np.where(column.mask(), column.values, -1).view(np.float64)
        else:
            row[:] = column.values if column.known is None else np.where(column.known, column.values, np.nan)
    return values


METHODS = {"kalman": kernels.KALMAN, "ukf": kernels.UNSCENTED, "particles": kernels.PARTICLES}
INSTANTS_AT_ONCE = 512
"""For so many instants random numbers are made at once."""


class TwinStateOperator(Operator):
    """`compiler.plan.TwinState`."""

    STATE: ClassVar[tuple[str, ...]] = (
        "states", "covariance", "given", "since", "known", "particles", "weights", "instants",
    )  # fmt: skip
    SCRATCH: ClassVar[tuple[str, ...]] = ("equations", "values", "points", "seeds")

    def __init__(self, setting: Setting, operator: p.TwinState, types: Sequence[str], device: str) -> None:
        super().__init__(setting)
        self.types = types
        self.device = device
        self.sensors = operator.sensors
        self.method = METHODS[operator.method] if operator.sensors else kernels.NO_FILTER
        row = len(types) - len(operator.sensors)
        expressions = [sensor.value for sensor in operator.sensors]
        self.equations = Equations(operator.dynamics, expressions, types[:row], setting.symbols)
        self.deviations = np.array(operator.deviations, dtype=np.float64)
        self.process = np.array(operator.process, dtype=np.float64)
        self.variances = np.array([sensor.deviation**2 for sensor in operator.sensors], dtype=np.float64)
        n = self.equations.states
        doubts = n if operator.sensors else 0
        cloud = p.PARTICLES if self.method == kernels.PARTICLES else 0
        self.states: Numbers = np.zeros((0, n))
        self.covariance: Numbers = np.zeros((0, doubts, doubts))
        self.given: Numbers = np.zeros((0, row - n))
        self.since: Rows = np.zeros(0, dtype=np.int64)
        self.known = np.zeros(0, dtype=np.int8)
        self.particles: Numbers = np.zeros((0, cloud, n))
        self.weights: Numbers = np.zeros((0, cloud))
        self.instants: Rows = np.zeros(0, dtype=np.int64)
        """How many instants of a key there were: what chance is counted by."""
        self.seeds: Rows = np.zeros(0, dtype=np.int64)
        self.points: Numbers = np.zeros((max(cloud, 2 * n + 1), n + 1))
        self.values: Numbers = np.zeros((1 + doubts, n, 0))
        """What the states are, and behind them their covariance (1 + n, n, instants), at those of the newest flow."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.states, self.covariance, self.given, self.since, self.known = (
            first_seen(state, frame.keys, 0)
            for state in (self.states, self.covariance, self.given, self.since, self.known)
        )
        self.particles, self.weights = (first_seen(state, frame.keys, 0) for state in (self.particles, self.weights))
        instants, measured = sensed_instants(frame, inputs, self.sensors)
        values = as_numbers(inputs, self.types, instants)
        n = self.equations.states
        self.values = np.empty((1 + (n if self.sensors else 0), n, len(instants)))
        if self.method == kernels.PARTICLES:
            self._follow_by_chance(frame, instants, values, measured)
        else:
            self._follow(instants.key, instants.time, values, measured, NO_CHANCE, NO_CHANCE, self.values)
        return self.sparse(frame, instants, Column(~np.isnan(self.values[0, 0])))

    def _follow(
        self, key: Any, time: Any, values: Numbers, measured: Any, normals: Numbers, drawn: Numbers, out: Numbers
    ) -> None:
        e = self.equations
        state = (
            self.states, self.covariance, self.given, self.since, self.known, self.particles, self.weights,
        )  # fmt: skip
        kernels.follow(
            e.states, e.linear, self.method, key, time, values, measured, self.deviations, self.process,
            self.variances, e.bounds, normals, drawn, self.points, state, e.program, e.work, out,
        )  # fmt: skip

    def _follow_by_chance(self, frame: Frame, instants: Instants, values: Numbers, measured: Any) -> None:
        """Follow particles, with random numbers that are made for some instants at once."""
        self.instants = first_seen(self.instants, frame.keys, 0)
        ids = self.setting.registries[self.device].ids
        if len(self.seeds) < len(ids):
            self.seeds = np.concatenate([self.seeds, seeds(ids[len(self.seeds) :])])
        numbers = p.PARTICLES * self.equations.states
        for first in range(0, len(instants), INSTANTS_AT_ONCE):
            part = slice(first, min(first + INSTANTS_AT_ONCE, len(instants)))
            key = instants.key[part]
            instant = self._counted(key)
            normal = normals(self.seeds[key], instant, numbers)
            drawn = uniforms(self.seeds[key], instant, 2 * numbers, len(self.sensors))
            out = np.empty((*self.values.shape[:2], len(key)))
            self._follow(
                key, instants.time[part], np.ascontiguousarray(values[:, part]),
                np.ascontiguousarray(measured[:, part]), normal, drawn, out,
            )  # fmt: skip
            self.values[:, :, part] = out

    def _counted(self, key: Codes) -> Rows:
        """The numbers of instants, of each key from 0."""
        order = np.argsort(key, kind="stable")
        of, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
        numbers = np.empty(len(key), dtype=np.int64)
        numbers[order] = np.arange(len(key)) - np.repeat(starts, counts) + np.repeat(self.instants[of], counts)
        self.instants[of] += counts
        return numbers


def sensed_instants(
    frame: Frame, inputs: Sequence[Flow], sensors: Sequence[p.Sensor]
) -> tuple[Instants, NDArray[np.bool_]]:
    """Every event, and every timer that changes an input; and where a sensor's known measurement is updated."""
    parts = [frame.events(), *(at for flow in inputs if (at := looks(flow)) is not None)]
    news = [updates(inputs[sensor.input]) for sensor in sensors]
    parts += [at for at in news if at is not None]
    instants, places = union(parts)
    measured = np.zeros((len(sensors), len(instants)), dtype=np.bool_)
    of_news = iter(places[len(places) - sum(one is not None for one in news) :])
    for row, sensor, updated in zip(measured, sensors, news, strict=True):
        if updated is not None:
            row[next(of_news)] = full(inputs[sensor.input].at(updated), len(updated)).mask()
    return instants, measured


class TwinValueOperator(Operator):
    """`compiler.plan.TwinValue`, and `TwinCovariance`, in what its source has worked out."""

    def __init__(self, setting: Setting, source: TwinStateOperator, place: tuple[int, int]) -> None:
        super().__init__(setting)
        self.source = source
        self.place = place

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        return self.sparse(frame, _instants_of(inputs[0]), known_numbers(self.source.values[self.place]))


def _instants_of(flow: Flow) -> Instants:
    instants = updates(flow)
    assert instants is not None
    return instants


def known_numbers(values: Numbers) -> Column:
    """Numbers as a column, known where they are finite."""
    known = np.isfinite(values)
    return Column(values, None if known.all() else known)


class ForesightOperator(Operator):
    """What is worked out anew from its inputs whenever one of them is updated."""

    SCRATCH: ClassVar[tuple[str, ...]] = ("equations",)

    def __init__(
        self,
        setting: Setting,
        dynamics: p.Dynamics,
        expressions: Sequence[tuple[p.Term, ...]],
        row: Sequence[str],
        length_ns: int,
        types: Sequence[str] = (),
    ) -> None:
        """`row`: the types of the variables of the equations; `types`: of the inputs, if there are others."""
        super().__init__(setting)
        self.types = types or row
        self.equations = Equations(dynamics, expressions, row, setting.symbols)
        self.seconds = length_ns / NS_PER_S

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        updated = [at for flow in inputs if (at := updates(flow)) is not None]
        instants = union(updated)[0] if updated else NO_INSTANTS
        out = np.empty(len(instants))
        self.foresee(instants, as_numbers(inputs, self.types, instants), out)
        return self.sparse(frame, instants, known_numbers(out))

    @abstractmethod
    def foresee(self, instants: Instants, values: Numbers, out: Numbers) -> None:
        """What is foreseen, for each instant, from values of the inputs (inputs, instants)."""


class PredictedOperator(ForesightOperator):
    """`compiler.plan.Predicted`."""

    def foresee(self, instants: Instants, values: Numbers, out: Numbers) -> None:
        e = self.equations
        kernels.predict(e.states, e.linear, self.seconds, e.bounds, values, e.program, e.work, out)


class PredictedDeviationOperator(ForesightOperator):
    """`compiler.plan.PredictedDeviation`."""

    def __init__(self, setting: Setting, operator: p.PredictedDeviation, types: Sequence[str]) -> None:
        n = len(operator.dynamics.rates)
        self.pairs = slice(n, n + n * (n + 1) // 2)
        row = [*types[:n], *types[self.pairs.stop :]]
        super().__init__(setting, operator.dynamics, (operator.value,), row, operator.ahead_ns, types)
        self.process = np.array(operator.process, dtype=np.float64)

    def foresee(self, instants: Instants, values: Numbers, out: Numbers) -> None:
        e = self.equations
        row = np.concatenate([values[: e.states], values[self.pairs.stop :]])
        kernels.deviate(
            e.states, e.linear, self.seconds, self.process, e.bounds, row, values[self.pairs], e.program, e.work, out
        )


class TimeUntilOperator(ForesightOperator):
    """`compiler.plan.TimeUntil`, of what is so at once."""

    SCRATCH: ClassVar[tuple[str, ...]] = ("equations", "begun")

    def __init__(self, setting: Setting, operator: p.TimeUntil, types: Sequence[str]) -> None:
        sides = sides_of(operator.condition) if operator.straight else ()
        super().__init__(setting, operator.dynamics, (operator.condition, *sides), types, operator.within_ns)
        self.straight = operator.straight
        self.begun = np.zeros(self.equations.states)

    def foresee(self, instants: Instants, values: Numbers, out: Numbers) -> None:
        e = self.equations
        kernels.time_until(
            e.states, e.linear, self.straight, self.seconds, e.bounds, values, e.program, e.work, self.begun, out
        )


class TimeUntilLastingOperator(ForesightOperator):
    """`compiler.plan.TimeUntil`, of what must last."""

    STATE: ClassVar[tuple[str, ...]] = ("since",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("equations", "begun")

    def __init__(self, setting: Setting, operator: p.TimeUntil, types: Sequence[str]) -> None:
        super().__init__(setting, operator.dynamics, (operator.condition,), types, operator.within_ns)
        self.lasting = operator.lasting_ns / NS_PER_S
        self.since: Rows = np.zeros(0, dtype=np.int64)
        """By key, since when the condition is true."""
        self.begun = np.zeros(2 * self.equations.states)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.since = first_seen(self.since, frame.keys, NEVER)
        return super().run(frame, inputs)

    def foresee(self, instants: Instants, values: Numbers, out: Numbers) -> None:
        e = self.equations
        kernels.time_until_lasting(
            e.states, e.linear, self.seconds, self.lasting, instants.key, instants.time, e.bounds, values, e.program,
            e.work, self.begun, self.since, out,
        )  # fmt: skip


def sides_of(comparison: Sequence[p.Term]) -> tuple[tuple[p.Term, ...], tuple[p.Term, ...]]:
    """What a comparison in postfix form compares."""
    *terms, _ = comparison
    needed, first = 1, len(terms)
    while needed:
        first -= 1
        term = terms[first]
        needed += term.arguments - 1 if isinstance(term, p.Apply) else -1
    return tuple(terms[:first]), tuple(terms[first:])
