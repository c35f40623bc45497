"""`headgate fmt`: programs the way everyone writes them. What they mean stays, and their comments."""

import difflib
import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from .check import in_colour, plural
from .exits import Exit, Failure
from .program import DOCUMENT_SUFFIXES, read_source
from .writing import STDIN, write_whole

if TYPE_CHECKING:
    from ...dsl.source import SourceText


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a program (.iot), or - for standard input, written to standard output"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file would be changed")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would be changed")


def fmt(options: Namespace) -> Exit:
    """Format every file in place, each whole or not at all."""
    if STDIN in options.files and len(options.files) > 1:
        raise Failure("`-` stands alone: standard input is one program", Exit.USAGE)
    changed = wrong = 0
    unread: list[Failure] = []
    for path in options.files:
        try:
            source = _source(path)
            formatted = _formatted(source)
            if formatted is None:
                wrong += 1
                continue
            changed += formatted != source.text
            _deliver(options, path, source, formatted)
        except Failure as failure:
            unread.append(failure)
    _summarise(options, changed, wrong)
    for earlier in unread[:-1]:
        print(f"headgate: {earlier}", file=sys.stderr)
    if unread:
        raise unread[-1]
    return Exit.PROGRAM if wrong or (changed and options.check) else Exit.OK


def _source(path: str) -> "SourceText":
    from ...dsl.source import SourceText

    if path == STDIN:
        try:
            return SourceText("<stdin>", sys.stdin.buffer.read().decode("utf-8-sig"))
        except UnicodeDecodeError as problem:
            message = f"cannot read standard input: byte {problem.start} is not UTF-8"
            raise Failure(message, Exit.INPUT_OUTPUT) from None
    if path.endswith(DOCUMENT_SUFFIXES):
        raise Failure(f"`{path}` is no text; `headgate convert {path} --to iot` writes it as one", Exit.USAGE)
    return read_source(path)


def _formatted(source: "SourceText") -> str | None:
    """The text as it should be; None, and the problems shown, if it cannot be read."""
    from ...dsl.format import format_text
    from ...dsl.render import render

    text, problems = format_text(source)
    if text is None:
        for problem in problems:
            print(render(problem, source, color=in_colour(sys.stderr)), end="\n\n", file=sys.stderr)
        print(f"headgate: `{source.name}` has errors and is left as it is", file=sys.stderr)
    return text


def _deliver(options: Namespace, path: str, source: "SourceText", formatted: str) -> None:
    if options.diff:
        sys.stdout.writelines(_difference(path, source.text, formatted))
    if options.check or options.diff:
        if options.check and formatted != source.text:
            print(f"would change {source.name}", file=sys.stderr)
    elif path == STDIN:
        sys.stdout.write(formatted)
    elif formatted != source.text:
        write_whole(path, formatted.encode())
        print(f"formatted {path}", file=sys.stderr)


def _difference(path: str, before: str, after: str) -> list[str]:
    """A unified difference, as `diff -u` prints it."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path, f"{path} (formatted)"
    )
    return [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines]


def _summarise(options: Namespace, changed: int, wrong: int) -> None:
    if options.files == [STDIN]:
        return
    same = len(options.files) - changed - wrong
    verb = "would be changed" if options.check or options.diff else "changed"
    parts = [f"{plural(changed, 'file')} {verb}", f"{same} left as {'it is' if same == 1 else 'they are'}"]
    if wrong:
        parts.append(f"{wrong} with errors")
    print(", ".join(parts), file=sys.stderr)
