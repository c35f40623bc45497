"""What all nodes have."""

from dataclasses import dataclass, field

from ..source import Span

__all__ = [
    "NOWHERE",
    "Node",
]


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every node has: where it stands in the text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)
