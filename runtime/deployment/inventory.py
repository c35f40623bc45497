"""An inventory: which devices there are, with what properties, and at which gateway each attaches.

    inventory = inventory_of(plan, [Record(1, {"type": "Fridge", "id": "f1", "properties": {"site": "oslo"}})])
    inventory.devices[0].properties      # {"site": "oslo"}

It is checked as a whole against a plan: all that is wrong with it is told, with the line and what to do.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.conversion import parse_time, write_time
from ...stdlib.function import Value
from ...stdlib.versions import version_parts

ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
"""Of devices and of gateways."""

TIME_MAX_NS = 9_214_646_400 * 10**9
DEVICE_MEMBERS = {"type", "id", "gateway", "since", "properties"}
GATEWAY_MEMBERS = {"gateway", "target", "keys"}


@dataclass(frozen=True, slots=True)
class Record:
    """What stands at a line of an inventory; `textual`: all values are texts, as in CSV."""

    line: int
    members: Mapping[str, Any]
    textual: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a line (0: with the whole), and what to do."""

    line: int
    text: str


class InventoryError(ValueError):
    """An inventory that does not fit the plan, or itself; `faults` are all that were found, in order of lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("; ".join(f"line {fault.line}: {fault.text}" for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Registered:
    """A device; `gateway` and `since_ns` (when it was registered) where they are given."""

    device: str
    id: str
    properties: Mapping[str, Value]
    gateway: str | None = None
    since_ns: int | None = None
    line: int = field(default=0, compare=False)

    def record(self) -> dict[str, Any]:
        """The record that says this, as JSON can hold it."""
        found: dict[str, Any] = {"type": self.device, "id": self.id}
        if self.properties:
            found["properties"] = {name: _as_json(value) for name, value in self.properties.items()}
        if self.gateway is not None:
            found["gateway"] = self.gateway
        if self.since_ns is not None:
            found["since"] = write_time(self.since_ns)
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """A gateway that the inventory names: one of a target, for these values of the target's keys."""

    name: str
    target: str
    keys: Mapping[str, Value]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Inventory:
    devices: tuple[Registered, ...] = ()
    gateways: tuple[Named, ...] = ()


def inventory_of(plan: p.Plan, records: Iterable[Record]) -> Inventory:
    """The inventory that records make for a plan. Raises `InventoryError`."""
    checking = _Checking(plan)
    for record in records:
        checking.take(record)
    checking.count()
    if checking.faults:
        raise InventoryError(checking.faults)
    return Inventory(tuple(checking.devices.values()), tuple(checking.gateways.values()))


class _Wrong(Exception):
    """What is wrong with a record."""


