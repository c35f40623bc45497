"""A world under a virtual clock: devices report, rules decide, commands are delivered, devices do what they are told.

    world = World(plan, WholeEngine(plan), devices, Obedient(plan, …))
    world.run(end)
    world.journal       # what was admitted, in order: replayed, it gives the same
    world.outputs       # what came of commands and procedures

At one time what devices report comes first, then what people do, then what comes of commands in the order in which it
came about, then what is due. The gateways say how late it is whenever anything happens, before it, and whenever a rule
decides something: a decision is carried out when it is due, not only when the next message arrives.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...compiler import plan as p
from ...stdlib.function import Value
from ..admitted import Acknowledge, Input, MarkAll, Message, fed
from ..commands.orchestrator import Orchestrator
from ..commands.records import Answer, Deliver, Effect, Reported
from ..engine import Engine
from ..output import Counters, Output, Sent, Signalled, Started
from .behaviour import Behaviour, Change

DECISIONS = (Sent, Started, Signalled)
"""Outputs of rules and signals that concern commands."""


@dataclass(frozen=True, slots=True)
class Report:
    """A message of a virtual device: when it arrives (ns), the time it carries, its fields."""

    arrives: int
    time: int
    fields: Mapping[str, Value]


class Device(Protocol):
    """A virtual device."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...

    def reports(self, after: int) -> Iterator[Report]:
        """What arrives of it after a time, in order, unless it is changed."""
        ...

    def change(self, time: int, fields: Mapping[str, Value]) -> Report | None:
        """It is different from now on; what it says of that at once, if that arrives."""
        ...


class Execution(Protocol):
    """What executes a plan: one engine, or several that are joined by links."""

    def feed(self, inputs: Sequence[Input]) -> Sequence[Output]: ...
    def advance(self, time: int) -> Sequence[Output]: ...
    def end(self) -> Sequence[Output]: ...
    def checkpoint(self) -> Any: ...
    def restore(self, state: Any) -> None: ...


class WholeEngine:
    """One engine that executes the whole plan."""

    def __init__(self, plan: p.Plan) -> None:
        self.engine = Engine(plan)

    @property
    def counters(self) -> Counters:
        return self.engine.counters

    def feed(self, inputs: Sequence[Input]) -> Sequence[Output]:
        """Take inputs, as one batch between marks of all."""
        outputs: list[Output] = []
        batch: list[tuple[int, Input]] = []
        for seq, one in enumerate(inputs, self.engine.next_seq):
            if batch and isinstance(one, MarkAll):
                outputs += fed(self.engine, batch)
                batch = []
            batch.append((seq, one))
            if isinstance(one, MarkAll | Acknowledge):
                outputs += fed(self.engine, batch)
                batch = []
        return [*outputs, *(fed(self.engine, batch) if batch else ())]

    def advance(self, time: int) -> Sequence[Output]:
        """There is no link that delays anything."""
        return []

    def end(self) -> Sequence[Output]:
        return self.engine.end()

    def checkpoint(self) -> Any:
        return self.engine.checkpoint()

    def restore(self, state: Any) -> None:
        self.engine.restore(state)


Entry = tuple[int, int, int, int, "Message | Acknowledge | Answer | Change", int]
"""When it comes; whether a device reports it (0), a person does it (1), or it comes of a command (2); the place among
those that do; a running number; what it is; and of a report, how often the device had changed when it was foreseen."""


