"""Tables of reference data, and lookups in them.

    table limits from "limits.csv" { key model: text  value max_temp: degC }
    temp > limits(model).max_temp

A cell in the program is a constant like any other, and is checked like one; of a file's cells only what they say is
kept, as there may be many of them.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from ..dsl import nodes as n
from ..dsl.source import Span
from ..stdlib.catalogue import function_names
from ..stdlib.versions import version_parts
from .check_calls import ABOUT_MESSAGES, plain_arguments
from .check_context import Checking, Context, scope_of
from .check_declared import check_bounds
from .check_places import check_typed, check_within
from .check_types import BOOL, declared, described, unit_of
from .constants import converted, fits, number, written
from .csv_text import BadCsv, Row, cell_span, csv_rows
from .problems_names import UnknownField, UnknownType
from .problems_rules import NotInSource
from .problems_table_files import BadCell, ColumnMissing, RowLength, TooManyRows, UnclosedQuote
from .problems_tables import (
    ColumnType,
    KeyTwice,
    LookupWithoutColumn,
    NamedAsFunction,
    RowsBesideFile,
    TableWithout,
)
from .problems_types import NotConstant, WrongArguments, WrongType
from .resolve import closest, ending
from .typed import ColumnInfo, ColumnRef, Fact, SourceScope, Stored, TableFile, TableInfo

ROWS_MAX = 100_000
"""How many rows a table has at most."""

WHOLE_MAX = 2**53
"""Beyond it not every whole number can be stored."""

_KEYS = ("text", "int", "bool")
_VALUES = ("bool", "int", "float", "text", "version")

Keys = tuple[Stored, ...]


# --- What a table is -------------------------------------------------------------------------------------------------


def declare_table(c: Checking, table: n.ReferenceTable) -> None:
    """Note a table with its rows, as far as they could be understood."""
    if table.name in (*function_names(), *ABOUT_MESSAGES, "Point"):
        c.report(NamedAsFunction(span=table.span, table=table.name))
    columns = [(column, _column(c, column)) for column in table.columns]
    keys = tuple(info for column, info in columns if column.kind == "key")
    values = tuple(info for column, info in columns if column.kind == "value")
    if not keys or not values:
        c.report(TableWithout(span=table.span, table=table.name, lacks="value" if keys else "key"))
    rows: dict[Keys, tuple[Stored, ...]] = {}
    file = c.files.get(table.span.start)
    if table.file is not None and table.rows:
        c.report(RowsBesideFile(span=table.rows[0].span, table=table.name))
    elif keys and values and None not in keys:
        # Without its keys no row is told from another.
        if table.file is None:
            rows = _own_rows(c, table, _known(keys), values)
        elif file is not None:
            rows = _FileRows(c, table, file, [info for _, info in columns]).read()
    c.tables[table.name] = TableInfo(table.name, _known(keys), _known(values), rows)


def _known(columns: Sequence[ColumnInfo | None]) -> tuple[ColumnInfo, ...]:
    return tuple(column for column in columns if column is not None)


def _column(c: Checking, column: n.Column) -> ColumnInfo | None:
    type_ = declared(column.type)
    if isinstance(type_, UnknownType):
        c.report(type_)
        return None
    known = type_.name in (_KEYS if column.kind == "key" else _VALUES)
    if not known:
        c.report(ColumnType(span=column.type.span, column=column.name, kind=column.kind, got=described(type_)))
        return None
    low, high = check_bounds(c, column.bounds, type_, Context(scope_of(None), fixed="a bound"))
    info = ColumnInfo(column.name, type_, low, high)
    if column.default is None:
        return info
    return ColumnInfo(column.name, type_, low, high, _cell(c, column.default, info))


def _own_rows(
    c: Checking, table: n.ReferenceTable, keys: Sequence[ColumnInfo], values: Sequence[ColumnInfo | None]
) -> dict[Keys, tuple[Stored, ...]]:
    """The rows that stand in the program."""
    rows: dict[Keys, tuple[Stored, ...]] = {}
    first: dict[Keys, Span] = {}
    if len(table.rows) > ROWS_MAX:
        c.report(TooManyRows(span=table.rows[ROWS_MAX].span, table=table.name, maximum=ROWS_MAX))
        return rows
    for row in table.rows:
        told = len(c.problems.found)
        key = tuple(_cell(c, cell, info) for cell, info in zip(row.inputs, keys, strict=False))
        said = tuple(_cell(c, cell, info) for cell, info in zip(row.outputs, values, strict=False))
        if len(c.problems.found) > told:
            continue
        if None in key:
            place = key.index(None)
            needed, at = described(keys[place].type), f"the key `{keys[place].name}`"
            c.report(WrongType(span=row.inputs[place].span, place=at, needed=needed, got="`absent`"))
        elif key in first:
            c.report(KeyTwice(span=row.span, table=table.name, key=_shown(key), first=first[key]))
        else:
            first[key], rows[key] = row.span, said
    return rows


def _cell(c: Checking, node: n.Expr, column: ColumnInfo | None) -> Stored:
    """What a constant of the program is in a column; an absent one is the default."""
    if column is None:
        return None
    at = Context(scope_of(None), fixed="a cell of a table")
    fact = check_typed(c, node, at, column.type, f"the column `{column.name}`")
    if fact is None:
        return None
    if not fact.is_constant:
        c.report(NotConstant(span=node.span, place="a cell of a table"))
        return None
    check_within(c, node, fact, column.name, column.type, column.low, column.high)
    value = fact.constant
    if isinstance(value, Fraction):
        return float(converted(value, unit_of(fact.type), unit_of(column.type), point=column.type.affine))
    assert not isinstance(value, tuple)
    return column.default if value is None else value


def _shown(keys: Keys) -> str:
    """Keys as a program writes them."""
    return f"`{', '.join(map(_shown_key, keys))}`"


def _shown_key(key: Stored) -> str:
    match key:
        case str():
            return f'"{key}"'
        case float():
            return f"{key:.17g}"
        case _:
            return str(key).lower()


# --- Files -----------------------------------------------------------------------------------------------------------


class _FileRows:
    """Reads the rows of a table's file. Of each column the first bad cell is told: there may be many."""

    def __init__(
        self, c: Checking, table: n.ReferenceTable, file: TableFile, columns: Sequence[ColumnInfo | None]
    ) -> None:
        self.c = c
        self.table = table
        self.file = file
        self.columns = columns

    def read(self) -> dict[Keys, tuple[Stored, ...]]:
        rows: dict[Keys, tuple[Stored, ...]] = {}
        try:
            reading = csv_rows(self.file.text)
            header = next(reading, Row(0, []))
            places = self._places(header)
            if places is None:
                return rows
            self._rows(reading, len(header.cells), places, rows)
        except BadCsv as bad:
            self.c.report(UnclosedQuote(span=self._span(Span(bad.at, bad.at + 1))))
        return rows

    def _places(self, header: Row) -> list[int] | None:
        """Where in the file each column of the table is."""
        missing = False
        for column in self.table.columns:
            count = header.cells.count(column.name)
            if count != 1:
                span = self._row_span(header)
                self.c.report(ColumnMissing(span=span, column=column.name, declared=column.span, twice=count > 1))
                missing = True
        return None if missing else [header.cells.index(column.name) for column in self.table.columns]

    def _rows(
        self, reading: Iterator[Row], width: int, places: list[int], rows: dict[Keys, tuple[Stored, ...]]
    ) -> None:
        first: dict[Keys, Row] = {}
        kinds = [column.kind for column in self.table.columns]
        readers = [_reader(column, kind == "key") for column, kind in zip(self.columns, kinds, strict=True)]
        wrong: set[str] = set()
        for row in reading:
            if len(row.cells) != width:
                self.c.report(RowLength(span=self._row_span(row), expected=width, found=len(row.cells)))
                return
            if len(first) == ROWS_MAX:
                span = self._row_span(row)
                self.c.report(TooManyRows(span=span, table=self.table.name, maximum=ROWS_MAX))
                return
            keys: list[Stored] = []
            values: list[Stored] = []
            for column, kind, place, reader in zip(self.table.columns, kinds, places, readers, strict=True):
                try:
                    (keys if kind == "key" else values).append(reader(row.cells[place]))
                except ValueError as needed:
                    if column.name not in wrong:
                        self._bad_cell(column, row, place, str(needed))
                    wrong.add(column.name)
            key = tuple(keys)
            if not wrong and key in first:
                span, again = self._row_span(first[key]), self._row_span(row)
                self.c.report(KeyTwice(span=again, table=self.table.name, key=_shown(key), first=span))
                return
            first[key], rows[key] = row, tuple(values)

    def _bad_cell(self, column: n.Column, row: Row, place: int, needed: str) -> None:
        span = cell_span(self.file.text, row, place)
        if span.start == span.end:
            span = Span(span.start, span.start + 1)
        problem = BadCell(
            span=self._span(span),
            column=column.name,
            text=row.cells[place],
            needed=needed,
            declared=column.span,
        )
        self.c.report(problem)

    def _row_span(self, row: Row) -> Span:
        start = cell_span(self.file.text, row, 0).start if row.cells else 0
        end = cell_span(self.file.text, row, len(row.cells) - 1).end if row.cells else 0
        return self._span(Span(start, max(end, start + 1)))

    def _span(self, span: Span) -> Span:
        return Span(span.start + self.file.base, min(span.end, len(self.file.text)) + self.file.base)


