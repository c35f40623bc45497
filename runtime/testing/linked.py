"""A test under faults of links: the program in parts, as it would be placed, says what the whole says, only later.

What arrives at a gateway arrives there whatever its link does, so the inputs are those of the test; the part above gets
to know of them when the link is whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ...compiler import plan as p
from ..admitted import Acknowledge, Input, Mark, MarkAll, Message, batch_of
from ..edge.cutting import Parts, cut
from ..edge.links import Link
from ..edge.partitioned import Partitioned
from ..output import Output, Sent, Started
from ..placement.model import model_of
from ..placement.placed import Placement
from ..placement.rates import rates_of
from ..placement.solve import place
from .differences import by_subject_differences
from .scenario import EPOCH, Scenario

Gateways = Mapping[str, str]
"""The gateway that each device is attached to, by id."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a test's links did: where the parts differ from the whole, and commands that were asked for above while the
    link was down (`asked`): when devices would get those, this version does not simulate."""

    differences: list[str]
    asked: list[Sent | Started]


def linked(plan: p.Plan, scenario: Scenario, inputs: Sequence[Input], whole: Sequence[Output]) -> Linked:
    """Run inputs in parts, for each target whose link has a fault."""
    found = Linked([], [])
    placement = placed(plan, scenario)
    for target, cuts in scenario.cuts.items():
        parts = cut(plan, placement.above(target))
        gateways = attached(plan, scenario, target)
        links = {name: Link[bytes](cuts=apart(cuts)) for name in dict.fromkeys(gateways.values())}
        outputs = run(parts, links, gateways, inputs)
        found.differences.extend(by_subject_differences(whole, outputs))
        above = {node.operator.name for node in parts.above.nodes if isinstance(node.operator, p.Rule)}
        down = [(EPOCH + start, EPOCH + end) for start, end in cuts]
        found.asked.extend(
            output
            for output in whole
            if isinstance(output, Sent | Started)
            if output.rule in above and any(start <= output.time < end for start, end in down)
        )
    return found


def apart(cuts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same cuts (ns from the test's beginning) in the world's time, ascending, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(cuts):
        if found and EPOCH + start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], EPOCH + end)
        else:
            found.append((EPOCH + start, EPOCH + end))
    return found


def placed(plan: p.Plan, scenario: Scenario) -> Placement:
    """The program placed for the devices of a test."""
    counts: dict[str, int] = {}
    for device in scenario.devices.values():
        counts[device.type] = counts.get(device.type, 0) + 1
    model = model_of(plan, rates_of(plan, devices=counts))
    return model.placement(place(model.problem).placed)


def attached(plan: p.Plan, scenario: Scenario, target: str) -> Gateways:
    """Each device's gateway: that of its values of the target's properties, as they are given."""
    (keys,) = (one.keys for one in plan.targets if one.name == target)
    return {
        id_: ", ".join(str(device.lines[0].values.get(key)) for key in keys) for id_, device in scenario.devices.items()
    }


def run(parts: Parts, links: Mapping[str, Link[bytes]], gateways: Gateways, inputs: Sequence[Input]) -> list[Output]:
    """What comes of the inputs, each device's at its gateway, under the inputs' own time."""
    execution = Partitioned(parts, links)
    outputs: list[Output] = []
    for seq, one in enumerate(inputs):
        outputs += execution.advance(max(execution.now, one.time))
        match one:
            case MarkAll(time):
                outputs += execution.mark_all(time)
            case Acknowledge(rule, key, time):
                outputs += execution.acknowledge(rule, key, time)
            case Message() | Mark():
                outputs += execution.feed(gateways[one.id], partial(batch_of, inputs=[(seq, one)]))
    return outputs + execution.end()
