"""Tests, tables, invariants and what-ifs."""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .devices import Domain
from .expressions import Argument, Call, Expr, Number

__all__ = [
    "Acknowledge",
    "At",
    "During",
    "Expect",
    "ExpectAlert",
    "ExpectEmit",
    "ExpectNothingLost",
    "ExpectOutcome",
    "ExpectPattern",
    "ExpectProcedure",
    "ExpectRule",
    "ExpectSend",
    "ExpectSignal",
    "Expected",
    "Fault",
    "Given",
    "GroupKey",
    "Happens",
    "Instances",
    "Invariant",
    "Ramp",
    "Report",
    "Setting",
    "Stimulus",
    "Table",
    "TableRow",
    "Test",
    "WhatIf",
    "WhatIfSet",
    "Whom",
]


@dataclass(frozen=True, slots=True)
class Instances(Node):
    """Devices of a test: `f1`; `p[1..40]` (p1 to p40); `l[n in 1..9]`, whose number the settings can name."""

    name: str
    first: Number | None = None
    last: Number | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Ramp(Node):
    """`ramp 4 degC to 8 degC`: from the one to the other, in equal steps in time."""

    first: Expr
    last: Expr


@dataclass(frozen=True, slots=True)
class Setting(Node):
    """`temp 4 degC`, `fuel ramp 80 % to 20 %`."""

    name: str
    value: Expr | Ramp


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`given Fridge f1 { site "oslo"  temp 4 degC } twin { charge 60 % }`: a virtual device that keeps reporting."""

    device: str
    instances: Instances
    settings: tuple[Setting, ...]
    twin: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class During(Node):
    """`from 10 s to 10 min  f1 temp 9 degC every 10 s`."""

    start: Expr
    end: Expr
    instances: Instances
    settings: tuple[Setting, ...]
    every: Expr | None = None


@dataclass(frozen=True, slots=True)
class At(Node):
    """`at 10 s p1 { pressure 1.5 bar }`, `at 3 min f1 door true`."""

    time: Expr
    instances: Instances
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Happens(Node):
    """`at 5 s p1 fault(code: 3)`: an event of the device."""

    time: Expr
    instances: Instances
    event: Call


@dataclass(frozen=True, slots=True)
class GroupKey(Node):
    """`"oslo"`, `("South", "F-150")`: the group of a rule or signal `by` properties, in their order."""

    values: tuple[str, ...]


Whom = Instances | GroupKey


@dataclass(frozen=True, slots=True)
class Acknowledge(Node):
    """`at 5 min acknowledge dry_run for p1`: a person acknowledges a latched rule."""

    time: Expr
    rule: str
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class Fault(Node):
    """`fault link gateway down from 1 min to 9 min`, `fault device p7 silent from 30 s`,
    `fault clock f1 ahead 5 s from 1 min`; without `to`, for good."""

    kind: Literal["link", "device", "clock", "process"]
    of: Instances
    what: str
    start: Expr
    amount: Expr | None = None
    end: Expr | None = None


Stimulus = Given | During | At | Happens | Acknowledge | Fault


@dataclass(frozen=True, slots=True)
class ExpectRule(Node):
    """`rule too_warm for f1 raised`; without a phase: raised."""

    rule: str
    whom: Whom | None = None
    phase: Literal["raised", "cleared", "repeated", "uncertain"] | None = None


@dataclass(frozen=True, slots=True)
class ExpectAlert(Node):
    """`alert door_ajar for f1`: an alert of that rule."""

    rule: str
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class ExpectSend(Node):
    """`send siren(on: true) to f1`; `arguments` None: whatever they are."""

    command: str
    to: Instances
    arguments: tuple[Argument, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExpectEmit(Node):
    """`emit unexplained(over: 2 K) for f1`; `arguments` None: whatever they are."""

    event: str
    whom: Whom | None = None
    arguments: tuple[Argument, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExpectPattern(Node):
    """`pattern left_open for f1`: a match."""

    pattern: str
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class ExpectSignal(Node):
    """`signal pace for t1 > 1 km/h`, `signal pace for t1 is absent`: what it is at the time asked for (else at the
    end). `comparison` None: absent."""

    signal: str
    comparison: Literal["==", "!=", "<", "<=", ">", ">="] | None
    value: Expr | None
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class ExpectProcedure(Node):
    """`procedure shut_line done`, `procedure shed_loads for "kigoma" started`."""

    procedure: str
    phase: Literal["started", "done", "failed"]
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class ExpectOutcome(Node):
    """`outcome of stop to p7 in_doubt`."""

    command: str
    to: Instances
    outcome: str


@dataclass(frozen=True, slots=True)
class ExpectNothingLost(Node):
    """`nothing lost`: produced = delivered + waiting + accounted for as lost, and nothing was lost."""


Expected = (
    ExpectRule
    | ExpectAlert
    | ExpectSend
    | ExpectEmit
    | ExpectPattern
    | ExpectSignal
    | ExpectProcedure
    | ExpectOutcome
    | ExpectNothingLost
)


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect no send siren to f1 before 2 min`, `expect rule too_warm for f1 raised once at 31 s`.

    `times`: how often exactly (`once` is 1); without it at least once. `at`, `before`, `after`: of the test's time;
    `within` and `of`: `within 1 s of 31 s`, not before 31 s and at most 1 s later.
    """

    what: Expected
    negated: bool = False
    times: int | None = None
    at: Expr | None = None
    before: Expr | None = None
    after: Expr | None = None
    within: Expr | None = None
    of: Expr | None = None


@dataclass(frozen=True, slots=True)
class Test(Node):
    """`test "…" { stimuli … expectations … }`: a test under virtual time, which begins at 0 s."""

    __test__ = False  # pytest looks at the names of classes

    title: str
    stimuli: tuple[Stimulus, ...]
    expectations: tuple[Expect, ...]


@dataclass(frozen=True, slots=True)
class Invariant(Node):
    """`never "pumps push against a closed valve" by line = …`, `always "…" = …`: must hold in every test and run."""

    kind: Literal["never", "always"]
    title: str
    domain: Domain | None
    condition: Expr


@dataclass(frozen=True, slots=True)
class WhatIfSet(Node):
    """`set Load.power = 0 kW where rank == 3`."""

    device: str
    field: str
    value: Expr
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Report(Node):
    """`report p5, p50, p95 of min(Battery.charge)`."""

    statistics: tuple[str, ...]
    of: Expr


@dataclass(frozen=True, slots=True)
class WhatIf(Node):
    """`what_if "…" { from history of "kigoma" last 7 day  set … runs 200 seed 7  report … }`."""

    title: str
    history_of: str
    history_last: Expr
    changes: tuple[WhatIfSet, ...] = ()
    runs: Expr | None = None
    seed: Expr | None = None
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow(Node):
    inputs: tuple[Expr, ...]
    outputs: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Table(Node):
    """`table "fuel levels" for low_fuel of Truck (fuel -> raised) { 10 % -> false … }`: a test as a table."""

    title: str
    rule: str
    device: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[TableRow, ...]
