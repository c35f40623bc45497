"""How many updates wait for a group's time, and what is done when there is no room for more."""

from dataclasses import replace

from headgate.compiler.compile import compile_text
from headgate.compiler.migration import migrate
from headgate.compiler.plan import Plan
from headgate.dsl.source import SourceText
from headgate.runtime.engine import Engine
from headgate.runtime.operators.group_clock import GroupClock
from headgate.runtime.output import Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Input, Message, Run, S, batches, fed, on_engine, on_reference

PROGRAM = """module waiting

device Fridge max 100 {
    property  site: text
    telemetry temp: degC every 10 s
}

signal warmest by site = max(Fridge.temp)
"""


def plan_of(waiting_max: int | None = None) -> Plan:
    plan = compile_text(SourceText("waiting.iot", PROGRAM)).plan
    assert plan is not None
    if waiting_max is None:
        return plan
    timelines = tuple(
        replace(timeline, members=tuple(replace(member, waiting_max=waiting_max) for member in timeline.members))
        for timeline in plan.timelines
    )
    return replace(plan, timelines=timelines)


def reading(id_: str, seconds: int, temp: float) -> Message:
    return Message("Fridge", id_, seconds * S, {"site": "north", "temp": temp})


def both(plan: Plan, inputs: list[Input]) -> Run:
    """What engine and reference both say."""
    expected = on_reference(plan, inputs)
    for size in (1, 3, len(inputs)):
        assert not differences(expected, on_engine(plan, inputs, sizes=(size,)))
    return expected


def test_a_group_goes_on_to_the_earliest_update_when_more_wait_than_there_is_room_for() -> None:
    ahead = [reading("a", 1 + second, float(second)) for second in range(9)]
    run = both(plan_of(waiting_max=2), [reading("b", 0, 50.0), *ahead])
    (warmest,) = run.outputs
    assert isinstance(warmest, Signalled)
    assert (warmest.time, warmest.value) == (0, 50.0)
    assert run.counters.dropped["early_instant"] == 6


def test_what_keeps_to_its_rate_never_makes_a_group_go_on() -> None:
    ahead = [reading("a", 10 * n, float(n)) for n in range(30)]
    run = both(plan_of(), [reading("b", 0, 50.0), *ahead])
    assert not run.counters.dropped


def test_a_plan_that_takes_the_place_of_another_has_the_room_that_it_states() -> None:
    old, new = plan_of(waiting_max=2), plan_of(waiting_max=5)
    engine = Engine(old)
    for batch in batches([reading("b", 0, 50.0), reading("a", 1, 1.0)], (2,)):
        fed(engine, batch)
    successor = engine.replaced_by(new, migrate(old, new).migration)
    (clock,) = (owner for owner in successor.stateful().values() if isinstance(owner, GroupClock))
    assert clock.room.max() == 10
