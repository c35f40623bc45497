"""What drives the parser: Lark's LALR(1) automaton, with what each rule of the grammar becomes.

It also answers what the parser asks of it without moving: what could come next, and what is open.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Protocol

from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

from ..grammar.tables import END, load_parser
from .source import Span
from .tree import BUILD, CHOICES, DEPTH_MAX, NESTING, TAKES_PATTERNS
from .tree_reading import PATTERN_KINDS, Build, Children, Reading

_NEAR_STATES, _ANSWERS_MAX = 6, 10_000
"""How many states an answer is remembered for, and how many answers."""

_PATTERNS = frozenset(PATTERN_KINDS)


class Piece:
    """What was read and waits: a word, or what a rule of the grammar became. None as value is a keyword or a sign.

    type: Lark's name of a word's terminal; begin, end: where it stands in the text; depth: how deeply what it became
    is nested.
    """

    __slots__ = ("begin", "depth", "end", "type", "value")

    def __init__(self, type_: str, value: Any, begin: int, end: int, depth: int = 0) -> None:
        self.type = type_
        self.value = value
        self.begin = begin
        self.end = end
        self.depth = depth


class Several:
    """Pieces in a row, which Lark makes parts of what they are part of."""

    __slots__ = ("children",)

    def __init__(self, children: list[Piece]) -> None:
        self.children = children

    @property
    def begin(self) -> int:
        return self.children[0].begin


class NestedTooDeeply(Exception):
    """What was just completed has more levels than later stages can follow."""

    def __init__(self, span: Span) -> None:
        super().__init__()
        self.span = span


class Run(Protocol):
    """What is being read: its text, how far it was read, and what comes of it."""

    text: str
    position: int
    reading: Reading

    def span(self, begin: int, end: int) -> Span: ...


class Building(threading.local):
    """Makes what the rules of the grammar become, for the run that feeds the parser; Lark asks by the rules' names."""

    run: Run

    def __getattr__(self, name: str) -> Callable[[list[Piece]], Piece | Several]:
        # Lark asks for the terminals, too, which stay as they are; their names are in capitals.
        if not name.islower():
            raise AttributeError(name)
        return Several if name.startswith("_") else self.made(name)

    def made(self, name: str) -> Callable[[list[Piece]], Piece]:
        """What makes something of the pieces that a rule was read from."""
        if name in CHOICES:
            return self._chosen
        if name not in BUILD:
            raise AttributeError(name)  # Its cases are single parts, which stand for the whole.
        return self._builder(BUILD[name], name in TAKES_PATTERNS, NESTING.get(name, 0))

    def _chosen(self, pieces: list[Piece]) -> Piece:
        """One keyword out of several becomes its text."""
        (piece,) = pieces
        return Piece("", self.run.text[piece.begin : piece.end], piece.begin, piece.end)

    def _builder(self, build: Build, takes_patterns: bool, nests: int) -> Callable[[list[Piece]], Piece]:
        def become(pieces: list[Piece]) -> Piece:
            run = self.run
            # Parentheses belong to the span of what stands around them, not to the node inside.
            begin, end = (pieces[0].begin, pieces[-1].end) if pieces else (run.position, run.position)
            depth = 0
            parts: Children = []
            for piece in pieces:
                if piece.value is not None:
                    parts.append(piece.value)
                    if piece.depth > depth:
                        depth = piece.depth
            span = run.span(begin, end)
            depth += nests
            if depth > DEPTH_MAX:
                raise NestedTooDeeply(span)
            if not takes_patterns:
                for i, part in enumerate(parts):
                    if type(part) in _PATTERNS:
                        parts[i] = run.reading.value(part, span)
            return Piece("", build(run.reading, span, parts), begin, end, depth)

        return become


Row = Mapping[str, tuple[Any, Any]]
"""What Lark's parser does in one state: by terminal or rule, shift to a state, or complete a rule."""


