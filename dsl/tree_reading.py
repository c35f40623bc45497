"""What the functions that build the tree share: the words they get, and the place to report problems."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import nodes
from .diagnostic import Diagnostic
from .source import Span
from .strings import Decoded, Embedded, decode, split_template
from .tree_problems import PatternAsValue, RepeatedClause, ReservedName

Children = list[Any]
"""What a rule of the grammar is made of, keywords left out: words and what its parts were built into."""

RESERVED = frozenset(
    {"not", "no", "true", "false", "absent", "all", "any", "sent"}
    | {"and", "or", "is", "else", "where", "over", "for", "becomes", "rises", "falls"}
    | {"then", "unless", "within", "as"}
)
"""The words that begin or join expressions and patterns, which therefore cannot be names."""


PATTERN_KINDS = (
    nodes.Pattern,
    nodes.Step,
    nodes.Group,
    nodes.AllOf,
    nodes.AnyOf,
    nodes.Repeat,
    nodes.Sequence,
)
"""What patterns and their parts are; none of them has a value."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is not a keyword: a name, a number, a text with its quotes."""

    kind: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of an item that its keyword identifies."""

    keyword: str
    value: Any
    span: Span


Build = Callable[["Reading", Span, Children], Any]
"""What a rule of the grammar becomes, given the span of what was read for it, and its parts."""


@dataclass
class Reading:
    """One piece of text on its way to the tree.

    `broken` is set where no sensible node can be built; the item is then left out of the program. `faulty` is set where
    something of the text was left out, so that what is missing need not be missed.
    """

    text: str
    embedded: Callable[[Embedded], nodes.Expr | None]
    problems: list[Diagnostic] = field(default_factory=list)
    broken: bool = False
    faulty: bool = False

    def declared(self, word: Word) -> str:
        """A name that this word gives to something."""
        if word.text in RESERVED:
            self.problems.append(ReservedName(span=word.span, name=word.text))
        return word.text

    def plain_text(self, word: Word) -> str:
        """The text a literal means."""
        return self._decoded(word.text, word.span).text

    def template(self, literal: str, span: Span) -> nodes.Template:
        """The texts and values of a message."""
        decoded, problems = decode(literal, lambda at: span.start + at)
        pieces, more = split_template(decoded)
        self.problems += [*problems, *more]
        parts: list[str | nodes.Expr] = []
        for piece in pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            value = self.embedded(piece)
            if value is None:
                self.broken = True
            else:
                parts.append(value)
        return nodes.Template(tuple(parts), span=span)

    def interpolated(self, value: nodes.Expr) -> nodes.Expr:
        """The value of an action's argument, where a text may hold values between braces."""
        match value:
            case nodes.Text():
                # Only items have actions, and those are read from the file's text itself.
                template = self.template(self.text[value.span.start : value.span.end], value.span)
                if all(isinstance(part, str) for part in template.parts):
                    return nodes.Text("".join(str(part) for part in template.parts), span=value.span)
                return template
            case nodes.Conditional(condition, then, otherwise):
                return nodes.Conditional(
                    condition, self.interpolated(then), self.interpolated(otherwise), span=value.span
                )
            case _:
                return value

    def different(self, names: Iterable[Word]) -> tuple[str, ...]:
        """Names of which none may stand twice."""
        found = tuple(names)
        self.once(Clause(word.text, None, word.span) for word in found)
        return tuple(word.text for word in found)

    def once(self, clauses: Iterable[Clause]) -> dict[str, Any]:
        """The values of clauses that may stand once each, by keyword."""
        seen: dict[str, Clause] = {}
        for clause in clauses:
            first = seen.setdefault(clause.keyword, clause)
            if first is not clause:
                self.problems.append(RepeatedClause(span=clause.span, clause=clause.keyword, first=first.span))
        return {keyword: clause.value for keyword, clause in seen.items()}

    def value(self, built: object, span: Span) -> Any:
        """What was built, where it is no pattern; patterns have no value."""
        if isinstance(built, PATTERN_KINDS):
            self.problems.append(PatternAsValue(span=built.span))
            self.broken = True
            return nodes.Absent(span=span)
        return built

    def _decoded(self, literal: str, span: Span) -> Decoded:
        decoded, problems = decode(literal, lambda at: span.start + at)
        self.problems += problems
        return decoded
