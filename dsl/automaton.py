"""The parser: feeds Lark word by word with a stretch of text, and builds the tree as it goes.

Lark keeps the states and what was read, and completes the grammar's rules; what these become is built at once, without
recursion, so that no text can exhaust the stack. The words are found here, because which words there are depends on
the state that the parser is in. Where the text does not continue what stands before it, the parser stops; within the
braces of an item it can then go on at the next line that fits, as if what it stopped in were not there.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from ..grammar.tables import END
from .machine import Machine, NestedTooDeeply, Piece, Several
from .machine import machine as usual_machine
from .scanning import (
    BLANK,
    COMPARISON,
    COUNT,
    KEY,
    NAME,
    NOTHING,
    NUMERAL,
    STRING,
    WORD,
    quantity_end,
    type_end,
    version_end,
)
from .source import Span
from .syntax_problems import TooDeep
from .tree import DEPTH_MAX
from .tree_reading import Reading, Word

STOPS_MAX = 20
"""How often the parser goes on after a fault in one stretch of text."""

_OPEN_MAX = 5000
"""How many parts may wait for what they are parts of; the brackets and levels allowed need fewer."""

_NEAR = 4000
"""How many characters behind a fault misspelt keywords are looked for."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the text does not continue what stands before it, the terminals that would, and whether braces are open."""

    at: int
    fitting: frozenset[str]
    in_braces: bool


def follow(
    text: str,
    start: int,
    end: int,
    what: str,
    reading: Reading,
    *,
    missing: Sequence[tuple[int, str]] = (),
    places: Sequence[int] | None = None,
    goes_on: bool = False,
    machine: Machine | None = None,
) -> tuple[Any, list[Stop]]:
    """What a stretch of a text says, read as `what` the grammar can start with, and where the parser stopped.

    `missing` are signs to be read where the text lacks them, in order. `places` are those of the text's characters in
    the file, where they are not the same. Without `goes_on`, or where there is no going on, what it says is None after
    a stop. `machine` is what makes something of the grammar's rules, if not nodes.
    """
    return _Run(machine or usual_machine(), text, start, end, what, reading, missing, places, goes_on).value()


