"""Files, plain or gzip, and standard input, as runs of whole lines in bounded memory."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

from .payload import EXCERPT_BYTES, InputError, Lines

STDIN = "-"
LINE_BYTES_MAX = 1 << 20
READ_BYTES = 1 << 20
"""Read at a time: what a batch costs in itself is shared by some ten thousand messages. At most `LINE_BYTES_MAX`."""

_EMPTY = "`{}` is empty: there is nothing to run on"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: str, read_bytes: int = READ_BYTES) -> Iterator[Lines]:
    """Runs of whole lines; the last line need not have an end. Raises `InputError`.

    A line longer than `LINE_BYTES_MAX` is passed over, however long it is, and reported by its beginning.
    """
    carry = b""
    passing_over = False
    for data in _without_mark(_read(path, read_bytes)):
        if passing_over:
            end = data.find(b"\n")
            if end < 0:
                continue
            data = data[end + 1 :]
            passing_over = False
        end = data.rfind(b"\n") + 1
        if end:
            yield from _runs(carry + data[:end])
            carry = data[end:]
        else:
            carry += data
        if len(carry) > LINE_BYTES_MAX:
            yield Lines(carry[:EXCERPT_BYTES], too_long=True)
            carry = b""
            passing_over = True
    if carry:
        yield Lines(carry + b"\n")


def _runs(data: bytes) -> Iterator[Lines]:
    """Whole lines, of which only the first can be too long: the others are from one read."""
    if data.find(b"\n") > LINE_BYTES_MAX:
        yield Lines(data[:EXCERPT_BYTES], too_long=True)
        data = data[data.find(b"\n") + 1 :]
    if data:
        yield Lines(data)


def probe(path: str) -> None:
    """Raise `InputError` if a file cannot be read, or there is nothing in it; standard input is not looked at."""
    if path != STDIN:
        with failures_named(path), _open(path) as stream:
            if not stream.read(1):
                raise InputError(_EMPTY.format(path))


def _without_mark(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Drop the mark that some editors put before UTF-8."""
    first = True
    for chunk in chunks:
        yield chunk.removeprefix(_BYTE_ORDER_MARK) if first else chunk
        first = False


def _read(path: str, read_bytes: int) -> Iterator[bytes]:
    empty = True
    with failures_named(path), _open(path) as stream:
        # `read1` gives what is there: a pipe's messages are not held back until a block is full.
        read = stream.read1 if path == STDIN else stream.read
        while data := read(read_bytes):
            empty = False
            yield data
    if empty and path != STDIN:
        raise InputError(_EMPTY.format(path))


def _open(path: str) -> AbstractContextManager["BufferedReader | gzip.GzipFile"]:
    if path == STDIN:
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


@contextmanager
def failures_named(path: str) -> Iterator[None]:
    """Say what is wrong with a file in one line."""
    try:
        yield
    except FileNotFoundError:
        near = Path(path).parent
        hint = "check the path" if near.is_dir() else f"there is no folder `{near}`"
        raise InputError(f"cannot read `{path}`: there is no such file; {hint}") from None
    except IsADirectoryError:
        raise InputError(f"cannot read `{path}`: it is a folder; name a file in it") from None
    except PermissionError:
        raise InputError(f"cannot read `{path}`: you may not read it; check its permissions") from None
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise InputError(f"cannot read `{path}`: it is no good gzip file ({problem}); unpack it another way") from None
    except EOFError:
        raise InputError(f"cannot read all of `{path}`: the gzip file is cut short; fetch it again") from None
    except OSError as problem:
        raise InputError(f"cannot read `{path}`: {problem.strerror or problem}") from None
