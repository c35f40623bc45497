"""Devices that are not as they should be: each is a behaviour around another, and may be put around it in any order.

    Latency(Lossy(Obedient(plan, values), 0.05, seed=1), there_ns=(50 * MS, 200 * MS), seed=2)

What becomes of a command is a function of the seed, the command's id and the attempt (or of the device), whatever else
is going on: not of the order in which commands are delivered.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from ..commands.records import Answer, Deliver
from .behaviour import Behaviour, Change
from .chance import share_of

Range = tuple[int, int]
"""The least and the most (ns)."""
Reactions = tuple[Answer | Change, ...]


@dataclass(frozen=True)
class Latency:
    """A command takes a while to come to the device, and each answer another to come back."""

    of: Behaviour
    there_ns: Range
    back_ns: Range = (0, 0)
    seed: int = 0

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        there = _within(self.there_ns, self.seed, deliver.command_id, deliver.attempt, "there")
        return tuple(
            replace(one, time=one.time + self._back(deliver, place)) if isinstance(one, Answer) else one
            for place, one in enumerate(self.of.on_command(deliver, time + there))
        )

    def _back(self, deliver: Deliver, place: int) -> int:
        return _within(self.back_ns, self.seed, deliver.command_id, deliver.attempt, "back", place)


@dataclass(frozen=True)
class Lossy:
    """A share of the commands does not come to the device, and a share of the answers does not come back. Each attempt
    is another chance."""

    of: Behaviour
    commands: float
    answers: float = 0.0
    seed: int = 0

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        about = (self.seed, deliver.command_id, deliver.attempt)
        if share_of(*about, "lost") < self.commands:
            return ()
        return tuple(
            one
            for place, one in enumerate(self.of.on_command(deliver, time))
            if isinstance(one, Change) or share_of(*about, "answer lost", place) >= self.answers
        )


@dataclass(frozen=True)
class Rejecting:
    """A share of the commands is rejected (the device will never do it) or has failed, and changes nothing. Of a
    rejected command each attempt is; of a failed one each attempt is another chance."""

    of: Behaviour
    share: float
    seed: int = 0
    what: Literal["rejected", "failed"] = "rejected"
    reason: str = "not now"

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        attempt = deliver.attempt if self.what == "failed" else 0
        if share_of(self.seed, deliver.command_id, attempt, self.what) < self.share:
            return (Answer(deliver.command_id, time, self.what, self.reason),)
        return self.of.on_command(deliver, time)


@dataclass(frozen=True)
class Rebooting:
    """Each device restarts once in every `every_ns`, by chance when, and is away for `away_ns`. A command that comes
    then is lost; of one that it was doing, whatever would have come later is forgotten."""

    of: Behaviour
    every_ns: int
    away_ns: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.away_ns <= self.every_ns:
            raise ValueError("a device is away for some time, and no longer than from one restart to the next")

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        if self.away(deliver, time):
            return ()
        begins = self.next_restart(deliver, time)
        return tuple(one for one in self.of.on_command(deliver, time) if one.time < begins)

    def away(self, deliver: Deliver, time: int) -> bool:
        """Whether the device restarts at a time."""
        begin = self._begin(deliver, time // self.every_ns)
        return begin <= time < begin + self.away_ns

    def next_restart(self, deliver: Deliver, time: int) -> int:
        """When it restarts next."""
        turn = time // self.every_ns
        begin = self._begin(deliver, turn)
        return begin if begin > time else self._begin(deliver, turn + 1)

    def _begin(self, deliver: Deliver, turn: int) -> int:
        latest = self.every_ns - self.away_ns
        return turn * self.every_ns + _within((0, latest), self.seed, deliver.device, deliver.id, turn)


@dataclass(frozen=True)
class Lying:
    """A share of the commands is answered as if it were done, and changes nothing."""

    of: Behaviour
    share: float = 1.0
    seed: int = 0

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        found = self.of.on_command(deliver, time)
        if share_of(self.seed, deliver.command_id, "lie") >= self.share:
            return found
        return tuple(one for one in found if isinstance(one, Answer))


@dataclass(frozen=True)
class OldFirmware:
    """A share of the devices, each with all its commands, does not know some commands yet, and rejects them."""

    of: Behaviour
    lacks: Collection[str]
    share: float = 1.0
    seed: int = 0

    def on_command(self, deliver: Deliver, time: int) -> Reactions:
        if deliver.command in self.lacks and self.is_old(deliver.device, deliver.id):
            return (Answer(deliver.command_id, time, "rejected", f"unknown command `{deliver.command}`"),)
        return self.of.on_command(deliver, time)

    def is_old(self, device: str, id_: str) -> bool:
        """Whether a device has the old firmware."""
        return share_of(self.seed, device, id_, "old firmware") < self.share


def _within(between: Range, *about: str | int) -> int:
    """A whole number by chance from the least to the most, both included."""
    least, most = between
    return least + int(share_of(*about) * (most - least + 1))
