"""What the functions that build items share: finding a kind of part, and clauses that are a keyword with one value."""

from typing import Any, TypeVar

from .source import Span
from .tree_reading import Build, Children, Clause, Reading

_Kind = TypeVar("_Kind")


def every(kind: type[_Kind], children: Children) -> list[_Kind]:
    """The parts of a kind, in order."""
    return [child for child in children if isinstance(child, kind)]


def only(kind: Any, children: Children) -> Any:
    """The only part of a kind (or of one of several), or None."""
    found = [child for child in children if isinstance(child, kind)]
    assert len(found) <= 1
    return found[0] if found else None


def keyword(word: str) -> Build:
    """A clause with at most one part; without one it is a flag."""

    def build(_: Reading, span: Span, children: Children) -> Clause:
        assert len(children) <= 1
        return Clause(word, children[0] if children else True, span)

    return build


def naming(word: str) -> Build:
    """A clause whose part is a name."""

    def build(_: Reading, span: Span, children: Children) -> Clause:
        return Clause(word, children[0].text, span)

    return build
