"""Commands under way: from being planned to their end, one mailbox for each resource of a device.

A command waits for its turn in the mailbox, is delivered, and waits for the device's word: that it is accepted, that it
is done; then for the device to report what confirms it. What has been delivered is delivered again only if it is
idempotent. What was delivered and not answered is in doubt, and its mailbox goes on; a later answer, or a report that
shows what would confirm it, ends the doubt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, assert_never

from ...compiler import plan as p
from ..output import OutputValue, Sent, Set, Started
from .backoff import pause_ns
from .holding import Claim, Holding
from .known import Hand, Known
from .records import Answer, Asked, CommandState, Deliver, Effect, Mailbox, Outcome
from .timers import Timers

S = 1_000_000_000
ACK_NS = 10 * S
"""How long an answer is waited for where `ack within` does not say."""
EXPIRES_NS = 3600 * S
"""How long a command may wait to be sent where `expires` does not say."""
DOUBTS_MAX = 100
"""So many commands of one mailbox are remembered that are in doubt, and of which nothing is waited for any more."""

FINAL: frozenset[CommandState] = frozenset(
    {"confirmed", "rejected", "failed", "expired", "superseded", "cancelled", "compensated", "compensation_failed"}
)
"""States that are never left; `done` is one for commands that nothing confirms."""

COMPENSATION: frozenset[CommandState] = frozenset({"compensating", "compensated", "compensation_failed"})

Waits = Literal["release", "turn", "answer", "pause", "done", "report", "nothing"]
"""What a command waits for: to be let go by its step, its turn in the mailbox, the device's word, the end of a pause,
to be done, a report that confirms it."""


@dataclass(slots=True, eq=False)
class Command:
    """A command under way. `decided`: when it was asked for (ns); `run`: of which procedure's course, which came of
    `origin`; `report`: how many reports there had been when it was first delivered; `last`: it is not delivered
    again."""

    id: str
    device: str
    target: str
    name: str
    arguments: dict[str, OutputValue]
    asked: Asked
    decided: int
    mailbox: Mailbox
    run: str = ""
    origin: Started | None = None
    undoes: str = ""
    state: CommandState = "planned"
    reason: str = ""
    waits: Waits = "release"
    deliveries: int = 0
    report: int = 0
    done: bool = False
    last: bool = False

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return self.state in FINAL or (self.state == "done" and self.waits == "nothing")

    @property
    def at_rest(self) -> bool:
        """Whether nothing is waited for any more: it is over, or in doubt for as long as the device says nothing."""
        return self.waits == "nothing"


@dataclass
class Delivery:
    """All commands under way. `emit` takes what comes of them, `changed` is told of commands of procedures."""

    STATE: ClassVar[tuple[str, ...]] = ("commands", "mailboxes", "watching", "doubted", "minted", "strays", "forgotten")

    plan: p.Plan
    known: Known
    timers: Timers
    holding: Holding
    emit: Callable[[Effect], None]
    changed: Callable[[Command], None]
    commands: dict[str, Command] = field(default_factory=dict)
    mailboxes: dict[Mailbox, list[str]] = field(default_factory=dict)
    watching: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    doubted: dict[Mailbox, list[str]] = field(default_factory=dict)
    """Of those in doubt that only a late answer concerns, in the order in which they came to that."""
    minted: int = 0
    strays: int = 0
    """Answers to commands that are not known, or over."""
    forgotten: int = 0
    """Commands in doubt of which too many were remembered."""

    def __post_init__(self) -> None:
        self._plans = {(d.name, c.name): c for d in self.plan.devices for c in d.commands}

    def plan_of(self, command: Command) -> p.CommandPlan:
        return self._plans[command.device, command.name]

    # --- Asked for ---------------------------------------------------------------------------------------------------

    def ask(
        self,
        device: str,
        target: str,
        name: str,
        arguments: Mapping[str, OutputValue],
        asked: Asked,
        decided: int,
        now: int,
        *,
        run: str = "",
        origin: Started | None = None,
        undoes: str = "",
    ) -> Command:
        """A new command, which is not let go yet; one that cannot be carried out is rejected at once.

        What a procedure asks for is told as what a rule asks for is; that the rule's output told.
        """
        self.minted += 1
        plan = self._plans[device, name]
        mailbox = (device, target, f"command {name}" if plan.resource is None else f"resource {plan.resource}")
        id_, said = f"{name.replace(' ', '-')}-{self.minted}", dict(arguments)
        command = Command(id_, device, target, name, said, asked, decided, mailbox, run, origin, undoes)
        self.commands[command.id] = command
        if run and plan.sets is not None:
            self.emit(Set(asked.seq, device, (target,), now, asked.rule, plan.sets, said[plan.sets]))
        elif run:
            self.emit(Sent(asked.seq, device, (target,), now, asked.rule, name, said))
        self._tell(command, now)
        wrong = self._wrong(command)
        if wrong is not None:
            self._end(command, "rejected", wrong, now)
        return command

    def _wrong(self, command: Command) -> str | None:
        """Why a command cannot be carried out by this device, if so."""
        plan = self.plan_of(command)
        if plan.since is not None and not self.known.exists(command.device, command.target, plan.since):
            return f"it needs {plan.since.property} {plan.since.version}"
        for parameter in plan.parameters:
            value = command.arguments.get(parameter.name)
            if value is None:
                return f"`{parameter.name}` is absent"
            if parameter.choices and value not in parameter.choices:
                return f"`{parameter.name}` is none of its choices"
            if isinstance(value, int | float) and not isinstance(value, bool):
                if parameter.low is not None and value < parameter.low:
                    return f"`{parameter.name}` is below its range"
                if parameter.high is not None and value > parameter.high:
                    return f"`{parameter.name}` is above its range"
        return None

    def release(self, command: Command, now: int) -> None:
        """Let a command go to its mailbox, where it waits for those before it."""
        if command.waits != "release":
            return
        rank = self.holding.rank(command.asked.rule)
        claim = Claim(command.asked, rank, command.name, command.arguments, command.run, command.origin)
        holder = self.holding.ask(command.mailbox, claim)
        if holder is not None:
            self._end(command, "rejected", f"{holder.words} holds it", now)
            return
        self._make_way(command, claim, now)
        box = self.mailboxes.setdefault(command.mailbox, [])
        if box and not self._admitted(command, box, now):
            return
        box = self.mailboxes.setdefault(command.mailbox, box)
        box.append(command.id)
        command.state, command.waits = "queued", "turn"
        self._tell(command, now)
        first = self.commands[box[0]]
        if first is command:
            self._turn(command.mailbox, now)
            return
        self.timers.set(command.id, self._expires(command))
        if self.plan_of(command).when_busy == "preempt" and self._is_below(first, rank):
            self._doubt(first, f"pre-empted by {command.id}", now)
        elif first.last and first.waits == "pause":
            self._doubt(first, "no answer, and a newer command took its place", now)

    def _is_below(self, command: Command, rank: int) -> bool:
        """Whether a command is of a lower priority."""
        return self.holding.rank(command.asked.rule) > rank

    def _make_way(self, command: Command, claim: Claim, now: int) -> None:
        """Of the commands of lower priorities in its mailbox those that wait are refused, and the one under way is not
        delivered again."""
        box = self.mailboxes.get(command.mailbox, [])
        lower = [one for one in (self.commands[id_] for id_ in box) if self._is_below(one, claim.rank)]
        for one in lower:
            if one.waits == "turn":
                self.holding.refuse(one.mailbox, (one.asked.rule, one.asked.key))
                self._end(one, "rejected", f"{claim.words} holds it", now)
            else:
                one.last = True

    def _admitted(self, command: Command, box: list[str], now: int) -> bool:
        """Whether a command may wait in a mailbox that is in use; others may have to give way."""
        when_busy = self.plan_of(command).when_busy
        match when_busy:
            case "reject":
                self._end(command, "rejected", "the resource is in use", now)
                return False
            case "supersede":
                self.commands[box[0]].last = True
                for id_ in box[1:]:
                    self._end(self.commands[id_], "superseded", f"by {command.id}", now)
                if self.plan_of(command).sets is not None:
                    # What a property shall be is what was said last, whatever the device knows of it.
                    self._end(self.commands[box[0]], "superseded", f"by {command.id}", now)
            case "merge":
                for id_ in box[1:]:
                    if self.commands[id_].name == command.name:
                        self._end(self.commands[id_], "superseded", f"merged with {command.id}", now)
            case "queue" | "preempt":
                pass
            case _:
                assert_never(when_busy)
        return True

    def cancel(self, command: Command, reason: str, now: int) -> None:
        """Nobody wants it any more: what was not delivered is not delivered."""
        if command.waits in ("release", "turn"):
            self._end(command, "cancelled", reason, now)

    def undo(self, command: Command, run: str, now: int) -> Command | None:
        """Ask, in the course of a procedure, for what undoes a command, unless nothing does, or it is known not to have
        run."""
        plan = self.plan_of(command)
        ran = command.done or (command.deliveries > 0 and command.state not in FINAL)
        if plan.undo is None or not ran or command.undoes or command.state in COMPENSATION:
            return None
        hand = Hand.of_device(command.device, command.target, command.arguments)
        arguments = self.known.arguments(plan.undo.arguments, hand, now)
        command.state, command.reason = "compensating", ""
        self._rest(command)
        self._tell(command, now)
        self._close(command, now)
        undoing = self.ask(
            command.device,
            command.target,
            plan.undo.command,
            arguments,
            command.asked,
            now,
            now,
            run=run,
            origin=command.origin,
            undoes=command.id,
        )
        if undoing.over:
            self._undone(undoing, now)
        self.release(undoing, now)
        return undoing

    # --- Delivered ---------------------------------------------------------------------------------------------------

    def _expires(self, command: Command) -> int:
        expires_ns = self.plan_of(command).expires_ns
        return command.decided + (EXPIRES_NS if expires_ns is None else expires_ns)

    def _deliver(self, command: Command, now: int) -> None:
        attempt, command.deliveries = command.deliveries, command.deliveries + 1
        if attempt == 0:
            command.report = self.known.reports
        if attempt == 0 or command.state == "accepted":
            # What was accepted and has failed since is to be accepted anew.
            command.state = "sent"
            self._tell(command, now)
        ack_ns = self.plan_of(command).ack_within_ns
        self._wait(command, "answer", now + (ACK_NS if ack_ns is None else ack_ns))
        self.emit(Deliver(command.id, command.device, command.target, command.name, command.arguments, now, attempt))

    def due(self, command_id: str, now: int) -> None:
        """What a command waited for has not come in time."""
        command = self.commands[command_id]
        match command.waits:
            case "turn":
                self._end(command, "expired", "it was not sent in time", now)
            case "pause":
                self._deliver(command, now)
            case "answer":
                times = "" if command.deliveries == 1 else f" to {command.deliveries} deliveries"
                if not self._again(command, now):
                    self._doubt(command, f"no answer{times}", now)
            case "done":
                self._doubt(command, "not done in time", now)
            case "report" if command.state == "in_doubt":
                self._rest(command)
            case _:
                assert command.waits == "report", command
                self._doubt(command, "done, and not confirmed in time", now)

    def _again(self, command: Command, now: int) -> bool:
        """Whether it will be delivered again, after a pause."""
        plan = self.plan_of(command)
        if not plan.idempotent or command.last or command.deliveries > plan.retry_count:
            return False
        if command.id not in self.mailboxes.get(command.mailbox, ()):
            # After doubt the mailbox has gone on: delivering it again would be out of order.
            return False
        pause = pause_ns(command.id, command.deliveries, plan.backoff_low_ns, plan.backoff_high_ns)
        if now + pause >= self._expires(command):
            return False
        self._wait(command, "pause", now + pause)
        return True

    def _doubt(self, command: Command, reason: str, now: int) -> None:
        """Neither done nor failed: what would confirm it is looked for, and others have their turn."""
        command.state, command.reason = "in_doubt", reason
        confirm = self.plan_of(command).confirm
        if confirm is None or command.waits == "report":
            self._rest(command)
        else:
            self._wait(command, "report", now + confirm.within_ns)
            self._watch(command)
        self._tell(command, now)
        self._close(command, now)
        if command.waits == "report":
            self._look(command, now)

    # --- Answered ----------------------------------------------------------------------------------------------------

    def answered(self, answer: Answer, now: int) -> None:
        """What a device says of a command; it counts also when it comes late."""
        command = self.commands.get(answer.command_id)
        if command is None or command.over or command.deliveries == 0 or command.state == "compensating":
            self.strays += 1
            return
        if command.done:
            return
        match answer.what:
            case "delivered":
                if command.state == "sent":
                    command.state = "delivered"
                    self._tell(command, now)
            case "accepted":
                self._accepted(command, now)
            case "done":
                self._done(command, now)
            case "rejected":
                self._end(command, "rejected", answer.reason, now)
            case "failed":
                if not self._again(command, now):
                    self._end(command, "failed", answer.reason, now)
            case _:
                assert_never(answer.what)

    def _accepted(self, command: Command, now: int) -> None:
        if command.state == "accepted":
            return
        command.state, command.reason = "accepted", ""
        self._tell(command, now)
        done_ns = self.plan_of(command).done_within_ns
        if done_ns is None:
            self._done(command, now)
        else:
            self._wait(command, "done", now + done_ns)

    def _done(self, command: Command, now: int) -> None:
        command.done, command.state, command.reason = True, "done", ""
        confirm = self.plan_of(command).confirm
        if confirm is None:
            self._end(command, "done", "", now)
            return
        self._wait(command, "report", now + confirm.within_ns)
        self._watch(command)
        self._tell(command, now)
        self._look(command, now)

    # --- Confirmed ---------------------------------------------------------------------------------------------------

    def _watch(self, command: Command) -> None:
        watching = self.watching.setdefault((command.device, command.target), [])
        if command.id not in watching:
            watching.append(command.id)

    def _unwatch(self, command: Command) -> None:
        place = (command.device, command.target)
        if command.id in self.watching.get(place, ()):
            self.watching[place].remove(command.id)
            if not self.watching[place]:
                del self.watching[place]

    def reported(self, device: str, target: str, now: int) -> None:
        """A device has reported: whether that confirms commands of it."""
        for id_ in list(self.watching.get((device, target), ())):
            self._look(self.commands[id_], now)

    def _look(self, command: Command, now: int) -> None:
        """Whether what was reported since the command was delivered confirms it."""
        confirm = self.plan_of(command).confirm
        assert confirm is not None
        held = [self.known.held(command.device, command.target, name) for name in confirm.fields]
        if any(one is None or one.report <= command.report for one in held):
            return
        hand = Hand.of_device(command.device, command.target, command.arguments)
        if self.known.is_true(confirm.condition, hand, now):
            command.done = True
            self._end(command, "confirmed", "", now)

    # --- Ended -------------------------------------------------------------------------------------------------------

    def _wait(self, command: Command, waits: Waits, until: int) -> None:
        command.waits = waits
        self._doubted_no_more(command)
        self.timers.set(command.id, until)

    def _rest(self, command: Command) -> None:
        """Nothing is waited for any more."""
        command.waits = "nothing"
        self.timers.set(command.id, None)
        self._unwatch(command)
        self.changed(command)

    def _end(self, command: Command, state: CommandState, reason: str, now: int) -> None:
        command.state, command.reason = state, reason
        self._doubted_no_more(command)
        self._rest(command)
        self._tell(command, now)
        if command.undoes:
            self._undone(command, now)
        self._close(command, now)

    def _undone(self, undoing: Command, now: int) -> None:
        """What undoes a command has come to its end, and so has that command."""
        undone = self.commands[undoing.undoes]
        if undone.state == "compensating":
            undone.state = "compensated" if undoing.done else "compensation_failed"
            self._tell(undone, now)

    def _close(self, command: Command, now: int) -> None:
        """It leaves its mailbox, if it is still in it, and the next one has its turn."""
        box = self.mailboxes.get(command.mailbox, [])
        if command.id not in box:
            return
        first = box[0] == command.id
        box.remove(command.id)
        if not box:
            del self.mailboxes[command.mailbox]
        elif first:
            self._turn(command.mailbox, now)

    def _turn(self, mailbox: Mailbox, now: int) -> None:
        """Deliver the first command of a mailbox that has not expired."""
        box = self.mailboxes[mailbox]
        while box:
            first = self.commands[box[0]]
            if now < self._expires(first):
                self._deliver(first, now)
                return
            box.pop(0)
            self._end(first, "expired", "it was not sent in time", now)
        del self.mailboxes[mailbox]

    def forget(self, command: Command) -> None:
        """Nobody will ask for it any more. One in doubt is remembered, since it may be answered yet, unless too many of
        its mailbox are; one that is being undone as long as what undoes it."""
        if command.over:
            del self.commands[command.id]
            return
        if command.state != "in_doubt":
            return
        doubted = self.doubted.setdefault(command.mailbox, [])
        if command.id not in doubted:
            doubted.append(command.id)
        if len(doubted) > DOUBTS_MAX:
            oldest = self.commands.pop(doubted.pop(0))
            self.commands.pop(oldest.undoes, None)
            self.forgotten += 1

    def _doubted_no_more(self, command: Command) -> None:
        doubted = self.doubted.get(command.mailbox, [])
        if command.id in doubted:
            doubted.remove(command.id)
            if not doubted:
                del self.doubted[command.mailbox]

    def _tell(self, command: Command, now: int) -> None:
        outcome = Outcome(
            command.asked.seq, command.device, (command.target,), now, command.id, command.name, command.state,
            command.reason,
        )  # fmt: skip
        self.emit(outcome)
        self.changed(command)
