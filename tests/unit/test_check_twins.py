"""Twins: their variables, dynamics, outputs, estimates and calibration; and their names in rules and signals."""

import pytest

from headgate.compiler.resolve import walk
from headgate.compiler.typed import FieldRef, TwinRef
from headgate.dsl import nodes as n
from headgate.tests.unit.checking import checked, codes

DEVICE = """
device Battery {
    property  site: text
    telemetry voltage: V in 40..60 every 1 s
    telemetry current: A in -400..400 every 1 s
    telemetry heat: degC in -20..80 every 10 s
    telemetry closed: bool
    event     fault(code: int)
}
let room = 20 degC
signal hot for Battery = heat > 40 degC
"""
VARIABLES = """
    state     charge: ratio in 0..1 = 50 %
    parameter capacity: Ah in 100..1000 = 400 Ah
    parameter resistance: mohm in 1..100 = 12 mohm
    parameter tau: min in 5..240 = 45 min
    input     ambient: degC = 22 degC
"""
DYNAMICS = """
    dynamics { d(charge) = current / capacity  d(heat) = (ambient - heat) / tau }
    output voltage = 48 V + 6 V * (charge - 50 %) + current * resistance
"""


def of_twin(rest: str, variables: str = VARIABLES, dynamics: str = DYNAMICS) -> list[str]:
    return codes(f"{DEVICE}twin Battery {{ {variables} {dynamics} {rest} }}")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "estimate charge with kalman { process 0.1 %  sensor voltage 50 mV }",
        "estimate charge, heat with ekf { process charge 0.1 %  process heat 0.05 K  sensor heat 0.5 K }",
        "estimate heat with kalman { process 0.05 degC  sensor heat 0.5 degF }",
        "estimate charge with particles { process 0.001 ratio  sensor voltage 50 mV }",
        "calibrate resistance, tau over 7 day every 1 day",
        "output power = voltage * current  output loss = power / 100",
        "input door: bool = false  output gain = door ? 1 K : 2 K",
    ],
)
def test_models_that_fit_together_are_accepted(rest: str) -> None:
    assert of_twin(rest) == []


@pytest.mark.parametrize(
    ("derivative", "expected"),
    [
        ("d(heat) = (room - heat) / tau", []),
        ("d(heat) = (room - heat) / 45 min - 0.1 K/min", []),
        ("d(heat) = current * current * resistance / 9 kJ/K", []),
        ("d(heat) = closed ? 1 K/s : 0 K/s", []),
        ("d(heat) = (hot ? room - heat : 0 K) / tau", ["HG1008"]),
        ("d(heat) = 1 degC/s", []),
        ("d(heat) = 0.001 degF/s", []),
        ("d(heat) = room - heat", ["HG1202"]),
        ("d(heat) = 1", ["HG1202"]),
        ("d(heat) = heat", ["HG1202"]),
        ("d(heat) = closed", ["HG1202"]),
        ("d(heat) = heat / tau", ["HG0405"]),
        ("d(closed) = 1 Hz", ["HG1201"]),
        ("d(capacity) = 1 A", ["HG1201"]),
        ("d(ambient) = 1 K/s", ["HG1201"]),
        ("d(site) = 1 K/s", ["HG1201"]),
        ("d(haet) = 1 K/s", ["HG1201"]),
        ("d(heat) = 1 K/s  d(heat) = 2 K/s", ["HG0204"]),
        ("d(heat) = (roon - heat) / tau", ["HG0201"]),
        ("d(heat) = mean(heat over 1 min every 1 min) / tau", ["HG1008"]),
        ("d(heat) = (room - heat) / tau + (fault ? 1 K/s : 0 K/s)", ["HG0509"]),
    ],
)
def test_a_derivative_is_in_the_unit_of_what_changes_per_time(derivative: str, expected: list[str]) -> None:
    charging = "dynamics { d(charge) = current / capacity }"
    assert of_twin(f"dynamics {{ {derivative} }}", dynamics=charging) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ("parameter heat: degC = 3 degC", ["HG0205"]),
        ("parameter fault: degC = 3 degC", ["HG0204"]),
        ("parameter hot: degC = 3 degC", ["HG0204"]),
        ("parameter room: degC = 3 degC", ["HG0204"]),
        ("parameter time: s = 3 s", ["HG0218"]),
        ("parameter tau: min = 3 min  parameter tau: min = 3 min", ["HG0204"]),
        ("parameter tau: min = 3 degC", ["HG0301"]),
        ("parameter tau: min = 3", ["HG0402"]),
        ("parameter tau: min in 5..240 = 3 min", ["HG0309"]),
        ("parameter tau: mins = 3 min", ["HG0214"]),
        ('parameter name: text = "a"', ["HG0301"]),
        ("state x: ratio = 50 %", ["HG1204"]),
    ],
)
def test_variables_have_names_types_and_values_of_their_own(variables: str, expected: list[str]) -> None:
    assert of_twin("", variables, "") == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("output voltage = 48 A", ["HG0204"]),
        ("output heat = 20 degC", ["HG0204"]),
        ("output site = 48 V", ["HG0205"]),
        ("output tau = 48 V", ["HG0204"]),
        ("output a = b  output b = a", ["HG1203"]),
        ("output a = b  output b = c  output c = a * 2  output e = a", ["HG1203"]),
        ("estimate charge with klaman { process 0.1 %  sensor voltage 50 mV }", ["HG1206"]),
        ("estimate tau with ekf { process 1 min  sensor voltage 50 mV }", ["HG1205"]),
        ("estimate chrage with ekf { sensor voltage 50 mV }", ["HG1205"]),
        ("estimate charge with ekf { process 0.1 % }", ["HG1210"]),
        ("estimate charge with ekf { process 1 V  sensor voltage 50 mV }", ["HG0301"]),
        ("estimate charge with ekf { process 0.1 %  sensor voltage 0 mV }", ["HG0317"]),
        ("estimate charge with ekf { process 0.1 %  sensor current 1 A }", ["HG1208"]),
        ("estimate charge with ekf { process heat 1 K  sensor voltage 1 V }", ["HG1208"]),
        ("estimate charge, heat with ekf { process 0.1 %  sensor voltage 1 V }", ["HG1209"]),
        ("estimate charge with ekf { sensor voltage 1 V  sensor voltage 2 V }", ["HG0204"]),
        (
            "estimate charge with ekf { sensor voltage 1 V }  estimate charge with ekf { sensor voltage 1 V }",
            ["HG0204"],
        ),
        ("calibrate charge over 7 day every 1 day", ["HG1211"]),
        ("calibrate voltage over 7 day every 1 day", ["HG1211"]),
        ("calibrate taw over 7 day every 1 day", ["HG1211"]),
        ("calibrate tau over 7 V every 0 s", ["HG0408", "HG0606"]),
        ("calibrate tau over 7 day every 1 day  calibrate tau over 2 day every 1 day", ["HG0204"]),
    ],
)
def test_what_a_model_finds_out_must_be_there_to_be_found(rest: str, expected: list[str]) -> None:
    assert of_twin(rest) == expected


