"""What can be wrong with twins, the models of device types: HG12xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class DerivativeOf(Misnamed):
    """A derivative of something that does not change by itself.

        twin Fridge { parameter tau: min = 45 min  dynamics { d(tau) = 1 min/s } }

    What has a derivative is a `state` of the twin, or a telemetry of the device that the twin follows.
    """

    code = "HG1201"
    device: str
    problem: str
    declared: Span | None = None

    @property
    def title(self) -> str:
        return f"`d({self.name})` is the derivative of {self.problem}"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.declared is None else (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return super().help or f"what has a derivative is a `state`, or a telemetry of `{self.device}`"


@dataclass(frozen=True, kw_only=True)
class DerivativeUnit(Diagnostic):
    """A rate of change in a unit that is none of what changes, per time.

        d(temp)   = (ambient - temp) * tau      # K.min, not a temperature per time
        d(temp)   = (ambient - temp) / tau      # K/min
        d(charge) = current / capacity          # A/Ah, which is 1/h

    The difference of a quantity over a time: `K/s` for `degC`, `1/h` for a ratio.
    """

    code = "HG1202"
    name: str
    needed: str
    got: str

    @property
    def title(self) -> str:
        return f"`d({self.name})` is needed in `{self.needed}` or the like, not as {self.got}"

    @property
    def help(self) -> str | None:
        return f"it is how much `{self.name}` changes per time"


@dataclass(frozen=True, kw_only=True)
class OutputLoop(Diagnostic):
    """Outputs that are worked out from one another, so that none of them can be worked out first.

    output voltage = 48 V + current * resistance
    output current = (voltage - 48 V) / resistance
    """

    code = "HG1203"
    ring: tuple[str, ...]
    spans: tuple[Span, ...] = ()

    @property
    def title(self) -> str:
        if len(self.ring) == 1:
            return f"the output `{self.ring[0]}` is made of itself"
        chain = " needs ".join(f"`{name}`" for name in (*self.ring, self.ring[0]))
        return f"outputs cannot be made of one another: {chain}"

    @property
    def others(self) -> tuple[Label, ...]:
        return tuple(Label(span, f"`{name}`") for name, span in zip(self.ring[1:], self.spans, strict=True))

    @property
    def help(self) -> str | None:
        return "solve the equations for one of them, or make one a `state` with dynamics"


@dataclass(frozen=True, kw_only=True)
class StateWithoutDynamics(Diagnostic):
    """A state that nothing changes.

        state charge: ratio in 0..1 = 50 %
        dynamics { d(charge) = current / capacity }

    What does not change is a `parameter` (`calibrate` can find it out), what comes from elsewhere an `input`.
    """

    code = "HG1204"
    name: str

    @property
    def title(self) -> str:
        return f"the state `{self.name}` has no dynamics"

    @property
    def help(self) -> str | None:
        return f"add `d({self.name}) = …` to the `dynamics`, or declare it as a `parameter`"


@dataclass(frozen=True, kw_only=True)
class NotEstimable(Misnamed):
    """`estimate` of something that the twin has no dynamics for.

        estimate capacity with kalman { process 1 Ah  sensor 50 mV }

    What is estimated changes by itself: a state, or a telemetry with a derivative. A parameter is calibrated.
    """

    code = "HG1205"
    parameter: bool = False

    @property
    def title(self) -> str:
        return f"`{self.name}` has no dynamics, so it cannot be estimated"

    @property
    def help(self) -> str | None:
        if self.parameter:
            return f"it is a parameter: `calibrate {self.name} over 7 day every 1 day`"
        return super().help or f"add `d({self.name}) = …` to the `dynamics`"


@dataclass(frozen=True, kw_only=True)
class UnknownMethod(Misnamed):
    """An estimator that the language does not have.

    estimate temp with klaman { process 0.05 K  sensor 0.2 K }
    estimate temp with kalman { process 0.05 K  sensor 0.2 K }
    """

    code = "HG1206"

    @property
    def title(self) -> str:
        return f"there is no estimator `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or "estimators are `kalman` (linear dynamics), `ekf`, `ukf` and `particles`"


@dataclass(frozen=True, kw_only=True)
class NotLinear(Diagnostic):
    """A Kalman filter of dynamics that are not linear in what is estimated.

        d(temp) = -loss * temp * temp
        estimate temp with ekf { process 0.05 K  sensor 0.2 K }

    A sum of terms, each with at most one estimated value in it, is linear; products, quotients and functions of
    estimated values, and choices between them, are not.
    """

    code = "HG1207"
    name: str
    of: Span

    @property
    def title(self) -> str:
        return f"`kalman` needs linear dynamics, and those of `{self.name}` are not"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.of, "not linear in what is estimated"),)

    @property
    def help(self) -> str | None:
        return "use `ekf`, `ukf` or `particles`"


@dataclass(frozen=True, kw_only=True)
class NoiseOf(Misnamed):
    """A noise of something that is not estimated, or not measured.

        estimate temp with kalman { process temp 0.05 K  sensor power 2 W }

    `process` is how much an estimated value strays from its dynamics, `sensor` how far a measurement is off: of an
    estimated telemetry, or of a telemetry that is an `output`.
    """

    code = "HG1208"
    kind: str
    known: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        if self.kind == "process":
            return f"`process {self.name}`, but `{self.name}` is not estimated here"
        return f"`sensor {self.name}`, but the twin does not say what `{self.name}` would measure"

    @property
    def help(self) -> str | None:
        if super().help is not None or not self.known:
            return super().help
        return f"it can be of {', '.join(f'`{name}`' for name in self.known)}"


@dataclass(frozen=True, kw_only=True)
class NoiseOfWhich(Diagnostic):
    """A noise without a name, where several could be meant.

    estimate charge, cell_temp with ekf { process 0.1 %  sensor voltage 50 mV }
    estimate charge, cell_temp with ekf { process charge 0.1 %  process cell_temp 0.05 K  sensor voltage 50 mV }
    """

    code = "HG1209"
    kind: str
    known: tuple[str, ...]

    @property
    def title(self) -> str:
        if not self.known:
            return f"`{self.kind}` of what: no telemetry is estimated, and no `output` says what one would be"
        return f"`{self.kind}` of which one: {', '.join(f'`{name}`' for name in self.known)}"

    @property
    def help(self) -> str | None:
        if not self.known:
            return "say what a telemetry would be, `output voltage = …`, and how far it is off, `sensor voltage 50 mV`"
        return f"name it: `{self.kind} {self.known[0]} …`"


@dataclass(frozen=True, kw_only=True)
class NoSensor(Diagnostic):
    """An estimate that no measurement ever corrects.

    estimate charge with ekf { process 0.1 % }
    estimate charge with ekf { process 0.1 %  sensor voltage 50 mV }
    """

    code = "HG1210"
    measured: tuple[str, ...]

    @property
    def title(self) -> str:
        return "an estimate needs a `sensor` to learn from"

    @property
    def help(self) -> str | None:
        if not self.measured:
            return "say what a telemetry would be, `output voltage = …`, and how far it is off, `sensor voltage 50 mV`"
        return f"say how far a measurement is off: `sensor {self.measured[0]} …`"


@dataclass(frozen=True, kw_only=True)
class NotCalibrated(Misnamed):
    """`calibrate` of something that is no parameter of the twin.

    calibrate temp over 7 day every 1 day
    calibrate tau over 7 day every 1 day
    """

    code = "HG1211"
    problem: str

    @property
    def title(self) -> str:
        return f"`{self.name}` is {self.problem}, and only a parameter of the twin can be calibrated"

    @property
    def help(self) -> str | None:
        return super().help or "declare it: `parameter tau: min in 5..240 = 45 min`"
