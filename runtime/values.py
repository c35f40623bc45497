"""Columns as plain values, where they leave the engine."""

from collections.abc import Sequence
from typing import Any

from ..stdlib.column import Column


def plain_values(column: Column, type_name: str, texts: Sequence[str]) -> list[Any]:
    """A column's values as Python's own; None where absent, times as ints (ns), points as (latitude, longitude)."""
    values: list[Any] = column.values.tolist()
    if type_name == "text":
        return [texts[code] if known else None for code, known in zip(values, column.mask().tolist(), strict=True)]
    if type_name == "point":
        values = [(point.real, point.imag) for point in values]
    if column.known is None:
        return values
    return [v if known else None for v, known in zip(values, column.known.tolist(), strict=True)]
