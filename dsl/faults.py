"""Why the parser stopped, in the words of the language.

The parser knows where it stopped and what it would have taken there. What the author meant is guessed from the words
around that place: first the mistakes people make (a wrong operator, a unit that is none, a construct this version does
not know), each with its own diagnostic, then the general "does not fit here".
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from ..grammar.units import parse_unit, similar_units
from .diagnostic import Diagnostic
from .sections import words
from .source import Span
from .strings import Place
from .syntax_problems import (
    ChainedComparison,
    ForeignOperator,
    NotYet,
    StrangeCharacter,
    UnexpectedEnd,
    UnexpectedText,
)
from .tree_problems import PatternNeedsParentheses, SilenceWithoutDuration, SingleQuotes
from .unit_problems import BlankInUnit, DurationWithoutUnit, UnknownUnit


@dataclass(frozen=True)
class Fault:
    """Where the parser stopped in a stretch of text, and what it would have taken there.

    `fitting` are terminals by name; `keywords` are the texts of those that have a fixed one, by name.
    """

    text: str
    at: int
    fitting: frozenset[str]
    keywords: dict[str, str]
    place: Place
    item: str

    def span(self, start: int, text: str) -> Span:
        return Span(self.place(start), self.place(start + len(text)))

    def fits(self, keyword: str) -> bool:
        """Whether this keyword would have been taken."""
        return any(self.keywords.get(name) == keyword for name in self.fitting)


@dataclass(frozen=True)
class _Around:
    """The word the parser stopped at, with its neighbours; those that do not exist are empty."""

    words: list[tuple[str, int]]
    index: int

    def word(self, distance: int = 0) -> str:
        index = self.index + distance
        return self.words[index][0] if 0 <= index < len(self.words) else ""

    def start(self, distance: int = 0) -> int:
        return self.words[self.index + distance][1]


def explain(fault: Fault) -> Diagnostic:
    """The diagnostic that helps most."""
    found = list(words(fault.text))
    index = bisect_left(found, fault.at, key=lambda word: word[1])
    if index > 0 and fault.at < found[index - 1][1] + len(found[index - 1][0]):
        index -= 1  # The parser stopped inside a word, as in `größe` or `==` where `=` was expected.
    if index == len(found):
        return _ending(fault, _Around(found, index))
    around = _Around(found, index)
    for guess in _GUESSES:
        diagnostic = guess(fault, around)
        if diagnostic is not None:
            return diagnostic
    word = around.word()
    return UnexpectedText(
        span=fault.span(around.start(), word), found=word, fitting=_described(fault), hint=_hint(fault, word)
    )


def _ending(fault: Fault, around: _Around) -> Diagnostic:
    if not around.words:
        start = fault.place(0)
        return UnexpectedEnd(span=Span(start, start), fitting=_described(fault))
    span = fault.span(around.start(-1), around.word(-1))
    if _awaits_silence(fault, around):
        return SilenceWithoutDuration(span=span)
    return UnexpectedEnd(span=span, fitting=_described(fault))


# --- Guesses, the most certain first ---------------------------------------------------------------------------------


_FOREIGN = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "===": "==",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
}


def _operator(fault: Fault, around: _Around) -> Diagnostic | None:
    word = around.word()
    span = fault.span(around.start(), word)
    if word == "=" and fault.fits(":"):
        return ForeignOperator(span=span, found=word, instead=":")
    if word == "=" and "COMPARISON" in fault.fitting:
        return ForeignOperator(span=span, found=word, instead="==")
    if word == "==" and (fault.at > around.start() or fault.fits("=")):
        return ForeignOperator(span=span, found=word, instead="=")
    if word in _FOREIGN:
        return ForeignOperator(span=span, found=word, instead=_FOREIGN[word])
    if word in ("==", "!=", "<", "<=", ">", ">=") and fault.fits("and"):
        return ChainedComparison(span=span, operator=word)
    return None


_LETTERS_ONLY = "names are made of the letters A to Z, digits and `_`"
_CHARACTER_HINTS = {
    ";": "clauses and items need no separator; take it out",
    "[": "arguments stand in parentheses",
    "]": "arguments stand in parentheses",
    "`": 'texts stand in double quotes `"`',
    "“": 'texts stand in double quotes `"`',
    "”": 'texts stand in double quotes `"`',
}


def _character(fault: Fault, around: _Around) -> Diagnostic | None:
    word = around.word()
    start = around.start()
    if word == "'":
        line_end = fault.text.find("\n", start)
        line = fault.text[start : line_end if line_end >= 0 else len(fault.text)]
        if "'" in line[1:]:
            quoted = line[: line.index("'", 1) + 1]
            return SingleQuotes(span=fault.span(start, quoted), content=quoted[1:-1])
    known = word[0] in '(){}"=<>!,:.+-*/?%' or word in ("->", "..")
    if not known and not (word.isascii() and (word[0].isalnum() or word[0] == "_")):
        character = next((c for c in word if not (c.isascii() and (c.isalnum() or c == "_"))), word[0])
        hint = _LETTERS_ONLY if character.isalnum() else _CHARACTER_HINTS.get(character)
        at = start + word.index(character)
        return StrangeCharacter(span=fault.span(at, character), character=character, hint=hint)
    return None


_AFTER = {
    "next": "then next",
    "each": "then each",
    "sent": "sent",
    "optional": "optional",
    "greedy": "greedy",
    "lazy": "lazy",
}
_CONSTRUCTS = {
    "priority": "priority",
    "place": "place",
    "settle": "settle",
    "inhibited": "inhibited by",
    "run": "run",
    "set": "set",
    "undo": "undo",
    "event": "event",
    "relationship": "relationship",
    "since": "since firmware",
    "confirm": "confirm",
    "backoff": "backoff",
    "relative": "relative",
    "skip": "skip",
    "times": "times",
    "to": "send … to",
    "while": "over while",
    "expires": "expires",
    "greedy": "greedy",
    "lazy": "lazy",
    "optional": "optional",
}
_CONSTRUCT_PAIRS = {
    ("all", "of"): "all of",
    ("any", "of"): "any of",
    ("at", "least"): "at least",
    ("on", "failure"): "on failure",
    ("on", "doubt"): "on doubt",
    ("on", "expiry"): "on expiry",
}


def _not_yet(fault: Fault, around: _Around) -> Diagnostic | None:
    """A construct of the language's charter that the grammar does not hold yet."""
    before, word, after = around.word(-1), around.word(), around.word(1)
    for distance, pair in ((-1, (before, word)), (0, (word, after))):
        if pair in _CONSTRUCT_PAIRS:
            start = around.start(distance)
            written = fault.text[start : around.start(distance + 1) + len(pair[1])]
            return NotYet(span=fault.span(start, written), construct=_CONSTRUCT_PAIRS[pair])
    if before in _AFTER and word[0] not in "),:=<>}" and not fault.fits(word):
        return NotYet(span=fault.span(around.start(-1), before), construct=_AFTER[before])
    if word[0].isdigit() and (after == "times" or (after == ".." and around.word(3) == "times")):
        return NotYet(span=fault.span(around.start(), word), construct="times")
    if word[0].isdigit() and before == "." and around.word(-2)[:1].isdigit():
        start = around.start(-2)
        written = fault.text[start : around.start() + len(word)]
        return NotYet(span=fault.span(start, written), construct="version literal")
    if word in _CONSTRUCTS and _may_be_clause(fault, around):
        return NotYet(span=fault.span(around.start(), word), construct=_CONSTRUCTS[word])
    return None


