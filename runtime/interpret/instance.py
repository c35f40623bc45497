"""One key of one timeline: its nodes' values, and the instants at which they change.

An instance knows nothing of other instances: what crosses timelines (settled values seen later, members' updates) is
put into its queues by `reference`.
"""

import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from ...compiler import plan as p
from ...stdlib.function import Value
from ..output import Counters, Output
from .holding import Holding

CLOSED_AT_THE_END = (p.Window, p.Recent, p.Session)
"""What gives its value at the end of input, though its time has not come."""

S = TypeVar("S", bound="State")
Place = tuple[int, ...]


class State(Protocol):
    """What a node remembers for one key, and when it wants to be looked at (ns), if it does."""

    @property
    def due(self) -> int | None: ...


@dataclass
class Change:
    """What happened to a member of a group at one time: its updates, or that it joined or left.

    `values` are, by `Members` node (and, if this updates them, by windows that keep their samples), the values of that
    node's inputs; `touched` are the nodes that this updates. `time`: of the member's instant; `place`: its place among
    the devices in the order they registered; `seq`: the input that brought it about.
    """

    member: tuple[str, str]
    kind: Literal["update", "join", "leave"]
    values: Mapping[str, tuple[Value, ...]]
    touched: frozenset[str]
    time: int
    place: int
    seq: int
    updates: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By `Pattern` node, which of its inputs this instant of the member updated; of the others it has no values."""


@dataclass
class Instant:
    """An instant of an instance, and what it brings.

    `fires`: which nodes' own timers run: all, only what closes windows (at the end of input), or none. `message` is
    what the event carries, if it is a device's, and `message_time` its event time. `seen` are values of `Delayed`
    nodes.
    """

    time: int
    phase: Literal["event", "timer"]
    fires: Literal["all", "windows", "none"] = "none"
    message: Mapping[str, Value] | None = None
    message_time: int = 0
    seen: Mapping[str, Value] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    acknowledged: str | None = None


@dataclass(frozen=True)
class Setting:
    """What all instances share."""

    plan: p.Plan
    nodes: Mapping[str, p.PlanNode]
    places: Mapping[str, int]
    counters: Counters
    windows_on: Mapping[str, tuple[p.PlanNode, ...]]
    """The `Window` nodes on each `Slices` node."""
    rows: Mapping[tuple[str, str], Mapping[tuple[Value, ...], Value]]
    """What the rows of tables say, by table and column: for each row's keys."""


Case = Callable[[p.PlanNode, "Instance", Instant], bool]
"""What an operator does at an instant: sets the node's value, and says whether it is updated (an event: happens)."""


