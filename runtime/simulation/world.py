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
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ...compiler import plan as p
from ...stdlib.function import Value
from ..admitted import Acknowledge, Input, MarkAll, Message
from ..checkpoint import Checkpoint, from_bytes, to_bytes
from ..commands.orchestrator import Orchestrator
from ..commands.records import Answer, Deliver, Effect, Reported
from ..output import Life, Output, Sent, Set, Signalled, Started
from .behaviour import Behaviour, Change
from .execution import Execution, WholeEngine

DECISIONS = (Life, Sent, Set, Started, Signalled)
"""Outputs of rules and signals that may concern commands."""

AHEAD_MAX = 1000
"""At so many times at most devices report in one batch."""


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


Entry = tuple[int, int, int, int, "Message | Acknowledge | Answer | Change", int]
"""When it comes; whether a device reports it (0), a person does it (1), or it comes of a command (2); the place among
those that do; a running number; what it is; and of a report, how often the device had changed when it was foreseen."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What arrives at one time: the inputs with the mark before them, and the entries of the queue they are of."""

    time: int
    inputs: Sequence[Input]
    entries: Sequence[Entry]


@dataclass
class World:
    """A plan, what executes it, devices and how they behave.

    `restarts`: when (ns, ascending) the processes die, and when they go on from their checkpoints, `anew` being what
    executes the plan then. What comes while they are away waits at their door. `acknowledged`: what people do.
    `behind`: by how much (ns) the slowest clock of a device is behind at a time; the gateways do not claim more than
    such a device can know.
    """

    plan: p.Plan
    execution: Execution
    devices: Sequence[Device]
    behaviour: Behaviour
    acknowledged: Sequence[Acknowledge] = ()
    behind: Callable[[int], int] = lambda time: 0
    start: int = 0
    restarts: Sequence[tuple[int, int]] = ()
    anew: Callable[[], Execution] | None = None
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
        self._ahead = 1
        """At how many times devices report in the next batch: more and more while nothing comes of what they say."""
        self._end = self.start
        self._restarts = deque(self.restarts)
        self._back = self.start
        """Before this nothing is decided: the processes are away."""
        self._events = {(type_.name, field.name) for type_ in self.plan.devices for field in type_.fields}
        self._lateness = max((device.lateness_ns for device in self.plan.devices), default=0)

    def run(self, end: int) -> None:
        """Run until a time, with it, and until what waits for stragglers has said what it has to say of that time."""
        self._end = end
        for place in range(len(self.devices)):
            self._foresee(place)
        for place, acknowledge in enumerate(self.acknowledged):
            admitted = self.execution.admits(acknowledge)
            self._push(admitted, 1, place, replace(acknowledge, time=admitted))
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
        due = [
            self.orchestrator.next_due(),
            self.execution.next_due(),
            self._queue[0][0] if self._queue else None,
            self._restarts[0][0] if self._restarts else None,
        ]
        first = min((time for time in due if time is not None), default=None)
        return None if first is None else max(first, self._back)

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
        if self._restarts and self._restarts[0][0] <= time:
            self._restart(*self._restarts.popleft())
            return
        arrivals = self._arrivals(time)
        if len(arrivals) > 1:
            self._feed_ahead(arrivals)
            return
        if arrivals:
            (arrival,) = arrivals
            if self._feed(arrival.inputs, time):
                self._ahead = min(2 * self._ahead, AHEAD_MAX)
            else:
                self._put_back(arrival.entries)
            return
        mark = self._mark(time, self._passed)
        if mark and not self._feed(mark, time):
            return
        if self._queue and self._queue[0][0] == time:
            self._react(heapq.heappop(self._queue), time)
        else:
            self.now = time
            outputs = self.execution.advance(time)
            self.said += outputs
            self._decided(outputs)
            self._carry_out(self.orchestrator.advance(time))

    def _restart(self, dies: int, back: int) -> None:
        """Whatever decides goes on from what was written of it, and takes what came meanwhile, in that order."""
        assert self.anew is not None
        if back < self._back:
            return  # They were away longer for another reason.
        waiting = self._waiting(back) if dies < back else []
        executed, commands = self.execution.checkpoint(), self.orchestrator.checkpoint()
        self.execution = self.anew()
        self.execution.restore(executed)
        self.orchestrator = Orchestrator(self.plan)
        self.orchestrator.restore(from_bytes(to_bytes(Checkpoint(b"", commands))).state)
        if dies < back:
            self.now = self._back = back
            self.orchestrator.come_back(back)
        for time, what in waiting:
            if isinstance(what, Answer):
                self._carry_out(self.orchestrator.take(what, back))
            else:
                inputs = [*self._mark(time, self._passed), what]
                self._admitted(inputs, self._executed(inputs, back), back)

    def _waiting(self, back: int) -> list[tuple[int, Message | Acknowledge | Answer]]:
        """What comes before the processes are back, and when. Devices do meanwhile what they have been told."""
        found: list[tuple[int, Message | Acknowledge | Answer]] = []
        while self._queue and self._queue[0][0] < back:
            time, kind, place, _, what, changes = heapq.heappop(self._queue)
            if isinstance(what, Change):
                self._change(what, time)
            elif kind != 0:
                found.append((time, what))
            elif changes == self._changes[place]:
                found.append((time, what))
                self._foresee(place)
        return found

    def _arrivals(self, time: int) -> list[Arrival]:
        """What is reported and done at a time, and at those after it as far as nothing else is to come before.

        Empty if nothing is at this time. What links deliver depends on when it is: with them there is one time only.
        """
        entries = self._arriving(time)
        if not entries:
            return []
        most = self._ahead if isinstance(self.execution, WholeEngine) else 1
        due, restart = self.orchestrator.next_due(), self._restarts[0][0] if self._restarts else None
        last = min(self._end, self._end if due is None else due, self._end if restart is None else restart - 1)
        found: list[Arrival] = []
        passed = self._passed
        while True:
            marks = self._mark(time, passed)
            passed = max([passed, *(mark.time for mark in marks)])
            done = [entry[4] for entry in entries if isinstance(entry[4], Message | Acknowledge)]
            found.append(Arrival(time, [*marks, *done], entries))
            if len(found) == most or not self._queue or self._queue[0][0] > last or self._queue[0][1] == 2:
                return found
            time = self._queue[0][0]
            entries = self._arriving(time)

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

    def _mark(self, time: int, said: int) -> list[MarkAll]:
        """What the gateways say at a time, if that is something new after what they have said."""
        passed = time - self.behind(time)
        return [MarkAll(passed)] if passed > said else []

    def _react(self, entry: Entry, time: int) -> None:
        """What comes of a command: an answer, a change, or what the changed device reports."""
        match entry[4]:
            case Answer() as answer:
                self.now = time
                self._carry_out(self.orchestrator.take(answer, time))
            case Change() as change:
                self._change(change, time)
            case Message() as message:
                if not self._feed([message], time):
                    self._put_back([entry])
            case Acknowledge() as acknowledge:
                raise AssertionError(f"no command does this: {acknowledge}")

    def _change(self, change: Change, time: int) -> None:
        """A device is another than before, and reports so."""
        place = self._places[change.device, change.id]
        report = self.devices[place].change(time, change.fields)
        self._changes[place] += 1
        self._streams[place] = self.devices[place].reports(time)
        self._foresee(place)
        if report is not None:
            # What the gateways have said of the time holds for it too.
            carried = max(report.time, self._passed)
            self._push(time, 2, place, Message(change.device, change.id, carried, report.fields))

    # --- What comes of it --------------------------------------------------------------------------------------------

    def _feed(self, inputs: Sequence[Input], time: int) -> bool:
        """Admit inputs that arrive at a time, and carry out what the rules decide.

        Not if something was decided before that time: then the gateways say how late it was, the decision is carried
        out, and the inputs are still to come. Decisions after the end do not count any more.
        """
        before = self.execution.checkpoint()
        outputs = self._executed(inputs, time)
        mark = self._mark_before(outputs, time)
        if mark is not None:
            self.execution.restore(before)
            # The gateways can say so once the slowest clock has come so far.
            inputs, time = [mark], max(self.now, mark.time - 1 + self.behind(time))
            outputs = self._executed(inputs, time)
        self._admitted(inputs, outputs, time)
        return mark is None

    def _feed_ahead(self, arrivals: Sequence[Arrival]) -> None:
        """Admit what arrives at several times, in one batch: as much of it as nothing else comes before.

        What is still to come when something comes of commands, or had to be decided earlier, goes back to the queue,
        and the execution to where it was then.
        """
        assert isinstance(self.execution, WholeEngine)
        before, seq = self.execution.checkpoint(), self.execution.engine.next_seq
        outputs = deque(self.execution.feed([one for arrival in arrivals for one in arrival.inputs]))
        done = 0
        for arrival in arrivals:
            coming = self._next_time()
            if coming is not None and coming < arrival.time:
                break
            seq += len(arrival.inputs)
            said: list[Output] = []
            while outputs and outputs[0].seq < seq:
                said.append(outputs.popleft())
            if self._mark_before(said, arrival.time) is not None:
                break
            self._admitted(arrival.inputs, said, arrival.time)
            done += 1
        if done == len(arrivals):
            self._ahead = min(2 * self._ahead, AHEAD_MAX)
            return
        self._ahead = 1
        self.execution.restore(before)
        self.execution.feed([one for arrival in arrivals[:done] for one in arrival.inputs])
        self._put_back([entry for arrival in arrivals[done:] for entry in arrival.entries])

    def _admitted(self, inputs: Sequence[Input], outputs: Sequence[Output], time: int) -> None:
        """Inputs have been admitted at a time: carry out what was decided."""
        self.journal += inputs
        self.said += outputs
        self.now = time
        for one in inputs:
            if isinstance(one, MarkAll):
                self._passed = max(self._passed, one.time)
            elif isinstance(one, Message):
                self._carry_out(self.orchestrator.take(Reported(one.device, one.id, one.time, one.fields), time))
        self._decided(outputs)

    def _executed(self, inputs: Sequence[Input], time: int) -> list[Output]:
        """What comes of inputs at a time, and of what links deliver until then."""
        before = self.execution.advance(time)
        return [*before, *self.execution.feed(inputs), *self.execution.advance(time)]

    def _decided(self, outputs: Sequence[Output]) -> None:
        """Let the orchestrator know, now, of what rules and signals say."""
        for output in outputs:
            if isinstance(output, DECISIONS) and output.time <= self._end:
                self._carry_out(self.orchestrator.take(output, self.now))

    def _mark_before(self, outputs: Sequence[Output], time: int) -> MarkAll | None:
        """What the gateways could have said so that a decision had come when it was due; None: all came in time."""
        late = [o.time for o in outputs if o.time < min(time, self._end + 1) and self.orchestrator.concerns(o)]
        if not late:
            return None
        known = time - self.behind(time)
        for moment in (min(late) + 1, min(late) + self._lateness + 1):
            if self._passed < moment <= known:
                return MarkAll(moment)
        return None

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Deliver):
                self.deliveries.append(effect)
                self._tell_sent(effect)
                for one in self.behaviour.on_command(effect, self.now):
                    self._push(max(one.time, self.now), 2, 0, one)
            else:
                self.outputs.append(effect)

    def _tell_sent(self, deliver: Deliver) -> None:
        """Where a program asks when a command was sent: an event of the device, admitted as its messages are."""
        event = p.sending(deliver.command)
        if deliver.attempt == 0 and (deliver.device, event) in self._events:
            time = max(self.now, self._passed)
            self._push(self.now, 2, 0, Message(deliver.device, deliver.id, time, {event: True}))
