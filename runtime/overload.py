"""What waits for an engine that is slower than what comes: a queue with a bound, in which alarms go first.

    waiting = Waiting(plan, engine.counters, messages_max=4096)
    waiting.offer(batch)                               # what was read
    engine.feed(waiting.take(256))                     # what is executed, in the order in which it is admitted

A message that carries what a rule with actions asks for is an *alarm*'s; the others are *bulk*. Alarms are taken before
bulk. When more waits than may, bulk is shed before alarms, and of either first what a newer message of the same device
with the same fields makes needless (`thinned`), then the oldest (`overflow`). All of it is counted, so that
read = processed + late + quarantined + duplicate + shed + waiting.

It stands before admission: what is taken gets the next sequence numbers, and results are a function of that order.
What is overtaken and then older than its device's time by more than its `lateness` is late, and counted as that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..compiler import plan as p
from ..stdlib.column import DTYPES, Column, Mask
from .batch import Batch, Messages, Times
from .output import Counters
from .symbols import Codes

ALARM, BULK = 0, 1
"""Ranks; the lower goes first."""

MASKED_FIELDS = 62
"""Of so many fields a message's are told apart by the bits of an integer."""


def alarm_fields(plan: p.Plan) -> Mapping[str, frozenset[str]]:
    """By device type, the fields that decide on rules with actions, however indirectly, and on their groups."""
    nodes = {node.id: node for node in plan.nodes}
    keys: dict[str, list[str]] = {}
    for timeline in plan.timelines:
        keys[timeline.id] = [id_ for member in timeline.members for id_ in member.keys]
    acting = {node.operator.rule for node in plan.nodes if isinstance(node.operator, p.Action)}
    to_visit = [n.id for n in plan.nodes if isinstance(n.operator, p.Rule) and n.operator.name in acting]
    seen: set[str] = set()
    found: dict[str, set[str]] = {device.name: set() for device in plan.devices}
    while to_visit:
        node = nodes[to_visit.pop()]
        if node.id not in seen:
            seen.add(node.id)
            to_visit += [*node.inputs, *keys[node.timeline]]
            device, field = getattr(node.operator, "device", None), getattr(node.operator, "field", None)
            if device is not None and field is not None:
                found[device].add(field)
    return {device: frozenset(fields) for device, fields in found.items()}


@dataclass(frozen=True, slots=True)
class _Line:
    """Messages of one device type that wait, in the order in which they came (n,).

    came: the how manieth each was of all; rank; like: the same for messages that carry the same fields (marks: -1).
    """

    came: Times
    rank: NDArray[np.int8]
    like: Times
    key: Codes
    time: Times
    mark: Mask
    fields: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.came)

    def take(self, which: Mask) -> "_Line":
        rows = np.flatnonzero(which)
        fields = {name: column.take(rows) for name, column in self.fields.items()}
        return _Line(
            self.came[rows], self.rank[rows], self.like[rows], self.key[rows], self.time[rows], self.mark[rows], fields
        )

    def superseded(self) -> Mask:
        """Which have a newer one behind them: of the same device, with the same fields."""
        order = np.lexsort((self.came, self.like, self.key))
        same = (self.key[order[1:]] == self.key[order[:-1]]) & (self.like[order[1:]] == self.like[order[:-1]])
        mask = np.zeros(len(self), dtype=np.bool_)
        mask[order[:-1]] = same
        return mask