@dataclass
class Instance:
    """A device or a group on one timeline. `passed`: no instant before this time is to come; None before the first."""

    setting: Setting
    timeline: p.Timeline
    nodes: tuple[p.PlanNode, ...]
    key: tuple[Value, ...]
    shown_key: tuple[str, ...]
    cases: Mapping[type, Case]
    passed: int | None = None
    values: dict[str, Value] = field(default_factory=dict)
    updated: set[str] = field(default_factory=set)
    states: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[int, int, Instant]] = field(default_factory=list)
    """Event instants that wait, in order of (time, order)."""
    sightings: list[tuple[int, dict[str, Value]]] = field(default_factory=list)
    """What `Delayed` nodes will see, by time."""
    overdue: list[Change] = field(default_factory=list)
    """Members' changes that came too late for an instant of their own: the next event instant takes them."""
    after: Callable[["Instance", Instant], None] = lambda here, at: None
    """Called after each instant, for what crosses to other timelines."""
    given: dict[str, Value] = field(default_factory=dict)
    """What devices see of a group: its nodes' values when they were last looked at."""
    group_of: Callable[[str, tuple[Value, ...]], "Instance | None"] = lambda timeline, key: None
    """The group that a key names on a timeline, if there is one."""
    outputs: list[tuple[Place, Output]] = field(default_factory=list)
    """Since they were last taken; each with its place among those of the same instance and input."""
    instants: int = 0
    """How many there were."""
    corrections: dict[tuple[str, int], int] = field(default_factory=dict)
    """How often a result, by output and window's end, was revised."""
    thinned: int = 0
    """The number of the instant at which a sample was last left out, as it came before it was due."""
    holdings: list[Holding] = field(default_factory=list)
    """What its windows know of what was held."""
    ending: bool = False
    """Whether no further input is to come."""

    def state(self, node: p.PlanNode, kind: Callable[[], S]) -> S:
        """The node's state for this key."""
        found: S | None = self.states.get(node.id)
        if found is None:
            found = self.states[node.id] = kind()
        return found

    def holding(self) -> Holding:
        """What a window is to know of what was held; the end of input ends it."""
        self.holdings.append(Holding(ended=self.ending))
        return self.holdings[-1]

    def value(self, node: str) -> Value:
        """A node's value at the present instant; of an event whether it happens."""
        if self.setting.nodes[node].event:
            return node in self.updated
        return self.values.get(node)

    def looks(self, node: str, at: Instant) -> bool:
        """Whether a condition is looked at: at every event instant, and at timer instants that update it."""
        return at.phase == "event" or node in self.updated

    def count_thinned(self) -> None:
        """A sample is left out as it came before it was due: counted once for each instant."""
        if self.thinned != self.instants:
            self.thinned = self.instants
            self.setting.counters.dropped["thinned"] += 1

    def emit(self, place: Place, output: Output) -> None:
        self.outputs.append(((self.instants, *place), output))

    def run(self, at: Instant) -> None:
        """One instant: every node in topological order."""
        if self.overdue and at.phase == "event":
            at.changes = self.overdue + at.changes
            self.overdue = []
        self.instants += 1
        self.passed = at.time if self.passed is None else max(self.passed, at.time)
        self.updated = set()
        for node in self.nodes:
            if self.cases[type(node.operator)](node, self, at):
                self.updated.add(node.id)
        self.after(self, at)

    def waiting(self) -> int:
        """How many updates of members wait for their instant: of one input and member those of one time are one."""
        changes = [change for _, _, instant in self.events for change in instant.changes]
        return len({(change.member, change.time, change.seq) for change in changes + self.overdue})

    def queue(self, order: int, instant: Instant) -> None:
        """Let an event instant wait until the instance's time has passed it."""
        bisect.insort(self.events, (instant.time, order, instant), key=lambda entry: entry[:2])

    def see(self, time: int, values: Mapping[str, Value]) -> None:
        """Let `Delayed` nodes see these values at a time; what is seen at one time is seen at once."""
        if self.sightings and self.sightings[-1][0] == time:
            self.sightings[-1][1].update(values)
        else:
            assert not self.sightings or self.sightings[-1][0] < time
            self.sightings.append((time, dict(values)))

    def run_until(self, time: int, including: bool = False) -> None:
        """All instants before a time, in order; with `including`, events at that time too. Then time stands there."""
        while True:
            event = self.events[0][0] if self.events else None
            timer = self._next_timer("all")
            ready = event is not None and (event < time or (including and event == time))
            if event is not None and ready and (timer is None or event <= timer):
                self.run(self.events.pop(0)[2])
            elif timer is not None and timer < time:
                self.run(Instant(timer, "timer", "all", seen=self._sighted(timer)))
            else:
                break
        self.passed = time if self.passed is None else max(self.passed, time)

    def see_now(self, time: int) -> None:
        """See what was settled by the very input that is being admitted, before that input's own instant."""
        if self.sightings and self.sightings[0][0] == time:
            self.run(Instant(time, "timer", "none", seen=self._sighted(time)))

    def drain(self) -> None:
        """At the end of input: the events that still wait, and windows that hold samples; no other timer. Nothing is
        held any more."""
        self.ending = True
        for holding in self.holdings:
            if self.passed is not None:
                holding.end(self.passed)
        while True:
            event = self.events[0][0] if self.events else None
            timer = self._next_timer("windows")
            if event is not None and (timer is None or event <= timer):
                self.run(self.events.pop(0)[2])
            elif timer is not None:
                self.run(Instant(timer, "timer", "windows", seen=self._sighted(timer)))
            else:
                break

    def _next_timer(self, fires: Literal["all", "windows"]) -> int | None:
        times = [self.sightings[0][0]] if self.sightings else []
        for id_, state in self.states.items():
            due = (
                state.due if fires == "all" or isinstance(self.setting.nodes[id_].operator, CLOSED_AT_THE_END) else None
            )
            if due is not None:
                times.append(due)
        return min(times, default=None)

    def _sighted(self, time: int) -> dict[str, Value]:
        return self.sightings.pop(0)[1] if self.sightings and self.sightings[0][0] == time else {}
