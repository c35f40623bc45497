"""Rules: the life of an alarm."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column, Mask
from ..automata_values import Terms
from ..flow import Flow, Sparse, Truth, looks, positions, truth, truths_over_rows
from ..frame import NO_INSTANTS, Frame, Instants, Rows, first_seen, union
from ..kernels import life as kernel
from ..kernels.episodes import SILENT, UNKNOWN, changes
from ..kernels.jit import NEVER
from ..lanes import NO_LANES, Lane, Lanes, by_lane, in_order, moved, one_lane, together
from ..output import Happening, Life, Output
from .elementwise import full
from .node import Operator, Setting
from .patterns import numbers_of

WHAT: tuple[Happening, ...] = ("raised", "repeated", "cleared", "uncertain", "certain", "flapping", "calm")
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)
NOWHERE: Mask = np.zeros(0, dtype=np.bool_)


@dataclass
class LifeFlow:
    """What happened to the instances of rules, each a lane, in a batch.

    lane (m,), ascending; at (m,): the place of each among the `instants`, of a lane in order; what (m,):
    `kernels.life`; counts: by instant, the number of the repetition there; first: which of all that happened to the
    rules of a family it begins with, if it is that of one of them.
    """

    frame: Frame
    instants: Instants
    lane: Lane
    at: Rows
    what: NDArray[np.int8]
    counts: Rows = field(default_factory=lambda: NO_ROWS)
    first: int = 0

    def __len__(self) -> int:
        return len(self.what)

    @property
    def count(self) -> Rows:
        """Which repetition each is; 0 of those that are none."""
        if len(self.counts) == 0:
            return np.zeros(len(self), dtype=np.int64)
        return np.where(self.what == kernel.REPEATED, self.counts[self.at], 0)

    def before_raising(self) -> Mask:
        """Of what it says that the rules were cleared, but where they have been raised at the very instant."""
        cleared: Mask = self.what == kernel.CLEARED
        same = (self.at[1:] == self.at[:-1]) & (self.lane[1:] == self.lane[:-1])
        cleared[1:] &= ~(same & (self.what[:-1] == kernel.RAISED))
        return cleared

    def of(self, lane: int) -> "LifeFlow":
        """What happened to one of the rules."""
        first, end = np.searchsorted(self.lane, [lane, lane + 1]).tolist()
        span = slice(first, end)
        zeros = np.zeros(end - first, dtype=np.int32)
        return LifeFlow(self.frame, self.instants, zeros, self.at[span], self.what[span], self.counts, first)


@dataclass(slots=True)
class Asked:
    """What an `until` asks of the match that has raised its rule, as `kernels.life` takes it.

    terms (n, 2), constants: as tests of patterns have them; depth: how much lies on their stack. values (inputs,
    instants): what they speak of; binds (instants, bounds): what is kept of a match there. State: kept (keys, bounds)
    of the match, lasts_at (keys,): when it will have been true for `lasting_ns`, or NEVER.
    """

    terms: NDArray[np.int64]
    constants: NDArray[np.float64]
    depth: int
    bounds: int
    lasting_ns: int = 0
    values: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    binds: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    kept: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    lasts_at: Rows = field(default_factory=lambda: NO_ROWS)

    def grow(self, keys: int) -> None:
        """Have room for so many keys."""
        if self.bounds:
            self.kept = first_seen(self.kept.reshape(-1, self.bounds), keys, np.nan)
            self.lasts_at = first_seen(self.lasts_at, keys, NEVER)

    def arrays(self) -> tuple[Any, ...]:
        stack = np.zeros(self.depth)
        return (
            self.terms, self.constants, self.values, self.binds, self.kept, self.lasting_ns, self.lasts_at, stack,
            stack.view(np.int64),
        )  # fmt: skip


NOTHING = Asked(np.zeros((0, 2), dtype=np.int64), np.zeros(0), 0, 0)
"""What is asked of an `until` that is an input like any other."""


class Lives:
    """The lives of the rules of a family, each a lane, by lane and key (`kernels.life`).

    Where no rule has a duration, no times are kept. `waiting` are the places in the state of those who wait for a
    timer; None: that has to be found.
    """

    def __init__(self, setting: Setting, rules: Sequence[p.Rule], timeline: str, places: Sequence[int]) -> None:
        """`places` are those of the rules in the plan. They differ in their names and in how long they wait."""
        self.setting = setting
        self.rules = rules
        self.timeline = timeline
        self.places = np.array(places, dtype=np.int64)
        self.names = {rule.name: lane for lane, rule in enumerate(rules)}
        one = rules[0]
        self.flags = (
            kernel.MOMENTARY * one.momentary_when
            | kernel.HAS_UNTIL * one.has_until
            | kernel.LATCHED * one.latched
            | kernel.HAS_HOLD * (one.hold_ns is not None)
        )
        self.durations = [
            np.array([getattr(rule, name) or 0 for rule in rules]) for name in ("cooldown_ns", "repeat_ns", "hold_ns")
        ]
        self.timed = any(durations.any() for durations in self.durations)
        self.asked = NOTHING
        self.state = np.zeros((len(rules), 0, 6), dtype=np.int8)
        self.times = np.zeros((len(rules), 0, 4), dtype=np.int64)
        self.waiting: Rows | None = None
        self.listed = NOWHERE
        self.acknowledged: tuple[int, int] | None = None

    def grow(self, keys: int) -> None:
        old = self.state.shape[1]
        self.asked.grow(keys)
        if old >= keys and not (self.timed and self.times.shape[1] < old):
            return
        self.state = by_lane(self.state, keys, 0)
        new = self.state.shape[1]
        if self.flags & kernel.HAS_UNTIL:
            self.state[:, old:, kernel.UNTIL] = UNKNOWN
        if self.timed:
            self.times = by_lane(self.times, new, NEVER)
        if self.waiting is not None:
            self.waiting = moved(self.waiting, old, new)

    def _begin(self, keys: int) -> Rows:
        """Have room for so many keys, and know who waits."""
        self.grow(keys)
        if self.waiting is None:
            self.waiting = self._pending() if self.timed else NO_ROWS
        if self.timed and len(self.listed) != len(self.rules) * self.state.shape[1]:
            self.listed = np.zeros(len(self.rules) * self.state.shape[1], dtype=np.bool_)
            self.listed[self.waiting] = True
        return self.waiting

    def ask(self, asked: Asked) -> None:
        """Have `until` ask this of the match that has raised the one rule."""
        self.asked = asked
        self.timed = self.timed or asked.lasting_ns > 0

    def _pending(self) -> Rows:
        """Where a timer runs."""
        state, times = self.state.reshape(-1, 6), self.times.reshape(-1, 4)
        runs = (times[:, [kernel.REPEAT_AT, kernel.HOLD_UNTIL]] != NEVER).any(axis=1)
        cools = (state[:, kernel.PENDING] == 1) & (times[:, kernel.COOL_UNTIL] != NEVER)
        runs[: len(self.asked.lasts_at)] |= self.asked.lasts_at[: len(runs)] != NEVER
        return np.flatnonzero(cools | ((state[:, kernel.STATE] == 1) & runs))

    def set(self, name: str, lane: int, given: NDArray[Any]) -> None:
        """Take over the state or the times of one of the rules."""
        if len(given):
            self.timed = self.timed or name == "times"
            self.grow(len(given))
            getattr(self, name)[lane, : len(given)] = given
        self.waiting, self.listed = None, NOWHERE

    def waits(self) -> bool:
        return self.waiting is None or len(self.waiting) > 0

    def run(self, frame: Frame, when: Lanes, until: Lanes | None) -> LifeFlow:
        """What comes of what is said to the rules, and of time."""
        waiting = self._begin(frame.keys)
        acknowledged, self.acknowledged = self.acknowledged, None
        if acknowledged is not None:
            when = Lanes(frame.rows, np.array([acknowledged[0]], np.int32), np.array([0]), np.array([SILENT], np.int8))
            until = None
        lanes, says = (when, None) if until is None else together(when, until)
        if len(lanes) == 0 and len(waiting) == 0:
            return LifeFlow(frame, NO_INSTANTS, NO_LANES.lane, NO_LANES.at, NO_LANES.truth)
        says = np.full(len(lanes), SILENT, dtype=np.int8) if says is None else says
        life = self._walk(frame, lanes, says, waiting, acknowledged is not None)
        if len(life):
            self._report(life)
        return life

    def _walk(self, frame: Frame, when: Lanes, until: Truth, waited: Rows, acknowledges: bool) -> LifeFlow:
        walk: Any = kernel.lives
        at = when.instants
        waiting = np.empty(len(waited) + len(when), dtype=np.int64)
        waiting[: len(waited)] = waited
        counts = np.array([0, 0, 0, len(waited), 0])
        rows = (frame.previous, frame.last) if self.timed else (NO_ROWS, NO_ROWS)
        start, size, fires = 0, len(when) + 64, (len(waiting) + 64) if self.timed else 0
        pieces: list[list[NDArray[Any]]] = []
        fired: list[list[NDArray[Any]]] = []
        before = 0
        while start < len(when) + counts[kernel.WAITING]:
            counts[: kernel.SUPPRESSED] = 0
            out: list[NDArray[Any]] = [np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int8)]
            timers: list[NDArray[Any]] = [
                np.empty(fires + 1, np.int64), np.empty(fires + 1, np.int32), np.empty(fires + 1, np.int64),
                np.empty(fires + 1, np.bool_), np.empty(fires + 1, np.int64),
            ]  # fmt: skip
            start = walk(
                start, when.lane, when.at, when.truth, until, at.key, at.row, at.time, at.timer, acknowledges,
                frame.event, frame.time, *rows, frame.running, self.state.shape[1],
                self.flags + kernel.TIMED * self.timed, *self.durations, self.state.reshape(-1),
                self.times.reshape(-1), waiting, self.listed, *out, *timers, counts, *self.asked.arrays(),
            )  # fmt: skip
            out = [a[: counts[kernel.WRITTEN]] for a in out]
            out[1][out[1] >= len(at)] += before
            before += int(counts[kernel.FIRED])
            pieces.append(out)
            fired.append([a[: counts[kernel.FIRED]] for a in timers])
        self.waiting = waiting[: counts[kernel.STILL_WAITING]].copy()
        if counts[kernel.SUPPRESSED]:
            self.setting.counters.dropped["suppressed"] += int(counts[kernel.SUPPRESSED])
        lane, place, what = _joined(pieces)
        if before == 0:
            return LifeFlow(frame, at, lane, place, what)
        row, key, time, timer, count = _joined(fired)
        return with_timers(frame, at, Instants(row, key, time, timer), count, lane, place, what)

    def _report(self, life: LifeFlow) -> None:
        """Tell what happened."""
        timeline, names = self.timeline, list(self.names)

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            each = zip(seqs, keys, times, life.lane.tolist(), life.what.tolist(), life.count.tolist(), strict=True)
            return [
                Life(seq, timeline, key, time, names[lane], WHAT[what], count)
                for seq, key, time, lane, what, count in each
            ]

        self.setting.gathered.add_lanes(
            timeline, life.frame, life.instants, life.at, life.lane, self.places, records,
            names=self.names, column=Column(life.what),
        )  # fmt: skip


def _joined(pieces: list[list[NDArray[Any]]]) -> list[NDArray[Any]]:
    return pieces[0] if len(pieces) == 1 else [np.concatenate(parts) for parts in zip(*pieces, strict=True)]


def with_timers(
    frame: Frame, at: Instants, fired: Instants, count: Rows, lane: Lane, place: Rows, what: NDArray[np.int8]
) -> LifeFlow:
    """What happened where something was said, and where timers fired (whose places come after), in one order."""
    n = len(at)
    used = np.zeros(n, dtype=np.bool_)
    used[place[place < n]] = True
    where = used.nonzero()[0]
    instants, (kept, timers) = union([at.take(where), fired])
    places = np.empty(n + len(fired), dtype=np.int64)
    places[where], places[n:] = kept, timers
    place = places[place]
    counts = np.zeros(len(instants), dtype=np.int64)
    counts[timers] = count
    order = in_order(lane, instants.row[place], len(frame))
    if order is not None:
        lane, place, what = lane[order], place[order], what[order]
    return LifeFlow(frame, instants, lane, place, what, counts)


class RuleOperator(Operator):
    """`compiler.plan.Rule`: alone, or a lane of a family (`runtime.families`), which is run for it."""

    STATE: ClassVar[tuple[str, ...]] = ("state", "times")
    SCRATCH: ClassVar[tuple[str, ...]] = ("lives",)

    def __init__(self, setting: Setting, rule: p.Rule, timeline: str, place: int) -> None:
        super().__init__(setting)
        self.rule = rule
        self.timeline = timeline
        self.place = place
        self.lane = 0

    @cached_property
    def lives(self) -> Lives:
        """Its own, unless a family has given it a lane of those of many."""
        return Lives(self.setting, [self.rule], self.timeline, [self.place])

    @property
    def state(self) -> NDArray[np.int8]:
        state: NDArray[np.int8] = self.lives.state[self.lane]
        return state

    @state.setter
    def state(self, state: NDArray[np.int8]) -> None:
        self.lives.set("state", self.lane, state)

    @property
    def times(self) -> Rows:
        times: Rows = self.lives.times[self.lane]
        return times

    @times.setter
    def times(self, times: Rows) -> None:
        self.lives.set("times", self.lane, times)

    def acknowledge(self, key: int) -> None:
        """Take an acknowledgement with the next frame, which is for it alone."""
        self.lives.acknowledged = self.lane, key

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        self.lives.grow(frame.keys)
        when = self._said(frame, inputs[0], kernel.WHEN)
        until = self._said(frame, inputs[1], kernel.UNTIL) if self.rule.has_until else None
        return self.lives.run(frame, when, until)

    def _said(self, frame: Frame, flow: Flow, of: int) -> Lanes:
        """The changes of a condition, the truth of which the state has."""
        if isinstance(flow, Sparse):
            return one_lane(flow.instants, truth(flow.column, len(flow.instants)))
        instants, truths = truths_over_rows(frame, flow)
        out = np.empty(len(instants), dtype=np.int64)
        found = out[: changes(instants.key, truths, self.state[:, of].copy(), out)]
        return one_lane(instants.take(found), truths[found])

    def waits(self) -> bool:
        return self.lives.waits()


class MatchRuleOperator(RuleOperator):
    """`compiler.plan.Rule` whose `until` speaks of the match that has raised it."""

    STATE = ("kept", "lasts_at")
    SCRATCH = ("asked",)

    def __init__(
        self, setting: Setting, rule: p.Rule, timeline: str, place: int, test: p.UntilTest, types: Sequence[str]
    ) -> None:
        """`types` are the inputs' types by name."""
        super().__init__(setting, rule, timeline, place)
        self.types = types
        self.behind = 1 + test.kept
        """The first of the inputs that `until` asks as they are."""
        of_now = {i: row for row, i in enumerate(range(self.behind, len(types)))}
        terms = Terms(types, types[1 : self.behind], of_now, setting.symbols)
        terms.add(test.terms)
        self.asked = Asked(
            np.array(terms.terms, dtype=np.int64), np.array(terms.constants), terms.depth, test.kept,
            test.lasting_ns or 0,
        )  # fmt: skip
        self.lives.ask(self.asked)

    @property
    def kept(self) -> NDArray[np.float64]:
        return self.asked.kept

    @kept.setter
    def kept(self, kept: NDArray[np.float64]) -> None:
        self.asked.kept = kept

    @property
    def lasts_at(self) -> Rows:
        return self.asked.lasts_at

    @lasts_at.setter
    def lasts_at(self, lasts_at: Rows) -> None:
        self.asked.lasts_at = lasts_at

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        self.lives.grow(frame.keys)
        when = self._said(frame, inputs[0], kernel.WHEN)
        looked_at = [when.instants, *(at for flow in inputs[self.behind :] if (at := looks(flow)) is not None)]
        instants, (happens, *_) = union(looked_at)
        truths = np.full(len(instants), SILENT, dtype=np.int8)
        truths[happens] = when.truth
        # Nobody asks anything of a key that is not raised, nor will be.
        matter = self.state[instants.key, kernel.STATE] == 1
        matter |= np.isin(instants.key, when.instants.key)
        instants, truths = instants.take(matter), truths[matter]
        numbers = [numbers_of(flow, type_, instants) for flow, type_ in zip(inputs[1:], self.types[1:], strict=True)]
        bounds = self.behind - 1
        self.asked.binds = np.array(numbers[:bounds]).T.copy()
        self.asked.values = np.array(numbers[bounds:]).reshape(len(inputs) - self.behind, len(instants))
        return self.lives.run(frame, one_lane(instants, truths), None)


