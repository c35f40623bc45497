"""Twins in running programs: what is foreseen, how long until something, states of their own, estimates, absence."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from headgate.compiler.compile import compile_text
from headgate.dsl.source import SourceText
from headgate.runtime.output import Signalled
from headgate.runtime.testing.differences import differences
from headgate.runtime.testing.executors import Input, Mark, Message, S, compile_program, on_engine, on_reference
from headgate.stdlib.function import Value

MINUTE = 60 * S
DEVICE = """module example
device A {
    property  site: text
    property  set: degC
    telemetry temp: degC every 1 min stale after 10 min
    telemetry power: W every 1 min stale after 30 min
    telemetry seen: float
    telemetry push: float
    telemetry door: bool
}
"""
COOLING = """twin A {
    parameter tau: min = 30 min
    input     ambient: degC = 20 degC
    dynamics { d(temp) = (ambient - temp) / tau - 0.2 K/min * (power / 100 W) }
}
"""


def told(text: str, inputs: Sequence[Input]) -> dict[str, list[tuple[float, Value]]]:
    """What signals of device `a` told, by name: (minutes, value); the engine's and the reference's are the same."""
    plan = compile_program(DEVICE + text)
    expected = on_reference(plan, inputs)
    for sizes in ((len(inputs),), (1,), (2,)):
        assert not differences(expected, on_engine(plan, inputs, sizes=sizes))
    found: dict[str, list[tuple[float, Value]]] = {}
    for output in expected.outputs:
        if isinstance(output, Signalled) and output.key[:1] == ("a",):
            found.setdefault(output.name, []).append((output.time / MINUTE, output.value))
    return found


def at(minutes: float, **fields: Value) -> Message:
    return Message("A", "a", int(minutes * MINUTE), fields)


def times(found: Mapping[str, list[tuple[float, Value]]], name: str) -> list[float]:
    return [minutes for minutes, _ in found[name]]


def values(found: Mapping[str, list[tuple[float, Value]]], name: str) -> list[Value]:
    return [value for _, value in found[name]]


# --- What will be ----------------------------------------------------------------------------------------------------


def test_a_prediction_is_the_closed_form_and_worked_out_anew_with_each_input() -> None:
    found = told(
        COOLING + "signal soon for A = predicted(temp, 15 min)",
        [at(0, temp=5.0), at(1, power=100.0), at(2, temp=8.0), at(3, door=True), at(4, power=0.0)],
    )
    half = math.exp(-0.5)
    assert times(found, "soon") == [1, 2, 4]
    expected = [14 + (5 - 14) * half, 14 + (8 - 14) * half, 20 + (8 - 20) * half]
    assert values(found, "soon") == pytest.approx(expected, abs=1e-12)


def test_a_prediction_is_absent_while_something_it_needs_is_stale() -> None:
    found = told(
        COOLING + "signal soon for A = predicted(temp, 15 min)",
        [at(0, temp=5.0, power=0.0), Mark("A", "a", 11 * MINUTE), at(12, temp=5.0)],
    )
    assert [(time, value is None) for time, value in found["soon"]] == [(0, False), (10, True), (12, False)]


def test_states_that_move_together_are_foreseen_together_or_not_at_all() -> None:
    text = """twin A {
    state q: float = 1
    dynamics { d(q) = ((temp else 0 degC) - 0 degC) / 1 K / 1 s  d(temp) = 0 K / 1 s }
}
signal later for A = predicted(q, 2 s)
signal until for A = time_until(q > 3.5, within: 4 s)
"""
    found = told(text, [at(0, door=True), at(1, temp=5.0)])
    assert times(found, "later") == [1]
    assert times(found, "until") == [1]


def test_what_the_model_does_not_move_goes_on_as_it_is() -> None:
    text = "signal off for A = predicted(temp - set, 15 min) signal other for A = predicted(power, 15 min)"
    found = told(COOLING + text, [at(0, temp=5.0, power=0.0, set=2.0)])
    assert values(found, "off") == [pytest.approx(18 - 15 * math.exp(-0.5), abs=1e-12)]
    assert values(found, "other") == [0.0]


def test_a_signal_that_names_a_state_is_foreseen_like_the_state() -> None:
    text = "signal double for A = 2 * (temp - 0 degC) signal soon for A = predicted(double, 15 min)"
    found = told(COOLING + text, [at(0, temp=5.0, power=0.0)])
    assert values(found, "soon") == [pytest.approx(2 * (20 - 15 * math.exp(-0.5)), abs=1e-11)]


def test_two_states_that_move_each_other_swing() -> None:
    text = """twin A {
    state place: float = 1
    state speed: float = 0
    dynamics { d(place) = speed / 1 s + 0 * push / 1 s  d(speed) = -4 * place / 1 s }
}
signal later for A = predicted(place, 10 s)
signal now for A = place
"""
    found = told(text, [at(0, push=1.0), at(1 / 60, push=2.0), at(2 / 60, door=True)])
    assert values(found, "now") == [pytest.approx(math.cos(2 * t), abs=1e-12) for t in (0, 1, 2)]
    assert values(found, "later") == [pytest.approx(math.cos(2 * t), abs=1e-11) for t in (10, 11, 12)]


def test_bent_equations_are_followed_to_nine_digits() -> None:
    text = """twin A {
    state herd: float = 0.1
    dynamics { d(herd) = push * herd * (1 - herd) / 1 s }
}
signal later for A = predicted(herd, 5 s)
signal now for A = herd
"""
    found = told(text, [at(0, push=1.0), at(1 / 60, push=0.0), at(2 / 60, push=0.0)])
    grown = [0.1 * math.exp(t) / (0.9 + 0.1 * math.exp(t)) for t in (0, 1, 5)]
    assert values(found, "later") == [pytest.approx(grown[2], abs=1e-8), pytest.approx(grown[1], abs=1e-8)]
    assert values(found, "now") == [0.1, pytest.approx(grown[1], abs=1e-8)]


def test_what_runs_away_is_absent() -> None:
    text = """twin A {
    state q: float = 1
    dynamics { d(q) = push * q * q / 1 s }
}
signal later for A = predicted(q, 2 s)
"""
    found = told(text, [at(0, push=0.25), at(0.001, push=1.0)])
    assert values(found, "later") == [pytest.approx(2.0, abs=1e-7), None]


def test_a_property_of_the_version_that_a_device_lacks_predicts_nothing() -> None:
    text = """module example
