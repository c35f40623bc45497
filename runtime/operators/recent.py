"""Windows that keep their samples themselves: the newest of them, sessions, while a condition holds; and thinning.

What they give is what windows made of slices give, a row of parts for each value, so that aggregates are made of it in
the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import Column, Mask, Values
from ...stdlib.parts import TABLES, Part, columns_of, flags_of, layout, stacked_words
from ...stdlib.tables import Tables
from ..flow import Dense, Flow, Truth, truths_over_rows, updates, where_true
from ..frame import Frame, Instants, Keys, Rows, first_seen
from ..kernels import recent as kernel
from ..kernels.episodes import SILENT
from ..kernels.jit import NEVER
from ..output import Counters
from ..symbols import Symbols
from .node import Operator, Setting
from .pool import Pooled
from .samples import numbers
from .tables import Operations, SliceTables, TableState, tables_of
from .windows import WindowFlow

# --- Samples ---------------------------------------------------------------------------------------------------------


@dataclass
class Sampled:
    """The updates of what is sampled (n,): at which of them there is a sample, its value, and a second one with it
    (the same, if only one is sampled)."""

    at: Instants
    sampled: Mask
    value: Values
    second: Values


def sampled(inputs: Sequence[Flow], arity: int) -> Sampled:
    """The updates of the first `arity` inputs; what follows them, if anything does, must be true of a sample."""
    values, conditions = inputs[:arity], inputs[arity:]
    found = [at for at in (updates(value) for value in values) if at is not None]
    at = found[0] if len(found) == 1 else inputs[0].frame.merge(found, base=False)[0]  # type: ignore[union-attr]
    columns = [value.at(at) for value in values]
    known = np.ones(len(at), dtype=np.bool_)
    for column in columns:
        known &= column.mask()
    for condition in conditions:
        known &= where_true(condition.at(at), len(at))
    given = [np.array(np.broadcast_to(numbers(column), len(at))) for column in columns]
    return Sampled(at, known, given[0], given[-1])


@dataclass
class Entries:
    """What a walk takes, in order: base rows, moments between them, samples. `asked`: an update, the last at its
    instant."""

    at: Instants
    sampled: Mask
    asked: Mask
    value: Values
    second: Values


def entries_of(frame: Frame, inputs: Sequence[Flow], arity: int) -> Entries:
    """The entries of a window over nodes of the frame's own timeline."""
    found = sampled(inputs, arity)
    instants, (at,) = frame.merge([found.at], base=True)
    n = len(instants)
    if len(found.at) == n:
        return Entries(instants, found.sampled, np.ones(n, dtype=np.bool_), found.value, found.second)
    is_sample, asked = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    value, second = np.zeros(n), np.zeros(n)
    is_sample[at], asked[at], value[at], second[at] = found.sampled, True, found.value, found.second
    return Entries(instants, is_sample, asked, value, second)


# --- Thinning --------------------------------------------------------------------------------------------------------


