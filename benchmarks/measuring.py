"""How long things take, one beside the other.

They are done by turns, so that a machine which is now faster and now slower is so for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A workload done: events in a repetition, seconds of each, and what is wrong with the answer (empty: nothing)."""

    events: int
    seconds: tuple[float, ...]
    wrong: str = ""

    def shown(self) -> str:
        best, middle = (self.events / seconds / 1e6 for seconds in (min(self.seconds), median(self.seconds)))
        return f"{_number(best)} ({_number(middle)}) {'WRONG' if self.wrong else 'ok'}"


Row = Mapping[str, Cell]


def _number(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 100 else f"{rate:.1f}" if rate >= 1 else f"{rate:.2f}"


@dataclass(frozen=True)
class Task:
    """Something to be measured: what is done, and what is wrong with what that gives (empty: nothing)."""

    do: Callable[[], Any]
    wrong: Callable[[Any], str]


@dataclass(frozen=True)
class Measure:
    """How something is measured: how often, and by which clock."""

    repetitions: int
    clock: Callable[[], float]

    def __call__(self, tasks: Mapping[str, Task], events: int) -> Row:
        """How long each takes in each of the turns, after one that is not counted."""
        wrong = {name: task.wrong(task.do()) for name, task in tasks.items()}
        seconds: dict[str, list[float]] = {name: [] for name in tasks}
        for _ in range(self.repetitions):
            for name, task in tasks.items():
                begin = self.clock()
                task.do()
                seconds[name].append(self.clock() - begin)
        return {name: Cell(events, tuple(seconds[name]), wrong[name]) for name in tasks}


def beside(one: Cell, other: Cell) -> float:
    """What one takes beside the other: the median of the turns."""
    return median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))
