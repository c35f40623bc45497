"""What is said of the events that a pattern bound: `opened.temp`, `count(reading)`, `max(reading.temp)`.

A pattern keeps what is asked of it, and nothing else: `asked` reads off an expression what that is, and `lower_bound`
makes the expression's node from it. A step's own test is lowered with placeholders for what is bound, read off the
graph as postfix terms by `terms`, and taken out of it again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from ..dsl import nodes as n
from ..stdlib.catalogue import AGGREGATES
from .check_types import TIME
from .graph import Graph
from .lower_context import BOOL, Asked, Kept, Lowering, Place, quantity, value_type
from .lower_timelines import inside, parts
from .lower_units import SECOND, as_wanted
from .lower_windows import made_of, option_of
from .plan import Apply, Captured, Constant, Map, PushBound, PushConstant, PushInput, Term, ValueType
from .typed import BoundRef

How = Literal["count", "true", "first", "last", "min", "max", "sum", "nth", "when"]

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
    "rate": ("last", "first"),
    "any": ("true", "count"),
    "all": ("true", "count"),
    "variance": ("nth",),
    "stddev": ("nth",),
    "distinct": ("nth",),
    "mode": ("nth",),
    "slope": ("nth", "when"),
    "quantile": ("nth",),
    **{name: ("nth",) for name, function in AGGREGATES.items() if function.quantile is not None},
}
"""The aggregates over a step's events that run, and what they are made of."""

OF_TIMES = ("rate",)
"""Those that ask of the events' times what they ask of their values."""


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
    argument = call.arguments[0]
    if call.function not in MADE_OF:
        return False
    return argument.window is None and isinstance(lowering.fact(argument.value).reference, BoundRef)


def _of_call(lowering: Lowering, call: n.Call) -> tuple[Asked, ...]:
    argument = call.arguments[0]
    ref = lowering.fact(argument.value).reference
    assert isinstance(ref, BoundRef)
    if isinstance(argument.value, n.Name):
        return (Asked(ref.step, "count", None),)
    hows = MADE_OF[call.function]
    if call.function == "count" and lowering.fact(argument.value).type.name == "bool":
        hows = ("true",)
    fields = (_field(ref), "time") if call.function in OF_TIMES else (_field(ref),)
    return tuple(Asked(ref.step, how, field) for field in fields for how in hows)


def each_asked(asked: Asked, events_max: int) -> tuple[Asked, ...]:
    """What is kept for what is asked of a part that has at most so many events: of all values each, the last first."""
    if asked.how not in ("nth", "when"):
        return (asked,)
    return tuple(replace(asked, nth=nth) for nth in range(events_max, 0, -1))


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
    argument = call.arguments[0]
    of = lowering.fact(argument.value).type
    assert at.bound is not None
    kept = []
    for one in _of_call(lowering, call):
        timed = one.how == "when" or one.field == "time"
        type_ = quantity(None) if one.how in ("count", "true") else value_type(TIME if timed else of)
        known = [each for each in at.bound.bounds if replace(each, nth=0) == one]
        kept += [_kept(lowering, each, type_, call, at) for each in known]
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


def _rate(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    last, first, last_time, first_time = kept
    lasted = lowering.map("time_difference", (last_time, first_time), quantity(SECOND), call.span)
    return lowering.map("divide", (_difference(lowering, [last, first], type_, call), lasted), type_, call.span)


def _any(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    true, known = kept
    none = lowering.add(Constant(0.0), (), lowering.graph.node(true).timeline, quantity(None), call.span)
    return _where_known(lowering, known, lowering.map("greater", (true, none), type_, call.span), type_, call)


def _all(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    true, known = kept
    return _where_known(lowering, known, lowering.map("equal", (true, known), type_, call.span), type_, call)


def _where_known(lowering: Lowering, known: str, value: str, type_: ValueType, call: n.Call) -> str:
    """The value, absent where nothing is known."""
    timeline = lowering.graph.node(known).timeline
    none = lowering.add(Constant(0.0), (), timeline, quantity(None), call.span)
    some = lowering.map("greater", (known, none), BOOL, call.span)
    absent = lowering.add(Constant(None), (), timeline, type_, call.span)
    return lowering.map("if_else", (some, value, absent), type_, call.span)


def _listed(lowering: Lowering, kept: list[str], type_: ValueType, call: n.Call) -> str:
    function = AGGREGATES[call.function]
    if function.quantile is None and call.function != "quantile":
        return lowering.map(f"{call.function}_of", tuple(kept), type_, call.span)
    part = function.quantile if function.quantile is not None else option_of(lowering, call)
    assert part is not None
    timeline = lowering.graph.node(kept[0]).timeline
    q = lowering.add(Constant(part), (), timeline, quantity(None), call.span)
    return lowering.map("quantile_of", (q, *kept), type_, call.span)


_MAKES: dict[str, Makes] = {
    **{name: _listed for name, made in MADE_OF.items() if made[0] == "nth"},
    "rate": _rate,
    "any": _any,
    "all": _all,
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
