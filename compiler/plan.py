"""The plan: the document between the compiler and the runtime, and all that the two share.

A plan is a graph of operators. Every node is on one timeline; its inputs are nodes of the same timeline, save where its
operator says that it crosses. `docs/meaning.md` says what the operators mean; the reference interpreter is that text as
code. The document is canonical JSON (RFC 8785) with a schema version and a SHA-256 hash; it holds no code, and loading
one needs nothing but this module. Times are nanoseconds and are written as decimal strings (a JSON number cannot hold
them).

One file, read top to bottom: operators, then nodes, timelines, devices, sources, the plan.
"""

from dataclasses import dataclass
from typing import Literal

TypeName = Literal["bool", "int", "float", "text", "time", "point"]
"""How values are stored: bool; int and float both as float64; text as codes of interned strings; time as int64 ns since
the epoch; point as (latitude, longitude) in degrees. A quantity is a float in the unit of its `ValueType`; durations
are such."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a node's values are. `unit` is for display and checks; arithmetic on it was done by the compiler."""

    name: TypeName
    unit: str | None = None


# --- Operators: leaves -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payload:
    """A field of a foreign message (`a.b` looks into objects), on a source's timeline; absent where missing or null.

    A payload value of another type than the node's makes the message malformed.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that never changes; `value` is null for `absent`; a point is [latitude, longitude]."""

    value: bool | float | str | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Field:
    """The held value of a device's field: the newest by event time; absent before the first and once older than
    `stale_ns`.

    Updated by a message that carries the field and is not older than what is held, and at the timer instant at which it
    goes stale (event time of the held value + `stale_ns`).
    """

    device: str
    field: str
    stale_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`fresh(field)`: the field's value if this very message carries it, else absent. Updated by every message that
    does."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class HeldTime:
    """The event time of the newest value of a field (type time), stale or not; absent before the first."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The value that a field held before its newest one, stale or not; absent before the second. Updated when `Field`
    takes a message."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class PreviousTime:
    """The event time of `Previous` (type time)."""

    device: str
    field: str


OfField = Field | Message | HeldTime | Previous | PreviousTime
"""The operators that ask about one field of a device type."""


@dataclass(frozen=True, slots=True)
class Key:
    """A part of the timeline's key: `id` on a device's timeline, a property's name on a group's."""

    part: str


@dataclass(frozen=True, slots=True)
class Now:
    """The time of the instant (type time). Never an update by itself."""


# --- Operators: without state ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Map:
    """A function of the standard library, applied to the inputs' values at each instant (`stdlib.catalogue.SCALARS`).

    Updated when any input is. With an event among the inputs it is an event, and happens at the instants where each of
    its event inputs happens and the value is true.
    """

    function: str


@dataclass(frozen=True, slots=True)
class Delayed:
    """A node of the device's (or group's) settled timeline, seen on its current one: crosses timelines.

    What was settled for time s is seen at s + lateness, at a timer instant.
    """


# --- Operators: with state -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holds:
    """`C for D`: true from the moment at which C has been true for `duration_ns` without a break, until C is not true.

    Unknown while C is unknown; else false. Fires at a timer instant at exactly (start + duration). Updated when it
    changes.
    """

    duration_ns: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """`no x for D`: true from (last update of x, or registration) + `duration_ns` (a timer instant) to the next update.

    x an event: its happenings count. An input absent at its update (gone stale) is no update here. Updated when it
    changes.
    """

    duration_ns: int


@dataclass(frozen=True, slots=True)
class Edge:
    """An event: the input becomes true when its last definite value was false. The first definite value is no edge."""


SlicePart = Literal["count", "true", "sum", "squares", "min", "max", "first", "last"]
"""What a slice keeps of the samples of one key: how many; how many true; their sum; the sum of squared differences from
the key's first sample ever and the sum of such differences (population moments); least; greatest; first and last by
time (with their times; of equal times the later admitted is the last, the earlier the first)."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The samples of `inputs[0]` where `inputs[1]` (if given) is true, kept by slice of time, for each key of this
    timeline.

    A sample is an update of the input whose value is known. It belongs to the slice of its instant's time t: an event
    instant to floor(t / width), a timer instant (what a window gave at t) to floor((t - 1 ns) / width). On a group's
    timeline the inputs are nodes of a member device's settled timeline (this is a crossing), and a sample goes to the
    group its device belongs to at that instant.
    """

    width_ns: int
    parts: tuple[SlicePart, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Combines slices into windows; gives its value at each end, at a timer instant, if the window is not empty, or if
    it is and the one before (of this key) was not. Ends are the multiples of `every_ns` since the epoch. Input: a
    `Slices`.

    `width_ns`: the window is [end - width, end). `calendar`: it is [start of the calendar unit that holds end - 1 ns,
    in `zone`, end); with `every_ns` null it ends where the unit does.
    """

    every_ns: int | None
    width_ns: int | None = None
    calendar: Literal["today", "this_week", "this_month", "this_year"] | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The value of an aggregate (`stdlib.catalogue.AGGREGATES`) over a window's combined slices. Input: a `Window`."""

    function: str


