"""Names that only one item can use, and that it does not: parameters of procedures, steps of a rule's own pattern.

What a module declares may be used by others: a pattern that is an item may name its steps for any rule.
"""

from ..dsl import nodes as n
from .check_context import Checking
from .problems_lints import UnusedParameter, UnusedStep
from .resolve import walk


def lint_names(c: Checking, program: n.Program) -> None:
    """Every procedure with parameters, and every rule with a pattern of its own."""
    for procedure in c.names.procedures.values():
        if not procedure.parameters:
            continue
        used = {node.name for node in walk(procedure) if isinstance(node, n.Name)}
        for parameter in procedure.parameters:
            if parameter.name not in used:
                c.report(UnusedParameter(span=parameter.span, name=parameter.name, procedure=procedure.name))
    for rule in c.names.rules.values():
        # Of a single step the name is what makes it a pattern: `when (temp != prev(temp) as change)`.
        if isinstance(rule.when, n.Pattern) and not isinstance(rule.when.body, n.Step):
            _steps(c, rule, rule.when)


def _steps(c: Checking, rule: n.Rule, pattern: n.Pattern) -> None:
    used = {node.name for node in walk(rule) if isinstance(node, n.Name)}
    if pattern.skip is not None and pattern.skip.step is not None:
        used.add(pattern.skip.step)
    for node in walk(pattern):
        if isinstance(node, n.Step | n.Group | n.AllOf | n.AnyOf) and node.name is not None and node.name not in used:
            c.report(UnusedStep(span=node.span, name=node.name, rule=rule.name))
