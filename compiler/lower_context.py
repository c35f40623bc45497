"""What the parts of lowering share: the program, the graph as it grows, the place of an expression, and tables.

An expression is lowered *at* a place: for a domain, on its current or its settled timeline. The same expression at
two places is two nodes.
"""

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from enum import IntEnum
from functools import partial
from math import gcd
from typing import TYPE_CHECKING, Literal, NoReturn

from ..dsl import nodes as n
from ..dsl.source import Span
from ..grammar.units import Unit
from .graph import Graph
from .plan import Constant, Delayed, Key, Map, Now, Operator, ValueType, Window
from .typed import DeviceScope, Fact, FieldInfo, FieldRef, GroupScope, Scope, SourceScope, Type, Typed

if TYPE_CHECKING:
    from .lower_models import Model


class Waits(IntEnum):
    """What an expression has to do with stragglers; of several parts the greatest counts."""

    NEUTRAL = 0
    SETTLED = 1
    CURRENT = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the events of a part of a pattern: of its values (None: of the events themselves), and how; of
    `nth` which of them, 0 for all, and of `first` and `last` how many after or before that. With `lookup` it is what a
    table says by an event's values."""

    place: int
    how: Literal["count", "true", "first", "last", "min", "max", "sum", "nth", "when"]
    field: str | None
    nth: int = 0
    lookup: n.Member | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A pattern whose match (or whose thread, at a step: without `node`) is at hand, and what it keeps. With `rule` it
    is the match that has raised this rule (`earlier`: as `plan.AtRaising` says), else the newest."""

    node: str | None
    bounds: Mapping[Asked, int]
    own: Callable[[str], str] | None = None
    """While an event is taken: the node of one of its own values."""

    rule: str | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is lowered.

    `sole`: the field whose message stands for it (an argument that speaks of that field alone samples its messages).
    `bound`: what has what was bound: a match, or a thread. `in_model`: names of a twin are those of its equations.
    """

    scope: Scope
    settled: bool
    sole: FieldRef | None = None
    bound: Kept | None = None
    in_model: bool = False
    timeline: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeline", timeline_id(self.scope, self.settled))

    def on_settled(self) -> "Place":
        return Place(self.scope, True, self.sole, self.bound)


@dataclass(frozen=True, slots=True)
class Windows:
    """What a value shows, through functions: one window made of slices (a further one is `several`), windows that end
    when something ends (`ended`), and whatever else changes it."""

    one: Window | None = None
    several: bool = False
    others: bool = False
    ended: bool = False


