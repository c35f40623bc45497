"""From the grammar's rules for device types and their members to nodes: one small function for each rule."""

from . import nodes
from .source import Span
from .tree_parts import every, keyword, naming, only
from .tree_reading import Build, Children, Clause, Reading, Word


def _device(reading: Reading, span: Span, children: Children) -> nodes.Device:
    name, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Device(
        reading.declared(name),
        tuple(child for child in rest if isinstance(child, nodes.DeviceMember)),
        maximum=only(nodes.Expr, rest),
        lateness=clauses.get("lateness"),
        revise=clauses.get("revise"),
        idle_after=clauses.get("idle after"),
        span=span,
    )


# --- Fields ----------------------------------------------------------------------------------------------------------


def _property(reading: Reading, span: Span, children: Children) -> nodes.Property:
    name, type_, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Property(
        reading.declared(name),
        type_,
        only(nodes.Bounds, rest),
        writable=clauses.get("writable", False),
        private=clauses.get("private", False),
        since=clauses.get("since"),
        span=span,
    )


def _telemetry(reading: Reading, span: Span, children: Children) -> nodes.Telemetry:
    name, type_, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Telemetry(
        reading.declared(name),
        type_,
        only(nodes.Bounds, rest),
        every=clauses.get("every"),
        stale_after=clauses.get("stale after"),
        private=clauses.get("private", False),
        since=clauses.get("since"),
        span=span,
    )


def _type_name(_: Reading, span: Span, children: Children) -> nodes.TypeName:
    return nodes.TypeName(children[0].text, span=span)


def _type_enum(reading: Reading, span: Span, children: Children) -> nodes.TypeName:
    words: tuple[Word, ...] = children[0]
    reading.different(words)
    return nodes.TypeName("enum", tuple(reading.declared(word) for word in words), span=span)


def _bounds(_: Reading, span: Span, children: Children) -> nodes.Bounds:
    return nodes.Bounds(children[0], children[1], span=span)


def _since(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("since", nodes.Since(children[0].text, children[1], span=span), span)


# --- Events, commands, relationships ---------------------------------------------------------------------------------


def _event(reading: Reading, span: Span, children: Children) -> nodes.Event:
    name, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Event(
        reading.declared(name),
        only(tuple, rest) or (),
        private=clauses.get("private", False),
        since=clauses.get("since"),
        span=span,
    )


def _relationship(reading: Reading, span: Span, children: Children) -> nodes.Relationship:
    name, device, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Relationship(
        reading.declared(name),
        device.text,
        only(nodes.Expr, rest),
        private=clauses.get("private", False),
        since=clauses.get("since"),
        span=span,
    )


def _command(reading: Reading, span: Span, children: Children) -> nodes.Command:
    name, *rest = children
    clauses = reading.once(every(Clause, rest))
    return nodes.Command(
        reading.declared(name),
        only(tuple, rest) or (),
        idempotent=clauses.get("idempotent", False),
        relative=clauses.get("relative", False),
        protected=clauses.get("protected", False),
        resource=clauses.get("resource"),
        ack_within=clauses.get("ack within"),
        done_within=clauses.get("done within"),
        expires=clauses.get("expires"),
        retry=clauses.get("retry"),
        confirm=clauses.get("confirm"),
        undo=clauses.get("undo"),
        when_busy=clauses.get("when busy"),
        since=clauses.get("since"),
        span=span,
    )


def _parameters(reading: Reading, _: Span, children: Children) -> tuple[nodes.Parameter, ...]:
    parameters: list[nodes.Parameter] = children
    reading.once(Clause(parameter.name, None, parameter.span) for parameter in parameters)
    return tuple(parameters)


def _parameter(reading: Reading, span: Span, children: Children) -> nodes.Parameter:
    name, type_, *rest = children
    return nodes.Parameter(reading.declared(name), type_, only(nodes.Bounds, rest), only(nodes.Expr, rest), span=span)


def _retry(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("retry", nodes.Retry(*children, span=span), span)


def _confirm(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("confirm", nodes.Confirm(children[0], children[1], span=span), span)


def _invocation(_: Reading, span: Span, children: Children) -> nodes.Call:
    return nodes.Call(children[0].text, children[1] if len(children) > 1 else (), span=span)


DEVICES: dict[str, Build] = {
    "device": _device,
    "property": _property,
    "telemetry": _telemetry,
    "event": _event,
    "relationship": _relationship,
    "command": _command,
    "lateness": keyword("lateness"),
    "revise": keyword("revise"),
    "idle_after": keyword("idle after"),
    "type_name": _type_name,
    "type_enum": _type_enum,
    "bounds": _bounds,
    "private": keyword("private"),
    "since": _since,
    "writable": keyword("writable"),
    "every": keyword("every"),
    "stale_after": keyword("stale after"),
    "parameters": _parameters,
    "parameter": _parameter,
    "idempotent": keyword("idempotent"),
    "relative": keyword("relative"),
    "protected": keyword("protected"),
    "resource": naming("resource"),
    "when_busy": keyword("when busy"),
    "ack_within": keyword("ack within"),
    "done_within": keyword("done within"),
    "expires": keyword("expires"),
    "retry": _retry,
    "confirm": _confirm,
    "undone_by": keyword("undo"),
    "invocation": _invocation,
}
