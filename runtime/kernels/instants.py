"""Kernels that bring instants of several nodes together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import is_compiled, kernel
from .words import unsigned


@kernel("void(i4[::1], i8[::1], i8[::1], b1[::1], i4[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1])")
def latest(
    key: Any,
    row: Any,
    time: Any,
    timer: Any,
    given_key: Any,
    given_row: Any,
    given_time: Any,
    given_timer: Any,
    last: Any,
    out: Any,
) -> None:
    """For each instant the newest of the given ones of its key that is not after it, or -1 if there is none.

    Both are in order: by row, timers before the row's own event, timers by time. `last` (keys,) is scratch: all -1,
    left so.
    """
    j = 0
    m = len(given_key)
    for i in range(len(key)):
        while j < m and (
            given_row[j] < row[i]
            or (
                given_row[j] == row[i]
                and (
                    (given_timer[j] and not timer[i])
                    or (given_timer[j] == timer[i] and (not timer[i] or given_time[j] <= time[i]))
                )
            )
        ):
            last[given_key[j]] = j
            j += 1
        out[i] = last[key[i]]
    for i in range(j):
        last[given_key[i]] = -1


@kernel("i8(i4[::1], i8[::1], i8[::1], i8, b1, b1[::1], i8[::1])", counting=False)
def _matter(key: Any, met: Any, updated: Any, begins: int, timed: bool, waiting: Any, out: Any) -> int:
    n = 0
    for i in range(len(key)):
        k = unsigned(key[i])
        waits = waiting[k] | (met[i] & begins != 0)
        waiting[k] = waits
        out[n] = i
        n += waits & (timed | (met[i] | updated[i] != 0))
    return n


def _matter_by_column(key: Any, met: Any, updated: Any, begins: int, timed: bool, waiting: Any, out: Any) -> int:
    # Of a key that begins, the rows from there on: the first one is written last.
    begin = ((met & begins) != 0).nonzero()[0][::-1]
    since = np.full(len(waiting), len(key))
    since[key[begin]] = begin
    since[waiting] = 0
    matter = np.arange(len(key)) >= since[key]
    if not timed:
        matter &= (met | updated) != 0
    found = matter.nonzero()[0]
    out[: len(found)] = found
    return len(found)


def that_matter(
    key: NDArray[np.int32],
    met: NDArray[np.int64],
    updated: NDArray[np.int64],
    begins: int,
    timed: bool,
    waiting: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The instants of keys that are `waiting` (keys,), and of others from the first that meets one of the steps (bits)
    `begins`.

    If nothing is `timed`, only those that meet a step, or update one's inputs.
    """
    out = np.empty(len(key), dtype=np.int64)
    find = _matter if is_compiled(_matter) else _matter_by_column
    return out[: find(key, met, updated, begins, timed, waiting, out)]
