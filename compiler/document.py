"""A plan as a document: canonical JSON (RFC 8785) with a schema version and a hash, and back.

>>> load(dump(plan)) == plan
True

The document is `{"hash":"sha256:…","plan":{…},"schema":1}`; the hash is of the canonical bytes without the hash's own
member, so a document that was changed by a blank is refused. An operator is an object with its name under `is`. A
member at its default is left out (a default never changes within a schema version); nanoseconds are decimal strings.
Loading needs no part of the compiler but this and the check of a plan's structure; it takes nothing on trust, and
executes nothing.
"""

import hashlib
import json
import math
import re
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from . import plan as p
from .canonical import canonical, layout
from .verify import faults

SCHEMA = 1
SIZE_MAX = 256 * 1024 * 1024

_HASH = re.compile(rb'\{"hash":"sha256:([0-9a-f]{64})",')
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}")


class PlanError(ValueError):
    """A document that is no plan, or not one of this schema; the text says where and why."""


class _Fault(Exception):
    """What is wrong at a place of the document; the steps to it, innermost first, come to be known on the way out."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.steps: list[str] = []


def dump(plan: p.Plan) -> bytes:
    """The canonical document of a plan."""
    body = _body(plan)
    return b'{"hash":"%s",%s' % (_hash(body).encode(), body[1:])


def plan_hash(plan: p.Plan) -> str:
    """`sha256:` and 64 hexadecimal digits: what the plan is known by."""
    return _hash(_body(plan))


def load(document: bytes) -> p.Plan:
    """The plan that a document holds; raises `PlanError` where it is damaged, malformed, foreign or inconsistent."""
    if len(document) > SIZE_MAX:
        raise PlanError(f"a plan has at most {SIZE_MAX} bytes, this has {len(document)}")
    head = _HASH.match(document)
    if head is None:
        raise PlanError("this is not a plan: it does not begin with its hash")
    body = b"{" + document[head.end() :]
    if hashlib.sha256(body).hexdigest().encode() != head[1]:
        raise PlanError("the plan was changed or damaged: its hash is another")
    envelope = _parsed(body)
    if not isinstance(envelope, dict) or envelope.keys() != {"plan", "schema"}:
        raise PlanError("this is not a plan: it must have a plan and a schema")
    if envelope["schema"] != SCHEMA or isinstance(envelope["schema"], bool):
        raise PlanError(f"the plan has schema {envelope['schema']!r}, this version reads {SCHEMA}")
    plan: p.Plan = decode(p.Plan, envelope["plan"])
    for fault in faults(plan):
        raise PlanError(fault)
    return plan


def _body(plan: p.Plan) -> bytes:
    return b'{"plan":%s,"schema":%d}' % (canonical(plan), SCHEMA)


def _hash(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


# --- Reading ---------------------------------------------------------------------------------------------------------

Reader = Callable[[Any], Any]


def decode(kind: Any, value: Any) -> Any:
    """A part of a plan of this type from what JSON holds; the inverse of `canonical.encode`, raises `PlanError`."""
    try:
        return _reader(kind)(value)
    except RecursionError:
        raise PlanError("the document is nested too deep") from None
    except _Fault as fault:
        raise PlanError(f"plan{''.join(reversed(fault.steps))}: {fault}") from None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_no_constant)
    except RecursionError:
        raise PlanError("the document is nested too deep") from None
    except ValueError as error:
        raise PlanError(f"the document is not JSON: {error}") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise PlanError("the document has an object with one member twice")
    return members


def _no_constant(name: str) -> Any:
    raise PlanError(f"the document has {name}, which is no number of JSON")


@cache
def _reader(kind: Any) -> Reader:
    """What reads a value of this type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if arguments and all(is_dataclass(one) for one in arguments) and origin is not tuple:
        return _tagged_reader({one.__name__: one for one in arguments})
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if origin is Literal:
        return _choice_reader(arguments)
    if origin in (Union, types.UnionType):
        return _union_reader(arguments)
    if origin is tuple:
        return _tuple_reader(arguments)
    return {bool: _read_bool, int: _read_int, float: _read_float, str: _read_str, type(None): _read_null}[kind]


