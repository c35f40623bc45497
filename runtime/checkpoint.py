"""Checkpoints: the state of a run at one moment, as bytes that can be told from damaged ones, and in a folder.

    checkpoints = Checkpoints(Files(), "state")
    checkpoints.write(Checkpoint(plan, {"node 3f…": {"due": array}, …}, {"messages": 7}))
    found, refused = checkpoints.newest()

A checkpoint is one file: a line that says what it is, how long and which SHA-256 it has, and then its content,
MessagePack compressed by zlib. Reading one executes nothing and makes nothing but numbers, texts, lists, dicts, arrays
of a few types and the dataclasses of `state.PARTS`. (MessagePack, because it keeps 64-bit integers, NaN and raw bytes
as they are, and msgspec, which the runtime has anyhow, reads it without a schema; npz is a zip of headers that are
Python text, JSON has no bytes, a pickle executes what it is told.)
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec
import numpy as np

from .disk import Disk
from .state import PARTS, State

FORMAT = 1
"""Of this layout, and of what the state in it means: it changes when a reader of the old would be wrong."""
KEPT = 2
"""So many checkpoints are kept: the newest, and one in case that is damaged."""

_MAGIC = b"headgate checkpoint"
_COMPRESSION = 1
_DTYPES = frozenset(("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f4", "<f8", "<c16"))


class DamagedCheckpoint(Exception):
    """What stands in a checkpoint's file is none, or not all of it; the text says which."""


@dataclass(frozen=True)
class Checkpoint:
    """A run between two batches.

    plan: the plan's document; state: of everything that has some, by name (`state.save`); position: what the host has
    to know to go on (where inputs are, how long outputs are), plain data.
    """

    plan: bytes
    state: State
    position: Mapping[str, Any] = field(default_factory=dict)


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """The content of a checkpoint's file."""
    content = (checkpoint.plan, _plain(checkpoint.state), _plain(dict(checkpoint.position)))
    body = zlib.compress(msgspec.msgpack.encode(content), _COMPRESSION)
    return b"%s %d %d %s\n%s" % (_MAGIC, FORMAT, len(body), hashlib.sha256(body).hexdigest().encode(), body)


def from_bytes(content: bytes) -> Checkpoint:
    """The checkpoint of a file's content. Raises `DamagedCheckpoint`."""
    head, _, body = content.partition(b"\n")
    words = head.removeprefix(_MAGIC + b" ").split(b" ")
    if not head.startswith(_MAGIC) or len(words) != 3:
        raise DamagedCheckpoint("it does not begin as a checkpoint does")
    if words[0] != b"%d" % FORMAT:
        raise DamagedCheckpoint(f"it has format {words[0].decode('ascii', 'replace')}, this version reads {FORMAT}")
    if words[1] != b"%d" % len(body):
        raise DamagedCheckpoint(f"it is cut short or too long: {len(body)} bytes")
    if words[2] != hashlib.sha256(body).hexdigest().encode():
        raise DamagedCheckpoint("its content is not what was written")
    try:
        plan, state, position = msgspec.msgpack.decode(zlib.decompress(body))
        return Checkpoint(plan, _value(state), _value(position))
    except (ValueError, TypeError, zlib.error, msgspec.MsgspecError) as problem:
        raise DamagedCheckpoint(f"what is in it is no checkpoint of this version: {problem}") from None


# --- Values ----------------------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    """A value as MessagePack has it: what is no number or text is a list that begins with its kind."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case np.ndarray():
            ordered = np.ascontiguousarray(value)
            ordered = ordered.astype(ordered.dtype.newbyteorder("<"), copy=False)
            return ["array", ordered.dtype.str, list(value.shape), ordered.tobytes()]
        case list():
            return ["list", *map(_plain, value)]
        case tuple():
            return ["tuple", *map(_plain, value)]
        case dict():
            return ["dict", [_plain(key) for key in value], [_plain(item) for item in value.values()]]
        case _:
            pass
    part = PARTS[type(value).__name__]
    return [type(value).__name__, {one.name: _plain(getattr(value, one.name)) for one in fields(part)}]


def _value(plain: Any) -> Any:
    match plain:
        case ["array", dtype, shape, data]:
            if dtype not in _DTYPES:
                raise DamagedCheckpoint(f"it has an array of {dtype}")
            return np.frombuffer(data, dtype=dtype).reshape(shape).copy()
        case ["list", *items]:
            return [_value(item) for item in items]
        case ["tuple", *items]:
            return tuple(_value(item) for item in items)
        case ["dict", keys, values]:
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case [kind, dict(members)] if kind in PARTS:
            return PARTS[kind](**{name: _value(member) for name, member in members.items()})
        case None | bool() | int() | float() | str() | bytes():
            return plain
        case _:
            raise DamagedCheckpoint("it has something in it that no state is made of")


# --- A folder of checkpoints -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """A file that should be a checkpoint and is none."""

    path: str
    reason: str


@dataclass
class Checkpoints:
    """The checkpoints of one run, numbered, in a folder of their own."""

    disk: Disk
    folder: str

    def newest(self) -> tuple[Checkpoint | None, list[Refused]]:
        """The newest one that is whole (None: there is none), and those after it, which are not."""
        refused: list[Refused] = []
        for number in reversed(self._numbers()):
            path = self._path(number)
            try:
                return from_bytes(self.disk.read(path)), refused
            except DamagedCheckpoint as problem:
                refused.append(Refused(path, str(problem)))
        return None, refused

    def write(self, checkpoint: Checkpoint) -> None:
        """Return when it is durable: whatever happens meanwhile, this one or the one before is there and whole."""
        numbers = self._numbers()
        path = self._path(numbers[-1] + 1 if numbers else 1)
        beside = f"{path}.part"
        self.disk.write(beside, to_bytes(checkpoint))
        self.disk.sync(beside)
        self.disk.rename(beside, path)
        self.disk.sync_names(self.folder)
        for number in numbers[: 1 - KEPT]:
            self.disk.remove(self._path(number))

    def discard(self, refused: list[Refused]) -> None:
        """Remove damaged ones, so that they are not taken for those to keep."""
        for one in refused:
            self.disk.remove(one.path)

    def _numbers(self) -> list[int]:
        parts = [name.split("-") for name in self.disk.names(self.folder)]
        return sorted(int(p[1]) for p in parts if len(p) == 2 and p[0] == "checkpoint" and p[1].isdecimal())

    def _path(self, number: int) -> str:
        return f"{self.folder}/checkpoint-{number:08}"
