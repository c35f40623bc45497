"""What can be wrong with the units a program writes (HG01xx)."""

from dataclasses import dataclass
from typing import ClassVar

from .diagnostic import Diagnostic, Edit
from .syntax_problems import one_of


@dataclass(frozen=True, kw_only=True)
class UnknownUnit(Diagnostic):
    """A word follows a number and is not a unit.

        when temp > 8 celsius

    Units are symbols: `degC`, `km/h`, `m3/h`, `%`, `min`; UCUM codes such as `Cel` and `[degF]` are accepted:

        when temp > 8 degC
    """

    code: ClassVar[str] = "HG0107"
    unit: str
    similar: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"there is no unit `{self.unit}`"

    @property
    def label(self) -> str:
        return "not a unit"

    @property
    def help(self) -> str | None:
        return f"did you mean {one_of(tuple(f'`{unit}`' for unit in self.similar))}?" if self.similar else None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, self.similar[0]),) if len(self.similar) == 1 else ()


@dataclass(frozen=True, kw_only=True)
class BlankInUnit(Diagnostic):
    """A unit is written in two words.

        when temp > 8 deg C

    A blank may stand between a number and its unit, none inside the unit, because `50 km / h` divides a length by
    something called `h`:

        when temp > 8 degC
    """

    code: ClassVar[str] = "HG0108"
    written: str
    unit: str

    @property
    def title(self) -> str:
        return f"there is a blank inside the unit `{self.written}`"

    @property
    def label(self) -> str:
        return "a unit is one word"

    @property
    def help(self) -> str | None:
        return f"write `{self.unit}`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, self.unit, "certain"),)


@dataclass(frozen=True, kw_only=True)
class TimeOutOfOrder(Diagnostic):
    """The parts of a compound time do not go from the largest to the smallest.

        cooldown 10 s 2 min

    Each part is in a smaller unit than the one before, so that a slip is noticed:

        cooldown 2 min 10 s
    """

    code: ClassVar[str] = "HG0109"
    first: str
    second: str

    @property
    def title(self) -> str:
        if self.first == self.second:
            return f"`{self.first}` stands twice in this time"
        return f"`{self.second}` is larger than `{self.first}` before it"

    @property
    def help(self) -> str | None:
        return "write the largest unit first and each unit once, as in `2 min 10 s`"


@dataclass(frozen=True, kw_only=True)
class DurationWithoutUnit(Diagnostic):
    """A duration is written as a bare number.

        when fuel < 10 % for 5

    Five what? Say the unit:

        when fuel < 10 % for 5 min
    """

    code: ClassVar[str] = "HG0133"
    number: str

    @property
    def title(self) -> str:
        return f"the duration `{self.number}` has no unit"

    @property
    def label(self) -> str:
        return "seconds, minutes, hours?"

    @property
    def help(self) -> str | None:
        return f"write a unit, such as `{self.number} s` or `{self.number} min`"
