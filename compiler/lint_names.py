"""Parameters of procedures that nothing in them uses. What a module declares may be used by others."""

from ..dsl import nodes as n
from .check_context import Checking
from .problems_lints import UnusedParameter
from .resolve import walk


def lint_names(c: Checking, program: n.Program) -> None:
    """Every procedure with parameters."""
    for procedure in c.names.procedures.values():
        if not procedure.parameters:
            continue
        used = {node.name for node in walk(procedure) if isinstance(node, n.Name)}
        for parameter in procedure.parameters:
            if parameter.name not in used:
                c.report(UnusedParameter(span=parameter.span, name=parameter.name, procedure=procedure.name))
