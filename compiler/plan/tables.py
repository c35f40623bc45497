"""Tables of reference data: what `Lookup` looks values up in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .streams import Lookup
from .values import ValueType


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column, and what it says in each row; null is absent, and stands in value columns only."""

    name: str
    type: ValueType
    cells: tuple[bool | float | str | None, ...]


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """A table whose rows are found by their keys, of which no two rows have the same. Columns are of one length."""

    name: str
    keys: tuple[TableColumn, ...]
    values: tuple[TableColumn, ...]


def looked_up(tables: Iterable[ReferenceTable], operators: Iterable[object]) -> tuple[ReferenceTable, ...]:
    """Of tables what some operators look up: the others, and columns that nobody asks for, need not be there."""
    asked: dict[str, set[str]] = {}
    for operator in operators:
        if isinstance(operator, Lookup):
            asked.setdefault(operator.table, set()).add(operator.column)
    return tuple(
        replace(table, values=tuple(column for column in table.values if column.name in asked[table.name]))
        for table in tables
        if table.name in asked
    )