@dataclass
class World:
    """A plan, what executes it, devices and how they behave.

    `acknowledged`: what people do, and when. `behind`: by how much (ns) the slowest clock of a device is behind at a
    time; the gateways do not claim more than such a device can know.
    """

    plan: p.Plan
    execution: Execution
    devices: Sequence[Device]
    behaviour: Behaviour
    acknowledged: Sequence[tuple[int, Acknowledge]] = ()
    behind: Callable[[int], int] = lambda time: 0
    start: int = 0
    journal: list[Input] = field(default_factory=list)
    """What was admitted."""
    said: list[Output] = field(default_factory=list)
    """What came of it."""
    outputs: list[Effect] = field(default_factory=list)
    """What came of commands and procedures; without deliveries."""
    deliveries: list[Deliver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.orchestrator = Orchestrator(self.plan)
        self.now = self.start
        self._places = {(one.type, one.id): place for place, one in enumerate(self.devices)}
        self._changes = [0] * len(self.devices)
        self._streams = [one.reports(self.start - 1) for one in self.devices]
        self._queue: list[Entry] = []
        self._count = 0
        self._passed = self.start
        """What the gateways have said: nothing earlier than this will come."""
        self._end = self.start
        self._lateness = max((device.lateness_ns for device in self.plan.devices), default=0)

    def run(self, end: int) -> None:
        """Run until a time, with it, and until what waits for stragglers has said what it has to say of that time."""
        self._end = end
        for place in range(len(self.devices)):
            self._foresee(place)
        for place, (time, acknowledge) in enumerate(self.acknowledged):
            self._push(time, 1, place, acknowledge)
        last = end + self._lateness + 1
        while True:
            coming = self._next_time()
            if coming is not None and coming <= end:
                self._at(coming)
            elif self._feed([MarkAll(last)], last):
                break
        self.said += self.execution.end()

    def _next_time(self) -> int | None:
        """When something comes next, or is due."""
        due = self.orchestrator.next_due()
        times = [self._queue[0][0]] if self._queue else []
        return min(times if due is None else [*times, due], default=None)

    # --- What comes --------------------------------------------------------------------------------------------------

    def _push(self, time: int, kind: int, place: int, what: Message | Acknowledge | Answer | Change) -> None:
        self._count += 1
        changes = self._changes[place] if kind == 0 else 0
        heapq.heappush(self._queue, (time, kind, place, self._count, what, changes))

    def _foresee(self, place: int) -> None:
        """Queue the next report of a device."""
        device = self.devices[place]
        report = next(self._streams[place], None)
        if report is not None:
            self._push(report.arrives, 0, place, Message(device.type, device.id, report.time, report.fields))

    def _at(self, time: int) -> None:
        """Let come what comes next, at this time: all that is reported and done, or one thing that comes of commands,
        or what is due."""
        reports = self._arriving(time)
        if reports:
            inputs = [entry[4] for entry in reports if isinstance(entry[4], Message | Acknowledge)]
            if not self._feed([*self._mark(time), *inputs], time):
                self._put_back(reports)
            return
        mark = self._mark(time)
        if mark and not self._feed(mark, time):
            return
        if self._queue and self._queue[0][0] == time:
            self._react(heapq.heappop(self._queue), time)
        else:
            self.now = time
            self.said += self.execution.advance(time)
            self._carry_out(self.orchestrator.advance(time))

    def _arriving(self, time: int) -> list[Entry]:
        """What is reported and done at a time, in order."""
        found: list[Entry] = []
        while self._queue and self._queue[0][:2] < (time, 2):
            entry = heapq.heappop(self._queue)
            _, kind, place, _, _, changes = entry
            if kind == 1:
                found.append(entry)
            elif changes == self._changes[place]:
                found.append(entry)
                self._foresee(place)
        return found

    def _put_back(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            heapq.heappush(self._queue, entry)

    def _mark(self, time: int) -> list[Input]:
        """What the gateways say at a time, if that is something new."""
        passed = time - self.behind(time)
        return [MarkAll(passed)] if passed > self._passed else []

    def _react(self, entry: Entry, time: int) -> None:
        """What comes of a command: an answer, a change, or what the changed device reports."""
        match entry[4]:
            case Answer() as answer:
                self.now = time
                self._carry_out(self.orchestrator.take(answer, time))
            case Change(type_, id_, _, fields):
                place = self._places[type_, id_]
                report = self.devices[place].change(time, fields)
                self._changes[place] += 1
                self._streams[place] = self.devices[place].reports(time)
                self._foresee(place)
                if report is not None:
                    # What the gateways have said of the time holds for it too.
                    carried = max(report.time, self._passed)
                    self._push(time, 2, place, Message(type_, id_, carried, report.fields))
            case Message() as message:
                if not self._feed([message], time):
                    self._put_back([entry])
            case Acknowledge() as acknowledge:
                raise AssertionError(f"no command does this: {acknowledge}")

    # --- What comes of it --------------------------------------------------------------------------------------------

    def _feed(self, inputs: Sequence[Input], time: int) -> bool:
        """Admit inputs that arrive at a time, and carry out what the rules decide.

        Not if something was decided before that time: then the gateways say how late it was, the decision is carried
        out, and the inputs are still to come. Decisions after the end do not count any more.
        """
        before = self.execution.checkpoint()
        outputs = self.execution.feed(inputs)
        mark = self._mark_before(outputs, time)
        if mark is not None:
            self.execution.restore(before)
            # The gateways can say so once the slowest clock has come so far.
            inputs, time = [mark], max(self.now, mark.time - 1 + self.behind(time))
            outputs = self.execution.feed(inputs)
        self.journal += inputs
        self.said += outputs
        self.now = time
        for one in inputs:
            if isinstance(one, MarkAll):
                self._passed = max(self._passed, one.time)
            elif isinstance(one, Message):
                self._carry_out(self.orchestrator.take(Reported(one.device, one.id, one.time, one.fields), time))
        for output in outputs:
            if isinstance(output, DECISIONS) and output.time <= self._end:
                self._carry_out(self.orchestrator.take(output, time))
        return mark is None

    def _mark_before(self, outputs: Sequence[Output], time: int) -> MarkAll | None:
        """What the gateways could have said so that a decision had come when it was due; None: all came in time."""
        late = [o.time for o in outputs if o.time < min(time, self._end + 1) and self._concerns(o)]
        if not late:
            return None
        known = time - self.behind(time)
        for moment in (min(late) + 1, min(late) + self._lateness + 1):
            if self._passed < moment <= known:
                return MarkAll(moment)
        return None

    def _concerns(self, output: Output) -> bool:
        """Whether an output makes a difference to commands."""
        if isinstance(output, Signalled):
            return self.orchestrator.asks_for(output.name)
        return isinstance(output, Sent | Started)

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Deliver):
                self.deliveries.append(effect)
                for one in self.behaviour.on_command(effect, self.now):
                    self._push(max(one.time, self.now), 2, 0, one)
            else:
                self.outputs.append(effect)
