"""Files, plain or gzip, and standard input, as runs of whole lines in bounded memory."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BufferedReader
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from .payload import EXCERPT_BYTES, InputError, Lines

STDIN = "-"
LINE_BYTES_MAX = 1 << 20
READ_BYTES = 1 << 21
"""Made a run of lines: what a batch costs in itself is shared by some twenty thousand messages."""
CHUNK_BYTES = 1 << 16
"""Read at a time, while it is still in the core's own cache."""
PIECE_BYTES = 1 << 15
"""Decoded at a time: what is made of its lines should still be in the core's own cache when it becomes columns."""

_EMPTY = "`{}` is empty: there is nothing to run on"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: str, read_bytes: int = READ_BYTES) -> Iterator[Lines]:
    """Runs of whole lines; the last line need not have an end. Raises `InputError`.

    A line longer than `LINE_BYTES_MAX` is passed over, however long it is, and reported by its beginning.
    """
    carry = bytearray()
    first = True
    passing_over = False
    with failures_named(path), _open(path) as stream:
        while data := _read(stream, carry, read_bytes, path == STDIN):
            if first:
                data = data.removeprefix(_BYTE_ORDER_MARK)
                first = False
            end = data.rfind(b"\n") + 1
            if passing_over:
                if not end:
                    continue
                begin = data.find(b"\n") + 1
                data, end, passing_over = data[begin:], end - begin, False
            carry = data[end:]
            if end:
                del data[end:]
                yield from runs(data)
            if len(carry) > LINE_BYTES_MAX:
                yield Lines(carry[:EXCERPT_BYTES], too_long=True)
                carry, passing_over = bytearray(), True
    if first and path != STDIN:
        raise InputError(_EMPTY.format(path))
    if carry:
        yield Lines(carry + b"\n")


def _read(stream: BufferedReader | gzip.GzipFile, carry: bytearray, read_bytes: int, is_pipe: bool) -> bytearray:
    """What is left of the read before, and behind it what is read now; nothing at the end.

    What a pipe gives is not held back until there is more.
    """
    data = carry[:]
    end = len(carry) + read_bytes
    while len(data) < end and (chunk := stream.read1(min(end - len(data), CHUNK_BYTES))):
        data += chunk
        if is_pipe:
            break
    return data if len(data) > len(carry) else bytearray()


def runs(data: bytearray) -> Iterator[Lines]:
    """Whole lines, and by themselves those that are too long."""
    begin = at = 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + LINE_BYTES_MAX + 1) + 1
        if end:
            at = end
            continue
        if begin < at:
            yield Lines(data[begin:at])
        yield Lines(data[at : at + EXCERPT_BYTES], too_long=True)
        begin = at = data.find(b"\n", at) + 1
    if begin < at:
        yield Lines(data[begin:] if begin else data)


def pieces(ends: NDArray[np.intp], size: int, piece_bytes: int) -> Iterator[tuple[int, int]]:
    """Whole lines that are about so many bytes together: the first of each piece, and the first after it.

    `ends`: where the lines end; `size`: of them all, in bytes.
    """
    whole = np.searchsorted(ends, np.arange(piece_bytes - 1, size, piece_bytes)) + 1
    return pairwise(np.unique([0, *whole.tolist(), len(ends)]).tolist())


def probe(path: str) -> None:
    """Raise `InputError` if a file cannot be read, or there is nothing in it; standard input is not looked at."""
    if path != STDIN:
        with failures_named(path), _open(path) as stream:
            if not stream.read(1):
                raise InputError(_EMPTY.format(path))


def _open(path: str) -> AbstractContextManager[BufferedReader | gzip.GzipFile]:
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
