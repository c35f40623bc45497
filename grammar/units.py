"""The unit table: every unit the language knows, as data, and exact arithmetic on units.

>>> factor(parse_unit("km/h"), parse_unit("m/s"))
(Fraction(5, 18), Fraction(0, 1))

A value v in a unit is `v * scale + offset` in the SI base unit of its dimension, with both as exact fractions; only the
consumer rounds, once. A compound (`W/K`, `kg.m/s2`) is a product of powers of names; in one, `degC` counts as a
difference, because an offset has no meaning there. Three things that SI leaves out are dimensions of their own, so that
none is mixed up with a bare ratio: information (base: bit), plane angle (base: deg), logarithmic level (base: dB).

`C` and `F` alone are missing on purpose: people who write them mean degrees, not coulombs and farads.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType

DIMENSIONS = (
    "length",
    "mass",
    "time",
    "current",
    "temperature",
    "amount",
    "luminosity",
    "information",
    "angle",
    "level",
)
"""What each place of a dimension vector counts."""

Dimension = tuple[int, ...]
"""One exponent for each of `DIMENSIONS`; all zeros for ratios and plain numbers."""

DIMENSIONLESS: Dimension = (0,) * len(DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: `value in it * scale + offset` is the value in the SI base unit of its dimension.

    `text` is canonical: aliases are resolved, so `parse_unit("Cel") == parse_unit("degC")`. `affine` says that a
    value in this unit can be a point (a temperature, a signal level) as well as a difference.
    """

    text: str
    dimension: Dimension
    scale: Fraction
    offset: Fraction = Fraction(0)
    affine: bool = False


def parse_unit(text: str) -> Unit | None:
    """The unit that this text names, or None.

    `km/h`, `m3/h`, `kg.m/s2`, `1/min`, `%`; a point multiplies, a slash divides by what follows it up to the next one.
    """
    return _parse_unit(text) if len(text) <= _TEXT_MAX else None


def product(left: Unit, right: Unit) -> Unit:
    """The unit of a product of differences: `product(W, h)` is `W.h`."""
    return _compound(_merged(left.text, right.text, 1))


def quotient(left: Unit, right: Unit) -> Unit:
    """The unit of a quotient of differences: `quotient(km, h)` is `km/h`; equal names cancel."""
    return _compound(_merged(left.text, right.text, -1))


def power(unit: Unit, exponent: int) -> Unit:
    """The unit to a whole power: `power(m, 2)` is `m2`, `power(s, 0)` is `ratio`."""
    return _compound({name: exponent * n for name, n in _factors(unit.text).items()})


def factor(source: Unit, target: Unit) -> tuple[Fraction, Fraction]:
    """(scale, offset) such that `in_target = in_source * scale + offset`; differences take the scale alone.

    Raises ValueError where the dimensions differ.
    """
    if source.dimension != target.dimension:
        raise ValueError(f"no conversion from {source.text} to {target.text}: their dimensions differ")
    return source.scale / target.scale, (source.offset - target.offset) / target.scale


def coherent(dimension: Dimension) -> Unit:
    """The unit of scale 1 for a dimension, named where it has a name: `W`, `Pa`, otherwise `kg/s` and the like."""
    named = _coherent_names().get(dimension)
    if named is not None:
        return named
    return _compound({name: n for name, n in zip(_BASE_UNITS, dimension, strict=True) if n != 0})


def describe_dimension(dimension: Dimension) -> str:
    """A dimension in words, for messages: `length/time`, `a ratio`."""
    over = [_with_exponent(name, n) for name, n in zip(DIMENSIONS, dimension, strict=True) if n > 0]
    under = [_with_exponent(name, -n) for name, n in zip(DIMENSIONS, dimension, strict=True) if n < 0]
    if not over and not under:
        return "a ratio"
    return "".join([".".join(over) or "1", *("/" + name for name in under)])


def unit_names() -> tuple[str, ...]:
    """Every name of a single unit that may be written, aliases and prefixed ones included, longest first."""
    return tuple(sorted([*_units(), *_ALIASES, "1"], key=lambda name: (-len(name), name)))


def similar_units(word: str) -> tuple[str, ...]:
    """Units that someone who wrote this word may have meant, the likeliest first: `celsius` gives `degC`."""
    known = _WORDS.get(word) or _WORDS.get(word.lower()) or _WORDS.get(word.lower().removesuffix("s"))
    if known is not None:
        return known
    names = sorted(_units())
    same_letters = tuple(name for name in names if name.lower() == word.lower())
    return same_letters or tuple(get_close_matches(word, names, n=2, cutoff=0.75)) if len(word) <= _TEXT_MAX else ()


