"""Processes that are away for a while in a test: what comes meanwhile waits at their door."""

from collections.abc import Callable, Mapping

import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.plan import Plan
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.runtime.commands.records import Outcome
from headgate.runtime.output import Output
from headgate.runtime.simulation.behaviour import Obedient
from headgate.runtime.simulation.unreliable import Latency
from headgate.runtime.testing import closed_loop
from headgate.runtime.testing.closed_loop import simulated
from headgate.runtime.testing.differences import by_subject_differences
from headgate.runtime.testing.executors import S, on_engine
from headgate.runtime.testing.scenario import EPOCH, of_test
from headgate.runtime.testing.suite import items_of, run_test
from headgate.stdlib.function import Value
from headgate.tests.unit.plant import Plant

DEVICES = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s stale after 1 min
    telemetry power: W in 0..400 every 10 s
    command   siren(on: bool) { ack within 5 s  expires 3 min }
    command   cool(level: int in 0..5) { idempotent  ack within 5 s  confirm power > 20 W * level within 1 min }
}
"""
RULES = """rule hot for Fridge { when temp > 8 degC for 30 s  until temp < 7 degC  do { alert "{id}" } }
rule silent for Fridge { when no temp for 25 s  do { alert "{id}" } }
rule usual for Fridge { when mean(temp over 1 min every 1 min) > 6 degC  do { alert "{id}" } }
rule all_hot { when count(Fridge where temp > 8 degC) > 1 for 20 s  do { alert "everywhere" } }
"""
TARGETS = """target gateway: edge by site
target hq: cloud
"""
GIVEN = """given Fridge f1 { site "oslo"  temp 4 degC  power 10 W }
    given Fridge f2 { site "bergen"  temp 4 degC  power 10 W }
"""


def passing(rules: str, test: str) -> tuple[Compiled, n.Test]:
    """A program with a test, which passes."""
    compiled = compile_text(SourceText("cold.iot", f'{DEVICES}{rules}\n{TARGETS}test "t" {{ {GIVEN} {test} }}'))
    assert compiled.plan is not None, [*compiled.problems, *compiled.not_running]
    (item,) = items_of(compiled)
    assert isinstance(item, n.Test)
    result = run_test(compiled, item)
    assert not result.failures, result.failures
    assert not result.not_running
    return compiled, item


def outcomes(rules: str, test: str) -> list[tuple[str, int]]:
    """What becomes of commands, and when (s)."""
    compiled, item = passing(rules, test)
    assert compiled.plan is not None
    assert compiled.typed is not None
    world = simulated(compiled.plan, of_test(compiled.typed, item))
    return [(o.state, (o.time - EPOCH) // S) for o in world.outputs if isinstance(o, Outcome)]


HAPPENS = """
    from 2 min to 4 min f1 temp 9 degC
    from 2 min 30 s to 5 min f2 temp 12 degC
    fault device f2 silent from 6 min to 8 min
    expect alert hot for f1 once at 2 min 30 s
    expect alert silent for f2 once
    expect alert all_hot at 2 min 50 s
    expect nothing lost
    expect no alert hot for f1 after 9 min
"""


@pytest.mark.parametrize(
    "fault",
    [
        "fault process gateway killed from 1 min to 8 min",
        "fault process gateway killed from 2 min 10 s to 2 min 35 s",
        "fault process gateway killed from 2 min to 3 min  fault process gateway killed from 150 s to 5 min",
        "fault process gateway killed from 1 min to 8 min  fault process gateway killed from 2 min to 3 min",
        "fault process gateway killed from 1 min to 4 min  fault process gateway killed from 5 min",
        "fault process hq killed from 1 min to 8 min",
        "fault process hq killed from 2 min to 3 min  fault process gateway killed from 150 s to 5 min",
        "fault link gateway down from 1 min to 3 min  fault process gateway killed from 2 min to 5 min",
    ],
)
def test_rules_say_of_a_time_at_which_their_process_was_away_what_they_would_have_said(fault: str) -> None:
    def said(test: str) -> list[Output]:
        compiled, item = passing(RULES, test)
        assert compiled.plan is not None
        assert compiled.typed is not None
        world = simulated(compiled.plan, of_test(compiled.typed, item))
        return list(on_engine(compiled.plan, world.inputs).outputs)

    assert not by_subject_differences(said(HAPPENS), said(f"{fault} {HAPPENS}"))


LOUD = "rule loud for Fridge { when temp > 20 degC  until temp < 10 degC  do { send siren(on: true) } }"


def test_what_a_rule_asks_for_meanwhile_is_sent_when_its_process_is_back_unless_it_has_expired() -> None:
    heats = "at 2 min f1 temp 30 degC  at 9 min f1 temp 4 degC expect rule loud for f1 raised at 2 min"
    assert outcomes(LOUD, f"fault process gateway killed from 1 min to 4 min {heats}")[:3] == [
        ("planned", 240),
        ("queued", 240),
        ("sent", 240),
    ]
    found = outcomes(LOUD, f"fault process gateway killed from 1 min to 6 min {heats}")
    assert ("expired", 360) in found
    assert "sent" not in dict(found)


def test_commands_of_rules_at_a_target_above_wait_for_its_process_and_those_of_the_gateway_do_not() -> None:
    test = "fault process hq killed from 1 min to 4 min  at 2 min f1 temp 30 degC  at 9 min f1 temp 4 degC"
    expected = " expect rule loud for f1 raised at 2 min"
    assert outcomes(LOUD, test + expected)[0] == ("planned", 120)
    above = LOUD.replace("do {", "place cloud  do {")
    assert outcomes(above, test + expected)[0] == ("planned", 240)


def test_a_device_does_meanwhile_what_it_was_told_and_its_answer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(plan: Plan, values: Callable[[str, str, int], Mapping[str, Value]]) -> Latency:
        return Latency(Obedient(plan, values), there_ns=(2 * S, 2 * S), back_ns=(S, S))

    monkeypatch.setattr(closed_loop, "Obedient", slow)
    cooling = "rule warm for Fridge { when temp > 8 degC  until temp < 7 degC  do { send cool(level: 4) } }"
    test = "from 1 min to 10 min f1 temp 9 degC  fault process gateway killed from 61 s to 4 min expect rule warm"
    assert outcomes(cooling, test) == [
        ("planned", 60), ("queued", 60), ("sent", 60), ("accepted", 240), ("done", 240), ("confirmed", 240),
    ]  # fmt: skip


def test_what_was_due_while_it_was_away_is_due_when_it_is_back_after_what_it_is_told_then() -> None:
    for answers, states in ((True, ["done"]), (False, ["in_doubt"])):
        made = Plant(DEVICES + LOUD)
        made.report("Fridge", "f1", site="oslo", temp=4.0, power=10.0)
        made.send("Fridge", "f1", "siren", on=True)
        before = len(made.states("siren-1"))
        made.now += 60 * S
        made.orchestrator.come_back(made.now)
        if answers:
            made.answer("siren-1", "done")
        made.wait(0)
        assert made.states("siren-1")[before:] == states
