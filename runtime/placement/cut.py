"""The placement of least cost where there are no budgets: a minimum cut, exactly.

Items on the sender's side of the cut stand below a link, on the other side above it; a flow is one edge of so many
bytes from its sender to a node of its own, which hangs on all its receivers. Capacities are whole numbers: networkx
returns wrong partitions for floats.
"""

import networkx as nx

from .problem import Placed, Problem, orders, reach

BELOW, ABOVE = "below", "above"


def minimum_cut(problem: Problem) -> Placed:
    """The placement of least cost, budgets aside. Raises `Conflict`."""
    lowest, highest = reach(problem)
    effort_max = 1 + sum(max(item.effort) for item in problem.items)
    after_max = 1 + sum(max(item.latency) * effort_max + max(item.effort) for item in problem.items)
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from((BELOW, ABOVE))
    for place, item in enumerate(problem.items):
        for link in range(problem.links):
            at = (place, link)
            here, there = (item.latency[t] * effort_max + item.effort[t] for t in (link, link + 1))
            _pay(graph, at, there - here)
            if highest[place] <= link:
                _bind(graph, at, BELOW)
            if lowest[place] > link:
                _bind(graph, ABOVE, at)
            if link + 1 < problem.links:
                _bind(graph, (place, link + 1), at)
                if link + 1 not in item.tiers:
                    _bind(graph, at, (place, link + 1))
    for lower, upper in orders(problem):
        for link in range(problem.links):
            _bind(graph, (lower, link), (upper, link))
    for number, flow in enumerate(problem.flows):
        for link in range(problem.links):
            tail, middle = (flow.tail, link), ("flow", number, link)
            if not flow.bytes:
                continue
            for head in flow.heads:
                _bind(graph, *(((head, link), middle) if not flow.down else (middle, (head, link))))
            graph.add_edge(*((tail, middle) if not flow.down else (middle, tail)), capacity=flow.bytes * after_max)
    below, _ = nx.minimum_cut(graph, BELOW, ABOVE)[1]
    return tuple(
        sum((place, link) not in below for link in range(problem.links)) for place in range(len(problem.items))
    )


def _bind(graph: "nx.DiGraph", one: object, other: object) -> None:
    """Where the one is above the link, so is the other: an edge that cannot be cut, for it has no capacity."""
    graph.add_edge(other, one)
    graph[other][one].pop("capacity", None)


def _pay(graph: "nx.DiGraph", at: tuple[int, int], amount: int) -> None:
    """What standing above the link costs more than below it."""
    if amount:
        graph.add_edge(*((BELOW, at) if amount > 0 else (at, ABOVE)), capacity=abs(amount))
