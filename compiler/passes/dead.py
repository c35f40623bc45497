"""Dead nodes: what nothing reads is not computed.

What is read: rules, their actions, what is reported, what sources fill, and the keys of groups that are in use.
"""

from ..graph import Graph
from ..plan import Action, Output, Rule, Timeline


def drop_dead(graph: Graph) -> Graph:
    """The graph of what leads to a rule, an action, a result or a field, and the timelines of that."""
    roots = {node.id for node in graph if isinstance(node.operator, Rule | Action | Output)}
    for source in graph.sources:
        roots |= {source.id, source.time, *(field.node for field in source.fields)}
        roots |= set() if source.where is None else {source.where}
        roots |= set() if source.unique is None else {source.unique.node}
    alive = _reaching(graph, roots)
    # Groups come after their members' timelines in the plan, so looking from the end finds all that is used.
    kept: list[Timeline] = []
    used = {graph.node(id_).timeline for id_ in alive}
    for timeline in reversed(graph.timelines):
        if timeline.id in used:
            kept.append(timeline)
            keys = {key for member in timeline.members for key in member.keys}
            alive |= _reaching(graph, keys)
            used |= {member.timeline for member in timeline.members}
    return graph.only(alive, tuple(reversed(kept)))


def _reaching(graph: Graph, roots: set[str]) -> set[str]:
    """These nodes and all that they depend on."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found.add(id_)
            waiting += graph.node(id_).inputs
    return found
