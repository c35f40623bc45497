"""The newest part that a place has accepted, remembered so that no crash makes it take an older one again.

    accepted = AcceptedParts(Files(), "parts")
    accepted.take(content, trusted, "oslo", now_ns, load_plan)      # raises Refused, or remembers
    accepted.content()                                              # what runs after a cold boot

The folder holds one file: a line with the SHA-256 of the part, and the part. It takes the place of the one before by a
rename, when it is durable.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..disk import Disk
from .accepting import Accepted, LoadPlan, Newest, accept
from .part import HEAD, HEAD_MAX, part_of
from .signing import PublicKey

NAME = "accepted"
_HEAD = re.compile(rb"headgate accepted 1 ([0-9a-f]{64})\n")


class Damaged(Exception):
    """What was remembered cannot be read, so it is not known what is older: nothing is accepted here any more until
    somebody has looked."""


@dataclass(frozen=True)
class AcceptedParts:
    """What a place has accepted, in a folder of its own."""

    disk: Disk
    folder: str

    def take(
        self, content: bytes, trusted: Mapping[str, PublicKey], identity: str | None, now_ns: int, load: LoadPlan
    ) -> Accepted:
        """Accept a part and remember it; when this returns, that is durable. Raises `Refused`, `Damaged`, `OSError`."""
        newest = self.newest()
        found = accept(content, trusted, identity, now_ns, load, newest)
        if found.newest != newest:
            self._remember(content)
        return found

    def newest(self) -> Newest | None:
        """What was accepted last; None before the first. Raises `Damaged`."""
        content = self.content()
        if content is None:
            return None
        head = HEAD.match(content)
        assert head is not None, "it was accepted"
        return Newest(part_of(content[head.end() :]).version, hashlib.sha256(content).hexdigest())

    def content(self) -> bytes | None:
        """The part that was accepted last, as it came. Raises `Damaged`."""
        if NAME not in self.disk.names(self.folder):
            return None
        stored = self.disk.read(self._path)
        head = _HEAD.match(stored[:HEAD_MAX])
        if head is None:
            raise Damaged(f"`{self._path}` does not begin as it was written")
        content = stored[head.end() :]
        if hashlib.sha256(content).hexdigest().encode() != head[1]:
            raise Damaged(f"`{self._path}` does not hold what was written to it")
        return content

    def _remember(self, content: bytes) -> None:
        beside = f"{self._path}.new"
        head = b"headgate accepted 1 %s\n" % hashlib.sha256(content).hexdigest().encode()
        self.disk.write(beside, head + content)
        self.disk.sync(beside)
        self.disk.rename(beside, self._path)
        self.disk.sync_names(self.folder)

    @property
    def _path(self) -> str:
        return f"{self.folder}/{NAME}"
