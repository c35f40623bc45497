"""Sources: what one foreign message says, or why it is quarantined. The reference of `runtime.ingest`.

mapped(plan, {"m": "readings", "t_name": "truck_1", "ts": 1451606400000, "velocity": 3})
# Admitted("Truck", "truck_1", 1451606400000000000, {"velocity": 3.0})

`Intake` is that for messages one after another, where those before a message matter.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...compiler import plan as p
from ...stdlib.function import Value
from ...stdlib.versions import version_parts
from .leaves import applied

ID = re.compile(r"[A-Za-z0-9_.-]{1,256}")
YEAR_2262 = 9_214_646_400 * 10**9


@dataclass(frozen=True)
class Admitted:
    """A message of a device, as `Reference.message` takes it; fields that it does not carry are not in `fields`."""

    device: str
    id: str
    time: int
    fields: Mapping[str, Value]
    source: str = field(default="", compare=False)
    unique: Value = field(default=None, compare=False)


@dataclass(frozen=True)
class Again:
    """A message that came before."""


@dataclass(frozen=True)
class Refused:
    """Why a message is quarantined, and the field to blame if there is one."""

    reason: str
    field: str | None = None


def mapped(plan: p.Plan, payload: Any) -> Admitted | Refused:
    """What a message says by the first source that takes it; the first thing that is wrong with it otherwise."""
    if not isinstance(payload, Mapping):
        return Refused("malformed")
    for source in plan.sources:
        one = _Message(plan, source, payload)
        asked = [] if source.where is None else [source.where]
        wrong = one.bad(asked)
        if wrong is not None:
            return wrong
        if all(one.value(node) is True for node in asked):
            return one.admitted()
    return Refused("unclaimed")


@dataclass
class Intake:
    """Takes messages one after another. What is from after `latest` is from a clock that is wrong.

    `told` is the newest time that a good message told; `clamped`, how many were from the future and took it for theirs.
    """

    plan: p.Plan
    latest: int = YEAR_2262
    told: int | None = None
    clamped: int = 0
    forgotten: int = 0
    _newest: dict[tuple[str, str], int] = field(default_factory=dict)
    _remembered: dict[tuple[str, str], list[tuple[int, Value]]] = field(default_factory=dict)

    def take(self, payload: Any) -> Admitted | Again | Refused:
        found = mapped(self.plan, payload)
        if not isinstance(found, Admitted):
            return found
        if found.time <= self.latest:
            self.told = found.time if self.told is None else max(self.told, found.time)
        elif self.told is None:
            return Refused("in_future")
        else:
            self.clamped += 1
            found = replace(found, time=self.told)
        return Again() if self._came_before(found) else found

    def _came_before(self, message: Admitted) -> bool:
        """Whether its device sent this before, as its source says; what was not is remembered."""
        unique = next(source.unique for source in self.plan.sources if source.name == message.source)
        if unique is None or message.unique is None:
            return False
        device = (message.source, message.id)
        newest = self._newest[device] = max(self._newest.get(device, message.time), message.time)
        remembered = self._remembered.setdefault(device, [])
        remembered[:] = [(time, value) for time, value in remembered if time >= newest - unique.within_ns]
        if any(value == message.unique for _, value in remembered):
            return True
        if message.time >= newest - unique.within_ns:
            if len(remembered) == unique.remembered_max:
                remembered.remove(min(remembered, key=lambda one: one[0]))
                self.forgotten += 1
            remembered.append((message.time, message.unique))
        return False


@dataclass(frozen=True)
class _Message:
    """A message as one source sees it."""

    plan: p.Plan
    source: p.SourcePlan
    payload: Mapping[str, Any]

    def node(self, id_: str) -> p.PlanNode:
        at = f"source {self.source.name}"
        return next(node for node in self.plan.nodes if node.id == id_ and node.timeline == at)

    def value(self, id_: str) -> Value:
        node = self.node(id_)
        match node.operator:
            case p.Payload(path):
                return _read(self.payload, path.split("."), node.type.name)[0]
            case p.Constant(value):
                return value
            case p.Map(function):
                return applied(function, [self.value(i) for i in node.inputs])
            case other:
                raise AssertionError(f"{type(other).__name__} on a source's timeline")

    def payloads(self, outputs: Sequence[str]) -> Iterator[p.PlanNode]:
        """The payload fields behind nodes, in order, perhaps more than once."""
        for id_ in outputs:
            node = self.node(id_)
            if isinstance(node.operator, p.Payload):
                yield node
            yield from self.payloads(node.inputs)

    def bad(self, outputs: Sequence[str]) -> Refused | None:
        """The first payload field behind nodes that holds something else than its type."""
        for node in self.payloads(outputs):
            assert isinstance(node.operator, p.Payload)
            reason = _read(self.payload, node.operator.path.split("."), node.type.name)[1]
            if reason is not None:
                return Refused(reason, node.operator.path)
        return None

    def admitted(self) -> Admitted | Refused:
        source = self.source
        told_apart_by = [] if source.unique is None else [source.unique.node]
        wrong = self.bad([source.id, source.time, *(field.node for field in source.fields), *told_apart_by])
        if wrong is not None:
            return wrong
        id_, time = self.value(source.id), self.value(source.time)
        if not isinstance(id_, str):
            return Refused("no_id")
        if not ID.fullmatch(id_):
            return Refused("bad_id")
        if not isinstance(time, int):
            given = any(self.value(node.id) is not None for node in self.payloads([source.time]))
            return Refused("bad_time" if given else "no_time")
        if not 0 <= time < YEAR_2262:
            return Refused("bad_time")
        fields = {field.field: self.value(field.node) for field in source.fields}
        fields = {name: value for name, value in fields.items() if value is not None}
        device = next(device for device in self.plan.devices if device.name == source.device)
        for declared in device.fields:
            if declared.name in fields and not _in_range(declared, fields[declared.name]):
                return Refused("out_of_range", declared.name)
        unique = None if source.unique is None else self.value(source.unique.node)
        return Admitted(source.device, id_, time, fields, source.name, unique)


def _in_range(declared: p.DeviceField, value: Value) -> bool:
    if declared.choices:
        return value in declared.choices
    if declared.version:
        return version_parts(str(value)) is not None
    if not isinstance(value, float):
        return True
    return (declared.low is None or value >= declared.low) and (declared.high is None or value <= declared.high)


def _read(payload: Any, path: Sequence[str], type_: str) -> tuple[Value, str | None]:
    """A payload's value of a type (None where missing or null), and why it is none of that type."""
    value = payload
    for name in path:
        if value is None:
            break
        if not isinstance(value, Mapping):
            return None, "wrong_type"
        value = value.get(name)
    match type_, value:
        case _, None:
            return None, None
        case "text", str() if not any("\ud800" <= character <= "\udfff" for character in value):
            return value, None
        case "bool", bool():
            return value, None
        case "float" | "int", int() | float() if not isinstance(value, bool):
            if not _is_finite(value):
                return None, "not_finite"
            if type_ == "int" and not float(value).is_integer():
                return None, "wrong_type"
            return float(value), None
    return None, "wrong_type"


def _is_finite(value: float) -> bool:
    """Whether a double can hold it; Python's integers may be greater than any."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
