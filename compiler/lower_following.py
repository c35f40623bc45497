"""Detectors and filters into nodes: `cusum(temp, target: 5 degC, …)` is Following on the settled timeline.

What they follow are samples as windows have them: a straggler takes its place among them. The further arguments are
constants, brought into the unit of the first where they are values or steps of it.
"""

from dataclasses import replace
from fractions import Fraction

from ..dsl import nodes as n
from ..grammar.units import Unit
from ..stdlib.catalogue import STATEFUL
from .check_functions import Parameter, parameters
from .lower_context import BOOL, Lowering, Place, value_type
from .lower_recent import declared_rate, samples_within
from .lower_units import RATIO, SECOND, conversion, known_unit
from .lower_windows import sole_field
from .plan import Following

NS_PER_S = 1_000_000_000


def lower_following(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of a detector's or filter's value."""
    assert at.settled
    function = STATEFUL[call.function]
    followed, *further = parameters(function.signature.partition(" -> ")[0])
    argument = next(a for a in call.arguments if a.name in (None, followed.name))
    unit = lowering.fact(argument.value).type.unit
    given = {a.name: a.value for a in call.arguments if a is not argument}
    values: dict[str, float] = {}
    for parameter in further:
        values[parameter.name] = _parameter(lowering, parameter, given.get(parameter.name), unit, values)
    value = lowering.expression(argument.value, Place(at.scope, True, sole_field(lowering, argument.value)))
    operator = Following(call.function, tuple(values.values()))
    inputs: tuple[str, ...] = (value,)
    if argument.window is not None and argument.window.length is not None:
        length_ns = lowering.typed.duration_ns(argument.window.length)
        thin = declared_rate(lowering, (value,))
        inputs = (value, lowering.add(thin, inputs, at.timeline, BOOL, argument.window.span))
        operator = replace(operator, window_ns=length_ns, samples_max=samples_within(thin, length_ns))
    elif argument.window is not None:
        operator = replace(operator, samples_max=_count(lowering, argument.window))
    every_ns = lowering.graph.node(value).every_ns
    type_ = value_type(lowering.fact(call).type)
    return lowering.add(operator, inputs, at.timeline, type_, call.span, every_ns=every_ns)


def _parameter(
    lowering: Lowering, parameter: Parameter, value: n.Expr | None, unit: Unit | None, before: dict[str, float]
) -> float:
    """A parameter's value; where it is left out its default, which may be a multiple of another parameter."""
    if value is None:
        number, _, of = parameter.default.partition(" ")
        if of in before:
            return float(number) * before[of]
        if parameter.kind == "s":
            return float(Fraction(number) * known_unit(of).scale * NS_PER_S)
        return float(number)
    fact = lowering.fact(value)
    if parameter.kind == "s":
        return float(lowering.typed.duration_ns(value))
    assert isinstance(fact.constant, Fraction)
    scale, offset = conversion(fact.type, _wanted(parameter.kind, unit))
    return float(fact.constant * scale + offset)


def _wanted(kind: str, unit: Unit | None) -> Unit | None:
    match kind:
        case "like x" | "step x":
            return unit
        case "float" | "int" | "ratio":
            return RATIO
        case "s":
            return SECOND
        case _:
            return known_unit(kind)


def _count(lowering: Lowering, window: n.Window) -> int:
    assert window.count is not None
    count = lowering.fact(window.count).constant
    assert isinstance(count, Fraction)
    return int(count)