def _reader(column: ColumnInfo | None, is_key: bool) -> Callable[[str], Stored]:
    """What reads the cells of a column; raises ValueError with what must stand there instead."""
    if column is None:
        return lambda _: None  # What is wrong with it has been reported.
    default = column.default
    read = _PLAIN[column.type.name](column)

    def cell(text: str) -> Stored:
        if text:
            return read(text)
        if is_key:
            raise ValueError(described(column.type))
        return default

    return cell


def _text_reader(column: ColumnInfo) -> Callable[[str], Stored]:
    choices = frozenset(column.type.choices)

    def read(text: str) -> Stored:
        if choices and text not in choices:
            raise ValueError(f"one of {', '.join(f'`{choice}`' for choice in column.type.choices)}")
        return text

    return read


def _bool_reader(_: ColumnInfo) -> Callable[[str], Stored]:
    def read(text: str) -> Stored:
        if text not in ("true", "false"):
            raise ValueError("`true` or `false`")
        return text == "true"

    return read


def _version_reader(column: ColumnInfo) -> Callable[[str], Stored]:
    def read(text: str) -> Stored:
        if version_parts(text) is None:
            raise ValueError(described(column.type))
        return text

    return read


def _number_reader(column: ColumnInfo) -> Callable[[str], Stored]:
    type_, low, high = column.type, column.low, column.high
    needed = "a whole number" if type_.name == "int" else "a number"
    if type_.unit is not None:
        needed += f" in `{type_.unit.text}`, without the unit,"
    within = "" if low is None or high is None else f" from {written(low, None)} to {written(high, None)}"

    def read(text: str) -> Stored:
        value = number(text)
        if value is None or not fits(value):
            raise ValueError(needed)
        if type_.name == "int" and (value.denominator > 1 or abs(value) > WHOLE_MAX):
            raise ValueError(needed)
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError(f"{needed}{within}")
        return float(value)

    return read


