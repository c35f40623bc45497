"""Constant folding: functions of constants are computed now, and conditions lose what cannot matter.

    20 * 3 < fuel        becomes    60 < fuel
    fuel < 10 % and true becomes    fuel < 10 %
    not (not door)       becomes    door

A function is computed by its reference meaning. `x and false` stays: it is false, but it is updated when x is.
"""

import math

from ...stdlib.catalogue import SCALARS
from ...stdlib.function import Value
from ..graph import Graph
from ..plan import Constant, Lookup, Map, PlanNode

NEUTRAL = {"and_": True, "or_": False}
"""What a function of two conditions ignores on either side."""


def fold_constants(graph: Graph) -> Graph:
    """The graph with every function of constants alone folded, and without what is neutral."""

    def rewrite(new: Graph, node: PlanNode, _: str) -> str:
        if isinstance(node.operator, Map) and not isinstance(node.operator, Lookup):
            inputs = new.inputs_of(node)
            kept = _unchanged(new, node.operator.function, inputs)
            if kept is not None:
                return kept.id
            constants = [i.operator.value for i in inputs if isinstance(i.operator, Constant)]
            if len(constants) == len(inputs) and node.type.name != "time":
                value = _computed(node.operator.function, constants)
                return new.changed(node, Constant(value), ())
        return new.keep(node)

    return graph.rebuilt(rewrite, of=(Map,))


def _unchanged(new: Graph, function: str, inputs: tuple[PlanNode, ...]) -> PlanNode | None:
    """The node whose value a function gives back as it is, if there is one."""
    if function == "not_" and inputs[0].operator == Map("not_"):
        return new.node(inputs[0].inputs[0])
    neutral = NEUTRAL.get(function)
    if neutral is None:
        return None
    left, right = inputs
    for one, other in ((left, right), (right, left)):
        if isinstance(one.operator, Constant) and one.operator.value is neutral:
            return other
    return None


def _computed(function: str, values: list[bool | float | str | tuple[float, float] | None]) -> Value:
    scalar = SCALARS[function]
    if scalar.strict and None in values:
        return None
    result = scalar.reference(*values)
    if isinstance(result, float) and not math.isfinite(result):
        return None
    return result
