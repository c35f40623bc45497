"""Versions: texts such as `2.10.1`, compared part by part as numbers."""

import re
from functools import lru_cache

import numpy as np

from .column import Column
from .elementwise import together
from .function import Interned, Scalar

VERSION_LENGTH_MAX = 64
"""No version that anybody gives a firmware is longer."""

_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


@lru_cache(maxsize=4096)
def version_parts(text: str) -> tuple[int, ...] | None:
    """What a version is compared by: its parts as numbers, a missing one being 0; None if it is no version.

    >>> version_parts("2.10"), version_parts("2.1.0") == version_parts("2.1")
    ((2, 10), True)
    """
    if len(text) > VERSION_LENGTH_MAX or _VERSION.fullmatch(text) is None:
        return None
    parts = [int(part) for part in text.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def _order(a: Column, b: Column, texts: Interned) -> Column:
    """Of few distinct versions, however many rows: each has a rank among them."""
    codes = np.unique(np.concatenate([a.values, b.values]))
    # What stands where nothing is known need not be the code of any text.
    known = texts.texts
    parts = [(version_parts(known[code]) if 0 <= code < len(known) else None) or () for code in codes.tolist()]
    ranks = {version: float(rank) for rank, version in enumerate(sorted(set(parts)))}
    rank = np.array([ranks[version] for version in parts])
    first, second = (rank[np.searchsorted(codes, column.values)] for column in (a, b))
    return together(np.sign(first - second), a, b)


def _order_of(a: str, b: str) -> float:
    first, second = version_parts(a) or (), version_parts(b) or ()
    return float((first > second) - (first < second))


SCALARS = (
    Scalar(
        "version_order",
        "a: text, b: text -> float",
        _order,
        _order_of,
        "-1 where the version `a` is older than `b`, 0 where they are the same, 1 where it is newer.",
        internal=True,
        needs_texts=True,
    ),
)
