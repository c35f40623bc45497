"""Flows: what a node gives during one batch, and how its value is looked up at any instant.

Three kinds. A *constant* has one value. A *dense* flow has a value at every base row, and perhaps further moments
(when a held value goes stale). A *sparse* flow has values only where it is updated, and holds them in between.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column, Mask, Values
from .frame import Frame, Instants, Rows, first_seen
from .kernels.episodes import SILENT, UNKNOWN
from .kernels.held import put_by_key
from .kernels.instants import latest

At = Callable[[Instants], Column]
Truth = NDArray[np.int8]
TRUE: Mask = np.ones(1, dtype=np.bool_)


@dataclass(slots=True)
class Constant:
    """One value at all times; `column` has length 1."""

    column: Column

    def at(self, instants: Instants) -> Column:
        """Its value, once: NumPy broadcasts it."""
        return self.column


@dataclass(slots=True)
class Dense:
    """A value at every base row: `column` (n,). Updated at the event rows where `updated()` is true.

    `look` finds its value at any instants, and makes the column when somebody asks for it, if it was not `given`.
    `moments` are timer instants at which it is updated as well, with `moment_column` its values there. What was asked
    last is remembered, as functions of one node may ask many times over. A `volatile` one may have another value at a
    row that does not update it (`fresh(x)`).
    """

    frame: Frame
    given: Column | None
    updated: Callable[[], Mask]
    look: At
    moments: Instants | None = None
    moment_column: Column | None = None
    volatile: bool = False
    asked: tuple[Instants, Column] | None = None
    of: "Sequence[Looking]" = ()
    """What `look` looks at, in turn, of what looks itself."""

    @property
    def column(self) -> Column:
        return self.at(self.frame.rows)

    def at(self, instants: Instants) -> Column:
        found = self._found(instants)
        return _find(self, instants) if found is None else found

    def _found(self, instants: Instants) -> Column | None:
        if instants is self.frame.rows:
            return self.given
        return self.asked[1] if self.asked is not None and self.asked[0] is instants else None

    def _picked(self, instants: Instants) -> Column | None:
        """What was given at rows that these instants are, all of them."""
        if self.given is None or instants is self.frame.rows or instants.timer.any():
            return None
        return self.given.take(instants.row)

    def _keep(self, instants: Instants, column: Column) -> None:
        if instants is self.frame.rows:
            self.given = column
        else:
            self.asked = instants, column


@dataclass(slots=True)
class Sparse:
    """Values `column` (m,) at the `instants` where the node is updated, held in between by `held` from batch to batch.

    Of an event the instants are those where it happens, and its value is true just then. If `updated` is given, only
    those of the instants are updates; at the others the value is another one all the same. `look`, if it is given,
    finds the value at any instants; what was asked last is remembered.
    """

    frame: Frame
    instants: Instants
    column: Column
    held: "Held | None"
    event: bool = False
    updated: Mask | None = None
    look: At | None = None
    asked: tuple[Instants, Column] | None = None
    of: "Sequence[Looking]" = ()

    def at(self, instants: Instants) -> Column:
        if instants is self.instants:
            return self.column
        if self.look is not None:
            known = self._found(instants)
            return _find(self, instants) if known is None else known
        index = positions(self.frame, instants, self.instants)
        if self.event or self.held is None:
            here = index >= 0
            found = index[here]
            here[here] = (self.instants.time[found] == instants.time[here]) & (
                self.instants.timer[found] == instants.timer[here]
            ) & (self.instants.row[found] == instants.row[here])  # fmt: skip
            return Column(here)
        return self.held.look(index, instants.key, self.column)

    def _found(self, instants: Instants) -> Column | None:
        if instants is self.instants:
            return self.column
        return self.asked[1] if self.asked is not None and self.asked[0] is instants else None

    def _picked(self, instants: Instants) -> Column | None:
        return None

    def _keep(self, instants: Instants, column: Column) -> None:
        self.asked = instants, column


Flow = Constant | Dense | Sparse
Looking = Dense | Sparse


def that_look(flows: Sequence[Flow]) -> list[Looking]:
    """Those of the flows whose values are found by a look at others."""
    return [flow for flow in flows if not isinstance(flow, Constant) and flow.look is not None]


def _find(flow: Looking, instants: Instants) -> Column:
    """A flow's value, after those that it looks at: of a chain of a thousand functions, no thousand calls deep."""
    waiting = [flow]
    while waiting:
        one = waiting[-1]
        column = one._picked(instants)
        missing = [part for part in one.of if part._found(instants) is None] if column is None else ()
        waiting += missing
        if not missing:
            waiting.pop()
            assert one.look is not None
            one._keep(instants, one.look(instants) if column is None else column)
    found = flow._found(instants)
    assert found is not None
    return found


