"""Scalars: what `columns` gives is what `reference` gives, element by element."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.runtime.symbols import Symbols
from headgate.runtime.testing.differences import close
from headgate.stdlib.catalogue import SCALARS
from headgate.stdlib.column import DTYPES, Column
from headgate.stdlib.conversion import parse_time, write_time
from headgate.stdlib.function import Scalar, Value
from headgate.stdlib.geography import plain_distance
from headgate.stdlib.regular import flaw

TEXTS = ["2016-01-01T00:00:00Z", "", "2016-02-30T00:00:00Z", "1969-12-31T23:59:60.25+01:00", "x" * 50, "2016-01-01"]
TEXTS += ["2016*", "*01?00*", "?", "\u00dfx", "01", "XX", "x", "**", "x*|[0-9]+"]

NUMBERS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -0.25, 1e308, -1e308, 1e-320]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-20, 20).map(lambda i: i / 4),
)
DEGREES = st.floats(-180, 180, allow_subnormal=False)
POINTS = st.tuples(st.floats(-90, 90, allow_subnormal=False), DEGREES)
TIMES = st.integers(-(2**61), 2**61)
KINDS: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "bool": ("bool", st.booleans()),
    "number": ("float", NUMBERS),
    "float": ("float", NUMBERS),
    "s": ("float", NUMBERS),
    "m": ("float", NUMBERS),
    "text": ("text", st.integers(0, len(TEXTS) - 1)),
    "time": ("time", TIMES),
    "expression": ("text", st.sampled_from([i for i, text in enumerate(TEXTS) if flaw(text) is None])),
    "point": ("point", POINTS),
    "quarters": ("float", st.integers(-20, 20).map(lambda i: i / 4)),
    "seconds": ("time", st.integers(-20, 20).map(lambda i: (1_700_000_000 + i) * 10**9)),
}
# What stands in a plan where it is not what the signature says, and what sums are exact of.
ARGUMENTS = {
    "matches": ("text", "expression"),
    "inside": ("point", "point", "m"),
    "time_from_number": ("number", "unit"),
    "slope_of": ("quarters",) * 3 + ("seconds",) * 3,
    "time_weighted_mean_of": ("quarters",) * 3 + ("seconds",) * 3,
}
ROUNDED = ("variance_of", "stddev_of")
"""Sums of squares are rounded on the way: the last places may differ."""
UNITS = st.sampled_from([1.0, 1e3, 1e6, 1e9, 60e9])


def kinds_of(scalar: Scalar) -> list[str]:
    if scalar.name in ARGUMENTS:
        return list(ARGUMENTS[scalar.name])
    kinds: list[str] = []
    for part in scalar.signature.split("->")[0].split(","):
        name, kind = (s.strip() for s in part.split(":"))
        kinds += [kind] * (3 if name.startswith("*") else 1)
    return kinds


@st.composite
def calls(draw: st.DrawFn, scalar: Scalar) -> tuple[list[str], list[list[Value]]]:
    """Types, and for each argument its values: all of one length, or of length 1."""
    kinds = kinds_of(scalar)
    if "any" in kinds:
        one = draw(st.sampled_from(["bool", "number", "text", "time", "point"]))
        kinds = [one if kind == "any" else kind for kind in kinds]
    length = draw(st.integers(1, 6))
    types, arguments = [], []
    for kind in kinds:
        type_, values = ("float", UNITS) if kind == "unit" else KINDS[kind]
        maybe = values if draw(st.booleans()) else st.one_of(st.none(), values)
        size = 1 if draw(st.integers(0, 3)) == 0 else length
        types.append(type_)
        arguments.append(draw(st.lists(maybe, min_size=size, max_size=size)))
    return types, arguments


def column(type_: str, values: list[Value]) -> Column:
    filler: Any = (0.0, 0.0) if type_ == "point" else 0
    plain: list[Any] = [filler if v is None else v for v in values]
    if type_ == "point":
        plain = [complex(*v) for v in plain]
    known = None if None not in values else np.array([v is not None for v in values])
    return Column(np.array(plain, dtype=DTYPES[type_]), known)


def expected(scalar: Scalar, values: list[Any], types: list[str]) -> Value:
    if scalar.strict and None in values:
        return None
    if scalar.needs_texts:
        values = [TEXTS[v] if t == "text" else v for v, t in zip(values, types, strict=True)]
    return scalar.reference(*values)


def plain(value: Any) -> Value:
    item = value.item()
    return (item.real, item.imag) if isinstance(item, complex) else item


@pytest.mark.parametrize("name", [name for name, scalar in SCALARS.items() if not scalar.folded])
def test_columns_are_the_reference_element_by_element(name: str) -> None:
    scalar = SCALARS[name]

    @given(calls(scalar))
    def agrees(call: tuple[list[str], list[list[Value]]]) -> None:
        types, arguments = call
        inputs = [column(t, values) for t, values in zip(types, arguments, strict=True)]
        before = [(c.values.copy(), None if c.known is None else c.known.copy()) for c in inputs]
        with np.errstate(all="ignore"):
            symbols = Symbols()
            symbols.encode(TEXTS)
            result = scalar.columns(*inputs, **({"texts": symbols} if scalar.needs_texts else {}))
        length = max(len(values) for values in arguments)
        assert len(result.values) == length
        assert result.known is None or len(result.known) == length
        known = result.mask()
        for i in range(length):
            want = expected(scalar, [v[i if len(v) > 1 else 0] for v in arguments], types)
            got = plain(result.values[i]) if known[i] else None
            got = symbols.texts[got] if scalar.signature.endswith("-> text") and isinstance(got, int) else got
            same = close(got, want) if name in ROUNDED else got == want
            assert same, (i, [v[i if len(v) > 1 else 0] for v in arguments])
        for c, (values, mask) in zip(inputs, before, strict=True):
            assert np.array_equal(c.values, values)
            assert (mask is None) == (c.known is None)
            assert mask is None or np.array_equal(c.known, mask)  # type: ignore[arg-type]

    agrees()


def test_every_signature_has_parameters_of_known_kinds() -> None:
    kinds = {"bool", "int", "number", "float", "text", "time", "point", "circle", "any", "s", "m"}
    for scalar in SCALARS.values():
        parameters, result = scalar.signature.split("->")
        assert result.strip() in kinds
        assert all(part.split(":")[1].strip() in kinds for part in parameters.split(","))


def test_a_result_that_is_not_finite_is_absent() -> None:
    assert SCALARS["divide"].reference(1.0, 0.0) is None
    assert SCALARS["multiply"].reference(1e300, 1e300) is None
    assert SCALARS["sqrt"].reference(-1.0) is None


def test_milliseconds_become_exact_nanoseconds() -> None:
    assert SCALARS["time_from_number"].reference(1451606400001.0, 1e6) == 1451606400001000000
    assert SCALARS["time_from_number"].reference(0.5, 1e9) == 500000000


@pytest.mark.parametrize(
    "text, ns",
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2016-01-01T00:00:00.5Z", 1451606400500000000),
        ("2016-01-01t01:00:00.000000001z", 1451610000000000001),
        ("2016-01-01T01:00:00+01:00", 1451606400000000000),
        ("2015-12-31T19:30:00-04:30", 1451606400000000000),
        ("2016-12-31T23:59:60Z", 1483228800000000000),
        ("2016-01-01T00:00:00", None),
        ("2016-13-01T00:00:00Z", None),
        ("2016-01-01T24:00:00Z", None),
        ("2016-01-01T00:00:00+24:00", None),
        ("9999-01-01T00:00:00Z", None),
        ("today", None),
        ("", None),
    ],
)
def test_times_are_read_as_rfc_3339_says(text: str, ns: int | None) -> None:
    assert parse_time(text) == ns


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_written_time_is_read_back(ns: int) -> None:
    assert parse_time(write_time(ns)) == ns


@given(POINTS, POINTS)
def test_distances_are_those_of_the_haversine_formula(a: tuple[float, float], b: tuple[float, float]) -> None:
    p, q = math.radians(a[0]), math.radians(b[0])
    h = math.sin((p - q) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(a[1] - b[1]) / 2) ** 2
    assert plain_distance(a, b) == pytest.approx(2 * 6371008.8 * math.asin(min(1.0, math.sqrt(h))), rel=1e-7, abs=0.01)


def test_known_distances_are_right() -> None:
    assert plain_distance((0.0, 0.0), (0.0, 180.0)) == pytest.approx(math.pi * 6371008.8)
    assert plain_distance((59.95, 10.80), (59.95, 10.80)) == 0.0
    # One degree of latitude is a 360th of the circumference; so is one degree across the date line at the equator.
    assert plain_distance((10.0, 5.0), (11.0, 5.0)) == pytest.approx(math.tau * 6371008.8 / 360)
    assert plain_distance((0.0, 179.5), (0.0, -179.5)) == pytest.approx(math.tau * 6371008.8 / 360)
