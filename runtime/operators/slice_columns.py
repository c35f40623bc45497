"""Slices in NumPy's terms, many at a time: how they lie in a key's state, and what they come to with further samples.

The second is what the kernel of windows does by itself, sample by sample, where it is compiled. As plain Python that
would take a microsecond for each part of each sample; here it takes NumPy some nanoseconds. Samples are added one after
another in both, so both give the same to the last bit, wherever batches are cut.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...stdlib.parts import INTS, Part, columns_of, flags_of, layout, ring_sizes, slice_words, whole_lines
from ..frame import Rows
from ..kernels import parts
from ..kernels import slices as kernel
from ..kernels.jit import NEVER
from ..kernels.runs import Few
from .samples import Samples


class Layout:
    """How a store of slices lies in a key's state: what a row has, and where slices, blocks and windows' ends are."""

    def __init__(self, parts: Sequence[Part], slices: int, longest: int, windows: int) -> None:
        """`slices` are so many as a key keeps; `longest`: in the longest window."""
        self.flags = flags_of(parts)
        self.columns: tuple[str, ...] = columns_of(parts)
        self.cols = layout(parts)
        size = slice_words(parts)
        self.rings = np.array(ring_sizes(slices, longest), dtype=np.int64)
        self.starts = kernel.HEADER + size * np.concatenate([[0], np.cumsum(self.rings)])
        self.ends = int(self.starts[-1])
        self.starts[-1] = size
        self.empty = np.full(whole_lines(self.ends + 2 * windows), NEVER, dtype=np.int64)
        self.empty[[kernel.PASSED, kernel.LATEST, kernel.BLOCKED]] = -1
        self.empty[self.ends + windows :] = 1

    @property
    def words(self) -> int:
        return len(self.empty)


def slices_with(samples: Samples, order: Few, begins: Few, state: Rows, into: Layout, slice_width: int) -> Rows:
    """For each run of samples (`kernels.runs`) the row of parts that its slice comes to with them, (runs, words).

    `state` are the words of all keys.
    """
    first = order[begins[:-1]]
    key, number = samples.key[first].astype(np.int64), samples.at[first] // slice_width
    # Runs that follow each other in one slice are one row.
    fresh = np.ones(len(first), dtype=np.bool_)
    fresh[1:] = (key[1:] != key[:-1]) | (number[1:] != number[:-1])
    row_of_run = np.cumsum(fresh) - 1
    key, number = key[fresh], number[fresh]
    at = key * into.words + into.starts[0] + number % into.rings[0] * into.starts[-1]
    begun = (state[at] == number) & (state[at + 1] != 0)
    rows: dict[str, Any] = {}
    for place, name in enumerate(into.columns):
        column = np.where(begun, state[at + 1 + place], 0)
        rows[name] = column if _is_int(name, into.flags) else column.view(np.float64)
    taken = samples.sampled[order]
    order = order[taken]
    _take(
        rows, into.flags, np.repeat(row_of_run, np.diff(begins))[taken], samples.value[order], samples.at[order],
        samples.second[order] if len(samples.second) else samples.second,
    )  # fmt: skip
    made: Rows = np.stack([column.view(np.int64) for column in rows.values()], axis=1).take(row_of_run, axis=0)
    return made


def _is_int(name: str, flags: int) -> bool:
    return name in INTS or (name == "other_shift" and flags & parts.TIME != 0)


def _take(rows: dict[str, Any], flags: int, row: Rows, x: Any, time: Rows, y: Any) -> None:
    """Take samples in order into rows of parts, given by column: as `kernels.parts.take`, one after another."""
    begins = np.ones(len(row), dtype=np.bool_)
    begins[1:] = row[1:] != row[:-1]
    (first,) = begins.nonzero()
    first = first[rows["count"][row[first]] == 0.0]
    empty = row[first]
    rows["count"] += np.bincount(row, minlength=len(rows["count"]))
    if flags & parts.TRUE:
        rows["true"] += np.bincount(row[x != 0.0], minlength=len(rows["true"]))
    if flags & (parts.SUM | parts.SHIFTED):
        d = x
        if flags & parts.SHIFTED:
            rows["shift"][empty] = x[first]
            d = x - rows["shift"][row]
        np.add.at(rows["sum"], row, d)
        if flags & parts.SQUARES:
            np.add.at(rows["squares"], row, d * d)
        if flags & parts.OTHER:
            other = time if flags & parts.TIME else y
            rows["other_shift"][empty] = other[first]
            e = other - rows["other_shift"][row]
            if flags & parts.TIME:
                e = e / parts.S_PER_NS
            np.add.at(rows["other_sum"], row, e)
            np.add.at(rows["other_squares"], row, e * e)
            np.add.at(rows["products"], row, d * e)
    if flags & parts.MIN:
        rows["min"][empty] = x[first]
        np.minimum.at(rows["min"], row, x)
    if flags & parts.MAX:
        rows["max"][empty] = x[first]
        np.maximum.at(rows["max"], row, x)
    if flags & parts.FIRST:
        rows["first"][empty], rows["first_time"][empty] = x[first], time[first]
    if flags & parts.LAST:
        # Of several samples of a row the last stays.
        rows["last"][row], rows["last_time"][row] = x, time
