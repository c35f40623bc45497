"""Commands and procedures: what whoever delivers a command must know, and the steps that commands are sent in.

What they ask and say is a *formula*: terms in postfix form, as patterns have them, over what a device last reported,
what the command or procedure was told, and named signals.
"""

from dataclasses import dataclass
from typing import Literal

from .patterns import Apply, PushConstant
from .values import TypeName, ValueType


@dataclass(frozen=True, slots=True)
class PushField:
    """What the device at hand last reported of a field; absent once that is older than `stale_ns`."""

    field: str
    stale_ns: int | None = None


@dataclass(frozen=True, slots=True)
class PushParameter:
    """What the command or procedure was told under this name, or a variable of a loop."""

    name: str


@dataclass(frozen=True, slots=True)
class PushSignal:
    """What a named signal last was, for the device or group that the procedure runs for."""

    signal: str


@dataclass(frozen=True, slots=True)
class PushKey:
    """`id` of the device at hand, or a property that names the group that the procedure runs for."""

    part: str


FormulaTerm = PushConstant | PushField | PushParameter | PushSignal | PushKey | Apply
"""One piece of a formula; evaluated on a stack that is empty before and holds the answer after."""

Formula = tuple[FormulaTerm, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in a text; `unit` and `type` say how to write it."""

    formula: tuple[FormulaTerm, ...]
    type: TypeName
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a parameter is given: a text made from a template, or (`text` false) one value."""

    name: str
    parts: tuple["str | Shown", ...]
    text: bool


@dataclass(frozen=True, slots=True)
class CommandParameter:
    """A parameter; `low` and `high` are inclusive, in its unit. `default` null: it has none."""

    name: str
    type: ValueType
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    default: bool | float | str | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """A device has it if this property of its own is this version or a newer one."""

    property: str
    version: str


@dataclass(frozen=True, slots=True)
class UndonePlan:
    """The command that undoes another, told in terms of what that one was told."""

    command: str
    arguments: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmPlan:
    """What is true of the device, within this time of being done, once the command has worked; `fields` are those that
    `condition` speaks of."""

    condition: tuple[FormulaTerm, ...]
    fields: tuple[str, ...]
    within_ns: int


@dataclass(frozen=True, slots=True)
class CommandPlan:
    """A command of a device type. A null time was not declared; `runtime.commands` says what holds then.

    Commands of one `resource` of a device (null: of this name) are done one after another. `retry_count`: how often it
    may be sent again at most, with pauses between `backoff_low_ns` and `backoff_high_ns`. `sets`: that of a writable
    property, which it tells what it shall be (`setting`).
    """

    name: str
    parameters: tuple[CommandParameter, ...] = ()
    idempotent: bool = False
    relative: bool = False
    protected: bool = False
    resource: str | None = None
    ack_within_ns: int | None = None
    done_within_ns: int | None = None
    expires_ns: int | None = None
    retry_count: int = 0
    backoff_low_ns: int | None = None
    backoff_high_ns: int | None = None
    when_busy: Literal["queue", "supersede", "reject", "merge", "preempt"] = "queue"
    since: Exists | None = None
    undo: UndonePlan | None = None
    confirm: ConfirmPlan | None = None
    sets: str | None = None


def setting(property: str) -> str:
    """The name of the command that tells a device what a property shall be; no declared one has a blank."""
    return f"set {property}"


def sending(command: str) -> str:
    """The event that a command was sent to a device; no declared one has a blank."""
    return f"sent {command}"


# --- Procedures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendAct:
    """Plans a command for the device that the procedure runs for, or (`device`) for each member of its type for which
    `where`, if not empty, is true."""

    command: str
    arguments: tuple[Given, ...] = ()
    device: str | None = None
    where: tuple[FormulaTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class RunAct:
    """Runs another procedure, for the same device or group, or for the group that it belongs to."""

    procedure: str
    arguments: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAct:
    """Sets a property of the device that the procedure runs for."""

    property: str
    value: Given


@dataclass(frozen=True, slots=True)
class AlertAct:
    message: tuple["str | Shown", ...]
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class EmitAct:
    event: str
    arguments: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitAct:
    """Waits for so long, or until `until` (if not empty) is true; where that takes longer than `within_ns`, the step
    fails."""

    length_ns: int | None = None
    until: tuple[FormulaTerm, ...] = ()
    within_ns: int | None = None


@dataclass(frozen=True, slots=True)
class StopAct:
    """The procedure is done once `condition` is true; it is looked at for `within_ns`, or once."""

    condition: tuple[FormulaTerm, ...]
    within_ns: int | None = None


@dataclass(frozen=True, slots=True)
class UndoAct:
    """Undoes what was done so far, in reverse order."""


@dataclass(frozen=True, slots=True)
class ChoiceAct:
    condition: tuple[FormulaTerm, ...]
    then: tuple["Act", ...]
    otherwise: tuple["Act", ...] = ()


Act = SendAct | SetAct | RunAct | AlertAct | EmitAct | WaitAct | StopAct | UndoAct | ChoiceAct
"""What a step or a handler does; one after another."""


@dataclass(frozen=True, slots=True)
class AfterPlan:
    """A step that must be over (`reached` null), or whose commands must have come so far."""

    step: str
    reached: Literal["done", "confirmed"] | None = None


@dataclass(frozen=True, slots=True)
class RequirePlan:
    """What makes a step succeed: so many of its commands (`count`), or such a `share` of them, `done` or `confirmed`
    in time."""

    count: int | None = None
    share: float | None = None
    reached: Literal["done", "confirmed"] = "done"
    within_ns: int | None = None


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step: begins once what stands in `after` has come so far.

    At most `at_most` of its commands are under way at once, or (`at_most_every_ns`) leave in such a time. Without
    `require` all must be done, and confirmed where something confirms them. Where more than the share `abort_above`
    has failed, what is queued is cancelled.
    """

    name: str
    acts: tuple["Act", ...] = ()
    after: tuple[AfterPlan, ...] = ()
    at_most: int | None = None
    at_most_every_ns: int | None = None
    require: RequirePlan | None = None
    abort_above: float | None = None


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """Its stages for each whole number from `first` to `last`, downwards if that is the lesser; one round after
    another."""

    variable: str
    first: tuple[FormulaTerm, ...]
    last: tuple[FormulaTerm, ...]
    stages: tuple["Stage", ...]


Stage = StepPlan | LoopPlan


@dataclass(frozen=True, slots=True)
class ProcedurePlan:
    """A saga of steps, for a device (`device`), or for a group that `keys` name (none of both: for all)."""

    name: str
    stages: tuple["Stage", ...]
    device: str | None = None
    keys: tuple[str, ...] = ()
    parameters: tuple[CommandParameter, ...] = ()
    expires_ns: int | None = None
    on_failure: tuple["Act", ...] = ()
    on_doubt: tuple["Act", ...] = ()
    on_done: tuple["Act", ...] = ()
