"""A pool of what the newest samples of all keys are, each key's in a region of it (`kernels.recent`)."""

from typing import ClassVar

import numpy as np

from ...stdlib.column import Values
from ...stdlib.parts import PLACE_WORDS, room_for
from ..frame import Rows, first_seen
from ..kernels import recent as kernel
from ..kernels.jit import NEVER
from .node import Operator, Setting

POOL_LEAST = 64


class Pooled(Operator):
    """An operator with such a pool: of each sample `arity` values, a time, and (of some) a row of so many words."""

    STATE: ClassVar[tuple[str, ...]] = ("places", "pool_value", "pool_time", "pool_rows", "used")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.places = np.zeros((0, PLACE_WORDS), dtype=np.int64)
        self.used: Rows = np.zeros(1, dtype=np.int64)
        self.begin_pool(1, 0)

    def begin_pool(self, arity: int, words: int) -> None:
        """Say what there is of each sample."""
        self.pool_arity, self.pool_words = arity, words
        self.pool_value, self.pool_time, self.pool_rows = self._pool(0)

    def grow_places(self, keys: int) -> None:
        """Have a place for so many keys."""
        known = len(self.places)
        self.places = first_seen(self.places, keys, 0)
        self.places[known:, kernel.DUE] = NEVER

    def widen(self, samples: int) -> None:
        """More room in the pool: at least for one region."""
        size = len(self.pool_time)
        size += max(size, POOL_LEAST, room_for(samples))
        self.pool_value, self.pool_time, self.pool_rows = (
            np.concatenate([old, new[len(old) :]])
            for old, new in zip((self.pool_value, self.pool_time, self.pool_rows), self._pool(size), strict=True)
        )

    def commit(self) -> None:
        """Bring the regions together when a third of the pool is what they have left behind."""
        super().commit()
        rooms = int(self.places[:, kernel.ROOM].sum())
        if int(self.used[0]) <= 3 * rooms // 2:
            return
        most = room_for(int((self.places[:, kernel.TAIL] - self.places[:, kernel.HEAD]).sum()))
        value, time, rows = self._pool(most + 4 * len(self.places))
        self.used[0] = kernel.repack(
            self.pool_value, self.pool_arity, self.pool_time, self.pool_rows, self.pool_words, self.places, value, time,
            rows,
        )  # fmt: skip
        self.pool_value, self.pool_time, self.pool_rows = value, time, rows

    def _pool(self, size: int) -> tuple[Values, Rows, Rows]:
        return (
            np.zeros(size * self.pool_arity),
            np.zeros(size, dtype=np.int64),
            np.zeros(size * self.pool_words, dtype=np.int64),
        )
