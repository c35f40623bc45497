"""Tests, tables and what-ifs as things to lay out."""

from typing import assert_never

from . import nodes
from .layout import Block, Thing, plain
from .layout_words import words
from .strings import encode
from .unparse_expressions import Level, argument_list, constant, duration, expression, operand
from .unparse_tables import row_things

_BARE = (nodes.Number, nodes.Version, nodes.Quantity, nodes.Text, nodes.Bool, nodes.Absent, nodes.Name)
_WORDS_OF_STIMULI = frozenset({"every", "from", "at", "to", "expect", "given", "fault", "ramp", "twin"})
"""Names of fields that stand in braces, where they are no keywords."""


def title(text: str) -> str:
    """A title, in its quotes."""
    return f'"{encode(text)}"'


def test_thing(test: nodes.Test) -> Thing:
    """The stimuli, a blank line, the expectations."""
    things = [_stimulus(stimulus) for stimulus in test.stimuli]
    expectations = [_expect(expect) for expect in test.expectations]
    if things and expectations:
        expectations[0].before = [""]
    things += expectations
    return Thing([*words(f"test {title(test.title)}"), Block(things, open=bool(things))])


# --- Stimuli ---------------------------------------------------------------------------------------------------------


def _stimulus(stimulus: nodes.Stimulus) -> Thing:
    match stimulus:
        case nodes.Given():
            head = words(f"given {stimulus.device} {instances(stimulus.instances)}")
            thing = Thing([*head, _settings(stimulus.settings, column=True)], "given")
            if stimulus.twin:
                thing.parts += [*words(" twin"), _settings(stimulus.twin)]
            return thing
        case nodes.During():
            times = f"{duration(stimulus.start)} to {duration(stimulus.end)}"
            thing = plain(f"from {times} \t{instances(stimulus.instances)}", "from")
            _change(thing, stimulus.settings)
            if stimulus.every is not None:
                thing.parts += words(f" every {duration(stimulus.every)}")
            return thing
        case nodes.At():
            thing = plain(f"at {duration(stimulus.time)} \t{instances(stimulus.instances)}", "at")
            _change(thing, stimulus.settings)
            return thing
        case nodes.Happens():
            text = f"at {duration(stimulus.time)} \t{instances(stimulus.instances)} {expression(stimulus.event)}"
            return plain(text, "at")
        case nodes.Acknowledge():
            text = f"at {duration(stimulus.time)} \tacknowledge {stimulus.rule}{_for(stimulus.whom)}"
            return plain(text, "at")
        case nodes.Fault():
            amount = "" if stimulus.amount is None else f" {constant(stimulus.amount)}"
            amount = " (from)" if amount == " from" else amount
            end = "" if stimulus.end is None else f" to {duration(stimulus.end)}"
            what = f"{stimulus.kind} {instances(stimulus.of)} {stimulus.what}{amount}"
            return plain(f"fault {what} from {duration(stimulus.start)}{end}")
    assert_never(stimulus)


def instances(devices: nodes.Instances) -> str:
    """`f1`, `p[1..40]`, `l[n in 1..9]`."""
    if devices.first is None or devices.last is None:
        return devices.name
    variable = "" if devices.variable is None else f"{devices.variable} in "
    return f"{devices.name}[{variable}{devices.first.text}..{devices.last.text}]"


def _for(value: nodes.Whom | None) -> str:
    return "" if value is None else f" for {whom(value)}"


def whom(value: nodes.Whom) -> str:
    """`f1`, `"oslo"`, `("South", "F-150")`."""
    match value:
        case nodes.Instances():
            return instances(value)
        case nodes.GroupKey(values=(key,)):
            return title(key)
        case nodes.GroupKey():
            return f"({', '.join(map(title, value.values))})"
    assert_never(value)


def _settings(settings: tuple[nodes.Setting, ...], column: bool = False) -> Block:
    return Block([plain(setting_text(setting), side=True) for setting in settings], column=column)


def _change(thing: Thing, settings: tuple[nodes.Setting, ...]) -> None:
    """Settings in braces, or a single one without."""
    if len(settings) == 1 and _stands_alone(settings[0]):
        thing.parts += words(f" {setting_text(settings[0])}")
    else:
        thing.parts.append(_settings(settings))