# --- The table -------------------------------------------------------------------------------------------------------

_PI = Fraction("3.14159265358979323846264338327950288419716939937510")
_POUND = Fraction("0.45359237")
_GRAVITY = Fraction("9.80665")
_FOOT = Fraction("0.3048")
_INCH = Fraction("0.0254")

_BASE_UNITS = ("m", "kg", "s", "A", "K", "mol", "cd", "bit", "deg", "dB")

_PREFIXES: Mapping[str, Fraction] = MappingProxyType(
    {
        "p": Fraction(1, 10**12),
        "n": Fraction(1, 10**9),
        "u": Fraction(1, 10**6),
        "m": Fraction(1, 1000),
        "c": Fraction(1, 100),
        "d": Fraction(1, 10),
        "h": Fraction(100),
        "k": Fraction(1000),
        "M": Fraction(10**6),
        "G": Fraction(10**9),
        "T": Fraction(10**12),
        "Ki": Fraction(1024),
        "Mi": Fraction(1024**2),
        "Gi": Fraction(1024**3),
    }
)


_ONE = Fraction(1)
_ROWS: tuple[tuple[str, str, Fraction, str], ...] = (
    # ratios
    ("ratio", "", _ONE, ""),
    ("%", "", Fraction(1, 100), ""),
    ("permille", "", Fraction(1, 1000), ""),
    ("ppm", "", Fraction(1, 10**6), ""),
    ("ppb", "", Fraction(1, 10**9), ""),
    # time
    ("s", "s", _ONE, "n u m"),
    ("min", "s", Fraction(60), ""),
    ("h", "s", Fraction(3600), ""),
    ("day", "s", Fraction(86400), ""),
    ("week", "s", Fraction(604800), ""),
    ("Hz", "s-1", _ONE, "m k M G"),
    ("rpm", "s-1", Fraction(1, 60), ""),
    ("Bq", "s-1", _ONE, "k M G"),
    # length, area, volume
    ("m", "m", _ONE, "n u m c d k"),
    ("inch", "m", _INCH, ""),
    ("ft", "m", _FOOT, ""),
    ("yd", "m", 3 * _FOOT, ""),
    ("mi", "m", Fraction("1609.344"), ""),
    ("nmi", "m", Fraction(1852), ""),
    ("ha", "m2", Fraction(10**4), ""),
    ("L", "m3", Fraction(1, 1000), "u m c d h k M"),
    ("gal", "m3", Fraction("0.003785411784"), ""),
    # speed
    ("kn", "m.s-1", Fraction(1852, 3600), ""),
    ("mph", "m.s-1", Fraction("0.44704"), ""),
    ("gravity", "m.s-2", _GRAVITY, "m"),
    # mass, amount
    ("g", "kg", Fraction(1, 1000), "n u m k"),
    ("t", "kg", Fraction(1000), "k M"),
    ("lb", "kg", _POUND, ""),
    ("oz", "kg", _POUND / 16, ""),
    ("mol", "mol", _ONE, "n u m k"),
    # force, pressure
    ("N", "kg.m.s-2", _ONE, "m k M"),
    ("Nm", "kg.m2.s-2", _ONE, "m k"),
    ("lbf", "kg.m.s-2", _POUND * _GRAVITY, ""),
    ("Pa", "kg.m-1.s-2", _ONE, "m h k M G"),
    ("bar", "kg.m-1.s-2", Fraction(10**5), "u m"),
    ("atm", "kg.m-1.s-2", Fraction(101325), ""),
    ("psi", "kg.m-1.s-2", _POUND * _GRAVITY / _INCH**2, ""),
    ("mmHg", "kg.m-1.s-2", Fraction("133.322387415"), ""),
    ("inHg", "kg.m-1.s-2", Fraction("3386.389"), ""),
    ("mH2O", "kg.m-1.s-2", 1000 * _GRAVITY, ""),
    # energy, power
    ("J", "kg.m2.s-2", _ONE, "m k M G"),
    ("Wh", "kg.m2.s-2", Fraction(3600), "m k M G T"),
    ("cal", "kg.m2.s-2", Fraction("4.184"), "k"),
    ("BTU", "kg.m2.s-2", Fraction("1055.05585262"), ""),
    ("W", "kg.m2.s-3", _ONE, "u m k M G"),
    ("VA", "kg.m2.s-3", _ONE, "k M"),
    ("var", "kg.m2.s-3", _ONE, "k M"),
    ("hp", "kg.m2.s-3", 550 * _FOOT * _POUND * _GRAVITY, ""),
    # electricity, magnetism
    ("A", "A", _ONE, "n u m k"),
    ("Ah", "A.s", Fraction(3600), "m k"),
    ("V", "kg.m2.s-3.A-1", _ONE, "u m k M"),
    ("ohm", "kg.m2.s-3.A-2", _ONE, "u m k M"),
    ("S", "kg-1.m-2.s3.A2", _ONE, "n u m"),
    ("T", "kg.s-2.A-1", _ONE, "n u m"),
    ("H", "kg.m2.s-2.A-2", _ONE, "n u m"),
    # temperature, light, radiation
    ("K", "K", _ONE, "u m"),
    ("cd", "cd", _ONE, "m k"),
    ("lm", "cd", _ONE, "k"),
    ("lx", "cd.m-2", _ONE, "k"),
    ("Sv", "m2.s-2", _ONE, "n u m"),
    ("Gy", "m2.s-2", _ONE, "n u m"),
    # information, angle, level
    ("bit", "bit", _ONE, "k M G T"),
    ("B", "bit", Fraction(8), "k M G T Ki Mi Gi"),
    ("deg", "deg", _ONE, ""),
    ("rad", "deg", 180 / _PI, "m"),
    ("turn", "deg", Fraction(360), ""),
    ("dB", "dB", _ONE, ""),
)
"""(name, dimension as powers of base units, scale, prefixes that are in use with it)."""

