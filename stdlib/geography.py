"""Places on the Earth: great-circle distances by the haversine formula on a sphere of the mean radius.

Sines and arc sines are computed from additions, multiplications, divisions and square roots alone, in a fixed order:
IEEE 754 gives these one result everywhere, while mathematical libraries differ in the last bit, and a fence must not
move when a program is placed on another machine. R. W. Sinnott, "Virtues of the Haversine" (1984); the arc sine is
that of fdlibm.
"""

import math

import numpy as np

from .column import Column, Values
from .elementwise import finite, together
from .function import Scalar, Value

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius (2a + b) / 3 of the Earth's ellipsoid, IUGG."""

_HALF_RADIANS = math.pi / 360.0
_HALF_PI = math.pi / 2.0
# sin x = x · (1 + x²·S(x²)) for 0 <= x <= pi/2: Taylor's series to x^21, whose rest is below half a unit in the last
# place.
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(1, 11))
# asin x = x + x·z·P(z)/Q(z), z = x², for x <= 1/2 (fdlibm, e_asin.c).
_ARC_P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_ARC_Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)


def _series(z: Values, coefficients: tuple[float, ...]) -> Values:
    """Horner's rule over a column, in place but for the first step."""
    result = z * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        result += c
        result *= z
    result += coefficients[0]
    return result


def _sine_of_half(degrees: Values) -> Values:
    """|sin(degrees / 2)| for |degrees| <= 360."""
    turned = np.abs(degrees)
    np.minimum(turned, 360.0 - turned, out=turned)
    turned *= _HALF_RADIANS
    z = turned * turned
    return turned * (1.0 + z * _series(z, _SINE))


def _cosine(degrees: Values) -> Values:
    """cos(degrees) for |degrees| <= 90."""
    s = _sine_of_half(degrees)
    return 1.0 - 2.0 * s * s


def _distance(a: Values, b: Values) -> Values:
    """Metres between points."""
    north, east = _sine_of_half(a.real - b.real), _sine_of_half(a.imag - b.imag)
    haversine = north * north + _cosine(a.real) * _cosine(b.real) * east * east
    near = haversine <= 0.25
    z = np.where(near, haversine, np.maximum((1.0 - np.sqrt(haversine)) * 0.5, 0.0))
    root = np.sqrt(z)
    arc = root + root * (z * _series(z, _ARC_P) / _series(z, _ARC_Q))
    angle: Values = np.where(near, arc, _HALF_PI - 2.0 * arc)
    return 2.0 * EARTH_RADIUS_M * angle


def _plain_sine_of_half(degrees: float) -> float:
    turned = abs(degrees)
    x = min(turned, 360.0 - turned) * _HALF_RADIANS
    z = x * x
    series = 0.0
    for c in reversed(_SINE):
        series = series * z + c
    return x * (1.0 + z * series)


def _plain_cosine(degrees: float) -> float:
    s = _plain_sine_of_half(degrees)
    return 1.0 - 2.0 * s * s


def plain_distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres from one point (latitude, longitude) to another."""
    north, east = _plain_sine_of_half(a[0] - b[0]), _plain_sine_of_half(a[1] - b[1])
    haversine = north * north + _plain_cosine(a[0]) * _plain_cosine(b[0]) * east * east
    near = haversine <= 0.25
    z = haversine if near else max((1.0 - math.sqrt(haversine)) * 0.5, 0.0)
    root = math.sqrt(z)
    upper = lower = 0.0
    for c in reversed(_ARC_P):
        upper = upper * z + c
    for c in reversed(_ARC_Q):
        lower = lower * z + c
    arc = root + root * (z * upper / lower)
    return 2.0 * EARTH_RADIUS_M * (arc if near else _HALF_PI - 2.0 * arc)


def _inside(position: Column, centre: Column, radius_m: Column) -> Column:
    return together(_distance(position.values, centre.values) <= radius_m.values, position, centre, radius_m)


def _is_folded(*_: object) -> Column:
    raise AssertionError("a circle is folded by the compiler into its centre and its radius")


def _circle(centre: Value, radius_m: Value) -> Value:
    raise AssertionError("a circle is folded by the compiler into its centre and its radius")


SCALARS = (
    Scalar(
        "circle",
        "centre: point, radius: m -> circle",
        _is_folded,
        _circle,
        "The area within a distance of a point.",
        module="std.geo",
        folded=True,
    ),
    Scalar(
        "inside",
        "position: point, area: circle -> bool",
        _inside,
        lambda position, centre, radius_m: plain_distance(position, centre) <= radius_m,
        "Whether a position lies in an area or on its edge. In a plan: inside(position, centre, radius in m).",
        module="std.geo",
    ),
    Scalar(
        "distance",
        "a: point, b: point -> m",
        lambda a, b: finite(_distance(a.values, b.values), a, b),
        plain_distance,
        "The distance over the Earth's surface, on a sphere of the mean radius 6371008.8 m.",
        module="std.geo",
    ),
)
