"""What waits for a group's time is bounded, and what is done when there is no room is the same everywhere."""

from dataclasses import replace

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.engine import Engine
from headgate.runtime.operators.group_clock import GroupClock
from headgate.runtime.testing.executors import batches, fed
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import batchings, inputs_of, programs


@given(st.data())
def test_a_group_goes_on_to_the_earliest_of_too_many_updates_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans()), most=100))
    plan = with_room_for(program.plan, data.draw(st.sampled_from([1, 1, 2])))
    note(program.text)
    as_the_reference(plan, inputs, data)


@given(st.data())
def test_no_more_updates_wait_for_a_group_than_there_is_room_for(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, most=100))
    most = data.draw(st.sampled_from([1, 1, 2]))
    note(program.text)
    engine = Engine(with_room_for(program.plan, most))
    for batch in batches(inputs, tuple(data.draw(batchings(len(inputs))))):
        fed(engine, batch)
        for owner in engine.stateful().values():
            if isinstance(owner, GroupClock):
                there = owner.room > 0
                assert ((owner.pending + owner.overdue)[there] <= owner.room[there]).all()
                assert int(owner.room.sum()) <= most * owner.member_count


def with_room_for(plan: Plan, most: int) -> Plan:
    """The plan, in which so many updates for each member may wait for a group's time."""
    timelines = tuple(
        replace(timeline, members=tuple(replace(member, waiting_max=most) for member in timeline.members))
        for timeline in plan.timelines
    )
    return replace(plan, timelines=timelines)
