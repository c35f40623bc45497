"""How values move, alone and together: slopes, covariance, correlation, from sums of products (Chan et al. 1983)."""

from .function import Summary

SUMMARIES = (
    Summary(
        "slope",
        "number",
        "slope",
        "5 sums",
        "How fast the values rise: the slope of the line of least squares, per second; absent of one sample.",
        over_members=False,
        examples=("slope(level over 1 h every 5 min) < -1 cm/h",),
    ),
    Summary(
        "covariance",
        "number",
        "product",
        "6 sums",
        "The covariance of two values that are sampled together, of the population.",
        second="number",
        examples=("covariance(vibration, motor_temp over 30 min every 1 min)",),
    ),
    Summary(
        "corr",
        "number",
        "ratio",
        "6 sums",
        "Pearson's correlation of two values that are sampled together: -1 to 1; absent where one does not change.",
        second="number",
        examples=("corr(vibration, motor_temp over 30 min every 1 min) > 0.9",),
    ),
)
