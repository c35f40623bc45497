"""Commands: what the runtime must know to deliver them, and that it fits together."""

from ..dsl import nodes as n
from ..stdlib.catalogue import AGGREGATES, SCALARS
from .check_calls import ABOUT_MESSAGES
from .check_context import Checking, Context
from .check_declared import check_arguments, locals_of
from .check_places import check_condition, check_duration, check_whole
from .problems_devices import (
    BackoffReversed,
    BeyondFields,
    BlindRetry,
    BusyWithoutResource,
    DoneBeforeAck,
    RelativeIdempotent,
    RetriedRelative,
)
from .problems_names import UnknownCommand
from .resolve import closest, walk
from .typed import DeviceInfo, DeviceScope


def check_commands(c: Checking, info: DeviceInfo) -> None:
    """The commands of a device type, whose fields and parameters are known."""
    for command in info.commands.values():
        at = Context(DeviceScope(info.name), locals=locals_of(command.parameters, info.parameters[command.name]))
        _times(c, command, at)
        _retry(c, command, at)
        _confirm(c, command, at)
        _undo(c, command, info, at)
        if command.relative and command.idempotent:
            c.report(RelativeIdempotent(span=command.span, command=command.name))
        if command.when_busy is not None and command.resource is None:
            c.report(BusyWithoutResource(span=command.span, command=command.name))


def _times(c: Checking, command: n.Command, at: Context) -> None:
    ack = None if command.ack_within is None else check_duration(c, command.ack_within, at, "`ack within`")
    done = None if command.done_within is None else check_duration(c, command.done_within, at, "`done within`")
    if command.expires is not None:
        check_duration(c, command.expires, at, "`expires`")
    if command.ack_within is not None and command.done_within is not None and ack and done and done < ack:
        c.report(DoneBeforeAck(span=command.done_within.span, ack=command.ack_within.span))


def _retry(c: Checking, command: n.Command, at: Context) -> None:
    """How often at most, and that repeating it does no harm."""
    retry = command.retry
    if retry is None:
        return
    times = check_whole(c, retry.count, at, "`retry`", 0)
    low = None if retry.backoff_low is None else check_duration(c, retry.backoff_low, at, "`backoff`")
    high = None if retry.backoff_high is None else check_duration(c, retry.backoff_high, at, "`backoff`")
    if retry.backoff_low is not None and retry.backoff_high is not None and low and high and low > high:
        c.report(BackoffReversed(span=retry.backoff_low.span.to(retry.backoff_high.span)))
    if times == 0:
        return
    if command.relative:
        c.report(RetriedRelative(span=retry.span, command=command.name))
    elif not command.idempotent:
        c.report(BlindRetry(span=retry.span, command=command.name))


def _confirm(c: Checking, command: n.Command, at: Context) -> None:
    if command.confirm is None:
        return
    may = "the device's own fields and the command's parameters, as they are at one instant"
    if only_fields(c, command.confirm.condition, "a `confirm`", may):
        check_condition(c, command.confirm.condition, at, "`confirm`")
    check_duration(c, command.confirm.within, at, "`within`")


def _undo(c: Checking, command: n.Command, info: DeviceInfo, at: Context) -> None:
    """What undoes a command is a command of the same device, given what this one was given."""
    call = command.undo
    if call is None:
        return
    undoing = info.commands.get(call.function)
    if undoing is None:
        known = closest(call.function, info.commands)
        c.report(UnknownCommand(span=call.span, name=call.function, device=info.name, closest=known))
        return
    infos = info.parameters[undoing.name]
    check_arguments(c, call, undoing.name, undoing.parameters, infos, at, "undo")


def only_fields(c: Checking, node: n.Expr, place: str, may: str) -> bool:
    """Whether an expression is of one instant and of the device's own fields; reports the first part that is not."""
    for inner in walk(node):
        what = _beyond(c, inner)
        if what is not None:
            c.report(BeyondFields(span=inner.span, place=place, what=what, may=may))
            return False
    return True


def _beyond(c: Checking, node: n.Node) -> str | None:
    """What it is that is more than the values at hand, in words."""
    match node:
        case n.Name(name=name):
            item = c.names.values.get(name)
            return None if item is None or isinstance(item, n.Let) else f"the {_KINDS[type(item)]} `{name}`"
        case n.Call(function=function, arguments=arguments):
            if any(argument.window is not None or argument.where is not None for argument in arguments):
                return "what was before, with a window or `where`"
            others = function in AGGREGATES or function in ABOUT_MESSAGES or function in c.names.imports
            return f"`{function}`, which looks at what was before" if others and function not in SCALARS else None
        case n.Holds() | n.Quiet():
            return "how long something lasts"
        case n.Becomes() | n.Crosses() | n.Sent() | n.Expires():
            return "what happens"
        case _:
            return None


_KINDS: dict[type[n.Node], str] = {n.Signal: "signal", n.PatternItem: "pattern"}
