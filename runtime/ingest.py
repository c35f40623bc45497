"""From foreign messages to what the engine is fed: each is mapped by the source that takes it, or quarantined.

    admission = Admission(plan, engine.symbols, engine.registries, Quarantine(engine.counters))
    for batch in admission.batches(JsonLines("trucks.jsonl.gz"), ["readings", "diagnostics"]):
        engine.feed(batch)

Every message read gets the next sequence number, whatever becomes of it. A bad message is quarantined as a whole, and
does nothing else: it registers no device, and its texts are not kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..compiler import plan as p
from ..stdlib.column import DTYPES, Column, Mask
from ..stdlib.versions import version_parts
from .batch import Batch, Messages
from .connectors.payload import Payloads, Reader, Reason, Texts, Wanted
from .mapping import Rows, SourceMapping
from .quarantine import Quarantine, Refusal
from .repeated import Remembered, fingerprints
from .symbols import REFUSED, Codes, Registry, Symbols

TIME_MIN_NS = 0
TIME_MAX_NS = 9_214_646_400 * 10**9
"""Event times are from 1970-01-01 up to, not including, 2262-01-01."""

ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")

# What an id's code may stand for beside a key: not looked at yet, refused (and so are those after it), good but not
# registered, no id.
_UNSEEN, _REFUSED, _NEW, _BAD = -1, -2, -3, -4


@dataclass(slots=True)
class Admission:
    """What a run has admitted so far. `newest_ns` is the greatest event time of it, None before the first message.

    `latest_ns`: a message from after this time is from a clock that is wrong, and would take the end of time with it.
    It takes the time of the newest good message before it (`told_ns`) for its own. Whoever feeds what is happening
    moves `latest_ns` on between runs: it is an input.
    """

    STATE: ClassVar[tuple[str, ...]] = ("next_seq", "newest_ns", "latest_ns", "told_ns", "remembered", "registered")

    plan: p.Plan
    symbols: Symbols
    registries: Mapping[str, Registry]
    quarantine: Quarantine
    next_seq: int = 0
    newest_ns: int | None = None
    latest_ns: int = TIME_MAX_NS
    told_ns: int | None = None
    remembered: dict[str, Remembered] = field(default_factory=dict)
    registered: int = 0
    """So many of the inputs are no messages, but devices of an inventory."""

    @property
    def messages(self) -> int:
        """How many messages were read."""
        return self.next_seq - self.registered

    def batches(self, reader: Reader, sources: Sequence[str]) -> Iterator[Batch]:
        """What these sources, in the plan's order, make of an input's messages. Raises `InputError`."""
        mappings = [SourceMapping(self.plan, source) for source in self.plan.sources if source.name in sources]
        intake = _Intake(self, reader.name, mappings)
        wanted = list(dict.fromkeys(want for mapping in mappings for want in mapping.wanted))
        for payloads in reader.read(wanted, intake.texts):
            yield intake.admit(payloads)


def split(batch: Batch, inputs_max: int) -> Iterator[Batch]:
    """The same inputs in batches of at most so many."""
    if len(batch) <= inputs_max:
        yield batch
        return
    assert not batch.acknowledgements, "messages read have none"
    seqs = np.sort(np.concatenate([part.seq for part in batch.parts]))
    cuts = [*seqs[::inputs_max].tolist(), int(seqs[-1]) + 1]
    for first, last in pairwise(cuts):
        parts = []
        for part in batch.parts:
            begin, end = np.searchsorted(part.seq, (first, last))
            if begin < end:
                parts.append(part.cut(int(begin), int(end)))
        yield Batch(tuple(parts))


# --- One input -------------------------------------------------------------------------------------------------------


class _Verdicts:
    """For each message of a run, why it is quarantined; the first reason found stands."""

    def __init__(self, count: int) -> None:
        self.code: NDArray[np.int32] = np.zeros(count, dtype=np.int32)
        self._reasons: list[tuple[Reason, str | None]] = []

    def put(self, rows: Sequence[int] | Rows, reason: Reason, field_: str | None = None) -> None:
        if len(rows):
            at = np.asarray(rows, dtype=np.intp)
            self._reasons.append((reason, field_))
            self.code[at[self.code[at] == 0]] = len(self._reasons)

    def mark(self, rows: Rows | None, wrong: Mask, reason: Reason, field_: str | None = None) -> None:
        """`wrong` says which of the rows (or of all)."""
        if wrong.any():
            at = np.flatnonzero(wrong)
            self.put(at if rows is None else rows[at], reason, field_)

    @property
    def none(self) -> bool:
        return not self._reasons

    def __iter__(self) -> Iterator[tuple[int, Reason, str | None]]:
        for row in np.flatnonzero(self.code).tolist():
            yield row, *self._reasons[self.code[row] - 1]


@dataclass(slots=True)
class _Mapped:
    """What a source makes of the messages it takes: `rows` of the run, or all. `id` are texts' codes."""

    rows: Rows | None
    id: Codes
    key: Codes
    time: NDArray[np.int64]
    fields: Mapping[str, Column]
    source: p.SourcePlan
    unique: Column | None