class Thinned:
    """The instants of a timeline at which a sample came before it was due: each counts once, whoever left it out."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.found: list[NDArray[np.int64]] = []

    def add(self, at: Instants) -> None:
        self.found.append(np.stack([at.row, at.key.astype(np.int64), at.time, at.timer.astype(np.int64)]))

    def count(self) -> None:
        if self.found:
            self.counters.dropped["thinned"] += np.unique(np.concatenate(self.found, axis=1), axis=1).shape[1]
            self.found = []


class ThinOperator(Operator):
    """`compiler.plan.Thin`."""

    STATE: ClassVar[tuple[str, ...]] = ("following",)

    def __init__(self, setting: Setting, thin: p.Thin, arity: int, thinned: Thinned) -> None:
        super().__init__(setting)
        self.thin = thin
        self.arity = arity
        self.thinned = thinned
        self.following: Rows = np.zeros(0, dtype=np.int64)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        self.following = first_seen(self.following, frame.keys, -NEVER)
        found = sampled(inputs, self.arity)
        passes, early = np.empty(len(found.at), dtype=np.bool_), np.empty(len(found.at), dtype=np.bool_)
        at = found.at
        if kernel.thin(
            at.key, at.time, found.sampled, self.thin.every_ns, self.thin.tolerance_ns, self.following, passes, early
        ):
            self.thinned.add(at.take(early))
        first = inputs[0]
        if self.arity > 1 or not isinstance(first, Dense) or first.moments is not None:
            return self.sparse(frame, at, Column(passes, found.sampled))
        rows, known = np.zeros(len(frame), dtype=np.bool_), np.zeros(len(frame), dtype=np.bool_)
        rows[at.row], known[at.row] = passes, found.sampled

        def look(instants: Instants) -> Column:
            return Column(rows[instants.row], known[instants.row] & ~instants.timer)

        return Dense(frame, Column(rows, known), first.updated, look)

    def commit(self) -> None:
        super().commit()
        self.thinned.count()


# --- Windows ---------------------------------------------------------------------------------------------------------


class RowsOfParts:
    """Rows of parts, one or more for each key, that grow with the keys."""

    def __init__(self, parts: Sequence[Part], rows: int) -> None:
        self.flags = flags_of(parts)
        self.columns: tuple[str, ...] = columns_of(parts)
        self.cols = layout(parts)
        self.words = len(self.columns)
        self.rows = rows

    def grown(self, state: Rows, keys: int) -> Rows:
        return first_seen(state, keys * self.rows * self.words, 0)

    def room(self, count: int) -> Rows:
        """For so many rows that are given out."""
        return np.zeros(count * self.words, dtype=np.int64)

    def flow(self, frame: Frame, at: Instants, rows: Rows, tables: Mapping[Part, Tables]) -> WindowFlow:
        count = len(at)
        return WindowFlow(frame, at, rows[: count * self.words].reshape(count, self.words), self, tables)


class KeptWindow(Operator):
    """A window that keeps its samples, or what they come to, by key."""

    def __init__(self, setting: Setting, parts: Sequence[Part], rows: int, sampled: Sequence[str]) -> None:
        """`sampled` are the types of what is sampled together."""
        super().__init__(setting)
        self.parts = RowsOfParts(parts, rows)
        self.table_parts = [part for part in TABLES if part in parts]
        self.arity = len(sampled)
        self.symbols = setting.symbols if sampled[0] == "text" else None


class TablesByNumber:
    """Tables of values for windows that follow one another, each with a number; two of a key are kept at a time."""

    def __init__(self, parts: Sequence[Part], states: dict[str, TableState], symbols: Symbols | None) -> None:
        self.kept = [SliceTables(part, 2, states) for part in parts]
        self.symbols = symbols

    def of(self, keys: int, key: Keys, sampled: Rows, numbers: Rows, value: Values, given: Rows) -> dict[Part, Tables]:
        """Take the samples at the entries `sampled` in the windows that have these `numbers` (n,); give the tables of
        the windows `given` (m, 2): at which entry, before its sample, and which."""
        if not self.kept:
            return {}
        turns = np.concatenate([2 * given[:, 0], 2 * sampled + 1])
        order = np.argsort(turns, kind="stable")
        operations = Operations(
            np.concatenate([key[given[:, 0]], key[sampled]])[order],
            np.concatenate([given[:, 1], numbers[sampled]])[order],
            np.concatenate([given[:, 1], np.full(len(sampled), -1, dtype=np.int64)])[order],
            np.concatenate([np.zeros(len(given)), value[sampled]])[order],
            len(given),
        )
        return {kept.part: kept.run(operations, keys, self.symbols) for kept in self.kept}


class RecentOperator(KeptWindow, Pooled):
    """`compiler.plan.Recent`: a pool holds the samples of all keys."""

    STATE: ClassVar[tuple[str, ...]] = ("back",)

    def __init__(self, setting: Setting, recent: p.Recent, parts: Sequence[Part], sampled: Sequence[str]) -> None:
        super().__init__(setting, parts, 1, sampled)
        self.recent = recent
        self.begin_pool(self.arity, stacked_words(parts))
        self.back: Rows = np.zeros(0, dtype=np.int64)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, entries_of(frame, inputs, self.arity))

    def walk(self, frame: Frame, entries: Entries) -> WindowFlow:
        """Take the samples; give the window's values."""
        self.grow_places(frame.keys)
        self.back = self.parts.grown(self.back, frame.keys)
        at, parts, recent = entries.at, self.parts, self.recent
        paced = recent.every_ns is not None
        asked = entries.sampled & entries.asked if recent.width_ns is None else entries.asked
        asked = np.zeros(len(at), dtype=np.bool_) if paced else asked
        size = len(at) if paced else int(asked.sum())
        row, time = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        key, timer = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.bool_)
        out, ranges, counts = parts.room(size), np.empty((size, 2), dtype=np.int64), np.zeros(1, dtype=np.int64)
        start = 0
        while start < len(at):
            start = kernel.newest(
                start, at.key, at.row, at.time, at.timer, entries.sampled, asked, entries.value, entries.second,
                self.arity, bool(self.table_parts), recent.samples, recent.width_ns or 0, recent.every_ns or 0,
                parts.flags, parts.cols,
                self.pool_value, self.pool_time, self.pool_rows.view(np.float64), self.pool_rows, self.used,
                self.places, self.back.view(np.float64), self.back,
                row, key, time, timer, out.view(np.float64), out, ranges, counts,
            )  # fmt: skip
            if start < len(at):
                self.widen(recent.samples)
        n = int(counts[0])
        return parts.flow(frame, Instants(row[:n], key[:n], time[:n], timer[:n]), out, self._tables(ranges[:n]))

    def _tables(self, ranges: Rows) -> dict[Part, Tables]:
        """The tables of what is in these ranges of the pool (n, 2); of the pool only what they cover is looked at."""
        if not self.table_parts:
            return {}
        order = np.argsort(ranges[:, 0], kind="stable")
        first, last = ranges[order, 0], np.maximum.accumulate(ranges[order, 1])
        begins = np.ones(len(ranges), dtype=np.bool_)
        begins[1:] = first[1:] > last[:-1]
        start = first[begins]
        size = last[np.append(np.flatnonzero(begins)[1:] - 1, len(last) - 1)] - start if len(last) else start
        offset = np.cumsum(size) - size
        covered = np.repeat(start - offset, size) + np.arange(int(size.sum()))
        shift = np.empty(len(ranges), dtype=np.int64)
        shift[order] = (offset - start)[np.cumsum(begins) - 1]
        moved = [ranges[:, i] + shift for i in range(2)]
        value = self.pool_value[covered]
        return {part: tables_of(part, moved[0], moved[1], value, self.symbols) for part in self.table_parts}


