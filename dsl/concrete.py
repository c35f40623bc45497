"""A text as the grammar reads it, with every word in its place: what the formatter works on.

The automaton is followed as for the syntax tree; only what a rule becomes is different: all of its parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .automaton import Entry, _Run
from .machine import machine
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
        run = _ConcreteRun(source.text, section.start, section.end, starts[section.kind])
        whole, stops = run.value()
        assert not stops, "only a text without faults is read so"
        found += [part for part in whole.parts if isinstance(part, Branch)] if whole.rule == "item_list" else [whole]
    return found


class _ConcreteRun(_Run):
    """The automaton's way through a text, keeping every word."""

    __slots__ = ()

    def __init__(self, text: str, start: int, end: int, what: str) -> None:
        super().__init__(machine(), text, start, end, what, Reading(text, lambda _: None), (), None, False)

    def _complete(self, terminal: str) -> int | None:
        """As in the parser, but what is complete becomes a branch of its parts."""
        tables, states, stack = self.machine.tables, self.states, self.stack
        while (action := tables.actions[states[-1]].get(terminal)) is not None and action < 0:
            rule = tables.rules[~action]
            first = len(stack) - len(rule.parts)
            children = stack[first:]
            del stack[first:], states[len(states) - len(rule.parts) :]
            if rule.becomes is None:
                stack += children  # the single part stands for the whole
            else:
                begin, end = (children[0][1], children[-1][2]) if children else (self.position, self.position)
                stack.append((Branch(rule.becomes, self._parts(children)), begin, end, 0))
            states.append(tables.gotos[states[-1]][rule.makes])
        return action

    def _parts(self, children: Sequence[Entry]) -> tuple[Branch | Leaf, ...]:
        parts: list[Branch | Leaf] = []
        for value, begin, end, _ in children:
            if isinstance(value, Branch):
                parts += value.parts if value.rule.startswith("_") else (value,)
            else:
                text = self.text[begin:end]
                parts.append(Leaf(text if value is None else f"<{value.kind}>", text, begin, end))
        return tuple(parts)
