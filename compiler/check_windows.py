"""Windows: that their clauses fit each other and what they sample, and that what they keep has a bound.

A window with a pace keeps slices, one that gives its value at each update keeps samples: of these there must be known
how many come. Windows of a number of samples, of a session and of a condition have an end of their own.
"""

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..dsl import nodes as n
from .check_context import Checking, Context
from .check_pace import pace_of
from .check_places import check_condition, check_duration, check_whole
from .constants import written
from .problems_rules import InnerPace, NeedsPace, UnknownZone, WindowClause, WindowPace
from .resolve import children, closest
from .typed import Fact, FieldRef, SignalRef

DAY_NS = 86_400 * 10**9
SAMPLES_MAX = 10_000
"""More samples than this is a length of time that nobody has said."""

_UNITS_NS = (("day", DAY_NS), ("h", 3600 * 10**9), ("min", 60 * 10**9), ("s", 10**9), ("ms", 10**6))


def check_window(c: Checking, window: n.Window, sampled: tuple[n.Expr, ...], at: Context, device: str | None) -> bool:
    """Whether a window can be computed. `sampled` are what it samples (checked already), over members of `device`.

    Its own clauses are about what is around it: the condition of a group's window `over while` is the group's.
    """
    match window.kind:
        case "span":
            return _span(c, window, sampled, at, device)
        case "samples":
            return _samples(c, window, sampled, at)
        case "session":
            return _session(c, window, at)
        case "calendar":
            return _calendar(c, window, sampled, at)
        case "while":
            assert window.condition is not None
            if window.every is not None:
                advice = "leave `every` out: it gives its value when the condition is no longer true"
                c.report(WindowClause(span=window.span, problem="a window `over while` has no pace", advice=advice))
                return False
            return check_condition(c, window.condition, at, "`over while`") is not None


def _span(c: Checking, window: n.Window, sampled: tuple[n.Expr, ...], at: Context, device: str | None) -> bool:
    assert window.length is not None
    length = check_duration(c, window.length, at, "`over`")
    if length is None:
        return False
    if window.every is not None:
        every = check_duration(c, window.every, at, "`every`")
        return every is not None and _paces(c, sampled, window, length, every)
    return _has_rate(c, window, sampled, device)


def _has_rate(c: Checking, window: n.Window, sampled: tuple[n.Expr, ...], device: str | None) -> bool:
    """Whether it is known how many samples a length of time can have; reports it if not."""
    for part in sampled:
        if pace_of(c, part) is not None:
            continue
        fields = list(_fields(c, part))
        without = next((ref for ref in fields if c.devices[ref.device].fields[ref.field].every_ns is None), None)
        if without is not None:
            members = c.names.devices[without.device].members
            declared = next(member.span for member in members if member.name == without.field)
            c.report(NeedsPace(span=window.span, field=without.field, declared=declared))
            return False
        if not fields:
            c.report(NeedsPace(span=window.span))
            return False
    over = {fact.aggregate_of: None for part in sampled for fact in _unpaced(c, part)} | {device: None}
    unbounded = next((name for name in over if name in c.devices and c.devices[name].maximum is None), None)
    if unbounded is not None:
        c.report(NeedsPace(span=window.span, device=unbounded, declared=c.names.devices[unbounded].span))
    return unbounded is None


def _unpaced(c: Checking, node: n.Expr) -> Iterator[Fact]:
    """What is known of the parts of an expression, and of the signals in it, that no window paces."""
    pending: list[n.Node] = [node]
    seen: set[str] = set()
    while pending:
        part = pending.pop()
        fact = c.facts.get(part)
        if fact is not None:
            yield fact
            if isinstance(fact.reference, SignalRef) and fact.reference.name not in seen:
                seen.add(fact.reference.name)
                signal = c.names.values[fact.reference.name]
                assert isinstance(signal, n.Signal)
                pending.append(signal.value)
        windows = [argument.window for argument in part.arguments] if isinstance(part, n.Call) else []
        if not any(window is not None and (window.every or window.calendar) for window in windows):
            pending.extend(reversed(children(part)))


