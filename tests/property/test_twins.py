"""Twins are in the engine what they are in the reference: in any batches, after restarts, within their stated bound."""

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.runtime.engine import Engine
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import batches, fed, on_engine, on_reference
from headgate.tests.property import twins
from headgate.tests.property.stated import undeclared
from headgate.tests.property.strategies import batchings
from headgate.tests.property.test_restart import restored, run
from headgate.tests.property.test_state_bounds import over_bound


@given(st.data())
def test_the_engine_foresees_what_the_reference_foresees_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(twins.programs())
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    expected = on_reference(program.plan, inputs)
    for sizes in ((len(inputs),), (1,), tuple(data.draw(batchings(len(inputs))))):
        assert not differences(expected, on_engine(program.plan, inputs, sizes=sizes)), sizes


@given(st.data())
def test_a_twin_goes_on_after_a_restart_as_it_was(data: st.DataObject) -> None:
    program = data.draw(twins.programs())
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    sizes = tuple(data.draw(batchings(len(inputs))))
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    assert not differences(on_reference(program.plan, inputs), run(program.plan, inputs, sizes, restored, stops))


@given(st.data())
def test_what_changes_of_a_twin_is_declared_and_within_its_bound(data: st.DataObject) -> None:
    program = data.draw(twins.programs())
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    engine = Engine(program.plan)
    cuts = list(batches(inputs, (3,)))
    for batch in cuts[: len(cuts) // 2]:
        fed(engine, batch)
    with undeclared(engine) as found:
        for batch in cuts[len(cuts) // 2 :]:
            fed(engine, batch)
    assert not found
    assert not over_bound(engine)
