"""What-ifs of programs: the past again, with changes, against closed forms; what is reported, what cannot be run."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from headgate.compiler.compile import Compiled, compile_text
from headgate.compiler.what_ifs import lower_what_if, recording
from headgate.dsl import nodes as n
from headgate.dsl.source import SourceText
from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main
from headgate.runtime.testing.executors import Message, on_engine
from headgate.runtime.twins.history import History
from headgate.runtime.twins.integrate import spread
from headgate.runtime.twins.record import record
from headgate.runtime.twins.what_ifs import Outcome, run_what_if
from headgate.stdlib.function import Value

MINUTE = 60 * 10**9
FRIDGES = """module cold
device Fridge max 100 {
    property  site: text
    property  rank: int
    telemetry temp: degC every 1 min
    telemetry power: W every 1 min stale after 1 h
}
device Door { property site: text  telemetry open: bool every 1 min stale after 1 h }
source readings: json for Fridge { id = fridge  time = ts  keep site, rank, temp, power }
twin Fridge {
    parameter tau: min = 45 min
    input     ambient: degC = 22 degC
    dynamics { d(temp) = (ambient - temp) / tau - 0.3 K/min * (power / 150 W) }
}
"""
WORDS: dict[str, Value] = {"site": "oslo", "rank": 1}


def cooled(temp: float, power: float, minutes: float, tau: float = 45) -> float:
    rest = 22 - tau * 0.3 * power / 150
    return rest + (temp - rest) * math.exp(-minutes / tau)


def past() -> list[Message]:
    """Two fridges for half an hour; the compressor of the second one stops after ten minutes."""
    found = [
        Message("Fridge", "f1", 0, {**WORDS, "temp": 4.0, "power": 150.0}),
        Message("Fridge", "f2", 0, {"site": "oslo", "rank": 2, "temp": 5.0, "power": 150.0}),
        Message("Fridge", "f3", 0, {"site": "bergen", "rank": 2, "temp": 30.0, "power": 0.0}),
        Message("Door", "d1", 0, {"site": "oslo", "open": True}),
        Message("Fridge", "f2", 10 * MINUTE, {"power": 0.0}),
    ]
    return found


def compiled(said: str, program: str = FRIDGES) -> Compiled:
    found = compile_text(SourceText("cold.iot", f'{program}what_if "it" {{ {said} }}'))
    assert not found.problems.any_errors, [problem.title for problem in found.problems]
    return found


def outcome(
    said: str, program: str = FRIDGES, messages: Sequence[Message] = (), every_ns: int | None = None
) -> Outcome:
    typed = compiled(said, program).typed
    assert typed is not None
    (item,) = (item for item in typed.program.items if isinstance(item, n.WhatIf))
    plan, problems = lower_what_if(typed, item)
    assert plan is not None, list(problems)
    recorder, _ = recording(typed, plan)
    assert recorder is not None
    history = record([on_engine(recorder, messages or past()).outputs])
    return run_what_if(plan, history, 30 * MINUTE, every_ns)


def reported(
    said: str, program: str = FRIDGES, messages: Sequence[Message] = (), every_ns: int | None = None
) -> tuple[Mapping[str, float | None], Mapping[str, float | None]]:
    (report,) = outcome(f'from history of "oslo" last 30 min {said}', program, messages, every_ns).reports
    return report.statistics, report.unchanged


def test_what_is_changed_holds_throughout_and_what_was_stands_beside_it() -> None:
    changed, was = reported("set Fridge.power = 0 W report max of max(Fridge.temp)")
    assert changed == {"max": pytest.approx(cooled(5, 0, 30), abs=1e-9)}
    assert was == {"max": pytest.approx(cooled(cooled(5, 150, 10), 0, 20), abs=1e-9)}


def test_a_change_is_of_those_for_which_it_is_said_and_of_what_was_then() -> None:
    changed, was = reported("set Fridge.power = power * 2 where rank == 1 report min of min(Fridge.temp)")
    assert changed == {"min": pytest.approx(cooled(4, 300, 30), abs=1e-9)}
    assert was == {"min": pytest.approx(4.0)}
    said = "set Fridge.tau = 30 min set Fridge.temp = 6 degC report mean of max(Fridge.temp where rank == 2)"
    changed, _ = reported(said)
    assert changed == {"mean": pytest.approx(cooled(cooled(6, 150, 10, 30), 0, 20, 30), abs=1e-9)}


def test_a_run_begins_with_the_twin_as_it_was_then() -> None:
    messages = [*past(), Message("Fridge", "f2", 14 * MINUTE, {"temp": 9.0})]
    (report,) = outcome('from history of "f2" last 15 min report max of max(Fridge.temp)', messages=messages).reports
    assert report.statistics == {"max": pytest.approx(cooled(9, 0, 15), abs=1e-9)}


def test_an_aggregate_is_of_all_devices_at_all_moments() -> None:
    course = np.array([[cooled(4, 150, t * 0.03) for t in range(1001)]])
    said = "mean(Fridge.temp where rank == 1)"
    assert reported(f"report mean of {said}")[0] == {"mean": pytest.approx(course.mean(), abs=1e-9)}
    said = "stddev(Fridge.temp where rank == 1)"
    assert reported(f"report mean of {said}")[0] == {"mean": pytest.approx(course.std(), abs=1e-9)}
    said = "p25(Fridge.temp where rank == 1)"
    assert reported(f"report mean of {said}")[0]["mean"] == pytest.approx(np.sort(course)[0, 250], abs=1e-9)
    said = "share(Fridge.temp < 4.5 degC)"
    shares = np.concatenate([course < 4.5, [[cooled(5, 150, 1) < 4.5] * 1001]], axis=1)
    assert reported(f"report mean of {said}")[0]["mean"] == pytest.approx(shares.mean(), abs=0.002)


def test_what_has_no_twin_is_as_it_was_or_as_it_is_set() -> None:
    changed, was = reported("set Door.open = false report share of share(Door.open) > 50 %")
    assert (changed, was) == ({"share": 0.0}, {"share": 1.0})


def test_chance_is_by_seed_and_is_that_of_the_model() -> None:
    """An Ornstein-Uhlenbeck process: its variance is σ² τ / 2 (1 - exp(-2 t / τ))."""
    straying = FRIDGES.replace(
        "    dynamics", "    estimate temp with kalman { process 0.1 K  sensor 1 mK }\n    dynamics"
    )
    still = [Message("Fridge", "f1", 0, {**WORDS, "temp": 22.0, "power": 0.0})]
    said = "runs {} seed {} set Fridge.power = 0 W where temp > 100 degC report stddev of {}(Fridge.temp)"

    def runs(count: int, seed: int, of: str) -> tuple[Mapping[str, float | None], Mapping[str, float | None]]:
        return reported(said.format(count, seed, of), straying, still, MINUTE)

    one, same, other = (runs(20, seed, "mean") for seed in (7, 7, 8))
    assert one == same
    assert one[0] == one[1]
    assert one != other
    (spread_of_one, _), minutes = runs(1, 7, "stddev"), 45
    assert spread_of_one["stddev"] == 0.0
    # The deviation of the mean over 30 min of a process that begins at 0 and strays 0.1 K in a minute.
    end = np.linspace(0, 30, 31)
    covariance = (
        0.01 * minutes / 2 * (np.exp(-abs(end[:, None] - end) / minutes) - np.exp(-(end[:, None] + end) / minutes))
    )
    assert runs(400, 7, "mean")[0]["stddev"] == pytest.approx(math.sqrt(covariance.mean()), rel=0.12)


def test_runs_begin_as_surely_as_the_twin_is_known() -> None:
    doubtful = FRIDGES.replace("    dynamics", "    estimate temp with kalman { sensor 0.5 K }\n    dynamics")
    still = [Message("Fridge", "f1", 0, {**WORDS, "temp": 22.0, "power": 0.0})]
    changed, _ = reported("runs 400 seed 1 report stddev, mean of max(Fridge.temp - 22 K)", doubtful, still, MINUTE)
    # The most of a distance that dies out: its beginning where that is above, and next to nothing where it is below.
    low = 0.5 * math.exp(-30 / 45)
    spread_of_most = math.sqrt((0.25 + low * low) / 2 - ((0.5 - low) / math.sqrt(2 * math.pi)) ** 2)
    assert changed["stddev"] == pytest.approx(spread_of_most, rel=0.12)


@pytest.mark.parametrize(("rate", "seconds"), [(0.0, 5.0), (-0.2, 7.0), (0.3, 4.0), (-50.0, 3.0)])
def test_what_states_gain_by_chance_is_the_closed_form(rate: float, seconds: float) -> None:
    exact = 0.25 * (seconds if rate == 0 else math.expm1(2 * rate * seconds) / (2 * rate))
    assert spread(np.full((1, 1, 1), rate), np.array([0.25]), seconds)[0, 0, 0] == pytest.approx(exact, rel=1e-12)


def test_a_place_strays_by_its_speed() -> None:
    """Of d(x) = v, d(v) = noise: the variances are q t³ / 3 and q t, their covariance q t² / 2."""
    found = spread(np.array([[[0.0, 1.0], [0.0, 0.0]]]), np.array([0.0, 0.5]), 3.0)[0]
    assert found == pytest.approx(0.5 * np.array([[9.0, 4.5], [4.5, 3.0]]), rel=1e-12)


def test_states_stay_where_it_is_not_known_what_moves_them_and_are_absent() -> None:
    unknown = FRIDGES.replace("stale after 1 h", "stale after 10 min")
    messages = [Message("Fridge", "f1", 0, {**WORDS, "temp": 4.0, "power": 150.0}), *past()[3:4]]
    messages.append(Message("Fridge", "f1", 20 * MINUTE, {"power": 0.0}))
    changed, _ = reported("report max of max(Fridge.temp)", program=unknown, messages=messages)
    # Its power is known for the first ten minutes and the last ten.
    assert changed == {"max": pytest.approx(cooled(cooled(4, 150, 10), 0, 10), abs=1e-6)}


def test_history_must_have_the_devices() -> None:
    with pytest.raises(ValueError, match="no Fridge that is `paris`"):
        outcome('from history of "paris" last 30 min report max of max(Fridge.temp)')


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("report max of max(Fridge.temp over 5 min)", "a window in a what-if"),
        ("report max of sum(Fridge.power)", "`sum` in what a what-if reports"),
        ("report max of count(Fridge)", "`count` in what a what-if reports"),
        ("report max of max(Fridge.heat)", "what is no aggregate of devices"),
        ("report max of max(Fridge.soon)", "what is not made of fields"),
        ("set Fridge.glow = 1 W report max of max(Fridge.temp)", "a change of what the twin itself says"),
    ],
)
def test_what_cannot_be_run_is_named(said: str, named: str) -> None:
    more = "signal heat for Fridge = mean(temp over 5 min)\nsignal soon for Fridge = predicted(temp, 5 min)\n"
    program = FRIDGES.replace("    dynamics", "    output glow = power / 2\n    dynamics") + more
    typed = compiled(f'from history of "oslo" last 30 min {said}', program).typed
    assert typed is not None
    (item,) = (item for item in typed.program.items if isinstance(item, n.WhatIf))
    plan, problems = lower_what_if(typed, item)
    assert plan is None
    assert any(named in problem.title for problem in problems), [problem.title for problem in problems]


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    said = 'from history of "oslo" last 30 min set Fridge.power = 0 W report max, p50 of max(Fridge.temp)'
    said += " report share of max(Fridge.temp) > 100 degC"
    (tmp_path / "cold.iot").write_text(f'{FRIDGES}what_if "no power" {{ {said} }}')
    (tmp_path / "none.iot").write_text(FRIDGES)
    (tmp_path / "wrong.iot").write_text(FRIDGES.replace("W every", "bar every"))
    summed = 'from history of "oslo" last 30 min report max of sum(Fridge.power)'
    (tmp_path / "sum.iot").write_text(f'{FRIDGES}what_if "sum" {{ {summed} }}')
    rows = [
        {"fridge": "f1", "ts": "2026-03-01T08:00:00Z", **WORDS, "temp": 4, "power": 150},
        {"fridge": "f1", "ts": "2026-03-01T08:30:00Z", "power": 150},
    ]
    (tmp_path / "past.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "empty.jsonl").write_text("")
    return tmp_path


def test_the_command_tells_what_would_be_beside_what_was(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "cold.iot", "--input", "past.jsonl"]) == Exit.OK
    changed, was = (f"{cooled(4, power, 30):.6g} degC" for power in (0, 150))
    assert capsys.readouterr().out.splitlines() == [
        'what if "no power"',
        "  2026-03-01T08:00:00Z to 2026-03-01T08:30:00Z: 1 Fridge, 1 run",
        "  max(Fridge.temp)",
        f"    max     {changed:<14} as it was {was}",
        f"    p50     {changed:<14} as it was {was}",
        "  max(Fridge.temp) > 100 degC",
        "    share   0              as it was 0",
    ]


def test_the_stretch_ends_where_it_is_said(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["simulate", "cold.iot", "--input", "past.jsonl", "--json", "--until", "2026-03-01T08:20:00Z"]
    assert main(given) == Exit.OK
    (found,) = json.loads(capsys.readouterr().out)["what_ifs"]
    assert (found["begin"], found["end"]) == ("2026-03-01T07:50:00Z", "2026-03-01T08:20:00Z")
    assert found["reports"][0]["unit"] == "degC"


@pytest.mark.parametrize(
    ("given", "ending", "said"),
    [
        (["none.iot", "--input", "past.jsonl"], Exit.USAGE, "has no what-if"),
        (["cold.iot", "--input", "past.jsonl", "-k", "doors"], Exit.USAGE, "no what-if has a title"),
        (["cold.iot", "--input", "past.jsonl", "--until", "soon"], Exit.USAGE, "is not a time"),
        (["wrong.iot", "--input", "past.jsonl"], Exit.PROGRAM, "has errors"),
        (["sum.iot", "--input", "past.jsonl"], Exit.PROGRAM, "HG0801"),
        (["cold.iot", "--input", "empty.jsonl"], Exit.INPUT_OUTPUT, "is empty"),
        (["cold.iot", "--input", "lost.jsonl"], Exit.INPUT_OUTPUT, "lost.jsonl"),
    ],
)
def test_what_stands_in_the_way_is_told(
    given: list[str], ending: Exit, said: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *given]) == ending
    assert said in capsys.readouterr().err


def test_a_history_without_the_devices_is_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "cold.iot").write_text((files / "cold.iot").read_text().replace('"oslo"', '"paris"'))
    assert main(["simulate", "cold.iot", "--input", "past.jsonl"]) == Exit.INPUT_OUTPUT
    assert "paris" in capsys.readouterr().err


def test_history_keeps_words() -> None:
    history = History()
    history.record("A", "a", {"site": "oslo"}, 0, 0)
    assert history.words("A", ["a", "b"], "site", 0).tolist() == ["oslo", None]
