"""From the grammar's rules for tables of reference data to nodes: one small function for each rule."""

from typing import Literal

from . import nodes
from .source import Span
from .tree_parts import every, only
from .tree_problems import RowShape
from .tree_reading import Build, Children, Clause, Reading, Word


def _reference_table(reading: Reading, span: Span, children: Children) -> nodes.ReferenceTable:
    name, *rest = children
    columns, rows = every(nodes.Column, rest), every(nodes.TableRow, rest)
    file: Word | None = only(Word, rest)
    reading.once(Clause(column.name, None, column.span) for column in columns)
    keys, values = (sum(column.kind == kind for column in columns) for kind in ("key", "value"))
    for row in rows:
        for side, wanted, cells in (("before", keys, row.inputs), ("after", values, row.outputs)):
            if columns and wanted != len(cells):
                header = columns[0].span.to(columns[-1].span)
                reading.problems.append(
                    RowShape(span=row.span, side=side, expected=wanted, found=len(cells), header=header)
                )
    return nodes.ReferenceTable(
        reading.declared(name),
        tuple(columns),
        None if file is None else reading.plain_text(file),
        tuple(rows),
        span=span,
    )


def _column(kind: Literal["key", "value"]) -> Build:
    def build(reading: Reading, span: Span, children: Children) -> nodes.Column:
        name, type_, *rest = children
        bounds: nodes.Bounds | None = only(nodes.Bounds, rest)
        return nodes.Column(kind, reading.declared(name), type_, bounds, only(nodes.Expr, rest), span=span)

    return build


TABLES: dict[str, Build] = {
    "reference_table": _reference_table,
    "key_column": _column("key"),
    "value_column": _column("value"),
}
