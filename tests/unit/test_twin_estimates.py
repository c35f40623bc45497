"""What twins find out and how sure they are of it: filters against one another, deviations against closed forms."""

import math

import numpy as np
import pytest

from headgate.compiler.compile import compile_text
from headgate.compiler.explain import explain_program
from headgate.dsl.source import SourceText
from headgate.runtime.engine import Engine
from headgate.runtime.output import Output
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Message, S, batches, compile_program, fed, on_engine, on_reference
from headgate.runtime.twins.chance import normals, seeds, uniforms
from headgate.stdlib.function import Value
from headgate.tests.unit.test_twins import COOLING, DEVICE, MINUTE, at, told, values

TAU = 30.0


def cooling(estimate: str) -> str:
    return COOLING.replace("\n}", f"\n    output smooth = temp\n    {estimate}\n}}")


def measured(count: int = 40, noise: float = 0.3) -> list[Message]:
    """A room that warms to 20 degC, seen through noise."""
    rng = np.random.default_rng(5)
    warming = 20 - 14 * np.exp(-np.arange(count) / TAU)
    return [at(i, temp=z, power=0.0) for i, z in enumerate(warming + noise * rng.standard_normal(count))]


SIGNALS = """
signal calm  for A = smooth
signal doubt for A = temp.sigma
signal soon  for A = stddev(predicted(temp, 30 min))
"""
PLACES = """twin A {
    state place: float in -10..10 = 0
    state speed: float = 0
    dynamics { d(place) = speed / 1 s  d(speed) = 0 / 1 s }
    output seen = place
    estimate place, speed with FILTER { process place 0.1  process speed 0.2  sensor seen 0.5 }
}
signal fast for A = speed
signal sure for A = speed.sigma
signal off  for A = stddev(predicted(place, 3 s))
"""


def places() -> list[Message]:
    return [at(0, door=True), *(at(i / 60, seen=0.5 * i + 0.1 * (-1) ** i) for i in range(1, 12))]


# --- Deviations ------------------------------------------------------------------------------------------------------


def test_a_deviation_is_that_of_the_filter() -> None:
    """Of a constant, without process noise, it falls with the root of the number of measurements."""
    text = """twin A {
    state volts: float in 0..100 = 50
    dynamics { d(volts) = 0 / 1 s }
    output seen = volts
    estimate volts with kalman { sensor seen 0.1 }
}
signal doubt for A = volts.sigma
"""
    found = values(told(text, [at(0, door=True), *(at(i, seen=0.4) for i in range(1, 9))]), "doubt")
    prior, weight = 100**2 / 12, 0.01
    assert found == pytest.approx([math.sqrt(1 / (1 / prior + i / weight)) for i in range(9)], rel=1e-7)


def test_a_deviation_grows_as_a_process_does_that_forgets() -> None:
    """Ornstein and Uhlenbeck: the variance goes to σ² τ / 2 as exp(-2 t / τ)."""
    text = cooling("estimate temp with kalman { process 0.05 K  sensor 0.3 K }") + SIGNALS
    found = told(text, [at(0, temp=5.0, power=0.0), at(7, power=0.0), at(29, power=0.0)])
    rest = 0.05**2 * TAU / 2

    def after(minutes: float) -> float:
        return math.sqrt(rest + (0.3**2 - rest) * math.exp(-2 * minutes / TAU))

    assert values(found, "doubt")[0] == pytest.approx(0.3)
    assert values(found, "doubt")[1] == pytest.approx(after(7), rel=1e-12)
    assert values(found, "soon") == [pytest.approx(after(t + 30), rel=1e-12) for t in (0, 7)] + [None] * (
        len(values(found, "soon")) - 2
    )


def test_what_comes_in_between_and_is_not_measured_makes_no_difference() -> None:
    text = cooling("estimate temp with kalman { process 0.05 K  sensor 0.3 K }") + SIGNALS
    few = [at(0, temp=5.0, power=0.0), at(8, temp=6.0)]
    many = [*few[:1], *(at(t, door=True) for t in range(1, 8)), *few[1:]]
    for name in ("calm", "doubt", "soon"):
        first, second = (values(told(text, inputs), name)[-1] for inputs in (few, many))
        assert first == pytest.approx(second, rel=1e-12)


