"""The syntax tree: what a program says, as frozen dataclasses, before anything is known about what it means.

A node keeps the span of the text it came from, which takes no part in equality, so that two programs that say the same
are equal. Later stages never rewrite a node: they keep tables beside the tree, looked up by the node's identity.
"""

from dataclasses import dataclass, field
from typing import Literal

from .source import Span

NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has: where it stands in the text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


# --- Expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`3`, `4_000`, `1.5e3`: the literal's own text, so that folding can be exact."""

    text: str


@dataclass(frozen=True, slots=True)
class Version(Node):
    """`2.10.1`: a version of three or more parts; one of two is a `Number`, whose text is kept (2.10 is not 2.1)."""

    text: str


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """`8 degC`, `2 min 10 s`: parts of (number's text, unit's text), largest first; one part except for times."""

    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    """`"oslo"`: a text constant, escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Bool(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Absent(Node):
    """The literal `absent`."""


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`opened.temp`, `Truck.load`, `last(position).time`."""

    of: "Expr"
    name: str


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`over 10 min every 1 min`, `over today in "Europe/Oslo"`, `over 5 samples`, `over session gap 5 min max 1 h`,
    `over while door`.

    `kind` says which of the others is set: `span` has `length`; `samples` has `count`; `session` has `length` (its
    gap) and perhaps `maximum`; `calendar` has `calendar` and perhaps `zone`; `while` has `condition`.
    """

    kind: Literal["span", "samples", "session", "calendar", "while"]
    length: "Expr | None" = None
    maximum: "Expr | None" = None
    count: "Expr | None" = None
    condition: "Expr | None" = None
    calendar: Literal["today", "this_week", "this_month", "this_year"] | None = None
    zone: str | None = None
    every: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call: `x`, `drift: 0.5 K`, `x where c over 1 day every 1 day`."""

    value: "Expr"
    name: str | None = None
    where: "Expr | None" = None
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`mean(temp over 5 min)`, `Point(1, 2)`, `fresh(velocity)`, `inside(position, yard)`."""

    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    operator: Literal["+", "-", "*", "/"]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: Literal["==", "!=", "<", "<=", ">", ">="]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Logic(Node):
    operator: Literal["and", "or"]
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Not(Node):
    of: "Expr"


@dataclass(frozen=True, slots=True)
class Is(Node):
    """`x is absent`, `x is not stale`."""

    of: "Expr"
    quality: Literal["absent", "stale"]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    """`x else 0 bar`: x, or the other where x is absent."""

    value: "Expr"
    fallback: "Expr"


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`c ? a : b`."""

    condition: "Expr"
    then: "Expr"
    otherwise: "Expr"


@dataclass(frozen=True, slots=True)
class Becomes(Node):
    """`door becomes true`: an event; needs a definite other value before."""

    of: "Expr"
    value: "Expr"


@dataclass(frozen=True, slots=True)
class Crosses(Node):
    """`pressure falls below 2 bar`, `temp rises above 8 degC`: an event; needs a definite opposite before."""

    of: "Expr"
    direction: Literal["rises above", "falls below"]
    level: "Expr"


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """`C for D`: C has been true without a break for D."""

    condition: "Expr"
    duration: "Expr"


@dataclass(frozen=True, slots=True)
class Quiet(Node):
    """`no x for D`: x has not been updated (or the event x has not happened) for D."""

    of: "Expr"
    duration: "Expr"


@dataclass(frozen=True, slots=True)
class Sent(Node):
    """`sent run`: an event, the command was sent to the device at hand."""

    command: str


