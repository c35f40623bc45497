"""From the grammar's rules for items and their clauses to nodes: one small function for each rule."""

import re
from typing import Any, TypeVar

from . import nodes
from .source import Span
from .tree_expressions import Build, as_pattern
from .tree_problems import BadTimeOfDay, MissingWhen, RowShape, UnknownDay
from .tree_reading import Children, Clause, Reading, Word

_Kind = TypeVar("_Kind")

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


def _of(kind: type[_Kind], children: Children) -> list[_Kind]:
    return [child for child in children if isinstance(child, kind)]


def _the(kind: Any, children: Children) -> Any:
    """The only child of a kind, or None."""
    found = [child for child in children if isinstance(child, kind)]
    assert len(found) <= 1
    return found[0] if found else None


def _keyword(keyword: str) -> Build:
    """A clause with at most one part."""

    def build(_: Reading, span: Span, children: Children) -> Clause:
        assert len(children) <= 1
        return Clause(keyword, children[0] if children else True, span)

    return build


def _named(keyword: str) -> Build:
    """A clause whose part is a name."""

    def build(_: Reading, span: Span, children: Children) -> Clause:
        return Clause(keyword, children[0].text, span)

    return build


# --- The file --------------------------------------------------------------------------------------------------------


def _module_header(reading: Reading, _: Span, children: Children) -> str:
    return reading.declared(children[0])


def _import_line(_: Reading, span: Span, children: Children) -> nodes.Import:
    module, names = children
    return nodes.Import(module, tuple(word.text for word in names), span=span)


def _dotted(_: Reading, __: Span, children: Children) -> str:
    return ".".join(word.text for word in children)


def _names(_: Reading, __: Span, children: Children) -> tuple[Word, ...]:
    return tuple(children)


def _item_list(_: Reading, __: Span, children: Children) -> tuple[nodes.Item, ...]:
    return tuple(children)


def _for_device(_: Reading, span: Span, children: Children) -> nodes.ForDevice:
    return nodes.ForDevice(children[0].text, span=span)


def _by_properties(_: Reading, span: Span, children: Children) -> nodes.ByProperties:
    return nodes.ByProperties(tuple(word.text for word in children[0]), span=span)


def _let(reading: Reading, span: Span, children: Children) -> nodes.Let:
    name, value = children
    return nodes.Let(reading.declared(name), value, span=span)


def _signal(reading: Reading, span: Span, children: Children) -> nodes.Signal:
    return nodes.Signal(reading.declared(children[0]), _the(nodes.Domain, children), children[-1], span=span)


def _pattern_item(reading: Reading, span: Span, children: Children) -> nodes.PatternItem:
    domain = _the(nodes.Domain, children)
    return nodes.PatternItem(reading.declared(children[0]), domain, as_pattern(children[-1]), span=span)


# --- Devices ---------------------------------------------------------------------------------------------------------


def _device(reading: Reading, span: Span, children: Children) -> nodes.Device:
    members = _of(nodes.Property | nodes.Telemetry | nodes.Command, children)  # type: ignore[arg-type]
    clauses = reading.once(_of(Clause, children))
    return nodes.Device(
        reading.declared(children[0]),
        tuple(members),
        maximum=_the(nodes.Expr, children),
        lateness=clauses.get("lateness"),
        revise=clauses.get("revise"),
        idle_after=clauses.get("idle after"),
        span=span,
    )


def _property(reading: Reading, span: Span, children: Children) -> nodes.Property:
    clauses = reading.once(_of(Clause, children))
    return nodes.Property(
        reading.declared(children[0]),
        children[1],
        _the(nodes.Bounds, children),
        writable=clauses.get("writable", False),
        private=clauses.get("private", False),
        span=span,
    )


def _telemetry(reading: Reading, span: Span, children: Children) -> nodes.Telemetry:
    clauses = reading.once(_of(Clause, children))
    return nodes.Telemetry(
        reading.declared(children[0]),
        children[1],
        _the(nodes.Bounds, children),
        every=clauses.get("every"),
        stale_after=clauses.get("stale after"),
        private=clauses.get("private", False),
        span=span,
    )


