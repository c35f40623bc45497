"""Thresholds: many comparisons of one number, of which only those that were crossed are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, nextafter

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column, Mask
from ..flow import Flow, Sparse, looks, that_look
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen, union
from ..kernels import lanes as kernels
from ..kernels import thresholds as kernel
from ..kernels.thresholds import ABSENT
from ..lanes import NO_LANES, Lanes
from .elementwise import full
from .node import Operator, Setting

NOTHING: Rows = np.zeros(0, dtype=np.int64)


@dataclass
class ThresholdFlow:
    """What a number crossed in a batch: the instants, and its rank `before` and `after` each: how many of the ascending
    `cuts` it is above, or ABSENT; BEGINS before its key's first event."""

    number: Flow
    cuts: NDArray[np.float64]
    instants: Instants
    before: Rows
    after: Rows

    @cached_property
    def common(self) -> Rows:
        """The instants that are of all thresholds: there the number appears or disappears."""
        common: Rows = ((self.before < 0) | (self.after < 0)).nonzero()[0]
        return common

    @cached_property
    def by_cut(self) -> tuple[Rows, Rows]:
        """The others: those that cross cut c are `crossed[starts[c]:starts[c + 1]]` of (starts, crossed)."""
        if len(self.common) == len(self.instants):
            return NOTHING, NOTHING
        sizes = np.abs(self.after - self.before)
        sizes[self.common] = 0
        starts, place = np.empty(len(self.cuts) + 1, dtype=np.int64), np.empty(len(self.cuts), dtype=np.int64)
        crossed = np.empty(int(sizes.sum()), dtype=np.int64)
        kernel.by_cut(self.before, self.after, place, starts, crossed)
        return starts, crossed

    def of(self, cut: int) -> Rows:
        """The instants that concern one cut."""
        starts, crossed = self.by_cut
        own = crossed[starts[cut] : starts[cut + 1]] if len(crossed) else NOTHING
        if len(self.common) == 0:
            return own
        return np.sort(np.concatenate([self.common, own])) if len(own) else self.common

    def changes(self, cuts: Rows, above: Mask, news: bool) -> Lanes:
        """The changes of many thresholds: which cut each looks at, and whether it is true above it; with `news` without
        what begins as false."""
        starts, crossed = self.by_cut
        size = len(cuts) * len(self.common)
        if len(starts):
            size += int((starts[cuts + 1] - starts[cuts]).sum())
        if size == 0:
            return NO_LANES
        lane, at, truth = np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int8)
        n = kernels.crossed(
            cuts, above, self.before, self.after, self.common, starts, crossed, news, lane, at, truth
        )  # fmt: skip
        return Lanes(self.instants, lane[:n], at[:n], truth[:n])

    def ranks(self, instants: Instants) -> Rows:
        """The number's rank at any instants."""
        column = full(self.number.at(instants), len(instants))
        ranks = np.searchsorted(self.cuts, column.values)
        return ranks if column.known is None else np.where(column.known, ranks, ABSENT)


class ThresholdsOperator(Operator):
    """`compiler.plan.Thresholds`. The `cuts` of all its thresholds ascend: a number is above those that are less."""

    STATE = ("last", "last_known")
    SCRATCH = ("between",)

    def __init__(self, setting: Setting, thresholds: Sequence[p.Threshold]) -> None:
        super().__init__(setting)
        cuts = sorted({cut_of(t) for t in thresholds})
        self.cuts = np.array(cuts)
        self.places = {cut: place for place, cut in enumerate(cuts)}
        self.last = np.zeros(0)
        self.last_known = np.zeros(0, dtype=np.bool_)
        self.between = np.zeros((0, 2))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> ThresholdFlow:  # type: ignore[override]
        self.last = first_seen(self.last, frame.keys, 0.0)
        self.last_known = first_seen(self.last_known, frame.keys, False)
        self.between = first_seen(self.between, len(self.last), np.nan)
        number = inputs[0]
        at, first = self._instants(frame, number)
        n = len(at)
        if n == 0:
            return ThresholdFlow(number, self.cuts, NO_INSTANTS, NOTHING, NOTHING)
        column = full(number.at(at), n)
        out, before, after = (np.empty(n, dtype=np.int64) for _ in range(3))
        values = np.ascontiguousarray(column.values, dtype=np.float64)
        known = frame.every if column.known is None and at is frame.rows else np.ascontiguousarray(column.mask())
        count = kernel.crossings(
            at.key, values if values.flags.writeable else values.copy(), known, first, self.cuts, self.last,
            self.last_known, self.between, out, before, after,
        )  # fmt: skip
        return ThresholdFlow(number, self.cuts, at.take(out[:count]), before[:count], after[:count])

    def _instants(self, frame: Frame, number: Flow) -> tuple[Instants, Mask]:
        """Where the number may have another value, and which of these are a key's first event."""
        at = looks(number)
        assert at is not None
        if len(frame.newcomers) == 0:
            return at, np.zeros(len(at), dtype=np.bool_)
        if isinstance(number, Sparse):
            at, _ = union([at, frame.newcomers])
        begins = np.zeros(len(frame), dtype=np.bool_)
        begins[frame.newcomers.row] = True
        return at, begins[at.row] & ~at.timer


class ThresholdOperator(Operator):
    """`compiler.plan.Threshold`."""

    def __init__(self, setting: Setting, threshold: p.Threshold, store: ThresholdsOperator) -> None:
        super().__init__(setting)
        self.bound = cut_of(threshold)
        self.cut = store.places[self.bound]
        self.above = threshold.comparison in (">", ">=")

    def run(self, frame: Frame, inputs: Sequence[ThresholdFlow]) -> Flow:  # type: ignore[override]
        flow = inputs[0]
        number, bound, above = flow.number, self.bound, self.above

        def look(instants: Instants) -> Column:
            column = full(number.at(instants), len(instants))
            return Column((column.values > bound) == above, column.known)

        which, of = flow.of(self.cut), that_look([number])
        if len(which) == 0:
            return Sparse(frame, NO_INSTANTS, NOWHERE, None, look=look, of=of)
        after = flow.after[which]
        known = after != ABSENT
        truth = Column((after > self.cut) == above, None if known.all() else known)
        return Sparse(frame, flow.instants.take(which), truth, None, look=look, of=of)


NOWHERE = Column(np.zeros(0, dtype=np.bool_))


def cut_of(threshold: p.Threshold) -> float:
    """The number above which `x > value` is true, or `x <= value` false; for `>=` and `<` the greatest below it."""
    return threshold.value if threshold.comparison in (">", "<=") else nextafter(threshold.value, -inf)
