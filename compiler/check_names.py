"""Names and members in expressions: what they refer to in their scope, or why they refer to nothing."""

from ..dsl import nodes as n
from .check_context import A_LET, Bound, Checking, Context, Local, domain_of, scope_of
from .check_types import BOOL, FLOAT, TEXT, TIME, declared, described, difference
from .problems_domains import DeviceInGroup, GroupInDevice, OtherDomain, QualifiedInDevice
from .problems_names import NoMembers, UnknownField, UnknownName, UnknownType, Unnamed
from .problems_patterns import ManyEvents
from .problems_types import NotConstant
from .resolve import closest, ending, member_of
from .typed import (
    BoundRef,
    ConstantRef,
    DeviceRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    Fact,
    FieldRef,
    GroupScope,
    HeldTimeRef,
    KeyRef,
    PatternRef,
    PayloadRef,
    PrevTimeRef,
    SignalRef,
    SourceScope,
    TwinRef,
    Type,
)

NAMES_LISTED = 8
"""Where no more names are known, and none is like the one that is not, all are told."""


def check_name(c: Checking, node: n.Name, at: Context) -> Fact | None:
    """A name alone: a field, a key, a signal, a pattern, a constant."""
    name = node.name
    if isinstance(at.scope, SourceScope) and not isinstance(c.names.values.get(name), n.Let):
        return c.know(node, at, FLOAT, reference=PayloadRef(name))
    if name in at.steps:
        advice = f"write `{name}.time`, or a field of it: `{name}.x`"
        c.report(Unnamed(span=node.span, name=name, what="a step of the pattern", advice=advice))
        return None
    local = at.locals.get(name)
    if local is not None and (at.fixed is None or local.is_constant):
        return _local(c, node, local, at)
    if at.fixed is None and (own := _own(c, node, name, at)) is not None:
        return own
    item = c.names.values.get(name)
    if at.fixed is not None and not isinstance(item, n.Let) and _changes(c, name, at):
        advice = "a constant is a literal, a `let`, or computed from those"
        if at.fixed == A_LET:
            advice += "; what changes gets its name with `signal … for … =`"
        c.report(NotConstant(span=node.span, place=at.fixed, advice=advice))
        return None
    if item is not None:
        return _value(c, node, item, at)
    _unknown(c, node, name, at)
    return None


def _changes(c: Checking, name: str, at: Context) -> bool:
    """Whether a name stands for something that is no constant: here, or as a field of any device type."""
    if name in c.names.values or name in at.locals:
        return True
    return any(member_of(device, name) is not None for device in c.names.devices.values())


def _own(c: Checking, node: n.Expr, name: str, at: Context) -> Fact | None:
    """What belongs to the device or group at hand itself: its fields, its keys."""
    match at.scope:
        case DeviceScope(device=device):
            if name == "id":
                return c.know(node, at, TEXT, reference=KeyRef("id"))
            info = c.devices.get(device)
            if info is not None and name in info.fields:
                return c.know(node, at, info.fields[name].type, reference=FieldRef(device, name))
            local = c.twins.get(device, {}).get(name)
            if local is not None:
                return _local(c, node, local, at)
            if event_of(c, device, name) is not None:
                return c.know(node, at, BOOL, event=True, reference=EventRef(device, name))
        case GroupScope(properties=properties) if name in properties:
            return c.know(node, at, key_type(c, name), reference=KeyRef(name))
        case _:
            pass
    return None


def _local(c: Checking, node: n.Expr, local: Local, at: Context) -> Fact | None:
    """A name that the item at hand, or the twin of the device at hand, brings along."""
    if local.broken:
        return None
    if local.is_constant:
        return c.fix(node, at, local.type, local.constant, reference=local.reference)
    return c.know(node, at, local.type, reference=local.reference)


def event_of(c: Checking, device: str, name: str) -> n.Event | None:
    """The event that a device type declares under a name."""
    declared = c.names.devices.get(device)
    for member in () if declared is None else declared.members:
        if isinstance(member, n.Event) and member.name == name:
            return member
    return None


def key_type(c: Checking, name: str) -> Type:
    """The type of a key property: a text, with the choices of the first device type that declares it so."""
    for info in c.devices.values():
        found = info.fields.get(name)
        if found is not None and found.type.name == "text":
            return found.type
    return TEXT


