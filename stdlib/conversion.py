"""Times and points from what foreign messages hold, and arithmetic on times.

Times are whole nanoseconds since the Unix epoch, in 64 bits: from 1677-09-21 to 2262-04-11. What lies outside is
absent.
"""

import re
from datetime import UTC, datetime, timedelta

import numpy as np

from .column import Column
from .elementwise import common_length, finite, together
from .function import Interned, Scalar, Value

NS_PER_S = 1_000_000_000
TIME_MAX = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
# A float just below 2**63, with room for the rounding of the fraction.
_LIMIT = float(2**63 - 2**12)


def parse_time(text: str) -> int | None:
    """The time (ns since the epoch) that an RFC 3339 text says; None if it says none.

    `2016-01-01T00:00:00.5Z` is 1451606400500000000. Digits beyond the ninth are cut off; a leap second (`:60`) is the
    moment after `:59`; the offset is needed.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if second > 60:
        return None
    try:
        whole = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    since = whole - _EPOCH
    seconds = since.days * 86_400 + since.seconds + (second == 60)
    if match[9] is not None:
        if int(match[10]) > 23 or int(match[11]) > 59:
            return None
        offset = int(match[10]) * 3600 + int(match[11]) * 60
        seconds += offset if match[9] == "-" else -offset
    ns = seconds * NS_PER_S + int((match[7] or "")[:9].ljust(9, "0"))
    return ns if abs(ns) <= TIME_MAX else None


def write_time(ns: int) -> str:
    """A time as RFC 3339 in UTC, with as many fractional digits as needed: `2016-01-01T00:00:00.5Z`."""
    seconds, fraction = divmod(ns, NS_PER_S)
    whole = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{whole}{digits}Z"


def _time_from_text(x: Column, *, texts: Interned) -> Column:
    codes, where = np.unique(x.values if x.known is None else x.values[x.known], return_inverse=True)
    parsed = [parse_time(texts.texts[code]) for code in codes]
    times = np.array([0 if t is None else t for t in parsed], dtype=np.int64)
    good = np.array([t is not None for t in parsed], dtype=np.bool_)
    if x.known is None:
        return Column(times[where], None if good.all() else good[where])
    values, known = np.zeros(len(x), dtype=np.int64), x.known.copy()
    values[x.known] = times[where]
    known[x.known] = good[where]
    return Column(values, known)


def _time_from_number(x: Column, ns_per_unit: Column) -> Column:
    # Whole units in integers: 1451606400000 ms is more nanoseconds than a float can count one by one.
    unit = ns_per_unit.values
    inside = np.abs(x.values * unit) < _LIMIT
    if inside.all():
        units = x.values.astype(np.int64)
        if (units == x.values).all():
            return together(units * unit.astype(np.int64), x, ns_per_unit)
    whole = np.floor(np.where(inside, x.values, 0.0))
    values = whole.astype(np.int64) * unit.astype(np.int64)
    values += np.rint((np.where(inside, x.values, 0.0) - whole) * unit).astype(np.int64)
    result = together(values, x, ns_per_unit)
    if inside.all():
        return result
    return Column(values, inside if result.known is None else inside & result.known)


def _time_from_number_reference(x: float, ns_per_unit: float) -> Value:
    if not abs(x * ns_per_unit) < _LIMIT:
        return None
    whole = int(x // 1)
    return whole * int(ns_per_unit) + round((x - whole) * ns_per_unit)


def _time_difference(later: Column, earlier: Column) -> Column:
    # In floats of seconds, by way of whole nanoseconds: exact below 2**53 ns (104 days), to the nearest beyond.
    return together((later.values - earlier.values) / NS_PER_S, later, earlier)


def _time_add(time: Column, seconds: Column) -> Column:
    ns = seconds.values * NS_PER_S
    inside = np.abs(ns + time.values) < _LIMIT
    values = time.values + np.rint(np.where(inside, ns, 0.0)).astype(np.int64)
    result = together(values, time, seconds)
    if inside.all():
        return result
    return Column(values, inside if result.known is None else inside & result.known)


def _time_add_reference(time: int, seconds: float) -> Value:
    ns = seconds * NS_PER_S
    return time + round(ns) if abs(ns + time) < _LIMIT else None


def _point(latitude: Column, longitude: Column) -> Column:
    values = np.empty(common_length(latitude, longitude), dtype=np.complex128)
    values.real = latitude.values
    values.imag = longitude.values
    result = finite(values, latitude, longitude)
    inside = (np.abs(values.real) <= 90.0) & (np.abs(values.imag) <= 180.0)
    if inside.all():
        return result
    return Column(values, inside if result.known is None else inside & result.known)


def _point_reference(latitude: float, longitude: float) -> Value:
    return (latitude, longitude) if abs(latitude) <= 90.0 and abs(longitude) <= 180.0 else None


SCALARS = (
    Scalar(
        "time_from_number",
        "x: number, ns_per_unit: float -> time",
        _time_from_number,
        _time_from_number_reference,
        "The time that is `x` units (of a whole number of nanoseconds) after the epoch; absent beyond 64 bits.",
        internal=True,
    ),
    Scalar(
        "time_from_text",
        "x: text -> time",
        _time_from_text,
        parse_time,
        "The time that an RFC 3339 text says; absent if it says none.",
        internal=True,
        needs_texts=True,
    ),
    Scalar(
        "time_difference",
        "later: time, earlier: time -> s",
        _time_difference,
        lambda later, earlier: float(later - earlier) / NS_PER_S,
        "The seconds from one time to another (`time - time`, `age(x)`).",
        internal=True,
    ),
    Scalar(
        "time_add",
        "time: time, by: s -> time",
        _time_add,
        _time_add_reference,
        "A time moved by seconds, to the nearest nanosecond; absent beyond 64 bits.",
        internal=True,
    ),
    Scalar(
        "point",
        "latitude: float, longitude: float -> point",
        _point,
        _point_reference,
        "The point at these degrees; absent where there is none (beyond ±90 and ±180).",
        internal=True,
    ),
)
