"""What became of messages that are no good: each is counted by its reason, and recorded where someone asked for it.

So is what was let pass with another time than it came with.
"""

import json
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from .connectors.payload import Reason
from .output import Counters


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is told of: where it stood, why, which field is to blame (if one is), and how it began."""

    seq: int
    input: str
    line: int
    reason: Reason
    field: str | None
    excerpt: str

    def to_json(self) -> str:
        """One line of JSON."""
        members = {
            "seq": self.seq,
            "input": self.input,
            "line": self.line,
            "reason": self.reason,
            "field": self.field,
            "excerpt": self.excerpt,
        }
        return json.dumps(members, ensure_ascii=False)


class Sink(Protocol):
    """Where lines of text can be written to: an open file, say."""

    def write(self, text: str, /) -> object: ...


@dataclass(slots=True)
class Quarantine:
    """Takes what is told of messages: counts it in `counters`, keeps the first of each reason, writes all to `sink`."""

    STATE: ClassVar[tuple[str, ...]] = ("first",)

    counters: Counters
    sink: Sink | None = None
    first: dict[Reason, Refusal] = field(default_factory=dict)

    def take(self, refusal: Refusal) -> None:
        """A message is refused."""
        self.counters.quarantined[refusal.reason] += 1
        self._tell(refusal)

    def let_pass(self, clamped: Refusal) -> None:
        """A message is from the future, and goes on with another time."""
        self.counters.clamped += 1
        self._tell(clamped)

    def _tell(self, refusal: Refusal) -> None:
        self.first.setdefault(refusal.reason, refusal)
        if self.sink is not None:
            self.sink.write(refusal.to_json() + "\n")
