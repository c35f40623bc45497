"""Patterns: what may matter to threads in a batch, the walk over it, and the matches that come of it."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import DTYPES, Column
from .. import automata, automata_values
from ..flow import Dense, Flow, Sparse, looks, true_at, updates
from ..frame import NO_INSTANTS, Frame, Instants, Rows, union
from ..kernels import automaton_layout as layout
from ..kernels.automaton import walk
from ..kernels.automaton_threads import count_events, list_events, release_events
from ..kernels.instants import that_matter
from .elementwise import full
from .node import Operator, Setting

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """Matches (or what has expired) in one batch.

    instants: those at which there is one; at (m,): of each the place of its instant; place (m,): which it is at that
    instant; values (m, bound values); events, if they are listed.
    """

    instants: Instants
    at: Rows
    place: Rows
    values: Numbers
    events: "Events | None" = None


@dataclass(frozen=True, slots=True)
class Events:
    """The events of m matches: of match j those before `ends[j]` (m,) and behind the match before it: `steps`, `times`.
    `names` are the steps'."""

    names: tuple[str, ...]
    ends: Rows
    steps: Rows
    times: Rows

    def of_matches(self) -> list[tuple[tuple[str, int], ...]]:
        """Of each match the names and times of its events."""
        each = [(self.names[step], time) for step, time in zip(self.steps.tolist(), self.times.tolist(), strict=True)]
        ends = self.ends.tolist()
        return [tuple(each[first:end]) for first, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []


def together(parts: Sequence[Events]) -> Events:
    """The events of matches of several walks."""
    before = np.cumsum([0, *(len(part.steps) for part in parts)])
    ends = np.concatenate([part.ends + count for part, count in zip(parts, before[:-1], strict=True)])
    steps, times = (np.concatenate([getattr(part, name) for part in parts]) for name in ("steps", "times"))
    return Events(parts[0].names, ends, steps, times)


@dataclass(slots=True)
class Matches(Sparse):
    """A pattern's flow: an event at each instant with a match; `found` are the matches themselves."""

    found: Found | None = None


class BoundValues(Operator):
    """An operator whose newest matches, or newest beginnings that ran out of time, have bound values."""

    SCRATCH: ClassVar[tuple[str, ...]] = ("found",)

    def __init__(self, setting: Setting, types: Sequence[str]) -> None:
        """`types` are those of the bound values."""
        super().__init__(setting)
        self.bound_types = types
        self.found: Found | None = None

    def commit(self) -> None:
        super().commit()
        self.found = None

    def give(self, frame: Frame, found: Found) -> Flow:
        """The flow of what was found."""
        self.found = found
        n = len(found.instants)
        return Matches(frame, found.instants, Column(np.ones(n, dtype=np.bool_)), None, event=True, found=found)

    def bound_column(self, bound: int) -> Column:
        """What the last match of each instant had bound."""
        assert self.found is not None
        last = np.searchsorted(self.found.at, np.arange(len(self.found.instants)), side="right") - 1
        number = np.ascontiguousarray(self.found.values[last, bound])
        known = ~np.isnan(number)
        type_name = self.bound_types[bound]
        if type_name == "time":
            return Column(number.view(np.int64), None if known.all() else known)
        return Column(np.where(known, number, 0.0).astype(DTYPES[type_name]), None if known.all() else known)


def numbers_of(flow: Flow, type_name: str, instants: Instants) -> Numbers:
    """A flow's values as floats, NaN where absent; times keep their bits."""
    column = full(flow.at(instants), len(instants))
    if type_name == "time":
        return np.where(column.mask(), column.values, -1).view(np.float64)
    values = np.ascontiguousarray(column.values, dtype=np.float64)
    return values if column.known is None else np.where(column.known, values, np.nan)


class OneEventOperator(BoundValues):
    """`compiler.plan.Pattern` of one event: whatever meets its step is a match, and nothing ever waits."""

    def __init__(self, setting: Setting, pattern: p.Pattern, types: Sequence[str], step: int) -> None:
        """`types` are the inputs' types by name; `step`: the one that the pattern consists of."""
        super().__init__(setting, [automata_values.bound_type(bound, types) for bound in pattern.bounds])
        self.pattern = pattern
        self.types = types
        self.step = step
        self.names = tuple(one.name for one in pattern.steps)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        at = self._met(inputs)
        n = len(at)
        values = np.empty((n, len(self.pattern.bounds)))
        for place, bound in enumerate(self.pattern.bounds):
            i = bound.value
            x = np.ones(n) if i is None else numbers_of(inputs[i], self.types[i], at)
            values[:, place] = automata_values.of_one_event(bound, x, at.time)
        every = np.arange(n)
        events = Events(self.names, every + 1, np.full(n, self.step), at.time) if self.pattern.listed else None
        return self.give(frame, Found(at, every, np.zeros(n, dtype=np.int64), values, events))

    def _met(self, inputs: Sequence[Flow]) -> Instants:
        """The instants that meet the step."""
        step = self.pattern.steps[self.step]
        parts = [at for i in step.updates if (at := updates(inputs[i])) is not None]
        instants = parts[0] if len(parts) == 1 else union(parts)[0] if parts else NO_INSTANTS
        if step.condition is None or len(instants) == 0:
            return instants
        return instants.take(true_at(inputs[step.condition], instants))


class PatternOperator(BoundValues):
    """`compiler.plan.Pattern`."""

    STATE: ClassVar[tuple[str, ...]] = ("keys", "threads", "bound", "events", "pool", "last")
    SCRATCH: ClassVar[tuple[str, ...]] = ("expired", "room", "scratch")

    def __init__(
        self, setting: Setting, pattern: p.Pattern, types: Sequence[str], expires: bool, nows: Collection[int]
    ) -> None:
        """`types` are the inputs' types by name, `nows` those that are the time; `expires`: somebody asks what ran out
        of time."""
        self.program = automata.compile_pattern(pattern, types, setting.symbols, expires, nows)
        super().__init__(setting, self.program.bound_types)
        self.pattern = pattern
        self.types = types
        self.options = self.program.arrays[7]
        self.timed = bool(self.options[layout.TIMED])
        self.watched = sorted({i for step in pattern.steps for i in step.updates})
        self.lasting = int(self.options[layout.LASTING_STEPS])
        self.looked_at = automata.steps_looked_at(self.program) | self.lasting
        self.used = automata_values.inputs_used(pattern, nows)
        nothing = automata.empty_state(self.program, 0, 0, 0)
        self.keys, self.threads, self.bound, self.events, self.pool, self.last = nothing
        self.scratch = automata.scratch(self.program)
        self.room = 256
        self.names = tuple(step.name for step in pattern.steps)
        self.expired: Found | None = None
        self.nothing = _found(
            np.zeros((0, layout.OUT_COLUMNS), np.int64), np.zeros((0, self.program.bound_columns)), None
        )

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.grow(frame.keys)
        instants, met, updated = self.facts(frame, inputs)
        matter = self.matter(instants, met, updated)
        if matter is not None and len(matter) == 0:
            self.expired = self.nothing
            return self.give(frame, self.nothing)
        if matter is not None:
            instants, same, met = instants.take(matter), updated is met, met[matter]
            updated = met if same else updated[matter]
        return self.walked(frame, instants, met, updated, self.numbers(inputs, instants))

    def grow(self, keys: int) -> None:
        """Have room for so many keys."""
        if len(self.keys) < keys:
            more = max(keys, 2 * len(self.keys), 16) - len(self.keys)
            self.keys = np.concatenate([self.keys, automata.no_threads(more)])
            self.last = np.concatenate([self.last, np.zeros((more, self.last.shape[1]))])

    def walked(self, frame: Frame, instants: Instants, met: Rows, updated: Rows, numbers: Numbers) -> Flow:
        """What comes of these instants."""
        rows, values, events = self._walk(frame.running, instants, met, updated, numbers)
        if not self.options[layout.EXPIRES]:
            self.expired = self.nothing
            return self.give(frame, _found(rows, values, events))
        expired = rows[:, layout.KIND] == layout.EXPIRED
        matched = (~expired).nonzero()[0]
        self.expired = _found(rows[expired], values[expired], None)
        # Of what has expired no events are listed.
        listed = None if events is None else replace(events, ends=events.ends[matched])
        return self.give(frame, _found(rows[matched], values[matched], listed))

    # -- What may matter ----------------------------------------------------------------------------------------------

    def facts(self, frame: Frame, inputs: Sequence[Flow], among: Instants | None = None) -> tuple[Instants, Rows, Rows]:
        """The instants that may matter; which steps (bits) each may meet, and of which it updates the inputs. Where
        nobody asks about updates, these are what may be met, once more.

        `among`: the instants are these, and all at which an input is updated are among them.
        """
        parts = {i: at for i in self.watched if (at := updates(inputs[i])) is not None}
        # Where something must last, what inputs are at a time at which nothing comes is what they were before it.
        changes = [at for i in self.used if (at := looks(inputs[i])) is not None] if self.lasting else []
        base = self.timed or any(isinstance(inputs[i], Dense) for i in parts)
        if among is not None:
            instants = among
            places = [union([among, at])[1][1] for at in parts.values()]
        elif parts or base:
            instants, places = frame.merge([*parts.values(), *changes], base)
        else:
            instants, places = NO_INSTANTS, []
        where = dict(zip(parts, places, strict=False))
        every = {i for i, at in parts.items() if len(at) == len(instants)}
        met = np.full(len(instants), self._met_by_all(every), dtype=np.int64)
        updated = np.zeros(len(instants), dtype=np.int64) if self.looked_at else met
        for number, step in enumerate(self.pattern.steps):
            bit = 1 << number
            for i in step.updates:
                at = parts.get(i)
                if at is None or len(at) == 0:
                    continue
                if self.looked_at >> number & 1:
                    updated[... if i in every else where[i]] |= bit
                if self.lasting >> number & 1:
                    continue
                if step.condition is None:
                    if i not in every:
                        met[where[i]] |= bit
                    continue
                true = true_at(inputs[step.condition], at)
                met[true if i in every else where[i][true]] |= bit
        return instants, met, updated

    def _met_by_all(self, every: AbstractSet[int]) -> int:
        """The steps (bits) that are met by all instants, if these inputs are updated at each of them."""
        return sum(
            1 << number
            for number, step in enumerate(self.pattern.steps)
            if step.condition is None and not self.lasting >> number & 1 and not every.isdisjoint(step.updates)
        )

    def matter(self, instants: Instants, met: Rows, updated: Rows) -> Rows | None:
        """Of the instants those of keys that have threads, or begin some in this batch; None: all."""
        waiting = self.keys[:, layout.WAITING] > 0
        found = that_matter(instants.key, met, updated, self.options[layout.BEGINS], self.timed, waiting)
        return found if 2 * len(found) < len(instants) else None

    def numbers(self, inputs: Sequence[Flow], instants: Instants) -> Numbers:
        """The values that are asked for, by input; those of the other inputs are not filled in."""
        n = len(instants)
        if len(self.used) == 1:
            i = self.used[0]
            return numbers_of(inputs[i], self.types[i], instants).reshape(1, n)
        values = np.empty((len(self.used), n))
        for place, i in enumerate(self.used):
            values[place] = numbers_of(inputs[i], self.types[i], instants)
        return values

    # -- The walk -----------------------------------------------------------------------------------------------------

    def _walk(
        self, running: int, instants: Instants, met: Rows, updated: Rows, values: Numbers
    ) -> tuple[NDArray[np.int64], Numbers, Events | None]:
        """What comes of the instants: rows of `automaton_layout.OUT_COLUMNS`, what was bound, and the events."""
        if self.lasting:
            met, updated, values = np.append(met, 0), np.append(updated, 0), np.pad(values, ((0, 0), (0, 1)))
        of_instants = (instants.key, instants.row, instants.time, instants.timer, met, updated, values)
        found = [np.zeros((0, layout.OUT_COLUMNS), dtype=np.int64)]
        bound = [np.zeros((0, self.program.bound_columns))]
        listed = [Events(self.names, *(np.zeros(0, dtype=np.int64) for _ in range(3)))]
        start = 0
        while start < len(instants):
            rows = np.empty((self.room, layout.OUT_COLUMNS), dtype=np.int64)
            had = np.empty((self.room, self.program.bound_columns))
            counts = np.zeros(1, dtype=np.int64)
            state = (self.keys, self.threads, self.bound, self.events, self.pool, self.last, *self.scratch)
            start = walk(start, running, self.program.arrays, state, of_instants, (rows, had, counts))
            found.append(rows[: counts[0]])
            bound.append(had[: counts[0]])
            if self.pattern.listed:
                listed.append(self._listed(found[-1]))
            if start < len(instants):
                self._make_room(int(instants.key[start]))
        if self.pool[layout.DROPPED]:
            self.setting.counters.dropped["dropped_partial"] += int(self.pool[layout.DROPPED])
            self.pool[layout.DROPPED] = 0
        events = together(listed) if self.pattern.listed else None
        return np.concatenate(found), np.concatenate(bound), events

    def _listed(self, rows: NDArray[np.int64]) -> Events:
        """The events of matches; nobody refers to them for these any longer."""
        newest = np.ascontiguousarray(rows[:, layout.NEWEST])
        counts = np.empty(len(newest), dtype=np.int64)
        count_events(newest, self.events, counts)
        ends = np.cumsum(counts)
        steps, times = (np.empty(counts.sum(), dtype=np.int64) for _ in range(2))
        list_events(newest, self.events, ends, steps, times)
        release_events(newest, self.events, self.pool)
        return Events(self.names, ends, steps, times)

    def _make_room(self, key: int) -> None:
        """Have room for what an instant of the key may bring about."""
        seeds = len(self.program.arrays[8])
        most = (int(self.keys[key, layout.WAITING]) + seeds) * int(self.options[layout.FAN_OUT])
        self.room = max(self.room, 8 * most)
        for rows, free in ((self.threads, layout.FREE_THREADS), (self.events, layout.FREE_EVENTS)):
            if self.pool[free] < most and (rows is self.threads or self.pattern.listed):
                more = max(len(rows), most, 64)
                self.pool[free] += more
                wider = np.concatenate([rows, np.zeros((more, rows.shape[1]), dtype=np.int64)])
                if rows is self.events:
                    self.events = wider
                else:
                    self.threads = wider
                    self.bound = np.concatenate([self.bound, np.zeros((more, self.bound.shape[1]))])


def _found(rows: NDArray[np.int64], values: Numbers, events: Events | None) -> Found:
    """What a walk has put out, by instant."""
    fresh = np.ones(len(rows), dtype=np.bool_)
    row, timer, time = (rows[:, column] for column in (layout.ROW, layout.TIMER, layout.MOMENT))
    fresh[1:] = (row[1:] != row[:-1]) | (timer[1:] != timer[:-1]) | (time[1:] != time[:-1])
    first = fresh.nonzero()[0]
    at = np.arange(len(rows)) if len(first) == len(rows) else np.cumsum(fresh) - 1
    instants = Instants(
        row[first],
        rows[first, layout.KEY].astype(np.int32),
        time[first],
        timer[first] == 1,
    )
    return Found(instants, at, np.arange(len(rows)) - first[at], values, events)


class ExpiredOperator(BoundValues):
    """`compiler.plan.Expired`."""

    def __init__(self, setting: Setting, pattern: PatternOperator) -> None:
        super().__init__(setting, pattern.bound_types)
        self.pattern = pattern

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        assert self.pattern.expired is not None
        return self.give(frame, self.pattern.expired)


class CapturedOperator(Operator):
    """`compiler.plan.Captured`: a signal that holds what the newest match had bound."""

    def __init__(self, setting: Setting, source: BoundValues, bound: int) -> None:
        super().__init__(setting)
        self.source = source
        self.bound = bound

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        matches: Any = inputs[0]
        return self.sparse(frame, matches.instants, self.source.bound_column(self.bound))
