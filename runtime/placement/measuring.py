"""Measuring rates: an engine is watched while it works, and what a link would be told is counted.

profile = Profile(engine)
profile.count(engine.feed(batch))     # as often as there are batches
profile.measured()
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ...compiler.plan import Message, Pattern, Plan, Rule
from ...stdlib.column import Column
from ..edge.cutting import SENT, Crossing, Parts, momentary
from ..edge.shipping import Shipper
from ..engine import Engine
from ..flow import Dense, Sparse, updates
from ..frame import Frame
from ..operators.elementwise import full
from ..output import Life, Output
from .measured import Measured
from .rates import asked_by_level

TOLD = (*SENT, Message)
COUNTED = (*TOLD, Pattern, Rule)
"""What gives something that can be counted; what an action does, it does when its rule happens."""
NS_PER_S = 1_000_000_000


class Profile:
    """Counts what comes of each node of an engine's plan."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.updates: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.events = 0
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self._rules = {node.operator.name: node.id for node in engine.plan.nodes if isinstance(node.operator, Rule)}
        self._counted = [node for node in engine.plan.nodes if isinstance(node.operator, (*TOLD, Pattern))]
        self._shipper = Shipper(engine, everything(engine.plan))
        self._ship = engine.observer
        engine.observer = self._observe

    def count(self, outputs: Iterable[Output]) -> None:
        """Count the lives of rules among outputs."""
        for output in outputs:
            if isinstance(output, Life):
                self.updates[self._rules[output.rule]] += 1

    def _observe(self, frames: Mapping[str, Frame], flows: Mapping[str, Any]) -> None:
        assert self._ship is not None
        for node in self._counted:
            flow = flows.get(node.id)
            if isinstance(flow, Dense | Sparse):
                instants = updates(flow)
                if instants is not None and len(instants):
                    column = full(flow.at(instants), len(instants))
                    self.updates[node.id] += _happening(column) if node.event else len(instants)
        for name in self.engine.registries:
            frame = frames[name] if name in frames else frames.get(f"{name} settled")
            if frame is not None:
                self._see(frame)
        self._ship(frames, flows)
        packet = self._shipper.take()
        for sheet in () if packet is None else packet.sheets.values():
            for id_, told in sheet.told.items():
                self.told[id_] += len(told.row)

    def _see(self, frame: Frame) -> None:
        """How many events there are on a device's timeline, and from when to when."""
        times = frame.time[frame.event]
        if len(times):
            self.events += len(times)
            first, last = int(times.min()), int(times.max())
            self.first_ns = first if self.first_ns is None else min(first, self.first_ns)
            self.last_ns = last if self.last_ns is None else max(last, self.last_ns)

    def measured(self) -> Measured:
        """The rates so far."""
        plan, engine = self.engine.plan, self.engine
        span = 0 if self.first_ns is None or self.last_ns is None else self.last_ns - self.first_ns
        seconds = max(span, NS_PER_S) / NS_PER_S
        keys = {t.id: engine.key_count(t.id) for t in plan.timelines if t.kind != "source"}
        keys = {id_: number for id_, number in keys.items() if number}
        hz: dict[str, float] = {}
        told_hz: dict[str, float] = {}
        for node in plan.nodes:
            if node.timeline in keys and isinstance(node.operator, COUNTED):
                each = seconds * keys[node.timeline]
                hz[node.id] = self.updates[node.id] / each
                told_hz[node.id] = self.told[node.id] / each if node.id in self.told else hz[node.id]
        devices = {name: len(registry) for name, registry in engine.registries.items() if len(registry)}
        targets = {
            target.name: keys[id_]
            for target in plan.targets
            for id_ in (f"by {', '.join(target.keys)}", f"by {', '.join(target.keys)} settled")
            if id_ in keys
        }
        return Measured(plan.module, seconds, self.events, hz, told_hz, devices, keys, targets)


def everything(plan: Plan) -> Parts:
    """Parts between which all goes up that can."""
    by_level, of_messages = asked_by_level(plan), momentary(plan)
    kinds = {timeline.id: timeline.kind for timeline in plan.timelines}
    crossing = tuple(
        Crossing(
            node.id,
            node.timeline,
            node.event,
            node.type.name,
            not node.event and node.id in by_level,
            node.id in of_messages,
        )
        for node in plan.nodes
        if isinstance(node.operator, TOLD) and kinds[node.timeline] != "source"
    )
    timelines = tuple(id_ for id_, kind in kinds.items() if kind != "source")
    return Parts(plan, plan, timelines, frozenset(), crossing)


def _happening(column: Column) -> int:
    return int((column.values & column.mask()).sum())
