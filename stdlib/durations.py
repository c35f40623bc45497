"""What counts by the time that passed, not by the samples that came: a value counts until the next, or until stale.

They are over spans of time in which a value was held, cut to the window. What was held when the window began counts
from there on. An update at which the value is unknown, or `where` is not true, ends what was held.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from .aggregates import rounded, where_finite
from .column import Column
from .conversion import NS_PER_S
from .function import AggregateFunction, Combined, Value

Spans = Sequence[tuple[int, int, float]]


def _seconds(c: Combined, part: str) -> Column:
    return where_finite(c.parts[part] / NS_PER_S, c.parts["held_ns"] > 0)


def _integral(c: Combined) -> Column:
    return where_finite(c.parts["integral"], c.parts["held_ns"] > 0)


def _time_weighted_mean(c: Combined) -> Column:
    return where_finite(c.parts["integral"] / (c.parts["held_ns"] / NS_PER_S), c.parts["held_ns"] > 0)


def _spells(c: Combined) -> Column:
    return where_finite(c.parts["spells"].astype(np.float64), c.parts["held_ns"] > 0)


# --- The definitions -------------------------------------------------------------------------------------------------


def _exact_seconds(spans: Spans) -> Fraction:
    return Fraction(sum(end - begin for begin, end, _ in spans), NS_PER_S)


def _exact_integral(spans: Spans) -> Fraction:
    return sum((Fraction(value) * Fraction(end - begin, NS_PER_S) for begin, end, value in spans), Fraction(0))


def _plain_held_time(spans: Spans) -> Value:
    return rounded(_exact_seconds(spans)) if spans else None


def _plain_integral(spans: Spans) -> Value:
    return rounded(_exact_integral(spans)) if spans else None


def _plain_mean(spans: Spans) -> Value:
    return rounded(_exact_integral(spans) / _exact_seconds(spans)) if spans else None


def _true_for(spans: Spans) -> list[int]:
    """How long (ns) the condition was true each time without a break."""
    found: list[int] = []
    until = None
    for begin, end, value in spans:
        if value:
            if begin != until:
                found.append(0)
            found[-1] += end - begin
            until = end
    return found


def _plain_duration(spans: Spans) -> Value:
    return rounded(Fraction(sum(_true_for(spans)), NS_PER_S)) if spans else None


def _plain_spells(spans: Spans) -> Value:
    return float(len(_true_for(spans))) if spans else None


def _plain_longest(spans: Spans) -> Value:
    return rounded(Fraction(max(_true_for(spans), default=0), NS_PER_S)) if spans else None


DURATIONS = (
    AggregateFunction(
        "integral",
        "number",
        "integral",
        ("held",),
        _integral,
        _plain_integral,
        "The sum of the values times how long each was held: of a power, the energy.",
        points_allowed=False,
        over_members=False,
        mergeable=False,
        single="the value times how long it was held",
        examples=("integral(power over 1 day every 15 min)",),
    ),
    AggregateFunction(
        "time_weighted_mean",
        "number",
        "number",
        ("held",),
        _time_weighted_mean,
        _plain_mean,
        "The mean in which each value counts for as long as it was held.",
        over_members=False,
        mergeable=False,
        examples=("time_weighted_mean(temp over 1 h every 5 min)",),
    ),
    AggregateFunction(
        "held_time",
        "any",
        "duration",
        ("held",),
        lambda c: _seconds(c, "held_ns"),
        _plain_held_time,
        "For how long, in all, anything was held.",
        over_members=False,
        mergeable=False,
        internal=True,
        single="how long it was held",
    ),
    AggregateFunction(
        "duration",
        "bool",
        "duration",
        ("held",),
        lambda c: _seconds(c, "true_ns"),
        _plain_duration,
        "For how long, in all, the condition was true.",
        over_members=False,
        mergeable=False,
        single="how long it was true",
        examples=("duration(door over 1 day every 1 h) > 30 min",),
    ),
    AggregateFunction(
        "spells",
        "bool",
        "count",
        ("held",),
        _spells,
        _plain_spells,
        "How many times the condition was true without a break.",
        over_members=False,
        mergeable=False,
        single="1 or 0",
        examples=("spells(driving over today every 10 min)",),
    ),
    AggregateFunction(
        "longest",
        "bool",
        "duration",
        ("held",),
        lambda c: _seconds(c, "longest_ns"),
        _plain_longest,
        "The longest time for which the condition was true without a break.",
        over_members=False,
        mergeable=False,
        single="how long it was true",
        examples=("longest(driving over 1 day every 10 min) > 4.5 h",),
    ),
)
