"""What can be wrong with device types and their commands: HG10xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class SinceNotVersion(Diagnostic):
    """A `since` that counts by something that is no property of type `version`.

        device Pump {
            property firmware: text
            command  purge() { since firmware 2.1 }
        }

    Versions are ordered by their parts (2.10 is newer than 2.9), texts are not: declare `property firmware: version`.
    """

    code = "HG1001"
    name: str
    declared: Span
    problem: str
    itself: bool = False

    @property
    def title(self) -> str:
        return f"`since` needs a property of type `version`, and `{self.name}` is {self.problem}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        if self.itself:
            return "what tells the version has been there from the first one on: remove its own `since`"
        return f"declare `property {self.name}: version`"


@dataclass(frozen=True, kw_only=True)
class BlindRetry(Diagnostic):
    """A command that would be sent again without knowing whether it had worked, and that would then work twice.

        command dispense(amount: mL) { ack within 5 s  retry 3 }

    After a retry of a command that is not `idempotent`, the device may have done it twice. A `confirm` does not change
    that: what it waits for may show after the retry. Say that doing it twice is doing it once (`idempotent`), or do not
    retry: what is not answered is in doubt, and its `confirm` may end the doubt.
    """

    code = "HG1002"
    command: str

    @property
    def title(self) -> str:
        return f"`{self.command}` would be repeated blindly: it is not idempotent"

    @property
    def label(self) -> str:
        return "sent again, it may be done twice"

    @property
    def help(self) -> str | None:
        return "add `idempotent` if doing it twice is doing it once, or remove `retry`"


@dataclass(frozen=True, kw_only=True)
class RetriedRelative(Diagnostic):
    """A command that says what to add, and would be repeated: each repetition adds again.

    command warm_by(delta: K) { relative  ack within 5 s  retry 3 }
    command warm_to(goal: degC) { idempotent  ack within 5 s  retry 3 }
    """

    code = "HG1003"
    command: str

    @property
    def title(self) -> str:
        return f"`{self.command}` is relative, so it is never repeated"

    @property
    def label(self) -> str:
        return "would add again"

    @property
    def help(self) -> str | None:
        return "remove `retry`, or make it a command that says what to reach and is `idempotent`"


@dataclass(frozen=True, kw_only=True)
class RelativeIdempotent(Diagnostic):
    """A command that is said to add something, and to do the same when it is done twice.

    command warm_by(delta: K) { relative  idempotent  ack within 5 s }
    """

    code = "HG1004"
    command: str

    @property
    def title(self) -> str:
        return f"`{self.command}` cannot be `relative` and `idempotent` at once"

    @property
    def label(self) -> str:
        return "what adds is not the same when done twice"

    @property
    def help(self) -> str | None:
        return "remove one of them"


@dataclass(frozen=True, kw_only=True)
class BusyWithoutResource(Diagnostic):
    """A command that says what becomes of it while its resource is in use, but takes no resource.

    command run(speed: percent in 0..100) { idempotent  when busy supersede }
    command run(speed: percent in 0..100) { idempotent  resource drive  when busy supersede }
    """

    code = "HG1005"
    command: str

    @property
    def title(self) -> str:
        return f"`{self.command}` says what to do `when busy`, but takes no resource"

    @property
    def help(self) -> str | None:
        return "name what it takes: `resource drive`"


@dataclass(frozen=True, kw_only=True)
class BackoffReversed(Diagnostic):
    """Pauses between retries from a longer one to a shorter one.

    retry 3 backoff 10 s..1 s
    retry 3 backoff 1 s..10 s
    """

    code = "HG1006"

    @property
    def title(self) -> str:
        return "the first pause of a `backoff` is longer than the last one"

    @property
    def help(self) -> str | None:
        return "the shorter one comes first: `backoff 1 s..10 s`"


@dataclass(frozen=True, kw_only=True)
class DoneBeforeAck(Diagnostic):
    """A command that would have to be done before it has to be accepted.

    command open() { ack within 10 s  done within 5 s }
    command open() { ack within 2 s   done within 5 s }
    """

    code = "HG1007"
    ack: Span

    @property
    def title(self) -> str:
        return "`done within` is shorter than `ack within`"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.ack, "so long it may take to be accepted"),)

    @property
    def help(self) -> str | None:
        return "both count from the sending, so `done within` is the longer one"


@dataclass(frozen=True, kw_only=True)
class BeyondFields(Diagnostic):
    """Something that is more than the device's own fields, where only those can be looked at.

        command cool(level: int) { idempotent  confirm mean(power over 1 min every 10 s) > 20 W * level within 1 min }
        command cool(level: int) { idempotent  confirm power > 20 W * level within 1 min }

    A `confirm` is looked at with each message of the device until it holds; the dynamics of a twin are worked out
    between the messages. Both are about values at one instant: no windows, durations, edges, signals or patterns.
    """

    code = "HG1008"
    place: str
    what: str
    may: str

    @property
    def title(self) -> str:
        return f"{self.place} cannot speak of {self.what}"

    @property
    def help(self) -> str | None:
        return f"it is made of {self.may}"