class _Checking:
    def __init__(self, plan: p.Plan) -> None:
        self.types = {device.name: device for device in plan.devices}
        self.targets = {target.name: target for target in plan.targets}
        self.key_fields = {key: self._property(key) for target in plan.targets for key in target.keys}
        self.devices: dict[tuple[str, str], Registered] = {}
        self.gateways: dict[str, Named] = {}
        self.faults: list[Fault] = []

    def take(self, record: Record) -> None:
        try:
            if "type" in record.members or "id" in record.members:
                self._device(record)
            elif "gateway" in record.members or "target" in record.members:
                self._gateway(record)
            else:
                raise _Wrong("neither a device (`type` and `id`) nor a gateway (`gateway` and `target`)")
        except _Wrong as wrong:
            self.faults.append(Fault(record.line, str(wrong)))

    def count(self) -> None:
        """Whether there are more devices of a type than there may be."""
        for type_ in self.types.values():
            ours = [one for one in self.devices.values() if one.device == type_.name]
            if type_.maximum is not None and len(ours) > type_.maximum:
                line = ours[type_.maximum].line
                more = f"there are {len(ours)} {type_.name}, and `max` is {type_.maximum}"
                self.faults.append(Fault(line, f"{more}; raise `max` in the program, or take some out"))

    def _property(self, name: str) -> p.DeviceField | None:
        """What a key of targets is: the same for all device types that have it."""
        fields = (f for device in self.types.values() for f in device.fields if f.name == name and f.role == "property")
        return next(fields, None)

    # --- Devices -----------------------------------------------------------------------------------------------------

    def _device(self, record: Record) -> None:
        members = record.members
        _only(members, DEVICE_MEMBERS)
        name, id_ = _text(members, "type"), _text(members, "id")
        type_ = self.types.get(name)
        if type_ is None:
            raise _Wrong(f"the program has no device type `{name}`: {_listed(self.types)}")
        if not ID.fullmatch(id_):
            raise _Wrong(f"`{_short(id_)}` cannot be an id: use letters, digits, `_`, `.` and `-`")
        before = self.devices.get((name, id_))
        if before is not None:
            raise _Wrong(f"{name} `{id_}` stands in line {before.line} already; take one of the two out")
        properties = self._properties(type_, _mapping(members, "properties"), record)
        gateway = self._gateway_name(members) if members.get("gateway") is not None else None
        since = self._since(members)
        self.devices[name, id_] = Registered(name, id_, properties, gateway, since, record.line)

    def _properties(self, type_: p.DeviceType, given: Mapping[str, Any], record: Record) -> dict[str, Value]:
        """The properties given; every one that is wrong is a fault of its own."""
        fields = {one.name: one for one in type_.fields}
        found: dict[str, Value] = {}
        for name, value in given.items():
            declared = fields.get(name)
            try:
                if declared is None or declared.role != "property":
                    what = "has no property" if declared is None else f"has no property but {declared.role}"
                    known = [one.name for one in type_.fields if one.role == "property"]
                    raise _Wrong(f"{type_.name} {what} `{_short(name)}`: {_listed(known)}")
                if value is not None:
                    found[name] = _property_value(declared, value, textual=record.textual)
            except _Wrong as wrong:
                self.faults.append(Fault(record.line, str(wrong)))
        return found

    def _since(self, members: Mapping[str, Any]) -> int | None:
        text = members.get("since")
        if text is None:
            return None
        since = parse_time(text) if isinstance(text, str) else None
        if since is None or not 0 <= since < TIME_MAX_NS:
            raise _Wrong(f"`since` is {_shown(text)}, not a time: write it as 2026-03-01T08:00:00Z")
        return since

    # --- Gateways ----------------------------------------------------------------------------------------------------

    def _gateway(self, record: Record) -> None:
        members = record.members
        _only(members, GATEWAY_MEMBERS)
        name, target_name = self._gateway_name(members), _text(members, "target")
        target = self.targets.get(target_name)
        if target is None:
            raise _Wrong(f"the program has no target `{target_name}`: {_listed(self.targets)}")
        before = self.gateways.get(name)
        if before is not None:
            raise _Wrong(f"gateway `{name}` stands in line {before.line} already; take one of the two out")
        given = _mapping(members, "keys")
        if given.keys() != set(target.keys):
            wanted = ", ".join(f"`{key}`" for key in target.keys) or "none"
            raise _Wrong(f"`{target_name}` is {_by(target)}: the `keys` of gateway `{name}` must be {wanted}")
        keys: dict[str, Value] = {}
        for key in target.keys:
            declared = self.key_fields[key]
            if declared is None or given[key] is None:
                raise _Wrong(f"gateway `{name}` needs a value for `{key}`")
            keys[key] = _property_value(declared, given[key], textual=record.textual)
        self.gateways[name] = Named(name, target_name, keys, record.line)

    def _gateway_name(self, members: Mapping[str, Any]) -> str:
        name = _text(members, "gateway")
        if not ID.fullmatch(name):
            raise _Wrong(f"`{_short(name)}` cannot name a gateway: use letters, digits, `_`, `.` and `-`")
        return name


# --- Values ----------------------------------------------------------------------------------------------------------


