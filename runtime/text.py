"""How values are written in texts: the last section of docs/meaning.md."""

from decimal import Decimal

from ..stdlib.conversion import write_time
from ..stdlib.function import Value
from .output import OutputValue

WHOLE_MAX = 1e15
"""Whole numbers below this are written in full."""


def write_value(value: Value, type_name: str, unit: str | None = None) -> str:
    """A value as a text shows it.

    `write_value(8.25, "float", "degC")` is `8.25 degC`, `write_value(None, "float", "degC")` is `absent`.
    """
    match value:
        case None:
            return "absent"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case (latitude, longitude):
            return f"{write_number(latitude)}, {write_number(longitude)}"
        case int() if type_name == "time":
            return write_time(value)
        case int() | float():
            number = write_number(value)
            return number if unit is None or unit == "1" else f"{number} {'%' if unit == 'percent' else unit}"


def write_number(value: float) -> str:
    """The shortest decimal with at most 6 significant digits (`8.25`); whole numbers in full (`1234567`)."""
    if value == int(value) and abs(value) < WHOLE_MAX:
        return str(int(value))
    text = f"{value:.6g}"
    return f"{Decimal(text):f}" if "e" in text else text


def output_value(value: Value, type_name: str) -> OutputValue:
    """A value as outputs carry it: as it is, but a time as RFC 3339 text."""
    if type_name == "time" and value is not None:
        assert isinstance(value, int)
        return write_time(value)
    return value