def _fields(c: Checking, node: n.Expr) -> Iterator[FieldRef]:
    """The telemetry whose messages update an expression; a property changes seldom."""
    for fact in _unpaced(c, node):
        reference = fact.reference
        if isinstance(reference, FieldRef) and c.devices[reference.device].fields[reference.field].role == "telemetry":
            yield reference


def _samples(c: Checking, window: n.Window, sampled: tuple[n.Expr, ...], at: Context) -> bool:
    assert window.count is not None
    count = check_whole(c, window.count, at, "`over … samples`", 1)
    if count is None:
        return False
    if count > SAMPLES_MAX:
        advice = (
            f"`over` takes at most {SAMPLES_MAX} samples; a length of time has no such limit: `over 1 h every 1 min`"
        )
        c.report(WindowClause(span=window.span, problem=f"a window of {count} samples", advice=advice))
        return False
    if window.every is None:
        return True
    every = check_duration(c, window.every, at, "`every`")
    return every is not None and _fits_inner(c, sampled, window, every)


def _session(c: Checking, window: n.Window, at: Context) -> bool:
    assert window.length is not None
    if window.every is not None:
        advice = "leave `every` out: it gives its value when nothing has come for the gap"
        c.report(WindowClause(span=window.span, problem="a session has no pace", advice=advice))
        return False
    gap = check_duration(c, window.length, at, "`session gap`")
    maximum = None if window.maximum is None else check_duration(c, window.maximum, at, "`max`")
    if gap is None or (window.maximum is not None and maximum is None):
        return False
    if maximum is not None and maximum < gap:
        problem = f"a session of at most {lasting(maximum)} with gaps of {lasting(gap)}"
        c.report(WindowClause(span=window.span, problem=problem, advice="give `max` more time than the gap"))
        return False
    return True


def _calendar(c: Checking, window: n.Window, sampled: tuple[n.Expr, ...], at: Context) -> bool:
    if window.zone is not None and not check_zone(c, window.zone, window):
        return False
    if window.every is None:
        return True
    every = check_duration(c, window.every, at, "`every`")
    return every is not None and _paces(c, sampled, window, DAY_NS, every)


def _paces(c: Checking, sampled: tuple[n.Expr, ...], window: n.Window, whole: int, every: int) -> bool:
    """Whether the pace divides the length (of a calendar window: a day), and is a multiple of what it samples."""
    if every > whole or whole % every != 0:
        c.report(WindowPace(span=window.span, length=lasting(whole), pace=lasting(every)))
        return False
    return _fits_inner(c, sampled, window, every)


def _fits_inner(c: Checking, sampled: tuple[n.Expr, ...], window: n.Window, every: int) -> bool:
    for part in sampled:
        inner = pace_of(c, part)
        if inner is not None and every % inner != 0:
            c.report(InnerPace(span=window.span, inner=lasting(inner), pace=lasting(every)))
            return False
    return True


def is_recent(window: n.Window) -> bool:
    """Whether a window keeps its samples themselves, and no slices."""
    return window.kind in ("samples", "session", "while") or (window.kind == "span" and window.every is None)


def check_middle(c: Checking, window: n.Window) -> bool:
    """Whether a window's middle lies on the grid of its pace."""
    length = None if window.length is None else c.durations.get(window.length)
    every = None if window.every is None else c.durations.get(window.every)
    if length is not None and every is not None and length % (2 * every) == 0:
        return True
    advice = "half of its length must be a multiple of `every`: `over 20 min every 1 min`"
    c.report(WindowClause(span=window.span, problem="a window whose middle is not on its own grid", advice=advice))
    return False


def check_zone(c: Checking, zone: str, node: n.Node) -> bool:
    """Whether the time zone database has a zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        c.report(UnknownZone(span=node.span, zone=zone, closest=closest(zone, available_timezones())))
        return False
    return True


def lasting(ns: int) -> str:
    """A duration as a person would write it: in the largest unit in which it is whole."""
    for name, size in _UNITS_NS:
        if ns % size == 0:
            return written(Fraction(ns, size)) + f" {name}"
    return f"{ns} ns"
