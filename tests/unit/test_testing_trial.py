"""Rules tried out from Python: virtual devices, times and values as people write them, and what came of them."""

import re
from pathlib import Path

import pytest

from headgate.runtime.testing import trial as trial_module
from headgate.runtime.testing.exact import S
from headgate.runtime.testing.executors import Run
from headgate.runtime.testing.trial import Duration, Given, Trial, ns, ramp

PROGRAM = """module fridges
device Fridge {
    property  site: text
    property  born: time
    telemetry temp: degC in -40..60 every 10 s stale after 1 min
    telemetry door: bool
    telemetry count: int
    telemetry at: Point
    command siren(on: bool) {}
}
signal mean_temp for Fridge = mean(temp over 1 min every 1 min)
signal warmest by site = max(Fridge.temp)
rule too_warm for Fridge {
    when temp > 8 degC for 2 min  until temp < 7 degC  latched  severity critical
    do       { send siren(on: true)  alert "{id} is at {temp}"  emit warm(temp: temp) }
    on clear { send siren(on: false) }
}
rule silent for Fridge { when no temp for 1 min  do { alert "silent" } }
"""


@pytest.fixture
def run() -> Trial:
    return Trial.of(PROGRAM)


def test_a_rule_is_tried_out(run: Trial) -> None:
    f1 = run.device("Fridge", "f1", site="oslo", temp=4, door=False, at=(59.9, 10.7), count=3)
    f1.at("10 s", temp="48.2 degF").during("5 min", "8 min", every="5 s", temp=ramp("9 degC", 5))
    run.acknowledge("too_warm", "f1", "7 min")
    run.until("10 min")
    assert run.raised("too_warm", "f1") == ["2 min 10 s"]
    assert run.cleared("too_warm") == ["7 min"]
    assert not run.raised("silent")
    assert [(said.name, said.key, said.time, said.arguments) for said in run.sends] == [
        ("siren", ("f1",), "2 min 10 s", {"on": True}),
        ("siren", ("f1",), "7 min", {"on": False}),
    ]
    (alert,) = run.alerts
    assert (alert.rule, alert.message, alert.severity) == ("too_warm", "f1 is at 9 degC", "critical")
    assert [(said.name, said.arguments) for said in run.emits] == [("warm", {"temp": 9.0})]
    assert run.counters.read == run.counters.processed == len(run.counters.quarantined) + run.counters.processed


def test_signals_can_be_asked_at_any_time(run: Trial) -> None:
    run.device("Fridge", "f1", site="oslo", temp=4).at(60, temp=10)
    run.until(120)
    assert run.signal("mean_temp", "f1") == 10
    assert run.signal("mean_temp", "f1", at="1 min") == 4
    assert run.signal("mean_temp", "f1", at="59 s") is None
    assert run.signal("warmest", ("oslo",), at="1 min") == 10


def test_a_trial_goes_on(run: Trial) -> None:
    f1 = run.device("Fridge", "f1", temp=9)
    assert not run.until("1 min").raised("too_warm")
    f1.silent("2 min 30 s", "3 min 50 s").clock_ahead("1 s", "4 min")
    assert run.until("5 min").raised("too_warm", "f1") == ["2 min"]
    assert run.raised("silent") == ["3 min 20 s"]


def test_a_trial_is_of_a_file_beside_the_test(tmp_path: Path) -> None:
    (tmp_path / "fridges.iot").write_text(PROGRAM, encoding="utf-8")
    assert Trial.of("fridges.iot", tmp_path).until(0).outputs == []
    assert Trial.of(str(tmp_path / "fridges.iot")).until(0).outputs == []


