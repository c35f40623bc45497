"""What a program's tests find: which expectations hold, on engine and reference."""

from collections.abc import Sequence

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.output import Counters, Life, Output
from headgate.runtime.testing import suite as suite_module
from headgate.runtime.testing.executors import Input, Run, compile_program, on_reference
from headgate.runtime.testing.suite import Result, Suite, items_of, kind_of, run_test

PROGRAM = """module boxes
device Box {
    property  site: text
    property  floor: text
    telemetry temp: degC in -40..60 every 10 s
    telemetry door: bool
    telemetry load: kg
    telemetry mode: text
    telemetry at: Point
    command fan(speed: percent in 0..100, note: text, on: bool = true) {}
    command stop() {}
}
signal warm  for Box = temp > 8 degC
signal stall for Box = mean(load over 1 min every 1 min)
signal named for Box = mode
signal total by site, floor = sum(Box.load)
signal count_all = count(Box)
pattern opened for Box = door becomes true then door becomes false within 1 min
rule hot for Box {
    when warm for 30 s  until temp < 6 degC  repeat every 1 min
    do       { send fan(speed: 80 %, note: "{id} at {temp}")  emit heat(over: temp - 8 degC, who: id)  alert "hot" }
    on clear { send stop() }
}
rule heavy by site, floor { when total > 10 kg  do { alert "{site} {floor}" } }
rule many { when count_all > 2  do { alert "many" } }
rule knock for Box { when opened  latched  do { alert "knock" } }
rule lost for Box { when temp is absent and not door  do { alert "lost" } }
"""
GIVEN = 'given Box b[1..2] { site "oslo"  floor "1"  temp 4 degC  door false  load 6 kg } '


def compiled(items: str) -> Compiled:
    result = compile_text(SourceText("boxes.iot", PROGRAM + items))
    assert result.plan is not None, [*result.problems, *result.not_running]
    return result


def result_of(test: str) -> Result:
    program = compiled(f'test "t" {{ {test} }}')
    return run_test(program, items_of(program)[0])


def failures(test: str) -> list[str]:
    return [failure.message for failure in result_of(test).failures]


HELD = [
    "at 1 min b1 temp 9 degC expect rule hot for b1 at 90 s",
    "at 1 min b1 temp 9 degC expect rule hot for b1 raised once at 90 s expect no rule hot for b2 expect nothing lost",
    "at 1 min b1 temp 9 degC expect no rule hot for b1 before 90 s expect no rule hot for b1 after 90 s",
    "at 1 min b1 temp 9 degC expect rule hot for b1 within 30 s of 1 min expect rule hot for b1 once",
    "at 1 min b1 temp 9 degC expect no rule hot for b1 within 20 s of 1 min expect rule hot for b1 within 2 min",
    "at 1 min b[1..2] temp 9 degC expect rule hot for b[1..2] at 90 s expect rule hot for b1 repeated at 150 s",
    (
        "at 1 min b1 temp 9 degC at 5 min b1 temp 4 degC expect rule hot for b1 repeated 3 times "
        "expect rule hot for b1 cleared at 5 min expect send stop to b1 once at 5 min expect send stop() to b1"
    ),
    "at 1 min b1 temp 9 degC expect send fan(speed: 80 %) to b1 at 90 s expect send fan(80 %) to b1 at 90 s",
    'at 1 min b1 temp 9 degC expect send fan(note: "b1 at 9 degC", on: true) to b1 at 90 s',
    "at 1 min b1 temp 9 degC expect emit heat(over: 1 K) for b1 at 90 s expect emit heat for b1 once at 90 s",
    'at 1 min b1 temp 9 degC expect emit heat(who: "b1") for b1 at 90 s expect no emit heat(who: "b2") for b1 at 90 s',
    "at 1 min b1 temp 9 degC expect alert hot for b1 at 90 s expect no alert hot for b2 at 90 s",
    (
        "at 1 min b1 door true at 80 s b1 door false expect pattern opened for b1 once at 80 s "
        "expect no pattern opened for b2 expect rule knock for b1 expect no rule knock for b1 cleared"
    ),
    (
        "at 1 min b1 door true at 80 s b1 door false at 90 s acknowledge knock for b1 expect rule knock for b1 "
        "cleared at 90 s"
    ),
    'expect rule heavy for ("oslo", "1") once at 0 s expect no rule heavy for ("oslo", "1") cleared',
    "given Box c { temp 4 degC } expect rule many once at 0 s expect signal count_all == 3",
    'expect signal total for ("oslo", "1") > 11 kg expect no signal total for ("oslo", "1") > 12 kg',
    'expect signal total for ("oslo", "1") == 12000 g expect signal total for ("oslo", "1") != 11 kg',
    "expect signal warm for b1 == false expect signal named for b1 is absent expect no signal warm for b1 is absent",
    'at 5 s b1 mode "auto" expect signal named for b1 == "auto"',
    (
        'at 5 s b1 mode "auto" at 9 s b1 mode "off" expect signal named for b1 == "auto" within 5 s of 3 s '
        'expect signal named for b1 == "auto" before 9 s expect signal named for b1 == "off" after 6 s'
    ),
    "at 90 s b1 load 3 kg expect signal stall for b1 is absent at 59 s expect signal stall for b1 <= 6 kg at 1 min",
]


