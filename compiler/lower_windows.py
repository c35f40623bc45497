"""Aggregates into nodes: over windows of samples, and over the members of a group.

`mean(velocity over 10 min every 10 min)` is Slices -> Window -> Aggregate on the settled timeline; `max(Truck.load)`
by fleet is Members. The width of slices is the greatest that serves length and pace; sharing a store among windows is
a pass. Windows without slices are lowered by `lower_recent`.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd

from ..dsl import nodes as n
from ..grammar.units import Unit, power, product, quotient
from ..stdlib.catalogue import AGGREGATES, STATEFUL
from .check_aggregates import is_aggregate
from .check_types import FLOAT, difference
from .check_windows import is_recent
from .lower_context import Lowering, Place, quantity, value_type
from .lower_recent import lower_recent
from .lower_timelines import inside
from .lower_units import RATIO, SECOND, as_wanted, conversion, stored
from .plan import Aggregate, Members, Slices, ValueType, Window
from .typed import (
    DeviceRef,
    DeviceScope,
    FieldRef,
    HeldTimeRef,
    PrevRef,
    PrevTimeRef,
    SignalRef,
    TwinRef,
    Type,
)

CALENDAR_SLICE_NS = 15 * 60 * 1_000_000_000
"""Days of all time zones begin at a multiple of this."""


def lower_aggregate(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of an aggregate's value, in the unit that the expression has."""
    fact = lowering.fact(call)
    first = lowering.fact(sampled_by(call)[0].value).type
    called = "count_true" if call.function == "count" and first.name == "bool" else call.function
    function = Called(called, option_of(lowering, call))
    window = sampled_by(call)[-1].window
    node = _members(lowering, call, function, at) if window is None else _window(lowering, call, window, function, at)
    return as_wanted(lowering, node, _made(lowering, call, called), fact.type, call.span)


@dataclass(frozen=True)
class Called:
    """An aggregate function as the plan names it, and the value of its option."""

    name: str
    option: float | None


def sampled_by(call: n.Call) -> list[n.Argument]:
    """What an aggregate samples, one value or two; its window and `where` stand at the last of them."""
    return [argument for argument in call.arguments if argument.name is None]


def option_of(lowering: Lowering, call: n.Call) -> float | None:
    """The value of an aggregate's option, if it has one."""
    given = next((argument.value for argument in call.arguments if argument.name is not None), None)
    if given is None:
        return None
    fact = lowering.fact(given)
    assert isinstance(fact.constant, Fraction)
    scale, offset = conversion(fact.type, RATIO)
    return float(fact.constant * scale + offset)


def _made(lowering: Lowering, call: n.Call, function: str) -> Type:
    """The type of an aggregate's value, in the unit that follows from those of its arguments."""
    first, *others = [lowering.fact(argument.value).type for argument in sampled_by(call)]
    wanted = lowering.fact(call).type
    if AGGREGATES[function].result == "product":
        if first.unit is None and others[0].unit is None:
            return Type(wanted.name)
        return Type(wanted.name, product(first.unit or RATIO, others[0].unit or RATIO))
    return made_of(function, wanted, first.unit)


def made_of(function: str, type_: Type, unit: Unit | None) -> Type:
    """The type of an aggregate's value, in the unit that follows from its argument's."""
    match AGGREGATES[function].result:
        case "count" | "ratio":
            return Type(type_.name, None if type_.unit is None else RATIO)
        case "rate" | "slope":
            unit = quotient(unit or RATIO, SECOND)
        case "integral":
            unit = product(unit or RATIO, SECOND)
        case "duration":
            unit = SECOND
        case "square" if unit is not None:
            unit = power(unit, 2)
    return Type(type_.name, unit, type_.affine)


# --- Over a window ---------------------------------------------------------------------------------------------------


def _window(lowering: Lowering, call: n.Call, window: n.Window, function: Called, at: Place) -> str:
    assert at.settled
    type_ = stored(_made(lowering, call, function.name), lowering.fact(call).type)
    place = _samples_at(lowering, call, at)
    if AGGREGATES[function.name].held and place.scope != at.scope:
        return _held_by_members(lowering, call, window, function.name, type_, place, at)
    node = _windows(lowering, call, window, function.name, place, at)
    return _aggregated(lowering, call, node, function, type_)


def _windows(lowering: Lowering, call: n.Call, window: n.Window, function: str, members: Place, at: Place) -> str:
    """The node of the windows over what is sampled at the place `members`."""
    sampled = sampled_by(call)
    held = AGGREGATES[function].held
    values = tuple(_sampled(lowering, argument.value, members, held) for argument in sampled)
    condition = sampled[-1].where
    where = () if condition is None else (lowering.expression(condition, members),)
    if is_recent(window):
        return lower_recent(lowering, window, values, where, members, at, held)
    return _sliced(lowering, call, _operator(lowering, window), function, (*values, *where), at)


def _aggregated(lowering: Lowering, call: n.Call, windows: str, function: "Called", type_: ValueType) -> str:
    """The node of a function of these windows."""
    over = lowering.graph.node(windows)
    operator = Aggregate(function.name, function.option)
    return lowering.add(operator, (windows,), over.timeline, type_, call.span, every_ns=over.every_ns)


