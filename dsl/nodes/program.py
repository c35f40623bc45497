"""A whole file."""

from dataclasses import dataclass

from .base import Node
from .devices import Device, Source
from .procedures import Procedure
from .rules import Import, Let, PatternItem, Priorities, Rule, Signal
from .scenarios import Invariant, Table, Test, WhatIf
from .tables import ReferenceTable
from .twins import Target, Twin

__all__ = [
    "Item",
    "Program",
]


Item = (
    Priorities
    | Let
    | ReferenceTable
    | Device
    | Source
    | Signal
    | PatternItem
    | Rule
    | Procedure
    | Twin
    | Target
    | Invariant
    | Table
    | Test
    | WhatIf
)


@dataclass(frozen=True, slots=True)
class Program(Node):
    """A file: its module's name, what it imports, and its items in the order written."""

    module: str
    imports: tuple[Import, ...]
    items: tuple[Item, ...]
