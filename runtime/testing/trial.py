"""Trials: a program's rules tried out from Python, under virtual time, on engine and reference.

    run = Trial.of("fridge.iot")
    f1 = run.device("Fridge", "f1", site="oslo", temp=4)      # what it keeps reporting, at the declared rates
    f1.at("10 s", temp="9 degC")
    run.until("5 min")
    assert run.raised("too_warm", "f1") == ["2 min 10 s"]
    assert run.sends[0].arguments == {"on": True}

Values are numbers in the declared unit, or texts with a unit; times are texts (`"2 min 10 s"`) or seconds. Devices are
as those of a `test` in the language: what is said later wins, and a change lasts.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from ...compiler import constants
from ...compiler.compile import Compiled, compile_text
from ...compiler.typed import FieldInfo
from ...dsl import nodes as n
from ...dsl.source import SourceText
from ...grammar.units import parse_unit
from ...stdlib.function import Value
from ..cli.program import compiled
from ..output import Alerted, Counters, Emitted, Life, OutputValue, Sent, Signalled
from ..programs import plan_of
from ..text import write_value
from .closed_loop import Observed, simulated
from .differences import differences
from .exact import SECOND, Exact, S, stored
from .executors import on_engine, on_reference
from .scenario import EPOCH, MESSAGES_MAX, Acknowledged, Scenario
from .virtual import ClockError, Line, Ramp, Silence, VirtualDevice
from .words import duration

Duration = str | float
"""A time of the trial, or how long something is: `"2 min 10 s"`, or seconds."""

_PART = re.compile(r"\s*([+-]?[\d_]*\.?\d+(?:[eE][+-]?\d+)?)\s*([^\s\d+-][^\s]*)?")


@dataclass(frozen=True, slots=True)
class Said:
    """An alert, a command that was sent, or an event that was emitted: by which rule, for whom, and when."""

    rule: str
    key: tuple[str, ...]
    time: str
    name: str = ""
    message: str = ""
    severity: str | None = None
    arguments: Mapping[str, OutputValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Slope:
    """What `ramp` gives: from one value to another."""

    first: str | float
    last: str | float


def ramp(first: str | float, last: str | float) -> Slope:
    """A value that goes from one to another in equal steps, during a span of time."""
    return Slope(first, last)


Given = Value | Slope


class Trial:
    """A program, virtual devices, and what came of them. `until` runs it, from the beginning each time."""

    def __init__(self, program: Compiled) -> None:
        """Raises `ProgramError` for a program with errors, or that cannot be executed."""
        self._program = program
        self._plan = plan_of(program)
        assert program.typed is not None
        self._typed = program.typed
        self._scenario = Scenario(program.typed)
        self.outputs: Sequence[Observed] = ()
        """What came out until the end, in order of time."""
        self.counters = Counters()
        """What became of the messages."""

    @classmethod
    def of(cls, program: str, folder: Path | None = None) -> "Trial":
        """Of a program's text, if it has several lines, else of a file (from this folder)."""
        if "\n" in program:
            return cls(compile_text(SourceText("program.iot", program)))
        return cls(compiled(str(program if folder is None else folder / program)))

    # --- What happens ------------------------------------------------------------------------------------------------

    def device(self, type_: str, id_: str, **values: Given) -> "TrialDevice":
        """A virtual device that keeps reporting these values."""
        if type_ not in self._typed.devices:
            raise ValueError(_unknown("device type", type_, self._typed.devices))
        made = self._scenario.devices.get(id_)
        if made is not None and made.type != type_:
            raise ValueError(f"`{id_}` is a {made.type} already")
        device = TrialDevice(self._scenario.device(type_, id_), self._typed.devices[type_].fields, self._scenario)
        device.add(0, None, None, values)
        return device

    def acknowledge(self, rule: str, key: str | tuple[str, ...], at: Duration) -> None:
        """A person acknowledges a raised rule."""
        self._known(rule, key)
        time = not_past(self._scenario, ns(at))
        self._scenario.acknowledged.append(Acknowledged(time, rule, _key(key)))

    def until(self, end: Duration) -> "Trial":
        """Run up to a time, with it, or on to it. Raises AssertionError if engine and reference differ."""
        self._scenario.end = not_past(self._scenario, ns(end))
        count = self._scenario.size
        if count > MESSAGES_MAX:
            raise ValueError(
                f"until {duration(ns(end))} there are about {count:,} messages and marks; {MESSAGES_MAX:,} is the most"
            )
        world = simulated(self._plan, self._scenario)
        run = on_engine(self._plan, world.inputs)
        found = differences(on_reference(self._plan, world.inputs), run)
        if found:
            raise AssertionError("\n".join(["engine and reference differ: please report it", *found]))
        until = EPOCH + self._scenario.end
        said = [o for o in (*run.outputs, *world.outputs) if o.time <= until]
        self.outputs = sorted(said, key=lambda o: o.time)
        self.counters = run.counters
        return self

    # --- What came of it ---------------------------------------------------------------------------------------------

    def raised(self, rule: str, key: str | tuple[str, ...] | None = None) -> list[str]:
        """When a rule was raised, for one key or all; empty (and so not true) if it was not."""
        return self._happened(rule, key, "raised")

    def cleared(self, rule: str, key: str | tuple[str, ...] | None = None) -> list[str]:
        """When a rule was cleared."""
        return self._happened(rule, key, "cleared")

    @property
    def alerts(self) -> list[Said]:
        return [
            Said(o.rule, o.key, _time(o), message=o.message, severity=o.severity)
            for o in self.outputs
            if isinstance(o, Alerted)
        ]

    @property
    def sends(self) -> list[Said]:
        """Commands; `name` is the command's."""
        return [
            Said(o.rule, o.key, _time(o), o.command, arguments=o.arguments) for o in self.outputs if isinstance(o, Sent)
        ]

    @property
    def emits(self) -> list[Said]:
        """Events of the program's own; `name` is the event's."""
        return [
            Said(o.rule, o.key, _time(o), o.name, arguments=o.arguments) for o in self.outputs if isinstance(o, Emitted)
        ]

    def signal(self, name: str, key: str | tuple[str, ...] = (), at: Duration | None = None) -> OutputValue:
        """What a signal was last said to be, until a time or the end; None: it is absent."""
        self._known(name, key, n.Signal)
        latest = EPOCH + (self._scenario.end if at is None else ns(at))
        found: OutputValue = None
        for output in self.outputs:
            if isinstance(output, Signalled) and (output.name, output.key) == (name, _key(key)):
                found = output.value if output.time <= latest else found
        return found

    def _happened(self, rule: str, key: str | tuple[str, ...] | None, what: str) -> list[str]:
        self._known(rule, key)
        return [
            _time(output)
            for output in self.outputs
            if isinstance(output, Life) and (output.rule, output.what) == (rule, what)
            if key is None or output.key == _key(key)
        ]

    def _known(
        self, name: str, key: str | tuple[str, ...] | None, kind: type[n.Rule] | type[n.Signal] = n.Rule
    ) -> None:
        """Refuse a rule or signal that the program has not, and a key of a device or group that was never made."""
        word = "rule" if kind is n.Rule else "signal"
        known = {item.name: item.domain for item in self._typed.program.items if isinstance(item, kind)}
        if name not in known:
            raise ValueError(_unknown(word, name, known))
        if key is None:
            return
        values = _key(key)
        match known[name]:
            case None:
                if values:
                    raise ValueError(f"`{name}` is neither of a device nor of a group: leave out {_listed(values)}")
            case n.ForDevice(device):
                made = [one.id for one in self._scenario.devices.values() if one.type == device]
                if len(values) != 1:
                    raise ValueError(f"`{name}` is of a {device}: say of which one, by its id alone")
                if values[0] not in made:
                    raise ValueError(_unknown(device, values[0], made))
            case n.ByProperties(properties):
                self._known_group(name, properties, values)

    def _known_group(self, name: str, properties: Sequence[str], values: tuple[str, ...]) -> None:
        if len(values) != len(properties):
            raise ValueError(f"`{name}` is by {_listed(properties)}: a group of it has as many values")
        for property_, value in zip(properties, values, strict=True):
            said = set(self._said(property_))
            if value not in said:
                raise ValueError(_unknown(f"device whose `{property_}` is", value, said))

    def _said(self, property_: str) -> Iterator[str]:
        """What devices say of a property, as keys of groups have it."""
        for device in self._scenario.devices.values():
            for value in (line.values.get(property_) for line in device.lines):
                if value is not None and not isinstance(value, Ramp):
                    yield write_value(value, self._typed.devices[device.type].fields[property_].type.name)


