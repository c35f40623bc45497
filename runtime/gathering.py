"""Outputs as columns: what the operators give during a batch; and as records, in the order of docs/meaning.md."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column
from .frame import Frame, Instants, Keys, Rows
from .output import Output

Shown = Callable[[int], tuple[str, ...]]
"""A key as outputs show it."""


FEW = 64
"""Fewer outputs than these are put in order one by one."""


@dataclass(frozen=True, slots=True)
class Block:
    """Outputs of one node during one batch, as columns (n,).

    timeline: its id; seq, key, time, timer: of each output; place: the node's among the plan's (a rule's actions
    have the rule's); element (n,) and part: the place among those of one node and instant. `records` makes the
    outputs, in order. `name` and `column` are for who wants columns (`Columns`).
    """

    timeline: str
    seq: Rows
    instants: Instants
    place: int
    element: Rows
    part: int
    records: Callable[[], list[Output]]
    name: str | None = None
    column: Column | None = None

    def __len__(self) -> int:
        return len(self.seq)


@dataclass(frozen=True, slots=True)
class Columns:
    """What came of one name in a batch, as columns (n,): the engine's keys, times (ns), and values.

    A signal's values are its own; those of a rule's life are codes (`kernels.life`: RAISED, …); a match has none.
    """

    keys: Keys
    times: Rows
    values: Column


@dataclass
class Gathered:
    """The blocks of the batch at hand, and how keys of timelines are shown and ordered."""

    shown: dict[str, Shown] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def key(self, timeline: str, key: int) -> tuple[str, ...]:
        return self.shown[timeline](key)

    def keys(self, timeline: str, keys: Keys) -> list[tuple[str, ...]]:
        """Many keys as outputs show them."""
        shown = self.shown[timeline]
        return [shown(k) for k in keys.tolist()]

    def add(
        self,
        timeline: str,
        frame: Frame,
        instants: Instants,
        place: int,
        records: Callable[[list[int], list[tuple[str, ...]], list[int]], list[Output]],
        element: Rows | None = None,
        part: int = -1,
        name: str | None = None,
        column: Column | None = None,
    ) -> None:
        """Add a node's outputs at these instants; `records` makes them of their seqs, shown keys and times."""
        if len(instants) == 0:
            return
        seq = frame.seq[instants.row]

        def make() -> list[Output]:
            return records(seq.tolist(), self.keys(timeline, instants.key), instants.time.tolist())

        element = np.arange(len(instants), dtype=np.int64) if element is None else element
        self.blocks.append(Block(timeline, seq, instants, place, element, part, make, name, column))

    def take(self) -> "Outputs":
        """What was gathered; from now on nothing is."""
        blocks, self.blocks = self.blocks, []
        return Outputs(self, blocks)


class Outputs(Sequence[Output]):
    """What came of a batch: records, made and put in order when they are first looked at; or columns, by signal."""

    def __init__(self, gathered: Gathered, blocks: list[Block]) -> None:
        self._gathered = gathered
        self.blocks = blocks
        self._records: list[Output] | None = None

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)

    @overload
    def __getitem__(self, index: int) -> Output: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Output]: ...
    def __getitem__(self, index: int | slice) -> Output | Sequence[Output]:
        return self.records()[index]

    def __iter__(self) -> Iterator[Output]:
        return iter(self.records())

    def records(self) -> list[Output]:
        """All outputs, in order."""
        if self._records is None:
            made: list[Output] = []
            for block in self.blocks:
                made += block.records()
            order = self._order_of_few() if len(made) < FEW else self._order().tolist()
            self._records = [made[i] for i in order]
        return self._records

    def columns(self, name: str) -> Columns:
        """The outputs of a signal, a pattern or a rule's life as columns, by node and batch in order."""
        of = [block for block in self.blocks if block.name == name]
        if not of:
            nothing = np.zeros(0, dtype=np.int64)
            return Columns(nothing.astype(np.int32), nothing, Column(np.zeros(0)))
        keys: Keys = _joined([b.instants.key for b in of])
        times: Rows = _joined([b.instants.time for b in of])
        values = _joined([b.column.values for b in of if b.column is not None] or [np.zeros(0)])
        known = None
        if any(b.column is not None and b.column.known is not None for b in of):
            known = np.concatenate([b.column.mask() for b in of if b.column is not None])
        return Columns(keys, times, Column(values, known))

    def _order_of_few(self) -> list[int]:
        """As `_order`: for a few outputs it is much faster to compare them in Python."""
        made: list[tuple[object, ...]] = []
        for block in self.blocks:
            place, shown = self._gathered.places[block.timeline], self._gathered.shown[block.timeline]
            columns = (block.seq, block.instants.key, block.instants.row, block.instants.timer, block.instants.time)
            for seq, key, row, timer, time, element in zip(
                *(column.tolist() for column in columns), block.element.tolist(), strict=True
            ):
                made.append((seq, place, shown(key), row, not timer, time, block.place, element, block.part))
        return sorted(range(len(made)), key=made.__getitem__)

    def _order(self) -> NDArray[np.intp]:
        blocks = self.blocks
        ranks = self._ranks()

        def each(values: Sequence[int]) -> Rows:
            return np.repeat(np.array(values, dtype=np.int64), [len(b) for b in blocks])

        return np.lexsort(
            (
                each([b.part for b in blocks]),
                np.concatenate([b.element for b in blocks]),
                each([b.place for b in blocks]),
                np.concatenate([b.instants.time for b in blocks]),
                ~np.concatenate([b.instants.timer for b in blocks]),
                np.concatenate([b.instants.row for b in blocks]),
                np.concatenate([ranks[b.timeline][b.instants.key] for b in blocks]),
                each([self._gathered.places[b.timeline] for b in blocks]),
                np.concatenate([b.seq for b in blocks]),
            )
        )

    def _ranks(self) -> dict[str, Rows]:
        """By timeline: the place of each key that has outputs among those that have, ordered as texts."""
        ranks: dict[str, Rows] = {}
        for timeline in {b.timeline for b in self.blocks}:
            keys = np.unique(np.concatenate([b.instants.key for b in self.blocks if b.timeline == timeline])).tolist()
            ranks[timeline] = np.empty(keys[-1] + 1, dtype=np.int64)
            ranks[timeline][sorted(keys, key=self._gathered.shown[timeline])] = np.arange(len(keys))
        return ranks


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
