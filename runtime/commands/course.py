"""The course of a procedure that is running: how far each of its steps is. Plain data."""

from dataclasses import dataclass, field
from typing import Literal

from ..output import OutputValue, Started
from .records import Asked


@dataclass(slots=True)
class StepCourse:
    """How far a step is. `place`: the act that it is at; `until`: when its waiting ends; `deadline`: when what it
    requires must be there; `paced`: when it may let go of further commands. `runs`: the courses that it runs, and how
    those that are over `ended`. `asks`: it waits for a condition. `told_doubt`: `on doubt` was done."""

    name: str
    path: str
    told: dict[str, OutputValue]
    state: Literal["running", "done", "failed"] = "running"
    place: int = 0
    until: int | None = None
    deadline: int | None = None
    paced: int | None = None
    commands: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    asks: bool = False
    told_doubt: bool = False


@dataclass(slots=True)
class Course:
    """A procedure that runs for a device (`device`, and its id as `key`) or a group. `steps` by their path, in the
    order in which they began: a step of a loop's round has that round before its name. `rounds`: the loops' rounds.
    `commands`: all that were asked for, in steps, in handlers and to undo others.
    `undoing`: the commands of each step that are still to be undone, the last step last; `undone`: those that are
    under way. `origin`: what a rule asked for, of which this comes; `parent`: the course whose step runs it."""

    id: str
    procedure: str
    key: tuple[str, ...]
    keys: dict[str, str]
    told: dict[str, OutputValue]
    asked: Asked
    expires: int | None
    origin: Started
    parent: str = ""
    state: Literal["running", "undoing", "done", "failed"] = "running"
    steps: dict[str, StepCourse] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    rounds: dict[str, int] = field(default_factory=dict)
    undoing: list[list[str]] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    seen: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")

    def is_as_it_was(self) -> bool:
        """Whether no step has gone on since this was last asked."""
        before = self.seen
        self.seen = [(path, step.state, step.place) for path, step in self.steps.items()]
        return self.seen == before
