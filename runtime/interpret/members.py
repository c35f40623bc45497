"""What the members of a group add up to at an instant."""

from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.catalogue import AGGREGATES
from ...stdlib.function import Value
from .instance import Change, Instance, Instant


@dataclass
class MembersState:
    """Each member's newest values of the node's inputs."""

    values: dict[tuple[str, str], tuple[Value, ...]] = field(default_factory=dict)
    due: None = None

    def apply(self, node: str, change: Change) -> None:
        if change.kind == "leave":
            self.values.pop(change.member, None)
        elif node in change.values:
            self.values[change.member] = change.values[node]


def members(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Members)
    state = here.state(node, MembersState)
    touched = False
    for change in at.changes:
        if change.member[0] == node.operator.device:
            state.apply(node.id, change)
            touched = touched or node.id in change.touched
    if touched:
        aggregate = AGGREGATES[node.operator.function]
        here.values[node.id] = aggregate.reference([(at.time, value) for value in taking_part(node, state)])
    return touched


def taking_part(node: p.PlanNode, state: MembersState) -> list[Value]:
    """The known values of the members for which `where` is true; without inputs, one for each member."""
    if not node.inputs:
        return [True for _ in state.values]
    return [
        values[0]
        for values in state.values.values()
        if values[0] is not None and (len(values) == 1 or values[1] is True)
    ]
