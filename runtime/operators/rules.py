"""Rules: the life of an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ..flow import Flow, Sparse, TruthChanges, truth
from ..frame import Frame, Instants, Keys, Rows, first_seen
from ..kernels import life as kernel
from ..kernels.episodes import SILENT, UNKNOWN
from ..kernels.jit import NEVER
from ..output import Happening, Life, Output
from .node import Operator, Setting

WHAT: tuple[Happening, ...] = ("raised", "repeated", "cleared", "uncertain", "certain")


@dataclass
class LifeFlow:
    """What happened to a rule's instances in a batch: when, what (`kernels.life`), and which repetition."""

    frame: Frame
    instants: Instants
    what: NDArray[np.int8]
    count: Rows


class RuleOperator(Operator):
    """`compiler.plan.Rule`."""

    def __init__(self, setting: Setting, rule: p.Rule, timeline: str, place: int) -> None:
        super().__init__(setting)
        self.rule = rule
        self.timeline = timeline
        self.place = place
        self.flags = (
            kernel.MOMENTARY * rule.momentary_when
            | kernel.HAS_UNTIL * rule.has_until
            | kernel.LATCHED * rule.latched
            | kernel.HAS_HOLD * (rule.hold_ns is not None)
        )
        self.timed = any((rule.cooldown_ns, rule.repeat_ns, rule.hold_ns))
        self.when, self.until = TruthChanges(), TruthChanges()
        self.state = np.zeros((0, 6), dtype=np.int8)
        self.times = np.zeros((0, 4), dtype=np.int64)
        self.acknowledged: Keys | None = None

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        self._grow(frame.keys)
        when = inputs[0]
        if self.rule.momentary_when:
            assert isinstance(when, Sparse)
            changes = [(when.instants, truth(when.column, len(when.instants)))]
        else:
            changes = [self.when.of(frame, when)]
        if self.rule.has_until:
            changes.append(self.until.of(frame, inputs[1]))
        acknowledged = self.acknowledged
        at, where = frame.merge([c[0] for c in changes], base=self.timed or acknowledged is not None)
        truths = [np.full(len(at), SILENT, dtype=np.int8) for _ in range(2)]
        for i, (_, told) in enumerate(changes):
            truths[i][where[i]] = told
        attention = np.where(at.timer | frame.event[at.row], np.int8(kernel.LOOKS), np.int8(kernel.PASSES))
        if acknowledged is not None:
            attention[:] = kernel.ACKNOWLEDGES
            self.acknowledged = None
        return self._report(self._walk(frame, at, truths[0], truths[1], attention))

    def _walk(self, frame: Frame, at: Instants, when: Any, until: Any, attention: Any) -> LifeFlow:
        rule = self.rule
        walk: Any = kernel.life
        start, size = 0, len(at) + 64
        pieces: list[list[NDArray[Any]]] = []
        while start < len(at):
            counts = np.zeros(2, dtype=np.int64)
            out: list[Any] = [
                np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64), np.empty(size, dtype=np.bool_),
                np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int8), np.empty(size, dtype=np.int64),
            ]  # fmt: skip
            start = walk(
                start, at.key, at.row, at.time, at.timer, when, until, attention, frame.running, self.flags,
                rule.cooldown_ns or 0, rule.repeat_ns or 0, rule.hold_ns or 0, self.state, self.times, *out, counts,
            )  # fmt: skip
            pieces.append([a[: counts[0]].copy() for a in out])
            if counts[1]:
                self.setting.counters.dropped["suppressed"] += int(counts[1])
        types: list[Any] = [np.int64, np.int64, np.bool_, np.int32, np.int8, np.int64]
        row, time, timer, key, what, count = (
            np.concatenate([piece[i] for piece in pieces]) if pieces else np.zeros(0, dtype=types[i]) for i in range(6)
        )
        return LifeFlow(frame, Instants(row, key, time, timer), what, count)

    def _report(self, life: LifeFlow) -> LifeFlow:
        name, timeline = self.rule.name, self.timeline

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            whats, counts = life.what.tolist(), life.count.tolist()
            return [
                Life(seq, timeline, key, time, name, WHAT[what], count)
                for seq, key, time, what, count in zip(seqs, keys, times, whats, counts, strict=True)
            ]

        self.setting.gathered.add(timeline, life.frame, life.instants, self.place, records)
        return life

    def _grow(self, keys: int) -> None:
        if len(self.state) >= keys:
            return
        old = len(self.state)
        self.state = first_seen(self.state, keys, 0)
        self.state[old:, kernel.WHEN] = UNKNOWN
        self.state[old:, kernel.UNTIL] = UNKNOWN
        self.times = first_seen(self.times, keys, NEVER)
