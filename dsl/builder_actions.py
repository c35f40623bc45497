"""Actions, and the parts of procedures, in Python.

>>> unparse_action(send("siren", on=True))
'send siren(on: true)'

A text that an action sends or says may hold values between braces, as in the language: `alert("{id} is at {temp}")`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from . import nodes
from .builder_expressions import (
    BuilderError,
    Count,
    Duration,
    Expression,
    Value,
    checked_label,
    checked_name,
    duration_node,
    expression_node,
    maybe_duration,
    named,
    node_of,
    q,
    read_short,
    without_device,
)
from .unparse_rules import action_text

SEVERITIES = ("info", "warning", "minor", "major", "critical")
"""How bad an alarm can be; the checker knows the same."""

Reached = Literal["done", "confirmed"]
Share = Expression | int | float | str
"""How many: a number, or a share such as `"95 %"`."""


Said = Value | Mapping[str, Value]
"""An argument, or several by their labels."""


def unparse_action(action: nodes.Action) -> str:
    """As the language writes it."""
    return action_text(action)


def message(text: str) -> nodes.Template:
    """A text with values between braces."""
    made: nodes.Template = read_short("Template", text)
    return made


def alert(text: str, severity: str | None = None) -> nodes.Alert:
    return nodes.Alert(message(text), severity_named(severity))


def severity_named(severity: str | None) -> str | None:
    """One of the five, if any."""
    if severity is None or severity in SEVERITIES:
        return severity
    raise BuilderError(f"there is no severity `{severity}`: those are {', '.join(f'`{each}`' for each in SEVERITIES)}")


def send(command: Any, *values: Said, to: nodes.Each | None = None, **labelled: Value) -> nodes.Send:
    """Send a command to the device at hand, or `to=each(pump)`; labels can be in a dict, too: `{"to": q("0 %")}`."""
    return nodes.Send(named(command), said(values, labelled), to)


def run(procedure: Any, *values: Said, **labelled: Value) -> nodes.Run:
    """Start a procedure."""
    return nodes.Run(named(procedure), said(values, labelled))


def emit(event: str, *values: Said, **labelled: Value) -> nodes.Emit:
    """An event of the program's own."""
    return nodes.Emit(named(event), said(values, labelled))


def set_(field: Any, value: Value) -> nodes.Set:
    """The desired side of a writable property."""
    return nodes.Set(named(field), node_of(value))


def undo() -> nodes.Undo:
    """What was done so far in the procedure, in reverse."""
    return nodes.Undo()


def if_(condition: Expression, then: Sequence[nodes.Action], otherwise: Sequence[nodes.Action] = ()) -> nodes.If:
    return nodes.If(expression_node(condition, "`if_`"), actions(then, "`then`"), actions(otherwise, "`otherwise`"))


def each(device: Any, *, where: Expression | None = None) -> nodes.Each:
    """`each Pump where motor_temp < 90 degC`: the members of the group at hand."""
    kind = named(device)
    return nodes.Each(kind, None if where is None else without_device(expression_node(where, "`where`"), [kind]))


def said(values: Sequence[Said], labelled: Mapping[str, Value]) -> tuple[nodes.Argument, ...]:
    """The arguments of an action, in whose texts braces have a meaning."""
    pairs: list[tuple[str | None, Value]] = []
    for value in values:
        if isinstance(value, Mapping):
            pairs += value.items()
        else:
            pairs.append((None, value))
    pairs += labelled.items()
    return tuple(
        nodes.Argument(_said(value), None if label is None else checked_label(label)) for label, value in pairs
    )


def _said(value: Value) -> nodes.Expr:
    if not isinstance(value, str):
        return node_of(value)
    made = message(value)
    if all(isinstance(part, str) for part in made.parts):
        return nodes.Text("".join(str(part) for part in made.parts))
    return made


def actions(given: object, what: str) -> tuple[nodes.Action, ...]:
    """A block of actions."""
    kinds = (nodes.Alert, nodes.Emit, nodes.Send, nodes.Run, nodes.Set, nodes.Undo, nodes.If)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BuilderError(f'{what} is a list of actions, such as `[alert("too warm")]`, not {given!r}')
    for action in given:
        if not isinstance(action, kinds):
            raise BuilderError(f"{action!r} is no action: those are alert, send, run, emit, set_, undo and if_")
    return tuple(given)


# --- Procedures ------------------------------------------------------------------------------------------------------


def step(name: str, *parts: nodes.StepPart, after: str | Sequence[str] = ()) -> nodes.ProcedureStep:
    """A step of a procedure; `after="pumps done"`, or several such."""
    earlier = [after] if isinstance(after, str) else after
    for part in parts:
        if not isinstance(part, nodes.StepPart):
            raise BuilderError(f"{part!r} is no part of a step: those are send, set_, wait, require and the like")
    return nodes.ProcedureStep(checked_name(name, "a step"), parts, tuple(map(_after, earlier)))


def steps(given: object) -> tuple[nodes.ProcedureStep | nodes.Loop, ...]:
    """The steps of a procedure or a loop."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BuilderError(f'`steps` is a list of steps, such as `[step("one", …)]`, not {given!r}')
    for part in given:
        if not isinstance(part, nodes.ProcedureStep | nodes.Loop):
            raise BuilderError(f"{part!r} is no step: those are made by `step` and `loop`")
    return tuple(given)


def _after(text: str) -> nodes.After:
    name, *reached = text.split()
    if reached not in ([], ["done"], ["confirmed"]):
        raise BuilderError(f"`{text}` is no earlier step: write its name, and `done` or `confirmed` if that matters")
    return nodes.After(checked_name(name, "a step"), reached[0] if reached else None)  # type: ignore[arg-type]


def loop(variable: str, first: Value, last: Value, *parts: nodes.ProcedureStep | nodes.Loop) -> nodes.Loop:
    """`for r in 9..down_to { … }`."""
    return nodes.Loop(checked_name(variable, "a variable"), node_of(first), node_of(last), steps(parts))


def at_most(count: Count, *, every: Duration | None = None) -> nodes.AtMost:
    """So many at once, or so many in each stretch of time."""
    return nodes.AtMost(node_of(count), maybe_duration(every))


def require(
    share: Share | Literal["all", "none"], reached: Reached | None = None, *, within: Duration | None = None
) -> nodes.Require:
    """How many must have got there before the next step."""
    if isinstance(share, str) and share in ("all", "none"):
        return nodes.Require("all" if share == "all" else "none", reached, maybe_duration(within))
    return nodes.Require(_share(share), reached, maybe_duration(within))


def abort_above(share: Share) -> nodes.AbortAbove:
    """When so many have failed, what is still queued is not sent."""
    return nodes.AbortAbove(_share(share))


def _share(share: Share) -> nodes.Expr:
    return q(share).node if isinstance(share, str) else node_of(share)


def wait(length: Duration) -> nodes.Wait:
    return nodes.Wait(length=duration_node(length))


def wait_until(condition: Expression, *, within: Duration | None = None) -> nodes.Wait:
    return nodes.Wait(until=expression_node(condition, "`wait_until`"), within=maybe_duration(within))


def stop_if(condition: Expression, *, within: Duration | None = None) -> nodes.StopIf:
    """The procedure is done once this is true."""
    return nodes.StopIf(expression_node(condition, "`stop_if`"), maybe_duration(within))
