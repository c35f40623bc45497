"""Plans for programs that have Headgate in them: of files, and of texts.

plan = plan_of_file("cold_chain.iot")      # and of the modules that it imports; or of a plan (.json)
plan = plan_of_text("module cold_chain ...")
"""

from collections.abc import Sequence

from ..compiler.compile import Compiled, compile_text
from ..compiler.plan import Plan
from ..dsl.render import render
from ..dsl.source import SourceText
from .cli.exits import Failure
from .cli.program import compiled, is_plan, load_plan


class ProgramError(ValueError):
    """A program that has no plan: all its mistakes, as `headgate check` shows them, with place, reason and help."""


def plan_of_file(path: str, folders: Sequence[str] = ()) -> Plan:
    """The plan of a program's file, or that which a plan's file (`headgate compile`) has in it.

    Modules are looked for in the program's folder and in `folders`. Raises `ProgramError`.
    """
    try:
        return load_plan(path) if is_plan(path) else plan_of(compiled(path, folders))
    except Failure as failure:
        raise ProgramError(str(failure)) from None


def plan_of_text(text: str, name: str = "program.iot") -> Plan:
    """The plan of a program's text, which imports nothing. Raises `ProgramError`."""
    return plan_of(compile_text(SourceText(name, text)))


def plan_of(program: Compiled) -> Plan:
    """The plan of what was compiled. Raises `ProgramError`."""
    if program.plan is None:
        problems = (*program.problems, *program.not_running)
        raise ProgramError("\n\n".join(render(problem, program.sources) for problem in problems))
    return program.plan