@pytest.mark.parametrize("test", HELD)
def test_an_expectation_holds(test: str) -> None:
    assert failures(GIVEN + test) == []


FAILED = [
    ("at 1 min b1 temp 9 degC", "expect rule hot for b1 at 91 s"),
    ("at 1 min b1 temp 9 degC", "expect rule hot for b2 before 2 min"),
    ("at 1 min b1 temp 9 degC", "expect no rule hot for b1 within 2 min"),
    ("at 1 min b1 temp 9 degC", "expect rule hot for b1 raised 2 times before 3 min"),
    ("at 1 min b1 temp 9 degC", "expect rule hot for b1 repeated once before 4 min"),
    ("at 1 min b1 temp 9 degC", "expect send fan(speed: 70 %) to b1 at 90 s"),
    ("at 1 min b1 temp 9 degC", 'expect send fan(note: "b2") to b1 at 90 s'),
    ("at 1 min b1 temp 9 degC", "expect send fan(on: false) to b1 at 90 s"),
    ("at 1 min b1 temp 9 degC", "expect emit heat(over: 2 K) for b1 at 90 s"),
    ("at 1 min b1 temp 9 degC", "expect signal warm for b1 == true at 59 s"),
    ("", "expect signal warm for b1 is absent"),
    ("", "expect signal stall for b1 > 0 kg"),
    ("", "expect no nothing lost"),
]


@pytest.mark.parametrize("stimuli, expectation", FAILED)
def test_an_expectation_fails_and_is_named(stimuli: str, expectation: str) -> None:
    assert failures(f"{GIVEN} {stimuli} {expectation}") == [expectation]


def test_an_expectation_of_several_names_the_first_that_fails() -> None:
    result = result_of(GIVEN + "at 1 min b1 temp 9 degC expect rule hot for b[1..2] before 2 min")
    assert [failure.message for failure in result.failures] == [
        "expect rule hot for b[1..2] before 2 min: not for b2",
    ]


def test_what_is_said_after_the_end_does_not_count() -> None:
    assert failures(GIVEN + "at 1 min b1 temp 9 degC expect no rule hot for b1") == []


def test_silence_is_noticed_though_nobody_else_reports() -> None:
    program = compile_text(
        SourceText(
            "silence.iot",
            """module silence
device Box { telemetry temp: degC every 10 s  telemetry door: bool }
rule silent for Box { when no temp for 5 min  do { alert "silent" } }
rule stale for Box { when temp is stale  do { alert "stale" } }
test "silence" {
    given Box b { temp 4 degC }
    fault device b silent from 1 min to 10 min
    expect rule silent for b once at 5 min 50 s
    expect rule silent for b cleared at 10 min
    expect rule stale for b once at 80 s
}""",
        )
    )
    assert run_test(program, items_of(program)[0]).passed


def test_late_messages_are_lost() -> None:
    stimuli = "fault clock b1 behind 2 min from 1 min to 3 min at 5 min b1 door true"
    (failure,) = result_of(f"{GIVEN} {stimuli} expect nothing lost").failures
    assert failure.message == "expect nothing lost"
    assert "late" in failure.lines[0]


def test_a_table_row_is_watched_as_long_as_its_rule_needs() -> None:
    program = compiled('table "heat" for hot of Box (temp -> raised) { 9 degC -> true  8 degC -> false }')
    (item,) = items_of(program)
    assert kind_of(item) == "table"
    assert run_test(program, item).passed


def test_a_wrong_table_row_is_named() -> None:
    program = compiled(
        'table "lost" for lost of Box (temp, door -> raised) { absent, false -> false\n4 degC, false -> true }'
    )
    found = run_test(program, items_of(program)[0])
    assert [failure.message for failure in found.failures] == [
        "row absent, false -> false",
        "row 4 degC, false -> true",
    ]


def test_an_invariant_fails_every_test_and_row_in_which_it_is_violated() -> None:
    program = compiled(
        'never "cold" for Box = temp < 0 degC\n'
        'always "light" by site, floor = total < 100 kg\n'
        f'test "fine" {{ {GIVEN} expect nothing lost }}\n'
        f'test "cold" {{ {GIVEN} at 10 s b1 temp -1 degC at 20 s b1 temp 4 degC expect nothing lost }}\n'
        f'test "heavy" {{ {GIVEN} at 10 s b[1..2] load 60 kg expect nothing lost }}\n'
        'table "t" for hot of Box (temp -> raised) { -5 degC -> false }'
    )
    suite = Suite(program)
    found = {item.title: [failure.message for failure in suite.run(item).failures] for item in suite.items}
    assert found == {
        "fine": [],
        "cold": ['never "cold": it was so at 10 s for b1'],
        "heavy": ['always "light": it was not so at 10 s for oslo, 1'],
        "t": ['never "cold": it was so at 0 s for row1'],
    }


