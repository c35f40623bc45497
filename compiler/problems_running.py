"""What the language can say and check, and the runtime cannot execute yet: HG08xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic


@dataclass(frozen=True, kw_only=True)
class DoesNotRun(Diagnostic):
    """A construct that is understood and checked, and that the runtime cannot execute yet.

        pattern warmer for Fridge =
            temp > 6 degC as before
            then next temp > before.temp for 5 min
            within 1 h

    `headgate check` accepts such a program, because nothing is wrong with it. What would execute it (`run`, `compile`,
    `test`) names each such construct instead of leaving it out: a program does what it says, or does not start.
    """

    code = "HG0801"
    construct: str
    instead: str | None = None

    @property
    def title(self) -> str:
        return f"{self.construct} cannot be executed yet"

    @property
    def label(self) -> str:
        return "checked, but not executed by this version"

    @property
    def help(self) -> str | None:
        return self.instead
