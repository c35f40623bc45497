"""What comes out of the engine (and of the reference interpreter, in the same form, so that they can be compared)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

OutputValue = bool | float | str | tuple[float, float] | None
"""A value in an output; None is absent, a time is an RFC 3339 text."""


Happening = Literal["raised", "repeated", "cleared", "uncertain", "certain", "flapping", "calm"]
"""What happens in a rule's life."""


@dataclass(frozen=True, slots=True)
class Record:
    """What every output says: which input brought it about, for whom, and when (ns since the epoch, event time)."""

    seq: int
    timeline: str
    key: tuple[str, ...]
    time: int


@dataclass(frozen=True, slots=True)
class Life(Record):
    """A step in the life of a rule's instance; `count` is the number of the repetition."""

    rule: str
    what: Happening
    count: int = 0


@dataclass(frozen=True, slots=True)
class Alerted(Record):
    rule: str
    message: str
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Emitted(Record):
    rule: str
    name: str
    arguments: Mapping[str, OutputValue]


@dataclass(frozen=True, slots=True)
class Sent(Record):
    """A command that a rule, or a procedure that it runs, asks for: planned, not delivered (`runtime.commands`).

    The key is the device's id; where a group's rule sends it to its members, `group` is the group's key.
    """

    rule: str
    command: str
    arguments: Mapping[str, OutputValue]
    group: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Set(Record):
    """What a property of a device shall be, as a rule, or a procedure that it runs, wants it."""

    rule: str
    property: str
    value: OutputValue


@dataclass(frozen=True, slots=True)
class Started(Record):
    """A procedure that a rule runs, and what it is told."""

    rule: str
    procedure: str
    arguments: Mapping[str, OutputValue]


@dataclass(frozen=True, slots=True)
class Signalled(Record):
    """A named signal's value; `window_start` (ns) if it shows a window directly; `revision` counts its corrections."""

    name: str
    value: OutputValue
    window_start: int | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Matched(Record):
    """A named pattern matched: the `ordinal`-th match of its key at that instant (from 0), with the events that it
    bound, in the order in which they came: the name (or the number) of the step, and the event's time (ns).

    Pattern, key, time and ordinal name a match for good.
    """

    name: str
    ordinal: int = 0
    events: tuple[tuple[str, int], ...] = ()


Output = Life | Alerted | Emitted | Sent | Set | Started | Signalled | Matched


@dataclass(slots=True)
class Counters:
    """What became of the inputs, and what else was dropped, by reason.

    read = processed + late + quarantined + duplicate + shed, always, when nothing waits. `clamped`: messages from the
    future that were given another time; they are counted as what became of them besides.
    """

    STATE: ClassVar[tuple[str, ...]] = (
        "processed",
        "late",
        "quarantined",
        "duplicate",
        "shed",
        "clamped",
        "dropped",
    )

    processed: int = 0
    late: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    duplicate: int = 0
    shed: Counter[str] = field(default_factory=Counter)
    clamped: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        return self.processed + self.late + self.quarantined.total() + self.duplicate + self.shed.total()
