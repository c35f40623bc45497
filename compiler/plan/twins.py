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


Filter = Literal["kalman", "ukf", "particles"]


@dataclass(frozen=True, slots=True)
class TwinState:
    """The states of a device's twin, moved on with every message of the device; `TwinValue` asks for one of them.

    The first inputs, one for each rate, are what the states begin with; then comes what the rates speak of, then what
    sensors measure. Between two instants the states move as `dynamics` says, with the inputs of the earlier one. They
    begin at the first instant at which all that they begin with is known. Estimated ones have sensors: `deviations`
    are the standard deviations that the states begin with, `process` the variances that they gain in a second, and at
    an instant at which a measurement is updated it corrects them, by a filter: `kalman` (of bent equations an extended
    one), `ukf` (unscented) or `particles` (so many as `PARTICLES`).
    """

    dynamics: Dynamics
    deviations: tuple[float, ...] = ()
    process: tuple[float, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    method: Filter = "kalman"


PARTICLES = 256
"""How many particles a twin's states are, of each device."""


@dataclass(frozen=True, slots=True)
class TwinValue:
    """A state of a `TwinState`, by its place. Absent before the states have begun, and while something that they begin
    with or that moves them is not known. Updated with it."""

    place: int


@dataclass(frozen=True, slots=True)
class TwinCovariance:
    """The covariance of two estimated states of a `TwinState`, by their places; absent and updated as `TwinValue`."""

    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """A parameter that is calibrated, and its limits (null: none)."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The parameters of a device's twin for which its equations come nearest to what was measured (least squares).

    Variables of the equations are states, `parameters`, and what is held; the inputs are, in this order, what states
    begin with, what parameters begin with, what is held, and what sensors measure. At the first message in each
    `every_ns` (counted from the epoch) the parameters become what the newest `slices` of that length say, one step of
    Gauss and Newton from what they were; they stay if that tells them not apart. `Calibrated` asks for one of them.
    """

    dynamics: Dynamics
    parameters: tuple[Fitted, ...]
    sensors: tuple[Sensor, ...]
    every_ns: int
    slices: int


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A parameter of a `Calibration`, by its place; or the standard deviation that it has then, absent before the first
    calibration, and where the newest one could not tell. Updated when it is calibrated."""

    place: int
    deviation: bool = False


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
class PredictedDeviation:
    """The standard deviation of what `Predicted` predicts; with 0 as `ahead_ns`, of what the value is now.

    Inputs as those of `Predicted`, but between the states and the rest are their covariances, row by row from the
    diagonal on. `process` as that of `TwinState`. Covariances move with the states: by the slopes of the equations, of
    bent ones anew in each of `PARTS` parts of the time; `value` has the slope that it has at the end.
    """

    dynamics: Dynamics
    value: tuple[Term, ...]
    ahead_ns: int
    process: tuple[float, ...]


PARTS = 16
"""In how many parts of the time bent equations are made straight for `PredictedDeviation`."""


@dataclass(frozen=True, slots=True)
class TimeUntil:
    """After how many seconds a twin says that a condition will be true, if its inputs stay as they are: the first of
    `SAMPLES` equal steps of `within_ns` in which it becomes so, and in that step the moment, by halving; `within_ns` if
    it is not so by then, 0 if it is already. Absent if the condition is unknown now. Inputs as those of `Predicted`.

    `lasting_ns`: that it will have been true so long without a break; the time for which it has been so far counts.
    `straight`: it is one comparison (of what is greater or less) of what is linear in states; that changes no result.
    """

    dynamics: Dynamics
    condition: tuple[Term, ...]
    within_ns: int
    lasting_ns: int = 0
    straight: bool = False


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
