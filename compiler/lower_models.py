"""The model of a device type as trees: what its twin's rates and outputs are made of.

    (ambient - temp) / tau      Made("divide", Made("subtract", Named("ambient"), Named("temp")), Named("tau"))

An expression of a model is lowered like any other, with a placeholder for each name of the twin; the tree is read off
the graph, and what has placeholders is taken out of it again. From trees come the terms of the plan's operators
(`lower_twins`) and the plan's own model.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..dsl import nodes as n
from .check_twins import per_time
from .check_types import difference, unit_of
from .lower_context import Lowering, Place, value_type
from .lower_units import RATIO, conversion, operand
from .plan import Apply, Constant, Field, Map, PushConstant, PushInput, Term, TwinValue, ValueType
from .typed import DeviceScope, FieldRef, Type

Value = bool | float | str


@dataclass(frozen=True)
class Named:
    """A name of the model: a variable, an output, telemetry that moves."""

    name: str


@dataclass(frozen=True)
class Held:
    """What the model does not move: a node."""

    node: str


@dataclass(frozen=True)
class Made:
    """A function of others; `node` is its node, if nothing in it has a name of the model."""

    function: str
    parts: "tuple[Tree, ...]"
    type: ValueType
    node: str | None


Tree = Named | Held | Made | PushConstant


@dataclass
class Model:
    """A twin on one of its device type's timelines.

    `own` are its states, `values` its parameters and inputs, `rates` and `outputs` the trees by what they are of.
    `nodes` are those that telemetry has for everybody, and those of variables that are no constants (of a state, what
    it begins with); `named` tells what a node stands for in a prediction.
    """

    twin: n.Twin
    at: Place
    types: Mapping[str, Type]
    own: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)
    rates: dict[str, Tree] = field(default_factory=dict)
    outputs: dict[str, Tree] = field(default_factory=dict)
    nodes: dict[str, str] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    estimates: dict[str, n.Estimate] = field(default_factory=dict)
    states: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The `TwinState` nodes that there are, by their states."""
    now: dict[str, str] = field(default_factory=dict)
    """The `TwinValue` nodes that there are, by state."""
    calibrated: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The `Calibration` nodes of parameters that are calibrated, and their places there."""

    @property
    def followed(self) -> frozenset[str]:
        """What is followed from message to message: the twin's own states, and what it estimates."""
        return frozenset((*self.own, *self.estimates))


def model_of(lowering: Lowering, device: str, settled: bool) -> Model:
    """The model of a device type, made when it is first asked for."""
    found = lowering.models.get((device, settled))
    if found is None:
        found = lowering.models[device, settled] = _model(lowering, lowering.twins[device], settled)
    return found


def _model(lowering: Lowering, twin: n.Twin, settled: bool) -> Model:
    info = lowering.typed.devices[twin.device]
    at = Place(DeviceScope(twin.device), settled, in_model=True)
    types = {**{f.name: f.type for f in info.fields.values()}, **lowering.typed.twins[twin.device].variables}
    model = Model(twin, at, types)
    model.own = tuple(v.name for v in twin.variables if v.kind == "state")
    for variable in twin.variables:
        model.values[variable.name] = in_unit(lowering, variable.initial, types[variable.name])
        if given_name(variable.name) in info.fields:
            _add_given(lowering, model, variable)
    model.estimates = {name: estimate for estimate in twin.estimates for name in estimate.names}
    for name in (*(d.of for d in twin.dynamics), *(o.name for o in twin.outputs)):
        if name in info.fields:
            _add_field(lowering, model, name)
    placeholders = set[str]()
    for derivative in twin.dynamics:
        unit = per_time(unit_of(difference(types[derivative.of])))
        node = operand(lowering, derivative.value, unit, at)
        model.rates[derivative.of] = _read_off(lowering, model, node, placeholders)
    for output in twin.outputs:
        node = operand(lowering, output.value, types[output.name].unit, at)
        model.outputs[output.name] = _read_off(lowering, model, node, placeholders)
    lowering.graph.forget(placeholders)
    lowering.leaves = {leaf: id_ for leaf, id_ in lowering.leaves.items() if id_ not in placeholders}
    return model


def in_unit(lowering: Lowering, expression: n.Expr, type_: Type) -> Value:
    """A constant in the unit of a type, rounded once."""
    fact = lowering.fact(expression)
    if not isinstance(fact.constant, Fraction):
        assert isinstance(fact.constant, bool | str)
        return fact.constant
    scale, offset = conversion(fact.type, type_.unit or RATIO)
    return float(fact.constant * scale + offset)


def placeholder(lowering: Lowering, device: str, name: str, at: Place, origin: n.Node) -> str:
    """What stands for a name of a twin while its model is lowered."""
    names = list(lowering.typed.twins[device].variables)
    type_ = value_type(lowering.typed.twins[device].variables[name])
    return lowering.add(TwinValue(names.index(name)), (), at.timeline, type_, origin.span)


def _add_field(lowering: Lowering, model: Model, name: str) -> None:
    """The node of telemetry that the model speaks of."""
    ref = FieldRef(model.twin.device, name)
    info = lowering.field_info(ref)
    held, private = Field(ref.device, name, info.stale_ns), ref in lowering.private
    node = lowering.add(held, (), model.at.timeline, value_type(info.type), model.twin.span, private=private)
    model.nodes[name] = node
    model.named[node] = name


