"""The dependency graph: a program's operators on a networkx `DiGraph`, named by what they are.

>>> graph = Graph("demo", ())
>>> temp = graph.add(Field("Fridge", "temp"), (), "Fridge", ValueType("float", "degC"))
>>> graph.node(temp).operator.field
'temp'

A node's id is the hash of its structure: operator, type, timeline, and the structures of its inputs. A further node
of the same structure gets the same id with a number behind it, until the pass for common subexpressions makes them
one. Nodes stand in the order of their first use in the program, inputs before those who use them; no pass changes
that order.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import networkx as nx
import rfc8785

from ..dsl.source import Span
from .document import encode
from .plan import Cost, DeviceType, Operator, PlanNode, SourcePlan, Timeline, ValueType

ID_LENGTH = 16


@dataclass
class Graph:
    """A module's operators, and the parts of its plan that name them. Grown by lowering; a pass makes a new one.

    `origins` has for a node the place in the text it came from first.
    """

    module: str
    devices: tuple[DeviceType, ...]
    sources: tuple[SourcePlan, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    origins: dict[str, Span] = field(default_factory=dict)
    _nodes: dict[str, PlanNode] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict, repr=False)
    _texts: dict[tuple[Operator, ValueType, str], bytes] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[PlanNode]:
        """The nodes, inputs before those who use them."""
        return iter(self._nodes.values())

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._nodes

    def node(self, id_: str) -> PlanNode:
        return self._nodes[id_]

    def inputs_of(self, node: PlanNode) -> tuple[PlanNode, ...]:
        return tuple(self._nodes[i] for i in node.inputs)

    def users(self) -> dict[str, list[PlanNode]]:
        """For each node those that have it as an input."""
        users: dict[str, list[PlanNode]] = {id_: [] for id_ in self._nodes}
        for node in self:
            for i in dict.fromkeys(node.inputs):
                users[i].append(node)
        return users

    def network(self) -> "nx.DiGraph[str]":
        """The graph as networkx has it: edges from inputs to users, and each node's `PlanNode` under `node`."""
        network: nx.DiGraph[str] = nx.DiGraph()
        for node in self:
            network.add_node(node.id, node=node)
            network.add_edges_from((i, node.id) for i in node.inputs)
        return network

    def add(
        self,
        operator: Operator,
        inputs: tuple[str, ...],
        timeline: str,
        type_: ValueType,
        *,
        event: bool = False,
        every_ns: int | None = None,
        private: bool = False,
        origin: Span | None = None,
    ) -> str:
        """Adds a node and gives its id."""
        base = self._hash(operator, inputs, timeline, type_)
        id_ = base if base not in self._seen else f"{base}-{self._seen[base] + 1}"
        private = private or any(self._nodes[i].private for i in inputs)
        return self._put(PlanNode(id_, operator, inputs, timeline, type_, event, every_ns, private=private), origin)

    def keep(self, node: PlanNode) -> str:
        """Adds a node of another graph as it is, save that its inputs have been brought over."""
        if node.id and node.id not in self._nodes:
            return self._put(node, None)
        return self.changed(node, node.operator, node.inputs)

    def share(self, node: PlanNode) -> str:
        """The id of the first node of this one's structure, which is added if there is none."""
        base = structure(node.id) or self._hash(node.operator, node.inputs, node.timeline, node.type)
        return base if base in self._nodes else self.changed(node, node.operator, node.inputs)

    def changed(self, node: PlanNode, operator: Operator, inputs: tuple[str, ...]) -> str:
        """Adds a node of another graph with another operator or other inputs."""
        return self.add(
            operator,
            inputs,
            node.timeline,
            node.type,
            event=node.event,
            every_ns=node.every_ns,
            private=node.private,
        )

    def rebuilt(self, rewrite: "Rewrite") -> "Graph":
        """A new graph of what `rewrite(new graph, node, its id here)` makes of each node; it gives the id there.

        A node whose inputs are others now comes without its id, which is no longer its own.
        """
        new = Graph(self.module, self.devices, _texts=self._texts)
        now: dict[str, str] = {}
        for node in self:
            inputs = tuple([now[i] for i in node.inputs])
            moved = node if inputs == node.inputs else replace(node, id="", inputs=inputs)
            now[node.id] = rewrite(new, moved, node.id)
            if node.id in self.origins:
                new.origins.setdefault(now[node.id], self.origins[node.id])
        new.sources = tuple(_moved_source(source, now) for source in self.sources)
        new.timelines = tuple(_moved_timeline(timeline, now) for timeline in self.timelines)
        return new

    def only(self, kept: Collection[str], timelines: tuple[Timeline, ...]) -> "Graph":
        """A new graph of these nodes, which use no others, and with these timelines only."""
        new = Graph(self.module, self.devices, self.sources, timelines, _texts=self._texts)
        for node in self:
            if node.id in kept:
                new._put(node, self.origins.get(node.id))
        return new

    def with_costs(self, costs: Mapping[str, Cost]) -> "Graph":
        """The same graph, whose nodes say what they cost."""
        nodes = {node.id: replace(node, cost=costs[node.id]) for node in self}
        return replace(self, _nodes=nodes)

    def _hash(self, operator: Operator, inputs: tuple[str, ...], timeline: str, type_: ValueType) -> str:
        # Equal operators of different types are told apart by the type: in Python, True == 1.0.
        key = (operator, type_, timeline)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = rfc8785.dumps([encode(operator), encode(type_), timeline])
        joined = b"\n".join([text, *[structure(i).encode() for i in inputs]])
        return hashlib.sha256(joined).hexdigest()[:ID_LENGTH]

    def _put(self, node: PlanNode, origin: Span | None) -> str:
        assert node.id not in self._nodes, node
        assert self._nodes.keys() >= set(node.inputs), node
        self._nodes[node.id] = node
        base, _, number = node.id.partition("-")
        self._seen[base] = max(self._seen.get(base, 0), int(number or 1))
        if origin is not None:
            self.origins[node.id] = origin
        return node.id


def structure(id_: str) -> str:
    """The hash in an id, without the number behind it: equal for nodes that do the same."""
    return id_[:ID_LENGTH]


Rewrite = Callable[[Graph, PlanNode, str], str]
"""What a pass does with one node, whose inputs are already those of the new graph: the id of what stands for it."""


def _moved_source(source: SourcePlan, now: dict[str, str]) -> SourcePlan:
    return replace(
        source,
        id=now[source.id],
        time=now[source.time],
        where=None if source.where is None else now[source.where],
        fields=tuple(replace(f, node=now[f.node]) for f in source.fields),
    )


def _moved_timeline(timeline: Timeline, now: dict[str, str]) -> Timeline:
    members = tuple(replace(m, keys=tuple(now[k] for k in m.keys)) for m in timeline.members)
    return replace(timeline, members=members)
