"""Why the parser stopped, in the words of the language.

The parser knows where it stopped and what it would have taken there. What the author meant is guessed from the words
around that place: first the mistakes people make (a wrong operator, a unit that is none, a construct this version does
not know), each with its own diagnostic, then the general "does not fit here".
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

from ..grammar.units import parse_unit, similar_units
from . import slips
from .diagnostic import Diagnostic, Edit
from .fitting import CLAUSES, described, similar_keyword
from .machine import machine
from .sections import words
from .source import Span
from .strings import Place
from .syntax_problems import (
    ChainedComparison,
    ForeignOperator,
    StrangeCharacter,
    UnexpectedEnd,
    UnexpectedText,
)
from .tree_problems import PatternNeedsParentheses, SilenceWithoutDuration, SingleQuotes
from .unit_problems import BlankInUnit, DurationWithoutUnit, UnknownUnit


@dataclass(frozen=True)
class Fault:
    """Where the parser stopped in a stretch of text, and what it would have taken there.

    `fitting` are terminals: those with a fixed spelling by that, the others by their name in angle brackets.
    """

    text: str
    at: int
    fitting: frozenset[str]
    place: Place
    item: str

    def span(self, start: int, text: str) -> Span:
        return Span(self.place(start), self.place(start + len(text)))

    def fits(self, keyword: str) -> bool:
        """Whether this keyword would have been taken."""
        return keyword in self.fitting


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
    span = fault.span(around.start(), word)
    similar = similar_keyword(fault.fitting, word)
    hint = None if similar is None else f"did you mean `{similar}`?"
    if hint is None and _begins_line_too_early(fault, around):
        before = around.word(-1)
        return UnexpectedEnd(span=fault.span(around.start(-1), before), fitting=described(fault.fitting), what="line")
    return UnexpectedText(span=span, found=word, fitting=described(fault.fitting), hint=hint)


def _ending(fault: Fault, around: _Around) -> Diagnostic:
    what = _KINDS.get(fault.item, fault.item)
    if not around.words:
        start = fault.place(0)
        return UnexpectedEnd(span=Span(start, start), fitting=described(fault.fitting), what=what)
    span = fault.span(around.start(-1), around.word(-1))
    if _awaits_silence(fault, around):
        return SilenceWithoutDuration(span=span)
    return UnexpectedEnd(span=span, fitting=described(fault.fitting), what=what)


_KINDS = {
    "module": "module line",
    "let": "constant",
    "never": "invariant",
    "always": "invariant",
    "what_if": "what-if",
    "message": "value",
}
"""What a part of a file is called, where that is not its keyword."""


def _begins_line_too_early(fault: Fault, around: _Around) -> bool:
    """Whether something new begins with the line although the line before lacks something."""
    if around.index == 0 or _same_line(fault, around, -1) or "}" in fault.fitting:
        return False
    return around.word() == "}" or _is_keyword(around.word())


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
    if word == "=" and "<COMPARISON>" in fault.fitting:
        return ForeignOperator(span=span, found=word, instead="==")
    if word == "==" and (fault.at > around.start() or fault.fits("=")):
        return ForeignOperator(span=span, found=word, instead="=")
    if word in _FOREIGN:
        return ForeignOperator(span=span, found=word, instead=_FOREIGN[word])
    if word in ("==", "!=", "<", "<=", ">", ">=") and fault.fits("and"):
        return ChainedComparison(span=span, operator=word)
    return None


def _sign(fault: Fault, around: _Around) -> Diagnostic | None:
    """A comma, colon or equals sign where nothing need stand."""
    word = around.word()
    span = fault.span(around.start(), word)
    if word == ":" and fault.fits("="):
        return ForeignOperator(span=span, found=word, instead="=")
    if word in ("->", "=") and fault.fits(":"):
        return ForeignOperator(span=span, found=word, instead=":")
    if word == "," and fault.fits("}") and fault.item in _LISTS_WITHOUT_COMMAS:
        hint = "what stands in braces needs no commas; take it out"
        return UnexpectedText(span=span, found=word, fitting=(), hint=hint, edit=Edit(span, ""))
    in_settings = fault.item in _SETTINGS and "<QUANTITY>" in fault.fitting
    if word in (":", "=") and in_settings and around.word(-1).isidentifier():
        hint = f"the value follows the name at once: `{around.word(-1)} {around.word(1)} …`"
        return UnexpectedText(span=span, found=word, fitting=(), hint=hint, edit=Edit(span, ""))
    return None


_LISTS_WITHOUT_COMMAS = frozenset({"device", "rule", "procedure", "twin", "target", "test", "what_if", "source"})
_SETTINGS = frozenset({"test", "target", "twin"})


def _slip(fault: Fault, around: _Around) -> Diagnostic | None:
    """One of the usual slips."""
    before = [around.word(distance) for distance in range(-slips.BEFORE, 0)]
    after = [around.word(distance) for distance in range(slips.AFTER + 1)]
    row = " ".join([*filter(None, before), slips.MARK, *filter(None, after)]) + " "
    found = slips.slip(row, fault.fitting, fault.item)
    if found is None:
        return None
    if _begins_line_too_early(fault, around):
        before_span = fault.span(around.start(-1), around.word(-1))
        return UnexpectedEnd(span=before_span, fitting=described(fault.fitting), what="line", hint=found.help)
    word = around.word()
    span = fault.span(around.start(), word)
    edit = None if found.instead is None else Edit(span, found.instead)
    return UnexpectedText(span=span, found=word, fitting=described(fault.fitting), hint=found.help, edit=edit)


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
    if word[0].isdigit() and "<QUANTITY>" in fault.fitting and "<NUMBER>" not in fault.fitting:
        if _same_line(fault, around, 0) and _could_be_unit(around.word(1)) and not _is_keyword(around.word(1)):
            return _unknown_unit(fault, around.start(1), around.word(1))
        return DurationWithoutUnit(span=fault.span(around.start(), word), number=word)
    if not _could_be_unit(word) or not _same_line(fault, around, -1):
        return None
    if before[:1].isdigit() and (not _is_keyword(word) or similar_units(word)):
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


def _is_keyword(word: str) -> bool:
    return word.isidentifier() and word in machine().names


def _awaits_silence(fault: Fault, around: _Around) -> bool:
    """Whether a `no x` is still waiting for its `for`."""
    near = around.words[max(around.index - _SILENCE_WORDS, 0) : around.index]
    in_value = fault.fits("for") and not fault.fits("and") and fault.item not in ("test", "procedure")
    return in_value and any(word == "no" for word, _ in near)


_SILENCE_WORDS = 30
"""How many words behind a `no` its `for` can be missed."""


def _silence(fault: Fault, around: _Around) -> Diagnostic | None:
    if not _awaits_silence(fault, around):
        return None
    return SilenceWithoutDuration(span=fault.span(around.start(-1), around.word(-1)))


def _pattern(fault: Fault, around: _Around) -> Diagnostic | None:
    word = around.word()
    if fault.item == "rule" and word in ("then", "as", "unless", "within") and fault.fits("until"):
        return PatternNeedsParentheses(span=fault.span(around.start(), word), word=word)
    return None


def _swallowed(fault: Fault, around: _Around) -> Diagnostic | None:
    """A clause's keyword that was taken for a name, because the clause before it lacks a value at its end."""
    before = around.word(-1)
    behind_name = any(map(fault.fits, ("and", "until", "telemetry", "keep", "from", "wait", "state", "expect", "runs")))
    if before not in CLAUSES.get(fault.item, ()) or not behind_name:
        return None
    start = around.start(-1)
    if fault.text[fault.text.rfind("\n", 0, start) + 1 : start].strip() != "":
        return None
    fitting = ("`from`",) if fault.item == "test" and fault.fits("from") else ("a value",)
    lacking = fault.span(around.start(-2), around.word(-2))
    return UnexpectedEnd(span=lacking, fitting=fitting, what="line")


_GUESSES: tuple[Callable[[Fault, _Around], Diagnostic | None], ...] = (
    _swallowed,
    _pattern,
    _sign,
    _operator,
    _character,
    _slip,
    _unit,
    _silence,
)
