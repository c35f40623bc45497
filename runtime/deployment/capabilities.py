"""What a plan may do to devices: which of its rules can send which commands to which. What is not among it is denied.

>>> capabilities(plan)
(Capability(rule='too_warm', command='siren', device='Fridge', reach='itself'),)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ...compiler import plan as p
from ..commands.acts import acts_of


@dataclass(frozen=True, slots=True, order=True)
class Capability:
    """A rule, perhaps by way of procedures, can send a command to devices of a type: to the one that it is raised for
    (`itself`), or to any of its group (`members`). To set a property is the command `set PROPERTY`."""

    rule: str
    command: str
    device: str
    reach: Literal["itself", "members"]


def capabilities(plan: p.Plan) -> tuple[Capability, ...]:
    """All that a plan can do, in order."""
    return tuple(sorted(set(_Asking(plan).found())))


class _Asking:
    def __init__(self, plan: p.Plan) -> None:
        self.plan = plan
        self.timelines = {timeline.id: timeline for timeline in plan.timelines}
        self.procedures = {procedure.name: procedure for procedure in plan.procedures}
        self.undone = {
            (device.name, command.name): command.undo.command
            for device in plan.devices
            for command in device.commands
            if command.undo is not None
        }

    def found(self) -> Iterator[Capability]:
        for node in self.plan.nodes:
            if isinstance(node.operator, p.Action) and node.operator.name is not None:
                action, own = node.operator, self.timelines[node.timeline].device
                if action.kind == "send":
                    yield _capability(action.rule, node.operator.name, action.device, own)
                elif action.kind == "set":
                    yield _capability(action.rule, p.setting(node.operator.name), action.device, own)
                elif action.kind == "run":
                    yield from self._run(action.rule, node.operator.name)

    def _run(self, rule: str, procedure: str) -> Iterator[Capability]:
        """What a procedure can send, those that it runs included, and what undoes that."""
        waiting, seen = [procedure], {procedure}
        while waiting:
            one = self.procedures[waiting.pop()]
            for act in acts_of([one]):
                if isinstance(act, p.RunAct) and act.procedure not in seen:
                    seen.add(act.procedure)
                    waiting.append(act.procedure)
                elif isinstance(act, p.SetAct):
                    yield _capability(rule, p.setting(act.property), None, one.device)
                elif isinstance(act, p.SendAct):
                    sent = _capability(rule, act.command, act.device, one.device)
                    yield sent
                    undone = self.undone.get((sent.device, act.command))
                    if undone is not None:
                        yield replace(sent, command=undone)


def _capability(rule: str, command: str, members: str | None, own: str | None) -> Capability:
    """Of sending to each of these `members`, or else to the device of one's `own`."""
    if members is not None:
        return Capability(rule, command, members, "members")
    assert own is not None, "what is sent to no members is sent by a device's own rule"
    return Capability(rule, command, own, "itself")
