"""Files, plain or gzip, and standard input, as runs of whole lines in bounded memory."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
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
    carry = bytearray()
    first = True
    passing_over = False
    with failures_named(path), _open(path) as stream:
        # `readinto1` gives what is there: a pipe's messages are not held back until a block is full.
        read_into = stream.readinto1 if path == STDIN else stream.readinto
        while data := _read(read_into, carry, read_bytes):
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
                yield from _runs(data)
            if len(carry) > LINE_BYTES_MAX:
                yield Lines(carry[:EXCERPT_BYTES], too_long=True)
                carry, passing_over = bytearray(), True
    if first and path != STDIN:
        raise InputError(_EMPTY.format(path))
    if carry:
        yield Lines(carry + b"\n")


def _read(read_into: Callable[[memoryview], int], carry: bytearray, read_bytes: int) -> bytearray:
    """What is left of the read before, and behind it what is read now; nothing at the end.

    It is read into where it stays: memory that is asked for anew, and given back, costs more than what it holds.
    """
    data = bytearray(len(carry) + read_bytes)
    data[: len(carry)] = carry
    with memoryview(data)[len(carry) :] as room:
        count = read_into(room)
    del data[len(carry) + count if count else 0 :]
    return data


def _runs(data: bytearray) -> Iterator[Lines]:
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
