"""A step of a procedure and its commands: how many may leave, whether it has succeeded, how far it has come."""

from collections.abc import Sequence
from math import ceil
from typing import Literal, assert_never

from ...compiler import plan as p
from .course import StepCourse
from .delivery import FINAL, Command

Level = Literal["done", "confirmed"]


class Failed(Exception):
    """A step has failed: why, and with which devices."""

    def __init__(self, reason: str, devices: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.devices = devices


class Stopped(Exception):
    """The procedure is done, as `stop if` says."""


def room_for(step: StepCourse, plan: p.StepPlan, commands: Sequence[Command], now: int) -> Sequence[Command]:
    """The commands that a step may let go of now, in order."""
    held = [command for command in commands if command.waits == "release"]
    if plan.at_most is None:
        return held
    if plan.at_most_every_ns is None:
        under_way = sum(1 for c in commands if c.waits != "release" and not (c.done or c.at_rest))
        return held[: max(plan.at_most - under_way, 0)]
    if not held or (step.paced is not None and now < step.paced):
        return []
    step.paced = now + plan.at_most_every_ns
    return held[: plan.at_most]


def judge(step: StepCourse, plan: p.StepPlan, commands: Sequence[Command], now: int) -> None:
    """A step that has done all it has to do is done if enough of its commands have come far enough, and what it runs is
    done; raises `Failed` if that cannot be any more, or is not so in time."""
    if "failed" in step.ended.values():
        raise Failed("a procedure that it runs has failed")
    level = None if plan.require is None else plan.require.reached
    rest = [command for command in commands if not is_good(command, level)]
    bad = [command for command in rest if command.at_rest]
    needed = needed_of(plan.require, len(commands))
    if needed > len(commands):
        raise Failed(f"it needs {needed} devices, and there are {len(commands)}", targets(commands))
    if plan.abort_above is not None and len(bad) > plan.abort_above * len(commands):
        raise Failed(f"too many failed: {why(bad)}", targets(bad))
    if len(commands) - len(rest) >= needed and len(step.ended) == len(step.runs):
        step.state = "done"
        return
    if step.deadline is not None and now >= step.deadline:
        late = why(rest) if rest else "a procedure that it runs is not over"
        raise Failed(f"not in time: {late}", targets(rest))
    # Until the deadline a late answer still counts.
    hopeless = [command for command in bad if step.deadline is None or command.state in FINAL]
    if len(commands) - len(hopeless) < needed:
        raise Failed(why(rest), targets(rest))


def has_come(step: StepCourse, plan: p.StepPlan, after: p.AfterPlan, commands: Sequence[Command]) -> bool:
    """Whether a step has come as far as another one waits for; raises `Failed` if it never will."""
    if after.reached is None or not commands:
        return step.state == "done"
    if step.place < len(plan.acts):
        return False
    rest = [command for command in commands if not is_good(command, after.reached)]
    if len(commands) - len(rest) >= needed_of(plan.require, len(commands)):
        return True
    if step.state == "done" and all(command.at_rest for command in commands):
        raise Failed(f"{step.name} is not {after.reached}: {why(rest)}", targets(rest))
    return False


def is_good(command: Command, level: Level | None) -> bool:
    """Whether a command has come so far; without a level: to its best end."""
    match level:
        case "done":
            return command.done
        case "confirmed":
            return command.state == "confirmed"
        case None:
            return command.over and command.done
        case _:
            assert_never(level)


def needed_of(require: p.RequirePlan | None, commands: int) -> int:
    """How many commands must come so far."""
    if require is None:
        return commands
    if require.count is not None:
        return require.count
    assert require.share is not None
    # What is a whole number of commands must not become one more by rounding.
    return ceil(require.share * commands - 1e-9)


def why(commands: Sequence[Command]) -> str:
    """What became of the first of these commands."""
    command = next((c for c in commands if c.at_rest), commands[0])
    words = command.state.replace("_", " ")
    return f"{command.name} is {words}{': ' if command.reason else ''}{command.reason}"


def targets(commands: Sequence[Command]) -> list[str]:
    """The devices of these commands."""
    return list(dict.fromkeys(command.target for command in commands))
