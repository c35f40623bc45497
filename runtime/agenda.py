"""Which nodes of a timeline have something to do in a batch.

Most nodes are run in every batch. Those that hang on thresholds alone sleep: they are run only when one of their inputs
has changed, or while a timer of their own runs. So a rule costs nothing while its threshold is not crossed.
"""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from ..compiler import plan as p
from .frame import Frame
from .operators.node import Operator
from .operators.thresholds import ThresholdFlow, ThresholdOperator


class Agenda:
    """The nodes of a timeline, in the plan's order."""

    def __init__(self, nodes: Sequence[p.PlanNode], operators: dict[str, Operator]) -> None:
        self.nodes = nodes
        self.operators = [operators[node.id] for node in nodes]
        self.places = {node.id: place for place, node in enumerate(nodes)}
        self.sleeps = [False] * len(nodes)
        self.users: list[list[int]] = [[] for _ in nodes]
        for place, node in enumerate(nodes):
            deciding = self._deciding(node)
            if deciding and all(self.sleeps[i] or isinstance(nodes[i].operator, p.Thresholds) for i in deciding):
                self.sleeps[place] = True
                for i in deciding:
                    self.users[i].append(place)
        self.by_cut: dict[int, dict[int, list[int]]] = {}
        """Of each node of thresholds: its users, by what they compare with."""
        for place, node in enumerate(nodes):
            operator = operators[node.id]
            if isinstance(operator, ThresholdOperator):
                of = self.by_cut.setdefault(self.places[node.inputs[0]], {})
                of.setdefault(operator.cut, []).append(place)
        self.always = [place for place, sleeps in enumerate(self.sleeps) if not sleeps]
        self.restless: set[int] = set()
        """The nodes that are run in the next batch, whatever comes."""
        self.wake_all()

    def _deciding(self, node: p.PlanNode) -> list[int]:
        """The inputs without which a node has nothing to do, if it can sleep."""
        inputs = [self.places[i] for i in node.inputs if i in self.places]
        match node.operator:
            case p.Threshold() | p.Holds() | p.Edge() | p.Rule() | p.Output():
                return inputs
            case p.Map() if node.event:
                return [i for i in inputs if self.nodes[i].event]
            case p.Map():
                return [i for i in inputs if not isinstance(self.nodes[i].operator, p.Constant)]
            case p.Action():
                return inputs[:1]
            case _:
                return []

    def wake(self, id_: str) -> None:
        """Have a node run in the next batch."""
        self.restless.add(self.places[id_])

    def wake_all(self) -> None:
        """Have every node run in the next batch: the engine begins, or goes on from a checkpoint."""
        self.restless = set(range(len(self.nodes)))

    def run(self, frame: Frame, flows: dict[str, Any]) -> Iterator[tuple[p.PlanNode, Operator]]:
        """The nodes that have something to do, in order; their flows are to be put among `flows` at once."""
        if len(self.always) == len(self.nodes):
            yield from zip(self.nodes, self.operators, strict=True)
            return
        waiting = [*self.always, *self.restless]
        self.restless = set()
        heapify(waiting)
        while waiting:
            place = heappop(waiting)
            node, operator = self.nodes[place], self.operators[place]
            if node.id in flows:
                continue
            yield node, operator
            if self.sleeps[place] and operator.waits():
                self.restless.add(place)
            if self.users[place]:
                for user in self._woken(place, flows[node.id]):
                    heappush(waiting, user)

    def _woken(self, place: int, flow: Any) -> Sequence[int]:
        """The sleeping nodes that a flow concerns."""
        users = self.users[place]
        if len(flow.instants) == 0:
            return ()
        cuts = flow.concerned() if isinstance(flow, ThresholdFlow) else None
        if cuts is None:
            return users
        by_cut = self.by_cut[place]
        return [user for cut in cuts.tolist() for user in by_cut[cut]]

    def inputs(self, node: p.PlanNode, frame: Frame, flows: dict[str, Any]) -> list[Any]:
        """The flows of a node's inputs; those that sleep say that nothing has changed."""
        try:
            return [flows[i] for i in node.inputs]
        except KeyError:
            return self._asleep(node, frame, flows)

    def _asleep(self, node: p.PlanNode, frame: Frame, flows: dict[str, Any]) -> list[Any]:
        below = [i for i in node.inputs if i not in flows]
        while below:
            one = self.nodes[self.places[below[-1]]]
            missing = [i for i in one.inputs if i not in flows]
            if missing:
                below += missing
                continue
            below.pop()
            if one.id not in flows:
                flows[one.id] = self.operators[self.places[one.id]].run(frame, [flows[i] for i in one.inputs])
        return [flows[i] for i in node.inputs]
