"""What goes into the orchestrator, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...stdlib.function import Value
from ..output import Alerted, Emitted, Life, OutputValue, Record, Sent, Set, Signalled, Started

CommandState = Literal[
    "planned",
    "queued",
    "sent",
    "delivered",
    "accepted",
    "done",
    "confirmed",
    "rejected",
    "failed",
    "expired",
    "in_doubt",
    "superseded",
    "cancelled",
    "compensating",
    "compensated",
    "compensation_failed",
]

# --- In --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device says of a command."""

    command_id: str
    time: int
    what: Literal["delivered", "accepted", "done", "rejected", "failed"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """A device's message, as it was admitted; `time` is the time it carries (ns)."""

    device: str
    id: str
    time: int
    fields: Mapping[str, Value]


Told = Life | Sent | Set | Started | Signalled | Answer | Reported
"""What the orchestrator is told, one at a time: what the rules are and ask for, what signals are, what devices say."""

# --- Out -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deliver:
    """A command goes to a device; `attempt` counts from 0, and `command_id` is the same each time."""

    command_id: str
    device: str
    id: str
    command: str
    arguments: Mapping[str, OutputValue]
    time: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Outcome(Record):
    """A command came to a state; the key is the device's id."""

    command_id: str
    command: str
    state: CommandState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proceeded(Record):
    """A procedure began, or is over; `already`: it was to be begun while it is running, and goes on as it was.

    `step` and `reason` say where it failed and why.
    """

    rule: str
    procedure: str
    what: Literal["started", "already", "done", "failed"]
    step: str = ""
    reason: str = ""


Effect = Deliver | Outcome | Proceeded | Sent | Set | Alerted | Emitted

Mailbox = tuple[str, str, str]
"""A device type, a device, and what of it is in use."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a command or procedure: a rule, in an output of that number, for a key of a timeline."""

    seq: int
    rule: str
    timeline: str
    key: tuple[str, ...]
