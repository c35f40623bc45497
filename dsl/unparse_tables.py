"""Tables of reference data, and rows of tables, as things to lay out."""

from collections.abc import Iterable

from . import nodes
from .layout import Block, Thing, plain
from .layout_words import words
from .strings import encode
from .unparse_expressions import bounds, constant, type_name


def reference_table_thing(table: nodes.ReferenceTable) -> Thing:
    file = "" if table.file is None else f' from "{encode(table.file)}"'
    parts = [*map(_column, table.columns), *row_things(table.rows)]
    return Thing([*words(f"table {table.name}{file}"), Block(parts, open=bool(parts))])


def row_things(rows: Iterable[nodes.TableRow]) -> list[Thing]:
    """Rows, whose arrows stand below one another."""
    return [
        plain(f"{', '.join(map(constant, row.inputs))}\t-> {', '.join(map(constant, row.outputs))}", "row")
        for row in rows
    ]


def _column(column: nodes.Column) -> Thing:
    default = "" if column.default is None else f" = {constant(column.default)}"
    return plain(f"{column.kind}\t{column.name}: {type_name(column.type)}{bounds(column.bounds)}{default}", "column")