def _command(reading: Reading, span: Span, children: Children) -> nodes.Command:
    clauses = reading.once(_of(Clause, children))
    parameters: tuple[nodes.Parameter, ...] = _the(tuple, children) or ()
    _report_repeated(reading, [(parameter.name, parameter.span) for parameter in parameters])
    return nodes.Command(
        reading.declared(children[0]),
        parameters,
        idempotent=clauses.get("idempotent", False),
        protected=clauses.get("protected", False),
        resource=clauses.get("resource"),
        ack_within=clauses.get("ack within"),
        retry=clauses.get("retry"),
        span=span,
    )


def _parameters(_: Reading, __: Span, children: Children) -> tuple[nodes.Parameter, ...]:
    return tuple(children)


def _parameter(reading: Reading, span: Span, children: Children) -> nodes.Parameter:
    return nodes.Parameter(
        reading.declared(children[0]),
        children[1],
        _the(nodes.Bounds, children),
        _the(nodes.Expr, children),
        span=span,
    )


def _type_name(_: Reading, span: Span, children: Children) -> nodes.TypeName:
    return nodes.TypeName(children[0].text, span=span)


def _type_enum(reading: Reading, span: Span, children: Children) -> nodes.TypeName:
    words: tuple[Word, ...] = children[0]
    _report_repeated(reading, [(word.text, word.span) for word in words])
    return nodes.TypeName("enum", tuple(reading.declared(word) for word in words), span=span)


def _bounds(_: Reading, span: Span, children: Children) -> nodes.Bounds:
    return nodes.Bounds(children[0], children[1], span=span)


def _report_repeated(reading: Reading, names: list[tuple[str, Span]]) -> None:
    """Report names that stand twice where each may stand once."""
    reading.once(Clause(name, None, span) for name, span in names)


# --- Sources ---------------------------------------------------------------------------------------------------------


def _source(reading: Reading, span: Span, children: Children) -> nodes.Source:
    name, form, device = children[:3]
    mappings: list[nodes.Mapping] = []
    for child in children[3:]:
        if isinstance(child, nodes.Mapping):
            mappings.append(child)
        elif isinstance(child, tuple):
            mappings.extend(child)
    _report_repeated(reading, [(mapping.field, mapping.span) for mapping in mappings])
    where = _the(Clause, children)
    return nodes.Source(
        reading.declared(name),
        form.text,
        device.text,
        tuple(mappings),
        where=None if where is None else where.value,
        span=span,
    )


def _mapping(_: Reading, span: Span, children: Children) -> nodes.Mapping:
    unit = children[2].text if len(children) > 2 else None
    return nodes.Mapping(children[0].text, children[1], unit, span=span)


def _keep(_: Reading, __: Span, children: Children) -> tuple[nodes.Mapping, ...]:
    return tuple(
        nodes.Mapping(word.text, nodes.Name(word.text, span=word.span), span=word.span) for word in children[0]
    )


# --- Rules -----------------------------------------------------------------------------------------------------------


def _rule(reading: Reading, span: Span, children: Children) -> nodes.Rule:
    clauses = reading.once(_of(Clause, children))
    if "when" not in clauses:
        reading.problems.append(MissingWhen(span=children[0].span, rule=children[0].text))
        reading.broken = True
    return nodes.Rule(
        reading.declared(children[0]),
        _the(nodes.Domain, children),
        clauses.get("when", nodes.Absent(span=span)),
        until=clauses.get("until"),
        severity=clauses.get("severity"),
        cooldown=clauses.get("cooldown"),
        repeat_every=clauses.get("repeat every"),
        hold_for=clauses.get("hold for"),
        latched=clauses.get("latched", False),
        schedule=clauses.get("schedule"),
        do=clauses.get("do", ()),
        on_clear=clauses.get("on clear", ()),
        span=span,
    )


def _schedule(reading: Reading, span: Span, children: Children) -> Clause:
    days: tuple[Word, ...] = _the(tuple, children) or ()
    texts = [child for child in children if isinstance(child, Word)]
    for day in days:
        if day.text not in _DAYS:
            reading.problems.append(UnknownDay(span=day.span, day=day.text))
    times = [reading.plain_text(word) for word in texts]
    for word, time in zip(texts[:2], times, strict=False):
        if not _TIME_OF_DAY.fullmatch(time):
            reading.problems.append(BadTimeOfDay(span=word.span, text=time))
    schedule = nodes.Schedule(
        times[0],
        times[1],
        first_day=days[0].text if days else None,
        last_day=days[-1].text if days else None,
        zone=times[2] if len(times) > 2 else None,
        span=span,
    )
    return Clause("schedule", schedule, span)


