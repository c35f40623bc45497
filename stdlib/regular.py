"""Regular expressions that cannot hang: RE2's, which goes through a text once and never back.

RE2 is loaded when the first expression is read: most programs have none.
"""

from functools import lru_cache
from typing import Any

EXPRESSIONS_KEPT = 1024
"""So many different expressions are read once only."""


class Unreadable(ValueError):
    """What is wrong with a regular expression, in words that go behind its name."""


def matches(text: str, expression: str) -> bool:
    """Whether the whole of a text is as the expression says. Raises `Unreadable`.

    >>> matches("E-17-ab", "E-[0-9]+(-[a-z]{2})?")
    True
    """
    return machine(expression).fullmatch(text) is not None


def flaw(expression: str) -> str | None:
    """What is wrong with a regular expression, in words that go behind its name; None if nothing is."""
    try:
        machine(expression)
    except Unreadable as unreadable:
        return str(unreadable)
    return None


@lru_cache(EXPRESSIONS_KEPT)
def machine(expression: str) -> Any:
    """What RE2 makes of an expression; `.` is any character. Raises `Unreadable`."""
    import re2

    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        return re2.compile(expression, options)
    except re2.error as problem:
        said = problem.args[0]
        raise Unreadable(f"cannot be read: {said.decode() if isinstance(said, bytes) else said}") from problem
