"""The entry point: what can be asked for, and how failures end."""

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ..compiling import begin_at_once
from .exits import Exit, Failure

ENDINGS = """exit codes:
  0    done; with `check`: no errors
  1    the program has errors, a test failed, or a file is not formatted
  2    wrong usage
  3    an input cannot be read, or an output not be written
  130  interrupted
"""

COMMANDS = {
    "check": ("check", "check", "say what is wrong with programs"),
    "fmt": ("fmt", "fmt", "write programs the way everyone writes them"),
    "test": ("test", "test", "run the tests of programs under virtual time"),
    "run": ("run", "run", "run a program over inputs"),
    "simulate": ("simulate", "simulate", "run a program's what-ifs over recorded inputs"),
    "explain": ("explain", "explain", "explain a diagnostic, or what a program waits for, keeps and costs"),
    "diff": ("diff", "diff", "say what becomes of state when a program takes the place of another"),
    "why": ("why", "explain_why", "say why a rule is raised, or why not"),
    "plan": ("plan", "plan", "say where the parts of a program run, and why"),
    "profile": ("measuring", "profile", "measure the rates of a program on recorded inputs"),
    "graph": ("graph", "graph", "draw what in a program depends on what"),
    "convert": ("convert", "convert", "write a program as JSON, YAML or text"),
    "deploy": ("deploy", "deploy", "write a signed part of a program for each gateway of a fleet, or check one"),
    "keys": ("keys", "keys", "make the keys that deployments are signed with"),
    "kernels": ("kernels", "kernels", "compile what programs run on for this machine, beforehand"),
    "compile": ("compiling", "compile_program", "write a program's plan, to run without the compiler"),
    "new": ("new", "new", "begin a project"),
}
"""For each command its module here, the function in it, and what it does. A module also has `add_arguments`; what a
command needs is loaded when it is asked for, so that `headgate run plan.json` starts without the compiler."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    try:
        given = sys.argv[1:] if argv is None else list(argv)
        if argv is None:
            begin_at_once(lambda text: print(f"headgate: {text}", file=sys.stderr, flush=True))
        options, unknown = _parser(given).parse_known_args(given)
        if unknown:
            options.refuse(f"unrecognized arguments: {' '.join(unknown)}")
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


def _parser(given: Sequence[str]) -> ArgumentParser:
    """The parser of what was given: it knows every command, and the arguments of the one that is asked for."""
    parser = ArgumentParser(
        prog="headgate",
        description="Headgate: a compiled, declarative rule language for the Internet of Things.",
        epilog=ENDINGS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, function, words) in COMMANDS.items():
        command = commands.add_parser(name, **_words(words))
        if name in given[:1]:
            loaded = import_module(f".{module}", __package__)
            loaded.add_arguments(command)
            command.set_defaults(action=getattr(loaded, function), refuse=command.error)
    return parser


def _words(text: str) -> dict[str, Any]:
    return {
        "help": text,
        "description": f"{text[0].upper()}{text[1:]}.",
        "epilog": ENDINGS,
        "formatter_class": RawDescriptionHelpFormatter,
    }


if __name__ == "__main__":
    sys.exit(main())
