"""Tables: each row is a device of its own, in a run of its own, and what becomes of a rule for it.

The row's values are given at 0 s (`absent` ones are not given), and go on at their declared rates for as long as the
rule can need to make up its mind: its `for`s, its windows and what it waits for stragglers, one after another.
`raised` is whether the rule was raised in that time.
"""

from collections.abc import Mapping

from ...compiler import plan as p
from ...dsl import nodes as n
from .exact import Reader, S
from .observing import View
from .scenario import Scenario, field_value
from .virtual import Line

NEED_MAX = 24 * 3600 * S
"""No row is watched longer than a day."""

CALENDAR = {"today": 1, "this_week": 7, "this_month": 31, "this_year": 366}


def row_scenario(view: View, table: n.Table, row: n.TableRow, number: int) -> Scenario:
    """The scenario of one row (from 1): a device that reports what the row says."""
    typed = view.compiled.typed
    assert typed is not None
    reader = Reader(typed)
    info = typed.devices[table.device]
    scenario = Scenario(typed, need(view, table.rule))
    values = {
        name: field_value(info.fields[name], reader, cell) for name, cell in zip(table.inputs, row.inputs, strict=True)
    }
    scenario.device(table.device, f"row{number}").say(Line(0, None, values))
    return scenario


def wanted(view: View, row: n.TableRow, table: n.Table) -> Mapping[str, bool]:
    """What a row says of each output."""
    assert view.compiled.typed is not None
    reader = Reader(view.compiled.typed)
    return {name: reader.exact(cell).value is True for name, cell in zip(table.outputs, row.outputs, strict=True)}


def need(view: View, rule: str) -> int:
    """How long (ns) a rule can take to make up its mind about values that stay as they are; at most a day."""
    known: dict[str, int] = {}
    for node in view.plan.nodes:
        before = max((known[i] for i in node.inputs), default=0)
        known[node.id] = before + _own(view, node)
    return min(known[view.rules[rule].id], NEED_MAX)


def _own(view: View, node: p.PlanNode) -> int:
    match node.operator:
        case p.Holds(duration_ns=length) | p.Quiet(duration_ns=length):
            return length
        case p.Window(width_ns=width, every_ns=every, calendar=calendar):
            if calendar is not None:
                return CALENDAR[calendar] * 24 * 3600 * S
            return max(width or 0, every or 0)
        case p.Delayed():
            return max(device.lateness_ns for device in view.plan.devices)
        case _:
            return 0
