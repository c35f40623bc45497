"""Expressions of commands and procedures into formulas: terms over reports, over what was told, and named signals.

    confirm abs(position - to) < 2 %        position, to, subtract, abs, 2, less

An expression is lowered as any other, in a graph of its own that is thrown away once the terms are read off it.
"""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..grammar.units import parse_unit
from .graph import Graph
from .lower_context import Lowering, Place, value_type
from .lower_expressions import lower_expression
from .lower_units import operand
from .plan import (
    Apply,
    CommandParameter,
    Constant,
    Field,
    FormulaTerm,
    Given,
    Key,
    Map,
    Payload,
    PushConstant,
    PushField,
    PushKey,
    PushParameter,
    PushSignal,
    Shown,
    ValueType,
)
from .typed import DeviceScope, GroupScope, ParameterInfo, Scope, Type

NOBODY = GroupScope(())
"""For constants, which are nobody's."""
SIGNAL = "signal "
"""Before the name of a signal that a placeholder stands for; a parameter's name has no blank."""


def formula(lowering: Lowering, expression: n.Expr, scope: Scope, unit: str | None = None) -> tuple[FormulaTerm, ...]:
    """An expression as terms, in a unit if one is wanted."""
    at = Place(scope, settled=True)
    scratch = Lowering(
        lowering.typed,
        Graph(lowering.graph.module, lowering.graph.devices),
        lower_expression,
        signals=lowering.signals,
        lets=lowering.lets,
        waits=lowering.waits,
    )
    for name, signal in lowering.signals.items():
        type_ = value_type(lowering.fact(signal.value).type)
        scratch.signal_nodes[name, True] = scratch.add(Payload(SIGNAL + name), (), at.timeline, type_, signal.span)
    node = operand(scratch, expression, None if unit is None else parse_unit(unit), at)
    found: dict[str, tuple[FormulaTerm, ...]] = {}
    for id_ in scratch.graph.behind(node, (Map,)):
        one = scratch.graph.node(id_)
        match one.operator:
            case Map(function):
                arguments = tuple(term for i in one.inputs for term in found[i])
                found[id_] = (*arguments, Apply(function, len(one.inputs), one.type.name))
            case operator:
                found[id_] = (_leaf(operator),)
    return found[node]


def _leaf(operator: object) -> FormulaTerm:
    match operator:
        case Constant(value):
            return PushConstant(value)
        case Field(field=name, stale_ns=stale_ns):
            return PushField(name, stale_ns)
        case Key(part):
            return PushKey(part)
        case Payload(path) if path.startswith(SIGNAL):
            return PushSignal(path.removeprefix(SIGNAL))
        case Payload(path):
            return PushParameter(path)
        case _:
            raise AssertionError(f"refused before lowering: {operator}")


def texts(lowering: Lowering, template: n.Template, scope: Scope) -> tuple[str | Shown, ...]:
    """A template with formulas in its holes."""
    return tuple(part if isinstance(part, str) else _shown(lowering, part, scope) for part in template.parts)


def _shown(lowering: Lowering, value: n.Expr, scope: Scope, unit: str | None = None) -> Shown:
    type_ = lowering.fact(value).type
    wanted = None if unit is None else parse_unit(unit)
    shown = value_type(Type(type_.name, wanted or type_.unit))
    return Shown(formula(lowering, value, scope, unit), shown.name, shown.unit)


def given(
    lowering: Lowering,
    name: str,
    value: n.Expr,
    scope: Scope,
    parameter: n.Parameter | n.Property | None = None,
) -> Given:
    """What an argument is, in the parameter's unit if it has one; a text is a template."""
    if isinstance(value, n.Template):
        return Given(name, texts(lowering, value, scope), text=True)
    fact = lowering.fact(value)
    if fact.is_constant and isinstance(fact.constant, str):
        return Given(name, (fact.constant,), text=True)
    unit = None if parameter is None or parse_unit(parameter.type.name) is None else parameter.type.name
    return Given(name, (_shown(lowering, value, scope, unit),), text=False)


def arguments(
    lowering: Lowering, parameters: tuple[n.Parameter, ...], said: tuple[n.Argument, ...], scope: Scope
) -> tuple[Given, ...]:
    """What each parameter is given, or its default."""
    return tuple(given(lowering, p.name, value, scope, p) for p, value in arguments_of(parameters, said))


def property_set(lowering: Lowering, action: n.Set, scope: Scope) -> n.Property:
    """The property that is set, as its device type declares it."""
    assert isinstance(scope, DeviceScope)
    (device,) = (
        item for item in lowering.typed.program.items if isinstance(item, n.Device) and item.name == scope.device
    )
    (found,) = (m for m in device.members if isinstance(m, n.Property) and m.name == action.property)
    return found


def arguments_of(
    parameters: tuple[n.Parameter, ...], said: tuple[n.Argument, ...]
) -> Iterator[tuple[n.Parameter, n.Expr]]:
    """Parameters with what they are given, or their defaults."""
    for place, parameter in enumerate(parameters):
        named = [a.value for a in said if a.name == parameter.name]
        unnamed = [a.value for a in said[place : place + 1] if a.name is None]
        value = next(iter([*named, *unnamed]), parameter.default)
        assert value is not None, parameter
        yield parameter, value


def parameter_plan(lowering: Lowering, parameter: n.Parameter, info: ParameterInfo) -> CommandParameter:
    """A parameter as the plan has it; bounds are rounded once."""
    low, high = (None if bound is None else float(bound) for bound in (info.low, info.high))
    default = None
    if parameter.default is not None:
        (term,) = formula(lowering, parameter.default, NOBODY, None if info.type.unit is None else info.type.unit.text)
        assert isinstance(term, PushConstant)
        assert not isinstance(term.value, tuple)
        default = term.value
    type_ = value_type(info.type)
    return CommandParameter(parameter.name, ValueType(type_.name, type_.unit), low, high, info.type.choices, default)
