"""What counts by the time that passed, not by the samples that came: a value counts until the next, or until stale."""

from .function import Summary

SUMMARIES = (
    Summary(
        "integral",
        "number",
        "integral",
        "a sum, the first and the last sample",
        "The sum of the values times how long each was held: of a power, the energy.",
        points_allowed=False,
        over_members=False,
        examples=("integral(power over 1 day every 15 min)",),
    ),
    Summary(
        "time_weighted_mean",
        "number",
        "number",
        "a sum, a time, the first and the last sample",
        "The mean in which each value counts for as long as it was held.",
        over_members=False,
        examples=("time_weighted_mean(temp over 1 h every 5 min)",),
    ),
    Summary(
        "duration",
        "bool",
        "duration",
        "a sum, the first and the last sample",
        "For how long, in all, the condition was true.",
        over_members=False,
        examples=("duration(door over 1 day every 1 h) > 30 min",),
    ),
    Summary(
        "spells",
        "bool",
        "count",
        "a count, the first and the last sample",
        "How many times the condition was true without a break.",
        over_members=False,
        examples=("spells(driving over today every 10 min)",),
    ),
    Summary(
        "longest",
        "bool",
        "duration",
        "3 durations, the first and the last sample",
        "The longest time for which the condition was true without a break.",
        over_members=False,
        examples=("longest(driving over 1 day every 10 min) > 4.5 h",),
    ),
)