class SessionOperator(KeptWindow):
    """`compiler.plan.Session`."""

    STATE: ClassVar[tuple[str, ...]] = ("times", "state", "tables")

    def __init__(self, setting: Setting, session: p.Session, parts: Sequence[Part], sampled: Sequence[str]) -> None:
        super().__init__(setting, parts, 2, sampled)
        self.gap = session.gap_ns
        self.maximum = NEVER // 2 if session.maximum_ns is None else session.maximum_ns
        self.times = np.zeros((0, kernel.TIMES), dtype=np.int64)
        self.state: Rows = np.zeros(0, dtype=np.int64)
        self.tables: dict[str, TableState] = {}
        self.kept_tables = TablesByNumber(self.table_parts, self.tables, self.symbols)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        return self.walk(frame, entries_of(frame, inputs, self.arity))

    def walk(self, frame: Frame, entries: Entries) -> WindowFlow:
        """Take the samples; give the window's values."""
        known = len(self.times)
        self.times = first_seen(self.times, frame.keys, 0)
        self.times[known:, kernel.ENDING] = NEVER
        self.state = self.parts.grown(self.state, frame.keys)
        at, parts = entries.at, self.parts
        taken = entries.sampled.nonzero()[0]
        size = len(taken) + 2 * min(len(at), frame.keys)
        row, time = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
        key, out = np.empty(size, dtype=np.int32), parts.room(size)
        numbers, given = np.empty(len(at), dtype=np.int64), np.empty((size, 2), dtype=np.int64)
        n = kernel.sessions(
            at.key, at.row, at.time, entries.sampled, entries.value, entries.second, self.gap, self.maximum,
            parts.flags, parts.cols, self.state.view(np.float64), self.state, self.times,
            row, key, time, numbers, out.view(np.float64), out, given,
        )  # fmt: skip
        tables = self.kept_tables.of(frame.keys, at.key, taken, numbers, entries.value, given[:n])
        return parts.flow(frame, Instants(row[:n], key[:n], time[:n], np.ones(n, dtype=np.bool_)), out, tables)


