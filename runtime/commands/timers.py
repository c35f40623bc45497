"""Moments at which something is due, in order."""

import heapq
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass
class Timers:
    """At most one moment for each owner; of equal moments the one that was set first comes first."""

    STATE: ClassVar[tuple[str, ...]] = ("due", "heap", "count")

    due: dict[str, int] = field(default_factory=dict)
    heap: list[tuple[int, int, str]] = field(default_factory=list)
    count: int = 0

    def set(self, owner: str, time: int | None) -> None:
        """The owner is due at this time, and no longer at any other; None: at none."""
        if time is None:
            self.due.pop(owner, None)
        elif self.due.get(owner) != time:
            self.due[owner] = time
            self.count += 1
            heapq.heappush(self.heap, (time, self.count, owner))

    def wait_until(self, time: int) -> None:
        """Whoever was due before this time is due then, in the same order."""
        for due, _, owner in sorted(self.heap):
            if due < time and self.due.get(owner) == due:
                self.set(owner, time)

    def next(self) -> int | None:
        """The first moment at which anybody is due."""
        while self.heap and self.due.get(self.heap[0][2]) != self.heap[0][0]:
            heapq.heappop(self.heap)
        return self.heap[0][0] if self.heap else None

    def pop(self) -> str:
        """Who is due first; it is due no more."""
        time = self.next()
        assert time is not None
        owner = heapq.heappop(self.heap)[2]
        del self.due[owner]
        return owner
