"""The graph, and all that a plan says beside it: timelines, devices, sources."""

from dataclasses import dataclass
from typing import Literal

from .commands import CommandPlan, ProcedurePlan
from .leaves import Constant, DeviceEvent, Field, HeldTime, Key, Message, Now, Payload, Previous, PreviousTime, Received
from .patterns import Captured, Expired, Pattern
from .rules import Action, AtRaising, Flaps, Output, Raised, Rule, Schedule
from .streams import (
    Aggregate,
    Chosen,
    Delayed,
    Edge,
    Following,
    Holds,
    Lookup,
    Map,
    Members,
    OfGroup,
    Partial,
    Quiet,
    Recent,
    Session,
    Slices,
    Thin,
    Threshold,
    Thresholds,
    While,
    Window,
)
from .tables import ReferenceTable
from .targets import TargetPlan
from .twins import (
    Calibrated,
    Calibration,
    Predicted,
    PredictedDeviation,
    TimeUntil,
    TwinCovariance,
    TwinModel,
    TwinState,
    TwinValue,
)
from .values import ValueType

Operator = (
    Payload | Received | Constant | Field | Message | HeldTime | Previous | PreviousTime | DeviceEvent | Key | Now
    | Map | Lookup | Delayed | Holds | Quiet | Edge | Thresholds | Threshold | Slices | Partial | Window | Thin | Recent
    | Session | While | Aggregate | Following | Members | Chosen | OfGroup | Pattern | Captured | Expired | Schedule
    | Rule | Flaps | Raised | AtRaising | Action | Output | TwinState | TwinValue | TwinCovariance | Predicted
    | PredictedDeviation | TimeUntil | Calibration | Calibrated
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """What the compiler says a node costs. `state_bytes_per_key` bounds its state for one key; rates are null if
    undeclared."""

    state_bytes_per_key: int = 0
    cpu_ns_per_event: float = 0.0
    output_rate_hz: float | None = None
    output_bytes: int = 0


@dataclass(frozen=True, slots=True)
class PlanNode:
    """An operator of the graph. `id` is its structural hash: equal work is one node. Inputs come before it in the
    plan. `pin`: the target at which it must stand; `private`: it may not leave the edge."""

    id: str
    operator: Operator
    inputs: tuple[str, ...]
    timeline: str
    type: ValueType
    event: bool = False
    every_ns: int | None = None
    cost: Cost = Cost()
    pin: str | None = None
    private: bool = False


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A device type whose devices belong to a group: its timeline, and the nodes there that give the group's key.

    Where `waiting_max` updates for each member (of all member types together) wait for the group's time, it goes on to
    the earliest.
    """

    timeline: str
    keys: tuple[str, ...]
    waiting_max: int = 4096


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where instants are: a device's or a group's, current or settled; or a source's (its messages as they come).

    ids: `Truck`, `Truck settled`, `by fleet`, `by fleet settled`, `one`, `one settled`, `source readings`. A group's
    members' timelines are settled if it is.
    """

    id: str
    kind: Literal["device", "group", "source"]
    settled: bool = False
    device: str | None = None
    keys: tuple[str, ...] = ()
    members: tuple[GroupMember, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceField:
    """A property or telemetry of a device type, an event (a bool), or a value that an event is told with. `low` and
    `high` are inclusive, in the field's unit; a text that is not one of its `choices`, or, with `version`, no version,
    is bad."""

    name: str
    type: ValueType
    role: Literal["property", "telemetry", "event"]
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    every_ns: int | None = None
    stale_ns: int | None = None
    version: bool = False


@dataclass(frozen=True, slots=True)
class DeviceType:
    """`settle_max` bounds the messages of one device that wait for stragglers; further ones settle the oldest early."""

    name: str
    fields: tuple[DeviceField, ...]
    maximum: int | None = None
    lateness_ns: int = 0
    revise_ns: int = 0
    idle_ns: int = 60_000_000_000
    settle_max: int = 4096
    commands: tuple[CommandPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceField:
    field: str
    node: str


@dataclass(frozen=True, slots=True)
class SourceUnique:
    """By what the messages of one device are told apart: a text or an int node.

    A message is a duplicate if one with the same value is remembered. A value is remembered until the newest time of
    the device's messages is more than `within_ns` after that of the message that had it; of more than `remembered_max`,
    those of the least times are forgotten early.
    """

    node: str
    within_ns: int
    remembered_max: int = 1024


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """How messages of one foreign format become a device's: nodes on the timeline `source NAME`.

    A message is taken by the first source (in this order) whose `where` is true. `id` is a text node, `time` one of
    type time. With `unique`, duplicates do nothing.
    """

    name: str
    format: str
    device: str
    id: str
    time: str
    fields: tuple[SourceField, ...]
    where: str | None = None
    unique: SourceUnique | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled program. Nodes are in topological order, deterministically; targets from the devices up."""

    module: str
    devices: tuple[DeviceType, ...]
    sources: tuple[SourcePlan, ...]
    timelines: tuple[Timeline, ...]
    nodes: tuple[PlanNode, ...]
    targets: tuple[TargetPlan, ...] = ()
    procedures: tuple[ProcedurePlan, ...] = ()
    twins: tuple[TwinModel, ...] = ()
    tables: tuple[ReferenceTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """What a plan that takes the place of another goes on with (`compiler.migration`).

    `nodes`: pairs of a node and the node of the plan before whose state it takes over. `later`: aggregates that are new
    over slices that are taken over; they begin with the first window that holds no sample from before.
    """

    nodes: tuple[tuple[str, str], ...]
    later: tuple[str, ...] = ()
