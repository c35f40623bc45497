"""An example of values for which two conditions hold at once, in words, where constants are enough to find one."""

from collections.abc import Iterator
from fractions import Fraction

from ..dsl import nodes as n
from .check_context import Checking
from .check_types import TEXT
from .check_windows import lasting
from .constants import written
from .intervals import Interval
from .regions import Admitted, complete, region_of
from .typed import FieldRef, KeyRef, Reference, SignalRef, TwinRef, Type


def witness(c: Checking, first: n.Expr, second: n.Expr) -> str | None:
    """`heat` is 121 degC and `door` is true for 2 min: when both of two checked conditions of one domain hold.

    None where a condition says more than what values must be between which constants, or where they exclude each other.
    """
    if not (complete(c, first) and complete(c, second)):
        return None
    ours, theirs = region_of(c, first), region_of(c, second)
    values = []
    for reference in {**ours, **theirs}:
        value = _value(c, reference, [region[reference] for region in (ours, theirs) if reference in region])
        if value is None:
            return None
        values.append(value)
    times = [c.durations.get(node) for condition in (first, second) for node in _durations(condition)]
    longest = max((time for time in times if time is not None), default=None)
    for_long = "" if longest is None else f" for {lasting(longest)}"
    return f"{' and '.join(values)}{for_long}" if values else None


def _durations(condition: n.Expr) -> Iterator[n.Expr]:
    if isinstance(condition, n.Holds):
        yield condition.duration
        yield from _durations(condition.condition)


def _value(c: Checking, reference: Reference, admitted: list[Admitted]) -> str | None:
    """One value that all admit, in words."""
    name, type_ = _named(c, reference)
    intervals = [each for each in admitted if isinstance(each, Interval)]
    if not intervals:
        choice = admitted[0]
        if any(other != choice for other in admitted):
            return None
        return f"`{name}` is {str(choice).lower()}" if isinstance(choice, bool) else f'`{name}` is "{choice}"'
    together = _declared(c, reference)
    for interval in intervals:
        together = together.meet(interval)
    if len(intervals) < len(admitted) or together.empty:
        return None
    number = _within(together)
    if type_.name == "int" and number.denominator != 1:
        return None
    return f"`{name}` is {written(number, type_.unit)}"


def _named(c: Checking, reference: Reference) -> tuple[str, Type]:
    """What a value is called, and its type."""
    match reference:
        case FieldRef(device=device, field=field):
            return field, c.devices[device].fields[field].type
        case SignalRef(name=name):
            return name, c.signals[name].type
        case TwinRef(device=device, name=name):
            return name, c.models[device].variables[name]
        case KeyRef(part=part):
            return part, TEXT
        case _:
            raise AssertionError(reference)


def _declared(c: Checking, reference: Reference) -> Interval:
    """Between which bounds a value is declared to be."""
    if isinstance(reference, FieldRef):
        info = c.devices[reference.device].fields[reference.field]
        return Interval(info.low, info.high)
    return Interval()


def _within(interval: Interval) -> Fraction:
    """A number in an interval that is not empty, near its limit if it has one."""
    low, high = interval.low, interval.high
    if low is not None and not interval.above:
        return low
    if high is not None and not interval.below:
        return high
    if low is not None and high is not None:
        return min(low + 1, (low + high) / 2)
    if low is not None:
        return low + 1
    return Fraction(0) if high is None else high - 1
