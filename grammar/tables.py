"""The LALR(1) automaton of the grammar, as `iot.tables.json` keeps it (see generate.py).

>>> tables = load_tables()
>>> "not" in tables.actions[tables.starts["expr"]]
True
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TABLES_FILE = "iot.tables.json"

END = "$END"
"""The terminal that stands behind the last word of a text."""


@dataclass(frozen=True, slots=True)
class Production:
    """A rule of the grammar: `parts` can be read as `makes`, which `becomes` something by that name.

    None in `becomes`: the single part stands for the whole. Terminals are called by their spelling (`when`) or, where
    they have no fixed one, by their name in angle brackets (`<NAME>`); rules by their name after a colon (`:expr`).
    """

    makes: str
    parts: tuple[str, ...]
    becomes: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """For each state: by terminal, the state to go on in (0 and above) or the rule to apply, `~rule` (below 0); by rule
    made, the state after it; and the symbol that leads to it."""

    starts: dict[str, int]
    accepting: frozenset[int]
    rules: tuple[Production, ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]
    entered_by: tuple[str, ...]


@cache
def load_tables() -> Tables:
    """The tables, read once."""
    kept = json.loads(files(__package__).joinpath(TABLES_FILE).read_text(encoding="utf-8"))
    symbols: list[str] = kept["symbols"]
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    entered_by = [""] * len(kept["states"])
    for shifts, reductions in kept["states"]:
        by_terminal: dict[str, int] = {}
        by_rule: dict[str, int] = {}
        pairs = iter(shifts)
        for number, state in zip(pairs, pairs, strict=True):
            symbol = symbols[number]
            entered_by[state] = symbol
            (by_rule if symbol[0] == ":" and len(symbol) > 1 else by_terminal)[symbol] = state
        for rule, *after in reductions:
            by_terminal.update(dict.fromkeys([symbols[number] for number in after], ~rule))
        actions.append(by_terminal)
        gotos.append(by_rule)
    return Tables(
        dict(kept["starts"]),
        frozenset(kept["accepting"]),
        tuple(Production(makes, tuple(parts), becomes) for makes, parts, becomes in kept["rules"]),
        tuple(actions),
        tuple(gotos),
        tuple(entered_by),
    )


@cache
def keywords() -> frozenset[str]:
    """All words that are keywords somewhere."""
    return frozenset(terminal for row in load_tables().actions for terminal in row if terminal.isidentifier())
