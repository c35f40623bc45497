"""The orchestrator: what rules ask for becomes commands and procedures under way.

    orchestrator = Orchestrator(plan)
    orchestrator.take(Sent(…), time)      # -> deliveries, outcomes, alerts: what comes of it
    orchestrator.take(Answer(…), time)
    orchestrator.advance(orchestrator.next_due())

A state machine: it has no clock, no input or output of its own, and no chance. What comes out is a function of what it
was told, in order, and when. At one moment what is told comes before what is due.
"""

from ...compiler import plan as p
from ..output import Sent, Signalled, Started
from .delivery import Command, Delivery
from .known import Hand, Known
from .procedures import Procedures
from .records import Answer, Asked, Effect, Reported, Told
from .timers import Timers


class Orchestrator:
    """Commands and procedures of one plan under way. Times are ns since the epoch, and never go back."""

    def __init__(self, plan: p.Plan) -> None:
        self.plan = plan
        self.now = 0
        self.known = Known(plan)
        self.timers = Timers()
        self.delivery = Delivery(plan, self.known, self.timers, self._emit, self._changed)
        self.procedures = Procedures(plan, self.known, self.timers, self.delivery, self._emit)
        self._effects: list[Effect] = []
        self._over: list[str] = []
        self._timelines = {timeline.id: timeline for timeline in plan.timelines}

    def take(self, told: Told, time: int) -> list[Effect]:
        """Be told something at a time; gives what comes of it, and of what was due before."""
        self._run_until(time, including=False)
        match told:
            case Sent():
                self._sent(told)
            case Started():
                asked = Asked(told.seq, told.rule, told.timeline, told.key)
                self.procedures.start(told.procedure, self._whom(told), asked, told.time, self.now)
            case Signalled():
                if self.known.take_signal(told):
                    self.procedures.known_more()
            case Answer():
                self.delivery.answered(told, self.now)
            case Reported():
                self.known.take(told)
                self.delivery.reported(told.device, told.id, self.now)
                self.procedures.known_more()
        return self._settled()

    def advance(self, time: int) -> list[Effect]:
        """It is this time, and nothing is told: what is due until then, it included."""
        self._run_until(time, including=True)
        return self._settled()

    def next_due(self) -> int | None:
        """When something is due next, if nothing is told before; None: nothing is."""
        return self.timers.next()

    def asks_for(self, signal: str) -> bool:
        """Whether a procedure under way waits for what a signal is."""
        return self.known.asks_for(signal) and self.procedures.any_asks()

    def _whom(self, started: Started) -> Hand:
        """The device or group of a rule, with what a procedure is told for it."""
        timeline = self._timelines[started.timeline]
        if timeline.device is not None:
            return Hand.of_device(timeline.device, started.key[0], started.arguments)
        return Hand(None, dict(zip(timeline.keys, started.key, strict=True)), started.arguments)

    def _sent(self, sent: Sent) -> None:
        """A rule sends a command."""
        device = self._timelines[sent.timeline].device
        assert device is not None
        asked = Asked(sent.seq, sent.rule, sent.timeline, sent.key)
        command = self.delivery.ask(device, sent.key[0], sent.command, sent.arguments, asked, sent.time, self.now)
        self.delivery.release(command, self.now)

    def _run_until(self, time: int, *, including: bool) -> None:
        assert time >= self.now, (time, self.now)
        while True:
            due = self.timers.next()
            if due is None or due > time or (due == time and not including):
                break
            self.now = max(self.now, due)
            owner = self.timers.pop()
            if owner in self.procedures.courses:
                self.procedures.due(owner, self.now)
            else:
                self.delivery.due(owner, self.now)
            self.procedures.settle(self.now)
        self.now = time

    def _settled(self) -> list[Effect]:
        """What has come out since this was last asked; commands that are over are forgotten."""
        self.procedures.settle(self.now)
        for id_ in self._over:
            command = self.delivery.commands.get(id_)
            if command is not None and command.run not in self.procedures.courses:
                self.delivery.forget(command)
        self._over.clear()
        effects, self._effects = self._effects, []
        return effects

    def _emit(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _changed(self, command: Command) -> None:
        self.procedures.changed(command)
        if command.over:
            self._over.append(command.id)
