"""What was far off once: one glitch does not spoil the statistics that come after it."""

import pytest

from headgate.runtime.output import Signalled
from headgate.runtime.testing.executors import EXECUTORS, Mark, Message, S, compile_program

PROGRAM = """
module far
device D { property site: text  telemetry x: float }
signal s for D = {function}(x over 60 s every 60 s)
signal g by site = {function}(D.x)
"""
EXPECTED = {"mean": 0.25, "sum": 0.5, "stddev": 0.25, "variance": 0.0625, "range": 0.5}


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("function", EXPECTED)
def test_a_glitch_is_gone_with_its_window(executor: str, function: str) -> None:
    values = [(0, 1e17), (120, 0.0), (121, 0.5), (240, 0.0)]
    inputs = [Message("D", "a", t * S, {"site": "p", "x": x}) for t, x in values]
    run = EXECUTORS[executor](compile_program(PROGRAM.replace("{function}", function)), inputs)
    windows = {o.time // S: o.value for o in run.outputs if isinstance(o, Signalled) and o.name == "s"}
    assert windows[180] == pytest.approx(EXPECTED[function], rel=1e-12)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("function", EXPECTED)
def test_a_glitch_is_gone_from_the_group_with_the_members_next_value(executor: str, function: str) -> None:
    inputs = [Message("D", "a", 1 * S, {"site": "p", "x": 1e17}), Message("D", "b", 2 * S, {"site": "p", "x": 0.5})]
    inputs += [Message("D", "a", 3 * S, {"site": "p", "x": 0.0})]
    marks = [Mark("D", "a", 4 * S), Mark("D", "b", 4 * S)]
    run = EXECUTORS[executor](compile_program(PROGRAM.replace("{function}", function)), [*inputs, *marks])
    held = [o.value for o in run.outputs if isinstance(o, Signalled) and o.name == "g"]
    assert held[-1] == pytest.approx(EXPECTED[function], rel=1e-12)