def _stands_alone(setting: nodes.Setting) -> bool:
    """Whether a setting needs no braces; a value in parentheses would make its name that of an event."""
    in_parentheses = setting_value_text(setting.value).startswith("(")
    return setting.name not in _WORDS_OF_STIMULI and not in_parentheses


def setting_text(setting: nodes.Setting) -> str:
    """`temp 4 degC`."""
    return f"{setting.name} {setting_value_text(setting.value)}"


def setting_value_text(value: nodes.Expr | nodes.Ramp) -> str:
    """`4 degC`, `ramp 4 degC to 8 degC`."""
    if isinstance(value, nodes.Ramp):
        return f"ramp {_value(value.first)} to {_value(value.last)}"
    return "(ramp)" if value == nodes.Name("ramp") else _value(value)


def _value(value: nodes.Expr) -> str:
    return expression(value) if isinstance(value, nodes.Call) else constant(value)


# --- Expectations ----------------------------------------------------------------------------------------------------


def _expect(expect: nodes.Expect) -> Thing:
    clauses: list[str] = []
    if expect.times is not None:
        clauses.append("once" if expect.times == 1 else f"{expect.times} times")
    for keyword, value in (("at", expect.at), ("before", expect.before), ("after", expect.after)):
        if value is not None:
            clauses.append(f"{keyword} {duration(value)}")
    if expect.within is not None:
        of = "" if expect.of is None else f" of {duration(expect.of)}"
        clauses.append(f"within {duration(expect.within)}{of}")
    no = " no \t" if expect.negated else "\t"
    return plain(f"expect{no}{' '.join([_expected(expect.what), *clauses])}", "expect")


def _expected(what: nodes.Expected) -> str:
    match what:
        case nodes.ExpectRule():
            phase = "" if what.phase is None else f" {what.phase}"
            return f"rule {what.rule}{_for(what.whom)}{phase}"
        case nodes.ExpectAlert():
            return f"alert {what.rule}{_for(what.whom)}"
        case nodes.ExpectSend():
            return f"send {what.command}{_arguments(what.arguments)} to {instances(what.to)}"
        case nodes.ExpectEmit():
            return f"emit {what.event}{_arguments(what.arguments)}{_for(what.whom)}"
        case nodes.ExpectPattern():
            return f"pattern {what.pattern}{_for(what.whom)}"
        case nodes.ExpectSignal():
            head = f"signal {what.signal}{_for(what.whom)}"
            if what.comparison is None or what.value is None:
                return f"{head} is absent"
            return f"{head} {what.comparison} {expression(what.value, Level.FALLBACK)}"
        case nodes.ExpectProcedure():
            return f"procedure {what.procedure}{_for(what.whom)} {what.phase}"
        case nodes.ExpectOutcome():
            return f"outcome of {what.command} to {instances(what.to)} {what.outcome}"
        case nodes.ExpectNothingLost():
            return "nothing lost"
    assert_never(what)


def _arguments(arguments: tuple[nodes.Argument, ...] | None) -> str:
    return "" if arguments is None else f"({argument_list(arguments)})"


# --- Tables, what-ifs ------------------------------------------------------------------------------------------------


def table_thing(table: nodes.Table) -> Thing:
    rows = row_things(table.rows)
    columns = f"{', '.join(table.inputs)} -> {', '.join(table.outputs)}"
    head = f"table {title(table.title)} for {table.rule} of {table.device} ({columns})"
    return Thing([*words(head), Block(rows, open=bool(rows))])


def what_if_thing(what_if: nodes.WhatIf) -> Thing:
    lines = [f"from history of {title(what_if.history_of)} last {duration(what_if.history_last)}"]
    for change in what_if.changes:
        where = "" if change.where is None else f" where {expression(change.where)}"
        lines.append(f"set {change.device}.{change.field} = {expression(change.value)}{where}")
    if what_if.runs is not None:
        seed = "" if what_if.seed is None else f" seed {operand(what_if.seed, nodes.Number, nodes.Name)}"
        lines.append(f"runs {operand(what_if.runs, nodes.Number, nodes.Name)}{seed}")
    lines += [f"report {', '.join(row.statistics)} of {expression(row.of)}" for row in what_if.reports]
    things = [plain(line) for line in lines]
    return Thing([*words(f"what_if {title(what_if.title)}"), Block(things, open=True)])
