"""The dependency graph: a program's operators, named by what they are; `network()` is it as a networkx `DiGraph`.

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
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..dsl.source import Span
from .canonical import written
from .plan import (
    Aggregate,
    Cost,
    Delayed,
    DeviceType,
    Edge,
    Map,
    Operator,
    PlanNode,
    ProcedurePlan,
    ReferenceTable,
    Slices,
    SourcePlan,
    TargetPlan,
    Threshold,
    Timeline,
    TwinModel,
    ValueType,
    Window,
)

if TYPE_CHECKING:
    import networkx as nx

ID_LENGTH = 16

RECURRING = (Map, Delayed, Edge, Threshold, Slices, Window, Aggregate)
"""Operators that are met again and again with other inputs: what is hashed of them is kept."""


@dataclass
class Graph:
    """A module's operators, and the parts of its plan that name them. Grown by lowering; a pass makes a new one.

    `origins` has for a node the place in the text it came from first.
    """

    module: str
    devices: tuple[DeviceType, ...]
    sources: tuple[SourcePlan, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    targets: tuple[TargetPlan, ...] = ()
    procedures: tuple[ProcedurePlan, ...] = ()
    twins: tuple[TwinModel, ...] = ()
    tables: tuple[ReferenceTable, ...] = ()
    origins: dict[str, Span] = field(default_factory=dict)
    _nodes: dict[str, PlanNode] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict, repr=False)
    _texts: dict[tuple[Operator, ValueType, str], str] = field(default_factory=dict, repr=False)

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

    def behind(self, id_: str, through: tuple[type[Any], ...], known: Container[str] = ()) -> list[str]:
        """A node and what it is made of, through nodes of these operators, each once: inputs before those who use
        them, and without what is known."""
        found: dict[str, None] = {}
        waiting = [(id_, False)]
        while waiting:
            at, all_inputs_are_there = waiting.pop()
            if all_inputs_are_there:
                found[at] = None
            elif at not in found and at not in known:
                waiting.append((at, True))
                node = self._nodes[at]
                if isinstance(node.operator, through):
                    waiting += [(i, False) for i in reversed(node.inputs)]
        return list(found)

    def network(self) -> "nx.DiGraph[str]":
        """The graph as networkx has it: edges from inputs to users, and each node's `PlanNode` under `node`."""
        # It takes a tenth of a second to import, and compiling does not need it.
        import networkx as nx

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
        pin: str | None = None,
        origin: Span | None = None,
    ) -> str:
        """Adds a node and gives its id."""
        id_ = self._unused(self._hash(operator, inputs, timeline, type_))
        for i in inputs:
            private = self._nodes[i].private or private
        node = PlanNode(id_, operator, inputs, timeline, type_, event, every_ns, pin=pin, private=private)
        return self._put(node, origin)

    def forget(self, ids: Collection[str]) -> None:
        """Takes nodes out that nobody uses but one another."""
        for id_ in ids:
            del self._nodes[id_]
            self.origins.pop(id_, None)

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
            pin=node.pin,
        )

    def rebuilt(self, rewrite: "Rewrite", of: tuple[type[Any], ...] | None = None) -> "Graph":
        """A new graph of what `rewrite(new graph, node, its id here)` makes of each node; it gives the id there.

        A node whose inputs are others now comes without its id, which is no longer its own. With `of`, nodes of other
        operators are kept without being asked about.
        """
        new = self._empty()
        now: dict[str, str] = {}
        for id_, node in self._nodes.items():
            moved = _with_inputs(node, "", now)
            if of is None or isinstance(node.operator, of):
                came = rewrite(new, moved, id_)
            else:
                came = new.keep(moved)
            if came != id_:
                now[id_] = came
            if id_ in self.origins:
                new.origins.setdefault(came, self.origins[id_])
        new.sources = tuple(_moved_source(source, now) for source in self.sources)
        new.timelines = tuple(_moved_timeline(timeline, now) for timeline in self.timelines)
        return new

    def shared(self) -> "Graph":
        """A new graph with one node for each structure, the first: what `rebuilt` makes with `share`."""
        new = self._empty()
        now: dict[str, str] = {}
        for id_, node in self._nodes.items():
            # Inputs give way to such of the same structure, so the hash is still right.
            base = structure(id_)
            if base not in new._nodes:
                moved = _with_inputs(node, base, now)
                new._put(moved if moved.id == base else _copied(moved, base, moved.inputs, moved.cost), None)
            if base != id_:
                now[id_] = base
            if id_ in self.origins:
                new.origins.setdefault(base, self.origins[id_])
        new.sources = tuple(_moved_source(source, now) for source in self.sources)
        new.timelines = tuple(_moved_timeline(timeline, now) for timeline in self.timelines)
        return new

    def only(self, kept: Collection[str], timelines: tuple[Timeline, ...]) -> "Graph":
        """A new graph of these nodes, which use no others, and with these timelines only."""
        new = self._empty()
        new.sources, new.timelines = self.sources, timelines
        for node in self:
            if node.id in kept:
                new._put(node, self.origins.get(node.id))
        return new

    def _empty(self) -> "Graph":
        """A graph of the same program, without nodes and what names them."""
        return Graph(
            self.module,
            self.devices,
            targets=self.targets,
            procedures=self.procedures,
            twins=self.twins,
            tables=self.tables,
            _texts=self._texts,
        )

    def with_costs(self, costs: Mapping[str, Cost]) -> "Graph":
        """The same graph, whose nodes say what they cost."""
        nodes = {id_: _copied(node, id_, node.inputs, costs[id_]) for id_, node in self._nodes.items()}
        return replace(self, _nodes=nodes)

    def _hash(self, operator: Operator, inputs: tuple[str, ...], timeline: str, type_: ValueType) -> str:
        if isinstance(operator, RECURRING):
            # Equal operators of different types are told apart by the type: in Python, True == 1.0.
            key = (operator, type_, timeline)
            text = self._texts.get(key)
            if text is None:
                text = self._texts[key] = f"[{written(operator)},{written(type_)},{written(timeline)}]"
        else:
            text = f"[{written(operator)},{written(type_)},{written(timeline)}]"
        joined = "\n".join([text, *[i[:ID_LENGTH] for i in inputs]])
        return hashlib.sha256(joined.encode()).hexdigest()[:ID_LENGTH]

    def _unused(self, base: str) -> str:
        """This structure's next id."""
        number = self._numbers.get(base, 1 if base in self._nodes else 0)
        return f"{base}-{number + 1}" if number else base

    def _put(self, node: PlanNode, origin: Span | None) -> str:
        id_ = node.id
        assert id_ not in self._nodes, node
        assert self._nodes.keys() >= set(node.inputs), node
        self._nodes[id_] = node
        if len(id_) > ID_LENGTH:
            base, number = id_[:ID_LENGTH], int(id_[ID_LENGTH + 1 :])
            self._numbers[base] = max(self._numbers.get(base, 0), number)
        if origin is not None:
            self.origins[id_] = origin
        return id_


