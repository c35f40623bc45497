"""Patterns: steps one after another, and what the newest match captured."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import DTYPES, Column, Mask
from ..flow import Flow, Sparse, updates, where_true
from ..frame import NO_INSTANTS, Frame, Instants, first_seen, union
from ..kernels.automaton import match
from .elementwise import full
from .node import Operator, Setting

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class PatternOperator(Operator):
    """`compiler.plan.Pattern`."""

    def __init__(self, setting: Setting, pattern: p.Pattern, types: Sequence[str]) -> None:
        """`types` are the inputs' types by name."""
        super().__init__(setting)
        self.pattern = pattern
        self.types = types
        self.tests = np.array(
            [
                (s, COMPARISONS.index(t.comparison), i, t.capture)
                for i, (s, t) in enumerate((s, t) for s, step in enumerate(pattern.steps) for t in step.tests)
            ],
            dtype=np.int64,
        ).reshape(-1, 4)
        self.lefts = [t.left for step in pattern.steps for t in step.tests]
        self.capture_steps = np.array([[c.step] for c in pattern.captures], dtype=np.int64).reshape(-1, 1)
        room = pattern.partial_max
        self.count = np.zeros(0, dtype=np.int32)
        self.step = np.zeros((0, room), dtype=np.int64)
        self.start = np.zeros((0, room, 1), dtype=np.int64)
        self.captured = np.zeros((0, room, len(pattern.captures)))
        self.matches: Sparse | None = None
        self.match_values = np.zeros((0, len(pattern.captures)))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self._grow(frame.keys)
        instants = self._instants(frame, inputs)
        n = len(instants)
        steps = np.stack([self._may_match(step, instants, inputs) for step in self.pattern.steps])
        unless = np.zeros(n, dtype=np.bool_)
        if self.pattern.unless is not None:
            flow = inputs[self.pattern.unless]
            unless = _updated_at(flow, instants) & where_true(full(flow.at(instants), n), n)
        matter = steps.any(axis=0) | unless
        instants, steps, unless = instants.take(matter), np.ascontiguousarray(steps[:, matter]), unless[matter]
        n = len(instants)
        lefts = _matrix([self._number(inputs, i, instants) for i in self.lefts], n)
        values = _matrix([self._number(inputs, c.value, instants) for c in self.pattern.captures], n)
        out, out_values = np.empty(n, dtype=np.int64), np.empty((n, len(self.pattern.captures)))
        counts = np.zeros(2, dtype=np.int64)
        match(
            instants.key, instants.time, steps, unless, self.tests, lefts, self.capture_steps, values,
            self.pattern.within_ns or 0, self.count, self.step, self.start, self.captured, out, out_values, counts,
        )  # fmt: skip
        if counts[1]:
            self.setting.counters.dropped["dropped_partial"] += int(counts[1])
        found = instants.take(out[: counts[0]])
        self.match_values = out_values[: counts[0]]
        self.matches = Sparse(frame, found, Column(np.ones(len(found), dtype=np.bool_)), None, event=True)
        return self.matches

    def captured_column(self, capture: int) -> Column:
        """What this batch's matches captured."""
        type_name = self.types[self.pattern.captures[capture].value]
        number = np.ascontiguousarray(self.match_values[:, capture])
        known = ~np.isnan(number)
        if type_name == "time":
            times = number.view(np.int64)
            return Column(times, times >= 0)
        return Column(np.where(known, number, 0.0).astype(DTYPES[type_name]), None if known.all() else known)

    def _instants(self, frame: Frame, inputs: Sequence[Flow]) -> Instants:
        relevant = {i for step in self.pattern.steps for i in _inputs_of(step)}
        if self.pattern.unless is not None:
            relevant.add(self.pattern.unless)
        parts = [u for u in (updates(inputs[i]) for i in sorted(relevant)) if u is not None]
        return union(parts)[0] if len(parts) > 1 else parts[0] if parts else NO_INSTANTS

    def _may_match(self, step: p.PatternStep, instants: Instants, inputs: Sequence[Flow]) -> Mask:
        n = len(instants)
        may = np.zeros(n, dtype=np.bool_)
        for i in _inputs_of(step):
            may |= _updated_at(inputs[i], instants)
        if step.condition is not None:
            may &= where_true(full(inputs[step.condition].at(instants), n), n)
        return may

    def _number(self, inputs: Sequence[Flow], i: int, instants: Instants) -> NDArray[np.float64]:
        """An input's values as floats, NaN where absent; times keep their bits."""
        column = full(inputs[i].at(instants), len(instants))
        if self.types[i] == "time":
            return np.where(column.mask(), column.values, -1).view(np.float64)
        values = column.values.astype(np.float64)
        if column.known is not None:
            values[~column.known] = np.nan
        return values

    def _grow(self, keys: int) -> None:
        self.count = first_seen(self.count, keys, 0)
        self.step = first_seen(self.step, keys, 0)
        self.start = first_seen(self.start, keys, 0)
        self.captured = first_seen(self.captured, keys, 0.0)


def _inputs_of(step: p.PatternStep) -> list[int]:
    return [*([] if step.condition is None else [step.condition]), *(t.left for t in step.tests)]


def _updated_at(flow: Flow, instants: Instants) -> Mask:
    """At which of the instants the flow is updated."""
    at = updates(flow)
    if at is None or len(at) == 0:
        return np.zeros(len(instants), dtype=np.bool_)
    if len(at) == len(instants):
        # Instants are a union that includes the flow's: of equal length they are the same.
        return np.ones(len(instants), dtype=np.bool_)
    _, (_, where) = union([instants, at])
    mask = np.zeros(len(instants), dtype=np.bool_)
    mask[where] = True
    return mask


def _matrix(rows: list[NDArray[np.float64]], count: int) -> NDArray[np.float64]:
    return np.stack(rows) if rows else np.zeros((0, count))


class CapturedOperator(Operator):
    """`compiler.plan.Captured`: a signal that holds what the newest match captured."""

    def __init__(self, setting: Setting, pattern: PatternOperator, capture: int) -> None:
        super().__init__(setting)
        self.pattern = pattern
        self.capture = capture

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        matches: Any = inputs[0]
        return self.sparse(frame, matches.instants, self.pattern.captured_column(self.capture))
