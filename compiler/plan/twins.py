"""Twins: differential equations, the states that follow them, and what they foresee.

Expressions are terms in postfix form over a row of variables: the states that move, and behind them what is held
constant. A rate is in the unit of its state per second. `docs/meaning.md` says how equations are integrated.
"""

from dataclasses import dataclass
from typing import Literal

from .patterns import Term
from .values import ValueType


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How states move: `rates` has of each its rate of change per second.

    `PushInput(i)` is the state i, or, from `len(rates)` on, an input of the operator that is held constant. `linear`:
    no rate has a product or another bent function of states, so the equations are solved exactly; else by steps of
    Dormand and Prince. `lows` and `highs` bound a state (null: no bound); it never leaves them.
    """

    rates: tuple[tuple[Term, ...], ...]
    linear: bool
    lows: tuple[float | None, ...]
    highs: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A measurement: the input that has it, what the model says that it is, and its standard deviation."""

    input: int
    value: tuple[Term, ...]
    deviation: float


@dataclass(frozen=True, slots=True)
class TwinState:
    """The states of a device's twin, moved on with every message of the device; `TwinValue` asks for one of them.

    The first inputs, one for each rate, are what the states begin with; then comes what the rates speak of, then what
    sensors measure. Between two instants the states move as `dynamics` says, with the inputs of the earlier one. They
    begin at the first instant at which all that they begin with is known. Estimated ones have sensors: `deviations`
    are the standard deviations that the states begin with, `process` the variances that they gain in a second, and at
    an instant at which a measurement is updated it corrects them (a Kalman filter; of bent equations an extended one).
    """

    dynamics: Dynamics
    deviations: tuple[float, ...] = ()
    process: tuple[float, ...] = ()
    sensors: tuple[Sensor, ...] = ()


@dataclass(frozen=True, slots=True)
class TwinValue:
    """A state of a `TwinState`, by its place. Absent before the states have begun, and while something that they begin
    with or that moves them is not known. Updated with it."""

    place: int


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a twin says that a value will be `ahead_ns` from now, if its inputs stay as they are.

    The first inputs, one for each rate, are the states now. Updated when an input is; holds in between. States are
    absent if one of them, or of what moves them, is; `value` is then what its functions make of absent arguments.
    """

    dynamics: Dynamics
    value: tuple[Term, ...]
    ahead_ns: int


@dataclass(frozen=True, slots=True)
class TimeUntil:
    """After how many seconds a twin says that a condition will be true, if its inputs stay as they are: the first of
    `SAMPLES` equal steps of `within_ns` in which it becomes so, and in that step the moment, by halving; `within_ns` if
    it is not so by then, 0 if it is already. Absent if the condition is unknown now. Inputs as those of `Predicted`."""

    dynamics: Dynamics
    condition: tuple[Term, ...]
    within_ns: int


SAMPLES = 128
"""At how many moments `TimeUntil` looks whether its condition is true."""


# --- The model as a whole --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TwinVariable:
    """What a model speaks of. `state`: the twin's own; `telemetry`: of the device, with dynamics of its own; both move.
    `parameter` and `input` have a value; what the device tells besides, a `field`, has none."""

    name: str
    kind: Literal["state", "telemetry", "parameter", "input", "field"]
    type: ValueType
    value: bool | float | str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class TwinOutput:
    """A value that a model says, by name: telemetry of the device, or one of its own."""

    name: str
    type: ValueType
    value: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class TwinModel:
    """The model of a device type as it was written, for who integrates it outside of a plan's graph.

    `variables` begin with those that move, in the order of `dynamics.rates`; `PushInput(i)` is the variable i.
    """

    device: str
    variables: tuple[TwinVariable, ...]
    dynamics: Dynamics
    outputs: tuple[TwinOutput, ...] = ()
