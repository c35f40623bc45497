"""Kernels of held values: which message a field's value comes from, when it goes stale, and what keys hold next."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import is_compiled, kernel, part


def put_by_key(held: NDArray[Any], key: NDArray[np.int32], given: NDArray[Any]) -> None:
    """Let each key hold what it is given: (n,), of several for one key the last, or one value for all.

    NumPy takes ten times as long to put numbers in places one by one.
    """
    if given.dtype == held.dtype and given.flags.c_contiguous and given.flags.writeable:
        if held.itemsize == 8 and is_compiled(_put_words):
            _put_words(held.view(np.int64), key, given.view(np.int64))
            return
        if held.itemsize == 1 and is_compiled(_put_octets):
            _put_octets(held.view(np.int8), key, given.view(np.int8))
            return
    held[key] = given


@part
def _put(held: Any, key: Any, given: Any) -> None:
    step = 1 if len(given) > 1 else 0
    for i in range(len(key)):
        held[key[i]] = given[i * step]


@kernel("void(i8[::1], i4[::1], i8[::1])", counting=False)
def _put_words(held: Any, key: Any, given: Any) -> None:
    _put(held, key, given)


@kernel("void(i1[::1], i4[::1], i1[::1])", counting=False)
def _put_octets(held: Any, key: Any, given: Any) -> None:
    _put(held, key, given)


@kernel("i8(i4[::1], i8[::1], b1[::1], i8[::1], i8[::1], b1[::1], i8[::1], i8[::1], i8[::1], i8[::1])", by_item=True)
def held(
    key: Any,
    time: Any,
    carried: Any,
    held_time: Any,
    last: Any,
    took: Any,
    source: Any,
    source_time: Any,
    before: Any,
    before_time: Any,
) -> int:
    """For each row, which row's value the field holds after it and before it.

    State: `held_time` (keys,), the event time of the newest value, -1 none. Scratch: `last` (keys,), all -1, and
    left so. Out (n,): `took`, whether the row's own value was taken (it carries one, and none newer is held);
    `source` and `before`, the rows that the values held after and before it come from, -1 where from before the
    batch; their event times, -1 where there is no value. Returns how many were taken.
    """
    taken = 0
    for i in range(len(key)):
        k = key[i]
        before[i] = last[k]
        before_time[i] = held_time[k]
        took[i] = carried[i] and time[i] >= held_time[k]
        if took[i]:
            held_time[k] = time[i]
            last[k] = i
            taken += 1
        source[i] = last[k]
        source_time[i] = held_time[k]
    for i in range(len(key)):
        last[key[i]] = -1
    return taken


@kernel("i8(i4[::1], i8[::1], i8[::1], i8[::1], i8, b1[::1], i8[::1], i8[::1])", by_item=True)
def staleness(
    key: Any, moment: Any, before_time: Any, source_time: Any, stale: int, is_stale: Any, out_row: Any, out_time: Any
) -> int:
    """The moments at which held values go stale.

    State: `is_stale` (keys,), whether the held value is known to be so. Out: rows before which a value went stale, and
    when exactly. Returns how many.
    """
    n = 0
    for i in range(len(key)):
        k = key[i]
        if before_time[i] >= 0 and not is_stale[k] and before_time[i] + stale < moment[i]:
            out_row[n] = i
            out_time[n] = before_time[i] + stale
            n += 1
            is_stale[k] = True
        if source_time[i] != before_time[i]:
            is_stale[k] = moment[i] - source_time[i] > stale
    return n
