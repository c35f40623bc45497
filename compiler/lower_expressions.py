"""Expressions into nodes.

>>> lower_expression(lowering, parsed("temp > 8 degC"), Place(DeviceScope("Fridge"), settled=False))   # a Map "greater"

A settled part of an expression on the current timeline is lowered there and seen through `Delayed`.
"""

from typing import assert_never

from ..dsl import nodes as n
from ..grammar.units import Unit, product, quotient
from ..stdlib.catalogue import SCALARS, STATEFUL
from .check_aggregates import is_aggregate
from .check_calls import KINDS, signature
from .lower_bound import is_of_bound, looked_up, lower_bound, lower_looked_up, lower_of_bound
from .lower_context import BOOL, NUMBER, Lowering, Place, Waits, quantity, value_type
from .lower_following import lower_following
from .lower_groups import of_group
from .lower_patterns import expired_node, pattern_node
from .lower_signals import lower_signal
from .lower_tables import lower_lookup
from .lower_timelines import is_of_group, waits
from .lower_twins import lower_distribution, lower_prediction, lower_twin_name
from .lower_units import METRE, RATIO, SECOND, as_wanted, constant, converted, known_unit, operand, stored
from .lower_windows import lower_aggregate
from .plan import (
    Constant,
    DeviceEvent,
    Edge,
    Field,
    HeldTime,
    Holds,
    Key,
    Message,
    Now,
    Payload,
    Previous,
    PreviousTime,
    Quiet,
    ValueType,
    sending,
)
from .twin_limits import is_distribution
from .typed import (
    BoundRef,
    ColumnRef,
    ConstantRef,
    DeviceRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    ExpiresRef,
    FieldRef,
    HeldTimeRef,
    KeyRef,
    ParameterRef,
    PatternRef,
    PayloadRef,
    PrevRef,
    PrevTimeRef,
    Reference,
    SentRef,
    SignalRef,
    TwinRef,
    Type,
)

COMPARISONS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}
ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
TIME = ValueType("time")


def lower_expression(lowering: Lowering, expression: n.Expr, at: Place) -> str:
    """The node of an expression at a place."""
    fact = lowering.fact(expression)
    if fact.is_constant:
        return constant(lowering, fact, None, at, expression.span)
    if not at.settled and waits(lowering, expression) is Waits.SETTLED:
        settled = lowering.expression(expression, at.on_settled())
        return lowering.delayed(settled, at, expression.span)
    if fact.reference is not None:
        return _reference(lowering, fact.reference, expression, at)
    match expression:
        case n.Call():
            return _call(lowering, expression, at)
        case n.Arithmetic():
            return _arithmetic(lowering, expression, at)
        case n.Negate(of):
            return lowering.map("negate", (lowering.expression(of, at),), value_type(fact.type), expression.span)
        case n.Compare(operator, left, right):
            if lowering.fact(left).type.name == "version":
                return _versions(lowering, operator, left, right, expression, at)
            return _bool(lowering, COMPARISONS[operator], expression, (left, right), at)
        case n.Logic(operator, left, right):
            return _bool(lowering, f"{operator}_", expression, (left, right), at)
        case n.Not(of):
            return _bool(lowering, "not_", expression, (of,), at)
        case n.Is():
            return _is(lowering, expression, at)
        case n.Otherwise(value, fallback):
            return _chosen(lowering, "else_", expression, (), (value, fallback), at)
        case n.Conditional(condition, then, otherwise):
            asked = (lowering.expression(condition, at),)
            return _chosen(lowering, "if_else", expression, asked, (then, otherwise), at)
        case n.Becomes() | n.Crosses():
            crossed = _crossed(lowering, expression, at)
            return lowering.add(Edge(), (crossed,), at.timeline, BOOL, expression.span, event=True)
        case n.Holds(condition, duration):
            holds = Holds(lowering.typed.duration_ns(duration))
            return lowering.add(holds, (lowering.expression(condition, at),), at.timeline, BOOL, expression.span)
        case n.Quiet(of, duration):
            quiet = Quiet(lowering.typed.duration_ns(duration))
            return lowering.add(quiet, (lowering.expression(of, at),), at.timeline, BOOL, expression.span)
        case n.Number() | n.Quantity() | n.Version() | n.Text() | n.Bool() | n.Absent():
            raise AssertionError(f"no constant: {expression}")
        case n.Name() | n.Member() | n.Template() | n.Expires() | n.Sent():
            raise AssertionError(f"neither a constant nor a reference: {expression}")
        case _:
            assert_never(expression)


# --- Names -----------------------------------------------------------------------------------------------------------


