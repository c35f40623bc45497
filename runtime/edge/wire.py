"""Packets as bytes: columns of differences, packed as narrow as they go, under one compression.

    wire = Wire(vocabulary(parts))
    frame = wire.encode(packet)
    assert wire.decode(frame) == packet      # column by column
    frames = wire.frames(packet)             # however large it is

A frame is MessagePack in a Zstandard frame with its checksum. Whole numbers are written as the first of them, and the
differences from one to the next as multiples of what divides them all, in the narrowest of so many bytes; numbers that
are decimal fractions of at most six digits behind the point as whole numbers; others as doubles, whose bytes are sorted
by their place. Nothing is rounded: a column that does not come back as it was is not written in that form. Inputs are
numbered anew in every frame.
"""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from ...stdlib.column import Mask, Values
from ..frame import Rows
from .dividing import divided
from .shipping import Packet, Sheet, Told

LEVEL = 6
SIZE_MAX = 64 * 1024 * 1024
"""Bytes of a frame, unpacked: more is refused."""
VALUES_MAX = 32 * 1024 * 1024
"""Values of a frame, in all of its columns: some take no bytes, so that few could claim to be many."""

KEY_MAX = 2**31 - 1

DECIMALS = 6

WIDTHS = (0, 1, 2, 4, 8)
"""Bytes of a difference; none where all are 0."""

GIVEN_MIN = 8
"""Bytes of a vocabulary: of less Zstandard makes none."""


class WireError(ValueError):
    """Bytes that are no packet, or not a whole one."""


class TooLarge(WireError):
    """A packet that no frame can hold."""


class _Column(msgspec.Struct, array_like=True, frozen=True):
    """A column: how it is written, how many values it has, their bytes; of differences the first number, and what they
    are multiples of."""

    form: str
    count: Annotated[int, msgspec.Meta(ge=0, le=VALUES_MAX)]
    body: bytes
    first: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)] = 0
    unit: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] = 1


class _Told(msgspec.Struct, array_like=True, frozen=True):
    row: _Column
    time: _Column
    timer: _Column
    updated: _Column
    values: tuple[_Column, ...]
    known: _Column
    of_parts: bool

    @property
    def count(self) -> int:
        return sum(one.count for one in (self.row, self.time, self.timer, self.updated, *self.values, self.known))


class _Sheet(msgspec.Struct, array_like=True, frozen=True):
    seq: _Column
    key: _Column
    time: _Column
    event: _Column
    end_row: int | None
    told: dict[str, _Told]

    @property
    def count(self) -> int:
        own = sum(one.count for one in (self.seq, self.key, self.time, self.event))
        return own + sum(one.count for one in self.told.values())


class _Packet(msgspec.Struct, array_like=True, frozen=True):
    sheets: dict[str, _Sheet]
    names: dict[str, tuple[tuple[str, ...], ...]]
    texts: tuple[str, ...]
    clock: int
    said: tuple[bytes, ...]

    @property
    def count(self) -> int:
        return sum(sheet.count for sheet in self.sheets.values())


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Packet)


