"""What became of messages that are no good: each is counted by its reason, and recorded where someone asked for it."""

import json
from dataclasses import dataclass, field
from typing import TextIO

from .connectors.payload import Reason
from .output import Counters


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message in quarantine: where it stood, why it is here, which field is to blame (if one is), how it began."""

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


@dataclass(slots=True)
class Quarantine:
    """Takes refused messages: counts them in `counters`, keeps the first of each reason, and writes all to `sink`."""

    counters: Counters
    sink: TextIO | None = None
    first: dict[Reason, Refusal] = field(default_factory=dict)

    def take(self, refusal: Refusal) -> None:
        self.counters.quarantined[refusal.reason] += 1
        self.first.setdefault(refusal.reason, refusal)
        if self.sink is not None:
            self.sink.write(refusal.to_json() + "\n")
