"""From the grammar's rules for procedures to nodes: one small function for each rule."""

from . import nodes
from .source import Span
from .tree_parts import every, keyword, only
from .tree_reading import Build, Children, Clause, Reading


def _procedure(reading: Reading, span: Span, children: Children) -> nodes.Procedure:
    name, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Procedure(
        reading.declared(name),
        only(nodes.Domain, rest),
        tuple(child for child in rest if isinstance(child, nodes.ProcedureStep | nodes.Loop)),
        parameters=only(tuple, rest) or (),
        expires=clauses.get("expires"),
        on_failure=clauses.get("on failure", ()),
        on_doubt=clauses.get("on doubt", ()),
        on_done=clauses.get("on done", ()),
        span=span,
    )


def _step(reading: Reading, span: Span, children: Children) -> nodes.ProcedureStep:
    name, *rest = children
    after = every(nodes.After, rest)
    return nodes.ProcedureStep(reading.declared(name), tuple(rest[len(after) :]), tuple(after), span=span)


def _after(_: Reading, span: Span, children: Children) -> nodes.After:
    return nodes.After(children[0].text, children[1] if len(children) > 1 else None, span=span)


def _loop(reading: Reading, span: Span, children: Children) -> nodes.Loop:
    variable, first, last, *parts = children
    return nodes.Loop(reading.declared(variable), first, last, tuple(parts), span=span)


def _at_most(_: Reading, span: Span, children: Children) -> nodes.AtMost:
    return nodes.AtMost(*children, span=span)


def _require(_: Reading, span: Span, children: Children) -> nodes.Require:
    share, *rest = children
    # What must be reached is a keyword, and so a plain string here; the time is an expression.
    reached = only(str, rest)
    return nodes.Require(share, reached, rest[-1] if len(rest) > (reached is not None) else None, span=span)


def _abort_above(_: Reading, span: Span, children: Children) -> nodes.AbortAbove:
    return nodes.AbortAbove(children[0], span=span)


def _wait_for(_: Reading, span: Span, children: Children) -> nodes.Wait:
    return nodes.Wait(children[0], span=span)


def _wait_until(_: Reading, span: Span, children: Children) -> nodes.Wait:
    return nodes.Wait(until=children[0], within=children[1] if len(children) > 1 else None, span=span)


def _stop_if(_: Reading, span: Span, children: Children) -> nodes.StopIf:
    return nodes.StopIf(*children, span=span)


PROCEDURES: dict[str, Build] = {
    "procedure": _procedure,
    "on_failure": keyword("on failure"),
    "on_doubt": keyword("on doubt"),
    "on_done": keyword("on done"),
    "step": _step,
    "after": _after,
    "loop": _loop,
    "at_most": _at_most,
    "require": _require,
    "abort_above": _abort_above,
    "wait_for": _wait_for,
    "wait_until": _wait_until,
    "stop_if": _stop_if,
}
