"""Tests that begin with a twin's state: each device with its own, and nobody else's changes."""

import math

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.given_twins import with_given_twins
from headgate.dsl.source import SourceText
from headgate.runtime.testing.suite import Suite, items_of, run_test

BATTERIES = """module batteries
device Battery max 100 {
    telemetry voltage: V in 40..60 every 1 s
    telemetry current: A in -400..400 every 1 s
    telemetry cell_temp: degC every 1 s
}
twin Battery {
    state     charge: ratio in 0..1 = 50 %
    parameter capacity: Ah in 10..1000 = 400 Ah
    input     ambient: degC = 25 degC
    dynamics { d(charge) = current / capacity  d(cell_temp) = (ambient - cell_temp) / 1 h }
    output level = 2 * charge
}
signal left for Battery = charge
signal hour for Battery = predicted(charge, 1 h)
signal heat for Battery = predicted(cell_temp, 1 h)
signal size for Battery = capacity
"""


def compiled(test: str) -> Compiled:
    found = compile_text(SourceText("batteries.iot", f'{BATTERIES}test "it" {{ {test} }}'))
    assert found.plan is not None, [problem.title for problem in [*found.problems, *found.not_running]]
    return found


def failures(test: str) -> list[str]:
    program = compiled(test)
    result = run_test(program, items_of(program)[0])
    assert not result.not_running, list(result.not_running)
    return [failure.message for failure in result.failures]


def test_each_device_begins_as_it_is_given_and_the_others_as_the_program_says() -> None:
    assert not failures(
        "given Battery b[n in 1..2] { current -40 A } twin { charge (n * 30 %)  capacity 100 Ah } "
        "given Battery b3 { current -40 A } "
        "expect signal left for b2 == 60 % at 0 s  expect signal left for b1 == 30 % at 0 s "
        "expect signal left for b3 == 50 % at 0 s "
        "expect signal left for b2 > 59.8 % at 18 s  expect signal left for b2 < 59.81 % at 18 s "
        "expect signal size for b1 == 100 Ah  expect signal size for b3 == 400 Ah"
    )


def test_what_is_given_is_what_predictions_begin_with() -> None:
    assert not failures(
        "given Battery b1 { current -40 A } twin { charge 60 %  capacity 100 Ah }"
        "expect signal hour for b1 > 19.999 % at 0 s  expect signal hour for b1 < 20.001 % at 0 s"
    )
    warm = 35 + (20 - 35) * math.exp(-1)
    assert not failures(
        "given Battery b1 { cell_temp 20 degC } twin { ambient 35 degC }"
        f"expect signal heat for b1 > {warm - 0.001} degC  expect signal heat for b1 < {warm + 0.001} degC"
    )


def test_an_expectation_of_a_given_twin_can_fail() -> None:
    found = failures("given Battery b1 { current -40 A } twin { charge 60 % } expect signal left for b1 == 50 % at 0 s")
    assert found == ["expect signal left for b1 == 50 % at 0 s"]


def test_what_the_twin_itself_says_cannot_be_given() -> None:
    program = compiled("given Battery b1 { current 0 A } twin { level 60 % } expect signal left for b1 == 30 %")
    result = run_test(program, items_of(program)[0])
    assert ["which the twin itself says" in problem.title for problem in result.not_running] == [True]


def test_a_program_whose_tests_give_no_twin_is_tested_as_it_is() -> None:
    program = compiled("given Battery b1 { current 0 A } expect signal left for b1 == 50 %")
    assert with_given_twins(program) is program
    assert Suite(program).compiled is program


@pytest.mark.parametrize("given", ["charge 60 %", "capacity 100 Ah", "ambient 20 degC"])
def test_the_plan_that_runs_beside_no_test_knows_nothing_of_what_is_given(given: str) -> None:
    program = compiled(f"given Battery b1 {{ current 0 A }} twin {{ {given} }} expect signal left for b1 == 60 %")
    assert program.plan is not None
    assert [field.name for field in program.plan.devices[0].fields] == ["voltage", "current", "cell_temp"]
    told = with_given_twins(program)
    assert told.plan is not None
    assert [field.name for field in told.plan.devices[0].fields][3:] == [f"twin {given.split(maxsplit=1)[0]}"]