def _dataclass_reader(cls: Any) -> Reader:
    readers = {name: _member_reader(kind, name.endswith("_ns")) for name, kind in get_type_hints(cls).items()}
    needed = {name for name, _, default in layout(cls) if default is MISSING}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Fault("an object must stand here")
        if not readers.keys() >= value.keys():
            raise _Fault(f"`{min(value.keys() - readers.keys())}` is not known here")
        if not value.keys() >= needed:
            raise _Fault(f"`{min(needed - value.keys())}` is missing")
        members, name = {}, ""
        try:
            for name, member in value.items():
                members[name] = readers[name](member)
        except _Fault as fault:
            fault.steps.append(f".{name}")
            raise
        return cls(**members)

    return read


@cache
def _member_reader(kind: Any, is_ns: bool) -> Reader:
    if not is_ns:
        return _reader(kind)
    return _union_reader((_Nanoseconds, type(None))) if type(None) in get_args(kind) else _read_ns


def _tagged_reader(classes: dict[str, Any]) -> Reader:
    """One of several objects, by its name; these may hold one another."""

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("is"), str):
            raise _Fault("an operator must stand here")
        cls = classes.get(value["is"])
        if cls is None:
            raise _Fault(f"no operator is called `{value['is']}`")
        return _reader(cls)({k: v for k, v in value.items() if k != "is"})

    return read


def _choice_reader(choices: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise _Fault(f"one of {', '.join(choices)} must stand here")
        return value

    return read


class _Nanoseconds:
    """The type of a member whose name ends in `_ns`, in an optional one."""


def _union_reader(kinds: tuple[Any, ...]) -> Reader:
    """By the type of the JSON value: in no union do two alternatives have the same."""
    by_json: dict[type, Reader] = {}
    for kind in kinds:
        reader = _read_ns if kind is _Nanoseconds else _reader(kind)
        for json_type in _json_types(kind):
            assert json_type not in by_json, kinds
            by_json[json_type] = reader

    def read(value: Any) -> Any:
        reader = by_json.get(type(value))
        if reader is None:
            raise _Fault(f"{_called(value)} cannot stand here")
        return reader(value)

    return read


def _json_types(kind: Any) -> tuple[type, ...]:
    if is_dataclass(kind):
        return (dict,)
    if get_origin(kind) is tuple:
        return (list,)
    if get_origin(kind) is Literal or kind is _Nanoseconds:
        return (str,)
    return {bool: (bool,), int: (int,), float: (int, float), str: (str,), type(None): (type(None),)}[kind]


def _tuple_reader(arguments: Sequence[Any]) -> Reader:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _reader(arguments[0])
        length = None
    else:
        assert len(set(arguments)) == 1, arguments
        item = _reader(arguments[0])
        length = len(arguments)

    def read(value: Any) -> Any:
        if not isinstance(value, list) or (length is not None and len(value) != length):
            raise _Fault("a list must stand here" if length is None else f"a list of {length} must stand here")
        items: list[Any] = []
        try:
            for part in value:
                items.append(item(part))
        except _Fault as fault:
            fault.steps.append(f"[{len(items)}]")
            raise
        return tuple(items)

    return read


def _read_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("true or false must stand here")
    return value


def _read_int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**53:
        raise _Fault("a whole number must stand here")
    return value


def _read_float(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > sys.float_info.max:
        raise _Fault("a number must stand here")
    number = float(value)
    if not math.isfinite(number):
        raise _Fault("a finite number must stand here")
    return number


def _read_str(value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault("a text must stand here")
    return value


def _read_null(value: Any) -> None:
    if value is not None:
        raise _Fault("null must stand here")


def _read_ns(value: Any) -> int:
    if not isinstance(value, str) or _WHOLE.fullmatch(value) is None or abs(int(value)) >= 2**63:
        raise _Fault("nanoseconds must stand here, as decimal digits in a text")
    return int(value)


def _called(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")
