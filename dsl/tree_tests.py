"""From the grammar's rules for tests, tables, invariants and what-ifs to nodes: one small function for each rule."""

from typing import Any

from . import nodes
from .source import Span
from .tree_parts import every, keyword, only
from .tree_problems import BadCount, MissingHistory, RowShape
from .tree_reading import Build, Children, Clause, Reading, Word

COUNT_DIGITS_MAX = 9
"""How long the number of times can be that something is expected."""

# --- Tests: what is put in -------------------------------------------------------------------------------------------


def _test(reading: Reading, span: Span, children: Children) -> nodes.Test:
    title, *parts = children
    expectations = every(nodes.Expect, parts)
    stimuli = parts[: len(parts) - len(expectations)]
    return nodes.Test(reading.plain_text(title), tuple(stimuli), tuple(expectations), span=span)


def _given(reading: Reading, span: Span, children: Children) -> nodes.Given:
    device, instances, settings, *twin = children
    reading.declared(Word("NAME", instances.name, instances.span))
    return nodes.Given(device.text, instances, settings, twin[0] if twin else (), span=span)


def _during(_: Reading, span: Span, children: Children) -> nodes.During:
    start, end, instances, change, *pace = children
    return nodes.During(start, end, instances, _settings_of(change), pace[0] if pace else None, span=span)


def _at(_: Reading, span: Span, children: Children) -> nodes.At:
    time, instances, change = children
    return nodes.At(time, instances, _settings_of(change), span=span)


def _happens(_: Reading, span: Span, children: Children) -> nodes.Happens:
    return nodes.Happens(*children, span=span)


def _acknowledge(_: Reading, span: Span, children: Children) -> nodes.Acknowledge:
    time, rule, *whom = children
    return nodes.Acknowledge(time, rule.text, whom[0] if whom else None, span=span)


def _fault(_: Reading, span: Span, children: Children) -> nodes.Fault:
    kind, of, what, *rest = children
    ends = {clause.keyword: clause.value for clause in every(Clause, rest)}
    return nodes.Fault(kind, of, what.text, ends["from"], only(nodes.Expr, rest), ends.get("to"), span=span)


def _instances(reading: Reading, span: Span, children: Children) -> nodes.Instances:
    name, *rest = children
    if not rest:
        return nodes.Instances(name.text, span=span)
    *variable, first, last = rest
    return nodes.Instances(
        name.text,
        nodes.Number(first.text, span=first.span),
        nodes.Number(last.text, span=last.span),
        reading.declared(variable[0]) if variable else None,
        span=span,
    )


def _settings(reading: Reading, _: Span, children: Children) -> tuple[nodes.Setting, ...]:
    settings: list[nodes.Setting] = children
    reading.once(Clause(setting.name, None, setting.span) for setting in settings)
    return tuple(settings)


def _setting(_: Reading, span: Span, children: Children) -> nodes.Setting:
    return nodes.Setting(children[0].text, children[1], span=span)


def _settings_of(change: Any) -> tuple[nodes.Setting, ...]:
    """What changes: a single setting needs no braces."""
    return (change,) if isinstance(change, nodes.Setting) else change


def _ramp(_: Reading, span: Span, children: Children) -> nodes.Ramp:
    return nodes.Ramp(children[0], children[1], span=span)


def _group_key(reading: Reading, span: Span, children: Children) -> nodes.GroupKey:
    return nodes.GroupKey(tuple(reading.plain_text(word) for word in children), span=span)


# --- Tests: what is expected -----------------------------------------------------------------------------------------


def _expect(reading: Reading, span: Span, children: Children) -> nodes.Expect:
    negated = children[0] == "no"
    what, *rest = children[negated:]
    clauses = reading.once(rest)
    within: tuple[nodes.Expr | None, nodes.Expr | None] = clauses.get("within", (None, None))
    return nodes.Expect(
        what,
        negated,
        clauses.get("how often"),
        clauses.get("at"),
        clauses.get("before"),
        clauses.get("after"),
        *within,
        span=span,
    )


def _expect_rule(_: Reading, span: Span, children: Children) -> nodes.ExpectRule:
    return nodes.ExpectRule(children[0].text, only(nodes.Whom, children), only(str, children), span=span)


def _expect_alert(_: Reading, span: Span, children: Children) -> nodes.ExpectAlert:
    return nodes.ExpectAlert(children[0].text, only(nodes.Whom, children), span=span)


def _expect_send(_: Reading, span: Span, children: Children) -> nodes.ExpectSend:
    return nodes.ExpectSend(children[0].text, children[-1], only(tuple, children), span=span)


def _expect_emit(_: Reading, span: Span, children: Children) -> nodes.ExpectEmit:
    return nodes.ExpectEmit(children[0].text, only(nodes.Whom, children), only(tuple, children), span=span)


def _expect_pattern(_: Reading, span: Span, children: Children) -> nodes.ExpectPattern:
    return nodes.ExpectPattern(children[0].text, only(nodes.Whom, children), span=span)


