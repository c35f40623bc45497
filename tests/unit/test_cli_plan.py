"""`plan`, `profile` and `graph --placed`: what they print, what they write, and how they fail.

Regenerate the golden files with `HEADGATE_GOLDEN=write pytest tests/unit/test_cli_plan.py`, and read the difference.
"""

import json
import os
from pathlib import Path

import pytest

from headgate.runtime.cli.exits import Exit
from headgate.runtime.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden" / "placement"
CASES = {
    "cold_chain.txt": ["plan", "cold_chain.iot", "--explain", "--devices", "Fridge=1000", "--targets", "gateway=20"],
    "pump_station.txt": ["plan", "pump_station.iot", "--explain"],
    "microgrid.txt": ["plan", "microgrid.iot", "--explain"],
    "tight.txt": ["plan", "tight.iot", "--explain"],
    "reports.txt": ["plan", "tight.iot", "--reports", "--targets", "gateway=100"],
    "tight.dot": ["graph", "tight.iot", "--placed", "--format", "dot"],
}

PROGRAM = """module small
device Fridge max 50 {
    property  site: text
    telemetry temp: degC in -40..60 every 10 s
    command   siren(on: bool) { idempotent  ack within 2 s }
}
source readings: json for Fridge { id = fridge  time = ts in ms  keep temp, site }
signal warm by site = count(Fridge where temp > 8 degC) / count(Fridge)
rule too_warm for Fridge { when temp > 8 degC  until temp < 7 degC  do { alert "{id} is at {temp}" } }
"""
TARGETS = "target gateway: edge by site { uplink 64 kbit/s  offline 24 h }\ntarget hq: cloud\n"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program and a stream of two fridges, at one site, every 10 s for 100 s."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.iot").write_text(PROGRAM + TARGETS)
    messages = [
        {"fridge": f"f{fridge}", "ts": 1_700_000_000_000 + 10_000 * i, "temp": 9.0 if i == 5 else 4.0, "site": "oslo"}
        for i in range(11)
        for fridge in range(2)
    ]
    (tmp_path / "messages.jsonl").write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_placement_is_the_golden_file(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN)
    assert main(CASES[name]) == Exit.OK
    out = capsys.readouterr().out
    golden = GOLDEN / name
    if os.environ.get("HEADGATE_GOLDEN") == "write":
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


def test_measured_rates_are_read_back_and_take_the_place_of_assumed_ones(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "small.iot", "--input", "messages.jsonl", "-o", "rates.json"]) == Exit.OK
    rates = json.loads((small / "rates.json").read_text())
    assert rates["events"] == 22
    assert rates["seconds"] == 100
    assert rates["devices"] == {"Fridge": 2}
    assert rates["targets"] == {"gateway": 1}
    assert {node["is"]: node["updates_per_s"] for node in rates["nodes"].values()}["`temp` of each Fridge"] == 0.11
    assert main(["plan", "small.iot", "--json", "--explain", "--rates", "rates.json"]) == Exit.OK
    placed = json.loads(capsys.readouterr().out)
    assert placed["devices"] == {"Fridge": 2}
    assert placed["instances"] == {"gateway": 1, "hq": 1}
    assert {one["how"] for one in placed["carried"]} == {"measured"}
    raised_and_cleared = next(one for one in placed["carried"] if one["words"].endswith("raised and cleared"))
    assert raised_and_cleared["hz"] == pytest.approx(4 / 100)


def test_a_compiled_plan_is_placed_as_its_program_is(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "small.iot", "-o", "small.json"]) == Exit.OK
    assert main(["plan", "small.iot", "--json"]) == Exit.OK
    of_program = capsys.readouterr().out
    assert main(["plan", "small.json", "--json"]) == Exit.OK
    assert capsys.readouterr().out == of_program
    assert main(["plan", "small.json", "--explain"]) == Exit.OK
    assert "rule `too_warm`" in capsys.readouterr().out


def test_a_program_without_targets_runs_in_one_place(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "small.iot").write_text(PROGRAM)
    assert main(["plan", "small.iot", "--explain"]) == Exit.OK
    assert capsys.readouterr().out.startswith("small: it declares no target, so all of it runs in one place")


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (
            "target gateway: edge by site { memory 1 B }\ntarget hq: cloud",
            ["`gateway` has 1 B of memory", "are needed"],
        ),
        ("target a: edge by site\ntarget b: edge", ["`a` and `b` are both of the tier `edge`"]),
        (
            'target a: edge by site\nrule hot { when mean(Fridge.temp) > 8 degC  do { alert "" } }',
            ["can stand nowhere", "none of the targets, as its groups may span several of those below"],
        ),
        (
            "target a: edge by site\ntarget b: cloud\nsignal u = mean(Fridge.temp)\nsignal odd for Fridge = temp > u",
            ["can stand nowhere", "at `b` or above: it needs", "its groups may span several", "at `a` or below"],
        ),
        (
            "target a: edge by site\ntarget b: cloud\ndevice D { telemetry t: degC private }\nsignal y = max(D.t)",
            ["can stand nowhere", "its data is private"],
        ),
        (
            "device D { telemetry t: degC private }\nsignal y for D = t + 1 K\ntarget c: cloud",
            ["is private, and `c`, where the devices attach, is not at the edge"],
        ),
    ],
)
def test_why_a_program_cannot_be_placed_is_said(
    small: Path, targets: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "small.iot").write_text(f"{PROGRAM}{targets}\n")
    assert main(["plan", "small.iot"]) == Exit.PROGRAM
    told = capsys.readouterr().err
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--devices", "Truck=5"], Exit.USAGE, "the program has no device type `Truck`: there are Fridge"),
        (["--targets", "hub=5"], Exit.USAGE, "the program has no target `hub`"),
        (["--devices", "Fridge"], Exit.USAGE, "`Fridge` is not a name and a whole number from 1"),
        (["--seconds", "soon"], Exit.USAGE, "`soon` is not a number of seconds"),
        (["--rates", "nothing.json"], Exit.INPUT_OUTPUT, "there is no such file"),
        (["--rates", "messages.jsonl"], Exit.INPUT_OUTPUT, "`messages.jsonl` holds no rates"),
    ],
)
def test_wrong_options_are_named(
    small: Path, options: list[str], code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "small.iot", *options]) == code
    assert words in capsys.readouterr().err