def positions(frame: Frame, instants: Instants, given: Instants) -> NDArray[np.int64]:
    """For each instant the newest of the given ones, of its key, that is not after it; or -1."""
    out = np.empty(len(instants), dtype=np.int64)
    latest(
        instants.key, instants.row, instants.time, instants.timer, given.key, given.row, given.time, given.timer,
        frame.scratch, out,
    )  # fmt: skip
    return out


@dataclass
class Held:
    """The value that each key of a sparse flow held when the batch began."""

    values: Values
    known: Mask = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))

    def grow(self, keys: int) -> None:
        self.values = first_seen(self.values, keys, 0)
        self.known = first_seen(self.known, keys, False)

    def look(self, index: NDArray[np.int64], key: NDArray[np.int32], column: Column) -> Column:
        """The values at `index` of the column; of the keys' own held values where it is -1."""
        old = index < 0
        if len(column.values) == 0:
            return Column(self.values[key], self.known[key])
        values = column.values[index]
        known = column.mask()[index]
        values[old] = self.values[key[old]]
        known[old] = self.known[key[old]]
        return Column(values, None if known.all() else known)

    def commit(self, key: NDArray[np.int32], column: Column) -> None:
        """Hold from now on what the column, in order, ends with for each key."""
        put_by_key(self.values, key, column.values)
        put_by_key(self.known, key, TRUE if column.known is None else column.known)


def truth(column: Column, count: int) -> Truth:
    """A bool column as truths (`kernels.episodes`), `count` of them."""
    values = column.values.view(np.int8) if column.values.dtype == np.bool_ else column.values.astype(np.int8)
    if column.known is not None:
        values = np.where(column.known, values, np.int8(UNKNOWN))
    return kernel_ready(np.ascontiguousarray(values if len(values) == count else np.broadcast_to(values, (count,))))


def kernel_ready(array: Values) -> Values:
    """The array, or a copy if it may not be written to (a broadcast constant), which kernels do not take."""
    return array if array.flags.writeable else array.copy()


def where_true(column: Column, count: int) -> Mask:
    """The rows at which a bool column is true."""
    values = column.values if column.known is None else column.values & column.known
    return values if len(values) == count else np.broadcast_to(values, (count,))


def true_at(flow: Flow, instants: Instants) -> Rows:
    """The places, among the instants, at which a bool flow is true."""
    if isinstance(flow, Sparse) and flow.event and instants is flow.frame.rows:
        return flow.instants.row[~flow.instants.timer]
    return where_true(flow.at(instants), len(instants)).nonzero()[0]


def updates(flow: Flow) -> Instants | None:
    """The instants at which a flow is updated; None for a constant."""
    match flow:
        case Constant():
            return None
        case Sparse(updated=None):
            return flow.instants
        case Sparse():
            assert flow.updated is not None
            return flow.instants.take(flow.updated)
        case Dense(moments=None):
            return flow.frame.events(flow.updated())
        case Dense():
            assert flow.moments is not None
            return flow.frame.merge([flow.frame.events(flow.updated()), flow.moments], base=False)[0]


def looks(flow: Flow) -> Instants | None:
    """The instants at which a flow may have another value than before: of a dense one every event; None: never."""
    match flow:
        case Sparse():
            return flow.instants
        case Dense(moments=None):
            return flow.frame.events()
        case Dense():
            assert flow.moments is not None
            return flow.frame.merge([flow.frame.events(), flow.moments], base=False)[0]
        case Constant():
            return None


def truths_over_rows(frame: Frame, flow: Flow) -> tuple[Instants, Truth]:
    """Every base row and every other instant of a bool flow, and its truth there.

    It is SILENT where the flow says nothing, as at rows that are no events.
    """
    if isinstance(flow, Sparse):
        instants, (at,) = frame.merge([flow.instants], base=True)
        truths = np.full(len(instants), SILENT, dtype=np.int8)
        truths[at] = truth(flow.column, len(flow.instants))
        return instants, truths
    instants = frame.rows
    if isinstance(flow, Dense) and flow.moments is not None:
        instants, _ = frame.merge([flow.moments], base=True)
    truths = truth(flow.at(instants), len(instants))
    if not frame.all_events:
        idle = ~(instants.timer | frame.event[instants.row])
        truths = np.where(idle, np.int8(SILENT), truths)
    return instants, truths
