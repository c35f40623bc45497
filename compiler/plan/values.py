"""How values of a plan are stored."""

from dataclasses import dataclass
from typing import Literal

TypeName = Literal["bool", "int", "float", "text", "time", "point"]
"""How values are stored: bool; int and float both as float64; text as codes of interned strings; time as int64 ns since
the epoch; point as (latitude, longitude) in degrees. A quantity is a float in the unit of its `ValueType`; durations
are such."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a node's values are. `unit` is for display and checks; arithmetic on it was done by the compiler."""

    name: TypeName
    unit: str | None = None
