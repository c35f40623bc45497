"""Windows without a grid that are about what was held: of the newest samples, of a session, while a condition holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Mask, Values
from ...stdlib.parts import HELD_COLUMNS, spans_within
from ..flow import Flow, truths_over_rows
from ..frame import Frame, Instants, Rows, first_seen
from ..kernels import recent_spans as kernel
from ..kernels.episodes import SILENT
from ..kernels.jit import NEVER
from ..kernels.spans import COLUMNS
from .node import Operator, Setting
from .pool import Pooled
from .recent import sampled
from .windows import WindowFlow


@dataclass
class Held:
    """What a walk takes, in order: base rows, and moments between them. `kind`: what an update is (`kernel.BEGINS`,
    `ENDS`), or `NOTHING`; `asked`: whether there is an update."""

    at: Instants
    kind: NDArray[np.int8]
    asked: Mask
    value: Values


def held_of(frame: Frame, inputs: Sequence[Flow], thinned: bool) -> Held:
    """The updates of the first input among the frame's rows. If `thinned`, the next one is a `Thin`: where it is false,
    the update came too early, and is none."""
    found = sampled(inputs, 1)
    kind = np.where(found.sampled, kernel.BEGINS, kernel.ENDS).astype(np.int8)
    if thinned:
        passes = inputs[1].at(found.at)
        kind[np.broadcast_to(passes.mask() & ~passes.values.astype(np.bool_), len(kind))] = kernel.NOTHING
    at, (position,) = frame.merge([found.at], base=True)
    kinds, asked, value = np.zeros(len(at), np.int8), np.zeros(len(at), np.bool_), np.zeros(len(at))
    kinds[position], asked[position], value[position] = kind, True, found.value
    return Held(at, kinds, asked, value)


class HeldWindow(Operator):
    """A window of what was held, with `words` of its own for each key."""

    STATE: ClassVar[tuple[str, ...]] = ("own",)
    columns: tuple[str, ...] = HELD_COLUMNS
    words = kernel.OWN

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.own = np.zeros((0, self.words), dtype=np.int64)

    def words_of(self, keys: int) -> Rows:
        """The words of so many keys."""
        self.own = first_seen(self.own, keys, 0)
        return self.own.reshape(-1)

    def flow(self, frame: Frame, at: Instants, rows: Rows) -> WindowFlow:
        """What was given, at these instants."""
        return WindowFlow(frame, at, rows[: len(at) * COLUMNS].reshape(-1, COLUMNS), self)


class HeldRecentOperator(HeldWindow, Pooled):
    """`compiler.plan.Recent` of what was held: a pool holds the spans of all keys."""

    def __init__(self, setting: Setting, recent: p.Recent) -> None:
        super().__init__(setting)
        self.recent = recent
        self.begin_pool(2, kernel.ROW)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        """Take the updates; give the window's values."""
        self.grow_places(frame.keys)
        own, recent = self.words_of(frame.keys), self.recent
        found = held_of(frame, inputs, thinned=recent.width_ns is not None)
        at, asked = found.at, found.asked
        if recent.width_ns is None:
            asked = (found.kind == kernel.BEGINS) & (recent.every_ns is None)
        size = len(at) if recent.every_ns is not None else int(asked.sum())
        row, time = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        key, timer = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.bool_)
        out, counts = np.empty(size * COLUMNS, dtype=np.int64), np.zeros(1, dtype=np.int64)
        scratch = np.zeros(kernel.ROW, dtype=np.int64)
        start = 0
        while start < len(at):
            start = kernel.newest(
                start, at.key, at.row, at.time, at.timer, found.kind, asked, found.value, frame.running,
                recent.samples, recent.width_ns or 0, recent.every_ns or 0,
                self.pool_value, self.pool_time, self.pool_rows.view(np.float64), self.pool_rows, self.used,
                self.places, own.view(np.float64), own, scratch.view(np.float64), scratch,
                row, key, time, timer, out, counts,
            )  # fmt: skip
            if start < len(at):
                self.widen(spans_within(recent.samples))
        n = int(counts[0])
        return self.flow(frame, Instants(row[:n], key[:n], time[:n], timer[:n]), out)


class HeldSessionOperator(HeldWindow):
    """`compiler.plan.Session` of what was held."""

    words = kernel.OF_SESSION

    def __init__(self, setting: Setting, session: p.Session) -> None:
        super().__init__(setting)
        self.gap = session.gap_ns
        self.maximum = NEVER // 2 if session.maximum_ns is None else session.maximum_ns

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        """Take the updates; give the sessions that ended."""
        known = len(self.own)
        own = self.words_of(frame.keys)
        self.own[known:, kernel.ENDING] = NEVER
        found = held_of(frame, inputs, thinned=False)
        at = found.at
        size = int((found.kind == kernel.BEGINS).sum()) + 2 * min(len(at), frame.keys)
        row, time = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        key, out = np.empty(size, dtype=np.int32), np.empty(size * COLUMNS, dtype=np.int64)
        n = kernel.sessions(
            at.key, at.row, at.time, found.kind, found.value, frame.running, self.gap, self.maximum,
            own.view(np.float64), own, row, key, time, out,
        )  # fmt: skip
        return self.flow(frame, Instants(row[:n], key[:n], time[:n], np.ones(n, dtype=np.bool_)), out)


class HeldWhileOperator(HeldWindow):
    """`compiler.plan.While` of what was held."""

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        """Take the updates, and look at the condition."""
        *held, condition = inputs
        own = self.words_of(frame.keys)
        found = held_of(frame, held, thinned=False)
        looked, truths = truths_over_rows(frame, condition)
        at, (seen, taken) = frame.merge([looked, found.at], base=True)
        truth = np.full(len(at), SILENT, dtype=np.int8)
        kind, value = np.zeros(len(at), dtype=np.int8), np.zeros(len(at))
        truth[seen], kind[taken], value[taken] = truths, found.kind, found.value
        size = int((truth != SILENT).sum())
        given, out = np.empty(size, dtype=np.int64), np.empty(size * COLUMNS, dtype=np.int64)
        n = kernel.whiles(
            at.key, at.row, at.time, truth, kind, value, frame.running, own.view(np.float64), own, given, out
        )
        return self.flow(frame, at.take(given[:n]), out)