def _may_be_clause(fault: Fault, around: _Around) -> bool:
    """Whether a keyword could stand here: where only a name would do, it is a name that stands wrongly."""
    return around.word(-1) not in (".", ",", "(", "=", "==") and fault.fitting != {"NAME"}


def _unit(fault: Fault, around: _Around) -> Diagnostic | None:
    """A word behind a number that is no unit, or the second word of one."""
    before, word = around.word(-1), around.word()
    if word == "/" and around.word(-2) in (":", "in") and _could_be_unit(around.word(1)):
        start = around.start(-1)
        written = fault.text[start : around.start(1) + len(around.word(1))]
        unit = f"{before}/{around.word(1)}"
        if parse_unit(unit) is not None:
            return BlankInUnit(span=fault.span(start, written), written=written, unit=unit)
        return UnknownUnit(span=fault.span(start, written), unit=written, similar=_similar(unit))
    if word[0].isdigit() and "QUANTITY" in fault.fitting and "NUMBER" not in fault.fitting:
        if _same_line(fault, around, 0) and _could_be_unit(around.word(1)) and not _is_keyword(fault, around.word(1)):
            return _unknown_unit(fault, around.start(1), around.word(1))
        return DurationWithoutUnit(span=fault.span(around.start(), word), number=word)
    if not _could_be_unit(word) or not _same_line(fault, around, -1):
        return None
    if before[:1].isdigit() and (not _is_keyword(fault, word) or similar_units(word)):
        return _unknown_unit(fault, around.start(), word)
    behind_quantity = around.word(-2)[:1].isdigit() and _same_line(fault, around, -2)
    if behind_quantity and parse_unit(before) is not None and parse_unit(before + word) is not None:
        start = around.start(-1)
        written = fault.text[start : around.start() + len(word)]
        return BlankInUnit(span=fault.span(start, written), written=written, unit=before + word)
    return None


def _unknown_unit(fault: Fault, start: int, word: str) -> Diagnostic:
    end = start + len(word)
    # The rest of a compound belongs to it: `8 meters/second`.
    while end < len(fault.text) and (fault.text[end].isalnum() or fault.text[end] in "_/"):
        end += 1
    unit = fault.text[start:end].rstrip("/")
    return UnknownUnit(span=fault.span(start, unit), unit=unit, similar=_similar(unit))


