"""From a settled timeline to the current one."""

from collections.abc import Sequence

import numpy as np

from ...stdlib.column import Column
from ..flow import Constant, Flow, updates
from ..frame import NO_INSTANTS, Frame, Instants, Keys, Rows
from .node import Operator, Setting, zeros


class DelayedOperator(Operator):
    """`compiler.plan.Delayed`: what was settled for time s is seen at s + lateness, at a timer instant."""

    crosses = True

    def __init__(self, setting: Setting, lateness: int, type_name: str) -> None:
        super().__init__(setting)
        self.lateness = lateness
        self.nothing = Column(zeros(type_name), np.zeros(0, dtype=np.bool_))

    def cross(self, settled: Frame | None, frame: Frame, flow: Flow | None, keys: Keys | None) -> Flow:
        """The flow of the settled frame's node, on the current frame; nothing if the settled timeline had no batch.

        `keys` are the current timeline's keys by the settled one's, where they are not the same (groups).
        """
        if isinstance(flow, Constant):
            return flow
        if settled is None or flow is None:
            return self.sparse(frame, NO_INSTANTS, self.nothing)
        at = updates(flow)
        assert at is not None
        column = flow.at(at)
        key = at.key if keys is None else keys[at.key]
        row = _rows_of(frame, settled.seq[at.row], key)
        time = np.minimum(at.time + self.lateness, frame.time[row])
        order = np.lexsort((np.arange(len(row)), time, row))
        row, time, key = row[order], time[order], key[order]
        # What is seen at one moment is seen at once: the newest tells.
        newest = np.ones(len(row), dtype=np.bool_)
        newest[:-1] = (row[1:] != row[:-1]) | (time[1:] != time[:-1])
        order = order[newest]
        instants = Instants(row[newest], key[newest], time[newest], np.ones(len(order), dtype=np.bool_))
        return self.sparse(frame, instants, column.take(order))

    def run(self, frame: Frame, inputs: Sequence[Flow]) -> Flow:
        raise AssertionError("crosses timelines: see `cross`")


def _rows_of(frame: Frame, seq: Rows, key: Keys) -> Rows:
    """The first row of the frame that the same input brings about for the same key; at the end the key's last row."""
    if frame.end_row is not None:
        last = np.zeros(frame.keys, dtype=np.int64)
        last[frame.key] = np.arange(len(frame))
        return last[key]
    order = np.lexsort((np.arange(len(frame)), frame.key, frame.seq))
    have = frame.seq[order] * frame.keys + frame.key[order]
    found: Rows = order[np.searchsorted(have, seq * frame.keys + key)]
    return found
