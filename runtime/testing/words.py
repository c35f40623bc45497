"""How tests say things: times, values, expectations, in the words of the language."""

from collections.abc import Mapping, Sequence

from ...compiler import plan as p
from ...grammar.units import parse_unit
from ...stdlib.function import Value
from ..output import OutputValue
from ..text import write_number, write_value

_PARTS = (
    ("day", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
)


def duration(ns: int) -> str:
    """A duration or a time of a test, as the language writes it: `2 min 10 s`."""
    if ns < 0:
        return f"-{duration(-ns)}"
    parts = []
    for unit, size in _PARTS:
        if ns >= size:
            parts.append(f"{ns // size} {unit}")
            ns %= size
    return " ".join(parts) or "0 s"


def value_of(value: Value, type_: p.ValueType) -> str:
    """A node's value; texts in quotes."""
    if isinstance(value, str) and type_.name == "text":
        return f'"{value}"'
    return write_value(value, type_.name, type_.unit)


def arguments(values: Mapping[str, OutputValue], units: Mapping[str, str | None]) -> str:
    """`level: 4, on: true`, as outputs have it; each in its unit."""
    return ", ".join(f"{name}: {_argument(value, units.get(name))}" for name, value in values.items())


def _argument(value: OutputValue, unit: str | None) -> str:
    return f'"{value}"' if isinstance(value, str) else write_value(value, "float", unit)


def difference(size: float, type_: p.ValueType) -> str:
    """How far two values are apart: a difference of temperatures is in kelvins."""
    unit = None if type_.unit is None else parse_unit(type_.unit)
    if unit is not None and unit.text == "degC":
        return f"{write_number(size)} K"
    return write_value(size, "float", type_.unit)


def times(moments: Sequence[int], most: int = 4) -> str:
    """`at 1 min, 2 min and 3 more`."""
    shown = [duration(moment) for moment in moments[:most]]
    more = len(moments) - len(shown)
    if more:
        return f"at {', '.join(shown)} and {more} more"
    return f"at {', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else f"at {shown[0]}"


def whom(key: tuple[str, ...] | None) -> str:
    """` for f1`; nothing where nobody is named."""
    return "" if not key else f" for {', '.join(key)}"


def shortened(text: str, width: int) -> str:
    """A text cut to a width."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
