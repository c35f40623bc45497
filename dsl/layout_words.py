"""Words on a line, and how a line that is too long is folded.

A line is folded where a reader would take a breath: behind the `=` of a definition, before `then`, `?`, `or`, `and`,
behind a comma, before what narrows an argument (`where`, `over`), at last before an operator; outside parentheses
before inside. Lines that continue another are indented, deeper inside parentheses.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

WIDTH_MAX = 120
INDENT = 4
BLANKS_BEFORE_COMMENT = 2
GAP_MAX = 32
"""By how many blanks a column may move to be aligned; lines that differ more are left alone."""

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\],]|[^\s()\[\],"]+')
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


@dataclass(slots=True)
class Word:
    """A word, with the blanks before it on a line.

    `column`: adjacent lines are aligned here. `broken`: begins a line. `before`: comments on lines of their own before
    it. `behind`: the comment behind it, which ends the line.
    """

    text: str
    gap: int = 1
    column: bool = False
    broken: bool = False
    before: list[str] = field(default_factory=list)
    behind: str | None = None


def words(text: str) -> list[Word]:
    """The words of a text that has the right blanks; a tab is a blank before a column, a line break begins a line."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        blanks = text[end : match.start()]
        gap = len(blanks.replace("\n", " "))
        found.append(Word(match[0], gap, column="\t" in blanks, broken="\n" in blanks))
        end = match.end()
    return found


def joined(line: Sequence[Word]) -> str:
    """The words on one line."""
    return "".join(" " * (word.gap if number else 0) + word.text for number, word in enumerate(line))


class Remark(str):
    """A comment behind a word: the column that the author gave it, and how many blanks that took."""

    __slots__ = ("blanks", "column")

    def __new__(cls, text: str, column: int, blanks: int) -> "Remark":
        made = super().__new__(cls, text)
        made.column = column
        made.blanks = blanks
        return made

    column: int
    blanks: int


class Commented(str):
    """A line with the comment behind it, which still may be moved."""

    __slots__ = ("bare", "comment")

    def __new__(cls, bare: str, comment: str, column: int = 0) -> "Commented":
        made = super().__new__(cls, bare + " " * max(BLANKS_BEFORE_COMMENT, column - len(bare)) + comment)
        made.bare = bare
        made.comment = comment
        return made

    bare: str
    comment: str


def with_comment(line: str, comment: str | None) -> str:
    """A line and the comment behind it."""
    return line if comment is None else Commented(line, comment)


def align_comments(lines: list[str]) -> None:
    """Give comments behind neighbouring lines one column where the author did so for two of them at least."""
    for commented, run in groupby(enumerate(lines), key=lambda numbered: isinstance(numbered[1], Commented)):
        if not commented:
            continue
        numbered = [(at, line) for at, line in run if isinstance(line, Commented)]
        lengths = [len(line.bare) for _, line in numbered]
        pairs = pairwise(line.comment for _, line in numbered)
        if max(lengths) - min(lengths) <= GAP_MAX and any(_aligned_by_hand(*pair) for pair in pairs):
            for at, line in numbered:
                lines[at] = Commented(line.bare, line.comment, max(lengths) + BLANKS_BEFORE_COMMENT)


def _aligned_by_hand(first: str, second: str) -> bool:
    """Whether the comments stand below one another, and not because their lines are as long."""
    if not isinstance(first, Remark) or not isinstance(second, Remark) or first.column != second.column:
        return False
    return max(first.blanks, second.blanks) > BLANKS_BEFORE_COMMENT


def fold(line: Sequence[Word], indent: int) -> list[str]:
    """The words on as many lines as it takes, the first of them indented by so much."""
    closes = bool(line) and line[0].text in _CLOSING
    return list(_fold(list(line), indent, int(closes)))


def _fold(line: list[Word], indent: int, depth: int, first: bool = True) -> Iterator[str]:
    """Lines of words that begin inside so many parentheses."""
    starts = [at for at, word in enumerate(line) if at == 0 or _begins_line(line, at)]
    margin = indent if first else _margin(line[0], indent, depth)
    if len(starts) == 1:
        starts = [0] if margin + len(joined(line)) <= WIDTH_MAX else _folds(line, margin)
    if len(starts) == 1:
        yield from (" " * margin + comment if comment else "" for comment in line[0].before)
        yield with_comment(" " * margin + joined(line), line[-1].behind)
        return
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(line)], strict=True)):
        part = line[start:end]
        part[0] = Word(part[0].text, part[0].gap, before=part[0].before, behind=part[0].behind)
        yield from _fold(part, indent, depth, first and number == 0)
        depth += sum((word.text in _OPENING) - (word.text in _CLOSING) for word in part)


def _begins_line(line: Sequence[Word], at: int) -> bool:
    return line[at].broken or bool(line[at].before) or line[at - 1].behind is not None


def _margin(word: Word, indent: int, depth: int) -> int:
    """How far a line that continues another is indented."""
    return indent + INDENT * (1 + depth - (word.text in _CLOSING))


# --- Where a line may be folded --------------------------------------------------------------------------------------

_BEFORE = {
    "then": 2,
    "unless": 2,
    "within": 2,
    "skip": 2,
    "?": 3,
    ":": 3,
    "or": 4,
    "and": 5,
    "where": 7,
    "over": 8,
    "every": 8,
    "else": 9,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "becomes", "rises", "falls", "is"), 10),
    "+": 11,
    "-": 11,
    "*": 12,
    "/": 12,
}
_EACH = range(2, 6)
"""Of these classes each place is used or none; of the others as few as possible."""


def fold_class(line: Sequence[Word], at: int) -> int | None:
    """How good a place to begin a line this word is, the smaller the better; None where a line may not begin."""
    word, last = line[at], line[at - 1]
    if at == 0 or last.text.endswith("}"):
        return None
    if last.text == "=" and last.gap:
        return 1
    if last.text == ",":
        return 6
    if last.text == "(" or word.text == ")":
        return 13 if last.text != "(" or word.text != ")" else None
    glued = word.gap == 0 or (word.text in "+-*/:?" and at + 1 < len(line) and line[at + 1].gap == 0)
    return None if glued else _BEFORE.get(word.text)


def _folds(line: Sequence[Word], margin: int) -> list[int]:
    """Where the lines of a line that is too long begin, its own beginning included."""
    places: dict[tuple[int, int], list[int]] = {}
    depth = 0
    for at, word in enumerate(line):
        if word.text in _CLOSING:
            depth -= 1
        kind = fold_class(line, at)
        if kind is not None:
            places.setdefault((depth + (kind == 13 and word.text in _CLOSING), kind), []).append(at)
        if word.text in _OPENING:
            depth += 1
    if not places:
        return [0]
    (_, kind), chosen = min(places.items())
    if kind == 1:
        return [0, chosen[0]]
    return [0, *chosen] if kind in _EACH else _filled(line, chosen, margin)


def _filled(line: Sequence[Word], places: Sequence[int], margin: int) -> list[int]:
    """As few of the places as possible, and at least one."""
    starts = [0]
    room = WIDTH_MAX - margin
    for place, following in zip(places, [*places[1:], len(line)], strict=True):
        if len(joined(line[starts[-1] : following])) > room:
            starts.append(place)
            room = WIDTH_MAX - margin - INDENT
    return starts if len(starts) > 1 else [0, places[0]]
