"""What can be wrong with actions, and with the rules that act: HG111x and up."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span
from .problems_doubts import Warn


@dataclass(frozen=True, kw_only=True)
class SendToWhom(Diagnostic):
    """A command sent by a rule or procedure of a group, without saying to which of its members.

        rule keep_flow by line { when line_flow < 200 m3/h  do { send run(speed: 80 %) } }
        rule keep_flow by line { when line_flow < 200 m3/h  do { send run(speed: 80 %) to each Pump } }

    A rule `for` a device type sends to the device that it is about; a group has many, perhaps of several types.
    """

    code = "HG1101"
    command: str
    domain: str
    devices: tuple[str, ...]
    at: Span

    @property
    def title(self) -> str:
        return f"`send {self.command}` {self.domain} does not say to which devices"

    @property
    def label(self) -> str:
        return "to which members of the group?"

    @property
    def help(self) -> str | None:
        if not self.devices:
            return f"no device type that could be meant has a command `{self.command}`"
        which = " or ".join(f"`to each {name}`" for name in self.devices)
        return f"add {which}, perhaps with `where …`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.at, f" to each {self.devices[0]}"),) if len(self.devices) == 1 else ()


@dataclass(frozen=True, kw_only=True)
class EachInDevice(Diagnostic):
    """`each` in a rule or procedure for one device: of which group would they be members?

        rule dry_run for Pump { when starved  latched  do { send stop() to each Pump } }
        rule dry_run for Pump { when starved  latched  do { send stop() } }

    To reach the devices around this one, put the `send` into a procedure `by` what they share (`procedure shut_line()
    by line`) and `run` it: it runs for the group that this device belongs to.
    """

    code = "HG1102"
    device: str
    each: str
    command: str

    @property
    def title(self) -> str:
        return f"`each {self.each}` in what is for one `{self.device}`"

    @property
    def label(self) -> str:
        return "members of which group?"

    @property
    def help(self) -> str | None:
        own = f"`send {self.command}(…)` alone goes to the device itself; " if self.device == self.each else ""
        return f"{own}to reach a group, `run` a procedure that is `by` a property of `{self.device}`"


@dataclass(frozen=True, kw_only=True)
class RunDomain(Diagnostic):
    """A procedure run from where it is not known for which device or group it would run.

        procedure pull_down(level: int) for Fridge { … }
        rule site_failing by site { when warm_share > 30 %  do { run pull_down(level: 4) } }

    A procedure `for` a device type is run for that device, by a rule for it; one `by` properties for the group that the
    device or the narrower group at hand belongs to.
    """

    code = "HG1103"
    procedure: str
    theirs: str
    ours: str
    declared: Span
    lacking: tuple[str, ...] = ()
    device: str | None = None

    @property
    def title(self) -> str:
        return f"the procedure `{self.procedure}` is {self.theirs}, and is run {self.ours}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, f"declared {self.theirs}"),)

    @property
    def help(self) -> str | None:
        if self.device is not None:
            lacking = ", ".join(f"`property {name}: text`" for name in self.lacking)
            return f"declare {lacking} in `{self.device}`, or give both the same domain"
        return "give both the same domain"


@dataclass(frozen=True, kw_only=True)
class NotWritable(Diagnostic):
    """`set` of something that has no desired side: telemetry, or a property that is not `writable`.

    property setpoint: degC in 2..8
    property setpoint: degC in 2..8 writable      # now `set setpoint = 4 degC` can ask for it
    """

    code = "HG1104"
    name: str
    declared: Span
    telemetry: bool

    @property
    def title(self) -> str:
        return f"`{self.name}` cannot be set: it is {'telemetry' if self.telemetry else 'not `writable`'}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return "what a device measures is changed by a command" if self.telemetry else "declare it `writable`"


@dataclass(frozen=True, kw_only=True)
class UndoOutside(Diagnostic):
    """`undo` where nothing has been done that could be undone: it belongs into a procedure's `on failure`.

    rule too_warm for Fridge { when temp > 8 degC  do { send cool(level: 5) }  on clear { undo } }
    rule too_warm for Fridge { when temp > 8 degC  do { send cool(level: 5) }  on clear { send cool(level: 1) } }
    """

    code = "HG1105"

    @property
    def title(self) -> str:
        return "`undo` outside a procedure's `on failure`"

    @property
    def help(self) -> str | None:
        return "say what to do instead: `send …`, or put the commands into a procedure with `on failure { undo }`"


@dataclass(frozen=True, kw_only=True)
class UndoOfNothing(Diagnostic):
    """`undo` in a procedure none of whose commands says what undoes it.

        command cool(level: int in 0..5) { idempotent  ack within 5 s }
        command cool(level: int in 0..5) { idempotent  ack within 5 s  undo cool(level: 1) }

    What undoes a command is said where the command is declared.
    """

    code = "HG1106"
    procedure: str
    commands: tuple[tuple[str, Span], ...]

    @property
    def title(self) -> str:
        return f"nothing that `{self.procedure}` does can be undone"

    @property
    def label(self) -> str:
        return "no command of its steps has an `undo`"

    @property
    def others(self) -> tuple[Label, ...]:
        return tuple(Label(span, f"`{name}` does not say what undoes it") for name, span in self.commands)

    @property
    def help(self) -> str | None:
        return "add `undo …` to the command's declaration, or say here what to do instead"


@dataclass(frozen=True, kw_only=True)
class InhibitsItself(Diagnostic):
    """Rules that hold each other back, so that which of them is heard would depend on which came first.

    rule a for Pump { when hot    inhibited by b  do { alert "…" } }
    rule b for Pump { when worn   inhibited by a  do { alert "…" } }
    """

    code = "HG1107"
    ring: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        if len(self.ring) == 1:
            return f"the rule `{self.ring[0]}` would inhibit itself"
        chain = " is inhibited by ".join(f"`{name}`" for name in (*self.ring, self.ring[0]))
        return f"rules cannot inhibit each other: {chain}"

    @property
    def others(self) -> tuple[Label, ...]:
        return tuple(Label(span, f"`{name}`") for name, span in zip(self.ring[1:], self.spans, strict=True))

    @property
    def help(self) -> str | None:
        return "remove one `inhibited by`: the rule that says more inhibits the other"


@dataclass(frozen=True, kw_only=True)
class InhibitDomain(Diagnostic):
    """A rule inhibited by one of another domain, of which it is not known which instance is meant.

        rule hot for Pump { when temp > 90 degC  inhibited by valve_stuck  do { alert "…" } }
        rule valve_stuck for Valve { … }

    A rule can be inhibited by one of the same domain, or of the group that its device (or narrower group) belongs to.
    """

    code = "HG1108"
    rule: str
    theirs: str
    ours: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` is {self.theirs}, and cannot inhibit a rule {self.ours}"

    @property
    def label(self) -> str:
        return "which instance of it?"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, f"`{self.rule}` is declared here"),)

    @property
    def help(self) -> str | None:
        return "give both the same domain, or make the inhibiting one a rule of the group"


@dataclass(frozen=True, kw_only=True)
class Contested(Warn):
    """Two rules that can drive one thing to different values, and nothing says which of them is heard.

        rule dry_run for Pump { when starved  latched  do { send stop() } }
        rule keep_flow by line { when line_flow < 200 m3/h  do { send run(speed: 80 %) to each Pump } }

    Both take the resource `drive` of a pump. Say which is the more important one:

        priorities safety > production
        rule dry_run for Pump { when starved  latched  priority safety  do { send stop() } }
        rule keep_flow by line { when line_flow < 200 m3/h  priority production  do { … } }

    While the one of higher priority is raised, it holds what it commanded; the other is refused, told by whom, and
    evaluated again afterwards.
    """

    code = "HG1109"
    first: str
    second: str
    device: str
    what: str
    words: str
    other: Span
    other_words: str
    ranked: bool

    @property
    def title(self) -> str:
        return f"`{self.first}` and `{self.second}` can drive {self.what} of one `{self.device}` to different values"

    @property
    def label(self) -> str:
        return self.words

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.other, self.other_words),)

    @property
    def help(self) -> str | None:
        if self.ranked:
            return "give them different priorities: the higher one holds what it commanded"
        return "say which is heard: `priorities safety > production`, and `priority …` in both rules"


@dataclass(frozen=True, kw_only=True)
class SetOfWhich(Diagnostic):
    """`set` in a rule or procedure of a group: whose property?

        rule warm by site { when warm_share > 30 %  do { set setpoint = 4 degC } }
        rule warm for Fridge { when temp > 8 degC for 10 min  do { set setpoint = 4 degC } }

    `set` is of the device that the rule or procedure is for; many devices at once are reached with a command, `send …
    to each Fridge`.
    """

    code = "HG1110"
    name: str
    domain: str

    @property
    def title(self) -> str:
        return f"`set {self.name}` {self.domain} does not say of which device"

    @property
    def help(self) -> str | None:
        return "set it in a rule or procedure `for` a device type, or send a command `to each …`"
