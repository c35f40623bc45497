"""Why a rule fired, or did not: the truth of what it waits for at one moment, and where that came from.

    answer = why(compiled, inputs, "too_warm", ("f1",), time)
    print(answer.text())

The reference interpreter runs over a slice of the inputs; what is shown are its values at the moment: of every
condition with those it is made of, of what they compare, of the windows with their samples, of the messages, and which
timers are pending. Where the rule is not raised, the nearest miss says how much was lacking.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...compiler.compile import Compiled
from ...stdlib.conversion import write_time
from ...stdlib.function import Value
from ..interpret.instance import Instance, Instant
from ..interpret.reference import Reference
from ..interpret.threads import Event
from ..interpret.windows import window_start
from ..output import Life, Output
from .executors import Input, MarkAll, Message, feed
from .history import history_of
from .nearest import why_never
from .observing import View
from .timeline import subject_of_rule
from .words import duration, value_of, whom

LEAVES = (p.OfField, p.Aggregate, p.Members, p.Key, p.Now, p.OfGroup)
"""What is told in one line, with details, and not looked into."""
MEMBERS_MAX = 5
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one node: its place in the tree, what stands in the program, its value, and details."""

    depth: int
    text: str
    value: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a rule is as it is for one key at one time (ns).

    state: the last step of its life (`raised`, `cleared`, …), and since when; None where nothing has happened yet.
    """

    rule: str
    key: tuple[str, ...]
    time: int
    state: str | None
    since: int | None
    lines: tuple[Line, ...]
    pending: tuple[tuple[str, int], ...]
    nearest: tuple[str, ...]
    from_: int

    def text(self) -> str:
        """The answer, for people."""
        state = "has not been raised" if self.state is None else f"{self.state}, at {write_time(self.since or 0)}"
        lines = [f"{self.rule}{whom(self.key)} at {write_time(self.time)}: {state}", ""]
        width = max((2 * line.depth + len(line.text) for line in self.lines), default=0)
        width = min(width, 60)
        for line in self.lines:
            head = f"{'':{2 * line.depth}}{line.text}"
            lines.append(f"  {head:<{width}}  {line.value}".rstrip())
            lines += [f"  {'':{2 * line.depth}}    {detail}" for detail in line.details]
        if self.pending:
            lines += ["", "pending"]
            lines += [f"  {what} at {write_time(due)}" for what, due in self.pending]
        if self.nearest:
            lines += ["", f"nearest miss (times count from {write_time(self.from_)})"]
            lines += [f"  {line}" for line in self.nearest]
        return "\n".join(lines)


class NoSuchRule(ValueError):
    """The program has no rule of that name."""


def why(
    compiled: Compiled, inputs: Sequence[Input], rule: str, key: tuple[str, ...], time: int | None = None
) -> Answer:
    """Why a rule is raised, or not, for a key (a device's id, or a group's values) at a time (ns).

    Without a time: at that of the last raising, or at the end if there is none. Inputs as the reference takes them; the
    end of them is added. Raises `NoSuchRule`.
    """
    view = View.of(compiled)
    if rule not in view.rules:
        raise NoSuchRule(rule)
    times = [one.time for one in inputs if isinstance(one, Message)]
    newest = max((one.time for one in inputs), default=0)
    ended = [*inputs, MarkAll(newest + 1)]
    lives = [o for o in _outputs(view, ended) if isinstance(o, Life) and (o.rule, o.key) == (rule, key)]
    raised = [life.time for life in lives if life.what == "raised"]
    if time is None:
        time = raised[-1] if raised else newest
    before = [life for life in lives if life.time <= time]
    looking = _Looking(view, view.rules[rule], key, time)
    _outputs(view, ended, looking)
    from_ = min(times, default=0) // SECOND_NS * SECOND_NS
    at_all = any(life.what in ("raised", "certain", "uncertain", "repeated") for life in before[-1:])
    return Answer(
        rule,
        key,
        time,
        before[-1].what if before else None,
        before[-1].time if before else None,
        tuple(looking.lines()),
        tuple(looking.pending()),
        () if at_all else tuple(_nearest(view, ended, rule, key, time, from_)),
        from_,
    )


def _outputs(view: View, inputs: Sequence[Input], looking: "_Looking | None" = None) -> list[Output]:
    reference = Reference(view.plan, None if looking is None else looking.observe)
    outputs: list[Output] = []
    for one in inputs:
        outputs += feed(reference, one)
    return outputs + reference.end()


def _nearest(
    view: View, inputs: Sequence[Input], rule: str, key: tuple[str, ...], time: int, from_: int
) -> Iterator[str]:
    """Why the rule's `when` was not true, of all the time until then."""
    subject = subject_of_rule(view, rule)
    history = history_of(view, inputs, subject.watched, key, time - from_, from_)
    history.ending = "it was asked about"
    when = view.inputs_of(view.rules[rule])[0]
    if not history.true_times(when):
        yield from dict.fromkeys(why_never(view, history, when))


