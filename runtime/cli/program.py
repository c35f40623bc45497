"""Programs and plans from files. The compiler, and the heavy libraries it needs, are loaded only for a program."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Exit, Failure

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...compiler.plan import Plan
    from ...dsl.source import SourceText

PLAN_SUFFIX = ".json"
DOCUMENT_SUFFIXES = (".iot.json", ".iot.yaml", ".iot.yml")
"""Programs that are not text."""


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


def add_path(parser: ArgumentParser) -> None:
    """The option that names further folders of modules."""
    parser.add_argument(
        "--path",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder in which imported modules are looked for, after those of the importing file and of the program; "
        "may be given several times",
    )


def read_source(path: str) -> "SourceText":
    """A program's text. That of a program in JSON or YAML is what `headgate convert` would write."""
    from ...dsl.source import SourceText

    text = read_text(path)
    if path.endswith(DOCUMENT_SUFFIXES):
        from .documents import text_of_document

        text = text_of_document(path, text)
    return SourceText(path, text)


def read_text(path: str) -> str:
    """A file's text, without a byte order mark."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = f"cannot read `{path}`: byte {problem.start} is not UTF-8; save the file as UTF-8"
        raise Failure(message, Exit.INPUT_OUTPUT) from None


def compiled(path: str, folders: Sequence[str] = ()) -> "Compiled":
    """A program and its modules, compiled as far as it can be; its problems are in it."""
    from ...compiler.compile import compile_text
    from .module_files import ModuleFiles

    if is_plan(path):
        raise Failure(f"`{path}` is a plan; name the program it was compiled from", Exit.USAGE)
    source = read_source(path)
    return compile_text(source, read=ModuleFiles(source, folders))


def is_plan(path: str) -> bool:
    """Whether a file is a plan, by its name."""
    return path.endswith(PLAN_SUFFIX) and not path.endswith(DOCUMENT_SUFFIXES)


def load_plan(path: str) -> "Plan":
    """The plan of a plan's file."""
    from ...compiler.document import PlanError, load

    try:
        return load(read_bytes(path))
    except PlanError as problem:
        hint = "compile the program anew: headgate compile PROGRAM.iot -o PLAN.json"
        raise Failure(f"cannot use the plan `{path}`: {problem}; {hint}", Exit.PROGRAM) from None
