"""Rules, procedures and their actions as things to lay out."""

from collections.abc import Sequence
from typing import assert_never

from . import nodes
from .layout import Block, Thing, lay_out, plain
from .layout_words import Word, words
from .strings import encode
from .unparse_expressions import (
    Level,
    argument_list,
    domain,
    duration,
    expression,
    operand,
    parameter_list,
    template,
)
from .unparse_patterns import pattern_block

_ACTIONS_MAX = 2
"""How many actions of a block stand on one line."""


# --- Rules -----------------------------------------------------------------------------------------------------------


def rule_thing(rule: nodes.Rule) -> Thing:
    things = [_when(rule.when)]
    if rule.until is not None:
        things.append(plain(f"until\t{expression(rule.until)}", "condition"))
    things += [plain(text) for text in _clauses(rule)]
    handlers = [("do", rule.do), ("on clear", rule.on_clear)]
    things += [_handler(keyword, actions) for keyword, actions in handlers if actions]
    return Thing([*words(f"rule {rule.name}{domain(rule.domain)}"), Block(things, open=True)])


def _when(when: nodes.Expr | nodes.Pattern) -> Thing:
    if not isinstance(when, nodes.Pattern):
        return plain(f"when\t{expression(when)}", "condition")
    if isinstance(when.body, nodes.Step) and when == nodes.Pattern(nodes.Step(when.body.event)):
        return plain(f"when\t{expression(when.body.event)}", "condition")
    return Thing([*words("when"), pattern_block(when, "(", ")")])


def _clauses(rule: nodes.Rule) -> list[str]:
    texts = [
        f"{keyword} {name}"
        for keyword, name in (("severity", rule.severity), ("priority", rule.priority), ("place", rule.place))
        if name is not None
    ]
    for keyword, value in (
        ("cooldown", rule.cooldown),
        ("repeat every", rule.repeat_every),
        ("hold for", rule.hold_for),
    ):
        if value is not None:
            texts.append(f"{keyword} {duration(value)}")
    texts += ["latched"] * rule.latched + ["settle"] * rule.settle
    if rule.flapping is not None:
        count = operand(rule.flapping.count, nodes.Number, nodes.Name)
        texts.append(f"flapping above {count} in {duration(rule.flapping.within)}")
    if rule.inhibited_by:
        texts.append(f"inhibited by {', '.join(rule.inhibited_by)}")
    if rule.schedule is not None:
        texts.append(_schedule(rule.schedule))
    return texts


def _schedule(schedule: nodes.Schedule) -> str:
    days = ""
    if schedule.first_day is not None:
        days = f"{schedule.first_day} "
        if schedule.last_day != schedule.first_day:
            days = f"{schedule.first_day}..{schedule.last_day} "
    zone = "" if schedule.zone is None else f' in "{encode(schedule.zone)}"'
    return f'schedule {days}"{encode(schedule.start)}".."{encode(schedule.end)}"{zone}'


# --- Procedures ------------------------------------------------------------------------------------------------------


def procedure_thing(procedure: nodes.Procedure) -> Thing:
    things: list[Thing] = []
    if procedure.expires is not None:
        things.append(plain(f"expires {duration(procedure.expires)}"))
    things += [_procedure_part(part) for part in procedure.parts]
    handlers = [
        ("on doubt", procedure.on_doubt),
        ("on failure", procedure.on_failure),
        ("on done", procedure.on_done),
    ]
    things += [_handler(keyword, actions) for keyword, actions in handlers if actions]
    head = f"procedure {procedure.name}({parameter_list(procedure.parameters)}){domain(procedure.domain)}"
    return Thing([*words(head), Block(things, open=bool(things))])


