"""Tables of reference data into those of the plan, and lookups in them into nodes."""

from fractions import Fraction

from ..dsl import nodes as n
from .lower_context import Lowering, Place, value_type
from .lower_units import operand
from .plan import Constant, Lookup, ReferenceTable, TableColumn
from .typed import ColumnInfo, ColumnRef, Stored, TableInfo, Typed
from .typed import Constant as Exact


def lower_tables(typed: Typed) -> tuple[ReferenceTable, ...]:
    """All tables of a program, with their rows in the order written."""
    return tuple(_table(table) for table in typed.tables.values())


def _table(table: TableInfo) -> ReferenceTable:
    keys = [_column(column, [key[place] for key in table.rows]) for place, column in enumerate(table.keys)]
    said = table.rows.values()
    values = [_column(column, [row[place] for row in said]) for place, column in enumerate(table.values)]
    return ReferenceTable(table.name, tuple(keys), tuple(values))


def _column(column: ColumnInfo, cells: list[Stored]) -> TableColumn:
    return TableColumn(column.name, value_type(column.type), tuple(cells))


def _stored(key: Exact) -> Stored:
    assert not isinstance(key, tuple)
    return float(key) if isinstance(key, Fraction) else key


def _said(table: TableInfo, keys: list[Exact], column: str) -> Stored:
    """What a table says of constant keys."""
    row = table.rows.get(tuple(map(_stored, keys)))
    return None if row is None else row[[value.name for value in table.values].index(column)]


def lower_lookup(lowering: Lowering, reference: ColumnRef, expression: n.Expr, at: Place) -> str:
    """The node of `limits(model).max_temp`."""
    assert isinstance(expression, n.Member)
    assert isinstance(expression.of, n.Call)
    type_ = value_type(lowering.fact(expression).type)
    facts = [lowering.fact(argument.value) for argument in expression.of.arguments]
    if all(fact.is_constant for fact in facts):
        said = _said(lowering.typed.tables[reference.table], [fact.constant for fact in facts], reference.column)
        return lowering.add(Constant(said), (), at.timeline, type_, expression.span)
    keys = tuple(operand(lowering, argument.value, None, at) for argument in expression.of.arguments)
    lookup = Lookup(table=reference.table, column=reference.column)
    return lowering.apply(lookup, keys, type_, expression.span)
