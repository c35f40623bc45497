"""A disk in memory that stops at a given operation, and forgets what was not synced, as a crash of the machine does."""

from dataclasses import dataclass, field
from typing import Literal

Fate = Literal["lost", "kept", "torn"]
"""What becomes of what was not synced: all of it is lost, all is there, or half of what was written last is."""


class Crash(Exception):
    """The process ends here."""


@dataclass
class ForgetfulDisk:
    """`runtime.disk.Disk`. `operations` counts what changes or syncs something; the one numbered `crash_at` does not
    happen, or happens in part, and raises `Crash`."""

    crash_at: int | None = None
    operations: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    durable: dict[str, bytes] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    """By name as it is now: the content that was synced."""

    def names(self, folder: str) -> list[str]:
        return [path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/")]

    def read(self, path: str) -> bytes:
        return self.files[path]

    def size(self, path: str) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def write(self, path: str, content: bytes) -> None:
        self._step()
        self.files[path] = content

    def append(self, path: str, content: bytes) -> None:
        self._step()
        self.files[path] = self.files.get(path, b"") + content

    def truncate(self, path: str, length: int) -> None:
        self._step()
        self.files[path] = self.files[path][:length]

    def sync(self, path: str) -> None:
        self._step()
        self.contents[path] = self.files[path]
        if path in self.durable:
            self.durable[path] = self.files[path]

    def rename(self, old: str, new: str) -> None:
        self._step()
        self.files[new] = self.files.pop(old)
        if old in self.contents:
            self.contents[new] = self.contents.pop(old)

    def remove(self, path: str) -> None:
        self._step()
        del self.files[path]

    def sync_names(self, folder: str) -> None:
        self._step()
        inside = [path for path in {*self.files, *self.durable} if folder in (".", path.rpartition("/")[0])]
        for path in inside:
            if path in self.files:
                self.durable[path] = self.contents.get(path, b"")
            else:
                del self.durable[path]

    def after_crash(self, fate: Fate) -> "ForgetfulDisk":
        """The disk as the next process finds it."""
        if fate == "kept":
            left = dict(self.files)
        elif fate == "lost":
            left = dict(self.durable)
        else:
            left = {path: _torn(self.contents.get(path, b""), content) for path, content in self.files.items()}
        return ForgetfulDisk(None, 0, left, dict(left), dict(left))

    def _step(self) -> None:
        self.operations += 1
        if self.operations - 1 == self.crash_at:
            raise Crash


def _torn(synced: bytes, now: bytes) -> bytes:
    """Of what was written after the last sync, the first half."""
    shorter = min(len(synced), len(now))
    same = next((i for i in range(shorter) if synced[i] != now[i]), shorter)
    return now[: same + (len(now) - same) // 2]
