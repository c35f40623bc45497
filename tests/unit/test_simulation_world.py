"""A world under a virtual clock: what is decided is carried out when it is due; what was admitted can be run again."""

import pytest

from headgate.compiler.compile import compile_text
from headgate.compiler.plan import Plan
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.runtime.commands.records import Outcome, Proceeded
from headgate.runtime.output import Sent, Signalled
from headgate.runtime.testing.closed_loop import Simulated, simulated
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import MarkAll, Message, S, on_engine, on_reference
from headgate.runtime.testing.scenario import EPOCH, of_test
from headgate.runtime.testing.virtual import Line, VirtualDevice

DEVICES = """module cold
device Fridge {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s
    telemetry power: W in 0..400 every 10 s
    telemetry door: bool
    command   cool(level: int in 0..5) { idempotent  ack within 5 s  confirm power > 20 W * level within 1 min }
    command   close()                  { idempotent  ack within 5 s  confirm not door within 1 min }
}
signal busy for Fridge = power > 50 W
"""


def played(program: str, lateness: str = "") -> tuple[Plan, Simulated]:
    """The first test of a program, run in a world; what was admitted there is run again, and gives the same."""
    text = (DEVICES + program).replace("device Fridge {", f"device Fridge {{ {lateness}")
    compiled = compile_text(SourceText("cold.iot", text))
    assert compiled.plan is not None, list(compiled.problems) + list(compiled.not_running)
    assert compiled.typed is not None
    test = next(item for item in compiled.typed.program.items if isinstance(item, n.Test))
    world = simulated(compiled.plan, of_test(compiled.typed, test))
    if world.run is not None:
        for again in (on_engine(compiled.plan, world.inputs), on_reference(compiled.plan, world.inputs)):
            assert differences(again, world.run) == []
    return compiled.plan, world


def times(world: Simulated, state: str) -> list[float]:
    """When commands came to a state, in s."""
    return [(o.time - EPOCH) / S for o in world.outputs if isinstance(o, Outcome) and o.state == state]


def reported(world: Simulated, field: str) -> list[tuple[float, object]]:
    return [
        ((one.time - EPOCH) / S, one.fields[field])
        for one in world.inputs
        if isinstance(one, Message) and field in one.fields
    ]


COOLING = """rule warm for Fridge { when temp > 8 degC for 25 s until temp < 7 degC do { send cool(level: 4) } }
test "t" {
    given Fridge f1 { site "oslo"  temp 4 degC  power 10 W  door false }
    from 10 s to 1 min  f1 temp 9 degC
    expect no send cool to f1 after 2 min
}"""


def test_a_command_is_delivered_when_the_rule_decides_and_changes_what_the_device_reports() -> None:
    _, world = played(COOLING)
    assert times(world, "sent") == times(world, "confirmed") == [35.0]
    assert MarkAll(EPOCH + 35 * S + 1) in world.inputs
    power = reported(world, "power")
    assert power[:5] == [(0.0, 10.0), (10.0, 10.0), (20.0, 10.0), (30.0, 10.0), (35.000000001, 84.0)]
    assert power[5:8] == [(40.0, 84.0), (50.0, 84.0), (60.0, 84.0)]
    assert world.run is not None
    busy = [(o.time - EPOCH) / S for o in world.run.outputs if isinstance(o, Signalled) and o.value is True]
    assert busy == [pytest.approx(35, abs=1e-6)]


def test_with_lateness_a_decision_of_what_has_settled_is_carried_out_when_it_has() -> None:
    text = COOLING.replace("for 25 s until", "for 25 s settle until").replace(
        "settle until temp < 7 degC", "until temp < 7 degC settle"
    )
    _, world = played(text, "lateness 7 s")
    assert times(world, "sent") == [42.0]


def test_what_a_test_says_of_a_span_of_time_stands_whatever_is_commanded() -> None:
    _, world = played(COOLING.replace("expect", "from 20 s to 50 s  f1 power 12 W\n    expect"))
    assert times(world, "confirmed") == []
    assert dict(reported(world, "power"))[50.0] == 12.0


def test_what_is_never_reported_otherwise_is_reported_when_it_changes() -> None:
    _, world = played(
        """rule open for Fridge { when door for 15 s until not door do { send close() } }
test "t" {
    given Fridge f[1..2] { temp 4 degC  door false }
    at 10 s f1 door true
    at 40 s f1 door true
    expect no rule open for f2
    expect no rule open for f1 after 1 min
}"""
    )
    assert times(world, "confirmed") == [25.0, 55.0]
    assert [value for _, value in reported(world, "door")] == [False, False, True, False, True, False]