def _days(_: Reading, __: Span, children: Children) -> tuple[Word, ...]:
    return tuple(children)


# --- Actions ---------------------------------------------------------------------------------------------------------


def _block(_: Reading, __: Span, children: Children) -> tuple[nodes.Action, ...]:
    return tuple(children)


def _alert(reading: Reading, span: Span, children: Children) -> nodes.Alert:
    message: Word = children[0]
    severity = children[1].text if len(children) > 1 else None
    return nodes.Alert(reading.template(message.text, message.span), severity, span=span)


def _emit(reading: Reading, span: Span, children: Children) -> nodes.Emit:
    return nodes.Emit(children[0].text, _action_arguments(reading, children), span=span)


def _send(reading: Reading, span: Span, children: Children) -> nodes.Send:
    return nodes.Send(children[0].text, _action_arguments(reading, children), span=span)


def _action_arguments(reading: Reading, children: Children) -> tuple[nodes.Argument, ...]:
    arguments: tuple[nodes.Argument, ...] = _the(tuple, children) or ()
    return tuple(
        nodes.Argument(
            reading.interpolated(argument.value), argument.name, argument.where, argument.window, span=argument.span
        )
        for argument in arguments
    )


def _if(_: Reading, span: Span, children: Children) -> nodes.If:
    condition, then, *rest = children
    match rest:
        case [nodes.If() as nested]:
            return nodes.If(condition, then, (nested,), span=span)
        case [actions]:
            return nodes.If(condition, then, actions, span=span)
        case _:
            return nodes.If(condition, then, span=span)


# --- Tables ----------------------------------------------------------------------------------------------------------


def _table(reading: Reading, span: Span, children: Children) -> nodes.Table:
    title, rule, device, inputs, outputs, *rows = children
    header = inputs[0].span.to(outputs[-1].span)
    for row in rows:
        for side, names, cells in (("before", inputs, row.inputs), ("after", outputs, row.outputs)):
            if len(names) != len(cells):
                reading.problems.append(
                    RowShape(span=row.span, side=side, expected=len(names), found=len(cells), header=header)
                )
    return nodes.Table(
        reading.plain_text(title),
        rule.text,
        device.text,
        tuple(word.text for word in inputs),
        tuple(word.text for word in outputs),
        tuple(rows),
        span=span,
    )


def _row(_: Reading, span: Span, children: Children) -> nodes.TableRow:
    return nodes.TableRow(children[0], children[1], span=span)


def _cells(_: Reading, __: Span, children: Children) -> tuple[nodes.Expr, ...]:
    return tuple(children)


ITEMS: dict[str, Build] = {
    "module_header": _module_header,
    "import_line": _import_line,
    "dotted": _dotted,
    "names": _names,
    "item_list": _item_list,
    "for_device": _for_device,
    "by_properties": _by_properties,
    "let": _let,
    "signal": _signal,
    "pattern_item": _pattern_item,
    "device": _device,
    "property": _property,
    "telemetry": _telemetry,
    "command": _command,
    "parameters": _parameters,
    "parameter": _parameter,
    "lateness": _keyword("lateness"),
    "revise": _keyword("revise"),
    "idle_after": _keyword("idle after"),
    "type_name": _type_name,
    "type_enum": _type_enum,
    "bounds": _bounds,
    "writable": _keyword("writable"),
    "private": _keyword("private"),
    "every": _keyword("every"),
    "stale_after": _keyword("stale after"),
    "idempotent": _keyword("idempotent"),
    "protected": _keyword("protected"),
    "resource": _named("resource"),
    "ack_within": _keyword("ack within"),
    "retry": _keyword("retry"),
    "source": _source,
    "mapping": _mapping,
    "keep": _keep,
    "rule": _rule,
    "when": _keyword("when"),
    "until": _keyword("until"),
    "severity": _named("severity"),
    "cooldown": _keyword("cooldown"),
    "repeat_every": _keyword("repeat every"),
    "hold_for": _keyword("hold for"),
    "latched": _keyword("latched"),
    "schedule": _schedule,
    "days": _days,
    "do": _keyword("do"),
    "on_clear": _keyword("on clear"),
    "block": _block,
    "alert": _alert,
    "emit": _emit,
    "send": _send,
    "if_": _if,
    "table": _table,
    "row": _row,
    "cells": _cells,
}
