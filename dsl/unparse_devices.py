"""Devices, sources and targets as things to lay out."""

from typing import assert_never

from . import nodes
from .layout import Block, Thing, plain
from .layout_words import words
from .unparse_expressions import bounds, constant, duration, expression, operand, parameter_list, type_name


def device_thing(device: nodes.Device) -> Thing:
    maximum = "" if device.maximum is None else f" max {_count(device.maximum)}"
    things = _members(device.members)
    if device.lateness is not None:
        things.append(plain(f"lateness\t{duration(device.lateness)}", "member"))
    if device.revise is not None:
        things.append(plain(f"revise\t{duration(device.revise)}", "member"))
    if device.idle_after is not None:
        things.append(plain(f"idle after {duration(device.idle_after)}", "member"))
    return Thing([*words(f"device {device.name}{maximum}"), Block(things, open=bool(things))])


def _members(members: tuple[nodes.DeviceMember, ...]) -> list[Thing]:
    """A line for each member; a blank line before the commands, where there are several after something else."""
    things = [_member(member) for member in members]
    first = next((at for at, member in enumerate(members) if isinstance(member, nodes.Command)), 0)
    if first > 0 and all(isinstance(member, nodes.Command) for member in members[first:]) and len(members) > first + 1:
        things[first].before = [""]
    return things


def _member(member: nodes.DeviceMember) -> Thing:
    match member:
        case nodes.Property():
            writable = " writable" if member.writable else ""
            text = f"property\t{member.name}: {type_name(member.type)}{bounds(member.bounds)}{writable}"
        case nodes.Telemetry():
            every = "" if member.every is None else f" every {duration(member.every)}"
            stale = "" if member.stale_after is None else f" stale after {duration(member.stale_after)}"
            text = f"telemetry\t{member.name}: {type_name(member.type)}{bounds(member.bounds)}{every}{stale}"
        case nodes.Event():
            text = f"event\t{member.name}({parameter_list(member.parameters)})"
        case nodes.Relationship():
            maximum = "" if member.maximum is None else f" max {_count(member.maximum)}"
            text = f"relationship\t{member.name}: {member.device}{maximum}"
        case nodes.Command():
            return _command(member)
        case _:
            assert_never(member)
    private = " private" if member.private else ""
    since = "" if member.since is None else f" {_since(member.since)}"
    return plain(text + private + since, "member")


def _since(since: nodes.Since) -> str:
    return f"since {since.property} {since.version.text}"


def _count(value: nodes.Expr) -> str:
    return operand(value, nodes.Number, nodes.Name)


def _command(command: nodes.Command) -> Thing:
    head = words(f"command\t{command.name}({parameter_list(command.parameters)})")
    attributes = _attributes(command)
    if not attributes:
        return Thing([*head], "member")
    things = [plain(text, side=not text.startswith(("confirm", "undo"))) for text in attributes]
    return Thing([*head, Block(things, column=True)], "member")


def _attributes(command: nodes.Command) -> list[str]:
    texts = [word for word in ("idempotent", "relative", "protected") if getattr(command, word)]
    if command.since is not None:
        texts.append(_since(command.since))
    if command.resource is not None:
        texts.append(f"resource {command.resource}")
    if command.when_busy is not None:
        texts.append(f"when busy {command.when_busy}")
    for keyword, value in (
        ("ack within", command.ack_within),
        ("done within", command.done_within),
        ("expires", command.expires),
    ):
        if value is not None:
            texts.append(f"{keyword} {duration(value)}")
    if command.retry is not None:
        texts.append(_retry(command.retry))
    if command.confirm is not None:
        texts.append(f"confirm {expression(command.confirm.condition)} within {duration(command.confirm.within)}")
    if command.undo is not None:
        texts.append(f"undo {expression(command.undo)}")
    return texts


def _retry(retry: nodes.Retry) -> str:
    text = f"retry {_count(retry.count)}"
    if retry.backoff_low is None or retry.backoff_high is None:
        return text
    return f"{text} backoff {duration(retry.backoff_low)}..{duration(retry.backoff_high)}"


def source_thing(source: nodes.Source) -> Thing:
    where = "" if source.where is None else f" where {expression(source.where)}"
    things: list[Thing] = []
    kept: list[str] = []
    for mapping in source.mappings:
        if mapping.unit is None and mapping.value == nodes.Name(mapping.field):
            kept.append(mapping.field)
            continue
        things += _keep(kept)
        kept = []
        unit = "" if mapping.unit is None else f" in {mapping.unit}"
        things.append(plain(f"{mapping.field}\t= {expression(mapping.value)}{unit}", "mapping"))
    things += _keep(kept)
    if source.unique is not None:
        things.append(plain(_unique(source.unique)))
    head = f"source {source.name}: {source.format} for {source.device}{where}"
    return Thing([*words(head), Block(things, open=bool(things))])


def _unique(unique: nodes.Unique) -> str:
    of_type = "" if unique.type is None else f": {type_name(unique.type)}"
    return f"unique {expression(unique.value)}{of_type} within {duration(unique.within)}"


def _keep(names: list[str]) -> list[Thing]:
    return [plain(f"keep {', '.join(names)}")] if names else []


def target_thing(target: nodes.Target) -> Thing:
    by = f" by {', '.join(target.by)}" if target.by else ""
    head = words(f"target {target.name}: {target.tier}{by}")
    if not target.budgets:
        return Thing([*head])
    things = [plain(f"{budget.what} {constant(budget.amount)}", side=True) for budget in target.budgets]
    return Thing([*head, Block(things)])
