"""What can be wrong with the mention of a procedure, a step, a priority or a place: HG0219 and up."""

from dataclasses import dataclass

from ..dsl.diagnostic import Label
from ..dsl.source import Span
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class UnknownProcedure(Misnamed):
    """A procedure that the program does not have.

        rule too_warm for Fridge { when temp > 8 degC  do { run pulldown(level: 4) } }

    Declare it (`procedure pulldown(level: int in 1..5) for Fridge { step … }`), or run one that is declared.
    """

    code = "HG0219"

    @property
    def title(self) -> str:
        return f"no procedure is called `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or f"declare it: `procedure {self.name}() … {{ step … }}`"


@dataclass(frozen=True, kw_only=True)
class UnknownPriority(Misnamed):
    """A priority that is not in the program's order of priorities.

    priorities safety > production > comfort
    rule dry_run for Pump { when starved  latched  priority safty  do { send stop() } }      # `safety`
    """

    code = "HG0220"
    known: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"no priority is called `{self.name}`"

    @property
    def label(self) -> str:
        return f"has `priority {self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return super().help
        if not self.known:
            return f"declare the order of the priorities, the highest first: `priorities {self.name} > …`"
        return f"the priorities are {', '.join(f'`{name}`' for name in self.known)}, the highest first"


@dataclass(frozen=True, kw_only=True)
class UnknownPlace(Misnamed):
    """A place for a rule that is neither a tier nor a declared target.

        rule too_warm for Fridge { when temp > 8 degC  place egde  do { send siren(on: true) } }

    Tiers are `device`, `gateway`, `edge`, `region` and `cloud`; targets are those that the program declares.
    """

    code = "HG0221"
    targets: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"`{self.name}` is neither a tier nor a target"

    @property
    def label(self) -> str:
        return f"has `place {self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return super().help
        targets = f", and the targets {', '.join(f'`{name}`' for name in self.targets)}" if self.targets else ""
        return f"there are the tiers `device`, `gateway`, `edge`, `region`, `cloud`{targets}"


@dataclass(frozen=True, kw_only=True)
class UnknownStep(Misnamed):
    """A step that `after` waits for and that is not there: not in the procedure, or not among the same steps.

        procedure shut_line() by line {
            step pumps { send stop() to each Pump }
            step valves after pump done { send set(to: 0 %) to each Valve }        # `pumps`
        }

    The steps of a loop wait for one another within one round, and for steps around the loop; no step outside it can
    wait for one of them.
    """

    code = "HG0222"
    elsewhere: Span | None = None

    @property
    def title(self) -> str:
        if self.elsewhere is not None:
            return f"the step `{self.name}` is not among the steps that this one could wait for"
        return f"no step is called `{self.name}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.elsewhere is None else (Label(self.elsewhere, "declared here, within another loop"),)

    @property
    def help(self) -> str | None:
        if self.elsewhere is not None:
            return "a step can wait for those of its own loop, and for those around it"
        return super().help or "`after` names another step of the procedure"
