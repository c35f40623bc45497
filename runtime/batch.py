"""What the engine is fed: admitted inputs as columns, in the order admitted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column
from .symbols import Codes

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages and marks of devices of one type, in the order admitted.

    seq (n,) int64, increasing: the input's sequence number (one for a mark of all devices); key (n,) int32: the
    device's (`Registry`); time (n,) int64: ns since the epoch; fields: for each field that any message carries a column
    (n,), known where the message carries it; mark (n,) bool or None: which rows are progress marks (without fields).
    """

    device: str
    seq: Times
    key: Codes
    time: Times
    fields: Mapping[str, Column]
    mark: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.key)

    def cut(self, first: int, last: int) -> "Messages":
        """The rows from first to last (exclusive)."""
        rows = slice(first, last)
        fields = {
            name: Column(c.values[rows], None if c.known is None else c.known[rows]) for name, c in self.fields.items()
        }
        mark = None if self.mark is None else self.mark[rows]
        return Messages(self.device, self.seq[rows], self.key[rows], self.time[rows], fields, mark)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A rule's raised instance was acknowledged; `key` as outputs have it: the device's id, or the group's values."""

    seq: int
    rule: str
    key: tuple[str, ...]
    time: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of consecutive inputs: parts by device type, whose rows are interleaved by `seq`, and acknowledgements.

    An acknowledgement ends a batch: it is taken after the parts' rows, so it must have the greatest `seq` of its batch.
    `next_seq` is that of the input that comes after it, where inputs were refused after its last row.
    """

    parts: tuple[Messages, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = field(default=())
    next_seq: int = 0

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts) + len(self.acknowledgements)
