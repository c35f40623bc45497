"""What can be wrong with procedures and their steps: HG112x and up."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_doubts import Warn


@dataclass(frozen=True, kw_only=True)
class StepCycle(Diagnostic):
    """Steps that wait for one another, so that none of them could ever begin.

    step pumps after valves  { send stop() to each Pump }
    step valves after pumps  { send set(to: 0 %) to each Valve }
    """

    code = "HG1121"
    ring: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        if len(self.ring) == 1:
            return f"the step `{self.ring[0]}` waits for itself"
        chain = " waits for ".join(f"`{name}`" for name in (*self.ring, self.ring[0]))
        return f"steps cannot wait for one another: {chain}"

    @property
    def others(self) -> tuple[Label, ...]:
        return tuple(Label(span, f"`{name}`") for name, span in zip(self.ring[1:], self.spans, strict=True))

    @property
    def help(self) -> str | None:
        return "remove one `after`"


@dataclass(frozen=True, kw_only=True)
class NothingToConfirm(Diagnostic):
    """`confirmed` of a step whose commands do not say what confirms them.

        command set(to: percent in 0..100) { idempotent  ack within 2 s }
        step valves { send set(to: 0 %) to each Valve  require all confirmed within 30 s }

    A device that says that it is done has not shown that it worked. What shows it is said with the command: `confirm
    abs(position - to) < 2 % within 20 s`. Without one, ask for `done`.
    """

    code = "HG1122"
    step: str
    command: str | None = None
    declared: Span | None = None

    @property
    def title(self) -> str:
        if self.command is None:
            return f"the step `{self.step}` sends nothing that could be confirmed"
        return f"nothing confirms `{self.command}`, so the step `{self.step}` is never `confirmed`"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.declared is None else (Label(self.declared, "declared here, without a `confirm`"),)

    @property
    def help(self) -> str | None:
        if self.command is None:
            return "ask for `done`"
        return f"add `confirm … within …` to the declaration of `{self.command}`, or ask for `done`"


@dataclass(frozen=True, kw_only=True)
class NotAShare(Diagnostic):
    """A share of the devices that is less than none or more than all, or a number of them that is not whole.

    require 120 % within 3 s
    require 95 % within 3 s
    require 2 within 3 s         # two of them
    """

    code = "HG1123"
    place: str
    counts: bool

    @property
    def title(self) -> str:
        number = " or a whole number of devices" if self.counts else ""
        return f"{self.place} takes a share from 0 % to 100 %{number}"


@dataclass(frozen=True, kw_only=True)
class NothingSent(Diagnostic):
    """A step that asks something of its commands, but sends none.

    step wait_a_bit { wait 10 s  require all done within 30 s }
    step stop_all   { send stop() to each Pump  require all done within 30 s }
    """

    code = "HG1124"
    step: str
    what: str

    @property
    def title(self) -> str:
        return f"{self.what} in the step `{self.step}`, which sends no command"

    @property
    def help(self) -> str | None:
        return "send something in this step, or remove this line"


@dataclass(frozen=True, kw_only=True)
class SaidTwice(Diagnostic):
    """Something that a step can say once, said twice.

    step pumps { send stop() to each Pump  require 95 % within 3 s  require all within 1 min }
    """

    code = "HG1125"
    step: str
    what: str
    first: Span

    @property
    def title(self) -> str:
        return f"the step `{self.step}` has {self.what} twice"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "said first here"),)

    @property
    def help(self) -> str | None:
        return "remove one of them, or make two steps"


@dataclass(frozen=True, kw_only=True)
class UnboundedLoop(Diagnostic):
    """A loop whose rounds have no limit that is known before it runs.

        procedure shed_loads(down_to: int) by site { for r in 9..down_to { … } }
        procedure shed_loads(down_to: int in 1..9) by site { for r in 9..down_to { … } }

    A loop runs from one whole number to another; each is a constant, or a parameter whose bounds are declared.
    """

    code = "HG1126"
    problem: str
    declared: Span | None = None

    @property
    def title(self) -> str:
        return f"a loop needs a limit that is known: {self.problem}"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.declared is None else (Label(self.declared, "declared here, without bounds"),)

    @property
    def help(self) -> str | None:
        if self.declared is not None:
            return "declare its bounds: `int in 1..9`"
        return "write whole numbers, or parameters of type `int` with bounds"


@dataclass(frozen=True, kw_only=True)
class LoopTooLong(Diagnostic):
    """A loop of so many rounds that it is hardly meant.

    for n in 0..1_000_000_000 { step next { send move(to: n) } }
    """

    code = "HG1127"
    rounds: int
    most: int

    @property
    def title(self) -> str:
        return f"a loop of {self.rounds:,} rounds"

    @property
    def help(self) -> str | None:
        return f"a loop has at most {self.most:,} rounds; what goes on and on is a rule"


@dataclass(frozen=True, kw_only=True)
class ProcedureCycle(Diagnostic):
    """A procedure that runs itself, perhaps through others: it would never be done.

    procedure a() for Pump { step one { run b() } }
    procedure b() for Pump { step one { run a() } }
    """

    code = "HG1128"
    ring: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        if len(self.ring) == 1:
            return f"the procedure `{self.ring[0]}` runs itself"
        chain = " runs ".join(f"`{name}`" for name in (*self.ring, self.ring[0]))
        return f"procedures cannot run one another in a circle: {chain}"

    @property
    def others(self) -> tuple[Label, ...]:
        return tuple(
            Label(span, f"`{name}` is run here") for name, span in zip(self.ring[1:], self.spans, strict=False)
        )

    @property
    def help(self) -> str | None:
        return "to do something again and again, use a loop over a range (`for n in 1..3 { … }`), or a rule"


@dataclass(frozen=True, kw_only=True)
class EndlessWait(Warn):
    """A wait that ends only when its condition is true, in a procedure that never expires.

        procedure drain() by line { step empty { wait until line_flow < 1 m3/h } }
        procedure drain() by line { step empty { wait until line_flow < 1 m3/h within 10 min } }

    Until then the procedure holds what it commanded. `within` makes the step fail in the end; `expires 1 h` is for the
    procedure as a whole.
    """

    code = "HG1129"
    procedure: str

    @property
    def title(self) -> str:
        return f"`{self.procedure}` could wait here for ever"

    @property
    def help(self) -> str | None:
        return "say how long: `within 10 min`, or `expires …` for the whole procedure"
