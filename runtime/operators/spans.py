"""What was held, and what lies between samples, in slices of time (`stdlib.durations`, `stdlib.lines`)."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.parts import HELD_COLUMNS, LINE_COLUMNS, ring_slices
from ..flow import Flow
from ..frame import Frame, Instants, Rows, first_seen
from ..kernels import lines, spans
from ..kernels.jit import NEVER
from .node import Operator, Setting
from .samples import taken
from .windows import SliceFlow, WindowFlow, longest_ns, shapes_of

SLICE_MAX = 1 << 22


class SpansOperator(Operator):
    """`compiler.plan.Slices` of what was held, with all `compiler.plan.Window`s on it."""

    STATE = ("state", "bounds")
    SCRATCH = ("capacity",)
    columns: tuple[str, ...] = HELD_COLUMNS
    kernel: ClassVar[Any] = spans

    def __init__(self, setting: Setting, slices: p.Slices, windows: Sequence[tuple[str, p.Window]]) -> None:
        super().__init__(setting)
        self.width = slices.width_ns
        self.windows = windows
        self.ring = ring_slices(max(longest_ns(w) for _, w in windows), self.width)
        self.ends = self.kernel.HEADER + self.ring * self.kernel.SLOT
        self.state: Rows = np.zeros((0, self.ends + 2 * len(windows)), dtype=np.int64)
        self.bounds: list[Rows] = [np.zeros(0, dtype=np.int64) for _ in windows]
        self.capacity = 1024

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        """Take the updates; give the windows that closed."""
        self._grow(frame.keys)
        found = taken(inputs, 1)
        at, (position,) = frame.merge([found.at], base=True)
        updated, known, value = np.zeros(len(at), np.bool_), np.zeros(len(at), np.bool_), np.zeros(len(at))
        updated[position] = True
        known[position], value[position] = found.known, found.values[0]
        if frame.end_row is None:
            shapes, bounds = shapes_of(self.windows, self.bounds, at.time)
        else:
            shapes, bounds = shapes_of(self.windows, self.bounds, at.time[at.row < frame.end_row])
        w = len(self.windows)
        pieces: list[list[list[NDArray[Any]]]] = [[] for _ in range(w)]
        start, ints = 0, self.state.reshape(-1)
        while start < len(at) or not pieces[0]:
            counts = np.zeros(w, dtype=np.int64)
            row, time = (np.empty((w, self.capacity), dtype=np.int64) for _ in range(2))
            key = np.empty((w, self.capacity), dtype=np.int32)
            rows = np.empty((w, self.capacity, self.kernel.COLUMNS), dtype=np.int64)
            start = self.kernel.windows(
                start, at.key, at.row, at.time, updated, known, value, frame.running, self.width, self.ring,
                ints.view(np.float64), ints, self.state.shape[1], shapes, bounds,
                row, key, time, rows.reshape(-1).view(np.float64), rows.reshape(-1), counts,
            )  # fmt: skip
            for i in range(w):
                pieces[i].append([a[i, : counts[i]] for a in (row, key, time, rows)])
            if start < len(at):
                self.capacity = min(4 * self.capacity, SLICE_MAX)
        return SliceFlow({id_: self._closed(frame, pieces[i]) for i, (id_, _) in enumerate(self.windows)})

    def _closed(self, frame: Frame, pieces: list[list[NDArray[Any]]]) -> WindowFlow:
        row, key, time, rows = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        return WindowFlow(frame, Instants(row, key, time, np.ones(len(row), dtype=np.bool_)), rows, self)

    def _grow(self, keys: int) -> None:
        known = len(self.state)
        if known >= keys:
            return
        self.state = first_seen(self.state, keys, -1)
        fresh = self.state[known:]
        fresh[:, self.kernel.HEADER + self.kernel.NUMBER : self.ends : self.kernel.SLOT] = NEVER
        self.begin(fresh)
        fresh[:, self.ends : self.ends + len(self.windows)] = NEVER
        fresh[:, self.ends + len(self.windows) :] = 1

    def begin(self, fresh: Rows) -> None:
        """Keys (n, words) before their first update: nothing is held."""
        fresh[:, spans.KNOWN] = 0


class LinesOperator(SpansOperator):
    """`compiler.plan.Slices` of what lies between samples, with all windows on it."""

    columns = LINE_COLUMNS
    kernel: ClassVar[Any] = lines

    def begin(self, fresh: Rows) -> None:
        """Keys (n, words) before their first sample."""
        fresh[:, lines.LATEST] = -1
