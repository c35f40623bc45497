"""A plan whose twins make no sense is refused; windows over what twins foresee have a bound."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from headgate.compiler.plan import (
    Apply,
    Calibrated,
    Calibration,
    Plan,
    PlanNode,
    Predicted,
    PredictedDeviation,
    PushBound,
    PushInput,
    Recent,
    TimeUntil,
    TwinCovariance,
    TwinState,
    TwinValue,
)
from headgate.compiler.verify import faults
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Message, S, compile_program, on_engine, on_reference

PROGRAM = """module example
device A {
    telemetry temp: degC every 10 s
    telemetry push: float every 1 s
}
twin A {
    parameter tau: min in 5..90 = 30 min
    dynamics { d(temp) = (20 degC - temp) / tau + push * 1 K/min }
    estimate temp with kalman { process 0.1 K  sensor 0.5 K }
    calibrate tau over 2 h every 1 h
}
signal worst for A = p95(predicted(temp, 30 min))
signal lasts for A = time_until(temp > 8 degC for 5 min, within: 2 h)
signal soon for A = predicted(temp, 30 min)
signal left for A = time_until(temp > 8 degC, within: 2 h)
signal most for A = max(soon over 1 min)
"""


def nodes_of(plan: Plan, kind: type[Any]) -> list[PlanNode]:
    return [node for node in plan.nodes if isinstance(node.operator, kind)]


def broken(kind: type[Any], change: Callable[[Any], Any]) -> list[str]:
    """What is wrong with the program's plan when the operators of a kind are changed."""
    plan = compile_program(PROGRAM)
    assert nodes_of(plan, kind)
    nodes = tuple(replace(n, operator=change(n.operator)) if isinstance(n.operator, kind) else n for n in plan.nodes)
    return list(faults(replace(plan, nodes=nodes)))


def test_a_plan_with_twins_is_sound() -> None:
    assert list(faults(compile_program(PROGRAM))) == []


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        (Predicted, lambda op: replace(op, ahead_ns=0), "no time ahead"),
        (TimeUntil, lambda op: replace(op, within_ns=-1), "no time ahead"),
        (Predicted, lambda op: replace(op, value=(PushInput(9),)), "cannot be worked out"),
        (Predicted, lambda op: replace(op, value=(PushBound(0),)), "cannot be worked out"),
        (Predicted, lambda op: replace(op, value=(PushInput(0), PushInput(0))), "cannot be worked out"),
        (Predicted, lambda op: replace(op, value=(PushInput(0), Apply("no_such", 1, "float"))), "cannot be worked out"),
        (TimeUntil, lambda op: replace(op, condition=()), "cannot be worked out"),
        (Predicted, lambda op: replace(op, dynamics=replace(op.dynamics, lows=())), "bounds"),
        (TimeUntil, lambda op: replace(op, lasting_ns=-1), "lasts less than no time"),
        (TimeUntil, lambda op: replace(op, condition=(PushInput(0),)), "no comparison"),
        (PredictedDeviation, lambda op: replace(op, ahead_ns=-1), "no time ahead"),
        (PredictedDeviation, lambda op: replace(op, process=()), "noise"),
        (PredictedDeviation, lambda op: replace(op, value=()), "cannot be worked out"),
        (TwinCovariance, lambda op: replace(op, second=3), "does not estimate"),
        (Calibration, lambda op: replace(op, parameters=()), "nothing to calibrate"),
        (Calibration, lambda op: replace(op, slices=0), "learns in no time"),
        (Calibration, lambda op: replace(op, sensors=(replace(op.sensors[0], input=0),)), "measures nothing"),
        (Calibrated, lambda op: replace(op, place=1), "no parameter at 1"),
        (TwinState, lambda op: replace(op, deviations=()), "noise"),
        (TwinState, lambda op: replace(op, process=(-1.0,)), "noise"),
        (TwinState, lambda op: replace(op, sensors=(replace(op.sensors[0], input=0),)), "measures nothing"),
        (TwinState, lambda op: replace(op, sensors=(replace(op.sensors[0], deviation=0.0),)), "measures nothing"),
        (TwinState, lambda op: replace(op, dynamics=replace(op.dynamics, rates=(), lows=(), highs=())), "no state"),
    ],
)
def test_a_twin_that_makes_no_sense_is_refused(kind: type[Any], change: Callable[[Any], Any], said: str) -> None:
    assert any(said in fault for fault in broken(kind, change)), broken(kind, change)


def test_a_state_is_one_of_a_twin() -> None:
    plan = compile_program(PROGRAM)
    (state, *_) = nodes_of(plan, TwinState)
    value = next(node for node in nodes_of(plan, TwinValue) if node.inputs == (state.id,))
    wrong = replace(value, inputs=state.inputs[:1])
    nodes = tuple(wrong if node is value else node for node in plan.nodes)
    assert any("must be a TwinState" in fault for fault in faults(replace(plan, nodes=nodes)))
    wrong = replace(value, operator=TwinValue(3))
    nodes = tuple(wrong if node is value else node for node in plan.nodes)
    assert any("no state at 3" in fault for fault in faults(replace(plan, nodes=nodes)))


def test_a_window_has_room_for_what_all_messages_of_the_device_bring() -> None:
    """The states of a twin move on with each of them."""
    plan = compile_program(PROGRAM)
    (recent,) = nodes_of(plan, Recent)
    assert isinstance(recent.operator, Recent)
    assert recent.operator.samples >= 60 + 6
    inputs = [
        Message("A", "a", t * S, {"push": t % 3} | ({"temp": 4.0 + t % 7} if t % 10 == 0 else {})) for t in range(200)
    ]
    expected = on_reference(plan, inputs)
    assert expected.counters.dropped["thinned"] == 0
    for sizes in ((200,), (1,), (7, 30)):
        assert not differences(expected, on_engine(plan, inputs, sizes=sizes))
