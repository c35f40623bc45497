"""What lies between samples: the value of a grid's moments, and areas under straight lines, by both executors."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import EXECUTORS, Executor, Input, MarkAll, Message, S, compile_program

TANKS = """module tanks
device Tank max 9 {
    property  site: text
    telemetry level: float
    telemetry open: bool
}
signal most by site = max(Tank.level)
"""

BOTH = pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS.keys())


def at(second: float, level: float | None, *, open_: bool | None = None) -> Message:
    return Message("Tank", "a", int(second * S), {"site": "oslo", "level": level, "open": open_})


def given(executor: Executor, window: str, inputs: list[Input], domain: str = "for Tank") -> dict[float, object]:
    plan = compile_program(f"{TANKS}signal w {domain} = {window}\n")
    outputs = executor(plan, inputs).outputs
    return {one.time / S: one.value for one in outputs if isinstance(one, Signalled) and one.name == "w"}


@BOTH
def test_the_value_at_the_middle_lies_on_the_line_through_its_neighbours(executor: Executor) -> None:
    inputs: list[Input] = [at(5, 10), at(25, 30), MarkAll(60 * S)]
    assert given(executor, "interpolated(level over 40 s every 10 s)", inputs) == {
        10: None, 20: None, 30: 15, 40: 25, 50: None, 60: None,
    }  # fmt: skip


@BOTH
def test_a_sample_at_the_middle_is_its_value(executor: Executor) -> None:
    inputs: list[Input] = [at(10, 7), at(10, 9), at(13, 1), MarkAll(60 * S)]
    found = given(executor, "interpolated(level over 20 s every 10 s)", inputs)
    assert found == {20: 7, 30: None, 40: None}


@BOTH
def test_over_a_gap_that_is_too_long_there_is_no_line(executor: Executor) -> None:
    inputs: list[Input] = [at(0, 0), at(11, 11), MarkAll(60 * S)]
    assert given(executor, "interpolated(level over 20 s every 5 s)", inputs)[15] == 5
    assert set(given(executor, "interpolated(level over 10 s every 5 s)", inputs).values()) == {0, None}


@BOTH
def test_samples_where_it_is_not_asked_about_bend_no_line(executor: Executor) -> None:
    inputs: list[Input] = [at(5, 10, open_=True), at(10, 99, open_=False), at(15, 20, open_=True), MarkAll(60 * S)]
    assert given(executor, "interpolated(level where open over 20 s every 10 s)", inputs)[20] == 15


@BOTH
def test_the_area_under_the_lines_is_that_of_trapezoids(executor: Executor) -> None:
    inputs: list[Input] = [at(0, 0), at(10, 20), at(14, 20), MarkAll(60 * S)]
    assert given(executor, "linear_integral(level over 20 s every 20 s)", inputs) == {20: 180, 40: None}
    assert given(executor, "linear_mean(level over 20 s every 20 s)", inputs) == {20: 180 / 14, 40: None}


@BOTH
def test_of_one_moment_there_is_no_area_and_the_newest_value(executor: Executor) -> None:
    inputs: list[Input] = [at(3, 4), at(3, 8), MarkAll(60 * S)]
    assert given(executor, "linear_integral(level over 20 s every 20 s)", inputs)[20] == 0
    assert given(executor, "linear_mean(level over 20 s every 20 s)", inputs)[20] == 8


@BOTH
def test_lines_reach_over_a_day_of_the_calendar(executor: Executor) -> None:
    inputs: list[Input] = [at(3600, 2), at(7200, 4), at(80_000, 4), at(90_000, 7)]
    assert given(executor, "linear_integral(level over today)", inputs)[86_400] == 3 * 3600 + 4 * 72_800


@BOTH
def test_many_windows_are_given_at_one_message(executor: Executor) -> None:
    inputs: list[Input] = [at(0, 0), at(50, 50)]
    found = given(executor, "interpolated(level over 2 min every 1 s)", inputs)
    assert all(found[60 + second] == second for second in range(50))


@BOTH
def test_a_groups_own_value_has_lines_as_well(executor: Executor) -> None:
    inputs: list[Input] = [at(5, 10), at(15, 20), MarkAll(60 * S)]
    assert given(executor, "interpolated(most over 20 s every 10 s)", inputs, "by site")[20] == 15


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("signal w for Tank = interpolated(level over 30 s every 10 s)", "middle"),
        ("signal w for Tank = interpolated(level over today every 10 min)", "middle"),
        ("signal w for Tank = linear_mean(level over 10 samples)", "`every`"),
        ("signal w by site = linear_mean(Tank.level over 1 min every 1 min)", "group's own"),
    ],
)
def test_where_there_can_be_no_lines_it_is_said(item: str, title: str) -> None:
    problems = compile_text(SourceText("tanks.iot", f"{TANKS}{item}\n")).problems
    assert [title in problem.title for problem in problems if problem.severity == "error"] == [True]
