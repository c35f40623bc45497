"""What was read of one file, moved to where that file stands among a program's sources.

>>> moved(nodes.Name("temp", span=Span(3, 7)), 100).span
Span(start=103, end=107)
"""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from .diagnostic import Diagnostic, Edit, Label
from .nodes import Node
from .source import Span

T = TypeVar("T", bound=Node | Diagnostic)

_PLAIN = (str, int, float, bool, type(None))


def moved(said: T, by: int) -> T:
    """The same node or diagnostic, all spans in it further on by so many characters."""
    result: T = _moved(said, by)
    return result


def _moved(part: Any, by: int) -> Any:
    match part:
        case _ if isinstance(part, _PLAIN):
            return part
        case Span(start=start, end=end):
            return Span(start + by, end + by)
        case tuple():
            return tuple([_moved(each, by) for each in part])
        case Node() | Diagnostic() | Label() | Edit():
            kind: type = type(part)
            return kind(**{name: _moved(getattr(part, name), by) for name in _names(kind)})
        case _:
            assert not is_dataclass(part), part
            return part


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))
