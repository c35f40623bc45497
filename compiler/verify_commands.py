"""What must be true of the commands and procedures of every plan: formulas leave one value and name what there is."""

from collections.abc import Iterable, Iterator, Mapping

from ..stdlib.catalogue import SCALARS
from .plan import (
    Action,
    AlertAct,
    Apply,
    ChoiceAct,
    CommandPlan,
    DeviceType,
    EmitAct,
    FormulaTerm,
    Given,
    LoopPlan,
    Plan,
    ProcedurePlan,
    PushField,
    RunAct,
    SendAct,
    SetAct,
    Shown,
    Stage,
    StepPlan,
    StopAct,
    WaitAct,
    setting,
)
from .plan.commands import Act


def command_faults(plan: Plan) -> Iterator[str]:
    """What is wrong with the commands and procedures of a plan, one text each."""
    devices = {device.name: device for device in plan.devices}
    procedures = {procedure.name: procedure for procedure in plan.procedures}
    for device in plan.devices:
        for command in device.commands:
            for fault in _command(command, device):
                yield f"command {command.name} of {device.name}: {fault}"
    for procedure in plan.procedures:
        for fault in _procedure(procedure, devices, procedures):
            yield f"procedure {procedure.name}: {fault}"
    for node in plan.nodes:
        action = node.operator
        if isinstance(action, Action) and action.kind == "run" and action.name not in procedures:
            yield f"rule {action.rule} runs {action.name}, which is no procedure of the plan"


def _command(command: CommandPlan, device: DeviceType) -> Iterator[str]:
    if command.confirm is not None:
        yield from _formula(command.confirm.condition, device)
    if command.undo is not None:
        if command.undo.command not in {other.name for other in device.commands}:
            yield f"{command.undo.command}, which undoes it, is no command of the device"
        yield from _given(command.undo.arguments, device)
    if command.sets is not None and [one.name for one in command.parameters] != [command.sets]:
        yield f"it must be told what {command.sets} shall be"
    if command.retry_count < 0:
        yield "it is repeated a negative number of times"
    if command.retry_count > 0 and not command.idempotent:
        yield "it is repeated, and is not idempotent"


def _procedure(
    procedure: ProcedurePlan, devices: Mapping[str, DeviceType], procedures: Mapping[str, ProcedurePlan]
) -> Iterator[str]:
    own = None if procedure.device is None else devices.get(procedure.device)
    if procedure.device is not None and own is None:
        yield f"{procedure.device} is no device type of the plan"
        return
    for stage in procedure.stages:
        yield from _stage(stage, own, devices, procedures)
    for acts in (procedure.on_failure, procedure.on_doubt, procedure.on_done):
        yield from _acts(acts, own, devices, procedures)


def _stage(
    stage: Stage,
    own: DeviceType | None,
    devices: Mapping[str, DeviceType],
    procedures: Mapping[str, ProcedurePlan],
) -> Iterator[str]:
    match stage:
        case StepPlan(acts=acts):
            yield from _acts(acts, own, devices, procedures, waits=True)
        case LoopPlan(first=first, last=last, stages=stages):
            yield from (*_formula(first, own), *_formula(last, own))
            for inner in stages:
                yield from _stage(inner, own, devices, procedures)


def _acts(
    acts: Iterable[Act],
    own: DeviceType | None,
    devices: Mapping[str, DeviceType],
    procedures: Mapping[str, ProcedurePlan],
    *,
    waits: bool = False,
) -> Iterator[str]:
    for act in acts:
        match act:
            case SendAct(command, arguments, name, where):
                device = own if name is None else devices.get(name)
                if device is None or command not in {one.name for one in device.commands}:
                    yield f"it sends {command}, which is no command of whom it is sent to"
                    continue
                yield from _given(arguments, own)
                yield from _formula(where, device) if where else ()
            case SetAct(name, value):
                if own is None or setting(name) not in {one.name for one in own.commands}:
                    yield f"it sets {name}, which is no property of its device that can be set"
                yield from _given([value], own)
            case RunAct(name, arguments):
                if name not in procedures:
                    yield f"it runs {name}, which is no procedure of the plan"
                yield from _given(arguments, own)
            case AlertAct(message):
                yield from _parts(message, own)
            case EmitAct(_, arguments):
                yield from _given(arguments, own)
            case ChoiceAct(condition, then, otherwise):
                yield from _formula(condition, own)
                yield from _acts((*then, *otherwise), own, devices, procedures)
            case WaitAct() | StopAct() if not waits:
                yield "something waits that is no step"
            case WaitAct(length_ns, until):
                if (length_ns is None) != bool(until):
                    yield "it waits for a time, or for a condition"
                yield from _formula(until, own) if until else ()
            case StopAct(condition):
                yield from _formula(condition, own)
            case _:
                pass


def _given(given: Iterable[Given], own: DeviceType | None) -> Iterator[str]:
    for one in given:
        if not one.text and (len(one.parts) != 1 or isinstance(one.parts[0], str)):
            yield f"{one.name} is no text, and has more than its value"
        yield from _parts(one.parts, own)


def _parts(parts: Iterable[str | Shown], own: DeviceType | None) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Shown):
            yield from _formula(part.formula, own)


def _formula(formula: Iterable[FormulaTerm], own: DeviceType | None) -> Iterator[str]:
    """Whether a formula leaves one value, and speaks of fields that there are."""
    height = 0
    fields = set() if own is None else {field.name for field in own.fields}
    for term in formula:
        match term:
            case Apply(function, arguments):
                if function not in SCALARS:
                    yield f"there is no function {function}"
                if height < arguments:
                    yield f"{function} is given too little"
                    return
                height -= arguments
            case PushField(field) if field not in fields:
                yield f"it speaks of {field}, which is no field of the device"
            case _:
                pass
        height += 1
    if height != 1:
        yield "a formula does not leave one value"
