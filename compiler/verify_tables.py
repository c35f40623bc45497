"""What must be true of every table of a plan, and of every lookup in one."""

from collections.abc import Iterator, Mapping, Sequence

from .plan import Lookup, ReferenceTable, TableColumn, ValueType

CELLS: dict[str, type] = {"bool": bool, "int": float, "float": float, "text": str}
"""What the cells of a column are, by how its values are stored."""
KEYS = ("bool", "int", "text")


def table_faults(table: ReferenceTable) -> Iterator[str]:
    """What is wrong with a table."""
    columns = (*table.keys, *table.values)
    if not table.keys:
        yield "it has no key"
    if len({column.name for column in columns}) < len(columns):
        yield "two of its columns have one name"
    if len({len(column.cells) for column in columns}) > 1:
        yield "its columns are not of one length"
        return
    for column in columns:
        yield from _cells(column, column in table.keys)
    keys = list(zip(*(column.cells for column in table.keys), strict=True))
    if len(set(keys)) < len(keys):
        yield "two of its rows have the same keys"


def _cells(column: TableColumn, is_key: bool) -> Iterator[str]:
    kind = CELLS.get(column.type.name)
    if kind is None or (is_key and column.type.name not in KEYS):
        yield f"its column {column.name} cannot be of type {column.type.name}"
    elif not all(type(cell) is kind or (cell is None and not is_key) for cell in column.cells):
        yield f"its column {column.name} has a cell of another type"


def lookup_faults(
    lookup: Lookup, inputs: Sequence[ValueType], type_: ValueType, tables: Mapping[str, ReferenceTable]
) -> Iterator[str]:
    """What is wrong with a lookup."""
    table = tables.get(lookup.table)
    if table is None:
        yield f"there is no table {lookup.table}"
        return
    column = next((column for column in table.values if column.name == lookup.column), None)
    if column is None:
        yield f"the table {table.name} has no column {lookup.column}"
    elif column.type != type_:
        yield f"the column {lookup.column} is of another type"
    if lookup.function != "lookup":
        yield f"a lookup is no {lookup.function}"
    if len(inputs) != len(table.keys) or any(
        CELLS.get(given.name) != CELLS[key.type.name] for given, key in zip(inputs, table.keys, strict=False)
    ):
        yield f"its inputs are not the keys of the table {table.name}"
