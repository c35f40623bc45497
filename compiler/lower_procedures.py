"""Procedures as the plan has them: their steps and loops, and what each does."""

from ..dsl import nodes as n
from . import plan as p
from .constants import converted
from .lower_commands import whole
from .lower_context import Lowering, Place, Waits
from .lower_formulas import arguments, formula, given, parameter_plan, property_set, texts
from .lower_timelines import waits
from .lower_units import RATIO
from .procedure_limits import is_watched
from .typed import DeviceScope, GroupScope, Scope


def procedure_plan(lowering: Lowering, procedure: n.Procedure) -> p.ProcedurePlan:
    """A procedure that was checked, and can be executed."""
    info = lowering.typed.procedures[procedure.name]
    scope = info.scope
    return p.ProcedurePlan(
        procedure.name,
        _stages(lowering, procedure.parts, scope),
        scope.device if isinstance(scope, DeviceScope) else None,
        scope.properties if isinstance(scope, GroupScope) else (),
        tuple(parameter_plan(lowering, one, info.parameters[one.name]) for one in procedure.parameters),
        None if procedure.expires is None else lowering.typed.duration_ns(procedure.expires),
        _acts(lowering, procedure.on_failure, scope),
        _acts(lowering, procedure.on_doubt, scope),
        _acts(lowering, procedure.on_done, scope),
    )


def _stages(lowering: Lowering, parts: tuple[n.ProcedureStep | n.Loop, ...], scope: Scope) -> tuple[p.Stage, ...]:
    return tuple(_stage(lowering, part, scope) for part in parts)


def _stage(lowering: Lowering, part: n.ProcedureStep | n.Loop, scope: Scope) -> p.Stage:
    if isinstance(part, n.ProcedureStep):
        return _step(lowering, part, scope)
    first, last = (formula(lowering, end, scope) for end in (part.first, part.last))
    return p.LoopPlan(part.variable, first, last, _stages(lowering, part.parts, scope))


def _step(lowering: Lowering, step: n.ProcedureStep, scope: Scope) -> p.StepPlan:
    acts: list[p.Act] = []
    at_most: int | None = None
    every_ns: int | None = None
    require: p.RequirePlan | None = None
    abort_above: float | None = None
    for part in step.parts:
        match part:
            case n.AtMost(count, every):
                at_most = whole(lowering, count)
                every_ns = None if every is None else lowering.typed.duration_ns(every)
            case n.Require():
                require = _require(lowering, part)
            case n.AbortAbove(share):
                abort_above = _share(lowering, share)
            case _:
                acts.append(_act(lowering, part, scope))
    after = tuple(p.AfterPlan(one.step, one.reached) for one in step.after)
    return p.StepPlan(step.name, tuple(acts), after, at_most, every_ns, require, abort_above)


def _require(lowering: Lowering, require: n.Require) -> p.RequirePlan:
    within_ns = None if require.within is None else lowering.typed.duration_ns(require.within)
    reached = require.reached or "done"
    match require.share:
        case "all":
            return p.RequirePlan(None, 1.0, reached, within_ns)
        case "none":
            return p.RequirePlan(0, None, reached, within_ns)
        case share if lowering.fact(share).type.unit is None:
            return p.RequirePlan(whole(lowering, share), None, reached, within_ns)
        case share:
            return p.RequirePlan(None, _share(lowering, share), reached, within_ns)


def _share(lowering: Lowering, share: n.Expr) -> float:
    fact = lowering.fact(share)
    assert fact.type.unit is not None
    assert fact.constant is not None
    return float(converted(fact.constant, fact.type.unit, RATIO, point=False))  # type: ignore[arg-type]


# --- What is done ----------------------------------------------------------------------------------------------------


def _acts(lowering: Lowering, actions: tuple[n.Action, ...], scope: Scope) -> tuple[p.Act, ...]:
    return tuple(_act(lowering, action, scope) for action in actions)


def _act(lowering: Lowering, action: n.Action | n.Wait | n.StopIf, scope: Scope) -> p.Act:
    def ns(duration: n.Expr | None) -> int | None:
        return None if duration is None else lowering.typed.duration_ns(duration)

    match action:
        case n.Alert(message, severity):
            return p.AlertAct(texts(lowering, message, scope), severity)
        case n.Emit(event, said):
            return p.EmitAct(event, tuple(given(lowering, a.name or "", a.value, scope) for a in said))
        case n.Send():
            return _send(lowering, action, scope)
        case n.Run(name, said):
            (procedure,) = (i for i in lowering.typed.program.items if isinstance(i, n.Procedure) and i.name == name)
            return p.RunAct(name, arguments(lowering, procedure.parameters, said, scope))
        case n.If(condition, then, otherwise):
            return p.ChoiceAct(
                _condition(lowering, condition, scope),
                _acts(lowering, then, scope),
                _acts(lowering, otherwise, scope),
            )
        case n.Wait(length, until, within):
            asked = () if until is None else _condition(lowering, until, scope)
            return p.WaitAct(ns(length), asked, ns(within))
        case n.StopIf(condition, within):
            return p.StopAct(_condition(lowering, condition, scope), ns(within))
        case n.Undo():
            return p.UndoAct()
        case n.Set(name, value):
            return p.SetAct(name, given(lowering, name, value, scope, property_set(lowering, action, scope)))


def _condition(lowering: Lowering, condition: n.Expr, scope: Scope) -> p.Formula:
    """A condition; one that lasts, or is of many messages, becomes a signal, whose name no declared one has."""
    if not is_watched(lowering.typed, condition):
        return formula(lowering, condition, scope)
    settled = waits(lowering, condition) is Waits.SETTLED
    value = lowering.graph.node(lowering.expression(condition, Place(scope, settled)))
    outputs = [node.operator.name for node in lowering.graph if isinstance(node.operator, p.Output)]
    name = f"condition {1 + sum(name.startswith('condition ') for name in outputs)}"
    lowering.add(p.Output(name, paced=False), (value.id,), value.timeline, value.type, condition.span)
    return (p.PushSignal(name),)


def _send(lowering: Lowering, send: n.Send, scope: Scope) -> p.SendAct:
    each = send.to
    if each is None:
        assert isinstance(scope, DeviceScope)
        device = scope.device
    else:
        device = each.device
    command = lowering.typed.devices[device].commands[send.command]
    said = arguments(lowering, command.parameters, send.arguments, scope)
    if each is None:
        return p.SendAct(send.command, said)
    where = () if each.where is None else formula(lowering, each.where, DeviceScope(device))
    return p.SendAct(send.command, said, device, where)
