"""Virtual devices: what they report, and when, from what is said of them.

    fridge = VirtualDevice("Fridge", "f1", rates={"temp": 10 * S})
    fridge.say(Line(0, None, {"temp": 4.0, "door": False}))        # given
    fridge.say(Line(60 * S, 120 * S, {"temp": Ramp(4.0, 9.0)}))    # from 1 min to 2 min
    fridge.reports(300 * S)

Times are ns from the test's beginning. At 0 s a device reports all that is given of it; then a field that has a rate at
each multiple of that, fields of one rate in one message; a field without a rate when its value changes; and either at
the moment at which a line begins to speak. What it reports is what the line that speaks says; where several do, the
later said; where none does any more, what the last to end said at its end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...stdlib.function import Value


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one value to another, in equal steps in time; in the field's unit."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of a device's fields: from `start` to `end`, both included, or at `start` and then on (`end` None).

    `every`: how often they are reported while this line speaks, instead of at their own rate. `brought`: a command
    brought it about.
    """

    start: int
    end: int | None
    values: Mapping[str, Value | Ramp]
    every: int | None = None
    brought: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing of what the device reports arrives from `start` on, before `end`."""

    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True)
class ClockError:
    """The times in what the device reports are `amount` later (ahead) or earlier (behind, negative)."""

    start: int
    end: int | None
    amount: int


@dataclass(frozen=True, slots=True)
class Report:
    """A message of a virtual device: when it arrives, the time it carries, its fields."""

    arrives: int
    time: int
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one line says of one field: from `start` to `end`, its last moment; after it, it may still be the last."""

    start: int
    end: int
    value: Value | Ramp
    every: int | None
    line: Line

    def at(self, time: int) -> Value:
        if not isinstance(self.value, Ramp):
            return self.value
        assert self.line.end is not None
        length = self.line.end - self.line.start
        share = 1.0 if length == 0 else (min(time, self.end) - self.line.start) / length
        return self.value.first + (self.value.last - self.value.first) * share


@dataclass
class VirtualDevice:
    """A device that a test makes up. `rates`: the declared rates of its fields (ns), of those that have one; `told`:
    the events that it tells, each in a message of its own behind what it reports at that time."""

    type: str
    id: str
    rates: Mapping[str, int]
    lines: list[Line] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    clock_errors: list[ClockError] = field(default_factory=list)
    told: list[tuple[int, Mapping[str, Value]]] = field(default_factory=list)

    def say(self, line: Line) -> None:
        """Add a line; it wins over those before it."""
        self.lines.append(line)

    def bring(self, time: int, values: Mapping[str, Value]) -> Report | None:
        """A command has brought these values about; what the device reports of them at once, if that arrives.

        They last as those of an `at` do. What was said of a span of time stands: in it they change nothing.
        """
        given = next(
            (i for i, line in enumerate(self.lines) if line.start > 0 or line.end is not None), len(self.lines)
        )
        brought = sum(1 for line in self.lines[given:] if line.brought)
        line = Line(time, None, dict(values), brought=True)
        self.lines.insert(given + brought, line)
        told = {}
        for name, value in values.items():
            speaker = _speaker(self._said(name), time)
            if speaker is not None and speaker.line is line:
                told[name] = value
        return None if not told or self.silent(time) else Report(time, time + self.clock_error(time), told)

    def values(self, time: int) -> dict[str, Value]:
        """What it would report of all that was ever said of it, at a time."""
        names = dict.fromkeys(name for line in self.lines for name in line.values)
        return {name: _spoken(self._said(name), time) for name in names}

    def reports(self, end: int) -> list[Report]:
        """What arrives until `end`, in order; at 0 s one message with all that is given, though that be nothing."""
        found: dict[tuple[int, int], dict[str, Value]] = {(0, 0): {}}
        for name in dict.fromkeys(name for line in self.lines for name in line.values):
            said = self._said(name)
            for time, rate in self._times(name, said, end):
                value = _spoken(said, time)
                if value is not None:
                    found.setdefault((time, rate if time > 0 else 0), {})[name] = value
        made: list[tuple[int, Mapping[str, Value]]] = [(time, found[time, rate]) for time, rate in sorted(found)]
        made += [(time, fields) for time, fields in self.told if time <= end]
        return [
            Report(time, time + self.clock_error(time), fields)
            for time, fields in sorted(made, key=lambda entry: entry[0])
            if not self.silent(time)
        ]

    def size(self, end: int) -> int:
        """About how many reports there are until `end`, without making them."""
        said = {name for line in self.lines for name in line.values}
        rates = {rate for name, rate in self.rates.items() if name in said}
        count = sum(end // rate for rate in rates)
        for line in self.lines:
            last = end if line.end is None else min(line.end, end)
            count += 2 if line.every is None else max(last - line.start, 0) // line.every
        return count + len(self.told)

    def silent(self, time: int) -> bool:
        return any(s.start <= time and (s.end is None or time < s.end) for s in self.silences)

    def clock_error(self, time: int) -> int:
        """How far its clock is ahead (ns); of errors at one time they add up."""
        return sum(e.amount for e in self.clock_errors if e.start <= time and (e.end is None or time < e.end))

    def _said(self, name: str) -> list[_Said]:
        """The lines that speak of a field, in order, each until a later `at` ends it."""
        lines = [line for line in self.lines if name in line.values]
        found = []
        for place, line in enumerate(lines):
            end = line.start if line.end is None else line.end
            if name not in self.rates and line.every is None and not isinstance(line.values[name], Ramp):
                # It is reported when it changes, and that is at the very end if an earlier line goes on.
                end = max(end - 1, line.start)
            for later in lines[place + 1 :]:
                if later.end is None and line.start <= later.start <= end:
                    end = max(later.start - 1, line.start)
            found.append(_Said(line.start, end, line.values[name], line.every, line))
        return found

    def _times(self, name: str, said: list[_Said], end: int) -> Iterator[tuple[int, int]]:
        """When the field is reported, and at which rate just then (0: none), each time once."""
        rate = self.rates.get(name, 0)
        found: dict[int, int] = {}
        for one in said:
            if one.start <= end and _speaker(said, one.start) is one:
                found[one.start] = one.every or rate
            step = one.every or 0
            for time in range(one.start + step, min(one.end, end) + 1, step) if step else ():
                if _speaker(said, time) is one:
                    found[time] = step
            if rate or step or one.start == one.end or one.end > end or _speaker(said, one.end) is not one:
                continue
            heir = _speaker(said, one.end + 1)
            if isinstance(one.value, Ramp):
                found[one.end] = 0
            elif heir is not None and heir.start <= one.end < end:
                found[one.end + 1] = heir.every or 0
        for time in range(0, end + 1, rate) if rate else ():
            speaker = _speaker(said, time)
            if speaker is None or speaker.every is None:
                found.setdefault(time, rate)
        yield from sorted(found.items())


def _speaker(said: list[_Said], time: int) -> _Said | None:
    """The line that speaks at a time: the last said."""
    for one in reversed(said):
        if one.start <= time <= one.end:
            return one
    return None


def _spoken(said: list[_Said], time: int) -> Value:
    """What is reported at a time: by the line that speaks, else by the one that ended last."""
    speaker = _speaker(said, time)
    if speaker is None:
        ended = [one for one in said if one.end < time]
        if not ended:
            return None
        speaker = max(reversed(ended), key=lambda one: one.end)
    return speaker.at(time)
