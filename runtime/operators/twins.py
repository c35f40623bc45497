"""Twins at work: states that follow a device's messages, and what is foreseen from them."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column
from ..equations import Equations
from ..flow import Flow, looks, updates
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen, union
from ..kernels import twins as kernels
from .elementwise import full
from .node import Operator, Setting

NS_PER_S = 1_000_000_000
Numbers = NDArray[np.float64]


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


class TwinStateOperator(Operator):
    """`compiler.plan.TwinState`."""

    STATE: ClassVar[tuple[str, ...]] = ("states", "covariance", "given", "since", "known")
    SCRATCH: ClassVar[tuple[str, ...]] = ("equations", "values")

    def __init__(self, setting: Setting, operator: p.TwinState, types: Sequence[str]) -> None:
        super().__init__(setting)
        self.types = types
        self.sensors = operator.sensors
        row = len(types) - len(operator.sensors)
        expressions = [sensor.value for sensor in operator.sensors]
        self.equations = Equations(operator.dynamics, expressions, types[:row], setting.symbols)
        self.deviations = np.array(operator.deviations, dtype=np.float64)
        self.process = np.array(operator.process, dtype=np.float64)
        self.variances = np.array([sensor.deviation**2 for sensor in operator.sensors], dtype=np.float64)
        n = self.equations.states
        doubts = n if operator.sensors else 0
        self.states: Numbers = np.zeros((0, n))
        self.covariance: Numbers = np.zeros((0, doubts, doubts))
        self.given: Numbers = np.zeros((0, row - n))
        self.since: Rows = np.zeros(0, dtype=np.int64)
        self.known = np.zeros(0, dtype=np.int8)
        self.values: Numbers = np.zeros((n, 0))
        """What the states are (n, instants) at the instants of the newest flow."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.states, self.covariance, self.given, self.since, self.known = (
            first_seen(state, frame.keys, 0)
            for state in (self.states, self.covariance, self.given, self.since, self.known)
        )
        instants, measured = self._instants(frame, inputs)
        values = as_numbers(inputs, self.types, instants)
        self.values = np.empty((self.equations.states, len(instants)))
        state = (self.states, self.covariance, self.given, self.since, self.known)
        kernels.follow(
            self.equations.states, self.equations.linear, instants.key, instants.time, values, measured,
            self.deviations, self.process, self.variances, self.equations.bounds, state,
            self.equations.program, self.equations.work, self.values,
        )  # fmt: skip
        return self.sparse(frame, instants, Column(~np.isnan(self.values[0])))

    def _instants(self, frame: Frame, inputs: Sequence[Flow]) -> tuple[Instants, NDArray[np.bool_]]:
        """Every event, and every timer that changes an input; and where a sensor's known measurement is updated."""
        parts = [frame.events(), *(at for flow in inputs if (at := looks(flow)) is not None)]
        news = [updates(inputs[sensor.input]) for sensor in self.sensors]
        parts += [at for at in news if at is not None]
        instants, places = union(parts)
        measured = np.zeros((len(self.sensors), len(instants)), dtype=np.bool_)
        of_news = iter(places[len(places) - sum(one is not None for one in news) :])
        for row, sensor, updated in zip(measured, self.sensors, news, strict=True):
            if updated is not None:
                row[next(of_news)] = full(inputs[sensor.input].at(updated), len(updated)).mask()
        return instants, measured


class TwinValueOperator(Operator):
    """`compiler.plan.TwinValue`."""

    def __init__(self, setting: Setting, source: TwinStateOperator, place: int) -> None:
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
        self, setting: Setting, dynamics: p.Dynamics, value: tuple[p.Term, ...], types: Sequence[str], length_ns: int
    ) -> None:
        super().__init__(setting)
        self.types = types
        self.equations = Equations(dynamics, (value,), types, setting.symbols)
        self.seconds = length_ns / NS_PER_S

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        updated = [at for flow in inputs if (at := updates(flow)) is not None]
        instants = union(updated)[0] if updated else NO_INSTANTS
        out = np.empty(len(instants))
        self.foresee(as_numbers(inputs, self.types, instants), out)
        return self.sparse(frame, instants, known_numbers(out))

    def foresee(self, values: Numbers, out: Numbers) -> None:
        """What is foreseen, for each instant, from values of the inputs (inputs, instants)."""
        raise NotImplementedError


class PredictedOperator(ForesightOperator):
    """`compiler.plan.Predicted`."""

    def foresee(self, values: Numbers, out: Numbers) -> None:
        e = self.equations
        kernels.predict(e.states, e.linear, self.seconds, e.bounds, values, e.program, e.work, out)


class TimeUntilOperator(ForesightOperator):
    """`compiler.plan.TimeUntil`."""

    def foresee(self, values: Numbers, out: Numbers) -> None:
        e = self.equations
        begun = np.zeros(e.states)
        kernels.time_until(e.states, e.linear, self.seconds, e.bounds, values, e.program, e.work, begun, out)
