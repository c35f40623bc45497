"""Admitted inputs one by one, and as the batches that the engine takes.

fed(engine, [(0, Message("Pump", "a", 0, {"pressure": 3.0})), (1, Mark("Pump", "a", 10 * S))])
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..compiler.plan import DeviceType
from ..stdlib.column import DTYPES, Column
from ..stdlib.function import Value
from .batch import Acknowledgement, Batch, Messages
from .engine import Engine
from .output import Output
from .symbols import REFUSED


@dataclass(frozen=True)
class Message:
    """A message of a device; `time` in ns; None is a field that is not there."""

    device: str
    id: str
    time: int
    fields: Mapping[str, Value]


@dataclass(frozen=True)
class Mark:
    """Nothing earlier than `time` will come from the device."""

    device: str
    id: str
    time: int


@dataclass(frozen=True)
class MarkAll:
    """Nothing earlier than `time` will come from any registered device."""

    time: int


@dataclass(frozen=True)
class Acknowledge:
    rule: str
    key: tuple[str, ...]
    time: int


Input = Message | Mark | MarkAll | Acknowledge

Numbered = tuple[int, Input]
"""An input and its sequence number."""

_Row = tuple[int, int, Message | Mark | MarkAll]
"""An input's sequence number, the key of a device that it is of, the input."""


def fed(engine: Engine, inputs: Sequence[Numbered]) -> Sequence[Output]:
    """What comes of a batch of inputs with their sequence numbers."""
    return engine.feed(batch_of(engine, inputs))


def batches(inputs: Sequence[Input], sizes: Sequence[int], first_seq: int = 0) -> Iterator[Sequence[Numbered]]:
    """The inputs, numbered from `first_seq` on, in batches of these sizes, the last one repeated.

    An acknowledgement ends a batch.
    """
    sizes = list(sizes)
    batch: list[Numbered] = []
    for entry in enumerate(inputs, first_seq):
        batch.append(entry)
        if len(batch) >= sizes[0] or isinstance(entry[1], Acknowledge):
            yield batch
            batch = []
            sizes = sizes[1:] or sizes
    if batch:
        yield batch


def batch_of(engine: Engine, inputs: Sequence[Numbered]) -> Batch:
    """Inputs with their sequence numbers as a batch; an acknowledgement is the last of them."""
    parts = []
    for device in engine.plan.devices:
        rows = list(_rows(engine, device, inputs))
        if rows:
            parts.append(_messages(engine, device, rows))
    acknowledged = [
        Acknowledgement(s, one.rule, one.key, one.time) for s, one in inputs if isinstance(one, Acknowledge)
    ]
    return Batch(tuple(parts), tuple(acknowledged), inputs[-1][0] + 1)


def _rows(engine: Engine, device: DeviceType, inputs: Sequence[Numbered]) -> Iterator[_Row]:
    """What is of devices of a type: a mark of all is one of each that is registered by then, all of them one input."""
    registry = engine.registries[device.name]
    for seq, one in inputs:
        if isinstance(one, MarkAll):
            for key in range(len(registry)):
                yield seq, key, one
        elif isinstance(one, Acknowledge) or one.device != device.name:
            continue
        elif isinstance(one, Mark):
            if one.id in registry.keys:
                yield seq, registry.keys[one.id], one
        elif (key := registry.key(one.id)) != REFUSED:
            yield seq, key, one
        else:
            engine.counters.quarantined["too_many_devices"] += 1


def _messages(engine: Engine, device: DeviceType, rows: list[_Row]) -> Messages:
    fields: dict[str, Column] = {}
    for field in device.fields:
        found = [one.fields.get(field.name) if isinstance(one, Message) else None for _, _, one in rows]
        if any(value is not None for value in found):
            fields[field.name] = _column(engine, field.type.name, found)
    return Messages(
        device.name,
        np.array([seq for seq, _, _ in rows], dtype=np.int64),
        np.array([key for _, key, _ in rows], dtype=np.int32),
        np.array([one.time for _, _, one in rows], dtype=np.int64),
        fields,
        np.array([not isinstance(one, Message) for _, _, one in rows], dtype=np.bool_),
    )


def _column(engine: Engine, type_name: str, found: Sequence[Value]) -> Column:
    values = []
    for value in found:
        if value is None:
            values.append(np.zeros(1, dtype=DTYPES[type_name])[0])
        elif isinstance(value, str):
            values.append(engine.symbols.code(value))
        elif isinstance(value, tuple):
            values.append(complex(*value))
        else:
            values.append(value)
    known = np.array([value is not None for value in found])
    return Column(np.array(values, dtype=DTYPES[type_name]), None if known.all() else known)
