"""What was measured on a recorded stream, as it is kept in a file.

>>> read(write(measured)) == measured
True

The file is one JSON object with the version of its form; what is not known in it is refused, by name.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1


class RatesError(ValueError):
    """A file that holds no rates; the text says why."""


@dataclass(frozen=True, slots=True)
class Measured:
    """By node, updates per second and key (`hz`) and what a link would be told of them; how many devices there are of a
    type, keys on a timeline, and of a target; over how many seconds, and of what program.

    A node is known by its id, which is a hash of what it does: rates of what a changed program still does are kept.
    """

    module: str = ""
    seconds: float = 0.0
    events: int = 0
    hz: Mapping[str, float] = field(default_factory=dict)
    told_hz: Mapping[str, float] = field(default_factory=dict)
    devices: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    targets: Mapping[str, int] = field(default_factory=dict)


def write(measured: Measured, words: Mapping[str, str] | None = None) -> str:
    """The text of the file. `words` of nodes are for people who read it."""
    nodes = {
        id_: {
            "updates_per_s": hz,
            "told_per_s": measured.told_hz[id_],
            **({} if words is None or id_ not in words else {"is": words[id_]}),
        }
        for id_, hz in sorted(measured.hz.items())
    }
    document = {
        "rates": VERSION,
        "module": measured.module,
        "seconds": measured.seconds,
        "events": measured.events,
        "devices": dict(measured.devices),
        "keys": dict(measured.keys),
        "targets": dict(measured.targets),
        "nodes": nodes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> Measured:
    """The rates that a file's text holds; raises `RatesError`."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RatesError(f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("rates") != VERSION:
        raise RatesError(f'it does not say `"rates": {VERSION}`, as what `headgate profile` writes does')
    known = {"rates", "module", "seconds", "events", "devices", "keys", "targets", "nodes"}
    if not document.keys() <= known:
        raise RatesError(f"`{min(document.keys() - known)}` is not known in it")
    nodes = _object(document, "nodes")
    return Measured(
        str(document.get("module", "")),
        _number(document.get("seconds", 0), "seconds"),
        int(_number(document.get("events", 0), "events")),
        {id_: _number(_object(nodes, id_).get("updates_per_s"), id_) for id_ in nodes},
        {id_: _number(_object(nodes, id_).get("told_per_s"), id_) for id_ in nodes},
        *({name: _count(value, name) for name, value in _object(document, of).items()} for of in _COUNTED),
    )


_COUNTED = ("devices", "keys", "targets")


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name, {})
    if not isinstance(found, dict):
        raise RatesError(f"`{name}` is no object")
    return found


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise RatesError(f"`{name}` has no number from 0 up")
    return float(value)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise RatesError(f"`{name}` is no whole number from 1 up")
    return value
