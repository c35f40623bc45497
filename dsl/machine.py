"""What drives the parser: the grammar's automaton, with what each rule of the grammar becomes.

It also answers what the parser asks of it without moving: what could come next, and what is open.
"""

from dataclasses import dataclass
from functools import cache

from ..grammar.tables import END, Tables, load_tables
from .tree import BUILD, CHOICES, NESTING, TAKES_PATTERNS
from .tree_reading import Build

_NEAR_STATES, _ANSWERS_MAX = 6, 10_000
"""How many states an answer is remembered for, and how many answers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the parser does when a rule of the grammar is complete.

    `kept` are the parts that are no keywords; `spliced` says that some of them are lists to be taken apart. `build` is
    None where the rule only makes a list of its parts; `chosen` is the keyword that a choice of keywords becomes.
    """

    makes: str
    size: int
    passes: bool
    kept: tuple[int, ...]
    spliced: bool
    build: Build | None
    chosen: str | None
    takes_patterns: bool
    nests: int


@dataclass(frozen=True, slots=True)
class Machine:
    """The tables, with what each rule becomes, and which states want words that only some states know."""

    tables: Tables
    rules: tuple[Rule, ...]
    wants_type: tuple[bool, ...]
    wants_key: tuple[bool, ...]
    wants_count: tuple[bool, ...]
    chains: dict[tuple[int, int, str], int]
    """Where a row of rules with one part each, which build nothing, leads; filled as they are met."""
    answers: dict[tuple[str, tuple[int, ...]], bool]
    """Whether a terminal can come behind some states; filled as it is asked, up to a bound."""

    def chain(self, before: int, state: int, terminal: str) -> int:
        """Where rules with a single part that stands for the whole lead."""
        while True:
            action = self.tables.actions[state].get(terminal, 0)
            if action >= 0 or not self.rules[~action].passes:
                return state
            state = self.tables.gotos[before][self.rules[~action].makes]

    def takes(self, states: list[int], terminal: str, kept: int | None = None) -> bool:
        """Whether a terminal can come behind these states, or behind the first so many of them."""
        return self._looked_up(states, len(states) if kept is None else kept, terminal)[0]

    def can_be(self, states: list[int], terminal: str) -> bool:
        """Whether a terminal can come behind these states; remembers what it found."""
        near = (terminal, tuple(states[-_NEAR_STATES:]))
        known = self.answers.get(near)
        if known is None:
            known, decided = self._looked_up(states, len(states), terminal)
            if decided <= _NEAR_STATES and len(self.answers) < _ANSWERS_MAX:
                self.answers[near] = known
        return known

    def _looked_up(self, states: list[int], kept: int, terminal: str) -> tuple[bool, int]:
        """Whether a terminal can come behind the first so many states, and how many of those decided it.

        All rules that the terminal completes are applied, to states that are only thought of.
        """
        tables = self.tables
        first = kept
        above: list[int] = []  # What stands on top of the states that are kept.
        while True:
            state = above[-1] if above else states[kept - 1]
            action = tables.actions[state].get(terminal)
            if action is None or action >= 0:
                takes = action is not None or (terminal == END and state in tables.accepting)
                return takes, first - kept + 1
            rule = self.rules[~action]
            dropped = min(rule.size, len(above))
            del above[len(above) - dropped :]
            kept -= rule.size - dropped
            above.append(tables.gotos[above[-1] if above else states[kept - 1]][rule.makes])

    def fitting(self, states: list[int]) -> frozenset[str]:
        """The terminals that can come behind these states."""
        return frozenset(terminal for terminal in self.tables.actions[states[-1]] if self.takes(states, terminal))

    def innermost_brace(self, states: list[int], below: int) -> int | None:
        """Which of the states, of the first so many, is the one behind the last brace that is open."""
        closed = 0
        for i in range(below - 1, 0, -1):
            symbol = self.tables.entered_by[states[i]]
            if symbol == "{" and closed == 0:
                return i
            closed += (symbol == "}") - (symbol == "{")
        return None

    def whole(self, states: list[int], brace: int) -> int:
        """How many states hold what is whole up to and behind a brace: the lists of parts read so far, if any."""
        count = brace + 1
        while count < len(states) and self.tables.entered_by[states[count]].startswith(":__"):
            count += 1
        return count


@cache
def machine() -> Machine:
    """The parser's machine, made once."""
    tables = load_tables()
    rules: list[Rule] = []
    for rule in tables.rules:
        name = rule.becomes or ""
        kept = tuple(i for i, part in enumerate(rule.parts) if _is_value(part))
        is_list = name.startswith("_")
        # One part of many kinds, `_item: rule`, stands for itself; the first of a list makes the list.
        is_alone = is_list and not name.startswith("__") and len(kept) == len(rule.parts) == 1
        rules.append(
            Rule(
                makes=rule.makes,
                size=len(rule.parts),
                passes=rule.becomes is None or is_alone,
                kept=kept,
                spliced=any(rule.parts[i].startswith(":_") for i in kept),
                build=None if rule.becomes is None or is_list or name in CHOICES else BUILD[name],
                chosen=rule.parts[0] if name in CHOICES else None,
                takes_patterns=is_list or name in TAKES_PATTERNS,
                nests=1 if name in NESTING else 0,
            )
        )
    return Machine(
        tables,
        tuple(rules),
        tuple("<TYPE>" in row for row in tables.actions),
        tuple("<MAPKEY>" in row for row in tables.actions),
        tuple("<TIMES_NAME>" in row for row in tables.actions),
        {},
        {},
    )


def _is_value(symbol: str) -> bool:
    """Whether a symbol stands for more than a keyword or sign."""
    return len(symbol) > 2 and symbol[0] in ":<"
