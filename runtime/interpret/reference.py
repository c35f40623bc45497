"""The reference interpreter: a plan, one input at a time, written for clarity. It defines the meaning
(docs/meaning.md).

    reference = Reference(plan)
    reference.message("Truck", "a", time, {"velocity": 3.0})    # -> the outputs of this input, in order
    reference.end()
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.function import Value
from ..output import Counters, Output
from ..text import write_value
from .cases import CASES
from .instance import Change, Instance, Instant, Setting
from .recent import WINDOWS, sample_from, sampled_inputs
from .revision import revise
from .windows import arity, sample_of, take_from_member


@dataclass
class Device:
    """A registered device: its two timelines and their times, and the groups it is in (by timeline); `place`: among all
    devices in the order they registered."""

    type: p.DeviceType
    id: str
    place: int
    current: Instance
    settled: Instance
    now: int | None = None
    settled_time: int | None = None
    groups: dict[str, "Group"] = field(default_factory=dict)
    records: list[tuple[int, dict[str, Value]]] = field(default_factory=list)
    """What was settled, when, and is still to be seen on the current timeline."""


@dataclass
class Group:
    """A group on one of its timelines. `greatest` is the greatest time that a member ever had."""

    timeline: p.Timeline
    instance: Instance
    members: list[Device] = field(default_factory=list)
    greatest: int | None = None
    records: list[tuple[int, dict[str, Value]]] = field(default_factory=list)

    def room(self) -> int:
        """How many updates of its members may wait for its time."""
        most = {member.timeline: member.waiting_max for member in self.timeline.members}
        timelines = [one.settled.timeline if self.timeline.settled else one.current.timeline for one in self.members]
        return sum(most[timeline.id] for timeline in timelines)

    def time(self) -> int | None:
        """The least time of the members that are not idle; None if there is none."""
        assert self.greatest is not None or not self.members
        times = []
        for device in self.members:
            time = device.settled_time if self.timeline.settled else device.now
            if time is not None and self.greatest is not None and time + device.type.idle_ns >= self.greatest:
                times.append(time)
        return min(times, default=None)


Observer = Callable[[Instance, Instant], None]
"""Sees an instance (a device or group on a timeline) after each of its instants: `here.values`, `here.updated`."""


class Reference:
    """An interpreter of one plan. Inputs are numbered from 0 in the order given; `counters` say what became of them."""

    def __init__(self, plan: p.Plan, observer: Observer | None = None) -> None:
        self.plan = plan
        self._observer = observer
        self.counters = Counters()
        self._seq = -1
        self._types = {device.name: device for device in plan.devices}
        self._field_types = {(d.name, f.name): f.type.name for d in plan.devices for f in d.fields}
        self._devices: dict[tuple[str, str], Device] = {}
        self._groups: dict[tuple[str, tuple[Value, ...]], Group] = {}
        self._touched: dict[int, Instance] = {}
        self._told: list[Group] = []
        self._counted_late: set[tuple[Any, ...]] = set()
        nodes = {node.id: node for node in plan.nodes}
        windows_on: dict[str, tuple[p.PlanNode, ...]] = {}
        self._delayed: dict[str, list[p.PlanNode]] = {}
        self._seen_by_devices: dict[str, list[str]] = {}
        for node in plan.nodes:
            if isinstance(node.operator, p.Slices):
                windows_on.setdefault(node.id, ())
            elif isinstance(node.operator, p.Window):
                windows_on[node.inputs[0]] = (*windows_on.get(node.inputs[0], ()), node)
            elif isinstance(node.operator, p.OfGroup):
                self._seen_by_devices.setdefault(nodes[node.inputs[0]].timeline, []).append(node.inputs[0])
            elif isinstance(node.operator, p.Delayed):
                self._delayed.setdefault(nodes[node.inputs[0]].timeline, []).append(node)
        places = {node.id: place for place, node in enumerate(plan.nodes)}
        rows: dict[tuple[str, str], dict[tuple[Value, ...], Value]] = {
            (table.name, column.name): dict(
                zip(zip(*(key.cells for key in table.keys), strict=True), column.cells, strict=True)
            )
            for table in plan.tables
            for column in table.values
        }
        self._setting = Setting(plan, nodes, places, self.counters, windows_on, rows)
        self._nodes_on = {t.id: tuple(n for n in plan.nodes if n.timeline == t.id) for t in plan.timelines}
        self._timeline_places = {timeline.id: place for place, timeline in enumerate(plan.timelines)}

    # --- Inputs ------------------------------------------------------------------------------------------------------

    def message(self, device: str, id_: str, time: int, fields: Mapping[str, Value]) -> list[Output]:
        """A message of a device (ns since the epoch); None is a field that is not there."""
        self._seq += 1
        one = self._registered(device, id_)
        if one is None:
            self.counters.quarantined["too_many_devices"] += 1
            return []
        message = {name: self._stored(device, name, value) for name, value in fields.items() if value is not None}
        event = Instant(time, "event", message=message, message_time=time)
        if one.settled_time is None or time >= one.settled_time:
            self.counters.processed += 1
            one.settled.queue(self._seq, event)
        elif time >= one.settled_time - one.type.revise_ns:
            self.counters.processed += 1
            revise(one.settled, event)
            self._touched[id(one.settled)] = one.settled
            for group in one.groups.values():
                revise(group.instance, event, one.settled)
                self._touched[id(group.instance)] = group.instance
        else:
            self.counters.late += 1
        self._advance_groups(self._advance(one, time, message))
        return self._outputs()

    def mark(self, device: str, id_: str, time: int) -> list[Output]:
        """Nothing earlier than this time will come from a device. Of one that is not registered it says nothing."""
        self._seq += 1
        one = self._devices.get((device, id_))
        if one is not None:
            self._advance_groups(self._advance(one, time, None))
        return self._outputs()

    def mark_all(self, time: int) -> list[Output]:
        """Nothing earlier than this time will come from any registered device: all go on, and then their groups."""
        self._seq += 1
        self._advance_groups([group for one in self._devices.values() for group in self._advance(one, time, None)])
        return self._outputs()

    def acknowledge(self, rule: str, key: tuple[str, ...], time: int) -> list[Output]:
        """Somebody has seen a raised rule. It takes effect at once, at the key's own time, which only devices move."""
        self._seq += 1
        for node in self.plan.nodes:
            if isinstance(node.operator, p.Rule) and node.operator.name == rule:
                for here in self._instances(node.timeline):
                    if here.shown_key == key and here.passed is not None:
                        here.run(Instant(here.passed, "timer", acknowledged=node.id))
        return self._outputs()

    def end(self) -> list[Output]:
        """No further input: nothing is waited for any more, and open windows are closed."""
        self._seq += 1
        devices = list(self._devices.values())
        for one in devices:
            assert one.now is not None
            one.settled_time = one.now
            one.settled.run_until(one.now, including=True)
            one.settled.drain()
        for settled in (True, False):
            if not settled:
                for one in devices:
                    self._see(one.current, one.records, one.type.lateness_ns, None)
                    one.current.drain()
            for group in list(self._groups.values()):
                if group.timeline.settled is settled:
                    self._advance_group(group)
                    self._see_in_group(group, ending=True)
                    group.instance.drain()
        return self._outputs()

    # --- Devices -----------------------------------------------------------------------------------------------------

    def _registered(self, device: str, id_: str) -> Device | None:
        """A device, registered if need be; None beyond the type's maximum."""
        found = self._devices.get((device, id_))
        if found is None:
            type_ = self._types[device]
            if type_.maximum is not None and sum(1 for name, _ in self._devices if name == device) >= type_.maximum:
                return None
            timelines = [self._timeline_of(device, settled) for settled in (False, True)]
            current, settled = (self._instance(timeline, (id_,), (id_,)) for timeline in timelines)
            found = self._devices[device, id_] = Device(type_, id_, len(self._devices), current, settled)
            one = found
            current.after = lambda here, at: self._after(one, here, at)
            current.group_of = settled.group_of = self._instance_of_group
            settled.after = lambda here, at: self._after(one, here, at)
        return found

    def _timeline_of(self, device: str, settled: bool) -> p.Timeline:
        """The plan's timeline; an empty one where the plan has none, since messages wait and are late all the same."""
        for timeline in self.plan.timelines:
            if timeline.kind == "device" and timeline.device == device and timeline.settled is settled:
                return timeline
        return p.Timeline(f"{device} without nodes", "device", settled, device)

    def _instance(self, timeline: p.Timeline, key: tuple[Value, ...], shown: tuple[str, ...]) -> Instance:
        return Instance(self._setting, timeline, self._nodes_on.get(timeline.id, ()), key, shown, CASES)

    def _instances(self, timeline: str) -> list[Instance]:
        both = [here for device in self._devices.values() for here in (device.current, device.settled)]
        both += [group.instance for group in self._groups.values()]
        return [here for here in both if here.timeline.id == timeline]

    def _stored(self, device: str, name: str, value: Value) -> Value:
        type_ = self._field_types[device, name]
        return float(value) if type_ in ("int", "float") and isinstance(value, int | float) else value

    def _advance(self, one: Device, time: int, message: Mapping[str, Value] | None) -> list[Group]:
        """A device's time goes to that of a message or mark, on its own timelines. Gives the groups that may go on."""
        one.now = now = time if one.now is None else max(one.now, time)
        before = list(one.groups.values())
        self._settle(one, now)
        self._see(one.current, one.records, one.type.lateness_ns, now)
        one.current.run_until(now)
        one.current.see_now(now)
        if message is not None:
            one.current.run(Instant(now, "event", message=message, message_time=time))
        return [*before, *one.groups.values()]

    def _advance_groups(self, groups: list[Group]) -> None:
        """Look at the time of groups whose members went on."""
        concerned = {id(group): group for group in [*groups, *self._told]}
        self._told = []
        for group in sorted(concerned.values(), key=lambda group: not group.timeline.settled):
            self._advance_group(group)
            self._see_in_group(group)

    def _settle(self, one: Device, now: int) -> None:
        """Stragglers that are due take their place; beyond `settle_max` the oldest does before it is due."""
        if one.type.lateness_ns > 0 and len(one.settled.events) > one.type.settle_max:
            oldest = one.settled.events[0][0]
            one.settled.run_until(oldest)
            one.settled.run(one.settled.events.pop(0)[2])
            one.settled_time = oldest if one.settled_time is None else max(one.settled_time, oldest)
            self.counters.dropped["settled_early"] += 1
        settled = now - one.type.lateness_ns
        one.settled_time = settled if one.settled_time is None else max(one.settled_time, settled)
        one.settled.run_until(one.settled_time, including=one.type.lateness_ns == 0)

    def _see(self, current: Instance, records: list[tuple[int, dict[str, Value]]], late: int, now: int | None) -> None:
        """Let the current timeline see what was settled, `late` ns later but not after now (at the end there is no
        now)."""
        for time, values in records:
            seen = time + late if now is None else min(time + late, now)
            current.see(seen if current.passed is None else max(seen, current.passed), values)
        records.clear()

    # --- What crosses timelines --------------------------------------------------------------------------------------

    def _after(self, one: Device, here: Instance, at: Instant) -> None:
        """After an instant of a device: what of it others are to see."""
        self._touched[id(here)] = here
        if self._observer is not None:
            self._observer(here, at)
        self._record(here, at, one.records)
        for timeline in self.plan.timelines:
            for member in timeline.members:
                if member.timeline == here.timeline.id:
                    self._tell(timeline, member, one, here, at)

    def _record(self, here: Instance, at: Instant, records: list[tuple[int, dict[str, Value]]]) -> None:
        delayed = self._delayed.get(here.timeline.id, [])
        seen = {node.id: here.value(node.inputs[0]) for node in delayed if node.inputs[0] in here.updated}
        if seen:
            records.append((at.time, seen))

    def _tell(self, timeline: p.Timeline, member: p.GroupMember, one: Device, here: Instance, at: Instant) -> None:
        """Tell a group of what happened to a member: where it belongs, its updates, its samples."""
        key = tuple(here.values.get(i) for i in member.keys)
        new = None if None in key else self._group(timeline, member, key)
        old = one.groups.get(timeline.id)
        nodes = [
            node
            for node in self._nodes_on[timeline.id]
            if isinstance(node.operator, p.Members | p.Chosen) and node.operator.device == one.type.name
        ]
        values = {node.id: tuple(here.value(i) for i in node.inputs) for node in nodes}
        name, when = (one.type.name, one.id), (at.time, one.place, self._seq)
        samples = self._samples(timeline, here)
        updates = self._updates(timeline, here)
        for node_id in updates:
            inputs = self._setting.nodes[node_id].inputs
            samples[node_id] = tuple(here.value(i) for i in inputs)
        if new is not old:
            everything = frozenset(values)
            if old is not None:
                old.members.remove(one)
                self._push(old, at, Change(name, "leave", {}, everything, *when))
            one.groups.pop(timeline.id, None)
            if new is not None:
                new.members.append(one)
                one.groups[timeline.id] = new
                touched = everything | samples.keys()
                self._push(new, at, Change(name, "join", {**values, **samples}, touched, *when, updates))
        elif new is not None:
            touched = frozenset(n.id for n in nodes if any(i in here.updated for i in n.inputs))
            given = {**{i: values[i] for i in touched}, **samples}
            self._push(new, at, Change(name, "update", given, touched | samples.keys(), *when, updates))
        if new is not None:
            self._sample(new, here, at)

    def _updates(self, timeline: p.Timeline, here: Instance) -> dict[str, frozenset[int]]:
        """Which inputs of the group's patterns an instant of a member updates."""
        found: dict[str, frozenset[int]] = {}
        for node in self._nodes_on[timeline.id]:
            if isinstance(node.operator, p.Pattern):
                updated = frozenset(place for place, i in enumerate(node.inputs) if i in here.updated)
                if updated:
                    found[node.id] = updated
        return found

    def _samples(self, timeline: p.Timeline, here: Instance) -> dict[str, tuple[Value, ...]]:
        """What an instant of a member brings to the group's windows that keep their samples: their inputs' values, if
        they are a sample, or the window asks for every update."""
        found: dict[str, tuple[Value, ...]] = {}
        for node in self._nodes_on[timeline.id]:
            if isinstance(node.operator, WINDOWS) and any(i in here.updated for i in sampled_inputs(node, here)):
                inputs = node.inputs[:-1] if isinstance(node.operator, p.While) else node.inputs
                values = tuple(here.value(i) for i in inputs)
                always = isinstance(node.operator, p.Recent) and node.operator.width_ns is not None
                if always or sample_from(node, here, values) is not None:
                    found[node.id] = values
        return found

    def _push(self, group: Group, at: Instant, change: Change) -> None:
        """A change of a member waits for the group's instant at its time; too late for that, for the group's next
        one."""
        if not change.touched:
            return
        self._told.append(group)
        here = group.instance
        if here.passed is not None and at.time < here.passed:
            here.overdue.append(change)
            self._count_late("late_member", group, change.member, (here.key, at.time))
            return
        waiting = [instant for time, _, instant in here.events if time == at.time]
        if waiting:
            waiting[0].changes.append(change)
        else:
            here.queue(0, Instant(at.time, "event", changes=[change]))

    def _sample(self, group: Group, here: Instance, at: Instant) -> None:
        """A member's samples go to the group at once; one that a closed window should have held is counted."""
        late = False
        for node in group.instance.nodes:
            if not isinstance(node.operator, p.Slices):
                continue
            if not here.updated.isdisjoint(node.inputs[: arity(node, here.setting.nodes)]):
                value = sample_of(node, here.setting.nodes, {i: here.value(i) for i in node.inputs})
                if value is not None:
                    late = take_from_member(node, group.instance, at, value) or late
        if late:
            self._count_late("late_sample", group, here.shown_key, (here.timeline.id, at.time, at.phase))

    def _count_late(self, what: str, group: Group, member: tuple[str, ...], at: Any) -> None:
        """Count what came too late for a group: of one input each time of a member once."""
        late = (what, group.timeline.id, member, at)
        if late not in self._counted_late:
            self._counted_late.add(late)
            self.counters.dropped[what] += 1

    # --- Groups ------------------------------------------------------------------------------------------------------

    def _group(self, timeline: p.Timeline, member: p.GroupMember | None, key: tuple[Value, ...]) -> Group:
        found = self._groups.get((timeline.id, key))
        if found is None:
            names = ["text"] * len(key) if member is None else [self._setting.nodes[i].type.name for i in member.keys]
            shown = tuple(write_value(value, name) for value, name in zip(key, names, strict=True))
            found = self._groups[timeline.id, key] = Group(timeline, self._instance(timeline, key, shown))
            group = found
            found.instance.after = lambda here, at: self._after_group(group, here, at)
        return found

    def _after_group(self, group: Group, here: Instance, at: Instant) -> None:
        self._touched[id(here)] = here
        if self._observer is not None:
            self._observer(here, at)
        self._record(here, at, group.records)
        for node in self._seen_by_devices.get(here.timeline.id, ()):
            if here.looks(node, at):
                here.given[node] = here.value(node)

    def _instance_of_group(self, timeline: str, key: tuple[Value, ...]) -> Instance | None:
        group = self._groups.get((timeline, key))
        return None if group is None else group.instance

    def _advance_group(self, group: Group) -> None:
        """Look at a group's time, and run what it has passed."""
        times = [device.settled_time if group.timeline.settled else device.now for device in group.members]
        known = [time for time in [*times, group.greatest] if time is not None]
        group.greatest = max(known, default=None)
        time = group.time()
        if time is not None:
            group.instance.run_until(time)
        self._hurry(group)

    def _hurry(self, group: Group) -> None:
        """Where more updates wait than there is room for, go on to the earliest of them."""
        here, room = group.instance, group.room()
        while 0 < room < here.waiting():
            self.counters.dropped["early_instant"] += 1
            if here.events:
                here.run_until(here.events[0][0])
                here.run(here.events.pop(0)[2])
            else:
                assert here.passed is not None
                here.run(Instant(here.passed, "event"))

    def _see_in_group(self, group: Group, ending: bool = False) -> None:
        """Let the group's current timeline see what was settled for it."""
        if not group.records:
            return
        (seen_by,) = {node.timeline for node in self._delayed[group.timeline.id]}
        timeline = next(t for t in self.plan.timelines if t.id == seen_by)
        late = max(self._types[self._device_of(m)].lateness_ns for m in group.timeline.members)
        current = self._group(timeline, None, group.instance.key)
        now = current.instance.passed
        self._see(current.instance, group.records, late, None if ending else now)
        if now is not None and not ending:
            current.instance.run_until(now)
            current.instance.see_now(now)

    def _device_of(self, member: p.GroupMember) -> str:
        timeline = next(t for t in self.plan.timelines if t.id == member.timeline)
        assert timeline.device is not None
        return timeline.device

    # --- Outputs -----------------------------------------------------------------------------------------------------

    def _outputs(self) -> list[Output]:
        """What this input brought about: by timeline, key, instant, and place in the plan."""
        found: list[tuple[Any, Output]] = []
        for here in self._touched.values():
            place = self._timeline_places.get(here.timeline.id, -1)
            found += [((place, here.shown_key, within), output) for within, output in here.outputs]
            here.outputs = []
        self._touched = {}
        self._counted_late = set()
        return [dataclasses.replace(o, seq=self._seq) for _, o in sorted(found, key=lambda entry: entry[0])]
