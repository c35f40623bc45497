"""Tests of programs under faults of links: parts say what the whole says, commands wait for links."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.runtime.commands.records import Outcome
from headgate.runtime.edge.partitioned import Partitioned
from headgate.runtime.output import Output
from headgate.runtime.testing.closed_loop import simulated
from headgate.runtime.testing.executors import S
from headgate.runtime.testing.linked import apart
from headgate.runtime.testing.scenario import EPOCH, of_test
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


DOWN = "fault link gateway down from 1 min to 5 min  at 2 min f1 temp 30 degC  at 8 min f1 temp 30 degC"


def outcomes(program: str, test: str = DOWN) -> list[tuple[str, int]]:
    """What becomes of commands while the link is down, and when (s)."""
    compiled = compile_text(SourceText("cold.iot", f'{program}test "t" {{ {GIVEN} {test} expect no alert all_hot }}'))
    assert compiled.plan is not None, [*compiled.problems, *compiled.not_running]
    assert compiled.typed is not None
    (item,) = items_of(compiled)
    assert isinstance(item, n.Test)
    world = simulated(compiled.plan, of_test(compiled.typed, item))
    assert not run_test(compiled, item).failures
    return [(o.state, (o.time - EPOCH) // S) for o in world.outputs if isinstance(o, Outcome)]


def test_a_command_that_is_asked_for_above_reaches_its_device_when_the_link_is_whole() -> None:
    found = outcomes(PROGRAM)
    assert found[0] == ("planned", 300)
    assert ("done", 300) in found


def test_a_command_that_has_expired_when_the_link_is_whole_is_never_sent() -> None:
    found = outcomes(PROGRAM.replace("ack within 2 s", "ack within 2 s expires 1 min"))
    assert [state for state, _ in found] == ["planned", "queued", "expired"]


def test_a_rule_at_the_gateway_commands_while_the_link_is_down() -> None:
    found = outcomes(PROGRAM.replace("place cloud", "place edge"))
    assert ("done", 120) in found


def test_what_an_acknowledgement_above_asks_for_waits_for_the_link() -> None:
    latched = PROGRAM.replace(
        "until temp < 10 degC  place cloud  do { send siren(on: true) }",
        'until temp < 10 degC  latched  place cloud  do { alert "{id}" }  on clear { send siren(on: false) }',
    )
    test = """
        fault link gateway down from 3 min to 5 min
        at 1 min f1 temp 30 degC
        at 2 min f1 temp 4 degC
        at 4 min acknowledge loud for f1
        at 8 min f1 temp 4 degC
    """
    found = outcomes(latched, test)
    assert found[0] == ("planned", 300)


@pytest.mark.parametrize(
    "cuts, found",
    [([(5, 9), (1, 3)], [(1, 3), (5, 9)]), ([(1, 5), (2, 3), (5, 6)], [(1, 6)]), ([], [])],
)
def test_cuts_are_told_apart(cuts: list[tuple[int, int]], found: list[tuple[int, int]]) -> None:
    assert apart(cuts) == [(EPOCH + start, EPOCH + end) for start, end in found]