@dataclass(frozen=True, slots=True)
class Expires(Node):
    """`left_open expires`: an event, a partial match of the named pattern ran out of time."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Template(Node):
    """`"{id} is at {temp}"`: texts and expressions in turn; `{{` and `}}` were braces, escapes are resolved.

    The message of an alert is one, and so is a text argument of `send` and `emit` that holds an expression.
    """

    parts: tuple["str | Expr", ...]


Expr = (
    Number
    | Version
    | Quantity
    | Text
    | Bool
    | Absent
    | Name
    | Member
    | Call
    | Negate
    | Arithmetic
    | Compare
    | Logic
    | Not
    | Is
    | Otherwise
    | Conditional
    | Becomes
    | Crosses
    | Holds
    | Quiet
    | Sent
    | Expires
    | Template
)


# --- Patterns --------------------------------------------------------------------------------------------------------
#
# A pattern is a part with ends (`unless`, `within` …). Parts are steps, sequences of parts, alternatives, repetitions,
# and whole patterns in parentheses. Where one thing can be written as a simpler part, it is that part: no `Sequence`,
# `AllOf` or `AnyOf` of one, no `Group` around what needs none.


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One step of a pattern: an event, perhaps named for what follows (`door becomes true as opened`).

    A `Quiet` as event (`then no B for D`) is absence.
    """

    event: Expr
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Group(Node):
    """A pattern in parentheses within another: `(A then next B within 5 s) as hit`."""

    pattern: "Pattern"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """`all of (A, B)`: each of them, in any order."""

    parts: "tuple[Part, ...]"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """`any of (A, B)`: one of them."""

    parts: "tuple[Part, ...]"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`A 3 times`, `A 2..4 times greedy`, `A at least 2 times until B`, `A optional` (none or once).

    `at_most` None: without a limit. `A 3 times` has 3 for both. `until`: no further A is taken once this happens.
    """

    of: "Part"
    at_least: Expr
    at_most: Expr | None
    mode: Literal["greedy", "lazy"] | None = None
    until: Expr | None = None


Link = Literal["then", "then next", "then each"]


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """`A then B then next C`: two or more parts in order; `links[i]` stands between `parts[i]` and `parts[i + 1]`."""

    parts: "tuple[Part, ...]"
    links: tuple[Link, ...]


Part = Step | Group | AllOf | AnyOf | Repeat | Sequence


@dataclass(frozen=True, slots=True)
class Skip(Node):
    """`skip past last`, `skip to first opened`: where the search goes on after a match."""

    kind: Literal["none", "next", "past last", "to first", "to last"]
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern(Node):
    """`A as a then B then C unless X within 5 min skip past last`."""

    body: Part
    unless: Expr | None = None
    within: Expr | None = None
    skip: Skip | None = None


def plain_steps(pattern: Pattern) -> tuple[Step, ...] | None:
    """The steps of a pattern that is steps joined by plain `then`, or one step; None of any other."""
    match pattern.body:
        case Step() as step:
            return (step,)
        case Sequence(parts=parts, links=links) if set(links) == {"then"}:
            steps = tuple(part for part in parts if isinstance(part, Step))
            return steps if len(steps) == len(parts) else None
        case _:
            return None


# --- Domains, types --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForDevice(Node):
    """`for Truck`: one instance for each device."""

    device: str


@dataclass(frozen=True, slots=True)
class ByProperties(Node):
    """`by fleet, model`: one instance for each combination of these properties' values."""

    properties: tuple[str, ...]


Domain = ForDevice | ByProperties


@dataclass(frozen=True, slots=True)
class TypeName(Node):
    """`float`, `text`, `version`, `Point`, or a unit (`degC`, `L/h`); an enum has its choices."""

    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds(Node):
    """`in 0..100`: inclusive, in the unit of the type they follow unless they carry their own."""

    low: Expr
    high: Expr


# --- Devices and sources ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Since(Node):
    """`since firmware 2.1`: what it is said of exists where this property is that version or a newer one."""

    property: str
    version: Number | Version


