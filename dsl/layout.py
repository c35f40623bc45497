"""How a program is laid out on lines: things, one below the other or side by side, some with blocks of further things.

A thing is what a person would say stands on one line: an item, a member, a clause, an action, a setting. What writes a
tree out and what formats a text both say what things there are; here it is decided where lines end.

- A thing stands on one line if it fits. If not, its blocks are opened; a line that is still too long is folded.
- Things on one line have two blanks between them.
- Lines of one kind that follow one another are aligned at their columns, unless that makes one too long.
- A comment stands two blanks behind its line; on neighbouring lines in one column, if the author has aligned them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from .layout_words import GAP_MAX, INDENT, WIDTH_MAX, Word, align_comments, fold, joined, with_comment, words


@dataclass(slots=True)
class Thing:
    """Words and blocks in a row.

    `kind`: things of one kind on lines that follow one another are aligned. `side`: stands beside the thing before it
    if there is room. `before`: the lines of comment (empty: a blank line) that stand before it. `behind`: the comment
    at the end of its last line.
    """

    parts: "list[Word | Block]"
    kind: str = ""
    side: bool = False
    before: list[str] = field(default_factory=list)
    behind: str | None = None


@dataclass(slots=True)
class Block:
    """Things between braces, between parentheses, or (if both are empty) just indented.

    `open`: its things stand on lines of their own, whether or not they fit on one. `between`: what separates things on
    one line. `column`: adjacent lines are aligned here. `behind`: the comment behind the opening brace. `end`: the
    lines of comment before the closing one.
    """

    things: list[Thing]
    opening: str = "{"
    closing: str = "}"
    between: str = "  "
    open: bool = False
    column: bool = False
    gap: int = 1
    behind: str | None = None
    end: list[str] = field(default_factory=list)


def plain(text: str, kind: str = "", side: bool = False) -> Thing:
    """A thing without a block, from its text (see `words`)."""
    return Thing([*words(text)], kind, side)


def lay_out(things: Sequence[Thing], end: Sequence[str] = ()) -> str:
    """The text of a file of these things; `end` are the comments after the last."""
    lines = [*_lines(things, 0, "  "), *end]
    while lines and lines[0] == "":
        del lines[0]
    while lines and lines[-1] == "":
        del lines[-1]
    align_comments(lines)
    return "".join(line + "\n" for line in lines)


# --- Rows ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """Things side by side on one line, or one thing on several."""

    things: list[Thing]
    text: str | None

    @property
    def only(self) -> Thing:
        return self.things[0]


def _lines(things: Sequence[Thing], indent: int, between: str) -> list[str]:
    """The lines of things one below the other."""
    rows: list[_Row] = []
    for thing in things:
        text = _on_one_line(thing)
        if text is not None and indent + len(text) > WIDTH_MAX:
            text = None
        if not (rows and text is not None and _stands_beside(thing, rows[-1], indent, between)):
            rows.append(_Row([thing], text))
    _align(rows, indent)
    lines: list[str] = []
    for row in rows:
        lines += _indented(row.only.before, indent)
        if len(row.things) > 1 or row.text is None:
            written = [" " * indent + row.text] if row.text is not None else _over_lines(row.only, indent)
        else:
            written = [" " * indent + (_on_one_line(row.only) or "")]
        written[-1] = with_comment(written[-1], row.things[-1].behind)
        lines += written
    return lines


def _stands_beside(thing: Thing, row: _Row, indent: int, between: str) -> bool:
    """Put a thing at the end of a row, if it may stand there and there is room."""
    if not thing.side or thing.before or row.text is None or row.things[-1].behind is not None:
        return False
    # Columns do not matter in the midst of a line.
    parts = [replace(part, gap=min(part.gap, 1)) if isinstance(part, Word) else part for part in thing.parts]
    text = f"{row.text}{between}{_on_one_line(Thing(parts))}"
    if indent + len(text) > WIDTH_MAX:
        return False
    row.things.append(thing)
    row.text = text
    return True


def _indented(comments: Iterable[str], indent: int) -> Iterator[str]:
    return (" " * indent + line if line else "" for line in comments)


def _on_one_line(thing: Thing) -> str | None:
    """The thing on one line, or None where it cannot stand on one."""
    pieces: list[Word] = []
    for part in thing.parts:
        if isinstance(part, Block):
            text = _closed(part)
            if text is None:
                return None
            pieces.append(Word(text, part.gap))
        elif part.broken or part.before or part.behind is not None:
            return None
        else:
            pieces.append(part)
    return joined(pieces)


def _closed(block: Block) -> str | None:
    """The block on one line, or None where it cannot stand on one."""
    if block.open or block.end or block.behind is not None:
        return None
    texts: list[str] = []
    for thing in block.things:
        text = _on_one_line(thing)
        if text is None or thing.before or thing.behind is not None:
            return None
        texts.append(text)
    inside = block.between.join(texts)
    if block.opening == "{":
        return f"{{ {inside} }}" if inside else "{ }"
    return block.opening + inside + block.closing


def _over_lines(thing: Thing, indent: int) -> list[str]:
    """The thing on several lines: its blocks are open, what is too long is folded."""
    lines: list[str] = []
    words: list[Word] = []
    for part in thing.parts:
        if isinstance(part, Word):
            words.append(part)
            continue
        if not part.things and not part.end and part.behind is None:
            words.append(Word(_closed(part) or "", part.gap))
            continue
        if part.opening:
            words.append(Word(part.opening, part.gap, behind=part.behind))
        elif part.behind is not None and words:
            words[-1] = Word(words[-1].text, words[-1].gap, behind=part.behind)
        lines += fold(words, indent)
        inside = [*_lines(part.things, indent + INDENT, part.between), *_indented(part.end, indent + INDENT)]
        while inside and inside[0] == "":
            del inside[0]
        while inside and inside[-1] == "":
            del inside[-1]
        lines += inside
        words = [Word(part.closing, 0)] if part.closing else []
    if words:
        lines += fold(words, indent)
    return lines


# --- Columns ---------------------------------------------------------------------------------------------------------


def _align(rows: Sequence[_Row], indent: int) -> None:
    """Widen the gaps before columns, so that columns of adjacent rows of one kind stand below one another."""
    runs: list[list[_Row]] = []
    for row in rows:
        kind = row.only.kind if len(row.things) == 1 else ""
        follows = runs and kind and runs[-1][-1].only.kind == kind and len(runs[-1][-1].things) == 1
        if follows and "" not in row.only.before:
            runs[-1].append(row)
        else:
            runs.append([row])
    for run in runs:
        if len(run) > 1:
            _align_words(run, indent)
            for on_one_line, adjacent in groupby(run, key=lambda row: row.text is not None):
                if on_one_line:
                    _align_column([(row, _block_column(row.only)) for row in adjacent], indent)


def _align_words(run: Sequence[_Row], indent: int) -> None:
    columns = [_word_columns(row.only) for row in run]
    # Of a thing on several lines, only what stands right behind its keyword is sure to be on the first.
    for row, places in zip(run, columns, strict=True):
        places[:] = [place for place in places if row.text is not None or place <= 1]
    for number in range(max(map(len, columns))):
        _align_column(
            [(row, places[number] if number < len(places) else None) for row, places in zip(run, columns, strict=True)],
            indent,
        )


def _word_columns(thing: Thing) -> list[int]:
    """Where in the first line of a thing its columns are."""
    places: list[int] = []
    for place, part in enumerate(thing.parts):
        if isinstance(part, Block) or part.broken or part.before:
            break
        if part.column:
            places.append(place)
        if part.behind is not None:
            break
    return places


def _block_column(thing: Thing) -> int | None:
    return next((at for at, part in enumerate(thing.parts) if isinstance(part, Block) and part.column), None)


def _align_column(places: Sequence[tuple[_Row, int | None]], indent: int) -> None:
    """Move one column of all rows to where it is in the row in which it is rightmost."""
    ends: list[tuple[_Row, int, int]] = []
    for row, place in places:
        if place is not None:
            before = _on_one_line(Thing(row.only.parts[:place])) or ""
            ends.append((row, place, len(before) + row.only.parts[place].gap))
    ends = _alignable(ends, indent)
    rightmost = max((end for _, _, end in ends), default=0)
    for row, place, end in ends:
        row.only.parts[place].gap += rightmost - end


def _alignable(ends: list[tuple[_Row, int, int]], indent: int) -> list[tuple[_Row, int, int]]:
    """The rows of which none becomes too long; none at all where they differ too much."""
    while len(ends) > 1:
        rightmost = max(end for _, _, end in ends)
        fitting = [(row, at, end) for row, at, end in ends if _room(row, indent) >= rightmost - end]
        if len(fitting) == len(ends):
            return ends if rightmost - min(end for _, _, end in ends) <= GAP_MAX else []
        ends = fitting
    return []


def _room(row: _Row, indent: int) -> int:
    """By how many blanks a row may grow; one of several lines has room where it is aligned."""
    text = _on_one_line(row.only) if row.text is not None else None
    return WIDTH_MAX if text is None else WIDTH_MAX - indent - len(text)
