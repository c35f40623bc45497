"""Where lines end, and which of them look like a JSON object: as a kernel and in NumPy's terms.

Both give the same. Where kernels are plain Python, a loop over all bytes would take a hundred times as long.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import COMPILED, kernel, part

NEWLINE, RETURN, OPEN, CLOSE = b"\n\r{}"

Ends = NDArray[np.intp]
Mask = NDArray[np.bool_]

_LINE_BYTES = 32
"""Lines are seldom shorter: so much room there is for what is found at a time."""

_NEWLINES = 0x0A0A0A0A0A0A0A0A
_ONES = 0x0101010101010101
_HIGHEST = -0x7F7F7F7F7F7F7F80
"""The highest bit of each of eight bytes."""


def lines_of(text: NDArray[np.uint8]) -> tuple[Ends, Mask]:
    """Where the lines of a text end, of which each has an end; and which begin with `{` and end with `}`.

    A line's end may be `\\r\\n`.
    """
    return _by_word(text) if COMPILED else _by_column(text)


def _by_column(text: NDArray[np.uint8]) -> tuple[Ends, Mask]:
    ends = np.flatnonzero(text == NEWLINE)
    first, last = np.zeros_like(ends), ends - 1
    first[1:] = ends[:-1] + 1
    last -= text[last] == RETURN
    return ends, (last > first) & (text[first] == OPEN) & (text[last] == CLOSE)


def _by_word(text: NDArray[np.uint8]) -> tuple[Ends, Mask]:
    room = len(text) // _LINE_BYTES + 1
    found = list[tuple[Ends, Mask]]()
    start, count = 0, room
    while count == room:
        ends, objects = np.empty(room, dtype=np.intp), np.empty(room, dtype=np.bool_)
        count = _lines(text, start, ends, objects)
        found.append((ends[:count], objects[:count]))
        start = int(ends[count - 1]) + 1
    if len(found) == 1:
        return found[0]
    return np.concatenate([ends for ends, _ in found]), np.concatenate([objects for _, objects in found])


@part
def _byte(text: Any, at: int) -> int:
    """A byte. Asked for at an unsigned place: no code is then made for places counted from the end."""
    return int(text[np.uint64(at)])


@kernel("i8(u1[::1], i8, i8[::1], b1[::1])", counting=False)
def _lines(text: Any, start: int, ends: Any, objects: Any) -> int:
    """The lines from `start` on, as many as there is room for; returns how many.

    Eight bytes are looked at together. The exclusive or with newlines makes these 0, and the lowest bit of `found` is
    the highest bit of the first byte that is 0 (H. S. Warren, Hacker's Delight, 6-1).
    """
    n = 0
    first = start
    at = start
    size = len(text)
    while at < size and n < len(ends):
        if at + 8 <= size:
            word = 0
            for i in range(8):
                word |= _byte(text, at + i) << (8 * i)
            word ^= _NEWLINES
            found = (word - _ONES) & ~word & _HIGHEST
            if found == 0:
                at += 8
                continue
            at += ((((found & -found) - 1) & _ONES) * _ONES >> 56 & 0xFF) - 1
        elif _byte(text, at) != NEWLINE:
            at += 1
            continue
        last = at - 1
        if last > first and _byte(text, last) == RETURN:
            last -= 1
        ends[n] = at
        objects[n] = last > first and _byte(text, first) == OPEN and _byte(text, last) == CLOSE
        n += 1
        at += 1
        first = at
    return n
