"""The checker: gives every expression of a program its fact, and reports everything that is wrong with it.

What others build on comes first: constants, tables, device types, twins, what procedures take; then signals in the
order in which they use each other, then everything else in the order of the text.
"""

from collections import Counter

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from .check_commands import check_commands
from .check_contests import check_contests
from .check_context import A_LET, Checking, Context, scope_of
from .check_devices import check_device
from .check_expressions import check_expression
from .check_groups import check_groups
from .check_operands import flexible
from .check_pace import pace_of
from .check_patterns import check_pattern
from .check_places import check_value
from .check_procedures import check_procedure, check_running, declare_procedure
from .check_ranges import check_ranges
from .check_rules import check_inhibition, check_rule
from .check_sources import check_source
from .check_tables import declare_table
from .check_targets import check_place, check_target
from .check_tests import check_invariant, check_table, check_test
from .check_twins import check_twin
from .check_whatif import check_what_if
from .lints import lint
from .problems_domains import SignalOfEvent
from .problems_doubts import UnusedImport, UnusedLet
from .problems_types import NotConstant, WrongType
from .resolve import Names
from .typed import TableFiles, Typed


def check(program: n.Program, names: Names, files: TableFiles) -> tuple[Typed, Problems]:
    """The program with what was found out about it, and what is wrong with it.

    A program with errors has facts for the expressions that could be understood, and for no others.
    """
    c = Checking(names, check_expression, files=files)
    for let in names.order:
        if isinstance(let, n.Let):
            _let(c, let)
    for table in names.references.values():
        declare_table(c, table)
    for device in names.devices.values():
        c.devices[device.name] = check_device(c, device)
    for twin in names.twins.values():
        check_twin(c, twin)
    for info in c.devices.values():
        check_commands(c, info)
    for procedure in names.procedures.values():
        c.procedures[procedure.name] = declare_procedure(c, procedure)
    for target in names.targets.values():
        c.targets[target.name] = check_target(c, target)
    for signal in names.order:
        if isinstance(signal, n.Signal):
            _signal(c, signal)
    for item in program.items:
        _item(c, item)
    check_inhibition(c)
    check_running(c)
    check_contests(c)
    check_groups(c, program)
    check_ranges(c)
    if not c.problems.any_errors:
        lint(c, program)
        _unused(c, program)
    typed = Typed(program, c.devices, c.facts, c.durations, c.procedures, c.models, c.targets, c.tables, files)
    return typed, c.problems


def _item(c: Checking, item: n.Item) -> None:
    """What nothing else is built on."""
    match item:
        case n.PatternItem():
            check_pattern(c, item.pattern, Context(scope_of(item.domain)))
        case n.Source():
            check_source(c, item)
        case n.Rule():
            check_rule(c, item)
            check_place(c, item)
        case n.Procedure():
            if c.names.procedures[item.name] is item:
                check_procedure(c, item)
        case n.Table():
            check_table(c, item)
        case n.Test():
            check_test(c, item)
        case n.Invariant():
            check_invariant(c, item)
        case n.WhatIf():
            check_what_if(c, item)
        case n.Device() | n.Let() | n.Signal() | n.Twin() | n.Target() | n.Priorities():
            pass
        case n.ReferenceTable():
            pass


def _let(c: Checking, item: n.Let) -> None:
    """A constant, or an area made of constants."""
    fact = check_value(c, item.value, Context(scope_of(None), fixed=A_LET), A_LET)
    if fact is None:
        return
    if not fact.is_constant and fact.type.name != "circle":
        c.report(NotConstant(span=item.value.span, place=A_LET, advice="what changes is a `signal`"))
        return
    c.lets[item.name] = fact


def _signal(c: Checking, item: n.Signal) -> None:
    """A value that holds; its domain is where its names are looked up."""
    fact = c.check(item.value, Context(scope_of(item.domain)))
    if fact is None:
        return
    if fact.event:
        c.report(SignalOfEvent(span=item.value.span, name=item.name, domain=_written(item.domain)))
        return
    if fact.type.name == "circle":
        c.report(WrongType(span=item.value.span, place="a signal", needed="a value", got="an area"))
        return
    c.signals[item.name] = fact
    c.paces[item.name] = pace_of(c, item.value)
    if flexible(c, item.value, fact):
        c.flexible_signals.add(item.name)


def _written(domain: n.Domain | None) -> str:
    match domain:
        case n.ForDevice(device=device):
            return f" for {device}"
        case n.ByProperties(properties=properties):
            return f" by {', '.join(properties)}"
        case None:
            return ""


def _unused(c: Checking, program: n.Program) -> None:
    """Warn of constants and imports that nothing uses. Signals and patterns are results, used or not."""
    names = Counter(
        item.name for item in program.items if isinstance(item, n.Let | n.Signal | n.PatternItem | n.Device)
    )
    for item in program.items:
        # Of two things of one name it is reported that they are two, and only one of them can be used.
        if isinstance(item, n.Let) and item.name not in c.used and names[item.name] == 1:
            c.report(UnusedLet(span=item.span, name=item.name))
    for name, import_ in c.names.imports.items():
        if name not in c.used:
            c.report(UnusedImport(span=import_.span, name=name, module=import_.module))
