"""All functions by name: what checker, lowering, engine and reference look up."""

from collections.abc import Iterable
from typing import TypeVar

from . import (
    aggregates,
    anomaly,
    arithmetic,
    comparison,
    conversion,
    durations,
    filters,
    foresight,
    frequencies,
    geography,
    lines,
    listed,
    logic,
    magnitudes,
    quantiles,
    texts,
    trends,
    versions,
)
from .function import AggregateFunction, Scalar, Stateful

F = TypeVar("F", Scalar, AggregateFunction, Stateful)


def _by_name(functions: Iterable[F]) -> dict[str, F]:
    table: dict[str, F] = {}
    for function in functions:
        assert function.name not in table, function.name
        table[function.name] = function
    return table


SCALARS: dict[str, Scalar] = _by_name(
    scalar
    for family in (arithmetic, comparison, logic, conversion, magnitudes, geography, texts, versions, listed)
    for scalar in family.SCALARS
)
"""Functions of values at one instant. `min` and `max` of two or more numbers are here, those of samples in
`AGGREGATES`."""

AGGREGATES: dict[str, AggregateFunction] = _by_name(
    (
        *aggregates.AGGREGATES,
        *quantiles.QUANTILES,
        *frequencies.FREQUENCIES,
        *trends.TRENDS,
        *durations.DURATIONS,
        *lines.LINES,
    )
)
"""Functions of the samples of a window, or of the members of a group."""

STATEFUL: dict[str, Stateful] = _by_name(
    function for family in (anomaly, filters, foresight) for function in family.STATEFUL
)
"""Functions of a value's past or future."""


def _modules() -> dict[str, frozenset[str]]:
    functions: list[Scalar | Stateful] = [*SCALARS.values(), *STATEFUL.values()]
    modules = {function.module for function in functions if function.module is not None}
    return {name: frozenset(f.name for f in functions if f.module == name) for name in sorted(modules)}


MODULES = _modules()
"""The functions of each module of the library; the others need no import."""


def aggregate_named(name: str) -> AggregateFunction | None:
    """The aggregate that a program can call by this name."""
    found = AGGREGATES.get(name)
    return None if found is None or found.internal else found


def function_names() -> list[str]:
    """All names that can be called, for suggestions; of the quantiles those that people ask for."""
    scalars = [scalar.name for scalar in SCALARS.values() if not scalar.internal]
    aggregates_ = [
        name
        for name, aggregate in AGGREGATES.items()
        if not aggregate.internal and (not name[1:].isdecimal() or name in ("p50", "p90", "p95", "p99"))
    ]
    return [*scalars, *aggregates_, *STATEFUL]
