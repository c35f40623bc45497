"""Devices that are registered before they say anything: those of an inventory.

A registration is an input: a message of the device that carries the properties which are known of it, at the time at
which it is registered. So `no temp for 5 min` counts from there, and groups know their members.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .admitted import Input, Message, batch_of
from .batch import Batch
from .deployment.inventory import Registered
from .engine import Engine
from .ingest import Admission


@dataclass(slots=True)
class Registrations:
    """The devices of an inventory that are still `waiting` to be registered, with the sequence numbers that are theirs.

    A device of which it is not known since when there is one is registered at the time of the first message; without
    messages, with the last of the others.
    """

    waiting: Sequence[Registered]
    first_seq: int

    @classmethod
    def of(cls, devices: Sequence[Registered], engine: Engine, admission: Admission) -> "Registrations":
        """Those of the devices that the engine does not know. They have their keys from now on, so that no others take
        the room that `max` leaves."""
        waiting = [one for one in devices if not engine.knows(one.device, one.id)]
        for one in waiting:
            engine.registries[one.device].key(one.id)
        found = cls(waiting, admission.next_seq)
        admission.next_seq += len(waiting)
        admission.registered += len(waiting)
        return found

    def batch(self, engine: Engine, admission: Admission, begin_ns: int | None) -> Batch:
        """The registrations, before anything else; none wait any more. `begin_ns`: the time of what comes first."""
        begin = begin_ns
        if begin is None:
            begin = max(one.since_ns for one in self.waiting if one.since_ns is not None)
        inputs: list[tuple[int, Input]] = []
        for seq, one in enumerate(self.waiting, self.first_seq):
            time = begin if one.since_ns is None else one.since_ns
            inputs.append((seq, Message(one.device, one.id, time, one.properties)))
            admission.newest_ns = time if admission.newest_ns is None else max(admission.newest_ns, time)
        self.waiting = ()
        return batch_of(engine, inputs)


def first_time(batch: Batch) -> int | None:
    """The time of the first message of a batch."""
    first = min((part for part in batch.parts if len(part)), key=lambda part: int(part.seq[0]), default=None)
    return None if first is None else int(first.time[0])
