"""The checker: gives every expression of a program its fact, and reports everything that is wrong with it.

Devices first, then lets and signals in the order in which they use each other, then patterns, sources, rules and
tables.
"""

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from .check_context import Checking, Context, scope_of
from .check_devices import check_device
from .check_expressions import check_expression
from .check_groups import check_groups
from .check_operands import flexible
from .check_pace import pace_of
from .check_patterns import check_pattern
from .check_places import check_value
from .check_ranges import check_ranges
from .check_rules import check_rule, check_table
from .check_sources import check_source
from .problems_domains import SignalOfEvent
from .problems_doubts import UnusedImport, UnusedLet
from .problems_types import NotConstant, WrongType
from .resolve import Names
from .typed import Typed


def check(program: n.Program, names: Names) -> tuple[Typed, Problems]:
    """The program with what was found out about it, and what is wrong with it.

    A program with errors has facts for the expressions that could be understood, and for no others.
    """
    c = Checking(names, check_expression)
    for device in names.devices.values():
        c.devices[device.name] = check_device(c, device)
    for item in names.order:
        if isinstance(item, n.Let):
            _let(c, item)
        else:
            _signal(c, item)
    for other in program.items:
        match other:
            case n.PatternItem():
                check_pattern(c, other.pattern, Context(scope_of(other.domain)))
            case n.Source():
                check_source(c, other)
            case n.Rule():
                check_rule(c, other)
            case n.Table():
                check_table(c, other)
            case n.Device() | n.Let() | n.Signal():
                pass
    check_groups(c, program)
    check_ranges(c)
    if not c.problems.any_errors:
        _unused(c, program)
    return Typed(program, c.devices, c.facts, c.durations), c.problems


def _let(c: Checking, item: n.Let) -> None:
    """A constant, or an area made of constants."""
    fact = check_value(c, item.value, Context(scope_of(None), fixed="a `let`"), "a `let`")
    if fact is None:
        return
    if not fact.is_constant and fact.type.name != "circle":
        c.report(NotConstant(span=item.value.span, place="a `let`", advice="what changes is a `signal`"))
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
    for item in program.items:
        if isinstance(item, n.Let) and item.name not in c.used:
            c.report(UnusedLet(span=item.span, name=item.name))
    for name, import_ in c.names.imports.items():
        if name not in c.used:
            c.report(UnusedImport(span=import_.span, name=name, module=import_.module))
