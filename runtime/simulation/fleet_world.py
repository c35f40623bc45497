"""A closed loop for fleets: devices report as columns, rules decide, commands are delivered, devices change.

    world = FleetWorld(plan, [fridges], 500 * MS, lambda obedient: Latency(obedient, there_ns=(500 * MS, 2 * S)))
    for outputs in world.run(begin, end): ...
    world.outputs       # what came of commands and procedures

Time goes in spans no longer than the least time from a decision to what it changes: nothing that is decided in a span
changes what is reported in it. A changed field is seen in the device's next report. Reports go to the orchestrator, one
by one, only while somebody asks about them: those of devices whose commands wait to be confirmed, all of them while a
procedure is under way.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from ...compiler import plan as p
from ...stdlib.column import Column
from ...stdlib.function import Value
from ..commands.orchestrator import Orchestrator
from ..commands.records import Answer, Deliver, Effect
from ..commands.records import Reported as Report
from ..engine import Engine
from ..gathering import Outputs
from ..output import Life, Sent, Set, Signalled, Started
from .behaviour import Behaviour, Change, Obedient
from .fleet import Fleet, Reported
from .telemetry import Telemetry

REPORTED, DECIDED, ANSWERED = range(3)
"""At one time what is reported comes first, then what is decided, then what is answered."""

Event = Report | Life | Sent | Set | Started | Signalled | Answer
Entry = tuple[int, int, int, Event]
"""When it comes, which of these it is, a running number, what it is."""


class Latest:
    """What each device of a fleet last reported."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.span = Reported(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), {}, {})
        """What is reported in the span at hand."""
        self.told = np.full(len(fleet), -1, dtype=np.int64)
        """(n,): the time of the last report that the orchestrator was told of; -1: of none."""
        self._time = np.full(len(fleet), -1, dtype=np.int64)
        self._values: dict[str, Column] = {}

    def take(self, span: Reported) -> None:
        """Another span begins: what was reported in the one before is past."""
        past, self.span = self.span, span
        self._time[past.who] = past.time
        for name, column in past.fields.items():
            if name not in self._values:
                blank = np.zeros(len(self.fleet), dtype=column.values.dtype)
                self._values[name] = Column(blank, np.zeros(len(self.fleet), dtype=np.bool_))
            rows = np.flatnonzero(column.mask())
            held = self._values[name]
            # Of several reports of a device the last stays.
            held.values[past.who[rows]] = column.values[rows]
            held.mask()[past.who[rows]] = True

    def of(self, number: int, time: int) -> tuple[int, dict[str, Value]]:
        """When a device last reported, up to a time, and what it has reported of its fields until then; -1: never."""
        before = Reported(np.array([number]), self._time[[number]], self._one(number), self.span.texts)
        values, at = before.values(0), int(self._time[number])
        for row in np.flatnonzero((self.span.who == number) & (self.span.time <= time)).tolist():
            values |= self.span.values(row)
            at = int(self.span.time[row])
        return at, values

    def _one(self, number: int) -> Mapping[str, Column]:
        return {name: column.take(np.array([number])) for name, column in self._values.items()}


