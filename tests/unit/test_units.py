"""The unit table: exact scales, canonical names, arithmetic."""

from fractions import Fraction

import pytest

from headgate.grammar.units import (
    DIMENSIONLESS,
    Unit,
    coherent,
    describe_dimension,
    factor,
    parse_unit,
    power,
    product,
    quotient,
    similar_units,
    unit_names,
)


def unit(text: str) -> Unit:
    found = parse_unit(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("source", "target", "scale", "offset"),
    [
        ("km/h", "m/s", Fraction(5, 18), 0),
        ("degF", "degC", Fraction(5, 9), Fraction(-160, 9)),
        ("degC", "K", 1, Fraction("273.15")),
        ("%", "ratio", Fraction(1, 100), 0),
        ("kWh", "J", 3_600_000, 0),
        ("kJ/K", "J/K", 1000, 0),
        ("m3/h", "L/min", Fraction(50, 3), 0),
        ("bar", "kPa", 100, 0),
        ("psi", "Pa", Fraction(8896443230521, 1290320000), 0),
        ("mohm", "V/A", Fraction(1, 1000), 0),
        ("Ah", "A.s", 3600, 0),
        ("rpm", "Hz", Fraction(1, 60), 0),
        ("KiB", "bit", 8192, 0),
        ("kbit/s", "B/s", 125, 0),
        ("week", "day", 7, 0),
        ("day", "ns", 86_400_000_000_000, 0),
        ("t", "kg", 1000, 0),
        ("turn", "deg", 360, 0),
        ("uSv/h", "Sv/s", Fraction(1, 3_600_000_000), 0),
    ],
)
def test_conversions_are_exact(source: str, target: str, scale: Fraction, offset: Fraction) -> None:
    assert factor(unit(source), unit(target)) == (scale, offset)


def test_a_body_temperature_is_the_same_in_both_scales() -> None:
    scale, offset = factor(unit("degF"), unit("degC"))
    assert Fraction("98.6") * scale + offset == 37


@pytest.mark.parametrize("name", unit_names())
def test_every_name_has_a_canonical_text_that_names_the_same_unit(name: str) -> None:
    assert unit(unit(name).text) == unit(name)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Cel", "degC"),
        ("[degF]", "degF"),
        ("percent", "%"),
        ("m[H2O]", "mH2O"),
        ("m.s-1", "m/s"),
        ("kg.m/s2", "kg.m/s2"),
        ("1/min", "1/min"),
        ("m/s/s", "m/s2"),
        ("m.ratio", "m"),
        ("µg/m3", "ug/m3"),
        ("d", "day"),
    ],
)
def test_other_spellings_become_the_canonical_one(written: str, canonical: str) -> None:
    assert unit(written).text == canonical


@pytest.mark.parametrize(
    "text",
    ["", "/", "m//s", "celsius", "C", "F", "2", "-", "m13", "km / h", "m s", "." * 99, "m" * 200, "s-99", "[", "1/"],
)
def test_what_is_no_unit_is_none(text: str) -> None:
    assert parse_unit(text) is None


def test_equal_names_cancel_in_products_and_quotients() -> None:
    assert product(unit("km/h"), unit("h")) == unit("km")
    assert quotient(unit("kWh"), unit("kWh")) == unit("ratio")
    assert quotient(unit("%"), unit("h")).text == "%/h"
    assert power(unit("m"), 3) == unit("m3")
    assert power(unit("s"), 0) == unit("ratio")


def test_a_temperature_in_a_product_is_a_difference() -> None:
    rate = quotient(unit("degC"), unit("min"))
    assert rate.offset == 0
    assert not rate.affine
    assert factor(rate, unit("K/min")) == (Fraction(1), Fraction(0))


def test_points_are_marked() -> None:
    assert [name for name in ("degC", "degF", "K", "dBm") if not unit(name).affine] == []
    assert [name for name in ("m", "s", "%", "bar", "dB", "K/min") if unit(name).affine] == []


def test_different_dimensions_have_no_conversion() -> None:
    with pytest.raises(ValueError, match="dimensions differ"):
        factor(unit("m"), unit("s"))
    assert unit("Hz").dimension != unit("bit").dimension
    assert unit("deg").dimension != DIMENSIONLESS


def test_a_dimension_has_a_coherent_unit_and_words() -> None:
    assert coherent(unit("kWh").dimension).text == "J"
    assert coherent(unit("km/h").dimension).text == "m/s"
    assert coherent(unit("m3/h").dimension) == unit("m3/s")
    assert describe_dimension(unit("km/h").dimension) == "length/time"
    assert describe_dimension(DIMENSIONLESS) == "a ratio"


def test_no_unit_is_a_word_of_the_language() -> None:
    words = {"as", "at", "in", "or", "no", "do", "to", "if", "by", "is", "on", "of", "and", "not", "for", "then"}
    assert words.isdisjoint(unit_names())


@pytest.mark.parametrize(
    ("word", "meant"), [("celsius", "degC"), ("minutes", "min"), ("kw", "kW"), ("C", "degC"), ("kph", "km/h")]
)
def test_common_words_lead_to_the_unit_that_is_meant(word: str, meant: str) -> None:
    assert similar_units(word)[0] == meant