def test_an_output_of_telemetry_has_its_type() -> None:
    assert of_twin("output voltage = 48 A", dynamics="dynamics { d(charge) = current / capacity }") == ["HG0301"]


@pytest.mark.parametrize(
    ("derivative", "linear"),
    [
        ("(room - heat) / tau", True),
        ("(room - heat) / tau - 2 * (heat - ambient) / 3 h", True),
        ("-(heat - room) / tau * (current / 1 A)", True),
        ("(room - heat) * (heat - ambient) / 1 K / tau", False),
        ("1 K / ((heat - room) / 1 K * tau)", False),
        ("abs(heat - room) / tau", False),
        ("heat > room ? 0 K/s : 1 K/s", False),
    ],
)
def test_a_kalman_filter_takes_linear_dynamics_only(derivative: str, linear: bool) -> None:
    twin = "dynamics {{ d(heat) = {} }} estimate heat with {} {{ process 0.1 K  sensor 0.1 K }}"
    variables = "parameter tau: min = 45 min  input ambient: degC = 22 degC"
    assert of_twin(twin.format(derivative, "kalman"), variables, "") == ([] if linear else ["HG1207"])
    assert of_twin(twin.format(derivative, "ukf"), variables, "") == []


def test_a_device_type_has_one_twin() -> None:
    assert codes(f"{DEVICE}twin Battery {{ }}\ntwin Battery {{ }}") == ["HG0204"]
    assert codes(f"{DEVICE}twin Batery {{ }}") == ["HG0202"]


def test_the_names_of_a_twin_are_names_of_its_device_type() -> None:
    text = f"""{DEVICE}twin Battery {{ {VARIABLES} {DYNAMICS}
        output power = voltage * current
        estimate charge with kalman {{ process 0.1 %  sensor voltage 50 mV }}
        calibrate resistance over 7 day every 1 day
    }}
    signal low for Battery = charge < 20 % and power > 3 kW
    signal least by site = min(Battery.charge)
    rule aging for Battery {{ when resistance > 30 mohm  do {{ alert "{{resistance}} ± {{resistance.sigma}}" }} }}
    """
    typed = checked(text)
    named = {node.name: typed.facts[node] for node in walk(typed.program) if isinstance(node, n.Name | n.Member)}
    assert named["charge"].reference == TwinRef("Battery", "charge")
    assert named["power"].reference == TwinRef("Battery", "power")
    assert named["voltage"].reference == FieldRef("Battery", "voltage")
    assert named["sigma"].type.unit == named["resistance"].type.unit
    info = typed.twins["Battery"]
    assert [*map(sorted, (info.dynamic, info.outputs))] == [["charge", "heat"], ["power", "voltage"]]
    assert [*info.estimated, *info.calibrated] == ["charge", "resistance"]
    assert sorted(info.variables) == ["ambient", "capacity", "charge", "power", "resistance", "tau"]


def test_only_what_is_found_out_has_a_deviation() -> None:
    rule = '\nrule r for Battery {{ when tau > 1 h  do {{ alert "{{{}.sigma}}" }} }}'
    twin = f"{DEVICE}twin Battery {{ {VARIABLES} {DYNAMICS} calibrate tau over 7 day every 1 day }}"
    assert codes(twin + rule.format("tau")) == []
    assert codes(twin + rule.format("capacity")) == ["HG0216"]
    assert codes(twin + rule.format("current")) == ["HG0216"]
