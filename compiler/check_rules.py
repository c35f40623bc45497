"""Rules: what raises and clears them, their clauses, and tables that test them."""

from ..dsl import nodes as n
from ..dsl.tree_problems import RowShape
from .check_actions import check_actions, check_severity, sends
from .check_aggregates import check_zone
from .check_context import Checking, Context, domain_of, scope_of
from .check_patterns import check_pattern, steps_of
from .check_places import as_condition, check_condition, check_constant, check_duration, check_typed, check_within
from .check_types import BOOL
from .problems_doubts import IdleRule
from .problems_names import UnknownRule
from .problems_rules import ManyPatterns, MomentaryWithoutEnd, TableColumn, TableDevice
from .resolve import closest, walk
from .typed import DeviceScope, PatternRef


def check_rule(c: Checking, rule: n.Rule) -> None:
    """A rule's condition, its clauses and its actions."""
    at = Context(scope_of(rule.domain))
    momentary = _when(c, rule, at)
    pattern = _pattern_of(c, rule)
    if pattern is not None:
        at = Context(at.scope, steps=steps_of(pattern))
    if rule.until is not None:
        advice = "write the condition itself: `until not door`"
        check_condition(c, rule.until, at, "`until`", advice)
    if rule.severity is not None:
        check_severity(c, rule.severity, rule)
    clauses = (("`cooldown`", rule.cooldown), ("`repeat every`", rule.repeat_every), ("`hold for`", rule.hold_for))
    for place, duration in clauses:
        if duration is not None:
            check_duration(c, duration, at, place)
    if rule.schedule is not None and rule.schedule.zone is not None:
        check_zone(c, rule.schedule.zone, rule.schedule)
    check_actions(c, rule.do, at)
    check_actions(c, rule.on_clear, at)
    if momentary:
        _check_end(c, rule)
    if not rule.do and not rule.on_clear:
        c.report(IdleRule(span=rule.span, rule=rule.name))


def _when(c: Checking, rule: n.Rule, at: Context) -> bool:
    """Check `when`, and say whether it is an event."""
    if isinstance(rule.when, n.Pattern):
        check_pattern(c, rule.when, at)
        return True
    fact = c.check(rule.when, at)
    if fact is None or as_condition(c, rule.when, fact, "`when`") is None:
        return False
    return fact.event


def _pattern_of(c: Checking, rule: n.Rule) -> n.Pattern | None:
    """The one pattern that a rule waits for; reports a second one."""
    if isinstance(rule.when, n.Pattern):
        return rule.when
    found: n.PatternItem | None = None
    first: n.Node | None = None
    for node in walk(rule.when):
        fact = c.facts.get(node)
        if fact is None or not isinstance(fact.reference, PatternRef):
            continue
        item = c.names.values[fact.reference.name]
        assert isinstance(item, n.PatternItem)
        if found is None or first is None:
            found, first = item, node
        elif item is not found:
            c.report(ManyPatterns(span=node.span, first=first.span))
    return None if found is None else found.pattern


def _check_end(c: Checking, rule: n.Rule) -> None:
    """A rule on an event that does more than tell must say when it is over."""
    if rule.until is not None or rule.hold_for is not None or rule.latched:
        return
    what = None
    if sends(rule.do) or sends(rule.on_clear):
        what = "sends a command"
    elif rule.repeat_every is not None:
        what = "repeats"
    elif rule.on_clear:
        what = "does something `on clear`"
    if what is not None:
        c.report(MomentaryWithoutEnd(span=rule.span, rule=rule.name, what=what, when=rule.when.span))


# --- Tables ----------------------------------------------------------------------------------------------------------


def check_table(c: Checking, table: n.Table) -> None:
    """A table for a rule: fields of the device in, `raised` out, and a value for each column in each row."""
    rule = c.names.rules.get(table.rule)
    info = c.devices.get(table.device)
    if rule is None:
        c.report(UnknownRule(span=table.span, name=table.rule, closest=closest(table.rule, c.names.rules)))
    elif scope_of(rule.domain) != DeviceScope(table.device):
        domain = domain_of(scope_of(rule.domain))
        c.report(TableDevice(span=table.span, rule=table.rule, domain=domain, device=table.device))
    for column in table.outputs:
        if column != "raised":
            c.report(TableColumn(span=table.span, column=column, problem="cannot be asked for, only `raised`"))
    if info is None:
        return
    for column in table.inputs:
        if column not in info.fields:
            known = closest(column, info.fields)
            advice = "" if known is None else f", did you mean `{known}`?"
            problem = f"is not a field of `{table.device}`{advice}"
            c.report(TableColumn(span=table.span, column=column, problem=problem))
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
