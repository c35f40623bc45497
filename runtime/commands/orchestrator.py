"""The orchestrator: what rules ask for becomes commands and procedures under way.

    orchestrator = Orchestrator(plan)
    orchestrator.take(Sent(…), time)      # -> deliveries, outcomes, alerts: what comes of it
    orchestrator.take(Answer(…), time)
    orchestrator.advance(orchestrator.next_due())

A state machine: it has no clock, no input or output of its own, and no chance. What comes out is a function of what it
was told, in order, and when. At one moment what is told comes before what is due.
"""

from collections.abc import Mapping
from typing import ClassVar, assert_never

from ...compiler import plan as p
from ..output import Life, Output, OutputValue, Sent, Set, Signalled, Started
from ..state import State, StateShape, load, save
from .delivery import Command, Delivery
from .holding import Holding, Instance
from .known import Hand, Known
from .procedures import Procedures
from .records import Answer, Asked, Effect, Reported, Told
from .timers import Timers


class Orchestrator:
    """Commands and procedures of one plan under way. Times are ns since the epoch, and never go back."""

    STATE: ClassVar[tuple[str, ...]] = ("now",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("_effects", "_resting")
    """Of these nothing is left between two calls."""

    def __init__(self, plan: p.Plan) -> None:
        self.plan = plan
        self.now = 0
        self.known = Known(plan)
        self.timers = Timers()
        self.holding = Holding(plan, self.timers, self._runs)
        self.delivery = Delivery(plan, self.known, self.timers, self.holding, self._emit, self._changed)
        self.procedures = Procedures(plan, self.known, self.timers, self.delivery, self._emit, self._over_with)
        self._effects: list[Effect] = []
        self._resting: list[str] = []
        self._timelines = {timeline.id: timeline for timeline in plan.timelines}
        rules = (node for node in plan.nodes if isinstance(node.operator, p.Rule))
        self._timeline_of = {node.operator.name: node.timeline for node in rules if isinstance(node.operator, p.Rule)}

    def take(self, told: Told, time: int) -> list[Effect]:
        """Be told something at a time; gives what comes of it, and of what was due before."""
        self._run_until(time, including=False)
        match told:
            case Life():
                self.holding.take(told, self.now)
            case Sent():
                self._sent(told)
            case Set():
                self._set(told)
            case Started():
                self._start(told, told.time)
            case Signalled():
                if self.known.take_signal(told):
                    self.procedures.known_more()
            case Answer():
                self.delivery.answered(told, self.now)
            case Reported():
                self.known.take(told)
                self.delivery.reported(told.device, told.id, self.now)
                self.procedures.known_more()
            case _:
                assert_never(told)
        return self._settled()

    def advance(self, time: int) -> list[Effect]:
        """It is this time, and nothing is told: what is due until then, it included."""
        self._run_until(time, including=True)
        return self._settled()

    def come_back(self, time: int) -> None:
        """It was away until this time: what was due meanwhile is due now, after what it is told now."""
        self.timers.wait_until(time)
        self.now = max(self.now, time)

    def next_due(self) -> int | None:
        """When something is due next, if nothing is told before; None: nothing is."""
        return self.timers.next()

    def concerns(self, output: Output) -> bool:
        """Whether it is to be told an output of the rules at once: it makes a difference to what is under way."""
        match output:
            case Sent() | Set() | Started():
                return True
            case Life():
                return self.holding.concerns(output)
            case Signalled(name=name):
                return self.known.asks_for(name) and self.procedures.any_asks()
            case _:
                return False

    # --- Restarts ----------------------------------------------------------------------------------------------------

    def checkpoint(self) -> State:
        """All state, as plain data, of which nothing is shared with the orchestrator."""
        return {name: save(owner) for name, owner in self._stateful().items()}

    def restore(self, state: State) -> None:
        """Go on from a checkpoint of an orchestrator of the same plan, as that one would have."""
        owners = self._stateful()
        if set(owners) != set(state):
            raise StateShape("the state is of no orchestrator")
        for name, owner in owners.items():
            load(owner, state[name])

    def _stateful(self) -> dict[str, object]:
        return {
            "orchestrator": self,
            "known": self.known,
            "timers": self.timers,
            "holding": self.holding,
            "delivery": self.delivery,
            "procedures": self.procedures,
        }

    # --- Asked for ---------------------------------------------------------------------------------------------------

    def _whom(self, started: Started) -> Hand:
        """The device or group of a rule, with what a procedure is told for it."""
        timeline = self._timelines[started.timeline]
        if timeline.device is not None:
            return Hand.of_device(timeline.device, started.key[0], started.arguments)
        return Hand(None, dict(zip(timeline.keys, started.key, strict=True)), started.arguments)

    def _start(self, started: Started, decided: int) -> None:
        """A rule runs a procedure."""
        asked = Asked(started.seq, started.rule, started.timeline, started.key)
        self.procedures.start(started.procedure, self._whom(started), asked, decided, self.now)

    def _sent(self, sent: Sent) -> None:
        """A rule sends a command: to its device, or to a member of its group."""
        if sent.group is not None:
            asked = Asked(sent.seq, sent.rule, self._timeline_of[sent.rule], sent.group)
            self._ask(sent.timeline, sent.key[0], sent.command, sent.arguments, asked, sent.time)
            return
        device = self._timelines[sent.timeline].device
        assert device is not None
        asked = Asked(sent.seq, sent.rule, sent.timeline, sent.key)
        self._ask(device, sent.key[0], sent.command, sent.arguments, asked, sent.time)

    def _set(self, one: Set) -> None:
        """A rule sets a property of its device."""
        device = self._timelines[one.timeline].device
        assert device is not None
        asked = Asked(one.seq, one.rule, one.timeline, one.key)
        self._ask(device, one.key[0], p.setting(one.property), {one.property: one.value}, asked, one.time)

    def _ask(
        self,
        device: str,
        target: str,
        name: str,
        arguments: Mapping[str, OutputValue],
        asked: Asked,
        decided: int,
    ) -> None:
        command = self.delivery.ask(device, target, name, arguments, asked, decided, self.now)
        self.delivery.release(command, self.now)

    # --- Held --------------------------------------------------------------------------------------------------------

    def _runs(self, instance: Instance) -> bool:
        """Whether a procedure is under way that a rule's instance asked for."""
        running = (self.procedures.courses[id_] for id_ in self.procedures.running.values())
        return any((course.asked.rule, course.asked.key) == instance for course in running)

    def _over_with(self, asked: Asked, now: int) -> None:
        """A procedure is over."""
        if not self._runs((asked.rule, asked.key)):
            self.holding.leave((asked.rule, asked.key), now)

    def _release(self, owner: str) -> None:
        """What is heard now and was not before is asked for again: a procedure that was refused something is run anew,
        once."""
        again: dict[tuple[str, str, tuple[str, ...]], Started] = {}
        for mailbox, claim in [*self.holding.release(owner)]:
            if claim.run in self.procedures.running.values():
                self.procedures.ask_again(claim, mailbox, self.now)
            elif claim.origin is not None and claim.state == "refused":
                again[claim.origin.procedure, claim.origin.timeline, claim.origin.key] = claim.origin
            else:
                self._ask(*mailbox[:2], claim.command, claim.arguments, claim.asked, self.now)
        for started in again.values():
            self._start(started, self.now)

    def _run_until(self, time: int, *, including: bool) -> None:
        assert time >= self.now, (time, self.now)
        while True:
            due = self.timers.next()
            if due is None or due > time or (due == time and not including):
                break
            self.now = max(self.now, due)
            owner = self.timers.pop()
            if owner in self.holding.leaving:
                self._release(owner)
            elif owner in self.procedures.courses:
                self.procedures.due(owner, self.now)
            else:
                self.delivery.due(owner, self.now)
            self.procedures.settle(self.now)
        self.now = time

    def _settled(self) -> list[Effect]:
        """What has come out since this was last asked; commands of which nothing more is to come are forgotten."""
        self.procedures.settle(self.now)
        for id_ in self._resting:
            command = self.delivery.commands.get(id_)
            if command is not None and command.at_rest and command.run not in self.procedures.courses:
                self.delivery.forget(command)
        self._resting.clear()
        effects, self._effects = self._effects, []
        return effects

    def _emit(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _changed(self, command: Command) -> None:
        self.procedures.changed(command)
        if command.at_rest:
            self._resting.append(command.id)
