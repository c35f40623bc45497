"""`headgate simulate`: the what-ifs of a program, run over what was recorded.

headgate simulate microgrid.iot --input last_week.jsonl.gz
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...stdlib.conversion import write_time
from ..text import write_value
from .arguments import moment
from .check import plural
from .exits import Exit, Failure
from .program import add_path
from .progress import Progress

if TYPE_CHECKING:
    from ...compiler.compile import Compiled
    from ...compiler.plan.what_ifs import WhatIfPlan
    from ...dsl import nodes as n
    from ..twins.history import History
    from ..twins.what_ifs import Outcome


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot) with what-ifs")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        metavar="[NAME=]FILE",
        help="messages of the past, as `headgate run` takes them",
    )
    parser.add_argument("-k", dest="title", metavar="TITLE", help="run only what-ifs whose title contains this")
    parser.add_argument(
        "--until",
        type=moment,
        metavar="TIME",
        help="where the stretch of the past ends, 2026-03-01T08:00:00Z (default: with the last message)",
    )
    parser.add_argument("--json", action="store_true", help="print what-ifs as one JSON object")
    add_path(parser)


def simulate(options: Namespace) -> Exit:
    """Run the what-ifs of a program."""
    from ...compiler.what_ifs import lower_what_if
    from ..twins.what_ifs import run_what_if

    program, items = _asked(options)
    assert program.typed is not None
    found: list[Outcome] = []
    for item in items:
        plan, problems = lower_what_if(program.typed, item)
        if plan is None:
            raise _cannot_run(program, problems)
        history, newest = _history(options, program, plan)
        end = options.until or newest
        if end is None:
            raise Failure("the inputs have no message, so there is no past to begin with", Exit.INPUT_OUTPUT)
        try:
            found.append(run_what_if(plan, history, end))
        except ValueError as problem:
            raise Failure(f'what-if "{item.title}": {problem}', Exit.INPUT_OUTPUT) from None
    if options.json:
        print(json.dumps({"what_ifs": [_json(outcome) for outcome in found]}))
    else:
        print("\n\n".join("\n".join(_lines(outcome)) for outcome in found))
    return Exit.OK


def _asked(options: Namespace) -> "tuple[Compiled, list[n.WhatIf]]":
    """The program, which has no errors, and the what-ifs that are asked for."""
    from ...dsl import nodes as n
    from ...dsl.render import render
    from .program import compiled

    program = compiled(options.program, options.path)
    if program.problems.any_errors or program.program is None:
        for problem in program.problems:
            print(render(problem, program.sources), file=sys.stderr)
        raise Failure(f"`{options.program}` has errors", Exit.PROGRAM)
    items = [item for item in program.program.items if isinstance(item, n.WhatIf)]
    if not items:
        raise Failure(f"`{options.program}` has no what-if", Exit.USAGE)
    title: str | None = options.title
    asked = [item for item in items if title is None or title.casefold() in item.title.casefold()]
    if not asked:
        raise Failure(f"no what-if has a title that contains `{title}`", Exit.USAGE)
    return program, asked


def _cannot_run(program: "Compiled", problems: Any) -> Failure:
    from ...dsl.render import render

    for problem in problems:
        print(render(problem, program.sources), file=sys.stderr)
    return Failure("has what cannot be executed yet", Exit.PROGRAM)


def _history(options: Namespace, program: "Compiled", plan: "WhatIfPlan") -> "tuple[History, int | None]":
    """What the inputs tell of the past, and the time of the newest message."""
    from ...compiler.what_ifs import recording
    from ..connectors.payload import InputError
    from ..replay import Replay
    from ..twins.record import record
    from .inputs import match_inputs

    assert program.typed is not None
    recorder, problems = recording(program.typed, plan)
    if recorder is None:
        raise _cannot_run(program, problems)
    replay = Replay.of(recorder)
    progress = Progress(sys.stderr, sys.stderr.isatty())

    def batches() -> Iterator[Any]:
        for outputs in replay.run(match_inputs(recorder, options.input)):
            progress.update(replay.admission.next_seq, replay.admission.newest_ns)
            yield outputs

    try:
        history = record(batches())
    except InputError as problem:
        raise Failure(str(problem), Exit.INPUT_OUTPUT) from None
    progress.clear()
    return history, replay.admission.newest_ns


# --- What is told ----------------------------------------------------------------------------------------------------


def _lines(outcome: "Outcome") -> Iterator[str]:
    devices = ", ".join(f"{count} {device}" for device, count in outcome.devices.items())
    yield f'what if "{outcome.title}"'
    yield f"  {write_time(outcome.begin)} to {write_time(outcome.end)}: {devices}, {plural(outcome.runs, 'run')}"
    for report in outcome.reports:
        yield f"  {report.text}"
        for name, value in report.statistics.items():
            shown, was = (_shown(name, v, report.type.unit) for v in (value, report.unchanged[name]))
            yield f"    {name:<7} {shown:<14} as it was {was}"


def _shown(name: str, value: float | None, unit: str | None) -> str:
    if value is None:
        return "absent"
    return write_value(value, "float", None if name == "share" else unit)


def _json(outcome: "Outcome") -> dict[str, object]:
    return {
        "title": outcome.title,
        "begin": write_time(outcome.begin),
        "end": write_time(outcome.end),
        "devices": dict(outcome.devices),
        "runs": outcome.runs,
        "seed": outcome.seed,
        "reports": [
            {
                "of": report.text,
                "unit": report.type.unit,
                "statistics": dict(report.statistics),
                "unchanged": dict(report.unchanged),
            }
            for report in outcome.reports
        ],
    }
