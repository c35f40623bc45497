"""A plan run over inputs that have an end: files, and what is in memory.

    replay = Replay.of(plan)
    for outputs in replay.run([(JsonLines("trucks.jsonl.gz"), ["readings", "diagnostics"])]):
        ...
    replay.counters.quarantined

Inputs are read one after another, in the order given. At the end come a progress mark for every registered device, at
1 ns after the newest event time of all, and the end itself (`docs/meaning.md`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..compiler.plan import Plan
from .connectors.payload import Payloads, Reader, Texts, Wanted
from .engine import Engine
from .ingest import TIME_MAX_NS, Admission, split
from .output import Counters, Output
from .quarantine import Quarantine

INPUTS_MAX = 1 << 16
"""Messages in a batch, at most."""


@dataclass(slots=True)
class Replay:
    """An engine and what is admitted to it."""

    engine: Engine
    admission: Admission

    @classmethod
    def of(cls, plan: Plan, latest_ns: int = TIME_MAX_NS) -> "Replay":
        """`latest_ns`: messages from after this time are quarantined as `in_future`."""
        engine = Engine(plan)
        quarantine = Quarantine(engine.counters)
        return cls(engine, Admission(plan, engine.symbols, engine.registries, quarantine, latest_ns=latest_ns))

    @property
    def counters(self) -> Counters:
        return self.engine.counters

    @property
    def quarantine(self) -> Quarantine:
        return self.admission.quarantine

    def run(
        self,
        inputs: Sequence[tuple[Reader, Sequence[str]]],
        inputs_max: int = INPUTS_MAX,
        messages_max: int | None = None,
    ) -> Iterator[Sequence[Output]]:
        """What comes of inputs (each with the sources that it feeds), a batch at a time. Raises `InputError`.

        `messages_max`: no more messages are read, as if the inputs ended there.
        """
        for reader, sources in inputs:
            if messages_max is not None:
                reader = _Head(reader, messages_max - self.admission.next_seq)
            for batch in self.admission.batches(reader, sources):
                for part in split(batch, inputs_max):
                    yield self.engine.feed(part)
        yield from self.end()

    def end(self) -> Iterator[Sequence[Output]]:
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
