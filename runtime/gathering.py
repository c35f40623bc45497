"""Outputs as columns: what the operators give during a batch; and as records, in the order of docs/meaning.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column
from .frame import Frame, Instants, Keys, Rows
from .lanes import Lane
from .output import Output

Shown = Callable[[int], tuple[str, ...]]
"""A key as outputs show it."""
Make = Callable[[list[int], list[tuple[str, ...]], list[int]], list[Output]]
"""What makes records of their seqs, keys and times."""
NO_NAMES: Mapping[str, int] = MappingProxyType({})


FEW = 64
"""Fewer outputs than these are put in order one by one."""


@dataclass(frozen=True, slots=True)
class Block:
    """Outputs of one node, or of a family of nodes, during one batch, as columns (n,).

    timeline: its id; seqs: by row of the frame; at: the place of each output among the `moments` (None: one each);
    lane: whose of the family it is (None: it is one node's), ascending; places (lanes,): the nodes' among the plan's (a
    rule's actions have the rule's); element (n,) and part: the place among those of one node and instant. `make` makes
    the outputs, in order, of their seqs, shown keys and times. `names` (with their lanes) and `column` are for who
    wants columns (`Columns`).
    """

    timeline: str
    seqs: Rows
    moments: Instants
    at: Rows | None
    lane: Lane | None
    places: Rows
    element: Rows | None
    part: int
    make: Make
    names: Mapping[str, int]
    column: Column | None

    def __len__(self) -> int:
        return len(self.moments) if self.at is None else len(self.at)

    @property
    def instants(self) -> Instants:
        return self.moments if self.at is None else self.moments.take(self.at)

    def place(self) -> Rows:
        """The node's place of each output."""
        return np.repeat(self.places, len(self)) if self.lane is None else self.places[self.lane]

    def elements(self) -> Rows:
        return np.arange(len(self), dtype=np.int64) if self.element is None else self.element

    def span(self, name: str) -> slice | None:
        """Where the outputs of a name are; None: there can be none."""
        lane = self.names.get(name)
        if lane is None:
            return None
        if self.lane is None:
            return slice(len(self))
        first, end = np.searchsorted(self.lane, [lane, lane + 1]).tolist()
        return slice(first, end)


@dataclass(frozen=True, slots=True)
class Columns:
    """What came of one name in a batch, as columns (n,): the engine's keys, times (ns), and values.

    A signal's values are its own; those of a rule's life are codes (`kernels.life`: RAISED, …); a match has none.
    """

    keys: Keys
    times: Rows
    values: Column


