"""`headgate new`: a small project that checks, passes its test and runs at once."""

import re
from argparse import ArgumentParser, Namespace
from importlib.resources import files
from pathlib import Path

from .exits import Exit, Failure

TEMPLATE = "fridges"
"""What the project that others are made of is called."""

_EXPLAINED = re.compile(r"^(?P<command>(?:headgate|pytest) .*?) +(?P<comment># .*)$", re.MULTILINE)
"""A command of the README, and what it does."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the project's name, and that of the folder that is made for it")


def new(options: Namespace) -> Exit:
    """Make a folder with a program, sample messages and a README."""
    name: str = options.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        wanted = re.sub(r"\W+", "_", name.lower()).strip("_0123456789")
        hint = f"; `{wanted}` would do" if wanted else ""
        raise Failure(f"`{name}` cannot name a program: it takes small letters, digits and `_`{hint}", Exit.USAGE)
    folder = Path(name)
    if folder.exists():
        raise Failure(f"there is a `{name}` here already; choose another name", Exit.USAGE)
    try:
        folder.mkdir()
        for file in files(__package__).joinpath("project").iterdir():
            text = _aligned(re.sub(rf"\b{TEMPLATE}\b", name, file.read_text(encoding="utf-8")))
            (folder / file.name.replace(TEMPLATE, name)).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise Failure(f"cannot write `{problem.filename}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None
    print(f"made {name}/: a program with a test, messages to run it over, and a README")
    print(f"now: cd {name}; headgate test {name}.iot; headgate run {name}.iot --input messages.jsonl")
    return Exit.OK


def _aligned(text: str) -> str:
    """The commands of the README with what they do in one column; the name may stand in one of them twice."""
    width = max((len(match["command"]) for match in _EXPLAINED.finditer(text)), default=0)
    return _EXPLAINED.sub(lambda match: f"{match['command']:<{width}}     {match['comment']}", text)
