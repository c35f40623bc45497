"""What rules and procedures do: alerts, events, commands, procedures, desired properties, and choices between them."""

from dataclasses import replace

from ..dsl import nodes as n
from ..dsl.source import Span
from .check_calls import plain_arguments
from .check_context import Checking, Context, domain_of
from .check_declared import check_arguments
from .check_groups import belongs, lacking
from .check_places import check_condition, check_typed, check_value, check_within
from .check_types import described
from .problems_actions import EachInDevice, NotWritable, RunDomain, SendToWhom, SetOfWhich, UndoOutside
from .problems_mentions import UnknownProcedure
from .problems_names import Duplicate, UnknownCommand, UnknownField
from .problems_rules import UnknownSeverity
from .problems_types import WrongArguments, WrongType
from .resolve import closest, member_of
from .typed import GroupScope, ProcedureInfo

SEVERITIES = ("info", "warning", "minor", "major", "critical")


def check_actions(c: Checking, actions: tuple[n.Action, ...], at: Context, *, undoes: bool = False) -> None:
    """The actions of a block, in their order. `undoes`: whether `undo` may stand there."""
    for action in actions:
        match action:
            case n.Alert():
                c.check(action.message, at)
                if action.severity is not None:
                    check_severity(c, action.severity, action)
            case n.Emit():
                _emit(c, action, at)
            case n.Send():
                _send(c, action, at)
            case n.Run():
                _run(c, action, at)
            case n.Set():
                _set(c, action, at)
            case n.Undo():
                if not undoes:
                    c.report(UndoOutside(span=action.span))
            case n.If():
                check_condition(c, action.condition, at, "`if`")
                check_actions(c, action.then, at, undoes=undoes)
                check_actions(c, action.otherwise, at, undoes=undoes)


def acts(actions: tuple[n.Action, ...]) -> str | None:
    """What a block does beyond telling, in words; None if it only tells."""
    for action in actions:
        match action:
            case n.Send():
                return "sends a command"
            case n.Run():
                return "runs a procedure"
            case n.Set():
                return "sets a property"
            case n.If(then=then, otherwise=otherwise):
                what = acts(then) or acts(otherwise)
                if what is not None:
                    return what
            case n.Alert() | n.Emit() | n.Undo():
                pass
    return None


def check_severity(c: Checking, name: str, node: n.Node) -> None:
    """One of the five severities."""
    if name not in SEVERITIES:
        known = closest(name, SEVERITIES)
        c.report(UnknownSeverity(span=node.span, name=name, closest=known, behind=("severity",)))


def _emit(c: Checking, action: n.Emit, at: Context) -> None:
    """`emit overheating(level: temp - limit)`: values of any type, each under a name."""
    used_as = f"emit {action.event}(name: value)"
    if not plain_arguments(c, action, action.event, used_as):
        return
    seen: dict[str, n.Argument] = {}
    for argument in action.arguments:
        if argument.name is None:
            problem = "needs a name for each of its values"
            c.report(WrongArguments(span=argument.span, function=action.event, problem=problem, signature=used_as))
            continue
        if argument.name in seen:
            first = seen[argument.name].span
            c.report(Duplicate(span=argument.span, what="value", name=argument.name, first=first))
        seen[argument.name] = argument
        fact = check_value(c, argument.value, at, "an event's value")
        if fact is not None and fact.type.name == "circle":
            c.report(WrongType(span=argument.span, place="an event", needed="values", got=described(fact.type)))


# --- Commands --------------------------------------------------------------------------------------------------------


def _send(c: Checking, action: n.Send, at: Context) -> None:
    """`send cool(level: 3)` to the device at hand, `send stop() to each Pump` to members of the group at hand."""
    if action.to is not None:
        device = _members(c, action, action.to, at)
    elif at.device is not None:
        device = at.device
    else:
        _report_to_whom(c, action, at)
        return
    info = c.devices.get(device or "")
    if info is None:
        return
    command = info.commands.get(action.command)
    if command is None:
        known = closest(action.command, info.commands)
        c.report(UnknownCommand(span=action.span, name=action.command, device=info.name, closest=known))
        return
    check_arguments(c, action, command.name, command.parameters, info.parameters[command.name], at, "send")


def _members(c: Checking, action: n.Send, each: n.Each, at: Context) -> str | None:
    """The device type of `each Pump where …`; its condition is of the member, which may be compared with parameters."""
    if at.device is not None:
        problem = EachInDevice(span=each.span, device=at.device, each=each.device, command=action.command)
        c.report(problem)
        return None
    if each.where is not None and each.device in c.devices:
        member = replace(at.within(each.device), steps={})
        check_condition(c, each.where, member, "`where`")
    return each.device


def _report_to_whom(c: Checking, action: n.Send, at: Context) -> None:
    keys = at.scope.properties if isinstance(at.scope, GroupScope) else ()
    devices = tuple(
        info.name for info in c.devices.values() if action.command in info.commands and not lacking(info, keys)
    )
    after = Span(action.span.end, action.span.end)
    problem = SendToWhom(
        span=action.span, command=action.command, domain=domain_of(at.scope), devices=devices, at=after
    )
    c.report(problem)


# --- Procedures and properties ---------------------------------------------------------------------------------------


def _run(c: Checking, action: n.Run, at: Context) -> None:
    """`run shut_line()`: for the device or group at hand, or for the group that it belongs to."""
    procedure = c.names.procedures.get(action.procedure)
    if procedure is None:
        known = closest(action.procedure, c.names.procedures)
        c.report(UnknownProcedure(span=action.span, name=action.procedure, closest=known))
        return
    info = c.procedures[procedure.name]
    if belongs(c, info.scope, at.scope):
        check_arguments(c, action, procedure.name, procedure.parameters, info.parameters, at, "run")
    else:
        _report_domain(c, action, procedure, info, at)


def _report_domain(c: Checking, action: n.Run, procedure: n.Procedure, info: ProcedureInfo, at: Context) -> None:
    without: tuple[str, ...] = ()
    device = c.devices.get(at.device or "")
    if device is not None and isinstance(info.scope, GroupScope):
        without = lacking(device, info.scope.properties)
    declared = procedure.span if procedure.domain is None else procedure.domain.span
    problem = RunDomain(
        span=action.span,
        procedure=procedure.name,
        theirs=domain_of(info.scope),
        ours=domain_of(at.scope),
        declared=declared,
        lacking=without,
        device=at.device if without else None,
    )
    c.report(problem)


def _set(c: Checking, action: n.Set, at: Context) -> None:
    """`set setpoint = 4 degC`: the desired side of a writable property of the device at hand."""
    if at.device is None:
        c.report(SetOfWhich(span=action.span, name=action.property, domain=domain_of(at.scope)))
        return
    info = c.devices.get(at.device)
    if info is None:
        return
    member = member_of(c.names.devices[at.device], action.property)
    if member is None:
        writable = [m.name for m in c.names.devices[at.device].members if isinstance(m, n.Property) and m.writable]
        known = closest(action.property, writable)
        c.report(UnknownField(span=action.span, name=action.property, device=at.device, closest=known))
        return
    if not isinstance(member, n.Property) or not member.writable:
        telemetry = isinstance(member, n.Telemetry)
        c.report(NotWritable(span=action.span, name=member.name, declared=member.span, telemetry=telemetry))
        return
    field = info.fields.get(member.name)
    if field is None:
        return
    fact = check_typed(c, action.value, at, field.type, f"`{member.name}`")
    if fact is not None:
        check_within(c, action.value, fact, member.name, field.type, field.low, field.high)
