"""Kernels that put rows in time: each key's clock, and who came before whom."""

from typing import Any

from .jit import is_compiled, kernel


def ascending(time: Any) -> bool:
    """Whether times (n,) never go back."""
    return _back(time) == 0 if is_compiled(_back) else bool((time[1:] >= time[:-1]).all())


@kernel("i8(i8[::1])", counting=False)
def _back(time: Any) -> int:
    """How often times go back; to look at them all takes less time than to see after each whether to go on."""
    count = 0
    for i in range(len(time) - 1):
        count += time[i + 1] < time[i]
    return count


@kernel("i8(i4[::1], i8[::1], i8[::1], i8[::1])", by_item=True)
def advance(key: Any, time: Any, clock: Any, moment: Any) -> int:
    """The moment (n,) at which each row takes effect: the greatest time of its key so far. `clock` (keys,) is state.

    Returns how many rows are behind their key's clock.
    """
    behind = 0
    for i in range(len(key)):
        k = key[i]
        t = time[i]
        if t >= clock[k]:
            clock[k] = t
        else:
            t = clock[k]
            behind += 1
        moment[i] = t
    return behind


@kernel("i8(i4[::1], i8[::1], i8[::1])", by_item=True)
def last_rows(key: Any, last: Any, out: Any) -> int:
    """The last row of each key, -1 none, in `last` (keys,), all -1 before; those rows, descending, in `out`.

    Returns how many there are: looking from the end, it is done when it has seen as many keys as there may be.
    """
    n = 0
    i = len(key) - 1
    while i >= 0 and n < len(out):
        k = key[i]
        if last[k] < 0:
            last[k] = i
            out[n] = i
            n += 1
        i -= 1
    return n


@kernel("i8(i4[::1], b1[::1], b1[::1], i8[::1])", by_item=True)
def first_events(key: Any, event: Any, begun: Any, out: Any) -> int:
    """The first events of keys that had none, in order, in `out`; `begun` (keys,) is state: the keys that had any.

    Returns how many there are: it is done when `out` is full, which has room for as many as there may be.
    """
    n = 0
    i = 0
    while i < len(key) and n < len(out):
        k = key[i]
        if event[i] and not begun[k]:
            begun[k] = True
            out[n] = i
            n += 1
        i += 1
    return n


@kernel("void(i4[::1], i8[::1], i8[::1])", by_item=True)
def previous(key: Any, last: Any, out: Any) -> None:
    """For each row the row of the same key before it, or -1. `last` (keys,): all -1 before."""
    for i in range(len(key)):
        k = key[i]
        out[i] = last[k]
        last[k] = i
