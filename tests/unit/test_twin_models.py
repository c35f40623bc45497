"""Models of twins, integrated for many devices at once, come to where closed forms say that they come."""

import math

import numpy as np
import pytest

from headgate.compiler.document import dump, load
from headgate.runtime.testing.executors import compile_program
from headgate.runtime.twins.integrate import Method, Solver, integrate
from headgate.runtime.twins.model import Model
from headgate.runtime.twins.stiff import radau

S = 1_000_000_000
MINUTE = 60 * S

COOLING = """module cooling
device Fridge {
    telemetry temp: degC in -40..60 every 10 s
    telemetry power: W in 0..400 every 10 s
}
twin Fridge {
    parameter tau: min in 5..240 = 45 min
    parameter pull: K/min in 0..5 = 0.4 K/min
    input     ambient: degC = 22 degC
    dynamics { d(temp) = (ambient - temp) / tau - pull * (power / 150 W) }
}
"""

OTHERS = """module others
device Thing { telemetry push: float }
twin Thing {
    state place: m = 1 m
    state speed: m/s = 0 m/s
    state herd: ratio = 10 %
    state full: ratio in 0..1 = 50 %
    state fast: float = 1
    parameter swing: s = 0.5 s
    parameter growing: s in 1..600 = 20 s
    dynamics {
        d(place) = speed
        d(speed) = -place / (swing * swing)
        d(herd)  = herd * (1 - herd) / growing
        d(full)  = 1 percent / 1 s
        d(fast)  = (push - fast) * 200 / 1 s
    }
    output energy = speed * speed / 2 + place * place / (swing * swing) / 2
    output is_left = place < 0 m
}
"""


def cooling() -> Model:
    return Model(compile_program(COOLING).twins[0])


def parts(*names: str) -> Model:
    """The model of some of the other states alone."""
    kept = [line for line in OTHERS.splitlines() if not any(f"d({n})" in line for n in _STATES if n not in names)]
    kept = [line for line in kept if not any(f"state {n}:" in line for n in _STATES if n not in names)]
    if "place" not in names:
        kept = [line for line in kept if "output" not in line]
    return Model(compile_program("\n".join(kept)).twins[0])


_STATES = ("place", "speed", "herd", "full", "fast")


def cooled(temp: float, power: float, tau_min: float, minutes: float) -> float:
    """Where a fridge's temperature goes: towards its equilibrium, as the exponential of minus time by tau."""
    equilibrium = 22 - 0.4 * tau_min * power / 150
    return equilibrium + (temp - equilibrium) * float(np.exp(-minutes / tau_min))


@pytest.mark.parametrize(
    ("method", "error"), [(None, 1e-12), ("dormand_prince", 1e-7), ("runge_kutta", 1e-6), (radau, 1e-7)]
)
def test_a_fridge_cools_exponentially_by_every_method(method: Method | Solver | None, error: float) -> None:
    temps, powers, taus = np.array([4.0, 8.0, 22.0, -3.0]), np.array([0.0, 150.0, 300.0, 75.0]), np.full(4, 45.0)
    taus[3] = 6.0
    given = {"temp": temps, "power": powers, "tau": taus}
    ahead = integrate(cooling(), given, 30 * MINUTE, method=method)
    expected = [cooled(*row, 30) for row in zip(temps, powers, taus, strict=True)]
    assert ahead.values["temp"] == pytest.approx(expected, abs=error)
    assert ahead.method == ("radau" if method is radau else method or "exact")


def test_units_are_those_of_the_program() -> None:
    model = cooling()
    assert model.states == ("temp",)
    assert model.names == ("temp", "tau", "pull", "ambient", "power")
    rates = model.rates(np.array([[10.0]]), {"tau": 45.0, "pull": 0.4, "ambient": 22.0, "power": 300.0})
    assert rates[0, 0] == pytest.approx((12 / 45 - 0.4 * 2) / 60, rel=1e-14)  # K/s, of K/min and W/W


def test_what_is_not_given_is_what_the_program_says_and_telemetry_must_be() -> None:
    ahead = integrate(cooling(), {"temp": 4.0, "power": 0.0}, 30 * MINUTE)
    assert ahead.values["temp"] == pytest.approx([cooled(4, 0, 45, 30)], abs=1e-12)
    with pytest.raises(ValueError, match="power of Fridge must be given"):
        integrate(cooling(), {"temp": 4.0}, MINUTE)
    with pytest.raises(ValueError, match="has no temperature"):
        integrate(cooling(), {"temperature": 4.0, "power": 0.0}, MINUTE)
    with pytest.raises(ValueError, match="not back"):
        integrate(cooling(), {"temp": 4.0, "power": 0.0}, -MINUTE)


