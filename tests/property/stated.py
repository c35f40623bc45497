"""Finds state that is not declared: attributes that change from one batch to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from headgate.runtime.engine import Engine
from headgate.runtime.state import declared

NO_STATE = ("setting", "plan", "device")
"""What owners refer to and what is no state of theirs."""


@contextmanager
def undeclared(engine: Engine) -> Iterator[set[str]]:
    """Fills the set with the attributes (`HoldsOperator.due`) that change in this context and are not declared."""
    before = _attributes(engine)
    found: set[str] = set()
    yield found
    for name, attributes in _attributes(engine).items():
        kind = type(engine.stateful()[name])
        known = {*declared(kind), *declared(kind, "SCRATCH")}
        changed = {attribute for attribute, value in attributes.items() if before[name].get(attribute) != value}
        found |= {f"{kind.__name__}.{attribute}" for attribute in changed - known}


def _attributes(engine: Engine) -> dict[str, dict[str, Any]]:
    """What every attribute of everything that has state is like now. The engine's own are what it is made of."""
    owners = {name: owner for name, owner in engine.stateful().items() if owner is not engine}
    seen = {id(owner) for owner in owners.values()}
    # What an owner declares is looked at there alone, whatever else of it refers to it as well.
    for owner in owners.values():
        stated = (getattr(owner, name) for name in declared(type(owner)))
        seen |= {id(value) for value in stated if isinstance(value, dict | list)}
    return {
        name: {attribute: _told(value, 3, seen) for attribute, value in _variables(owner).items()}
        for name, owner in owners.items()
    }


def _variables(owner: object) -> dict[str, Any]:
    names = list(getattr(owner, "__dict__", ())) or list(getattr(type(owner), "__slots__", ()))
    return {name: getattr(owner, name) for name in names if name not in NO_STATE}


def _told(value: Any, depth: int, owners: set[int]) -> Any:
    """Something that compares equal as long as nothing in the value changes; what others own is their business."""
    if id(value) in owners:
        return id(value)
    match value:
        case None | bool() | int() | float() | str():
            return value
        case np.ndarray():
            return value.dtype.str, value.shape, value.tobytes()
        case list() | tuple():
            return [_told(item, depth, owners) for item in value]
        case dict():
            return [(key, _told(item, depth, owners)) for key, item in value.items()]
        case _:
            pass
    if depth == 0 or callable(value) or not hasattr(value, "__dict__"):
        return id(value)
    return [(name, _told(item, depth - 1, owners)) for name, item in _variables(value).items()]
