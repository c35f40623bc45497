"""What W7 is held against: only decoding its JSON lines, with nothing done to what was decoded."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headgate.benchmarks.by_loop import Message
from headgate.benchmarks.by_polars import json_lines
from headgate.runtime.connectors.json_lines import CLOSE, NEWLINE, OPEN, PIECE_BYTES

Decoding = Callable[[], int]
"""Decodes a file once, and gives the number of messages."""


def by_msgspec(lines: Path) -> Decoding:
    """All at once, into structures with the four fields that W7 has."""
    decoder = msgspec.json.Decoder(Message)
    return lambda: len(decoder.decode_lines(lines.read_bytes()))


def by_msgspec_lines(lines: Path) -> Decoding:
    """A line at a time, into the same structures, so that a malformed line would not lose its neighbours."""
    return _by_lines(lines, msgspec.json.Decoder(Message).decode)


def by_msgspec_pieces(lines: Path) -> Decoding:
    """A piece of whole lines at a time, and a line at a time where a piece is not one object on each of its lines."""
    decoder = msgspec.json.Decoder(Message)

    def structures(piece: bytes) -> list[Message]:
        text = np.frombuffer(piece, dtype=np.uint8)
        ends = np.flatnonzero(text == NEWLINE)
        begins = np.concatenate(([0], ends[:-1] + 1))
        if ((text[begins] == OPEN) & (text[ends - 1] == CLOSE)).all():
            with suppress(msgspec.MsgspecError):
                return decoder.decode_lines(piece)
        return [decoder.decode(line) for line in piece.splitlines()]

    def decode() -> int:
        count = 0
        with lines.open("rb") as file:
            while piece := file.read(PIECE_BYTES) + file.readline():
                count += len(structures(piece))
        return count

    return decode


def by_orjson(lines: Path) -> Decoding:
    """A line at a time, into dictionaries. Raises `ImportError` without orjson."""
    return _by_lines(lines, import_module("orjson").loads)


def _by_lines(lines: Path, read: Callable[[bytes], object]) -> Decoding:
    def decode() -> int:
        count = 0
        with lines.open("rb") as file:
            for line in file:
                read(line)
                count += 1
        return count

    return decode


def by_polars(lines: Path) -> Decoding:
    """Into a frame. Raises `ImportError` without Polars."""
    pl: Any = import_module("polars")
    return lambda: int(json_lines(pl, lines).height)


LINE_BY_LINE = (
    "only decoding: msgspec, a line",
    "only decoding: msgspec, in pieces",
    "only decoding: orjson, a line",
)
"""Those that keep a malformed line from losing its neighbours."""

DECODERS: Mapping[str, Callable[[Path], Decoding]] = {
    "only decoding: msgspec, all lines": by_msgspec,
    "only decoding: msgspec, a line": by_msgspec_lines,
    "only decoding: msgspec, in pieces": by_msgspec_pieces,
    "only decoding: orjson, a line": by_orjson,
    "only decoding: Polars": by_polars,
}
