"""A rule that is inhibited lives as ever, and does nothing while another one is raised."""

import pytest

from headgate.runtime.output import Alerted, Life
from headgate.runtime.testing.executors import (
    Executor,
    Input,
    MarkAll,
    Message,
    S,
    compile_program,
    on_engine,
    on_reference,
)

BEGIN = 1_700_000_000 * S

PROGRAM = """module fridges
device Fridge {
    property  site: text
    telemetry temp: degC
    telemetry power: W
}
rule much_too_warm for Fridge { when temp > 12 degC do { alert "much" } }
rule power_cut by site { when max(Fridge.power) < 1 W do { alert "cut" } }
rule too_warm for Fridge {
    when temp > 8 degC
    inhibited by much_too_warm, power_cut
    repeat every 10 s
    do       { alert "warm" }
    on clear { alert "well" }
}
"""


def fridge(second: int, temp: float, power: float = 90.0) -> Message:
    return Message("Fridge", "a", BEGIN + second * S, {"temp": temp, "power": power, "site": "oslo"})


def said(run: Executor, inputs: list[Input], program: str = PROGRAM) -> list[tuple[int, str]]:
    outputs = run(compile_program(program), inputs).outputs
    return [
        ((o.time - BEGIN) // S, o.message if isinstance(o, Alerted) else o.what)
        for o in outputs
        if (isinstance(o, Alerted) and o.rule == "too_warm") or (isinstance(o, Life) and o.rule == "too_warm")
    ]


RUNS = pytest.mark.parametrize(
    "run", [on_engine, lambda plan, inputs: on_engine(plan, inputs, sizes=(1,)), on_reference]
)


@RUNS
def test_it_does_nothing_while_another_rule_of_its_device_is_raised(run: Executor) -> None:
    inputs: list[Input] = [fridge(0, 13), fridge(5, 9), fridge(12, 9), fridge(15, 4)]
    assert said(run, inputs) == [(0, "raised"), (10, "repeated"), (10, "warm"), (15, "cleared"), (15, "well")]


@RUNS
def test_it_does_nothing_while_a_rule_of_its_group_is_raised(run: Executor) -> None:
    inputs: list[Input] = [
        fridge(0, 4, 0.0),
        MarkAll(BEGIN + S),
        fridge(2, 9, 0.0),
        MarkAll(BEGIN + 3 * S),
        fridge(4, 4),
    ]
    assert said(run, inputs) == [(2, "raised"), (4, "cleared")]


@RUNS
def test_what_is_not_inhibited_acts_at_once(run: Executor) -> None:
    assert said(run, [fridge(0, 9), fridge(1, 4)]) == [(0, "raised"), (0, "warm"), (1, "cleared"), (1, "well")]


@RUNS
def test_a_rule_that_is_raised_for_no_longer_than_a_moment_inhibits_nothing(run: Executor) -> None:
    program = PROGRAM.replace("when temp > 12 degC do", "when (temp > 12 degC) becomes true do")
    inputs: list[Input] = [fridge(0, 4), fridge(1, 13), fridge(12, 13), fridge(15, 4)]
    repeated = [(11, "repeated"), (11, "warm")]
    assert said(run, inputs, program) == [(1, "raised"), (1, "warm"), *repeated, (15, "cleared"), (15, "well")]


@RUNS
def test_what_has_gone_stale_when_the_input_ends_is_no_reason_to_act(run: Executor) -> None:
    program = """module ends
device Fridge {
    telemetry temp: degC stale after 8 s
    telemetry power: W
}
signal cold for Fridge = first(temp over 20 s every 10 s)
rule power_cut for Fridge { when power < 1 W do { alert "cut" } }
rule too_warm for Fridge {
    when cold > 8 degC
    inhibited by power_cut
    do { if temp > 8 degC { alert "is warm" } else { alert "was warm" } }
}
"""
    inputs: list[Input] = [Message("Fridge", "a", BEGIN + S, {"temp": 9.0, "power": 90.0})]
    outputs = run(compile_program(program), inputs).outputs
    assert [one.message for one in outputs if isinstance(one, Alerted)] == ["was warm"]
