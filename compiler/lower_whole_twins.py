"""A twin's model as a whole, in which every variable keeps its name: for the plan and for what-ifs."""

from dataclasses import dataclass, field

from ..dsl import nodes as n
from .lower_context import Lowering, value_type
from .lower_models import Held, Made, Model, Named, Tree, is_linear
from .lower_twins import calibrated_model, process_variance, state_bounds
from .plan import (
    Apply,
    Dynamics,
    Field,
    PushConstant,
    PushInput,
    Term,
    TwinModel,
    TwinOutput,
    TwinVariable,
    ValueType,
)


def twin_model(lowering: Lowering, twin: n.Twin) -> TwinModel:
    """A twin's model as the plan has it, in which every variable keeps its name."""
    return whole_model(lowering, twin).plan()


def whole_model(lowering: Lowering, twin: n.Twin) -> "Whole":
    """A twin's model with its own variables, the moving ones first; whoever speaks of more adds that."""
    model = calibrated_model(lowering, twin.device, False)
    whole = Whole(lowering, model)
    for name in (*model.rates, *(v.name for v in twin.variables if v.kind != "state")):
        whole.add(name)
    return whole


def process_noise(lowering: Lowering, model: Model) -> tuple[float, ...]:
    """The variance that each state gains in a second."""
    return tuple(process_variance(lowering, model, name) for name in model.rates)


@dataclass
class Whole:
    """The variables of a model, by name: those of the twin, and the fields that it speaks of."""

    lowering: Lowering
    model: Model
    variables: dict[str, TwinVariable] = field(default_factory=dict)

    def plan(self) -> TwinModel:
        """The model, with all variables that were spoken of."""
        model, moving = self.model, tuple(self.model.rates)
        rates = tuple(self.terms(model.rates[name]) for name in moving)
        outputs = tuple(
            TwinOutput(name, value_type(model.types[name]), self.terms(tree)) for name, tree in model.outputs.items()
        )
        linear = all(is_linear(model, model.rates[name], moving) for name in moving)
        bounds = [self.variables[name] if name in model.own else None for name in moving]
        lows = tuple(None if one is None else one.low for one in bounds)
        highs = tuple(None if one is None else one.high for one in bounds)
        variables = tuple(self.variables.values())
        return TwinModel(model.twin.device, variables, Dynamics(rates, linear, lows, highs), outputs)

    def add(self, name: str) -> None:
        """Add a variable of the twin, or telemetry that moves."""
        model = self.model
        type_ = value_type(model.types[name])
        own = next((v for v in model.twin.variables if v.name == name), None)
        if own is None:
            self.variables[name] = TwinVariable(name, "telemetry", type_)
            return
        low, high = state_bounds(self.lowering, model, own)
        self.variables[name] = TwinVariable(name, own.kind, type_, model.values[name], low, high)

    def add_field(self, name: str, type_: ValueType) -> None:
        """Add what the device tells and the model does not move, if it is not there."""
        self.variables.setdefault(name, TwinVariable(name, "field", type_))

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
                self.add_field(name, node.type)
                return (PushInput(list(self.variables).index(name)),)
            case PushConstant():
                return (tree,)