@dataclass(frozen=True, slots=True)
class Property(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    writable: bool = False
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Telemetry(Node):
    name: str
    type: TypeName
    bounds: Bounds | None = None
    every: Expr | None = None
    stale_after: Expr | None = None
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a command, event or procedure: `level: int in 0..5 = 1`."""

    name: str
    type: TypeName
    bounds: Bounds | None = None
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Event(Node):
    """`event fault(code: int)`: what a device tells as it happens, with values."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Relationship(Node):
    """`relationship feeds: Valve max 4`: devices of a type that this one is related to."""

    name: str
    device: str
    maximum: Expr | None = None
    private: bool = False
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class Confirm(Node):
    """`confirm power > 20 W * level within 1 min`: what is true of the device once the command has worked."""

    condition: Expr
    within: Expr


@dataclass(frozen=True, slots=True)
class Retry(Node):
    """`retry 3 backoff 1 s..10 s`: how often at most, and between which pauses."""

    count: Expr
    backoff_low: Expr | None = None
    backoff_high: Expr | None = None


@dataclass(frozen=True, slots=True)
class Command(Node):
    """A command's declaration. Attributes say what the runtime must know to deliver it.

    `relative`: says what to add, so never blindly repeated. `ack_within`: until it is accepted; `done_within`: until
    it is done; `expires`: how long it may wait to be sent. `undo` is a `Call` of a command. `when_busy`: what becomes
    of a command for a resource that another one is using.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    idempotent: bool = False
    relative: bool = False
    protected: bool = False
    resource: str | None = None
    ack_within: Expr | None = None
    done_within: Expr | None = None
    expires: Expr | None = None
    retry: Retry | None = None
    confirm: Confirm | None = None
    undo: Call | None = None
    when_busy: Literal["queue", "supersede", "reject", "merge", "preempt"] | None = None
    since: Since | None = None


DeviceMember = Property | Telemetry | Event | Command | Relationship


@dataclass(frozen=True, slots=True)
class Device(Node):
    """A device type. `lateness`, `revise` and `idle_after` are durations; `maximum` bounds how many there are."""

    name: str
    members: tuple[DeviceMember, ...]
    maximum: Expr | None = None
    lateness: Expr | None = None
    revise: Expr | None = None
    idle_after: Expr | None = None


@dataclass(frozen=True, slots=True)
class Mapping(Node):
    """`fuel = fuel_state in ratio`: a field of the device (or `id`, `time`) from payload fields.

    `unit` is the unit the payload's number is in; without it, the declared one. `keep a, b` is the mappings `a = a`,
    `b = b`.
    """

    field: str
    value: Expr
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Source(Node):
    """`source readings: json for Truck where m == "readings" { … }`."""

    name: str
    format: str
    device: str
    mappings: tuple[Mapping, ...]
    where: Expr | None = None


# --- Actions ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alert(Node):
    message: Template
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Emit(Node):
    """`emit overheating(level: temp - limit)`: an event of the program's own, with named values."""

    event: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Each(Node):
    """`each Pump where motor_temp < 90 degC`: the members of the group at hand for which this is true."""

    device: str
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Send(Node):
    """`send message(text: "…")`: to the device that the rule or procedure is for, or `to each …`."""

    command: str
    arguments: tuple[Argument, ...] = ()
    to: Each | None = None


@dataclass(frozen=True, slots=True)
class Run(Node):
    """`run pull_down(level: 4)`: start a procedure."""

    procedure: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Set(Node):
    """`set setpoint = 4 degC`: the desired side of a writable property."""

    property: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Undo(Node):
    """`undo`: what was done so far in the procedure, in reverse."""


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Expr
    then: "tuple[Action, ...]"
    otherwise: "tuple[Action, ...]" = ()


Action = Alert | Emit | Send | Run | Set | Undo | If


# --- Items -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import std.geo (circle, inside)`, `import alarms`: without names, the module's items are part of the program."""

    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Signal(Node):
    name: str
    domain: Domain | None
    value: Expr


@dataclass(frozen=True, slots=True)
class PatternItem(Node):
    name: str
    domain: Domain | None
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Schedule(Node):
    """`schedule mon..fri "20:00".."06:00" in "Europe/Oslo"`: a span past midnight belongs to the day it starts on."""

    start: str
    end: str
    first_day: str | None = None
    last_day: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Flapping(Node):
    """`flapping above 5 in 10 min`: raised more often than that, it is silenced until it has calmed down."""

    count: Expr
    within: Expr


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """A rule; `when` is an expression, or a pattern written in parentheses. Clauses stand at most once."""

    name: str
    domain: Domain | None
    when: Expr | Pattern
    until: Expr | None = None
    severity: str | None = None
    priority: str | None = None
    place: str | None = None
    cooldown: Expr | None = None
    repeat_every: Expr | None = None
    hold_for: Expr | None = None
    latched: bool = False
    settle: bool = False
    flapping: Flapping | None = None
    inhibited_by: tuple[str, ...] = ()
    schedule: Schedule | None = None
    do: tuple[Action, ...] = ()
    on_clear: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Priorities(Node):
    """`priorities safety > production > comfort`: the highest first."""

    names: tuple[str, ...]


# --- Procedures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class After(Node):
    """`after pumps done`: an earlier step, and what it must have reached (None: that it is over)."""

    step: str
    reached: Literal["done", "confirmed"] | None = None


@dataclass(frozen=True, slots=True)
class AtMost(Node):
    """`at most 200 at once`, or `at most 50 every 1 s`."""

    count: Expr
    every: Expr | None = None


@dataclass(frozen=True, slots=True)
class Require(Node):
    """`require 95 % within 3 s`, `require all confirmed within 30 s`, `require none`; `share`: a number or a ratio."""

    share: Expr | Literal["all", "none"]
    reached: Literal["done", "confirmed"] | None = None
    within: Expr | None = None


@dataclass(frozen=True, slots=True)
class AbortAbove(Node):
    """`abort above 10 %`: when so many have failed, what is still queued is not sent."""

    share: Expr


@dataclass(frozen=True, slots=True)
class Wait(Node):
    """`wait 10 s`, `wait until balance > 0 kW within 20 s`."""

    length: Expr | None = None
    until: Expr | None = None
    within: Expr | None = None


@dataclass(frozen=True, slots=True)
class StopIf(Node):
    """`stop if balance > 0 kW within 20 s`: the procedure is done once this is true; looked at for so long."""

    condition: Expr
    within: Expr | None = None


StepPart = Action | AtMost | Require | AbortAbove | Wait | StopIf


@dataclass(frozen=True, slots=True)
class ProcedureStep(Node):
    """`step valves after pumps done { … }`; without `after` it begins at once."""

    name: str
    parts: tuple[StepPart, ...]
    after: tuple[After, ...] = ()


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`for r in 9..down_to { … }`: down if the first is the greater; one round after another."""

    variable: str
    first: Expr
    last: Expr
    parts: "tuple[ProcedureStep | Loop, ...]"


@dataclass(frozen=True, slots=True)
class Procedure(Node):
    """A saga of steps, with what to do when it fails, is in doubt or is done."""

    name: str
    domain: Domain | None
    parts: tuple[ProcedureStep | Loop, ...]
    parameters: tuple[Parameter, ...] = ()
    expires: Expr | None = None
    on_failure: tuple[Action, ...] = ()
    on_doubt: tuple[Action, ...] = ()
    on_done: tuple[Action, ...] = ()


# --- Twins -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TwinVariable(Node):
    """`parameter tau: min in 5..240 = 45 min`."""

    kind: Literal["state", "parameter", "input"]
    name: str
    type: TypeName
    initial: Expr
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Derivative(Node):
    """`d(temp) = (ambient - temp) / tau`: the rate of change of a state of the twin or a telemetry of the device."""

    of: str
    value: Expr


@dataclass(frozen=True, slots=True)
class TwinOutput(Node):
    """`output voltage = …`: what the model says a telemetry is."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Noise(Node):
    """`process 0.05 K`, `sensor voltage 50 mV`: a standard deviation; without a name, of the only estimated one."""

    kind: Literal["process", "sensor"]
    value: Expr
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate(Node):
    """`estimate temp with kalman { process 0.05 K  sensor 0.2 K }`."""

    names: tuple[str, ...]
    method: str
    noises: tuple[Noise, ...]


@dataclass(frozen=True, slots=True)
class Calibrate(Node):
    """`calibrate resistance, cooling over 7 day every 1 day`."""

    names: tuple[str, ...]
    over: Expr
    every: Expr


@dataclass(frozen=True, slots=True)
class Twin(Node):
    """The model of a device type."""

    device: str
    variables: tuple[TwinVariable, ...] = ()
    dynamics: tuple[Derivative, ...] = ()
    outputs: tuple[TwinOutput, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    calibrations: tuple[Calibrate, ...] = ()


# --- Targets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Budget(Node):
    """`memory 256 MB`: what a target has of something (`memory`, `cpu`, `uplink`, `offline`)."""

    what: str
    amount: Expr


@dataclass(frozen=True, slots=True)
class Target(Node):
    """`target gateway: edge by site { memory 256 MB … }`: where parts of the program run."""

    name: str
    tier: str
    by: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()


# --- Tests, tables, properties, what-ifs -----------------------------------------------------------------------------


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


Item = (
    Priorities
    | Let
    | Device
    | Source
    | Signal
    | PatternItem
    | Rule
    | Procedure
    | Twin
    | Target
    | Invariant
    | Table
    | Test
    | WhatIf
)


@dataclass(frozen=True, slots=True)
class Program(Node):
    """A file: its module's name, what it imports, and its items in the order written."""

    module: str
    imports: tuple[Import, ...]
    items: tuple[Item, ...]