def _reference(lowering: Lowering, reference: Reference, expression: n.Expr, at: Place) -> str:
    type_ = lowering.fact(expression).type
    match reference:
        case FieldRef():
            return lower_field(lowering, reference, expression, at)
        case HeldTimeRef(device, name):
            return lowering.add(HeldTime(device, name), (), at.timeline, TIME, expression.span)
        case PrevRef(device, name):
            private = FieldRef(device, name) in lowering.private
            previous = Previous(device, name)
            return lowering.add(previous, (), at.timeline, value_type(type_), expression.span, private=private)
        case PrevTimeRef(device, name):
            return lowering.add(PreviousTime(device, name), (), at.timeline, TIME, expression.span)
        case EventRef():
            return _device_event(lowering, reference, expression, at)
        case EventValueRef(device, event, name):
            carried = Message(device, f"{event}.{name}")
            private = lowering.is_private_event(device, event)
            return lowering.add(carried, (), at.timeline, value_type(type_), expression.span, private=private)
        case TwinRef():
            return lower_twin_name(lowering, reference, expression, at)
        case SentRef(device, command):
            told = DeviceEvent(device, sending(command))
            return lowering.add(told, (), at.timeline, BOOL, expression.span, event=True)
        case ParameterRef(name):
            # A placeholder: of what is told only terms remain (`lower_formulas`).
            return lowering.add(Payload(name), (), at.timeline, value_type(type_), expression.span)
        case KeyRef(part):
            return lowering.add(Key(part), (), at.timeline, value_type(type_), expression.span)
        case SignalRef(name):
            if isinstance(at.scope, DeviceScope) and is_of_group(lowering, name):
                scope = lowering.fact(lowering.signals[name].value).scope
                return of_group(lowering, lower_signal(lowering, name, settled=False), scope, at, expression.span)
            return lower_signal(lowering, name, at.settled)
        case PatternRef(name):
            return pattern_node(lowering, lowering.patterns[name].pattern, at.scope)
        case ExpiresRef(name):
            return expired_node(lowering, lowering.patterns[name].pattern, at.scope)
        case BoundRef():
            return lower_bound(lowering, expression, at)
        case PayloadRef(path):
            return lowering.add(Payload(path), (), at.timeline, value_type(type_), expression.span)
        case ColumnRef():
            by = None if at.bound is None or at.bound.own is not None else looked_up(lowering.typed, expression)
            if by is not None and isinstance(expression, n.Member):
                return lower_looked_up(lowering, expression, by, at)
            return lower_lookup(lowering, reference, expression, at)
        case ConstantRef() | DeviceRef():
            raise AssertionError(f"no value of its own: {reference}")
        case _:
            assert_never(reference)


def lower_field(lowering: Lowering, ref: FieldRef, expression: n.Expr, at: Place, *, stale: bool = True) -> str:
    """A field's held value, or its message where that stands for it; without `stale` also if it is no longer fresh."""
    info = lowering.field_info(ref)
    operator: Field | Message = Field(ref.device, ref.field, info.stale_ns if stale else None)
    if at.sole == ref:
        operator = Message(ref.device, ref.field)
    private = ref in lowering.private
    node = lowering.add(operator, (), at.timeline, value_type(info.type), expression.span, private=private)
    since = lowering.typed.devices[ref.device].since.get(ref.field)
    if since is None:
        return node
    nothing = lowering.add(Constant(None), (), at.timeline, value_type(info.type), expression.span)
    inputs = (_exists(lowering, ref.device, since, at), node, nothing)
    return lowering.map("if_else", inputs, value_type(info.type), expression.span)


def _device_event(lowering: Lowering, reference: EventRef, expression: n.Expr, at: Place) -> str:
    """An event that a device tells; one that it does not have, for its firmware, does not happen."""
    device, name = reference.device, reference.event
    private = lowering.is_private_event(device, name)
    event = DeviceEvent(device, name)
    node = lowering.add(event, (), at.timeline, BOOL, expression.span, event=True, private=private)
    since = lowering.typed.devices[device].since.get(name)
    if since is None:
        return node
    return lowering.map("and_", (node, _exists(lowering, device, since, at)), BOOL, expression.span)


def _exists(lowering: Lowering, device: str, since: n.Since, at: Place) -> str:
    """Whether a device has what there is `since firmware 2.1`."""
    ref = FieldRef(device, since.property)
    has = Field(device, since.property)
    private = ref in lowering.private
    type_ = value_type(lowering.field_info(ref).type)
    inputs = (
        lowering.add(has, (), at.timeline, type_, since.span, private=private),
        lowering.expression(since.version, at),
    )
    order = lowering.map("version_order", inputs, NUMBER, since.span)
    same = lowering.add(Constant(0.0), (), at.timeline, NUMBER, since.span)
    return lowering.map("greater_equal", (order, same), BOOL, since.span)


