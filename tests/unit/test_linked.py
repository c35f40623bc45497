"""Tests of programs under faults of links: parts say what the whole says, and what is asked for too early is told."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.output import Output
from headgate.runtime.testing.linked import apart
from headgate.runtime.testing.scenario import EPOCH
from headgate.runtime.testing.suite import Failure, items_of, run_test

PROGRAM = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s stale after 1 min
    command   siren(on: bool) { idempotent  ack within 2 s }
}
rule hot for Fridge { when temp > 8 degC for 30 s  do { alert "{id}" } }
rule all_hot { when count(Fridge where temp > 8 degC) > 1 for 20 s  do { alert "everywhere" } }
rule loud for Fridge { when temp > 20 degC  until temp < 10 degC  place cloud  do { send siren(on: true) } }
target gateway: edge by site
target hq: cloud
"""
GIVEN = """
    given Fridge f1 { site "oslo"  temp 4 degC }
    given Fridge f2 { site "bergen"  temp 4 degC }
"""


def failures(test: str) -> tuple[Failure, ...]:
    program = compile_text(SourceText("cold.iot", f'{PROGRAM}test "t" {{ {GIVEN} {test} }}'))
    assert program.plan is not None, [*program.problems, *program.not_running]
    return run_test(program, items_of(program)[0]).failures


def test_while_a_link_is_down_nothing_comes_from_above_and_then_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[int, list[Output]]] = []
    advance = Partitioned.advance

    def listening(self: Partitioned, time: int) -> list[Output]:
        outputs = advance(self, time)
        heard.append((time - EPOCH, outputs))
        return outputs

    monkeypatch.setattr(Partitioned, "advance", listening)
    test = """
        fault link gateway down from 1 min to 5 min
        fault link gateway down from 4 min to 6 min
        from 2 min to 3 min f1 temp 9 degC
        from 2 min to 3 min f2 temp 9 degC
        from 7 min to 8 min f1 temp 4 degC
        expect alert all_hot once at 2 min 20 s
        expect alert hot for f1 once at 2 min 30 s
    """
    assert failures(test) == ()
    told = [time for time, outputs in heard if outputs]
    assert told
    assert min(told) >= 360_000_000_000


def test_the_link_of_the_uppermost_target_carries_nothing() -> None:
    assert (
        failures("fault link hq down from 1 min to 2 min  from 1 min to 2 min f1 temp 9 degC  expect alert hot") == ()
    )


def test_a_command_that_is_asked_for_beyond_a_link_that_is_down_is_not_made_up() -> None:
    down = "fault link gateway down from 1 min to 5 min  at 2 min f1 temp 30 degC  expect send siren to f1"
    (failure,) = failures(down)
    assert "asks for a command at 2 min, while it is down" in " ".join(failure.lines)


@pytest.mark.parametrize(
    "cuts, found",
    [([(5, 9), (1, 3)], [(1, 3), (5, 9)]), ([(1, 5), (2, 3), (5, 6)], [(1, 6)]), ([], [])],
)
def test_cuts_are_told_apart(cuts: list[tuple[int, int]], found: list[tuple[int, int]]) -> None:
    assert apart(cuts) == [(EPOCH + start, EPOCH + end) for start, end in found]
