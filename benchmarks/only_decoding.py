"""What W7 is held against: only decoding its JSON lines, with nothing done to what was decoded.

Into structures or dictionaries, forgotten at once; or into columns, as W7 needs them. In pieces: a piece of whole lines
is decoded at once, and line by line where that fails, so that a malformed line does not lose its neighbours.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from headgate.benchmarks.by_loop import Message
from headgate.benchmarks.by_polars import json_lines
from headgate.runtime.connectors.files import PIECE_BYTES
from headgate.runtime.connectors.json_lines import JsonLines
from headgate.runtime.connectors.payload import Texts, Wanted
from headgate.runtime.kernels.line_ends import lines_of

Decoding = Callable[[], int]
"""Decodes a file once, and gives the number of messages."""

LARGE_PIECE_BYTES = 1 << 20
"""For those that take their time to begin."""


def _pieces(lines: Path, size: int) -> Iterator[bytearray]:
    """A file's lines, about so many bytes of them at a time."""
    with lines.open("rb") as file:
        while piece := bytearray(file.read(size) + file.readline()):
            yield piece


def _by_lines(lines: Path, read: Callable[[bytes], object]) -> Decoding:
    def decode() -> int:
        count = 0
        with lines.open("rb") as file:
            for line in file:
                read(line)
                count += 1
        return count

    return decode


# --- Into structures or dictionaries ---------------------------------------------------------------------------------


def by_msgspec(lines: Path) -> Decoding:
    """All at once, into structures with the four fields that W7 has."""
    decoder = msgspec.json.Decoder(Message)
    return lambda: len(decoder.decode_lines(lines.read_bytes()))


def by_msgspec_lines(lines: Path) -> Decoding:
    """A line at a time, into the same structures."""
    return _by_lines(lines, msgspec.json.Decoder(Message).decode)


def by_msgspec_pieces(lines: Path) -> Decoding:
    """In pieces, into the same structures."""
    structures = _structures()
    return lambda: sum(len(structures(piece)) for piece in _pieces(lines, PIECE_BYTES))


def _structures() -> Callable[[bytearray], list[Message]]:
    decoder = msgspec.json.Decoder(Message)

    def structures(piece: bytearray) -> list[Message]:
        # Values are taken as they come: only lines that look like objects are known to be one each.
        _, objects, _ = lines_of(np.frombuffer(piece, dtype=np.uint8))
        if objects.all():
            with suppress(msgspec.MsgspecError):
                return decoder.decode_lines(piece)
        return [decoder.decode(line) for line in piece.splitlines()]

    return structures


def by_orjson(lines: Path) -> Decoding:
    """A line at a time, into dictionaries. Raises `ImportError` without orjson."""
    return _by_lines(lines, import_module("orjson").loads)


def by_simdjson(lines: Path) -> Decoding:
    """A line at a time, of which the four fields are asked for. Raises `ImportError` without pysimdjson."""
    parser = import_module("simdjson").Parser()

    def read(line: bytes) -> tuple[object, ...]:
        message = parser.parse(line)
        return message["d"], message["ts"], message["temp"], message["vib"]

    return _by_lines(lines, read)


# --- Into columns ----------------------------------------------------------------------------------------------------


def by_msgspec_columns(lines: Path) -> Decoding:
    """In pieces, into structures, and of their attributes into NumPy's arrays; devices as codes."""
    structures = _structures()

    def decode() -> int:
        codes: dict[str, int] = {}
        count = 0
        for piece in _pieces(lines, PIECE_BYTES):
            messages = structures(piece)
            np.array([codes.setdefault(message.d, len(codes)) for message in messages], dtype=np.int32)
            for column in ([m.ts for m in messages], [m.temp for m in messages], [m.vib for m in messages]):
                np.array(column, dtype=np.float64)
            count += len(messages)
        return count

    return decode


def by_pyarrow(lines: Path) -> Decoding:
    """In pieces, into a table; devices as texts. Raises `ImportError` without pyarrow."""
    arrow, json = import_module("pyarrow"), import_module("pyarrow.json")
    number = arrow.float64()
    schema = arrow.schema([("d", arrow.string()), ("ts", number), ("temp", number), ("vib", number)])
    reading = json.ReadOptions(use_threads=False, block_size=2 * LARGE_PIECE_BYTES)
    parsing = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return _in_pieces(
        lines,
        lambda piece: int(json.read_json(arrow.BufferReader(piece), reading, parsing).num_rows),
        arrow.ArrowInvalid,
    )


def by_polars_pieces(lines: Path) -> Decoding:
    """In pieces, into a frame; devices as texts. Raises `ImportError` without Polars."""
    pl: Any = import_module("polars")
    return _in_pieces(lines, lambda piece: int(json_lines(pl, bytes(piece)).height), pl.exceptions.ComputeError)


def _in_pieces(lines: Path, read: Callable[[bytearray], int], failure: type[Exception]) -> Decoding:
    def count(piece: bytearray) -> int:
        try:
            return read(piece)
        except failure:
            return sum(read(line) for line in piece.splitlines())

    return lambda: sum(count(piece) for piece in _pieces(lines, LARGE_PIECE_BYTES))


def by_polars(lines: Path) -> Decoding:
    """The whole file into a frame. Raises `ImportError` without Polars."""
    pl: Any = import_module("polars")
    return lambda: int(json_lines(pl, lines).height)


def by_duckdb(lines: Path) -> Decoding:
    """The whole file into a table of Arrow, malformed lines as nulls, on one thread. Raises `ImportError` without."""
    connection = import_module("duckdb").connect(config={"threads": 1})
    columns = "{d: 'varchar', ts: 'double', temp: 'double', vib: 'double'}"
    query = f"from read_json('{lines}', format = 'newline_delimited', ignore_errors = true, columns = {columns})"
    return lambda: int(connection.sql(query).to_arrow_table().num_rows)


def by_headgate(lines: Path) -> Decoding:
    """What W7 itself does up to columns: each message's good fields, and what is wrong with the others."""
    wanted = (Wanted("d", "text"), Wanted("ts", "float"), Wanted("temp", "float"), Wanted("vib", "float"))
    return lambda: sum(payloads.count for payloads in JsonLines(str(lines)).read(wanted, Texts()))


ALL_AT_ONCE = ("only decoding: msgspec, all lines", "into columns: Polars")
"""Those with which a malformed line loses its neighbours."""

DECODERS: Mapping[str, Callable[[Path], Decoding]] = {
    "only decoding: msgspec, all lines": by_msgspec,
    "only decoding: msgspec, a line": by_msgspec_lines,
    "only decoding: msgspec, in pieces": by_msgspec_pieces,
    "only decoding: orjson, a line": by_orjson,
    "only decoding: simdjson, a line": by_simdjson,
    "into columns: msgspec, in pieces": by_msgspec_columns,
    "into columns: pyarrow, in pieces": by_pyarrow,
    "into columns: Polars": by_polars,
    "into columns: Polars, in pieces": by_polars_pieces,
    "into columns: DuckDB": by_duckdb,
    "into columns: Headgate": by_headgate,
}
