"""Groups: that their keys are text properties, and that every device type used in a group has all of them."""

from collections.abc import Iterator

from ..dsl import nodes as n
from .check_context import Checking
from .problems_domains import KeyNotShared, NotAKey
from .problems_names import Duplicate
from .resolve import closest, walk
from .typed import DeviceInfo, GroupScope


def check_groups(c: Checking, program: n.Program) -> None:
    """Every `by` of the program."""
    reported: set[tuple[str, str]] = set()
    for domain, item in _grouped(program) if c.devices else ():
        for place, key in enumerate(domain.properties):
            if key in domain.properties[:place]:
                c.report(Duplicate(span=domain.span, what="key", name=key, first=domain.span))
            elif not any(_has(info, key) for info in c.devices.values()):
                known = closest(key, _keys(c))
                c.report(NotAKey(span=domain.span, key=key, closest=known))
            else:
                for device in _devices(c, item, domain):
                    if not _has(c.devices[device], key) and (key, device) not in reported:
                        reported.add((key, device))
                        declared = c.names.devices[device].span
                        c.report(KeyNotShared(span=domain.span, key=key, device=device, declared=declared))


def _grouped(program: n.Program) -> Iterator[tuple[n.ByProperties, n.Item]]:
    for item in program.items:
        match item:
            case n.Signal(domain=n.ByProperties() as domain) | n.Rule(domain=n.ByProperties() as domain):
                yield domain, item
            case n.PatternItem(domain=n.ByProperties() as domain):
                yield domain, item
            case _:
                pass


def _has(info: DeviceInfo, key: str) -> bool:
    found = info.fields.get(key)
    return found is not None and found.role == "property" and found.type.name == "text"


def _keys(c: Checking) -> set[str]:
    return {name for info in c.devices.values() for name in info.fields if _has(info, name)}


def _devices(c: Checking, item: n.Item, domain: n.ByProperties) -> list[str]:
    """The device types that an item of a group takes aggregates over."""
    found: dict[str, None] = {}
    for node in walk(item):
        fact = c.facts.get(node)
        if fact is not None and fact.aggregate_of is not None and fact.scope == GroupScope(domain.properties):
            found[fact.aggregate_of] = None
    return list(found)
