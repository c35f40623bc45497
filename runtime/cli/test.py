"""`headgate test`: the tests and tables that stand in programs, run under virtual time.

    headgate test fridge.iot --coverage-min 90

What ran and failed is told with its timeline; a program with errors, or with what cannot be executed yet, fails.
"""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .check import in_colour, plural
from .exits import Exit, Failure
from .program import add_path, compiled

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...dsl.diagnostic import Diagnostic
    from ..testing.suite import Item, Result, Suite

_COLOURS = {"passed": "\x1b[32m", "failed": "\x1b[1;31m", "not_running": "\x1b[33m", "title": "\x1b[1m"}
_RESET = "\x1b[0m"
_WORDS = {"passed": "ok", "failed": "FAILED", "not_running": "cannot run"}


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a program (.iot) with tests or tables")
    parser.add_argument("-k", dest="title", metavar="TITLE", help="run only tests whose title contains this")
    parser.add_argument("--list", action="store_true", help="say which tests there are, and run none")
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="say what of the rules the tests have not reached, and the share reached",
    )
    parser.add_argument(
        "--coverage-min",
        type=_percentage,
        metavar="PERCENT",
        help="fail if the share of a program's rules that its tests reach is smaller; measures it as well",
    )
    parser.add_argument("--json", action="store_true", help="print results as one JSON object")
    add_path(parser)


def test(options: Namespace) -> Exit:
    """Run the tests of all files; fail if one of them does, or a program has errors, or a file cannot be read."""
    session = Session(options)
    unread: list[Failure] = []
    for path in options.files:
        try:
            session.program(path)
        except Failure as failure:
            unread.append(failure)
    if options.title is not None and not session.reports and not unread and not session.wrong:
        raise Failure(f"no test has a title that contains `{options.title}`", Exit.USAGE)
    session.summarise()
    for earlier in unread[:-1]:
        print(f"headgate: {earlier}", file=sys.stderr)
    if unread:
        raise unread[-1]
    return Exit.PROGRAM if session.failed else Exit.OK


def _percentage(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"`{text}` is not a number from 0 to 100")
    return value


# --- One call of the command -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """A test and what became of it; `result` None: it was only listed."""

    program: "Compiled"
    item: "Item"
    result: "Result | None"


