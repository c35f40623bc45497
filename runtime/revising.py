"""Revisions: what comes after a window closed, but within `revise`, corrects that window's reported results.

A revising message is rare and taken alone: its samples are put where they should have been, and each paced output
that shows closed windows of one shape holding it is worked out anew (docs/meaning.md, The settled timeline of a
device).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ..compiler import plan as p
from ..stdlib.column import Column
from .frame import Frame, Instants
from .operators.elementwise import MapOperator
from .operators.leaves import constant_column
from .operators.node import Operator, Setting
from .operators.windows import AggregateOperator, SlicesOperator, calendar_bounds
from .output import Output, Signalled
from .text import output_value
from .values import plain_values

COUNTS_MIN = 1024
"""So many results' revisions are counted before those that are past are looked for."""


@dataclass(frozen=True)
class Message:
    """One message as its device's nodes see it: fields are columns of length 1, for those it carries."""

    time: int
    id: str
    fields: Mapping[str, Column]


@dataclass(frozen=True)
class Shown:
    """A paced output, the value it shows, and the windows of one shape that the value is made of."""

    node: p.PlanNode
    output: p.Output
    shape: p.Window
    windows: frozenset[str]


@dataclass
class Reviser:
    """The outputs of one timeline that can be revised, and how often each result was."""

    STATE: ClassVar[tuple[str, ...]] = ("counts", "counts_max")

    setting: Setting
    timeline: str
    operators: Mapping[str, Operator]
    shown: list[Shown] = field(default_factory=list)
    counts: dict[tuple[str, int, int], int] = field(default_factory=dict)
    counts_max: int = COUNTS_MIN

    def __post_init__(self) -> None:
        plan = self.setting.plan
        self.nodes = {node.id: node for node in plan.nodes}
        self.places = {node.id: i for i, node in enumerate(plan.nodes)}
        self.slices = [
            n
            for n in plan.nodes
            if n.timeline == self.timeline and isinstance(self.operators.get(n.id), SlicesOperator)
        ]
        windows_of = self._windows() if self.slices else {}
        for node in plan.nodes:
            if node.timeline == self.timeline and isinstance(node.operator, p.Output) and node.operator.paced:
                windows = windows_of.get(node.inputs[0], frozenset())
                shapes = {self.nodes[w].operator for w in windows}
                if len(shapes) == 1:
                    (shape,) = shapes
                    assert isinstance(shape, p.Window)
                    self.shown.append(Shown(node, node.operator, shape, windows))

    def revise(self, seq: int, key: int, message: Message, device_timeline: str) -> None:
        """Take a message of the device timeline's for this timeline's key; gather the results that it changes."""
        taken = [
            (node, value)
            for node in self.slices
            if self.nodes[node.inputs[0]].timeline == device_timeline
            and (value := self._sample(node, message)) is not None
        ]
        changed = {node.id for node, _ in taken}
        results = [
            (end, shown)
            for shown in self.shown
            if any(self.nodes[w].inputs[0] in changed for w in shown.windows)
            for end in self._closed_ends(shown, key, message.time)
        ]
        results.sort(key=lambda result: (result[0], self.places[result[1].node.id]))
        known: dict[int, dict[str, Column]] = defaultdict(dict)
        before = [self._value(shown.node.inputs[0], key, end, known[end]) for end, shown in results]
        known.clear()
        for node, value in taken:
            self._take(node.id, key, message.time, value)
        for (end, shown), old in zip(results, before, strict=True):
            new = self._value(shown.node.inputs[0], key, end, known[end])
            if self._plain(new, shown) != self._plain(old, shown):
                self._report(seq, key, end, shown, new)
        self._forget()

    # -- What a message says by itself --------------------------------------------------------------------------------

    def _sample(self, node: p.PlanNode, message: Message) -> tuple[float, ...] | None:
        found = [self._carried(i, message) for i in node.inputs]
        columns = [c for c in found if c is not None]
        if len(columns) < len(found) or any(not c.mask()[0] for c in columns):
            return None
        arity = len(self._slices(node.id).sampled)
        if any(not c.values[0] for c in columns[arity:]):
            return None
        return tuple(float(c.values[0]) for c in columns[:arity])

    def _carried(self, id_: str, message: Message) -> Column | None:
        """A node's value by the message alone; None if it speaks of anything else."""
        found: dict[str, Column | None] = {}
        for node in self._through(id_, found):
            found[node.id] = self._carried_by(node, message, found)
        return found[id_]

    def _through(self, id_: str, known: Collection[str]) -> list[p.PlanNode]:
        """A node, and what it is made of through functions, each after what it is made of itself; but for the known."""
        found = {id_}.difference(known)
        waiting = list(found)
        while waiting:
            node = self.nodes[waiting.pop()]
            if isinstance(node.operator, p.Map) and not node.event:
                fresh = {i for i in node.inputs if i not in found and i not in known}
                found.update(fresh)
                waiting += fresh
        return [self.nodes[i] for i in sorted(found, key=self.places.__getitem__)]

    def _carried_by(self, node: p.PlanNode, message: Message, found: Mapping[str, Column | None]) -> Column | None:
        match node.operator:
            case p.Constant(value):
                return constant_column(self.setting, value, node.type.name)
            case p.Key():
                return constant_column(self.setting, message.id, "text")
            case p.Field(_, name) | p.Message(_, name):
                column = message.fields.get(name)
                return column if column is not None and column.mask()[0] else None
            case p.HeldTime(_, name):
                return Column(np.array([message.time])) if name in message.fields else None
            case p.Now():
                return Column(np.array([message.time]))
            case p.Map() if not node.event:
                columns = [found[i] for i in node.inputs]
                if any(c is None for c in columns):
                    return None
                return self._function(node.id).apply([c for c in columns if c is not None])
        return None

    # -- Windows ------------------------------------------------------------------------------------------------------

    def _windows(self) -> dict[str, frozenset[str]]:
        """The windows that each node shows through functions, of those that show nothing else that changes."""
        found: dict[str, frozenset[str]] = {}
        for node in self.setting.plan.nodes:
            match node.operator:
                case p.Constant() | p.Key() | p.Now():
                    found[node.id] = frozenset()
                case p.Aggregate() if self._shows_samples(self.nodes[node.inputs[0]]):
                    found[node.id] = frozenset(node.inputs[:1])
                case p.Map() if not node.event and all(i in found for i in node.inputs):
                    found[node.id] = frozenset[str]().union(*(found[i] for i in node.inputs))
        return found

    def _shows_samples(self, window: p.PlanNode) -> bool:
        """Whether a window is made of slices of samples; what was held is not looked at again."""
        return isinstance(window.operator, p.Window) and isinstance(self.operators[window.inputs[0]], SlicesOperator)

    def _store(self, window: str) -> SlicesOperator:
        return self._slices(self.nodes[window].inputs[0])

    def _function(self, id_: str) -> MapOperator:
        operator = self.operators[id_]
        assert isinstance(operator, MapOperator)
        return operator

    def _slices(self, id_: str) -> SlicesOperator:
        operator = self.operators[id_]
        assert isinstance(operator, SlicesOperator)
        return operator

    def _closed_ends(self, shown: Shown, key: int, time: int) -> Iterator[int]:
        store = self._store(next(iter(shown.windows)))
        passed = store.passed(key)
        end = _end_after(shown.shape, time)
        while end < passed and _begin(shown.shape, end) <= time:
            yield end
            end = _end_after(shown.shape, end)

    def _take(self, slices: str, key: int, time: int, values: tuple[float, ...]) -> None:
        """Put a sample into its slice, if that is still kept; open windows will hold it, too."""
        store = self._slices(slices)
        store.grow(key + 1)
        passed = store.passed(key)
        if time < passed - store.kept_ns:
            return
        ends = [_end_after(window, max(time, passed - 1)) for _, window in store.windows]
        holding = [
            end if _begin(window, end) <= time else None for end, (_, window) in zip(ends, store.windows, strict=True)
        ]
        store.take(key, time, values, holding)

    def _value(self, id_: str, key: int, end: int, known: dict[str, Column]) -> Column:
        """What a node shows of the windows that end at a time, as a column of length 1; what is `known` already is not
        worked out again."""
        for node in self._through(id_, known):
            known[node.id] = self._value_of(node, key, end, known)
        return known[id_]

    def _value_of(self, node: p.PlanNode, key: int, end: int, known: Mapping[str, Column]) -> Column:
        match node.operator:
            case p.Constant(value):
                return constant_column(self.setting, value, node.type.name)
            case p.Now():
                return Column(np.array([end]))
            case p.Key(part):
                shown = self.setting.gathered.key(self.timeline, key)
                keys = next(t.keys for t in self.setting.plan.timelines if t.id == self.timeline)
                return constant_column(self.setting, shown[keys.index(part) if keys else 0], "text")
            case p.Aggregate():
                return self._aggregate(node, key, end)
            case p.Map():
                return self._function(node.id).apply([known[i] for i in node.inputs])
            case _:
                raise AssertionError("not made of windows: see `_windows`")

    def _aggregate(self, node: p.PlanNode, key: int, end: int) -> Column:
        window, operator = node.inputs[0], self.operators[node.id]
        shape = self.nodes[window].operator
        assert isinstance(shape, p.Window)
        assert isinstance(operator, AggregateOperator)
        store = self._store(window)
        rows, tables = store.parts_between(key, _begin(shape, end), end)
        return operator.value.of(rows, store.layout.columns, tables)

    # -- Reports ------------------------------------------------------------------------------------------------------

    def _plain(self, column: Column, shown: Shown) -> Any:
        return plain_values(column, self.nodes[shown.node.inputs[0]].type.name, self.setting.symbols.texts)[0]

    def _report(self, seq: int, key: int, end: int, shown: Shown, column: Column) -> None:
        revision = self.counts[shown.node.id, key, end] = self.counts.get((shown.node.id, key, end), 0) + 1
        name, width, timeline = shown.output.name, shown.output.window_ns, self.timeline
        value = output_value(self._plain(column, shown), shown.node.type.name)

        def records(seqs: list[int], keys: list[tuple[str, ...]], times: list[int]) -> list[Output]:
            start = None if width is None else end - width
            return [Signalled(seqs[0], timeline, keys[0], times[0], name, value, start, revision)]

        one = np.array([key], dtype=np.int32)
        at = Instants(np.zeros(1, np.int64), one, np.array([end]), np.ones(1, np.bool_))
        frame = Frame(np.array([seq]), one, np.array([end]), np.zeros(1, np.bool_), key + 1)
        self.setting.gathered.add(timeline, frame, at, self.places[shown.node.id], records)

    def _forget(self) -> None:
        """Drop the counts of results that can no longer be revised, when there are many."""
        if len(self.counts) < self.counts_max:
            return
        stores = [o for o in (self.operators[node.id] for node in self.slices) if isinstance(o, SlicesOperator)]
        kept_ns = max(store.kept_ns for store in stores)
        passed = [max(s.passed(key) for s in stores) for key in range(min(len(s.heads) for s in stores))]
        self.counts = {at: n for at, n in self.counts.items() if at[2] >= passed[at[1]] - kept_ns}
        self.counts_max = max(COUNTS_MIN, 2 * len(self.counts))


def _end_after(window: p.Window, time: int) -> int:
    """The first end after a time."""
    if window.every_ns is not None:
        return (time // window.every_ns + 1) * window.every_ns
    bounds = calendar_bounds(window, time, time)
    return int(bounds[np.searchsorted(bounds, time, side="right")])


def _begin(window: p.Window, end: int) -> int:
    """Where the window that ends at a time begins."""
    if window.width_ns is not None:
        return end - window.width_ns
    bounds = calendar_bounds(window, end - 1, end - 1)
    return int(bounds[np.searchsorted(bounds, end - 1, side="right") - 1])
