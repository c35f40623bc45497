"""The last stage: the graph becomes the plan, which is checked as every loaded one is."""

from .graph import Graph
from .plan import Plan
from .verify import faults


def emit(graph: Graph) -> Plan:
    """The plan of a graph whose nodes have their costs."""
    plan = Plan(
        graph.module,
        graph.devices,
        graph.sources,
        graph.timelines,
        tuple(graph),
        graph.targets,
        graph.procedures,
        graph.twins,
    )
    found = list(faults(plan))
    assert not found, found
    return plan