def _similar(unit: str) -> tuple[str, ...]:
    """Units like this one; in a quotient each name is looked up by itself."""
    parts = unit.split("/")
    if len(parts) == 1:
        return similar_units(unit)
    known = [part if parse_unit(part) is not None else next(iter(similar_units(part)), "") for part in parts]
    return ("/".join(known),) if all(known) else ()


def _could_be_unit(word: str) -> bool:
    return word[:1].isalpha()


def _same_line(fault: Fault, around: _Around, distance: int) -> bool:
    """Whether the word at this distance and the one after it stand on one line."""
    if around.index + distance < 0 or around.index + distance + 1 >= len(around.words):
        return False
    return "\n" not in fault.text[around.start(distance) : around.start(distance + 1)]


def _is_keyword(fault: Fault, word: str) -> bool:
    return word in fault.keywords.values()


def _awaits_silence(fault: Fault, around: _Around) -> bool:
    """Whether a `no x` is still waiting for its `for`."""
    return fault.fits("for") and not fault.fits("and") and any(word == "no" for word, _ in around.words)


def _silence(fault: Fault, around: _Around) -> Diagnostic | None:
    if not _awaits_silence(fault, around):
        return None
    return SilenceWithoutDuration(span=fault.span(around.start(-1), around.word(-1)))


def _pattern(fault: Fault, around: _Around) -> Diagnostic | None:
    word = around.word()
    if fault.item == "rule" and word in ("then", "as", "unless", "within") and fault.fits("until"):
        return PatternNeedsParentheses(span=fault.span(around.start(), word), word=word)
    return None


_CLAUSES = {
    "rule": {"when", "until", "severity", "cooldown", "repeat", "hold", "schedule", "do", "on"},
    "device": {"property", "telemetry", "command", "lateness", "revise", "idle"},
    "source": {"keep"},
}


def _swallowed(fault: Fault, around: _Around) -> Diagnostic | None:
    """A clause's keyword that was taken for a name, because the clause before it lacks a value at its end."""
    before = around.word(-1)
    behind_name = any(fault.fits(keyword) for keyword in ("and", "until", "telemetry", "keep"))
    if before not in _CLAUSES.get(fault.item, ()) or not behind_name:
        return None
    start = around.start(-1)
    if fault.text[fault.text.rfind("\n", 0, start) + 1 : start].strip() != "":
        return None
    return UnexpectedText(span=fault.span(start, before), found=before, fitting=("a value",))


_GUESSES: tuple[Callable[[Fault, _Around], Diagnostic | None], ...] = (
    _swallowed,
    _operator,
    _character,
    _not_yet,
    _pattern,
    _unit,
    _silence,
)


# --- What would fit --------------------------------------------------------------------------------------------------


_VALUE = frozenset({"NAME", "NUMBER", "QUANTITY", "STRING", "LPAR", "MINUS", "NOT", "NO", "TRUE", "FALSE", "ABSENT"})
_OPERAND = _VALUE - {"NOT", "NO"}
_DURATION = frozenset({"QUANTITY", "NAME", "LPAR"})
_COUNT = frozenset({"NUMBER", "NAME", "LPAR"})
_OPERATORS = ("+", "-", "*", "/", "and", "or", "is", "becomes", "rises", "falls", "else", "?", ".", "for")
_WORDED = {"NAME": "a name", "NUMBER": "a number", "QUANTITY": "a quantity", "STRING": "a text"}
_WORDED_LAST = {"TYPE": "a type or unit", "MAPKEY": "a field and `=`", "COMPARISON": "a comparison"}


def _described(fault: Fault) -> tuple[str, ...]:
    """What would fit, grouped, without the end of the text."""
    rest = set(fault.fitting) - {"$END"}
    described: list[str] = []
    for group, words_for in (
        (_VALUE, "a value"),
        (_OPERAND, "a value"),
        (_COUNT | _DURATION, "a number or a duration"),
        (_DURATION, "a duration such as `5 min`"),
        (_COUNT, "a number"),
    ):
        if group <= rest:
            described.append(words_for)
            rest -= group
            break
    operators = {name for name in rest if fault.keywords.get(name) in _OPERATORS or name == "COMPARISON"}
    if len(operators) >= 4:
        rest -= operators
        described.append("an operator")
    for worded in (_WORDED, _WORDED_LAST):
        described += [text for name, text in worded.items() if name in rest]
    described += sorted(f"`{fault.keywords[name]}`" for name in rest if name in fault.keywords)
    return tuple(described)


def _hint(fault: Fault, word: str) -> str | None:
    """A keyword that fits and looks like the word that stands there."""
    fitting = sorted(fault.keywords[name] for name in fault.fitting if name in fault.keywords)
    similar = get_close_matches(word, [keyword for keyword in fitting if keyword.isidentifier()], n=1, cutoff=0.7)
    return f"did you mean `{similar[0]}`?" if similar and similar[0] != word else None
