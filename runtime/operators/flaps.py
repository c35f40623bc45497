"""Rules that may be raised only so often."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...compiler import plan as p
from ..frame import Frame, Instants, Rows, first_seen
from ..kernels import flaps as kernel
from ..kernels.jit import NEVER
from ..output import Life, Output
from .node import Operator, Setting
from .rules import WHAT, LifeFlow, with_timers


class FlapsOperator(Operator):
    """`compiler.plan.Flaps`. By key `times` when it was raised, and `flapping` (`kernels.flaps`)."""

    STATE = ("times", "flapping")

    def __init__(self, setting: Setting, flaps: p.Flaps, rule: p.Rule, timeline: str, place: int) -> None:
        super().__init__(setting)
        self.flaps = flaps
        self.timeline = timeline
        self.place = place
        self.momentary = rule.momentary_when and not (rule.has_until or rule.latched or rule.hold_ns is not None)
        self.times: Rows = np.zeros((0, flaps.above), dtype=np.int64)
        self.flapping: Rows = np.zeros((0, 3), dtype=np.int64)

    def waits(self) -> bool:
        return bool((self.flapping[:, kernel.STATE] & kernel.FLAPS).any())

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Any:
        """What its actions hear of."""
        life: LifeFlow = inputs[0]
        self.times = first_seen(self.times, frame.keys, -NEVER)
        self.flapping = first_seen(self.flapping, frame.keys, 0)
        happened, at = len(life), life.instants
        told = np.zeros(len(self.flapping), dtype=np.bool_)
        told[at.key[life.at]] = True
        waiting = np.flatnonzero(told | (self.flapping[:, kernel.STATE] & kernel.FLAPS > 0))[: frame.keys]
        size, fires = 4 * happened + 2 * len(waiting), happened + len(waiting)
        place, what = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int8)
        row, time = np.empty(fires, dtype=np.int64), np.empty(fires, dtype=np.int64)
        key = np.empty(fires, dtype=np.int32)
        counts = np.zeros(2, dtype=np.int64)
        kernel.flaps(
            life.at, life.what, at.key, at.row, at.time, frame.time, frame.previous, frame.last,
            waiting.astype(np.int32), frame.running, self.flaps.within_ns, self.momentary, self.times, self.flapping,
            place, what, row, key, time, counts,
        )  # fmt: skip
        n, f = counts.tolist()
        calm = Instants(row[:f], key[:f], time[:f], np.ones(f, dtype=np.bool_))
        zeros = np.zeros(n, dtype=np.int32)
        heard = with_timers(frame, at, calm, np.zeros(f, dtype=np.int64), zeros, place[:n], what[:n])
        self._report(heard)
        return heard

    def _report(self, heard: LifeFlow) -> None:
        """Tell when it begins to flap, and when it is calm."""
        found = np.flatnonzero(heard.what >= kernel.FLAPPING)
        what = heard.what[found].tolist()
        timeline, rule = self.timeline, self.flaps.rule

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            each = zip(seqs, keys, times, what, strict=True)
            return [Life(seq, timeline, key, time, rule, WHAT[code]) for seq, key, time, code in each]

        moments = heard.instants.take(heard.at[found])
        self.setting.gathered.add(timeline, heard.frame, moments, self.place, records)
