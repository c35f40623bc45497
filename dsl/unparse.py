"""A syntax tree as text, in the canonical layout: `parse(unparse(program))` gives an equal program.

>>> unparse(nodes.Program("fleet", (), (nodes.Let("limit", nodes.Quantity((("90", "%"),))),)))
'module fleet\\n\\nlet limit = 90 %\\n'

Comments are not part of the tree, so they are not kept. A pattern inside `when` of one step without a name or an end
has no text of its own: it is written, and read again, as that step's expression.
"""

from typing import assert_never

from . import nodes
from .strings import encode
from .unparse_expressions import argument_list, duration, expression, operand, template

_WIDTH_MAX = 120


def unparse(program: nodes.Program) -> str:
    """The whole file, with a line break at its end."""
    head = [f"module {program.module}"]
    if program.imports:
        head.append("")
        head += [f"import {line.module} ({', '.join(line.names)})" for line in program.imports]
    lines = head
    previous: nodes.Item | None = None
    for item in program.items:
        if previous is None or type(item) is not type(previous) or not isinstance(item, nodes.Let | nodes.Signal):
            lines.append("")
        lines += _item(item)
        previous = item
    return "\n".join(lines) + "\n"


def _item(item: nodes.Item) -> list[str]:
    match item:
        case nodes.Let():
            return [f"let {item.name} = {expression(item.value)}"]
        case nodes.Signal():
            return [f"signal {item.name}{_domain(item.domain)} = {expression(item.value)}"]
        case nodes.PatternItem():
            return [f"pattern {item.name}{_domain(item.domain)} =", *_indented(_pattern(item.pattern))]
        case nodes.Device():
            return _device(item)
        case nodes.Source():
            return _source(item)
        case nodes.Rule():
            return _rule(item)
        case nodes.Table():
            return _table(item)
    assert_never(item)


def _domain(domain: nodes.Domain | None) -> str:
    match domain:
        case None:
            return ""
        case nodes.ForDevice():
            return f" for {domain.device}"
        case nodes.ByProperties():
            return f" by {', '.join(domain.properties)}"
    assert_never(domain)


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


# --- Patterns --------------------------------------------------------------------------------------------------------


def _pattern(pattern: nodes.Pattern) -> list[str]:
    """One line for each step and each end."""
    lines = [_step(pattern.steps[0]), *(f"then {_step(step)}" for step in pattern.steps[1:])]
    if pattern.unless is not None:
        lines.append(f"unless {expression(pattern.unless)}")
    if pattern.within is not None:
        lines.append(f"within {duration(pattern.within)}")
    return lines


def _step(step: nodes.Step) -> str:
    name = "" if step.name is None else f" as {step.name}"
    return expression(step.event) + name


# --- Devices and sources ---------------------------------------------------------------------------------------------


def _device(device: nodes.Device) -> list[str]:
    maximum = "" if device.maximum is None else f" max {operand(device.maximum, nodes.Number, nodes.Name)}"
    body = [_member(member) for member in device.members]
    for keyword, value in (
        ("lateness", device.lateness),
        ("revise", device.revise),
        ("idle after", device.idle_after),
    ):
        if value is not None:
            body.append(f"{keyword} {duration(value)}")
    return _braced(f"device {device.name}{maximum}", body)


def _member(member: nodes.Property | nodes.Telemetry | nodes.Command) -> str:
    match member:
        case nodes.Property():
            flags = [" writable"] * member.writable + [" private"] * member.private
            return f"property {member.name}: {_type(member.type)}{_bounds(member.bounds)}{''.join(flags)}"
        case nodes.Telemetry():
            every = "" if member.every is None else f" every {duration(member.every)}"
            stale = "" if member.stale_after is None else f" stale after {duration(member.stale_after)}"
            private = " private" if member.private else ""
            head = f"telemetry {member.name}: {_type(member.type)}{_bounds(member.bounds)}"
            return head + every + stale + private
        case nodes.Command():
            return _command(member)
    assert_never(member)


def _command(command: nodes.Command) -> str:
    parameters = ", ".join(
        f"{parameter.name}: {_type(parameter.type)}{_bounds(parameter.bounds)}"
        + ("" if parameter.default is None else f" = {_constant(parameter.default)}")
        for parameter in command.parameters
    )
    attributes = ["idempotent"] * command.idempotent + ["protected"] * command.protected
    if command.resource is not None:
        attributes.append(f"resource {command.resource}")
    if command.ack_within is not None:
        attributes.append(f"ack within {duration(command.ack_within)}")
    if command.retry is not None:
        attributes.append(f"retry {operand(command.retry, nodes.Number, nodes.Name)}")
    head = f"command {command.name}({parameters})"
    return f"{head} {{ {'  '.join(attributes)} }}" if attributes else head


def _type(kind: nodes.TypeName) -> str:
    return f"{kind.name} {{ {', '.join(kind.choices)} }}" if kind.choices else kind.name


