"""Processes that die in a test, and go on from what was written of them."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.commands.orchestrator import Orchestrator
from headgate.runtime.state import StateShape
from headgate.runtime.testing.executors import compile_program
from headgate.runtime.testing.suite import Result, items_of, run_test

PROGRAM = """module cooling
target gateway: edge
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s
    telemetry power: W in 0..400 every 10 s
    command   cool(level: int in 0..5) {
        idempotent  ack within 5 s
        confirm power > 20 W * level within 1 min
        undo cool(level: 0)
    }
}
rule too_warm for Fridge {
    when  temp > 8 degC for 1 min
    until temp < 7 degC
    do { run pull_down() }
}
procedure pull_down() for Fridge {
    step gently            { send cool(level: 1) }
    step rest after gently { wait 2 min }
    step hard after rest   { send cool(level: 4)  wait until temp < 8 degC for 1 min within 5 min }
    on failure { undo  alert "{id}: {reason}" }
}
test "a fridge cools, whatever dies" {
    given Fridge f[1..2] { site "oslo"  temp 9 degC  power 10 W }
    from 4 min to 9 min  f1 temp 6 degC
    fault process gateway killed from 30 s
    fault process gateway killed from 1 min
    fault process gateway killed from 2 min 30 s
    fault process gateway killed from 4 min 30 s
    expect procedure pull_down for f1 done at 5 min
    expect procedure pull_down for f2 failed at 8 min
    expect outcome of cool to f2 compensated
    expect nothing lost
}
"""


def result() -> Result:
    compiled = compile_text(SourceText("cooling.iot", PROGRAM))
    return run_test(compiled, items_of(compiled)[0])


def test_a_process_that_dies_loses_nothing_and_does_nothing_twice() -> None:
    assert result().failures == ()


def test_what_is_lost_in_a_restart_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Orchestrator, "restore", lambda self, state: None)
    (failure, *_) = result().failures
    assert failure.message.startswith("a restart makes a difference")


def test_what_is_no_state_of_an_orchestrator_is_refused() -> None:
    plan = compile_program(PROGRAM)
    with pytest.raises(StateShape, match="the state is of no orchestrator"):
        Orchestrator(plan).restore({"engine": {}})
