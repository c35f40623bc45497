"""What checking an expression needs: the program's names, where the expression stands, what is known so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic, Problems
from ..dsl.source import Span
from ..grammar.units import Unit
from .constants import fits, is_short
from .problems_types import HugeNumber
from .resolve import Names
from .typed import (
    ByIdentity,
    Constant,
    DeviceInfo,
    DeviceScope,
    Fact,
    GroupScope,
    ProcedureInfo,
    Reference,
    Scope,
    TableFiles,
    TableInfo,
    TargetInfo,
    TwinInfo,
    Type,
)

A_LET = "a `let`"
"""Where a constant is needed, as a reader is told it; other places are named where they are checked."""


@dataclass(frozen=True)
class Local:
    """What a name stands for in one item only: a procedure's parameter, a loop's variable, a variable of a twin.

    `constant`: its value, if it is known (then the name can stand where a constant is needed). `members`: what can be
    asked of it behind a dot (`resistance.sigma`), with their types. `broken`: its declaration could not be understood,
    which has been reported, so that what uses it is not.
    """

    type: Type
    reference: Reference | None = None
    constant: Constant = None
    is_constant: bool = False
    members: Mapping[str, Type] = field(default_factory=lambda: MappingProxyType({}))
    broken: bool = False


@dataclass(frozen=True)
class Bound:
    """A named step of a pattern, for what is said of it later.

    `place`: which of the pattern's steps it is. `device`: whose message it is (None: it may be of several types, or of
    the group itself). `event`: the device event that it is, whose values can be asked for as well. `many`: it may have
    happened several times, so its values need an aggregate. `most`: how often it can happen at most, where the text
    says so. `span`: where it is named.
    """

    place: int
    device: str | None
    event: str | None = None
    many: bool = False
    most: int | None = None
    span: Span = n.NOWHERE


@dataclass(frozen=True)
class Context:
    """Where an expression stands.

    `members_of`: the device type whose members the aggregate around it is over; names are that device's then, and
    `Truck.x` may be written for them. `steps`: the named steps of a pattern whose values may be asked for;
    `gathered`: inside an aggregate over the events of one that happened several times. `fixed`: what it is that needs
    a constant here, if something does. `locals`: names that only the item at hand knows.
    """

    scope: Scope
    members_of: str | None = None
    steps: Mapping[str, Bound] = field(default_factory=lambda: MappingProxyType({}))
    gathered: bool = False
    fixed: str | None = None
    locals: Mapping[str, Local] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def device(self) -> str | None:
        """The device type whose fields can be named."""
        return self.scope.device if isinstance(self.scope, DeviceScope) else None

    def within(self, device: str) -> "Context":
        """Inside an aggregate over the members of a device type."""
        return replace(self, scope=DeviceScope(device), members_of=device)


@dataclass(frozen=True)
class Doings:
    """What rules and procedures of a program do: the commands they send (`undoes`: and undo), the events they emit."""

    sent: frozenset[str]
    undoes: bool
    emits: Mapping[str, tuple[tuple[n.Emit, n.Rule | n.Procedure], ...]]


@dataclass
class Checking:
    """The checker's tables while they grow. A value that could not be checked has no fact; that has been reported."""

    names: Names
    check_expression: "Callable[[Checking, n.Expr, Context], Fact | None]"
    problems: Problems = field(default_factory=Problems)
    devices: dict[str, DeviceInfo] = field(default_factory=dict)
    twins: dict[str, dict[str, Local]] = field(default_factory=dict)
    """What a device type's twin adds to the names of its domain: states, parameters, inputs (by device type)."""
    broken: set[tuple[str, str]] = field(default_factory=set)
    """Fields, by device type, whose declarations could not be understood, so that what uses them is not reported."""
    models: dict[str, TwinInfo] = field(default_factory=dict)
    """What a device type's twin does: which of its names have dynamics, are outputs, are estimated or calibrated."""
    procedures: dict[str, ProcedureInfo] = field(default_factory=dict)
    targets: dict[str, TargetInfo] = field(default_factory=dict)
    tables: dict[str, TableInfo] = field(default_factory=dict)
    files: TableFiles = field(default_factory=dict)
    facts: ByIdentity[Fact] = field(default_factory=ByIdentity[Fact])
    durations: ByIdentity[int] = field(default_factory=ByIdentity[int])
    signals: dict[str, Fact] = field(default_factory=dict)
    lets: dict[str, Fact] = field(default_factory=dict)
    paces: dict[str, int | None] = field(default_factory=dict)
    flexible_signals: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    doings: "Doings | None" = None
    """What rules and procedures do, once somebody has asked."""

    @cached_property
    def lets_named(self) -> frozenset[str]:
        """The names of all constants."""
        return frozenset(name for name, item in self.names.values.items() if isinstance(item, n.Let))

    @cached_property
    def declared_for(self) -> dict[Scope, set[str]]:
        """The names of signals and patterns by their domains."""
        found: dict[Scope, set[str]] = {}
        for name, item in self.names.values.items():
            if not isinstance(item, n.Let):
                found.setdefault(scope_of(item.domain), set()).add(name)
        return found

    def check(self, node: n.Expr, at: Context) -> Fact | None:
        """The fact of an expression, noted; None where it has none, which has been reported."""
        return self.check_expression(self, node, at)

    def report(self, problem: Diagnostic) -> None:
        """Report a problem; the result is the fact of what is wrong: none."""
        self.problems.report(problem)

    def know(
        self,
        node: n.Expr,
        at: Context,
        type_: Type,
        *,
        event: bool = False,
        reference: Reference | None = None,
        operand_unit: Unit | None = None,
        aggregate_of: str | None = None,
    ) -> Fact:
        """Note what a node is, where it is no constant."""
        fact = Fact(
            type_,
            at.scope,
            event=event,
            reference=reference,
            operand_unit=operand_unit,
            aggregate_of=aggregate_of,
        )
        return self.again(node, fact)

    def fix(
        self,
        node: n.Expr,
        at: Context,
        type_: Type,
        constant: Constant,
        *,
        reference: Reference | None = None,
        operand_unit: Unit | None = None,
    ) -> Fact | None:
        """Note that a node is a constant (None: `absent`); a number must be one that a float can hold."""
        if isinstance(constant, Fraction) and not fits(constant):
            self.report(HugeNumber(span=node.span))
            return None
        if isinstance(constant, Fraction) and not is_short(constant):
            self.report(HugeNumber(span=node.span, why="digits"))
            return None
        fact = Fact(
            type_,
            at.scope,
            constant=constant,
            is_constant=True,
            reference=reference,
            operand_unit=operand_unit,
        )
        return self.again(node, fact)

    def fold(
        self,
        node: n.Expr,
        at: Context,
        type_: Type,
        parts: tuple[Fact, ...],
        constant: Callable[[], Constant],
        operand_unit: Unit | None = None,
    ) -> Fact | None:
        """Note what a node is: a constant, worked out, if all its parts are."""
        if all(part.is_constant for part in parts):
            return self.fix(node, at, type_, constant(), operand_unit=operand_unit)
        return self.know(node, at, type_, operand_unit=operand_unit)

    def again(self, node: n.Expr, fact: Fact) -> Fact:
        """Note a fact, perhaps in place of an earlier one, as the place of the node made it plain what it is."""
        self.facts[node] = fact
        return fact


def domain_of(scope: Scope) -> str:
    """A scope in words: `for Truck`, `by fleet`, `for all`."""
    match scope:
        case DeviceScope(device=device):
            return f"for `{device}`"
        case GroupScope(properties=()):
            return "for all"
        case GroupScope(properties=properties):
            return "by " + ", ".join(f"`{name}`" for name in properties)
        case _:
            return f"in the source `{scope.source}`"


def scope_of(domain: n.Domain | None) -> DeviceScope | GroupScope:
    """The scope of an item with this domain."""
    match domain:
        case n.ForDevice(device=device):
            return DeviceScope(device)
        case n.ByProperties(properties=properties):
            return GroupScope(properties)
        case None:
            return GroupScope(())
