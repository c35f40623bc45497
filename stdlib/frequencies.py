"""How many different values there are, and which come most often."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from .column import Column
from .function import AggregateFunction, Combined, Value
from .tables import EXACT, KEPT, estimate, hash_of, ranks_of

Samples = Sequence[tuple[int, Any]]
MANY = "absent of more than 256 different values"
WHOLE_MAX = 1e15
"""Whole numbers below this are written in full."""


def _distinct(c: Combined) -> Column:
    tables = c.known_tables
    count = np.diff(tables.offsets).astype(np.float64)
    for i in np.flatnonzero(tables.beyond != EXACT).tolist():
        count[i] = estimate(tables.ranks[i].tolist())
    return Column(count)


def _ranked(c: Combined, window: int) -> list[tuple[float, int]]:
    """The codes of a window with their counts, the most frequent first, of equally frequent ones the least first."""
    tables = c.known_tables
    entries = slice(tables.offsets[window], tables.offsets[window + 1])
    codes, counts = tables.codes[entries].tolist(), tables.counts[entries].tolist()
    if c.texts:
        return sorted(zip(codes, counts, strict=True), key=lambda entry: (-entry[1], c.texts[int(entry[0])]))
    return sorted(zip(codes, counts, strict=True), key=lambda entry: (-entry[1], entry[0]))


def _mode(c: Combined) -> Column:
    ranked = [_ranked(c, window) for window in range(len(c.known_tables.beyond))]
    known = np.array([bool(entries) for entries in ranked], dtype=np.bool_)
    return Column(np.array([entries[0][0] if entries else 0.0 for entries in ranked]), known)


def _top_k(c: Combined, k: float = 3.0) -> Column:
    ranked = [_ranked(c, window)[: int(k)] for window in range(len(c.known_tables.beyond))]
    shown = [", ".join(_written(c.texts[int(code)] if c.texts else code) for code, _ in entries) for entries in ranked]
    known = np.array([bool(entries) for entries in ranked], dtype=np.bool_)
    return Column(np.array(shown, dtype=object), known)


def _written(value: bool | float | str) -> str:
    """A value as texts show it, a number without its unit."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value == int(value) and abs(value) < WHOLE_MAX:
        return str(int(value))
    text = f"{value:.6g}"
    return f"{Decimal(text):f}" if "e" in text else text


# --- The definitions -------------------------------------------------------------------------------------------------


def _plain_distinct(samples: Samples) -> Value:
    values = {value for _, value in samples}
    return float(len(values)) if len(values) <= KEPT else estimate(ranks_of(hash_of(value) for value in values))


def _few(samples: Samples) -> Samples:
    """The samples, or none if they have more different values than are kept."""
    return samples if len({value for _, value in samples}) <= KEPT else ()


def _most_frequent(samples: Samples) -> list[Any]:
    counts = Counter(value for _, value in samples)
    return sorted(counts, key=lambda value: (-counts[value], value))


def _whole_mode(samples: Samples) -> Value:
    found: Value = next(iter(_most_frequent(samples)), None)
    return found


def _whole_top_k(samples: Samples, k: float = 3.0) -> Value:
    return ", ".join(_written(value) for value in _most_frequent(samples)[: int(k)]) if samples else None


FREQUENCIES = (
    AggregateFunction(
        "distinct",
        "value",
        "count",
        ("count", "hashes"),
        _distinct,
        _plain_distinct,
        "How many different values there are.",
        whole=lambda samples: float(len({value for _, value in samples})),
        empty=0.0,
        single="1",
        error="exact of up to 256; beyond, a standard error of 1.6 %",
        examples=("distinct(driver over 1 day every 1 day)", "distinct(Truck.driver)"),
    ),
    AggregateFunction(
        "mode",
        "value",
        "argument",
        ("count", "frequencies"),
        _mode,
        lambda samples: _whole_mode(_few(samples)),
        "The value that comes most often; of equally frequent ones the least, of texts the first by the alphabet.",
        error=MANY,
        whole=_whole_mode,
        examples=("mode(gear over 1 h every 1 h)",),
    ),
    AggregateFunction(
        "top_k",
        "value",
        "texts",
        ("count", "frequencies"),
        _top_k,
        lambda samples, k=3.0: _whole_top_k(_few(samples), k),
        "The `k` most frequent values, the most frequent first, as a text with commas.",
        options="*k: int = 3",
        single="the value as a text",
        error=MANY,
        whole=_whole_top_k,
        examples=("top_k(error over 1 day every 1 day, k: 5)",),
    ),
)
