"""What can be wrong with patterns: HG0620 to HG0649."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Edit, Label
from ..dsl.source import Span


@dataclass(frozen=True, kw_only=True)
class NotAPattern(Diagnostic):
    """`expires` after something that is no pattern: only a pattern that has begun can run out of time.

    when left_opne expires
    when left_open expires        # with `pattern left_open for Fridge = … within 5 min`
    """

    code = "HG0620"
    name: str
    what: str | None = None
    closest: str | None = None

    @property
    def title(self) -> str:
        return f"`{self.name}` is {self.what}, not a pattern" if self.what else f"no pattern is called `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f"did you mean `{self.closest}`?"
        return f"declare it: `pattern {self.name} for … = … then … within 5 min`"

    @property
    def edits(self) -> tuple[Edit, ...]:
        return () if self.closest is None else (Edit(self.span, f"{self.closest} expires"),)


@dataclass(frozen=True, kw_only=True)
class ManyEvents(Diagnostic):
    """A value of a step that may have happened several times: which of its events is meant?

        pattern hits for Pump = pressure < 2 bar as hit 3 times within 1 min
        rule worn for Pump { when hits  do { alert "{id} at {hit.pressure}" } }
        rule worn for Pump { when hits  do { alert "{id} at {min(hit.pressure)}, {count(hit)} times" } }

    Any aggregate will do, without a window: `first(hit.time)`, `mean(hit.pressure)`, `count(hit)`.
    """

    code = "HG0622"
    step: str
    member: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.step}` may have happened several times"

    @property
    def label(self) -> str:
        return "which one's?"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "repeated"),)

    @property
    def help(self) -> str | None:
        value = f"{self.step}.{self.member}"
        return f"take an aggregate of them: `last({value})`, `min({value})`, `max({value})`"


@dataclass(frozen=True, kw_only=True)
class NotACount(Diagnostic):
    """An aggregate other than `count` of a step itself, which is an event and no value.

    alert "{id}: {mean(hit)}"
    alert "{id}: {mean(hit.pressure)} in {count(hit)} hits"
    """

    code = "HG0623"
    function: str
    name: str

    @property
    def title(self) -> str:
        return f"`{self.function}` of the step `{self.name}`, which is no value"

    @property
    def help(self) -> str | None:
        return f"name one of its fields: `{self.function}({self.name}.…)`; `count({self.name})` counts its events"


@dataclass(frozen=True, kw_only=True)
class NotSoMany(Diagnostic):
    """An event so many after the first one of a step, or before the last one, of a step that never has so many.

    pattern hits for Pump = pressure < 2 bar as hit 3 times then pressure < first(hit.pressure, after: 3) within 1 min
    pattern hits for Pump = pressure < 2 bar as hit 3 times then pressure < first(hit.pressure, after: 2) within 1 min
    """

    code = "HG0633"
    step: str
    place: str
    most: int
    declared: Span

    @property
    def title(self) -> str:
        times = "once" if self.most == 1 else f"at most {self.most} times"
        return f"`{self.step}` comes {times}, so none is {self.place}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, f"`{self.step}`"),)


@dataclass(frozen=True, kw_only=True)
class SentInGroup(Diagnostic):
    """`sent C` where there is no one device that the command could have been sent to.

        pattern stopped_all by line = sent stop then Valve.position < 5 % within 30 s

    Name it for the device, and use that in the group:

        pattern stopped for Pump = sent stop
        pattern stopped_all by line = Pump.stopped then Valve.position < 5 % within 30 s
    """

    code = "HG0621"
    command: str
    device: str | None
    domain: str

    @property
    def title(self) -> str:
        return f"`sent {self.command}` {self.domain}, where there is no one device"

    @property
    def label(self) -> str:
        return "to which member?"

    @property
    def help(self) -> str | None:
        device = self.device or "Device"
        name = f"{self.command}_sent"
        return f"name it for the device, `pattern {name} for {device} = sent {self.command}`, and use `{device}.{name}`"


@dataclass(frozen=True, kw_only=True)
class RepeatCount(Diagnostic):
    """A number of times that nothing could fulfil.

    pattern hits for Pump = pressure < 2 bar 5..3 times within 1 min
    pattern hits for Pump = pressure < 2 bar 3..5 times within 1 min
    """

    code = "HG0624"
    problem: str

    @property
    def title(self) -> str:
        return self.problem

    @property
    def label(self) -> str:
        return "could never be fulfilled"

    @property
    def help(self) -> str | None:
        return "write the lower number first, and what happens at least once: `3 times`, `3..5 times`"


@dataclass(frozen=True, kw_only=True)
class EndlessRepeat(Diagnostic):
    """A repetition without an upper number that nothing ends: it would take events forever and never be complete.

        pattern hits for Pump = pressure < 2 bar at least 3 times
        pattern hits for Pump = pressure < 2 bar at least 3 times until pressure > 4 bar within 1 min

    End it with a number (`3..10 times`), an event (`until …`) or a time (`within …`).
    """

    code = "HG0625"
    least: int

    @property
    def title(self) -> str:
        return "a repetition that nothing ends"

    @property
    def label(self) -> str:
        return "takes events forever"

    @property
    def help(self) -> str | None:
        return f"add `within 5 min` or `until …`, or say how often at most: `{self.least}..{self.least + 5} times`"


@dataclass(frozen=True, kw_only=True)
class NamedAbsence(Diagnostic):
    """A name for something that does not happen, so that there is no event it could stand for.

    then no flow rises above 5 m3/h for 20 s as dry
    then no flow rises above 5 m3/h for 20 s
    """

    code = "HG0626"
    name: str

    @property
    def title(self) -> str:
        return f"`{self.name}` names what does not happen"

    @property
    def help(self) -> str | None:
        return f"leave `as {self.name}` out, and name the step before it"


@dataclass(frozen=True, kw_only=True)
class AbsenceLink(Diagnostic):
    """`then next` or `then each` before something that must not happen: there is no next one, and no each.

    flow falls below 5 m3/h then next no flow rises above 5 m3/h for 20 s
    flow falls below 5 m3/h then no flow rises above 5 m3/h for 20 s
    """

    code = "HG0627"
    link: str

    @property
    def title(self) -> str:
        return f"`{self.link}` before what must not happen"

    @property
    def help(self) -> str | None:
        return "write `then no … for …`"


@dataclass(frozen=True, kw_only=True)
class LeadingAbsence(Diagnostic):
    """A silence that may come first, from which nothing can be counted.

        no door becomes true then temp > 8 degC within 5 min
        no door becomes true for 5 min then temp > 8 degC within 5 min

    At the very beginning `no … for …` counts from the last such event; where a part before it may be passed over, it
    would sometimes count from that part's event and sometimes not.
    """

    code = "HG0632"
    timed: bool

    @property
    def title(self) -> str:
        return "a silence that may come first, or after something" if self.timed else "an absence that comes first"

    @property
    def label(self) -> str:
        return "since when?"

    @property
    def help(self) -> str | None:
        if self.timed:
            return "write the two as patterns of their own"
        return "say for how long: `no … for …`"


@dataclass(frozen=True, kw_only=True)
class NestedSkip(Diagnostic):
    """`skip` inside parentheses: it says where the search goes on after a match of the whole pattern.

    (A then B within 5 s skip none) 3 times within 1 min
    (A then B within 5 s) 3 times within 1 min skip none
    """

    code = "HG0628"

    @property
    def title(self) -> str:
        return "`skip` belongs to the whole pattern"

    @property
    def help(self) -> str | None:
        return "write it at the end of the pattern, outside of the parentheses"


@dataclass(frozen=True, kw_only=True)
class SkipTarget(Diagnostic):
    """`skip to` a step that the pattern does not name, or to the one that every match begins with.

        pattern p for Pump = pressure < 2 bar as low then flow < 5 m3/h as dry within 1 min skip to first dyr
        pattern p for Pump = pressure < 2 bar as low then flow < 5 m3/h as dry within 1 min skip to first dry

    To go on from where the match began would find the same match again, forever.
    """

    code = "HG0629"
    step: str
    closest: str | None = None
    known: tuple[str, ...] = ()
    first: Span | None = None

    @property
    def title(self) -> str:
        if self.first is not None:
            return f"`skip to first {self.step}` would find the same match again"
        return f"the pattern has no step `{self.step}`"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.first is None else (Label(self.first, "every match begins here"),)

    @property
    def help(self) -> str | None:
        if self.first is not None:
            return "write `skip next` to begin with the event after it, or name a later step"
        if self.closest is not None:
            return f"did you mean `{self.closest}`?"
        if self.known:
            return "its steps are " + ", ".join(f"`{name}`" for name in self.known)
        return f"name a step: `… as {self.step}`"


@dataclass(frozen=True, kw_only=True)
class EmptyPattern(Diagnostic):
    """A pattern that asks for as few events as will do, where none will: an empty match is never given.

    pattern p for Pump = pressure < 2 bar 0..3 times lazy within 1 min
    pattern p for Pump = pressure < 2 bar 0..3 times within 1 min
    """

    code = "HG0630"

    @property
    def title(self) -> str:
        return "a pattern that never matches"

    @property
    def label(self) -> str:
        return "as few events as will do are none, which is no match"

    @property
    def help(self) -> str | None:
        return "leave out `lazy`, or add a step that must happen"


@dataclass(frozen=True, kw_only=True)
class StepOfWhich(Diagnostic):
    """A step of a group's pattern that names a field or an event, and not the device type that it belongs to.

    pattern closing by line = fault then position < 5 % within 30 s
    pattern closing by line = Pump.fault then Valve.position < 5 % within 30 s
    """

    code = "HG0631"
    name: str
    devices: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"`{self.name}` does not say whose it is"

    @property
    def label(self) -> str:
        return "a step of a group is a message of any of its members"

    @property
    def help(self) -> str | None:
        return "write " + " or ".join(f"`{device}.{self.name}`" for device in self.devices)

    @property
    def edits(self) -> tuple[Edit, ...]:
        return (Edit(self.span, f"{self.devices[0]}.{self.name}"),) if len(self.devices) == 1 else ()