def given_name(variable: str) -> str:
    """The property by which a test tells what a variable of a twin begins with; no program can say it."""
    return f"twin {variable}"


def _add_given(lowering: Lowering, model: Model, variable: n.TwinVariable) -> None:
    """The node of a variable that a device may tell; else it is what the program says."""
    name, type_ = variable.name, value_type(model.types[variable.name])
    told = Field(model.twin.device, given_name(name))
    field_ = lowering.add(told, (), model.at.timeline, type_, variable.span)
    constant = lowering.add(Constant(model.values[name]), (), model.at.timeline, type_, variable.span)
    model.nodes[name] = lowering.map("else_", (field_, constant), type_, variable.span)
    if variable.kind != "state":
        model.named[model.nodes[name]] = name


# --- Trees -----------------------------------------------------------------------------------------------------------


def read(lowering: Lowering, model: Model, root: str) -> Tree:
    """What a node is made of, down to what the model names."""
    trees: dict[str, Tree] = {}
    for at in lowering.graph.behind(root, (Map,)):
        node = lowering.graph.node(at)
        match node.operator:
            case _ if at in model.named:
                trees[at] = Named(model.named[at])
            case Constant(bool() | int() | float() | str() | None as value):
                trees[at] = PushConstant(value)
            case Map(function):
                parts = tuple(trees[i] for i in node.inputs)
                mine = any(any(True for _ in names_in(part)) for part in parts)
                trees[at] = Made(function, parts, node.type, None if mine else at)
            case _:
                trees[at] = Held(at)
    return trees[root]


def _read_off(lowering: Lowering, model: Model, root: str, placeholders: set[str]) -> Tree:
    """The tree of a node of the model itself; notes the nodes that have placeholders."""
    names = list(lowering.typed.twins[model.twin.device].variables)
    for at in lowering.graph.behind(root, (Map,)):
        node = lowering.graph.node(at)
        if isinstance(node.operator, TwinValue):
            model.named[at] = names[node.operator.place]
            placeholders.add(at)
        elif any(i in placeholders for i in node.inputs):
            placeholders.add(at)
    return read(lowering, model, root)


def names_in(tree: Tree) -> Iterator[str]:
    """The names of the model in a tree."""
    match tree:
        case Named(name):
            yield name
        case Made(parts=parts):
            for part in parts:
                yield from names_in(part)
        case Held() | PushConstant():
            pass


def moving_in(model: Model, tree: Tree, among: Collection[str]) -> Iterator[str]:
    """What of `among` a tree speaks of, through outputs."""
    for name in names_in(tree):
        if name in among:
            yield name
        elif name in model.outputs:
            yield from moving_in(model, model.outputs[name], among)


def together(model: Model, tree: Tree, among: Collection[str]) -> tuple[str, ...]:
    """The states that must move together so that a tree can be worked out, in the order of the program."""
    found = set(moving_in(model, tree, among))
    waiting = [*found]
    while waiting:
        for name in moving_in(model, model.rates[waiting.pop()], among):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return tuple(name for name in model.rates if name in found)


def is_linear(model: Model, tree: Tree, states: Collection[str]) -> bool:
    """Whether a tree is a sum of states, each times something that does not move."""
    return _bend(model, tree, states) <= 1


def _bend(model: Model, tree: Tree, states: Collection[str]) -> int:
    """0: no state is in it; 1: linear in states; 2: neither."""
    match tree:
        case Named(name):
            if name not in states and name in model.outputs:
                return _bend(model, model.outputs[name], states)
            return 1 if name in states else 0
        case Held() | PushConstant():
            return 0
        case Made(function, parts):
            bends = [_bend(model, part, states) for part in parts]
            match function:
                case "add" | "subtract" | "negate":
                    return max(bends)
                case "multiply":
                    return min(2, sum(bends))
                case "divide" | "affine" if not any(bends[1:]):
                    return bends[0]
                case "if_else" if not bends[0]:
                    return max(bends)
                case _:
                    return 2 if any(bends) else 0


# --- Terms -----------------------------------------------------------------------------------------------------------


@dataclass
class Variables:
    """The variables of an operator's terms: its states, then what is held, as nodes."""

    lowering: Lowering
    model: Model
    states: tuple[str, ...]
    held: list[str] = field(default_factory=list)

    def place(self, node: str) -> int:
        if node not in self.held:
            self.held.append(node)
        return len(self.states) + self.held.index(node)

    def terms(self, tree: Tree) -> tuple[Term, ...]:
        """A tree in postfix form."""
        match tree:
            case Named(name) if name in self.states:
                return (PushInput(self.states.index(name)),)
            case Named(name) if name in self.model.outputs:
                return self.terms(self.model.outputs[name])
            case Named(name) if name in self.model.nodes:
                return (PushInput(self.place(self.model.nodes[name])),)
            case Named(name):
                return (PushConstant(self.model.values[name]),)
            case Held(node) | Made(node=str() as node):
                return (PushInput(self.place(node)),)
            case Made(function, parts, type_):
                arguments = tuple(term for part in parts for term in self.terms(part))
                return (*arguments, Apply(function, len(parts), type_.name))
            case PushConstant():
                return (tree,)
