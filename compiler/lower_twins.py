"""Twins into nodes: the states that follow the messages, and what is foreseen from them.

    signal runtime for Battery = time_until(charge < 20 %, within: 12 h)

is TwinState -> TwinValue (`charge` now) -> TimeUntil. What is not moved by the model is an input, held as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from ..dsl import nodes as n
from .check_types import difference
from .lower_context import BOOL, NUMBER, Lowering, Place, quantity, value_type
from .lower_models import (
    Held,
    Made,
    Model,
    Named,
    Tree,
    Variables,
    is_linear,
    model_of,
    moving_in,
    placeholder,
    read,
    together,
)
from .lower_units import RATIO, SECOND, as_wanted, conversion
from .plan import (
    Calibrated,
    Calibration,
    Constant,
    Dynamics,
    Filter,
    Fitted,
    Predicted,
    PredictedDeviation,
    PushConstant,
    Sensor,
    Term,
    TimeUntil,
    TwinCovariance,
    TwinState,
    TwinValue,
)
from .typed import DeviceScope, TwinRef, Type
from .verify_twins import COMPARISONS

NS_PER_S = 1_000_000_000


def lower_twin_name(lowering: Lowering, ref: TwinRef, expression: n.Expr, at: Place) -> str:
    """The node of a state, a parameter, an input or an output of a twin."""
    if at.in_model:
        return placeholder(lowering, ref.device, ref.name, at, expression)
    model = calibrated_model(lowering, ref.device, at.settled)
    if ref.part == "sigma":
        return _deviation_now(lowering, model, ref.name, expression)
    if ref.name in model.own:
        return _state(lowering, model, ref.name)
    if ref.name in model.outputs:
        return _now(lowering, model, model.outputs[ref.name], model.types[ref.name], expression)
    if ref.name in model.nodes:
        return model.nodes[ref.name]
    constant = Constant(model.values[ref.name])
    return lowering.add(constant, (), at.timeline, value_type(model.types[ref.name]), expression.span)


def lower_prediction(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of `predicted(x, D)` or `time_until(c, within: D)`."""
    foresight = _foresight(lowering, call, at)
    variables, length_ns = foresight.variables, foresight.length_ns
    inputs = (*foresight.begins, *variables.held)
    if call.function == "predicted":
        predicted = Predicted(foresight.dynamics, foresight.terms, length_ns)
        return lowering.add(predicted, inputs, at.timeline, value_type(lowering.fact(call).type), call.span)
    condition = _foreseen_of(call)
    lasting_ns = lowering.typed.duration_ns(condition.duration) if isinstance(condition, n.Holds) else 0
    until = TimeUntil(foresight.dynamics, foresight.terms, length_ns, lasting_ns, foresight.straight)
    return lowering.add(until, inputs, at.timeline, quantity(SECOND), call.span)


def _foreseen_of(call: n.Call) -> n.Expr:
    """What is foreseen by `predicted(x, D)` or `time_until(c, within: D)`."""
    return next(a.value for a in call.arguments if a.name in (None, "x", "condition"))


@dataclass(frozen=True)
class _Foresight:
    """What is foreseen: states that move together, what they are now, and an expression of what they will be."""

    variables: Variables
    dynamics: Dynamics
    terms: tuple[Term, ...]
    length_ns: int
    begins: tuple[str, ...]
    straight: bool
    """Whether it is a comparison of what is linear in the states."""


def _foresight(lowering: Lowering, expression: n.Expr, at: Place) -> _Foresight:
    """What `predicted(x, D)` asks for; of anything else that a twin says, what it is now."""
    assert isinstance(at.scope, DeviceScope)
    first, length_ns = expression, 0
    if isinstance(expression, n.Call):
        first = _foreseen_of(expression)
        length_ns = lowering.typed.duration_ns(next(a.value for a in expression.arguments if a.value is not first))
        first = first.condition if isinstance(first, n.Holds) else first
    model = calibrated_model(lowering, at.scope.device, at.settled)
    tree = read(lowering, model, lowering.expression(first, at))
    states = together(model, tree, model.rates)
    variables = Variables(lowering, model, states)
    dynamics = _dynamics(variables, states)
    terms = variables.terms(tree)
    begins = tuple(_state(lowering, model, s) if s in model.followed else model.nodes[s] for s in states)
    compares = isinstance(tree, Made) and tree.function in COMPARISONS and tree.node is None
    straight = isinstance(tree, Made) and compares and all(is_linear(model, part, states) for part in tree.parts)
    return _Foresight(variables, dynamics, terms, length_ns, begins, straight)


