"""Rules with their actions, and what they are made of: constants, signals, named patterns."""

from dataclasses import dataclass

from .base import Node
from .devices import Domain
from .expressions import Argument, Expr, Template
from .patterns import Pattern

__all__ = [
    "Action",
    "Alert",
    "Each",
    "Emit",
    "Flapping",
    "If",
    "Import",
    "Let",
    "PatternItem",
    "Priorities",
    "Rule",
    "Run",
    "Schedule",
    "Send",
    "Set",
    "Signal",
    "Undo",
]


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
class Each(Node):
    """`each Pump where motor_temp < 90 degC`: the members of the group at hand for which this is true."""

    device: str
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Send(Node):
    """`send message(text: "…")`: to the device that the rule or procedure is for, or `to each …`."""

    command: str
    arguments: tuple[Argument, ...] = ()
    to: Each | None = None


@dataclass(frozen=True, slots=True)
class Run(Node):
    """`run pull_down(level: 4)`: start a procedure."""

    procedure: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Set(Node):
    """`set setpoint = 4 degC`: the desired side of a writable property."""

    property: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Undo(Node):
    """`undo`: what was done so far in the procedure, in reverse."""


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Expr
    then: "tuple[Action, ...]"
    otherwise: "tuple[Action, ...]" = ()


Action = Alert | Emit | Send | Run | Set | Undo | If


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import std.geo (circle, inside)`, `import alarms`: without names, the module's items are part of the program."""

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
class Flapping(Node):
    """`flapping above 5 in 10 min`: raised more often than that, it is silenced until it has calmed down."""

    count: Expr
    within: Expr


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """A rule; `when` is an expression, or a pattern written in parentheses. Clauses stand at most once."""

    name: str
    domain: Domain | None
    when: Expr | Pattern
    until: Expr | None = None
    severity: str | None = None
    priority: str | None = None
    place: str | None = None
    cooldown: Expr | None = None
    repeat_every: Expr | None = None
    hold_for: Expr | None = None
    latched: bool = False
    settle: bool = False
    flapping: Flapping | None = None
    inhibited_by: tuple[str, ...] = ()
    schedule: Schedule | None = None
    do: tuple[Action, ...] = ()
    on_clear: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Priorities(Node):
    """`priorities safety > production > comfort`: the highest first."""

    names: tuple[str, ...]
