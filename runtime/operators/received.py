"""What another part of the program works out: `compiler.plan.Received`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...stdlib.column import Column, Mask
from ..flow import Flow, Sparse
from ..frame import NO_INSTANTS, Frame, Instants
from .node import Operator, Setting, zeros


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

    def __init__(self, setting: Setting, type_name: str, event: bool) -> None:
        super().__init__(setting)
        self.nothing = Column(zeros(type_name), np.zeros(0, dtype=np.bool_))
        self.event = event
        self.arrived: Arrived | None = None

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        arrived, self.arrived = self.arrived, None
        instants = NO_INSTANTS if arrived is None else arrived.instants
        if self.event:
            return Sparse(frame, instants, Column(np.ones(len(instants), dtype=np.bool_)), None, event=True)
        flow = self.sparse(frame, instants, self.nothing if arrived is None else arrived.column)
        if arrived is not None and not arrived.updated.all():
            flow.updated = arrived.updated
        return flow
