"""What is allowed and probably not meant: HG0905 and up, all warnings."""

from dataclasses import dataclass

from ..dsl.diagnostic import Label
from ..dsl.source import Span
from .problems_doubts import Warn


@dataclass(frozen=True, kw_only=True)
class Contradiction(Warn):
    """Comparisons of one value that are never true together, or of which one always is.

        when temp > 8 degC and temp < 5 degC               # never: `or` was meant
        when mode != "eco" or mode != "boost"              # always: `and` was meant

    The declared bounds of the value are taken into account.
    """

    code = "HG0905"
    always: bool
    parts: tuple[Span, ...]

    @property
    def title(self) -> str:
        return f"this is {'always' if self.always else 'never'} true"

    @property
    def others(self) -> tuple[Label, ...]:
        words = "or this" if self.always else "and this"
        return tuple(Label(span, words if place else "this") for place, span in enumerate(self.parts))

    @property
    def help(self) -> str | None:
        return f"is `{'and' if self.always else 'or'}` meant?"


@dataclass(frozen=True, kw_only=True)
class RepeatedCondition(Warn):
    """A part of a condition that says nothing new: another part says it already, or more.

    when temp > 8 degC and temp > 5 degC        # above 8 is above 5
    when temp > 8 degC
    """

    code = "HG0906"
    first: Span
    operator: str
    equal: bool = False

    @property
    def title(self) -> str:
        return "this condition is there twice" if self.equal else "this part of the condition says nothing new"

    @property
    def others(self) -> tuple[Label, ...]:
        if self.equal:
            return (Label(self.first, "the first"),)
        words = "true only where that is true, too" if self.operator == "and" else "true wherever that is true"
        return (Label(self.first, words),)

    @property
    def help(self) -> str | None:
        return "remove it, or compare something else"


@dataclass(frozen=True, kw_only=True)
class CloserThanNoise(Warn):
    """A rule whose end is so close to its beginning that the sensor's noise alone raises and clears it.

        twin Fridge { … estimate temp with kalman { process 0.05 K  sensor 0.2 K } }
        rule too_warm for Fridge { when temp > 8 degC  until temp < 7.9 degC  … }
        rule too_warm for Fridge { when temp > 8 degC  until temp < 7 degC  … }

    What is within two standard deviations of the sensor cannot be told apart.
    """

    code = "HG0907"
    rule: str
    apart: str
    noise: str
    when: Span
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` ends {self.apart} from where it begins, and the sensor's noise is {self.noise}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.when, "begins here"), Label(self.declared, "the noise"))

    @property
    def help(self) -> str | None:
        return "put them further apart, or say how long it must last: `until … for 1 min`"


@dataclass(frozen=True, kw_only=True)
class Chatter(Warn):
    """A rule that sends a command each time a measured value passes a threshold, without anything that calms it.

        rule cool_down for Fridge { when temp > 8 degC  do { send cool(level: 3) } }

    A value near its threshold passes it over and over. Give the rule another end, or let it last for a while first:

        when temp > 8 degC  until temp < 7 degC
        when temp > 8 degC for 1 min
    """

    code = "HG0908"
    rule: str
    field: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` sends a command each time `{self.field}` passes this threshold"

    @property
    def label(self) -> str:
        return "noise alone can make it true and false"

    @property
    def help(self) -> str | None:
        return "add `until …` with another threshold, `for …` behind the condition, or `cooldown …`"


@dataclass(frozen=True, kw_only=True)
class UntilWhileRaised(Warn):
    """A rule whose end can be true while its beginning is, so that it is raised and cleared at the same moment.

    rule hot for Fridge { when temp > 8 degC  until temp > 5 degC  … }
    rule hot for Fridge { when temp > 8 degC  until temp < 5 degC  … }
    """

    code = "HG0909"
    rule: str
    when: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` can be cleared at the moment at which it is raised"

    @property
    def label(self) -> str:
        return "can be true at the same time"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.when, "as this"),)

    @property
    def help(self) -> str | None:
        return "is the comparison the wrong way round?"


@dataclass(frozen=True, kw_only=True)
class ShadowedRule(Warn):
    """A rule that is raised only when another one is, too, which does exactly the same.

        rule warm for Fridge { when temp > 8 degC   severity warning  do { alert "{id} is at {temp}" } }
        rule hot  for Fridge { when temp > 12 degC  severity warning  do { alert "{id} is at {temp}" } }

    Give the stricter one another severity or message, or remove it.
    """

    code = "HG0910"
    rule: str
    other: str
    by: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` says nothing that `{self.other}` does not say already"

    @property
    def label(self) -> str:
        return "never true without the other"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.by, f"`{self.other}`, which does the same"),)

    @property
    def help(self) -> str | None:
        return "give it another severity or message, or remove one of them"


@dataclass(frozen=True, kw_only=True)
class SameIfAgain(Warn):
    """A condition that has been asked already, so that what follows it is never done.

    do { if door { alert "open" } else if door { alert "closed" } }
    do { if door { alert "open" } else { alert "closed" } }
    """

    code = "HG0911"
    first: Span

    @property
    def title(self) -> str:
        return "this condition has been asked already"

    @property
    def label(self) -> str:
        return "never true here"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.first, "first asked here"),)