device A { property firmware: version  telemetry temp: degC since firmware 2.1 }
twin A { dynamics { d(temp) = 1 K/min } }
signal soon for A = predicted(temp, 1 min)
"""
    plan = compile_program(text)
    inputs = [
        Message("A", name, 0, {"firmware": version, "temp": 4.0}) for name, version in (("a", "2.0"), ("b", "2.2"))
    ]
    expected = on_reference(plan, inputs)
    assert [o.value for o in expected.outputs if isinstance(o, Signalled)] == [5.0]
    assert not differences(expected, on_engine(plan, inputs))


# --- How long until --------------------------------------------------------------------------------------------------


def test_the_time_until_is_found_to_the_moment_and_is_the_limit_if_it_is_not_within() -> None:
    text = COOLING + "signal left for A = time_until(temp > 8 degC, within: 2 h)"
    found = told(text, [at(0, temp=5.0, power=0.0), at(1, temp=9.0), at(2, temp=5.0), at(3, power=100.0)])
    exact = 30 * 60 * math.log(15 / 12)
    colder = 30 * 60 * math.log(9 / 6)
    assert times(found, "left") == [0, 1, 2, 3]
    assert values(found, "left") == pytest.approx([exact, 0.0, exact, colder], abs=1e-6)
    assert values(told(text, [at(0, temp=5.0, power=1000.0)]), "left") == [7200.0]


def test_a_condition_that_is_unknown_now_says_nothing() -> None:
    text = COOLING + "signal left for A = time_until(temp > set, within: 2 h)"
    found = told(text, [at(0, temp=5.0, power=0.0), at(1, set=8.0)])
    assert times(found, "left") == [1]
    assert values(found, "left") == [pytest.approx(30 * 60 * math.log(15 / 12), abs=1e-6)]


def test_a_condition_must_last_and_the_time_for_which_it_has_counts() -> None:
    text = COOLING + "signal left for A = time_until(temp > 8 degC for 5 min, within: 2 h)"
    inputs = [at(0, temp=5.0, power=0.0), at(1, temp=9.0), at(4, power=0.0), at(7, temp=9.0), at(8, temp=5.0)]
    found = told(text, inputs)
    exact = 30 * 60 * math.log(15 / 12) + 300
    assert times(found, "left") == [0, 1, 4, 7, 8]
    assert values(found, "left") == pytest.approx([exact, 300, 120, 0, exact], abs=1e-6)


SWING = """twin A {
    state place: float = 0
    state speed: float = 1
    dynamics { d(place) = speed / 1 s + 0 * push / 1 s  d(speed) = -place / 1 s }
}
"""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("place > 0.5 for 1 s", math.pi / 6 + 1),  # over it for 2/3 π s
        ("place > 0.5 for 3 s", 20.0),  # never so long
        ("place < 0.6 for 3 s", math.pi - math.asin(0.6) + 3),  # true now, and broken
        ("place < 0.6 for 600 ms", 0.6),  # true now, and long enough before that
        ("push > 0 for 5 s", 5.0),  # nothing that moves
        ("push > 0 for 1 min", 20.0),
    ],
)
def test_what_must_last_is_looked_for_to_its_first_whole_time(condition: str, expected: float) -> None:
    found = told(SWING + f"signal left for A = time_until({condition}, within: 20 s)", [at(0, push=1.0)])
    assert values(found, "left") == [pytest.approx(expected, abs=1e-6)]


@pytest.mark.parametrize(
    "condition", ["temp > 8 degC", "8 degC <= temp", "2 * (temp - set) > 6 K", "-1 * (temp - 0 degC) < -8 K"]
)
def test_of_a_linear_equation_the_crossing_is_its_closed_form(condition: str) -> None:
    """The engine does not look for it, but works it out; the reference looks for it, and finds the same."""
    text = COOLING + f"signal left for A = time_until({condition}, within: 10 h)"
    found = told(text, [at(0, temp=5.0, power=0.0, set=5.0), at(1, power=500.0)])
    exact = 30 * 60 * math.log(15 / 12)
    assert values(found, "left") == [pytest.approx(exact, abs=1e-9), 36000.0]


# --- States of the twin ----------------------------------------------------------------------------------------------

BATTERY = """twin A {
    state     charge: ratio in 0..1 = 50 %
    parameter full: J = 100 J
    dynamics { d(charge) = power / full }
    output level = charge * 2
}
signal now for A = charge
signal doubled for A = level
"""


def test_a_state_moves_with_what_was_held_and_stays_within_its_bounds() -> None:
    found = told(BATTERY, [at(0, power=10.0), at(1 / 60, power=-20.0), at(3 / 60, door=True), at(9 / 60, power=0.0)])
    assert values(found, "now") == [0.5, pytest.approx(0.6), pytest.approx(0.2), 0.0]
    assert values(found, "doubled") == [1.0, pytest.approx(1.2), pytest.approx(0.4), 0.0]


def test_a_state_is_absent_while_it_is_not_known_what_moves_it_and_goes_on_where_it_was() -> None:
    silence = Mark("A", "a", 40 * MINUTE)
    found = told(BATTERY, [at(0, power=0.01), silence, at(41, power=0.01), at(42, power=0.01)])
    assert times(found, "now") == [0, 30, 41, 42]
    assert values(found, "now") == [0.5, None, pytest.approx(0.68), pytest.approx(0.686)]


def test_parameters_and_inputs_are_values() -> None:
    text = COOLING + "signal gap for A = temp - ambient signal slow for A = push * tau"
    found = told(text, [at(0, temp=5.0, push=2.0)])
    assert values(found, "gap") == [-15.0]
    assert values(found, "slow") == [60.0]


def test_a_group_asks_its_members_twins() -> None:
    text = DEVICE + BATTERY + "signal least by site = min(A.now)"
    plan = compile_program(text)
    inputs = [
        Message("A", name, t * S, {"site": "s", "power": power})
        for t, name, power in (
            (0, "a", 10.0),
            (0, "b", -10.0),
            (2, "a", 10.0),
            (2, "b", 0.0),
            (3, "a", 0.0),
            (3, "b", 0.0),
        )
    ]
    expected = on_reference(plan, inputs)
    least = [o.value for o in expected.outputs if isinstance(o, Signalled) and o.name == "least"]
    assert least[-1] == pytest.approx(0.3)
    assert not differences(expected, on_engine(plan, inputs, sizes=(2,)))


# --- Estimates -------------------------------------------------------------------------------------------------------


def textbook(
    measured: Sequence[float], x: float, variance: float, transition: float, drift: float, process: float, sensor: float
) -> list[float]:
    """A Kalman filter of one number as the textbooks write it (Welch and Bishop 2006, equations 1.9 to 1.13)."""
    found = [x]
    for z in measured:
        x, variance = transition * x + drift, transition * variance * transition + process
        gain = variance / (variance + sensor)
        x, variance = x + gain * (z - x), (1 - gain) * variance
        found.append(x)
    return found


def test_a_kalman_filter_is_that_of_the_textbooks() -> None:
    rng = np.random.default_rng(3)
    measured = (6 + 0.3 * rng.standard_normal(50)).tolist()
    text = COOLING.replace(
        "\n}", "\n    output smooth = temp\n    estimate temp with kalman { process 0.05 K  sensor 0.3 K }\n}"
    )
    found = told(text + "signal calm for A = smooth", [at(i, temp=z, power=0.0) for i, z in enumerate(measured)])
    still = math.exp(-1 / 30)
    strays = 0.0025 * 30 / 2 * (1 - still**2)  # of an Ornstein-Uhlenbeck process, in a minute
    expected = textbook(measured[1:], measured[0], 0.09, still, 20 * (1 - still), strays, 0.09)
    assert values(found, "calm") == pytest.approx(expected, abs=1e-10)


def test_a_constant_is_estimated_as_its_mean() -> None:
    """Without process noise a filter of a constant weighs all measurements alike: Welch and Bishop's voltmeter."""
    text = """twin A {
    state volts: float in 0..100 = 50
    dynamics { d(volts) = 0 / 1 s }
    output seen = volts
    estimate volts with kalman { sensor seen 0.1 }
}
signal found for A = volts
"""
    measured = [0.39, 0.50, 0.48, 0.29, 0.25, 0.32, 0.34, 0.48, 0.41, 0.45]
    found = told(text, [at(0, door=True), *(at(i + 1, seen=z) for i, z in enumerate(measured))])
    variance, weight = 100**2 / 12, 0.01
    for count, value in enumerate(values(found, "found")[1:], start=1):
        mean = sum(measured[:count]) / count
        share = count * variance / (count * variance + weight)
        assert value == pytest.approx(share * mean + (1 - share) * 50, abs=1e-9)