@pytest.mark.parametrize("method", [None, "dormand_prince", radau])
def test_a_spring_swings_and_keeps_its_energy(method: Method | Solver | None) -> None:
    model = parts("place", "speed")
    assert model.linear
    ahead = integrate(model, {"place": [1.0, 2.0], "swing": [0.5, 1 / 3]}, 10 * S, method=method)
    assert ahead.values["place"] == pytest.approx([np.cos(20), 2 * np.cos(30)], abs=1e-7 if method else 1e-11)
    assert ahead.values["energy"] == pytest.approx([2, 18], rel=1e-6 if method else 1e-11)
    assert list(ahead.values["is_left"]) == [0.0, 0.0]


def test_a_herd_grows_logistically() -> None:
    model = parts("herd")
    assert not model.linear
    begun = np.array([0.1, 0.5, 0.9, 0.0])
    ahead = integrate(model, {"herd": begun}, 2 * MINUTE)
    grown = np.exp(6.0)
    assert ahead.method == "dormand_prince"
    assert ahead.values["herd"] == pytest.approx(begun * grown / (1 - begun + begun * grown), abs=1e-8)
    with pytest.raises(ValueError, match="not linear"):
        integrate(model, {}, MINUTE, method="exact")


def test_a_state_stays_within_its_bounds() -> None:
    assert integrate(parts("full"), {}, 30 * S).values["full"] == pytest.approx([0.8], abs=1e-14)
    assert integrate(parts("full"), {}, MINUTE).values["full"].tolist() == [1.0]


def test_what_dies_out_fast_is_followed_in_few_steps_where_it_is_stiff() -> None:
    model = parts("fast", "herd")
    given = {"push": 3.0, "herd": 0.5}
    stiff = integrate(model, given, MINUTE, method=radau, tolerance=1e-6)
    stepped = integrate(model, given, MINUTE, tolerance=1e-6)
    for found in (stiff, stepped):
        assert found.values["fast"] == pytest.approx([3.0], abs=1e-4)
        assert found.values["herd"] == pytest.approx([np.exp(3) / (1 + np.exp(3))], abs=1e-4)
    assert 4 * stiff.steps < stepped.steps


def test_fixed_steps_are_of_fourth_order() -> None:
    def off(step_ns: int) -> float:
        found = integrate(parts("herd"), {}, 2 * MINUTE, method="runge_kutta", step_ns=step_ns)
        return abs(float(found.values["herd"][0]) - 0.1 * math.exp(6) / (0.9 + 0.1 * math.exp(6)))

    order = np.log2(off(4 * S) / off(2 * S))
    assert order == pytest.approx(4, abs=0.3)


def test_equations_that_end_in_no_number_are_absent_and_others_beside_them_are_not() -> None:
    model = Model(
        compile_program(
            """module m
device A { telemetry n: float }
twin A { state q: float = 1  dynamics { d(q) = q * q / 1 s + 0 * n / 1 s } }
"""
        ).twins[0]
    )
    ahead = integrate(model, {"q": [0.5, 2.0, 0.1], "n": [0.0, 0.0, np.nan]}, S)
    assert ahead.values["q"][0] == pytest.approx(1.0, abs=1e-8)  # 1 / (1/q - t)
    assert np.isnan(ahead.values["q"][1:]).all()


def test_many_rows_come_to_where_each_would_alone() -> None:
    rng = np.random.default_rng(5)
    temps, powers = rng.uniform(2, 8, 20_000), rng.uniform(0, 300, 20_000)
    together = integrate(cooling(), {"temp": temps, "power": powers}, 30 * MINUTE).values["temp"]
    for i in (0, 8191, 8192, 19_999):
        alone = integrate(cooling(), {"temp": temps[i], "power": powers[i]}, 30 * MINUTE).values["temp"]
        assert together[i] == pytest.approx(alone[0], abs=1e-13)


def test_a_plan_keeps_its_models() -> None:
    plan = compile_program(OTHERS)
    assert load(dump(plan)).twins == plan.twins
    assert [output.name for output in plan.twins[0].outputs] == ["energy", "is_left"]
