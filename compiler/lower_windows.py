"""Aggregates into nodes: over windows of samples, and over the members of a group.

`mean(velocity over 10 min every 10 min)` is Slices -> Window -> Aggregate on the settled timeline; `max(Truck.load)`
by fleet is Members. The width of slices is the greatest that serves length and pace; sharing a store among windows is
a pass.
"""

from math import gcd
from typing import cast

from ..dsl import nodes as n
from ..grammar.units import Unit, power, quotient
from ..stdlib.catalogue import AGGREGATES
from .check_aggregates import is_aggregate
from .lower_context import Lowering, Place, refused
from .lower_timelines import inside
from .lower_units import RATIO, SECOND, as_wanted, stored
from .plan import Aggregate, Members, SlicePart, Slices, Window
from .typed import DeviceRef, DeviceScope, FieldRef, GroupScope, HeldTimeRef, PrevRef, PrevTimeRef, SignalRef, Type

CALENDAR_SLICE_NS = 15 * 60 * 1_000_000_000
"""Days of all time zones begin at a multiple of this."""


def lower_aggregate(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of an aggregate's value, in the unit that the expression has."""
    (argument, *more) = call.arguments
    assert not more, call
    fact = lowering.fact(call)
    type_ = lowering.fact(argument.value).type
    function = "count_true" if call.function == "count" and type_.name == "bool" else call.function
    if argument.window is None:
        node = _members(lowering, call, argument, function, at)
    else:
        node = _window(lowering, call, argument, argument.window, function, at)
    made = _made(function, fact.type, type_.unit)
    return as_wanted(lowering, node, made, fact.type, call.span)


def _made(function: str, type_: Type, unit: Unit | None) -> Type:
    """The type of an aggregate's value, in the unit that follows from its argument's."""
    result = AGGREGATES[function].result
    if result in ("count", "ratio"):
        return Type(type_.name, None if type_.unit is None else RATIO)
    if unit is not None:
        unit = power(unit, 2) if result == "square" else quotient(unit, SECOND) if result == "rate" else unit
    elif result == "rate":
        unit = quotient(RATIO, SECOND)
    return Type(type_.name, unit, type_.affine)


# --- Over a window ---------------------------------------------------------------------------------------------------


def _window(lowering: Lowering, call: n.Call, argument: n.Argument, window: n.Window, function: str, at: Place) -> str:
    assert at.settled
    place = _samples_at(lowering, call, at)
    sole = _sole_field(lowering, argument.value)
    value = lowering.expression(argument.value, Place(place.scope, place.settled, sole))
    where = () if argument.where is None else (lowering.expression(argument.where, place),)
    operator = _operator(lowering, window)
    sampled = lowering.graph.node(value)
    width = _slice_width(operator, sampled.every_ns)
    parts = cast(tuple[SlicePart, ...], AGGREGATES[function].parts)
    slices = lowering.add(Slices(width, parts), (value, *where), at.timeline, sampled.type, call.span)
    pace = operator.every_ns
    windows = lowering.add(operator, (slices,), at.timeline, sampled.type, call.span, every_ns=pace)
    wanted = lowering.fact(call).type
    type_ = stored(_made(function, wanted, lowering.fact(argument.value).type.unit), wanted)
    return lowering.add(Aggregate(function), (windows,), at.timeline, type_, call.span, every_ns=pace)


def _samples_at(lowering: Lowering, call: n.Call, at: Place) -> Place:
    """Where the samples come from: the domain itself, or the members of the group."""
    device = lowering.fact(call).aggregate_of
    if device is None:
        return Place(at.scope, settled=True)
    _is_member(lowering, device, at)
    return Place(DeviceScope(device), settled=True)


def _is_member(lowering: Lowering, device: str, at: Place) -> None:
    assert isinstance(at.scope, GroupScope)
    lowering.group_devices.setdefault(at.scope.properties, {})[device] = None


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
            refused(window)


def _slice_width(window: Window, inner_ns: int | None) -> int:
    """The greatest width of which length, pace and the pace of a paced argument are multiples."""
    lengths = [CALENDAR_SLICE_NS if window.calendar is not None else window.width_ns, window.every_ns, inner_ns]
    return gcd(*(length for length in lengths if length is not None))


def _sole_field(lowering: Lowering, argument: n.Expr) -> FieldRef | None:
    """The only thing that an argument speaks of, if that is one field and nothing in it remembers."""
    found: set[FieldRef] = set()
    for part in inside(argument):
        if isinstance(part, n.Holds | n.Quiet | n.Becomes | n.Crosses):
            return None
        if isinstance(part, n.Call) and is_aggregate(part):
            return None
        if isinstance(part, n.Is) and part.quality == "stale":
            return None
        match lowering.fact(part).reference:
            case FieldRef() as ref:
                found.add(ref)
            case SignalRef() | HeldTimeRef() | PrevRef() | PrevTimeRef():
                return None
            case _:
                pass
    return found.pop() if len(found) == 1 else None


# --- Over the members of a group -------------------------------------------------------------------------------------


def _members(lowering: Lowering, call: n.Call, argument: n.Argument, function: str, at: Place) -> str:
    """`count(Truck)`: how many there are; `count(Truck where c)`: for how many c is true; else of members' values."""
    device = lowering.fact(call).aggregate_of
    assert device is not None
    _is_member(lowering, device, at)
    place = Place(DeviceScope(device), at.settled)
    wanted_type = lowering.fact(call).type
    type_ = stored(_made(function, wanted_type, lowering.fact(argument.value).type.unit), wanted_type)
    wanted = [argument.value, argument.where]
    if _is_device(lowering, argument.value):
        function = "count" if argument.where is None else "count_true"
        wanted = [argument.where]
    inputs = tuple(lowering.expression(e, place) for e in wanted if e is not None)
    paces = [lowering.graph.node(i).every_ns for i in inputs[:1]]
    every_ns = paces[0] if paces else None
    operator = Members(function, device)
    return lowering.add(operator, inputs, at.timeline, type_, call.span, every_ns=every_ns)


def _is_device(lowering: Lowering, expression: n.Expr) -> bool:
    return isinstance(lowering.fact(expression).reference, DeviceRef)
