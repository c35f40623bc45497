"""Detectors and filters: what the library defines, fed with the samples of one key."""

import math
from dataclasses import dataclass, field

from ...compiler import plan as p
from ...stdlib.catalogue import STATEFUL
from ...stdlib.function import Follower, Value
from .instance import Instance, Instant


@dataclass
class FollowingState:
    """What a function of all samples keeps of them."""

    follower: Follower
    due: None = None


@dataclass
class RecentState:
    """The newest samples, with their times."""

    samples: list[tuple[int, float]] = field(default_factory=list)
    due: None = None


def following(node: p.PlanNode, here: Instance, at: Instant) -> bool:
    assert isinstance(node.operator, p.Following)
    sample = here.value(node.inputs[0])
    if node.inputs[0] not in here.updated or sample is None:
        return False
    if len(node.inputs) > 1 and here.value(node.inputs[1]) is not True:
        return False
    assert isinstance(sample, float)
    value = _seen(node, node.operator, here, at, sample)
    here.values[node.id] = None if isinstance(value, float) and not math.isfinite(value) else value
    return True


def _seen(node: p.PlanNode, operator: p.Following, here: Instance, at: Instant, sample: float) -> Value:
    function = STATEFUL[operator.function]
    if function.judged is not None:
        return function.judged(_recent(node, operator, here, at, sample), *operator.parameters)
    follower = function.follower
    assert follower is not None
    return here.state(node, lambda: FollowingState(follower(*operator.parameters))).follower.see(at.time, sample)


def _recent(node: p.PlanNode, operator: p.Following, here: Instance, at: Instant, sample: float) -> list[float]:
    """The values of the window that ends with a sample."""
    state = here.state(node, RecentState)
    state.samples.append((at.time, sample))
    if operator.window_ns is not None:
        state.samples = [(time, value) for time, value in state.samples if time > at.time - operator.window_ns]
    assert operator.samples_max is not None
    if len(state.samples) > operator.samples_max:
        state.samples.pop(0)
    return [value for _, value in state.samples]
