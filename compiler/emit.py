"""The last stage: the graph becomes the plan, which is checked as every loaded one is."""

from .graph import Graph
from .plan import Plan, looked_up
from .verify import faults


def emit(graph: Graph) -> Plan:
    """The plan of a graph whose nodes have their costs."""
    nodes = tuple(graph)
    plan = Plan(
        graph.module,
        graph.devices,
        graph.sources,
        graph.timelines,
        nodes,
        graph.targets,
        graph.procedures,
        graph.twins,
        looked_up(graph.tables, (node.operator for node in nodes)),
    )
    found = list(faults(plan))
    assert not found, found
    return plan
