"""The parser: follows the grammar's automaton over a stretch of text and builds the tree as it goes.

Values are built when a rule of the grammar is complete, from the values of its parts, without recursion, so that no
text can exhaust the stack. Where the text does not continue what stands before it, the parser stops; within the braces
of an item it can then go on at the next line that fits, as if what it stopped in were not there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..grammar.tables import END
from .machine import Machine, machine
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
from .tree_reading import PATTERN_KINDS, Children, Reading, Word

STOPS_MAX = 20
"""How often the parser goes on after a fault in one stretch of text."""

_OPEN_MAX = 5000
"""How many parts may wait for what they are parts of; the brackets and levels allowed need fewer."""

_NEAR = 4000
"""How many characters behind a fault misspelt keywords are looked for."""

_PATTERNS = frozenset(PATTERN_KINDS)

Entry = tuple[Any, int, int, int]
"""What was read and waits: its value, where it begins and ends, and how deeply it is nested."""


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
) -> tuple[Any, list[Stop]]:
    """What a stretch of a text says, read as `what` the grammar can start with, and where the parser stopped.

    `missing` are signs to be read where the text lacks them, in order. `places` are those of the text's characters in
    the file, where they are not the same. Without `goes_on`, or where there is no going on, what it says is None after
    a stop.
    """
    return _Run(machine(), text, start, end, what, reading, missing, places, goes_on).value()


class _Run:
    """One stretch of text on its way through the automaton."""

    __slots__ = (
        *("machine", "text", "position", "end", "reading", "missing", "places", "goes_on"),
        *("states", "stack", "stops", "resumed", "too_deep"),
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
        self.reading = reading
        self.missing = list(missing)
        self.places = places
        self.goes_on = goes_on
        self.states = [machine.tables.starts[what]]
        self.stack: list[Entry] = []
        self.stops: list[Stop] = []
        self.resumed = -1
        self.too_deep = False

    def value(self) -> tuple[Any, list[Stop]]:
        """Read word by word to the end, or until nothing helps."""
        states, stack = self.states, self.stack
        while True:
            terminal, value, begin, finish = self._word(states[-1])
            following = self._complete(terminal)
            if following is not None:
                states.append(following)
                stack.append((value, begin, finish, 0))
                self.position = finish
                if len(stack) > _OPEN_MAX:
                    self._too_deep(self._span(begin, finish))
            elif terminal == END and states[-1] in self.machine.tables.accepting:
                return stack[-1][0], self.stops
            elif not self.too_deep and not self._goes_on(begin):
                return None, self.stops
            if self.too_deep:
                return None, self.stops

    def _word(self, state: int) -> tuple[str, Any, int, int]:
        """The next word: the terminal it is in this state, its value, and where it begins and ends."""
        machine, text, end = self.machine, self.text, self.end
        row = machine.tables.actions[state]
        if machine.wants_type[state]:
            begin = _after_blanks(text, self.position, end)
            finish = type_end(text, begin, end)
            if finish > begin and text[begin:finish] != "enum":
                return "<TYPE>", self._valued("TYPE", begin, finish), begin, finish
        match = WORD.match(text, self.position, end)
        if match is None:
            begin = _after_blanks(text, self.position, end)
            return "", None, begin, begin
        kind = match.lastindex
        assert kind is not None
        begin, finish = match.span(kind)
        if self.missing and begin >= self.missing[0][0]:
            at, sign = self.missing.pop(0)
            return sign, None, max(at, self.position), max(at, self.position)
        if kind == NAME:
            word = match[NAME]
            if (
                machine.wants_key[state]
                and KEY.match(text, finish, end) is not None
                and machine.can_be(self.states, "<MAPKEY>")
            ):
                return "<MAPKEY>", self._valued("MAPKEY", begin, finish), begin, finish
            action = row.get(word)
            # The tables keep together what may follow in any place; where a name may follow, too, only what may
            # follow in this very place is a keyword.
            if action is not None and (action >= 0 or "<NAME>" not in row or machine.can_be(self.states, word)):
                return word, None, begin, finish
            if (
                machine.wants_count[state]
                and COUNT.match(text, finish, end) is not None
                and machine.can_be(self.states, "<TIMES_NAME>")
            ):
                return "<TIMES_NAME>", self._valued("TIMES_NAME", begin, finish), begin, finish
            return "<NAME>", self._valued("NAME", begin, finish), begin, finish
        if kind == NUMERAL:
            if (version := version_end(text, begin, end)) > begin:
                return "<VERSION>", self._valued("VERSION", begin, version), begin, version
            if (quantity := quantity_end(text, finish, end)) > finish:
                return "<QUANTITY>", self._valued("QUANTITY", begin, quantity), begin, quantity
            return "<NUMBER>", self._valued("NUMBER", begin, finish), begin, finish
        if kind == STRING:
            return "<STRING>", self._valued("STRING", begin, finish), begin, finish
        if kind == NOTHING:
            return END, None, begin, finish
        word = match[kind]
        if kind == COMPARISON and word not in row:
            return "<COMPARISON>", self._valued("COMPARISON", begin, finish), begin, finish
        return word, None, begin, finish

    def _valued(self, kind: str, begin: int, finish: int) -> Word:
        return Word(kind, self.text[begin:finish], self._span(begin, finish))

    def _span(self, begin: int, finish: int) -> Span:
        places = self.places
        return Span(begin, finish) if places is None else Span(places[begin], places[finish])

    def _complete(self, terminal: str) -> int | None:
        """Replace the parts of all rules that a terminal completes by what they become; the state the terminal leads
        to, or None where it does not fit."""
        machine, states, stack = self.machine, self.states, self.stack
        actions, gotos, rules, places = machine.tables.actions, machine.tables.gotos, machine.rules, self.places
        state = states[-1]
        while (action := actions[state].get(terminal)) is not None and action < 0:
            rule = rules[~action]
            size = rule.size
            if rule.passes:
                key = (states[-2], state, terminal)
                following = machine.chains.get(key)
                if following is None:
                    following = machine.chains[key] = machine.chain(*key)
                states[-1] = state = following
                continue
            if size == 1:
                child, begin, finish, depth = stack.pop()
                states.pop()
                parts: Children = [child] if rule.kept else []
                depth += rule.nests
            elif size:
                children = stack[-size:]
                del stack[-size:], states[-size:]
                # Parentheses belong to the span of what stands around them, not to the node inside.
                begin, finish = children[0][1], children[-1][2]
                depth = rule.nests + max([child[3] for child in children])
                parts = [children[i][0] for i in rule.kept]
            else:
                begin, finish, depth, parts = self.position, self.position, 0, []
            if rule.spliced:
                parts = _spliced(parts)
            value: Any = rule.chosen or parts
            if rule.build is not None:
                span = Span(begin, finish) if places is None else Span(places[begin], places[finish])
                if depth > DEPTH_MAX:
                    self._too_deep(span)
                    return None
                if not rule.takes_patterns:
                    for i, part in enumerate(parts):
                        if type(part) in _PATTERNS:
                            parts[i] = self.reading.value(part, span)
                value = rule.build(self.reading, span, parts)
            stack.append((value, begin, finish, depth))
            state = gotos[states[-1]][rule.makes]
            states.append(state)
        return action

    def _too_deep(self, span: Span) -> None:
        self.reading.problems.append(TooDeep(span=span, maximum=DEPTH_MAX))
        self.reading.broken = self.too_deep = True

    # --- Faults ------------------------------------------------------------------------------------------------------

    def _goes_on(self, begin: int) -> bool:
        """Keep where the parser stopped, and find where it can go on."""
        self.reading.faulty = True
        in_braces = self.machine.innermost_brace(self.states, len(self.states)) is not None
        self.stops.append(Stop(begin, self.machine.fitting(self.states), in_braces))
        return self.goes_on and len(self.stops) <= STOPS_MAX and self._resume(begin)

    def _resume(self, stopped: int) -> bool:
        """Drop the part of a block the parser stopped in, and go on at the next line that fits, or where it closes."""
        text, end = self.text, self.end
        brace = self.machine.innermost_brace(self.states, len(self.states))
        if brace is None:
            return False
        line = max(text.rfind("\n", 0, stopped), 0)
        # Whether a word begins a line is seen by the line's end before it.
        position = line if text[line + 1 : stopped].isspace() or stopped == line + 1 else stopped
        first = WORD.match(text, line + 1, end)
        keyword = "" if first is None or not 0 <= first.start(NAME) < stopped else first[NAME]
        if self._dropped(brace, stopped) < line and self.machine.takes(
            self.states, keyword, self.machine.whole(self.states, brace)
        ):
            # The first word of the line was taken for the value that the line before lacks.
            position = line
        elif self.machine.takes(self.states, "}"):
            self._complete("}")
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
        return self.stack[kept][1] if kept < len(self.stack) else stopped

    def _drop(self, brace: int) -> None:
        kept = self.machine.whole(self.states, brace)
        del self.states[kept:], self.stack[kept - 1 :]

    def _fits(self, brace: int, match: re.Match[str], stopped: int) -> bool:
        """Whether what is whole behind a brace can go on with this word, or with one much like it."""
        terminals = [match[match.lastindex or 0]]
        if match.lastindex == NAME:
            is_key = KEY.match(self.text, match.end(), self.end) is not None
            terminals.append("<MAPKEY>" if is_key else "<NAME>")
        elif match.lastindex == NUMERAL:
            terminals.append("<NUMBER>")
        kept = self.machine.whole(self.states, brace)
        if any(self.machine.takes(self.states, terminal, kept) for terminal in terminals):
            return True
        if match.lastindex != NAME or match.end() > stopped + _NEAR:
            return False
        # A misspelt keyword is worth a message of its own.
        row = self.machine.tables.actions[self.states[kept - 1]]
        return bool(get_close_matches(terminals[0], [word for word in row if word.isidentifier()], n=1, cutoff=0.75))


def _spliced(parts: Children) -> Children:
    """The parts, lists among them taken apart; a list that only grows is used as it is."""
    if len(parts) == 2 and type(parts[0]) is list:
        if type(parts[1]) is list:
            parts[0].extend(parts[1])
        else:
            parts[0].append(parts[1])
        return parts[0]
    return [each for part in parts for each in (part if type(part) is list else (part,))]


def _after_blanks(text: str, start: int, end: int) -> int:
    match = BLANK.match(text, start, end)
    assert match is not None, "there may be none"
    return match.end()