def in_matrices(measured: Sequence[float]) -> list[float]:
    """Speeds by a filter of place and speed of which the place is measured each second, in NumPy's matrices.

    They begin with the doubt that the place's bounds leave, and with the speed's process noise, as it has no bounds.
    """
    x, p = np.array([0.0, 0.0]), np.diag([20.0**2 / 12, 0.2**2])
    f, h = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])
    q = np.array([[0.1**2 + 0.2**2 / 3, 0.2**2 / 2], [0.2**2 / 2, 0.2**2]])  # the place strays by its speed, too
    found = [0.0]
    for z in measured:
        x, p = f @ x, f @ p @ f.T + q
        gain = p @ h.T / (h @ p @ h.T + 0.5**2)
        x, p = x + gain[:, 0] * (z - x[0]), p - gain @ h @ p
        found.append(float(x[1]))
    return found


def test_a_speed_is_estimated_from_places() -> None:
    text = """twin A {
    state place: float in -10..10 = 0
    state speed: float = 0
    dynamics { d(place) = speed / 1 s  d(speed) = 0 / 1 s }
    output seen = place
    estimate place, speed with kalman { process place 0.1  process speed 0.2  sensor seen 0.5 }
}
signal fast for A = speed
"""
    measured = [0.5 * i + 0.1 * (-1) ** i for i in range(1, 12)]
    found = told(text, [at(0, door=True), *(at(i / 60, seen=z) for i, z in enumerate(measured, start=1))])
    assert values(found, "fast") == pytest.approx(in_matrices(measured), abs=1e-9)


