"""Lookups in tables of reference data: from columns of keys to rows, and what the rows say."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler import plan as p
from ...stdlib.column import DTYPES, Column
from ..symbols import Symbols
from .elementwise import MapOperator
from .node import Setting

Places = NDArray[np.int64]
NONE = -1
UNSEEN = -2

WRITTEN_MAX = 1 << 20
"""So many pairs of keys, there or not, are written down for a table rather than searched."""


class Texts:
    """The distinct texts of a key column, and for the codes of the texts that have come which of them these are.

    What never comes is not interned; each new text is looked up once.
    """

    def __init__(self, cells: Sequence[Any], symbols: Symbols) -> None:
        self.known = {text: place for place, text in enumerate(dict.fromkeys(cells))}
        self.cells = np.array([self.known[cell] for cell in cells], dtype=np.int64)
        self.symbols = symbols
        self.by_code = np.zeros(0, dtype=np.int64)

    def places(self, codes: NDArray[Any]) -> Places:
        """Which of the texts these codes mean, NONE for others."""
        texts, seen = self.symbols.texts, len(self.by_code)
        if seen < len(texts):
            self.by_code = np.append(self.by_code, [self.known.get(text, NONE) for text in texts[seen:]])
        # What stands where nothing is known need not be the code of any text.
        meant = (codes >= 0) & (codes < len(texts))
        found = np.full(len(codes), NONE, dtype=np.int64)
        found[meant] = self.by_code[codes[meant]]
        return found

    def __len__(self) -> int:
        return len(self.known)


class Numbers:
    """The distinct numbers, or truth values, of a key column."""

    def __init__(self, cells: Sequence[Any]) -> None:
        self.known, places = np.unique(np.array(cells, dtype=np.float64), return_inverse=True)
        self.cells: Places = places.astype(np.int64)

    def places(self, values: NDArray[Any]) -> Places:
        """Which of the numbers these are, NONE for others."""
        return _among(self.known, values.astype(np.float64))

    def __len__(self) -> int:
        return len(self.known)


class Pairs:
    """The distinct pairs of what stands before a key and of that key, each known by its place among them.

    Where there are few that could be, which of them there are is written down for each; else they are searched.
    """

    def __init__(self, first: Places, firsts: int, second: Places, seconds: int) -> None:
        self.seconds = seconds
        self.known, self.cells = np.unique(first * seconds + second, return_inverse=True)
        self.written: Places | None = None
        if firsts * seconds <= WRITTEN_MAX:
            self.written = np.full(max(firsts * seconds, 1), NONE, dtype=np.int64)
            self.written[self.known] = np.arange(len(self.known))

    def places(self, first: Places, second: Places) -> Places:
        """Which of the pairs these are, NONE for others."""
        both = (first >= 0) & (second >= 0)
        pairs = np.where(both, first * self.seconds + second, 0)
        found = _among(self.known, pairs) if self.written is None else self.written[pairs]
        return np.where(both, found, NONE)

    def __len__(self) -> int:
        return len(self.known)


class Rows:
    """The rows of a table, found by their keys: by the first, then by what was found and each further one."""

    def __init__(self, table: p.ReferenceTable, symbols: Symbols) -> None:
        self.keys = [
            Texts(column.cells, symbols) if column.type.name == "text" else Numbers(column.cells)
            for column in table.keys
        ]
        self.pairs: list[Pairs] = []
        before: Texts | Numbers | Pairs = self.keys[0]
        for key in self.keys[1:]:
            before = Pairs(before.cells, len(before), key.cells, len(key))
            self.pairs.append(before)
        self.rows = np.argsort(before.cells)
        """The row of each combination of keys; no two rows have the same."""

    def find(self, columns: Sequence[Column]) -> Places:
        """The row of each instant's keys, NONE where there is none or a key is not known."""
        found, *others = (_places(key, column) for key, column in zip(self.keys, columns, strict=True))
        for pairs, places in zip(self.pairs, others, strict=True):
            found = pairs.places(found, places)
        return np.where(found < 0, NONE, self.rows[found]) if len(self.rows) else found


def _places(key: Texts | Numbers, column: Column) -> Places:
    places = key.places(column.values)
    return places if column.known is None else np.where(column.known, places, NONE)


def _among(known: NDArray[Any], values: NDArray[Any]) -> Places:
    """The places of values in a sorted array, NONE where they are not in it."""
    if not len(known):
        return np.full(len(values), NONE, dtype=np.int64)
    places = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.where(known[places] == values, places, NONE)


class LookupOperator(MapOperator):
    """`compiler.plan.Lookup`. `values` of a column of texts are the codes of those that were asked for, UNSEEN for
    others."""

    SCRATCH = (*MapOperator.SCRATCH, "values", "rows")

    def __init__(self, setting: Setting, column: p.TableColumn, rows: Rows, event_inputs: Sequence[bool]) -> None:
        super().__init__(setting, "lookup", event_inputs)
        self.rows = rows
        self.is_text = column.type.name == "text"
        self.texts = column.cells
        self.known = np.array([cell is not None for cell in column.cells], dtype=np.bool_)
        dtype = DTYPES[column.type.name]
        self.values = np.zeros(len(column.cells), dtype=dtype)
        if self.is_text:
            self.values[:] = UNSEEN
        else:
            self.values[self.known] = [cell for cell in column.cells if cell is not None]

    def apply(self, columns: Sequence[Column]) -> Column:
        rows = self.rows.find(columns)
        found = rows >= 0
        if not len(self.values):
            return Column(np.zeros(len(rows), dtype=self.values.dtype), found)
        if self.is_text:
            self._intern(rows[found])
        found &= self.known[rows]
        return Column(self.values[rows], None if found.all() else found)

    def _intern(self, rows: Places) -> None:
        """Give the texts of these rows codes."""
        for row in np.unique(rows[self.values[rows] == UNSEEN]).tolist():
            text = self.texts[row]
            if isinstance(text, str):
                self.values[row] = self.setting.symbols.code(text)