def _value(c: Checking, node: n.Expr, item: n.Let | n.Signal | n.PatternItem, at: Context) -> Fact | None:
    """A let, a signal or a pattern, if it can be used here."""
    c.used.add(item.name)
    match item:
        case n.Let():
            fact = c.lets.get(item.name)
            if fact is None:
                return None
            if not fact.is_constant:
                return c.know(node, at, fact.type, reference=ConstantRef(item.name))
            return c.fix(node, at, fact.type, fact.constant, reference=ConstantRef(item.name))
        case n.Signal():
            if not _reachable(c, node, item, at):
                return None
            fact = c.signals.get(item.name)
            return None if fact is None else c.know(node, at, fact.type, reference=SignalRef(item.name))
        case n.PatternItem():
            if not _reachable(c, node, item, at):
                return None
            return c.know(node, at, BOOL, event=True, reference=PatternRef(item.name))


def _reachable(c: Checking, node: n.Expr, item: n.Signal | n.PatternItem, at: Context) -> bool:
    """Whether the item is of the domain at hand; reports it if not."""
    theirs = scope_of(item.domain)
    if theirs == at.scope:
        return True
    match (theirs, at.scope):
        case (GroupScope(properties=properties), DeviceScope(device=device)) if isinstance(item, n.Signal):
            # The value of the group that the device at hand belongs to.
            fields = c.devices[device].fields if device in c.devices else {}
            lacking = next((key for key in properties if key not in fields), None)
            if lacking is None:
                return True
            domain = domain_of(theirs)
            c.report(GroupInDevice(span=node.span, name=item.name, domain=domain, device=device, lacking=lacking))
        case (DeviceScope(device=device), GroupScope()):
            _in_group(c, node, device, item.name, at)
        case _:
            declared = item.span if item.domain is None else item.domain.span
            ours = domain_of(at.scope)
            problem = OtherDomain(
                span=node.span, name=item.name, theirs=domain_of(theirs), ours=ours, declared=declared
            )
            c.report(problem)
    return False


def _in_group(c: Checking, node: n.Expr, device: str, name: str, at: Context) -> None:
    """Report a device's value in a group, with the aggregates that fit its type."""
    fields = c.devices[device].fields if device in c.devices else {}
    fact = c.signals.get(name)
    type_ = fields[name].type if name in fields else BOOL if fact is None else fact.type
    domain = None if at.scope == GroupScope(()) else domain_of(at.scope)
    problem = DeviceInGroup(span=node.span, name=name, device=device, domain=domain, condition=type_.name == "bool")
    c.report(problem)


def _unknown(c: Checking, node: n.Name, name: str, at: Context) -> None:
    """Report a name that stands for nothing here, with the best advice there is."""
    if name in c.names.devices:
        advice = f"count its devices with `count({name})`, or name a field inside an aggregate: `max({name}.x)`"
        c.report(Unnamed(span=node.span, name=name, what="a device type", advice=advice))
        return
    if isinstance(at.scope, GroupScope) and at.fixed is None:
        for info in c.devices.values():
            if name in info.fields:
                _in_group(c, node, info.name, name, at)
                return
    if at.device is not None and (at.device not in c.names.devices or _is_broken(c, at.device, name)):
        return  # The device type is unknown or the field's own is, which has been reported.
    place = "in a constant" if at.fixed is not None else domain_of(at.scope)
    own = _visible(c, at)
    known = own | (set() if at.fixed is not None else set(c.names.devices))
    problem = UnknownName(
        span=node.span,
        name=name,
        place=place,
        closest=closest(name, known),
        advice=_meant(c, name, at),
        known=tuple(sorted(own)) if len(own) <= NAMES_LISTED else (),
    )
    c.report(problem)


def _meant(c: Checking, name: str, at: Context) -> str | None:
    """What to write instead of a name that is that of something else."""
    if name in c.names.rules:
        return f"`{name}` is a rule: give its condition a name, `signal … = …`, and use that in both"
    if name == "id" and isinstance(at.scope, GroupScope) and at.fixed is None:
        keys = ", ".join(f"`{key}`" for key in at.scope.properties)
        return (
            f"a group has no id; what tells it from others is {keys}" if keys else "there is one group of all devices"
        )
    if at.device is not None and at.fixed is None:
        members = c.names.devices[at.device].members
        brings = [m.name for m in members if isinstance(m, n.Event) and any(p.name == name for p in m.parameters)]
        if brings:
            return "an event brings it: " + " or ".join(f"`{event}.{name}`" for event in brings)
    return None


