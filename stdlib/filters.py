"""`std.signal`: signals with something taken out of them.

signal steady for Inverter = lowpass(frequency, cutoff: 0.5 Hz)
"""

import math
from dataclasses import dataclass

from .function import Stateful, Value

DAMPING = math.sqrt(2)
"""What makes a filter of second order a Butterworth filter: the reciprocal of its quality."""


@dataclass
class Lowpass:
    """A state-variable filter whose two integrators are trapezoidal: for samples at one distance it is the bilinear
    transform of the analogue filter, warped so that the cutoff is exact, and at any distance it is stable."""

    cutoff: float
    first: float = 0.0
    second: float = 0.0
    seen: int | None = None

    def see(self, time: int, value: float) -> Value:
        turns = None if self.seen is None else self.cutoff * ((time - self.seen) / 1e9)
        self.seen = time
        if turns is None or turns >= 0.5:
            # Samples further apart than half a period show nothing that is faster than the cutoff.
            self.first, self.second = 0.0, value
            return value
        g = math.tan(math.pi * turns)
        scale = 1.0 / (1.0 + g * (g + DAMPING))
        off = value - self.second
        band = scale * (self.first + g * off)
        low = self.second + g * band
        self.first = 2.0 * band - self.first
        self.second = 2.0 * low - self.second
        return low


STATEFUL = (
    Stateful(
        "lowpass",
        "x: number, *cutoff: Hz -> like x",
        "2 values, 1 time",
        "`x` without what changes faster than `cutoff`: a filter of second order (S. Butterworth 1930), its "
        "coefficients taken for the time that really passed between two samples (V. Zavalishin 2012). It begins with "
        "the value of its first sample, and anew where the next one comes half a period of `cutoff` later or more.",
        module="std.signal",
        examples=("lowpass(frequency, cutoff: 0.5 Hz)",),
        follower=Lowpass,
        numbers=2,
    ),
)
