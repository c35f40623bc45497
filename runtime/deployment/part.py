"""A part of a deployment: what one place of a program needs, as one signed file.

    content = sealed(part, key)
    part_of(content)                 # after its signature was checked (`accepting`)

The file is a line, `headgate part 1 KEY SIGNATURE`, and a body: one object of canonical JSON (RFC 8785). The signature
is of the very bytes of the body, so nothing of a file is read before it is known who wrote it.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import rfc8785

from ..edge.cutting import Crossing, Spanned
from .capabilities import Capability
from .signing import SigningKey

FORMAT = 1
PART_SIZE_MAX = 64 * 1024 * 1024
"""Bytes of a part: larger ones are not even looked at."""

HEAD = re.compile(rb"headgate part (\d{1,4}) ([0-9a-f]{16}) ([0-9a-f]{128})\n")
HEAD_MAX = 256
SIGNED_FOR = b"headgate part 1\n"
"""Stands before the body in what is signed, so that a signature of something else is none of a part."""

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,256}\Z")]
Nanoseconds = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,18})\Z")]
Whole = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Tier = Annotated[int, msgspec.Meta(ge=0, le=255)]
Text = Annotated[str, msgspec.Meta(max_length=4096)]


class NoPart(ValueError):
    """Bytes that are no part; the text says why."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The placement of the whole plan: the targets from the devices up, and for each node which of them it is at; for
    what is worked out in parts, which of them its parts are at."""

    targets: tuple[Text, ...]
    of: dict[Text, Tier]
    partials: dict[Text, Tier]


@dataclass(frozen=True, slots=True)
class Crosses:
    """What goes over the links between the parts of a plan: of these timelines the rows, of these nodes the flows; on
    which timelines something waits for time; and what timelines of groups that span gateways are above
    (`edge.cutting.Parts`).

    `vocabulary`: what both ends know of what is said over a link. `above`: where this place's link leads to; `below`:
    the places whose links lead here.
    """

    timelines: tuple[Text, ...]
    timed: tuple[Text, ...]
    nodes: tuple[Crossing, ...]
    spanned: dict[Text, Spanned]
    vocabulary: str
    above: Name | None = None
    below: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What one place is to do: `plan` is the document of the plan that runs there, `whole` the hash of that which it is
    cut from. `audience`: who may accept it; `keys`: which values of the target's keys it is for; `devices`: the records
    of those that attach there, as an inventory has them. Of two parts for one place the greater `version` counts.
    """

    module: str
    target: str
    audience: str
    version: int
    issued_ns: int
    expires_ns: int
    keys: tuple[tuple[str, str], ...]
    whole: str
    plan: bytes
    placed: Placed
    capabilities: tuple[Capability, ...]
    devices: tuple[dict[str, Any], ...]
    crosses: Crosses


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    """The members of a body, by name."""

    audience: Name
    capabilities: tuple[Capability, ...]
    crosses: Crosses
    devices: tuple[dict[str, Any], ...]
    expires_ns: Nanoseconds
    issued_ns: Nanoseconds
    keys: dict[Text, Text]
    module: Text
    placed: Placed
    plan: msgspec.Raw
    target: Text
    version: Whole
    whole: Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}\Z")]


def sealed(part: Part, key: SigningKey) -> bytes:
    """The file of a part, signed."""
    body = body_of(part)
    signature = key.sign(SIGNED_FOR + body)
    return b"headgate part %d %s %s\n%s" % (FORMAT, key.public.id.encode(), signature.hex().encode(), body)


def body_of(part: Part) -> bytes:
    """The canonical JSON of a part. The plan's document is canonical already, and stands in it as it is."""
    members = {
        "audience": part.audience,
        "capabilities": part.capabilities,
        "crosses": part.crosses,
        "devices": part.devices,
        "expires_ns": str(part.expires_ns),
        "issued_ns": str(part.issued_ns),
        "keys": dict(part.keys),
        "module": part.module,
        "placed": part.placed,
        "target": part.target,
        "version": part.version,
        "whole": part.whole,
    }
    written = {name: rfc8785.dumps(msgspec.to_builtins(value)) for name, value in members.items()}
    written["plan"] = part.plan
    return b"{%s}" % b",".join(b'"%s":%s' % (name.encode(), written[name]) for name in sorted(written))


def part_of(body: bytes) -> Part:
    """The part that a body holds. Raises `NoPart`."""
    try:
        found = msgspec.json.decode(body, type=_Body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise NoPart(str(problem)) from None
    except RecursionError:
        raise NoPart("it is nested too deep") from None
    part = Part(
        found.module,
        found.target,
        found.audience,
        found.version,
        int(found.issued_ns),
        int(found.expires_ns),
        tuple(found.keys.items()),
        found.whole,
        bytes(found.plan),
        found.placed,
        found.capabilities,
        found.devices,
        found.crosses,
    )
    try:
        canonical = body_of(part) == body
    except ValueError as problem:
        raise NoPart(str(problem)) from None
    if not canonical:
        raise NoPart("its JSON is not canonical")
    return part
