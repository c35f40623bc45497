"""A test's stimuli as inputs in time order: what virtual devices report, marks of the time, acknowledgements.

    scenario = of_test(typed, test)
    on_engine(plan, scenario.inputs)

Virtual time begins at `EPOCH`. The test ends at the latest time that it names, in stimuli or expectations; `inputs` go
on until whatever waits for stragglers has said what it has to say of that time, and what is said of later times does
not count.

Time goes on for every device, whether it reports or not, because the gateway is alive: so silence is noticed. The
gateway says so before what arrives first, and then at least every half of the shortest time after which a device type
is idle.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...compiler.lower_models import given_name
from ...compiler.lower_targets import lower_targets
from ...compiler.typed import DeviceInfo, FieldInfo, Typed
from ...dsl import nodes as n
from ...stdlib.function import Value
from .exact import Reader, S
from .executors import Acknowledge, Input, MarkAll, Message
from .virtual import ClockError, Line, Ramp, Silence, VirtualDevice

EPOCH = 1_767_225_600 * S
"""0 s of every test in ns: 2026-01-01T00:00:00Z, a Thursday and a midnight, so that windows begin with the test."""

MESSAGES_MAX = 2_000_000
"""A test with more messages is refused: it would run for many minutes."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A person acknowledges a rule's instance; the time is ns from the test's beginning."""

    time: int
    rule: str
    key: tuple[str, ...]


@dataclass
class Scenario:
    """Virtual devices and what else happens; `end` (ns) counts from the beginning of the test."""

    typed: Typed
    end: int = 0
    devices: dict[str, VirtualDevice] = field(default_factory=dict)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    cuts: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """By target: from when to when the links of its gateways are down (ns)."""
    restarts: list[int] = field(default_factory=list)
    """When the processes die and start again (ns)."""
    away: list[tuple[int, int]] = field(default_factory=list)
    """From when to when the processes where devices attach are away (ns)."""

    def device(self, type_: str, id_: str) -> VirtualDevice:
        """A virtual device of this name, made if there is none yet."""
        if id_ not in self.devices:
            fields = self.typed.devices[type_].fields.values()
            rates = {info.name: info.every_ns for info in fields if info.every_ns is not None}
            self.devices[id_] = VirtualDevice(type_, id_, rates)
        return self.devices[id_]

    @property
    def size(self) -> int:
        """About how many messages and marks there are, without making them."""
        idle = min((info.idle_ns for info in self.typed.devices.values()), default=0)
        return sum(device.size(self.end) for device in self.devices.values()) + self.end * 2 // max(idle, 1)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All inputs, in the order in which they arrive; times are ns since the epoch of the world."""
        events: list[tuple[int, int, int, Input]] = []
        for place, device in enumerate(self.devices.values()):
            for report in device.reports(self.end):
                message = Message(device.type, device.id, EPOCH + report.time, report.fields)
                events.append((report.arrives, 0, place, message))
        for place, one in enumerate(self.acknowledged):
            if one.time <= self.end:
                events.append((one.time, 1, place, Acknowledge(one.rule, one.key, EPOCH + one.time)))
        events.sort(key=lambda event: event[:3])
        return (*self._marked(events), MarkAll(EPOCH + self.end + self._lateness() + 1))

    def _marked(self, events: Iterable[tuple[int, int, int, Input]]) -> Iterator[Input]:
        """Events, with the marks that move time on before those that need it."""
        marked = 0
        step = min((info.idle_ns for info in self.typed.devices.values()), default=0) // 2
        for time, _, _, event in events:
            if time - marked > step or (isinstance(event, Acknowledge) and time > marked):
                yield MarkAll(EPOCH + time - self.behind(time))
                marked = time
            yield event

    def behind(self, time: int) -> int:
        """The gateway speaks for a device whose clock is behind by that clock: nothing of it is late for that alone."""
        return max([0, *(-device.clock_error(time) for device in self.devices.values())])

    def _lateness(self) -> int:
        return max((info.lateness_ns for info in self.typed.devices.values()), default=0)


