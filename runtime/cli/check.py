"""`headgate check`: what is wrong with programs; and how every command shows it."""

import json
import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, TextIO

from .exits import Exit, Failure
from .program import compiled

if TYPE_CHECKING:
    from ...compiler.compile import Compiled


def check(options: Namespace) -> Exit:
    """Print the problems of all files; fail if one of them has errors, or cannot be read."""
    results = []
    unread: list[Failure] = []
    for path in options.files:
        try:
            results.append(compiled(path))
        except Failure as failure:
            unread.append(failure)
    errors = sum(count(result, "error") for result in results)
    warnings = sum(count(result, "warning") for result in results)
    if options.json:
        print(
            json.dumps(
                {"problems": [p for r in results for p in problems_json(r)], "errors": errors, "warnings": warnings}
            )
        )
    else:
        for result in results:
            show_problems(result, sys.stdout)
            if not result.problems.found:
                print(f"{result.source.name}: no problems")
        if errors or warnings:
            print(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}")
    for earlier in unread[:-1]:
        print(f"headgate: {earlier}", file=sys.stderr)
    if unread:
        raise unread[-1]
    return Exit.PROGRAM if errors else Exit.OK


def show_problems(result: "Compiled", stream: TextIO) -> None:
    """A program's problems, for people."""
    from ...dsl.render import render

    for problem in result.problems:
        print(render(problem, result.source, color=in_colour(stream)), end="\n\n", file=stream)


def problems_json(result: "Compiled") -> list[dict[str, object]]:
    """A program's problems, for machines."""
    from ...dsl.render import to_json

    return [to_json(problem, result.source) for problem in result.problems]


def count(result: "Compiled", severity: str) -> int:
    return sum(problem.severity == severity for problem in result.problems)


def plural(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_colour(stream: TextIO) -> bool:
    """Whether to colour what is printed there: a terminal, unless its user asks for none (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
