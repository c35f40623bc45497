"""Lanes: what many nodes of one shape give during a batch, as columns for all of them together.

A thousand rules on a number are a few *families* of nodes that differ in their constants alone. A family is run once,
over the changes of all its nodes; each node is a lane. A node that nothing happened to takes no part, and costs
nothing.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..stdlib.column import Column
from .flow import Truth
from .frame import NO_INSTANTS, Instants, Rows, union
from .kernels import lanes as kernel
from .kernels.episodes import TRUE, UNKNOWN

Lane = NDArray[np.int32]


class Changes(Protocol):
    """What can say of any of its lanes when its truth changed."""

    def pick(self, which: Rows, news: bool = False) -> "Lanes":
        """Those lanes, in this order: the first is lane 0. With `news` they may leave out what begins as false with a
        key's first event: of a condition that nothing was said of that is no news to a rule."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Changes of truth, by lane, and of one in order.

    lane (m,), ascending; at (m,): the place of each among the `instants`; truth (m,) after it. A truth may be told
    again though it has not changed.
    """

    instants: Instants
    lane: Lane
    at: Rows
    truth: Truth

    def __len__(self) -> int:
        return len(self.lane)

    def span(self, lane: int) -> slice:
        """Where a lane's changes are."""
        first, end = np.searchsorted(self.lane, [lane, lane + 1]).tolist()
        return slice(first, end)

    def pick(self, which: Rows, news: bool = False) -> "Lanes":
        if bool((which == np.arange(len(which))).all()):
            whole = slice(int(np.searchsorted(self.lane, len(which))))
            return Lanes(self.instants, self.lane[whole], self.at[whole], self.truth[whole])
        first, end = np.searchsorted(self.lane, which), np.searchsorted(self.lane, which, side="right")
        size = int((end - first).sum())
        lane, at, truth = np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int8)
        kernel.picked(first, end, self.lane, self.at, self.truth, lane, at, truth)
        return Lanes(self.instants, lane, at, truth)


def one_lane(instants: Instants, truth: Truth) -> Lanes:
    """The changes of a single condition."""
    n = len(instants)
    return Lanes(instants, np.zeros(n, dtype=np.int32), np.arange(n, dtype=np.int64), truth)


NO_LANES = one_lane(NO_INSTANTS, np.zeros(0, dtype=np.int8))


def column_of(truths: Truth) -> Column:
    """Truths as a bool column."""
    known = truths != UNKNOWN
    return Column(truths == TRUE, None if known.all() else known)


def together(one: Lanes, other: Lanes) -> tuple[Lanes, Truth]:
    """Two inputs of each lane in one order; where one of them says nothing, its truth is SILENT."""
    instants, at, other_at = one.instants, one.at, other.at
    if instants is not other.instants:
        instants, (places, other_places) = union([instants, other.instants])
        at, other_at = places[at], other_places[other_at]
    size = len(one) + len(other)
    lane, both = np.empty(size, np.int32), np.empty(size, np.int64)
    truth, other_truth = np.empty(size, np.int8), np.empty(size, np.int8)
    n = kernel.together(
        one.lane, at, one.truth, other.lane, other_at, other.truth, lane, both, truth, other_truth
    )  # fmt: skip
    return Lanes(instants, lane[:n], both[:n], truth[:n]), other_truth[:n]


def in_order(lane: Lane, row: Rows, rows: int) -> NDArray[np.intp] | None:
    """The order by lane and row; what is of one lane and row stays as it is. None: they are in order."""
    place = lane * np.int64(rows) + row
    return None if bool((place[1:] >= place[:-1]).all()) else place.argsort(kind="stable")


def by_lane(state: NDArray[Any], keys: int, fill: Any) -> NDArray[Any]:
    """State by lane and key (axes 0 and 1) with room for so many keys; new ones hold `fill`. Grows by doubling."""
    if state.shape[1] >= keys:
        return state
    shape = (len(state), max(keys, 2 * state.shape[1], 16), *state.shape[2:])
    # Of what is nothing but zeros only that takes memory, and time, which is ever looked at.
    grown = np.zeros(shape, dtype=state.dtype) if fill == 0 else np.full(shape, fill, dtype=state.dtype)
    grown[:, : state.shape[1]] = state
    return grown


def moved(slots: Rows, old: int, new: int) -> Rows:
    """Places in state by lane and key, flat, after it has grown from so many keys to so many."""
    return slots if old == new else slots // old * new + slots % old
