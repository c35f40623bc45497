"""A test under faults of links: the program in parts, as it would be placed, says what the whole says, only later.

What arrives at a gateway arrives there whatever its link does; the part above gets to know of it when the link is
whole. So does a gateway of what is asked for above: commands are carried out there.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ...compiler import plan as p
from ..admitted import Acknowledge, Input, Mark, MarkAll, Message, batch_of
from ..edge.cutting import cut
from ..edge.links import Link
from ..edge.partitioned import Partitioned
from ..output import Output, Sent, Set, Started
from ..placement.model import model_of
from ..placement.placed import Placement
from ..placement.rates import rates_of
from ..placement.solve import place
from .differences import by_subject_differences
from .scenario import EPOCH, Scenario

Gateways = Mapping[str, str]
"""The gateway that each device is attached to, by id."""


class OverLinks:
    """What a world executes a plan with: in parts, joined by links of which those of one target have a test's faults.

    With faults of several targets' links the program is cut at the uppermost of them; what the others' faults change is
    found by `linked`.
    """

    def __init__(self, plan: p.Plan, scenario: Scenario, target: str | None = None) -> None:
        """Raises `Unplaceable` where the program cannot be placed on its targets."""
        names = [one.name for one in plan.targets if one.name in scenario.cuts]
        target = names[-1] if target is None else target
        placement = placed(plan, scenario)
        parts = cut(plan, placement.above(target), placement.in_parts(target))
        cuts = apart(scenario.cuts[target])
        self._gateways = attached(plan, scenario, target)
        links = {name: Link[bytes](cuts=cuts) for name in dict.fromkeys(self._gateways.values())}
        self._partitioned = Partitioned(parts, links)
        self._above = {node.operator.name for node in parts.above.nodes if isinstance(node.operator, p.Rule)}
        self._downlink = Link[Output](cuts=cuts)
        self._seq = 0

    def feed(self, inputs: Sequence[Input]) -> Sequence[Output]:
        """What comes at once of inputs, each device's at its gateway."""
        outputs: list[Output] = []
        for one in inputs:
            match one:
                case MarkAll(time):
                    outputs += self._partitioned.mark_all(time)
                case Acknowledge(rule, key, time):
                    outputs += self.advance(self._partitioned.now)
                    outputs += self._down(self._partitioned.acknowledge(rule, key, time))
                case Message() | Mark():
                    batch = partial(batch_of, inputs=[(self._seq, one)])
                    outputs += self._partitioned.feed(self._gateways[one.id], batch)
            self._seq += 1
        return outputs

    def advance(self, time: int) -> Sequence[Output]:
        """What has arrived above comes of it, and what is asked for there is known where the devices are."""
        outputs = self._down(self._partitioned.advance(time))
        return [*outputs, *(output for _, output in self._downlink.arrived(self._partitioned.now))]

    def next_due(self) -> int | None:
        times = [self._partitioned.next_arrival(), self._downlink.next_arrival()]
        return min((time for time in times if time is not None), default=None)

    def admits(self, acknowledge: Acknowledge) -> int:
        """Of a rule above: when the link is whole, so that it has its place among what comes from below."""
        return self._downlink.arrives(acknowledge.time) if acknowledge.rule in self._above else acknowledge.time

    def end(self) -> Sequence[Output]:
        return [*(output for _, output in self._downlink.arrived(None)), *self._partitioned.end()]

    def checkpoint(self) -> Any:
        return self._partitioned.checkpoint(), self._downlink.checkpoint(), self._seq

    def restore(self, state: Any) -> None:
        partitioned, downlink, self._seq = state
        self._partitioned.restore(partitioned)
        self._downlink.restore(downlink)

    def _down(self, outputs: Sequence[Output]) -> list[Output]:
        """What those above say, without the decisions that set out for the gateways."""
        here: list[Output] = []
        for output in outputs:
            if isinstance(output, Sent | Set | Started) and output.rule in self._above:
                self._downlink.send(output, self._partitioned.now)
            else:
                here.append(output)
        return here


def linked(plan: p.Plan, scenario: Scenario, inputs: Sequence[Input], whole: Sequence[Output]) -> list[str]:
    """Run inputs in parts, for each target whose link has a fault: where these say something else than the whole."""
    differences: list[str] = []
    for target in scenario.cuts:
        execution = OverLinks(plan, scenario, target)
        outputs: list[Output] = []
        now = 0
        for one in inputs:
            now = max(now, one.time)
            outputs += [*execution.advance(now), *execution.feed([one])]
        differences += by_subject_differences(whole, [*outputs, *execution.end()])
    return differences


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
