"""The parts that aggregates are made of: what is kept of many samples in one row of numbers, whatever their number.

A row is laid out by the parts that are asked for: only what is needed is kept. Sums of squares and of products are of
differences from the row's own first sample (and of its second value, or its time), which are small where samples are
close together: shifted data (T. F. Chan, G. H. Golub, R. J. LeVeque 1983).
"""

from collections.abc import Collection
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Part = Literal[
    "count", "true", "sum", "squares", "min", "max", "first", "last", "time", "second",
    "values", "hashes", "frequencies", "held", "lines",
]  # fmt: skip
"""What a slice keeps of the samples of one key. `time`: sums of products with the sample's time; `second`: with the
second value that is sampled with it. `values`, `hashes`, `frequencies`: a table (`TABLES`); `held`: what was held;
`lines`: what lies between samples."""

PARTS: tuple[Part, ...] = ("count", "true", "sum", "squares", "min", "max", "first", "last", "time", "second")
"""Parts that are numbers of a row; the flag of each is 1 << its place."""

TABLES: tuple[Part, ...] = ("values", "hashes", "frequencies")
"""Parts that are tables of values, one beside the row for each slice."""

HELD: Part = "held"
LINES: Part = "lines"
ALONE: tuple[Part, ...] = (HELD, LINES)
"""Parts of which slices keep nothing else."""

Column = Literal[
    "count", "true", "sum", "squares", "min", "max", "first", "last", "shift", "first_time", "last_time", "other_sum",
    "other_squares", "products", "other_shift",
]  # fmt: skip
COLUMNS: tuple[Column, ...] = (
    "count", "true", "sum", "squares", "min", "max", "first", "last", "shift", "first_time", "last_time", "other_sum",
    "other_squares", "products", "other_shift",
)  # fmt: skip
"""The numbers of a row, in order; floats, but for the times (ns) and, with `time`, the `other_shift`."""

HELD_COLUMNS = ("held_ns", "integral", "true_ns", "spells", "longest_ns")
"""The numbers of a row of what was held: how long anything was, its integral by seconds, how long it was true, how
often without a break, and how long at most."""

LINE_COLUMNS = ("samples", "lasted_ns", "area", "newest", "left_ns", "left", "right_ns", "right")
"""The numbers of a row of what lies between samples: how many these are, how long it is from the first to the last, the
area by seconds and the newest; the newest before the window's middle and how long before (-1: none), the oldest not
before it and how long after."""

INTS = (
    "first_time", "last_time", "held_ns", "true_ns", "spells", "longest_ns", "samples", "lasted_ns", "left_ns",
    "right_ns",
)  # fmt: skip
"""The numbers of a row that are ints."""

_OTHERS: tuple[Column, ...] = ("sum", "shift", "other_sum", "other_squares", "products", "other_shift")

_NEEDED: dict[Part, tuple[Column, ...]] = {
    "count": (),
    "true": ("true",),
    "sum": ("sum",),
    "squares": ("sum", "squares", "shift"),
    "min": ("min",),
    "max": ("max",),
    "first": ("first", "first_time"),
    "last": ("last", "last_time"),
    "time": _OTHERS,
    "second": _OTHERS,
}


def columns_of(parts: Collection[Part]) -> tuple[Column, ...]:
    """The numbers that a row keeps for these parts; how many samples there were is always the first."""
    needed = {"count", *(column for part in parts for column in _NEEDED.get(part, ()))}
    return tuple(column for column in COLUMNS if column in needed)


def layout(parts: Collection[Part]) -> NDArray[np.int64]:
    """Where in a row each of `COLUMNS` is, -1 if it is not kept; and last, how many words a row has."""
    kept = columns_of(parts)
    return np.array([*(kept.index(c) if c in kept else -1 for c in COLUMNS), len(kept)], dtype=np.int64)


def flags_of(parts: Collection[Part]) -> int:
    """The parts as a set of bits."""
    return sum(1 << place for place, part in enumerate(PARTS) if part in parts)


# --- Slices ----------------------------------------------------------------------------------------------------------

BRANCHES = 8
"""So many slices are joined in a block, so many blocks in a greater one."""


