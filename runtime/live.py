"""A plan at work on messages as they come: for a program that has Headgate in it.

    run = Live(plan)
    for output in run.feed("readings", [{"fridge": "f1", "ts": "2026-03-01T08:00:00Z", "temp_f": 46.4}]):
        ...
    run.mark(now_ns)                    # nothing earlier will come
    run.acknowledge("too_warm", "f1", now_ns)

Time is the messages' own, and goes on with messages and marks alone; whoever knows what time it is says so by marks. A
run reads nothing, writes nothing and waits for nothing. What it remembers is in its `checkpoint`: keep that together
with how far the inputs were read, and a crash is only an interruption. docs/python.md tells how.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..compiler.plan import Migration, Plan
from .admitted import Acknowledge, Input, Mark, batch_of
from .batch import Batch
from .connectors.files import runs as lines_of
from .connectors.json_lines import Decoder
from .connectors.memory import RUN, payloads_of
from .connectors.payload import Lines, Payloads, Texts, Wanted
from .deployment.inventory import Registered
from .gathering import Outputs
from .ingest import TIME_MAX_NS, Admission
from .output import Counters
from .quarantine import Sink
from .registering import Registrations, first_time
from .replay import Replay
from .state import State, load, save

Handed = str | bytes | bytearray | Mapping[str, Any] | Iterable[Any]
"""Messages of a source: JSON lines, an object as JSON would give it, or many of them."""


class Live:
    """A plan at work. Not thread-safe: feed it from one place."""

    def __init__(
        self,
        plan: Plan,
        registered: Sequence[Registered] = (),
        latest_ns: int = TIME_MAX_NS,
        quarantine: Sink | None = None,
    ) -> None:
        """`registered`: devices that are there before the first message. `latest_ns`: a message from after this time is
        from a clock that is wrong (`latest` moves it on). `quarantine`: where refused messages are written, as JSON."""
        self._replay = Replay.of(plan, latest_ns, registered)
        self._replay.quarantine.sink = quarantine
        self._registrations = Registrations.of(registered, self._replay.engine, self._replay.admission)
        self._sources: dict[str, _Source] = {}

    @property
    def counters(self) -> Counters:
        """What became of the messages."""
        return self._replay.counters

    def latest(self, time_ns: int) -> None:
        """From now on, a message from after this time is from a clock that is wrong."""
        self._replay.admission.latest_ns = time_ns

    def feed(self, source: str, messages: Handed) -> Outputs:
        """What comes of messages of a source of the program. What cannot be understood is quarantined and counted.

        Text and bytes are JSON lines (one message alone is a line), which cost a fraction of what objects cost. Raises
        `KeyError` for a source that the program does not have.
        """
        found = self._sources.get(source)
        if found is None:
            found = self._sources[source] = self._source(source)
        return Outputs.together([self._fed(batch) for batch in found.batches(messages)] or [self._fed(Batch())])

    def mark(self, time_ns: int, device: str | None = None, ids: Sequence[str] = ()) -> Outputs:
        """What comes of time going on: nothing earlier will come from these devices of a type, or from any at all.

        Timers go off, windows end. Messages that come from before it none the less are late. Raises `KeyError` for a
        device type that the program does not have.
        """
        engine, admission = self._replay.engine, self._replay.admission
        registered = self._registered(time_ns)
        if device is None:
            engine.next_seq = admission.next_seq
            outputs = engine.mark_all(time_ns)
            admission.next_seq = engine.next_seq
        elif device in engine.registries:
            outputs = self._taken([Mark(device, id_, time_ns) for id_ in ids])
        else:
            raise KeyError(f"the program has no device type `{device}`: it has {', '.join(engine.registries)}")
        return Outputs.together([*registered, outputs])

    def acknowledge(self, rule: str, key: str | tuple[str, ...], time_ns: int) -> Outputs:
        """What comes of somebody acknowledging a raised rule; `key` is the device's id, or the group's values.

        Raises `KeyError` for a rule that the program does not have.
        """
        return self._taken([Acknowledge(rule, (key,) if isinstance(key, str) else key, time_ns)])

    def end(self) -> Outputs:
        """No further input: windows that are open are closed, and the run is over."""
        return Outputs.together(list(self._replay.end()))

    # -- State --------------------------------------------------------------------------------------------------------

    def checkpoint(self) -> State:
        """All state, as plain data of which nothing is shared with the run."""
        return self._replay.engine.checkpoint() | {name: save(owner) for name, owner in self._replay.owners().items()}

    def restore(self, state: State) -> None:
        """Go on, in a run that was just made, as that run with the same plan would have from which the checkpoint is.

        Raises `StateShape` for a checkpoint of another plan.
        """
        state = dict(state)
        owned = {name: state.pop(name, {}) for name in self._replay.owners()}
        self._replay.engine.restore(state)
        for name, owner in self._replay.owners().items():
            load(owner, owned[name])
        engine, waiting = self._replay.engine, self._registrations.waiting
        self._registrations.waiting = [one for one in waiting if not engine.knows(one.device, one.id)]

    def replace(self, plan: Plan, migration: Migration) -> None:
        """Go on with another plan; `migration` (`compiler.migration.migrate`) says what state it goes on with."""
        self._replay.adopt(self._replay.engine.replaced_by(plan, migration))
        self._sources.clear()

    # -- Inputs -------------------------------------------------------------------------------------------------------

    def _source(self, name: str) -> "_Source":
        admission = self._replay.admission
        if all(source.name != name for source in admission.plan.sources):
            known = ", ".join(source.name for source in admission.plan.sources) or "none"
            raise KeyError(f"the program has no source `{name}`: its sources are {known}")
        return _Source(name, admission)

    def _fed(self, batch: Batch) -> Outputs:
        registered = self._registered(first_time(batch)) if len(batch) else []
        return Outputs.together([*registered, self._replay.engine.feed(batch)])

    def _registered(self, begin_ns: int | None) -> list[Outputs]:
        """What comes of registering the devices that were there before anything came, which is of that time."""
        if not self._registrations.waiting:
            return []
        engine = self._replay.engine
        return [engine.feed(self._registrations.batch(engine, self._replay.admission, begin_ns))]

    def _taken(self, inputs: Sequence[Input]) -> Outputs:
        engine, admission = self._replay.engine, self._replay.admission
        numbered = list(enumerate(inputs, admission.next_seq))
        admission.next_seq += len(numbered)
        return engine.feed(batch_of(engine, numbered) if numbered else Batch())


class _Source:
    """One source of the program: what is handed over is decoded, mapped and admitted. A `Reader` without an end."""

    def __init__(self, name: str, admission: Admission) -> None:
        self.name = name
        self._batches = admission.batches(self, [name])
        self._run: Lines | Sequence[Any] = ()

    def batches(self, messages: Handed) -> Iterator[Batch]:
        """What is made of messages."""
        for self._run in _runs(messages):
            yield next(self._batches)

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        """The run that was handed over, whenever there is one."""
        decoder = Decoder(wanted)
        number = 1
        while True:
            if isinstance(self._run, Lines):
                payloads, count = decoder.decode(self._run, number, texts)
            else:
                payloads, count = payloads_of(self._run, number, wanted, texts), len(self._run)
            number += count
            yield payloads


def _runs(messages: Handed) -> Iterator[Lines | Sequence[Any]]:
    match messages:
        case str():
            yield from _runs(messages.encode(errors="surrogatepass"))
        case bytes() | bytearray():
            yield from lines_of(bytearray(messages) if messages.endswith(b"\n") else bytearray(messages + b"\n"))
        case Mapping():
            yield [messages]
        case _:
            objects = iter(messages)
            while run := list(islice(objects, RUN)):
                yield run
