"""Intervals: what comparisons admit, alone and together."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.compiler.constants import COMPARISONS
from headgate.compiler.intervals import MIRRORED, NEGATED, Interval

SIGNS = ("<", "<=", ">", ">=", "==")
NUMBERS = st.integers(-4, 4).map(Fraction)
HALVES = [Fraction(n, 2) for n in range(-12, 13)]


def of(sign: str, limit: Fraction) -> Interval:
    found = Interval.of(sign, limit)
    assert found is not None
    return found


@given(st.sampled_from(SIGNS), NUMBERS, st.sampled_from(SIGNS), NUMBERS)
def test_what_both_admit_is_what_fulfils_both(a: str, x: Fraction, b: str, y: Fraction) -> None:
    # Halves lie between any two whole limits, and beyond them.
    fulfil = [n for n in HALVES if COMPARISONS[a](n, x) and COMPARISONS[b](n, y)]
    assert of(a, x).meets(of(b, y)) is bool(fulfil)


@given(st.sampled_from(SIGNS), NUMBERS, st.sampled_from(SIGNS), NUMBERS)
def test_one_is_within_the_other_if_it_implies_it(a: str, x: Fraction, b: str, y: Fraction) -> None:
    implied = all(COMPARISONS[b](n, y) for n in HALVES if COMPARISONS[a](n, x))
    assert of(a, x).within(of(b, y)) is implied


def test_what_differs_from_a_number_is_no_interval() -> None:
    assert Interval.of("!=", Fraction(3)) is None


@pytest.mark.parametrize("sign", COMPARISONS)
def test_opposites_and_mirrors_come_back(sign: str) -> None:
    assert NEGATED[NEGATED[sign]] == sign
    assert MIRRORED[MIRRORED[sign]] == sign
