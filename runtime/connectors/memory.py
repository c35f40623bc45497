"""Messages that are in memory already: objects, as JSON would give them, or whole columns of one device type.

Columns are for those who have arrays: tests, benchmarks, simulations. They come as batches that can be fed at once:

    for batch in columns(engine.registries["Truck"], ["a", "b"], codes, times, {"fuel": fuel}, rows=4096):
        engine.feed(batch)
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...stdlib.column import Column
from ..batch import Batch, Messages
from ..symbols import REFUSED, Codes, Registry
from .payload import EXCERPT_BYTES, Payloads, Reason, Texts, Wanted, column_of, look

RUN = 4096


@dataclass(frozen=True, slots=True)
class Objects:
    """Messages as Python objects: `Objects([{"id": "a", "ts": 0, "temp": 4.5}])`. What is no mapping is malformed."""

    messages: Iterable[Any]
    name: str = "memory"
    run: int = RUN

    def read(self, wanted: Sequence[Wanted], texts: Texts) -> Iterator[Payloads]:
        messages = iter(self.messages)
        number = 1
        while run := list(islice(messages, self.run)):
            yield payloads_of(run, number, wanted, texts)
            number += len(run)


def payloads_of(messages: Sequence[Any], number: int, wanted: Sequence[Wanted], texts: Texts) -> Payloads:
    """A run of objects, of which the first is message `number`."""
    broken: dict[int, Reason] = {r: "malformed" for r, m in enumerate(messages) if not isinstance(m, Mapping)}
    bad: dict[Wanted, dict[int, Reason]] = {}
    columns: dict[Wanted, Column] = {}
    for want in wanted:
        path = want.path.split(".")
        values: list[Any] = []
        for row, message in enumerate(messages):
            value, reason = (None, None) if row in broken else look(message, path, want.type)
            values.append(value)
            if reason is not None:
                bad.setdefault(want, {})[row] = reason
        columns[want] = column_of(values, want.type, texts)
    numbers = range(number, number + len(messages))
    return Payloads(len(messages), columns, _ObjectOrigin(numbers, messages), bad, broken)


@dataclass(frozen=True, slots=True)
class _ObjectOrigin:
    numbers: Sequence[int]
    messages: Sequence[Any]

    def excerpt(self, row: int) -> str:
        return json.dumps(self.messages[row], default=repr, ensure_ascii=False)[:EXCERPT_BYTES]


def columns(
    registry: Registry,
    ids: Sequence[str],
    codes: Codes,
    times: NDArray[np.int64],
    fields: Mapping[str, Column],
    rows: int = 1 << 16,
    first_seq: int = 0,
) -> Iterator[Batch]:
    """Batches of `rows` messages: `codes` (n,) into `ids` say whose each is, `times` (n,) are ns since the epoch.

    Text columns must be in the engine's symbols. Devices are registered in the order of their first messages; raises
    `ValueError` if they are more than may be. The caller vouches for times and ranges: nothing is quarantined here.
    """
    seen, first = np.unique(codes, return_index=True)
    table = np.full(len(ids), REFUSED, dtype=np.int32)
    for code in seen[np.argsort(first)].tolist():
        table[code] = registry.key(ids[code])
    if (table[seen] == REFUSED).any():
        raise ValueError(f"there are more devices than the {registry.device.maximum} that may be")
    for start in range(0, len(codes), rows):
        run = slice(start, start + rows)
        seq = np.arange(first_seq + start, first_seq + min(start + rows, len(codes)), dtype=np.int64)
        part = {name: Column(c.values[run], None if c.known is None else c.known[run]) for name, c in fields.items()}
        yield Batch((Messages(registry.device.name, seq, table[codes[run]], times[run], part),))