class Waiting:
    """The queue. `messages_max`: so many messages may wait, and besides them one progress mark for each device."""

    def __init__(self, plan: p.Plan, counters: Counters, messages_max: int, next_seq: int = 0) -> None:
        self.counters = counters
        self.messages_max = messages_max
        self.next_seq = next_seq
        self._alarms = alarm_fields(plan)
        self._types = {d.name: {f.name: f.type.name for f in d.fields} for d in plan.devices}
        self._lines = {device.name: self._empty(device) for device in plan.devices}
        self._came = 0

    @staticmethod
    def _empty(device: p.DeviceType) -> _Line:
        none = np.zeros(0, dtype=np.int64)
        columns = {f.name: Column(np.zeros(0, DTYPES[f.type.name]), np.zeros(0, np.bool_)) for f in device.fields}
        empty = np.zeros(0, dtype=np.bool_)
        return _Line(none, none.astype(np.int8), none, none.astype(np.int32), none, empty, columns)

    def __len__(self) -> int:
        """How many messages wait; marks do not count."""
        return sum(int((~line.mark).sum()) for line in self._lines.values())

    @property
    def inputs(self) -> int:
        """How many messages and marks wait."""
        return sum(len(line) for line in self._lines.values())

    # -- In -----------------------------------------------------------------------------------------------------------

    def offer(self, batch: Batch) -> None:
        """What was read waits from now on; what there is no room for is shed."""
        assert not batch.acknowledgements, "they do not wait: feed them"
        # In the order of their sequence numbers, whichever part they are in.
        seqs = np.sort(np.concatenate([np.zeros(0, np.int64), *(part.seq for part in batch.parts)]))
        for part in batch.parts:
            came = self._came + np.searchsorted(seqs, part.seq)
            self._lines[part.device] = self._joined(part.device, self._line(part, came))
        self._came += len(seqs)
        if sum(map(len, self._lines.values())) > self.messages_max:
            self._drop_old_marks()
            self._shed()

    def _line(self, part: Messages, came: Times) -> _Line:
        alarms, count = self._alarms[part.device], len(part)
        rank = np.full(count, BULK, dtype=np.int8)
        like = np.zeros(count, dtype=np.int64)
        fields = {}
        for place, (name, type_) in enumerate(self._types[part.device].items()):
            column = part.fields.get(name)
            if column is None:
                fields[name] = Column(np.zeros(count, DTYPES[type_]), np.zeros(count, np.bool_))
                continue
            known = column.mask()
            fields[name] = Column(column.values, known)
            like |= known.astype(np.int64) << (place % MASKED_FIELDS)
            if name in alarms:
                rank[known] = ALARM
        if len(fields) > MASKED_FIELDS:
            like = came  # Too many to tell apart: no two are alike.
        mark = np.zeros(count, dtype=np.bool_) if part.mark is None else part.mark
        like[mark] = -1
        return _Line(came, rank, like, part.key, part.time, mark, fields)

    def _joined(self, device: str, new: _Line) -> _Line:
        old = self._lines[device]
        if not len(old):
            return new
        fields = {
            name: Column(np.concatenate([c.values, n.values]), np.concatenate([c.mask(), n.mask()]))
            for (name, c), n in zip(old.fields.items(), new.fields.values(), strict=True)
        }
        came, rank, like, key, time, mark = (
            np.concatenate([getattr(old, name), getattr(new, name)])
            for name in ("came", "rank", "like", "key", "time", "mark")
        )
        return _Line(came, rank, like, key, time, mark, fields)

    # -- What is too much ---------------------------------------------------------------------------------------------

    def _drop_old_marks(self) -> None:
        """A newer mark of a device says all that an older one does."""
        for device, line in self._lines.items():
            self._lines[device] = line.take(~(line.mark & line.superseded()))

    def _shed(self) -> None:
        for rank in (BULK, ALARM):
            for reason in ("thinned", "overflow"):
                excess = len(self) - self.messages_max
                if excess <= 0:
                    return
                self._drop_oldest(excess, rank, reason)

    def _drop_oldest(self, count: int, rank: int, reason: str) -> None:
        """Drop the oldest messages of a rank, at most so many; or of those of them that newer ones make needless."""
        candidates = {}
        for device, line in self._lines.items():
            candidates[device] = (line.rank == rank) & ~line.mark
            if reason == "thinned":
                candidates[device] &= line.superseded()
        came = np.concatenate([self._lines[device].came[mask] for device, mask in candidates.items()])
        if not len(came):
            return
        newest = _nth(came, count)
        for device, mask in candidates.items():
            line = self._lines[device]
            gone = mask & (line.came <= newest)
            self.counters.shed[reason] += int(gone.sum())
            self._lines[device] = line.take(~gone)

    # -- Out ----------------------------------------------------------------------------------------------------------

    def take(self, inputs_max: int) -> Batch:
        """The inputs that are next, at most so many: alarms' first, else in the order in which they came."""
        first = {device: line.came + (line.rank.astype(np.int64) << 62) for device, line in self._lines.items()}
        every = np.concatenate(list(first.values()))
        if not len(every):
            return Batch()
        last = _nth(every, inputs_max)
        taken: list[tuple[str, _Line]] = []
        for device, line in self._lines.items():
            mine = first[device] <= last
            if mine.any():
                taken.append((device, line.take(mine)))
                self._lines[device] = line.take(~mine)
        seqs = np.sort(np.concatenate([line.came for _, line in taken]))
        parts = tuple(self._messages(device, line, seqs) for device, line in taken)
        self.next_seq += len(seqs)
        return Batch(parts)

    def _messages(self, device: str, line: _Line, came: Sequence[int] | Times) -> Messages:
        seq = self.next_seq + np.searchsorted(came, line.came)
        fields = {
            name: Column(column.values, None if column.mask().all() else column.known)
            for name, column in line.fields.items()
            if column.mask().any()
        }
        return Messages(device, seq, line.key, line.time, fields, line.mark if line.mark.any() else None)


def _nth(values: Times, count: int) -> int:
    """The greatest of the `count` least values, of which there is at least one."""
    if count >= len(values):
        return int(values.max())
    return int(np.partition(values, count - 1)[count - 1])