_POINTS = (
    ("degC", "K", Fraction(1), Fraction("273.15")),
    ("degF", "K", Fraction(5, 9), Fraction("273.15") - Fraction(160, 9)),
    ("dBm", "dB", Fraction(1), Fraction(0)),
)
"""(name, dimension, scale, offset) of the units whose zero is not nothing."""

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "percent": "%",
        "[ppm]": "ppm",
        "[ppb]": "ppb",
        "Cel": "degC",
        "°C": "degC",
        "[degF]": "degF",
        "°F": "degF",
        "d": "day",
        "wk": "week",
        "l": "L",
        "ml": "mL",
        "Ohm": "ohm",
        "mOhm": "mohm",
        "kOhm": "kohm",
        "MOhm": "Mohm",
        "By": "B",
        "kBy": "kB",
        "MBy": "MB",
        "GBy": "GB",
        "[in_i]": "inch",
        "[ft_i]": "ft",
        "[yd_i]": "yd",
        "[mi_i]": "mi",
        "[nmi_i]": "nmi",
        "[kn_i]": "kn",
        "[lb_av]": "lb",
        "[oz_av]": "oz",
        "[lbf_av]": "lbf",
        "[gal_us]": "gal",
        "[psi]": "psi",
        "[HP]": "hp",
        "[Btu]": "BTU",
        "m[H2O]": "mH2O",
        "mm[Hg]": "mmHg",
        "[in_i'Hg]": "inHg",
        "[g]": "gravity",
        "°": "deg",
        "µm": "um",
        "µs": "us",
        "µg": "ug",
        "µA": "uA",
        "µV": "uV",
        "µW": "uW",
        "µS": "uS",
        "µSv": "uSv",
        "µT": "uT",
        "µL": "uL",
        "µmol": "umol",
    }
)
"""Other spellings (UCUM's, and the signs people type) and the name each stands for."""

_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "C": ("degC",),
        "F": ("degF",),
        "celsius": ("degC",),
        "centigrade": ("degC",),
        "fahrenheit": ("degF",),
        "kelvin": ("K",),
        "degree": ("deg", "degC"),
        "sec": ("s",),
        "second": ("s",),
        "minute": ("min",),
        "mins": ("min",),
        "hour": ("h",),
        "hr": ("h",),
        "weeks": ("week",),
        "millisecond": ("ms",),
        "microsecond": ("us",),
        "nanosecond": ("ns",),
        "meter": ("m",),
        "metre": ("m",),
        "millimeter": ("mm",),
        "millimetre": ("mm",),
        "centimeter": ("cm",),
        "centimetre": ("cm",),
        "kilometer": ("km",),
        "kilometre": ("km",),
        "in": ("inch",),
        "inches": ("inch",),
        "mile": ("mi",),
        "foot": ("ft",),
        "feet": ("ft",),
        "kmh": ("km/h",),
        "kph": ("km/h",),
        "knot": ("kn",),
        "liter": ("L",),
        "litre": ("L",),
        "gallon": ("gal",),
        "gram": ("g",),
        "kilo": ("kg",),
        "kilogram": ("kg",),
        "ton": ("t",),
        "tonne": ("t",),
        "pound": ("lb",),
        "pascal": ("Pa",),
        "volt": ("V",),
        "amp": ("A",),
        "ampere": ("A",),
        "watt": ("W",),
        "kilowatt": ("kW",),
        "joule": ("J",),
        "newton": ("N",),
        "hertz": ("Hz",),
        "lux": ("lx",),
        "pct": ("%",),
        "byte": ("B",),
        "kbps": ("kbit/s",),
        "mbps": ("Mbit/s",),
        "gbps": ("Gbit/s",),
    }
)
"""What people write where the table has a symbol, in lower case and without a plural's s."""


