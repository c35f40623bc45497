"""What survives a restart: the state that objects declare, as plain data, and back.

    class HoldsOperator(Operator):
        STATE = ("due", "given")    # attributes that must survive; those of base classes are added
        SCRATCH = ("buffer",)       # attributes that change as well, but are made anew where they are missing

    saved = save(operator)          # {"held": …, "due": array, "given": array}: copies
    load(another, saved)

State is plain: None, bools, numbers, texts, arrays, and lists, tuples and dicts of such; and the few dataclasses of
`PARTS`, which are nothing but fields of that kind. Nothing in it refers to a frame, a flow or a function.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from ..stdlib.column import Column
from .commands.course import Course, StepCourse
from .commands.delivery import Command
from .commands.holding import Claim
from .commands.known import Reading
from .commands.records import Asked
from .flow import Held
from .operators.group_clock import Updates
from .output import Started
from .quarantine import Refusal
from .repeated import Remembered

PARTS: dict[str, Any] = {
    part.__name__: part
    for part in (
        Column, Held, Updates, Refusal, Remembered, Reading, Asked, Started, Command, StepCourse, Course, Claim,
    )
}  # fmt: skip
"""The dataclasses that state may hold, by name."""

Saved = dict[str, Any]
"""The state of one object, by attribute."""
State = dict[str, Saved]
"""The state of an engine, by the names of what has it."""


class StateShape(ValueError):
    """State that is not what an object declares: of another plan, or of another version."""


def declared(type_: type, name: str = "STATE") -> tuple[str, ...]:
    """The attributes that a class and its bases declare, each once."""
    return tuple(dict.fromkeys(attribute for base in reversed(type_.__mro__) for attribute in vars(base).get(name, ())))


def save(owner: object) -> Saved:
    """The declared state of an object; nothing in it is shared with the object."""
    return {name: _copied(getattr(owner, name), f"{type(owner).__name__}.{name}") for name in declared(type(owner))}


def load(owner: object, saved: Mapping[str, Any]) -> None:
    """Give an object what was saved of one of its kind. Raises `StateShape` if that is other state than it declares.

    Lists and dicts are filled in place: others may refer to them.
    """
    kind = type(owner)
    if set(saved) != set(declared(kind)):
        raise StateShape(f"the state of {kind.__name__} is {sorted(declared(kind))}, not {sorted(saved)}")
    for name, value in saved.items():
        value = _copied(value, f"{kind.__name__}.{name}")
        present = getattr(owner, name)
        if isinstance(present, list):
            present[:] = value
        elif isinstance(present, dict):
            present.clear()
            present.update(value)
        else:
            setattr(owner, name, value)


def _copied(value: Any, where: str) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.ndarray():
            return value.copy()
        case np.generic():
            return value.item()
        case list():
            return [_copied(item, where) for item in value]
        case tuple():
            return tuple(_copied(item, where) for item in value)
        case Counter():
            return Counter(value)
        case dict():
            return {_copied(key, where): _copied(item, where) for key, item in value.items()}
        case _:
            pass
    part = PARTS.get(type(value).__name__)
    if part is type(value):
        return part(**{field.name: _copied(getattr(value, field.name), where) for field in fields(part)})
    raise TypeError(f"{where} is a {type(value).__name__}, which is no plain data")
