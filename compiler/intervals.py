"""Which values a comparison with a constant admits: a span of numbers, or one choice.

>>> Interval.of(">", Fraction(8)).meets(Interval.of("<", Fraction(5)))
False
"""

from dataclasses import dataclass
from fractions import Fraction

NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from `low` to `high` (None: without end); `above`, `below`: without the end itself."""

    low: Fraction | None = None
    high: Fraction | None = None
    above: bool = False
    below: bool = False

    @classmethod
    def of(cls, operator: str, limit: Fraction) -> "Interval | None":
        """The values x for which `x operator limit` is true; None where they are no one interval (`!=`)."""
        match operator:
            case "<" | "<=":
                return cls(high=limit, below=operator == "<")
            case ">" | ">=":
                return cls(low=limit, above=operator == ">")
            case "==":
                return cls(limit, limit)
            case _:
                return None

    def meet(self, other: "Interval") -> "Interval":
        """What both admit."""
        low, above = _tighter(self.low, self.above, other.low, other.above, 1)
        high, below = _tighter(self.high, self.below, other.high, other.below, -1)
        return Interval(low, high, above, below)

    def hull(self, other: "Interval") -> "Interval":
        """The smallest interval with all that either admits."""
        low = high = None
        above = below = False
        if self.low is not None and other.low is not None:
            low, above = min((self.low, self.above), (other.low, other.above))
        if self.high is not None and other.high is not None:
            high, closed = max((self.high, not self.below), (other.high, not other.below))
            below = not closed
        return Interval(low, high, above, below)

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.above or self.below))

    def meets(self, other: "Interval") -> bool:
        """Whether any value is admitted by both."""
        return not self.meet(other).empty

    def within(self, other: "Interval") -> bool:
        """Whether the other admits every value that this one does."""
        return self.meet(other) == self


def _tighter(
    a: Fraction | None, a_open: bool, b: Fraction | None, b_open: bool, sign: int
) -> tuple[Fraction | None, bool]:
    """The tighter of two ends, upper ones with `sign` -1; of equal ones an open one."""
    if a is None or b is None:
        return (b, b_open) if a is None else (a, a_open)
    if a == b:
        return a, a_open or b_open
    return (a, a_open) if (a - b) * sign > 0 else (b, b_open)