@dataclass(frozen=True, slots=True)
class TrialDevice:
    """A virtual device of a trial."""

    device: VirtualDevice
    fields: Mapping[str, FieldInfo]
    scenario: Scenario

    def at(self, time: Duration, **values: Given) -> "TrialDevice":
        """From this time on it reports these values."""
        return self.add(not_past(self.scenario, ns(time)), None, None, values)

    def during(self, start: Duration, end: Duration, every: Duration | None = None, **values: Given) -> "TrialDevice":
        """In this span it reports these values, perhaps at another rate; a `ramp` goes from its start to its end."""
        return self.add(not_past(self.scenario, ns(start)), ns(end), None if every is None else ns(every), values)

    def silent(self, start: Duration, end: Duration | None = None) -> "TrialDevice":
        """Nothing of what it reports arrives."""
        since = not_past(self.scenario, ns(start))
        self.device.silences.append(Silence(since, None if end is None else ns(end)))
        return self

    def clock_ahead(self, amount: Duration, start: Duration = 0, end: Duration | None = None) -> "TrialDevice":
        """Its clock is ahead (behind, if negative)."""
        since = not_past(self.scenario, ns(start))
        self.device.clock_errors.append(ClockError(since, None if end is None else ns(end), ns(amount)))
        return self

    def add(self, start: int, end: int | None, every: int | None, values: Mapping[str, Given]) -> "TrialDevice":
        """Add a line to what is said of it; times in ns."""
        line: dict[str, Value | Ramp] = {}
        for name, value in values.items():
            if name not in self.fields:
                raise ValueError(f"`{self.device.type}` has no field `{name}`{_meant(name, self.fields)}")
            info = self.fields[name]
            if isinstance(value, Slope):
                first, last = stored_value(info, value.first), stored_value(info, value.last)
                if not isinstance(first, float) or not isinstance(last, float) or end is None:
                    raise ValueError(f"a ramp of `{name}` goes between two numbers, during a span of time")
                line[name] = Ramp(first, last)
            else:
                line[name] = stored_value(info, value)
        self.device.say(Line(start, end, line, every))
        return self


