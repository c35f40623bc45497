"""Synthetic events for load and for trouble: rates and surges; disorder, loss, duplicates, corruption. All by seed.

    load = Load("Pump", ids, {"pressure": (0.0, 10.0)}, per_s=1000, surges=(Surge(60 * S, 120 * S, 10),), seed=7)
    sent = load.messages(0, 180 * S)
    way = Way(disorder_ns=20 * S, lost=0.01, repeated=0.02, seed=8).delivery(sent.time)
    way.of_columns(sent)                # what arrives, in the order in which it does
    way.account                         # what became of each, to the last

What arrives is accounted for exactly: `produced = new + lost`, `arrived = new + repeated + corrupted`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Column
from ..batch import Messages
from .chance import Counts, key_of, uniforms

SECOND = 1_000_000_000
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Surge:
    """From `start_ns` until before `end_ns` there are so many times as many events. Whole seconds."""

    start_ns: int
    end_ns: int
    times: float


@dataclass(frozen=True)
class Load:
    """Events of devices of one type: `per_s` a second on average (a Poisson process), each of a device by chance.

    fields: by name (low, high), any number between them; or how often it is true. Every second has chance of its own,
    so that any span of whole seconds can be made alone.
    """

    device: str
    ids: Sequence[str]
    fields: Mapping[str, tuple[float, float] | float]
    per_s: float
    surges: Sequence[Surge] = ()
    seed: int = 0

    def rate(self, time: int) -> float:
        """Events a second at a time; of surges at one time each counts."""
        rate = self.per_s
        for surge in self.surges:
            rate *= surge.times if surge.start_ns <= time < surge.end_ns else 1.0
        return rate

    def messages(self, start: int, end: int) -> Messages:
        """What is sent from one time until before another, in order; `key` is the place among `ids`, `seq` from 0."""
        if start % SECOND or end % SECOND:
            raise ValueError("a load is made of whole seconds")
        seconds = [self._second(second) for second in range(start // SECOND, end // SECOND)]
        if not seconds:
            return self._second(start // SECOND).cut(0, 0)
        time = np.concatenate([one.time for one in seconds])
        key = np.concatenate([one.key for one in seconds])
        fields = {name: Column(np.concatenate([one.fields[name].values for one in seconds])) for name in self.fields}
        return Messages(self.device, np.arange(len(time)), key, time, fields)

    def _second(self, second: int) -> Messages:
        """The events of one second."""
        key = [key_of(self.seed, self.device), second]
        rng = np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64)))
        count = int(rng.poisson(self.rate(second * SECOND)))
        time = np.sort(rng.integers(0, SECOND, count)) + second * SECOND
        places = rng.integers(0, len(self.ids), count, dtype=np.int32)
        fields = {
            name: Column(rng.uniform(*of, count) if isinstance(of, tuple) else rng.random(count) < of)
            for name, of in self.fields.items()
        }
        return Messages(self.device, np.arange(count), places, time, fields)


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the messages: `new` arrived well for the first time, `lost` never did; of what arrived, `repeated`
    had arrived well before, and `corrupted` cannot be read."""

    produced: int
    new: int
    lost: int
    arrived: int
    repeated: int
    corrupted: int

    def __post_init__(self) -> None:
        assert self.produced == self.new + self.lost, self
        assert self.arrived == self.new + self.repeated + self.corrupted, self


@dataclass(frozen=True)
class Way:
    """What happens to messages under way.

    Each is under way for less than `disorder_ns`, by chance: messages come in another order, but none after one whose
    time is `disorder_ns` later, so that a device that declares this lateness loses none. The shares say how often a
    message is lost on the way, arrives a second time (up to `repeated_within_ns` later than it would), and arrives
    damaged (each arrival by chance of its own).
    """

    disorder_ns: int = 0
    lost: float = 0.0
    repeated: float = 0.0
    repeated_within_ns: int = SECOND
    corrupted: float = 0.0
    seed: int = 0

    def delivery(self, time: Numbers) -> "Delivery":
        """What becomes of messages of these times (n,), in the order sent."""
        every = np.arange(len(time))
        # A copy is under way as the message is, but is sent again later.
        there = every[self._chance("lost", every) >= self.lost]
        again = there[self._chance("repeated", there) < self.repeated]
        rows = np.concatenate([there, again])
        copy = np.repeat([0, 1], [len(there), len(again)])
        arrives = time[rows] + (self._chance("disorder", rows * 2 + copy) * self.disorder_ns).astype(np.int64)
        later = self._chance("again", again) * (self.repeated_within_ns + 1)
        arrives[len(there) :] += later.astype(np.int64)
        corrupted = self._chance("corrupted", rows * 2 + copy) < self.corrupted
        order = np.lexsort((copy, rows, arrives))
        return Delivery(len(time), rows[order], arrives[order], corrupted[order], self.seed)

    def _chance(self, what: str, numbers: Counts) -> NDArray[np.float64]:
        return uniforms(np.array([key_of(self.seed, what)], dtype=np.uint64), numbers, 0)[:, 0]


@dataclass(frozen=True)
class Delivery:
    """What arrives of `produced` messages, in order: rows (m,) which of them, arrives (m,) ns, corrupted (m,)."""

    produced: int
    rows: Numbers
    arrives: Numbers
    corrupted: NDArray[np.bool_]
    seed: int = 0
    account: Account = field(init=False)
    repeats: NDArray[np.bool_] = field(init=False)
    """(m,): which arrive well, and had arrived well before."""

    def __post_init__(self) -> None:
        well = np.flatnonzero(~self.corrupted)
        _, first = np.unique(self.rows[well], return_index=True)
        repeats = ~self.corrupted
        repeats[well[first]] = False
        object.__setattr__(self, "repeats", repeats)
        account = Account(
            produced=self.produced,
            new=len(first),
            lost=self.produced - len(first),
            arrived=len(self.rows),
            repeated=int(np.count_nonzero(repeats)),
            corrupted=int(np.count_nonzero(self.corrupted)),
        )
        object.__setattr__(self, "account", account)

    def of_columns(self, messages: Messages) -> Messages:
        """What arrives of messages; `seq` from that of the first on. Columns cannot be damaged: ValueError if some
        are."""
        if self.account.corrupted:
            raise ValueError("columns cannot be damaged: write them as lines")
        seq = np.arange(len(self.rows)) + (int(messages.seq[0]) if len(messages) else 0)
        fields = {name: column.take(self.rows) for name, column in messages.fields.items()}
        return replace(messages, seq=seq, key=messages.key[self.rows], time=messages.time[self.rows], fields=fields)

    def of_lines(self, lines: Sequence[bytes]) -> list[bytes]:
        """What arrives of messages that are a JSON object each, without the line's end."""
        arriving = [lines[row] for row in self.rows.tolist()]
        for place in np.flatnonzero(self.corrupted).tolist():
            arriving[place] = damaged(arriving[place], key_of(self.seed, "damage", place))
        return arriving


def damaged(line: bytes, chance: int) -> bytes:
    """A JSON object, damaged so that it is none any more: cut short, begun otherwise, or with a stray byte in it."""
    kind, place = chance % 3, chance // 3
    if not line.startswith(b"{") or not line.endswith(b"}"):
        raise ValueError("a line is a JSON object, without blanks around it")
    if kind == 0:
        return line[: 1 + place % (len(line) - 1)]
    if kind == 1:
        return b'["x#'[place % 4 : place % 4 + 1] + line[1:]
    return line[:1] + b"\x01" + line[1:]
