"""What can be wrong with types: HG03xx."""

from dataclasses import dataclass
from typing import Literal

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class WrongType(Diagnostic):
    """A value of one type where another is needed.

    signal idle for Truck = not velocity        # `not` needs a condition, velocity is a speed
    signal idle for Truck = not (velocity > 1 km/h)
    """

    code = "HG0301"
    place: str
    needed: str
    got: str

    @property
    def title(self) -> str:
        return f"{self.place} needs {self.needed}, not {self.got}"

    @property
    def label(self) -> str:
        return f"this is {self.got}"


@dataclass(frozen=True, kw_only=True)
class NotACondition(Diagnostic):
    """Something that is neither true nor false where a condition is needed: `when`, `until`, `where`, `if`, `for`.

    rule fast for Truck { when velocity  do { … } }
    rule fast for Truck { when velocity > 100 km/h  do { … } }
    """

    code = "HG0302"
    place: str
    got: str

    @property
    def title(self) -> str:
        return f"{self.place} needs a condition"

    @property
    def label(self) -> str:
        return f"this is {self.got}"

    @property
    def help(self) -> str | None:
        return "compare it with something"


@dataclass(frozen=True, kw_only=True)
class Unlike(Diagnostic):
    """Two values of different types brought together by a comparison, `else`, `? :` or arithmetic.

    when driver == 3             # driver is a text
    when driver == "3"
    """

    code = "HG0303"
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

    @property
    def help(self) -> str | None:
        if "a version" in (self.left, self.right):
            return "a version is written as a number of parts, without quotes: `2.1`, `2.10.3`"
        return None


@dataclass(frozen=True, kw_only=True)
class NoOrder(Diagnostic):
    """`<` or `>` between values that have no order: texts, bools, choices, points on the earth.

    when driver > "M"            # texts are equal or not
    when position > yard_gate    # use `inside`
    """

    code = "HG0304"
    operator: str
    what: str
    equality: bool = True

    @property
    def title(self) -> str:
        return f"`{self.operator}` between values that have no order"

    @property
    def label(self) -> str:
        return f"this is {self.what}"

    @property
    def help(self) -> str | None:
        if self.equality:
            return "they can be compared with `==` and `!=`"
        return "ask whether a position is inside an area: `inside(position, circle(Point(59.95, 10.80), 300 m))`"


@dataclass(frozen=True, kw_only=True)
class DivisionByZero(Diagnostic):
    """A division whose divisor is the constant zero.

        signal share for Truck = load / (2 kg - 2 kg)

    Data that happen to be zero are no error: the quotient is absent then.
    """

    code = "HG0305"

    @property
    def title(self) -> str:
        return "a division by zero"

    @property
    def label(self) -> str:
        return "this is always 0"


@dataclass(frozen=True, kw_only=True)
class WrongArguments(Diagnostic):
    """A function called with too few or too many arguments, or with a clause that it does not take.

    signal pace for Truck = abs(velocity, load)
    signal pace for Truck = abs(velocity)
    """

    code = "HG0306"
    function: str
    problem: str
    signature: str

    @property
    def title(self) -> str:
        return f"`{self.function}` {self.problem}"

    @property
    def help(self) -> str | None:
        return f"it is used as `{self.signature}`"