class WhileOperator(KeptWindow):
    """`compiler.plan.While`."""

    STATE: ClassVar[tuple[str, ...]] = ("true", "number", "state", "tables")

    def __init__(self, setting: Setting, parts: Sequence[Part], sampled: Sequence[str]) -> None:
        super().__init__(setting, parts, 1, sampled)
        self.true = np.zeros(0, dtype=np.bool_)
        self.number: Rows = np.zeros(0, dtype=np.int64)
        self.state: Rows = np.zeros(0, dtype=np.int64)
        self.tables: dict[str, TableState] = {}
        self.kept_tables = TablesByNumber(self.table_parts, self.tables, self.symbols)

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        *samples, condition = inputs
        return self.walk_while(frame, entries_of(frame, samples, self.arity), condition)

    def walk_while(self, frame: Frame, entries: Entries, condition: Flow) -> WindowFlow:
        """Take the samples, and look at the condition."""
        at, truth, (is_sample, value, second) = _with_truth(frame, entries, condition)
        self.true = first_seen(self.true, frame.keys, False)
        self.number = first_seen(self.number, frame.keys, 0)
        self.state = self.parts.grown(self.state, frame.keys)
        parts, size = self.parts, int((truth != SILENT).sum())
        numbers, given = np.empty(len(at), dtype=np.int64), np.empty((size, 2), dtype=np.int64)
        out = parts.room(size)
        n = kernel.whiles(
            at.key, at.time, truth, is_sample, value, second, parts.flags, parts.cols, self.state.view(np.float64),
            self.state, self.true, self.number, numbers, out.view(np.float64), out, given,
        )  # fmt: skip
        taken = (numbers >= 0).nonzero()[0]
        tables = self.kept_tables.of(frame.keys, at.key, taken, numbers, value, given[:n])
        return parts.flow(frame, at.take(given[:n, 0]), out, tables)


def _with_truth(frame: Frame, entries: Entries, condition: Flow) -> tuple[Instants, Truth, tuple[Mask, Values, Values]]:
    """The entries, and the moments at which the condition may be another one; its truth at the first entry of each."""
    instants, truths = truths_over_rows(frame, condition)
    at = entries.at
    row, key = np.concatenate([instants.row, at.row]), np.concatenate([instants.key, at.key])
    time, timer = np.concatenate([instants.time, at.time]), np.concatenate([instants.timer, at.timer])
    # The condition before the samples of the same instant, and these in their order.
    number = np.concatenate([np.full(len(instants), -1, dtype=np.int64), np.arange(len(at), dtype=np.int64)])
    order = np.lexsort((number, time, ~timer, row))
    truth = np.concatenate([truths, np.full(len(at), SILENT, dtype=np.int8)])[order]
    none = len(instants)
    sample = np.concatenate([np.zeros(none, dtype=np.bool_), entries.sampled])[order]
    value = np.concatenate([np.zeros(none), entries.value])[order]
    second = np.concatenate([np.zeros(none), entries.second])[order]
    return Instants(row[order], key[order], time[order], timer[order]), truth, (sample, value, second)
