"""What tests a program, in the program: tests, tables, and what must never or always be so."""

from ..dsl import nodes as n
from ..dsl.tree_problems import RowShape
from .check_context import Checking, Context, domain_of, scope_of
from .check_expectations import check_expectation
from .check_places import check_condition, check_constant, check_typed, check_within
from .check_stimuli import check_stimuli
from .check_types import BOOL
from .problems_names import UnknownRule
from .problems_rules import TableColumn, TableDevice
from .problems_tests import EmptyTable, NothingExpected, NothingGiven
from .resolve import closest
from .typed import DeviceScope


def check_test(c: Checking, test: n.Test) -> None:
    """A test: what is given, what happens, what is expected."""
    scene = check_stimuli(c, test)
    for expected in test.expectations:
        check_expectation(c, expected, scene)
    if not test.expectations:
        c.report(NothingExpected(span=test.span, title_=test.title))
    elif not scene.given:
        c.report(NothingGiven(span=test.span, title_=test.title))


def check_invariant(c: Checking, item: n.Invariant) -> None:
    """`never "…" = condition`: a condition that holds, in a domain."""
    advice = "say what holds before or after it, joined by `and`"
    check_condition(c, item.condition, Context(scope_of(item.domain)), f"`{item.kind}`", advice)


def check_table(c: Checking, table: n.Table) -> None:
    """A table for a rule: fields of the device in, `raised` out, and a value for each column in each row."""
    rule = c.names.rules.get(table.rule)
    info = c.devices.get(table.device)
    if rule is None:
        c.report(
            UnknownRule(span=table.span, name=table.rule, closest=closest(table.rule, c.names.rules), behind=("for",))
        )
    elif scope_of(rule.domain) != DeviceScope(table.device):
        domain = domain_of(scope_of(rule.domain))
        c.report(TableDevice(span=table.span, rule=table.rule, domain=domain, device=table.device))
    for column in table.outputs:
        if column != "raised":
            c.report(TableColumn(span=table.span, column=column, problem="cannot be asked for, only `raised`"))
    if info is None:
        return
    for column in table.inputs:
        if column not in info.fields and (info.name, column) not in c.broken:
            known = closest(column, info.fields)
            advice = "" if known is None else f", did you mean `{known}`?"
            problem = f"is not a field of `{table.device}`{advice}"
            c.report(TableColumn(span=table.span, column=column, problem=problem))
    columns = (*table.inputs, *table.outputs)
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        c.report(TableColumn(span=table.span, column=twice, problem="is a column twice"))
    if not table.rows:
        c.report(EmptyTable(span=table.span, title_=table.title))
    at = Context(DeviceScope(table.device))
    for row in table.rows:
        _check_row(c, table, row, at)


def _check_row(c: Checking, table: n.Table, row: n.TableRow, at: Context) -> None:
    sides = (("before", row.inputs, table.inputs), ("after", row.outputs, table.outputs))
    for side, cells, columns in sides:
        if len(cells) != len(columns):
            c.report(RowShape(span=row.span, side=side, found=len(cells), expected=len(columns), header=table.span))
            return
    fields = c.devices[table.device].fields
    for cell, column in zip(row.inputs, table.inputs, strict=True):
        place = f"the column `{column}`"
        if column in fields and (isinstance(cell, n.Absent) or check_constant(c, cell, at, place) is not None):
            info = fields[column]
            fact = check_typed(c, cell, at, info.type, place)
            if fact is not None:
                check_within(c, cell, fact, column, info.type, info.low, info.high)
    for cell in row.outputs:
        if check_constant(c, cell, at, "the column `raised`") is not None:
            check_typed(c, cell, at, BOOL, "the column `raised`")
