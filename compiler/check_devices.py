"""Device types: the types, bounds and times of their fields, and what else they have under a name."""

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_declared import check_bounds, check_parameters
from .check_places import check_duration, check_typed, check_whole
from .check_types import VERSION, declared, described
from .problems_devices import SinceNotVersion
from .problems_names import Duplicate, ReservedMember, UnknownField, UnknownType
from .resolve import closest
from .typed import DeviceInfo, DeviceScope, FieldInfo, ParameterInfo

MINUTE_NS = 60 * 10**9
STALE_AFTER_PACES = 3
"""A field without `stale after` goes stale after so many of its declared `every`."""

_KINDS: dict[type[n.DeviceMember], str] = {
    n.Command: "command",
    n.Event: "event",
    n.Relationship: "relationship",
    n.Property: "field",
    n.Telemetry: "field",
}


def check_device(c: Checking, device: n.Device) -> DeviceInfo:
    """What is known of a device type; a member with a problem is left out, as far as it can be.

    What commands do is checked when all device types and twins are known.
    """
    at = Context(DeviceScope(device.name))
    fields: dict[str, FieldInfo] = {}
    parameters: dict[str, dict[str, ParameterInfo]] = {}
    members = _members(c, device)
    for member in members.values():
        match member:
            case n.Property() | n.Telemetry():
                info = _field(c, member, at)
                if info is None:
                    c.broken.add((device.name, member.name))
                else:
                    fields[member.name] = info
            case n.Command():
                parameters[member.name] = check_parameters(c, member.parameters, at, (device,))
            case n.Event():
                parameters[member.name] = check_parameters(c, member.parameters, at)
            case n.Relationship():
                if member.maximum is not None:
                    check_whole(c, member.maximum, at, "`max`", 1)
    since = {name: member.since for name, member in members.items() if member.since is not None}
    for name, condition in since.items():
        _since(c, name, condition, members, device, at)
    slowest = max((info.every_ns for info in fields.values() if info.every_ns is not None), default=0)
    lateness = _time(c, device.lateness, at, "`lateness`")
    # A group must not run ahead of messages that wait for stragglers, so what is late counts as no silence.
    idle = lateness + max(MINUTE_NS, STALE_AFTER_PACES * slowest)
    if device.idle_after is not None:
        idle = check_duration(c, device.idle_after, at, "`idle after`") or idle
    return DeviceInfo(
        device.name,
        fields,
        {name: member for name, member in members.items() if isinstance(member, n.Command)},
        None if device.maximum is None else check_whole(c, device.maximum, at, "`max`", 1),
        lateness,
        _time(c, device.revise, at, "`revise`"),
        idle,
        {name: member for name, member in members.items() if isinstance(member, n.Event)},
        {name: member for name, member in members.items() if isinstance(member, n.Relationship)},
        parameters,
        since,
    )


def _members(c: Checking, device: n.Device) -> dict[str, n.DeviceMember]:
    """The members by their names, which are one set: the first of two counts."""
    members: dict[str, n.DeviceMember] = {}
    for member in device.members:
        first = members.setdefault(member.name, member)
        if first is not member:
            what = _KINDS[type(member)]
            c.report(Duplicate(span=member.span, what=what, name=member.name, first=first.span))
        elif member.name in ("id", "time") and not isinstance(member, n.Command):
            c.report(ReservedMember(span=member.span, name=member.name, what=_KINDS[type(member)]))
            del members[member.name]
    return members


def _time(c: Checking, node: n.Expr | None, at: Context, place: str) -> int:
    return 0 if node is None else check_duration(c, node, at, place, zero=True) or 0


def _field(c: Checking, member: n.Property | n.Telemetry, at: Context) -> FieldInfo | None:
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


def _since(
    c: Checking, name: str, since: n.Since, members: dict[str, n.DeviceMember], device: n.Device, at: Context
) -> None:
    """`since firmware 2.1`: of a version property of this device type, which has always been there itself."""
    check_typed(c, since.version, at, VERSION, "`since`")
    counted = members.get(since.property)
    if not isinstance(counted, n.Property | n.Telemetry):
        known = closest(since.property, [m.name for m in members.values() if isinstance(m, n.Property)])
        c.report(UnknownField(span=since.span, name=since.property, device=device.name, closest=known))
        return
    type_ = declared(counted.type)
    if isinstance(type_, UnknownType):
        return
    problem = None
    if isinstance(counted, n.Telemetry):
        problem = "telemetry"
    elif type_ != VERSION:
        problem = described(type_)
    elif since.property == name:
        problem = "what comes later here"
    if problem is not None:
        itself = since.property == name
        declared_at = counted.span
        c.report(
            SinceNotVersion(span=since.span, name=since.property, declared=declared_at, problem=problem, itself=itself)
        )