def _expect_signal(_: Reading, span: Span, children: Children) -> nodes.ExpectSignal:
    signal, *rest = children
    whom = only(nodes.Whom, rest)
    comparison: list[Any] = rest if whom is None else rest[1:]
    if not comparison:
        return nodes.ExpectSignal(signal.text, None, None, whom, span=span)
    return nodes.ExpectSignal(signal.text, comparison[0].text, comparison[1], whom, span=span)


def _expect_procedure(_: Reading, span: Span, children: Children) -> nodes.ExpectProcedure:
    return nodes.ExpectProcedure(children[0].text, children[-1], only(nodes.Whom, children), span=span)


def _expect_outcome(_: Reading, span: Span, children: Children) -> nodes.ExpectOutcome:
    command, to, outcome = children
    return nodes.ExpectOutcome(command.text, to, outcome.text, span=span)


def _expect_nothing_lost(_: Reading, span: Span, __: Children) -> nodes.ExpectNothingLost:
    return nodes.ExpectNothingLost(span=span)


def _said(_: Reading, __: Span, children: Children) -> tuple[nodes.Argument, ...]:
    return children[0] if children else ()


def _once(_: Reading, span: Span, __: Children) -> Clause:
    return Clause("how often", 1, span)


def _times(reading: Reading, span: Span, children: Children) -> Clause:
    count: Word = children[0]
    digits = count.text.replace("_", "")
    if not digits.isdigit() or len(digits) > COUNT_DIGITS_MAX:
        reading.problems.append(BadCount(span=count.span, text=count.text))
        return Clause("how often", None, span)
    return Clause("how often", int(digits), span)


def _within_of(_: Reading, span: Span, children: Children) -> Clause:
    within, *of = children
    return Clause("within", (within, of[0] if of else None), span)


# --- Tables, invariants, what-ifs ------------------------------------------------------------------------------------


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


def _invariant(reading: Reading, span: Span, children: Children) -> nodes.Invariant:
    kind, title, *domain, condition = children
    return nodes.Invariant(kind, reading.plain_text(title), domain[0] if domain else None, condition, span=span)


def _what_if(reading: Reading, span: Span, children: Children) -> nodes.WhatIf:
    title, *parts = children
    clauses = reading.once(every(Clause, parts))
    if "from history" not in clauses:
        if not reading.faulty:
            reading.problems.append(MissingHistory(span=title.span))
        reading.broken = True
    history_of, history_last = clauses.get("from history", ("", nodes.Absent(span=span)))
    runs, seed = clauses.get("runs", (None, None))
    return nodes.WhatIf(
        reading.plain_text(title),
        history_of,
        history_last,
        tuple(every(nodes.WhatIfSet, parts)),
        runs,
        seed,
        tuple(every(nodes.Report, parts)),
        span=span,
    )


def _what_if_from(reading: Reading, span: Span, children: Children) -> Clause:
    of, last = children
    return Clause("from history", (reading.plain_text(of), last), span)


def _what_if_set(_: Reading, span: Span, children: Children) -> nodes.WhatIfSet:
    device, field, value, *where = children
    return nodes.WhatIfSet(device.text, field.text, value, where[0].value if where else None, span=span)


def _what_if_runs(_: Reading, span: Span, children: Children) -> Clause:
    runs, *seed = children
    return Clause("runs", (runs, seed[0] if seed else None), span)


def _what_if_report(_: Reading, span: Span, children: Children) -> nodes.Report:
    statistics: tuple[Word, ...] = children[0]
    return nodes.Report(tuple(word.text for word in statistics), children[1], span=span)


TESTS: dict[str, Build] = {
    "test": _test,
    "given": _given,
    "during": _during,
    "at": _at,
    "happens": _happens,
    "acknowledge": _acknowledge,
    "fault": _fault,
    "fault_from": keyword("from"),
    "fault_to": keyword("to"),
    "instances": _instances,
    "settings": _settings,
    "setting": _setting,
    "ramp": _ramp,
    "group_key": _group_key,
    "expect": _expect,
    "expect_rule": _expect_rule,
    "expect_alert": _expect_alert,
    "expect_send": _expect_send,
    "expect_emit": _expect_emit,
    "expect_pattern": _expect_pattern,
    "expect_signal": _expect_signal,
    "expect_procedure": _expect_procedure,
    "expect_outcome": _expect_outcome,
    "expect_nothing_lost": _expect_nothing_lost,
    "said": _said,
    "expect_once": _once,
    "expect_times": _times,
    "expect_at": keyword("at"),
    "expect_before": keyword("before"),
    "expect_after": keyword("after"),
    "expect_within": _within_of,
    "table": _table,
    "row": _row,
    "cells": _cells,
    "invariant": _invariant,
    "what_if": _what_if,
    "what_if_from": _what_if_from,
    "what_if_set": _what_if_set,
    "what_if_runs": _what_if_runs,
    "what_if_report": _what_if_report,
}