def test_quantiles_of_a_prediction_are_those_of_a_normal_distribution() -> None:
    asked = ["p5", "p50", "median", "mean", "p95", "stddev"]
    signals = "\n".join(f"signal {name}_of for A = {name}(predicted(2 * (temp - 0 degC), 30 min))" for name in asked)
    text = cooling("estimate temp with kalman { process 0.05 K  sensor 0.3 K }") + signals
    found = told(text, [at(0, temp=5.0, power=0.0)])
    rest = 0.05**2 * TAU / 2
    mean, deviation = 2 * (20 - 15 * math.exp(-1)), 2 * math.sqrt(rest + (0.09 - rest) * math.exp(-2))
    expected = [mean - 1.6448536269514722 * deviation, mean, mean, mean, mean + 1.6448536269514722 * deviation]
    assert [values(found, f"{name}_of")[0] for name in asked] == pytest.approx([*expected, deviation], rel=1e-10)


def test_a_place_is_in_doubt_by_its_speed() -> None:
    found = told(PLACES.replace("FILTER", "kalman"), places()[:1])
    place, speed, t = 20**2 / 12, 0.2**2, 3.0  # They begin with what the bounds leave, and with the process noise.
    variance = place + t * t * speed + 0.1**2 * t + 0.2**2 * t**3 / 3
    assert values(found, "off") == [pytest.approx(math.sqrt(variance), rel=1e-12)]
    assert values(found, "sure") == [pytest.approx(0.2)]


def test_what_is_not_estimated_is_in_no_doubt() -> None:
    text = (
        COOLING + "signal off for A = stddev(predicted(temp, 30 min)) signal none for A = stddev(predicted(power, 1 h))"
    )
    found = told(text, [at(0, temp=5.0, power=0.0)])
    assert values(found, "off") == [0.0]
    assert values(found, "none") == [0.0]


def test_outputs_are_in_doubt_as_what_they_are_made_of() -> None:
    text = """twin A {
    state q: float in 0..12 = 4
    dynamics { d(q) = 0 / 1 s }
    output seen = q * 3
    output other = 1 - 2 * q
    estimate q with kalman { sensor seen 0.5 }
}
signal off for A = stddev(other)
signal high for A = p95(q)
"""
    found = told(text, [at(0, door=True)])
    assert values(found, "off") == [pytest.approx(2 * math.sqrt(12), rel=1e-12)]
    assert values(found, "high") == [pytest.approx(4 + 1.6448536269514722 * math.sqrt(12), rel=1e-12)]


def test_of_bent_equations_the_deviation_follows_the_slopes_along_the_way() -> None:
    """d(x) = -x² / 8 s: x(t) = x / (1 + x t / 8), whose slope by x is 1 / (1 + x t / 8)²."""
    text = """twin A {
    state q: float in 0..10 = 4
    dynamics { d(q) = -q * q / 8 s }
    output seen = q
    estimate q with ekf { sensor seen 0.01 }
}
signal off for A = stddev(predicted(q, 2 s))
"""
    found = values(told(text, [at(0, door=True), at(1 / 60, seen=3.0), at(1 / 60, seen=3.0)]), "off")
    assert found[0] == pytest.approx(10 / math.sqrt(12) / (1 + 4 * 2 / 8) ** 2, rel=0.02)


def test_a_deviation_is_absent_with_what_it_is_of() -> None:
    text = cooling("estimate temp with kalman { process 0.05 K  sensor 0.3 K }") + SIGNALS
    found = told(text, [at(0, power=0.0), at(1, temp=5.0), at(12, door=True)])
    assert values(found, "doubt") == [pytest.approx(0.3), None]


# --- Filters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["calm", "doubt", "soon"])
def test_of_linear_equations_the_unscented_filter_is_kalmans(name: str) -> None:
    noise = "{ process 0.05 K  sensor 0.3 K }"
    kalman, unscented = (
        values(told(cooling(f"estimate temp with {method} {noise}") + SIGNALS, measured()), name)
        for method in ("kalman", "ukf")
    )
    assert unscented == pytest.approx(kalman, rel=1e-11)


@pytest.mark.parametrize("name", ["fast", "sure", "off"])
def test_so_it_is_of_several_states(name: str) -> None:
    kalman, unscented = (values(told(PLACES.replace("FILTER", m), places()), name) for m in ("kalman", "ukf"))
    assert unscented == pytest.approx(kalman, rel=1e-9)


def test_the_unscented_filter_knows_what_a_square_measures() -> None:
    """Of a normally distributed q, q² is on average m² + P, with the variance 4 m² P + 2 P²: the filter's points give
    just that, and the covariance of q and q², 2 m P."""
    text = """twin A {
    state q: float in 0..12 = 4
    dynamics { d(q) = 0 / 1 s }
    output seen = q * q
    estimate q with ukf { sensor seen 0.5 }
}
signal found for A = q
signal doubt for A = q.sigma
"""
    found = told(text, [at(0, door=True), at(1, seen=25.0)])
    m, variance = 4.0, 12.0
    gain = 2 * m * variance / (4 * m * m * variance + 2 * variance**2 + 0.25)
    assert values(found, "found")[1] == pytest.approx(m + gain * (25 - m * m - variance), rel=1e-12)
    assert values(found, "doubt")[1] == pytest.approx(math.sqrt(variance - gain * 2 * m * variance), rel=1e-12)