class FleetWorld:
    """A plan on an engine, fleets, and how they behave: `behaves` gives that, from how obedient devices do.

    span_ns: no change comes sooner than this after what was decided; a behaviour with one that does raises ValueError.
    """

    def __init__(
        self, plan: p.Plan, fleets: Sequence[Fleet], span_ns: int, behaves: Callable[[Behaviour], Behaviour]
    ) -> None:
        self.plan = plan
        self.span_ns = span_ns
        self.engine = Engine(plan)
        self.telemetry = Telemetry(self.engine, fleets)
        self.orchestrator = Orchestrator(plan)
        self.behaviour = behaves(Obedient(plan, self.values))
        self.outputs: list[Effect] = []
        """What came of commands and procedures; without deliveries."""
        self.deliveries: list[Deliver] = []
        self._latest = {fleet.device: Latest(fleet) for fleet in fleets}
        self._queue: list[Entry] = []
        self._count = 0
        self._until = 0
        self._all_told = False

    def values(self, device: str, id_: str, time: int) -> Mapping[str, Value]:
        """What a device has last reported of its fields, up to a time."""
        latest = self._latest[device]
        return latest.of(latest.fleet.numbers[id_], time)[1]

    def run(self, start: int, end: int) -> Iterator[Outputs]:
        """What comes of it until before `end`, a span at a time; then the engine has come to its end."""
        for begin in range(start, end, self.span_ns):
            self._until = min(begin + self.span_ns, end)
            reports = self.telemetry.reports(begin, self._until)
            for device, latest in self._latest.items():
                latest.take(reports[device])
            for outputs in (self.engine.feed(self.telemetry.batch(reports)), self.engine.mark_all(self._until)):
                self._decided(outputs, begin)
                yield outputs
            self._span()
        yield self.engine.end()

    # --- What comes in a span ----------------------------------------------------------------------------------------

    def _decided(self, outputs: Outputs, begin: int) -> None:
        """Queue what concerns commands; what is known only now, as it waited for stragglers, is decided now."""
        for output in outputs:
            match output:
                case Signalled(name=name):
                    asked = self.orchestrator.known.asks_for(name)
                case Life() | Sent() | Set() | Started():
                    asked = self.orchestrator.concerns(output)
                case _:
                    continue
            if asked:
                self._push(max(output.time, begin), DECIDED, output)

    def _push(self, time: int, kind: int, what: Event) -> None:
        self._count += 1
        heapq.heappush(self._queue, (time, kind, self._count, what))

    def _span(self) -> None:
        """Carry out what comes and what is due before the span's end, in the order of time."""
        self._all_told = False
        self._tell_all_if_asked()
        for device, id_ in self.orchestrator.delivery.watching:
            self._will_tell(device, self._latest[device].fleet.numbers[id_], -1)
        while True:
            due = self.orchestrator.next_due()
            coming = self._queue[0][0] if self._queue else self._until
            if due is not None and due < min(coming, self._until):
                self._carry_out(self.orchestrator.advance(due), due)
            elif coming < self._until:
                time, _, _, what = heapq.heappop(self._queue)
                self._come(what, time)
            else:
                return

    def _come(self, what: Event, time: int) -> None:
        match what:
            case Report(device, id_, at):
                latest = self._latest[device]
                number = latest.fleet.numbers[id_]
                if at <= latest.told[number]:
                    return
                latest.told[number] = at
            case Sent() | Set():
                whose = what.timeline.removesuffix(" settled")
                self._tell_latest(whose, self._latest[whose].fleet.numbers[what.key[0]], time)
            case Started():
                for device, latest in self._latest.items():
                    for number in latest.fleet.order.tolist():
                        self._tell_latest(device, number, time)
            case _:  # Of signals and answers the orchestrator is told as they are.
                pass
        self._carry_out(self.orchestrator.take(what, time), time)
        self._tell_all_if_asked()

    # --- What the orchestrator is told of reports --------------------------------------------------------------------

    def _tell_latest(self, device: str, number: int, now: int) -> None:
        """What a device last reported, if the orchestrator does not know it yet."""
        latest = self._latest[device]
        at, values = latest.of(number, now)
        if at > latest.told[number]:
            latest.told[number] = at
            self._carry_out(self.orchestrator.take(Report(device, latest.fleet.ids[number], at, values), now), now)

    def _tell_all_if_asked(self) -> None:
        """While a procedure is under way, everything that is reported may make a difference to it."""
        if self._all_told or not self.orchestrator.procedures.courses:
            return
        self._all_told = True
        for device, latest in self._latest.items():
            for row in range(len(latest.span)):
                self._push_report(device, row)

    def _will_tell(self, device: str, number: int, after: int) -> None:
        """What a device reports in this span after a time."""
        span = self._latest[device].span
        for row in np.flatnonzero((span.who == number) & (span.time > after)).tolist():
            self._push_report(device, row)

    def _push_report(self, device: str, row: int) -> None:
        latest = self._latest[device]
        time, number = int(latest.span.time[row]), int(latest.span.who[row])
        if time >= self.orchestrator.now and time > latest.told[number]:
            self._push(time, REPORTED, Report(device, latest.fleet.ids[number], time, latest.span.values(row)))

    # --- What comes of it --------------------------------------------------------------------------------------------

    def _carry_out(self, effects: Sequence[Effect], now: int) -> None:
        for effect in effects:
            if isinstance(effect, Deliver):
                self._deliver(effect, now)
            else:
                self.outputs.append(effect)

    def _deliver(self, deliver: Deliver, now: int) -> None:
        self.deliveries.append(deliver)
        devices = self.telemetry.devices[deliver.device]
        self._will_tell(deliver.device, devices.fleet.numbers[deliver.id], now)
        for one in self.behaviour.on_command(deliver, now):
            if isinstance(one, Change):
                if one.time < self._until:
                    raise ValueError(f"`{deliver.command}` changes a device sooner than {self.span_ns} ns after it")
                devices.change(one)
            else:
                self._push(max(one.time, now), ANSWERED, one)
