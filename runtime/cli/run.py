"""`headgate run`: a program over inputs."""

from argparse import ArgumentParser, Namespace

from .arguments import positive
from .exits import Exit
from .parts import add_trust
from .program import add_path


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "program", nargs="?", metavar="PROGRAM", help="a program (.iot), or a plan (.json) made by `compile`"
    )
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        metavar="[NAME=]FILE",
        help="messages to read: .jsonl, .ndjson, .json or .csv, each also with .gz; .parquet, .arrow or .feather; or - "
        "for standard input; they feed the sources of their format, or those named (NAME or NAME,NAME); several inputs "
        "are read one after another",
    )
    parser.add_argument(
        "--results", metavar="FILE", help="where to write outputs as JSON lines (default: MODULE.results.jsonl)"
    )
    parser.add_argument("--no-results", action="store_true", help="write no results")
    parser.add_argument("--quarantine", metavar="FILE", help="where to write what was quarantined, as JSON lines")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print outputs and summary as JSON lines; results are not written unless named",
    )
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    parser.add_argument("--limit", type=positive, metavar="N", help="read at most N messages")
    parser.add_argument(
        "--batch",
        type=positive,
        metavar="N",
        help="feed at most N messages at once; it changes the speed, not the results",
    )
    parser.add_argument(
        "--state",
        metavar="DIR",
        help="keep state in this folder: begun anew after a crash, with the same options, the run goes on where it "
        "was, and what it writes is as if nothing had happened",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=positive,
        metavar="N",
        help="with --state: write a checkpoint each time N messages were read (default: every 10 seconds or more)",
    )
    parser.add_argument(
        "--inventory",
        metavar="FILE",
        help="devices that are registered before the first message: .jsonl, .csv, .yaml",
    )
    parser.add_argument(
        "--part", metavar="FILE", help="in place of a program: the part of a deployment, with the devices it is for"
    )
    parser.add_argument(
        "--packets", metavar="FILE", help="with --part: where to write what it would send to the place above"
    )
    parser.add_argument(
        "--remember",
        metavar="DIR",
        help="with --part: keep the newest part accepted in this folder, and accept no older one",
    )
    add_trust(parser)
    add_path(parser)


def run(options: Namespace) -> Exit:
    """Run a program or a plan to the end of its inputs."""
    from .executing import execute

    return execute(options)