class _Run:
    """One stretch of text on its way through the parser."""

    __slots__ = (
        *("machine", "text", "position", "end", "in_source", "reading", "missing", "places", "goes_on"),
        *("parser", "states", "stack", "stops", "resumed"),
    )

    def __init__(
        self,
        machine: Machine,
        text: str,
        start: int,
        end: int,
        what: str,
        reading: Reading,
        missing: Sequence[tuple[int, str]],
        places: Sequence[int] | None,
        goes_on: bool,
    ) -> None:
        self.machine = machine
        self.text = text
        self.position = start
        self.end = end
        self.in_source = text.startswith("source", start)
        self.reading = reading
        self.missing = list(missing)
        self.places = places
        self.goes_on = goes_on
        self.parser = machine.begun(what)
        self.states: list[int] = self.parser.state_stack
        self.stack: list[Piece | Several] = self.parser.value_stack
        self.stops: list[Stop] = []
        self.resumed = -1

    def value(self) -> tuple[Any, list[Stop]]:
        """Read word by word to the end, or until nothing helps."""
        building = self.machine.building
        # What stands in the braces of a text is read while the item around it is.
        outer = vars(building).get("run")
        building.run = self
        try:
            return self._value(), self.stops
        except NestedTooDeeply as nested:
            self._too_deep(nested.span)
            return None, self.stops
        finally:
            if outer is not None:
                building.run = outer

    def _value(self) -> Any:
        feed: Callable[[Piece, bool], Piece] = self.parser.feed_token  # type: ignore[assignment]  # its type is enough
        states, stack = self.states, self.stack
        while True:
            word = self._word(states[-1])
            try:
                result = feed(word, word.type == END)
            except UnexpectedToken:
                if not self._goes_on(word.begin):
                    return None
                continue
            if word.type == END:
                return result.value
            self.position = word.end
            if len(stack) > _OPEN_MAX:
                raise NestedTooDeeply(self.span(word.begin, word.end))

    def _word(self, state: int) -> Piece:
        """The next word, as the terminal that it is in this state."""
        machine, text, end = self.machine, self.text, self.end
        row = machine.rows[state]
        if state in machine.wants_type:
            begin = _after_blanks(text, self.position, end)
            finish = type_end(text, begin, end)
            if finish > begin and text[begin:finish] != "enum":
                return self._valued("TYPE", begin, finish)
        match = WORD.match(text, self.position, end)
        if match is None:
            begin = _after_blanks(text, self.position, end)
            return Piece("", None, begin, begin)
        kind = match.lastindex
        assert kind is not None
        begin, finish = match.span(kind)
        if self.missing and begin >= self.missing[0][0]:
            at, sign = self.missing.pop(0)
            at = max(at, self.position)
            return Piece(machine.names[sign], None, at, at)
        if kind == NAME:
            if (
                state in machine.wants_key
                and KEY.match(text, finish, end) is not None
                and machine.can_be(self.states, "MAPKEY")
            ):
                return self._valued("MAPKEY", begin, finish)
            keyword = machine.names.get(match[NAME], "")
            action = row.get(keyword)
            # The tables keep together what may follow in any place; where a name may follow, too, only what may
            # follow in this very place is a keyword.
            if action is not None and (action[0] is Shift or "NAME" not in row or machine.can_be(self.states, keyword)):
                return Piece(keyword, None, begin, finish)
            if (
                state in machine.wants_count
                and COUNT.match(text, finish, end) is not None
                and machine.can_be(self.states, "TIMES_NAME")
            ):
                return self._valued("TIMES_NAME", begin, finish)
            return self._valued("NAME", begin, finish)
        if kind == NUMERAL:
            if (version := version_end(text, begin, end)) > begin:
                return self._valued("VERSION", begin, version)
            if (quantity := quantity_end(text, finish, end, among_mappings=self.in_source)) > finish:
                return self._valued("QUANTITY", begin, quantity)
            return self._valued("NUMBER", begin, finish)
        if kind == STRING:
            return self._valued("STRING", begin, finish)
        if kind == NOTHING:
            return Piece(END, None, begin, finish)
        sign = machine.names.get(match[kind], "")
        if kind == COMPARISON and sign not in row:
            return self._valued("COMPARISON", begin, finish)
        return Piece(sign, None, begin, finish)

    def _valued(self, kind: str, begin: int, finish: int) -> Piece:
        return Piece(kind, Word(kind, self.text[begin:finish], self.span(begin, finish)), begin, finish)

    def span(self, begin: int, finish: int) -> Span:
        """Its place in the file."""
        places = self.places
        return Span(begin, finish) if places is None else Span(places[begin], places[finish])

    def _too_deep(self, span: Span) -> None:
        self.reading.problems.append(TooDeep(span=span, maximum=DEPTH_MAX))
        self.reading.broken = True

    # --- Faults ------------------------------------------------------------------------------------------------------

    def _goes_on(self, begin: int) -> bool:
        """Keep where the parser stopped, and find where it can go on."""
        self.reading.faulty = True
        in_braces = self.machine.innermost_brace(self.states, len(self.states)) is not None
        self.stops.append(Stop(begin, self.machine.fitting(self.states), in_braces))
        return self.goes_on and len(self.stops) <= STOPS_MAX and self._resume(begin)

    def _resume(self, stopped: int) -> bool:
        """Drop the part of a block the parser stopped in, and go on at the next line that fits, or where it closes."""
        text, end, names = self.text, self.end, self.machine.names
        brace = self.machine.innermost_brace(self.states, len(self.states))
        if brace is None:
            return False
        line = max(text.rfind("\n", 0, stopped), 0)
        # Whether a word begins a line is seen by the line's end before it.
        position = line if text[line + 1 : stopped].isspace() or stopped == line + 1 else stopped
        first = WORD.match(text, line + 1, end)
        keyword = "" if first is None or not 0 <= first.start(NAME) < stopped else first[NAME]
        if self._dropped(brace, stopped) < line and self.machine.takes(
            self.states, names.get(keyword, ""), self.machine.whole(self.states, brace)
        ):
            # The first word of the line was taken for the value that the line before lacks.
            position = line
        elif self.machine.takes(self.states, names["}"]):
            self.machine.complete(self.parser, names["}"])
        depth = 0
        while (match := WORD.match(text, position, end)) is None or match.lastindex != NOTHING:
            if match is None:
                position = _after_blanks(text, position, end) + 1
                continue
            kind = match.lastindex or 0
            begin, finish = match.span(kind)
            begins_line = "\n" in text[position:begin]
            position = finish
            if match[kind] == "{":
                depth += 1
            elif match[kind] == "}" and depth > 0:
                depth -= 1
            elif depth == 0 and begin > self._dropped(brace, stopped):
                if (begins_line or match[kind] == "}") and begin > self.resumed and self._fits(brace, match, stopped):
                    self._drop(brace)
                    self.position = self.resumed = begin
                    return True
                if match[kind] == "}":
                    brace = self.machine.innermost_brace(self.states, brace)
                    if brace is None:
                        return False
        return False

    def _dropped(self, brace: int, stopped: int) -> int:
        """Where begins what would be dropped, to go on behind a brace."""
        kept = self.machine.whole(self.states, brace) - 1
        return self.stack[kept].begin if kept < len(self.stack) else stopped

    def _drop(self, brace: int) -> None:
        kept = self.machine.whole(self.states, brace)
        del self.states[kept:], self.stack[kept - 1 :]

    def _fits(self, brace: int, match: re.Match[str], stopped: int) -> bool:
        """Whether what is whole behind a brace can go on with this word, or with one much like it."""
        word = match[match.lastindex or 0]
        terminals = [self.machine.names.get(word, "")]
        if match.lastindex == NAME:
            is_key = KEY.match(self.text, match.end(), self.end) is not None
            terminals.append("MAPKEY" if is_key else "NAME")
        elif match.lastindex == NUMERAL:
            terminals.append("NUMBER")
        kept = self.machine.whole(self.states, brace)
        if any(self.machine.takes(self.states, terminal, kept) for terminal in terminals):
            return True
        if match.lastindex != NAME or match.end() > stopped + _NEAR:
            return False
        # A misspelt keyword is worth a message of its own.
        spelled = map(self.machine.spelled, self.machine.rows[self.states[kept - 1]])
        return bool(get_close_matches(word, filter(str.isidentifier, spelled), n=1, cutoff=0.75))


def _after_blanks(text: str, start: int, end: int) -> int:
    match = BLANK.match(text, start, end)
    assert match is not None, "there may be none"
    return match.end()
