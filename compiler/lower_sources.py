"""Devices and sources: what a device's fields are, and how foreign messages become them."""

from collections.abc import Iterable, Iterator

from ..dsl import nodes as n
from .check_sources import event_values
from .lower_context import BOOL, NUMBER, Lowering, Place, value_type
from .lower_units import converted, known_unit
from .plan import Constant, DeviceField, DeviceType, SourceField, SourcePlan, SourceUnique, ValueType, sending
from .typed import DeviceInfo, FieldInfo, SourceScope, Type

TIME = ValueType("time")
NS_PER_S = 1_000_000_000


def device_type(device: DeviceInfo, sent: Iterable[str] = ()) -> DeviceType:
    """A device type as the plan has it; bounds are rounded once. `sent`: commands of which is asked when they were
    sent."""
    return DeviceType(
        device.name,
        (*map(_field, device.fields.values()), *_events(device), *map(_sent, sent)),
        device.maximum,
        device.lateness_ns,
        device.revise_ns,
        device.idle_ns,
    )


def _field(info: FieldInfo) -> DeviceField:
    return DeviceField(
        info.name,
        value_type(info.type),
        info.role,
        None if info.low is None else float(info.low),
        None if info.high is None else float(info.high),
        info.type.choices,
        info.every_ns,
        info.stale_ns,
        info.type.name == "version",
    )


def _sent(command: str) -> DeviceField:
    """That a command was sent: whoever sends it tells so, as if the device did."""
    return DeviceField(sending(command), ValueType("bool"), "event")


def _events(device: DeviceInfo) -> Iterator[DeviceField]:
    """A field for each event, and for each value that it is told with."""
    for event in device.events:
        yield DeviceField(event, ValueType("bool"), "event")
        for name, info in device.parameters[event].items():
            low, high = (None if bound is None else float(bound) for bound in (info.low, info.high))
            version = info.type.name == "version"
            choices = info.type.choices
            yield DeviceField(f"{event}.{name}", value_type(info.type), "event", low, high, choices, version=version)


def lower_source(lowering: Lowering, source: n.Source) -> SourcePlan:
    """The nodes of a source's mappings, on the timeline of its messages."""
    at = Place(SourceScope(source.name), settled=False)
    device = lowering.typed.devices[source.device]
    where = None if source.where is None else lowering.expression(source.where, at)
    nodes: dict[str, str] = {}
    for mapping in source.mappings:
        if mapping.field == "time":
            nodes["time"] = _time(lowering, mapping, at)
        elif mapping.field in device.events:
            nodes |= _event(lowering, mapping, device, at)
        else:
            field = device.fields.get(mapping.field)
            nodes[mapping.field] = _value(lowering, mapping, None if field is None else field.type, at)
    return SourcePlan(
        source.name,
        source.format,
        source.device,
        nodes.pop("id"),
        nodes.pop("time"),
        tuple(SourceField(name, node) for name, node in nodes.items()),
        where,
        None if source.unique is None else _unique(lowering, source.unique, at),
    )


def _unique(lowering: Lowering, unique: n.Unique, at: Place) -> SourceUnique:
    return SourceUnique(lowering.expression(unique.value, at), lowering.typed.duration_ns(unique.within))


def _event(lowering: Lowering, mapping: n.Mapping, device: DeviceInfo, at: Place) -> dict[str, str]:
    """The nodes of an event and of its values; `event(code: error)` happens where one of its values is there."""
    told = event_values(mapping)
    if told is None:
        return {mapping.field: lowering.expression(mapping.value, at)}
    nodes, there = {}, []
    for value in told:
        name = value.field.partition(".")[2]
        node = nodes[value.field] = _value(lowering, value, device.parameters[mapping.field][name].type, at)
        absent = lowering.map("is_absent", (node,), BOOL, value.span)
        there.append(lowering.map("not_", (absent,), BOOL, value.span))
    happens = there[0]
    for one in there[1:]:
        happens = lowering.map("or_", (happens, one), BOOL, mapping.span)
    return {mapping.field: happens, **nodes}


def _value(lowering: Lowering, mapping: n.Mapping, declared: Type | None, at: Place) -> str:
    """A mapping's value in the field's unit: from the unit that the payload is said to be in, or the one it has."""
    if declared is not None and declared.name == "time":
        return _time(lowering, mapping, at)
    node = lowering.expression(mapping.value, at)
    if declared is None:
        return node
    given = lowering.fact(mapping.value).type
    if mapping.unit is not None:
        given = Type(declared.name, known_unit(mapping.unit), declared.affine)
    elif given.unit is None:
        return node
    return converted(lowering, node, given, declared.unit, mapping.span)


def _time(lowering: Lowering, mapping: n.Mapping, at: Place) -> str:
    """`ts in ms` counts units since the epoch; without a unit it is a text as in RFC 3339."""
    node = lowering.expression(mapping.value, at)
    type_ = lowering.fact(mapping.value).type
    if type_.name == "time":
        return node
    if mapping.unit is None and type_.unit is None:
        return lowering.map("time_from_text", (node,), TIME, mapping.span)
    unit = type_.unit if mapping.unit is None else known_unit(mapping.unit)
    assert unit is not None
    ns = lowering.add(Constant(float(unit.scale * NS_PER_S)), (), at.timeline, NUMBER, mapping.span)
    return lowering.map("time_from_number", (node, ns), TIME, mapping.span)