@dataclass(slots=True)
class _Codes:
    """What the codes of an input's texts stand for: a table that grows with the texts and is dropped with them."""

    entries: Codes = field(default_factory=lambda: np.full(0, _UNSEEN, dtype=np.int32))

    def of(self, texts: Texts) -> Codes:
        """The table, as long as there are texts; new entries are `_UNSEEN`."""
        if len(self.entries) < len(texts.texts):
            grown = np.full(2 * len(texts.texts), _UNSEEN, dtype=np.int32)
            grown[: len(self.entries)] = self.entries
            self.entries = grown
        return self.entries


class _Intake:
    """Admits one input's messages."""

    def __init__(self, admission: Admission, name: str, mappings: Sequence[SourceMapping]) -> None:
        self.texts = Texts()
        self._admission = admission
        self._name = name
        self._mappings = mappings
        self._devices = {device.name: device for device in admission.plan.devices}
        self._forget()

    def _forget(self) -> None:
        self._keys = {mapping.source.device: _Codes() for mapping in self._mappings}
        self._symbols = _Codes()

    def admit(self, payloads: Payloads) -> Batch:
        """The messages of a run that are good; the others are quarantined."""
        admission = self._admission
        first_seq = admission.next_seq
        admission.next_seq += payloads.count
        verdicts = _Verdicts(payloads.count)
        for row, reason in payloads.broken.items():
            verdicts.put([row], reason)
        by_device: dict[str, list[_Mapped]] = {}
        for mapping, rows in self._claimed(payloads, verdicts):
            mapped = self._mapped(mapping, payloads, rows, verdicts)
            by_device.setdefault(mapping.source.device, []).append(mapped)
        self._clamp([mapped for parts in by_device.values() for mapped in parts], payloads, first_seq, verdicts)
        parts = [self._messages(device, parts, first_seq, verdicts) for device, parts in by_device.items()]
        for row, reason, field_ in verdicts:
            if reason == "duplicate":
                admission.quarantine.counters.duplicate += 1
                continue
            admission.quarantine.take(self._told_of(row, payloads, first_seq, reason, field_))
        if self.texts.forget_if_full():
            self._forget()
        return Batch(tuple(part for part in parts if len(part)))

    def _claimed(self, payloads: Payloads, verdicts: _Verdicts) -> list[tuple[SourceMapping, Rows | None]]:
        """Which source takes which messages; those that none takes are judged."""
        free = verdicts.code == 0
        claimed: list[tuple[SourceMapping, Rows | None]] = []
        for mapping in self._mappings:
            for want in mapping.behind_where:
                self._judge_bad(payloads, want, free, verdicts)
            free &= verdicts.code == 0
            claims = mapping.claims(payloads, self.texts)
            mine = free if claims is None else free & claims
            free = free & ~mine
            rows = None if mine.all() else np.flatnonzero(mine)
            if rows is None or len(rows):
                claimed.append((mapping, rows))
        verdicts.mark(None, free, "unclaimed")
        return claimed

    def _judge_bad(self, payloads: Payloads, want: Wanted, mine: Mask, verdicts: _Verdicts) -> None:
        """The messages in which a payload field is bad, of those in question."""
        for row, reason in payloads.bad.get(want, {}).items():
            if mine[row]:
                verdicts.put([row], reason, want.path)

    def _mapped(self, mapping: SourceMapping, payloads: Payloads, rows: Rows | None, verdicts: _Verdicts) -> _Mapped:
        if payloads.bad:
            mine = np.zeros(payloads.count, dtype=np.bool_)
            mine[slice(None) if rows is None else rows] = True
            for want in mapping.behind_all:
                self._judge_bad(payloads, want, mine, verdicts)
        source = mapping.source
        values = mapping.values(payloads, rows, self.texts)
        id_, key = self._judged_id(source.device, values[source.id], rows, verdicts)
        time = values[source.time]
        if time.known is not None:
            given = np.zeros(payloads.count, dtype=np.bool_)
            for want in mapping.behind_time:
                given |= payloads.columns[want].mask()
            given = given if rows is None else given[rows]
            verdicts.mark(rows, ~time.known & ~given, "no_time")
            verdicts.mark(rows, ~time.known, "bad_time")
        if len(time) and not (time.values.min() >= TIME_MIN_NS and time.values.max() < TIME_MAX_NS):
            verdicts.mark(rows, (time.values < TIME_MIN_NS) | (time.values >= TIME_MAX_NS), "bad_time")
        declared = {field_.name: field_ for field_ in self._devices[source.device].fields}
        fields = {}
        for mapped in source.fields:
            column = values[mapped.node]
            self._judge_range(column, declared[mapped.field], rows, verdicts)
            fields[mapped.field] = column
        unique = None if source.unique is None else values[source.unique.node]
        return _Mapped(rows, id_, key, time.values, fields, source, unique)

    def _clamp(self, parts: Sequence[_Mapped], payloads: Payloads, first_seq: int, verdicts: _Verdicts) -> None:
        """Give messages from the future the time of the newest good message before them; without one, they are none."""
        admission = self._admission
        latest = admission.latest_ns
        told = -1 if admission.told_ns is None else admission.told_ns
        if not any(len(part.time) and part.time.max() > latest for part in parts):
            good = [part.time for part in parts]
            if not verdicts.none:
                good = [part.time[verdicts.code[_rows(part, payloads.count)] == 0] for part in parts]
            told = max([told, *(int(times.max()) for times in good if len(times))])
        else:
            times = np.full(payloads.count, -1, dtype=np.int64)
            for part in parts:
                times[_rows(part, payloads.count)] = part.time
            times[verdicts.code != 0] = -1
            wrong = times > latest
            times[wrong] = -1
            before = np.maximum(np.maximum.accumulate(times), told)
            verdicts.mark(None, wrong & (before < 0), "in_future")
            for part in parts:
                rows = _rows(part, payloads.count)
                part.time = np.where(wrong[rows], before[rows], part.time)
            for row in np.flatnonzero(wrong & (before >= 0)).tolist():
                admission.quarantine.let_pass(self._told_of(row, payloads, first_seq, "clamped", None))
            told = int(before[-1])
        admission.told_ns = None if told < 0 else told

    def _told_of(self, row: int, payloads: Payloads, first_seq: int, reason: Reason, field_: str | None) -> Refusal:
        """What is told of a message."""
        line = int(payloads.origin.numbers[row])
        return Refusal(first_seq + row, self._name, line, reason, field_, payloads.origin.excerpt(row))

    def _judged_id(self, device: str, column: Column, rows: Rows | None, verdicts: _Verdicts) -> tuple[Codes, Codes]:
        """The ids' codes, and the keys of the devices among them that are registered."""
        codes: Codes = column.values
        if column.known is not None:
            verdicts.mark(rows, ~column.known, "no_id")
            if not column.known.any():
                return codes, np.full(len(codes), _BAD, dtype=np.int32)
            codes = np.where(column.known, codes, codes[column.known][0])
        table = self._keys[device].of(self.texts)
        keys = table[codes]
        if len(keys) and keys.min() < 0:
            for code in np.unique(codes[keys == _UNSEEN]).tolist():
                table[code] = _NEW if ID.fullmatch(self.texts.texts[code]) else _BAD
            keys = table[codes]
            verdicts.mark(rows, keys == _BAD, "bad_id")
        return codes, keys

    def _judge_range(self, column: Column, declared: p.DeviceField, rows: Rows | None, verdicts: _Verdicts) -> None:
        values, known = column.values, column.known
        if declared.choices:
            allowed = np.array([self.texts.code(choice) for choice in declared.choices], dtype=np.int32)
            outside = ~np.isin(values, allowed)
        elif declared.version:
            codes, places = np.unique(values if known is None else values[known], return_inverse=True)
            wrong = np.array([version_parts(self.texts.texts[code]) is None for code in codes.tolist()], dtype=np.bool_)
            outside = np.zeros(len(values), dtype=np.bool_)
            outside[slice(None) if known is None else known] = wrong[places]
        else:
            low = -np.inf if declared.low is None else declared.low
            high = np.inf if declared.high is None else declared.high
            if (low == -np.inf and high == np.inf) or not len(values):
                return
            if known is None and low <= values.min() and values.max() <= high:
                return
            outside = ~((values >= low) & (values <= high))
        verdicts.mark(rows, outside if known is None else outside & known, "out_of_range", declared.name)

    # -- What is admitted ---------------------------------------------------------------------------------------------

    def _messages(self, device: str, parts: Sequence[_Mapped], first_seq: int, verdicts: _Verdicts) -> Messages:
        """The good messages of a device type, in their order, from the sources that map to it."""
        order, rows = self._order(parts, verdicts)
        keys = _pick([part.key for part in parts], order)
        if len(keys) and keys.min() < 0:
            keys = self._registered(device, _pick([part.id for part in parts], order), keys, rows, verdicts)
            if len(keys) < len(rows):
                order, rows = self._order(parts, verdicts)
        if any(part.unique is not None for part in parts) and self._judge_again(device, parts, verdicts):
            order, rows = self._order(parts, verdicts)
            keys = self._keys[device].of(self.texts)[_pick([part.id for part in parts], order)]
        times = _pick([part.time for part in parts], order)
        if len(times):
            newest = int(times.max())
            admission = self._admission
            admission.newest_ns = newest if admission.newest_ns is None else max(admission.newest_ns, newest)
        declared = {field_.name: field_ for field_ in self._devices[device].fields}
        names = dict.fromkeys(name for part in parts for name in part.fields)
        columns = {}
        for name in names:
            type_ = declared[name].type.name
            column = _joined([part.fields.get(name) for part in parts], [len(part.id) for part in parts], order, type_)
            columns[name] = self._in_symbols(column) if type_ == "text" else column
        return Messages(device, first_seq + rows.astype(np.int64), keys, times, columns)

    def _judge_again(self, device: str, parts: Sequence[_Mapped], verdicts: _Verdicts) -> bool:
        """Judge the messages that came before; whether there are such."""
        counters = self._admission.quarantine.counters
        table = self._keys[device].of(self.texts)
        found = False
        for part in parts:
            if part.unique is None:
                continue
            assert part.source.unique is not None
            rows = _rows(part, len(verdicts.code))
            judged = part.unique.mask() & (verdicts.code[rows] == 0)
            keys = np.where(judged, table[part.id], np.int32(0))
            is_text = part.unique.values.dtype == np.int32
            values = fingerprints(part.unique, self.texts.texts if is_text else None)
            remembered = self._admission.remembered.setdefault(part.source.name, Remembered())
            again, forgotten = remembered.again(part.source.unique, keys, part.time, values, judged)
            verdicts.mark(rows, again, "duplicate")
            found = found or bool(again.any())
            if forgotten:
                counters.dropped["forgotten"] += forgotten
        return found

    def _order(self, parts: Sequence[_Mapped], verdicts: _Verdicts) -> tuple[Rows | None, Rows]:
        """Which of the parts' rows, one behind the other, are good, in the order of the run; and their rows of the run.

        None: they are all good, and in order.
        """
        count = len(verdicts.code)
        every = [np.arange(count) if part.rows is None else part.rows for part in parts]
        rows = every[0] if len(every) == 1 else np.concatenate(every)
        if len(parts) == 1 and verdicts.none:
            return None, rows
        order = np.argsort(rows, kind="stable")
        order = order[verdicts.code[rows[order]] == 0]
        return order, rows[order]

    def _registered(self, device: str, codes: Codes, keys: Codes, rows: Rows, verdicts: _Verdicts) -> Codes:
        """The devices' keys, without those that are refused, which are judged."""
        table = self._keys[device].of(self.texts)
        registry = self._admission.registries[device]
        for code in dict.fromkeys(codes[keys < 0].tolist()):
            if table[code] == _NEW:
                key = registry.key(self.texts.texts[code])
                table[code] = _REFUSED if key == REFUSED else key
        keys = table[codes]
        refused = keys == _REFUSED
        verdicts.put(rows[refused], "too_many_devices")
        admitted: Codes = keys[~refused]
        return admitted

    def _in_symbols(self, column: Column) -> Column:
        """A text column in the run's codes; those of texts that are new to the run are given in the order seen."""
        given = column.values if column.known is None else column.values[column.known]
        if not len(given):
            return Column(np.zeros_like(column.values), column.known)
        table = self._symbols.of(self.texts)
        for code in dict.fromkeys(given[table[given] == _UNSEEN].tolist()):
            table[code] = self._admission.symbols.code(self.texts.texts[code])
        return Column(table[column.values], column.known)


def _rows(part: _Mapped, count: int) -> Rows:
    """The rows of the run that a part has."""
    return np.arange(count) if part.rows is None else part.rows


def _pick(parts: Sequence[NDArray[Any]], order: Rows | None) -> NDArray[Any]:
    """One behind the other, then in this order."""
    whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return np.ascontiguousarray(whole) if order is None else whole[order]


def _joined(columns: Sequence[Column | None], lengths: Sequence[int], order: Rows | None, type_: p.TypeName) -> Column:
    """One behind the other, then in this order; a part without the column does not know it."""
    if len(columns) == 1:
        only = columns[0]
        assert only is not None, "a field is some source's"
        if order is not None:
            return only.take(order)
        return Column(
            np.ascontiguousarray(only.values), None if only.known is None else np.ascontiguousarray(only.known)
        )
    assert order is not None
    values = [
        np.zeros(n, dtype=DTYPES[type_]) if c is None else c.values for c, n in zip(columns, lengths, strict=True)
    ]
    masks = [np.zeros(n, dtype=np.bool_) if c is None else c.mask() for c, n in zip(columns, lengths, strict=True)]
    known = np.concatenate(masks)[order]
    return Column(np.concatenate(values)[order], None if known.all() else known)
