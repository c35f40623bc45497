"""`headgate check`: what is wrong with programs; and how every command shows it."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from .exits import Exit, Failure
from .program import DOCUMENT_SUFFIXES, add_path, compiled

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...dsl.diagnostic import Diagnostic


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a program (.iot, .iot.json, .iot.yaml)")
    parser.add_argument("--json", action="store_true", help="print the problems as one JSON object")
    parser.add_argument("--deny", choices=["warnings"], help="fail if there are warnings, too")
    add_path(parser)


def check(options: Namespace) -> Exit:
    """Print the problems of all files; fail if one of them has errors, or cannot be read."""
    results: list[Compiled] = []
    unread: list[Failure] = []
    for path in options.files:
        try:
            results.append(compiled(path, options.path))
        except Failure as failure:
            unread.append(failure)
    shown = _each_once(results)
    errors = sum(count(problems, "error") for problems in shown)
    warnings = sum(count(problems, "warning") for problems in shown)
    if options.json:
        print(json.dumps(_as_json(results, shown, errors, warnings)))
    else:
        for result, problems in zip(results, shown, strict=True):
            show_problems(result, problems, sys.stdout)
            said = [*_not_running(result)]
            if not problems:
                said.insert(0, "no problems but those told above" if result.problems.found else "no problems")
            if said:
                print(f"{result.source.name}: {'; '.join(said)}")
        if errors or warnings:
            print(f"{plural(errors, 'error')}, {plural(warnings, 'warning')}")
    for earlier in unread[:-1]:
        print(f"headgate: {earlier}", file=sys.stderr)
    if unread:
        raise unread[-1]
    return Exit.PROGRAM if errors or (warnings and options.deny) else Exit.OK


def _each_once(results: list["Compiled"]) -> list[list["Diagnostic"]]:
    """The problems of each program; those of a module that several of them import only for the first."""
    told: set[tuple[str, int, str, str]] = set()
    shown: list[list[Diagnostic]] = []
    for result in results:
        shown.append([])
        for problem in result.problems:
            source, start = result.sources.locate(problem.span.start)
            fact = (os.path.realpath(source.name), start, problem.code, problem.title)
            if fact not in told:
                shown[-1].append(problem)
            told.add(fact)
    return shown


def _not_running(result: "Compiled") -> Iterator[str]:
    """How much of a program is checked and cannot be executed."""
    number = len(result.not_running.found)
    if number:
        them = "it" if number == 1 else "them"
        yield f"{plural(number, 'construct')} cannot be executed yet, `headgate run` names {them}"


def _as_json(
    results: list["Compiled"], shown: list[list["Diagnostic"]], errors: int, warnings: int
) -> dict[str, object]:
    return {
        "problems": [p for result, found in zip(results, shown, strict=True) for p in problems_json(result, found)],
        "errors": errors,
        "warnings": warnings,
        "not_running": [p for result in results for p in problems_json(result, result.not_running.found)],
    }


def show_problems(result: "Compiled", problems: list["Diagnostic"], stream: TextIO) -> None:
    """A program's problems, for people."""
    from ...dsl.render import render

    for problem in problems:
        print(render(problem, result.sources, color=in_colour(stream)), end="\n\n", file=stream)
    shown = {result.sources.locate(problem.span.start)[0].name for problem in problems}
    for name in sorted(name for name in shown if name.endswith(DOCUMENT_SUFFIXES)):
        print(
            f"lines of {name} are those of its text: `headgate convert {name} --to iot` shows all of it\n", file=stream
        )


def brief(result: "Compiled", problem: "Diagnostic") -> str:
    """A problem in one line: where it is, and what."""
    source, offset = result.sources.locate(problem.span.start)
    line, column = source.line_and_column(offset)
    return f"{source.name}:{line}:{column}: {problem.title}"


def problems_json(result: "Compiled", problems: list["Diagnostic"]) -> list[dict[str, object]]:
    """A program's problems, for machines."""
    from ...dsl.render import to_json

    return [to_json(problem, result.sources) for problem in problems]


def count(problems: list["Diagnostic"], severity: str) -> int:
    return sum(problem.severity == severity for problem in problems)


def plural(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_colour(stream: TextIO) -> bool:
    """Whether to colour what is printed there: a terminal, unless its user asks for none (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
