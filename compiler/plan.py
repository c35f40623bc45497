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


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """An event that a device tells: happens at the messages whose field of that name is true. `Message` asks for the
    values that it is told with, which are fields as well (`fault.code`)."""

    device: str
    field: str


OfField = Field | Message | HeldTime | Previous | PreviousTime | DeviceEvent
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


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A number that many constants are compared with (`Threshold`): its value, updated when the number's is."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """`number comparison value`: a comparison of a `Thresholds`' number. Unknown while that is absent. Updated when it
    changes."""

    comparison: Literal["<", "<=", ">", ">="]
    value: float


SlicePart = Literal[
    "count", "true", "sum", "squares", "min", "max", "first", "last", "time", "second",
    "values", "hashes", "frequencies", "held",
]  # fmt: skip
"""What a slice keeps of the samples of one key: how many; how many true; their sum; the sum of their squares; least;
greatest; first and last by time (with their times; of equal times the later admitted is the last, the earlier the
first); the sums of products with the time, or with the second value; tables of the values, of their hashes, of how
often each came (`stdlib.tables`). `held` stands alone: what was held between the updates, not samples."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The samples of `inputs[0]` where the last input, if that is a condition of its own, is true, kept by slice of
    time, for each key of this timeline.

    A second input that is no bool is sampled together with the first: a sample is then an update of either at which
    both are known. Of what was `held`, an update at which the value is unknown, or the condition not true, is the end;
    the time of an update is then its instant's own.

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
class Thin:
    """Whether an update of `inputs[0]` is a sample (known, and `inputs[1]`, if given, true) that its declared rate has
    room for.

    True at such an update, false at any other. A sample that comes more than `tolerance_ns` before it is due is false,
    too, and counted as `thinned`, once for each instant of a key. When the next one is due moves on by `every_ns` with
    each that counts, from that one's own time if it came later (the generic cell rate algorithm: so no window
    (t - W, t] holds more than ceil((W + tolerance) / every) of them).
    """

    every_ns: int
    tolerance_ns: int


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest samples of `inputs[0]` where `inputs[1]` (if given) is true: at most `samples`, the oldest gives way.

    With `width_ns` only those of (t - width, t]; it gives its value at every update of the input, a sample or not.
    Without, it is a window of so many samples, and gives its value at every sample; with `every_ns` (only then) at
    the timer instant of the first multiple of it that is not before a new sample. On a group's timeline the inputs are nodes of a member device's settled timeline: this is a
    crossing, as that of `Members`, save that an update which comes too late for an instant of its own takes no part.
    """

    samples: int
    width_ns: int | None = None
    every_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Samples (as those of `Recent`) with less than `gap_ns` between one and the next; a session that has lasted
    `maximum_ns` is over, and what comes then begins another.

    Gives its value at the timer instant of the last sample's time + gap (or of the first one's + maximum, if that is
    before).
    """

    gap_ns: int
    maximum_ns: int | None = None


@dataclass(frozen=True, slots=True)
class While:
    """The samples (as those of `Recent`) at instants at which the last input, a condition of this timeline, is true.

    Gives its value at the instant at which the condition is looked at and no longer true, though there was no sample.
    """


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The value of an aggregate (`stdlib.catalogue.AGGREGATES`) over a window's samples, with its option if it has one.
    Input: a `Window`, a `Recent`, a `Session` or a `While`."""

    function: str
    option: float | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """A detector or filter (`stdlib.catalogue.STATEFUL`) that follows its input, sample by sample; updated at each.

    A sample is an update of `inputs[0]` that is known, where `inputs[1]` (if given) is true. `parameters` are the
    function's further ones, in their order: values in the unit of the input, times in ns. A function of a window gets
    the newest `samples_max` samples, the present one among them; with `window_ns` those of (t - window, t].
    """

    function: str
    parameters: tuple[float, ...] = ()
    window_ns: int | None = None
    samples_max: int | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """An aggregate over the members of a group at an instant: of the held values of `inputs[0]` (and of `inputs[1]`, if
    that is no bool) where the last input, if that is a condition of its own, is true.

    Inputs are nodes of a member device's timeline (a crossing). Without inputs: `count` of the registered members of
    `device`. A member whose value is absent does not take part. Updated at every instant at which a member's input is.
    """

    function: str
    device: str
    option: float | None = None


@dataclass(frozen=True, slots=True)
class OfGroup:
    """A group's value for a device: what `inputs[0]`, a node of the group's current timeline, was when last looked at.

    On a device's current timeline (this is a crossing). The further inputs are the device's values of the group's key
    properties, in their order; of the group that they name, the value is what it had given through the inputs before
    the one at hand. Never an update.
    """


@dataclass(frozen=True, slots=True)
class PushInput:
    """The value of one of the pattern's inputs at this instant."""

    input: int


@dataclass(frozen=True, slots=True)
class PushBound:
    """What a thread has bound: a place among the pattern's `bounds`."""

    bound: int


@dataclass(frozen=True, slots=True)
class PushConstant:
    """A constant; null is `absent`."""

    value: bool | float | str | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the standard library (`stdlib.catalogue.SCALARS`) of the topmost values of the stack, the last
    argument on top; its result takes their place. `type` is the result's."""

    function: str
    arguments: int
    type: TypeName