class Wire:
    """Packets to bytes and back; both ends are `given` the same words (`vocabulary`), which then need not be sent."""

    def __init__(self, given: bytes = b"") -> None:
        known = zstandard.ZstdCompressionDict(given.ljust(GIVEN_MIN), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=known, write_checksum=True)
        self._decompressor = zstandard.ZstdDecompressor(dict_data=known)

    def frames(self, packet: Packet) -> list[bytes]:
        """The bytes of a packet, in as many frames as that takes: each of them is a packet of its own, to be taken in
        this order. Raises `TooLarge` where a single input or text of it is."""
        try:
            return [self.encode(packet)]
        except TooLarge:
            parts = divided(packet)
            if len(parts) == 1:
                raise
        return [frame for part in parts for frame in self.frames(part)]

    def encode(self, packet: Packet) -> bytes:
        """The bytes of a packet. Raises `TooLarge` where `decode` would not take them."""
        every = [sheet.seq for sheet in packet.sheets.values()]
        inputs = np.unique(np.concatenate(every)) if every else np.zeros(0, dtype=np.int64)
        sheets = {
            timeline: _sheet(replace(sheet, seq=np.searchsorted(inputs, sheet.seq)))
            for timeline, sheet in packet.sheets.items()
        }
        names = {timeline: names for timeline, names in packet.names.items() if names}
        written = _Packet(sheets, names, packet.texts, packet.clock, packet.said)
        if written.count > VALUES_MAX:
            raise TooLarge(f"a frame has at most {VALUES_MAX} values, this would have {written.count}")
        body = _ENCODER.encode(written)
        if len(body) > SIZE_MAX:
            raise TooLarge(f"a frame has at most {SIZE_MAX} bytes unpacked, this would have {len(body)}")
        return self._compressor.compress(body)

    def decode(self, frame: bytes) -> Packet:
        """The packet that bytes hold. Raises `WireError` where they are damaged, too large, or not of a packet."""
        try:
            size = zstandard.frame_content_size(frame)
            if not 0 <= size <= SIZE_MAX:
                raise WireError(f"a frame has at most {SIZE_MAX} bytes unpacked, this has {size}")
            found = _DECODER.decode(self._decompressor.decompress(frame))
        except (zstandard.ZstdError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise WireError(f"these bytes are no packet: {error}") from error
        if found.count > VALUES_MAX:
            raise WireError(f"a frame has at most {VALUES_MAX} values, this has {found.count}")
        sheets = {timeline: _read_sheet(sheet) for timeline, sheet in found.sheets.items()}
        return Packet(sheets, {**dict.fromkeys(sheets, ()), **found.names}, found.texts, found.clock, found.said)


def _sheet(sheet: Sheet) -> _Sheet:
    told = {
        node: _Told(
            _whole(one.row), _whole(one.time - sheet.time[one.row]), _bits(one.timer), _bits(one.updated),
            _columns(one.values, one.known), _bits(one.known), one.values.ndim == 2,
        )
        for node, one in sheet.told.items()
        if len(one.row)
    }  # fmt: skip
    return _Sheet(_whole(sheet.seq), _whole(sheet.key), _whole(sheet.time), _bits(sheet.event), sheet.end_row, told)


def _read_sheet(sheet: _Sheet) -> Sheet:
    seq, key, time, event = _numbers(sheet.seq), _numbers(sheet.key), _numbers(sheet.time), _mask(sheet.event)
    rows = len(seq)
    if not len(key) == len(time) == len(event) == rows:
        raise WireError("the columns of a sheet are not of one length")
    if sheet.end_row is not None and not 0 <= sheet.end_row <= rows:
        raise WireError(f"a sheet of {rows} rows cannot end at row {sheet.end_row}")
    if key.min(initial=0) < 0 or key.max(initial=0) > KEY_MAX:
        raise WireError("a key has a number that none can have")
    told = {node: _read_told(node, one, time) for node, one in sheet.told.items()}
    return Sheet(seq, key.astype(np.int32), time, event, sheet.end_row, told)


def _read_told(node: str, one: _Told, times: Rows) -> Told:
    """What was told of a node at rows of these times; its own are written as differences from them."""
    row, after = _numbers(one.row), _numbers(one.time)
    timer, updated, values, known = _mask(one.timer), _mask(one.updated), _read_columns(one), _mask(one.known)
    if any(len(column) != len(row) for column in (after, timer, updated, values, known)):
        raise WireError(f"the columns of node {node} are not of one length")
    if row.min(initial=0) < 0 or row.max(initial=-1) >= len(times) or (np.diff(row) < 0).any():
        raise WireError(f"node {node} is told at rows that the sheet does not have, or out of order")
    return Told(row, times[row] + after, timer, updated, values, known)


# --- Columns ---------------------------------------------------------------------------------------------------------


def _bits(mask: Mask) -> _Column:
    if mask.all():
        return _Column("all", len(mask), b"")
    if not mask.any():
        return _Column("none", len(mask), b"")
    return _Column("bits", len(mask), np.packbits(mask).tobytes())


def _whole(numbers: NDArray[Any], form: str = "i") -> _Column:
    """Whole numbers: the first, and as differences the others. Differences wrap around, and so do sums of them."""
    numbers = numbers.astype(np.int64)
    steps = np.diff(numbers)
    unit = max(int(np.gcd.reduce(steps, initial=0)), 1)
    steps //= unit
    least, greatest = int(steps.min(initial=0)), int(steps.max(initial=0))
    width = next(w for w in WIDTHS if -(1 << 8 * w) <= 2 * least and 2 * greatest < max(1 << 8 * w, 1))
    first = int(numbers[0]) if len(numbers) else 0
    return _Column(f"{form}{width}", len(numbers), steps.astype(f"<i{width}").tobytes() if width else b"", first, unit)


def _columns(values: Values, known: Mask) -> tuple[_Column, ...]:
    """The values of a node; of rows of parts, whose words are numbers or times, a column for each word."""
    if values.ndim == 1:
        return (_values(values, known),)
    found = []
    for word in values.T:
        numbers = np.ascontiguousarray(word)
        found.append(min(_whole(numbers), _decimal(numbers.view(np.float64)), key=lambda column: len(column.body)))
    return tuple(found)


def _read_columns(one: _Told) -> Values:
    words = [_read(column) for column in one.values]
    if not words or (len(words) > 1 and not one.of_parts):
        raise WireError(f"a value is one column, not {len(words)}")
    if not one.of_parts:
        return words[0]
    if any(len(word) != len(words[0]) or word.dtype.itemsize != 8 for word in words):
        raise WireError("the columns of rows of parts are not of one length")
    return np.stack([word.view(np.int64) for word in words], axis=1)


def _values(values: Values, known: Mask) -> _Column:
    """The values of a node; what stands where they are not known is written as nothing."""
    values = np.where(known, values, values.dtype.type(0))
    match values.dtype.kind:
        case "b":
            return _bits(values)
        case "i":
            return _whole(values, "t" if values.dtype.itemsize == 4 else "i")
        case "c":
            parts = np.stack([values.real, values.imag], axis=-1).reshape(-1)
            return _Column("c", len(values), _shuffled(parts))
        case _:
            return _decimal(values)


def _decimal(values: Values) -> _Column:
    """Numbers: as decimal fractions, where that is exact, else as they are."""
    for digits in range(DECIMALS + 1):
        scaled = np.rint(values * 10.0**digits)
        if np.abs(scaled).max(initial=0) >= 2**52:
            break
        if np.array_equal(scaled / 10.0**digits, values) and not np.signbit(values[values == 0]).any():
            return _whole(scaled, f"d{digits}")
    return _Column("f", len(values), _shuffled(values))


def _shuffled(values: Values) -> bytes:
    """Doubles with their first bytes first, then all second bytes: what is alike stands together."""
    raw: NDArray[np.uint8] = np.frombuffer(np.ascontiguousarray(values, dtype="<f8").tobytes(), dtype=np.uint8)
    return raw.reshape(-1, 8).T.tobytes()


def _read(column: _Column) -> NDArray[Any]:
    """The values of a column."""
    form, count, body = column.form, column.count, column.body
    match form[:1]:
        case "a" | "n" | "b":
            return _mask(column)
        case "i":
            return _numbers(column)
        case "t":
            return _sums(form[1:], column).astype(np.int32)
        case "d" if form[1:2].isdecimal():
            return _sums(form[2:], column) / 10.0 ** int(form[1])
        case "f":
            return _unshuffled(body, count)
        case "c":
            parts = _unshuffled(body, 2 * count).reshape(-1, 2)
            return parts[:, 0] + 1j * parts[:, 1]
        case _:
            raise _unknown(column)


def _mask(column: _Column) -> Mask:
    match column.form:
        case "all" | "none":
            return np.full(column.count, column.form == "all")
        case "bits":
            _sized(column.body, (column.count + 7) // 8)
            return np.unpackbits(np.frombuffer(column.body, dtype=np.uint8), count=column.count).astype(np.bool_)
        case _:
            raise _unknown(column)


def _numbers(column: _Column) -> Rows:
    if column.form[:1] != "i":
        raise _unknown(column)
    return _sums(column.form[1:], column)


def _unknown(column: _Column) -> WireError:
    return WireError(f"a column is written as {column.form!r}, which this version does not know there")


def _sums(width: str, column: _Column) -> NDArray[np.int64]:
    if width not in map(str, WIDTHS):
        raise WireError(f"whole numbers have {', '.join(map(str, WIDTHS))} bytes, not {width!r}")
    numbers = np.zeros(column.count, dtype=np.int64)
    _sized(column.body, max(column.count - 1, 0) * int(width))
    if column.body:
        numbers[1:] = np.frombuffer(column.body, dtype=f"<i{width}")
    numbers *= column.unit
    numbers[:1] = column.first
    return np.cumsum(numbers, dtype=np.int64)


def _unshuffled(body: bytes, count: int) -> NDArray[np.float64]:
    _sized(body, 8 * count)
    raw = np.frombuffer(body, dtype=np.uint8).reshape(8, -1).T
    return np.frombuffer(np.ascontiguousarray(raw).tobytes(), dtype="<f8")


def _sized(body: bytes, size: int) -> None:
    if len(body) != size:
        raise WireError(f"a column has {len(body)} bytes instead of {size}")
