"""Common subexpressions: work that is the same, wherever it is written, is one node.

    rule a for Truck { when fuel < 10 % … }      rule b for Truck { when fuel < 10 % and load > 1 t … }

Both wait for one node `fuel < 10 %`. Nodes are the same if operator, type, timeline and inputs are (their structural
hash).
"""

from ..graph import Graph


def share_subexpressions(graph: Graph) -> Graph:
    """The graph with one node for each structure."""

    return graph.shared()
