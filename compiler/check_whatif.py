"""What-ifs: the past again with changes, many times, and what to report of it."""

from ..dsl import nodes as n
from ..stdlib.catalogue import aggregate_named
from .check_context import Checking, Context
from .check_places import check_condition, check_duration, check_typed, check_value, check_whole, check_within
from .check_types import described, is_number
from .problems_names import Duplicate, UnknownField
from .problems_tests import NothingReported, UnknownStatistic
from .problems_types import WrongType
from .resolve import closest
from .typed import DeviceScope, FieldInfo, GroupScope

STATISTICS = ("mean", "median", "min", "max", "range", "stddev", *(f"p{percent}" for percent in range(1, 100)))

ALL = GroupScope(())


def check_what_if(c: Checking, item: n.WhatIf) -> None:
    """What is changed, how often it is run, and what is reported."""
    at = Context(ALL)
    check_duration(c, item.history_last, at, "`last`")
    for change in item.changes:
        _change(c, change)
    if item.runs is not None:
        check_whole(c, item.runs, at, "`runs`", 1)
    if item.seed is not None:
        check_whole(c, item.seed, at, "`seed`", 0)
    for report in item.reports:
        _report(c, report, at)
    if not item.reports:
        c.report(NothingReported(span=item.span, title_=item.title))


def _change(c: Checking, change: n.WhatIfSet) -> None:
    """`set Load.power = 0 kW where rank == 3`: a field or a twin's variable, of the devices for which this is true."""
    info = c.devices.get(change.device)
    if info is None:
        return
    at = Context(DeviceScope(change.device))
    field = info.fields.get(change.field)
    model = c.models.get(change.device)
    if field is None and model is not None and change.field in model.variables:
        field = FieldInfo(change.field, model.variables[change.field], "telemetry")
    if change.where is not None:
        check_condition(c, change.where, at, "`where`")
    if field is None and (info.name, change.field) in c.broken:
        return
    if field is None:
        known = closest(change.field, (*info.fields, *(() if model is None else model.variables)))
        c.report(UnknownField(span=change.span, name=change.field, device=change.device, closest=known))
        return
    fact = check_typed(c, change.value, at, field.type, f"`{field.name}`")
    if fact is not None:
        check_within(c, change.value, fact, field.name, field.type, field.low, field.high)


def _report(c: Checking, report: n.Report, at: Context) -> None:
    """`report p5, p50, p95 of min(Battery.charge)`: of a number over the runs, or how often something is so."""
    fact = check_value(c, report.of, at, "`report`")
    seen: set[str] = set()
    for name in report.statistics:
        if name in seen:
            c.report(Duplicate(span=report.span, what="statistic", name=name, first=report.span))
        seen.add(name)
        if name not in (*STATISTICS, "share"):
            known = closest(name, ("mean", "median", "min", "max", "range", "stddev", "share", "p50", "p95"))
            c.report(UnknownStatistic(span=report.span, name=name, closest=None if aggregate_named(name) else known))
        elif fact is not None and (name == "share") is (fact.type.name != "bool"):
            needed = "a condition" if name == "share" else "a number"
            if name == "share" or not is_number(fact.type):
                c.report(WrongType(span=report.of.span, place=f"`{name}`", needed=needed, got=described(fact.type)))
