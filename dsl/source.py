"""Where something stands in a program's text."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of character offsets in one file's text."""

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