# --- Operations ------------------------------------------------------------------------------------------------------


def _bool(lowering: Lowering, function: str, expression: n.Expr, operands: tuple[n.Expr, ...], at: Place) -> str:
    unit = lowering.fact(expression).operand_unit
    inputs = []
    for part in operands:  # no comprehension: it would be one more call at each level of what may be nested deep
        inputs.append(operand(lowering, part, unit, at))
    return lowering.map(function, tuple(inputs), BOOL, expression.span)


def _versions(lowering: Lowering, operator: str, left: n.Expr, right: n.Expr, expression: n.Expr, at: Place) -> str:
    """Versions are compared part by part: `2.1` and `2.1.0` are the same."""
    inputs = (lowering.expression(left, at), lowering.expression(right, at))
    order = lowering.map("version_order", inputs, NUMBER, expression.span)
    same = lowering.add(Constant(0.0), (), at.timeline, NUMBER, expression.span)
    return lowering.map(COMPARISONS[operator], (order, same), BOOL, expression.span)


def _chosen(
    lowering: Lowering, function: str, expression: n.Expr, first: tuple[str, ...], values: tuple[n.Expr, ...], at: Place
) -> str:
    """One of several values, which are brought into one unit."""
    fact = lowering.fact(expression)
    unit = fact.operand_unit
    inputs = [*first]
    for value in values:
        inputs.append(operand(lowering, value, unit, at))
    made = Type(fact.type.name, unit or fact.type.unit, fact.type.affine)
    node = lowering.map(function, tuple(inputs), stored(made, fact.type), expression.span)
    return as_wanted(lowering, node, made, fact.type, expression.span)


def _arithmetic(lowering: Lowering, expression: n.Arithmetic, at: Place) -> str:
    fact, left, right = (lowering.fact(e) for e in (expression, expression.left, expression.right))
    if "time" in (left.type.name, right.type.name):
        return _time_arithmetic(lowering, expression, at)
    unit = fact.operand_unit
    inputs = (operand(lowering, expression.left, unit, at), operand(lowering, expression.right, unit, at))
    made = _made(expression.operator, fact.type, left.type, right.type, unit)
    node = lowering.map(ARITHMETIC[expression.operator], inputs, stored(made, fact.type), expression.span)
    return as_wanted(lowering, node, made, fact.type, expression.span)


def _made(operator: str, type_: Type, left: Type, right: Type, unit: Unit | None) -> Type:
    """The type of what an operation gives, before it is brought into the unit that the expression has."""
    if operator in "+-":
        return Type(type_.name, unit or type_.unit, type_.affine)
    if left.unit is None and right.unit is None:
        return type_
    combine = product if operator == "*" else quotient
    return Type(type_.name, combine(left.unit or RATIO, right.unit or RATIO))


def _time_arithmetic(lowering: Lowering, expression: n.Arithmetic, at: Place) -> str:
    """`time - time` is seconds between; `time + duration` a time."""
    fact, left, right = (lowering.fact(e) for e in (expression, expression.left, expression.right))
    if left.type.name == right.type.name:
        times = (lowering.expression(expression.left, at), lowering.expression(expression.right, at))
        node = lowering.map("time_difference", times, quantity(SECOND), expression.span)
        return converted(lowering, node, Type("float", SECOND), fact.type.unit, expression.span)
    time, by = (expression.left, expression.right) if left.type.name == "time" else (expression.right, expression.left)
    seconds = operand(lowering, by, SECOND, at)
    if expression.operator == "-":
        seconds = lowering.map("negate", (seconds,), quantity(SECOND), expression.span)
    return lowering.map("time_add", (lowering.expression(time, at), seconds), TIME, expression.span)


def _is(lowering: Lowering, expression: n.Is, at: Place) -> str:
    def is_absent(node: str) -> str:
        return lowering.map("is_absent", (node,), BOOL, expression.span)

    if expression.quality == "absent":
        result = is_absent(lowering.expression(expression.of, at))
    else:
        ref = lowering.fact(expression.of).reference
        assert isinstance(ref, FieldRef)
        fresh = is_absent(lower_field(lowering, ref, expression.of, at))
        ever = is_absent(lower_field(lowering, ref, expression.of, at, stale=False))
        known = lowering.map("not_", (ever,), BOOL, expression.span)
        result = lowering.map("and_", (fresh, known), BOOL, expression.span)
    return lowering.map("not_", (result,), BOOL, expression.span) if expression.negated else result


