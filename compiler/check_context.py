"""What checking an expression needs: the program's names, where the expression stands, what is known so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic, Problems
from ..grammar.units import Unit
from .constants import fits
from .problems_types import HugeNumber
from .resolve import Names
from .typed import ByIdentity, Constant, DeviceInfo, DeviceScope, Fact, GroupScope, Reference, Scope, Type


@dataclass(frozen=True)
class Context:
    """Where an expression stands.

    `members_of`: the device type whose members the aggregate around it is over; names are that device's then, and
    `Truck.x` may be written for them. `steps`: the named steps of a pattern, by their places, whose values may be asked
    for. `fixed`: what it is that needs a constant here, if something does.
    """

    scope: Scope
    members_of: str | None = None
    steps: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    fixed: str | None = None

    @property
    def device(self) -> str | None:
        """The device type whose fields can be named."""
        return self.scope.device if isinstance(self.scope, DeviceScope) else None

    def within(self, device: str) -> "Context":
        """Inside an aggregate over the members of a device type."""
        return replace(self, scope=DeviceScope(device), members_of=device)


@dataclass
class Checking:
    """The checker's tables while they grow. A value that could not be checked has no fact; that has been reported."""

    names: Names
    check_expression: "Callable[[Checking, n.Expr, Context], Fact | None]"
    problems: Problems = field(default_factory=Problems)
    devices: dict[str, DeviceInfo] = field(default_factory=dict)
    facts: ByIdentity[Fact] = field(default_factory=ByIdentity[Fact])
    durations: ByIdentity[int] = field(default_factory=ByIdentity[int])
    signals: dict[str, Fact] = field(default_factory=dict)
    lets: dict[str, Fact] = field(default_factory=dict)
    paces: dict[str, int | None] = field(default_factory=dict)
    flexible_signals: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

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
