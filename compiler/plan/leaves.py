"""Operators that give values of their own: payloads, constants, what devices hold, keys, time."""

from dataclasses import dataclass

from .streams import SlicePart


@dataclass(frozen=True, slots=True)
class Payload:
    """A field of a foreign message (`a.b` looks into objects), on a source's timeline; absent where missing or null.

    A payload value of another type than the node's makes the message malformed.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Received:
    """The value of a node that another part of the program works out, as it comes over a link. In parts of a plan only;
    it has the id of that node. With `momentary` it has a value at the instants that are told, and at no other;
    with `parts` it is a `Partial` with these."""

    momentary: bool = False
    parts: tuple[SlicePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that never changes; `value` is null for `absent`; a point is [latitude, longitude]."""

    value: bool | float | str | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Field:
    """The held value of a device's field: the newest by event time; absent before the first and once older than
    `stale_ns`.

    Updated by a message that carries the field and is not older than what is held, and at the timer instant at which it
    goes stale (event time of the held value + `stale_ns`).
    """

    device: str
    field: str
    stale_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`fresh(field)`: the field's value if this very message carries it, else absent. Updated by every message that
    does."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class HeldTime:
    """The event time of the newest value of a field (type time), stale or not; absent before the first."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class Previous:
    """The value that a field held before its newest one, stale or not; absent before the second. Updated when `Field`
    takes a message."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class PreviousTime:
    """The event time of `Previous` (type time)."""

    device: str
    field: str


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """An event that a device tells: happens at the messages whose field of that name is true. `Message` asks for the
    values that it is told with, which are fields as well (`fault.code`)."""

    device: str
    field: str


OfField = Field | Message | HeldTime | Previous | PreviousTime | DeviceEvent
"""The operators that ask about one field of a device type."""


@dataclass(frozen=True, slots=True)
class Key:
    """A part of the timeline's key: `id` on a device's timeline, a property's name on a group's."""

    part: str


@dataclass(frozen=True, slots=True)
class Now:
    """The time of the instant (type time). Never an update by itself."""
