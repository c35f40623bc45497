"""Programs and plans from files. The compiler, and the heavy libraries it needs, are loaded only for a program."""

from pathlib import Path
from typing import TYPE_CHECKING

from ...compiler.plan import Plan
from .exits import Exit, Failure

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...dsl.source import SourceText

PLAN_SUFFIX = ".json"


def read_bytes(path: str) -> bytes:
    """A program's or plan's file."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise Failure(f"cannot read `{path}`: there is no such file; check the path", Exit.INPUT_OUTPUT) from None
    except IsADirectoryError:
        raise Failure(f"cannot read `{path}`: it is a folder; name a file in it", Exit.INPUT_OUTPUT) from None
    except OSError as problem:
        raise Failure(f"cannot read `{path}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None


def read_source(path: str) -> "SourceText":
    """A program's text."""
    from ...dsl.source import SourceText

    try:
        return SourceText(path, read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        message = f"cannot read `{path}`: byte {problem.start} is not UTF-8; save the file as UTF-8"
        raise Failure(message, Exit.INPUT_OUTPUT) from None


def compiled(path: str) -> "Compiled":
    """A program, compiled as far as it can be; its problems are in it."""
    from ...compiler.compile import compile_text

    return compile_text(read_source(path))


def is_plan(path: str) -> bool:
    """Whether a file is a plan, by its name."""
    return path.endswith(PLAN_SUFFIX)


def load_plan(path: str) -> Plan:
    """The plan of a plan's file."""
    from ...compiler.document import PlanError, load

    try:
        return load(read_bytes(path))
    except PlanError as problem:
        hint = "compile the program anew: headgate compile PROGRAM.iot -o PLAN.json"
        raise Failure(f"cannot use the plan `{path}`: {problem}; {hint}", Exit.PROGRAM) from None
