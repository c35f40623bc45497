"""What the compiler has to say to a person: one frozen class for each kind of problem.

A subclass is one diagnostic: it declares its `code`, has its facts as fields, its wording in `title`, `label` and
`help`, and its long explanation as docstring, which `headgate explain CODE` prints. Wording: lowercase, no final
period, the user's text in backticks, no names of the implementation, help instead of a second sentence.
"""

import inspect
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from .source import Span


@dataclass(frozen=True, slots=True)
class Label:
    """A span with a few words about it; the primary one says what is wrong, the others what it conflicts with."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A suggested change of the text, and whether it may be made without asking."""

    span: Span
    replacement: str
    applicability: Literal["certain", "likely"] = "likely"


@dataclass(frozen=True, kw_only=True)
class Diagnostic(ABC):
    """A problem found in a program; stands alone when rendered."""

    code: ClassVar[str]
    severity: ClassVar[Literal["error", "warning"]] = "error"

    span: Span

    @property
    @abstractmethod
    def title(self) -> str:
        """One line that can be understood without the source."""

    @property
    def label(self) -> str:
        """A few words under the primary span; may be empty."""
        return ""

    @property
    def others(self) -> tuple[Label, ...]:
        """Further places that have to do with it."""
        return ()

    @property
    def leads(self) -> tuple[str, ...]:
        """If the span is that of more than what is wrong: the words that lead to it, and it, one behind another."""
        return ()

    @property
    def help(self) -> str | None:
        """What to do about it."""
        return None

    @property
    def edits(self) -> tuple[Edit, ...]:
        return ()


def explanation(kind: type[Diagnostic]) -> str:
    """What a diagnostic means, at length: its docstring, with the programs in it set in by four blanks."""
    paragraphs = inspect.cleandoc(kind.__doc__ or "").split("\n\n")
    # A formatter of Python takes the indentation away where nothing but a program follows the first sentence.
    return "\n\n".join(
        textwrap.indent(paragraph, "    ") if paragraph[:1].islower() or paragraph[:1] in "#{}(" else paragraph
        for paragraph in paragraphs
    )


@dataclass
class Problems:
    """The diagnostics a stage found, in the order found."""

    found: list[Diagnostic] = field(default_factory=list)

    def report(self, diagnostic: Diagnostic) -> None:
        self.found.append(diagnostic)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.found)

    @property
    def any_errors(self) -> bool:
        return any(d.severity == "error" for d in self.found)
