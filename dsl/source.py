"""Where something stands in a program's text, or in its texts: several files are one long row of characters.

>>> sources = Sources.of(SourceText("a.iot", "module a"))
>>> base = sources.add(SourceText("b.iot", "module b"))
>>> sources.locate(base + 7)
(SourceText(name='b.iot', text='module b'), 7)
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets in one file's text (in several files: see `Sources`)."""

    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """From the start of this one to the end of the other."""
        return Span(self.start, other.end)


@dataclass(frozen=True)
class SourceText:
    """A program's text and the name to show for it; finds lines and columns of offsets."""

    name: str
    text: str

    def locate(self, offset: int) -> "tuple[SourceText, int]":
        """The text that an offset is in, and the offset there: this one, for all of them."""
        return self, offset

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        starts = [0]
        starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        return tuple(starts)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1), without its end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass
class Sources:
    """A program's files, the root file first: an offset beyond the end of one is in a later one.

    The spans of the root file's nodes are as the parser gives them; those of each other file are moved by its base, so
    that one number says which file it is and where in it.
    """

    texts: list[SourceText]
    bases: list[int] = field(default_factory=lambda: [0])

    @staticmethod
    def of(root: SourceText) -> "Sources":
        """The sources of a program that is one file so far."""
        return Sources([root])

    def add(self, source: SourceText) -> int:
        """Take a further file in; its base."""
        # One offset beyond a text's end is still its own: there stands what is missing at its end.
        base = self.bases[-1] + len(self.texts[-1].text) + 1
        self.texts.append(source)
        self.bases.append(base)
        return base

    def index(self, offset: int) -> int:
        """Which of the files an offset is in."""
        return bisect_right(self.bases, offset) - 1

    def locate(self, offset: int) -> tuple[SourceText, int]:
        """The file that an offset is in, and the offset there."""
        at = self.index(offset)
        return self.texts[at], offset - self.bases[at]