# --- Values ----------------------------------------------------------------------------------------------------------


def ns(time: Duration) -> int:
    """A time or duration in ns: `"2 min 10 s"`, or a number of seconds."""
    if not isinstance(time, str):
        return round(Fraction(time) * S)
    found = _quantity(time)
    if found is None or found.unit is None or found.unit.dimension != SECOND.dimension:
        raise ValueError(f"`{time}` is not a time, such as `2 min 10 s`")
    assert isinstance(found.value, Fraction)
    return int(constants.converted(found.value, found.unit, SECOND, point=False) * S)


def stored_value(info: FieldInfo, value: Value) -> Value:
    """A value as a field has it, a text with a unit brought into the field's; ValueError if it does not fit."""
    name = info.type.name
    if name in ("int", "float") and isinstance(value, str):
        found = _quantity(value)
        wanted = "no unit" if info.type.unit is None else f"`{info.type.unit.text}`"
        if found is None or (found.unit and not info.type.unit and found.unit.text != "ratio"):
            raise ValueError(f"`{value}` is not a number for `{info.name}`, which has {wanted}")
        if found.unit is None and info.type.unit is not None:
            found = Exact(found.value, info.type.unit)
        if found.unit is not None and info.type.unit is not None and found.unit.dimension != info.type.unit.dimension:
            raise ValueError(f"`{value}` does not fit `{info.name}`, which is in {wanted}")
        return stored(found, info.type)
    kinds = {"bool": bool, "int": int | float, "float": int | float, "text": str, "version": str, "point": tuple}
    kind = kinds.get(name, int | str)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and name != "bool"):
        raise ValueError(f"`{value}` does not fit `{info.name}`, which is a {name}")
    if isinstance(value, int | float) and name in ("int", "float"):
        return float(value)
    return stored(Exact(value), info.type) if name == "time" and isinstance(value, str) else value


def _quantity(text: str) -> Exact | None:
    """`8 degC`, `2 min 10 s`, `3`; None if it is no such thing."""
    parts, position = [], 0
    while position < len(text.rstrip()):
        found = _PART.match(text, position)
        if found is None:
            return None
        parts.append((found[1], found[2]))
        position = found.end()
    if not parts:
        return None
    if len(parts) == 1 and not parts[0][1]:
        return Exact(constants.number(parts[0][0]))
    units = [None if unit is None else parse_unit(unit) for _, unit in parts]
    first = units[0]
    if first is None or any(unit is None or unit.dimension != first.dimension for unit in units):
        return None
    total = Fraction(0)
    for (number, _), unit in zip(parts, units, strict=True):
        value = constants.number(number)
        if value is None or unit is None:
            return None
        total += value if len(parts) == 1 else constants.converted(value, unit, first, point=False)
    return Exact(total, first)


def not_past(scenario: Scenario, time: int) -> int:
    """A time, if it is not before the time up to which a trial ran already."""
    if time < scenario.end:
        raise ValueError(f"{duration(time)} is past: the trial ran until {duration(scenario.end)} already")
    return time


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _key(key: str | tuple[str, ...]) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _time(output: Observed) -> str:
    return duration(output.time - EPOCH)


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    return f"there is no {what} `{name}`{_meant(name, known)}"


def _meant(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f": did you mean `{close[0]}`?" if close else ""
