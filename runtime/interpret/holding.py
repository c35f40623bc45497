"""What was held: the updates of a value as they are, and for how long each of them counts in a window."""

import bisect
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int, Any]
"""From when to when (ns) which value was held."""

Update = tuple[int, Any]
"""Time and value; None where nothing is held from then on."""


@dataclass
class Holding:
    """The updates of one key, in order of time; from the end of input on nothing is held."""

    items: list[Update] = field(default_factory=list)
    ended: bool = False
    due: None = None

    def take(self, time: int, value: Any) -> None:
        assert not self.items or self.items[-1][0] <= time
        self.items.append((time, value))

    def end(self, time: int) -> None:
        """The end of input: from this time on nothing is held."""
        self.take(time, None)
        self.ended = True

    @property
    def value(self) -> Any:
        """What is held now."""
        return self.items[-1][1] if self.items else None

    def between(self, start: int, end: int) -> list[Span]:
        """The spans of [start, end) in which something was held, in order."""
        first = max(bisect.bisect_right(self.items, start, key=lambda item: item[0]) - 1, 0)
        spans = []
        for i in range(first, len(self.items)):
            time, value = self.items[i]
            until = self.items[i + 1][0] if i + 1 < len(self.items) else end
            if time >= end:
                break
            begin, until = max(time, start), min(until, end)
            if value is not None and begin < until:
                spans.append((begin, until, value))
        return spans

    def forget(self, before: int) -> None:
        """Forget what no longer held at a time."""
        first = bisect.bisect_right(self.items, before, key=lambda item: item[0]) - 1
        if first > 256:
            del self.items[:first]
