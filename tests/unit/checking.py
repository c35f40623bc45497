"""Small programs for tests of the checker: what is found out about them, and what is wrong with them."""

from headgate.compiler.front import check_program
from headgate.compiler.typed import Typed
from headgate.dsl.diagnostic import Diagnostic
from headgate.dsl.parse import parse
from headgate.dsl.source import SourceText


def checked(text: str) -> Typed:
    """A program that must be without any error."""
    typed, problems = _checked(text)
    errors = [problem.title for problem in problems if problem.severity == "error"]
    if errors:
        raise AssertionError("\n".join(errors))
    return typed


def problems_of(text: str) -> list[Diagnostic]:
    """What the checker has to say about a program that can be read."""
    return _checked(text)[1]


def codes(text: str) -> list[str]:
    """The codes of the errors of a program that can be read."""
    return [problem.code for problem in problems_of(text) if problem.severity == "error"]


def warnings(text: str) -> list[str]:
    """The codes of what is not wrong but probably not meant."""
    return [problem.code for problem in problems_of(text) if problem.severity == "warning"]


def _checked(text: str) -> tuple[Typed, list[Diagnostic]]:
    program, unread = parse(SourceText("example.iot", f"module example\n{text}"))
    if unread.found:
        raise AssertionError("\n".join(problem.title for problem in unread))
    typed, problems = check_program(program)
    return typed, list(problems)
