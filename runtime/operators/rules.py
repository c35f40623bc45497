"""Rules: the life of an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column, Mask
from ..flow import Flow, Sparse, TruthChanges, truth
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows, first_seen
from ..kernels import life as kernel
from ..kernels.episodes import SILENT, UNKNOWN
from ..kernels.jit import NEVER
from ..output import Happening, Life, Output
from .node import Operator, Setting

WHAT: tuple[Happening, ...] = ("raised", "repeated", "cleared", "uncertain", "certain")
NOTHING = np.zeros(0, dtype=np.int8)
NO_COUNTS: Rows = np.zeros(0, dtype=np.int64)


@dataclass
class LifeFlow:
    """What happened to a rule's instances in a batch: when, what (`kernels.life`), and which repetition."""

    frame: Frame
    instants: Instants
    what: NDArray[np.int8]
    count: Rows


class RuleOperator(Operator):
    """`compiler.plan.Rule`."""

    STATE = ("when", "until", "state", "times", "waiting")
    SCRATCH = ("acknowledged",)

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
        self.waiting: Keys = np.zeros(0, dtype=np.int32)
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
        parts = [instants for instants, _ in changes]
        acknowledged, self.acknowledged = self.acknowledged, None
        if acknowledged is not None:
            parts.append(frame.rows)
        if self.timed and (len(self.waiting) or any(len(part) for part in parts)):
            # Timers fall due at rows of keys whose timers run, and of those at which they may begin to.
            self.waiting = np.unique(np.concatenate([self.waiting, *(part.key for part in parts)]))
            parts.append(frame.rows_of(self.waiting))
        at, where = frame.merge(parts, base=False)
        if len(at) == 0:
            return LifeFlow(frame, NO_INSTANTS, NOTHING, NO_COUNTS)
        truths = [np.full(len(at), SILENT, dtype=np.int8) for _ in range(2)]
        for i, (_, told) in enumerate(changes):
            truths[i][where[i]] = told
        attention = np.where(at.timer | frame.event[at.row], np.int8(kernel.LOOKS), np.int8(kernel.PASSES))
        if acknowledged is not None:
            attention[:] = kernel.ACKNOWLEDGES
        life = self._walk(frame, at, truths[0], truths[1], attention)
        if self.timed:
            self.waiting = self.waiting[self._pending(self.waiting)]
        if len(life.instants):
            self._report(life)
        return life

    def waits(self) -> bool:
        return len(self.waiting) > 0

    def _pending(self, keys: Keys) -> Mask:
        """Which of the keys have a timer that runs."""
        state, times = self.state[keys], self.times[keys]
        runs = (times[:, [kernel.REPEAT_AT, kernel.HOLD_UNTIL]] != NEVER).any(axis=1)
        pending: Mask = (state[:, kernel.PENDING] == 1) | ((state[:, kernel.STATE] == 1) & runs)
        return pending

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
        row, time, timer, key, what, count = (
            pieces[0] if len(pieces) == 1 else [np.concatenate([piece[i] for piece in pieces]) for i in range(6)]
        )
        return LifeFlow(frame, Instants(row, key, time, timer), what, count)

    def _report(self, life: LifeFlow) -> None:
        """Tell what happened."""
        name, timeline = self.rule.name, self.timeline

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            whats, counts = life.what.tolist(), life.count.tolist()
            return [
                Life(seq, timeline, key, time, name, WHAT[what], count)
                for seq, key, time, what, count in zip(seqs, keys, times, whats, counts, strict=True)
            ]

        self.setting.gathered.add(
            timeline, life.frame, life.instants, self.place, records, name=name, column=Column(life.what)
        )

    def _grow(self, keys: int) -> None:
        if len(self.state) >= keys:
            return
        old = len(self.state)
        self.state = first_seen(self.state, keys, 0)
        self.state[old:, kernel.WHEN] = UNKNOWN
        self.state[old:, kernel.UNTIL] = UNKNOWN
        self.times = first_seen(self.times, keys, NEVER)


class RaisedOperator(Operator):
    """`compiler.plan.Raised`."""

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Flow:
        life: LifeFlow = inputs[0]
        changes = (life.what == kernel.RAISED) | (life.what == kernel.CLEARED)
        at, raised = life.instants.take(changes), life.what[changes] == kernel.RAISED
        # Of what happens at one instant the last counts.
        last = np.ones(len(at), dtype=np.bool_)
        last[:-1] = (at.row[1:] != at.row[:-1]) | (at.time[1:] != at.time[:-1]) | (at.timer[1:] != at.timer[:-1])
        return self.sparse(frame, at.take(last), Column(raised[last]))
