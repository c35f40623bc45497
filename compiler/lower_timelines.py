"""On which timeline an expression lives: the current one, or the settled one that waits for stragglers.

An expression is settled if it has a window or a pattern and nothing that is current; telemetry outside windows is
current; properties, keys and constants are neither and go with the rest. A signal's name counts as its expression.
"""

from collections.abc import Iterator

from ..dsl import nodes as n
from ..stdlib.catalogue import STATEFUL
from .check_aggregates import is_aggregate
from .lower_context import Lowering, Waits
from .typed import (
    BoundRef,
    ColumnRef,
    DeviceScope,
    EventRef,
    EventValueRef,
    ExpiresRef,
    FieldRef,
    HeldTimeRef,
    PatternRef,
    PrevRef,
    PrevTimeRef,
    SentRef,
    SignalRef,
    TwinRef,
)


def waits(lowering: Lowering, expression: n.Expr) -> Waits:
    """Where an expression lives; looked up by the node's identity."""
    found = lowering.waits.get(id(expression))
    if found is None:
        found = lowering.waits[id(expression)] = _waits(lowering, expression)
    return found


def _waits(lowering: Lowering, expression: n.Expr) -> Waits:
    fact = lowering.fact(expression)
    if fact.is_constant:
        return Waits.NEUTRAL
    match fact.reference:
        case FieldRef() as ref:
            return Waits.CURRENT if lowering.field_info(ref).role == "telemetry" else Waits.NEUTRAL
        case HeldTimeRef() | PrevRef() | PrevTimeRef() | EventRef() | EventValueRef() | SentRef():
            return Waits.CURRENT
        case TwinRef(device, name):
            kinds = {v.name: v.kind for v in lowering.twins[device].variables}
            return Waits.NEUTRAL if kinds.get(name) in ("parameter", "input") else Waits.CURRENT
        case PatternRef() | ExpiresRef() | BoundRef():
            return Waits.SETTLED
        case SignalRef(name):
            if isinstance(fact.scope, DeviceScope) and is_of_group(lowering, name):
                return Waits.CURRENT
            return waits(lowering, lowering.signals[name].value)
        case None | ColumnRef():
            pass
        case _:
            return Waits.NEUTRAL
    if isinstance(expression, n.Call):
        if is_aggregate(expression) and any(a.window is not None for a in expression.arguments):
            return Waits.SETTLED
        if expression.function in STATEFUL:
            # What is foreseen is foreseen from what is held now.
            return Waits.SETTLED if STATEFUL[expression.function].of == "value" else Waits.CURRENT
        if expression.function in ("fresh", "age", "last"):
            return Waits.CURRENT
    found = Waits.NEUTRAL
    for part in parts(expression):
        found = max(found, waits(lowering, part))
    return found


def is_of_group(lowering: Lowering, signal: str) -> bool:
    """Whether a signal is of a group."""
    return not isinstance(lowering.signals[signal].domain, n.ForDevice)


def parts(expression: n.Expr) -> Iterator[n.Expr]:
    """The expressions directly inside an expression that have a value of their own; not durations."""
    match expression:
        case n.Number() | n.Quantity() | n.Text() | n.Bool() | n.Absent() | n.Name() | n.Version():
            return
        case n.Member(of):
            # Of all that stands before a dot only a lookup's keys have values of their own.
            if isinstance(of, n.Call) and of.function not in ("last", "prev"):
                yield from (argument.value for argument in of.arguments)
        case n.Sent() | n.Expires():
            return
        case n.Call(_, arguments):
            for argument in arguments:
                yield argument.value
                if argument.where is not None:
                    yield argument.where
                if argument.window is not None and argument.window.condition is not None:
                    yield argument.window.condition
        case n.Negate(of) | n.Not(of) | n.Is(of) | n.Quiet(of):
            yield of
        case n.Arithmetic(_, left, right) | n.Compare(_, left, right) | n.Logic(_, left, right):
            yield from (left, right)
        case n.Otherwise(value, fallback):
            yield from (value, fallback)
        case n.Conditional(condition, then, otherwise):
            yield from (condition, then, otherwise)
        case n.Becomes(of, value):
            yield from (of, value)
        case n.Crosses(of, _, level):
            yield from (of, level)
        case n.Holds(condition):
            yield condition
        case n.Template(pieces):
            yield from (piece for piece in pieces if not isinstance(piece, str))


def inside(expression: n.Expr) -> Iterator[n.Expr]:
    """An expression and all expressions within it, in the order of the text."""
    pending = [expression]
    while pending:
        at = pending.pop()
        yield at
        pending += reversed([*parts(at)])
