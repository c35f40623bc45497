"""The checked program: the tree, untouched, and what was found out about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, Literal, TypeVar

from ..dsl import nodes as n
from ..grammar.units import Unit

F = TypeVar("F")


class ByIdentity(Generic[F]):
    """A table over nodes of a tree, by identity: equal nodes at two places are two entries."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[n.Node, F]] = {}

    def __setitem__(self, node: n.Node, fact: F) -> None:
        self._entries[id(node)] = (node, fact)

    def __getitem__(self, node: n.Node) -> F:
        return self._entries[id(node)][1]

    def get(self, node: n.Node) -> F | None:
        entry = self._entries.get(id(node))
        return None if entry is None else entry[1]

    def __iter__(self) -> Iterator[tuple[n.Node, F]]:
        return iter(self._entries.values())


# --- Types -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Type:
    """A value's type. A quantity is a float with a unit; `affine` says that it is a point (a temperature).

    A constant version is the text of its literal; `version_parts` says what it is compared by.
    """

    name: Literal["bool", "int", "float", "text", "time", "version", "point", "circle"]
    unit: Unit | None = None
    affine: bool = False
    choices: tuple[str, ...] = ()


# --- What a name stands for ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldRef:
    device: str
    field: str


@dataclass(frozen=True, slots=True)
class KeyRef:
    """`id` of the device at hand, or a key property of the group at hand."""

    part: str


@dataclass(frozen=True, slots=True)
class SignalRef:
    name: str


@dataclass(frozen=True, slots=True)
class PatternRef:
    name: str


@dataclass(frozen=True, slots=True)
class ConstantRef:
    """A `let`; its fact has the constant."""

    name: str


@dataclass(frozen=True, slots=True)
class BoundRef:
    """A field of an event that a step of the pattern at hand bound; `field` None is its time (`opened.time`)."""

    step: int
    field: str | None


@dataclass(frozen=True, slots=True)
class HeldTimeRef:
    """`last(position).time`."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class PrevRef:
    """`prev(x)`: the value that a field had before its newest one."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class PrevTimeRef:
    """`prev(x).time`."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class EventRef:
    """An event that a device tells (`event fault(code: int)`), by its name."""

    device: str
    event: str


@dataclass(frozen=True, slots=True)
class EventValueRef:
    """`fault.code`: a value that an event carries, at the moment at which it happens; absent at any other."""

    device: str
    event: str
    parameter: str


@dataclass(frozen=True, slots=True)
class SentRef:
    """`sent run`: the command was sent to the device at hand."""

    device: str
    command: str


@dataclass(frozen=True, slots=True)
class ExpiresRef:
    """`left_open expires`: a partial match of the pattern ran out of time."""

    pattern: str


@dataclass(frozen=True, slots=True)
class ParameterRef:
    """A parameter of the command or procedure at hand, a variable of its loops, or what a handler is told
    (`{step}`, `{devices}`, `{reason}`)."""

    name: str


@dataclass(frozen=True, slots=True)
class TwinRef:
    """A state, parameter, input or output of a device type's twin; `part` is what is asked of it (`sigma`)."""

    device: str
    name: str
    part: Literal["sigma"] | None = None


@dataclass(frozen=True, slots=True)
class PayloadRef:
    path: str


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """`limits(model).max_temp`: what a column of a table says in the row of these keys."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class DeviceRef:
    """A device type's own name, where one may stand: `count(Truck)`."""

    device: str


Reference = (
    FieldRef
    | KeyRef
    | SignalRef
    | PatternRef
    | ConstantRef
    | BoundRef
    | HeldTimeRef
    | PrevRef
    | PrevTimeRef
    | EventRef
    | EventValueRef
    | SentRef
    | ExpiresRef
    | ParameterRef
    | TwinRef
    | PayloadRef
    | ColumnRef
    | DeviceRef
)

Constant = bool | Fraction | str | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class DeviceScope:
    """Names are fields of this device type: inside `for Truck`, and inside an aggregate's argument about `Truck`."""

    device: str


@dataclass(frozen=True, slots=True)
class GroupScope:
    """Names are the group's key properties and signals; no properties: one group of all."""

    properties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceScope:
    source: str


