"""From the grammar's rules for rules and actions to nodes: one small function for each rule."""

import re

from . import nodes
from .source import Span
from .tree_parts import every, keyword, naming, only
from .tree_patterns import as_pattern
from .tree_problems import BadTimeOfDay, MissingWhen, UnknownDay
from .tree_reading import PATTERN_KINDS, Build, Children, Clause, Reading, Word

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME_OF_DAY = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")


def _rule(reading: Reading, span: Span, children: Children) -> nodes.Rule:
    clauses = reading.once(every(Clause, children))
    if "when" not in clauses:
        if not reading.faulty:
            reading.problems.append(MissingWhen(span=children[0].span, rule=children[0].text))
        reading.broken = True
    return nodes.Rule(
        reading.declared(children[0]),
        only(nodes.Domain, children),
        clauses.get("when", nodes.Absent(span=span)),
        until=clauses.get("until"),
        severity=clauses.get("severity"),
        priority=clauses.get("priority"),
        place=clauses.get("place"),
        cooldown=clauses.get("cooldown"),
        repeat_every=clauses.get("repeat every"),
        hold_for=clauses.get("hold for"),
        latched=clauses.get("latched", False),
        settle=clauses.get("settle", False),
        flapping=clauses.get("flapping"),
        inhibited_by=clauses.get("inhibited by", ()),
        schedule=clauses.get("schedule"),
        do=clauses.get("do", ()),
        on_clear=clauses.get("on clear", ()),
        span=span,
    )


def _when(_: Reading, span: Span, children: Children) -> Clause:
    (condition,) = children
    return Clause("when", as_pattern(condition) if isinstance(condition, PATTERN_KINDS) else condition, span)


def _flapping(_: Reading, span: Span, children: Children) -> Clause:
    return Clause("flapping", nodes.Flapping(children[0], children[1], span=span), span)


def _inhibited_by(reading: Reading, span: Span, children: Children) -> Clause:
    return Clause("inhibited by", reading.different(children[0]), span)


def _schedule(reading: Reading, span: Span, children: Children) -> Clause:
    days: tuple[Word, ...] = only(tuple, children) or ()
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
    each = children[-1] if isinstance(children[-1], nodes.Each) else None
    return nodes.Send(children[0].text, _action_arguments(reading, children), each, span=span)


def _each(_: Reading, span: Span, children: Children) -> nodes.Each:
    return nodes.Each(children[0].text, children[1].value if len(children) > 1 else None, span=span)


def _run(reading: Reading, span: Span, children: Children) -> nodes.Run:
    return nodes.Run(children[0].text, _action_arguments(reading, children), span=span)


def _action_arguments(reading: Reading, children: Children) -> tuple[nodes.Argument, ...]:
    """The arguments of an action, in which a text may hold values between braces."""
    arguments: tuple[nodes.Argument, ...] = only(tuple, children) or ()
    return tuple(
        nodes.Argument(
            reading.interpolated(argument.value), argument.name, argument.where, argument.window, span=argument.span
        )
        for argument in arguments
    )


def _set(_: Reading, span: Span, children: Children) -> nodes.Set:
    return nodes.Set(children[0].text, children[1], span=span)


def _undo(_: Reading, span: Span, __: Children) -> nodes.Undo:
    return nodes.Undo(span=span)


def _if(_: Reading, span: Span, children: Children) -> nodes.If:
    condition, then, *rest = children
    match rest:
        case [nodes.If() as nested]:
            return nodes.If(condition, then, (nested,), span=span)
        case [actions]:
            return nodes.If(condition, then, actions, span=span)
        case _:
            return nodes.If(condition, then, span=span)


RULES: dict[str, Build] = {
    "rule": _rule,
    "when": _when,
    "until": keyword("until"),
    "severity": naming("severity"),
    "priority": naming("priority"),
    "place": naming("place"),
    "cooldown": keyword("cooldown"),
    "repeat_every": keyword("repeat every"),
    "hold_for": keyword("hold for"),
    "latched": keyword("latched"),
    "settle": keyword("settle"),
    "flapping": _flapping,
    "inhibited_by": _inhibited_by,
    "schedule": _schedule,
    "days": _days,
    "do": keyword("do"),
    "on_clear": keyword("on clear"),
    "block": _block,
    "alert": _alert,
    "emit": _emit,
    "send": _send,
    "each": _each,
    "run": _run,
    "set": _set,
    "undo": _undo,
    "if_": _if,
}
