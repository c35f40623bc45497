"""A link between two parts: in order, later, and while it is cut not at all."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Link(Generic[T]):
    """Carries what is sent, in order, `delay_ns` later. During the `cuts` ([from, to) in ns, ascending, apart) nothing
    arrives: what was on its way then is sent again when the link is whole."""

    delay_ns: int = 0
    cuts: Sequence[tuple[int, int]] = ()
    waiting: deque[tuple[int, T]] = field(default_factory=deque)
    """What has not arrived yet, with the times at which it will."""
    _departed: int = -(2**62)

    def send(self, what: T, time: int) -> None:
        """Send something at a time (ns), not before what was sent last."""
        leaves = max(time, self._departed)
        while (cut := self._cut_in(leaves, leaves + self.delay_ns)) is not None:
            leaves = cut[1]
        self._departed = leaves
        self.waiting.append((leaves + self.delay_ns, what))

    def arrived(self, time: int | None) -> list[tuple[int, T]]:
        """What has arrived by a time (None: ever), and when; each once."""
        found = []
        while self.waiting and (time is None or self.waiting[0][0] <= time):
            found.append(self.waiting.popleft())
        return found

    def _cut_in(self, start: int, end: int) -> tuple[int, int] | None:
        """The first cut that an interval (both ends in it) touches."""
        at = max(bisect_right(self.cuts, (start, 2**62)) - 1, 0)
        return next((cut for cut in self.cuts[at : at + 2] if cut[0] <= end and start < cut[1]), None)
