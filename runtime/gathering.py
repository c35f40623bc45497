"""Outputs as columns: what the operators give during a batch; and as records, in the order of docs/meaning.md."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column
from .frame import Frame, Instants, Keys, Rows
from .output import Output

Shown = Callable[[int], tuple[str, ...]]
"""A key as outputs show it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Outputs of one node during one batch, as columns (n,).

    timeline: its id; seq, key, time, timer: of each output; place: the node's among the plan's (a rule's actions
    have the rule's); element (n,) and part: the place among those of one node and instant. `records` makes the
    outputs, in order. `name` and `column` are of a signal's values.
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
            self._records = [made[i] for i in self._order().tolist()]
        return self._records

    def signal(self, name: str) -> tuple[list[tuple[str, ...]], Rows, Column]:
        """A signal's values as columns: shown keys, times (ns), values."""
        of = [b for b in self.blocks if b.name == name and b.column is not None]
        keys = [key for b in of for key in self._gathered.keys(b.timeline, b.instants.key)]
        times = [b.instants.time for b in of]
        columns = [b.column for b in of if b.column is not None]
        values = np.concatenate([c.values for c in columns]) if columns else np.zeros(0)
        known = np.concatenate([c.mask() for c in columns]) if columns else np.zeros(0, np.bool_)
        return keys, np.concatenate(times) if times else np.zeros(0, np.int64), Column(values, known)

    def _order(self) -> NDArray[np.intp]:
        blocks = self.blocks
        if not blocks:
            return np.zeros(0, dtype=np.intp)

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
