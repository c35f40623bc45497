"""Doubts about a program without errors: what is allowed, and probably not meant.

Each lint is a function of what the checker knows; they run in this order, after everything else.
"""

from collections.abc import Callable

from ..dsl import nodes as n
from .check_context import Checking
from .lint_conditions import lint_conditions
from .lint_names import lint_names
from .lint_patterns import lint_patterns
from .lint_rules import lint_rules
from .lint_times import lint_times

LINTS: tuple[Callable[[Checking, n.Program], None], ...] = (
    lint_conditions,
    lint_rules,
    lint_patterns,
    lint_times,
    lint_names,
)


def lint(c: Checking, program: n.Program) -> None:
    """Report all doubts about a program that has no errors."""
    for each in LINTS:
        each(c, program)