def structure(id_: str) -> str:
    """The hash in an id, without the number behind it: equal for nodes that do the same."""
    return id_[:ID_LENGTH]


Rewrite = Callable[[Graph, PlanNode, str], str]
"""What a pass does with one node, whose inputs are already those of the new graph: the id of what stands for it."""


def _with_inputs(node: PlanNode, id_: str, now: Mapping[str, str]) -> PlanNode:
    """A node whose inputs are what they are `now`, then with another id; the node itself if they are the same."""
    for i in node.inputs:
        if i in now:
            return _copied(node, id_, tuple([now.get(j, j) for j in node.inputs]), node.cost)
    return node


def _copied(n: PlanNode, id_: str, inputs: tuple[str, ...], cost: Cost) -> PlanNode:
    """`dataclasses.replace` of these members, in a fifth of the time: a pass does this for most nodes."""
    return PlanNode(id_, n.operator, inputs, n.timeline, n.type, n.event, n.every_ns, cost, n.pin, n.private)


def _moved_source(source: SourcePlan, now: Mapping[str, str]) -> SourcePlan:
    unique = source.unique
    return replace(
        source,
        unique=None if unique is None else replace(unique, node=now.get(unique.node, unique.node)),
        id=now.get(source.id, source.id),
        time=now.get(source.time, source.time),
        where=None if source.where is None else now.get(source.where, source.where),
        fields=tuple(replace(f, node=now.get(f.node, f.node)) for f in source.fields),
    )


def _moved_timeline(timeline: Timeline, now: Mapping[str, str]) -> Timeline:
    members = tuple(replace(m, keys=tuple(now.get(k, k) for k in m.keys)) for m in timeline.members)
    return replace(timeline, members=members)
