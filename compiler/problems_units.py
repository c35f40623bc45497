"""What can be wrong with units: HG04xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class DifferentDimensions(Diagnostic):
    """Quantities of different dimensions compared or added: a speed with a mass.

    when velocity > 80 kg
    when velocity > 80 km/h
    """

    code = "HG0401"
    operator: str
    left: str
    right: str
    other: Span

    @property
    def title(self) -> str:
        return f"`{self.operator}` between {self.left} and {self.right}"

    @property
    def label(self) -> str:
        return f"this is {self.right}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.other, f"this is {self.left}"),)


@dataclass(frozen=True, kw_only=True)
class MissingUnit(Diagnostic):
    """A bare number stands where a quantity is needed: is `velocity > 1` a walk or a sprint?

    when velocity > 1
    when velocity > 1 km/h
    """

    code = "HG0402"
    number: str | None
    unit: str
    place: str

    @property
    def title(self) -> str:
        return f"a number without a unit {self.place}"

    @property
    def label(self) -> str:
        return f"in `{self.unit}`?"

    @property
    def help(self) -> str | None:
        if self.number is None:
            return f"make it a quantity in `{self.unit}`: multiply it with `1 {self.unit}`"
        return f"write its unit: `{self.number} {self.unit}`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return () if self.number is None else (Edit(self.span, f"{self.number} {self.unit}"),)


@dataclass(frozen=True, kw_only=True)
class UnitOnNumber(Diagnostic):
    """A quantity where the other side is a plain number.

    telemetry status: float
    when status > 3 km
    when status > 3
    """

    code = "HG0403"
    operator: str
    unit: str
    other: Span

    @property
    def title(self) -> str:
        return f"`{self.operator}` between a plain number and a quantity in `{self.unit}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.other, "this has no unit"),)

    @property
    def help(self) -> str | None:
        return "leave the unit out, or declare the number with a unit"


@dataclass(frozen=True, kw_only=True)
class AddedPoints(Diagnostic):
    """Two temperatures (or signal levels) added: 20 degC + 20 degC is not 40 degC, nor anything else.

    signal middle for Fridge = (upper + lower) / 2
    signal middle for Fridge = lower + (upper - lower) / 2     # a point plus a difference
    """

    code = "HG0404"
    unit: str
    difference: str

    @property
    def title(self) -> str:
        return f"two values in `{self.unit}` cannot be added"

    @property
    def help(self) -> str | None:
        return (
            f"add a difference (`+ 2 {self.difference}`); "
            "the middle of two is `a + (b - a) / 2`, that of many is `mean(…)`"
        )


@dataclass(frozen=True, kw_only=True)
class ScaledPoint(Diagnostic):
    """A temperature (or signal level) multiplied, divided or negated: twice 10 degC has no meaning.

    signal index for Fridge = temp * 2
    signal index for Fridge = (temp - setpoint) * 2     # a difference can be scaled
    """

    code = "HG0405"
    operator: str
    unit: str

    @property
    def title(self) -> str:
        return f"{self.operator} of a value in `{self.unit}`, whose zero is not nothing"

    @property
    def help(self) -> str | None:
        return f"take a difference first: `(x - 0 {self.unit})`, or a value it is measured from"


@dataclass(frozen=True, kw_only=True)
class SummedPoints(Diagnostic):
    """An aggregate of temperatures (or signal levels) that would add them.

    signal heat by site = sum(Fridge.temp)
    signal heat by site = mean(Fridge.temp)
    """

    code = "HG0406"
    function: str
    unit: str

    @property
    def title(self) -> str:
        return f"`{self.function}` of values in `{self.unit}`, whose zero is not nothing"

    @property
    def help(self) -> str | None:
        return "use `mean`, `min` or `max`, or take a difference first: `sum(temp - setpoint …)`"


@dataclass(frozen=True, kw_only=True)
class PointAgainstDifference(Diagnostic):
    """A temperature brought together with a difference of temperatures.

    when temp > temp_out - temp_in              # a temperature against a difference
    when temp > temp_in + 2 K
    """

    code = "HG0407"
    operator: str
    point: Span
    difference: Span

    @property
    def title(self) -> str:
        return f"`{self.operator}` between a value and a difference of values"

    @property
    def label(self) -> str:
        return ""

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.point, "this is a value on its scale"), Label(self.difference, "this is a difference"))

    @property
    def help(self) -> str | None:
        return "add the difference to a value, or subtract two values"


@dataclass(frozen=True, kw_only=True)
class NotADuration(Diagnostic):
    """Something else where a duration is needed.

    when temp > 8 degC for 10
    when temp > 8 degC for 10 min
    """

    code = "HG0408"
    place: str
    got: str

    @property
    def title(self) -> str:
        return f"{self.place} needs a duration"

    @property
    def label(self) -> str:
        return f"this is {self.got}"

    @property
    def help(self) -> str | None:
        return "write a number and a unit of time: `10 s`, `2 min 30 s`, `4 h`"


@dataclass(frozen=True, kw_only=True)
class WrongUnit(Diagnostic):
    """A payload said to be in a unit of another dimension than the field it is mapped to.

    telemetry load: kg
    load = current_load in km
    load = current_load in t
    """

    code = "HG0409"
    field: str
    declared: str
    unit: str

    @property
    def title(self) -> str:
        return f"`{self.field}` is declared {self.declared}, which `{self.unit}` cannot be converted to"

    @property
    def help(self) -> str | None:
        return "say the unit that the payload's number is in; it is converted to the declared one"
