"""Procedures and what runs them: domains, steps, loops, handlers; and what rules may do."""

from fractions import Fraction

import pytest

from headgate.compiler.resolve import walk
from headgate.compiler.typed import DeviceScope, GroupScope, ParameterRef, Typed
from headgate.dsl import nodes as n
from headgate.tests.unit.checking import checked, codes, problems_of, warnings

WORKS = """
priorities safety > production
device Pump {
    property  line: text
    property  plant: text
    property  firmware: version
    property  goal: m3/h in 0..900 writable
    telemetry flow: m3/h in 0..900 every 1 s
    telemetry heat: degC every 5 s
    command run(speed: percent in 0..100) { idempotent  resource drive  undo run(speed: 0 %) }
    command stop() { idempotent  resource drive }
    command beep() { }
}
device Valve {
    property  line: text
    telemetry position: percent in 0..100 every 1 s
    command set(to: percent in 0..100) { idempotent  confirm position == to within 20 s }
}
device Meter { telemetry volume: m3 }
signal line_flow by line = sum(Pump.flow)
signal busy for Pump = flow > 100 m3/h
procedure shut() by line { step stopping { send stop() to each Pump } }
procedure slow(speed: percent in 0..50 = 10 %) for Pump { step one { send run(speed: speed) } }
"""


def of_steps(steps: str, domain: str = "by line", parameters: str = "") -> list[str]:
    return codes(f"{WORKS}procedure p({parameters}) {domain} {{ {steps} }}")


def of_rule(rest: str, domain: str = "for Pump", when: str = "heat > 90 degC") -> list[str]:
    if domain == "by line":
        when = "line_flow > 9 m3/h"
    return codes(f"{WORKS}rule r {domain} {{ when {when} {rest} }}")


# --- What rules do ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "domain"),
    [
        ("do { send run(speed: 80 %) }", "for Pump"),
        ("do { run slow() }", "for Pump"),
        ("do { run slow(speed: 5 %) }", "for Pump"),
        ("do { run shut() }", "for Pump"),
        ("do { run shut() }", "by line"),
        ("do { set goal = 80 m3/h }", "for Pump"),
        ("do { set goal = flow / 2 }", "for Pump"),
        ("do { send stop() to each Pump where flow > 9 m3/h and busy }", "by line"),
        ('do { send stop() to each Pump where line == "north" }', "by line"),
        ('do { if line_flow > 10 m3/h { send stop() to each Pump } else { alert "{line}" } }', "by line"),
        ('priority safety  place edge  do { alert "" }', "for Pump"),
        ('flapping above 3 in 10 min  settle  do { alert "" }', "for Pump"),
    ],
)
def test_actions_of_a_rule_for_a_device_or_a_group(rest: str, domain: str) -> None:
    assert of_rule(rest, domain) == []


@pytest.mark.parametrize(
    ("rest", "domain", "expected"),
    [
        ("do { send stop() }", "by line", ["HG1101"]),
        ("do { send stop() to each Pump }", "for Pump", ["HG1102"]),
        ("do { send stop() to each Pomp }", "by line", ["HG0202"]),
        ("do { send stop() to each Valve }", "by line", ["HG0211"]),
        ("do { send stop() to each Meter }", "by line", ["HG0504", "HG0211"]),
        ("do { send stop() to each Pump where flow }", "by line", ["HG0302"]),
        ("do { send stop() to each Pump where position > 5 % }", "by line", ["HG0201"]),
        ("do { send set() to each Valve }", "by line", ["HG0213"]),
        ("do { send set(to: 500 %) to each Valve }", "by line", ["HG0309"]),
        ("do { send set(to: position) to each Valve }", "by line", ["HG0501"]),
        ("do { run slow() }", "by line", ["HG1103"]),
        ("do { run slow(speed: 51 %) }", "for Pump", ["HG0309"]),
        ("do { run slow(spede: 5 %) }", "for Pump", ["HG0212"]),
        ("do { run slow(5 %, 6 %) }", "for Pump", ["HG0306"]),
        ("do { run slwo() }", "for Pump", ["HG0219"]),
        ("do { set goal = 901 m3/h }", "for Pump", ["HG0309"]),
        ("do { set goal = 9 bar }", "for Pump", ["HG0301"]),
        ("do { set goal = 9 }", "for Pump", ["HG0402"]),
        ("do { set flow = 9 m3/h }", "for Pump", ["HG1104"]),
        ('do { set line = "a" }', "for Pump", ["HG1104"]),
        ("do { set gaol = 9 m3/h }", "for Pump", ["HG0203"]),
        ("do { set goal = 9 m3/h }", "by line", ["HG1110"]),
        ("do { undo }", "for Pump", ["HG1105"]),
        ("do { if flow > 5 m3/h { undo } }", "for Pump", ["HG1105"]),
        ('priority high  do { alert "" }', "for Pump", ["HG0220"]),
        ('place egde  do { alert "" }', "for Pump", ["HG0221"]),
        ('flapping above 0 in 10 min  do { alert "" }', "for Pump", ["HG0311"]),
        ('inhibited by q  do { alert "" }', "for Pump", ["HG0215"]),
        ('inhibited by r  do { alert "" }', "for Pump", ["HG1107"]),
    ],
)
def test_actions_and_clauses_that_do_not_fit_are_reported(rest: str, domain: str, expected: list[str]) -> None:
    assert of_rule(rest, domain) == expected


