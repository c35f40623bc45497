"""Sources: how foreign messages become a device's. A payload's field has the type that its use needs.

A number that comes straight from the payload is in the mapping's unit, or in the declared one, and its fact says so; a
value computed from payload fields is a plain number, in the mapping's unit or in the declared one.
"""

from dataclasses import replace

from ..dsl import nodes as n
from ..dsl.unit_problems import UnknownUnit
from ..grammar.units import Unit, parse_unit, unit_names
from .check_context import Checking, Context
from .check_operands import Operand, in_type, is_payload
from .check_places import check_condition, check_duration, check_typed, check_value
from .check_types import INT, SECOND, TEXT, declared, described, is_duration, is_number, quantity_type
from .problems_names import Duplicate, UnknownField
from .problems_rules import SourceLacks, UnknownFormat
from .problems_types import WrongArguments, WrongType
from .problems_units import WrongUnit
from .resolve import beginning, closest
from .typed import DeviceInfo, PayloadRef, SourceScope, Type

FORMATS = ("json", "csv", "parquet", "arrow")


def check_source(c: Checking, source: n.Source) -> None:
    """A source's format, its condition and its mappings."""
    at = Context(SourceScope(source.name))
    if source.format not in FORMATS:
        c.report(UnknownFormat(span=source.span, format=source.format))
    if source.where is not None:
        check_condition(c, source.where, at, "`where`")
    seen: dict[str, n.Mapping] = {}
    for mapping in source.mappings:
        if mapping.field in seen:
            first = seen[mapping.field].span
            c.report(Duplicate(span=mapping.span, what="mapping", name=mapping.field, first=first))
            continue
        seen[mapping.field] = mapping
        _mapping(c, source, mapping, at)
    if source.unique is not None:
        _unique(c, source.unique, at)
    for needed in ("id", "time"):
        if needed not in seen:
            c.report(SourceLacks(span=source.span, source=source.name, field=needed))


def _unique(c: Checking, unique: n.Unique, at: Context) -> None:
    """By what messages are told apart: a text, or a whole number."""
    place = "`unique`"
    check_duration(c, unique.within, at, "`within`")
    type_ = TEXT if unique.type is None else declared(unique.type)
    if type_ not in (TEXT, INT):
        got = described(type_) if isinstance(type_, Type) else f"`{type_.name}`"
        c.report(WrongType(span=unique.span, place=place, needed="`text` or `int`", got=got))
    elif (fact := check_value(c, unique.value, at, place)) is not None:
        if is_payload(c, unique.value):
            in_type(c, Operand(unique.value, fact), type_)
        else:
            check_typed(c, unique.value, at, type_, place)


def _mapping(c: Checking, source: n.Source, mapping: n.Mapping, at: Context) -> None:
    unit: Unit | None = None
    if mapping.unit is not None:
        unit = parse_unit(mapping.unit)
        if unit is None:
            known = closest(mapping.unit, unit_names())
            c.report(UnknownUnit(span=mapping.span, unit=mapping.unit, similar=() if known is None else (known,)))
            return
    if mapping.field == "id":
        _plain(c, mapping, TEXT, unit, at)
    elif mapping.field == "time":
        _time(c, mapping, unit, at)
    else:
        info = c.devices.get(source.device)
        if info is None:
            check_value(c, mapping.value, at, f"`{mapping.field}`")
            return
        if (source.device, mapping.field) in c.broken:
            return
        if mapping.field in info.events:
            _event(c, mapping, info, at)
            return
        if mapping.field not in info.fields:
            known = closest(mapping.field, (*info.fields, *info.events, "id", "time"))
            span = beginning(mapping.span, mapping.field)
            c.report(UnknownField(span=span, name=mapping.field, device=source.device, closest=known))
            return
        _of_type(c, mapping, info.fields[mapping.field].type, unit, at)


def _of_type(c: Checking, mapping: n.Mapping, type_: Type, unit: Unit | None, at: Context) -> None:
    if type_.name == "time":
        _time(c, mapping, unit, at)
    elif is_number(type_):
        _number(c, mapping, type_, unit, at)
    else:
        _plain(c, mapping, type_, unit, at)


def event_values(mapping: n.Mapping) -> list[n.Mapping] | None:
    """The values of `fault = event(code: error)`, each a mapping to `fault.code`; None of a condition."""
    value = mapping.value
    if not isinstance(value, n.Call) or value.function != "event":
        return None
    return [n.Mapping(f"{mapping.field}.{a.name}", a.value, None, span=a.span) for a in value.arguments]