def _procedure_part(part: nodes.ProcedureStep | nodes.Loop) -> Thing:
    match part:
        case nodes.Loop():
            first, last = expression(part.first, Level.SUM), expression(part.last, Level.SUM)
            things = [_procedure_part(inner) for inner in part.parts]
            return Thing([*words(f"for {part.variable} in {first}..{last}"), Block(things, open=bool(things))])
        case nodes.ProcedureStep():
            after = ", ".join(f"{one.step} {one.reached}" if one.reached else one.step for one in part.after)
            head = f"step {part.name} after {after}" if after else f"step {part.name}"
            things = [_step_part(inner) for inner in part.parts]
            return Thing([*words(head), Block(things, open=len(things) > 1, column=True)], "step")
    assert_never(part)


def _step_part(part: nodes.StepPart) -> Thing:
    match part:
        case nodes.AtMost():
            count = operand(part.count, nodes.Number, nodes.Name)
            pace = "at once" if part.every is None else f"every {duration(part.every)}"
            return plain(f"at most {count} {pace}")
        case nodes.Require():
            share = part.share if isinstance(part.share, str) else _unless_word(_share(part.share), "none")
            reached = "" if part.reached is None else f" {part.reached}"
            return plain(f"require {share}{reached}{_within(part.within)}")
        case nodes.AbortAbove():
            return plain(f"abort above {_share(part.share)}")
        case nodes.Wait():
            if part.until is None:
                assert part.length is not None, "a wait has a length or a condition"
                return plain(f"wait {_unless_word(duration(part.length), 'until')}")
            return plain(f"wait until {expression(part.until)}{_within(part.within)}")
        case nodes.StopIf():
            return plain(f"stop if {expression(part.condition)}{_within(part.within)}")
        case _:
            return _action(part)


def _share(value: nodes.Expr) -> str:
    return operand(value, nodes.Number, nodes.Quantity, nodes.Name)


def _unless_word(value: str, word: str) -> str:
    """The value, in parentheses where it is a name that is a keyword at its place."""
    return f"({value})" if value == word else value


def _within(limit: nodes.Expr | None) -> str:
    return "" if limit is None else f" within {duration(limit)}"


# --- Actions ---------------------------------------------------------------------------------------------------------


def _handler(keyword: str, actions: Sequence[nodes.Action]) -> Thing:
    return Thing([*words(keyword), _block(actions, _ACTIONS_MAX, column=True)], "handler")


def _block(actions: Sequence[nodes.Action], at_most: int, column: bool = False) -> Block:
    """On one line if there are few actions and none of them has parts of its own that do not fit there."""
    things = [_action(action) for action in actions]
    return Block(things, open=len(things) > at_most, column=column)


def _action(action: nodes.Action) -> Thing:
    match action:
        case nodes.Alert():
            severity = "" if action.severity is None else f" severity {action.severity}"
            return plain(f"alert {template(action.message)}{severity}")
        case nodes.Emit():
            return plain(f"emit {action.event}({argument_list(action.arguments, in_action=True)})")
        case nodes.Send():
            to = "" if action.to is None else f" to {_each(action.to)}"
            return plain(f"send {action.command}({argument_list(action.arguments, in_action=True)}){to}")
        case nodes.Run():
            return plain(f"run {action.procedure}({argument_list(action.arguments, in_action=True)})")
        case nodes.Set():
            return plain(f"set {action.property} = {expression(action.value)}")
        case nodes.Undo():
            return plain("undo")
        case nodes.If():
            return _if(action)
    assert_never(action)


def _each(each: nodes.Each) -> str:
    where = "" if each.where is None else f" where {expression(each.where)}"
    return f"each {each.device}{where}"


def _if(action: nodes.If) -> Thing:
    """An if in the else of another continues it on the same level, so that long chains do not drift to the right."""
    parts: list[Word | Block] = [*words(f"if {expression(action.condition)}"), _block(action.then, 1)]
    while len(action.otherwise) == 1 and isinstance(action.otherwise[0], nodes.If):
        action = action.otherwise[0]
        parts += [*words(f" else if {expression(action.condition)}"), _block(action.then, 1)]
    if action.otherwise:
        parts += [*words(" else"), _block(action.otherwise, 1)]
    return Thing(parts)


def action_text(action: nodes.Action) -> str:
    """An action as it is laid out."""
    return lay_out([_action(action)]).rstrip("\n")
