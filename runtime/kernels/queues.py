"""Queues in order of time, one for each key, all in one pool: what waits for one key takes no room for the others.

A pool is an array (entries, WIDTH) of skew heaps (Sleator and Tarjan, Self-adjusting heaps, 1986). Its first row is no
entry: it says where the first free one is and how many were ever used. A key's queue is the place of its least entry;
0: it is empty.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import kernel

TIME, ROW, LEFT, RIGHT, WIDTH = range(5)
FREE, USED = TIME, ROW
"""Of the first row: the first free entry (the next one is at its `LEFT`), and how many entries were ever used."""
UNUSED = -1
"""The `ROW` of a free entry."""

Pool = NDArray[np.int64]


def empty_pool() -> Pool:
    """A pool without entries."""
    return np.zeros((1, WIDTH), dtype=np.int64)


def with_room(pool: Pool) -> Pool:
    """The pool, with at least as much room again."""
    return np.concatenate([pool, np.zeros((max(len(pool), 16), WIDTH), dtype=np.int64)])


def rows_in(pool: Pool) -> NDArray[np.int64]:
    """The places of all entries that wait."""
    used = int(pool[0, USED])
    return np.flatnonzero(pool[1 : used + 1, ROW] != UNUSED) + 1


@kernel("b1(i8[:, ::1])", counting=False)
def is_full(pool: Any) -> bool:
    """Whether there is no room for another entry."""
    return bool(pool[0, FREE] == 0 and pool[0, USED] + 1 == len(pool))


@kernel("i8(i8[:, ::1], i8, i8)", counting=False)
def _joined(pool: Any, one: int, other: int) -> int:
    """The queue of the entries of two, by (time, row)."""
    if one == 0 or other == 0:
        return one + other
    if pool[other, TIME] < pool[one, TIME] or (
        pool[other, TIME] == pool[one, TIME] and pool[other, ROW] < pool[one, ROW]
    ):
        one, other = other, one
    at = one
    while True:
        right = pool[at, RIGHT]
        pool[at, RIGHT] = pool[at, LEFT]
        if right == 0:
            pool[at, LEFT] = other
            return one
        if pool[other, TIME] < pool[right, TIME] or (
            pool[other, TIME] == pool[right, TIME] and pool[other, ROW] < pool[right, ROW]
        ):
            right, other = other, right
        pool[at, LEFT] = right
        at = right


@kernel("i8(i8[:, ::1], i8, i8, i8)", counting=False)
def put(pool: Any, queue: int, time: int, row: int) -> int:
    """The queue with one entry more, for which there must be room."""
    place = pool[0, FREE]
    if place > 0:
        pool[0, FREE] = pool[place, LEFT]
    else:
        pool[0, USED] += 1
        place = pool[0, USED]
    pool[place, TIME] = time
    pool[place, ROW] = row
    pool[place, LEFT] = 0
    pool[place, RIGHT] = 0
    return _joined(pool, queue, place)


@kernel("i8(i8[:, ::1], i8)", counting=False)
def without_least(pool: Any, queue: int) -> int:
    """The queue without its least entry."""
    rest = _joined(pool, pool[queue, LEFT], pool[queue, RIGHT])
    pool[queue, LEFT] = pool[0, FREE]
    pool[queue, ROW] = UNUSED
    pool[0, FREE] = queue
    return rest
