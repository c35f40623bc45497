"""What is said of the events that a pattern bound: `opened.temp`, `count(reading)`, `max(reading.temp)`.

A pattern keeps what is asked of it, and nothing else: `asked` reads off an expression what that is, and `lower_bound`
makes the expression's node from it. A step's own test is lowered with placeholders for what is bound, read off the
graph as postfix terms by `terms`, and taken out of it again.
"""

from collections.abc import Callable, Iterator
from typing import Literal

from ..dsl import nodes as n
from .graph import Graph
from .lower_context import Asked, Kept, Lowering, Place, quantity, value_type
from .lower_timelines import inside, parts
from .lower_units import as_wanted
from .lower_windows import made_of
from .plan import Apply, Captured, Constant, Map, PushBound, PushConstant, PushInput, Term, ValueType
from .typed import BoundRef

How = Literal["count", "true", "first", "last", "min", "max", "sum"]

MADE_OF: dict[str, tuple[How, ...]] = {
    "count": ("count",),
    "share": ("true", "count"),
    "sum": ("sum",),
    "mean": ("sum", "count"),
    "min": ("min",),
    "max": ("max",),
    "range": ("max", "min"),
    "first": ("first",),
    "last": ("last",),
    "delta": ("last", "first"),
    "rise": ("last", "first"),
    "fall": ("first", "last"),
}
"""The aggregates over a step's events that run, and what they are made of."""


def bound_in(lowering: Lowering, expression: n.Expr) -> bool:
    """Whether an expression speaks of what was bound."""
    return any(isinstance(lowering.fact(part).reference, BoundRef) for part in inside(expression))


def asked(lowering: Lowering, expression: n.Expr) -> Iterator[Asked]:
    """What an expression asks of the events that were bound."""
    pending = [expression]
    while pending:
        part = pending.pop(0)
        ref = lowering.fact(part).reference
        if isinstance(part, n.Call) and is_of_bound(lowering, part):
            yield from _of_call(lowering, part)
        elif isinstance(ref, BoundRef):
            yield Asked(ref.step, "last", _field(ref))
        else:
            pending += parts(part)


def is_of_bound(lowering: Lowering, call: n.Call) -> bool:
    """Whether a call is an aggregate over a step's events."""
    if len(call.arguments) != 1 or call.function not in MADE_OF:
        return False
    (argument,) = call.arguments
    return argument.window is None and isinstance(lowering.fact(argument.value).reference, BoundRef)


def _of_call(lowering: Lowering, call: n.Call) -> tuple[Asked, ...]:
    (argument,) = call.arguments
    ref = lowering.fact(argument.value).reference
    assert isinstance(ref, BoundRef)
    if isinstance(argument.value, n.Name):
        return (Asked(ref.step, "count", None),)
    hows = MADE_OF[call.function]
    if call.function == "count" and lowering.fact(argument.value).type.name == "bool":
        hows = ("true",)
    return tuple(Asked(ref.step, how, _field(ref)) for how in hows)


def _field(ref: BoundRef) -> str:
    return "time" if ref.field is None else ref.field


# --- Into nodes ------------------------------------------------------------------------------------------------------


def lower_bound(lowering: Lowering, expression: n.Expr, at: Place) -> str:
    """The node of `opened.temp`."""
    ref = lowering.fact(expression).reference
    assert isinstance(ref, BoundRef)
    type_ = value_type(lowering.fact(expression).type)
    return _kept(lowering, Asked(ref.step, "last", _field(ref)), type_, expression, at)


def lower_of_bound(lowering: Lowering, call: n.Call, at: Place) -> str:
    """The node of an aggregate over a step's events, made of what the pattern keeps of them."""
    fact = lowering.fact(call)
    (argument,) = call.arguments
    of = lowering.fact(argument.value).type
    kept = []
    for one in _of_call(lowering, call):
        number = one.how in ("count", "true")
        kept.append(_kept(lowering, one, quantity(None) if number else value_type(of), call, at))
    function = "count_true" if call.function == "count" and of.name == "bool" else call.function
    made = fact.type if of.name in ("time", "text") else made_of(function, fact.type, of.unit)
    node = _MAKES.get(call.function, _itself)(lowering, kept, value_type(made), call)
    return node if of.name in ("time", "text") else as_wanted(lowering, node, made, fact.type, call.span)


def _kept(lowering: Lowering, asked: Asked, type_: ValueType, expression: n.Expr, at: Place) -> str:
    kept = at.bound
    assert isinstance(kept, Kept)
    operator = Captured(kept.bounds[asked])
    inputs = () if kept.node is None else (kept.node,)
    return lowering.add(operator, inputs, at.timeline, type_, expression.span)


Makes = Callable[[Lowering, list[str], ValueType, n.Call], str]


def _itself(_: Lowering, kept: list[str], __: ValueType, ___: n.Call) -> str:
    return kept[0]


def _quotient(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    return lowering.map("divide", tuple(kept), type_, call.span)


def _difference(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    return lowering.map("subtract", tuple(kept), type_, call.span)


def _growth(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    none = lowering.add(Constant(0.0), (), lowering.graph.node(kept[0]).timeline, type_, call.span)
    return lowering.map("max", (none, _difference(lowering, kept, type_, call)), type_, call.span)


_MAKES: dict[str, Makes] = {
    "share": _quotient,
    "mean": _quotient,
    "range": _difference,
    "delta": _difference,
    "rise": _growth,
    "fall": _growth,
}


# --- Into terms ------------------------------------------------------------------------------------------------------


def terms(graph: Graph, id_: str, input_: Callable[[str], int]) -> tuple[Term, ...]:
    """A node that speaks of what is bound, as postfix terms; `input_` gives the place of what does not."""
    found: dict[str, tuple[Term, ...]] = {}
    speaks = speaking(graph, id_)
    for at in graph.behind(id_, (Map,)):
        node = graph.node(at)
        match node.operator:
            case Captured(bound):
                found[at] = (PushBound(bound),)
            case Constant(value) if node.type.name in ("bool", "int", "float", "text"):
                found[at] = (PushConstant(value),)
            case Map(function) if at in speaks:
                pieces = [found[i] if i in found else (PushInput(input_(i)),) for i in node.inputs]
                arguments = tuple(term for piece in pieces for term in piece)
                found[at] = (*arguments, Apply(function, len(node.inputs), node.type.name))
            case _:
                pass
    return found[id_]


def speaking(graph: Graph, id_: str) -> set[str]:
    """What in an expression depends on what is bound."""
    found: set[str] = set()
    for at in graph.behind(id_, (Map,)):
        node = graph.node(at)
        if isinstance(node.operator, Captured) or any(i in found for i in node.inputs):
            found.add(at)
    return found