class Machine:
    """Lark's parser of the grammar. Terminals are called as Lark calls them; `names` has those with a fixed spelling.

    rows: what the parser does in each state; wants_type, wants_key, wants_count: the states in which a word can be
    what it is nowhere else.
    """

    def __init__(self, building: Building) -> None:
        self.building = building
        self.lark = load_parser(building)
        self.names = {each.pattern.value: each.name for each in self.lark.terminals if _has_spelling(each)}
        self.spellings = {name: spelling for spelling, name in self.names.items()}
        self.terminals = frozenset(each.name for each in self.lark.terminals) | {END}
        conf = self.begun("expr").parse_conf
        self.rows: Mapping[int, Row] = conf.states
        self.accepting = frozenset(conf.parse_table.end_states.values())
        self.wants_type = self._with("TYPE")
        self.wants_key = self._with("MAPKEY")
        self.wants_count = self._with("TIMES_NAME")
        self.answers: dict[tuple[str, tuple[int, ...]], bool] = {}

    def _with(self, terminal: str) -> frozenset[int]:
        return frozenset(state for state, row in self.rows.items() if terminal in row)

    def begun(self, what: str) -> ParserState[int]:
        """A parser that has read nothing yet."""
        return self.lark.parse_interactive(start=what).parser_state

    def spelled(self, terminal: str) -> str:
        """A terminal as people write it or, without a fixed spelling, its name in angle brackets."""
        return self.spellings.get(terminal) or (terminal if terminal == END else f"<{terminal}>")

    def takes(self, states: Sequence[int], terminal: str, kept: int | None = None) -> bool:
        """Whether a terminal can come behind these states, or behind the first so many of them."""
        return self._looked_up(states, len(states) if kept is None else kept, terminal)[0]

    def can_be(self, states: Sequence[int], terminal: str) -> bool:
        """Whether a terminal can come behind these states; remembers what it found."""
        near = (terminal, tuple(states[-_NEAR_STATES:]))
        known = self.answers.get(near)
        if known is None:
            known, decided = self._looked_up(states, len(states), terminal)
            if decided <= _NEAR_STATES and len(self.answers) < _ANSWERS_MAX:
                self.answers[near] = known
        return known

    def _looked_up(self, states: Sequence[int], kept: int, terminal: str) -> tuple[bool, int]:
        """Whether a terminal can come behind the first so many states, and how many of those decided it.

        All rules that the terminal completes are applied, to states that are only thought of.
        """
        first = kept
        above: list[int] = []  # What stands on top of the states that are kept.
        while True:
            state = above[-1] if above else states[kept - 1]
            action, rule = self.rows[state].get(terminal, (None, None))
            accepted = terminal == END and state in self.accepting
            if accepted or action is None or action is Shift:
                return accepted or action is Shift, first - kept + 1
            size = len(rule.expansion)
            dropped = min(size, len(above))
            del above[len(above) - dropped :]
            kept -= size - dropped
            above.append(self.rows[above[-1] if above else states[kept - 1]][rule.origin.name][1])

    def fitting(self, states: Sequence[int]) -> frozenset[str]:
        """The terminals that can come behind these states, as they are spelled."""
        return frozenset(
            self.spelled(terminal)
            for terminal in self.rows[states[-1]]
            if terminal in self.terminals and self.takes(states, terminal)
        )

    @cached_property
    def entered_by(self) -> Mapping[int, str]:
        """The terminal or rule that leads to each state."""
        return {
            following: symbol
            for row in self.rows.values()
            for symbol, (action, following) in row.items()
            if action is Shift
        }

    def innermost_brace(self, states: Sequence[int], below: int) -> int | None:
        """Which of the states, of the first so many, is the one behind the last brace that is open."""
        opening, closing = self.names["{"], self.names["}"]
        closed = 0
        for i in range(below - 1, 0, -1):
            symbol = self.entered_by[states[i]]
            if symbol == opening and closed == 0:
                return i
            closed += (symbol == closing) - (symbol == opening)
        return None

    def whole(self, states: Sequence[int], brace: int) -> int:
        """How many states hold what is whole up to and behind a brace: the lists of parts read so far, if any."""
        count = brace + 1
        while count < len(states) and self.entered_by[states[count]].startswith("__"):
            count += 1
        return count

    def complete(self, parser: ParserState[int], terminal: str) -> None:
        """Apply the rules that a terminal completes, without reading it, so that what is whole is kept as such."""
        states, pieces = parser.state_stack, parser.value_stack
        while (action := self.rows[states[-1]][terminal])[0] is not Shift:
            rule = action[1]
            kept = len(states) - len(rule.expansion)
            parts = pieces[kept - 1 :]
            del states[kept:], pieces[kept - 1 :]
            pieces.append(parser.parse_conf.callbacks[rule](parts))
            states.append(self.rows[states[-1]][rule.origin.name][1])


def _has_spelling(terminal: TerminalDef) -> bool:
    return isinstance(terminal.pattern, PatternStr)


@cache
def machine() -> Machine:
    """The parser's machine, made once."""
    return Machine(Building())