@dataclass(frozen=True, slots=True)
class Members:
    """An aggregate over the members of a group at an instant: of the held values of `inputs[0]` where `inputs[1]` is
    true.

    Inputs are nodes of a member device's timeline (a crossing). Without inputs: `count` of the registered members of
    `device`. A member whose value is absent does not take part. Updated at every instant at which a member's input is.
    """

    function: str
    device: str


@dataclass(frozen=True, slots=True)
class StepTest:
    """`left cmp captured`: the node `left` now against a value captured at an earlier step."""

    comparison: Literal["==", "!=", "<", "<=", ">", ">="]
    left: int
    capture: int


@dataclass(frozen=True, slots=True)
class PatternStep:
    """One step; `condition` and `StepTest.left` are positions among the node's inputs, `capture` among its captures.

    An instant matches if it updates any of these inputs, the condition (if given) is true, and every test is.
    """

    condition: int | None
    tests: tuple[StepTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """The value of input `value` at the instant that matched `step` (from 0), kept for tests and for the rule's
    actions."""

    step: int
    value: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """Steps one after another, others skipped; an event at the instant of the last one. On a settled timeline.

    `unless`: an instant at which it is true (and updated) ends all partial matches, before anything else is looked at.
    `within_ns`: last - first <= within. Partial matches stand in the order they began; an instant completes the oldest
    it can, and a match drops all partial matches of its key (skip past last) and starts none. At most `partial_max` for
    a key: a further one drops the oldest, counted as `dropped_partial`. Every instant that matches the first step
    starts one, after it has advanced the others (each by at most one step; a partial match that advances is not kept at
    its old step).
    """

    steps: tuple[PatternStep, ...]
    captures: tuple[Capture, ...] = ()
    unless: int | None = None
    within_ns: int | None = None
    partial_max: int = 16


@dataclass(frozen=True, slots=True)
class Captured:
    """The value captured by the newest match; a signal that holds. Input: a `Pattern`."""

    capture: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """True in the spans [start, end) of local time on the given days (0 Monday … 6); a span past midnight belongs to
    the day it starts on. Changes at timer instants; an event at the very time of a change already sees it."""

    days: tuple[int, ...]
    start_minute: int
    end_minute: int
    zone: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's life; `docs/meaning.md` has its table. Inputs: `when` (an event if `momentary_when`), then `until` if it
    has one.

    Happens at: raised, repeated, cleared, uncertain, certain.
    """

    name: str
    momentary_when: bool
    has_until: bool
    cooldown_ns: int | None = None
    repeat_ns: int | None = None
    hold_ns: int | None = None
    latched: bool = False
    severity: str | None = None


# --- Operators: what leaves the graph --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a template shows the value of one of the node's inputs; `unit` and `type` say how to write it."""

    value: int
    type: TypeName
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class ActionArgument:
    """A named value of an event or command: an input's value, or a text made from a template."""

    name: str
    parts: tuple["str | Hole", ...]
    text: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does. `inputs[0]` is the rule; with `guarded`, `inputs[1]` must be true; the rest are values to show.

    `on` is `do` (when raised and at each repetition) or `clear`. `order` is its place in the rule's block. A text
    parameter is a template; another argument has one part, a hole.
    """

    kind: Literal["alert", "emit", "send"]
    rule: str
    on: Literal["do", "clear"]
    order: int
    name: str | None = None
    guarded: bool = False
    severity: str | None = None
    message: tuple["str | Hole", ...] = ()
    arguments: tuple[ActionArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A named signal or pattern, reported: each update of one that is paced, each change of one that is not, each
    match.

    `window_ns` is the width of the window it directly shows, so that results can say their start; null if there is
    none.
    """

    name: str
    paced: bool
    window_ns: int | None = None


Operator = (
    Payload | Constant | Field | Message | HeldTime | Previous | PreviousTime | Key | Now | Map | Delayed | Holds
    | Quiet | Edge | Slices | Window | Aggregate | Members | Pattern | Captured | Schedule | Rule | Action | Output
)  # fmt: skip


# --- The graph -------------------------------------------------------------------------------------------------------


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
    plan."""

    id: str
    operator: Operator
    inputs: tuple[str, ...]
    timeline: str
    type: ValueType
    event: bool = False
    every_ns: int | None = None
    cost: Cost = Cost()
    pin: Literal["free", "edge", "cloud"] = "free"
    private: bool = False


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A device type whose devices belong to a group: its timeline, and the nodes there that give the group's key."""

    timeline: str
    keys: tuple[str, ...]


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
    """A property or telemetry of a device type; `low` and `high` are inclusive, in the field's unit."""

    name: str
    type: ValueType
    role: Literal["property", "telemetry"]
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    every_ns: int | None = None
    stale_ns: int | None = None


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


@dataclass(frozen=True, slots=True)
class SourceField:
    field: str
    node: str


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """How messages of one foreign format become a device's: nodes on the timeline `source NAME`.

    A message is taken by the first source (in this order) whose `where` is true. `id` is a text node, `time` one of
    type time.
    """

    name: str
    format: str
    device: str
    id: str
    time: str
    fields: tuple[SourceField, ...]
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled program. Nodes are in topological order, deterministically."""

    module: str
    devices: tuple[DeviceType, ...]
    sources: tuple[SourcePlan, ...]
    timelines: tuple[Timeline, ...]
    nodes: tuple[PlanNode, ...]
