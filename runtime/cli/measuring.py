"""`headgate profile`: how often what happens in a program, measured on recorded inputs; `headgate plan` reads it."""

import sys
from argparse import ArgumentParser, Namespace

from .arguments import positive
from .check import plural
from .exits import Exit, Failure
from .inputs import match_inputs
from .plan import plan_to_place
from .program import add_path
from .progress import Progress
from .writing import STDOUT, put


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot), or a plan (.json) made by `compile`")
    parser.add_argument(
        "--input", action="append", required=True, metavar="[NAME=]FILE", help="messages to read, as for `headgate run`"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="read at most N messages")
    parser.add_argument(
        "-o", "--output", default=STDOUT, metavar="FILE", help="where to write the rates (default: -, standard output)"
    )
    add_path(parser)


def profile(options: Namespace) -> Exit:
    """Run a program over inputs, and write how often each of its nodes was updated."""
    from ..connectors.payload import InputError
    from ..placement.measured import write
    from ..placement.measuring import Profile
    from ..replay import Replay

    read = plan_to_place(options)
    if read.without:
        missing = f"{plural(len(read.without), 'part')} of it cannot be executed yet: {', '.join(read.without)}"
        raise Failure(f"`{options.program}` cannot be measured; {missing}", Exit.PROGRAM)
    replay = Replay.of(read.plan)
    profiled = Profile(replay.engine)
    progress = Progress(sys.stderr, sys.stderr.isatty())
    try:
        for outputs in replay.run(match_inputs(read.plan, options.input), messages_max=options.limit):
            profiled.count(outputs)
            progress.update(replay.admission.next_seq, replay.admission.newest_ns)
    except InputError as problem:
        raise Failure(str(problem), Exit.INPUT_OUTPUT) from None
    progress.clear()
    measured = profiled.measured()
    put(options.output, write(measured, {node.id: read.words.flow(node) for node in read.plan.nodes}))
    return Exit.OK
