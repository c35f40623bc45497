"""Expressions: what has a value, or happens."""

from dataclasses import dataclass
from typing import Literal

from .base import Node

__all__ = [
    "Absent",
    "Argument",
    "Arithmetic",
    "Becomes",
    "Bool",
    "Call",
    "Compare",
    "Conditional",
    "Crosses",
    "Expires",
    "Expr",
    "Holds",
    "Is",
    "Logic",
    "Member",
    "Name",
    "Negate",
    "Not",
    "Number",
    "Otherwise",
    "Quantity",
    "Quiet",
    "Sent",
    "Template",
    "Text",
    "Version",
    "Window",
]


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`3`, `4_000`, `1.5e3`: the literal's own text, so that folding can be exact."""

    text: str


@dataclass(frozen=True, slots=True)
class Version(Node):
    """`2.10.1`: a version of three or more parts; one of two is a `Number`, whose text is kept (2.10 is not 2.1)."""

    text: str


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """`8 degC`, `2 min 10 s`: parts of (number's text, unit's text), largest first; one part except for times."""

    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    """`"oslo"`: a text constant, escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Bool(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Absent(Node):
    """The literal `absent`."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`opened.temp`, `Truck.load`, `last(position).time`."""

    of: "Expr"
    name: str


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`over 10 min every 1 min`, `over today in "Europe/Oslo"`, `over 5 samples`, `over session gap 5 min max 1 h`,
    `over while door`.

    `kind` says which of the others is set: `span` has `length`; `samples` has `count`; `session` has `length` (its
    gap) and perhaps `maximum`; `calendar` has `calendar` and perhaps `zone`; `while` has `condition`.
    """

    kind: Literal["span", "samples", "session", "calendar", "while"]
    length: "Expr | None" = None
    maximum: "Expr | None" = None
    count: "Expr | None" = None
    condition: "Expr | None" = None
    calendar: Literal["today", "this_week", "this_month", "this_year"] | None = None
    zone: str | None = None
    every: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call: `x`, `drift: 0.5 K`, `x where c over 1 day every 1 day`."""

    value: "Expr"
    name: str | None = None
    where: "Expr | None" = None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`mean(temp over 5 min)`, `Point(1, 2)`, `fresh(velocity)`, `inside(position, yard)`."""

    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: Literal["+", "-", "*", "/"]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: Literal["and", "or"]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Not(Node):
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Is(Node):
    """`x is absent`, `x is not stale`."""

    of: "Expr"
    quality: Literal["absent", "stale"]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    """`x else 0 bar`: x, or the other where x is absent."""

    value: "Expr"
    fallback: "Expr"


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`c ? a : b`."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Becomes(Node):
    """`door becomes true`: an event; needs a definite other value before."""

    of: "Expr"
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Crosses(Node):
    """`pressure falls below 2 bar`, `temp rises above 8 degC`: an event; needs a definite opposite before."""

    of: "Expr"
    direction: Literal["rises above", "falls below"]
    level: "Expr"


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """`C for D`: C has been true without a break for D."""

    condition: "Expr"
    duration: "Expr"


@dataclass(frozen=True, slots=True)
class Quiet(Node):
    """`no x for D`: x has not been updated (or the event x has not happened) for D."""

    of: "Expr"
    duration: "Expr"


@dataclass(frozen=True, slots=True)
class Sent(Node):
    """`sent run`: an event, the command was sent to the device at hand."""

    command: str


@dataclass(frozen=True, slots=True)
class Expires(Node):
    """`left_open expires`: an event, a partial match of the named pattern ran out of time."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Template(Node):
    """`"{id} is at {temp}"`: texts and expressions in turn; `{{` and `}}` were braces, escapes are resolved.

    The message of an alert is one, and so is a text argument of `send` and `emit` that holds an expression.
    """

    parts: tuple["str | Expr", ...]


Expr = (
    Number
    | Version
    | Quantity
    | Text
    | Bool
    | Absent
    | Name
    | Member
    | Call
    | Negate
    | Arithmetic
    | Compare
    | Logic
    | Not
    | Is
    | Otherwise
    | Conditional
    | Becomes
    | Crosses
    | Holds
    | Quiet
    | Sent
    | Expires
    | Template
)