def ring_slices(past_ns: int, width_ns: int) -> int:
    """How many slices of a width cover so much of the past, with the one that grows, the one that is closed and
    the one that is cut."""
    return past_ns // width_ns + 3


def ring_sizes(slices: int, longest: int) -> list[int]:
    """How many slices a key keeps, and how many blocks of each level, where the longest window has so many slices."""
    sizes, of = [slices], BRANCHES
    while 2 * of <= longest:
        sizes.append(slices // of + 2)
        of *= BRANCHES
    return sizes


CACHE_LINE_WORDS = 8
"""The 8-byte words of a line of the processor's cache."""


def slice_words(parts: Collection[Part]) -> int:
    """The 8-byte words of a slice: its number, and its parts. A small one lies in no two lines."""
    words = 1 + len(columns_of(parts))
    return next((size for size in (2, 4, CACHE_LINE_WORDS) if words <= size), words)


def whole_lines(words: int) -> int:
    """So many words, and those that are left of the last line."""
    return -(-words // CACHE_LINE_WORDS) * CACHE_LINE_WORDS


# --- Samples themselves ----------------------------------------------------------------------------------------------

ENDS: tuple[Part, ...] = ("count", "first", "last")
"""Parts that the first and the last sample tell, and how many there are."""

PLACE_WORDS = 6
"""What is kept of where a key's samples are."""


def stacked_words(parts: Collection[Part]) -> int:
    """The words that are kept with each sample for what it and those after it come to."""
    return 0 if all(part in ENDS for part in parts) else len(columns_of(parts))


def room_for(samples: int) -> int:
    """The room of a region that samples are moved to, when theirs is full: half as many more, and 4 at least."""
    return samples + max(samples // 2, 4)


def recent_words(samples: int, parts: Collection[Part], arity: int) -> int:
    """The words of a key's newest samples, with what their moving leaves behind: half as much at most."""
    return 3 * room_for(samples) // 2 * (1 + arity + stacked_words(parts)) + PLACE_WORDS + len(columns_of(parts))


HEADER_WORDS = 4
"""What a store of slices keeps for a key beside them: how far it has come."""
OPEN_WORDS = 2
"""What is kept beside the row of the slice that is open: how far that has come."""
TABLE_WORDS = 514 + 5
"""A table of 256 values and one more, or of as many bytes as it takes to estimate very many; and where it is."""
HELD_WORDS = 14
"""What a slice keeps of what was held."""
LINE_WORDS = 7
"""What a slice keeps of what lies between samples."""


def key_words(parts: Collection[Part], slices: int, longest: int, windows: int) -> int:
    """The 8-byte words that a store of slices keeps for a key, at most: it has so many `slices`, so many in the longest
    window, and so many windows."""
    if HELD in parts:
        return HEADER_WORDS + slices * HELD_WORDS + 2 * windows
    if LINES in parts:
        return 1 + slices * LINE_WORDS + 2 * windows
    rows = sum(ring_sizes(slices, longest)) * slice_words(parts)
    tables = sum(part in TABLES for part in parts) * slices * TABLE_WORDS
    own = whole_lines(whole_lines(HEADER_WORDS + 2 * windows) + rows + 1)
    return own + whole_lines(OPEN_WORDS + len(columns_of(parts))) + tables


SPAN_WORDS = 8
"""What a stretch of time, in which something was held or not, comes to."""


def spans_within(samples: int) -> int:
    """How many spans there are between so many samples, at most: each begins one, and what it begins may end."""
    return 2 * samples + 2


def held_recent_words(samples: int) -> int:
    """The words of a key's newest spans, with what their moving leaves behind: half as much at most."""
    return 3 * room_for(spans_within(samples)) // 2 * (3 + SPAN_WORDS) + PLACE_WORDS + 6 + SPAN_WORDS


def held_open_words(rows: int) -> int:
    """The words of windows of what was held that are open until something ends: so many of a key at a time."""
    return 6 + 3 + rows * SPAN_WORDS


def open_words(parts: Collection[Part], windows: int) -> int:
    """The words of windows that are open until something ends: so many of a key at a time, and where they are."""
    tables = sum(part in TABLES for part in parts)
    return windows * len(columns_of(parts)) + 2 * tables * TABLE_WORDS + 4
