"""Twins, and the targets that parts of a program run on."""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .devices import Bounds, TypeName
from .expressions import Expr

__all__ = [
    "Budget",
    "Calibrate",
    "Derivative",
    "Estimate",
    "Noise",
    "Target",
    "Twin",
    "TwinOutput",
    "TwinVariable",
]


@dataclass(frozen=True, slots=True)
class TwinVariable(Node):
    """`parameter tau: min in 5..240 = 45 min`."""

    kind: Literal["state", "parameter", "input"]
    name: str
    type: TypeName
    initial: Expr
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    """`d(temp) = (ambient - temp) / tau`: the rate of change of a state of the twin or a telemetry of the device."""

    of: str
    value: Expr


@dataclass(frozen=True, slots=True)
class TwinOutput(Node):
    """`output voltage = …`: what the model says a telemetry is."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Noise(Node):
    """`process 0.05 K`, `sensor voltage 50 mV`: a standard deviation; without a name, of the only estimated one."""

    kind: Literal["process", "sensor"]
    value: Expr
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate(Node):
    """`estimate temp with kalman { process 0.05 K  sensor 0.2 K }`."""

    names: tuple[str, ...]
    method: str
    noises: tuple[Noise, ...]


@dataclass(frozen=True, slots=True)
class Calibrate(Node):
    """`calibrate resistance, cooling over 7 day every 1 day`."""

    names: tuple[str, ...]
    over: Expr
    every: Expr


@dataclass(frozen=True, slots=True)
class Twin(Node):
    """The model of a device type."""

    device: str
    variables: tuple[TwinVariable, ...] = ()
    dynamics: tuple[Derivative, ...] = ()
    outputs: tuple[TwinOutput, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    calibrations: tuple[Calibrate, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget(Node):
    """`memory 256 MB`: what a target has of something (`memory`, `cpu`, `uplink`, `offline`)."""

    what: str
    amount: Expr


@dataclass(frozen=True, slots=True)
class Target(Node):
    """`target gateway: edge by site { memory 256 MB … }`: where parts of the program run."""

    name: str
    tier: str
    by: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