@pytest.mark.parametrize("action", ["send stop()", "run slow()", "set goal = 3 m3/h", "if busy { run shut() }"])
def test_a_momentary_rule_that_acts_says_when_it_is_over(action: str) -> None:
    assert of_rule(f"do {{ {action} }}", when="heat rises above 90 degC") == ["HG0611"]
    assert of_rule(f"latched  do {{ {action} }}", when="heat rises above 90 degC") == []


def test_a_rule_is_inhibited_by_one_of_its_device_or_of_its_group() -> None:
    others = """rule slow_line by line { when line_flow < 1 m3/h  do { alert "" } }
    rule all_slow { when sum(Pump.flow) < 1 m3/h  do { alert "" } }
    rule shut_valve for Valve { when position < 1 %  do { alert "" } }
    """

    def inhibited_by(rules: str) -> list[str]:
        return codes(f'{WORKS}{others}rule r for Pump {{ when busy  inhibited by {rules}  do {{ alert "" }} }}')

    assert inhibited_by("slow_line, all_slow") == []
    assert inhibited_by("shut_valve") == ["HG1108"]


# --- Steps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        "step a { send stop() to each Pump at most 20 at once at most 5 every 1 s require 95 % within 3 s }",
        "step a { send stop() to each Pump } step b after a done { send stop() to each Pump } step c after a, b { }",
        "step a { send set(to: 1 %) to each Valve } step b after a confirmed { run shut() }",
        "step a { send set(to: 1 %) to each Valve require all confirmed within 30 s abort above 10 % }",
        "step a { wait until line_flow < 5 m3/h within 20 s } step b after a { stop if line_flow < 1 m3/h }",
        "step a { wait 10 s  run shut()  require none }",
        "step a { send stop() to each Pump require 3 }",
        "expires 2 min  step b after a { } step a { }",
        "step before { } for k in 1..3 { step a after before { } step b after a { } }",
        "for k in 1..3 { for j in k..(k + 2) { step a { send set(to: 1 % * j) to each Valve } } }",
        'step a { } on failure { alert "{step} {reason} {devices} {line}" } on done { alert "{line}" }',
    ],
)
def test_steps_that_fit_together_are_accepted(steps: str) -> None:
    assert of_steps(steps) == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("step a { } step a { }", ["HG0204"]),
        ("step a after b { }", ["HG0222"]),
        ("for k in 1..2 { step a { } } step b after a { }", ["HG0222"]),
        ("step a after a { }", ["HG1121"]),
        ("step a after b { } step b after c { } step c after a { }", ["HG1121"]),
        ("step a { send stop() to each Pump require all confirmed within 3 s }", ["HG1122"]),
        ("step a { send stop() to each Pump } step b after a confirmed { }", ["HG1122"]),
        ("step a { wait 1 s } step b after a confirmed { }", ["HG1122"]),
        ("step a { send stop() to each Pump require 101 % }", ["HG1123"]),
        ("step a { send stop() to each Pump require 1.5 }", ["HG1123"]),
        ("step a { send stop() to each Pump abort above 3 }", ["HG1123"]),
        ("step a { send stop() to each Pump require 3 m }", ["HG1123"]),
        ("step a { send stop() to each Pump require (true) }", ["HG1123"]),
        ("step a { send stop() to each Pump require many }", ["HG0201"]),
        ("step a { send spot() to each Pump } step b after a confirmed { }", ["HG0211"]),
        ("step a { require all } ", ["HG1124"]),
        ("step a { at most 3 at once  wait 3 s } ", ["HG1124"]),
        ("step a { send stop() to each Pump at most 0 at once }", ["HG0311"]),
        ("step a { send stop() to each Pump require all require none }", ["HG1125"]),
        ("step a { wait until line_flow } ", ["HG0302"]),
        ("step a { stop if flow > 5 m3/h } ", ["HG0501"]),
        ("step a { wait until line_flow > 5 m3/h within 0 s } ", ["HG0606"]),
        ("for k in 1..deep { step a { } }", ["HG1126"]),
        ("for k in 1..deep { for j in 1..k { step a { } } }", ["HG1126"]),
        ("for k in 1..wide { step a { } }", ["HG0301"]),
        ("for k in 1..20_000 { step a { } }", ["HG1127"]),
        ("for k in 1..2 { for k in 1..2 { step a { } } }", ["HG0204"]),
        ("for position in 1..2 { step a { send set(to: 1 %) to each Valve } }", ["HG0205"]),
        ("for line in 1..2 { step a { } }", ["HG0205"]),
        ("step a { run p(deep: 1, wide: 1 %) }", ["HG1128"]),
        ("step a { send stop() to each Pump } on failure { undo }", ["HG1106"]),
        ("step a { send run(speed: 1 %) to each Pump } on doubt { undo }", ["HG1105"]),
        ('step a { alert "{step}" }', ["HG0201"]),
        ('step a { } on done { alert "{reason}" }', ["HG0201"]),
    ],
)
def test_steps_that_do_not_fit_together_are_reported(steps: str, expected: list[str]) -> None:
    assert of_steps(steps, parameters="deep: int, wide: percent") == expected


