"""Device types: the types, bounds and times of their fields, and the parameters of their commands."""

from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_operands import Operand, flexible, in_role
from .check_places import check_constant, check_duration, check_typed, check_whole, check_within
from .check_types import declared, described, is_number, unit_of
from .constants import converted, written
from .problems_names import Duplicate, HidesField, ReservedMember, UnknownType
from .problems_types import BoundsOnType, BoundsReversed, NotWhole, WrongType
from .resolve import member_of
from .typed import DeviceInfo, DeviceScope, Fact, FieldInfo, Type

MINUTE_NS = 60 * 10**9
STALE_AFTER_PACES = 3
"""A field without `stale after` goes stale after so many of its declared `every`."""


def check_device(c: Checking, device: n.Device) -> DeviceInfo:
    """What is known of a device type; a member with a problem is left out, as far as it can be."""
    at = Context(DeviceScope(device.name))
    fields: dict[str, FieldInfo] = {}
    commands: dict[str, n.Command] = {}
    first: dict[str, n.Node] = {}
    for member in device.members:
        if member.name in first:
            what = "command" if isinstance(member, n.Command) else "field"
            seen = first[member.name].span
            c.report(Duplicate(span=member.span, what=what, name=member.name, first=seen))
            continue
        first[member.name] = member
        match member:
            case n.Property() | n.Telemetry():
                info = _field(c, member, at)
                if info is not None:
                    fields[member.name] = info
            case n.Command():
                commands[member.name] = member
    for command in commands.values():
        _command(c, command, device, at)
    slowest = max((info.every_ns for info in fields.values() if info.every_ns is not None), default=0)
    lateness = _time(c, device.lateness, at, "`lateness`")
    # A group must not run ahead of messages that wait for stragglers, so what is late counts as no silence.
    idle = lateness + max(MINUTE_NS, STALE_AFTER_PACES * slowest)
    if device.idle_after is not None:
        idle = check_duration(c, device.idle_after, at, "`idle after`") or idle
    return DeviceInfo(
        device.name,
        fields,
        commands,
        None if device.maximum is None else check_whole(c, device.maximum, at, "`max`", 1),
        lateness,
        _time(c, device.revise, at, "`revise`"),
        idle,
    )


def _time(c: Checking, node: n.Expr | None, at: Context, place: str) -> int:
    return 0 if node is None else check_duration(c, node, at, place, zero=True) or 0


def _field(c: Checking, member: n.Property | n.Telemetry, at: Context) -> FieldInfo | None:
    if member.name in ("id", "time"):
        c.report(ReservedMember(span=member.span, name=member.name))
        return None
    type_ = declared(member.type)
    if isinstance(type_, UnknownType):
        c.report(type_)
        return None
    low, high = check_bounds(c, member.bounds, type_, at)
    if isinstance(member, n.Property):
        return FieldInfo(member.name, type_, "property", low, high)
    every = None if member.every is None else check_duration(c, member.every, at, "`every`")
    stale = None if every is None else STALE_AFTER_PACES * every
    if member.stale_after is not None:
        stale = check_duration(c, member.stale_after, at, "`stale after`")
    return FieldInfo(member.name, type_, "telemetry", low, high, every, stale)


def check_bounds(
    c: Checking, bounds: n.Bounds | None, type_: Type, at: Context
) -> tuple[Fraction | None, Fraction | None]:
    """The bounds in the unit of the type they follow; a bare number is in that unit, and its fact says so."""
    if bounds is None:
        return None, None
    if not is_number(type_):
        c.report(BoundsOnType(span=bounds.span, type=described(type_)))
        return None, None
    low, high = _bound(c, bounds.low, type_, at), _bound(c, bounds.high, type_, at)
    if low is not None and high is not None and low > high:
        c.report(BoundsReversed(span=bounds.span, low=written(low, type_.unit), high=written(high, type_.unit)))
        return None, None
    return low, high


def _bound(c: Checking, node: n.Expr, type_: Type, at: Context) -> Fraction | None:
    fact = check_constant(c, node, at, "a bound")
    if fact is None:
        return None
    if fact.type.unit is None and is_number(fact.type):
        fact = c.again(node, Fact(type_, at.scope, constant=fact.constant, is_constant=True))
    elif is_number(fact.type) and fact.type.affine != type_.affine and flexible(c, node, fact):
        fact = in_role(c, Operand(node, fact), point=type_.affine).fact
    alike = is_number(fact.type) and fact.type.affine == type_.affine
    if not alike or unit_of(fact.type).dimension != unit_of(type_).dimension:
        c.report(WrongType(span=node.span, place="a bound", needed=described(type_), got=described(fact.type)))
        return None
    if not isinstance(fact.constant, Fraction):
        return None
    value = converted(fact.constant, unit_of(fact.type), unit_of(type_), point=type_.affine)
    if type_.name == "int" and value.denominator != 1:
        c.report(NotWhole(span=node.span, place="a bound of an `int`"))
        return None
    return value


def _command(c: Checking, command: n.Command, device: n.Device, at: Context) -> None:
    seen: dict[str, n.Parameter] = {}
    for parameter in command.parameters:
        name = parameter.name
        if name in seen:
            c.report(Duplicate(span=parameter.span, what="parameter", name=name, first=seen[name].span))
            continue
        seen[name] = parameter
        hidden = member_of(device, name)
        if hidden is not None:
            problem = HidesField(
                span=parameter.span, what="parameter", name=name, device=device.name, hidden=hidden.span
            )
            c.report(problem)
        type_ = declared(parameter.type)
        if isinstance(type_, UnknownType):
            c.report(type_)
            continue
        low, high = check_bounds(c, parameter.bounds, type_, at)
        if parameter.default is not None:
            place = f"the parameter `{name}`"
            fact = check_constant(c, parameter.default, at, place)
            if fact is not None:
                fact = check_typed(c, parameter.default, at, type_, place)
            if fact is not None:
                check_within(c, parameter.default, fact, name, type_, low, high)
    if command.ack_within is not None:
        check_duration(c, command.ack_within, at, "`ack within`")
    if command.retry is not None:
        check_whole(c, command.retry, at, "`retry`", 0)
