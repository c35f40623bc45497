"""Parameters of twins by least squares: what they are found to be, how sure that is, and when it cannot be told."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from headgate.compiler.compile import compile_text
from headgate.compiler.verify import faults
from headgate.dsl.source import SourceText
from headgate.runtime.engine import Engine
from headgate.runtime.output import Output
from headgate.runtime.testing.executors import Message, batches, compile_program, fed, on_engine
from headgate.tests.unit.test_twins import COOLING, DEVICE, at, told, values

SIGNALS = "signal found for A = tau signal sure for A = tau.sigma signal soon for A = predicted(temp, 30 min)"


def cooling(calibrate: str) -> str:
    return COOLING.replace("\n}", f"\n    {calibrate}\n}}")


def rooms(count: int, noise: float, tau: float = 50, seed: int = 1) -> Iterator[Message]:
    """A room whose cooling goes on and off each 40 min."""
    rng, temp = np.random.default_rng(seed), 5.0
    for i in range(count):
        power = 100.0 * (i // 40 % 2)
        yield at(i, temp=temp + noise * rng.standard_normal(), power=power)
        rest = 20 - tau * 0.2 * power / 100
        temp = rest + (temp - rest) * math.exp(-1 / tau)


RESISTANCE = """twin A {
    parameter k: float in 0..10 = 1
    dynamics { d(temp) = 0 K / 1 s }
    output seen = 3 + k * push
    calibrate k over 2 h every 1 h
}
signal found for A = k
signal sure for A = k.sigma
"""


def line(minutes: int, k: float, noise: float, seed: int = 2) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    return [(i % 7 - 2.0, 3 + k * (i % 7 - 2.0) + noise * rng.standard_normal()) for i in range(minutes)]


def test_of_a_straight_line_it_is_the_regression_of_the_textbooks() -> None:
    """k = Σ x y / Σ x², with the variance Σ (y - k x)² / (n - 1) / Σ x², of the last two hours."""
    said = line(200, 2.0, 0.1)
    found = told(RESISTANCE, [at(i, push=x, seen=y, temp=4.0) for i, (x, y) in enumerate(said)])
    assert values(found, "found")[0] == 1.0
    for hour in (1, 2, 3):
        x, y = np.array(said[max(hour - 2, 0) * 60 : hour * 60]).T
        k = (x * (y - 3)).sum() / (x * x).sum()
        deviation = math.sqrt(((y - 3 - k * x) ** 2).sum() / (len(x) - 1) / (x * x).sum())
        assert values(found, "found")[hour] == pytest.approx(k, rel=1e-9)
        assert values(found, "sure")[hour - 1] == pytest.approx(deviation, rel=1e-6)


def test_a_parameter_of_an_equation_is_found_whatever_it_began_with() -> None:
    found = told(cooling("calibrate tau over 2 h every 1 h") + SIGNALS, [*rooms(330, 0.0)])
    assert values(found, "found")[0] == 30.0
    # Each step of Gauss and Newton brings it nearer, once the slices before it are forgotten.
    assert values(found, "found")[-1] == pytest.approx(50, abs=1e-3)


def test_noise_leaves_the_doubt_that_is_said() -> None:
    found = told(cooling("calibrate tau over 3 h every 1 h") + SIGNALS, [*rooms(480, 0.05)])
    tau, sure = values(found, "found")[-1], values(found, "sure")[-1]
    assert isinstance(tau, float)
    assert isinstance(sure, float)
    assert 0.01 < sure < 0.3
    assert abs(tau - 50) < 4 * sure


def test_predictions_speak_of_what_was_found() -> None:
    found = told(cooling("calibrate tau over 2 h every 1 h") + SIGNALS, [*rooms(70, 0.0)])
    tau = values(found, "found")[1]
    assert isinstance(tau, float)
    last = list(rooms(70, 0.0))[-1].fields
    rest = 20 - tau * 0.2 * float(last["power"]) / 100  # type: ignore[arg-type]
    expected = rest + (float(last["temp"]) - rest) * math.exp(-30 / tau)  # type: ignore[arg-type]
    assert values(found, "soon")[-1] == pytest.approx(expected, rel=1e-9)


def test_two_parameters_are_found_together() -> None:
    text = """twin A {
    parameter tau: min in 5..240 = 30 min
    parameter pull: K/min in 0..5 = 0.1 K/min
    input     ambient: degC = 20 degC
    dynamics { d(temp) = (ambient - temp) / tau - pull * (power / 100 W) }
    calibrate tau, pull over 2 h every 1 h
}
signal found for A = tau
signal pulls for A = pull
"""
    found = told(text, [*rooms(400, 0.0)])
    assert values(found, "found")[-1] == pytest.approx(50, abs=0.01)
    assert values(found, "pulls")[-1] == pytest.approx(0.2, abs=1e-4)


def test_what_measurements_do_not_tell_apart_stays_and_is_not_sure() -> None:
    """Without power nothing is known of `pull`; and of their product nothing of either."""
    text = RESISTANCE.replace("3 + k * push", "3 + k * m * push").replace(
        "    dynamics", "    parameter m: float = 1\n    dynamics"
    )
    found = told(
        text.replace("calibrate k", "calibrate k, m"),
        [at(i, push=x, seen=y, temp=4.0) for i, (x, y) in enumerate(line(130, 2.0, 0.1))],
    )
    assert values(found, "found") == [1.0]
    assert "sure" not in found
    still = told(RESISTANCE, [at(i, push=0.0, seen=3.0, temp=4.0) for i in range(130)])
    assert values(still, "found") == [1.0]


def test_a_parameter_stays_within_its_limits() -> None:
    found = told(RESISTANCE, [at(i, push=x, seen=y, temp=4.0) for i, (x, y) in enumerate(line(70, 25.0, 0.0))])
    assert values(found, "found") == [1.0, 10.0]


def test_a_stretch_ends_where_something_is_absent_and_the_rest_counts() -> None:
    """The temperature is stale for half an hour: what was known before and after it is enough."""
    all_ = [*rooms(330, 0.0)]
    some = [one for i, one in enumerate(all_) if not 20 <= i % 60 < 45]
    found = told(cooling("calibrate tau over 2 h every 1 h") + SIGNALS, some)
    assert values(found, "found")[-1] == pytest.approx(50, abs=0.01)


def test_what_was_learnt_survives_a_restart() -> None:
    plan = compile_program(DEVICE + cooling("calibrate tau over 2 h every 1 h") + SIGNALS)
    assert list(faults(plan)) == []
    inputs = [*rooms(130, 0.05)]
    whole = on_engine(plan, inputs).outputs
    engine, outputs = Engine(plan), list[Output]()
    for batch in batches(inputs, (17,)):
        outputs += fed(engine, batch)
        state, engine = engine.checkpoint(), Engine(plan)
        engine.restore(state)
    assert [*outputs, *engine.end()] == whole


def test_a_parameter_on_which_nothing_measured_hangs_is_named() -> None:
    text = DEVICE + COOLING.replace(
        "    dynamics", "    parameter lost: float = 1\n    output y = lost\n    dynamics"
    ).replace("\n}", "\n    calibrate lost over 1 day every 1 h\n}")
    compiled = compile_text(SourceText("example.iot", text))
    assert not compiled.problems.any_errors
    assert any("`calibrate lost`, on which nothing hangs" in problem.title for problem in compiled.not_running)