def of_test(typed: Typed, test: n.Test) -> Scenario:
    """The scenario of a test that has been checked."""
    reader = Reader(typed)
    scenario = Scenario(typed, last_time(reader, test))
    for stimulus in test.stimuli:
        if isinstance(stimulus, n.Given):
            _give(scenario, stimulus)
    for stimulus in test.stimuli:
        match stimulus:
            case n.During(start, end, instances, settings, every):
                rate = None if every is None else reader.duration_ns(every)
                span = (reader.duration_ns(start), reader.duration_ns(end))
                _change(scenario, instances, settings, span[0], span[1], rate)
            case n.At(time, instances, settings):
                _change(scenario, instances, settings, reader.duration_ns(time), None, None)
            case n.Acknowledge(time, rule, whom):
                keys = keys_of(whom) or _all_keys(scenario, rule)
                scenario.acknowledged += [Acknowledged(reader.duration_ns(time), rule, key) for key in keys]
            case n.Fault():
                _fault(scenario, reader, stimulus)
            case n.Happens():
                _happens(scenario, reader, stimulus)
            case n.Given():
                pass
    return scenario


def names_of(instances: n.Instances) -> list[tuple[str, int]]:
    """The ids that `f1` or `p[1..40]` name, each with its number (0 for one without)."""
    if instances.first is None or instances.last is None:
        return [(instances.name, 0)]
    first, last = int(instances.first.text.replace("_", "")), int(instances.last.text.replace("_", ""))
    return [(f"{instances.name}{number}", number) for number in range(first, last + 1)]


def keys_of(whom: n.Whom | None) -> list[tuple[str, ...]]:
    """The keys of the instances of a rule, signal or pattern that are meant; none where nobody is named."""
    match whom:
        case None:
            return []
        case n.GroupKey(values):
            return [values]
        case n.Instances():
            return [(id_,) for id_, _ in names_of(whom)]


def last_time(reader: Reader, test: n.Test) -> int:
    """The latest time that a test names: its end."""
    return max((time for time, _ in _named_times(reader, test)), default=0)


def last_line(reader: Reader, test: n.Test) -> n.Node:
    """What names the latest time of a test."""
    return max(_named_times(reader, test), key=lambda one: one[0], default=(0, test))[1]


def _named_times(reader: Reader, test: n.Test) -> Iterator[tuple[int, n.Node]]:
    """The times that a test names, and where."""
    for stimulus in test.stimuli:
        match stimulus:
            case n.During(end=end):
                yield reader.duration_ns(end), stimulus
            case n.At(time=time) | n.Happens(time=time) | n.Acknowledge(time=time):
                yield reader.duration_ns(time), stimulus
            case n.Fault(start=start, end=until):
                yield reader.duration_ns(start if until is None else until), stimulus
            case n.Given():
                pass
    for expected in test.expectations:
        for named in (expected.at, expected.before, expected.after):
            if named is not None:
                yield reader.duration_ns(named), expected
        if expected.within is not None:
            base = 0 if expected.of is None else reader.duration_ns(expected.of)
            yield base + reader.duration_ns(expected.within), expected


def dense_line(reader: Reader, test: n.Test) -> tuple[int, n.Node] | None:
    """Of the lines that say how often is reported, the one with the most messages, and how many."""
    found = []
    for one in test.stimuli:
        if isinstance(one, n.During) and one.every is not None:
            span = reader.duration_ns(one.end) - reader.duration_ns(one.start)
            count = span // max(reader.duration_ns(one.every), 1) * len(names_of(one.instances))
            found.append((count, one))
    return max(found, key=lambda entry: entry[0], default=None)


