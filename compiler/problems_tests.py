"""What can be wrong with tests, tables, properties and what-ifs: HG14xx."""

from dataclasses import dataclass

from ..dsl.diagnostic import Diagnostic, Label
from ..dsl.source import Span
from .problems_doubts import Warn
from .problems_names import Misnamed


@dataclass(frozen=True, kw_only=True)
class UnknownInstance(Misnamed):
    """A device in a test that the test does not give.

        given Fridge f1 { temp 4 degC }
        at 3 min f2 door true

    Give it first: `given Fridge f2 { temp 4 degC  door false }`.
    """

    code = "HG1401"

    @property
    def title(self) -> str:
        return f"the test gives no device `{self.name}`"

    @property
    def help(self) -> str | None:
        return super().help or f"give it: `given … {self.name} {{ … }}`"


@dataclass(frozen=True, kw_only=True)
class InstanceRange(Diagnostic):
    """A range of devices that is empty or too long to be meant.

    given Pump p[40..1] { flow 50 m3/h }
    given Pump p[1..40] { flow 50 m3/h }
    """

    code = "HG1402"
    first: int
    last: int
    most: int
    in_all: bool = False

    @property
    def title(self) -> str:
        if self.in_all:
            return "very many devices in one test"
        if self.first > self.last:
            return f"no number is from {self.first} to {self.last}"
        return f"{self.last - self.first + 1} devices in one line"

    @property
    def help(self) -> str | None:
        if self.first > self.last:
            return "write the lower number first"
        return f"{'the ranges of a test name' if self.in_all else 'a line names'} at most {self.most}"


@dataclass(frozen=True, kw_only=True)
class UnknownOf(Misnamed):
    """A name in a test that stands for nothing of the kind that is asked for: a pattern, a signal, a target, an event.

    expect signal paec for t1 > 1 km/h
    expect signal pace for t1 > 1 km/h
    """

    code = "HG1403"
    what: str
    advice: str | None = None
    known: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return f"no {self.what} is called `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return super().help
        if self.known:
            return "there are " + ", ".join(f"`{name}`" for name in self.known)
        return self.advice


@dataclass(frozen=True, kw_only=True)
class RampOfType(Diagnostic):
    """A ramp of something that has no values in between.

    from 1 min to 5 min f1 door ramp false to true
    at 3 min f1 door true
    """

    code = "HG1404"
    name: str
    type: str

    @property
    def title(self) -> str:
        return f"a ramp of `{self.name}`, which is {self.type}"

    @property
    def label(self) -> str:
        return "there is nothing in between"

    @property
    def help(self) -> str | None:
        return "only numbers and quantities can be ramped; set the value at its time: `at 3 min …`"


@dataclass(frozen=True, kw_only=True)
class SpanReversed(Diagnostic):
    """A span of time that ends before it begins, or at once.

    from 10 min to 5 min f1 temp 9 degC
    from 5 min to 10 min f1 temp 9 degC
    """

    code = "HG1405"

    @property
    def title(self) -> str:
        return "a span of time that ends before it begins"

    @property
    def help(self) -> str | None:
        return "write the earlier time first, or `at` for one moment"


@dataclass(frozen=True, kw_only=True)
class WhomElse(Diagnostic):
    """Something asked of a device or group that it is not declared for.

        rule too_warm for Fridge { … }
        rule site_failing by site { … }
        expect rule too_warm for "oslo"          # for a fridge: `for f1`
        expect rule site_failing for f1          # by site: `for "oslo"`

    Of a group by two properties both values are named, in their order: `for ("South", "F-150")`.
    """

    code = "HG1406"
    what: str
    domain: str
    said: str

    @property
    def title(self) -> str:
        return f"{self.what} is {self.domain}, and {self.said}"

    @property
    def help(self) -> str | None:
        if self.domain.startswith("for `"):
            return "name a device that the test gives: `for f1`"
        if self.domain == "for all":
            return "there is one of it: leave `for …` out"
        keys = self.domain.count("`") // 2
        return 'name the group: `for "oslo"`' if keys == 1 else 'name the group: `for ("South", "F-150")`'


@dataclass(frozen=True, kw_only=True)
class UnknownGroup(Diagnostic):
    """A group that no device of the test belongs to.

    given Fridge f1 { site "oslo" }
    expect rule site_failing for "olso" raised
    """

    code = "HG1407"
    key: str
    value: str
    known: tuple[str, ...]
    closest: str | None = None

    @property
    def title(self) -> str:
        return f'the test gives no device of `{self.key}` "{self.value}"'

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f'did you mean `"{self.closest}"`?'
        if not self.known:
            return f'give one: `{self.key} "{self.value}"`'
        return "given are " + ", ".join(f'`"{value}"`' for value in self.known)


@dataclass(frozen=True, kw_only=True)
class UnknownFault(Diagnostic):
    """A fault that a link, device, clock or process cannot have.

        fault link gateway down from 1 min to 9 min
        fault device p7 silent from 30 s
        fault clock f1 ahead 5 s from 1 min
        fault process gateway killed from 2 min to 3 min

    A clock is `ahead` or `behind` by a duration.
    """

    code = "HG1408"
    kind: str
    what: str
    known: tuple[str, ...]
    closest: str | None = None
    by: bool = False

    @property
    def title(self) -> str:
        if self.known:
            return f"a {self.kind} cannot be `{self.what}`"
        if self.by:
            return f"by how much is the clock {self.what}"
        return f"a {self.kind} is `{self.what}` or not, without an amount"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f"did you mean `{self.closest}`?"
        if self.by:
            return f"say how much: `{self.what} 5 s`"
        return f"a {self.kind} can be " + " or ".join(f"`{name}`" for name in self.known) if self.known else None


