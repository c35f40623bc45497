"""The engine: executes a plan over batches of admitted inputs, and gives what comes of them.

    engine = Engine(plan)
    outputs = engine.feed(batch)     # in the order of docs/meaning.md, whatever the batches
    outputs += engine.mark_all(time)
    outputs += engine.end()

Every batch goes through the timelines in order (settled before current, devices before groups); on each, through the
nodes in the plan's order. A node gives a flow (`runtime.flow`), and its consumers look values up in it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..compiler import plan as p
from ..stdlib.column import Column
from .agenda import Agenda, Flows
from .batch import Acknowledgement, Batch, Messages
from .build import build
from .flow import Dense, Flow, Sparse
from .frame import Begun, Frame, Keys, Rows
from .gathering import Outputs
from .kernels.jit import load as load_kernels
from .kernels.settling import LATE, REVISING
from .migrating import migrate
from .needed import kernels_of
from .operators.chosen import ChosenOperator
from .operators.crossing import DelayedOperator
from .operators.elementwise import full
from .operators.group_clock import Arrivals, GroupClock, kinds
from .operators.group_slices import GroupSlicesOperator, PartialOperator
from .operators.groups import MembersOperator
from .operators.leaves import FieldState
from .operators.node import Operator, Setting
from .operators.of_group import OfGroupOperator
from .operators.pattern_groups import GroupPatternOperator
from .operators.received import Arrived, ReceivedOperator, ReceivedPartsOperator
from .operators.recent_groups import FromMembers
from .operators.rules import RuleOperator
from .output import Counters
from .revising import Message as Revising
from .revising import Reviser
from .settling import DeviceClock
from .state import State, StateShape, load, save
from .symbols import Registry, Symbols

Observer = Callable[[Mapping[str, Frame], Mapping[str, Any]], None]
"""Sees the frames (by timeline) and the flows (by node) of a batch, before it becomes the past."""


class Engine:
    """A plan at work. Not thread-safe: feed it from one place."""

    STATE = ("next_seq",)

    def __init__(self, plan: p.Plan, symbols: Symbols | None = None) -> None:
        """`symbols`: those of an engine that this one is to take the place of."""
        self.plan = plan
        self.symbols = Symbols() if symbols is None else symbols
        self.registries = {d.name: Registry(d) for d in plan.devices}
        self.counters = Counters()
        self.next_seq = 0
        self.observer: Observer | None = None
        self._setting = Setting(plan, self.symbols, self.registries, self.counters)
        self._devices = {d.name: d for d in plan.devices}
        self._clocks = {d.name: DeviceClock(d) for d in plan.devices}
        self._timelines = sorted((t for t in plan.timelines if t.kind != "source"), key=_rank)
        self._groups = {t.id: GroupClock(self._setting, t, self._devices) for t in self._timelines if t.kind == "group"}
        self._name_keys()
        self._nodes: dict[str, list[p.PlanNode]] = {t.id: [] for t in self._timelines}
        self._seeing_groups: dict[str, list[p.PlanNode]] = {t.id: [] for t in self._timelines}
        seeing: set[str] = set()
        for node in plan.nodes:
            if isinstance(node.operator, p.OfGroup) or not seeing.isdisjoint(node.inputs):
                seeing.add(node.id)
                self._seeing_groups[node.timeline].append(node)
            elif node.timeline in self._nodes:
                self._nodes[node.timeline].append(node)
        self._fields: dict[tuple[str, str], FieldState] = {}
        self._operators: dict[str, Operator] = build(plan, self._setting, self._groups, self._fields)
        self._rules = {node.operator.name: node for node in plan.nodes if isinstance(node.operator, p.Rule)}
        self._seers = [
            (node.inputs[0], operator)
            for node in plan.nodes
            if isinstance(node.operator, p.OfGroup)
            and isinstance(operator := self._operators[node.id], OfGroupOperator)
        ]
        self._revisers = {t.id: Reviser(self._setting, t.id, self._operators) for t in self._timelines if t.settled}
        self._committing = [o for o in self._operators.values() if type(o).commit is not Operator.commit]
        self._begun = {t.id: Begun() for t in self._timelines}
        self._agendas = {id_: Agenda(nodes, self._operators) for id_, nodes in self._nodes.items()}
        self._timeline_of = {node.id: node.timeline for node in plan.nodes}
        self._delayed_from = {
            node.timeline: self._timeline_of[node.inputs[0]]
            for node in plan.nodes
            if isinstance(node.operator, p.Delayed) and node.timeline in self._groups
        }
        families = [family for agenda in self._agendas.values() for family in agenda.families.of.values()]
        load_kernels(kernels_of({type(part) for part in [*self.stateful().values(), *families] if part is not self}))

    def _name_keys(self) -> None:
        for place, timeline in enumerate(self.plan.timelines):
            self._setting.gathered.places[timeline.id] = place
            if timeline.kind == "device":
                assert timeline.device is not None
                ids = self.registries[timeline.device].ids
                self._setting.gathered.shown[timeline.id] = lambda k, ids=ids: (ids[k],)  # type: ignore[misc]
            elif timeline.kind == "group":
                shown = self._groups[timeline.id].shown
                self._setting.gathered.shown[timeline.id] = lambda k, shown=shown: shown[k]  # type: ignore[misc]

    # -- Inputs -------------------------------------------------------------------------------------------------------

    def feed(self, batch: Batch) -> Outputs:
        """Take a batch; give what comes of it."""
        with np.errstate(all="ignore"):
            for piece in self._pieces(batch):
                frames: dict[str, Frame] = {}
                for part in piece:
                    self._take(part, frames)
                    self.next_seq = max(self.next_seq, int(part.seq[-1]) + 1)
                if frames:
                    self._run(frames, None)
            for acknowledgement in batch.acknowledgements:
                self.next_seq = max(self.next_seq, acknowledgement.seq + 1)
                self._acknowledge(acknowledgement)
            self.next_seq = max(self.next_seq, batch.next_seq)
        return self._setting.gathered.take()

    def mark_all(self, time: int) -> Outputs:
        """A progress mark of all registered devices, one input: nothing earlier than `time` (ns) will come."""
        parts = []
        for name, registry in self.registries.items():
            n = len(registry)
            seq = np.full(n, self.next_seq, dtype=np.int64)
            every = np.arange(n, dtype=np.int32)
            parts.append(Messages(name, seq, every, np.full(n, time, np.int64), {}, np.ones(n, dtype=np.bool_)))
        return self.feed(Batch(tuple(parts), next_seq=self.next_seq + 1))

    def receive(
        self, frames: dict[str, Frame], arrived: Mapping[str, Arrived], until: int, *, end: bool = False
    ) -> Outputs:
        """Take what another part of the program worked out, as one batch: for each timeline that it was on the rows at
        which something came of it or time went on, and what came of its nodes. With `end` it is the last.

        until (ns): up to there all parts have told of their devices; the time of groups goes no further.
        """
        for group in self._groups.values():
            group.until = None if end else until
        for frame in frames.values():
            self.next_seq = max(self.next_seq, int(frame.seq.max(initial=-1)) + 1)
        for id_, one in arrived.items():
            operator = self._operators[id_]
            assert isinstance(operator, ReceivedOperator | ReceivedPartsOperator)
            operator.arrived = one
        for timeline in self._timelines:
            if timeline.id in frames:
                self._times_are(timeline, frames[timeline.id])
        with np.errstate(all="ignore"):
            self._run(frames, self.next_seq if end else None)
        self.next_seq += end
        return self._setting.gathered.take()

    def names_of(self, timeline: str) -> Sequence[tuple[str, ...]]:
        """The keys of a timeline by name, in the order of their numbers."""
        group = self._groups.get(timeline)
        if group is not None:
            return group.shown
        return [(id_,) for id_ in self.registries[self._device_of(timeline)].ids]

    def key_named(self, timeline: str, name: tuple[str, ...]) -> int:
        """The number of a key of a timeline; a new one if there was none. `REFUSED` beyond the devices allowed."""
        group = self._groups.get(timeline)
        return self.registries[self._device_of(timeline)].key(name[0]) if group is None else group.named(name)

    def _known_key(self, timeline: str, name: tuple[str, ...]) -> int | None:
        """The number of a key of a timeline, if there is one of this name."""
        group = self._groups.get(timeline)
        if group is not None:
            return group.known(name)
        return self.registries[self._device_of(timeline)].keys.get(name[0]) if len(name) == 1 else None

    def key_count(self, timeline: str) -> int:
        """How many keys a timeline has."""
        group = self._groups.get(timeline)
        return len(self.registries[self._device_of(timeline)]) if group is None else len(group.shown)

    def _device_of(self, timeline: str) -> str:
        device = next(t.device for t in self._timelines if t.id == timeline)
        assert device is not None
        return device

    def _times_are(self, timeline: p.Timeline, frame: Frame) -> None:
        """Take over the times that the keys of a timeline have come to."""
        if timeline.device is None:
            self._groups[timeline.id].come_to(frame)
        else:
            self._clocks[timeline.device].come_to(frame, timeline.settled)

    def end(self) -> Outputs:
        """No further input: close the windows that are open."""
        frames = {}
        for timeline in self._timelines:
            if timeline.device is not None:
                keys = len(self.registries[timeline.device])
                frames[timeline.id] = self._clocks[timeline.device].end(keys, self.next_seq, timeline.settled)
        with np.errstate(all="ignore"):
            self._run(frames, self.next_seq)
        self.next_seq += 1
        return self._setting.gathered.take()

    def _pieces(self, batch: Batch) -> list[list[Messages]]:
        """The batch's parts, cut so that each message that may revise a window stands alone."""
        parts = [part for part in batch.parts if len(part)]
        alone = [self._clocks[part.device].stragglers(part) for part in parts if self._devices[part.device].revise_ns]
        seqs = np.unique(np.concatenate(alone)) if alone else np.zeros(0, dtype=np.int64)
        if len(seqs) == 0:
            return [parts]
        cuts = np.unique(np.concatenate([seqs, seqs + 1]))
        pieces: list[list[Messages]] = [[] for _ in range(len(cuts) + 1)]
        for part in parts:
            ends = [0, *np.searchsorted(part.seq, cuts).tolist(), len(part)]
            for i, (first, last) in enumerate(pairwise(ends)):
                if first < last:
                    pieces[i].append(part.cut(first, last))
        return [piece for piece in pieces if piece]

    def _revise(self, part: Messages, row: int) -> None:
        """A message that comes within `revise` after its time was settled."""
        key, seq = int(part.key[row]), int(part.seq[row])
        fields = {name: column.take(np.array([row])) for name, column in part.fields.items()}
        message = Revising(int(part.time[row]), self.registries[part.device].ids[key], fields)
        settled = f"{part.device} settled"
        for timeline, reviser in self._revisers.items():
            if timeline == settled:
                reviser.revise(seq, key, message, settled)
                continue
            group = self._groups.get(timeline)
            found = None if group is None else group.group_of_device(settled, key)
            if found is not None:
                reviser.revise(seq, found, message, settled)

    def _take(self, part: Messages, frames: dict[str, Frame]) -> None:
        """A part's rows on its device type's timelines, and what becomes of each message."""
        clock = self._clocks[part.device]
        current = clock.current(part, len(self.registries[part.device]))
        settled, verdict = clock.settle(part, current)
        self.counters.processed += len(part) if current.all_events else int(np.count_nonzero(current.event))
        if len(verdict):
            late = int(np.count_nonzero(verdict == LATE))
            self.counters.late += late
            self.counters.processed -= late
            for row in (verdict == REVISING).nonzero()[0].tolist():
                self._revise(part, row)
        if clock.settled_early:
            self.counters.dropped["settled_early"] += clock.settled_early
        for timeline in self._timelines:
            if timeline.device == part.device:
                frames[timeline.id] = settled if timeline.settled else current

    def knows(self, device: str, id_: str) -> bool:
        """Whether a device has a time: something came of it."""
        key, now = self.registries[device].keys.get(id_), self._clocks[device].now
        return key is not None and key < len(now) and bool(now[key] >= 0)

    def has_rule(self, name: str) -> bool:
        """Whether a rule of the plan has this name."""
        return name in self._rules

    def _acknowledge(self, acknowledgement: Acknowledgement) -> None:
        node = self._rules.get(acknowledgement.rule)
        if node is None:
            raise KeyError(f"no rule is called {acknowledgement.rule}")
        rule = self._operators[node.id]
        assert isinstance(rule, RuleOperator)
        keys = self.key_count(rule.timeline)
        key = self._known_key(rule.timeline, acknowledgement.key)
        times = self._times_of(next(t for t in self._timelines if t.id == rule.timeline))
        if key is None or key >= len(times):
            return
        rule.acknowledge(key)
        self._agendas[rule.timeline].wake(node.id)
        one = np.array([key], dtype=np.int32)
        frame = Frame(
            np.array([acknowledgement.seq]), one, times[one], np.zeros(1, np.bool_), keys, message_time=times[one]
        )
        self._run({rule.timeline: frame}, None)

    # -- State --------------------------------------------------------------------------------------------------------

    def stateful(self) -> dict[str, object]:
        """Everything that remembers anything from one batch to the next, by name."""
        return {
            "engine": self,
            "symbols": self.symbols,
            "counters": self.counters,
            **{f"registry {name}": registry for name, registry in self.registries.items()},
            **{f"clock {name}": clock for name, clock in self._clocks.items()},
            **{f"group {timeline}": clock for timeline, clock in self._groups.items()},
            **{f"field {name} {timeline}": field for (timeline, name), field in self._fields.items()},
            **{f"begun {timeline}": begun for timeline, begun in self._begun.items()},
            **{f"node {id_}": operator for id_, operator in self._operators.items()},
            **{f"revisions {timeline}": reviser for timeline, reviser in self._revisers.items()},
        }

    def checkpoint(self) -> State:
        """All state, between two batches: plain data, of which nothing is shared with the engine."""
        return {name: save(owner) for name, owner in self.stateful().items()}

    def restore(self, state: State) -> None:
        """Go on from a checkpoint of an engine with the same plan, as that one would have."""
        owners = self.stateful()
        if set(owners) != set(state):
            raise StateShape("the state is of another plan")
        for name, owner in owners.items():
            load(owner, state[name])
        self.symbols.number()
        for registry in self.registries.values():
            registry.number()
        for agenda in self._agendas.values():
            agenda.wake_all()

    def replaced_by(self, plan: p.Plan, migration: p.Migration) -> "Engine":
        """An engine with another plan that goes on where this one is, between two batches; this one is done with.

        What it goes on with is said by `migration` (`compiler.migration.migrate`).
        """
        successor = Engine(plan, self.symbols)
        present = self._present()
        now = {timeline.id: self._times_of(timeline) for timeline in self._timelines}
        migrate(self.stateful(), successor.stateful(), plan, migration, now, present)
        return successor

    def _present(self) -> dict[str, tuple[Keys, Column]]:
        """What each node of a device's timeline is for each of its keys now: as a mark sees it that moves no time."""
        frames: dict[str, Frame] = {}
        for name, clock in self._clocks.items():
            keys = np.flatnonzero(clock.now[: len(self.registries[name])] >= 0).astype(np.int32)
            if len(keys):
                seq = np.full(len(keys), self.next_seq, dtype=np.int64)
                marks = Messages(name, seq, keys, clock.now[keys], {}, np.ones(len(keys), dtype=np.bool_))
                self._take(marks, frames)
        for agenda in self._agendas.values():
            agenda.wake_all()
        found: dict[str, tuple[Keys, Column]] = {}

        def look(flows: Mapping[str, Any]) -> None:
            for timeline, frame in frames.items():
                for node in self._nodes[timeline]:
                    if isinstance(flows.get(node.id), Dense | Sparse) and not node.event:
                        found[node.id] = frame.key, full(flows[node.id].at(frame.rows), len(frame))

        with np.errstate(all="ignore"):
            self._run(frames, None, look)
        return found

    def _times_of(self, timeline: p.Timeline) -> Rows:
        """The time of each key of a timeline."""
        if timeline.device is None:
            return self._groups[timeline.id].clock
        clock = self._clocks[timeline.device]
        return clock.settled if timeline.settled and clock.device.lateness_ns else clock.now

    # -- Execution ----------------------------------------------------------------------------------------------------

    def _run(
        self, frames: dict[str, Frame], end_seq: int | None, look: Callable[[Mapping[str, Any]], None] | None = None
    ) -> None:
        """Run all timelines; `look` sees the flows before the batch becomes the past."""
        flows = Flows(self._agendas, self._timeline_of)
        for timeline in self._timelines:
            arrivals: list[Arrivals] = []
            if timeline.kind == "group":
                arrivals = self._begin_group(timeline, frames, flows, end_seq)
            frame = frames.get(timeline.id)
            if frame is None or (len(frame) == 0 and timeline.kind == "device"):
                continue
            frame.newcomers = self._begun[timeline.id].newcomers(frame)
            flows.frames[timeline.id] = frame
            for node, operator in self._agendas[timeline.id].run(frame, flows):
                if operator.crosses:
                    flows[node.id] = self._cross(node, operator, timeline, frame, frames, flows, arrivals)
                else:
                    flows[node.id] = operator.run(frame, [flows[i] for i in node.inputs])
        for source, seer in self._seers:
            seer.take(frames.get(self._timeline_of[source]), flows.get(source))
        for timeline in self._timelines:
            frame = frames.get(timeline.id)
            if frame is not None and len(frame):
                for node in self._seeing_groups[timeline.id]:
                    flows[node.id] = self._see(node, timeline, frame, frames, flows)
        if look is not None:
            look(flows)
        if self.observer is not None:
            self.observer(frames, flows)
        for operator in dict.fromkeys([*self._setting.uncommitted, *self._committing]):
            operator.commit()
        self._setting.uncommitted.clear()
        for state in self._fields.values():
            state.commit()
        for clock in self._groups.values():
            clock.commit()

    def _begin_group(
        self, timeline: p.Timeline, frames: dict[str, Frame], flows: Mapping[str, Flow], end_seq: int | None
    ) -> list[Arrivals]:
        """Make the group timeline's frame of what its members did."""
        members = [m for m in timeline.members if m.timeline in frames and len(frames[m.timeline])]
        if not members or timeline.id in frames:
            return []
        clock = self._groups[timeline.id]
        arrivals = clock.arrivals({m.timeline: frames[m.timeline] for m in members}, flows)
        happened = []
        for node in self._nodes[timeline.id]:
            operator = self._operators[node.id]
            if isinstance(operator, MembersOperator | ChosenOperator | FromMembers):
                of = _arrivals_of(operator.timeline, arrivals)
                inputs = [i for i in node.inputs if self._timeline_of[i] != timeline.id]
                happened.append(operator.collect(of, [flows[i] for i in inputs] if of is not None else []))
            elif isinstance(operator, GroupPatternOperator):
                happened += operator.collect(arrivals, lambda place, of=node.inputs: flows[of[place]])  # type: ignore[misc]
        frames[timeline.id] = clock.frame(arrivals, happened, self._woken(timeline, frames), end_seq)
        return arrivals

    def _woken(self, timeline: p.Timeline, frames: Mapping[str, Frame]) -> tuple[Rows, Keys]:
        """The inputs and groups at which a group's current timeline may see something settled."""
        source = self._delayed_from.get(timeline.id)
        settled = None if source is None else frames.get(source)
        if source is None or settled is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        runs = slice(0, settled.running)
        keys = self._groups[timeline.id].keys_of(self._groups[source])[settled.key[runs]]
        seq = settled.seq[runs]
        if not len(seq):
            return seq, keys
        first, _ = kinds([seq, keys])
        return seq[first], keys[first]

    def _see(
        self,
        node: p.PlanNode,
        timeline: p.Timeline,
        frame: Frame,
        frames: Mapping[str, Frame],
        flows: Mapping[str, Any],
    ) -> Any:
        """Run what sees what groups have given, or uses what does."""
        operator = self._operators[node.id]
        if isinstance(operator, OfGroupOperator):
            return operator.see(frame, [flows[i] for i in node.inputs[1:]])
        if isinstance(operator, DelayedOperator):
            return self._cross(node, operator, timeline, frame, frames, flows, [])
        return operator.run(frame, [flows[i] for i in node.inputs])

    def _cross(
        self,
        node: p.PlanNode,
        operator: Operator,
        timeline: p.Timeline,
        frame: Frame,
        frames: Mapping[str, Frame],
        flows: Mapping[str, Any],
        arrivals: Sequence[Arrivals],
    ) -> Any:
        """Run an operator that takes its inputs from another timeline."""
        if isinstance(operator, DelayedOperator):
            source = node.inputs[0]
            settled = self._timeline_of[source]
            keys = None
            if settled in self._groups:
                keys = self._groups[timeline.id].keys_of(self._groups[settled])
            return operator.cross(frames.get(settled), frame, flows.get(source), keys)
        if isinstance(operator, GroupSlicesOperator | PartialOperator):
            of = _arrivals_of(self._timeline_of[node.inputs[0]], arrivals)
            inputs = [flows[i] for i in node.inputs] if of is not None else []
            return operator.from_members(frame, self._groups[timeline.id], of, inputs)
        return operator.run(frame, [flows[i] for i in node.inputs if self._timeline_of[i] == timeline.id])


def _rank(timeline: p.Timeline) -> tuple[int, int]:
    """Settled timelines come before current ones, devices before groups."""
    return (timeline.kind == "group", not timeline.settled)


def _arrivals_of(member: str | None, arrivals: Sequence[Arrivals]) -> Arrivals | None:
    """What the devices on a member timeline bring, if they bring anything."""
    return next((a for a in arrivals if a.timeline == member), None)
