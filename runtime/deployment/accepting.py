"""Whether a place takes a part: only one that is signed by an issuer it trusts, meant for it, in force, and not older
than what it has. Whatever else it is, it is refused, and it is said why.

    part = accept(content, {key.id: key}, "oslo", now_ns, load_plan)       # raises Refused
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from ...compiler import plan as p
from ..edge.cutting import COPIED
from ..edge.splitting import partial_id
from .capabilities import capabilities
from .inventory import Inventory, InventoryError, Record, inventory_of
from .part import FORMAT, HEAD, HEAD_MAX, PART_SIZE_MAX, SIGNED_FOR, NoPart, Part, part_of
from .signing import PublicKey

CLOCKS_APART_NS = 5 * 60 * 10**9
"""A part counts as issued though by this clock it is so much too early: the issuer's may be ahead."""

LoadPlan = Callable[[bytes], p.Plan]
"""Reads a plan's document (`compiler.document.load`); raises `ValueError` where it is none."""


class Reason(Enum):
    """Why a part is refused; the value is what it is called in logs and JSON."""

    OVERSIZED = "oversized"
    UNSIGNED = "unsigned"
    UNTRUSTED = "untrusted"
    FORGED = "forged"
    MALFORMED = "malformed"
    FOREIGN = "foreign"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OLDER = "older"
    CONFLICTING = "conflicting"


class Refused(Exception):
    """A part is not accepted. `reason` is for machines, the text for people."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest part that was accepted before."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A part that may run: what it says, its plan and devices, which key signed it, and what it is remembered by."""

    part: Part
    plan: p.Plan
    inventory: Inventory
    issuer: str
    newest: Newest


def accept(
    content: bytes,
    trusted: Mapping[str, PublicKey],
    identity: str | None,
    now_ns: int,
    load: LoadPlan,
    newest: Newest | None = None,
) -> Accepted:
    """The part of a file's content, for the place that is called `identity` (None: for whomever it is meant), now.
    Raises `Refused`."""
    issuer, body = _authentic(content, trusted)
    try:
        part = part_of(body)
    except NoPart as problem:
        raise Refused(Reason.MALFORMED, f"this is no part: {problem}") from None
    if identity is not None and part.audience != identity:
        raise Refused(Reason.FOREIGN, f"the part is for `{part.audience}`, this is `{identity}`")
    if now_ns < part.issued_ns - CLOCKS_APART_NS:
        raise Refused(Reason.NOT_YET_VALID, "the part is not valid yet; or the clock is wrong")
    if now_ns >= part.expires_ns:
        raise Refused(Reason.EXPIRED, "the part has expired; deploy anew")
    mine = Newest(part.version, hashlib.sha256(content).hexdigest())
    if newest is not None and mine.version < newest.version:
        raise Refused(Reason.OLDER, f"the part has version {mine.version}, and {newest.version} was accepted before")
    if newest is not None and mine.version == newest.version and mine != newest:
        raise Refused(Reason.CONFLICTING, f"another part of version {mine.version} was accepted before")
    plan, inventory = _consistent(part, load)
    return Accepted(part, plan, inventory, issuer, mine)


def _authentic(content: bytes, trusted: Mapping[str, PublicKey]) -> tuple[str, bytes]:
    """The id of the trusted key that signed a file, and the body that it signed."""
    if len(content) > PART_SIZE_MAX:
        raise Refused(Reason.OVERSIZED, f"a part has at most {PART_SIZE_MAX} bytes, this has {len(content)}")
    head = HEAD.match(content[:HEAD_MAX])
    if head is None:
        raise Refused(Reason.UNSIGNED, "this is no signed part: its first line is no signature of Headgate")
    if head[1] != b"%d" % FORMAT:
        raise Refused(Reason.MALFORMED, f"the part has format {int(head[1])}, this version reads {FORMAT}")
    issuer = head[2].decode()
    key = trusted.get(issuer)
    if key is None:
        raise Refused(Reason.UNTRUSTED, f"the part is signed by key {issuer}, which is not trusted here")
    body = content[head.end() :]
    if not key.signed(SIGNED_FOR + body, bytes.fromhex(head[3].decode())):
        raise Refused(Reason.FORGED, f"the signature is not that of key {issuer} for what stands in the part")
    return issuer, body


def _consistent(part: Part, load: LoadPlan) -> tuple[p.Plan, Inventory]:
    """The plan and the devices of a part, which hold together."""
    try:
        plan = load(part.plan)
        records = [Record(number, record) for number, record in enumerate(part.devices, 1)]
        inventory = inventory_of(plan, records)
    except InventoryError as problem:
        raise Refused(Reason.MALFORMED, f"its devices do not fit its plan: {problem}") from None
    except ValueError as problem:
        raise Refused(Reason.MALFORMED, f"its plan cannot be used: {problem}") from None
    beyond = set(capabilities(plan)) - set(part.capabilities)
    if beyond:
        one = min(beyond)
        text = f"rule `{one.rule}` would send `{one.command}` to {one.device}, which the part does not grant"
        raise Refused(Reason.MALFORMED, text)
    _placed_here(part, plan)
    known = {node.id for node in plan.nodes}
    if any(one.node not in known for one in part.crosses.nodes):
        raise Refused(Reason.MALFORMED, "a node crosses that the plan does not have")
    return plan, inventory


def _placed_here(part: Part, plan: p.Plan) -> None:
    """Whether all that a plan works out is placed at the part's target, or is a part of what is worked out in parts
    there."""
    placed = part.placed
    if part.target not in placed.targets:
        raise Refused(Reason.MALFORMED, f"the placement has no target `{part.target}`")
    here = placed.targets.index(part.target)
    known = {id_ for id_, tier in placed.of.items() if tier == here}
    known |= {partial_id(id_) for id_, tier in placed.partials.items() if tier <= here}
    for node in plan.nodes:
        if not isinstance(node.operator, (p.Received, *COPIED)) and node.id not in known:
            raise Refused(Reason.MALFORMED, f"node {node.id} is not placed at `{part.target}`")
