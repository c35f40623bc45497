"""The test that all else rests on: the engine does what the reference interpreter does, however inputs are batched."""

from hypothesis import given, note, settings
from hypothesis import strategies as st

from headgate.compiler.passes import ALL
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import compile_program, on_engine, on_reference
from headgate.tests.property.agreement import as_the_reference
from headgate.tests.property.strategies import inputs_of, programs


@given(st.data())
def test_the_engine_gives_what_the_reference_gives_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    as_the_reference(program.plan, inputs, data)


@settings(max_examples=max(settings.default.max_examples // 4, 1) if settings.default else 10)
@given(st.data())
def test_a_pass_switched_off_changes_no_result(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program))
    note(program.text)
    expected = on_engine(program.plan, inputs)
    for left_out in ALL:
        plan = compile_program(program.text, [name for name in ALL if name != left_out])
        got = on_engine(plan, inputs)
        # What nothing reads counts what came too late for it.
        if left_out == "dead" or plan.timelines != program.plan.timelines:
            got.counters.dropped = expected.counters.dropped
        assert not differences(expected, got), left_out
    bare = compile_program(program.text, [])
    assert not differences(on_reference(bare, inputs), on_engine(bare, inputs))