def _crossed(lowering: Lowering, expression: n.Becomes | n.Crosses, at: Place) -> str:
    """The condition that becomes true when the event happens."""
    unit = lowering.fact(expression).operand_unit
    of = operand(lowering, expression.of, unit, at)
    match expression:
        case n.Crosses(_, direction, level):
            function = "greater" if direction == "rises above" else "less"
            return lowering.map(function, (of, operand(lowering, level, unit, at)), BOOL, expression.span)
        case n.Becomes(_, value):
            wanted = lowering.fact(value)
            if wanted.is_constant and wanted.constant is True:
                return of
            if wanted.is_constant and wanted.constant is False:
                return lowering.map("not_", (of,), BOOL, expression.span)
            if wanted.type.name == "version":
                return _versions(lowering, "==", expression.of, value, expression, at)
            return lowering.map("equal", (of, operand(lowering, value, unit, at)), BOOL, expression.span)


# --- Calls -----------------------------------------------------------------------------------------------------------


def _call(lowering: Lowering, call: n.Call, at: Place) -> str:
    if is_of_bound(lowering, call):
        return lower_of_bound(lowering, call, at)
    if is_distribution(call, lowering.fact(call)):
        return lower_distribution(lowering, call, at)
    if is_aggregate(call):
        return lower_aggregate(lowering, call, at)
    if call.function in STATEFUL and STATEFUL[call.function].of == "prediction":
        return lower_prediction(lowering, call, at)
    if call.function in STATEFUL:
        return lower_following(lowering, call, at)
    match call.function:
        case "fresh" | "age":
            ref = lowering.fact(call.arguments[0].value).reference
            assert isinstance(ref, FieldRef)
            if call.function == "fresh":
                return lower_field(lowering, ref, call.arguments[0].value, Place(at.scope, at.settled, sole=ref))
            return _age(lowering, call, ref, at)
        case "last":
            ref = lowering.fact(call.arguments[0].value).reference
            assert isinstance(ref, FieldRef)
            return lower_field(lowering, ref, call.arguments[0].value, at, stale=False)
        case "Point":
            inputs = tuple(operand(lowering, a.value, RATIO, at) for a in call.arguments)
            return lowering.map("point", inputs, ValueType("point"), call.span)
        case "inside":
            position, area = (argument.value for argument in call.arguments)
            centre, radius = _circle(lowering, area, at)
            return lowering.map("inside", (lowering.expression(position, at), centre, radius), BOOL, call.span)
        case _:
            return _scalar(lowering, call, at)


def _age(lowering: Lowering, call: n.Call, ref: FieldRef, at: Place) -> str:
    now = lowering.add(Now(), (), at.timeline, TIME, call.span)
    then = lowering.add(HeldTime(ref.device, ref.field), (), at.timeline, TIME, call.span)
    node = lowering.map("time_difference", (now, then), quantity(SECOND), call.span)
    return converted(lowering, node, Type("float", SECOND), lowering.fact(call).type.unit, call.span)


def _circle(lowering: Lowering, area: n.Expr, at: Place) -> tuple[str, str]:
    """A constant circle's centre and its radius in metres."""
    reference = lowering.fact(area).reference
    while isinstance(reference, ConstantRef):
        area = lowering.lets[reference.name].value
        reference = lowering.fact(area).reference
    assert isinstance(area, n.Call)
    assert area.function == "circle"
    centre, radius = (argument.value for argument in area.arguments)
    return operand(lowering, centre, None, at), operand(lowering, radius, METRE, at)


def _scalar(lowering: Lowering, call: n.Call, at: Place) -> str:
    """A function of the library; numbers are brought into the unit of the first, or into what a parameter asks for."""
    fact = lowering.fact(call)
    kinds = signature(SCALARS[call.function])
    further = len(call.arguments) - len(kinds.parameters)
    parameters = [*(kind for _, kind in kinds.parameters), *[kinds.more or ""] * further]
    types = [lowering.fact(argument.value).type for argument in call.arguments]
    numbers = [t.unit for kind, t in zip(parameters, types, strict=True) if kind == "number" and t.unit is not None]
    unit = fact.operand_unit or (numbers[0] if numbers else None)
    wanted = {**dict.fromkeys(KINDS), "any": None, "float": RATIO, "number": unit}
    inputs = tuple(
        operand(lowering, argument.value, wanted[kind] if kind in wanted else known_unit(kind), at)
        for kind, argument in zip(parameters, call.arguments, strict=True)
    )
    made = fact.type
    if kinds.result == "number":
        made = Type(fact.type.name, unit, fact.type.affine)
    elif kinds.result not in wanted:
        made = Type(fact.type.name, known_unit(kinds.result))
    node = lowering.map(call.function, inputs, stored(made, fact.type), call.span)
    return as_wanted(lowering, node, made, fact.type, call.span)
