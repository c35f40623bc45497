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

    def checkpoint(self) -> tuple[list[tuple[int, T]], int]:
        """What is on its way."""
        return list(self.waiting), self._departed

    def restore(self, state: tuple[list[tuple[int, T]], int]) -> None:
        """Have on its way what was at a checkpoint."""
        waiting, self._departed = state
        self.waiting = deque(waiting)

    def send(self, what: T, time: int) -> None:
        """Send something at a time (ns), not before what was sent last."""
        arrives = self.arrives(max(time, self._departed))
        self._departed = arrives - self.delay_ns
        self.waiting.append((arrives, what))

    def arrives(self, time: int) -> int:
        """When something arrives that sets out at a time (ns), whatever was sent before."""
        while (cut := self._cut_in(time, time + self.delay_ns)) is not None:
            time = cut[1]
        return time + self.delay_ns

    def next_arrival(self) -> int | None:
        """When something arrives next; None: nothing is on its way."""
        return self.waiting[0][0] if self.waiting else None

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
