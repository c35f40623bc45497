"""The engine says what the reference says, however inputs are batched."""

from collections.abc import Sequence

from hypothesis import strategies as st

from headgate.compiler.plan import Plan
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Input, Run, on_engine, on_reference
from headgate.tests.property.strategies import batchings


def as_the_reference(plan: Plan, inputs: Sequence[Input], data: st.DataObject) -> Run:
    """What the reference says, and the engine too."""
    expected = on_reference(plan, inputs)
    under_any_batching(expected, plan, inputs, data)
    return expected


def under_any_batching(expected: Run, plan: Plan, inputs: Sequence[Input], data: st.DataObject) -> None:
    """The engine says this of all inputs at once, one by one, and in random batches."""
    for sizes in ((len(inputs) or 1,), (1,), tuple(data.draw(batchings(len(inputs)))) or (3,)):
        assert not differences(expected, on_engine(plan, inputs, sizes=sizes)), sizes
