"""What an operator of the engine is: a node of the plan at work, with its state by key."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler.plan import Plan
from ...stdlib.column import DTYPES, Column
from ..flow import Flow, Held, Sparse
from ..frame import Frame, Instants
from ..gathering import Gathered
from ..output import Counters
from ..symbols import Registry, Symbols


@dataclass
class Setting:
    """What all operators of an engine share."""

    plan: Plan
    symbols: Symbols
    registries: dict[str, Registry]
    counters: Counters
    gathered: Gathered = field(default_factory=Gathered)


class Operator(ABC):
    """A node at work. `run` takes a batch; `commit` is called when all nodes have, and the batch becomes the past."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.held: Held | None = None
        self.newest: Sparse | None = None

    @abstractmethod
    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        """What the node gives during this batch."""

    def commit(self) -> None:
        """Hold the newest values for the batches to come."""
        if self.newest is not None and self.held is not None and len(self.newest.instants):
            self.held.commit(self.newest.instants.key, self.newest.column)
        self.newest = None

    def sparse(self, frame: Frame, instants: Instants, column: Column) -> Sparse:
        """A sparse signal whose last values are held from batch to batch."""
        if self.held is None:
            self.held = Held(np.zeros(0, dtype=column.values.dtype))
        self.held.grow(frame.keys)
        self.newest = Sparse(frame, instants, column, self.held)
        return self.newest


def zeros(type_name: str) -> NDArray[Any]:
    """Empty state for values of a plan's type."""
    return np.zeros(0, dtype=DTYPES[type_name])
