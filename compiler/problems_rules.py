"""What can be wrong with windows, patterns, rules, sources and tables: HG06xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class NeedsWindow(Diagnostic):
    """An aggregate over a device's own messages does not say which of them: since when?

        signal pace for Truck = mean(velocity)
        signal pace for Truck = mean(velocity over 10 min every 10 min)

    Across the members of a group no window is needed: `mean(Truck.velocity)` is over what they hold.
    """

    code = "HG0601"
    function: str
    reason: str
    every: bool = True

    @property
    def title(self) -> str:
        return f"`{self.function}` needs a window {self.reason}"

    @property
    def help(self) -> str | None:
        return f"add one: `over 10 min{' every 10 min' if self.every else ''}`"


@dataclass(frozen=True, kw_only=True)
class NeedsPace(Diagnostic):
    """A window that gives its value at each update of what it samples, where nothing says how many updates there are.

        telemetry velocity: km/h
        signal pace for Truck = mean(velocity over 10 min)

    Such a window keeps every sample of its length, and what it keeps must have a bound. Either the window gets a pace,
    or the field a rate, which the device is held to (what comes faster is thinned, and counted):

        signal pace for Truck = mean(velocity over 10 min every 1 min)
        telemetry velocity: km/h every 10 s

    In a group the bound needs to know how many devices there are, too: `device Truck max 50000`.
    """

    code = "HG0602"
    field: str | None = None
    declared: Span | None = None
    device: str | None = None

    @property
    def title(self) -> str:
        if self.device is not None:
            return f"a window without `every` needs to know how many `{self.device}` there can be"
        what = "what it samples" if self.field is None else f"`{self.field}`"
        return f"a window without `every` needs to know how often {what} comes"

    @property
    def label(self) -> str:
        return "keeps every sample, without a bound"

    @property
    def others(self) -> tuple[Label, ...]:
        missing = "max" if self.device is not None else "every"
        return () if self.declared is None else (Label(self.declared, f"declared without `{missing}`"),)

    @property
    def help(self) -> str | None:
        if self.device is not None:
            return f"give the window a pace: `every 1 min`, or declare it: `device {self.device} max 1000`"
        if self.field is None:
            return "give the window a pace: `every 1 min`"
        return f"give the window a pace: `every 1 min`, or declare the rate of `{self.field}`: `every 1 s`"


@dataclass(frozen=True, kw_only=True)
class WindowClause(Diagnostic):
    """A window with a clause that does not fit its kind.

        mean(velocity over session gap 5 min every 1 min)      # a session gives its value when it is over
        mean(velocity over session gap 5 min)
        mean(velocity over session gap 1 h max 5 min)          # over before it could begin to end
        mean(velocity over session gap 5 min max 1 h)

    `every` belongs to windows of a length of time, of a number of samples, and to calendar windows.
    """

    code = "HG0603"
    problem: str
    advice: str

    @property
    def title(self) -> str:
        return self.problem

    @property
    def help(self) -> str | None:
        return self.advice


@dataclass(frozen=True, kw_only=True)
class WindowPace(Diagnostic):
    """A window whose length is not a multiple of its pace, so that its ends and starts would not meet.

        mean(velocity over 10 min every 3 min)
        mean(velocity over 9 min every 3 min)
        mean(velocity over 10 min every 10 min)

    The pace is at most the length, and divides it; the pace of a calendar window divides a day.
    """

    code = "HG0604"
    length: str
    pace: str

    @property
    def title(self) -> str:
        return f"a window over {self.length} cannot give its value every {self.pace}"

    @property
    def help(self) -> str | None:
        return f"choose a pace that divides {self.length}"


@dataclass(frozen=True, kw_only=True)
class InnerPace(Diagnostic):
    """A window over a signal that is itself paced, with a pace that does not fit it.

    signal pace for Truck = mean(velocity over 10 min every 10 min)
    signal best for Truck = max(pace over 1 h every 15 min)
    signal best for Truck = max(pace over 1 h every 20 min)     # a multiple of 10 min
    """

    code = "HG0605"
    inner: str
    pace: str

    @property
    def title(self) -> str:
        return f"a window every {self.pace} over values that come every {self.inner}"

    @property
    def help(self) -> str | None:
        return f"choose a pace that is a multiple of {self.inner}"


@dataclass(frozen=True, kw_only=True)
class NotPositive(Diagnostic):
    """A duration that must be longer than nothing, and is not.

    when temp > 8 degC for 0 s
    when temp > 8 degC
    """

    code = "HG0606"
    place: str

    @property
    def title(self) -> str:
        return f"{self.place} needs a duration longer than 0 s"


@dataclass(frozen=True, kw_only=True)
class UnknownZone(Diagnostic):
    """A time zone that the time zone database does not have.

    schedule mon..fri "20:00".."06:00" in "Oslo"
    schedule mon..fri "20:00".."06:00" in "Europe/Oslo"
    """

    code = "HG0607"
    zone: str
    closest: str | None = None

    @property
    def title(self) -> str:
        return f"there is no time zone `{self.zone}`"

    @property
    def help(self) -> str | None:
        return f"did you mean `{self.closest}`?" if self.closest else 'zones are named as in `"Europe/Oslo"`'


@dataclass(frozen=True, kw_only=True)
class PatternUnbounded(Diagnostic):
    """A pattern of several steps without an end in time: each first step would have to be remembered forever.

        pattern left_open for Fridge = door becomes true then temp > 8 degC
        pattern left_open for Fridge = door becomes true then temp > 8 degC within 5 min

    What comes after `then next` is decided by the next update, and `then no x for 20 s` after 20 s; these end by
    themselves.
    """

    code = "HG0609"
    waits: Span | None = None

    @property
    def title(self) -> str:
        return "a pattern of several steps needs an end in time"

    @property
    def label(self) -> str:
        return "could wait forever" if self.waits is None else ""

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.waits is None else (Label(self.waits, "could be waited for forever"),)

    @property
    def help(self) -> str | None:
        return "add `within 5 min`"


@dataclass(frozen=True, kw_only=True)
class MomentaryWithoutEnd(Diagnostic):
    """A rule on an event that commands or repeats, but does not say when it is over.

        rule door for Fridge { when door becomes true  do { send siren(on: true) } }

    A command is held while its rule is raised, so the rule must say how long: `until not door`, `hold for 5 min`, or
    `latched` (until a person acknowledges it).
    """

    code = "HG0611"
    rule: str
    what: str
    when: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` is raised by an event and {self.what}, but does not say when it is over"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.when, "an event: over as soon as it happened"),)

    @property
    def help(self) -> str | None:
        return "add `until …`, `hold for …` or `latched`"


@dataclass(frozen=True, kw_only=True)
class UnknownSeverity(Misnamed):
    """A severity that the language does not have.

    severity high
    severity major        # info, warning, minor, major, critical
    """

    code = "HG0612"

    @property
    def title(self) -> str:
        return f"there is no severity `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or "severities are `info`, `warning`, `minor`, `major`, `critical`"


@dataclass(frozen=True, kw_only=True)
class UnknownFormat(Diagnostic):
    """A source in a format that is not known.

    source readings: xml for Truck { … }
    source readings: json for Truck { … }
    """

    code = "HG0613"
    format: str

    @property
    def leads(self) -> tuple[str, ...]:
        return (":", self.format)

    @property
    def title(self) -> str:
        return f"there is no format `{self.format}`"

    @property
    def help(self) -> str | None:
        return "formats are `json`, `csv`, `parquet` and `arrow`"


@dataclass(frozen=True, kw_only=True)
class SourceLacks(Diagnostic):
    """A source that does not say which device its messages are from, or of what time they are.

    source readings: json for Truck { keep velocity }
    source readings: json for Truck { id = name  time = ts in ms  keep velocity }
    """

    code = "HG0614"
    source: str
    field: str

    @property
    def title(self) -> str:
        return f"the source `{self.source}` does not map `{self.field}`"

    @property
    def help(self) -> str | None:
        if self.field == "time":
            return "add `time = ts in ms` (a number) or `time = when` (a text as in RFC 3339)"
        return "add `id = name`, with the payload's field that names the device"


@dataclass(frozen=True, kw_only=True)
class TableColumn(Diagnostic):
    """A column of a table that cannot be given or asked for.

        table "levels" for low_fuel of Truck (fuel -> cleared) { … }
        table "levels" for low_fuel of Truck (fuel -> raised) { … }

    What is given are fields of the device; what is asked for is `raised`.
    """

    code = "HG0615"
    column: str
    problem: str

    @property
    def leads(self) -> tuple[str, ...]:
        return ("(", self.column)

    @property
    def title(self) -> str:
        return f"`{self.column}` {self.problem}"


@dataclass(frozen=True, kw_only=True)
class TableDevice(Diagnostic):
    """A table of a device type that the rule is not for.

    rule low_fuel for Truck { … }
    table "levels" for low_fuel of Trailer (fuel -> raised) { … }
    """

    code = "HG0616"
    rule: str
    domain: str
    device: str

    @property
    def leads(self) -> tuple[str, ...]:
        return ("of", self.device)

    @property
    def title(self) -> str:
        return f"the rule `{self.rule}` is {self.domain}, not for `{self.device}`"


@dataclass(frozen=True, kw_only=True)
class ManyPatterns(Diagnostic):
    """A rule that waits for several patterns at once: they would have to happen at the very same moment.

        when left_open and starved

    Write one rule for each, or one pattern with several steps.
    """

    code = "HG0617"
    first: Span

    @property
    def title(self) -> str:
        return "a rule waits for one pattern"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "one pattern"),)

    @property
    def help(self) -> str | None:
        return "write a rule for each pattern, or one pattern with several steps"


@dataclass(frozen=True, kw_only=True)
class NotInSource(Diagnostic):
    """Something in a source that needs more than the one message at hand: an aggregate, an edge, a duration.

        source readings: json for Truck { velocity = mean(speed over 1 min every 1 min)  … }

    A source says how one message becomes a device's fields; what is made of many messages is a signal.
    """

    code = "HG0618"
    what: str

    @property
    def title(self) -> str:
        return f"{self.what} in a source"

    @property
    def help(self) -> str | None:
        return "a source maps one message at a time; make it a signal of the device"