Term = PushInput | PushBound | PushConstant | Apply
"""One piece of a test in postfix form; evaluated on a stack that is empty before and holds the answer after."""


@dataclass(frozen=True, slots=True)
class PatternStep:
    """When an instant *meets* a step: it updates one of the inputs `updates`, the input `condition` (if given) is true,
    and so is `test` (if not empty), which speaks of what the thread has bound before this instant. `name` is what an
    output calls its events."""

    updates: tuple[int, ...]
    condition: int | None = None
    test: tuple[Term, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a thread keeps of the events that it took at any of `steps`, of each the value of the input `value` then.

    `count`: how many of these values are known (without `value`: how many events); `true`: how many are true; `first`
    and `last` are of all events, the others of the known values (`sum` in the order of the events, `squares` the sum of
    the squared differences from the first known value). Before the first: 0 for `count` and `true`, else absent.
    """

    steps: tuple[int, ...]
    how: Literal["count", "true", "first", "last", "min", "max", "sum", "squares"]
    value: int | None = None


Link = Literal["then", "next", "each"]
"""How an event is waited for. `then`: what does not meet the step is skipped. `next`: the first instant that updates
what the step speaks of must meet it. `each`: as `then`, and who takes an event also goes on waiting for another."""


@dataclass(frozen=True, slots=True)
class Take:
    """An event that meets a step."""

    step: int
    link: Link = "then"


@dataclass(frozen=True, slots=True)
class Silence:
    """The step is not met for `duration_ns` after the event before (or after the end of the silence before)."""

    step: int
    duration_ns: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The step is not met until the time of the nearest `Ends` with `within_ns` around is over, whose last part this
    is."""

    step: int


@dataclass(frozen=True, slots=True)
class Without:
    """The step is not met before the next event is taken (or, before a `Silence` or `Rest`, before that is over)."""

    step: int


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after another."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts one after another, in any order."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """A part again and again: at least, and at most, so many times. `at_most` null: no limit.

    `until`: an instant that meets this step ends all threads that wait for the first event of a turn. `mode`: see
    `docs/meaning.md`.
    """

    of: "Part"
    at_least: int
    at_most: int | None
    mode: Literal["greedy", "lazy"] | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Ends:
    """A part with ends of its own, from its first event on: `unless` is a step that must not be met while it is under
    way; from its first event to its last at most `within_ns`."""

    of: "Part"
    unless: int | None = None
    within_ns: int | None = None


Part = Take | Silence | Rest | Without | Row | AllOf | AnyOf | Turns | Ends


@dataclass(frozen=True, slots=True)
class Pattern:
    """An event: the body was completed by what happened in order. On a settled timeline; `docs/meaning.md` has the
    small steps.

    `skip`, and for `to first` and `to last` the steps it speaks of: where the search goes on after a match. `longest`:
    a completed match is held back while a thread that stands before it lives. `listed`: an output lists matches, each
    with its events. At most `threads_max` threads for a key, each with at most `events_max` events. `newest_only`: of
    the threads that wait for one step only the newest is kept (where matches are the same without the others).
    On a group's timeline inputs may be of its members' settled timelines (this is a crossing).
    """

    steps: tuple[PatternStep, ...]
    body: Part
    bounds: tuple[Bound, ...] = ()
    skip: Literal["none", "next", "past last", "to first", "to last"] = "past last"
    skip_to: tuple[int, ...] = ()
    longest: bool = False
    listed: bool = False
    newest_only: bool = False
    threads_max: int = 16
    events_max: int = 16


@dataclass(frozen=True, slots=True)
class Expired:
    """An event: what had begun of a pattern ran out of time without a match; a timer instant. Input: a `Pattern`."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What the newest match had bound; a signal that holds. Input: a `Pattern`, or an `Expired` (what the newest one
    that ran out of time had bound)."""

    bound: int


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


@dataclass(frozen=True, slots=True)
class Raised:
    """Whether a rule is raised; absent before it first is. Input: a `Rule`. Updated when it changes."""


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
    Payload | Constant | Field | Message | HeldTime | Previous | PreviousTime | DeviceEvent | Key | Now | Map
    | Delayed | Holds | Quiet | Edge | Thresholds | Threshold | Slices | Window | Thin | Recent | Session | While
    | Aggregate | Following | Members | OfGroup | Pattern | Captured | Expired | Schedule | Rule | Raised | Action
    | Output
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
    """A property or telemetry of a device type, an event (a bool), or a value that an event is told with; `low` and `high` are inclusive, in the field's unit; a text
    that is not one of its `choices`, or, with `version`, no version, is bad."""

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
    """A compiled program. Nodes are in topological order, deterministically."""

    module: str
    devices: tuple[DeviceType, ...]
    sources: tuple[SourcePlan, ...]
    timelines: tuple[Timeline, ...]
    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """What a plan that takes the place of another goes on with (`compiler.migration`).

    `nodes`: pairs of a node and the node of the plan before whose state it takes over. `later`: aggregates that are new
    over slices that are taken over; they begin with the first window that holds no sample from before.
    """

    nodes: tuple[tuple[str, str], ...]
    later: tuple[str, ...] = ()
