"""Tables of values beside the rows of slices: for quantiles, distinct and frequent values (`stdlib.tables`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Values
from ...stdlib.parts import TABLES, Part
from ...stdlib.tables import RANK_MAX, Tables, hash_of_text, hashes_of
from ..frame import Keys, Rows, first_seen
from ..kernels import tables as kernel
from ..kernels.jit import NEVER
from ..symbols import Symbols

BEGIN = 1 << 10
"""The words that a store of tables begins with."""


@dataclass
class Operations:
    """What is to be done with tables, in order: a sample put in a slice (`last` -1), or slices joined for a window.

    key, first, last (n,): whose, and the numbers of the slices; value (n,): of samples. `joins` of them are such.
    """

    key: Keys
    first: Rows
    last: Rows
    value: Values
    joins: int


TableState = dict[str, NDArray[Any]]
"""All that the tables of one kind are: plain arrays."""


class SliceTables:
    """The tables of one kind of a store of slices."""

    def __init__(self, part: Part, ring: int, states: dict[str, TableState]) -> None:
        """`states`, by part, is where what is kept is: also after a restart."""
        self.part = part
        self.kind = TABLES.index(part)
        self.states = states
        store = np.full(1 + kernel.CLASSES, -1, dtype=np.int64)
        store[kernel.USED] = 0
        slots = np.zeros((0, ring, kernel.SLOT), dtype=np.int64)
        states[part] = {"slots": slots, "store": store, "words": np.zeros(BEGIN, dtype=np.int64)}

    def run(self, operations: Operations, keys: int, symbols: Symbols | None) -> Tables:
        """Do the operations; give a table for each join. `symbols`: of texts, if the values are codes of such."""
        state = self.states[self.part]
        if len(state["slots"]) < keys:
            known = len(state["slots"])
            state["slots"] = first_seen(state["slots"], keys, -1)
            state["slots"][known:, :, kernel.NUMBER] = NEVER
        code = codes(self.part, operations.value, symbols)
        key, n = operations.key.astype(np.int64), len(operations.key)
        given, at = Given(self.part, operations.joins), 0
        while at < n:
            words = state["words"]
            at = kernel.run(
                self.kind, at, key, operations.first, operations.last, code, state["slots"], state["store"],
                words.view(np.float64), words, words.view(np.int8), *given.arguments,
            )  # fmt: skip
            if at < n:
                given.widen()
                if state["store"][kernel.USED] + kernel.BLOCK > len(words):
                    state["words"] = np.concatenate([words, np.zeros_like(words)])
        return given.tables()


def tables_of(part: Part, first: Rows, last: Rows, value: Values, symbols: Symbols | None) -> Tables:
    """The tables of windows of samples: of `value[first[i]:last[i]]` each."""
    code = codes(part, value, symbols)
    given, at = Given(part, len(first)), 0
    while at < len(first):
        at = kernel.of_samples(TABLES.index(part), at, first, last, code, *given.arguments)
        if at < len(first):
            given.widen()
    return given.tables()


def codes(part: Part, value: Values, symbols: Symbols | None) -> Values:
    """What tables of a kind hold of values: the values, or their hashes."""
    if part != "hashes":
        return value + 0.0
    if symbols is None:
        return hashes_of(value)
    present, where = np.unique(value.astype(np.int64), return_inverse=True)
    return np.array([hash_of_text(symbols.texts[code]) for code in present.tolist()], dtype=np.float64)[where]


class Given:
    """What kernels give of tables: arrays that grow."""

    def __init__(self, part: Part, joins: int) -> None:
        self.joins = joins
        self.done = np.zeros(2, dtype=np.int64)
        scratch = np.zeros(kernel.BLOCK, dtype=np.int64)
        self.scratch = (scratch.view(np.float64), scratch, scratch.view(np.int8))
        self.codes = np.zeros(16 * joins + kernel.KEPT)
        self.counts = np.zeros(len(self.codes), dtype=np.int64)
        self.out = np.zeros((max(joins, 1), 2), dtype=np.int64)
        self.ranks = np.zeros((joins if part == "hashes" else 0, RANK_MAX + 1), dtype=np.int64)

    @property
    def arguments(self) -> Sequence[NDArray[Any]]:
        return (*self.scratch, self.done, self.codes, self.counts, self.out, self.ranks)

    def widen(self) -> None:
        """Have more room for entries, if there is little."""
        if self.done[1] + kernel.KEPT > len(self.codes):
            self.codes = np.concatenate([self.codes, np.zeros_like(self.codes)])
            self.counts = np.concatenate([self.counts, np.zeros_like(self.counts)])

    def tables(self) -> Tables:
        entries, size = self.done[1], self.out[: self.joins, 0]
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(size)])
        return Tables(offsets, self.codes[:entries], self.counts[:entries], self.out[: self.joins, 1], self.ranks)