# --- Distributions ---------------------------------------------------------------------------------------------------


def lower_distribution(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of `p95(predicted(x, D))`, `stddev(charge)`: what is said of a normal distribution."""
    of = call.arguments[0].value
    mean = lowering.expression(of, at)
    if call.function in ("mean", "median", "p50"):
        return mean
    type_ = difference(lowering.fact(of).type)
    deviation = _deviation_of(lowering, of, at)
    if call.function == "stddev":
        return as_wanted(lowering, deviation, type_, lowering.fact(call).type, call.span)
    away = NormalDist().inv_cdf(int(call.function[1:]) / 100)
    scale = lowering.add(Constant(away), (), at.timeline, NUMBER, call.span)
    off = lowering.map("multiply", (deviation, scale), value_type(type_), call.span)
    return lowering.map("add", (mean, off), value_type(lowering.fact(call).type), call.span)


def _deviation_of(lowering: Lowering, of: n.Expr, at: Place) -> str:
    """The standard deviation of a prediction, or of what a twin says now."""
    type_ = value_type(difference(lowering.fact(of).type))
    foresight = _foresight(lowering, of, at)
    model, states = foresight.variables.model, foresight.variables.states
    if not states:
        return lowering.add(Constant(0.0), (), at.timeline, type_, of.span)
    pairs = [_covariance(lowering, model, one, other) for place, one in enumerate(states) for other in states[place:]]
    process = tuple(process_variance(lowering, model, name) for name in states)
    operator = PredictedDeviation(foresight.dynamics, foresight.terms, foresight.length_ns, process)
    inputs = (*foresight.begins, *pairs, *foresight.variables.held)
    return lowering.add(operator, inputs, at.timeline, type_, of.span)


def _deviation_now(lowering: Lowering, model: Model, name: str, origin: n.Node) -> str:
    """The standard deviation of a state that is estimated, or of a parameter that is calibrated."""
    type_ = value_type(difference(model.types[name]))
    if name in model.calibrated:
        node, place = model.calibrated[name]
        return lowering.add(Calibrated(place, True), (node,), model.at.timeline, type_, origin.span)
    return lowering.map("sqrt", (_covariance(lowering, model, name, name),), type_, origin.span)


def _covariance(lowering: Lowering, model: Model, one: str, other: str) -> str:
    """The covariance of two states: nothing of what is not estimated, or not together."""
    if one in model.followed and one in model.estimates:
        _state(lowering, model, one)
        states = next(states for states in model.states if one in states)
        if other in states:
            operator = TwinCovariance(states.index(one), states.index(other))
            return lowering.add(operator, (model.states[states],), model.at.timeline, NUMBER, model.twin.span)
    return lowering.add(Constant(0.0), (), model.at.timeline, NUMBER, model.twin.span)


def _dynamics(variables: Variables, states: tuple[str, ...]) -> Dynamics:
    """How these states move together."""
    model = variables.model
    own = {v.name: v for v in model.twin.variables}
    rates = tuple(variables.terms(model.rates[name]) for name in states)
    linear = all(is_linear(model, model.rates[name], states) for name in states)
    bounds = [state_bounds(variables.lowering, model, own[name]) if name in own else (None, None) for name in states]
    return Dynamics(rates, linear, tuple(low for low, _ in bounds), tuple(high for _, high in bounds))


def state_bounds(lowering: Lowering, model: Model, variable: n.TwinVariable) -> tuple[float | None, float | None]:
    """The bounds of a state of the twin itself; telemetry's are those of its sensor, not of what it measures."""
    low, high = lowering.typed.twins[model.twin.device].bounds.get(variable.name, (None, None))
    return None if low is None else float(low), None if high is None else float(high)


# --- States ----------------------------------------------------------------------------------------------------------


def _state(lowering: Lowering, model: Model, name: str) -> str:
    """The node of a state as it is now."""
    if name in model.now:
        return model.now[name]
    states = _followed_with(model, name)
    node = model.states.get(states)
    if node is None:
        node = model.states[states] = _followed(lowering, model, states)
    type_ = value_type(model.types[name])
    found = lowering.add(TwinValue(states.index(name)), (node,), model.at.timeline, type_, model.twin.span)
    model.now[name] = found
    model.named[found] = name
    return found


def _followed_with(model: Model, name: str) -> tuple[str, ...]:
    """The states that are followed together with one: those that move it, or are estimated with it."""
    found, waiting = {name}, [name]
    while waiting:
        at = waiting.pop()
        others = [*moving_in(model, model.rates[at], model.followed)]
        estimate = model.estimates.get(at)
        if estimate is not None:
            others += estimate.names
            for noise in estimate.noises:
                if noise.kind == "sensor":
                    others += moving_in(model, _measured(model, _of(model, noise, estimate)), model.followed)
        for other in others:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return tuple(state for state in model.rates if state in found)


def _followed(lowering: Lowering, model: Model, states: tuple[str, ...]) -> str:
    """The node that follows states from message to message."""
    variables = Variables(lowering, model, states)
    dynamics = _dynamics(variables, states)
    estimates = dict.fromkeys(model.estimates[name] for name in states if name in model.estimates)
    sensed = [(noise, e, _of(model, noise, e)) for e in estimates for noise in e.noises if noise.kind == "sensor"]
    values = [variables.terms(_measured(model, of)) for _, _, of in sensed]
    begins = tuple(_beginning(lowering, model, name) for name in states)
    held = (*begins, *variables.held)
    sensors = tuple(
        Sensor(len(held) + place, value, _deviation(lowering, model, noise, of))
        for place, (value, (noise, _, of)) in enumerate(zip(values, sensed, strict=True))
    )
    operator = TwinState(
        dynamics,
        tuple(_doubt(lowering, model, name) for name in states) if sensors else (),
        tuple(process_variance(lowering, model, name) for name in states) if sensors else (),
        sensors,
        max((_method(e) for e in estimates), key=FILTERS.index, default=FILTERS[0]),
    )
    inputs = (*held, *(model.nodes[of] for _, _, of in sensed))
    return lowering.add(operator, inputs, model.at.timeline, BOOL, model.twin.span)


FILTERS: tuple[Filter, ...] = ("kalman", "ukf", "particles")
"""What is estimated together is so by the last of these that is asked for."""


def _method(estimate: n.Estimate) -> Filter:
    match estimate.method:
        case "ukf" | "particles" as method:
            return method
        case _:
            return "kalman"  # Of equations that are bent it is an extended one.


def _beginning(lowering: Lowering, model: Model, name: str) -> str:
    """What a state begins with: a twin's own with a constant, telemetry with what is measured first."""
    if name in model.nodes:
        return model.nodes[name]
    value = Constant(model.values[name])
    return lowering.add(value, (), model.at.timeline, value_type(model.types[name]), model.twin.span)


def _now(lowering: Lowering, model: Model, tree: Tree, type_: Type, origin: n.Node) -> str:
    """The node of what a model says now, of its states as they are followed."""
    match tree:
        case Named(name) if name in model.followed:
            return _state(lowering, model, name)
        case Named(name) if name in model.outputs:
            return _now(lowering, model, model.outputs[name], model.types[name], origin)
        case Named(name) if name in model.nodes:
            return model.nodes[name]
        case Named(name):
            constant = Constant(model.values[name])
            return lowering.add(constant, (), model.at.timeline, value_type(model.types[name]), origin.span)
        case Held(node) | Made(node=str() as node):
            return node
        case Made(function, parts, made):
            inputs = tuple(_now(lowering, model, part, type_, origin) for part in parts)
            return lowering.map(function, inputs, made, origin.span)
        case PushConstant(value):
            return lowering.add(Constant(value), (), model.at.timeline, value_type(type_), origin.span)


# --- Estimates -------------------------------------------------------------------------------------------------------


def _of(model: Model, noise: n.Noise, estimate: n.Estimate) -> str:
    """What a noise is of: what it names, or the only thing that it can be of."""
    if noise.of is not None:
        return noise.of
    if noise.kind == "process":
        return estimate.names[0]
    return next(name for name in (*estimate.names, *model.outputs) if name in model.nodes)


def _measured(model: Model, name: str) -> Tree:
    """What the model says that a measurement is."""
    return model.outputs.get(name, Named(name))


def _deviation(lowering: Lowering, model: Model, noise: n.Noise, of: str) -> float:
    fact = lowering.fact(noise.value)
    assert isinstance(fact.constant, Fraction)
    return float(fact.constant * conversion(fact.type, difference(model.types[of]).unit or RATIO)[0])


def _noises(model: Model, kind: str, name: str) -> Iterator[n.Noise]:
    estimate = model.estimates.get(name)
    if estimate is not None:
        yield from (noise for noise in estimate.noises if noise.kind == kind and _of(model, noise, estimate) == name)


def process_variance(lowering: Lowering, model: Model, name: str) -> float:
    """The variance that a state gains in a second: its noise is for the time from one measurement to the next."""
    for noise in _noises(model, "process", name):
        deviation = _deviation(lowering, model, noise, name)
        return deviation * deviation * NS_PER_S / _measured_every_ns(lowering, model, model.estimates[name])
    return 0.0


def _measured_every_ns(lowering: Lowering, model: Model, estimate: n.Estimate) -> int:
    """The shortest declared distance in time between measurements; a second where none is declared."""
    fields = lowering.typed.devices[model.twin.device].fields
    of = [_of(model, noise, estimate) for noise in estimate.noises if noise.kind == "sensor"]
    return min((every for name in of if (every := fields[name].every_ns) is not None), default=NS_PER_S)


def _doubt(lowering: Lowering, model: Model, name: str) -> float:
    """The standard deviation that a state begins with: of what is measured its sensor's, else what its bounds leave (as
    of equally likely values), else its process noise."""
    if name not in model.estimates:
        return 0.0
    for noise in _noises(model, "sensor", name):
        return _deviation(lowering, model, noise, name)
    low, high = lowering.typed.twins[model.twin.device].bounds.get(name, (None, None))
    if low is not None and high is not None:
        return float(high - low) / sqrt(12)
    for noise in _noises(model, "process", name):
        return _deviation(lowering, model, noise, name)
    return 0.0


# --- Calibration -----------------------------------------------------------------------------------------------------


def calibrated_model(lowering: Lowering, device: str, settled: bool) -> Model:
    """The model of a device type, whose parameters are what they are found to be."""
    known = (device, settled) in lowering.models
    model = model_of(lowering, device, settled)
    for calibration in () if known else model.twin.calibrations:
        _calibrate(lowering, model, calibration)
    return model


def _calibrate(lowering: Lowering, model: Model, calibration: n.Calibrate) -> None:
    """The nodes of parameters that are calibrated, in place of constants."""
    names = calibration.names
    sensed = [name for name in model.nodes if name in (*model.rates, *model.outputs) and _shows(model, name, names)]
    moving = {state for name in sensed for state in together(model, _measured(model, name), model.rates)}
    states = tuple(state for state in model.rates if state in moving)
    variables = Variables(lowering, model, (*states, *names))
    dynamics = _dynamics(variables, states)
    values = [variables.terms(_measured(model, name)) for name in sensed]
    inputs = (
        *(_beginning(lowering, model, state) for state in states),
        *(_beginning(lowering, model, name) for name in names),
        *variables.held,
    )
    sensors = tuple(
        Sensor(len(inputs) + place, value, _sensed_by(lowering, model, name))
        for place, (name, value) in enumerate(zip(sensed, values, strict=True))
    )
    bounds = [lowering.typed.twins[model.twin.device].bounds.get(name, (None, None)) for name in names]
    fitted = tuple(
        Fitted(None if low is None else float(low), None if high is None else float(high)) for low, high in bounds
    )
    every_ns, over_ns = (lowering.typed.duration_ns(length) for length in (calibration.every, calibration.over))
    operator = Calibration(dynamics, fitted, sensors, every_ns, max(1, -(-over_ns // every_ns)))
    node = lowering.add(
        operator, (*inputs, *(model.nodes[name] for name in sensed)), model.at.timeline, BOOL, calibration.span
    )
    for place, name in enumerate(names):
        type_ = value_type(model.types[name])
        model.calibrated[name] = (node, place)
        found = lowering.add(Calibrated(place), (node,), model.at.timeline, type_, calibration.span)
        model.nodes[name] = found
        model.named[found] = name


def _shows(model: Model, measured: str, names: tuple[str, ...]) -> bool:
    """Whether what is measured hangs on one of some parameters."""
    tree = _measured(model, measured)
    trees = [tree, *(model.rates[state] for state in together(model, tree, model.rates))]
    return any(True for one in trees for _ in moving_in(model, one, names))


def _sensed_by(lowering: Lowering, model: Model, name: str) -> float:
    """How far a sensor is off, as far as an estimate says so; else 1 in its unit."""
    for estimate in model.twin.estimates:
        for noise in estimate.noises:
            if noise.kind == "sensor" and _of(model, noise, estimate) == name:
                return _deviation(lowering, model, noise, name)
    return 1.0
