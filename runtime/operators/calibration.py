"""Calibration at work: parameters of twins that are learnt from what was measured."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column
from ..equations import Equations
from ..flow import Flow, updates
from ..frame import Frame, Rows, first_seen
from ..kernels import calibration as kernel
from ..kernels.jit import NEVER
from .node import Operator, Setting
from .twins import Numbers, as_numbers, known_numbers, sensed_instants


class CalibrationOperator(Operator):
    """`compiler.plan.Calibration`."""

    STATE: ClassVar[tuple[str, ...]] = (
        "theta", "deviation", "paths", "matrix", "slices", "counts", "given", "since", "number", "running",
    )  # fmt: skip
    SCRATCH: ClassVar[tuple[str, ...]] = ("equations", "values", "room", "by")

    def __init__(self, setting: Setting, operator: p.Calibration, types: Sequence[str]) -> None:
        super().__init__(setting)
        self.types = types
        self.sensors = operator.sensors
        self.every_ns = operator.every_ns
        row = len(types) - len(operator.sensors)
        expressions = [sensor.value for sensor in operator.sensors]
        self.equations = Equations(operator.dynamics, expressions, types[:row], setting.symbols)
        self.deviations = np.array([sensor.deviation for sensor in operator.sensors], dtype=np.float64)
        self.limits = np.array(
            [(-np.inf if f.low is None else f.low, np.inf if f.high is None else f.high) for f in operator.parameters]
        )
        n, count, kept = self.equations.states, len(operator.parameters), operator.slices
        self.theta: Numbers = np.zeros((0, count))
        self.deviation: Numbers = np.zeros((0, count))
        self.paths: Numbers = np.zeros((0, 1 + count + n, n))
        self.matrix: Numbers = np.zeros((0, count + n + 1, count + n + 1))
        self.slices: Numbers = np.zeros((0, kept, count + 1, count + 1))
        self.counts: NDArray[np.int64] = np.zeros((0, kept), dtype=np.int64)
        self.given: Numbers = np.zeros((0, row - n - count))
        self.since: Rows = np.zeros(0, dtype=np.int64)
        self.number: Rows = np.zeros(0, dtype=np.int64)
        self.running = np.zeros(0, dtype=np.int8)
        self.room: Numbers = np.zeros((count, 2 * count))
        self.by: Numbers = np.zeros(count + n + 1)
        self.values: Numbers = np.zeros((2 * count, 0))
        """Parameters, and behind them their deviations, at the instants of the newest flow."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.theta, self.deviation, self.paths, self.matrix, self.slices, self.given = (
            first_seen(state, frame.keys, 0)
            for state in (self.theta, self.deviation, self.paths, self.matrix, self.slices, self.given)
        )
        self.counts, self.since = first_seen(self.counts, frame.keys, 0), first_seen(self.since, frame.keys, 0)
        self.number = first_seen(self.number, frame.keys, NEVER)
        self.running = first_seen(self.running, frame.keys, kernel.WAITING)
        instants, measured = sensed_instants(frame, inputs, self.sensors)
        values = as_numbers(inputs, self.types, instants)
        found, news = np.empty((self.values.shape[0], len(instants))), np.empty(len(instants), dtype=np.bool_)
        state = (
            self.theta, self.deviation, self.paths, self.matrix, self.slices, self.counts, self.given, self.since,
            self.number, self.running,
        )  # fmt: skip
        e = self.equations
        kernel.calibrate(
            e.states, self.theta.shape[1], e.linear, self.every_ns, instants.key, instants.time, values, measured,
            self.deviations, e.bounds, self.limits, state, e.program, e.work, self.room, self.by, found, news,
        )  # fmt: skip
        chosen = np.flatnonzero(news)
        self.values = found[:, chosen]
        return self.sparse(frame, instants.take(chosen), Column(np.ones(len(chosen), dtype=np.bool_)))


class CalibratedOperator(Operator):
    """`compiler.plan.Calibrated`, in what its source has worked out."""

    def __init__(self, setting: Setting, source: CalibrationOperator, operator: p.Calibrated) -> None:
        super().__init__(setting)
        self.source = source
        self.place = operator.place + (len(source.limits) if operator.deviation else 0)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        instants = updates(inputs[0])
        assert instants is not None
        return self.sparse(frame, instants, known_numbers(self.source.values[self.place]))