@pytest.mark.parametrize(
    "time, expected",
    [("2 min 10 s", 130 * S), ("250 ms", S // 4), (1.5, 3 * S // 2), (0, 0), ("1 h", 3600 * S), ("1.5 min", 90 * S)],
)
def test_times_are_texts_or_seconds(time: Duration, expected: int) -> None:
    assert ns(time) == expected


@pytest.mark.parametrize("time", ["2 kg", "soon", "", "3", "2 min 3 kg", "5 quux"])
def test_what_is_no_time_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        ns(time)


@pytest.mark.parametrize(
    "values, problem",
    [
        ({"tmp": 4}, "`Fridge` has no field `tmp`: did you mean `temp`"),
        ({"temp": "4 kg"}, "`4 kg` does not fit `temp`, which is in `degC`"),
        ({"temp": "warm"}, "`warm` is not a number for `temp`, which has `degC`"),
        ({"count": "4 kg"}, "`4 kg` is not a number for `count`, which has no unit"),
        ({"temp": True}, "`True` does not fit `temp`"),
        ({"door": 1}, "`1` does not fit `door`, which is a bool"),
        ({"site": 3}, "`3` does not fit `site`, which is a text"),
        ({"at": "here"}, "`here` does not fit `at`, which is a point"),
        ({"temp": ramp(1, 2)}, "a ramp of `temp` goes between two numbers, during a span of time"),
    ],
)
def test_what_does_not_fit_a_field_is_refused(run: Trial, values: dict[str, Given], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        run.device("Fridge", "f1", **values)


@pytest.mark.parametrize(
    "values, stored",
    [
        ({"temp": "4"}, {"temp": 4.0}),
        ({"temp": "277.15 K"}, {"temp": 4.0}),
        ({"temp": None}, {"temp": None}),
        ({"count": "50"}, {"count": 50.0}),
        ({"born": "2026-01-01T00:00:00Z"}, {"born": 1_767_225_600 * S}),
    ],
)
def test_values_are_stored_as_the_field_has_them(run: Trial, values: dict[str, Given], stored: object) -> None:
    device = run.device("Fridge", "f1", **values)
    assert dict(device.device.lines[0].values) == stored


def test_what_does_not_exist_is_refused_with_a_suggestion(run: Trial) -> None:
    with pytest.raises(ValueError, match="no device type `Frige`: did you mean `Fridge`"):
        run.device("Frige", "f1")
    with pytest.raises(ValueError, match="no rule `to_warm`: did you mean `too_warm`"):
        run.raised("to_warm")
    with pytest.raises(ValueError, match=r"no rule `x`$"):
        run.acknowledge("x", "f1", 0)
    with pytest.raises(ValueError, match="no signal `mean_tmp`: did you mean `mean_temp`"):
        run.signal("mean_tmp", "f1")


@pytest.mark.parametrize(
    "name, key, problem",
    [
        ("too_warm", "f2", "there is no Fridge `f2`"),
        ("too_warm", "far", "there is no Fridge `far`"),
        ("too_warm", ("f1", "oslo"), "`too_warm` is of a Fridge: say of which one, by its id alone"),
        ("full", "oslp", "there is no device whose `site` is `oslp`: did you mean `oslo`?"),
        ("full", ("oslo", "f1"), "`full` is by `site`: a group of it has as many values"),
        ("anywhere", "f1", "`anywhere` is neither of a device nor of a group: leave out `f1`"),
    ],
)
def test_what_was_never_made_cannot_be_asked_about(name: str, key: str | tuple[str, ...], problem: str) -> None:
    groups = """rule full by site { when count(Fridge) > 3  do { alert "full" } }
rule anywhere { when count(Fridge) > 3  do { alert "full" } }
"""
    run = Trial.of(PROGRAM + groups)
    run.device("Fridge", "f1", site="oslo", temp=4)
    run.until("1 min")
    for ask in (run.raised, run.cleared):
        with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
            ask(name, key)
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        run.acknowledge(name, key, "2 min")
    assert run.raised("full", "oslo") == run.raised("anywhere", ()) == run.raised("anywhere") == []


def test_a_signal_of_what_was_never_made_cannot_be_asked_about(run: Trial) -> None:
    run.device("Fridge", "f1", site="oslo", temp=4)
    with pytest.raises(ValueError, match="no Fridge `f2`"):
        run.until("1 min").signal("mean_temp", "f2")
    with pytest.raises(ValueError, match="no device whose `site` is `rome`"):
        run.signal("warmest", "rome")


def test_an_id_belongs_to_one_device(run: Trial) -> None:
    run = Trial.of(PROGRAM + "device Gate { telemetry open: bool }\n")
    run.device("Fridge", "f1", temp=4)
    with pytest.raises(ValueError, match="`f1` is a Fridge already"):
        run.device("Gate", "f1", open=True)


def test_what_is_past_cannot_be_changed(run: Trial) -> None:
    f1 = run.device("Fridge", "f1", temp=4)
    run.until("5 min")
    past = "10 s is past: the trial ran until 5 min already"
    for change in (
        lambda: f1.at("10 s", temp=9),
        lambda: f1.during("10 s", "6 min", temp=9),
        lambda: f1.silent("10 s"),
        lambda: f1.clock_ahead("1 s", "10 s"),
        lambda: run.acknowledge("too_warm", "f1", "10 s"),
        lambda: run.until("10 s"),
    ):
        with pytest.raises(ValueError, match=past):
            change()
    f1.at("5 min", temp=9)
    assert run.until("8 min").raised("too_warm", "f1") == ["7 min"]


def test_a_trial_that_would_take_too_long_is_refused(run: Trial) -> None:
    run.device("Fridge", "f1", temp=4)
    with pytest.raises(ValueError, match=r"until 400 day there are about 4,608,002 .* 2,000,000 is the most"):
        run.until("400 day")


def test_a_program_with_errors_is_refused() -> None:
    with pytest.raises(ValueError, match="no device type is called `Nothing`"):
        Trial.of('module wrong\nrule r for Nothing { when true do { alert "x" } }')


def test_a_difference_between_engine_and_reference_is_told(run: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    run.device("Fridge", "f1", temp=9)
    monkeypatch.setattr(trial_module, "on_reference", lambda plan, inputs: Run([], run.counters))
    with pytest.raises(AssertionError, match="engine and reference differ"):
        run.until("5 min")
