"""What rules do: alerts, events, commands, and choices between them."""

from ..dsl import nodes as n
from .check_calls import plain_arguments
from .check_context import Checking, Context, domain_of
from .check_devices import check_bounds
from .check_places import check_condition, check_typed, check_value, check_within
from .check_types import declared, described
from .problems_domains import NeedsDevice
from .problems_names import Duplicate, MissingParameter, UnknownCommand, UnknownParameter, UnknownType
from .problems_rules import UnknownSeverity
from .problems_types import WrongArguments, WrongType
from .resolve import closest
from .typed import Fact

SEVERITIES = ("info", "warning", "minor", "major", "critical")


def check_actions(c: Checking, actions: tuple[n.Action, ...], at: Context) -> None:
    """The actions of a block, in their order."""
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
            case n.If():
                check_condition(c, action.condition, at, "`if`")
                check_actions(c, action.then, at)
                check_actions(c, action.otherwise, at)


def sends(actions: tuple[n.Action, ...]) -> bool:
    """Whether a command is sent anywhere in a block."""
    return any(
        isinstance(action, n.Send) or (isinstance(action, n.If) and sends((*action.then, *action.otherwise)))
        for action in actions
    )


def check_severity(c: Checking, name: str, node: n.Node) -> None:
    """One of the five severities."""
    if name not in SEVERITIES:
        known = closest(name, SEVERITIES)
        c.report(UnknownSeverity(span=node.span, severity_named=name, closest=known))


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


def _send(c: Checking, action: n.Send, at: Context) -> None:
    """`send cool(level: 3)`: a command of the device at hand, with all its parameters."""
    if at.device is None:
        c.report(NeedsDevice(span=action.span, what="sending commands", domain=domain_of(at.scope)))
        return
    info = c.devices.get(at.device)
    if info is None:
        return
    command = info.commands.get(action.command)
    if command is None:
        known = closest(action.command, info.commands)
        c.report(UnknownCommand(span=action.span, name=action.command, device=at.device, closest=known))
        return
    used_as = f"send {command.name}({', '.join(f'{p.name}: …' for p in command.parameters)})"
    if not plain_arguments(c, action, command.name, used_as):
        return
    given = _given(c, action, command, used_as)
    for parameter in command.parameters:
        argument = given.get(parameter.name)
        if argument is not None:
            _parameter(c, argument.value, parameter, at)
        elif parameter.default is None:
            c.report(
                MissingParameter(span=action.span, command=command.name, name=parameter.name, declared=parameter.span)
            )


def _given(c: Checking, action: n.Send, command: n.Command, used_as: str) -> dict[str, n.Argument]:
    """The arguments by parameter: those without a name by their place."""
    given: dict[str, n.Argument] = {}
    names = tuple(parameter.name for parameter in command.parameters)
    for place, argument in enumerate(action.arguments):
        if argument.name is None and place >= len(names):
            problem = f"takes {len(names)} parameter{'' if len(names) == 1 else 's'}, not {len(action.arguments)}"
            c.report(WrongArguments(span=argument.span, function=command.name, problem=problem, signature=used_as))
            continue
        name = names[place] if argument.name is None else argument.name
        if name not in names:
            known = closest(name, names)
            c.report(UnknownParameter(span=argument.span, name=name, of=command.name, parameters=names, closest=known))
        elif name in given:
            c.report(Duplicate(span=argument.span, what="parameter", name=name, first=given[name].span))
        else:
            given[name] = argument
    return given


def _parameter(c: Checking, value: n.Expr, parameter: n.Parameter, at: Context) -> None:
    type_ = declared(parameter.type)
    if isinstance(type_, UnknownType):
        return
    fact: Fact | None = check_typed(c, value, at, type_, f"the parameter `{parameter.name}`")
    if fact is not None and parameter.bounds is not None:
        low, high = check_bounds(c, parameter.bounds, type_, at)
        check_within(c, value, fact, parameter.name, type_, low, high)