def test_of_linear_equations_particles_are_kalmans_filter_within_chance() -> None:
    noise = "{ process 0.1 K  sensor 0.3 K }"
    kalman, particles = (
        told(cooling(f"estimate temp with {method} {noise}") + SIGNALS, measured())
        for method in ("kalman", "particles")
    )
    for name, rel in (("doubt", 0.35), ("soon", 0.3)):
        assert values(particles, name)[5:] == pytest.approx(values(kalman, name)[5:], rel=rel)
    off = [
        (p - k) / doubt  # type: ignore[operator]
        for p, k, doubt in zip(values(particles, "calm"), values(kalman, "calm"), values(kalman, "doubt"), strict=True)
    ]
    assert np.sqrt(np.mean(np.square(off))) < 0.25
    assert max(abs(x) for x in off) < 0.8


def test_particles_find_one_of_two_sides() -> None:
    """What is measured is the square of a state; it begins on the positive side, and no straight filter sees both."""
    text = """twin A {
    state q: float in -8..8 = 0
    dynamics { d(q) = 0 / 1 s }
    output seen = q * q
    estimate q with particles { process q 0.05  sensor seen 3 }
}
signal doubt for A = q.sigma
"""
    found = told(text, [at(0, door=True), *(at(i / 60, seen=9.0) for i in range(1, 4))])
    assert values(found, "doubt")[1] == pytest.approx(3, rel=0.15)  # half of them at 3, half at -3


def test_what_is_estimated_together_is_so_by_the_most_general_filter_of_its_parts() -> None:
    text = """twin A {
    state q: float in 0..8 = 1
    state r: float in 0..8 = 1
    dynamics { d(q) = 0 / 1 s  d(r) = (q - r) / 4 s }
    output seen = q
    output push = r
    estimate q with kalman { sensor seen 0.5 }
    estimate r with ukf { sensor push 0.5 }
}
signal found for A = r
"""
    compiled = compile_text(SourceText("example.iot", DEVICE + text))
    assert compiled.plan is not None
    assert compiled.typed is not None
    assert "an unscented Kalman filter" in explain_program(compiled.plan, compiled.typed)


# --- Chance ----------------------------------------------------------------------------------------------------------


def test_chance_is_of_the_device_and_its_instant_alone() -> None:
    text = DEVICE + cooling("estimate temp with particles { process 0.1 K  sensor 0.3 K }") + SIGNALS
    plan = compile_program(text)
    mine = measured(12)
    others = [Message("A", f"b{i % 3}", int(one.time) + S, one.fields) for i, one in enumerate(measured(12))]

    def said(messages: list[Message]) -> list[tuple[int, Value]]:
        outputs = on_engine(plan, sorted(messages, key=lambda one: one.time)).outputs
        return [(o.time, o.value) for o in outputs if o.key == ("a",)]  # type: ignore[union-attr]

    assert said([*mine, *others]) == said(mine)
    expected = on_reference(plan, [*mine, *others])
    assert not differences(expected, on_engine(plan, [*mine, *others], sizes=(5, 2)))


def test_normal_numbers_are_normal_and_differ_by_device_and_instant() -> None:
    some = normals(seeds(["a", "b", "a"]), np.array([0, 0, 1]), 20_000)
    assert abs(some.mean(axis=1)).max() < 0.03
    assert some.std(axis=1) == pytest.approx([1, 1, 1], rel=0.02)
    assert abs(np.corrcoef(some) - np.eye(3)).max() < 0.03
    even = uniforms(seeds(["a"]), np.array([7]), 0, 20_000)
    assert (even >= 0).all()
    assert (even < 1).all()
    assert np.histogram(even, 10, (0, 1))[0] == pytest.approx([2000] * 10, rel=0.1)
    assert uniforms(seeds(["a"]), np.array([7]), 100, 5)[0].tolist() == even[0, 100:105].tolist()


def test_particles_go_on_after_a_restart_as_they_were() -> None:
    text = DEVICE + cooling("estimate temp with particles { process 0.1 K  sensor 0.3 K }") + SIGNALS
    plan, inputs = compile_program(text), measured(12)
    whole = on_engine(plan, inputs).outputs
    engine, outputs = Engine(plan), list[Output]()
    for batch in batches(inputs, (4,)):
        outputs += fed(engine, batch)
        state, engine = engine.checkpoint(), Engine(plan)
        engine.restore(state)
    assert [o for o in outputs if o.time < 11 * MINUTE] == [o for o in whole if o.time < 11 * MINUTE]
