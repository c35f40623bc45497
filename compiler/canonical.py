"""Parts of a plan as JSON: as what JSON can hold, and as its canonical bytes (RFC 8785).

>>> canonical(ValueType("float", "degC"))
b'{"name":"float","unit":"degC"}'

The bytes are those that the `rfc8785` library makes of `encode(part)` (a test holds the two equal), written straight
from the dataclasses: a node's id is a hash of them, and the members of a class need to be sorted but once. Numbers that
JavaScript writes in another way than Python are left to the library.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from json.encoder import encode_basestring
from typing import Any, get_args

import rfc8785

from . import plan as p

TAGGED_UNIONS = (p.Operator, p.Part, p.Term, p.FormulaTerm, p.Act, p.Stage)
TAGGED = {cls.__name__ for union in TAGGED_UNIONS for cls in get_args(union)}
"""What is written with its name under `is`, as something else could stand in its place."""

_WHOLE_MAX = 2**53
"""Up to here floats are whole numbers exactly, and may be written as such."""
_POSITIONAL_MIN = 1e-4
"""Python writes smaller numbers with an exponent, JavaScript not yet."""


def encode(value: Any) -> Any:
    """A part of a plan as what JSON can hold: an object without the members that are at their default."""
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    if not is_dataclass(value):
        return value
    members: dict[str, Any] = {}
    cls: Any = type(value)
    for name, is_ns, default in layout(cls):
        member = getattr(value, name)
        if member is default or (type(member) is type(default) and member == default):
            continue
        members[name] = str(member) if is_ns and member is not None else encode(member)
    if cls.__name__ in TAGGED:
        members["is"] = cls.__name__
    return members


@cache
def layout(cls: Any) -> tuple[tuple[str, bool, Any], ...]:
    """(name, whether it is in nanoseconds, default) of each member of a dataclass."""
    return tuple((f.name, f.name.endswith("_ns"), _default(f)) for f in fields(cls))


def _default(field: "Field[Any]") -> Any:
    assert field.default_factory is MISSING, field.name
    return field.default


# --- Bytes -----------------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """The canonical JSON of a part of a plan, in UTF-8; raises `ValueError` for what JSON cannot hold."""
    return written(value).encode()


def written(value: Any) -> str:
    """The canonical JSON of a part of a plan, as a text."""
    cls: Any = type(value)
    return _writer(cls)(value)


@cache
def _writer(cls: Any) -> Callable[[Any], str]:
    """What writes values of a class."""
    if is_dataclass(cls):
        return _object_writer(cls)
    return _WRITERS[cls]


def _object_writer(cls: Any) -> Callable[[Any], str]:
    """Members by name, which is the order of RFC 8785 for names in ASCII."""
    tag = [("is", False, None)] if cls.__name__ in TAGGED else []
    layout_ = sorted([*layout(cls), *tag], key=lambda member: member[0])
    members = [(name, f'"{name}":', is_ns, default) for name, is_ns, default in layout_]
    kind = f'"is":"{cls.__name__}"'

    def write(value: Any) -> str:
        parts = []
        for name, label, is_ns, default in members:
            if name == "is":
                parts.append(kind)
                continue
            member = getattr(value, name)
            if member is default or (type(member) is type(default) and member == default):
                continue
            if is_ns and member is not None:
                parts.append(f'{label}"{member}"')
            else:
                of: Any = type(member)
                parts.append(label + _writer(of)(member))
        return f"{{{','.join(parts)}}}"

    return write


def _list(values: tuple[Any, ...]) -> str:
    return f"[{','.join([written(value) for value in values])}]"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _int(value: int) -> str:
    return str(value) if -_WHOLE_MAX < value < _WHOLE_MAX else rfc8785.dumps(value).decode()


def _float(value: float) -> str:
    if -_WHOLE_MAX < value < _WHOLE_MAX:
        if value.is_integer():
            return str(int(value))
        if not -_POSITIONAL_MIN < value < _POSITIONAL_MIN:
            return repr(value)
    return rfc8785.dumps(value).decode()


_WRITERS: dict[type[Any], Callable[[Any], str]] = {
    tuple: _list,
    str: encode_basestring,
    bool: _bool,
    int: _int,
    float: _float,
    type(None): lambda _: "null",
}