# --- What is seen at the moment --------------------------------------------------------------------------------------


@dataclass
class _Seen:
    """Of a node: its value and since when, when it was updated last, and when its timer is due.

    Of a window the times of its samples; of a pattern the events of its newest match, and of what has come farthest of
    what is under way; of members their values.
    """

    value: Value = None
    since: int | None = None
    updated: int | None = None
    due: int | None = None
    samples: tuple[int, ...] = ()
    matched: tuple[Event, ...] = ()
    begun: tuple[Event, ...] = ()
    members: dict[tuple[str, str], tuple[Value, ...]] = field(default_factory=dict)


class _Looking:
    """Watches the instances of one key, until a moment."""

    def __init__(self, view: View, rule: p.PlanNode, key: tuple[str, ...], time: int) -> None:
        self.view = view
        self.rule = rule
        self.key = key
        self.time = time
        self.seen: dict[str, _Seen] = {}
        self.samples: dict[str, list[int]] = {}
        self.behind = _behind(view, rule)
        timelines = {timeline.id: timeline for timeline in view.plan.timelines}
        kind = timelines[rule.timeline].kind
        self.until = {
            timeline.id: time - (_lateness(view.plan, timeline) if timeline.settled else 0)
            for timeline in view.plan.timelines
            if timeline.kind == kind
        }
        if timelines[rule.timeline].settled:
            self.until = dict.fromkeys(self.until, time)

    def observe(self, here: Instance, at: Instant) -> None:
        """Take in an instant."""
        if here.shown_key != self.key or at.time > self.until.get(here.timeline.id, -1):
            return
        for node in here.nodes:
            if node.id in self.behind:
                self._take(node, here, at)

    def _take(self, node: p.PlanNode, here: Instance, at: Instant) -> None:
        seen = self.seen.setdefault(node.id, _Seen())
        updated = node.id in here.updated
        if node.event:
            if updated:
                seen.value, seen.since = True, at.time
        else:
            value = here.values.get(node.id)
            if seen.since is None or value != seen.value:
                seen.value, seen.since = value, at.time
        if updated:
            seen.updated = at.time if at.message is None else at.message_time
        state: Any = here.states.get(node.id)
        seen.due = None if state is None else state.due
        match node.operator:
            case p.Slices():
                self._sample(node, here, at)
            case p.Window() if updated:
                begin = window_start(node.operator, at.time)
                seen.samples = tuple(t for t in self.samples.get(node.inputs[0], ()) if begin <= t < at.time)
            case p.Recent() | p.Session() | p.While() if updated and state is not None:
                seen.samples = tuple(item[0] for item in state.shown)
            case p.Pattern() if state is not None:
                if state.matches:
                    seen.matched = state.matches[-1].events
                seen.begun = max((thread.events for thread in state.threads.threads), key=len, default=())
            case p.Members() if state is not None:
                seen.members = dict(state.values)
            case _:
                pass

    def _sample(self, node: p.PlanNode, here: Instance, at: Instant) -> None:
        value, *others = node.inputs
        where = [i for i in others if self.view.nodes[i].type.name == "bool"]
        if value in here.updated and here.value(value) is not None and all(here.value(i) is True for i in where):
            self.samples.setdefault(node.id, []).append(at.time)

    # -- Lines --------------------------------------------------------------------------------------------------------

    def lines(self) -> Iterator[Line]:
        """What the rule waits for, and what that is made of."""
        when, *until = self.view.inputs_of(self.rule)
        for role, nodes in (("when", [when]), ("until", until)):
            if nodes:
                yield Line(0, role, "")
            told: set[str] = set()
            for node in nodes:
                yield from self._tree(node, 1, told)

    def _tree(self, node: p.PlanNode, depth: int, told: set[str]) -> Iterator[Line]:
        """A node and, below it, what it is made of; what was told already is not told again."""
        if isinstance(node.operator, p.Delayed | p.Thresholds):
            yield from self._tree(self.view.inputs_of(node)[0], depth, told)
            return
        if isinstance(node.operator, p.Constant) or node.id in told:
            return
        told.add(node.id)
        written = self.view.is_written(node)
        if written:
            yield Line(depth, self.view.text(node), self._value(node), tuple(self._details(node)))
        if not isinstance(node.operator, LEAVES):
            for part in self.view.inputs_of(node):
                yield from self._tree(part, depth + written, told)

    def _value(self, node: p.PlanNode) -> str:
        seen = self.seen.get(node.id, _Seen())
        if node.event:
            if seen.since is None:
                return "never happened"
            return "happens" if seen.since == self.time else f"happened last at {write_time(seen.since)}"
        if node.type.name == "bool":
            word = {True: "true", False: "false", None: "unknown"}[seen.value if isinstance(seen.value, bool) else None]
            return word if seen.since is None else f"{word} since {write_time(seen.since)}"
        return value_of(seen.value, node.type)

    def _details(self, node: p.PlanNode) -> Iterator[str]:
        seen = self.seen.get(node.id, _Seen())
        match node.operator:
            case p.Field(stale_ns=stale):
                if seen.updated is None:
                    yield "never reported"
                else:
                    gone = stale is not None and seen.value is None
                    yield f"reported at {write_time(seen.updated)}{', stale since' if gone else ''}"
            case p.Holds(duration_ns=needed):
                inner = self.seen.get(node.inputs[0], _Seen())
                if inner.value is True and inner.since is not None:
                    yield f"the condition has been true for {duration(self.time - inner.since)} of {duration(needed)}"
            case p.Quiet(duration_ns=needed):
                inner = self.seen.get(node.inputs[0], _Seen())
                last = inner.since if self.view.nodes[node.inputs[0]].event else inner.updated
                if last is None:
                    yield "nothing has come"
                else:
                    yield f"the last came at {write_time(last)}, {duration(self.time - last)} of {duration(needed)} ago"
            case p.Aggregate():
                yield from self._window(self.view.inputs_of(node)[0])
            case p.Pattern():
                if seen.matched:
                    yield "the newest match"
                    yield from self._events(node, seen.matched)
                if seen.begun:
                    yield "under way, and farthest"
                    yield from self._events(node, seen.begun)
            case p.Members():
                yield from self._members(node, seen)
            case _:
                pass

    def _window(self, window: p.PlanNode) -> Iterator[str]:
        seen = self.seen.get(window.id, _Seen())
        if seen.updated is None:
            yield "no window has closed yet"
            return
        count = len(seen.samples)
        many = f"{count} sample{'' if count == 1 else 's'}"
        span = f", {write_time(seen.samples[0])} to {write_time(seen.samples[-1])}" if seen.samples else ""
        if isinstance(window.operator, p.Window):
            begin = write_time(window_start(window.operator, seen.updated))
            yield f"the window from {begin} to {write_time(seen.updated)}: {many}{span}"
        else:
            yield f"at {write_time(seen.updated)}: {many}{span}"

    def _events(self, node: p.PlanNode, events: Sequence[Event]) -> Iterator[str]:
        """The events of a pattern, each with its step and the numbers, texts and times that it had."""
        assert isinstance(node.operator, p.Pattern)
        texts, inputs = self.view.steps(node), self.view.inputs_of(node)
        for event in events:
            values = [
                f"{self.view.text(inputs[i])} {value_of(value, inputs[i].type)}"
                for i, value in event.view.values.items()
                if inputs[i].type.name != "bool" and value is not None
            ]
            told = f" ({', '.join(values)})" if values else ""
            yield f"  {write_time(event.view.time)}  {texts[event.step]}{told}"

    def _members(self, node: p.PlanNode, seen: _Seen) -> Iterator[str]:
        assert isinstance(node.operator, p.Members)
        if not node.inputs:
            yield f"members: {', '.join(id_ for _, id_ in list(seen.members)[:MEMBERS_MAX])}"
            return
        type_ = self.view.nodes[node.inputs[0]].type
        shown = [f"{id_} {value_of(values[0], type_)}" for (_, id_), values in seen.members.items()]
        more = f" and {len(shown) - MEMBERS_MAX} more" if len(shown) > MEMBERS_MAX else ""
        yield f"members: {', '.join(shown[:MEMBERS_MAX])}{more}"

    def pending(self) -> Iterator[tuple[str, int]]:
        """The timers that are due after the moment: what each does, and when."""
        for id_, seen in self.seen.items():
            node = self.view.nodes[id_]
            if seen.due is None or seen.due <= self.time:
                continue
            match node.operator:
                case p.Window() | p.Slices():
                    pass
                case p.Field():
                    yield f"{self.view.text(node)} goes stale", seen.due
                case p.Rule(name):
                    yield f"the next step of {name} is due", seen.due
                case _:
                    yield f"{self.view.text(node)} is due", seen.due


def _behind(view: View, rule: p.PlanNode) -> Collection[str]:
    """The nodes that a rule depends on, and itself."""
    found: set[str] = set()
    waiting = [rule]
    while waiting:
        node = waiting.pop()
        if node.id not in found:
            found.add(node.id)
            waiting += view.inputs_of(node)
    return found


def _lateness(plan: p.Plan, timeline: p.Timeline) -> int:
    """How far a settled timeline is behind the current one (ns)."""
    devices = {device.name: device.lateness_ns for device in plan.devices}
    timelines = {one.id: one for one in plan.timelines}
    members = [timelines[member.timeline].device for member in timeline.members] or [timeline.device]
    return max(devices[device] for device in members if device is not None)