def test_what_a_run_procedure_does_can_be_undone() -> None:
    assert of_steps("step a { run slow() } on failure { undo }", "for Pump") == []
    assert of_steps("step a { run shut() } on failure { undo }", "for Pump") == ["HG1106"]


def test_a_loop_may_end_at_a_parameter_with_bounds() -> None:
    assert of_steps("for k in 9..deep { step a { } }", parameters="deep: int in 1..9") == []
    assert of_steps("for k in 9..(deep - 1) { step a { } }", parameters="deep: int in 1..9") == []
    assert of_steps("for k in -deep..deep { step a { } }", parameters="deep: int in 1..9") == []
    assert of_steps("for k in 9..(deep * 10_000) { step a { } }", parameters="deep: int in 1..9") == ["HG1127"]
    assert of_steps("for k in (-deep)..10_000 { step a { } }", parameters="deep: int in 1..9") == ["HG1127"]
    assert of_steps("for k in -deep..0 { step a { } }", parameters="deep: int") == ["HG1126"]
    assert of_steps("for k in 1..abs(deep) { step a { } }", parameters="deep: int in 1..9") == ["HG1126"]


def test_parameters_hide_no_field_that_could_be_meant() -> None:
    steps = "step a { send set(to: 0 %) to each Valve where position > limit }"
    assert of_steps(steps, parameters="limit: percent, flow: m3/h") == []
    assert of_steps(steps, parameters="position: percent, limit: percent") == ["HG0205"]
    assert of_steps("step a { }", "for Pump", "flow: m3/h") == ["HG0205"]


def facts_in(typed: Typed, name: str) -> set[object]:
    """What a name refers to, wherever it stands."""
    facts = (typed.facts.get(node) for node in walk(typed.program) if isinstance(node, n.Name) and node.name == name)
    return {fact.reference for fact in facts if fact is not None}


def test_parameters_and_loop_variables_are_what_they_are_called() -> None:
    text = (
        WORKS
        + "procedure p(low: int in 1..9) by line { for k in 1..low { step a { wait until line_flow > 1 m3/h * k } } }"
    )
    typed = checked(text)
    assert facts_in(typed, "k") == {ParameterRef("k")}
    assert facts_in(typed, "low") == {ParameterRef("low")}
    info = typed.procedures["p"]
    assert info.scope == GroupScope(("line",))
    assert (info.parameters["low"].low, info.parameters["low"].has_default) == (Fraction(1), False)
    assert typed.procedures["slow"].scope == DeviceScope("Pump")
    assert typed.procedures["slow"].parameters["speed"].has_default


def test_procedures_need_their_domain_and_keys() -> None:
    assert codes(WORKS + "procedure p() for Pomp { step a { } }") == ["HG0202"]
    assert codes(WORKS + "procedure p() by lime { step a { } }") == ["HG0505"]
    assert codes(WORKS + "procedure p() by plant { step a { send set(to: 1 %) to each Valve } }") == ["HG0504"]
    assert codes(WORKS + "procedure shut() by line { step a { } }") == ["HG0204"]