def _event(c: Checking, mapping: n.Mapping, info: DeviceInfo, at: Context) -> None:
    """`fault = kind == "fault"`, where it is true; `fault = event(code: error)`, where a value is there."""
    place = f"the event `{mapping.field}`"
    values = event_values(mapping)
    if values is None:
        check_condition(c, mapping.value, at, place)
        return
    assert isinstance(mapping.value, n.Call)
    parameters = info.parameters[mapping.field]
    signature = ", ".join(f"{name}: …" for name in parameters)
    used_as = f"{mapping.field} = event({signature})" if parameters else f'{mapping.field} = kind == "{mapping.field}"'
    if not values:
        problem = "needs a value that says whether it happens"
        c.report(WrongArguments(span=mapping.value.span, function="event", problem=problem, signature=used_as))
    for value, argument in zip(values, mapping.value.arguments, strict=True):
        found = parameters.get(argument.name or "")
        if found is None or argument.window is not None or argument.where is not None:
            problem = f"takes the values of {place} by their names"
            c.report(WrongArguments(span=argument.span, function="event", problem=problem, signature=used_as))
        else:
            _of_type(c, value, found.type, None, at)


def _plain(c: Checking, mapping: n.Mapping, type_: Type, unit: Unit | None, at: Context) -> None:
    """A text, a bool, a position: of the declared type, without a unit."""
    if unit is not None:
        needed = described(type_)
        c.report(WrongType(span=mapping.span, place=f"`{mapping.field}`", needed=needed, got="a number in a unit"))
        return
    fact = check_value(c, mapping.value, at, f"`{mapping.field}`")
    if fact is None:
        return
    if type_.name == "point" and isinstance(fact.reference, PayloadRef):
        got = "one field of the payload: write `Point(latitude, longitude)`"
        c.report(WrongType(span=mapping.value.span, place=f"`{mapping.field}`", needed="a position", got=got))
        return
    check_typed(c, mapping.value, at, type_, f"`{mapping.field}`")


def _number(c: Checking, mapping: n.Mapping, type_: Type, unit: Unit | None, at: Context) -> None:
    """A number: in the unit said, or in the declared one."""
    place = f"`{mapping.field}`"
    if unit is not None and (type_.unit is None or unit.dimension != type_.unit.dimension):
        declared = "without a unit" if type_.unit is None else f"in `{type_.unit.text}`"
        c.report(WrongUnit(span=mapping.span, field=mapping.field, declared=declared, unit=unit.text))
        return
    fact = check_value(c, mapping.value, at, place)
    if fact is None:
        return
    if is_payload(c, mapping.value):
        given = type_ if unit is None else replace(quantity_type(unit), name=type_.name, affine=type_.affine)
        in_type(c, Operand(mapping.value, fact), given)
    elif fact.type.unit is not None or not is_number(fact.type):
        if unit is not None and is_number(fact.type):
            got = f"{described(fact.type)} with another unit"
            c.report(WrongType(span=mapping.value.span, place=place, needed="a plain number", got=got))
            return
        check_typed(c, mapping.value, at, type_, place)


def _time(c: Checking, mapping: n.Mapping, unit: Unit | None, at: Context) -> None:
    """`ts in ms` counts since the epoch; without a unit it is a text as in RFC 3339."""
    place = f"`{mapping.field}`"
    fact = check_value(c, mapping.value, at, place)
    if fact is None:
        return
    given = Operand(mapping.value, fact)
    if unit is None:
        if is_payload(c, mapping.value):
            in_type(c, given, TEXT)
        elif fact.type.name not in ("text", "time"):
            needed = "a text as in RFC 3339, or a number with `in` and its unit"
            c.report(WrongType(span=mapping.value.span, place=place, needed=needed, got=described(fact.type)))
        return
    if unit.dimension != SECOND.dimension:
        c.report(WrongUnit(span=mapping.span, field=mapping.field, declared="as a time", unit=unit.text))
    elif is_payload(c, mapping.value):
        in_type(c, given, Type("float", unit))
    elif not is_number(fact.type) or (fact.type.unit is not None and not is_duration(fact.type)):
        c.report(WrongType(span=mapping.value.span, place=place, needed="a number", got=described(fact.type)))
