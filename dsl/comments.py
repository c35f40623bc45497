"""The comments of a text, by the words they stand before and behind."""

import re
from collections.abc import Sequence

from .concrete import Leaf
from .layout_words import Remark

_COMMENT = re.compile(r"#[^\n]*")


class Comments:
    """Hands out each comment once: `before` a word (with blank lines, as empty ones), `behind` a word on its line."""

    def __init__(self, text: str, leaves: Sequence[Leaf]) -> None:
        self._before: dict[int, list[str]] = {}
        self._behind: dict[int, str] = {}
        self._begins_line: set[int] = set()
        previous: Leaf | None = None
        for leaf in leaves:
            between = text[0 if previous is None else previous.end : leaf.start]
            behind, lines = _split(between, previous is None)
            if behind is not None and previous is not None:
                self._behind[previous.start] = _remark(behind, text, previous)
            if lines:
                self._before[leaf.start] = lines
            if previous is None or "\n" in between:
                self._begins_line.add(leaf.start)
            previous = leaf
        behind, self.at_end = _split(text[0 if previous is None else previous.end :], previous is None)
        if behind is not None and previous is not None:
            self._behind[previous.start] = _remark(behind, text, previous)

    def begins_line(self, leaf: Leaf) -> bool:
        return leaf.start in self._begins_line

    def before(self, leaf: Leaf) -> list[str]:
        """The lines before a word that has a line of its own."""
        return self._before.pop(leaf.start, [])

    def behind(self, leaf: Leaf) -> str | None:
        return self._behind.pop(leaf.start, None)


def _remark(comment: str, text: str, previous: Leaf) -> Remark:
    """The comment behind a word, with its column."""
    start = text.index("#", previous.end)
    return Remark(comment, start - text.rfind("\n", 0, start) - 1, start - previous.end)


def _split(between: str, first: bool) -> tuple[str | None, list[str]]:
    """The comment that ends the line of the word before, and the lines of comment (empty: blank ones) after it."""
    own, *lines = between.split("\n") if not first else ["", *between.split("\n")]
    match = _COMMENT.search(own)
    behind = None if match is None else match[0].rstrip()
    found: list[str] = []
    for number, line in enumerate(lines):
        comment = line.strip()
        if not comment and number == len(lines) - 1:
            break  # the beginning of the line that the next word stands on
        if comment or not found or found[-1]:
            found.append(comment)
    return behind, found