def _is_broken(c: Checking, device: str, name: str) -> bool:
    """Whether a name is declared for a device type, or by its twin, in a way that could not be understood."""
    local = c.twins.get(device, {}).get(name)
    return (device, name) in c.broken or (local is not None and local.broken)


def _visible(c: Checking, at: Context) -> set[str]:
    """The names that can be used here."""
    names = set(c.lets_named)
    names |= {name for name, local in at.locals.items() if at.fixed is None or local.is_constant}
    if at.fixed is not None:
        return names
    names |= c.declared_for.get(at.scope, set())
    match at.scope:
        case DeviceScope(device=device) if device in c.devices:
            names |= {"id", *c.devices[device].fields, *c.twins.get(device, {})}
            names |= {m.name for m in c.names.devices[device].members if isinstance(m, n.Event)}
        case GroupScope(properties=properties):
            names |= set(properties)
        case _:
            pass
    return names


def check_member(c: Checking, node: n.Member, at: Context, of: Fact | None) -> Fact | None:
    """`Truck.load`, `opened.temp`, `last(position).time`, `data.temp` of a payload; `of`: the fact of a value."""
    if isinstance(at.scope, SourceScope):
        return _payload(c, node, at)
    if isinstance(node.of, n.Name) and node.of.name in at.steps:
        return _bound(c, node, node.of, at)
    if isinstance(node.of, n.Name) and node.of.name in c.names.devices:
        return _of_device(c, node, node.of, at)
    if isinstance(node.of, n.Name) and has_members(c, node.of.name, at):
        return _part(c, node, node.of, at)
    if of is None:
        return None
    if isinstance(node.of, n.Call) and node.of.function in ("last", "prev") and node.name == "time":
        asked = c.facts[node.of.arguments[0].value].reference
        if isinstance(asked, FieldRef) and node.of.arguments[0].window is None:
            kind = HeldTimeRef if node.of.function == "last" else PrevTimeRef
            return c.know(node, at, TIME, reference=kind(asked.device, asked.field))
    c.report(NoMembers(span=node.span, member=node.name, of=described(of.type)))
    return None


def has_members(c: Checking, name: str, at: Context) -> bool:
    """Whether something can be asked of a name behind a dot: an event's values, an estimate's deviation."""
    if at.fixed is not None:
        return False
    local = at.locals.get(name)
    if local is not None or at.device is None:
        return local is not None and bool(local.members)
    if at.device in c.devices and name in c.devices[at.device].fields:
        return _is_estimated(c, at.device, name)
    local = c.twins.get(at.device, {}).get(name)
    return bool(local.members) if local is not None else event_of(c, at.device, name) is not None


def _is_estimated(c: Checking, device: str, name: str) -> bool:
    """Whether the twin of a device type estimates one of its fields, so that its deviation can be asked for."""
    model, info = c.models.get(device), c.devices.get(device)
    return model is not None and info is not None and name in model.estimated and name in info.fields


def _deviation(c: Checking, node: n.Member, of: n.Name, device: str, at: Context) -> Fact | None:
    """`temp.sigma`: the standard deviation of what the twin estimates `temp` to be."""
    type_ = c.devices[device].fields[of.name].type
    c.know(of, at, type_, reference=TwinRef(device, of.name))
    if node.name != "sigma":
        c.report(NoMembers(span=node.span, member=node.name, of=described(type_)))
        return None
    return c.know(node, at, difference(type_), reference=TwinRef(device, of.name, "sigma"))


def _part(c: Checking, node: n.Member, of: n.Name, at: Context) -> Fact | None:
    """`fault.code`: a value of the event, as it happens; `resistance.sigma`: of an estimated or calibrated value."""
    device = at.device or ""
    if of.name not in at.locals and _is_estimated(c, device, of.name):
        return _deviation(c, node, of, device, at)
    local = at.locals.get(of.name) or c.twins.get(device, {}).get(of.name)
    if local is not None:
        _local(c, of, local, at)
        type_ = local.members.get(node.name)
        if type_ is None:
            known = closest(node.name, local.members)
            c.report(UnknownField(span=ending(node.span, node.name), name=node.name, device=of.name, closest=known))
            return None
        reference = local.reference
        if isinstance(reference, TwinRef) and node.name == "sigma":
            return c.know(node, at, type_, reference=TwinRef(reference.device, reference.name, "sigma"))
        return c.know(node, at, type_)
    c.know(of, at, BOOL, event=True, reference=EventRef(device, of.name))
    event = event_of(c, device, of.name)
    assert event is not None
    return event_value(c, node, of.name, device, event, at)


