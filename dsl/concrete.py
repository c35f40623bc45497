"""A text as the grammar reads it, with every word in its place: what the formatter works on.

The parser goes its way as for the syntax tree; only what a rule becomes is different: all of its parts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from .automaton import follow
from .machine import Building, Machine, Piece
from .sections import cut
from .source import SourceText
from .tree_reading import Reading


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word or sign; `kind` is the terminal: its spelling, or its name in angle brackets."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Branch:
    """What a rule of the grammar was read from; lists and rules that only group are taken apart."""

    rule: str
    parts: tuple["Branch | Leaf", ...]

    def leaves(self) -> Iterator[Leaf]:
        """All words, in order; without recursion, however deeply a text is nested."""
        pending: list[Branch | Leaf] = [self]
        while pending:
            part = pending.pop()
            if isinstance(part, Leaf):
                yield part
            else:
                pending.extend(reversed(part.parts))


def read_concrete(source: SourceText) -> list[Branch]:
    """The module line, the imports and the items of a text in which nothing is wrong."""
    starts = {"module": "module_header", "import": "import_line", "item": "item_list"}
    found: list[Branch] = []
    for section in cut(source.text):
        reading = Reading(source.text, lambda _: None)
        start = starts[section.kind]
        whole, stops = follow(source.text, section.start, section.end, start, reading, machine=_machine())
        assert not stops, "only a text without faults is read so"
        found += [part for part in whole.parts if isinstance(part, Branch)] if whole.rule == "item_list" else [whole]
    return found


@cache
def _machine() -> Machine:
    """The parser that keeps every word, made once."""
    return Machine(_Keeping())


class _Keeping(Building):
    """Makes branches, whatever the rule."""

    def made(self, name: str) -> Callable[[list[Piece]], Piece]:
        def become(pieces: list[Piece]) -> Piece:
            begin, end = (pieces[0].begin, pieces[-1].end) if pieces else (self.run.position, self.run.position)
            return Piece("", Branch(name, tuple(map(self._part, pieces))), begin, end)

        return become

    def _part(self, piece: Piece) -> Branch | Leaf:
        if isinstance(piece.value, Branch):
            return piece.value
        text = self.run.text[piece.begin : piece.end]
        return Leaf(text if piece.value is None else f"<{piece.type}>", text, piece.begin, piece.end)
