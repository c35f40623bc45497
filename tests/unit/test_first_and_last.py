"""`first` and `last` of a window take whatever can be kept: numbers, texts and choices, conditions."""

import pytest

from headgate.runtime.output import Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import EXECUTORS, Message, S, compile_program, on_engine, on_reference

PROGRAM = """module tolls

device Toll {
    property  kind: enum { car, truck }
    telemetry plate: text
    telemetry heavy: bool
    lateness  10 s
    revise    1 h
}

signal first_plate for Toll = first(plate over 1 min every 1 min)
signal last_heavy  for Toll = last(heavy where plate != "B" over 1 min every 1 min)
signal newest      by kind  = last(Toll.plate over 1 min every 1 min)
"""
MESSAGES = [
    Message("Toll", "t1", 10 * S, {"plate": "A", "heavy": True, "kind": "car"}),
    Message("Toll", "t1", 40 * S, {"plate": "B", "heavy": False}),
    Message("Toll", "t2", 50 * S, {"plate": "C", "heavy": False, "kind": "car"}),
    Message("Toll", "t2", 75 * S, {"heavy": False}),
    Message("Toll", "t1", 75 * S, {"plate": "D", "heavy": True}),
    Message("Toll", "t1", 5 * S, {"plate": "E"}),
    Message("Toll", "t1", 300 * S, {"heavy": True}),
    Message("Toll", "t2", 300 * S, {"heavy": True}),
]


@pytest.mark.parametrize("executor", sorted(EXECUTORS))
def test_texts_and_conditions_have_a_first_and_a_last(executor: str) -> None:
    outputs = EXECUTORS[executor](compile_program(PROGRAM), MESSAGES).outputs
    said = [(o.name, *o.key, o.time // S, o.value, o.revision) for o in outputs if isinstance(o, Signalled)]
    assert ("first_plate", "t1", 60, "A", 0) in said
    assert ("first_plate", "t1", 60, "E", 1) in said  # it came later than one waits for, and is the first all the same
    assert ("last_heavy", "t1", 60, True, 0) in said
    assert ("last_heavy", "t2", 60, False, 0) in said
    assert ("newest", "car", 60, "C", 0) in said


@pytest.mark.parametrize("sizes", [(1,), (3,), (8,)])
def test_engine_and_reference_agree_on_them(sizes: tuple[int, ...]) -> None:
    plan = compile_program(PROGRAM)
    assert differences(on_reference(plan, MESSAGES), on_engine(plan, MESSAGES, sizes=sizes)) == []
