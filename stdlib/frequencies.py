"""How many different values there are, and which come most often."""

from .function import Summary

_MOST_STATE = "64 values with their counts (Metwally, Agrawal, El Abbadi 2005); exact while there are no more"

SUMMARIES = (
    Summary(
        "distinct",
        "any",
        "count",
        "up to 256 values; beyond, 4 kB with an error of about 1.6 % (Flajolet et al. 2007)",
        "How many different values there are.",
        examples=("distinct(driver over 1 day every 1 day)", "distinct(Truck.driver)"),
    ),
    Summary(
        "mode",
        "any",
        "argument",
        _MOST_STATE,
        "The value that comes most often; of equally frequent ones the one that came last.",
        examples=("mode(gear over 1 h every 1 h)",),
    ),
    Summary(
        "top_k",
        "any",
        "texts",
        _MOST_STATE,
        "The `k` most frequent values, the most frequent first, as a text with commas.",
        options="*k: int = 3",
        examples=("top_k(error over 1 day every 1 day, k: 5)",),
    ),
    Summary(
        "any",
        "bool",
        "condition",
        "2 counts",
        "Whether the condition is true for one of them at least; absent if there is none.",
        examples=("any(Pump.flow > 50 m3/h)", "any(door over 1 h every 5 min)"),
    ),
    Summary(
        "all",
        "bool",
        "condition",
        "2 counts",
        "Whether the condition is true for every one of them; absent if there is none.",
        examples=("all(Valve.position < 5 %)",),
    ),
)
