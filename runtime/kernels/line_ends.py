"""Where lines end, which of them look like a JSON object, and whether all are ASCII: as a kernel and in NumPy's terms.

Both give the same. Where kernels are plain Python, a loop over all bytes would take a hundred times as long.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import is_compiled, kernel
from .octets import byte_at

NEWLINE, RETURN, OPEN, CLOSE = b"\n\r{}"

Ends = NDArray[np.intp]
Mask = NDArray[np.bool_]

_LINE_BYTES = 32
"""Lines are seldom shorter: so much room there is for what is found at a time."""

_NOT_ASCII = 0x80
_NEWLINES = 0x0A0A0A0A0A0A0A0A
_ONES = 0x0101010101010101
_HIGHEST = -0x7F7F7F7F7F7F7F80
"""The highest bit of each of eight bytes."""


def lines_of(text: NDArray[np.uint8]) -> tuple[Ends, Mask, bool]:
    """Where the lines of a text end, of which each has an end; which begin with `{` and end with `}`; whether the text
    is ASCII.

    A line's end may be `\\r\\n`.
    """
    return _by_word(text) if is_compiled(_lines) else _by_column(text)


def _by_column(text: NDArray[np.uint8]) -> tuple[Ends, Mask, bool]:
    ends = np.flatnonzero(text == NEWLINE)
    first, last = np.zeros_like(ends), ends - 1
    first[1:] = ends[:-1] + 1
    last -= text[last] == RETURN
    objects = (last > first) & (text[first] == OPEN) & (text[last] == CLOSE)
    return ends, objects, bool(text.max(initial=0) < _NOT_ASCII)


def _by_word(text: NDArray[np.uint8]) -> tuple[Ends, Mask, bool]:
    room = len(text) // _LINE_BYTES + 1
    is_ascii = np.ones(1, dtype=np.bool_)
    found = list[tuple[Ends, Mask]]()
    start, count = 0, room
    while count == room:
        ends, objects = np.empty(room, dtype=np.intp), np.empty(room, dtype=np.bool_)
        count = _lines(text, start, ends, objects, is_ascii)
        found.append((ends[:count], objects[:count]))
        start = int(ends[count - 1]) + 1
    if len(found) == 1:
        return *found[0], bool(is_ascii[0])
    ends, objects = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return ends, objects, bool(is_ascii[0])


@kernel("i8(u1[::1], i8, i8[::1], b1[::1], b1[::1])", counting=False)
def _lines(text: Any, start: int, ends: Any, objects: Any, is_ascii: Any) -> int:
    """The lines from `start` on, as many as there is room for; returns how many. `is_ascii` is false if one is not.

    Eight bytes are looked at together. The exclusive or with newlines makes these 0, and the lowest bit of `found` is
    the highest bit of the first byte that is 0 (H. S. Warren, Hacker's Delight, 6-1).
    """
    n = 0
    seen = 0
    first = start
    at = start
    size = len(text)
    while at < size and n < len(ends):
        if at + 8 <= size:
            word = 0
            for i in range(8):
                word |= byte_at(text, at + i) << (8 * i)
            seen |= word
            word ^= _NEWLINES
            found = (word - _ONES) & ~word & _HIGHEST
            if found == 0:
                at += 8
                continue
            at += ((((found & -found) - 1) & _ONES) * _ONES >> 56 & 0xFF) - 1
        elif byte_at(text, at) != NEWLINE:
            seen |= byte_at(text, at)
            at += 1
            continue
        last = at - 1
        if last > first and byte_at(text, last) == RETURN:
            last -= 1
        ends[n] = at
        objects[n] = last > first and byte_at(text, first) == OPEN and byte_at(text, last) == CLOSE
        n += 1
        at += 1
        first = at
    if seen & _HIGHEST:
        is_ascii[0] = False
    return n
