"""`std.anomaly`: what is unusual for a value, judged by its own past. All are absent until they have seen enough."""

from .function import Stateful

MODULE = "std.anomaly"

STATEFUL = (
    Stateful(
        "cusum",
        "x: number, *target: like x, *drift: step x, *limit: step x -> bool",
        "2 sums",
        "Whether `x` has drifted from `target`: what it exceeds `drift` by, on either side, has added up to `limit`. "
        "Tabular CUSUM (E. S. Page 1954); the sums start again from 0 once x is back within `drift` of the target.",
        module=MODULE,
        examples=("cusum(temp, target: 5 degC, drift: 0.5 K, limit: 4 K)",),
    ),
    Stateful(
        "page_hinkley",
        "x: number, *drift: step x, *limit: step x = 10 drift -> bool",
        "3 sums",
        "Whether the mean of `x` has risen: what it exceeds its mean so far plus `drift` by has added up to `limit` "
        "(ten times `drift` if left out). D. V. Hinkley 1971.",
        module=MODULE,
        examples=("page_hinkley(resistance, drift: 1 mohm)",),
    ),
    Stateful(
        "hampel",
        "x: number, *sigma: float = 3 -> bool",
        "the window's samples",
        "Whether `x` lies more than `sigma` deviations from the median of its window, by the median absolute deviation "
        "(F. R. Hampel 1974), which single outliers do not spoil.",
        window="needed",
        module=MODULE,
        examples=("hampel(vibration over 10 min)", "hampel(vibration over 60 samples, sigma: 4)"),
    ),
    Stateful(
        "zscore",
        "x: number -> float",
        "3 sums",
        "How many standard deviations `x` lies above the mean of its window.",
        window="needed",
        module=MODULE,
        examples=("zscore(flow over 1 h) > 4",),
    ),
    Stateful(
        "ewma",
        "x: number, *span: s = 5 min -> like x",
        "1 value, 1 time",
        "The exponentially weighted mean of `x`: what came `span` ago counts for 1/e of what comes now.",
        module=MODULE,
        examples=("ewma(temp, span: 10 min)",),
    ),
    Stateful(
        "seasonal",
        "x: number, *season: s, *sigma: float = 4 -> bool",
        "96 means and deviations, one for each part of the season",
        "Whether `x` is unusual for the time of the season: more than `sigma` deviations from the exponentially "
        "weighted mean of the same part of earlier seasons; absent in the first season.",
        module=MODULE,
        examples=("seasonal(line_flow, season: 1 day, sigma: 4)",),
    ),
)
