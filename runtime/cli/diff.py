"""`headgate diff OLD NEW`: what becomes of state when a program takes the place of another."""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from ...compiler.migration import Entry, migrate
from ...compiler.plan import Plan
from .compiling import plan_of
from .exits import Exit
from .program import add_path, is_plan, load_plan


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the program (.iot), or plan (.json), that runs")
    parser.add_argument("new", metavar="NEW", help="the one that is to take its place")
    parser.add_argument("--all", action="store_true", help="also list what is kept as it is")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    add_path(parser)


def diff(options: Namespace) -> Exit:
    """Print the migration report."""
    old, new = (_plan(path, options.path) for path in (options.old, options.new))
    report = migrate(old, new).report
    if options.json:
        print(json.dumps({"old": options.old, "new": options.new, "state": [asdict(entry) for entry in report]}))
        return Exit.OK
    for line in report_lines(report, everything=options.all):
        print(line)
    return Exit.OK


def _plan(path: str, folders: Sequence[str]) -> Plan:
    return load_plan(path) if is_plan(path) else plan_of(path, folders)


def report_lines(report: Sequence[Entry], everything: bool = False) -> Iterator[str]:
    """The report as lines of text: how much is kept, and each thing that is not (or `everything`)."""
    counts = Counter(entry.fate for entry in report)
    for entry in report:
        if entry.fate != "kept" or everything:
            others = [name for name in entry.behind if not entry.what.startswith(name)]
            behind = f" ({', '.join(others)})" if others else ""
            why = f" - {entry.why}" if entry.why else ""
            yield f"{entry.fate:<8} {entry.what}{behind}{why}"
    yield ", ".join(f"{counts[fate]} {fate}" for fate in ("kept", "mapped", "dropped", "begun"))
