"""From the parser's tree to nodes, without recursion, so that no text can exhaust the stack.

The parser keeps every word, so that the span of a node is the span of what was read; keywords are left out here, before
the function of a rule sees what it is made of.
"""

from collections.abc import Iterator
from typing import Any

from lark import Token, Tree

from .source import Span
from .syntax_problems import TooDeep
from .tree_expressions import EXPRESSIONS, NESTING, PARENTHESES, TAKES_PATTERNS, Build
from .tree_items import ITEMS
from .tree_reading import Children, Reading, Word

DEPTH_MAX = 200
"""How deeply nodes may be nested in one another; later stages recurse."""

BUILD: dict[str, Build] = {**ITEMS, **EXPRESSIONS}
"""What each rule of the grammar becomes."""

_WORDS = frozenset({"NAME", "NUMBER", "QUANTITY", "STRING", "MAPKEY", "TYPE", "COMPARISON"})
_CHOICES = frozenset({"quality", "calendar"})
"""Rules that are one keyword out of several, and become its text."""


_Built = tuple[Any, Span, int]
"""What a part of the tree became, the span of what was read for it, and how deeply it is nested."""


def build(tree: Tree[Token], reading: Reading) -> Any:
    """The node for a tree of the grammar; None where it is nested too deeply, with the problem reported."""
    place = reading.place
    built: list[_Built] = []
    for part in _postfix(tree):
        if isinstance(part, Token):
            span = Span(place(part.start_pos or 0), place(part.end_pos or 0))
            built.append((Word(part.type, str(part), span) if part.type in _WORDS else part, span, 0))
            continue
        rule = str(part.data)
        first = len(built) - len(part.children)
        children = built[first:]
        del built[first:]
        depth = 1 if rule in NESTING else 0
        if children:
            # Parentheses belong to the span of what stands around them, not to the node inside.
            span = children[0][1].to(children[-1][1])
            depth += max([child[2] for child in children])
        else:
            span = Span(place(0), place(0))
        if depth > DEPTH_MAX:
            reading.problems.append(TooDeep(span=span, maximum=DEPTH_MAX))
            reading.broken = True
            return None
        if rule in _CHOICES:
            value: Any = str(children[0][0])
        else:
            parts: Children = [child[0] for child in children if not isinstance(child[0], Token)]
            if rule not in TAKES_PATTERNS:
                parts = [reading.value(part, span) for part in parts]
            value = BUILD[rule](reading, span, parts)
        built.append((value, span, depth))
    ((whole, _, _),) = built
    return whole


def _postfix(tree: Tree[Token]) -> Iterator[Token | Tree[Token]]:
    """Every tree after its children."""
    pending: list[Token | Tree[Token]] = [tree]
    backwards: list[Token | Tree[Token]] = []
    while pending:
        part = pending.pop()
        backwards.append(part)
        if isinstance(part, Tree):
            pending.extend(part.children)
    return reversed(backwards)


assert set(PARENTHESES) <= BUILD.keys()
