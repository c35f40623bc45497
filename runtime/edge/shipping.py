"""What goes up from the part below: the rows and flows of a batch, as far as the part above has use for them.

    shipper = Shipper(engine, parts)
    engine.feed(batch)
    packet = shipper.take()     # everything since the last one

A row goes up if something came of it. Where something above waits for time (`Parts.timed`) so does the newest of each
key: then the time of that key goes on above, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import DTYPES, Column, Mask, Values
from ..engine import Engine
from ..flow import looks, updates
from ..frame import Frame, Instants, Keys, Rows, first_seen, union
from ..operators.elementwise import full
from .cutting import Crossing, Parts


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a node, at `row` (m,) of its sheet and `time` (m,) ns, there a `timer` (m,) or the row's own event.

    updated (m,): where it was updated, and has not only another value. Texts are codes of the sender. The values of a
    `Partial` are rows of parts (m, words).
    """

    row: Rows
    time: Rows
    timer: Mask
    updated: Mask
    values: Values
    known: Mask


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one timeline in one batch: `seq`, `key`, `time`, `event` (n,) as in a frame, keys and seqs the
    sender's; from `end_row` on (None: there is none) it is the end of input."""

    seq: Rows
    key: Keys
    time: Rows
    event: Mask
    end_row: int | None
    told: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Packet:
    """What came of one batch, by timeline; and the names of keys and texts that it is the first to use.

    `clock`: how far the sender is, the greatest event time (ns) that it knows. `said` are outputs of the part below, as
    JSON lines (`runtime.results`), for whoever is above to know.
    """

    sheets: Mapping[str, Sheet]
    names: Mapping[str, tuple[tuple[str, ...], ...]]
    texts: tuple[str, ...]
    clock: int
    said: tuple[bytes, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether it is the last: the input has ended."""
        return any(sheet.end_row is not None for sheet in self.sheets.values())


class Shipper:
    """Watches the engine of a part below and packs what the part above needs."""

    STATE = ("named", "texts_told", "last", "last_known", "clock")

    def __init__(self, engine: Engine, parts: Parts) -> None:
        self.engine = engine
        self.parts = parts
        self.by_timeline = {
            timeline: [one for one in parts.crossing if one.timeline == timeline] for timeline in parts.timelines
        }
        self.named = dict.fromkeys(parts.timelines, 0)
        self.texts_told = 0
        self.last = {one.node: np.zeros(0, dtype=DTYPES[one.type]) for one in parts.crossing}
        self.last_known = {one.node: np.zeros(0, dtype=np.bool_) for one in parts.crossing}
        self.clock = -1
        self.packets: list[Packet] = []
        engine.observer = self._observe

    def take(self) -> Packet | None:
        """One packet for all batches since this was last asked; None if nothing came of them."""
        packets, self.packets = self.packets, []
        return self._joined(packets) if packets else None

    def _observe(self, frames: Mapping[str, Frame], flows: Mapping[str, Any]) -> None:
        for each in frames.values():
            self.clock = max(self.clock, int(each.time[: each.running].max(initial=-1)))
        sheets = {}
        for timeline, crossing in self.by_timeline.items():
            frame = frames.get(timeline)
            if frame is not None and len(frame):
                found = {one.node: self._told(one, frame, flows[one.node]) for one in crossing}
                sheets[timeline] = _sheet(frame, found)
        thinned = self._thinned(sheets)
        if thinned or (sheets and self.parts.timed):
            self.packets.append(Packet(thinned, self._names(thinned), self._texts(), self.clock))

    def _joined(self, packets: Sequence[Packet]) -> Packet:
        """One packet instead of several, in order."""
        if len(packets) == 1:
            return packets[0]
        timelines = dict.fromkeys(timeline for packet in packets for timeline in packet.sheets)
        sheets = {t: _one([packet.sheets[t] for packet in packets if t in packet.sheets]) for t in timelines}
        names = {t: tuple(name for packet in packets for name in packet.names.get(t, ())) for t in timelines}
        texts = tuple(text for packet in packets for text in packet.texts)
        return Packet(self._thinned(sheets), names, texts, self.clock)

    def _thinned(self, sheets: Mapping[str, Sheet]) -> dict[str, Sheet]:
        """Without the rows of which nothing came; of a timed timeline save the newest of each key: its time goes on to
        there. Without what then has no rows.

        What goes up of a settled timeline takes along the rows that the same inputs are on the current one.
        """
        kept = {timeline: _rows_with_use(sheet, timeline in self.parts.timed) for timeline, sheet in sheets.items()}
        for timeline, mask in kept.items():
            current = timeline.removesuffix(" settled")
            if current != timeline and current in kept:
                settled, now = sheets[timeline], sheets[current]
                here = self._keys_on(timeline, current)[settled.key[mask]]
                kept[current] |= np.isin((now.seq << 32) + now.key, (settled.seq[mask] << 32) + here)
        return {timeline: only(sheet, kept[timeline]) for timeline, sheet in sheets.items() if kept[timeline].any()}

    def _keys_on(self, settled: str, current: str) -> NDArray[np.int64]:
        """The number on the current timeline of each key of the settled one."""
        numbers = [self.engine.key_named(current, name) for name in self.engine.names_of(settled)]
        return np.array(numbers, dtype=np.int64)

    def _told(self, one: Crossing, frame: Frame, flow: Any) -> tuple[Instants, Mask, Column]:
        """The instants of a flow that matter above, where it is updated, and what it is there."""
        if one.parts:
            return flow.instants, np.ones(len(flow.instants), np.bool_), Column(flow.rows)
        if one.event:
            instants = updates(flow)
            assert instants is not None
            happens = full(flow.at(instants), len(instants))
            instants = instants.take(happens.values & happens.mask())
            return instants, np.ones(len(instants), np.bool_), Column(np.ones(len(instants), np.bool_))
        updated, changing = updates(flow), looks(flow)
        if one.momentary:
            assert updated is not None
            column = full(flow.at(updated), len(updated))
            return updated, np.ones(len(updated), np.bool_), column
        parts = [frame.newcomers, *(part for part in (updated, changing) if part is not None)]
        instants, where = union(parts)
        column = full(flow.at(instants), len(instants))
        mark = np.zeros(len(instants), dtype=np.bool_)
        if updated is not None:
            mark[where[1]] = True
        use = self._changed(one.node, frame, instants, column)
        if not one.changes:
            use |= mark
        return instants.take(use), mark[use], column.take(use.nonzero()[0])

    def _changed(self, node: str, frame: Frame, instants: Instants, column: Column) -> Mask:
        """Where a value is another one than its key had at the instant before."""
        last = self.last[node] = first_seen(self.last[node], frame.keys, 0)
        last_known = self.last_known[node] = first_seen(self.last_known[node], frame.keys, False)
        order = np.argsort(instants.key, kind="stable")
        key, values, known = instants.key[order], column.values[order], column.mask()[order]
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = key[1:] != key[:-1]
        before, before_known = np.roll(values, 1), np.roll(known, 1)
        before[first], before_known[first] = last[key[first]], last_known[key[first]]
        changed = np.empty(len(order), dtype=np.bool_)
        changed[order] = (known != before_known) | (known & (values != before))
        newest = np.roll(first, -1)
        last[key[newest]], last_known[key[newest]] = values[newest], known[newest]
        return changed

    def _names(self, sheets: Mapping[str, Sheet]) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The names of the keys that have come since the last packet."""
        names = {}
        for timeline in sheets:
            every = self.engine.names_of(timeline)
            names[timeline] = tuple(every[self.named[timeline] :])
            self.named[timeline] = len(every)
        return names

    def _texts(self) -> tuple[str, ...]:
        texts = tuple(self.engine.symbols.texts[self.texts_told :])
        self.texts_told += len(texts)
        return texts


def _one(sheets: Sequence[Sheet]) -> Sheet:
    seq, key, time, event = (
        np.concatenate([getattr(sheet, name) for sheet in sheets]) for name in ("seq", "key", "time", "event")
    )
    first = np.cumsum([0, *(len(sheet.seq) for sheet in sheets)])
    told: dict[str, list[Told]] = {}
    for start, sheet in zip(first.tolist(), sheets, strict=False):
        for node, one in sheet.told.items():
            told.setdefault(node, []).append(replace(one, row=one.row + start))
    together = {
        node: Told(*(np.concatenate([getattr(one, field.name) for one in ones]) for field in fields(Told)))
        for node, ones in told.items()
    }
    end_row = None if sheets[-1].end_row is None else int(first[-2]) + sheets[-1].end_row
    return Sheet(seq, key, time, event, end_row, together)


def _sheet(frame: Frame, found: Mapping[str, tuple[Instants, Mask, Column]]) -> Sheet:
    """All rows of a frame. Events are those at which something is told, and the first of each key: the others only move
    time on."""
    told = {
        node: Told(instants.row, instants.time, instants.timer, updated, column.values, column.mask())
        for node, (instants, updated, column) in found.items()
        if len(instants)
    }
    event = np.zeros(len(frame), dtype=np.bool_)
    event[frame.newcomers.row] = True
    for one in told.values():
        event[one.row] = True
    return Sheet(frame.seq, frame.key, frame.time, event & frame.event, frame.end_row, told)


def _rows_with_use(sheet: Sheet, timed: bool) -> Mask:
    kept = sheet.event.copy()
    for one in sheet.told.values():
        kept[one.row] = True
    running = len(kept) if sheet.end_row is None else sheet.end_row
    kept[running:] = True
    if timed:
        _, last = np.unique(sheet.key[:running][::-1], return_index=True)
        kept[running - 1 - last] = True
    return kept


def only(sheet: Sheet, kept: Mask) -> Sheet:
    """The rows that are kept, and what is told at them."""
    place = np.cumsum(kept) - 1
    told = {}
    for node, one in sheet.told.items():
        here = kept[one.row]
        told[node] = Told(
            place[one.row[here]], one.time[here], one.timer[here], one.updated[here], one.values[here], one.known[here]
        )
    end_row = None if sheet.end_row is None else int(np.count_nonzero(kept[: sheet.end_row]))
    return Sheet(sheet.seq[kept], sheet.key[kept], sheet.time[kept], sheet.event[kept], end_row, told)
