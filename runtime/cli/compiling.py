"""`headgate compile`: a program's plan as a file, to be run where there is no compiler."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...compiler.plan import Plan
from .check import brief, count, plural, show_problems
from .exits import Exit, Failure
from .program import add_path, compiled
from .writing import STDOUT, write_whole

if TYPE_CHECKING:
    from ...compiler.compile import Compiled


SHOWN_WHOLE = 3
"""How many of the constructs that cannot be executed yet are shown with their place in the text."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot)")
    parser.add_argument(
        "-o", "--output", default=STDOUT, metavar="FILE", help="where to write the plan (default: -, standard output)"
    )
    add_path(parser)


def checked(path: str, folders: Sequence[str] = ()) -> "Compiled":
    """A program without errors; shows its problems, and fails if they are errors."""
    result = compiled(path, folders)
    no_errors(path, result)
    return result


def no_errors(path: str, result: "Compiled") -> None:
    """Show a program's problems, and fail if they are errors."""
    show_problems(result, result.problems.found, sys.stderr)
    errors = count(result.problems.found, "error")
    if errors:
        raise Failure(f"`{path}` has {plural(errors, 'error')}", Exit.PROGRAM)


def plan_of(path: str, folders: Sequence[str] = ()) -> Plan:
    """A program's plan; fails if it has errors, or constructs that cannot be executed yet, and names those."""
    result = checked(path, folders)
    if result.plan is None:
        found = result.not_running.found
        number = len(found)
        show_problems(result, found[:SHOWN_WHOLE], sys.stderr)
        if number > SHOWN_WHOLE:
            sys.stderr.writelines(f"{brief(result, problem)}\n" for problem in found[SHOWN_WHOLE:])
            print(file=sys.stderr)
        raise Failure(f"`{path}` has {plural(number, 'construct')} that cannot be executed yet", Exit.PROGRAM)
    return result.plan


def compile_program(options: Namespace) -> Exit:
    """Write the plan's document."""
    from ...compiler.document import dump

    document = dump(plan_of(options.program, options.path))
    if options.output == STDOUT:
        sys.stdout.write(document.decode() + "\n")
    else:
        write_whole(options.output, document)
    return Exit.OK
