"""Procedures under way: steps that begin when what they wait for has come so far, and what is done when one fails.

A course is looked at whenever something that it may wait for has happened: what can begin begins, what is over is over,
until nothing changes any more. While a procedure runs for a device or a group it is not begun again for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, assert_never

from ...compiler import plan as p
from ..output import Alerted, Emitted, OutputValue, Started
from .course import Course, StepCourse
from .delivery import Command, Delivery
from .holding import Claim
from .known import Hand, Known
from .records import Asked, Effect, Mailbox, Proceeded
from .steps import Failed, Stopped, has_come, judge, room_for, targets, why
from .timers import Timers


@dataclass(frozen=True, slots=True)
class Block:
    """The stages of one level: a procedure's, or a loop's in one of its rounds. `told`: its arguments and variables."""

    stages: tuple[p.Stage, ...]
    path: str
    told: Mapping[str, OutputValue]
    around: "Block | None" = None

    def find(self, step: str) -> tuple[str, p.StepPlan]:
        """The path of a step of this block, or of one around it, and the step."""
        for stage in self.stages:
            if isinstance(stage, p.StepPlan) and stage.name == step:
                return self.path + step, stage
        assert self.around is not None, step
        return self.around.find(step)


@dataclass
class Procedures:
    """All courses under way. `emit` takes what comes of them, `over` is told when one is."""

    STATE: ClassVar[tuple[str, ...]] = ("courses", "running", "waiting", "begun")

    plan: p.Plan
    known: Known
    timers: Timers
    delivery: Delivery
    emit: Callable[[Effect], None]
    over: Callable[[Asked, int], None]
    courses: dict[str, Course] = field(default_factory=dict)
    running: dict[tuple[str, ...], str] = field(default_factory=dict)
    """By procedure and key, the course that runs."""
    waiting: list[str] = field(default_factory=list)
    """Courses that something has happened to."""
    begun: int = 0

    def __post_init__(self) -> None:
        self._plans = {procedure.name: procedure for procedure in self.plan.procedures}
        self._severities = {
            n.operator.name: n.operator.severity for n in self.plan.nodes if isinstance(n.operator, p.Rule)
        }

    # --- Begun -------------------------------------------------------------------------------------------------------

    def start(self, name: str, whom: Hand, asked: Asked, decided: int, now: int, parent: str = "") -> Course | None:
        """Begin a procedure for a device or a group, or for the group that a device belongs to, with what it is told;
        gives the course that runs then, None if the device belongs to no group."""
        plan = self._plans[name]
        keys = self._keys(plan, whom)
        if keys is None:
            self._proceed(asked, plan, (), now, "failed", reason="it is not known to which group it belongs")
            return None
        key = tuple(keys.values())
        place = (name, *key)
        if place in self.running:
            self._proceed(asked, plan, key, now, "already")
            return self.courses[self.running[place]]
        self.begun += 1
        expires = None if plan.expires_ns is None else decided + plan.expires_ns
        origin = Started(asked.seq, asked.timeline, asked.key, decided, asked.rule, name, dict(whom.told))
        if parent:
            origin = self.courses[parent].origin
        course = Course(f"run {name}-{self.begun}", name, key, keys, dict(whom.told), asked, expires, origin, parent)
        self.courses[course.id] = course
        self.running[place] = course.id
        self._proceed(asked, plan, key, now, "started")
        self._touch(course.id)
        return course

    def _keys(self, plan: p.ProcedurePlan, whom: Hand) -> dict[str, str] | None:
        """The key of whom a procedure runs for, by the names of its parts: a device, a group, or the group that the
        device belongs to."""
        if whom.device is None:
            return {name: whom.keys[name] for name in plan.keys}
        if plan.device is not None:
            return {"id": whom.keys["id"]}
        found = {name: self.known.text(whom.device, whom.keys["id"], name) for name in plan.keys}
        return None if None in found.values() else {name: text for name, text in found.items() if text is not None}

    def _proceed(
        self,
        asked: Asked,
        plan: p.ProcedurePlan,
        key: tuple[str, ...],
        now: int,
        what: Literal["started", "already", "done", "failed"],
        step: str = "",
        reason: str = "",
    ) -> None:
        self.emit(Proceeded(asked.seq, _timeline(plan), key, now, asked.rule, plan.name, what, step, reason))

    # --- Looked at ---------------------------------------------------------------------------------------------------

    def changed(self, command: Command) -> None:
        """A command has come to another state."""
        if command.run and command.state not in ("planned", "queued", "sent", "delivered"):
            self._touch(command.run)

    def known_more(self) -> None:
        """Something was reported, or a signal changed: conditions may be true now."""
        for course in self._asking():
            self._touch(course.id)

    def any_asks(self) -> bool:
        """Whether a step waits for a condition."""
        return any(True for _ in self._asking())

    def _asking(self) -> Iterator[Course]:
        for course in self.courses.values():
            if course.state == "running" and any(step.asks for step in course.steps.values()):
                yield course

    def _touch(self, id_: str) -> None:
        if id_ in self.courses and id_ not in self.waiting:
            self.waiting.append(id_)

    def settle(self, now: int) -> None:
        """Look at all courses that something has happened to, until nothing changes any more."""
        while self.waiting:
            course = self.courses.get(self.waiting.pop(0))
            if course is not None:
                self._look(course, now)

    def due(self, id_: str, now: int) -> None:
        """A moment has come that a course waits for."""
        self._touch(id_)

    def _look(self, course: Course, now: int) -> None:
        if course.state == "running":
            self._go_on(course, now)
        if course.state == "undoing":
            self._go_on_undoing(course, now)
        self._release_all(course, now)
        self._tell_doubts(course, now)
        self._set_timer(course, now)
        if course.over:
            self._leave(course, now)

    def _go_on(self, course: Course, now: int) -> None:
        plan = self._plans[course.procedure]
        block = Block(plan.stages, "", course.told)
        try:
            if course.expires is not None and now >= course.expires:
                raise Failed("it took too long")
            while not self._block(course, block, now):
                # A step may have come so far that one before it in the text can begin.
                if course.is_as_it_was():
                    return
        except Stopped:
            self._cancel(course, "the procedure is over", now)
        except Failed as failure:
            self._fail(course, failure, now)
            return
        course.state = "done"
        self._proceed(course.asked, plan, course.key, now, "done")
        self._acts(course, None, plan.on_done, course.told, now)

    # --- Steps -------------------------------------------------------------------------------------------------------

    def _block(self, course: Course, block: Block, now: int) -> bool:
        """Let the stages of a block go on; whether all are over."""
        over = True
        for place, stage in enumerate(block.stages):
            match stage:
                case p.StepPlan():
                    over = self._step(course, block, stage, now) and over
                case p.LoopPlan():
                    over = self._loop(course, block, stage, f"{block.path}{place}:", now) and over
                case _:
                    assert_never(stage)
        return over

    def _loop(self, course: Course, block: Block, loop: p.LoopPlan, path: str, now: int) -> bool:
        hand = self._hand(course, block.told)
        first, last = (self.known.value(end, hand, now) for end in (loop.first, loop.last))
        assert isinstance(first, float)
        assert isinstance(last, float)
        step = 1 if first <= last else -1
        rounds = range(int(first), int(last) + step, step)
        while course.rounds.get(path, 0) < len(rounds):
            number = rounds[course.rounds.get(path, 0)]
            told = {**block.told, loop.variable: float(number)}
            inner = Block(loop.stages, f"{path}{loop.variable}={number}/", told, block)
            if not self._block(course, inner, now):
                return False
            course.rounds[path] = course.rounds.get(path, 0) + 1
        return True

    def _step(self, course: Course, block: Block, plan: p.StepPlan, now: int) -> bool:
        """Let a step go on, or begin; whether it is over."""
        path = block.path + plan.name
        step = course.steps.get(path)
        if step is None:
            if not all(self._reached(course, block, after) for after in plan.after):
                return False
            step = course.steps[path] = StepCourse(plan.name, path, dict(block.told))
        if step.state == "running":
            try:
                self._go_through(course, step, plan, now)
            except Failed:
                step.state = "failed"
                raise
        return step.state == "done"

    def _release_all(self, course: Course, now: int) -> None:
        """What a step still holds back is sent, though the step may have succeeded without it."""
        for step in course.steps.values():
            if step.state == "done" and any(command.waits == "release" for command in self._of(step)):
                self._release(step, self._step_plan(course, step), now)

    def _step_plan(self, course: Course, step: StepCourse) -> p.StepPlan:
        """A step as the plan has it, found by its path through loops."""
        stages = self._plans[course.procedure].stages
        *rounds, name = step.path.split("/")
        for one in rounds:
            loop = stages[int(one.split(":")[0])]
            assert isinstance(loop, p.LoopPlan)
            stages = loop.stages
        return next(stage for stage in stages if isinstance(stage, p.StepPlan) and stage.name == name)

    def _reached(self, course: Course, block: Block, after: p.AfterPlan) -> bool:
        """Whether the step that another waits for has come so far."""
        path, plan = block.find(after.step)
        step = course.steps.get(path)
        return step is not None and has_come(step, plan, after, self._of(step))

    def _go_through(self, course: Course, step: StepCourse, plan: p.StepPlan, now: int) -> None:
        """Do what a step has to do, as far as it can, and see whether that was enough."""
        while step.place < len(plan.acts):
            act = plan.acts[step.place]
            go_on = True
            match act:
                case p.WaitAct():
                    go_on = self._waited(course, step, act, now)
                case p.StopAct():
                    go_on = self._looked(course, step, act, now)
                case _:
                    self._acts(course, step, (act,), step.told, now)
            if not go_on:
                self._release(step, plan, now)
                return
            step.until, step.asks = None, False
            step.place += 1
        within_ns = None if plan.require is None else plan.require.within_ns
        if step.deadline is None and within_ns is not None:
            step.deadline = now + within_ns
        judge(step, plan, self._of(step), now)
        self._release(step, plan, now)

    def _release(self, step: StepCourse, plan: p.StepPlan, now: int) -> None:
        for command in room_for(step, plan, self._of(step), now):
            self.delivery.release(command, now)

    def _waited(self, course: Course, step: StepCourse, act: p.WaitAct, now: int) -> bool:
        """Whether what is waited for is there; a step that waits in vain has failed."""
        if act.until:
            step.asks = True
            if self.known.is_true(act.until, self._hand(course, step.told), now):
                return True
            if act.within_ns is None:
                return False
            step.until = now + act.within_ns if step.until is None else step.until
            if now >= step.until:
                raise Failed("it waited in vain")
            return False
        assert act.length_ns is not None
        step.until = now + act.length_ns if step.until is None else step.until
        return now >= step.until

    def _looked(self, course: Course, step: StepCourse, act: p.StopAct, now: int) -> bool:
        """Whether it was looked at for long enough."""
        step.asks = True
        if self.known.is_true(act.condition, self._hand(course, step.told), now):
            raise Stopped
        if act.within_ns is None:
            return True
        step.until = now + act.within_ns if step.until is None else step.until
        return now >= step.until

    # --- What is done ------------------------------------------------------------------------------------------------

    def _hand(self, course: Course, told: Mapping[str, OutputValue]) -> Hand:
        return Hand(self._plans[course.procedure].device, course.keys, told)

    def _acts(
        self,
        course: Course,
        step: StepCourse | None,
        acts: tuple[p.Act, ...],
        told: Mapping[str, OutputValue],
        now: int,
    ) -> None:
        """Do what needs no waiting; of a handler there is no step."""
        hand, asked = self._hand(course, told), course.asked
        for act in acts:
            match act:
                case p.SendAct():
                    self._send(course, step, act, hand, now)
                case p.SetAct(name, value):
                    device = self._plans[course.procedure].device
                    assert device is not None
                    said = self.known.arguments([value], hand, now)
                    self._ask(course, step, (device, course.keys["id"]), p.setting(name), said, now)
                case p.RunAct(name, given):
                    self._run(course, step, name, self.known.arguments(given, hand, now), now)
                case p.AlertAct(message, severity):
                    text = self.known.text_of(message, hand, now)
                    level = severity or self._severities.get(asked.rule)
                    self.emit(Alerted(asked.seq, asked.timeline, asked.key, now, asked.rule, text, level))
                case p.EmitAct(event, given):
                    said = self.known.arguments(given, hand, now)
                    timeline = _timeline(self._plans[course.procedure])
                    self.emit(Emitted(asked.seq, timeline, course.key, now, asked.rule, event, said))
                case p.ChoiceAct(condition, then, otherwise):
                    chosen = then if self.known.is_true(condition, hand, now) else otherwise
                    self._acts(course, step, chosen, told, now)
                case _:
                    assert isinstance(act, p.UndoAct), act
                    course.undoing = [[*commands] for commands in self._done_by_step(course)]

    def _send(self, course: Course, step: StepCourse | None, act: p.SendAct, hand: Hand, now: int) -> None:
        """Ask for a command of each device that is meant; those of a step are let go as it may."""
        device = act.device or hand.device
        assert device is not None
        targets = [course.keys["id"]] if act.device is None else self.known.members(device, course.keys)
        for target in targets:
            at = Hand.of_device(device, target, hand.told)
            if act.where and not self.known.is_true(act.where, at, now):
                continue
            arguments = self.known.arguments(act.arguments, hand, now)
            self._ask(course, step, (device, target), act.command, arguments, now)

    def _ask(
        self,
        course: Course,
        step: StepCourse | None,
        whom: tuple[str, str],
        name: str,
        arguments: Mapping[str, OutputValue],
        now: int,
    ) -> None:
        """Ask a device (its type and id) for a command; one of a step is let go as that may."""
        command = self.delivery.ask(*whom, name, arguments, course.asked, now, now, run=course.id, origin=course.origin)
        course.commands.append(command.id)
        if step is None:
            self.delivery.release(command, now)
        else:
            step.commands.append(command.id)

    def ask_again(self, claim: Claim, mailbox: Mailbox, now: int) -> None:
        """Ask for a command again in the course of a procedure, which goes on as it was."""
        self._ask(self.courses[claim.run], None, mailbox[:2], claim.command, claim.arguments, now)

    def _run(
        self, course: Course, step: StepCourse | None, name: str, told: Mapping[str, OutputValue], now: int
    ) -> None:
        whom = self._hand(course, told)
        started = self.start(name, whom, course.asked, now, now, course.id)
        if step is None:
            return
        if started is None:
            raise Failed(f"{name} could not be begun", course.key if whom.device is not None else ())
        if started.id not in step.runs:
            step.runs.append(started.id)

    # --- Failed ------------------------------------------------------------------------------------------------------

    def _fail(self, course: Course, failure: Failed, now: int) -> None:
        plan = self._plans[course.procedure]
        step = next((s.name for s in course.steps.values() if s.state == "failed"), None)
        if step is None:
            step = next((s.name for s in course.steps.values() if s.state == "running"), "")
        self._cancel(course, "the procedure has failed", now)
        course.state = "undoing"
        self._proceed(course.asked, plan, course.key, now, "failed", step, failure.reason)
        told = {"step": step, "devices": ", ".join(failure.devices), "reason": failure.reason, **course.told}
        self._acts(course, None, plan.on_failure, told, now)

    def _cancel(self, course: Course, reason: str, now: int) -> None:
        """What is queued is not sent, and what it runs has failed as well."""
        for id_ in course.commands:
            self.delivery.cancel(self.delivery.commands[id_], reason, now)
        for child in list(self.courses.values()):
            if child.parent == course.id and child.state == "running":
                self._fail(child, Failed(reason), now)
                self._touch(child.id)

    def _done_by_step(self, course: Course) -> Iterator[list[str]]:
        """The commands of each step, in the order in which the steps began; with what it ran, unless that was running
        already: then others want it."""
        for step in course.steps.values():
            yield [*step.commands]
            for id_ in step.runs:
                ran = self.courses.get(id_)
                if ran is not None and ran.parent == course.id:
                    yield from self._done_by_step(ran)

    def _go_on_undoing(self, course: Course, now: int) -> None:
        """Undo the commands of one step after another, the last first."""
        while all(self.delivery.commands[id_].at_rest for id_ in course.undone):
            if not course.undoing:
                course.state = "failed"
                return
            course.undone = []
            for id_ in reversed(course.undoing.pop()):
                undoing = self.delivery.undo(self.delivery.commands[id_], course.id, now)
                if undoing is not None:
                    course.undone.append(undoing.id)
                    course.commands.append(undoing.id)

    def _tell_doubts(self, course: Course, now: int) -> None:
        """`on doubt`, once for each step: when nothing of it is under way any more."""
        plan = self._plans[course.procedure]
        for step in course.steps.values():
            commands = self._of(step)
            doubted = [command for command in commands if command.state == "in_doubt"]
            under_way = any(not command.at_rest and command.state != "in_doubt" for command in commands)
            if step.told_doubt or not doubted or under_way:
                continue
            step.told_doubt = True
            told = {
                "step": step.name,
                "devices": ", ".join(targets(doubted)),
                "reason": why(doubted),
                **step.told,
            }
            self._acts(course, None, plan.on_doubt, told, now)

    # --- Over --------------------------------------------------------------------------------------------------------

    def _set_timer(self, course: Course, now: int) -> None:
        moments = [] if course.state != "running" or course.expires is None else [course.expires]
        for step in course.steps.values():
            if step.state == "running" and course.state == "running":
                moments += [t for t in (step.until, step.deadline) if t is not None and t > now]
            if step.paced is not None and any(c.waits == "release" for c in self._of(step)):
                moments.append(step.paced)
        self.timers.set(course.id, min(moments, default=None))

    def _of(self, step: StepCourse) -> list[Command]:
        return [self.delivery.commands[id_] for id_ in step.commands]

    def _leave(self, course: Course, now: int) -> None:
        """A course that is over makes room for another; it is forgotten once nothing of it is under way any more."""
        place = (course.procedure, *course.key)
        if self.running.get(place) == course.id:
            del self.running[place]
            self.over(course.asked, now)
            for other in self.courses.values():
                for step in other.steps.values():
                    if course.id in step.runs:
                        step.ended[course.id] = course.state
                        self._touch(other.id)
        if course.parent in self.courses:
            return  # what runs it may want it undone
        commands = [self.delivery.commands[id_] for id_ in course.commands]
        if all(command.at_rest for command in commands):
            del self.courses[course.id]
            for child in self.courses.values():
                if child.parent == course.id:
                    self._touch(child.id)
            for command in commands:
                self.delivery.forget(command)


def _timeline(plan: p.ProcedurePlan) -> str:
    """The timeline of whom a procedure is for."""
    if plan.device is not None:
        return plan.device
    return f"by {', '.join(plan.keys)}" if plan.keys else "one"
