"""What is said of the events that a pattern bound: `opened.temp`, `count(reading)`, `max(reading.temp)`.

A pattern keeps what is asked of it, and nothing else: `asked` reads off an expression what that is, and `lower_bound`
makes the expression's node from it. A step's own test is lowered with placeholders for what is bound, read off the
graph as postfix terms by `terms`, and taken out of it again.
"""

from collections.abc import Callable, Iterable, Iterator
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
from .plan import Apply, AtRaising, Captured, Constant, Map, PushBound, PushConstant, PushInput, Term, ValueType
from .typed import BoundRef, ColumnRef, Typed

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
    "time_weighted_mean": ("nth", "when"),
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
        by = looked_up(lowering.typed, part)
        if by is not None:
            assert isinstance(part, n.Member)
            yield Asked(by, "last", None, lookup=part)
        elif isinstance(part, n.Call) and is_of_bound(lowering, part):
            yield from _of_call(lowering, part)
        elif isinstance(ref, BoundRef):
            yield Asked(ref.step, "last", _field(ref))
        else:
            pending += parts(part)


def looked_up(typed: Typed, expression: n.Node) -> int | None:
    """The part of a pattern by whose event's values, and constants, something is looked up in a table; None where it is
    not, or not by that alone. It is looked up when the event is taken."""
    fact = typed.facts.get(expression)
    if not isinstance(expression, n.Member) or fact is None or not isinstance(fact.reference, ColumnRef):
        return None
    assert isinstance(expression.of, n.Call)
    keys = [typed.facts[argument.value] for argument in expression.of.arguments]
    steps = {key.reference.step for key in keys if isinstance(key.reference, BoundRef)}
    only = all(key.is_constant or isinstance(key.reference, BoundRef) for key in keys)
    return steps.pop() if only and len(steps) == 1 else None


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
    nth = int(option_of(lowering, call) or 0) if call.function in ("first", "last") else 0
    return tuple(Asked(ref.step, how, field, nth) for field in fields for how in hows)


def each_asked(asked: Asked, events_max: int) -> tuple[Asked, ...]:
    """What is kept for what is asked of a part that has at most so many events: of all values each, and for one before
    the last also those behind it; the highest first."""
    match asked.how:
        case "nth" | "when":
            return tuple(replace(asked, nth=nth) for nth in range(events_max, 0, -1))
        case "last":
            return tuple(replace(asked, nth=nth) for nth in range(asked.nth, -1, -1))
        case _:
            return (asked,)


def places_of(kept: Iterable[Asked]) -> dict[Asked, int]:
    """The places of what is kept, each once: what is before the last stands before the last."""
    each = sorted(dict.fromkeys(kept), key=lambda one: -one.nth if one.how == "last" else 0)
    return {one: place for place, one in enumerate(each)}


def _field(ref: BoundRef) -> str:
    return "time" if ref.field is None else ref.field


# --- Into nodes ------------------------------------------------------------------------------------------------------


def lower_bound(lowering: Lowering, expression: n.Expr, at: Place) -> str:
    """The node of `opened.temp`."""
    ref = lowering.fact(expression).reference
    assert isinstance(ref, BoundRef)
    if at.bound is not None and at.bound.own is not None:
        return at.bound.own(_field(ref))
    type_ = value_type(lowering.fact(expression).type)
    return _kept(lowering, Asked(ref.step, "last", _field(ref)), type_, expression, at)


def lower_looked_up(lowering: Lowering, expression: n.Member, place: int, at: Place) -> str:
    """The node of `limits(opened.mode).max_temp`."""
    type_ = value_type(lowering.fact(expression).type)
    return _kept(lowering, Asked(place, "last", None, lookup=expression), type_, expression, at)


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
        many = one.how in ("nth", "when")
        known = [each for each in at.bound.bounds if (replace(each, nth=0) if many else each) == one]
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
    newest = lowering.add(operator, inputs, at.timeline, type_, expression.span)
    if kept.rule is None:
        return newest
    return lowering.add(AtRaising(kept.earlier), (newest, kept.rule), at.timeline, type_, expression.span)


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


def until_terms(graph: Graph, id_: str) -> tuple[tuple[Term, ...], list[str], list[str]]:
    """An `until` that speaks of the match, as postfix terms; and the nodes that it speaks of, those that are kept from
    when the rule was raised (whatever is made of the match alone), then those that are of now."""
    order, speaks = graph.behind(id_, (Map,)), speaking(graph, id_)
    of_now: set[str] = set()
    for at in order:
        node = graph.node(at)
        if any(i in of_now for i in node.inputs) if at in speaks else not isinstance(node.operator, Constant):
            of_now.add(at)
    mixed = dict.fromkeys(at for at in order if at in speaks & of_now)
    leaves = dict.fromkeys(i for at in mixed for i in graph.node(at).inputs if i not in mixed) or {id_: None}
    kept = [at for at in leaves if at in speaks]
    now = [at for at in leaves if at in of_now]
    found: dict[str, tuple[Term, ...]] = {at: (PushBound(place),) for place, at in enumerate(kept)}
    found |= {at: (PushInput(1 + len(kept) + place),) for place, at in enumerate(now)}
    for at in leaves:
        constant = graph.node(at).operator
        if isinstance(constant, Constant) and at not in found:
            found[at] = (PushConstant(constant.value),)
    for at in mixed:
        node = graph.node(at)
        assert isinstance(node.operator, Map)
        arguments = tuple(term for i in node.inputs for term in found[i])
        found[at] = (*arguments, Apply(node.operator.function, len(node.inputs), node.type.name))
    return found[id_], kept, now


def speaking(graph: Graph, id_: str) -> set[str]:
    """What in an expression depends on what is bound."""
    found: set[str] = set()
    for at in graph.behind(id_, (Map,)):
        node = graph.node(at)
        if isinstance(node.operator, Captured) or any(i in found for i in node.inputs):
            found.add(at)
    return found
