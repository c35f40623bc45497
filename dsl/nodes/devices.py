"""Domains and types, devices, and the sources that feed them."""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .expressions import Call, Expr, Number, Version

__all__ = [
    "Bounds",
    "ByProperties",
    "Command",
    "Confirm",
    "Device",
    "DeviceMember",
    "Domain",
    "Event",
    "ForDevice",
    "Mapping",
    "Parameter",
    "Property",
    "Relationship",
    "Retry",
    "Since",
    "Source",
    "Telemetry",
    "TypeName",
    "Unique",
]


@dataclass(frozen=True, slots=True)
class ForDevice(Node):
    """`for Truck`: one instance for each device."""

    device: str


@dataclass(frozen=True, slots=True)
class ByProperties(Node):
    """`by fleet, model`: one instance for each combination of these properties' values."""

    properties: tuple[str, ...]


Domain = ForDevice | ByProperties


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """`float`, `text`, `version`, `Point`, or a unit (`degC`, `L/h`); an enum has its choices."""

    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds(Node):
    """`in 0..100`: inclusive, in the unit of the type they follow unless they carry their own."""

    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Since(Node):
    """`since firmware 2.1`: what it is said of exists where this property is that version or a newer one."""

    property: str
    version: Number | Version


@dataclass(frozen=True, slots=True)
class Property(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    writable: bool = False
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Telemetry(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    every: Expr | None = None
    stale_after: Expr | None = None
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a command, event or procedure: `level: int in 0..5 = 1`."""

    name: str
    type: TypeName
    bounds: Bounds | None = None
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Event(Node):
    """`event fault(code: int)`: what a device tells as it happens, with values."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Relationship(Node):
    """`relationship feeds: Valve max 4`: devices of a type that this one is related to."""

    name: str
    device: str
    maximum: Expr | None = None
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Confirm(Node):
    """`confirm power > 20 W * level within 1 min`: what is true of the device once the command has worked."""

    condition: Expr
    within: Expr


@dataclass(frozen=True, slots=True)
class Retry(Node):
    """`retry 3 backoff 1 s..10 s`: how often at most, and between which pauses."""

    count: Expr
    backoff_low: Expr | None = None
    backoff_high: Expr | None = None


@dataclass(frozen=True, slots=True)
class Command(Node):
    """A command's declaration. Attributes say what the runtime must know to deliver it.

    `relative`: says what to add, so never blindly repeated. `ack_within`: until it is accepted; `done_within`: until
    it is done; `expires`: how long it may wait to be sent. `undo` is a `Call` of a command. `when_busy`: what becomes
    of a command for a resource that another one is using.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    idempotent: bool = False
    relative: bool = False
    protected: bool = False
    resource: str | None = None
    ack_within: Expr | None = None
    done_within: Expr | None = None
    expires: Expr | None = None
    retry: Retry | None = None
    confirm: Confirm | None = None
    undo: Call | None = None
    when_busy: Literal["queue", "supersede", "reject", "merge", "preempt"] | None = None
    since: Since | None = None


DeviceMember = Property | Telemetry | Event | Command | Relationship


@dataclass(frozen=True, slots=True)
class Device(Node):
    """A device type. `lateness`, `revise` and `idle_after` are durations; `maximum` bounds how many there are."""

    name: str
    members: tuple[DeviceMember, ...]
    maximum: Expr | None = None
    lateness: Expr | None = None
    revise: Expr | None = None
    idle_after: Expr | None = None


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """`fuel = fuel_state in ratio`: a field of the device (or `id`, `time`) from payload fields.

    `unit` is the unit the payload's number is in; without it, the declared one. `keep a, b` is the mappings `a = a`,
    `b = b`.
    """

    field: str
    value: Expr
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Unique(Node):
    """`unique message_id within 10 min`: by what a source's messages are told apart, and for how long.

    The type is `text`, or what stands behind a colon: `unique seq: int within 1 h`.
    """

    value: Expr
    within: Expr
    type: TypeName | None = None


@dataclass(frozen=True, slots=True)
class Source(Node):
    """`source readings: json for Truck where m == "readings" { … }`."""

    name: str
    format: str
    device: str
    mappings: tuple[Mapping, ...]
    where: Expr | None = None
    unique: Unique | None = None
