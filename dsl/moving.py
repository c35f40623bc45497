"""What was read of one file, moved to where that file stands among a program's sources.

>>> moved(nodes.Name("temp", span=Span(3, 7)), 100).span
Span(start=103, end=107)
"""

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from .diagnostic import Diagnostic, Edit, Label
from .nodes import Node
from .source import Span

T = TypeVar("T", bound=Node | Diagnostic)

_MADE_OF_PARTS = (Node, Diagnostic, Label, Edit)


def moved(said: T, by: int) -> T:
    """The same node or diagnostic, all spans in it further on by so many characters.

    Without recursion, so that no program can exhaust the stack.
    """
    outside_in: list[Any] = []
    pending: list[Any] = [said]
    while pending:
        part = pending.pop()
        outside_in.append(part)
        kind: type = type(part)
        inner = part if isinstance(part, tuple) else [getattr(part, name) for name in _names(kind)]
        pending.extend(each for each in inner if isinstance(each, (tuple, *_MADE_OF_PARTS)))
    done: dict[int, Any] = {}
    for part in reversed(outside_in):
        if id(part) not in done:
            done[id(part)] = _rebuilt(part, done, by)
    result: T = done[id(said)]
    return result


def _rebuilt(part: Any, done: dict[int, Any], by: int) -> Any:
    """A part of which all inner parts are done."""
    if isinstance(part, tuple):
        return tuple([_in_place(each, done, by) for each in part])
    kind: type = type(part)
    return kind(**{name: _in_place(getattr(part, name), done, by) for name in _names(kind)})


def _in_place(value: Any, done: dict[int, Any], by: int) -> Any:
    if isinstance(value, Span):
        return Span(value.start + by, value.end + by)
    return done.get(id(value), value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))
