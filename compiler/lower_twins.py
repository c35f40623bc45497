"""Twins into nodes: the states that follow the messages, and what is foreseen from them.

    signal runtime for Battery = time_until(charge < 20 %, within: 12 h)

is TwinState -> TwinValue (`charge` now) -> TimeUntil. What is not moved by the model is an input, held as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import sqrt

from ..dsl import nodes as n
from .check_types import difference
from .lower_context import BOOL, Lowering, Place, quantity, value_type
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
from .lower_units import RATIO, SECOND, conversion
from .plan import (
    Apply,
    Constant,
    Dynamics,
    Field,
    Predicted,
    PushConstant,
    PushInput,
    Sensor,
    Term,
    TimeUntil,
    TwinModel,
    TwinOutput,
    TwinState,
    TwinValue,
    TwinVariable,
)
from .typed import DeviceScope, TwinRef, Type

NS_PER_S = 1_000_000_000


def lower_twin_name(lowering: Lowering, ref: TwinRef, expression: n.Expr, at: Place) -> str:
    """The node of a state, a parameter, an input or an output of a twin."""
    if at.in_model:
        return placeholder(lowering, ref.device, ref.name, at, expression)
    model = model_of(lowering, ref.device, at.settled)
    if ref.name in model.own:
        return _state(lowering, model, ref.name)
    if ref.name in model.outputs:
        return _now(lowering, model, model.outputs[ref.name], model.types[ref.name], expression)
    constant = Constant(model.values[ref.name])
    return lowering.add(constant, (), at.timeline, value_type(model.types[ref.name]), expression.span)


def lower_prediction(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of `predicted(x, D)` or `time_until(c, within: D)`."""
    assert isinstance(at.scope, DeviceScope)
    first = next(a.value for a in call.arguments if a.name in (None, "x", "condition"))
    duration = next(a.value for a in call.arguments if a.value is not first)
    length_ns = lowering.typed.duration_ns(duration)
    model = model_of(lowering, at.scope.device, at.settled)
    tree = read(lowering, model, lowering.expression(first, at))
    states = together(model, tree, model.rates)
    variables = Variables(lowering, model, states)
    dynamics = _dynamics(variables, states)
    terms = variables.terms(tree)
    begins = tuple(_state(lowering, model, s) if s in model.followed else model.nodes[s] for s in states)
    inputs = (*begins, *variables.held)
    if call.function == "predicted":
        type_ = value_type(lowering.fact(call).type)
        return lowering.add(Predicted(dynamics, terms, length_ns), inputs, at.timeline, type_, call.span)
    return lowering.add(TimeUntil(dynamics, terms, length_ns), inputs, at.timeline, quantity(SECOND), call.span)


def _dynamics(variables: Variables, states: tuple[str, ...]) -> Dynamics:
    """How these states move together."""
    model = variables.model
    own = {v.name: v for v in model.twin.variables}
    rates = tuple(variables.terms(model.rates[name]) for name in states)
    linear = all(is_linear(model, model.rates[name], states) for name in states)
    bounds = [_bounds(variables.lowering, model, own[name]) if name in own else (None, None) for name in states]
    return Dynamics(rates, linear, tuple(low for low, _ in bounds), tuple(high for _, high in bounds))


def _bounds(lowering: Lowering, model: Model, variable: n.TwinVariable) -> tuple[float | None, float | None]:
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
        tuple(_process(lowering, model, name) for name in states) if sensors else (),
        sensors,
    )
    inputs = (*held, *(model.nodes[of] for _, _, of in sensed))
    return lowering.add(operator, inputs, model.at.timeline, BOOL, model.twin.span)


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


def _process(lowering: Lowering, model: Model, name: str) -> float:
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


# --- The model as a whole --------------------------------------------------------------------------------------------


def twin_model(lowering: Lowering, twin: n.Twin) -> TwinModel:
    """A twin's model as the plan has it, in which every variable keeps its name."""
    model = model_of(lowering, twin.device, False)
    moving = tuple(model.rates)
    whole = _Whole(lowering, model)
    for name in (*moving, *(v.name for v in twin.variables if v.kind != "state")):
        whole.add(name)
    rates = tuple(whole.terms(model.rates[name]) for name in moving)
    outputs = tuple(
        TwinOutput(name, value_type(model.types[name]), whole.terms(tree)) for name, tree in model.outputs.items()
    )
    linear = all(is_linear(model, model.rates[name], moving) for name in moving)
    bounds = [whole.variables[name] if name in model.own else None for name in moving]
    lows = tuple(None if one is None else one.low for one in bounds)
    highs = tuple(None if one is None else one.high for one in bounds)
    variables = tuple(whole.variables.values())
    return TwinModel(twin.device, variables, Dynamics(rates, linear, lows, highs), outputs)


@dataclass
class _Whole:
    """The variables of a model, by name: those of the twin, and the fields that it speaks of."""

    lowering: Lowering
    model: Model
    variables: dict[str, TwinVariable] = field(default_factory=dict)

    def add(self, name: str) -> None:
        """Add a variable of the twin, or telemetry that moves."""
        model = self.model
        type_ = value_type(model.types[name])
        own = next((v for v in model.twin.variables if v.name == name), None)
        if own is None:
            self.variables[name] = TwinVariable(name, "telemetry", type_)
            return
        low, high = _bounds(self.lowering, model, own)
        self.variables[name] = TwinVariable(name, own.kind, type_, model.values[name], low, high)

    def terms(self, tree: Tree) -> tuple[Term, ...]:
        """A tree in postfix form, down to fields."""
        match tree:
            case Named(name):
                if name not in self.variables and name in self.model.outputs:
                    return self.terms(self.model.outputs[name])
                return (PushInput(list(self.variables).index(name)),)
            case Made(function, parts, type_):
                arguments = tuple(term for part in parts for term in self.terms(part))
                return (*arguments, Apply(function, len(parts), type_.name))
            case Held(id_):
                node = self.lowering.graph.node(id_)
                name = node.operator.field if isinstance(node.operator, Field) else id_
                self.variables.setdefault(name, TwinVariable(name, "field", node.type))
                return (PushInput(list(self.variables).index(name)),)
            case PushConstant():
                return (tree,)