@dataclass(frozen=True, slots=True)
class Table:
    """What came of a family of nodes in a batch, as columns (n,) for all of them together: each is of `names[lane]`;
    `lane` ascends. The others are as in `Columns`."""

    names: tuple[str, ...]
    lane: Lane
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
        make: Make,
        element: Rows | None = None,
        part: int = -1,
        name: str | None = None,
        column: Column | None = None,
    ) -> None:
        """Add a node's outputs at these instants."""
        names = {} if name is None else {name: 0}
        self.add_lanes(timeline, frame, instants, None, None, np.array([place]), make, element, part, names, column)

    def add_lanes(
        self,
        timeline: str,
        frame: Frame,
        moments: Instants,
        at: Rows | None,
        lane: Lane | None,
        places: Rows,
        make: Make,
        element: Rows | None = None,
        part: int = -1,
        names: Mapping[str, int] = NO_NAMES,
        column: Column | None = None,
    ) -> None:
        """Add the outputs of a family of nodes, as `Block` has them."""
        block = Block(timeline, frame.seq, moments, at, lane, places, element, part, make, names, column)
        if len(block):
            self.blocks.append(block)

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

    @classmethod
    def together(cls, parts: Sequence["Outputs"]) -> "Outputs":
        """What came of consecutive batches of one engine; at least one."""
        return parts[0] if len(parts) == 1 else cls(parts[0]._gathered, [b for part in parts for b in part.blocks])

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
                at = block.instants
                keys = self._gathered.keys(block.timeline, at.key)
                made += block.make(block.seqs[at.row].tolist(), keys, at.time.tolist())
            order = self._order_of_few() if len(made) < FEW else self._order().tolist()
            self._records = [made[i] for i in order]
        return self._records

    def columns(self, name: str) -> Columns:
        """The outputs of a signal, a pattern or a rule's life as columns, by node and batch in order."""
        of = [(block, span) for block in self.blocks if (span := block.span(name)) is not None]
        if not of:
            nothing = np.zeros(0, dtype=np.int64)
            return Columns(nothing.astype(np.int32), nothing, Column(np.zeros(0)))
        instants = [b.moments if b.at is None else b.moments.take(b.at[span]) for b, span in of]
        columns = [_cut(b.column, span) for b, span in of if b.column is not None] or [Column(np.zeros(0))]
        known = None
        if any(column.known is not None for column in columns):
            known = np.concatenate([column.mask() for column in columns])
        values = _joined([column.values for column in columns])
        return Columns(_joined([i.key for i in instants]), _joined([i.time for i in instants]), Column(values, known))

    def tables(self) -> list[Table]:
        """The outputs of all signals, patterns and rules' lives as columns, a table for each family of nodes: how many
        rules it has does not matter."""
        tables = []
        for block in self.blocks:
            if block.names:
                at, count = block.instants, len(block)
                lane = np.zeros(count, dtype=np.int32) if block.lane is None else block.lane
                values = Column(np.zeros(count)) if block.column is None else block.column
                tables.append(Table(tuple(block.names), lane, at.key, at.time, values))
        return tables

    def _order_of_few(self) -> list[int]:
        """As `_order`: for a few outputs it is much faster to compare them in Python."""
        made: list[tuple[object, ...]] = []
        for block in self.blocks:
            place, shown = self._gathered.places[block.timeline], self._gathered.shown[block.timeline]
            at = block.instants
            columns = (block.seqs[at.row], at.key, at.row, at.timer, at.time, block.place(), block.elements())
            for seq, key, row, timer, time, of, element in zip(*(column.tolist() for column in columns), strict=True):
                made.append((seq, place, shown(key), row, not timer, time, of, element, block.part))
        return sorted(range(len(made)), key=made.__getitem__)

    def _order(self) -> NDArray[np.intp]:
        blocks = self.blocks
        instants = [block.instants for block in blocks]
        ranks = self._ranks(instants)

        def each(values: Sequence[int]) -> Rows:
            return np.repeat(np.array(values, dtype=np.int64), [len(b) for b in blocks])

        return np.lexsort(
            (
                each([b.part for b in blocks]),
                np.concatenate([b.elements() for b in blocks]),
                np.concatenate([b.place() for b in blocks]),
                np.concatenate([i.time for i in instants]),
                ~np.concatenate([i.timer for i in instants]),
                np.concatenate([i.row for i in instants]),
                np.concatenate([ranks[b.timeline][i.key] for b, i in zip(blocks, instants, strict=True)]),
                each([self._gathered.places[b.timeline] for b in blocks]),
                np.concatenate([b.seqs[i.row] for b, i in zip(blocks, instants, strict=True)]),
            )
        )

    def _ranks(self, instants: Sequence[Instants]) -> dict[str, Rows]:
        """By timeline: the place of each key that has outputs among those that have, ordered as texts."""
        ranks: dict[str, Rows] = {}
        of: dict[str, list[Keys]] = {}
        for block, at in zip(self.blocks, instants, strict=True):
            of.setdefault(block.timeline, []).append(at.key)
        for timeline, parts in of.items():
            keys = np.unique(np.concatenate(parts)).tolist()
            ranks[timeline] = np.empty(keys[-1] + 1, dtype=np.int64)
            ranks[timeline][sorted(keys, key=self._gathered.shown[timeline])] = np.arange(len(keys))
        return ranks


def _cut(column: Column, span: slice) -> Column:
    return Column(column.values[span], None if column.known is None else column.known[span])


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