# --- Contests --------------------------------------------------------------------------------------------------------


def contested(first: str, second: str) -> bool:
    return "HG1109" in warnings(f"{WORKS}rule a {first}\nrule b {second}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("for Pump { when busy do { send stop() } }", "for Pump { when heat > 9 degC do { send run(speed: 1 %) } }"),
        ("for Pump { when busy do { run shut() } }", "for Pump { when not busy do { send run(speed: 1 %) } }"),
        ("for Pump { when busy do { run slow() } }", "for Pump { when heat > 9 degC do { send stop() } }"),
        ("for Pump { when busy do { send run(speed: 1 %) } }", "for Pump { when busy do { send run(speed: 2 %) } }"),
        ("for Pump { when busy do { set goal = 1 m3/h } }", "for Pump { when heat > 9 degC do { set goal = 2 m3/h } }"),
        (
            "for Pump { when heat > 9 degC do { send stop() } }",
            "for Pump { when heat < 9 degC until heat > 10 degC do { send run(speed: 1 %) } }",
        ),
        (
            "for Pump { when busy priority safety do { send stop() } }",
            "for Pump { when heat > 9 degC priority safety do { send run(speed: 1 %) } }",
        ),
        (
            "for Pump { when busy do { send stop() } }",
            "by line { when line_flow > 1 m3/h do { send run(speed: 1 %) to each Pump } }",
        ),
    ],
)
def test_rules_that_can_drive_one_thing_to_different_values_are_reported(first: str, second: str) -> None:
    assert contested(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("for Pump { when busy do { send stop() } }", "for Pump { when heat > 9 degC do { send stop() } }"),
        ("for Pump { when busy do { send beep() } }", "for Pump { when heat > 9 degC do { send stop() } }"),
        (
            "for Pump { when busy do { send run(speed: 1 %) } }",
            "for Pump { when busy do { send run(speed: 0.01 ratio) } }",
        ),
        ("for Pump { when busy do { send stop() } }", "for Pump { when not busy do { send run(speed: 1 %) } }"),
        (
            "for Pump { when busy priority safety do { send stop() } }",
            "for Pump { when heat > 9 degC priority production do { send run(speed: 1 %) } }",
        ),
        (
            "for Pump { when heat > 9 degC for 1 min do { send stop() } }",
            "for Pump { when busy and heat <= 9 degC do { send run(speed: 1 %) } }",
        ),
        (
            "for Pump { when heat > 12 degC until heat < 10 degC do { send stop() } }",
            "for Pump { when heat < 8 degC until heat >= 10 degC do { send run(speed: 1 %) } }",
        ),
        (
            "for Pump { when heat > 90 degC do { send stop() } }",
            "by line { when line_flow > 1 m3/h do { send run(speed: 1 %) to each Pump where heat < 80 degC } }",
        ),
        (
            "by line { when line_flow > 9 m3/h do { send stop() to each Pump } }",
            "by line { when line_flow < 9 m3/h do { send run(speed: 1 %) to each Pump } }",
        ),
    ],
)
def test_rules_that_agree_or_exclude_each_other_or_are_ranked_are_not(first: str, second: str) -> None:
    assert not contested(first, second)


@pytest.mark.parametrize(
    ("first", "second", "example"),
    [
        ("heat > 9 degC for 2 min", "heat < 12 degC and busy", "`heat` is 10 degC and `busy` is true for 2 min"),
        ("heat >= 9 degC", "flow == 3 m3/h", "`heat` is 9 degC and `flow` is 3 m3/h"),
        ("flow < 1 m3/h", "flow < 3 m3/h", "`flow` is 0 m3/h"),
        ("heat > 9 degC", "abs(flow) < 3 m3/h", None),
    ],
)
def test_contested_rules_come_with_values_that_raise_both(first: str, second: str, example: str | None) -> None:
    rules = f"rule a for Pump {{ when {first} do {{ send stop() }} }}\n"
    rules += f"rule b for Pump {{ when {second} do {{ send run(speed: 1 %) }} }}\n"
    (problem,) = (problem for problem in problems_of(WORKS + rules) if problem.code == "HG1109")
    raised = "" if example is None else f"; both are raised when {example}"
    assert problem.label == f"`b` sends `run`{raised}"
