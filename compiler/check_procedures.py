"""Procedures: their parameters, their handlers, and that none runs itself or undoes what cannot be undone."""

from collections.abc import Iterator

from ..dsl import nodes as n
from .check_actions import check_actions
from .check_context import Checking, Context, Local, scope_of
from .check_declared import check_hiding, check_parameters, locals_of
from .check_places import check_duration
from .check_steps import Procedural, check_parts, commands_sent
from .check_types import TEXT
from .problems_actions import UndoOfNothing
from .problems_names import HidesField
from .problems_procedures import ProcedureCycle
from .resolve import member_of, rings, walk
from .typed import DeviceScope, GroupScope, ParameterRef, ProcedureInfo

HANDLER_NAMES = ("step", "devices", "reason")
"""What a handler is told: the step that failed or is in doubt, the devices that did not do it, and why."""


def declare_procedure(c: Checking, procedure: n.Procedure) -> ProcedureInfo:
    """What must be known before anything can run it: its domain and its parameters."""
    scope = scope_of(procedure.domain)
    hides = tuple(c.names.devices[name] for name in _devices(c, procedure))
    infos = check_parameters(c, procedure.parameters, Context(scope), hides)
    for parameter in procedure.parameters:
        _check_key(c, parameter, "parameter", parameter.name, scope)
    for node in walk(procedure):
        if isinstance(node, n.Loop):
            check_hiding(c, node, "loop variable", node.variable, hides)
            _check_key(c, node, "loop variable", node.variable, scope)
    return ProcedureInfo(procedure.name, scope, infos)


def _devices(c: Checking, procedure: n.Procedure) -> list[str]:
    """The device types whose fields can be named in a procedure: its own, and those whose members it sends to."""
    found: dict[str, None] = {}
    if isinstance(procedure.domain, n.ForDevice):
        found[procedure.domain.device] = None
    for node in walk(procedure):
        if isinstance(node, n.Each):
            found[node.device] = None
    return [name for name in found if name in c.names.devices]


def _check_key(c: Checking, node: n.Node, what: str, name: str, scope: DeviceScope | GroupScope) -> None:
    """A name of its own may not hide a key of the group either."""
    if isinstance(scope, GroupScope) and name in scope.properties:
        for device in c.names.devices.values():
            hidden = member_of(device, name)
            if hidden is not None:
                c.report(HidesField(span=node.span, what=what, name=name, device=device.name, hidden=hidden.span))
                return


def check_procedure(c: Checking, procedure: n.Procedure) -> None:
    """The steps and handlers of a procedure that is declared."""
    info = c.procedures[procedure.name]
    at = Context(info.scope, locals=locals_of(procedure.parameters, info.parameters))
    if procedure.expires is not None:
        check_duration(c, procedure.expires, at, "`expires`")
    ranges = {name: (p.low, p.high) for name, p in info.parameters.items() if p.type.name == "int"}
    check_parts(c, procedure.parts, Procedural(at, procedure, ranges))
    told = {name: Local(TEXT, ParameterRef(name)) for name in HANDLER_NAMES}
    inside = Context(info.scope, locals={**told, **at.locals})
    check_actions(c, procedure.on_failure, inside, undoes=True)
    check_actions(c, procedure.on_doubt, inside)
    check_actions(c, procedure.on_done, at)
    _check_undo(c, procedure)


def _check_undo(c: Checking, procedure: n.Procedure) -> None:
    """`undo` needs at least one command that says what undoes it, in the procedure's steps or in what they run."""
    undo = next((node for action in procedure.on_failure for node in walk(action) if isinstance(node, n.Undo)), None)
    if undo is None:
        return
    seen: dict[str, n.Procedure] = {procedure.name: procedure}
    pending = [procedure]
    commands: dict[tuple[str, str], n.Command] = {}
    while pending:
        at = pending.pop()
        for part in at.parts:
            for device, command in commands_sent(c, part, scope_of(at.domain)):
                commands[device, command.name] = command
            for name in _runs(part):
                if name in c.names.procedures and name not in seen:
                    seen[name] = c.names.procedures[name]
                    pending.append(seen[name])
    if not any(command.undo is not None for command in commands.values()):
        lacking = tuple((command.name, command.span) for command in commands.values())
        c.report(UndoOfNothing(span=undo.span, procedure=procedure.name, commands=lacking))


def _runs(node: n.Node) -> Iterator[str]:
    yield from (inner.procedure for inner in walk(node) if isinstance(inner, n.Run))


def check_running(c: Checking) -> None:
    """No procedure runs itself, alone or through others."""
    procedures = c.names.procedures
    runs = {
        name: list(dict.fromkeys(run for run in _runs(procedure) if run in procedures))
        for name, procedure in procedures.items()
    }
    for ring in rings(runs):
        spans = tuple(_run_of(procedures[name], after) for name, after in zip(ring, (*ring[1:], ring[0]), strict=True))
        c.report(ProcedureCycle(span=spans[0].span, ring=ring, spans=tuple(run.span for run in spans[1:])))


def _run_of(procedure: n.Procedure, name: str) -> n.Run:
    return next(node for node in walk(procedure) if isinstance(node, n.Run) and node.procedure == name)
