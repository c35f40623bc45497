"""`std.signal`: signals with something taken out of them."""

from .function import Stateful

STATEFUL = (
    Stateful(
        "lowpass",
        "x: number, *cutoff: Hz -> like x",
        "2 values, 1 time",
        "`x` without what changes faster than `cutoff`: a Butterworth filter of second order, its coefficients taken "
        "for the time that really passed between two samples.",
        module="std.signal",
        examples=("lowpass(frequency, cutoff: 0.5 Hz)",),
    ),
)