_PLAIN = {
    "text": _text_reader,
    "bool": _bool_reader,
    "version": _version_reader,
    "int": _number_reader,
    "float": _number_reader,
}


# --- Lookups ---------------------------------------------------------------------------------------------------------


def check_no_column(c: Checking, call: n.Call) -> None:
    """A lookup that does not say of which column."""
    table = c.names.references[call.function]
    columns = tuple(column.name for column in table.columns if column.kind == "value")
    c.report(LookupWithoutColumn(span=call.span, table=table.name, columns=columns))


def check_lookup(c: Checking, node: n.Member, call: n.Call, at: Context) -> Fact | None:
    """`limits(model).max_temp`: what a column says in the row of these keys, absent where there is none."""
    table = c.names.references[call.function]
    c.used.add(table.name)
    if isinstance(at.scope, SourceScope):
        c.report(NotInSource(span=node.span, what="a lookup in a table"))
        return None
    if at.fixed is not None:
        c.report(NotConstant(span=node.span, place=at.fixed, advice="look it up where it is used"))
        return None
    keys = [column for column in table.columns if column.kind == "key"]
    values = {column.name: column for column in table.columns if column.kind == "value"}
    used_as = f"{table.name}({', '.join(key.name for key in keys)}).{node.name}"
    if not plain_arguments(c, call, table.name, used_as):
        return None
    labels = [(argument.name or key.name) for argument, key in zip(call.arguments, keys, strict=False)]
    if len(call.arguments) != len(keys) or labels != [key.name for key in keys]:
        problem = f"takes {len(keys)} key{'' if len(keys) == 1 else 's'}, in the order declared"
        c.report(WrongArguments(span=call.span, function=table.name, problem=problem, signature=used_as))
        return None
    info = c.tables[table.name]
    types = {column.name: column.type for column in (*info.keys, *info.values)}
    found = [
        check_typed(c, argument.value, at, types[key.name], f"the key `{key.name}`")
        for argument, key in zip(call.arguments, keys, strict=True)
        if key.name in types
    ]
    if node.name not in values:
        known = closest(node.name, values)
        span = ending(node.span, node.name)
        c.report(UnknownField(span=span, name=node.name, device=table.name, closest=known, what="value column"))
        return None
    if None in found or len(found) < len(keys) or node.name not in types:
        return None  # What is wrong has been reported.
    reference = ColumnRef(table.name, node.name)
    c.know(call, at, BOOL, reference=reference)
    return c.know(node, at, types[node.name], reference=reference)