class RaisedOperator(Operator):
    """`compiler.plan.Raised`."""

    def __init__(self, setting: Setting, lasts: bool) -> None:
        super().__init__(setting)
        self.lasts = lasts

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Flow:
        life: LifeFlow = inputs[0]
        changes = (self.lasts & ((life.what == kernel.RAISED) | (life.what == kernel.CLEARED))).nonzero()[0]
        at, raised = life.instants.take(life.at[changes]), life.what[changes] == kernel.RAISED
        # Of what happens at one instant the last counts.
        last = np.ones(len(at), dtype=np.bool_)
        last[:-1] = (at.row[1:] != at.row[:-1]) | (at.time[1:] != at.time[:-1]) | (at.timer[1:] != at.timer[:-1])
        return self.sparse(frame, at.take(last), Column(raised[last]))


class AtRaisingOperator(Operator):
    """`compiler.plan.AtRaising`."""

    def __init__(self, setting: Setting, earlier: bool) -> None:
        super().__init__(setting)
        self.earlier = earlier

    def run(self, frame: Frame, inputs: Sequence[Any]) -> Flow:
        life: LifeFlow = inputs[1]
        raised = life.instants.take(life.at[life.what == kernel.RAISED])
        newest = self.sparse(frame, raised, full(inputs[0].at(raised), len(raised)))
        if not self.earlier:
            return newest
        # It is asked for where what was raised earlier is cleared: that comes before any raising there.
        cleared = life.instants.take(life.at[life.before_raising()])
        index = positions(frame, cleared, raised)
        here = index >= 0
        found = index[here]
        here[here] = (
            (raised.row[found] == cleared.row[here])
            & (raised.time[found] == cleared.time[here])
            & (raised.timer[found] == cleared.timer[here])
        )
        index[here] = _before_in_key(raised)[index[here]]
        assert newest.held is not None
        return Sparse(frame, cleared, newest.held.look(index, cleared.key, newest.column), newest.held)


def _before_in_key(instants: Instants) -> Rows:
    """For each instant the place of the one before it of the same key, or -1."""
    before = np.full(len(instants), -1)
    order = instants.key.argsort(kind="stable")
    again = instants.key[order[1:]] == instants.key[order[:-1]]
    before[order[1:][again]] = order[:-1][again]
    return before
