"""The words of a program, found one by one as the parser asks for them, because keywords depend on where they stand.

The grammar (grammar/iot.lark) says what each kind of word looks like. Two kinds are found by code instead of their
regular expression, for speed: a number with its unit, and a type. A test holds the two against each other.
"""

import re
from functools import lru_cache

from ..grammar import NUMBER, TIME_UNITS, units

WORD = re.compile(
    rf"""(?:[ \t\r\n]++|\#[^\n]*+)*+
      (?: ([A-Za-z_][A-Za-z0-9_]*+)
        | ({NUMBER})
        | ("(?:[^"\\\n]|\\.)*+")
        | (==|!=|<=|>=|<|>)
        | (->|\.\.|[(){{}}\[\],:.=+\-*/?])
        | (\Z)
      )""",
    re.VERBOSE,
)
"""What may stand between words, and the next word: a name, a number, a text, a comparison, a sign, or the end."""

NAME, NUMERAL, STRING, COMPARISON, SIGN, NOTHING = range(1, 7)
"""The kinds of words, as the groups of `WORD`."""

BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
KEY = re.compile(r"[ \t]*+=(?!=)")
"""What stands behind the field that a source's mapping is for."""

COUNT = re.compile(r"(?:[ \t]*+\.\.[ \t]*+[A-Za-z0-9_]+)?+[ \t]++times\b")
"""What stands behind a name that counts the repetitions of a pattern's step."""

_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){2,}")
_TYPE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNIT_RUN = re.compile(r"[A-Za-z%°µ\[][A-Za-z0-9_%°µ\[\]'./-]*+")
_NEXT_PART = re.compile(rf"[ \t]++({NUMBER})")
_INSIDE = re.compile(r"[A-Za-z0-9_\[]")
_UNIT_TEXT_MAX = 100
_NAMES = frozenset(units.unit_names()) - {"1"}
_TIMES = frozenset(TIME_UNITS)


def version_end(text: str, start: int, end: int) -> int:
    """Where the version that begins here ends; the start where none does."""
    match = _VERSION.match(text, start, end)
    return start if match is None else match.end()


def quantity_end(text: str, number_end: int, end: int, *, among_mappings: bool) -> int:
    """Where the unit behind a number ends, for a compound time that of its last part; the number's end without one.

    `among_mappings`: in a source, where what `=` follows is the field that the next mapping is for.
    """
    last = _part_end(text, number_end, end, among_mappings)
    if text[number_end:last].lstrip(" \t") not in _TIMES:
        return last
    while (following := _NEXT_PART.match(text, last, end)) is not None:
        part_end = _part_end(text, following.end(), end, among_mappings)
        if text[following.end() : part_end].lstrip(" \t") not in _TIMES:
            return last
        last = part_end
    return last


def _part_end(text: str, number_end: int, end: int, among_mappings: bool) -> int:
    """Where the unit behind a number ends; the number's end where there is none."""
    start = number_end
    while start < end and text[start] in " \t":
        start += 1
    run = _UNIT_RUN.match(text, start, min(end, start + _UNIT_TEXT_MAX))
    if run is not None:
        for length in _unit_lengths(run[0]):
            is_key = among_mappings and KEY.match(text, start + length, end) is not None
            if _ends(text, start + length, end) and not is_key:
                return start + length
    return number_end


def type_end(text: str, start: int, end: int) -> int:
    """Where the type that begins here ends, which may be a unit; the start where none does."""
    unit = start + 2 if text.startswith("1/", start, end) else start
    run = _UNIT_RUN.match(text, unit, min(end, unit + _UNIT_TEXT_MAX))
    if run is not None:
        for length in _unit_lengths(run[0]):
            if _ends(text, unit + length, end):
                return unit + length
    name = _TYPE_NAME.match(text, start, end)
    return start if name is None else name.end()


def _ends(text: str, at: int, end: int) -> bool:
    """Whether a unit can end here: not inside a word."""
    return at >= end or _INSIDE.match(text, at, end) is None


@lru_cache(maxsize=4096)
def _unit_lengths(run: str) -> tuple[int, ...]:
    """How many of these characters can be a unit, the most first."""
    return tuple(length for length in range(len(run), 0, -1) if _is_unit(run[:length]))


def _is_unit(text: str) -> bool:
    """Whether this is names of units with exponents, joined by points and slashes; a negative one needs a point."""
    for place, group in enumerate(text.split("/")):
        for number, factor in enumerate(group.split(".")):
            name = factor
            if name not in _NAMES and name[-1:].isdigit():
                name = name[:-1]
                if number > 0 and name not in _NAMES:
                    name = name.removesuffix("-")
            if name not in _NAMES or (place > 0 and not group):
                return False
    return True
