"""What W7 is held against: only decoding its JSON lines, with nothing done to what was decoded."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from headgate.benchmarks.by_loop import Message
from headgate.benchmarks.by_polars import json_lines

Decoding = Callable[[], int]
"""Decodes a file once, and gives the number of messages."""


def by_msgspec(lines: Path) -> Decoding:
    """All at once, into structures with the four fields that W7 has."""
    decoder = msgspec.json.Decoder(Message)
    return lambda: len(decoder.decode_lines(lines.read_bytes()))


def by_msgspec_lines(lines: Path) -> Decoding:
    """A line at a time, into the same structures, so that a malformed line would not lose its neighbours."""
    read = msgspec.json.Decoder(Message).decode

    def decode() -> int:
        count = 0
        with lines.open("rb") as file:
            for line in file:
                read(line)
                count += 1
        return count

    return decode


def by_orjson(lines: Path) -> Decoding:
    """A line at a time, into dictionaries. Raises `ImportError` without orjson."""
    loads: Any = import_module("orjson").loads

    def decode() -> int:
        count = 0
        with lines.open("rb") as file:
            for line in file:
                loads(line)
                count += 1
        return count

    return decode


def by_polars(lines: Path) -> Decoding:
    """Into a frame. Raises `ImportError` without Polars."""
    pl: Any = import_module("polars")
    return lambda: int(json_lines(pl, lines).height)


LINE_BY_LINE = ("only decoding: msgspec, a line", "only decoding: orjson, a line")
"""Those that keep a malformed line from losing its neighbours."""

DECODERS: Mapping[str, Callable[[Path], Decoding]] = {
    "only decoding: msgspec, all lines": by_msgspec,
    "only decoding: msgspec, a line": by_msgspec_lines,
    "only decoding: orjson, a line": by_orjson,
    "only decoding: Polars": by_polars,
}
