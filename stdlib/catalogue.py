"""All functions by name: what checker, lowering, engine and reference look up."""

from collections.abc import Iterable
from typing import TypeVar

from . import aggregates, arithmetic, comparison, conversion, geography, logic, magnitudes
from .function import AggregateFunction, Scalar

F = TypeVar("F", Scalar, AggregateFunction)


def _by_name(functions: Iterable[F]) -> dict[str, F]:
    table: dict[str, F] = {}
    for function in functions:
        assert function.name not in table, function.name
        table[function.name] = function
    return table


SCALARS: dict[str, Scalar] = _by_name(
    scalar for family in (arithmetic, comparison, logic, conversion, magnitudes, geography) for scalar in family.SCALARS
)
"""Functions of values at one instant. `min` and `max` of two or more numbers are here, those of samples in
`AGGREGATES`."""

AGGREGATES: dict[str, AggregateFunction] = _by_name(aggregates.AGGREGATES)
"""Functions of the samples of a window, or of the members of a group."""