# --- From the table to units -----------------------------------------------------------------------------------------

_TEXT_MAX = 100
_EXPONENT_MAX = 12
_FACTOR = re.compile(r"(?P<name>1|[^\d./]+?(?:\[[^\]]*\])?|mH2O)(?P<exponent>-?\d{1,2})?")


@cache
def _units() -> Mapping[str, Unit]:
    """Every canonical name and its unit, prefixed ones included."""
    units: dict[str, Unit] = {}

    def add(unit: Unit) -> None:
        assert unit.text not in units, unit.text
        units[unit.text] = unit

    for name, powers, scale, offset in _POINTS:
        add(Unit(name, _dimension(powers), scale, offset, affine=True))
    for name, powers, scale, prefixes in _ROWS:
        dimension = _dimension(powers)
        add(Unit(name, dimension, scale, affine=name == "K"))
        for prefix in prefixes.split():
            add(Unit(prefix + name, dimension, _PREFIXES[prefix] * scale))
    return MappingProxyType(units)


@cache
def _coherent_names() -> Mapping[Dimension, Unit]:
    """The name to show for a dimension, for those that have one."""
    names = ("ratio", *_BASE_UNITS, "Hz", "N", "Pa", "J", "W", "V", "ohm", "S", "T", "H", "lx")
    return MappingProxyType({_units()[name].dimension: _units()[name] for name in names})


def _dimension(powers: str) -> Dimension:
    counts = dict(_split(powers)) if powers else {}
    assert counts.keys() <= set(_BASE_UNITS), powers
    return tuple(counts.get(base, 0) for base in _BASE_UNITS)


def _split(text: str) -> Iterator[tuple[str, int]]:
    """The (name, exponent) factors of a compound's text; ValueError where it is not one."""
    for place, group in enumerate(text.split("/")):
        for part in group.split("."):
            match = _FACTOR.fullmatch(part)
            if match is None:
                raise ValueError(f"not a unit: {text}")
            exponent = int(match["exponent"] or 1)
            yield match["name"], exponent if place == 0 else -exponent


@lru_cache(maxsize=1024)
def _parse_unit(text: str) -> Unit | None:
    try:
        factors = _factors(text)
    except ValueError:
        return None
    single = list(factors.items())
    if len(single) == 1 and single[0][1] == 1:
        return _units()[single[0][0]]
    if any(abs(exponent) > _EXPONENT_MAX for exponent in factors.values()):
        return None
    return _compound(factors)


def _factors(text: str) -> dict[str, int]:
    """Canonical names and their exponents; ValueError where a name is unknown."""
    counts: dict[str, int] = {}
    for name, exponent in _split(text):
        if name == "1":
            continue
        canonical = _ALIASES.get(name, name)
        if canonical not in _units():
            raise ValueError(f"no unit is called {name}")
        counts[canonical] = counts.get(canonical, 0) + exponent
    return counts


def _merged(left: str, right: str, sign: int) -> dict[str, int]:
    counts = _factors(left)
    for name, exponent in _factors(right).items():
        counts[name] = counts.get(name, 0) + sign * exponent
    return counts


def _compound(factors: Mapping[str, int]) -> Unit:
    """The unit that is this product of powers; a lone name to the power of one is that unit as a difference."""
    kept = {name: n for name, n in factors.items() if n != 0 and name != "ratio"}
    dimension = DIMENSIONLESS
    scale = Fraction(1)
    for name, exponent in kept.items():
        unit = _units()[name]
        dimension = tuple(a + exponent * b for a, b in zip(dimension, unit.dimension, strict=True))
        scale *= unit.scale**exponent
    over = [_with_exponent(name, n) for name, n in kept.items() if n > 0]
    under = [_with_exponent(name, -n) for name, n in kept.items() if n < 0]
    if not kept:
        return _units()["ratio"]
    return Unit("".join([".".join(over) or "1", *("/" + name for name in under)]), dimension, scale)


def _with_exponent(name: str, exponent: int) -> str:
    return name if exponent == 1 else f"{name}{exponent}"
