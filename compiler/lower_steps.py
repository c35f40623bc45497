"""The steps of a pattern: what meets each, and the steps and parts that have names, by place.

    door becomes true as opened then temp > opened.temp + 2 K

The second step has no condition, and the test `temp, bound 0, 2, add, greater`: what speaks of what was bound before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import assert_never

from ..dsl import nodes as n
from .graph import structure
from .lower_bound import bound_in, speaking, terms
from .lower_context import BOOL, Kept, Lowering, Place
from .pattern_ends import is_absence
from .plan import Constant, Edge, Map, Now, PatternStep, PushInput
from .resolve import walk
from .typed import DeviceRef, DeviceScope, FieldRef, GroupScope, Scope, SignalRef


@dataclass(frozen=True)
class Named:
    """A part of a pattern that can have a name: its steps, those of them that can be its last, and whose they are; and
    how often it comes, at most (None: no limit)."""

    steps: tuple[int, ...]
    last: tuple[int, ...]
    certain: bool
    scope: Scope | None
    turns_max: int | None = 1


@dataclass
class Steps:
    """The steps of a pattern in the order of the text, and its parts by place, as the checker counts them."""

    lowering: Lowering
    scope: Scope
    steps: list[n.Step] = field(default_factory=list)
    named: dict[int, Named] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    """The number of a step, by its identity."""

    def count(self, part: n.Part, name: str | None = None, turns_max: int | None = 1) -> Named:
        """Count a part's steps, and note it and the parts within it; it comes at most so often."""
        match part:
            case n.Step():
                number = self.numbers[id(part)] = len(self.steps)
                self.steps.append(part)
                self.labels.append(part.name or name or str(number + 1))
                absent = is_absence(part)
                found = Named(() if absent else (number,), () if absent else (number,), True, self.scope_of(part.event))
            case n.Group(pattern=pattern):
                found = self.count(pattern.body, part.name or name, turns_max)
            case n.AllOf(parts=parts) | n.AnyOf(parts=parts):
                each = [self.count(one, part.name or name, turns_max) for one in parts]
                found = _together(each, certain=isinstance(part, n.AnyOf) or len(parts) == 1)
            case n.Repeat(of=of):
                most = None if part.at_most is None else self.lowering.fact(part.at_most).constant
                times = None if most is None or turns_max is None else turns_max * int(most)  # type: ignore[arg-type]
                inner = self.count(of, name, times)
                optional = self.lowering.fact(part.at_least).constant == 0
                return Named(inner.steps, inner.last, inner.certain and not optional, inner.scope)
            case n.Sequence(parts=parts):
                return _in_order([self.count(one, name, turns_max) for one in parts])
            case _:
                assert_never(part)
        self.named[len(self.named)] = replace(found, turns_max=turns_max)
        return found

    def scope_of(self, event: n.Expr) -> Scope:
        """Whose event a step is: the device's, a member's, or the group's own."""
        if isinstance(self.scope, GroupScope):
            for node in walk(event):
                fact = self.lowering.typed.facts.get(node)
                if fact is not None and isinstance(fact.reference, DeviceRef):
                    device = fact.reference.device
                    self.lowering.group_devices.setdefault(self.scope.properties, {})[device] = None
                    return DeviceScope(device)
        return self.scope


def _together(parts: list[Named], *, certain: bool) -> Named:
    steps = tuple(step for one in parts for step in one.steps)
    scopes = {one.scope for one in parts}
    last = tuple(step for one in parts for step in one.last)
    return Named(steps, last, certain and all(one.certain for one in parts), scopes.pop() if len(scopes) == 1 else None)


def _in_order(parts: list[Named]) -> Named:
    """A sequence's last event is that of its last part; of the one before where that may be passed over."""
    steps = tuple(step for one in parts for step in one.steps)
    last: tuple[int, ...] = ()
    certain, scope = True, parts[-1].scope
    for one in reversed(parts):
        last = (*one.last, *last)
        if one.last:
            scope = one.scope
        if one.last and one.certain:
            break
        certain = certain and not one.last
    return Named(steps, last, certain, scope)


# --- What meets a step -----------------------------------------------------------------------------------------------


@dataclass
class Inputs:
    """A pattern's inputs as they grow, each once."""

    lowering: Lowering
    nodes: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    speaking: set[str] = field(default_factory=set)
    """The nodes that speak of what is bound, of which only terms will be left."""

    def place(self, node: str) -> int:
        place = self.places.setdefault(structure(node), len(self.nodes))
        if place == len(self.nodes):
            self.nodes.append(node)
        return place


def lower_step(inputs: Inputs, event: n.Expr, scope: Scope, kept: Kept, name: str) -> PatternStep:
    """A step: what is of now in one condition, what speaks of events that were bound in a test. Where such a thing
    must last, all of it is the test.

    Of an absence it is what must not come: news of a field or a signal, if that is all it says (`no temp for 5 min`).
    """
    lowering, at = inputs.lowering, Place(scope, settled=True, bound=kept)
    condition: str | None = None
    test: str | None = None
    lasting_ns: int | None = None
    said = event.of if isinstance(event, n.Quiet) else event
    if isinstance(event, n.Quiet) and _is_news(lowering, said):
        condition = _news(lowering, said, at)
    elif isinstance(said, n.Holds) and bound_in(lowering, said):
        test, lasting_ns = lowering.expression(said.condition, at), lowering.typed.duration_ns(said.duration)
    else:
        for part in _conjuncts(said):
            node = lowering.expression(part, at)
            if bound_in(lowering, part):
                test = node if test is None else lowering.map("and_", (test, node), BOOL, event.span)
            else:
                condition = node if condition is None else lowering.map("and_", (condition, node), BOOL, event.span)
    tested = () if test is None else terms(lowering.graph, test, inputs.place)
    inputs.speaking |= set() if test is None else speaking(lowering.graph, test)
    speaks = [] if condition is None else [inputs.place(one) for one in _updating(lowering, condition)]
    of_now = [term.input for term in tested if isinstance(term, PushInput)]
    speaks += [i for i in of_now if not isinstance(lowering.graph.node(inputs.nodes[i]).operator, Constant | Now)]
    place = None if condition is None else inputs.place(condition)
    return PatternStep(tuple(dict.fromkeys(speaks)), place, tested, name, lasting_ns)


def _conjuncts(expression: n.Expr) -> Iterator[n.Expr]:
    if isinstance(expression, n.Logic) and expression.operator == "and":
        yield from _conjuncts(expression.left)
        yield from _conjuncts(expression.right)
    else:
        yield expression


def _updating(lowering: Lowering, id_: str) -> list[str]:
    """What an event or a condition speaks of: its updates are what `next` looks at."""
    graph = lowering.graph
    node = graph.node(id_)
    if not node.event:
        return [] if isinstance(node.operator, Constant | Now) else [id_]
    match node.operator:
        case Edge():
            return [i for i in node.inputs if not isinstance(graph.node(i).operator, Constant)]
        case Map():
            return [found for i in node.inputs for found in _updating(lowering, i)]
        case _:
            return [id_]


def _is_news(lowering: Lowering, event: n.Expr) -> bool:
    fact = lowering.fact(event)
    return isinstance(fact.reference, FieldRef | SignalRef) and not fact.event


def _news(lowering: Lowering, event: n.Expr, at: Place) -> str:
    absent = lowering.map("is_absent", (lowering.expression(event, at),), BOOL, event.span)
    return lowering.map("not_", (absent,), BOOL, event.span)
