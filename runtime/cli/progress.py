"""How far a long run is, on a terminal's last line."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from ...stdlib.conversion import write_time

EVERY_S = 0.5


@dataclass(slots=True)
class Progress:
    """Shows how many messages were read, how fast, and what time it is in them; nothing if `shown` is false."""

    stream: TextIO
    shown: bool
    clock: Callable[[], float] = time.monotonic
    _started_s: float = field(init=False)
    _next_s: float = 0.0
    _width: int = 0

    def __post_init__(self) -> None:
        self._started_s = self.clock()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self.clock() - self._started_s

    def update(self, read: int, newest_ns: int | None) -> None:
        """Show it, if it was not shown lately."""
        if not self.shown or self.seconds < self._next_s + EVERY_S:
            return
        self._next_s = self.seconds
        at = "" if newest_ns is None else f", at {write_time(newest_ns)}"
        line = f"{read:,} messages, {rate(read, self.seconds)}{at}"
        self.stream.write(f"\r{line:<{self._width}}")
        self.stream.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self.stream.write(f"\r{'':<{self._width}}\r")
            self.stream.flush()
            self._width = 0


def rate(count: int, seconds: float) -> str:
    """`28,000/s`, to two digits or so: times are noisy."""
    per_second = count / max(seconds, 1e-9)
    digits = max(0, len(str(int(per_second))) - 3)
    return f"{int(per_second) // 10**digits * 10**digits:,}/s"
