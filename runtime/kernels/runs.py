"""Instants by key, and in runs: what a store of slices takes at a time, with one look at a key's state.

Each function is there twice, as a kernel and in NumPy's terms, and both give the same: where kernels are plain Python,
a loop over all rows would take fifty times as long.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import COMPILED, kernel

Few = NDArray[np.int32]
"""Rows of one batch: their numbers in four bytes, as they are looked up at random."""
Rows = NDArray[np.int64]
FEW = 64
"""With so many keys for a row, or more, rows are compared rather than keys counted."""


@kernel("void(i4[::1], i4[::1], i4[::1])", counting=False)
def _count_and_place(key: Any, begins: Any, out: Any) -> None:
    """The rows by key, and of a key in order. `begins` (keys + 1,): all 0 before."""
    for i in range(len(key)):
        begins[key[i] + 1] += 1
    for k in range(1, len(begins)):
        begins[k] += begins[k - 1]
    for i in range(len(key)):
        k = key[i]
        out[begins[k]] = i
        begins[k] += 1


def by_key(key: NDArray[np.int32], keys: int) -> Few:
    """The rows by key, and of a key in order; keys are below `keys`."""
    if COMPILED and FEW * len(key) > keys:
        out = np.empty(len(key), dtype=np.int32)
        _count_and_place(key, np.zeros(keys + 1, dtype=np.int32), out)
        return out
    # Of 16-bit numbers NumPy counts, too.
    return np.argsort(key.astype(np.uint16) if keys <= 1 << 16 else key, kind="stable").astype(np.int32)


@kernel("i8(i4[::1], i4[::1], i8[::1], i8, i4[::1])", counting=False)
def _runs_by_row(order: Any, key: Any, time: Any, width: int, out: Any) -> int:
    n = 0
    k, until = -1, 0
    for i in range(len(order)):
        row = order[i]
        t = time[row]
        if key[row] != k or t >= until:
            k = key[row]
            begin = t // width * width
            until = t + 1 if t == begin else begin + width
            out[n] = i
            n += 1
    out[n] = len(order)
    return n


def _runs_by_column(order: Few, key: NDArray[np.int32], time: Rows, width: int, out: Few) -> int:
    k, t = key[order], time[order]
    number = t // width
    at_begin = t == number * width
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (k[1:] != k[:-1]) | (number[1:] != number[:-1]) | (at_begin[1:] != at_begin[:-1])
    begins = np.flatnonzero(fresh)
    out[: len(begins)] = begins
    out[len(begins)] = len(order)
    return len(begins)


def runs(order: Few, key: NDArray[np.int32], time: Rows, width: int) -> Few:
    """Where, in this order by key, runs begin, and at last where it ends.

    The instants of a run are of one key and in one slice (of this width), and no window ends between two of them: those
    at the very time where a slice begins are a run of their own. A key's times ascend.
    """
    out = np.empty(len(order) + 1, dtype=np.int32)
    found = _runs_by_row if COMPILED else _runs_by_column
    return out[: found(order, key, time, width, out) + 1]