@dataclass
class Lowering:
    """The state of lowering one program.

    `expression(expression, place)` gives the node of an expression at a place; it is a member so that windows and
    patterns can lower what stands inside them. `rules_on` has the rules that wait for a pattern, by its
    identity; `asking` the signals that tell a device of what its group has given.
    """

    typed: Typed
    graph: Graph
    expression_of: "InitVar[Callable[[Lowering, n.Expr, Place], str]]"
    signals: dict[str, n.Signal] = field(default_factory=dict)
    patterns: dict[str, n.PatternItem] = field(default_factory=dict)
    lets: dict[str, n.Let] = field(default_factory=dict)
    private: set[FieldRef] = field(default_factory=set)
    group_devices: dict[tuple[str, ...], dict[str, None]] = field(default_factory=dict)
    leaves: dict[tuple[Operator, str, ValueType], str] = field(default_factory=dict)
    signal_nodes: dict[tuple[str, bool], str] = field(default_factory=dict)
    matched: dict[int, Kept] = field(default_factory=dict)
    rules_on: dict[int, list[n.Rule]] = field(default_factory=dict)
    rules: dict[str, n.Rule] = field(default_factory=dict)
    rule_nodes: dict[str, str] = field(default_factory=dict)
    patterns_of: "dict[int, n.Pattern | None]" = field(default_factory=dict)
    waits: dict[int, Waits] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)
    windows: "dict[str, Windows]" = field(default_factory=dict)
    twins: dict[str, n.Twin] = field(default_factory=dict)
    models: "dict[tuple[str, bool], Model]" = field(default_factory=dict)
    expression: Callable[[n.Expr, Place], str] = field(init=False)

    def __post_init__(self, expression_of: "Callable[[Lowering, n.Expr, Place], str]") -> None:
        # No method, which would be one more call at each level of what may be nested deep.
        self.expression = partial(expression_of, self)

    def fact(self, expression: n.Expr) -> Fact:
        return self.typed.facts[expression]

    def field_info(self, ref: FieldRef) -> FieldInfo:
        return self.typed.devices[ref.device].fields[ref.field]

    def is_private_event(self, device: str, event: str) -> bool:
        return self.typed.devices[device].events[event].private

    def add(
        self,
        operator: Operator,
        inputs: tuple[str, ...],
        timeline: str,
        type_: ValueType,
        origin: Span,
        *,
        event: bool = False,
        every_ns: int | None = None,
        private: bool = False,
        pin: str | None = None,
    ) -> str:
        """Adds a node that comes from a place in the text, and gives its id; a leaf, if there is none like it."""
        if inputs:
            return self.graph.add(
                operator, inputs, timeline, type_, event=event, every_ns=every_ns, pin=pin, origin=origin
            )
        leaf = (operator, timeline, type_)
        found = self.leaves.get(leaf)
        if found is None:
            found = self.graph.add(operator, (), timeline, type_, event=event, private=private, origin=origin)
            self.leaves[leaf] = found
        return found

    def map(self, function: str, inputs: tuple[str, ...], type_: ValueType, origin: Span) -> str:
        """A function of the library, of nodes of one timeline."""
        return self.apply(Map(function), inputs, type_, origin)

    def apply(self, function: Map, inputs: tuple[str, ...], type_: ValueType, origin: Span) -> str:
        """A function of nodes of one timeline: an event if one of them is, paced if all that can change are."""
        nodes = [self.graph.node(i) for i in inputs]
        changing = [node for node in nodes if not isinstance(node.operator, Constant | Key | Now)]
        paces = [node.every_ns for node in changing if node.every_ns is not None]
        every_ns = gcd(*paces) if paces and len(paces) == len(changing) else None
        event = any(node.event for node in nodes)
        return self.add(function, inputs, nodes[0].timeline, type_, origin, event=event, every_ns=every_ns)

    def has_members(self, device: str, at: Place) -> None:
        """The devices of a type are members of the groups at a place."""
        assert isinstance(at.scope, GroupScope)
        self.group_devices.setdefault(at.scope.properties, {})[device] = None

    def delayed(self, id_: str, at: Place, origin: Span) -> str:
        """A settled node as the current timeline sees it."""
        node = self.graph.node(id_)
        return self.add(Delayed(), (id_,), at.timeline, node.type, origin, event=node.event, every_ns=node.every_ns)


BOOL = ValueType("bool")
NUMBER = ValueType("float")


def refused(what: object) -> NoReturn:
    """For what cannot be executed yet: it is named before anything is lowered (`running.not_running`)."""
    raise AssertionError(f"refused before lowering: {what}")


def timeline_id(scope: Scope, settled: bool) -> str:
    """`Truck`, `by fleet settled`, `one`, `source readings`."""
    suffix = " settled" if settled else ""
    match scope:
        case DeviceScope(device):
            return f"{device}{suffix}"
        case GroupScope(properties):
            return f"by {', '.join(properties)}{suffix}" if properties else f"one{suffix}"
        case SourceScope(source):
            return f"source {source}{suffix}"


def value_type(type_: Type) -> ValueType:
    """How values of this type are stored. A ratio is a plain number, a version its text."""
    name = "text" if type_.name == "version" else type_.name
    assert name != "circle"
    unit = type_.unit
    return ValueType(name, None if unit is None or unit.text == "ratio" else unit.text)


def quantity(unit: Unit | None) -> ValueType:
    """A number in this unit."""
    return value_type(Type("float", unit))


def domain_scope(domain: n.Domain | None) -> Scope:
    match domain:
        case None:
            return GroupScope(())
        case n.ForDevice(device):
            return DeviceScope(device)
        case n.ByProperties(properties):
            return GroupScope(properties)
