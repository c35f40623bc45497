"""The entry point: what can be asked for, and how failures end."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import Any

from .exits import Exit, Failure

ENDINGS = """exit codes:
  0    done; with `check`: no errors
  1    the program has errors
  2    wrong usage
  3    an input cannot be read, or an output not be written
  130  interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    try:
        options = _parser().parse_args(argv)
        action: Callable[[Namespace], Exit] = options.action
        code = action(options)
        sys.stdout.flush()
        return code
    except SystemExit as ending:  # argparse: help, or wrong usage
        return ending.code if isinstance(ending.code, int) else Exit.USAGE
    except Failure as failure:
        sys.stdout.flush()
        print(f"headgate: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read this has seen enough (`| head`). Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as problem:
        print(f"headgate: cannot go on: {problem.strerror or problem}", file=sys.stderr)
        return Exit.INPUT_OUTPUT


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="headgate",
        description="Headgate: a compiled, declarative rule language for the Internet of Things.",
        epilog=ENDINGS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", **_words("say what is wrong with programs")))
    _add_run(commands.add_parser("run", **_words("run a program over inputs")))
    _add_explain(commands.add_parser("explain", **_words("explain a diagnostic, or what a program costs")))
    _add_compile(commands.add_parser("compile", **_words("write a program's plan, to run without the compiler")))
    return parser


def _words(text: str) -> dict[str, Any]:
    return {
        "help": text,
        "description": f"{text[0].upper()}{text[1:]}.",
        "epilog": ENDINGS,
        "formatter_class": RawDescriptionHelpFormatter,
    }


def _add_check(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a program (.iot)")
    parser.add_argument("--json", action="store_true", help="print the problems as one JSON object")
    parser.set_defaults(action=_check)


def _add_run(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot), or a plan (.json) made by `compile`")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        metavar="[NAME=]FILE",
        help="messages to read: .jsonl, .ndjson, .json or .csv, each also with .gz, or - for standard input; they feed "
        "the sources of their format, or those named (NAME or NAME,NAME); several inputs are read one after another",
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
    parser.add_argument("--limit", type=_positive, metavar="N", help="read at most N messages")
    parser.add_argument(
        "--batch",
        type=_positive,
        metavar="N",
        help="feed at most N messages at once; it changes the speed, not the results",
    )
    parser.set_defaults(action=_run)


def _add_explain(parser: ArgumentParser) -> None:
    parser.add_argument("what", metavar="CODE|FILE", help="a diagnostic's code (HG0203), or a program (.iot)")
    parser.add_argument("--json", action="store_true", help="print the explanation as one JSON object")
    parser.set_defaults(action=_explain)


def _add_compile(parser: ArgumentParser) -> None:
    parser.add_argument("program", metavar="PROGRAM", help="a program (.iot)")
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write the plan (default: -, standard output)"
    )
    parser.set_defaults(action=_compile)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(text)


# What a command needs is loaded when it is asked for: `headgate run plan.json` starts without the compiler.


def _check(options: Namespace) -> Exit:
    from .check import check

    return check(options)


def _run(options: Namespace) -> Exit:
    from ..kernels.jit import will_compile

    if will_compile():
        print("compiling the engine's kernels for this machine: half a minute, once", file=sys.stderr, flush=True)
    from .run import run

    return run(options)


def _explain(options: Namespace) -> Exit:
    from .explain import explain

    return explain(options)


def _compile(options: Namespace) -> Exit:
    from .compiling import compile_program

    return compile_program(options)


if __name__ == "__main__":
    sys.exit(main())
