"""The kernels of partial aggregates: rows of parts that samples are taken into, and rows that are joined to others."""

from typing import Any

from . import parts
from .jit import kernel


@kernel("void(f8[::1], i8[::1], i8[::1], i8[::1], i8, f8[::1], f8[::1], i8[::1])", counting=False)
def take_each(floats: Any, ints: Any, row: Any, cols: Any, flags: int, value: Any, second: Any, time: Any) -> None:
    """Take each sample, in order, into its row. `second` are the second values of samples that have two, else empty."""
    for i in range(len(row)):
        y = second[i] if len(second) > 0 else 0.0
        parts.take(floats, ints, row[i] * cols[parts.C_WORDS], cols, flags, value[i], y, time[i])


@kernel("void(f8[::1], i8[::1], i8[::1], f8[::1], i8[::1], i8[::1], i8, i8[::1])", counting=False)
def join_each(
    floats: Any, ints: Any, row: Any, from_floats: Any, from_ints: Any, cols: Any, flags: int, out: Any
) -> None:
    """Join, in order, the i-th of the rows given to `row[i]`; `out` are the rows as each has left them."""
    words = cols[parts.C_WORDS]
    for i in range(len(row)):
        at = row[i] * words
        parts.join(floats, ints, at, from_floats, from_ints, i * words, cols, flags)
        for word in range(words):
            out[i * words + word] = ints[at + word]
