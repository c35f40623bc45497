"""The syntax tree: what a program says, as frozen dataclasses, before anything is known about what it means.

A node keeps the span of the text it came from, which takes no part in equality, so that two programs that say the same
are equal. Later stages never rewrite a node: they keep tables beside the tree, looked up by the node's identity.
"""

from dataclasses import dataclass, field
from typing import Literal

from .source import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has: where it stands in the text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


# --- Expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`3`, `4_000`, `1.5e3`: the literal's own text, so that folding can be exact."""

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
    """`over 10 min every 1 min`, `over today in "Europe/Oslo"`, `over 5 samples`, `over session gap 5 min`.

    `kind` says which of the others is set: `span` has `length`; `samples` has `count`; `session` has `length` (its
    gap); `calendar` has `calendar` and perhaps `zone`.
    """

    kind: Literal["span", "samples", "session", "calendar"]
    length: "Expr | None" = None
    count: "Expr | None" = None
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
class Template(Node):
    """`"{id} is at {temp}"`: texts and expressions in turn; `{{` and `}}` were braces, escapes are resolved.

    The message of an alert is one, and so is a text argument of `send` and `emit` that holds an expression.
    """

    parts: tuple["str | Expr", ...]


Expr = (
    Number
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
    | Template
)


# --- Patterns --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One step of a pattern: an event, perhaps named for what follows (`door becomes true as opened`)."""

    event: Expr
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """`A as a then B then C unless X within 5 min`: steps in order, others skipped."""

    steps: tuple[Step, ...]
    unless: Expr | None = None
    within: Expr | None = None


# --- Domains, types --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForDevice(Node):
    """`for Truck`: one instance for each device."""

    device: str


@dataclass(frozen=True, slots=True)
class ByProperties(Node):
    """`by fleet, model`: one instance for each combination of these properties' values."""

    properties: tuple[str, ...]


Domain = ForDevice | ByProperties


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """`float`, `text`, `Point`, or a unit (`degC`, `L/h`); an enum has its choices."""

    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds(Node):
    """`in 0..100`: inclusive, in the unit of the type they follow unless they carry their own."""

    low: Expr
    high: Expr


# --- Devices and sources ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Property(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    writable: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Telemetry(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    every: Expr | None = None
    stale_after: Expr | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a command: `level: int in 0..5 = 1`."""

    name: str
    type: TypeName
    bounds: Bounds | None = None
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Command(Node):
    """A command's declaration. Attributes say what the runtime must know to deliver it."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    idempotent: bool = False
    protected: bool = False
    resource: str | None = None
    ack_within: Expr | None = None
    retry: Expr | None = None


@dataclass(frozen=True, slots=True)
class Device(Node):
    """A device type. `lateness`, `revise` and `idle_after` are durations; `maximum` bounds how many there are."""

    name: str
    members: tuple[Property | Telemetry | Command, ...]
    maximum: Expr | None = None
    lateness: Expr | None = None
    revise: Expr | None = None
    idle_after: Expr | None = None


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """`fuel = fuel_state in ratio`: a field of the device (or `id`, `time`) from payload fields.

    `unit` is the unit the payload's number is in; without it, the declared one. `keep a, b` is the mappings `a = a`,
    `b = b`.
    """

    field: str
    value: Expr
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Source(Node):
    """`source readings: json for Truck where m == "readings" { … }`."""

    name: str
    format: str
    device: str
    mappings: tuple[Mapping, ...]
    where: Expr | None = None


# --- Actions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alert(Node):
    message: Template
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Emit(Node):
    """`emit overheating(level: temp - limit)`: an event of the program's own, with named values."""

    event: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Send(Node):
    """`send message(text: "…")`: to the device the rule is for, or (later) to others."""

    command: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Expr
    then: "tuple[Action, ...]"
    otherwise: "tuple[Action, ...]" = ()


Action = Alert | Emit | Send | If


# --- Items -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import std.geo (circle, inside)`."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Signal(Node):
    name: str
    domain: Domain | None
    value: Expr


@dataclass(frozen=True, slots=True)
class PatternItem(Node):
    name: str
    domain: Domain | None
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Schedule(Node):
    """`schedule mon..fri "20:00".."06:00" in "Europe/Oslo"`: a span past midnight belongs to the day it starts on."""

    start: str
    end: str
    first_day: str | None = None
    last_day: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """A rule; `when` is an expression, or a pattern written in parentheses. Clauses stand at most once."""

    name: str
    domain: Domain | None
    when: Expr | Pattern
    until: Expr | None = None
    severity: str | None = None
    cooldown: Expr | None = None
    repeat_every: Expr | None = None
    hold_for: Expr | None = None
    latched: bool = False
    schedule: Schedule | None = None
    do: tuple[Action, ...] = ()
    on_clear: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow(Node):
    inputs: tuple[Expr, ...]
    outputs: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """`table "fuel levels" for low_fuel of Truck (fuel -> raised) { 10 % -> false … }`: a test as a table."""

    title: str
    rule: str
    device: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[TableRow, ...]


Item = Let | Device | Source | Signal | PatternItem | Rule | Table


@dataclass(frozen=True, slots=True)
class Program(Node):
    """A file: its module's name, what it imports, and its items in the order written."""

    module: str
    imports: tuple[Import, ...]
    items: tuple[Item, ...]