@dataclass(slots=True)
class Session:
    """Runs programs' tests and keeps what became of them."""

    options: Namespace
    reports: list[Report] = field(default_factory=list)
    wrong: "list[Compiled]" = field(default_factory=list)
    """Programs that have errors, or cannot be executed."""
    covered: dict[str, tuple[float, list[dict[str, object]]]] = field(default_factory=dict)
    """By program: the share of its rules that is reached, and what is not."""

    @property
    def low(self) -> list[str]:
        """The programs of whose rules too little is reached."""
        return [path for path, (share, _) in self.covered.items() if share < (self.options.coverage_min or 0)]

    @property
    def failed(self) -> bool:
        return bool(self.wrong or self.low or any(r.result is not None and not r.result.passed for r in self.reports))

    def program(self, path: str) -> None:
        """Run what is asked for of one program."""
        from ..testing.suite import Suite, items_of

        program = compiled(path, self.options.path)
        items = [item for item in items_of(program) if self._asked(item)]
        if self.options.list:
            self._list(program, items)
            return
        if program.problems.any_errors or program.plan is None:
            self.wrong.append(program)
            self._show_problems(program, items)
            return
        measured = self.options.coverage or self.options.coverage_min is not None
        if not items:
            self._say(f"{path}: no tests" if self.options.title is None else f"{path}: no test of this title")
            if not measured or self.options.title is not None:
                return
        suite = Suite(program)
        if measured:
            suite.measure()
        if items:
            self._say(self._painted(path, "title"))
        for item in items:
            result = suite.run(item)
            self.reports.append(Report(program, item, result))
            self._say(f"  {self._outcome(result)} {result.kind} {result.title}")
        for report in self.reports:
            if report.program is program and report.result is not None and not report.result.passed:
                self._show_failures(program, report.result)
        if measured:
            self._cover(path, suite)

    def _asked(self, item: "Item") -> bool:
        title: str | None = self.options.title
        return title is None or title.casefold() in item.title.casefold()

    def _list(self, program: "Compiled", items: "list[Item]") -> None:
        from ..testing.suite import kind_of

        for item in items:
            self.reports.append(Report(program, item, None))
            self._say(f"{_place(program, item.span.start)} {kind_of(item)} {item.title}")

    # --- Telling -----------------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        if not self.options.json:
            print(text, flush=True)

    def _painted(self, text: str, style: str) -> str:
        return f"{_COLOURS[style]}{text}{_RESET}" if in_colour(sys.stdout) else text

    def _outcome(self, result: "Result") -> str:
        outcome = _outcome(result)
        return self._painted(f"{_WORDS[outcome]:<10}", outcome)

    def _show_problems(self, program: "Compiled", items: "list[Item]") -> None:
        from ...dsl.render import render

        colour = in_colour(sys.stdout)
        for problem in _problems(program):
            self._say(render(problem, program.sources, color=colour) + "\n")
        errors = sum(problem.severity == "error" for problem in program.problems)
        why = plural(errors, "error") if errors else "what cannot be executed yet"
        self._say(f"{program.source.name}: has {why}, so its {plural(len(items), 'test')} could not run\n")

    def _show_failures(self, program: "Compiled", result: "Result") -> None:
        from ...dsl.render import render

        head = self._painted(f"{_WORDS[_outcome(result)]} {result.kind} {result.title}", _outcome(result))
        self._say(f"\n{head}")
        for problem in result.not_running:
            self._say(render(problem, program.sources, color=in_colour(sys.stdout)))
        for failure in result.failures:
            self._say(f"\n{_place(program, failure.span.start)}: {failure.message}")
            for line in failure.lines:
                self._say(f"  {line}".rstrip())

    def _cover(self, path: str, suite: "Suite") -> None:
        from ..testing.coverage import percent

        assert suite.coverage is not None
        goals = list(suite.coverage.goals())
        missing: list[dict[str, object]] = [
            {
                "of": goal.item,
                "file": goal.place.file,
                "line": goal.place.line,
                "what": goal.what,
                "missing": goal.missing,
            }
            for goal in goals
            if not goal.reached
        ]
        self.covered[path] = (percent(goals), missing)
        self._say("")
        for line in suite.coverage.report():
            self._say(f"  {line}")
        least = self.options.coverage_min
        if least is not None and percent(goals) < least:
            self._say(self._painted(f"  {percent(goals):g} % is less than the {least:g} % asked for", "failed"))

    def summarise(self) -> None:
        """The last words."""
        if self.options.list:
            if self.options.json:
                print(json.dumps({"tests": [_listed_json(report) for report in self.reports]}))
            return
        outcomes = [_outcome(report.result) for report in self.reports if report.result is not None]
        if self.options.json:
            print(json.dumps(self._json(outcomes)))
            return
        parts = [f"{outcomes.count('passed')} passed"]
        for outcome, words in (("failed", "failed"), ("not_running", "cannot run")):
            if outcome in outcomes:
                parts.append(f"{outcomes.count(outcome)} {words}")
        if self.wrong:
            parts.append(f"{plural(len(self.wrong), 'program')} that could not be run")
        if self.low:
            parts.append(f"{plural(len(self.low), 'program')} with too little coverage")
        print(f"\n{self._painted(', '.join(parts), 'failed' if self.failed else 'passed')}")

    def _json(self, outcomes: list[str]) -> dict[str, object]:
        from ...dsl.render import to_json

        return {
            "tests": [_json(report) for report in self.reports],
            "problems": [to_json(p, program.sources) for program in self.wrong for p in _problems(program)],
            "coverage": [
                {"file": path, "percent": share, "missing": missing} for path, (share, missing) in self.covered.items()
            ],
            "passed": outcomes.count("passed"),
            "failed": outcomes.count("failed"),
            "cannot_run": outcomes.count("not_running"),
            "ok": not self.failed,
        }


def _problems(program: "Compiled") -> "Iterator[Diagnostic]":
    yield from program.problems
    yield from program.not_running


def _outcome(result: "Result") -> str:
    return "passed" if result.passed else "not_running" if result.not_running else "failed"


def _place(program: "Compiled", offset: int) -> str:
    source, start = program.sources.locate(offset)
    return f"{source.name}:{source.line_and_column(start)[0]}"


def _listed_json(report: Report) -> dict[str, object]:
    from ..testing.suite import kind_of

    source, start = report.program.sources.locate(report.item.span.start)
    line = source.line_and_column(start)[0]
    return {"file": source.name, "line": line, "kind": kind_of(report.item), "title": report.item.title}


def _json(report: Report) -> dict[str, object]:
    from ...dsl.render import to_json

    result = report.result
    assert result is not None
    failures = []
    for failure in result.failures:
        source, start = report.program.sources.locate(failure.span.start)
        line = source.line_and_column(start)[0]
        failures.append({"file": source.name, "line": line, "message": failure.message, "details": list(failure.lines)})
    return {
        **_listed_json(report),
        "outcome": _outcome(result).replace("not_running", "cannot_run"),
        "failures": failures,
        "problems": [to_json(problem, report.program.sources) for problem in result.not_running],
    }
