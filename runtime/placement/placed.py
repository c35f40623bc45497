"""A placement: at which target each node of a plan stands.

>>> placement.at("gateway")
frozenset({'5d5ccaf66bd4d021', …})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...compiler.plan import Plan
from ..edge.cutting import COPIED

ONE_PLACE = "here"
"""The only target of a plan that declares none."""


@dataclass(frozen=True, slots=True)
class Placement:
    """`targets` from the devices up; `of` has the target of every node but those that are worked out wherever they are
    used (`edge.cutting.COPIED`).

    Data only flows up: no node stands nearer to the devices than one of its inputs. Of a node with `partials`, each of
    another target, nearer to the devices, works out its part.
    """

    targets: tuple[str, ...]
    of: Mapping[str, str]
    partials: Mapping[str, str] = field(default_factory=dict)

    def at(self, target: str) -> frozenset[str]:
        """The nodes that stand at a target."""
        return frozenset(id_ for id_, where in self.of.items() if where == target)

    def above(self, target: str) -> frozenset[str]:
        """The nodes that stand at a target further from the devices: what `edge.cutting.cut` asks for."""
        higher = self.targets[self.targets.index(target) + 1 :]
        return frozenset(id_ for id_, where in self.of.items() if where in higher)

    def in_parts(self, target: str) -> frozenset[str]:
        """Of the nodes above a target those that are worked out in parts there or below: `cut` asks for them, too."""
        above = self.above(target)
        lower = self.targets[: self.targets.index(target) + 1]
        return frozenset(id_ for id_, where in self.partials.items() if id_ in above and where in lower)


def whole(plan: Plan) -> Placement:
    """All of a plan in one place: its uppermost target, or the only place there is."""
    target = plan.targets[-1].name if plan.targets else ONE_PLACE
    return Placement((target,), {node.id: target for node in plan.nodes if not isinstance(node.operator, COPIED)})
