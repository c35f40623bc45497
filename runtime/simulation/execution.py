"""What executes a plan in a world: one engine, or several that are joined by links."""

from collections.abc import Sequence
from typing import Any, Protocol

from ...compiler import plan as p
from ..admitted import Acknowledge, Input, batches, fed
from ..engine import Engine
from ..output import Counters, Output


class Execution(Protocol):
    """What executes a plan: one engine, or several that are joined by links.

    `advance` says how late it is, and gives what has come of that alone: what links deliver. `next_due` is when they
    deliver something next; `admits` when what a person does is admitted where it matters.
    """

    def feed(self, inputs: Sequence[Input]) -> Sequence[Output]: ...
    def advance(self, time: int) -> Sequence[Output]: ...
    def next_due(self) -> int | None: ...
    def admits(self, acknowledge: Acknowledge) -> int: ...
    def end(self) -> Sequence[Output]: ...
    def checkpoint(self) -> Any: ...
    def restore(self, state: Any) -> None: ...


class WholeEngine:
    """One engine that executes the whole plan."""

    def __init__(self, plan: p.Plan) -> None:
        self.engine = Engine(plan)

    @property
    def counters(self) -> Counters:
        return self.engine.counters

    def feed(self, inputs: Sequence[Input]) -> Sequence[Output]:
        """Take inputs, as one batch; only what a person does ends one."""
        numbered = batches(inputs, [len(inputs)], self.engine.next_seq)
        return [output for batch in numbered for output in fed(self.engine, batch)]

    def advance(self, time: int) -> Sequence[Output]:
        """There is no link that delays anything."""
        return []

    def next_due(self) -> int | None:
        return None

    def admits(self, acknowledge: Acknowledge) -> int:
        return acknowledge.time

    def end(self) -> Sequence[Output]:
        return self.engine.end()

    def checkpoint(self) -> Any:
        return self.engine.checkpoint()

    def restore(self, state: Any) -> None:
        self.engine.restore(state)
