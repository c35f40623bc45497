"""Which nodes of a timeline are of one shape: the same operators over the same inputs, but for their constants.

    rule a for Truck { when fuel < 10 % for 1 min do { alert "{id}" } }
    rule b for Truck { when fuel < 12 % for 5 min do { alert "{id}: low" } }

are four families of two: thresholds, `for`, rules, alerts. Only what hangs on indexed thresholds alone is in families:
comparisons, logic of them, what lasts, rules, and their actions that show the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..compiler import plan as p
from .operators.families import (
    ActionFamily,
    ConjunctionFamily,
    Family,
    HoldsFamily,
    LogicFamily,
    RuleFamily,
    Source,
    ThresholdFamily,
)
from .operators.node import Operator

LOGIC = ("and_", "or_", "not_", "not_true")
LOGIC_DEEPEST = 16
"""Logic of logic of … comparisons: what is deeper than that is in no family."""
Shape = tuple[object, ...]


class Families:
    """The families of a timeline's nodes, in an order in which each comes after those that it looks at."""

    def __init__(self, nodes: Sequence[p.PlanNode], operators: Mapping[str, Operator]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.shapes: dict[str, Shape] = {}
        """By name."""
        self.members: dict[str, list[str]] = {}
        self.lanes: dict[str, tuple[str, int]] = {}
        """By node: the name of its family, and its lane."""
        self.depths: dict[str, int] = {}
        """By name: of how many the longest chain is, of logic of logic, that a family is the last of."""
        names: dict[Shape, str] = {}
        for node in nodes:
            shape = self._shape(node)
            if shape is None:
                continue
            name = names.get(shape)
            if name is None:
                name = names[shape] = f"like {node.id}"
                self.shapes[name], self.members[name] = shape, []
                self.depths[name] = self._depth(node)
            members = self.members[name]
            self.lanes[node.id] = name, len(members)
            members.append(node.id)
        self.of: dict[str, Family] = {}
        for name, ids in self.members.items():
            self.of[name] = self._family(self.shapes[name], ids, operators)

    def _shape(self, node: p.PlanNode) -> Shape | None:
        """What the nodes of a family have in common; None: it is in none."""
        lanes, operator = self.lanes, node.operator
        if isinstance(operator, p.Threshold):
            return ("threshold", *node.inputs)
        if not node.inputs or node.inputs[0] not in lanes:
            return None
        inside = [lanes[i][0] for i in node.inputs if i in lanes]
        kinds = [self.shapes[name][0] for name in inside]
        if isinstance(operator, p.Action):
            if kinds != ["rule"]:
                return None
            return ("action", operator.on, operator.guarded, operator.order, *inside, *node.inputs[1:])
        if len(inside) < len(node.inputs):
            return None
        match operator:
            case p.Map(function=function) if function in LOGIC and not node.event:
                shallow = self._depth(node) <= LOGIC_DEEPEST and {*kinds} <= {"threshold", "logic"}
                return ("logic", function, *inside) if shallow else None
            case p.Holds():
                return ("holds", *inside) if kinds[0] != "rule" else None
            case p.Rule() as rule if not rule.momentary_when:
                return ("rule", rule.has_until, rule.latched, _timers(rule), *inside)
            case _:
                return None

    def _depth(self, node: p.PlanNode) -> int:
        return 1 + max((self.depths[self.lanes[i][0]] for i in node.inputs if i in self.lanes), default=0)

    def _family(self, shape: Shape, ids: Sequence[str], operators: Mapping[str, Operator]) -> Family:
        nodes = [self.nodes[id_] for id_ in ids]
        sources = [
            Source(self.lanes[first][0], np.array([self.lanes[node.inputs[i]][1] for node in nodes]))
            for i, first in enumerate(nodes[0].inputs)
            if first in self.lanes
        ]
        shared = [i for i in nodes[0].inputs if i not in self.lanes]
        # Their shape says what kind of operators they are.
        members: list[Any] = [operators[id_] for id_ in ids]
        match shape[0]:
            case "threshold":
                return ThresholdFamily(shared, members)
            case "logic":
                compared = [family for s in sources if isinstance(family := self.of[s.family], ThresholdFamily)]
                if shape[1] in ("and_", "or_") and len(compared) == 2:
                    return ConjunctionFamily(sources, members, compared)
                return LogicFamily(sources, members)
            case "holds":
                return HoldsFamily(sources, members)
            case "rule":
                return RuleFamily(sources, members)
            case _:
                return ActionFamily(sources, shared, members, len(self.members[sources[0].family]))


def _timers(rule: p.Rule) -> tuple[bool, bool, bool]:
    """Which timers a rule has."""
    return rule.cooldown_ns is not None, rule.repeat_ns is not None, rule.hold_ns is not None