@dataclass(frozen=True, kw_only=True)
class UnknownChoice(Diagnostic):
    """A text compared with an `enum` that has no such choice, so that the comparison could never be true.

    property mode: enum { eco, sport }
    when mode == "ecco"
    when mode == "eco"
    """

    code = "HG0307"
    value: str
    choices: tuple[str, ...]
    closest: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.value}` is not one of the choices"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f'did you mean `"{self.closest}"`?'
        return "the choices are " + ", ".join(f'`"{choice}"`' for choice in self.choices)

    @property
    def edits(self) -> tuple[Edit, ...]:
        return () if self.closest is None else (Edit(self.span, f'"{self.closest}"'),)


@dataclass(frozen=True, kw_only=True)
class NotConstant(Diagnostic):
    """Something that changes while the program runs where a constant is needed: a `let`, a duration, a bound.

    let limit = fuel * 2                        # a signal: `signal limit for Truck = fuel * 2`
    when temp > 8 degC for hold_time            # with `let hold_time = 2 min`
    """

    code = "HG0308"
    place: str
    advice: str | None = None

    @property
    def title(self) -> str:
        return f"{self.place} needs a constant"

    @property
    def label(self) -> str:
        return "this changes while the program runs"

    @property
    def help(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class OutsideBounds(Diagnostic):
    """A constant outside the bounds that the field or parameter it is for declares.

    command cool(level: int in 0..5)
    send cool(level: 7)
    send cool(level: 5)
    """

    code = "HG0309"
    value: str
    name: str
    low: str
    high: str

    @property
    def title(self) -> str:
        return f"{self.value} is outside the bounds of `{self.name}`"

    @property
    def help(self) -> str | None:
        return f"its bounds are {self.low} and {self.high}"


@dataclass(frozen=True, kw_only=True)
class BoundsReversed(Diagnostic):
    """Bounds of which the lower is above the higher, so that no value would be within them.

    telemetry fuel: percent in 100..0
    telemetry fuel: percent in 0..100
    """

    code = "HG0310"
    low: str
    high: str

    @property
    def title(self) -> str:
        return f"no value is at least {self.low} and at most {self.high}"

    @property
    def help(self) -> str | None:
        return "write the lower bound first"


@dataclass(frozen=True, kw_only=True)
class NotWhole(Diagnostic):
    """A number that must be whole (and, for a `max`, at least 1), and is not.

    device Truck max 0.5 { … }
    device Truck max 50 { … }
    """

    code = "HG0311"
    place: str
    least: int | None = None

    @property
    def title(self) -> str:
        least = "" if self.least is None else f" of at least {self.least}"
        return f"{self.place} needs a whole number{least}"


@dataclass(frozen=True, kw_only=True)
class BoundsOnType(Diagnostic):
    """Bounds on a type whose values have no order.

    property driver: text in 0..5
    property driver: text
    """

    code = "HG0312"
    type: str

    @property
    def title(self) -> str:
        return f"bounds on {self.type}"

    @property
    def help(self) -> str | None:
        return "numbers and quantities can have bounds; a text with few values is an `enum { … }`"


@dataclass(frozen=True, kw_only=True)
class HugeNumber(Diagnostic):
    """A constant, or a duration, too large for the machine to hold, too close to zero, or of too many digits.

        let far = 1e400 km
        when temp > 8 degC for 1000 year       # times are counted in nanoseconds, in 64 bits

    Constants are worked out exactly, to some two thousand digits: a chain of products of products has more.
    """

    code = "HG0313"
    what: str = "this number"
    why: Literal["large", "tiny", "digits"] = "large"

    @property
    def title(self) -> str:
        match self.why:
            case "large":
                return f"{self.what} is too large"
            case "tiny":
                return f"{self.what} is too close to zero"
            case "digits":
                return f"{self.what} has too many digits to be worked out exactly"

    @property
    def help(self) -> str | None:
        if self.why == "tiny":
            return "write `0`, or a number of at least about 2e-308"
        if self.why == "digits":
            return "write its value as a number of a few digits"
        return "numbers go up to about 1.8e308, durations up to about 290 years"


@dataclass(frozen=True, kw_only=True)
class BadParameter(Diagnostic):
    """An argument that the function has no parameter for, or that lacks its name.

        when cusum(temp, target: 5 degC, drfit: 0.5 K, limit: 4 K)
        when cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)

    What a detector is tuned with has names, so that a reader sees what each number is.
    """

    code = "HG0315"
    function: str
    signature: str
    name: str | None = None
    known: tuple[str, ...] = ()
    missing: str | None = None
    closest: str | None = None

    @property
    def title(self) -> str:
        if self.name is None:
            return f"`{self.function}` needs a name for this argument"
        return f"`{self.function}` has no parameter `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f"did you mean `{self.closest}:`?"
        if self.missing is not None:
            return f"write `{self.missing}:` before it"
        if not self.known:
            return f"it is used as `{self.signature}`"
        return "its parameters are " + ", ".join(f"`{name}`" for name in self.known)


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Diagnostic):
    """A function called without something that it needs.

    when cusum(temp, target: 5 degC, drift: 0.5 K)
    when cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)
    """

    code = "HG0316"
    function: str
    name: str
    named: bool
    example: str

    @property
    def title(self) -> str:
        return f"`{self.function}` needs `{self.name}{':' if self.named else ''}`"

    @property
    def help(self) -> str | None:
        return f"it is used as in `{self.example}`"


@dataclass(frozen=True, kw_only=True)
class NotPositiveNumber(Diagnostic):
    """A parameter that must be greater than zero, and is not.

    when hampel(vibration over 10 min, sigma: -3)
    when hampel(vibration over 10 min, sigma: 3)
    """

    code = "HG0317"
    place: str

    @property
    def title(self) -> str:
        return f"{self.place} must be greater than 0"


@dataclass(frozen=True, kw_only=True)
class ComparedWithAbsent(Diagnostic):
    """A comparison with `absent`: it is never true and never false, as a comparison with something unknown is unknown.

    when temp == absent
    when temp is absent
    """

    code = "HG0314"

    @property
    def title(self) -> str:
        return "a comparison with `absent` is never true"

    @property
    def help(self) -> str | None:
        return "ask `x is absent` or `x is not absent`"
