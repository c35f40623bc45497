"""Lark's parser of the grammar, from the tables that Lark made of it (see generate.py).

Lark takes a second or two to find the automaton of a grammar as large as this, and a command that checks a program
should not. So the automaton is kept, in Lark's own form, beside the grammar.
"""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from lark import Lark

TABLES_FILE = "iot.tables.json"

END = "$END"
"""The terminal that stands behind the last word of a text."""


def load_parser(transformer: object) -> Lark:
    """A parser whose rules become what the transformer's methods of their names make of them."""
    stored = json.loads(files(__package__ or "").joinpath(TABLES_FILE).read_text(encoding="utf-8"))
    automaton = stored["data"]["parser"]["parser"]
    # The keys of objects in JSON are texts; Lark's are numbers.
    automaton["tokens"] = _numbered(automaton["tokens"])
    automaton["states"] = {int(state): _numbered(row) for state, row in automaton["states"].items()}
    # This is what Lark's own stand-alone parsers are made with.
    load: Callable[..., Lark] = Lark._load_from_dict
    return load(stored["data"], _numbered(stored["memo"]), transformer=transformer)


def _numbered(table: dict[str, Any]) -> dict[int, Any]:
    return {int(number): value for number, value in table.items()}
