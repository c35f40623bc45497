"""A plan run over inputs that have an end: files, and what is in memory.

    replay = Replay.of(plan)
    for outputs in replay.run([(JsonLines("trucks.jsonl.gz"), ["readings", "diagnostics"])]):
        ...
    replay.counters.quarantined

Inputs are read one after another, in the order given. At the end come a progress mark for every registered device, at
1 ns after the newest event time of all, and the end itself (`docs/meaning.md`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..compiler.plan import Plan
from .connectors.payload import InputError, Origin, Payloads, Reader, Texts, Wanted
from .deployment.inventory import Registered
from .engine import Engine
from .gathering import Outputs
from .ingest import TIME_MAX_NS, Admission, split
from .output import Counters
from .quarantine import Quarantine
from .registering import Registrations, first_time

INPUTS_MAX = 1 << 16
"""Messages in a batch, at most."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far inputs were read: so many messages of the one at this place (from 0), and all of those before it."""

    input: int = 0
    messages: int = 0


BEGINNING = Position()


@dataclass(slots=True)
class Replay:
    """An engine and what is admitted to it.

    `position` is how far the inputs were read and executed, when what came of a batch was just given; None where the
    engine has executed less than was read, or the end of the inputs has begun.
    """

    engine: Engine
    admission: Admission
    registered: Sequence[Registered] = ()
    position: Position | None = field(default=BEGINNING, init=False)

    @classmethod
    def of(
        cls,
        plan: Plan,
        latest_ns: int = TIME_MAX_NS,
        registered: Sequence[Registered] = (),
        engine: Engine | None = None,
    ) -> "Replay":
        """`latest_ns`: messages from after this time are quarantined as `in_future`. `registered`: devices that are
        there before the first message. `engine`: one of the plan, if there is one already."""
        engine = Engine(plan) if engine is None else engine
        quarantine = Quarantine(engine.counters)
        admission = Admission(plan, engine.symbols, engine.registries, quarantine, latest_ns=latest_ns)
        return cls(engine, admission, registered)

    @property
    def counters(self) -> Counters:
        return self.engine.counters

    @property
    def quarantine(self) -> Quarantine:
        return self.admission.quarantine

    def owners(self) -> dict[str, object]:
        """What has state beside the engine, by name."""
        return {"admission": self.admission, "quarantine": self.quarantine}

    def adopt(self, engine: Engine) -> None:
        """Go on with another engine: that of a plan which takes the place of the one before."""
        self.engine = engine
        self.admission.plan = engine.plan
        self.admission.symbols = engine.symbols
        self.admission.registries = engine.registries
        self.quarantine.counters = engine.counters

    def run(
        self,
        inputs: Sequence[tuple[Reader, Sequence[str]]],
        inputs_max: int = INPUTS_MAX,
        messages_max: int | None = None,
        begin: Position = BEGINNING,
    ) -> Iterator[Outputs]:
        """What comes of inputs (each with the sources that it feeds), a batch at a time. Raises `InputError`.

        `messages_max`: no more messages are read, as if the inputs ended there. `begin`: what is before it was executed
        already, by this replay's engine as it was then.
        """
        registrations = Registrations.of(self.registered, self.engine, self.admission)
        for place, (reader, sources) in enumerate(inputs[begin.input :], begin.input):
            passed = begin.messages if place == begin.input else 0
            if passed:
                reader = _Rest(reader, passed)
            if messages_max is not None:
                reader = _Head(reader, messages_max - self.admission.messages)
            read_before = self.admission.next_seq - passed
            for batch in self.admission.batches(reader, sources):
                *parts, last = split(batch, inputs_max)
                self.position = None
                if registrations.waiting and len(batch):
                    for part in split(registrations.batch(self.engine, self.admission, first_time(batch)), inputs_max):
                        yield self.engine.feed(part)
                for part in parts:
                    yield self.engine.feed(part)
                if not registrations.waiting:
                    self.position = Position(place, self.admission.next_seq - read_before)
                yield self.engine.feed(last)
        self.position = None
        if registrations.waiting:
            if all(one.since_ns is None for one in registrations.waiting):
                return  # Neither a message nor a device has said what time it is.
            for part in split(registrations.batch(self.engine, self.admission, None), inputs_max):
                yield self.engine.feed(part)
        yield from self.end()

    def end(self) -> Iterator[Outputs]:
        """The end of the last input."""
        self.engine.next_seq = max(self.engine.next_seq, self.admission.next_seq)
        if self.admission.newest_ns is not None:
            yield self.engine.mark_all(self.admission.newest_ns + 1)
        yield self.engine.end()


@dataclass(frozen=True, slots=True)
class _Head:
    """The first messages of an input."""

    reader: Reader
    count: int

    @property
    def name(self) -> str:
        return self.reader.name

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        left = self.count
        if left > 0:
            for payloads in self.reader.read(wanted, texts):
                yield payloads if payloads.count <= left else payloads.head(left)
                left -= payloads.count
                if left <= 0:
                    return


@dataclass(frozen=True, slots=True)
class _Rest:
    """An input without its first messages."""

    reader: Reader
    passed: int

    @property
    def name(self) -> str:
        return self.reader.name

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        left = self.passed
        for payloads in self.reader.read(wanted, texts):
            if left >= payloads.count:
                left -= payloads.count
                continue
            yield _rest(payloads, left) if left else payloads
            left = 0
        if left:
            raise InputError(
                f"cannot go on in `{self.name}`: {self.passed} messages of it were read before, now it has "
                f"{self.passed - left}; give the same input, or begin anew with another folder of state"
            )


def _rest(payloads: Payloads, passed: int) -> Payloads:
    rows = np.arange(passed, payloads.count)
    return Payloads(
        len(rows),
        {want: column.take(rows) for want, column in payloads.columns.items()},
        _LaterOrigin(np.asarray(payloads.origin.numbers)[rows], payloads.origin, passed),
        {want: {row - passed: why for row, why in bad.items() if row >= passed} for want, bad in payloads.bad.items()},
        {row - passed: why for row, why in payloads.broken.items() if row >= passed},
    )


@dataclass(frozen=True, slots=True)
class _LaterOrigin:
    numbers: NDArray[np.integer]
    origin: Origin
    passed: int

    def excerpt(self, row: int) -> str:
        return self.origin.excerpt(row + self.passed)