@dataclass(frozen=True, kw_only=True)
class NothingToAcknowledge(Diagnostic):
    """An acknowledgement of a rule that does not wait for one.

        at 5 min acknowledge dry_run for p1

    Only a rule that says `latched` stays raised until it is acknowledged.
    """

    code = "HG1409"
    rule: str
    declared: Span

    @property
    def title(self) -> str:
        return f"`{self.rule}` is not latched, so there is nothing to acknowledge"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared without `latched`"),)

    @property
    def help(self) -> str | None:
        return "remove the line, or add `latched` to the rule"


@dataclass(frozen=True, kw_only=True)
class TimesTogether(Diagnostic):
    """`at` together with another time: `at` says already when it must happen.

    expect rule too_warm for f1 raised at 2 min before 3 min
    expect rule too_warm for f1 raised at 2 min
    expect rule too_warm for f1 raised before 3 min
    """

    code = "HG1410"
    other: str

    @property
    def title(self) -> str:
        return f"`at` together with `{self.other}`"

    @property
    def help(self) -> str | None:
        return "keep one of them"


@dataclass(frozen=True, kw_only=True)
class NeverMet(Warn):
    """An expectation that cannot come about, whatever happens in the test.

    rule low_fuel for Truck { when fuel < 10 %  do { alert "{id}" } }
    expect rule low_fuel for t1 repeated        # it has no `repeat every`
    """

    code = "HG1411"
    reason: str
    negated: bool

    @property
    def title(self) -> str:
        return f"this is {'always' if self.negated else 'never'} met: {self.reason}"

    @property
    def help(self) -> str | None:
        return "it tests nothing" if self.negated else None


@dataclass(frozen=True, kw_only=True)
class NothingExpected(Warn):
    """A test that expects nothing, and so cannot fail.

    test "the siren sounds" { given Fridge f1 { temp 9 degC } }
    """

    code = "HG1412"
    title_: str

    @property
    def title(self) -> str:
        return f'the test "{self.title_}" expects nothing'

    @property
    def help(self) -> str | None:
        return "say what must happen: `expect rule … raised`, or what must not: `expect no …`"


@dataclass(frozen=True, kw_only=True)
class NothingGiven(Warn):
    """A test without any device, so that nothing happens in it.

    test "the siren sounds" { expect no rule too_warm raised }
    """

    code = "HG1413"
    title_: str

    @property
    def title(self) -> str:
        return f'the test "{self.title_}" gives no device'

    @property
    def help(self) -> str | None:
        return "give one: `given Fridge f1 { temp 4 degC }`"


@dataclass(frozen=True, kw_only=True)
class EmptyTable(Warn):
    """A table without rows, which tests nothing.

    table "fuel levels" for low_fuel of Truck (fuel -> raised) { }
    table "fuel levels" for low_fuel of Truck (fuel -> raised) { 9 % -> true }
    """

    code = "HG1414"
    title_: str

    @property
    def title(self) -> str:
        return f'the table "{self.title_}" has no rows'

    @property
    def help(self) -> str | None:
        return "add one: `9 % -> true`"


@dataclass(frozen=True, kw_only=True)
class UnknownStatistic(Diagnostic):
    """A statistic that cannot be reported.

    report p5, p50, p200 of min(Battery.charge)
    report p5, p50, p95 of min(Battery.charge)
    """

    code = "HG1415"
    name: str
    closest: str | None = None

    @property
    def title(self) -> str:
        return f"there is no statistic `{self.name}`"

    @property
    def help(self) -> str | None:
        if self.closest is not None:
            return f"did you mean `{self.closest}`?"
        return "there are `p1` to `p99`, `median`, `mean`, `min`, `max`, `range`, `stddev`, and `share` of a condition"


@dataclass(frozen=True, kw_only=True)
class NothingReported(Warn):
    """A what-if that reports nothing, so that nobody would learn what came of it.

    what_if "without rank 3" { from history of "kigoma" last 7 day  set Load.power = 0 kW where rank == 3 }
    """

    code = "HG1416"
    title_: str

    @property
    def title(self) -> str:
        return f'the what-if "{self.title_}" reports nothing'

    @property
    def help(self) -> str | None:
        return "add what you want to know: `report p5, p50, p95 of min(Battery.charge)`"


@dataclass(frozen=True, kw_only=True)
class TooManyGiven(Warn):
    """More devices of a type than there can be, so that the last ones are refused.

    device Pump max 40 { … }
    given Pump p[1..50] { flow 50 m3/h }
    given Pump p[1..40] { flow 50 m3/h }
    """

    code = "HG1417"
    device: str
    count: int
    most: int
    declared: Span

    @property
    def title(self) -> str:
        return f"the test gives {self.count} `{self.device}`, of which there are at most {self.most}"

    @property
    def others(self) -> tuple[Label, ...]:
        return (Label(self.declared, "declared here"),)

    @property
    def help(self) -> str | None:
        return "the last ones are refused and counted; give fewer, or declare a greater `max`"
