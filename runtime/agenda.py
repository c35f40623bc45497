"""Which nodes of a timeline have something to do in a batch.

What looks at messages is run in every batch. Those that hang on thresholds alone are run by families, each once for
all of its nodes (`runtime.families`). What hangs on nothing but these, or on what tells when it has another value (a
window, a pattern, `C for D`), sleeps: it is run only when one of its inputs has changed, or while a timer of its own
runs. So a rule costs nothing while its threshold is not crossed, and the aggregates of a window cost nothing until it
ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from ..compiler import plan as p
from .families import Families
from .frame import Frame
from .operators.families import Family
from .operators.node import Operator

TELLING = (p.Window, p.Recent, p.Session, p.While, p.Pattern, p.Expired, p.Quiet, p.Holds, p.Edge, p.Rule)
"""What gives something only at the instants that its flow has, and what these are in every batch."""


class Agenda:
    """The nodes of a timeline, in the plan's order but for families, which come when all that they need is there."""

    def __init__(self, nodes: Sequence[p.PlanNode], operators: Mapping[str, Operator]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.operators = operators
        self.families = Families(nodes, operators)
        self.order = self._in_order(nodes)
        self.places = {name: place for place, name in enumerate(self.order)}
        self.sleeps = [False] * len(self.order)
        self.users: list[list[int]] = [[] for _ in self.order]
        self.lane_users: dict[str, dict[int, list[int]]] = {}
        """By family and lane: the sleeping nodes that use it."""
        for place, name in enumerate(self.order):
            deciding = self._deciding(name)
            if deciding and all(self._is_told_of_changes(i) for i in deciding):
                self.sleeps[place] = True
                for i in deciding:
                    self._use(i, place)
        self.always = [place for place, sleeps in enumerate(self.sleeps) if not sleeps]
        self.beginning = [
            place
            for place, name in enumerate(self.order)
            if self.sleeps[place] and isinstance(self.nodes[name].operator, p.Map) and not self.nodes[name].event
        ]
        """The sleeping nodes that have a value from a key's first event on."""
        self.restless: set[int] = set()
        """The nodes that are run in the next batch, whatever comes."""
        self.wake_all()

    def _in_order(self, nodes: Sequence[p.PlanNode]) -> list[str]:
        """Nodes and families, each after what it needs."""
        lanes = self.families.lanes
        needs: dict[str, set[str]] = {}
        for node in nodes:
            name, lane = lanes.get(node.id, (node.id, 0))
            if lane == 0:
                # The nodes of a family need the same ones.
                needs[name] = {lanes[i][0] if i in lanes else i for i in node.inputs if i in self.nodes}
        first = {name: place for place, name in enumerate(needs)}
        users: dict[str, list[str]] = {name: [] for name in needs}
        for name, needed in needs.items():
            for one in needed:
                users[one].append(name)
        left = {name: len(needed) for name, needed in needs.items()}
        ready = [(first[name], name) for name, count in left.items() if count == 0]
        heapify(ready)
        order: list[str] = []
        while ready:
            _, name = heappop(ready)
            order.append(name)
            for user in users[name]:
                left[user] -= 1
                if left[user] == 0:
                    heappush(ready, (first[user], user))
        assert len(order) == len(needs)
        return order

    def _deciding(self, name: str) -> list[str]:
        """The inputs without which a node has nothing to do, if it can sleep."""
        node = self.nodes.get(name)
        if node is None:
            return []
        inputs = [i for i in node.inputs if i in self.nodes]
        match node.operator:
            case p.Holds() | p.Edge() | p.Rule() | p.Flaps() | p.Raised() | p.Output() | p.Aggregate() | p.Captured():
                return inputs
            case p.Map() if node.event:
                return [i for i in inputs if self.nodes[i].event]
            case p.Map():
                return [i for i in inputs if not isinstance(self.nodes[i].operator, p.Constant)]
            case p.Action():
                return inputs[:1]
            case p.AtRaising():
                return inputs[1:]
            case _:
                return []

    def _is_told_of_changes(self, id_: str) -> bool:
        if id_ in self.families.lanes or isinstance(self.nodes[id_].operator, TELLING):
            return True
        return self.sleeps[self.places[id_]]

    def _use(self, id_: str, place: int) -> None:
        """Have the node at a place run when another one changes."""
        if id_ in self.families.lanes:
            family, lane = self.families.lanes[id_]
            self.lane_users.setdefault(family, {}).setdefault(lane, []).append(place)
        else:
            self.users[self.places[id_]].append(place)

    def wake(self, id_: str) -> None:
        """Have a node run in the next batch; families always are."""
        if id_ in self.places:
            self.restless.add(self.places[id_])

    def wake_all(self) -> None:
        """Have every node run in the next batch: the engine begins, or goes on from a checkpoint."""
        self.restless = set(range(len(self.order)))

    def run(self, frame: Frame, flows: dict[str, Any]) -> Iterator[tuple[p.PlanNode, Operator]]:
        """The nodes that have something to do, in order; their flows are to be put among `flows` at once."""
        waiting = [*self.always, *self.restless]
        if len(frame.newcomers):
            waiting += self.beginning
        self.restless = set()
        heapify(waiting)
        while waiting:
            place = heappop(waiting)
            name = self.order[place]
            if name in flows:
                continue
            family = self.families.of.get(name)
            if family is not None:
                for user in self._run_family(name, family, frame, flows):
                    heappush(waiting, user)
                continue
            node, operator = self.nodes[name], self.operators[name]
            yield node, operator
            if self.sleeps[place] and operator.waits():
                self.restless.add(place)
            if self.users[place] and len(flows[name].instants):
                for user in self.users[place]:
                    heappush(waiting, user)

    def _run_family(self, name: str, family: Family, frame: Frame, flows: dict[str, Any]) -> list[int]:
        """Run a family; give the sleeping nodes that have to do with what changed."""
        given = flows[name] = family.run(
            frame, [flows[source.family] for source in family.sources], [flows[i] for i in family.shared]
        )
        users = self.lane_users.get(name)
        if users is None:
            return []
        return [user for lane in family.concerned(given).intersection(users) for user in users[lane]]

    def flow(self, id_: str, frame: Frame, flows: dict[str, Any]) -> Any:
        """The flow of a node that was not run by itself: it sleeps, or is of a family."""
        below = [id_]
        while below:
            one = below[-1]
            if one in flows:
                below.pop()
            elif one in self.families.lanes:
                family, lane = self.families.lanes[one]
                flows[one] = self.families.of[family].flow(frame, flows[family], lane)
            else:
                inputs = self.nodes[one].inputs
                missing = [i for i in inputs if i not in flows]
                below += missing
                if not missing:
                    flows[one] = self.operators[one].run(frame, [flows[i] for i in inputs])
        return flows[id_]


class Flows(dict[str, Any]):
    """The flows of a batch, by node. Those of nodes that were not run by themselves are made when somebody asks."""

    def __init__(self, agendas: Mapping[str, Agenda], timeline_of: Mapping[str, str]) -> None:
        super().__init__()
        self.agendas = agendas
        self.timeline_of = timeline_of
        self.frames: dict[str, Frame] = {}
        """Of the timelines that were run, or are."""

    def __missing__(self, id_: str) -> Any:
        timeline = self.timeline_of[id_]
        frame = self.frames.get(timeline)
        if frame is None or id_ not in self.agendas[timeline].nodes:
            raise KeyError(id_)
        return self.agendas[timeline].flow(id_, frame, self)

    def get(self, id_: str, default: Any = None) -> Any:
        """The flow of a node; the default if its timeline has no rows in this batch."""
        try:
            return self[id_]
        except KeyError:
            return default