def field_value(info: FieldInfo, reader: Reader, value: n.Expr | n.Ramp) -> Value | Ramp:
    """What a setting says of a field, in the field's unit."""
    if isinstance(value, n.Ramp):
        first, last = (reader.stored(end, info.type) for end in (value.first, value.last))
        assert isinstance(first, float), value
        assert isinstance(last, float), value
        return Ramp(first, last)
    return reader.stored(value, info.type)


def _give(scenario: Scenario, given: n.Given) -> None:
    for id_, number in names_of(given.instances):
        twin = [replace(setting, name=given_name(setting.name)) for setting in given.twin]
        values = _values(scenario, given.device, given.instances, number, [*given.settings, *twin])
        scenario.device(given.device, id_).say(Line(0, None, values))


def _change(
    scenario: Scenario,
    instances: n.Instances,
    settings: Sequence[n.Setting],
    start: int,
    end: int | None,
    every: int | None,
) -> None:
    for id_, number in names_of(instances):
        device = scenario.devices[id_]
        values = _values(scenario, device.type, instances, number, settings)
        device.say(Line(start, end, values, every))


def _values(
    scenario: Scenario, device: str, instances: n.Instances, number: int, settings: Sequence[n.Setting]
) -> dict[str, Value | Ramp]:
    info: DeviceInfo = scenario.typed.devices[device]
    reader = Reader(scenario.typed, instances.variable, number)
    return {s.name: field_value(info.fields[s.name], reader, s.value) for s in settings}


def _happens(scenario: Scenario, reader: Reader, stimulus: n.Happens) -> None:
    event = stimulus.event.function
    for id_, _ in names_of(stimulus.instances):
        device = scenario.devices[id_]
        declared = scenario.typed.devices[device.type].parameters[event]
        fields: dict[str, Value] = {event: True}
        for place, argument in enumerate(stimulus.event.arguments):
            name = argument.name or list(declared)[place]
            fields[f"{event}.{name}"] = reader.stored(argument.value, declared[name].type)
        device.told.append((reader.duration_ns(stimulus.time), fields))


def _fault(scenario: Scenario, reader: Reader, fault: n.Fault) -> None:
    start = reader.duration_ns(fault.start)
    end = None if fault.end is None else reader.duration_ns(fault.end)
    for id_, _ in names_of(fault.of):
        match fault.kind:
            case "device":
                scenario.devices[id_].silences.append(Silence(start, end))
            case "clock":
                assert fault.amount is not None, fault
                amount = reader.duration_ns(fault.amount)
                error = ClockError(start, end, amount if fault.what == "ahead" else -amount)
                scenario.devices[id_].clock_errors.append(error)
            case "link":
                scenario.cuts.setdefault(id_, []).append((start, scenario.end + 1 if end is None else end))
            case "process" if end is None:
                scenario.restarts.append(start)
            case "process":
                _away(scenario, id_, start, end)


def _away(scenario: Scenario, target: str, start: int, end: int) -> None:
    """The processes of a target are away. To those below that is as if their links were down; then they start again."""
    names = [one.name for one in lower_targets(scenario.typed)]
    place = names.index(target)
    if place == 0:
        scenario.away.append((start, end))
    else:
        scenario.cuts.setdefault(names[place - 1], []).append((start, end))
        scenario.restarts.append(end)


def _all_keys(scenario: Scenario, rule: str) -> list[tuple[str, ...]]:
    """The keys of all instances that a rule may have: its type's devices, the groups that are given, or the one."""
    (domain,) = (i.domain for i in scenario.typed.program.items if isinstance(i, n.Rule) and i.name == rule)
    match domain:
        case None:
            return [()]
        case n.ForDevice(device):
            return [(one.id,) for one in scenario.devices.values() if one.type == device]
        case n.ByProperties(properties):
            given = [one.lines[0].values for one in scenario.devices.values()]
            keys = [tuple(str(values.get(name)) for name in properties) for values in given]
            return list(dict.fromkeys(keys))