def _bounds(bounds: nodes.Bounds | None) -> str:
    return "" if bounds is None else f" in {_constant(bounds.low)}..{_constant(bounds.high)}"


def _constant(value: nodes.Expr) -> str:
    """What may stand in bounds, defaults and tables; anything longer stands in parentheses."""
    literals = (nodes.Number, nodes.Quantity, nodes.Text, nodes.Bool, nodes.Absent)
    if isinstance(value, nodes.Negate) and isinstance(value.of, literals):
        return f"-{expression(value.of)}"
    return operand(value, *literals, nodes.Name)


def _source(source: nodes.Source) -> list[str]:
    where = "" if source.where is None else f" where {expression(source.where)}"
    body: list[str] = []
    kept: list[str] = []
    for mapping in source.mappings:
        if mapping.unit is None and mapping.value == nodes.Name(mapping.field):
            kept.append(mapping.field)
            continue
        if kept:
            body.append(f"keep {', '.join(kept)}")
            kept = []
        unit = "" if mapping.unit is None else f" in {mapping.unit}"
        body.append(f"{mapping.field} = {expression(mapping.value)}{unit}")
    if kept:
        body.append(f"keep {', '.join(kept)}")
    return _braced(f"source {source.name}: {source.format} for {source.device}{where}", body)


# --- Rules and actions -----------------------------------------------------------------------------------------------


def _rule(rule: nodes.Rule) -> list[str]:
    if isinstance(rule.when, nodes.Pattern):
        body = ["when (", *_indented(_pattern(rule.when)), ")"]
    else:
        body = [f"when {expression(rule.when)}"]
    if rule.until is not None:
        body.append(f"until {expression(rule.until)}")
    if rule.severity is not None:
        body.append(f"severity {rule.severity}")
    for keyword, value in (
        ("cooldown", rule.cooldown),
        ("repeat every", rule.repeat_every),
        ("hold for", rule.hold_for),
    ):
        if value is not None:
            body.append(f"{keyword} {duration(value)}")
    if rule.latched:
        body.append("latched")
    if rule.schedule is not None:
        body.append(_schedule(rule.schedule))
    if rule.do:
        body += _block("do", rule.do)
    if rule.on_clear:
        body += _block("on clear", rule.on_clear)
    return _braced(f"rule {rule.name}{_domain(rule.domain)}", body)


def _schedule(schedule: nodes.Schedule) -> str:
    days = ""
    if schedule.first_day is not None:
        days = f"{schedule.first_day} "
        if schedule.last_day != schedule.first_day:
            days = f"{schedule.first_day}..{schedule.last_day} "
    zone = "" if schedule.zone is None else f' in "{encode(schedule.zone)}"'
    return f'schedule {days}"{encode(schedule.start)}".."{encode(schedule.end)}"{zone}'


def _block(keyword: str, actions: tuple[nodes.Action, ...]) -> list[str]:
    """On one line if there is one short action."""
    lines = [line for action in actions for line in _action(action)]
    if len(lines) == 1 and len(lines[0]) + len(keyword) < _WIDTH_MAX - 10:
        return [f"{keyword} {{ {lines[0]} }}"]
    return _braced(keyword, lines)


def _action(action: nodes.Action) -> list[str]:
    match action:
        case nodes.Alert():
            severity = "" if action.severity is None else f" severity {action.severity}"
            return [f"alert {template(action.message)}{severity}"]
        case nodes.Emit():
            return [f"emit {action.event}({argument_list(action.arguments, in_action=True)})"]
        case nodes.Send():
            return [f"send {action.command}({argument_list(action.arguments, in_action=True)})"]
        case nodes.If():
            return _if(action)
    assert_never(action)


def _if(action: nodes.If) -> list[str]:
    """An if in the else of another continues it on the same level, so that long chains do not drift to the right."""
    lines = [f"if {expression(action.condition)} {{", *_actions(action.then)]
    while len(action.otherwise) == 1 and isinstance(action.otherwise[0], nodes.If):
        action = action.otherwise[0]
        lines += [f"}} else if {expression(action.condition)} {{", *_actions(action.then)]
    if action.otherwise:
        lines += ["} else {", *_actions(action.otherwise)]
    return [*lines, "}"]


def _actions(actions: tuple[nodes.Action, ...]) -> list[str]:
    return _indented([line for action in actions for line in _action(action)])


def _braced(head: str, body: list[str]) -> list[str]:
    return [f"{head} {{", *_indented(body), "}"]


# --- Tables ----------------------------------------------------------------------------------------------------------


def _table(table: nodes.Table) -> list[str]:
    columns = f"{', '.join(table.inputs)} -> {', '.join(table.outputs)}"
    rows = [(", ".join(map(_constant, row.inputs)), ", ".join(map(_constant, row.outputs))) for row in table.rows]
    width = max((len(inputs) for inputs, _ in rows), default=0)
    title = f'table "{encode(table.title)}" for {table.rule} of {table.device} ({columns})'
    return _braced(title, [f"{inputs:<{width}} -> {outputs}" for inputs, outputs in rows])
