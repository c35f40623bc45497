"""Functions of texts: `starts_with`, `ends_with`, `contains`, `like`, `matches`, `length`, `lower`, `upper`.

A text is looked at once in a batch, however many rows have it; `runtime.operators.texts` remembers the answers.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from .column import DTYPES, Column
from .elementwise import common_length, together
from .function import Interned, Scalar
from .regular import matches

PATTERNS_KEPT = 1024
"""So many different patterns are read once only."""


def _of_texts(function: Callable[..., bool | float | str], result: str) -> Callable[..., Column]:
    """The columns of a function of one text or two: its answers for the distinct ones, dealt out to the rows."""

    def columns(*inputs: Column, texts: Interned) -> Column:
        count = max(len(texts.texts), 1)
        length = common_length(inputs[0], inputs[-1])
        found = together(np.zeros(length, dtype=DTYPES[result]), *inputs)
        asked = np.zeros(length, dtype=np.int64)
        for column in inputs:
            asked = asked * count + column.values  # garbage where not known: it is not looked at
        asked = asked if found.known is None else asked[found.known]
        distinct, where = np.unique(asked, return_inverse=True)
        answers = []
        for one in distinct.tolist():
            codes = (one,) if len(inputs) == 1 else divmod(one, count)
            answer = function(*(texts.texts[code] for code in codes))
            answers.append(texts.code(answer) if isinstance(answer, str) else answer)
        values = np.array(answers, dtype=DTYPES[result])[where]
        if found.known is None:
            return Column(values)
        found.values[found.known] = values
        return found

    return columns


def is_like(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern says, in which `*` is any characters, or none, and `?` any one character.

    >>> is_like("pump-7", "pump-*"), is_like("pump-7", "*-??")
    (True, False)
    """
    return _like(pattern).fullmatch(text) is not None


@lru_cache(PATTERNS_KEPT)
def _like(pattern: str) -> "re.Pattern[str]":
    """The same as a regular expression. What stands between two stars is taken where it is found first, and never
    looked for again (`(?>…)`): so it takes at most as many steps as the text's length times the pattern's."""
    pieces = [
        "".join("." if character == "?" else re.escape(character) for character in piece)
        for piece in re.split(r"\*+", pattern)
    ]
    between = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1])
    whole = pieces[0] if len(pieces) == 1 else f"{pieces[0]}{between}.*{pieces[-1]}"
    return re.compile(whole, re.DOTALL)


def _scalar(name: str, signature: str, function: Callable[..., bool | float | str], doc: str) -> Scalar:
    result = signature.rpartition(" ")[2]
    return Scalar(name, signature, _of_texts(function, result), function, doc, needs_texts=True)


SCALARS = (
    _scalar("starts_with", "x: text, beginning: text -> bool", str.startswith, "Whether `x` begins with this text."),
    _scalar("ends_with", "x: text, end: text -> bool", str.endswith, "Whether `x` ends with this text."),
    _scalar("contains", "x: text, part: text -> bool", str.__contains__, "Whether this text is somewhere in `x`."),
    _scalar(
        "like",
        "x: text, pattern: text -> bool",
        is_like,
        "Whether the whole of `x` is as the pattern says: `*` is any characters, or none, `?` any one character.",
    ),
    _scalar(
        "matches",
        "x: text, expression: text -> bool",
        matches,
        "Whether the whole of `x` is as the regular expression says, a constant, as RE2 reads them.",
    ),
    _scalar("length", "x: text -> int", lambda x: float(len(x)), "How many characters (code points) `x` has."),
    _scalar("lower", "x: text -> text", str.lower, "`x` in lower case, as Unicode says."),
    _scalar("upper", "x: text -> text", str.upper, "`x` in upper case, as Unicode says."),
)
