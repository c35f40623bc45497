"""Tables of reference data: limits by model, tariffs by zone and hour."""

from dataclasses import dataclass
from typing import Literal

from .base import Node
from .devices import Bounds, TypeName
from .expressions import Expr
from .scenarios import TableRow

__all__ = [
    "Column",
    "ReferenceTable",
]


@dataclass(frozen=True, slots=True)
class Column(Node):
    """`key model: text`, `value flow: l/min in 1..90 = 5 l/min`: what rows are found by, or what they say."""

    kind: Literal["key", "value"]
    name: str
    type: TypeName
    bounds: Bounds | None = None
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class ReferenceTable(Node):
    """`table limits from "limits.csv" { key model: text  value max_temp: degC }`; without a file the rows stand in it:
    `"P7" -> 80 degC`."""

    name: str
    columns: tuple[Column, ...]
    file: str | None = None
    rows: tuple[TableRow, ...] = ()
