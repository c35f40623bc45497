"""What an operator of the engine is: a node of the plan at work, with its state by key."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import Plan
from ...stdlib.column import DTYPES, Column
from ..flow import Flow, Held, Sparse
from ..frame import NO_INSTANTS, Frame, Instants
from ..gathering import Gathered
from ..output import Counters
from ..symbols import Registry, Symbols


@dataclass
class Setting:
    """What all operators of an engine share; `uncommitted` are those that have something to keep of the batch."""

    plan: Plan
    symbols: Symbols
    registries: dict[str, Registry]
    counters: Counters
    gathered: Gathered = field(default_factory=Gathered)
    uncommitted: "list[Operator]" = field(default_factory=list)


class Operator(ABC):
    """A node at work. `run` takes a batch; `commit` is called when all nodes have, and the batch becomes the past.

    STATE names the attributes that must survive a restart, SCRATCH those that change too but are made anew where they
    are missing (`runtime.state`); a subclass names its own.
    """

    STATE: ClassVar[tuple[str, ...]] = ("held",)
    SCRATCH: ClassVar[tuple[str, ...]] = ("newest",)
    crosses: ClassVar[bool] = False
    """Whether its inputs are on another timeline."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.held: Held | None = None
        self.newest: Sparse | None = None

    @abstractmethod
    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        """What the node gives during this batch."""

    def waits(self) -> bool:
        """Whether a timer of its own runs, so that it has to be run though nothing changes."""
        return False

    def commit(self) -> None:
        """Hold the newest values for the batches to come."""
        if self.newest is not None and self.held is not None:
            self.held.commit(self.newest.instants.key, self.newest.column)
        self.newest = None

    def sparse(self, frame: Frame, instants: Instants, column: Column) -> Sparse:
        """A sparse signal whose last values are held from batch to batch."""
        if self.held is None:
            self.held = Held(np.zeros(0, dtype=column.values.dtype))
        self.held.grow(frame.keys)
        flow = Sparse(frame, instants, column, self.held)
        if len(instants):
            self.newest = flow
            self.setting.uncommitted.append(self)
        return flow

    def idle(self, frame: Frame) -> Sparse:
        """A sparse signal that is not updated in this batch."""
        assert self.held is not None
        self.held.grow(frame.keys)
        return Sparse(frame, NO_INSTANTS, Column(self.held.values[:0]), self.held)


def zeros(type_name: str) -> NDArray[Any]:
    """Empty state for values of a plan's type."""
    return np.zeros(0, dtype=DTYPES[type_name])
