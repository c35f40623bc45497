"""Outputs come in one order, whether they are few or many, and however they are asked for."""

import pytest

from headgate.runtime import gathering
from headgate.runtime.testing.executors import EXECUTORS, Message, S, compile_program

PROGRAM = """
module order
device D { property site: text  telemetry x: float }
rule a for D { when x > 3 do { alert "a {x}"  alert "b {x}" } }
rule b for D { when x > 3 for 2 s do { alert "c {x}" } }
signal s for D = mean(x over 10 s every 5 s)
signal g by site = max(D.x)
"""


def test_few_outputs_are_in_the_order_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = compile_program(PROGRAM)
    inputs = [
        Message("D", f"d{i % 12}", (i // 3) * S, {"site": f"s{i % 2}", "x": float(i * 7 % 9)}) for i in range(200)
    ]
    outputs = []
    for few in (0, 10_000):
        monkeypatch.setattr(gathering, "FEW", few)
        outputs.append(EXECUTORS["engine"](plan, inputs).outputs)
    assert len(outputs[0]) > 100
    assert outputs[0] == outputs[1]
