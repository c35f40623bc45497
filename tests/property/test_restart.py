"""A restart changes nothing: state is taken between two batches, written, read, and given to a new engine."""

from collections.abc import Callable, Sequence

from hypothesis import given, note
from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.engine import Engine
from headgate.runtime.output import Output
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Input, Run, batches, fed, on_reference
from headgate.tests.property.stated import undeclared
from headgate.tests.property.strategies import batchings, inputs_of, programs

Restart = Callable[[Engine], Engine]


@given(st.data())
def test_an_engine_restored_after_any_batch_goes_on_as_the_one_before(data: st.DataObject) -> None:
    program = data.draw(programs(revising=data.draw(st.booleans())))
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    sizes = tuple(data.draw(batchings(len(inputs))))
    stops = data.draw(st.sets(st.integers(0, len(inputs)), min_size=1, max_size=3))
    expected = on_reference(program.plan, inputs)
    assert not differences(expected, run(program.plan, inputs, sizes, restored, stops))


@given(st.data())
def test_whatever_changes_with_a_batch_is_declared(data: st.DataObject) -> None:
    program = data.draw(programs(revising=data.draw(st.booleans())))
    inputs = data.draw(inputs_of(program, moves=data.draw(st.booleans())))
    note(program.text)
    engine = Engine(program.plan)
    cuts = list(batches(inputs, (3,)))
    for batch in cuts[: len(cuts) // 2]:
        fed(engine, batch)
    with undeclared(engine) as found:
        for batch in cuts[len(cuts) // 2 :]:
            fed(engine, batch)
    assert not found


def restored(engine: Engine) -> Engine:
    """Another engine that goes on where this one is."""
    other = Engine(engine.plan)
    other.restore(engine.checkpoint())
    return other


def run(plan: Plan, inputs: Sequence[Input], sizes: Sequence[int], restart: Restart, stops: set[int]) -> Run:
    """The engine over the inputs, another one from each stop (a number of batches) on."""
    engine = Engine(plan)
    outputs: list[Output] = []
    for number, batch in enumerate(batches(inputs, sizes)):
        if number in stops:
            engine = restart(engine)
        outputs += fed(engine, batch)
    engine = restart(engine)
    outputs += engine.end()
    return Run(outputs, engine.counters)
