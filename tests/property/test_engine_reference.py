"""The test that all else rests on: the engine does what the reference interpreter does, however inputs are batched."""

import dataclasses
import math
from collections.abc import Sequence

from hypothesis import given, note, settings
from hypothesis import strategies as st

from headgate.compiler.passes import ALL
from headgate.runtime.output import Output, Signalled
from headgate.tests.conformance.executors import Run, compile_program, on_engine, on_reference
from headgate.tests.property.strategies import batchings, inputs_of, programs


def differences(expected: Run, got: Run) -> list[str]:
    """Where two runs differ: outputs one by one (numbers to 9 digits: sums may round differently), and counters."""
    found = [
        f"output {i}:\n  expected {a}\n  got      {b}"
        for i, (a, b) in enumerate(zip(expected.outputs, got.outputs, strict=False))
        if not same(a, b)
    ]
    if len(expected.outputs) != len(got.outputs):
        more: Sequence[Output] = max(expected.outputs, got.outputs, key=len)
        found.append(
            f"{len(expected.outputs)} outputs expected, {len(got.outputs)} got; the first too many or missing:"
        )
        found.append(str(more[min(len(expected.outputs), len(got.outputs))]))
    if expected.counters != got.counters:
        found.append(f"counters:\n  expected {expected.counters}\n  got      {got.counters}")
    return found


def same(a: Output, b: Output) -> bool:
    if isinstance(a, Signalled) and isinstance(b, Signalled) and isinstance(a.value, float):
        if not isinstance(b.value, float) or not math.isclose(a.value, b.value, rel_tol=1e-9, abs_tol=1e-9):
            return False
        return dataclasses.replace(a, value=None) == dataclasses.replace(b, value=None)
    return a == b


@given(st.data())
def test_the_engine_gives_what_the_reference_gives_under_any_batching(data: st.DataObject) -> None:
    program = data.draw(programs())
    # Known gap: a device that changes its group twice within one input (as what waited settles) moves the group's time
    # in between, which the reference does not; so devices stay where they are here.
    inputs = data.draw(inputs_of(program))
    note(program.text)
    expected = on_reference(program.plan, inputs)
    for sizes in ((len(inputs) or 1,), (1,), tuple(data.draw(batchings(len(inputs)))) or (3,)):
        assert not differences(expected, on_engine(program.plan, inputs, sizes=sizes)), sizes


@settings(max_examples=max(settings.default.max_examples // 4, 1) if settings.default else 10)
@given(st.data())
def test_a_pass_switched_off_changes_no_result(data: st.DataObject) -> None:
    program = data.draw(programs())
    inputs = data.draw(inputs_of(program))
    note(program.text)
    expected = on_engine(program.plan, inputs)
    for left_out in ALL:
        plan = compile_program(program.text, [name for name in ALL if name != left_out])
        assert not differences(expected, on_engine(plan, inputs)), left_out
    bare = compile_program(program.text, [])
    assert not differences(on_reference(bare, inputs), on_engine(bare, inputs))
