"""Medians and quantiles: of a prediction, of a window's samples, of what the members of a group hold.

A quantile of n values is the least value that is not below q · n of them (type 1 of R. J. Hyndman and Y. Fan, "Sample
quantiles in statistical packages", 1996), so it is always one of the values.
"""

from .function import Summary

_STATE = "up to 256 values; beyond, a sketch of 3 kB with a rank error of at most 1 % (Karnin, Lang, Liberty 2016)"

SUMMARIES = (
    Summary(
        "median",
        "number",
        "number",
        _STATE,
        "The value in the middle: half of the samples are not above it.",
        examples=("median(temp over 10 min every 1 min)", "median(Fridge.temp)"),
    ),
    Summary(
        "quantile",
        "number",
        "number",
        _STATE,
        "The least value that at least this part of the samples is not above.",
        options="*q: ratio",
        examples=("quantile(temp over 1 h every 5 min, q: 99.9 %)",),
    ),
    *(
        Summary(
            f"p{percent}",
            "number",
            "number",
            _STATE,
            f"The least value that at least {percent} % of the samples are not above.",
            examples=(f"p{percent}(temp over 10 min every 1 min)",),
        )
        for percent in range(1, 100)
    ),
)
