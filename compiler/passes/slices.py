"""Slice sharing: windows over the same samples read one store of slices.

    mean(temp over 10 s every 10 s)  and  mean(temp over 60 s every 10 s)

Both combine slices of 10 s. The shared store keeps every part that one of them needs, at the greatest width that
divides all theirs. Each sample is then stored once; where that would need more than twice the memory of separate stores
(7 min beside 24 h), they stay apart.
"""

from dataclasses import dataclass
from math import gcd

from ...stdlib.parts import ALONE, PARTS, TABLES, ring_slices, slice_words
from ..graph import Graph
from ..plan import PlanNode, SlicePart, Slices, Window
from ..slicing import longest_window_ns

MEMORY_FACTOR = 2
"""What storing each sample once is worth."""


@dataclass
class _Store:
    """Slices that are kept together: the nodes, what they keep, and how far back."""

    nodes: list[str]
    width_ns: int
    parts: frozenset[SlicePart]
    longest_ns: int

    def joined(self, other: "_Store") -> "_Store":
        """Both in one; its nodes are not yet put together."""
        return _Store(
            self.nodes,
            gcd(self.width_ns, other.width_ns),
            self.parts | other.parts,
            max(self.longest_ns, other.longest_ns),
        )

    @property
    def cells(self) -> int:
        return ring_slices(self.longest_ns, self.width_ns) * slice_words(self.parts)


def share_slices(graph: Graph) -> Graph:
    """The graph with one store for each stream of samples, as far as that saves memory."""
    shared = {id_: store for stores in _stores(graph).values() for store in stores for id_ in store.nodes}

    def rewrite(new: Graph, node: PlanNode, id_: str) -> str:
        if isinstance(node.operator, Window):
            return new.share(node)
        assert isinstance(node.operator, Slices)
        store = shared[id_]
        if id_ == store.nodes[0]:
            operator = Slices(store.width_ns, tuple(part for part in (*PARTS, *TABLES, *ALONE) if part in store.parts))
            made[id_] = new.changed(node, operator, node.inputs)
        return made[store.nodes[0]]

    made: dict[str, str] = {}
    return graph.rebuilt(rewrite, of=(Slices, Window))


def _stores(graph: Graph) -> dict[tuple[tuple[str, ...], str, frozenset[SlicePart]], list[_Store]]:
    """The stores of each stream of samples (or of what was held, or lies between), those that gain by it joined."""
    streams: dict[tuple[tuple[str, ...], str, frozenset[SlicePart]], list[_Store]] = {}
    longest_ns: dict[str, int] = {}
    for node in graph:
        if isinstance(node.operator, Window):
            of = node.inputs[0]
            longest_ns[of] = max(longest_ns.get(of, 0), longest_window_ns(node.operator))
    for node in graph:
        if isinstance(node.operator, Slices):
            longest = longest_ns.get(node.id, 0)
            store = _Store([node.id], node.operator.width_ns, frozenset(node.operator.parts), longest)
            stores = streams.setdefault((node.inputs, node.timeline, store.parts & {*ALONE}), [])
            for place, other in enumerate(stores):
                joined = other.joined(store)
                if joined.cells <= MEMORY_FACTOR * (other.cells + store.cells):
                    stores[place] = joined
                    joined.nodes.append(node.id)
                    break
            else:
                stores.append(store)
    return streams
