"""How often a value can change: at each message, or only every so often, as the windows in it say."""

from math import gcd

from ..dsl import nodes as n
from .check_context import Checking
from .typed import KeyRef, SignalRef

_DAY_NS = 86_400 * 10**9
_CALENDAR_NS = {"today": _DAY_NS, "this_week": 7 * _DAY_NS, "this_month": None, "this_year": None}


def pace_of(c: Checking, node: n.Expr) -> int | None:
    """The pace of a checked expression in nanoseconds; None if it changes at messages, or never."""
    paces = _paces(c, node)
    return gcd(*(pace for pace in paces if pace is not None)) if paces and None not in paces else None


def _paces(c: Checking, node: n.Expr) -> set[int | None]:
    """The paces of all that can change in an expression; None among them for what changes at messages or timers."""
    fact = c.facts.get(node)
    if fact is None or fact.is_constant or isinstance(fact.reference, KeyRef):
        return set()
    if isinstance(fact.reference, SignalRef):
        return {c.paces.get(fact.reference.name)}
    match node:
        case n.Call(arguments=arguments):
            windows = [argument.window for argument in arguments if argument.window is not None]
            if windows:
                return {_window_pace(c, window) for window in windows}
            if fact.aggregate_of is not None or node.function in ("fresh", "age", "last"):
                return {None}
            return set().union(*(_paces(c, argument.value) for argument in arguments))
        case n.Negate(of=of) | n.Not(of=of) | n.Is(of=of):
            return _paces(c, of)
        case n.Arithmetic(left=left, right=right) | n.Compare(left=left, right=right) | n.Logic(left=left, right=right):
            return _paces(c, left) | _paces(c, right)
        case n.Otherwise(value=left, fallback=right) | n.Becomes(of=left, value=right):
            return _paces(c, left) | _paces(c, right)
        case n.Crosses(of=left, level=right):
            return _paces(c, left) | _paces(c, right)
        case n.Conditional(condition=condition, then=then, otherwise=otherwise):
            return _paces(c, condition) | _paces(c, then) | _paces(c, otherwise)
        case _:
            return {None}


def _window_pace(c: Checking, window: n.Window) -> int | None:
    if window.every is not None:
        return c.durations.get(window.every)
    return _CALENDAR_NS[window.calendar] if window.calendar is not None else None
