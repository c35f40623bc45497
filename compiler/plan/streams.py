"""Operators on what others give: functions, episodes, windows, detectors, members of groups."""

from dataclasses import dataclass
from typing import Literal

# --- Operators: without state ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Map:
    """A function of the standard library, applied to the inputs' values at each instant (`stdlib.catalogue.SCALARS`).

    Updated when any input is. With an event among the inputs it is an event, and happens at the instants where each of
    its event inputs happens and the value is true.
    """

    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Map):
    """A function, too: what a column of a table (`Plan.tables`) says in the row that has the inputs' values as its
    keys; absent where one of them is, and where there is no such row."""

    function: str = "lookup"
    table: str
    column: str


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
    "values", "hashes", "frequencies", "held", "lines",
]  # fmt: skip
"""What a slice keeps of the samples of one key: how many; how many true; their sum; the sum of their squares; least;
greatest; first and last by time (with their times; of equal times the later admitted is the last, the earlier the
first); the sums of products with the time, or with the second value; tables of the values, of their hashes, of how
often each came (`stdlib.tables`). Two stand alone: `held`, what was held between the updates, not samples; and `lines`,
those from each sample to the next (`stdlib.lines`)."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The samples of `inputs[0]` where the last input, if that is a condition of its own, is true, kept by slice of
    time, for each key of this timeline.

    A second input that is no bool is sampled together with the first: a sample is then an update of either at which
    both are known. Of what was `held`, an update at which the value is unknown, or the condition not true, is the end;
    the time of an update is then its instant's own, as it is for `lines`.

    A sample is an update of the input whose value is known. It belongs to the slice of its instant's time t: an event
    instant to floor(t / width), a timer instant (what a window gave at t) to floor((t - 1 ns) / width). On a group's
    timeline the inputs are nodes of a member device's settled timeline (this is a crossing), and a sample goes to the
    group its device belongs to at that instant.

    In a part of a plan above gateways that a group spans, the input can be a `Received` of what their `Partial`s give.
    """

    width_ns: int
    parts: tuple[SlicePart, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """What a group's `Slices` come to of the members at one gateway: for each slice of time a row of parts. In parts of
    a plan only; inputs as those of `Slices`.

    A slice is given at the timer instant of its end. Samples that come when it has been given are given at the group's
    next row, by themselves, as of the same end.
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
    """Whether a sample of `inputs[0]` (an update that is known, with `inputs[1]`, if given, true) is one that its rate
    has room for; absent at an update that is no sample.

    A sample that comes more than `tolerance_ns` before it is due is false, and counted as `thinned`, once for each
    instant of a key. When the next one is due moves on by `every_ns` with
    each that counts, from that one's own time if it came later (the generic cell rate algorithm: so no window
    (t - W, t] holds more than ceil((W + tolerance) / every) of them).
    """

    every_ns: int
    tolerance_ns: int


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest samples of `inputs[0]` where `inputs[1]` (if given) is true: at most `samples`, the oldest gives way.

    With `width_ns` only those of (t - width, t]; it gives its value at every update of the input, a sample or not.
    Without, it is a window of so many samples, and gives its value at every sample; with `every_ns` (only then) at the
    timer instant of the first multiple of it that is not before a new sample. On a group's timeline the inputs can be
    nodes of a member device's settled timeline: this is a crossing, as that of `Members`, save that an update which
    comes too late for an instant of its own takes no part.

    `held`: it is about what was held in [t - width, t), or since the oldest of the samples. An update that is no sample
    is the end of what was held; one at which `inputs[1]` is a `Thin` that is false is left out.
    """

    samples: int
    width_ns: int | None = None
    every_ns: int | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """Samples (as those of `Recent`) with less than `gap_ns` between one and the next; a session that has lasted
    `maximum_ns` is over, and what comes then begins another.

    Gives its value at the timer instant of the last sample's time + gap (or of the first one's + maximum, if that is
    before). `held`: it is about what was held from the first sample to then.
    """

    gap_ns: int
    maximum_ns: int | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class While:
    """The samples (as those of `Recent`) at instants at which the last input, a condition of this timeline, is true.

    Gives its value at the instant at which the condition is looked at and no longer true, though there was no sample.
    `held`: it is about what was held while the condition was true.
    """

    held: bool = False


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
class Chosen:
    """Which members of a group a condition is true of at an instant; without input all registered ones of `device`.

    The input is a node of the member device's timeline (a crossing). Only `Action`s ask. An instant of a member at
    which its input is updated is one of the group's, as with `Members`.
    """

    device: str


@dataclass(frozen=True, slots=True)
class OfGroup:
    """A group's value for a device: what `inputs[0]`, a node of the group's current timeline, was when last looked at.

    On a device's current timeline, or on the settled one of a type without lateness (this is a crossing). The further
    inputs are the device's values of the group's key properties, in their order; of the group that they name, the value
    is what it had given through the inputs before the one at hand. Never an update.
    """