def _property_value(declared: p.DeviceField, given: Any, *, textual: bool) -> Value:
    """A property's value, as a message would bring it."""
    value = _from_text(declared, given) if textual else _from_json(declared, given)
    if value is None:
        raise _Wrong(f"`{declared.name}` is {_shown(given)}, not {_wanted(declared)}")
    if declared.choices and value not in declared.choices:
        raise _Wrong(f"`{declared.name}` is {_shown(given)}: it can be {', '.join(declared.choices)}")
    if declared.version and version_parts(str(value)) is None:
        raise _Wrong(f"`{declared.name}` is {_shown(given)}, not a version: write it as 2.1.0")
    if isinstance(value, float):
        low, high = declared.low, declared.high
        if (low is not None and value < low) or (high is not None and value > high):
            unit = f" {declared.type.unit}" if declared.type.unit else ""
            bounds = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}{unit}"
            raise _Wrong(f"`{declared.name}` is {_shown(given)}: it must be in {bounds}")
    return value


def _from_json(declared: p.DeviceField, given: Any) -> Value:
    """The value of the field's type; None if it is of another."""
    match declared.type.name, given:
        case "bool", bool():
            return given
        case "text", str() if not any("\ud800" <= character <= "\udfff" for character in given):
            return given
        case "time", str():
            time = parse_time(given)
            return time if time is not None and 0 <= time < TIME_MAX_NS else None
        case "int" | "float", int() | float() if not isinstance(given, bool):
            return _number(declared, given)
        case "point", [latitude, longitude]:
            degrees = p.DeviceField("", p.ValueType("float"), "property")
            one, other = _from_json(degrees, latitude), _from_json(degrees, longitude)
            return (one, other) if isinstance(one, float) and isinstance(other, float) else None
        case _:
            return None


def _from_text(declared: p.DeviceField, given: Any) -> Value:
    try:
        match declared.type.name:
            case "bool":
                return {"true": True, "false": False}.get(given)
            case "int" | "float":
                return _number(declared, float(given))
            case "point":
                return _from_json(declared, [float(part) for part in given.split()])
            case _:
                return _from_json(declared, given)
    except ValueError:
        return None


def _number(declared: p.DeviceField, given: float) -> float | None:
    try:
        number = float(given)
    except OverflowError:
        return None
    whole = declared.type.name != "int" or number.is_integer()
    return number if math.isfinite(number) and whole else None


def _as_json(value: Value) -> Any:
    match value:
        case tuple():
            return list(value)
        case int() if not isinstance(value, bool):
            return write_time(value)
        case _:
            return value


def _wanted(declared: p.DeviceField) -> str:
    unit = f" in {declared.type.unit}" if declared.type.unit else ""
    words = {
        "bool": "true or false", "int": "a whole number", "float": f"a number{unit}", "text": "a text",
        "time": "a time like 2026-03-01T08:00:00Z", "point": "a latitude and a longitude",
    }  # fmt: skip
    return words[declared.type.name]


# --- Members of records ----------------------------------------------------------------------------------------------


def _only(members: Mapping[str, Any], known: set[str]) -> None:
    strange = sorted(members.keys() - known)
    if strange:
        raise _Wrong(f"`{_short(strange[0])}` is not known here: {_listed(sorted(known))}")


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if value is None:
        raise _Wrong(f"`{name}` is missing")
    if not isinstance(value, str):
        raise _Wrong(f"`{name}` is {_shown(value)}, not a text")
    return value


def _mapping(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _Wrong(f"`{name}` is {_shown(value)}, not an object")
    return value


def _by(target: p.TargetPlan) -> str:
    return f"one for each {' and '.join(target.keys)}" if target.keys else "one in all"


def _listed(names: Collection[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there are none"


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"`{_short(value)}`"
        case int() | float():
            return _short(str(value)) if abs(value) < 1e18 else "a huge number"
        case _:
            return "a list" if isinstance(value, list) else "an object"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"
