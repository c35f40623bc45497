"""Commands as the plan has them: what their declarations say, with formulas for what confirms and what undoes them."""

from ..dsl import nodes as n
from .lower_context import Lowering
from .lower_formulas import arguments, formula, parameter_plan
from .plan import CommandPlan, ConfirmPlan, Exists, PushField, UndonePlan
from .typed import DeviceInfo, DeviceScope


def command_plans(lowering: Lowering, device: DeviceInfo) -> tuple[CommandPlan, ...]:
    """The commands of a device type, in the order of its declaration."""
    return tuple(_command(lowering, device, command) for command in device.commands.values())


def _command(lowering: Lowering, device: DeviceInfo, command: n.Command) -> CommandPlan:
    infos = device.parameters[command.name]
    retry = command.retry
    busy = command.when_busy or "queue"
    assert busy != "preempt", "refused before lowering"
    return CommandPlan(
        command.name,
        tuple(parameter_plan(lowering, parameter, infos[parameter.name]) for parameter in command.parameters),
        command.idempotent,
        command.relative,
        command.protected,
        command.resource,
        _ns(lowering, command.ack_within),
        _ns(lowering, command.done_within),
        _ns(lowering, command.expires),
        0 if retry is None else whole(lowering, retry.count),
        None if retry is None else _ns(lowering, retry.backoff_low),
        None if retry is None else _ns(lowering, retry.backoff_high),
        busy,
        None if command.since is None else Exists(command.since.property, command.since.version.text),
        _undone(lowering, device, command),
        _confirmed(lowering, device, command),
    )


def _ns(lowering: Lowering, duration: n.Expr | None) -> int | None:
    return None if duration is None else lowering.typed.duration_ns(duration)


def whole(lowering: Lowering, count: n.Expr) -> int:
    """A constant that was checked to be a whole number."""
    value = lowering.fact(count).constant
    assert value is not None
    return int(value)  # type: ignore[arg-type]


def _undone(lowering: Lowering, device: DeviceInfo, command: n.Command) -> UndonePlan | None:
    if command.undo is None:
        return None
    undoing = device.commands[command.undo.function]
    said = arguments(lowering, undoing.parameters, command.undo.arguments, DeviceScope(device.name))
    return UndonePlan(undoing.name, said)


def _confirmed(lowering: Lowering, device: DeviceInfo, command: n.Command) -> ConfirmPlan | None:
    confirm = command.confirm
    if confirm is None:
        return None
    condition = formula(lowering, confirm.condition, DeviceScope(device.name))
    fields = tuple(dict.fromkeys(term.field for term in condition if isinstance(term, PushField)))
    return ConfirmPlan(condition, fields, lowering.typed.duration_ns(confirm.within))
