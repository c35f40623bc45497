"""What another part of the program works out: `compiler.plan.Received`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...stdlib.column import Column, Mask
from ...stdlib.parts import Part, columns_of
from ..flow import Flow, Sparse, positions
from ..frame import NO_INSTANTS, Frame, Instants
from .node import Operator, Setting, zeros
from .windows import WindowFlow


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of a node in a batch: its values `column` (m,) at `instants` (m,) of the frame that came with them.

    updated (m,): where it was updated; elsewhere it only has another value. Of an event the instants are those at which
    it happens.
    """

    instants: Instants
    column: Column
    updated: Mask


class ReceivedOperator(Operator):
    """Gives what has arrived, as the operator that worked it out would have."""

    SCRATCH = ("arrived",)

    def __init__(self, setting: Setting, type_name: str, event: bool, momentary: bool) -> None:
        super().__init__(setting)
        self.nothing = Column(zeros(type_name), np.zeros(0, dtype=np.bool_))
        self.event = event
        self.momentary = momentary
        self.arrived: Arrived | None = None

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        arrived, self.arrived = self.arrived, None
        instants = NO_INSTANTS if arrived is None else arrived.instants
        if self.event:
            return Sparse(frame, instants, Column(np.ones(len(instants), dtype=np.bool_)), None, event=True)
        if self.momentary:
            return _momentary(frame, instants, self.nothing if arrived is None else arrived.column)
        flow = self.sparse(frame, instants, self.nothing if arrived is None else arrived.column)
        if arrived is not None and not arrived.updated.all():
            flow.updated = arrived.updated
        return flow


class ReceivedPartsOperator(Operator):
    """Gives what has arrived of a `Partial`: rows of parts, at the ends of slices."""

    SCRATCH = ("arrived",)

    def __init__(self, setting: Setting, parts: Sequence[Part]) -> None:
        super().__init__(setting)
        self.columns: tuple[str, ...] = columns_of(parts)
        self.arrived: Arrived | None = None

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Any:
        arrived, self.arrived = self.arrived, None
        if arrived is None:
            return WindowFlow(frame, NO_INSTANTS, np.zeros((0, len(self.columns)), dtype=np.int64), self)
        return WindowFlow(frame, arrived.instants, arrived.column.values, self)


def _momentary(frame: Frame, instants: Instants, column: Column) -> Sparse:
    """A flow with values at these instants only."""

    def look(asked: Instants) -> Column:
        index = positions(frame, asked, instants)
        here = index >= 0
        found = index[here]
        here[here] = (instants.row[found] == asked.row[here]) & (instants.timer[found] == asked.timer[here])
        values = np.zeros(len(asked), dtype=column.values.dtype)
        known = np.zeros(len(asked), dtype=np.bool_)
        values[here], known[here] = column.values[index[here]], column.mask()[index[here]]
        return Column(values, known)

    return Sparse(frame, instants, column, None, look=look)
