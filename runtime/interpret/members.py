"""What the members of a group add up to at an instant."""

from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.function import Value
from .instance import Change, Instance, Instant
from .windows import sampled, value_of


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
        values = [_taken(node, here, inputs) for inputs in state.values.values()]
        here.values[node.id] = value_of(node.operator, [(at.time, value) for value in values if value is not None])
    return touched


@dataclass
class ChosenState(MembersState):
    """Of each member whether it is meant."""

    def ids(self) -> list[str]:
        """Those that are meant, in the order of their ids."""
        return sorted(id_ for (_, id_), values in self.values.items() if not values or values[0] is True)


def chosen(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Chosen)
    state = here.state(node, ChosenState)
    for change in at.changes:
        if change.member[0] == node.operator.device:
            state.apply(node.id, change)
    return False


def of_group(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    value, *keys = node.inputs
    key = tuple(here.value(i) for i in keys)
    group = None if None in key else here.group_of(here.setting.nodes[value].timeline, key)
    here.values[node.id] = None if group is None else group.given.get(value)
    return False


def _taken(node: p.PlanNode, here: Instance, inputs: tuple[Value, ...]) -> Any:
    """What a member contributes; None if nothing. Without inputs it counts as it is."""
    return sampled(node, here.setting.nodes, inputs) if node.inputs else True
