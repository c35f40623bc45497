"""Procedures: sagas of steps."""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .devices import Domain, Parameter
from .expressions import Expr
from .rules import Action

__all__ = [
    "AbortAbove",
    "After",
    "AtMost",
    "Loop",
    "Procedure",
    "ProcedureStep",
    "Require",
    "StepPart",
    "StopIf",
    "Wait",
]


@dataclass(frozen=True, slots=True)
class After(Node):
    """`after pumps done`: an earlier step, and what it must have reached (None: that it is over)."""

    step: str
    reached: Literal["done", "confirmed"] | None = None


@dataclass(frozen=True, slots=True)
class AtMost(Node):
    """`at most 200 at once`, or `at most 50 every 1 s`."""

    count: Expr
    every: Expr | None = None


@dataclass(frozen=True, slots=True)
class Require(Node):
    """`require 95 % within 3 s`, `require all confirmed within 30 s`, `require none`; `share`: a number or a ratio."""

    share: Expr | Literal["all", "none"]
    reached: Literal["done", "confirmed"] | None = None
    within: Expr | None = None


@dataclass(frozen=True, slots=True)
class AbortAbove(Node):
    """`abort above 10 %`: when so many have failed, what is still queued is not sent."""

    share: Expr


@dataclass(frozen=True, slots=True)
class Wait(Node):
    """`wait 10 s`, `wait until balance > 0 kW within 20 s`."""

    length: Expr | None = None
    until: Expr | None = None
    within: Expr | None = None


@dataclass(frozen=True, slots=True)
class StopIf(Node):
    """`stop if balance > 0 kW within 20 s`: the procedure is done once this is true; looked at for so long."""

    condition: Expr
    within: Expr | None = None


StepPart = Action | AtMost | Require | AbortAbove | Wait | StopIf


@dataclass(frozen=True, slots=True)
class ProcedureStep(Node):
    """`step valves after pumps done { … }`; without `after` it begins at once."""

    name: str
    parts: tuple[StepPart, ...]
    after: tuple[After, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`for r in 9..down_to { … }`: down if the first is the greater; one round after another."""

    variable: str
    first: Expr
    last: Expr
    parts: "tuple[ProcedureStep | Loop, ...]"


@dataclass(frozen=True, slots=True)
class Procedure(Node):
    """A saga of steps, with what to do when it fails, is in doubt or is done."""

    name: str
    domain: Domain | None
    parts: tuple[ProcedureStep | Loop, ...]
    parameters: tuple[Parameter, ...] = ()
    expires: Expr | None = None
    on_failure: tuple[Action, ...] = ()
    on_doubt: tuple[Action, ...] = ()
    on_done: tuple[Action, ...] = ()
