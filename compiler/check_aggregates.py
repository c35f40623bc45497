"""Aggregates and their windows: whose values they are over, what they make of units, and at which pace.

For a device an aggregate is over its own samples and needs a window. In a group it is over the members of the one
device type that its argument names: over a window of all their samples, or, without one, over what they hold at that
moment.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..dsl import nodes as n
from ..grammar.units import Unit, power, quotient
from ..stdlib.catalogue import AGGREGATES, SCALARS
from ..stdlib.function import AggregateFunction
from .check_context import Checking, Context
from .check_pace import pace_of
from .check_places import as_condition, check_condition, check_duration
from .check_types import BOOL, FLOAT, INT, RATIO, SECOND, described, difference, is_number, unit_of
from .constants import written
from .problems_domains import EventJoined, NoDevice, TwoDevices
from .problems_names import UnknownDevice
from .problems_rules import InnerPace, NeedsPace, NeedsWindow, NotInSource, UnknownZone, WindowNotYet, WindowPace
from .problems_types import WrongArguments, WrongType
from .problems_units import SummedPoints
from .resolve import closest, walk
from .typed import DeviceRef, Fact, GroupScope, SourceScope, Type

DAY_NS = 86_400 * 10**9
_UNITS_NS = (("day", DAY_NS), ("h", 3600 * 10**9), ("min", 60 * 10**9), ("s", 10**9), ("ms", 10**6))


def is_aggregate(node: n.Call) -> bool:
    """Whether a call is an aggregate: `min(a, b)` and `last(x)` without a window are none."""
    aggregate = AGGREGATES.get(node.function)
    if aggregate is None or aggregate.internal:
        return False
    if any(argument.window is not None or argument.where is not None for argument in node.arguments):
        return True
    if node.function == "last":
        return False
    return node.function not in SCALARS or len(node.arguments) == 1


def check_aggregate(c: Checking, node: n.Call, at: Context) -> Fact | None:
    """`mean(velocity over 10 min every 10 min)`, `max(Truck.load)`, `count(Truck where load > 0 kg)`."""
    function = AGGREGATES[node.function]
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what=f"`{node.function}`"))
        return None
    if len(node.arguments) != 1 or node.arguments[0].name is not None:
        used_as = f"{function.name}(x over 10 min every 1 min)"
        problem = f"takes one argument, not {len(node.arguments)}"
        c.report(WrongArguments(span=node.span, function=function.name, problem=problem, signature=used_as))
        return None
    (argument,) = node.arguments
    device: str | None = None
    inner = at
    if isinstance(at.scope, GroupScope):
        device = _device_of(c, node, argument)
        if device is None:
            return None
        inner = at.within(device)
    value = _samples(c, argument.value, inner, function)
    where = None
    if argument.where is not None:
        where = check_condition(c, argument.where, inner, "`where`")
    windowed = _window(c, argument, inner, value) if argument.window is not None else _held(c, node, value, device)
    if value is None or not windowed or (argument.where is not None and where is None):
        return None
    type_ = _result(c, node, argument, value, function)
    return None if type_ is None else c.know(node, at, type_, aggregate_of=device)


def _device_of(c: Checking, node: n.Call, argument: n.Argument) -> str | None:
    """The one device type that an aggregate in a group is over; reports it if there is none or are several."""
    named: dict[str, n.Name] = {}
    for part in (argument.value, argument.where):
        for inner in () if part is None else walk(part):
            if isinstance(inner, n.Name) and inner.name in c.names.devices:
                named.setdefault(inner.name, inner)
    if len(named) > 1:
        first, second, *_ = named
        c.report(TwoDevices(span=node.span, function=node.function, first=first, second=second))
        return None
    unknown = next((node for node in _owners(argument) if node.name not in c.names.values), None)
    if not named and unknown is not None:
        known = closest(unknown.name, c.names.devices)
        c.report(UnknownDevice(span=unknown.span, name=unknown.name, closest=known))
        return None
    if not named:
        c.report(NoDevice(span=node.span, function=node.function, example=_example(c, argument)))
        return None
    return next(iter(named))


def _owners(argument: n.Argument) -> Iterator[n.Name]:
    """The names in front of dots, where device types stand."""
    for node in walk(argument):
        if isinstance(node, n.Member) and isinstance(node.of, n.Name):
            yield node.of


def _example(c: Checking, argument: n.Argument) -> str | None:
    """`Truck.load`, for an argument that names `load` alone."""
    for inner in walk(argument.value):
        if isinstance(inner, n.Name):
            for info in c.devices.values():
                if inner.name in info.fields:
                    return f"{info.name}.{inner.name}"
    return next((f"{info.name}.{name}" for info in c.devices.values() for name in info.fields), None)


def _samples(c: Checking, node: n.Expr, at: Context, function: AggregateFunction) -> Fact | None:
    """What is sampled: of the type that the aggregate takes. `Truck` alone stands for the trucks there are."""
    if isinstance(node, n.Name) and node.name == at.members_of and function.name == "count":
        return c.know(node, at, BOOL, reference=DeviceRef(node.name))
    fact = c.check(node, at)
    if fact is None:
        return None
    if fact.event and function.name != "count":
        c.report(EventJoined(span=node.span, operator=function.name))
        return None
    if function.argument == "bool":
        return as_condition(c, node, fact, f"`{function.name}`")
    if function.argument == "number" and not is_number(fact.type):
        place = f"`{function.name}`"
        c.report(WrongType(span=node.span, place=place, needed="numbers", got=described(fact.type)))
        return None
    return fact


def _held(c: Checking, node: n.Call, value: Fact | None, device: str | None) -> bool:
    """Without a window: over what the members of a group hold."""
    if device is None:
        c.report(NeedsWindow(span=node.span, function=node.function, reason="over a device's messages"))
        return False
    if not AGGREGATES[node.function].over_members:
        c.report(NeedsWindow(span=node.span, function=node.function, reason="as it is about what came first and last"))
        return False
    if value is not None and value.event:
        c.report(NeedsWindow(span=node.span, function=node.function, reason="to count events"))
        return False
    return True


def _result(c: Checking, node: n.Call, argument: n.Argument, value: Fact, function: AggregateFunction) -> Type | None:
    """The type of the aggregate's value, by the function's unit rule."""
    if value.type.affine and not function.points_allowed:
        unit = unit_of(value.type).text
        c.report(SummedPoints(span=argument.value.span, function=function.name, unit=unit))
        return None
    base = difference(value.type).unit
    match function.result:
        case "number":
            return replace(value.type, name="float") if function.name == "mean" else value.type
        case "difference":
            return replace(difference(value.type), name="float")
        case "square":
            return Type("float", None if base is None else _plain(power(base, 2)))
        case "count":
            return INT
        case "ratio":
            return FLOAT
        case "rate":
            return Type("float", quotient(base or RATIO, SECOND))


def _plain(unit: Unit) -> Unit:
    return RATIO if unit.dimension == RATIO.dimension else unit


# --- Windows ---------------------------------------------------------------------------------------------------------


def _window(c: Checking, argument: n.Argument, at: Context, value: Fact | None) -> bool:
    """Whether a window can be computed: its length and pace fit each other, and what they sample."""
    window = argument.window
    assert window is not None
    if isinstance(value.reference if value is not None else None, DeviceRef):
        problem = "counts devices, which is no matter of a window"
        c.report(WrongArguments(span=window.span, function="count", problem=problem, signature="count(Truck where …)"))
        return False
    if window.kind in ("samples", "session"):
        kind = "of a number of samples" if window.kind == "samples" else "of a session"
        c.report(WindowNotYet(span=window.span, kind=kind))
        return False
    length = None
    if window.kind == "span":
        assert window.length is not None
        length = check_duration(c, window.length, at, "`over`")
        if length is None:
            return False
    elif window.zone is not None and not check_zone(c, window.zone, window):
        return False
    if window.every is None:
        if window.kind == "calendar":
            return True
        c.report(NeedsPace(span=window.span))
        return False
    every = check_duration(c, window.every, at, "`every`")
    if every is None:
        return False
    return _paces(c, argument, window, length, every)


def _paces(c: Checking, argument: n.Argument, window: n.Window, length: int | None, every: int) -> bool:
    """Whether the pace divides the length (of a calendar window: a day), and is a multiple of what it samples."""
    assert window.every is not None
    whole = DAY_NS if length is None else length
    if every > whole or whole % every != 0:
        c.report(WindowPace(span=window.span, length=lasting(whole), pace=lasting(every)))
        return False
    inner = pace_of(c, argument.value)
    if inner is not None and every % inner != 0:
        c.report(InnerPace(span=window.span, inner=lasting(inner), pace=lasting(every)))
        return False
    return True


def check_zone(c: Checking, zone: str, node: n.Node) -> bool:
    """Whether the time zone database has a zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        c.report(UnknownZone(span=node.span, zone=zone, closest=closest(zone, available_timezones())))
        return False
    return True


def lasting(ns: int) -> str:
    """A duration as a person would write it: in the largest unit in which it is whole."""
    for name, size in _UNITS_NS:
        if ns % size == 0:
            return written(Fraction(ns, size)) + f" {name}"
    return f"{ns} ns"
