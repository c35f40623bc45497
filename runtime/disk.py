"""What durable work needs of a file system, and no more: so that tests can put one in its place that fails and forgets.

Nothing that was written, renamed or removed is certain to survive a crash before it was synced: a file's content by
`sync`, the names in a folder by `sync_names`.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

LOCK = "lock"
"""The file in a folder by which a process keeps others out."""


class Disk(Protocol):
    """Files by path. Everything raises `OSError` where it cannot be done."""

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, which is made if there is none."""
        ...

    def read(self, path: str) -> bytes: ...

    def size(self, path: str) -> int | None:
        """How long a file is; None if there is none."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Make a file of this content, whatever was there before."""
        ...

    def append(self, path: str, content: bytes) -> None: ...

    def truncate(self, path: str, length: int) -> None: ...

    def sync(self, path: str) -> None:
        """Return when a file's content is durable."""
        ...

    def rename(self, old: str, new: str) -> None:
        """At once: `new` is what it was before or what `old` was, never anything else."""
        ...

    def remove(self, path: str) -> None: ...

    def sync_names(self, folder: str) -> None:
        """Return when it is durable which files a folder has."""
        ...


class Files:
    """The file system of this machine."""

    def names(self, folder: str) -> list[str]:
        os.makedirs(folder, exist_ok=True)
        return os.listdir(folder)

    def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def size(self, path: str) -> int | None:
        try:
            return os.stat(path).st_size
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        Path(path).write_bytes(content)

    def append(self, path: str, content: bytes) -> None:
        with open(path, "ab") as file:
            file.write(content)

    def truncate(self, path: str, length: int) -> None:
        os.truncate(path, length)

    def sync(self, path: str) -> None:
        _sync(path, os.O_RDWR)

    def rename(self, old: str, new: str) -> None:
        os.replace(old, new)

    def remove(self, path: str) -> None:
        os.unlink(path)

    def sync_names(self, folder: str) -> None:
        _sync(folder, os.O_RDONLY)


def _sync(path: str, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- One process at a time -------------------------------------------------------------------------------------------


class InUse(Exception):
    """Another process is at work in a folder."""


@contextmanager
def alone(folder: str, *, waits: bool = False) -> Iterator[None]:
    """Keep other processes out of a folder, which is made if there is none. Raises `InUse`, unless it `waits` until it
    is alone, and `OSError`.

    The system lets go of it when the process ends, however it ends; the file stays, and says nothing by itself.
    """
    os.makedirs(folder, exist_ok=True)
    with open(Path(folder) / LOCK, "ab") as file:
        while not _locked(file, waits):
            if not waits:
                raise InUse(f"another process is at work in `{folder}`")
        yield


def _locked(file: BinaryIO, waits: bool) -> bool:
    """Lock a file until it is closed; False if it is locked, be it after a while in which it `waits`."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError as problem:
        if problem.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            raise
        return False
    return True