def event_value(c: Checking, node: n.Member, name: str, device: str, event: n.Event, at: Context) -> Fact | None:
    """A value that an event carries, by the name of its parameter."""
    parameter = next((p for p in event.parameters if p.name == node.name), None)
    if parameter is None:
        known = closest(node.name, [p.name for p in event.parameters])
        c.report(
            UnknownField(span=ending(node.span, node.name), name=node.name, device=name, closest=known, what="value")
        )
        return None
    type_ = declared(parameter.type)
    if isinstance(type_, UnknownType):
        return None
    return c.know(node, at, type_, reference=EventValueRef(device, event.name, parameter.name))


def _payload(c: Checking, node: n.Member, at: Context) -> Fact | None:
    """`a.b.c`: a path into the payload; the parts before the last have the fact that they are on the way."""
    path = [node.name]
    inner: n.Expr = node.of
    while isinstance(inner, n.Member):
        path.append(inner.name)
        inner = inner.of
    if not isinstance(inner, n.Name):
        c.report(NoMembers(span=node.span, member=node.name, of="this"))
        return None
    path.append(inner.name)
    path.reverse()
    inner = node.of
    for length in range(len(path) - 1, 0, -1):
        c.know(inner, at, TEXT, reference=PayloadRef(".".join(path[:length])))
        if isinstance(inner, n.Member):
            inner = inner.of
    return c.know(node, at, FLOAT, reference=PayloadRef(".".join(path)))


def _bound(c: Checking, node: n.Member, step: n.Name, at: Context) -> Fact | None:
    """`opened.temp`, `opened.time`: what an earlier step bound."""
    bound = at.steps[step.name]
    if bound.many and not at.gathered:
        c.report(ManyEvents(span=node.span, step=step.name, member=node.name, declared=bound.span))
        return None
    c.know(step, at, TIME, reference=BoundRef(bound.place, None))
    if node.name == "time":
        return c.know(node, at, TIME, reference=BoundRef(bound.place, None))
    if bound.device is not None and bound.device not in c.devices:
        return None  # The device type is unknown, which has been reported.
    types = bound_members(c, bound)
    if bound.device is not None and _is_broken(c, bound.device, node.name):
        return None
    if node.name not in types:
        known = closest(node.name, types)
        span = ending(node.span, node.name)
        c.report(UnknownField(span=span, name=node.name, device=step.name, closest=known))
        return None
    return c.know(node, at, types[node.name], reference=BoundRef(bound.place, node.name))


def bound_members(c: Checking, bound: Bound) -> dict[str, Type]:
    """What can be asked of a step's event behind a dot, with its type."""
    types = {"time": TIME}
    info = c.devices.get(bound.device or "")
    if info is not None:
        types |= {"id": TEXT} | {name: found.type for name, found in info.fields.items()}
        types |= {name: p.type for name, p in info.parameters.get(bound.event or "", {}).items()}
    return types


def _of_device(c: Checking, node: n.Member, device: n.Name, at: Context) -> Fact | None:
    """`Truck.load`: inside an aggregate over trucks, a field, signal or pattern of each."""
    name = device.name
    if at.members_of != name:
        if isinstance(at.scope, DeviceScope):
            own = at.scope.device == name
            c.report(QualifiedInDevice(span=node.span, device=name, name=node.name, own=own))
        else:
            _in_group(c, node, name, node.name, at)
        return None
    c.know(device, at, BOOL, reference=DeviceRef(name))
    own_fact = _own(c, node, node.name, at)
    if own_fact is not None:
        return own_fact
    item = c.names.values.get(node.name)
    if item is not None and not isinstance(item, n.Let) and scope_of(item.domain) == DeviceScope(name):
        return _value(c, node, item, at)
    info = c.devices.get(name)
    if info is not None and not _is_broken(c, name, node.name):
        theirs = c.declared_for.get(DeviceScope(name), set())
        known = closest(node.name, (*info.fields, *theirs))
        c.report(UnknownField(span=ending(node.span, node.name), name=node.name, device=name, closest=known))
    return None
