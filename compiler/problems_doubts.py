"""What is not wrong but probably not meant: HG09xx, all warnings."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from ..dsl.diagnostic import Diagnostic


@dataclass(frozen=True, kw_only=True)
class Warn(Diagnostic):
    """A diagnostic that does not stop the program from being compiled."""

    severity: ClassVar[Literal["error", "warning"]] = "warning"


@dataclass(frozen=True, kw_only=True)
class ForeseenComparison(Warn):
    """A comparison whose result follows from the declared bounds: it holds always, or never.

    telemetry fuel: percent in 0..100
    when fuel < 0 %          # never: what is below 0 % is quarantined, not held
    when fuel is absent      # if that was meant
    """

    code = "HG0901"
    always: bool
    what: str
    low: str
    high: str

    @property
    def title(self) -> str:
        return f"this comparison is {'always' if self.always else 'never'} true"

    @property
    def label(self) -> str:
        return f"`{self.what}` is declared in {self.low}..{self.high}"


@dataclass(frozen=True, kw_only=True)
class UnusedLet(Warn):
    """A constant that nothing uses.

    let limit = 90 %
    """

    code = "HG0902"
    name: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is never used"

    @property
    def help(self) -> str | None:
        return "use it or remove it"


@dataclass(frozen=True, kw_only=True)
class IdleRule(Warn):
    """A rule that does nothing: it is raised and cleared, and nobody is told but the list of raised rules.

    rule low for Truck { when fuel < 10 % }
    rule low for Truck { when fuel < 10 %  do { alert "{id} has {fuel} left" } }
    """

    code = "HG0903"
    rule: str

    @property
    def title(self) -> str:
        return f"the rule `{self.rule}` does nothing"

    @property
    def help(self) -> str | None:
        return 'add actions: `do { alert "…" }`'


@dataclass(frozen=True, kw_only=True)
class UnusedImport(Warn):
    """A function that is imported and never used.

    import std.geo (circle, distance)
    """

    code = "HG0904"
    name: str
    module: str

    @property
    def title(self) -> str:
        return f"`{self.name}` of `{self.module}` is never used"

    @property
    def help(self) -> str | None:
        return "remove it from the import"
