"""What of a checked program the runtime cannot execute yet, construct by construct.

The language is larger than what runs: programs are checked whole, and whoever executes one asks here first. Each
construct is named once, where it stands; what follows only from it (a rule that runs a procedure) is named as well,
because it is another line to look at.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from ..dsl import nodes as n
from ..dsl.diagnostic import Diagnostic, Problems
from .expression_limits import expression_limit
from .group_values import always_waits, group_limits
from .pattern_limits import pattern_limits, until_limits
from .problems_running import DoesNotRun
from .procedure_limits import command_limits, procedure_limits, watched_conditions
from .resolve import walk
from .twin_limits import prediction_limit, twin_limits
from .typed import Typed


def not_running(typed: Typed) -> Problems:
    """What stands in the way of executing a program without errors. Tests, tables and what-ifs are not part of it."""
    items = typed.program.items
    of_groups = {i.name for i in items if isinstance(i, n.Signal) and not isinstance(i.domain, n.ForDevice)}
    found: list[Diagnostic] = []
    for item in items:
        match item:
            case n.Procedure():
                found += procedure_limits(typed, item)
                for condition in watched_conditions(typed, item):
                    found += _in_item(typed, condition, of_groups)
            case n.Device():
                found += command_limits(typed, item)
            case n.Twin():
                found += twin_limits(typed, item)
            case n.Test() | n.Table() | n.WhatIf() | n.Priorities() | n.Target() | n.ReferenceTable():
                pass
            case _:
                found += _in_item(typed, item, of_groups)
    found += group_limits(typed, of_groups)
    return Problems(sorted(found, key=lambda problem: problem.span))


def _in_item(typed: Typed, item: n.Item | n.Expr, of_groups: Collection[str]) -> Iterator[Diagnostic]:
    """What of an item, or of an expression, does not run, each construct at the first place that names it."""
    told: set[str] = set()
    for node in walk(item):
        named = _NAMED.get(type(node))
        found = [] if named is None else list(named(typed, node))
        limit = expression_limit(typed, node, of_groups)
        if limit is not None:
            found.append(DoesNotRun(span=node.span, construct=limit))
        for problem in found:
            if problem.construct not in told:
                told.add(problem.construct)
                yield problem


def tests_not_running(typed: Typed, test: n.Test) -> Problems:
    """What of a test cannot be executed yet, though the program itself could be."""
    found: list[Diagnostic] = []
    for given in (node for node in walk(test) if isinstance(node, n.Given)):
        for setting in given.twin:
            if setting.name in typed.twins[given.device].outputs:
                construct = f"`{setting.name}`, which the twin itself says, in a test"
                found.append(DoesNotRun(span=setting.span, construct=construct))
    return Problems(found)


Naming = Callable[[Typed, Any], Iterator[DoesNotRun]]


def _rule(typed: Typed, rule: n.Rule) -> Iterator[DoesNotRun]:
    if isinstance(rule.when, n.Pattern):
        yield from _pattern(typed, rule.when, rule.domain)
    for span, construct in () if rule.until is None else until_limits(typed, rule.until):
        yield DoesNotRun(span=span, construct=construct)
    for name in rule.inhibited_by:
        (other,) = (item for item in typed.program.items if isinstance(item, n.Rule) and item.name == name)
        crosses = other.domain != rule.domain
        if (always_waits(typed, rule) and (crosses or not always_waits(typed, other))) or (
            crosses and not isinstance(rule.domain, n.ForDevice)
        ):
            yield DoesNotRun(
                span=rule.span, construct=f"`inhibited by {name}` of rule `{rule.name}`, which waits longer"
            )


def _set(typed: Typed, set_: n.Set) -> Iterator[DoesNotRun]:
    if typed.facts[set_.value].type.name == "time":
        yield DoesNotRun(span=set_.span, construct=f"a time for `set {set_.property}`")


def _pattern_item(typed: Typed, item: n.PatternItem) -> Iterator[DoesNotRun]:
    return _pattern(typed, item.pattern, item.domain)


def _pattern(typed: Typed, pattern: n.Pattern, domain: n.Domain | None) -> Iterator[DoesNotRun]:
    for span, construct in pattern_limits(typed, pattern, of_group=not isinstance(domain, n.ForDevice)):
        yield DoesNotRun(span=span, construct=construct)


_NAMED: dict[type[n.Node], Naming] = {
    n.Call: prediction_limit,
    n.Rule: _rule,
    n.Set: _set,
    n.PatternItem: _pattern_item,
}
"""By kind of node, what of it does not run."""
