"""Parts of deployments as commands take them: accepted or refused, and executed alone."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol

from .arguments import moment
from .exits import Exit, Failure
from .keys import public_key

if TYPE_CHECKING:
    from ..deployment.accepting import Accepted
    from ..output import Output


def add_trust(parser: ArgumentParser) -> None:
    """The options that say which parts are accepted."""
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="FILE",
        help="with a part: a public key whose signature is accepted; may be given several times",
    )
    parser.add_argument(
        "--identity", metavar="NAME", help="with a part: what this place is called (default: whatever the part is for)"
    )
    parser.add_argument(
        "--at",
        type=moment,
        metavar="TIME",
        help="the time at which parts are issued or accepted, as 2026-03-01T08:00:00Z (default: now)",
    )


def now(options: Namespace) -> int:
    """The time that the options say it is."""
    found: int = time.time_ns() if options.at is None else options.at
    return found


def accepted_part(options: Namespace, path: str, remember: str | None = None) -> "Accepted":
    """A part's file, if the options accept it; with a folder to `remember` in, none that is older than what was
    accepted there before. Raises `Refused`."""
    from ...compiler.document import load
    from ..deployment.accepted import AcceptedParts, Damaged
    from ..deployment.accepting import accept
    from ..disk import Files, InUse, alone

    if not options.trust:
        raise Failure("whose parts are to be accepted? name a public key: --trust ISSUER.pub", Exit.USAGE)
    trusted = {key.id: key for key in map(public_key, options.trust)}
    content = _read(path)
    if remember is None:
        return accept(content, trusted, options.identity, now(options), load)
    try:
        with alone(remember):
            return AcceptedParts(Files(), remember).take(content, trusted, options.identity, now(options), load)
    except (Damaged, InUse) as problem:
        raise Failure(f"nothing is accepted: {problem}", Exit.INPUT_OUTPUT) from None


def _read(path: str) -> bytes:
    """A file's content, as far as a part can go: of a longer one just so much that it is seen to be too long."""
    from ..deployment.part import PART_SIZE_MAX

    try:
        with Path(path).open("rb") as file:
            return file.read(PART_SIZE_MAX + 1)
    except OSError as problem:
        raise Failure(f"cannot read `{path}`: {problem.strerror or problem}", Exit.INPUT_OUTPUT) from None


class Packets(Protocol):
    """Where packets are written."""

    def write(self, content: bytes, /) -> object: ...


class Uplink:
    """What a part's engine would send to the place above: each packet a frame of `edge.wire`, behind its length in four
    bytes, in a file; or dropped, and counted."""

    STATE: ClassVar[tuple[str, ...]] = ("sent", "bytes")

    def __init__(self, accepted: "Accepted") -> None:
        from ...compiler.plan import Plan
        from ..edge.cutting import Parts
        from ..edge.links import Link
        from ..edge.partitioned import Gateway
        from ..edge.wire import Wire

        crosses = accepted.part.crosses
        above = Plan(accepted.plan.module, (), (), (), ())
        parts = Parts(accepted.plan, above, crosses.timelines, frozenset(crosses.timed), crosses.nodes, crosses.spanned)
        self.gateway = Gateway(parts, Link(), Wire(crosses.vocabulary.encode()), 0)
        self.crosses = crosses
        self.packets: Packets | None = None
        self.sent = 0
        self.bytes = 0

    def owners(self) -> dict[str, object]:
        """What has state beside the engine, by name. What crosses is part of the name: what was shipped before is known
        to a place above that asks for the same."""
        from hashlib import sha256

        import msgspec

        asked = sha256(msgspec.json.encode(self.crosses)).hexdigest()[:16]
        return {f"uplink {asked}": self, f"shipper {asked}": self.gateway.shipper}

    def take(self, outputs: "Sequence[Output]") -> None:
        """The outputs of a batch that the engine has just had."""
        self.gateway.take(outputs)
        self.gateway.ship(0, now=True)
        for _, frame in self.gateway.link.arrived(None):
            self.sent += 1
            self.bytes += len(frame)
            if self.packets is not None:
                self.packets.write(len(frame).to_bytes(4, "big") + frame)

    def as_json(self, path: str | None) -> dict[str, object]:
        return {"for": self.crosses.above, "packets": self.sent, "bytes": self.bytes, "written": path}

    def summary(self, path: str | None) -> str:
        """What became of what it sent."""
        size = f"{self.sent:,} packets, {self.bytes:,} bytes for {self.crosses.above}"
        return f"{size}: {'dropped, as no --packets says where to' if path is None else f'in {path}'}"