def test_what_does_not_run_is_named_and_does_not_run() -> None:
    program = compile_text(
        SourceText(
            "boxes.iot",
            PROGRAM
            + "twin Box { state dust: ratio = 10 %  dynamics { d(dust) = (1 - dust) / 1 h }  output room = 1 - dust }\n"
            + 'test "t" { given Box b1 { site "oslo" } twin { room 50 % } expect nothing lost }',
        )
    )
    found = run_test(program, items_of(program)[0])
    assert not found.passed
    assert [problem.code for problem in found.not_running] == ["HG0801"]


def test_a_difference_between_engine_and_reference_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(plan: Plan, inputs: Sequence[Input]) -> Run:
        run = on_reference(plan, inputs)
        lost: list[Output] = [output for output in run.outputs if not isinstance(output, Life)]
        return Run(lost, Counters(processed=1))

    monkeypatch.setattr(suite_module, "on_reference", mistaken)
    (failure,) = result_of(GIVEN + "at 1 min b1 temp 9 degC expect rule hot for b1 at 90 s").failures
    assert "engine and reference differ" in failure.message
    assert "please report" in failure.message
    assert any(line.startswith("counters") for line in failure.lines)


def test_a_program_with_errors_cannot_be_compiled_for_a_run() -> None:
    with pytest.raises(ValueError, match="no device type is called `Nothing`"):
        compile_program('module wrong\nrule r for Nothing { when true do { alert "x" } }')


# --- Commands and procedures -----------------------------------------------------------------------------------------

PROCEDURES = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s
    telemetry power: W in 0..400 every 10 s
    command   cool(level: int in 0..5) {
        idempotent  ack within 5 s  confirm power > 20 W * level within 20 s  undo cool(level: 0)
    }
}
rule warm for Fridge { when temp > 8 degC for 20 s until temp < 7 degC do { run cool_down(level: 3) } }
procedure cool_down(level: int in 1..5) for Fridge {
    step gently { send cool(level: 1) }
    step hard after gently { send cool(level: level)  emit pressed(level: 20 W * level) }
    on failure { undo  alert "{id}: {reason}" }
}
"""


def run_of(test: str) -> list[str]:
    """What is said of the first test of the program, line by line."""
    compiled = compile_text(SourceText("cold.iot", f"{PROCEDURES}\n{test}"))
    suite = Suite(compiled)
    failures = suite.run(suite.items[0]).failures
    return [line for failure in failures for line in (failure.message, *failure.lines)]


def test_a_test_can_expect_what_becomes_of_procedures_and_commands() -> None:
    assert (
        run_of("""test "it cools" {
    given Fridge f[1..2] { temp 9 degC  power 10 W }
    expect procedure cool_down for f[1..2] started once at 20 s
    expect procedure cool_down done 2 times
    expect no procedure cool_down failed
    expect send cool to f1 2 times at 20 s
    expect send cool(level: 3) to f2
    expect emit pressed(level: 60 W) for f1
    expect outcome of cool to f1 confirmed 2 times
    expect no outcome of cool to f2 in_doubt
    expect nothing lost
    expect no rule warm for f1 cleared before 1 min
}""")
        == []
    )


def test_a_failing_expectation_shows_how_the_procedure_and_the_commands_went() -> None:
    lines = run_of("""test "it cools" {
    given Fridge f1 { temp 9 degC  power 10 W }
    from 10 s to 1 min f1 power 30 W
    expect procedure cool_down for f1 done
    expect outcome of cool to f1 rejected
    expect emit pressed(level: 80 W) for f1
    expect send cool(level: 4) to f1
}""")
    assert "got       never done" in lines
    text = " ".join(" ".join(lines).split())
    assert "cool_down for f1: started at 20 s, failed at 50 s (at step hard: cool is in doubt: done, and not" in text
    assert "got       never rejected" in lines
    assert "cool-1 for f1: sent at 20 s, accepted at 20 s, done at 20 s, confirmed at 30 s, compensating at" in text
    assert any("but pressed(level: 60" in line for line in lines)
    assert any("but cool(level: 1) at 20 s; cool(level: 3) at 30 s" in line for line in lines)


def test_a_table_asks_for_the_rule_and_carries_nothing_out() -> None:
    assert run_of("""table "limits" for warm of Fridge (temp -> raised) { 9 degC -> true  8 degC -> false }""") == []