def test_an_extended_filter_finds_a_state_behind_a_bent_measurement() -> None:
    text = """twin A {
    state q: float in 0..10 = 4
    dynamics { d(q) = 0 / 1 s }
    output seen = q * q
    estimate q with ekf { process 0.01  sensor seen 0.5 }
}
signal found for A = q
"""
    found = told(text, [at(0, door=True), *(at(i / 60, seen=9 + 0.2 * (-1) ** i) for i in range(1, 40))])
    assert values(found, "found")[-1] == pytest.approx(3, abs=0.05)


def test_predictions_begin_with_the_estimate_and_the_telemetry_stays_what_is_told() -> None:
    text = COOLING.replace("\n}", "\n    estimate temp with kalman { sensor 0.3 K }\n}")
    signals = "signal soon for A = predicted(temp, 30 min) signal raw for A = temp"
    found = told(text + signals, [at(0, temp=20.0, power=0.0), at(1, temp=21.0)])
    assert values(found, "raw") == [20.0, 21.0]
    still = math.exp(-1 / 30)
    gain = 0.09 * still**2 / (0.09 * still**2 + 0.09)
    assert values(found, "soon")[-1] == pytest.approx(20 + gain * math.exp(-1), abs=1e-12)


# --- What does not run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("twin", "signal", "named"),
    [
        ("", "max(predicted(temp, 1 min))", "`max` of a prediction"),
        ("", "time_until((temp > 8 degC for 1 min) or door, within: 1 h)", "`for` in what is predicted"),
    ],
)
def test_what_does_not_run_is_named(twin: str, signal: str, named: str) -> None:
    text = DEVICE + COOLING.replace("\n}", f"\n    {twin}\n}}") + f"signal it for A = {signal}"
    compiled = compile_text(SourceText("example.iot", text))
    assert not compiled.problems.any_errors, list(compiled.problems)
    assert any(named in problem.title for problem in compiled.not_running.found)


def test_explain_says_how_equations_are_solved() -> None:
    from headgate.compiler.explain import explain_program

    compiled = compile_text(SourceText("example.iot", DEVICE + COOLING + "signal s for A = predicted(temp, 15 min)"))
    assert compiled.plan is not None
    assert compiled.typed is not None
    assert "what the twin foresees 15 min ahead, solved exactly" in explain_program(compiled.plan, compiled.typed)
