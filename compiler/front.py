"""The front of the compiler: from a syntax tree to a checked program, with all that is wrong with it.

program, problems = parse(SourceText("fleet.iot", text))
typed, more = check_program(program)
"""

from ..dsl import nodes as n
from ..dsl.diagnostic import Problems
from .check import check
from .resolve import resolve
from .typed import TableFiles, Typed


def check_program(program: n.Program, files: TableFiles | None = None) -> tuple[Typed, Problems]:
    """Names, types, units, domains, patterns and rules of a program, with the problems in the order of the text.

    `files` are those of its tables. Pure, and total: any tree gets an answer. What has errors must not be lowered.
    """
    names, problems = resolve(program)
    typed, more = check(program, names, files or {})
    found = sorted((*problems, *more), key=lambda problem: problem.span)
    return typed, Problems(found)
