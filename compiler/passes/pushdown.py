"""Pushdown: what narrows is done as early as it can be.

- `mean(x where fresh(x) > 0 over …)` reads x from the message that must be there anyway, instead of holding it.
- A filter or a step's condition that is always true is none.

A field that a source maps stays mapped even if nothing reads it: a bad value in it must still be found.
"""

from dataclasses import replace

from ...stdlib.catalogue import SCALARS
from ..graph import Graph
from ..plan import Constant, Field, Lookup, Map, Members, Message, Pattern, PlanNode, Slices


def push_down(graph: Graph) -> Graph:
    """The graph with filters where they cost least."""
    needed: dict[str, Fields] = {}
    return graph.rebuilt(lambda new, node, _: _rewrite(new, node, needed), of=(Slices, Members, Pattern))


def _rewrite(new: Graph, node: PlanNode, needed: "dict[str, Fields]") -> str:
    inputs = new.inputs_of(node)
    match node.operator:
        case Slices() | Members() if len(inputs) > 1 and _always(inputs[-1]):
            return new.changed(node, node.operator, node.inputs[:-1])
        case Slices() if len(inputs) == 2 and inputs[1].type.name == "bool":
            value = _from_messages(new, inputs[0], _needed(new, inputs[1], needed))
            if value == inputs[0].id:
                return new.keep(node)
            return new.changed(node, node.operator, (value, node.inputs[1]))
        case Pattern() as pattern:
            without = _without_idle(pattern, inputs)
            return new.keep(node) if without == pattern else new.changed(node, without, node.inputs)
        case _:
            return new.keep(node)


def _always(node: PlanNode) -> bool:
    return isinstance(node.operator, Constant) and node.operator.value is True


def _without_idle(pattern: Pattern, inputs: tuple[PlanNode, ...]) -> Pattern:
    """A pattern whose steps that have tests have no condition that is always true."""
    steps = tuple(
        replace(step, condition=None)
        if step.test and step.condition is not None and _always(inputs[step.condition])
        else step
        for step in pattern.steps
    )
    return replace(pattern, steps=steps)


# --- From the message instead of from what is held -------------------------------------------------------------------

Fields = frozenset[tuple[str, str]]
NONE: Fields = frozenset()


def _needed(graph: Graph, condition: PlanNode, known: dict[str, Fields]) -> Fields:
    """The fields that a message must carry for a condition to be true; of other conditions it is `known`."""
    for id_ in graph.behind(condition.id, (Map,), known):
        node = graph.node(id_)
        match node.operator:
            case Message(device, field):
                known[id_] = frozenset({(device, field)})
            case Map("or_"):
                known[id_] = known[node.inputs[0]] & known[node.inputs[1]]
            case Lookup():
                known[id_] = NONE.union(*(known[i] for i in node.inputs))
            case Map(function) if function == "and_" or SCALARS[function].strict:
                known[id_] = NONE.union(*(known[i] for i in node.inputs))
            case _:
                known[id_] = NONE
    return known[condition.id]


def _from_messages(graph: Graph, value: PlanNode, fields: Fields) -> str:
    """A value that reads these fields from the message, which carries them wherever it is asked for.

    On a settled timeline no message is older than what is held, so that the two are the same.
    """
    if not fields:
        return value.id
    now: dict[str, str] = {}
    for id_ in graph.behind(value.id, (Map,)):
        node = graph.node(id_)
        match node.operator:
            case Field(device, field) if (device, field) in fields:
                now[id_] = graph.share(replace(node, id="", operator=Message(device, field)))
            case Map():
                inputs = tuple(now[i] for i in node.inputs)
                now[id_] = id_ if inputs == node.inputs else graph.share(replace(node, id="", inputs=inputs))
            case _:
                now[id_] = id_
    return now[value.id]
