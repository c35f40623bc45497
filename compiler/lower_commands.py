"""Commands as the plan has them: what their declarations say, with formulas for what confirms and what undoes them."""

from ..dsl import nodes as n
from .lower_context import Lowering, domain_scope, value_type
from .lower_formulas import arguments, formula, parameter_plan
from .plan import (
    Apply,
    CommandParameter,
    CommandPlan,
    ConfirmPlan,
    Exists,
    PushField,
    PushParameter,
    UndonePlan,
    ValueType,
    setting,
)
from .resolve import walk
from .typed import DeviceInfo, DeviceScope, FieldInfo

DESIRED_NS = 3650 * 24 * 3600 * 1_000_000_000
"""For so long a device may be away, and be told then what a property shall be."""


def command_plans(lowering: Lowering, device: DeviceInfo) -> tuple[CommandPlan, ...]:
    """The commands of a device type, in the order of its declaration, and those that set its properties."""
    declared = tuple(_command(lowering, device, command) for command in device.commands.values())
    return (*declared, *(_setting(device.fields[name], device.since.get(name)) for name in _set(lowering, device)))


def _set(lowering: Lowering, device: DeviceInfo) -> list[str]:
    """The properties of a device type that rules and procedures set, in the order of its declaration."""
    found = {
        node.property
        for item in lowering.typed.program.items
        if isinstance(item, n.Rule | n.Procedure) and domain_scope(item.domain) == DeviceScope(device.name)
        for node in walk(item)
        if isinstance(node, n.Set)
    }
    return [name for name in device.fields if name in found]


def _setting(field: FieldInfo, since: n.Since | None) -> CommandPlan:
    """What tells a device what a property shall be: the newest counts, and a report of it confirms it."""
    type_ = value_type(field.type)
    low, high = (None if bound is None else float(bound) for bound in (field.low, field.high))
    parameter = CommandParameter(field.name, ValueType(type_.name, type_.unit), low, high, field.type.choices)
    condition = (PushField(field.name), PushParameter(field.name), Apply("equal", 2, "bool"))
    return CommandPlan(
        setting(field.name),
        (parameter,),
        idempotent=True,
        expires_ns=DESIRED_NS,
        when_busy="supersede",
        since=None if since is None else Exists(since.property, since.version.text),
        confirm=ConfirmPlan(condition, (field.name,), DESIRED_NS),
        sets=field.name,
    )


def _command(lowering: Lowering, device: DeviceInfo, command: n.Command) -> CommandPlan:
    infos = device.parameters[command.name]
    retry = command.retry
    busy = command.when_busy or "queue"
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
