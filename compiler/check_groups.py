"""Groups: that their keys are text properties, that every device type used in a group has all of them, and which group
a device or a narrower group belongs to."""

from collections.abc import Iterator

from ..dsl import nodes as n
from .check_context import Checking
from .problems_domains import KeyNotShared, NotAKey
from .problems_names import Duplicate
from .resolve import closest, walk
from .typed import DeviceInfo, DeviceRef, DeviceScope, GroupScope, Scope


def check_groups(c: Checking, program: n.Program) -> None:
    """Every `by` of the program."""
    reported: set[tuple[str, str]] = set()
    possible = keys(c)
    for domain, item in _grouped(program) if c.devices else ():
        for place, key in enumerate(domain.properties):
            if key in domain.properties[:place]:
                c.report(Duplicate(span=domain.span, what="key", name=key, first=domain.span))
            elif key not in possible:
                c.report(NotAKey(span=domain.span, name=key, closest=closest(key, possible), behind=("by",)))
            else:
                for device in _devices(c, item):
                    if key in lacking(c.devices[device], (key,)) and (key, device) not in reported:
                        reported.add((key, device))
                        declared = c.names.devices[device].span
                        c.report(KeyNotShared(span=domain.span, key=key, device=device, declared=declared))


def _grouped(program: n.Program) -> Iterator[tuple[n.ByProperties, n.Item]]:
    for item in program.items:
        match item:
            case n.Signal() | n.PatternItem() | n.Rule() | n.Procedure() | n.Invariant():
                if isinstance(item.domain, n.ByProperties):
                    yield item.domain, item
            case _:
                pass


def keys(c: Checking) -> set[str]:
    """Every property that a group can be by."""
    return {name for info in c.devices.values() for name in info.fields if not lacking(info, (name,))}


def lacking(info: DeviceInfo, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of these keys that are no text property of a device type."""
    fields = ((key, info.fields.get(key)) for key in wanted)
    return tuple(key for key, found in fields if found is None or found.role != "property" or found.type.name != "text")


def _devices(c: Checking, item: n.Item) -> list[str]:
    """The device types that an item of a group speaks of, or sends to."""
    found: dict[str, None] = {}
    for node in walk(item):
        match node:
            case n.Name():
                fact = c.facts.get(node)
                if fact is not None and isinstance(fact.reference, DeviceRef):
                    found[fact.reference.device] = None
            case n.Each(device=device) if device in c.devices:
                found[device] = None
            case n.Call():
                fact = c.facts.get(node)
                if fact is not None and fact.aggregate_of is not None:
                    found[fact.aggregate_of] = None
            case _:
                pass
    return list(found)


def belongs(c: Checking, outer: Scope, inner: Scope) -> bool:
    """Whether each instance of the inner scope belongs to one of the outer: a pump to its line, a line to all."""
    if outer == inner:
        return True
    match (outer, inner):
        case (GroupScope(properties=wanted), DeviceScope(device=device)):
            # Of a device type that is not known nothing more is to be said.
            return device not in c.devices or not lacking(c.devices[device], wanted)
        case (GroupScope(properties=wanted), GroupScope(properties=narrower)):
            return set(wanted) <= set(narrower)
        case _:
            return False
