"""Patterns: partial matches, oldest first, and what they captured."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...compiler import plan as p
from ...stdlib.function import Value
from .instance import Instance, Instant

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Partial:
    """A match that has begun: when, how many steps were matched, and what they captured."""

    began: int
    matched: int
    captured: dict[int, Value]


@dataclass
class PatternState:
    partials: list[Partial] = field(default_factory=list)
    newest: dict[int, Value] = field(default_factory=dict)
    due: None = None


def pattern(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Pattern)
    rule = node.operator
    state = here.state(node, PatternState)
    unless = None if rule.unless is None else node.inputs[rule.unless]
    if unless in here.updated and here.value(unless) is True:
        state.partials = []
    if rule.within_ns is not None:
        state.partials = [one for one in state.partials if at.time - one.began <= rule.within_ns]
    for one in state.partials:
        if one.matched == len(rule.steps) - 1 and _matches(node, rule, one.matched, one.captured, here):
            return _complete(node, rule, state, one, here)
    for one in state.partials:
        if _matches(node, rule, one.matched, one.captured, here):
            one.captured.update(_captures(node, rule, one.matched, here))
            one.matched += 1
    if _matches(node, rule, 0, {}, here):
        begun = Partial(at.time, 1, _captures(node, rule, 0, here))
        if len(rule.steps) == 1:
            begun.matched = 0
            return _complete(node, rule, state, begun, here)
        state.partials.append(begun)
        if len(state.partials) > rule.partial_max:
            del state.partials[0]
            here.setting.counters.dropped["dropped_partial"] += 1
    return False


def _complete(node: p.PlanNode, rule: p.Pattern, state: PatternState, one: Partial, here: Instance) -> bool:
    """The last step was matched: nothing else that has begun counts any more."""
    state.newest = {**one.captured, **_captures(node, rule, one.matched, here)}
    state.partials = []
    return True


def _matches(node: p.PlanNode, rule: p.Pattern, step: int, captured: dict[int, Value], here: Instance) -> bool:
    """Whether this instant matches a step: it updates an input of the step, and all that the step asks is true."""
    asked = rule.steps[step]
    inputs = [test.left for test in asked.tests] + ([] if asked.condition is None else [asked.condition])
    if not any(node.inputs[i] in here.updated for i in inputs):
        return False
    if asked.condition is not None and here.value(node.inputs[asked.condition]) is not True:
        return False
    return all(_passes(test, here.value(node.inputs[test.left]), captured.get(test.capture)) for test in asked.tests)


def _passes(test: p.StepTest, left: Value, right: Value) -> bool:
    return left is not None and right is not None and COMPARISONS[test.comparison](left, right)


def _captures(node: p.PlanNode, rule: p.Pattern, step: int, here: Instance) -> dict[int, Value]:
    found = enumerate(rule.captures)
    return {index: here.value(node.inputs[c.value]) for index, c in found if c.step == step}


def captured(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    """The value captured by the newest match, from that match on."""
    assert isinstance(node.operator, p.Captured)
    (source,) = node.inputs
    if source not in here.updated:
        return False
    state = here.states[source]
    here.values[node.id] = state.newest.get(node.operator.capture)
    return True
