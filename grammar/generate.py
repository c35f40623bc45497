"""Writes the parser's tables from the grammar: `python -m headgate.grammar.generate`.

Lark reads `iot.lark` and finds the LALR(1) automaton. That only changes with the grammar, so it is kept beside it, as
`iot.tables.json`, in Lark's own form but in an order that does not depend on the run. A test holds the two together.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

from lark import Lark, logger
from lark.exceptions import GrammarError
from lark.grammar import Rule
from lark.lexer import TerminalDef

from . import START_SYMBOLS, raw_grammar_text
from .tables import TABLES_FILE

_SHIFT = 0


def tables_text(grammar: str | None = None) -> str:
    """The tables as JSON, a state or a rule to a line; raises Lark's GrammarError where the grammar is not LALR(1)."""
    data, memo = _read(grammar or raw_grammar_text()).memo_serialize([TerminalDef, Rule])
    return _text(*_ordered(data, memo))


def _read(grammar: str) -> Lark:
    """The grammar as Lark understands it; where it would choose by itself what a word means, that is an error."""
    told = _Told()
    logger.addHandler(told)
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        lark = Lark(
            grammar,
            parser="lalr",
            # Words are found one by one (dsl/scanning.py): there is no need of a lexer for each state.
            lexer="basic",
            start=list(START_SYMBOLS),
            keep_all_tokens=True,
            maybe_placeholders=False,
            debug=True,
        )
    finally:
        logger.setLevel(level)
        logger.removeHandler(told)
    if told.messages:
        raise GrammarError("\n".join(told.messages))
    return lark


class _Told(logging.Handler):
    """Keeps what Lark warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _ordered(data: dict[str, Any], memo: dict[int, Any]) -> tuple[dict[str, Any], dict[int, Any]]:
    """The same tables with numbers of terminals, rules, symbols and states that follow from the grammar alone."""
    by_text = sorted(memo, key=lambda number: json.dumps(memo[number], sort_keys=True))
    numbers = {old: new for new, old in enumerate(by_text)}
    data = _renumbered(data, numbers)
    automaton = data["parser"]["parser"]
    names = automaton["tokens"]
    symbols = {name: new for new, name in enumerate(sorted(names.values()))}
    rows = {
        state: {names[token]: action for token, action in row.items()} for state, row in automaton["states"].items()
    }
    states = _first_ways(rows, automaton)
    automaton["tokens"] = {new: name for name, new in symbols.items()}
    automaton["states"] = {
        states[state]: {
            symbols[name]: [kind, states[argument] if kind == _SHIFT else argument]
            for name, (kind, argument) in sorted(row.items())
        }
        for state, row in sorted(rows.items(), key=lambda each: states[each[0]])
    }
    for which in ("start_states", "end_states"):
        automaton[which] = {start: states[state] for start, state in automaton[which].items()}
    return data, {numbers[old]: memo[old] for old in by_text}


def _renumbered(part: Any, numbers: dict[int, int]) -> Any:
    """What refers to rules and terminals (`{"@": number}`), by their new numbers."""
    match part:
        case {"@": number}:
            return {"@": numbers[number]}
        case dict():
            return {key: _renumbered(value, numbers) for key, value in part.items()}
        case list() | tuple():
            return [_renumbered(value, numbers) for value in part]
        case _:
            return part


def _first_ways(rows: dict[int, dict[str, Any]], automaton: dict[str, Any]) -> dict[int, int]:
    """Numbers for the states, by the first way to each from the states that parsing starts in."""
    queue = [automaton["start_states"][start] for start in START_SYMBOLS]
    order = {state: number for number, state in enumerate(queue)}
    for state in queue:
        for _, (kind, following) in sorted(rows[state].items()):
            if kind == _SHIFT and following not in order:
                order[following] = len(order)
                queue.append(following)
    return order


def _text(data: dict[str, Any], memo: dict[int, Any]) -> str:
    """JSON whose long tables have an entry to a line, so that a difference can be read."""
    automaton = data["parser"]["parser"]
    long = {"states": automaton.pop("states"), "tokens": automaton.pop("tokens"), "memo": memo}
    automaton.update(states="<states>", tokens="<tokens>")
    text = json.dumps({"data": data, "memo": "<memo>"}, indent=1, sort_keys=True)
    for name, table in long.items():
        lines = (f"{json.dumps(str(key))}:{json.dumps(value, separators=(',', ':'))}" for key, value in table.items())
        text = text.replace(f'"<{name}>"', "{\n" + ",\n".join(lines) + "\n}")
    return text + "\n"


if __name__ == "__main__":
    Path(__file__).with_name(TABLES_FILE).write_text(tables_text(), encoding="utf-8")
    sys.stdout.write(f"{TABLES_FILE} is written\n")
