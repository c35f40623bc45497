"""`headgate compile`: a program's plan as a file, to be run where there is no compiler."""

import sys
from argparse import Namespace
from pathlib import Path

from ...compiler.plan import Plan
from .check import count, plural, show_problems
from .exits import Exit, Failure
from .program import compiled

STDOUT = "-"


def plan_of(path: str) -> Plan:
    """A program's plan; shows its problems, and fails if they are errors."""
    result = compiled(path)
    show_problems(result, sys.stderr)
    if result.plan is None:
        raise Failure(f"`{path}` has {plural(count(result, 'error'), 'error')}", Exit.PROGRAM)
    return result.plan


def compile_program(options: Namespace) -> Exit:
    """Write the plan's document."""
    from ...compiler.document import dump

    document = dump(plan_of(options.program))
    if options.output == STDOUT:
        sys.stdout.write(document.decode() + "\n")
        return Exit.OK
    target = Path(options.output)
    try:
        # First beside it, so that there is never half a plan under its name.
        beside = target.with_name(target.name + ".part")
        beside.write_bytes(document)
        beside.replace(target)
    except OSError as problem:
        raise Failure(f"cannot write `{target}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None
    return Exit.OK