def _held_by_members(
    lowering: Lowering, call: n.Call, window: n.Window, function: str, type_: ValueType, members: Place, at: Place
) -> str:
    """What a group's members held: of each member what it held in the window, and of these the sum, or the greatest.

    A member's window is a sample of the group's window that holds what was given at its end.
    """
    whole = _operator(lowering, window)
    last = whole if whole.every_ns is None else Window(whole.every_ns, width_ns=whole.every_ns)

    def over_all(function: str, joined: str, type_: ValueType) -> str:
        windows = _windows(lowering, call, window, function, members, members)
        each = _aggregated(lowering, call, windows, Called(function, None), type_)
        return _aggregated(
            lowering, call, _sliced(lowering, call, last, joined, (each,), at), Called(joined, None), type_
        )

    if function != "time_weighted_mean":
        return over_all(function, "max" if function == "longest" else "sum", type_)
    made = made_of("integral", FLOAT, difference(lowering.fact(sampled_by(call)[0].value).type).unit)
    parts = (over_all("integral", "sum", value_type(made)), over_all("held_time", "sum", quantity(SECOND)))
    return lowering.map("divide", parts, type_, call.span)


def _sampled(lowering: Lowering, value: n.Expr, place: Place, held: bool) -> str:
    """The node of what is sampled; where it is about what was held, a field that goes stale is held no more."""
    if held:
        return lowering.expression(value, place)
    return lowering.expression(value, Place(place.scope, place.settled, sole_field(lowering, value)))


def _sliced(
    lowering: Lowering, call: n.Call, operator: Window, function: str, inputs: tuple[str, ...], at: Place
) -> str:
    """Slices of what is sampled, and the windows that they are combined to."""
    sampled = lowering.graph.node(inputs[0])
    width = _slice_width(operator, sampled.every_ns)
    slices = lowering.add(Slices(width, AGGREGATES[function].parts), inputs, at.timeline, sampled.type, call.span)
    return lowering.add(operator, (slices,), at.timeline, sampled.type, call.span, every_ns=operator.every_ns)


def _samples_at(lowering: Lowering, call: n.Call, at: Place) -> Place:
    """Where the samples come from: the domain itself, or the members of the group."""
    device = lowering.fact(call).aggregate_of
    if device is None:
        return Place(at.scope, settled=True)
    lowering.has_members(device, at)
    return Place(DeviceScope(device), settled=True)


def _operator(lowering: Lowering, window: n.Window) -> Window:
    every = None if window.every is None else lowering.typed.duration_ns(window.every)
    match window.kind:
        case "span":
            assert window.length is not None
            assert every is not None
            return Window(every, width_ns=lowering.typed.duration_ns(window.length))
        case "calendar":
            return Window(every, calendar=window.calendar, zone=window.zone or "UTC")
        case "samples" | "session" | "while":
            raise AssertionError(f"not made of slices: {window}")


def _slice_width(window: Window, inner_ns: int | None) -> int:
    """The greatest width of which length, pace and the pace of a paced argument are multiples."""
    lengths = [CALENDAR_SLICE_NS if window.calendar is not None else window.width_ns, window.every_ns, inner_ns]
    return gcd(*(length for length in lengths if length is not None))


def sole_field(lowering: Lowering, argument: n.Expr) -> FieldRef | None:
    """The only thing that an argument speaks of, if that is one field and nothing in it remembers."""
    found: set[FieldRef] = set()
    for part in inside(argument):
        if isinstance(part, n.Holds | n.Quiet | n.Becomes | n.Crosses):
            return None
        if isinstance(part, n.Call) and (is_aggregate(part) or part.function in STATEFUL):
            return None
        if isinstance(part, n.Is) and part.quality == "stale":
            return None
        match lowering.fact(part).reference:
            case FieldRef() as ref:
                found.add(ref)
            case SignalRef() | HeldTimeRef() | PrevRef() | PrevTimeRef() | TwinRef():
                return None
            case _:
                pass
    return found.pop() if len(found) == 1 else None


# --- Over the members of a group -------------------------------------------------------------------------------------


def _members(lowering: Lowering, call: n.Call, function: Called, at: Place) -> str:
    """`count(Truck)`: how many there are; `count(Truck where c)`: for how many c is true; else of members' values."""
    device = lowering.fact(call).aggregate_of
    assert device is not None
    lowering.has_members(device, at)
    place = Place(DeviceScope(device), at.settled)
    type_ = stored(_made(lowering, call, function.name), lowering.fact(call).type)
    sampled = sampled_by(call)
    where = sampled[-1].where
    wanted: list[n.Expr | None] = [*(argument.value for argument in sampled), where]
    name = function.name
    if _is_device(lowering, sampled[0].value):
        name = "count" if where is None else "count_true"
        wanted = [where]
    inputs = tuple(lowering.expression(e, place) for e in wanted if e is not None)
    paces = [lowering.graph.node(i).every_ns for i in inputs[:1]]
    every_ns = paces[0] if paces else None
    operator = Members(name, device, function.option)
    return lowering.add(operator, inputs, at.timeline, type_, call.span, every_ns=every_ns)


def _is_device(lowering: Lowering, expression: n.Expr) -> bool:
    return isinstance(lowering.fact(expression).reference, DeviceRef)
