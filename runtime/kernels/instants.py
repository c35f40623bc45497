"""Kernels that bring instants of several nodes together."""

from typing import Any

from .jit import kernel


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