Scope = DeviceScope | GroupScope | SourceScope


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one expression.

    `type`: of its value, in the unit it has before any conversion; a device type's name and a step's name, which
    are parts of larger expressions, have a type only for completeness. `constant`: its exact value in that unit, if
    it is one (literals, `let`s, and what folds; `is_constant` tells a constant `absent` from none); an area made of
    constants is none. `reference`: what a name or member means. `operand_unit`: on arithmetic `+ -`, comparisons,
    `else`, `?:`, becomes, crosses, and calls of scalar functions of several numbers (`min(a, b)`), the unit into
    which all operands are brought before the operation, each by its own role (a point or a vector), where an
    operand without a unit is a `ratio`; None if none of them has one. On `time ± duration` it is the second, for
    the duration. A product or quotient is in `type.unit`, which is not always that of the raw product: a percentage
    of a speed is a speed. `aggregate_of`: for a call of an aggregate, the device type whose members it is over,
    None if it is over the device's own samples.

    The call before the dot of a lookup has a fact for completeness only, too. `fresh(x)`, `age(x)` and `last(x)`
    without a window (the held value, stale or not) have a fact without a reference; that of their argument is a
    `FieldRef`. In a source, a payload field that is a mapping's whole value
    has the mapping's unit (or the declared one); a computed value has none and is in that unit; a time's number has
    the unit it counts in, a time's text none.
    """

    type: Type
    scope: Scope
    event: bool = False
    constant: Constant = None
    is_constant: bool = False
    reference: Reference | None = None
    operand_unit: Unit | None = None
    aggregate_of: str | None = None


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A declared property or telemetry; bounds in the field's unit."""

    name: str
    type: Type
    role: Literal["property", "telemetry"]
    low: Fraction | None = None
    high: Fraction | None = None
    every_ns: int | None = None
    stale_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A parameter of a command, an event or a procedure; bounds in its unit."""

    name: str
    type: Type
    low: Fraction | None = None
    high: Fraction | None = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device type. `parameters`: those of its commands and events, by the member's name and in their order.

    What is wrong in a member's own declaration is left out of it.
    """

    name: str
    fields: dict[str, FieldInfo]
    commands: dict[str, n.Command]
    maximum: int | None
    lateness_ns: int
    revise_ns: int
    idle_ns: int
    events: dict[str, n.Event] = field(default_factory=dict)
    relationships: dict[str, n.Relationship] = field(default_factory=dict)
    parameters: dict[str, dict[str, ParameterInfo]] = field(default_factory=dict)
    since: dict[str, n.Since] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProcedureInfo:
    """What somebody who runs a procedure must know."""

    name: str
    scope: DeviceScope | GroupScope
    parameters: dict[str, ParameterInfo]


@dataclass(frozen=True, slots=True)
class TwinInfo:
    """The model of a device type: the types of its own variables, outputs among them, and what it does with them.

    `dynamic`: what has a derivative (its own states and telemetry of the device); `outputs`: what it says telemetry
    is, and further values; `estimated`, `calibrated`: what it finds out, so that `x.sigma` can be asked for; `bounds`:
    of those variables that have them, in their units.
    """

    device: str
    variables: dict[str, Type]
    dynamic: frozenset[str]
    outputs: frozenset[str]
    estimated: frozenset[str]
    calibrated: frozenset[str]
    bounds: dict[str, tuple[Fraction | None, Fraction | None]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """A target and what it has: `memory` in bytes, `cpu` in Hz, `uplink` in bit/s, `offline` in seconds."""

    name: str
    tier: str
    by: tuple[str, ...]
    budgets: dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class TableFile:
    """The text of a table's file, and where it begins among the program's sources."""

    text: str
    base: int


TableFiles = Mapping[int, TableFile]
"""The files of a program's tables, by where the table begins among the program's sources."""

Stored = bool | float | str | None
"""What a table says, as it is stored: numbers in their column's unit; None is absent."""


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column of a table; bounds and default in its unit."""

    name: str
    type: Type
    low: Fraction | None = None
    high: Fraction | None = None
    default: Stored = None


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table of reference data. `rows`: by the keys what the value columns say."""

    name: str
    keys: tuple[ColumnInfo, ...]
    values: tuple[ColumnInfo, ...]
    rows: dict[tuple[Stored, ...], tuple[Stored, ...]]


@dataclass(frozen=True, slots=True)
class Typed:
    """A program whose every expression has a `Fact`. Durations in clauses are read with `duration_ns`."""

    program: n.Program
    devices: dict[str, DeviceInfo]
    facts: ByIdentity[Fact] = field(default_factory=ByIdentity[Fact])
    durations_ns: ByIdentity[int] = field(default_factory=ByIdentity[int])
    procedures: dict[str, ProcedureInfo] = field(default_factory=dict)
    twins: dict[str, TwinInfo] = field(default_factory=dict)
    targets: dict[str, TargetInfo] = field(default_factory=dict)
    tables: dict[str, TableInfo] = field(default_factory=dict)
    files: TableFiles = field(default_factory=dict)

    def duration_ns(self, expression: n.Expr) -> int:
        """A clause's or window's duration, a whole number of nanoseconds."""
        return self.durations_ns[expression]