@dataclass(frozen=True, kw_only=True)
class ManyMatches(Warn):
    """A pattern that matches again and again on the same events.

        pattern p for Pump = pressure < 2 bar then each vibration > 3 mm/s then each flow < 5 m3/h within 1 h

    Of 100 readings of each kind that is a million matches. `then` takes the first event that fits, and `skip past last`
    (which is the default) goes on behind a match.
    """

    code = "HG0912"
    reason: str
    first: Span | None = None

    @property
    def title(self) -> str:
        return f"a pattern with very many matches: {self.reason}"

    @property
    def others(self) -> tuple[Label, ...]:
        return () if self.first is None else (Label(self.first, "combined with each of these"),)

    @property
    def help(self) -> str | None:
        return "write `then` where the first event that fits is enough, or leave `skip` out"


@dataclass(frozen=True, kw_only=True)
class SparseWindow(Warn):
    """A window that is shorter than the time between two of the values it is over: mostly it is empty.

    telemetry cell_temp: degC every 10 s
    signal it for Battery = mean(cell_temp over 5 s every 5 s)
    signal it for Battery = mean(cell_temp over 1 min every 10 s)
    """

    code = "HG0913"
    field: str
    length: str
    every: str
    declared: Span

    @property
    def title(self) -> str:
        return f"a window of {self.length} over `{self.field}`, which comes every {self.every}"

    @property
    def label(self) -> str:
        return "mostly empty"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return f"make the window longer than {self.every}"


@dataclass(frozen=True, kw_only=True)
class AlwaysQuiet(Warn):
    """`no x for D` with a duration in which x need not come, so that it is true between any two messages.

    telemetry temp: degC every 10 s
    when no temp for 5 s
    when no temp for 1 min
    """

    code = "HG0914"
    field: str
    every: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.field}` comes every {self.every}, so this is true between any two of its messages"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return f"ask for longer than {self.every}: three times as long tolerates a lost message"


@dataclass(frozen=True, kw_only=True)
class UnusedParameter(Warn):
    """A parameter that nothing in its procedure uses.

    procedure pull_down(level: int in 1..5) for Fridge { step hard { send cool(level: 3) } }
    procedure pull_down(level: int in 1..5) for Fridge { step hard { send cool(level: level) } }
    """

    code = "HG0915"
    name: str
    procedure: str

    @property
    def title(self) -> str:
        return f"`{self.procedure}` never uses its parameter `{self.name}`"

    @property
    def help(self) -> str | None:
        return "use it or remove it"


@dataclass(frozen=True, kw_only=True)
class UnknownElse(Warn):
    """An `if` whose condition is unknown at first, so that `else` is done because something is not known yet.

        do { if temp > prev(temp) { alert "rising" } else { alert "not rising" } }
        do { if prev(temp) is absent { } else if temp > prev(temp) { alert "rising" } else { alert "not rising" } }

    `prev(x)` is absent until x has come twice, a window until it has ended for the first time.
    """

    code = "HG0916"
    until: str

    @property
    def title(self) -> str:
        return f"`else` is done as well before {self.until}"

    @property
    def label(self) -> str:
        return "absent until then, and the condition unknown"

    @property
    def help(self) -> str | None:
        return "ask first whether it `is absent`, or give it a value to begin with: `(… else 0)`"


@dataclass(frozen=True, kw_only=True)
class NeverInTime(Warn):
    """A pattern in which something must be absent for longer than the whole may take.

    pattern starved for Pump = flow < 5 m3/h then no pressure for 10 min within 5 min
    pattern starved for Pump = flow < 5 m3/h then no pressure for 10 min
    """

    code = "HG0917"
    least: str
    most: str

    @property
    def title(self) -> str:
        return f"this takes at least {self.least}, and {self.most} at most"

    @property
    def label(self) -> str:
        return "never in time"

    @property
    def help(self) -> str | None:
        return "absence ends by itself: leave `within` out, or give it more time"


@dataclass(frozen=True, kw_only=True)
class UnusedStep(Warn):
    """A step of a rule's own pattern with a name that nothing in the rule uses.

    when (door becomes true as opened then temp > 8 degC within 5 min)  do { alert "{id} is open" }
    when (door becomes true as opened then temp > 8 degC within 5 min)  do { alert "{id}: open since {opened.time}" }
    """

    code = "HG0918"
    name: str
    rule: str

    @property
    def title(self) -> str:
        return f"`{self.rule}` never uses the name `{self.name}` of this step"

    @property
    def help(self) -> str | None:
        return f"leave `as {self.name}` out, or use it: `{{{self.name}.time}}`"


@dataclass(frozen=True, kw_only=True)
class CountAsPart(Warn):
    """A count compared with a percentage: a count is a whole number, and 30 % is the number 0.3.

        when count(Fridge where temp > 8 degC) > 30 %           # true as soon as it is one
        when share(Fridge.temp > 8 degC) > 30 %

    `share` is the part of the members for which something is true.
    """

    code = "HG0919"
    part: str
    device: str | None = None

    @property
    def title(self) -> str:
        return f"a count is a whole number, and `{self.part}` is a part of something"

    @property
    def help(self) -> str | None:
        if self.device is None:
            return "compare it with a whole number, or use `share`"
        return f"use `share({self.device}.x > …)`, or divide by `count({self.device})`"