def test_a_silent_device_does_what_it_is_told_and_nobody_hears_of_it() -> None:
    _, world = played(
        """rule open for Fridge { when door for 15 s until temp > 50 degC do { send close() } }
test "t" {
    given Fridge f1 { temp 4 degC  door false }
    at 10 s f1 door true
    fault device f1 silent from 20 s to 3 min
    expect no rule open for f1 after 5 min
}"""
    )
    assert times(world, "in_doubt") == [30.0]
    assert [value for _, value in reported(world, "door")] == [False, True]


def test_a_slow_clock_is_not_overtaken_by_the_gateways() -> None:
    _, world = played(COOLING.replace("expect", "fault clock f1 behind 5 s from 0 s\n    expect"))
    assert times(world, "planned") == [35.0]
    assert world.run is not None
    assert world.run.counters.late == 0


def test_people_acknowledge_in_a_world_as_well() -> None:
    _, world = played(
        """rule open for Fridge {
    when door for 15 s
    latched
    until not door
    do { send close() }
    on clear { send cool(level: 0) }
}
test "t" {
    given Fridge f1 { temp 4 degC  door false  power 0 W }
    at 10 s f1 door true
    at 90 s acknowledge open for f1
    expect rule open for f1 cleared at 90 s
}"""
    )
    assert times(world, "sent") == [25.0, 90.0]


def test_where_nothing_is_asked_for_nothing_but_the_scenario_is_admitted() -> None:
    _, world = played(COOLING.replace("temp 9 degC", "temp 5 degC"))
    assert (world.run, world.outputs) == (None, ())


def test_a_procedure_that_waits_for_a_signal_goes_on_when_that_changes() -> None:
    _, world = played(
        """procedure cool_down() for Fridge {
    expires 5 min
    step a { send cool(level: 4) }
    step b { wait until busy within 1 min }
    step c after b { wait until not busy within 2 min }
}
rule warm for Fridge { when temp > 8 degC for 25 s until temp < 7 degC do { run cool_down() } }
test "t" {
    given Fridge f1 { temp 4 degC  power 10 W }
    from 10 s to 1 min  f1 temp 9 degC
    at 90 s f1 power 5 W
    expect procedure cool_down for f1 done at 90 s
}"""
    )
    course = [(o.what, (o.time - EPOCH) / S) for o in world.outputs if isinstance(o, Proceeded)]
    assert course == [("started", 35.0), ("done", 90.0)]
    assert [o.command for o in world.outputs if isinstance(o, Sent)] == ["cool"]


PROCEDURE = """rule warm for Fridge { when temp > 8 degC for 25 s latched until temp < 7 degC do { run chill() } }
procedure chill() for Fridge { step a { send cool(level: 4) }  step b after a { wait 45 s }  step c { send close() } }
test "t" {
    given Fridge f[1..3] { site "oslo"  temp 4 degC  power 10 W  door true }
    from 10 min to 13 min        f1 temp 9 degC
    from 11 min to 12 min        f2 temp 9 degC every 3 s
    from 20 min to 21 min 7 s    f3 temp 9 degC every 7 s
    at 11 min 40 s  acknowledge warm for f2
    FAULT
    expect no send cool to f1 after 24 min
}"""


@pytest.mark.parametrize("lateness", ["", "lateness 7 s"])
@pytest.mark.parametrize(
    "fault",
    [
        "",
        "fault clock f1 behind 45 s from 5 min",
        "fault device f2 silent from 11 min 30 s to 20 min",
        "fault process gateway killed from 10 min 26 s\n    fault process gateway killed from 22 min",
    ],
)
def test_how_far_a_world_looks_ahead_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, fault: str, lateness: str
) -> None:
    program = "target gateway: edge\n" + PROCEDURE.replace("FAULT", fault)
    _, world = played(program, lateness)
    assert times(world, "sent") != []
    for most in (1, 3):
        monkeypatch.setattr("headgate.runtime.simulation.world.AHEAD_MAX", most)
        _, other = played(program, lateness)
        assert (other.inputs, other.outputs, other.run) == (world.inputs, world.outputs, world.run)


def test_what_a_command_brings_about_comes_before_what_is_said_later() -> None:
    device = VirtualDevice("Fridge", "f1", {})
    device.say(Line(0, None, {"door": True}))
    device.say(Line(20, None, {"door": True}))
    report = device.bring(10, {"door": False})
    assert report is not None
    assert [one.fields for one in device.reports(30)] == [{"door": True}, {"door": False}, {"door": True}]
    assert device.values(15) == {"door": False}
