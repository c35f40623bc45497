"""Writes the parser's tables from the grammar: `python -m headgate.grammar.generate`.

Lark reads `iot.lark` and finds the LALR(1) automaton, which takes it a second or two. The automaton only changes with
the grammar, so it is kept beside it, as `iot.tables.json`, in an order of its own that does not depend on the run; the
compiler loads that and needs no Lark. A test holds the two together.
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
from .tables import END, TABLES_FILE


def tables_text(grammar: str | None = None) -> str:
    """The tables as JSON, a state to a line; raises Lark's GrammarError where the grammar is not LALR(1)."""
    data, memo = _read(grammar or raw_grammar_text()).memo_serialize([TerminalDef, Rule])
    names = {each["name"]: _terminal(each) for each in memo.values() if each["__type__"] == "TerminalDef"}
    rules = {number: _rule(each, names) for number, each in memo.items() if each["__type__"] == "Rule"}
    automaton = data["parser"]["parser"]
    states: dict[int, dict[str, tuple[int, Any]]] = {
        state: {_symbol(automaton["tokens"][token], names): action for token, action in row.items()}
        for state, row in automaton["states"].items()
    }
    accepting = {state: start for start, state in automaton["end_states"].items()}
    order = _order(states, [automaton["start_states"][start] for start in START_SYMBOLS], accepting)
    listed = sorted({json.dumps(rule) for rule in rules.values()})
    rule_numbers = {number: listed.index(json.dumps(rule)) for number, rule in rules.items()}
    symbols = sorted({symbol for row in states.values() for symbol in row})
    lines = []
    for state in order:
        shifts: list[int] = []
        reductions: dict[int, list[int]] = {}
        for symbol, (kind, argument) in sorted(states[state].items()):
            if symbol == END and state in accepting:
                continue
            if kind == _REDUCE:
                reductions.setdefault(rule_numbers[argument["@"]], []).append(symbols.index(symbol))
            else:
                shifts += [symbols.index(symbol), order[argument]]
        lines.append([shifts, [[rule, *after] for rule, after in sorted(reductions.items())]])
    return _json(
        {
            "symbols": [json.dumps(symbol) for symbol in symbols],
            "starts": [json.dumps([start, order[automaton["start_states"][start]]]) for start in START_SYMBOLS],
            "accepting": [json.dumps(order[automaton["end_states"][start]]) for start in START_SYMBOLS],
            "rules": listed,
            "states": [json.dumps(line, separators=(",", ":")) for line in lines],
        }
    )


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


_SHIFT, _REDUCE = 0, 1


def _terminal(definition: dict[str, Any]) -> str:
    """A terminal as the tables call it: what it is spelled, or what it is called in angle brackets."""
    pattern = definition["pattern"]
    return str(pattern["value"]) if pattern["__type__"] == "PatternStr" else f"<{definition['name']}>"


def _symbol(name: str, terminals: dict[str, str]) -> str:
    """A rule's name begins with a colon, which no word of a program does."""
    return terminals.get(name, name if name == END else f":{name}")


def _rule(rule: dict[str, Any], terminals: dict[str, str]) -> list[Any]:
    """What is made, out of what, and what it becomes; None where a single part stands for the whole."""
    origin, alias = rule["origin"]["name"], rule["alias"]
    parts = [_symbol(part["name"], terminals) for part in rule["expansion"]]
    passes = rule["options"]["expand1"] and alias is None and len(parts) == 1
    return [f":{origin}", parts, None if passes else alias or origin]


def _order(
    states: dict[int, dict[str, tuple[int, Any]]], starts: list[int], accepting: dict[int, str]
) -> dict[int, int]:
    """Numbers for the states that do not depend on how they were found: the first way to each, in order."""
    order = {state: number for number, state in enumerate(starts)}
    for state in (queue := list(order)):
        for symbol, (kind, following) in sorted(states[state].items(), key=lambda each: each[0]):
            if kind == _SHIFT and following not in order and not (symbol == END and state in accepting):
                order[following] = len(order)
                queue.append(following)
    return order


def _json(parts: dict[str, list[str]]) -> str:
    body = ",\n".join(f'"{name}": [\n' + ",\n".join(lines) + "\n]" for name, lines in parts.items())
    return f"{{\n{body}\n}}\n"


if __name__ == "__main__":
    Path(__file__).with_name(TABLES_FILE).write_text(tables_text(), encoding="utf-8")
    sys.stdout.write(f"{TABLES_FILE} is written\n")
