"""Detectors and filters at work: `compiler.plan.Following`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.catalogue import STATEFUL
from ...stdlib.column import Column
from ..flow import Flow, kernel_ready, updates, where_true
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen
from ..kernels.following import KERNELS, RECENT_KERNELS
from ..kernels.jit import NEVER
from .elementwise import full
from .node import Operator, Setting

RING_LEAST = 16
"""Rings begin with room for so many samples, and double."""

Numbers = NDArray[np.float64]


class Follower(Operator):
    """What follows the samples of an input: the updates at which it is known."""

    def __init__(self, setting: Setting, following: p.Following, type_name: str) -> None:
        super().__init__(setting)
        self.following = following
        self.is_bool = type_name == "bool"
        self.parameters = np.array(following.parameters, dtype=np.float64)

    def samples(self, inputs: Sequence[Flow]) -> tuple[Instants, Numbers]:
        """The samples of a batch, in order."""
        instants = updates(inputs[0])
        if instants is None:
            return NO_INSTANTS, np.zeros(0)
        column = full(inputs[0].at(instants), len(instants))
        values, some = column.values, column.mask()
        if len(inputs) > 1:
            some = some & where_true(inputs[1].at(instants), len(instants))
        if not some.all():
            instants, values = instants.take(some), values[some]
        return instants, kernel_ready(np.ascontiguousarray(values, dtype=np.float64))

    def given(self, frame: Frame, instants: Instants, value: Numbers, known: NDArray[np.bool_]) -> Flow:
        """The function's values after these samples, as a flow."""
        known &= np.isfinite(value)
        values = value != 0 if self.is_bool else value
        return self.sparse(frame, instants, Column(values, None if known.all() else known))


class FollowingOperator(Follower):
    """A function of all samples, of which it keeps a few numbers."""

    STATE = ("seen", "numbers")

    def __init__(self, setting: Setting, following: p.Following, type_name: str) -> None:
        super().__init__(setting, following, type_name)
        self.walk = KERNELS[following.function]
        self.seen: Rows = np.zeros(0, dtype=np.int64)
        self.numbers = np.zeros((0, STATEFUL[following.function].numbers))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.seen = first_seen(self.seen, frame.keys, NEVER)
        self.numbers = first_seen(self.numbers, frame.keys, 0.0)
        at, sample = self.samples(inputs)
        value, known = np.empty(len(at)), np.empty(len(at), dtype=np.bool_)
        self.walk(at.key, at.time, sample, self.parameters, self.seen, self.numbers, value, known)
        return self.given(frame, at, value, known)


class RecentFollowingOperator(Follower):
    """A function of a window's samples, which are kept in a ring for each key."""

    STATE = ("first", "count", "times", "ring", "ordered")

    def __init__(self, setting: Setting, following: p.Following, type_name: str) -> None:
        super().__init__(setting, following, type_name)
        assert following.samples_max is not None
        self.walk = RECENT_KERNELS[following.function]
        self.most = following.samples_max
        self.window = NEVER if following.window_ns is None else following.window_ns
        room = min(RING_LEAST, self.most)
        self.first: Rows = np.zeros(0, dtype=np.int64)
        self.count: Rows = np.zeros(0, dtype=np.int64)
        self.times = np.zeros((0, room), dtype=np.int64)
        self.ring = np.zeros((0, room))
        self.ordered = np.zeros((0, room if following.function == "hampel" else 0))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.first, self.count, self.times, self.ring, self.ordered = (
            first_seen(state, frame.keys, 0) for state in (self.first, self.count, self.times, self.ring, self.ordered)
        )
        at, sample = self.samples(inputs)
        value, known = np.empty(len(at)), np.empty(len(at), dtype=np.bool_)
        start = 0
        while True:
            start = self.walk(
                start, at.key, at.time, sample, self.parameters, self.window, self.most,
                self.first, self.count, self.times, self.ring, self.ordered, value, known,
            )  # fmt: skip
            if start == len(at):
                break
            self._grow()
        return self.given(frame, at, value, known)

    def _grow(self) -> None:
        """Twice as much room in every ring, which then begins at its first place."""
        old = self.ring.shape[1]
        room = min(2 * old, self.most)
        places = (self.first[:, None] + np.arange(old)) % old
        self.times = _widened(np.take_along_axis(self.times, places, axis=1), room)
        self.ring = _widened(np.take_along_axis(self.ring, places, axis=1), room)
        if self.ordered.shape[1]:
            self.ordered = _widened(self.ordered, room)
        self.first[:] = 0


def _widened(rows: NDArray[Any], room: int) -> NDArray[Any]:
    wide = np.zeros((len(rows), room), dtype=rows.dtype)
    wide[:, : rows.shape[1]] = rows
    return wide
