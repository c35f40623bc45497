"""Twins are in the engine what they are in the reference: in any batches, after restarts, within their stated bound."""

from collections.abc import Sequence

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.engine import Engine
from headgate.runtime.kernels.jit import COMPILED
from headgate.runtime.output import Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Input, Run, batches, fed, on_engine, on_reference
from headgate.tests.property import twins
from headgate.tests.property.agreement import under_any_batching
from headgate.tests.property.stated import undeclared
from headgate.tests.property.strategies import batchings
from headgate.tests.property.test_restart import restored, run
from headgate.tests.property.test_state_bounds import over_bound

MODERATE = 1e6
OFTEN = settings(max_examples=settings.default.max_examples if COMPILED and settings.default else 2)
"""As plain Python equations are walked a hundredth as fast."""


def foreseen(plan: Plan, inputs: Sequence[Input]) -> Run:
    """What the reference foresees, if a twin goes on to be known by and by: when one is not known to millions, what a
    measurement tells of it is what is left when all digits have cancelled."""
    found = on_reference(plan, inputs)
    numbers = [o.value for o in found.outputs if isinstance(o, Signalled) and isinstance(o.value, float)]
    assume(all(abs(number) < MODERATE for number in numbers))
    return found


@OFTEN
@given(st.data())
def test_the_engine_foresees_what_the_reference_foresees_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(twins.programs())
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    expected = foreseen(program.plan, inputs)
    under_any_batching(expected, program.plan, inputs, data)


@settings(max_examples=5 if COMPILED else 2)
@given(st.data())
def test_particles_are_in_the_engine_what_they_are_in_the_reference(data: st.DataObject) -> None:
    program = data.draw(twins.programs(particles=True))
    inputs = data.draw(twins.inputs(program, most=10))
    note(program.text)
    expected = foreseen(program.plan, inputs)
    under_any_batching(expected, program.plan, inputs, data)
    sizes, stops = tuple(data.draw(batchings(len(inputs)))), data.draw(st.sets(st.integers(0, len(inputs)), max_size=3))
    assert not differences(expected, run(program.plan, inputs, sizes, restored, stops))


@OFTEN
@given(st.data())
def test_a_twin_goes_on_after_a_restart_as_it_was(data: st.DataObject) -> None:
    program = data.draw(twins.programs())
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    sizes = tuple(data.draw(batchings(len(inputs))))
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    assert not differences(foreseen(program.plan, inputs), run(program.plan, inputs, sizes, restored, stops))


@OFTEN
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


@OFTEN
@given(st.data())
def test_what_is_calibrated_hangs_on_no_batch_and_no_restart_and_stays_within_its_bound(data: st.DataObject) -> None:
    """Random measurements tell parameters badly; the reference is asked where they tell them well."""
    program = data.draw(twins.programs(calibrated=True))
    inputs = data.draw(twins.inputs(program))
    note(program.text)
    whole = on_engine(program.plan, inputs)
    sizes, stops = tuple(data.draw(batchings(len(inputs)))), data.draw(st.sets(st.integers(0, len(inputs)), max_size=3))
    assert not differences(whole, on_engine(program.plan, inputs, sizes=(1,)))
    assert not differences(whole, run(program.plan, inputs, sizes, restored, stops))
    engine = Engine(program.plan)
    with undeclared(engine) as found:
        for batch in batches(inputs, (3,)):
            fed(engine, batch)
    assert not found
    assert not over_bound(engine)
