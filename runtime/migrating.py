"""State from the engine of one plan to that of the plan in its place; `compiler.migration` says what goes where.

Devices, texts, times, what waits for stragglers, held values and counts go over by name; the nodes by the map. Only
slices are more than copied: they may have to be cut otherwise for the windows that the new plan has over them.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ..compiler import plan as p
from ..stdlib.column import Column
from .flow import Held
from .frame import Keys, Rows, first_seen
from .kernels import slices as kernel
from .kernels.jit import NEVER
from .operators.elementwise import MapOperator
from .operators.group_clock import GroupClock
from .operators.group_slices import GroupSlicesOperator
from .operators.leaves import FieldState
from .operators.node import Operator
from .operators.thresholds import ThresholdsOperator
from .operators.truths import HoldsOperator, QuietOperator
from .operators.windows import AggregateOperator, SlicesOperator, calendar_bounds
from .revising import Reviser
from .settling import DeviceClock
from .state import load, save
from .symbols import Registry

Owners = Mapping[str, object]
"""What has state in an engine, by name."""
Present = Mapping[str, tuple[Keys, Column]]
"""By node: keys, and its values for them."""


def migrate(
    old: Owners, new: Owners, plan: p.Plan, migration: p.Migration, now: Mapping[str, Rows], present: Present
) -> None:
    """Give the owners of the new engine what they go on with.

    `now`: the times of the keys of the old timelines; `present`: what the old nodes of devices are now.
    """
    came_from = dict(migration.nodes)
    nodes = {node.id: node for node in plan.nodes}
    for name, owner in new.items():
        kind, _, rest = name.partition(" ")
        before = old.get(f"node {came_from.get(rest, '')}" if kind == "node" else name)
        if before is None:
            continue
        match owner, before:
            case Operator(), Operator():
                _node(before, owner, came_from, now.get(nodes[rest].timeline))
            case Registry(), Registry():
                owner.ids[:] = before.ids
                owner.number()
            case DeviceClock(), DeviceClock():
                _clock(before, owner)
            case GroupClock(), GroupClock():
                _group(before, owner)
            case FieldState(), FieldState():
                if before.values.dtype == owner.values.dtype:
                    load(owner, save(before))
            case Reviser(), Reviser():
                went_to = {was: node for node, was in came_from.items()}
                owner.counts = {(went_to[at[0]], *at[1:]): n for at, n in before.counts.items() if at[0] in went_to}
            case _ if kind in ("engine", "counters"):
                load(owner, save(before))
            case _:
                pass  # Symbols are shared; keys begin anew, so that new nodes look at those that are there.
    for id_ in migration.later:
        _begin_later(nodes, new, id_)
    for node in plan.nodes:
        owner = new.get(f"node {node.id}")
        if isinstance(owner, MapOperator) and owner.held is None:
            owner.held = _held(present.get(came_from.get(node.id, "")))
        elif isinstance(owner, ThresholdsOperator) and node.id not in came_from:
            number = came_from.get(node.inputs[0], "")
            before = old.get(f"node {number}")
            held = before.held if isinstance(before, Operator) and before.held is not None else None
            held = _held(present.get(number)) if held is None else held
            if held is not None:
                owner.last, owner.last_known = held.values.astype(np.float64), held.known.copy()


def _held(of: tuple[Keys, Column] | None) -> Held | None:
    """What was computed anew with every message as what is held: in the new plan it may be."""
    if of is None:
        return None
    keys, column = of
    held = Held(np.zeros(0, dtype=column.values.dtype))
    held.grow(1 + int(keys.max(initial=-1)))
    held.commit(keys, column)
    return held


def _clock(old: DeviceClock, new: DeviceClock) -> None:
    load(new, save(old))
    new.kept = {name: column for name, column in new.kept.items() if new.types.get(name) == old.types[name]}


def _group(old: GroupClock, new: GroupClock) -> None:
    """The groups, and of each member type that both have its members; further types have none yet."""
    saved = save(old)
    places = {member.timeline: place for place, (member, _) in enumerate(old.types)}
    for name in ("slots", "last_group"):
        fresh = getattr(new, name)
        saved[name] = [
            saved[name][places[member.timeline]] if member.timeline in places else fresh[place]
            for place, (member, _) in enumerate(new.types)
        ]
    load(new, saved)
    new.make_room()


def _node(old: Operator, new: Operator, came_from: Mapping[str, str], now: Rows | None) -> None:
    if isinstance(new, SlicesOperator) and isinstance(old, SlicesOperator):
        _recut(old, new, came_from)
        return
    load(new, save(old))
    if isinstance(new, HoldsOperator | QuietOperator) and isinstance(old, HoldsOperator | QuietOperator):
        lasts = new.due != NEVER
        new.due[lasts] += new.duration - old.duration
        if now is not None:
            # What is due by now, because it takes less time than before, is due at once.
            new.due = np.maximum(new.due, first_seen(now, len(new.due), 0)[: len(new.due)])


# --- Slices ----------------------------------------------------------------------------------------------------------


def _recut(old: SlicesOperator, new: SlicesOperator, came_from: Mapping[str, str]) -> None:
    """Put the slices of a store, and its windows' ends, into a store that may have others.

    Slices that become finer lie whole in the first of those that take their place: windows of the old plan end where
    the old slices did, and no window of the new one is shown that begins before it (`Migration.later`).
    """
    places = {id_: place for place, (id_, _) in enumerate(old.windows)}
    same = [(place, places.get(came_from.get(id_, ""))) for place, (id_, _) in enumerate(new.windows)]
    if old.width == new.width and [place for place, _ in same] == [was for _, was in same] and _alike(old, new):
        load(new, save(old))
        return
    keys = len(old.heads)
    new.grow(keys)
    # What is open is put back with the first look at the slices: only then do the heads say so.
    _put(new, *_slices_of(old, new))
    before = old.heads
    heads = new.heads[:keys]
    heads[:, kernel.PASSED] = before[:, kernel.PASSED]
    heads[:, kernel.OPEN] = NEVER
    new.opened[:keys, kernel.LATEST] = old.opened[:keys, kernel.LATEST]
    for place, was in same:
        if was is not None:
            ends, empties = kernel.HEADER + place, kernel.HEADER + len(new.windows) + place
            heads[:, ends] = before[:, kernel.HEADER + was]
            heads[:, empties] = before[:, kernel.HEADER + len(old.windows) + was]
            new.bounds[place] = old.bounds[was].copy()
    heads[:, kernel.SOONEST] = heads[:, kernel.HEADER : kernel.HEADER + len(new.windows)].min(axis=1, initial=NEVER)
    if type(old) is GroupSlicesOperator and type(new) is GroupSlicesOperator:
        new.waiting = [array.copy() for array in old.waiting]


def _alike(old: SlicesOperator, new: SlicesOperator) -> bool:
    """Whether all words mean the same in both, where their windows do."""
    of, into = old.layout, new.layout
    heads_alike = len(old.windows) == len(new.windows)
    return heads_alike and of.columns == into.columns and np.array_equal(of.starts, into.starts)


def _slices_of(old: SlicesOperator, new: SlicesOperator) -> tuple[Rows, Rows, Rows]:
    """Every slice as the new store has it: its key, its number, and its row of parts; by key and number."""
    of, into = old.layout, new.layout
    count, words = int(of.rings[0]), int(of.starts[-1])
    slices = old.slices
    ring = slices[:, : count * words].reshape(len(slices), count, words)
    key, place = np.nonzero(ring[..., 1])
    number, rows = ring[key, place, 0], ring[key, place, 1:]
    order = np.lexsort((number, key))
    key, number, rows = key[order], number[order], rows[order]
    converted = np.zeros((len(key), len(into.columns)), dtype=np.int64)
    for at, column in enumerate(into.columns):
        if column in of.columns:
            converted[:, at] = rows[:, of.columns.index(column)]
    number = number * old.width // new.width
    return key, number, converted


def _put(new: SlicesOperator, key: Rows, number: Rows, rows: Rows) -> None:
    """Put slices, which are in order, into the store; those of one number are joined."""
    into = new.layout
    starts = np.ones(len(key), dtype=np.bool_)
    starts[1:] = (np.diff(key) != 0) | (np.diff(number) != 0)
    runs = [*np.flatnonzero(starts).tolist(), len(key)]
    ints = rows.reshape(-1)
    for first, last in pairwise(runs):
        for i in range(first + 1, last):
            floats: Any = ints.view(np.float64)
            width = len(into.columns)
            kernel.join_rows(floats, ints, first * width, floats, ints, i * width, into.cols, into.flags)
    key, number, rows = key[starts], number[starts], rows[starts]
    at = number % int(into.rings[0]) * int(into.starts[-1])
    # Where a ring has no room for all, the newest, which come last, stay.
    new.words[key, at] = number
    for column in range(rows.shape[1]):
        new.words[key, at + 1 + column] = rows[:, column]


# --- New aggregates over old slices ----------------------------------------------------------------------------------


def _begin_later(nodes: Mapping[str, p.PlanNode], owners: Owners, id_: str) -> None:
    window = nodes[nodes[id_].inputs[0]]
    store, aggregate = owners[f"node {window.inputs[0]}"], owners[f"node {id_}"]
    assert isinstance(aggregate, AggregateOperator)
    assert isinstance(window.operator, p.Window)
    if not isinstance(store, SlicesOperator):
        return  # What was held is known for windows of any aggregate.
    since = np.maximum(store.heads[:, kernel.PASSED], store.opened[:, kernel.LATEST]) + 1
    aggregate.first_end = np.array([_first_end(window.operator, time) for time in since.tolist()], dtype=np.int64)


def _first_end(window: p.Window, since: int) -> int:
    """The end of the first window that begins at a time or later."""
    if window.width_ns is not None:
        assert window.every_ns is not None
        return -(-(since + window.width_ns) // window.every_ns) * window.every_ns
    starts = calendar_bounds(window, since, since)
    begin = int(starts[np.searchsorted(starts, since)])
    if window.every_ns is not None:
        return (begin // window.every_ns + 1) * window.every_ns
    ends = calendar_bounds(window, begin, begin)
    return int(ends[np.searchsorted(ends, begin, side="right")])
