"""`headgate convert`: a program as JSON, YAML or text. The three say the same."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from .check import in_colour, plural
from .exits import Exit, Failure
from .program import DOCUMENT_SUFFIXES, is_plan, read_source, read_text
from .writing import STDOUT, put

SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".iot": "iot"}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program: .iot, .iot.json or .iot.yaml")
    parser.add_argument(
        "--to", choices=["json", "yaml", "iot"], help="what to write (default: by the output's name); iot is the text"
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="in JSON and YAML, expressions as trees of objects, not as short texts of the language",
    )
    parser.add_argument(
        "-o", "--output", default=STDOUT, metavar="FILE", help="where to write it (default: -, standard output)"
    )


def convert(options: Namespace) -> Exit:
    """Write a program in another form; comments are only in the text, and stay behind."""
    form = options.to or SUFFIXES.get(Path(options.output).suffix)
    if form is None:
        raise Failure("say what to write: --to json, --to yaml or --to iot", Exit.USAGE)
    if is_plan(options.file):
        raise Failure(f"`{options.file}` is a plan, which no program can be made of", Exit.USAGE)
    put(options.output, _written(options.file, form, short=not options.full))
    return Exit.OK


def _written(path: str, form: str, short: bool) -> str:
    from ...dsl.document import to_json, to_yaml
    from ...dsl.parse import parse
    from ...dsl.render import render
    from ...dsl.unparse import unparse
    from .documents import program_of

    if path.endswith(DOCUMENT_SUFFIXES):
        program = program_of(path, read_text(path))
    else:
        source = read_source(path)
        program, problems = parse(source)
        for problem in problems:
            print(render(problem, source, color=in_colour(sys.stderr)), end="\n\n", file=sys.stderr)
        errors = sum(problem.severity == "error" for problem in problems)
        if errors:
            raise Failure(f"`{path}` has {plural(errors, 'error')}", Exit.PROGRAM)
    match form:
        case "json":
            return to_json(program, short=short)
        case "yaml":
            return to_yaml(program, short=short)
        case _:
            return unparse(program)
