"""Exact arithmetic on constants: the literal's text as a fraction, operators on fractions, conversion between units.

>>> quantity((("2", "min"), ("10", "s")))
(Fraction(130, 1), 's')

Nothing is rounded here: the consumer rounds once, when it stores a constant in the unit of the column that it meets. So
`37 degC >= 98.6 degF` is true, and `0.1 + 0.2 == 0.3` as well.
"""

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from ..grammar.units import Unit, factor, parse_unit

EXPONENT_MAX = 400
"""Beyond what a float can hold; a literal such as 1e999999999 must not be worked out."""

LITERALS_KEPT = 4096
"""How many different literals are worked out once only: programs say the same ones over and over."""

NS_PER_S = 1_000_000_000

LARGEST_BITS = 1024
"""A float holds what is below 2 to the power of this."""

EXACT_BITS_MAX = 8192
"""Of a constant's numerator and of its denominator: a chain of products must not double its digits for ever."""

_NUMBER = re.compile(r"[+-]?\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE](?P<exponent>[+-]?\d+))?", re.ASCII)

COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@lru_cache(LITERALS_KEPT)
def number(text: str) -> Fraction | None:
    """What a number's text says; None if it says none, or one that is too large to work out."""
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > EXPONENT_MAX or len(match["exponent"] or "") > len(str(EXPONENT_MAX)) + 1:
        return None
    if abs(int(match["exponent"] or 0)) > EXPONENT_MAX:
        return None
    return Fraction(text)


def whole(text: str) -> bool:
    """Whether a number is written as a whole one: `3` and `4_000`, not `3.0` or `4e3`."""
    return text.replace("_", "").isdecimal()


def quantity(parts: tuple[tuple[str, str], ...]) -> tuple[Fraction, str] | None:
    """The value and unit of a literal; several parts are added up in the unit of the last. None if one has no value.

    The parts' units are known units of one dimension (the parser sees to that for `2 min 10 s`).
    """
    total, into = Fraction(0), parts[-1][1]
    target = parse_unit(into)
    assert target is not None
    for text, name in parts:
        value, unit = number(text), parse_unit(name)
        if value is None or unit is None or unit.dimension != target.dimension:
            return None
        total += value if len(parts) == 1 else converted(value, unit, target, point=False)
    return total, into


@lru_cache(LITERALS_KEPT)
def literal(parts: tuple[tuple[str, str], ...]) -> tuple[Fraction, Unit] | None:
    """The value and unit of a literal; None if it has none, or a unit is unknown."""
    units = [parse_unit(name) for _, name in parts]
    summed = None if None in units else quantity(parts)
    return None if summed is None or units[-1] is None else (summed[0], units[-1])


@lru_cache(LITERALS_KEPT)
def nanoseconds(parts: tuple[tuple[str, str], ...]) -> int | None:
    """A literal duration in whole nanoseconds, rounded to the nearest; None if it is none."""
    found = literal(parts)
    second = parse_unit("s")
    assert second is not None
    if found is None or found[1].dimension != second.dimension:
        return None
    return round(converted(found[0], found[1], second, point=False) * NS_PER_S)


def converted(value: Fraction, source: Unit, target: Unit, *, point: bool) -> Fraction:
    """A value in another unit: as a point on its scale, or as a difference."""
    if source is target or source == target:
        return value
    scale, offset = factor(source, target)
    return value * scale + (offset if point else 0)


def fits(value: Fraction) -> bool:
    """Whether a float can hold it."""
    return abs(value.numerator) < value.denominator << LARGEST_BITS


def is_short(value: Fraction) -> bool:
    """Whether it can be kept exactly without its digits growing for ever."""
    return max(value.numerator.bit_length(), value.denominator.bit_length()) <= EXACT_BITS_MAX


def is_tiny(text: str) -> bool:
    """Whether a number that cannot be worked out is one too close to zero."""
    match = _NUMBER.fullmatch(text)
    return match is not None and (match["exponent"] or "").startswith("-")


def calculated(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    """`left sign right`; None for a division by zero."""
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return None if right == 0 else left / right
        case _:
            raise AssertionError(sign)


def both(left: bool | None, right: bool | None) -> bool | None:
    """Kleene's `and`: false if one is false, else unknown if one is."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: bool | None, right: bool | None) -> bool | None:
    """Kleene's `or`: true if one is true, else unknown if one is."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def written(value: Fraction, unit: Unit | None = None) -> str:
    """A constant as a person would write it, for messages."""
    text = str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"
    return text if unit is None else f"{text} {unit.text}"
