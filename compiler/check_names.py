"""Names and members in expressions: what they refer to in their scope, or why they refer to nothing."""

from ..dsl import nodes as n
from .check_context import Checking, Context, domain_of, scope_of
from .check_types import BOOL, FLOAT, TEXT, TIME, described
from .problems_domains import DeviceInGroup, GroupInDevice, OtherDomain, QualifiedInDevice
from .problems_names import NoMembers, UnknownField, UnknownName, Unnamed
from .problems_types import NotConstant
from .resolve import closest, ending
from .typed import (
    BoundRef,
    ConstantRef,
    DeviceRef,
    DeviceScope,
    Fact,
    FieldRef,
    GroupScope,
    HeldTimeRef,
    KeyRef,
    PatternRef,
    PayloadRef,
    SignalRef,
    SourceScope,
    Type,
)


def check_name(c: Checking, node: n.Name, at: Context) -> Fact | None:
    """A name alone: a field, a key, a signal, a pattern, a constant."""
    name = node.name
    if isinstance(at.scope, SourceScope) and not isinstance(c.names.values.get(name), n.Let):
        return c.know(node, at, FLOAT, reference=PayloadRef(name))
    if name in at.steps:
        advice = f"write `{name}.time`, or a field of it: `{name}.x`"
        c.report(Unnamed(span=node.span, name=name, what="a step of the pattern", advice=advice))
        return None
    if at.fixed is None and (own := _own(c, node, name, at)) is not None:
        return own
    item = c.names.values.get(name)
    changes = item is not None or any(name in info.fields for info in c.devices.values())
    if at.fixed is not None and changes and not isinstance(item, n.Let):
        advice = "a constant is a literal, a `let`, or computed from those"
        c.report(NotConstant(span=node.span, place=at.fixed, advice=advice))
        return None
    if item is not None:
        return _value(c, node, item, at)
    _unknown(c, node, name, at)
    return None


def _own(c: Checking, node: n.Expr, name: str, at: Context) -> Fact | None:
    """What belongs to the device or group at hand itself: its fields, its keys."""
    match at.scope:
        case DeviceScope(device=device):
            if name == "id":
                return c.know(node, at, TEXT, reference=KeyRef("id"))
            info = c.devices.get(device)
            if info is not None and name in info.fields:
                return c.know(node, at, info.fields[name].type, reference=FieldRef(device, name))
        case GroupScope(properties=properties) if name in properties:
            return c.know(node, at, key_type(c, name), reference=KeyRef(name))
        case _:
            pass
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
        case (GroupScope(), DeviceScope(device=device)):
            c.report(GroupInDevice(span=node.span, name=item.name, domain=domain_of(theirs), device=device))
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
    if at.device is not None and at.device not in c.names.devices:
        return  # The device type is unknown, which has been reported: so would be everything of it.
    place = "in a constant" if at.fixed is not None else domain_of(at.scope)
    c.report(UnknownName(span=node.span, name=name, place=place, closest=closest(name, _visible(c, at))))


def _visible(c: Checking, at: Context) -> set[str]:
    """The names that can be used here."""
    names = {name for name, item in c.names.values.items() if isinstance(item, n.Let)}
    if at.fixed is not None:
        return names
    names |= {
        name
        for name, item in c.names.values.items()
        if not isinstance(item, n.Let) and scope_of(item.domain) == at.scope
    }
    match at.scope:
        case DeviceScope(device=device) if device in c.devices:
            names |= {"id", *c.devices[device].fields}
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
    if of is None:
        return None
    if isinstance(node.of, n.Call) and node.of.function == "last" and node.name == "time":
        asked = c.facts[node.of.arguments[0].value].reference
        if isinstance(asked, FieldRef) and node.of.arguments[0].window is None:
            return c.know(node, at, TIME, reference=HeldTimeRef(asked.device, asked.field))
    c.report(NoMembers(span=node.span, member=node.name, of=described(of.type)))
    return None


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
    place = at.steps[step.name]
    c.know(step, at, TIME, reference=BoundRef(place, None))
    if node.name == "time":
        return c.know(node, at, TIME, reference=BoundRef(place, None))
    info = c.devices.get(at.device or "")
    if info is None:
        return None
    if node.name not in info.fields:
        known = closest(node.name, (*info.fields, "time"))
        span = ending(node.span, node.name)
        c.report(UnknownField(span=span, name=node.name, device=step.name, closest=known))
        return None
    return c.know(node, at, info.fields[node.name].type, reference=BoundRef(place, node.name))


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
    if info is not None:
        theirs = [
            other.name
            for other in c.names.values.values()
            if not isinstance(other, n.Let) and scope_of(other.domain) == DeviceScope(name)
        ]
        known = closest(node.name, (*info.fields, *theirs))
        c.report(UnknownField(span=ending(node.span, node.name), name=node.name, device=name, closest=known))
    return None
