"""Messages that come twice: known again by what their source says is unique (`compiler.plan.SourceUnique`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from ..compiler.plan import SourceUnique
from ..stdlib.column import Column, Mask
from .batch import Times
from .frame import first_seen
from .kernels.repeated import repeated
from .symbols import Codes


@dataclass(slots=True)
class Remembered:
    """What the messages of one source were told apart by, of each device (see `kernels.repeated`)."""

    newest: Times = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    count: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    values: Times = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))
    times: Times = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))

    def again(self, unique: SourceUnique, keys: Codes, times: Times, values: Times, judged: Mask) -> tuple[Mask, int]:
        """Which of the judged messages came before; and how many values were forgotten early."""
        most = 1 + int(keys.max(initial=-1))
        self.newest = first_seen(self.newest, most, -1)
        self.count = first_seen(self.count, most, 0)
        self.values, self.times = first_seen(self.values, most, 0), first_seen(self.times, most, 0)
        out = np.zeros(len(keys), dtype=np.bool_)
        forgotten = np.zeros(1, dtype=np.int64)
        start = 0
        while start < len(keys):
            start = repeated(
                start, keys, times, values, judged, unique.within_ns, unique.remembered_max,
                self.newest, self.count, self.values, self.times, out, forgotten,
            )  # fmt: skip
            if start < len(keys):
                self.values = np.concatenate([self.values, np.zeros_like(self.values)], axis=1)
                self.times = np.concatenate([self.times, np.zeros_like(self.times)], axis=1)
        return out, int(forgotten[0])


def fingerprints(column: Column, texts: Sequence[str] | None) -> Times:
    """Of each value 64 bits: of a text a hash, of a number the number's own."""
    if texts is None:
        return np.ascontiguousarray(column.values, dtype=np.float64).view(np.int64)
    given = column.values if column.known is None else column.values[column.known]
    codes, where = np.unique(given, return_inverse=True)
    hashes = [blake2b(texts[code].encode(), digest_size=8).digest() for code in codes.tolist()]
    out = np.zeros(len(column), dtype=np.int64)
    out[slice(None) if column.known is None else column.known] = np.frombuffer(b"".join(hashes), dtype=np.int64)[where]
    return out
