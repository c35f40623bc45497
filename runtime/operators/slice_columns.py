"""Slices in NumPy's terms, many at a time: how they lie in a key's state, and what they come to with further samples.

The second is what the kernel of windows does by itself, sample by sample, where it is compiled. As plain Python that
would take a microsecond for each part of each sample; here it takes NumPy some nanoseconds. Samples are added one after
another in both, so both give the same to the last bit, wherever batches are cut.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...stdlib.column import Mask, Values
from ...stdlib.parts import INTS, Part, columns_of, flags_of, layout, ring_sizes, slice_words, whole_lines
from ..frame import Keys, Rows
from ..kernels import parts
from ..kernels import slices as kernel
from ..kernels.jit import NEVER, is_compiled
from .samples import Samples

NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


class Layout:
    """How a store of slices lies in a key's state: what a row has, and where slices and blocks are.

    `unbegun` is the head of a key before its first sample, `unopened` its open slice.
    """

    def __init__(self, parts: Sequence[Part], slices: int, longest: int, windows: int) -> None:
        """`slices` are so many as a key keeps; `longest`: in the longest window."""
        self.flags = flags_of(parts)
        self.columns: tuple[str, ...] = columns_of(parts)
        self.cols = layout(parts)
        size = slice_words(parts)
        self.rings = np.array(ring_sizes(slices, longest), dtype=np.int64)
        self.starts = size * np.concatenate([[0], np.cumsum(self.rings)])
        self.unbegun = np.full(whole_lines(kernel.HEADER + 2 * windows), NEVER, dtype=np.int64)
        self.unbegun[kernel.PASSED] = -1
        self.unbegun[kernel.OPEN] = kernel.NOTHING
        self.unbegun[kernel.HEADER + windows :] = 1
        # Where there are blocks: none is made, and no slice is in one.
        first, last = int(self.starts[1]), int(self.starts[-1])
        self.unblocked = np.append(np.full(last - first, NEVER), -1) if len(self.rings) > 1 else NO_ROWS
        self.words = whole_lines(first + len(self.unblocked))
        self.starts = np.append(self.starts, size)
        self.unopened = np.full(whole_lines(kernel.ROW + len(self.columns)), -1, dtype=np.int64)

    def begin(self, slices: Rows) -> None:
        """Slices of keys (n, words), all 0 so far, before their first sample: what is 0 is empty, and not touched."""
        if len(self.unblocked):
            blocks = int(self.starts[1])
            slices[:, blocks : blocks + len(self.unblocked)] = self.unblocked


class Asked:
    """What is asked of a window: the parts that aggregates are made of, and where in a slice's row these are.

    What others need of the row is not looked at when the window closes.
    """

    def __init__(self, layout_: Layout, parts: Collection[Part]) -> None:
        needed = {*columns_of(parts), "shift"}
        self.flags = flags_of(parts)
        self.words = [place for place, column in enumerate(layout_.columns) if column in needed]
        self.columns: tuple[str, ...] = tuple(layout_.columns[place] for place in self.words)


@dataclass
class Steps:
    """What a walk over windows takes at a time (`kernels.slices.windows`): instants, or runs of them.

    first: the instant at which each begins; of (n,): the step of each instant. Both are empty if steps are instants.
    """

    key: Keys
    row: Rows
    time: Rows
    last_time: Rows
    sampled: Mask
    at: Rows
    last_at: Rows
    value: Values
    second: Values
    opens: bool = False
    following: Rows = field(default_factory=lambda: NO_ROWS)
    made: Rows = field(default_factory=lambda: NO_ROWS)
    first: Rows = field(default_factory=lambda: NO_ROWS)
    of: Rows = field(default_factory=lambda: NO_ROWS)

    def instants(self, steps: Rows) -> Rows:
        """Those at which the steps begin."""
        return self.first[steps] if len(self.of) else steps

    def samples(self, steps: Mask, sampled: Mask) -> Rows:
        """The instants, of those at which there is a sample, that are in these steps."""
        return np.flatnonzero(sampled & steps[self.of] if len(self.of) else steps)


def steps_of(samples: Samples, slice_width: int, state: Rows, into: Layout) -> Steps:
    """The steps of a walk over these samples: the instants; runs of them where kernels are plain Python.

    `state` are the words of all keys.
    """
    in_order = samples.at is samples.time
    if in_order and not is_compiled(kernel.windows):
        return _runs_of(samples, slice_width, state, into)
    following = NO_ROWS
    if not in_order and (samples.time < 0).any():
        order = samples.key.argsort(kind="stable")
        of_one = samples.key[order[1:]] == samples.key[order[:-1]]
        following = np.full(len(order), -1, dtype=np.int64)
        following[order[:-1][of_one]] = order[1:][of_one]
    return Steps(
        samples.key, samples.row, samples.time, samples.time, samples.sampled, samples.at, samples.at, samples.value,
        samples.second, in_order, following,
    )  # fmt: skip


def _runs_of(samples: Samples, slice_width: int, state: Rows, into: Layout) -> Steps:
    """Instants of one key and in one slice, between two of which no window ends, are one step.

    Those at the very time where a slice begins are a step of their own.
    """
    order = samples.key.argsort(kind="stable")
    key, time, number = samples.key[order], samples.time[order], samples.time[order] // slice_width
    at_begin = time == number * slice_width
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (key[1:] != key[:-1]) | (number[1:] != number[:-1]) | (at_begin[1:] != at_begin[:-1])
    begins = np.flatnonzero(fresh)
    run = np.cumsum(fresh) - 1
    sampled = np.zeros(len(begins), dtype=np.bool_)
    sampled[run[samples.sampled[order]]] = True
    last_at = time[begins]
    # Of several samples of a run the last stays.
    last_at[run[samples.sampled[order]]] = time[samples.sampled[order]]
    made = slices_with(samples, order, begins, run, state, into, slice_width)
    by_instant = order[begins].argsort()
    first = order[begins][by_instant]
    place = np.empty(len(begins), dtype=np.int64)
    place[by_instant] = np.arange(len(begins))
    of = np.empty(len(order), dtype=np.int64)
    of[order] = place[run]
    last = np.append(begins[1:], len(order))[by_instant] - 1
    return Steps(
        samples.key[first], samples.row[first], samples.time[first], time[last], sampled[by_instant],
        samples.time[first], last_at[by_instant], samples.value, samples.second, made=made[by_instant].reshape(-1),
        first=first, of=of,
    )  # fmt: skip


def slices_with(
    samples: Samples, order: Rows, begins: Rows, run: Rows, state: Rows, into: Layout, slice_width: int
) -> Rows:
    """For each run of samples the row of parts that its slice comes to with them, (runs, words).

    The instants in `order` are by key; `begins`: at which places of it runs begin; `run`: to which each belongs.
    """
    first = order[begins]
    key, number = samples.key[first].astype(np.int64), samples.at[first] // slice_width
    # Runs that follow each other in one slice are one row.
    fresh = np.ones(len(first), dtype=np.bool_)
    fresh[1:] = (key[1:] != key[:-1]) | (number[1:] != number[:-1])
    row_of_run = np.cumsum(fresh) - 1
    key, number = key[fresh], number[fresh]
    at = key * into.words + number % into.rings[0] * into.starts[-1]
    begun = (state[at] == number) & (state[at + 1] != 0)
    rows: dict[str, Any] = {}
    for place, name in enumerate(into.columns):
        column = np.where(begun, state[at + 1 + place], 0)
        rows[name] = column if _is_int(name, into.flags) else column.view(np.float64)
    taken = samples.sampled[order]
    order = order[taken]
    _take(
        rows, into.flags, row_of_run[run[taken]], samples.value[order], samples.at[order],
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
